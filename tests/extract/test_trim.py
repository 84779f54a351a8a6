"""The span rules of the codebook."""

import pytest

from cuibono.extract.trim import trim


def cut(text: str, labels=(), **options) -> str:
    """What is left of a whole text."""
    start, end = trim(text, 0, len(text), labels, **options)
    return text[start:end]


@pytest.mark.parametrize(
    ("sentence", "unit"),
    [
        ("However, the port is open.", "the port is open"),
        ("For example, in addition, it pays.", "it pays"),
        ("Thus the port is open.", "the port is open"),
        ("So far, nobody came.", "So far, nobody came"),
        ("The port is open[i].", "The port is open"),
        ("The port is open.[i]", "The port is open"),
        ("The port[i] is open.", "The port[i] is open"),
        ('He said "the port is open."', 'He said "the port is open."'),
        ('the port is open."', "the port is open"),
        ("It was built in the U.S.", "It was built in the U.S."),
        (".", "."),
        (" , [i]", ""),
    ],
)
def test_what_is_left_out(sentence, unit):
    """Connectives, the final full stop and markers at the edges go; all else stays."""
    assert cut(sentence, ["i"]) == unit


def test_a_half_loses_its_subordinator():
    """A sentence that is split loses its *while*; a whole one keeps it."""
    assert cut("While the port is open,", subordinator=True) == "the port is open"
    assert cut("While the port is open, it loses.") == "While the port is open, it loses"
