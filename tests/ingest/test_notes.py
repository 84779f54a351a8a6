"""Footnote markers and their labels."""

import pytest

from cuibono.ingest.notes import markers, number_of


@pytest.mark.parametrize(
    ("label", "number"), [("1", 1), ("iv", 4), ("xiii", 13), ("XIX", 19), ("a1", None), ("", None)]
)
def test_labels_as_numbers(label, number):
    """Arabic and Roman labels count; others do not."""
    assert number_of(label) == number


def test_only_labels_of_endnotes_are_markers():
    """[sic] and [2022] are words of the text."""
    text = "A factory[i] in [2022] was [sic] opened.[ii] Fast³"
    found = markers(text, ["i", "ii", "3"])
    assert [(text[m.start : m.end], m.label) for m in found] == [("[i]", "i"), ("[ii]", "ii"), ("³", "3")]
