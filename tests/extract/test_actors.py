"""The actor table."""

import pytest

from cuibono.extract.actors import load_table, slug

TABLE = load_table()


@pytest.mark.parametrize(
    ("name", "actor"),
    [
        ("Russia", "RUS"), ("RUS", "RUS"), ("rus", "RUS"), ("Moscow", "RUS"), ("kremlin", "RUS"),
        ("the Kremlin", "RUS"), ("US", "USA"), ("U.S.", "USA"), ("White House", "USA"), ("EU", "EU"),
        ("European Union", "EU"), ("Zhongnanhai", "CHN"),
        ("Türkiye", "TUR"), ("Turkiye", "TUR"), ("Kosovo", "XKX"), ("Taiwan", "TWN"), ("Palestine", "PSE"),
        ("Boeing", "org:boeing"), ("Taliban", "TALIBAN"), ("Organization of Turkic States", "OTS"), ("CSTO", "CSTO"),
        ("Ivory Coast", "CIV"), ("Côte d'Ivoire", "CIV"), ("North Korea", "PRK"), ("Holy See", "VAT"),
        ("the West", "WEST"),
    ],
)  # fmt: skip
def test_a_name_resolves(name, actor):
    """Names, codes, capitals, seats of power, with or without accents and article."""
    found = TABLE.resolve(name)
    assert found.id == actor
    assert found.known


def test_an_unknown_name_is_accepted_and_said_so():
    """It gets a handle of its own; its mentions are then found."""
    found = TABLE.resolve("Foo  Holdings")
    assert (found.id, found.name, found.known) == ("org:foo-holdings", "Foo Holdings", False)
    assert TABLE.with_actor(found).resolve("Foo Holdings").id == "org:foo-holdings"


@pytest.mark.parametrize("name", ["", "  ", "Europe", "JCPOA"])
def test_what_is_no_actor_is_refused(name):
    """A region or a treaty cannot gain or lose."""
    with pytest.raises(ValueError, match="allowed"):
        TABLE.resolve(name)


def test_the_table_is_whole():
    """All UN members and the usual others, 150 further actors, and no surface that stands for two."""
    states = [
        i
        for i in TABLE.names
        if len(i) == 3 and i.isupper() and any(s.label == "GPE" for s in TABLE.surfaces.values() if s.actor == i)
    ]
    assert len(states) >= 197
    assert len(TABLE.names) - len(states) >= 150
    assert {"XKX", "TWN", "PSE", "EU"} <= set(TABLE.names)
    assert all(surface.actor is None or surface.actor in TABLE.names for surface in TABLE.surfaces.values())
    assert all(text == text.strip() and "  " not in text for text in TABLE.surfaces)


def test_every_un_member_has_an_adjective():
    """Writers say "Tuvaluan" too."""
    with_adjective = {s.actor for s in TABLE.surfaces.values() if s.label == "NORP"}
    states = {
        i for i in TABLE.names if i.isalpha() and i.isupper() and len(i) == 3 and TABLE.surfaces.get(TABLE.names[i])
    }
    missing = {i for i in states if TABLE.surfaces[TABLE.names[i]].label == "GPE"} - with_adjective
    # "Congolese" and "Dominican" are the adjectives of two states each and stand for the larger.
    assert missing - {"CAF", "COG", "DMA", "KRG"} <= {"HKG", "MAC", "VAT", "DDR"}


def test_handles_have_no_accents():
    """Handles are made of small letters, digits and hyphens."""
    assert slug("Ebrahim Raïsi & Co.") == "ebrahim-raisi-co"
    assert slug("習近平")
