"""The rules on whole documents: sides, context, explanations."""

import pytest

from cuibono.annotate import Annotator
from cuibono.document import LABELS
from cuibono.extract.actors import load_table
from cuibono.ingest import read


@pytest.fixture
def stakes(write):
    """Label the sentences of a paragraph for an actor: (sentence, label) pairs."""

    def _stakes(text: str, actor: str) -> list[tuple[str, str]]:
        annotator = Annotator([load_table().resolve(actor)], "rules-v1")
        document = annotator.annotate(read(write(text)))
        (key,) = annotator.actors
        return [(document.span(u), u.stakes[key].label) for u in document.units]

    return _stakes


CASES = [
    ("Chile's new port weakens Peru's leverage over its neighbours.", "Peru", "challenge"),
    ("Chile's new port weakens Peru's leverage over its neighbours.", "Lima", "challenge"),
    ("Peru need not worry about the new port of Chile.", "Peru", "opportunity"),
    ("Peru's delegates visited Chile in the spring of that year.", "Peru", "none"),
    ("Boeing lost its largest customer in Peru.", "Boeing", "challenge"),
    ("The Lima-controlled bank deepened the isolation of Chile.", "Chile", "challenge"),
    ("The Acme Group benefits from the new port.", "Acme Group", "opportunity"),
]


@pytest.mark.parametrize(("sentence", "actor", "label"), CASES)
def test_one_sentence(stakes, sentence, actor, label):
    """States, capitals, companies and names that no table knows."""
    assert [label for _, label in stakes(sentence, actor)] == [label]


def test_a_rivals_gain_is_a_loss_only_where_the_text_opposes_them(stakes):
    """Rule 5: the neighbouring sentence sets Chile against Peru, or nothing does."""
    gain = "Chile gained the upper hand in the north."
    opposed = stakes(f"Chile threatens Peru with a blockade. {gain}", "Peru")
    apart = stakes(f"Chile and Peru are neighbours of Bolivia. {gain}", "Peru")
    assert opposed[1] == (gain[:-1], "challenge")
    assert apart[1] == (gain[:-1], "none")


def test_why_names_the_cue_and_its_place(write):
    """The offset leads to the cue in the untouched text."""
    text = "A Port\n\nPeru’s[1] port  weakens the leverage of Chile. It was opened in May.\n\n[1] A report.\n"
    document = Annotator([load_table().resolve("Chile")], "rules-v1").annotate(read(write(text)))
    why = document.units[0].stakes["CHL"].why
    assert why.startswith(f"-1.00 weakens@{text.index('weakens')} (object > leverage of)")


def test_scores_are_probabilities(write):
    """One for each label, in sum one."""
    document = Annotator([load_table().resolve("Chile")], "rules-v1").annotate(
        read(write("Peru weakened Chile. It rained."))
    )
    for unit in document.units:
        assert set(unit.stakes["CHL"].scores) == set(LABELS)
        assert sum(unit.stakes["CHL"].scores.values()) == pytest.approx(1)


def test_a_sentence_is_split_only_where_its_halves_differ(write):
    """The codebook: a difference in role or in stakes, not the conjunction alone, makes two units."""
    text = "Peru lost its market, but Chile gained a strong ally. Peru lost its market, but Peru lost its ally."
    document = Annotator([load_table().resolve("Peru")], "rules-v1").annotate(read(write(text)))
    assert [document.span(u) for u in document.units] == [
        "Peru lost its market",
        "Chile gained a strong ally",
        "Peru lost its market, but Peru lost its ally",
    ]


def test_given_units_keep_their_spans_and_ids(document):
    """A classifier can be scored on the units of the gold."""
    text = "Peru lost its market. It rained for days."
    given = document(
        (0, 4, "premise", {"PER": "none"}), (5, 20, "claim", {"PER": "none"}), text=text, actors={"PER": "Peru"}
    )
    found = Annotator([load_table().resolve("Peru")], "rules-v1").annotate(given)
    assert [(u.id, u.start, u.end) for u in found.units] == [("u1", 0, 4), ("u2", 5, 20)]


def test_two_annotators_do_not_disturb_each_other(write):
    """The spaCy pipeline is shared, the names that it must find are not."""
    path = write("The Acme Group benefits from the new port.")
    acme = Annotator([load_table().resolve("Acme Group")], "rules-v1")
    peru = Annotator([load_table().resolve("Peru")], "rules-v1")
    assert peru.annotate(read(path)).extra["warnings"] == ["Peru (PER) is not named in the text"]
    assert acme.annotate(read(path)).units[0].stakes["org:acme-group"].label == "opportunity"


def test_actor_stakes_weigh_the_units_in_which_an_actor_acts(write):
    """Chile harms Peru twice and helps it once in passing; Brazil is named once and not judged."""
    text = "Chile threatens Peru. Chile weakened Peru's leverage. Peru visited Chile and Brazil in May."
    document = Annotator([load_table().resolve("Peru")], "rules-v1").annotate(read(write(text)))
    assert {e: s.label for e, s in document.actor_stakes["PER"].items()} == {"CHL": "challenge"}
    assert "agent or subject in 2 units" in document.actor_stakes["PER"]["CHL"].why
