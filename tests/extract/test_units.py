"""Which spans are units, and where they may be split."""

import pytest

from cuibono.extract.pipeline import parse
from cuibono.extract.units import HALVES, UNITS
from cuibono.ingest import read


def units(nlp, text: str) -> list[str]:
    """The texts of all units."""
    doc = nlp(text)
    return [u.text for u in doc.spans[UNITS]]


def test_questions_lead_ins_and_fragments_are_left_out(nlp):
    """What asserts nothing is no unit."""
    text = "A heavy burden. Who pays for the port? The port pays for itself in ten years. The largest lenders are:"
    assert units(nlp, text) == ["The port pays for itself in ten years"]


def test_edges_are_trimmed(nlp):
    """Connectives and the final full stop are outside the unit."""
    assert units(nlp, "However, the port pays. Ships call there twice a week.")[0] == "the port pays"


@pytest.mark.parametrize(
    ("text", "halves"),
    [
        (
            "While the port pays well, the railway loses money every year.",
            ["the port pays well", "the railway loses money every year"],
        ),
        (
            "The port pays well, but the railway loses money every year.",
            ["The port pays well", "the railway loses money every year"],
        ),
        (
            "The port pays well; the railway loses money every year.",
            ["The port pays well", "the railway loses money every year"],
        ),
        ("The port pays well because the railway loses money every year.", []),
        ("The port, which pays well, loses money every year.", []),
    ],
)
def test_candidates_for_a_split(nlp, text, halves):
    """Only two finite clauses joined by the words that the codebook names."""
    doc = nlp(text)
    assert [h.text for h in doc.spans[HALVES]] == halves


def test_units_stand_in_paragraphs_alone(nlp, write):
    """Title, headings and endnotes carry none; footnote markers do not disturb."""
    text = (
        "The port is a burden on the state\n\nThe port pays for itself.[1] It will do so for years.\n\n"
        "Ships come in often. They pay.\n\n[1] The report says more."
    )
    parsed = parse(read(write(text)), nlp)
    assert [whole.text.split()[0] for whole, _ in parsed.units()] == ["The", "It", "Ships"]
