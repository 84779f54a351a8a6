"""Definitions of acronyms."""

import pytest

from cuibono.extract.acronyms import definitions


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("through the Organization of Turkic States (OTS), which", [("OTS", "Organization of Turkic States")]),
        ("by the Bank of Northern Ports (BNP) and others", [("BNP", "Bank of Northern Ports")]),
        ("the Belt Road Initiative (BRI) with the Union (see below)", [("BRI", "Belt Road Initiative")]),
        ("nothing of the kind (ABC) here", []),
        ("in Brazil (2021) and (Chile)", []),
    ],
)
def test_long_forms(text, found):
    """The letters of the short form open the words before it."""
    assert [(d.short, text[d.start : d.end]) for d in definitions(text)] == found
