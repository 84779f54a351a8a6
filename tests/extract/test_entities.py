"""Mentions and their actors in context."""

import pytest


def found(nlp, text: str) -> list[tuple[str, str, str | None]]:
    """Text, label and actor of each entity."""
    return [(e.text, e.label_, e._.actor) for e in nlp(text).ents]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Lima's policies please Peru.", [("Lima", "GPE", "PER"), ("Peru", "GPE", "PER")]),
        ("The Moscow-controlled bank closed.", [("Moscow", "GPE", "RUS")]),
        ("EU-Peruvian talks failed.", [("EU", "ORG", "EU"), ("Peruvian", "NORP", "PER")]),
        ("A Sino-Peruvian port was built.", [("Sino", "NORP", "CHN"), ("Peruvian", "NORP", "PER")]),
        ("The post-Soviet states traded.", [("Soviet", "NORP", None)]),
        ("The Soviet government sent grain.", [("Soviet", "NORP", "SUN")]),
        ("West Africa exports cocoa.", [("West Africa", "LOC", None)]),
        ("The Persian Gulf is shallow.", [("Persian Gulf", "LOC", None)]),
        ("Boeing sold jets to Peru.", [("Boeing", "ORG", "org:boeing"), ("Peru", "GPE", "PER")]),
        ("The White House and the Kremlin spoke.", [("White House", "ORG", "USA"), ("Kremlin", "ORG", "RUS")]),
    ],
)
def test_mentions(nlp, text, expected):
    """The longest match of the table wins; hyphens part names; context decides between readings."""
    assert found(nlp, text) == expected


def test_an_acronym_that_the_text_defines_holds_for_the_document(nlp):
    """A short form means what the text says, and has the id of its long form."""
    text = "The Bank of Northern Ports (BNP) lent money. Later BNP lost it."
    ents = found(nlp, text)
    assert {e[2] for e in ents if e[0] in ("Bank of Northern Ports", "BNP")} == {"org:bank-of-northern-ports"}
    assert [e[0] for e in ents].count("BNP") == 2


def test_a_person_keeps_one_id(nlp):
    """The surname alone is the person whose full name stands in the text; not the state."""
    ents = found(nlp, "President Angela Merkel met Vladimir Putin in Sochi. Merkel left early.")
    ids = {text: actor for text, label, actor in ents if label == "PERSON"}
    assert ids["Merkel"] == ids["Angela Merkel"] == "person:angela-merkel"


def test_entities_carry_only_labels_of_the_scheme(nlp):
    """Dates, numbers and money are no entities here."""
    assert {e.label_ for e in nlp("In May 2021 Peru paid $3 million for twelve jets.").ents} == {"GPE"}
