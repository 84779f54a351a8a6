"""Pronouns that stand for actors."""

import pytest

from cuibono.classify.mentions import mentions
from cuibono.classify.sides import ties


@pytest.mark.parametrize(
    ("text", "pronoun", "actor"),
    [
        ("Peru opened its port.", "its", "PER"),
        ("Peru opened a port. It pays.", "It", "PER"),
        ("It is clear that Peru pays.", "It", None),
        ("The port of Lima burned. The crane fell. It was old.", "It", None),
    ],
)
def test_it(nlp, text, pronoun, actor):
    """The subject of the sentence, or of the one before; an empty "it" stands for nobody."""
    doc = nlp(text)
    token = next(t for t in doc if t.text == pronoun)
    assert mentions(doc).of(token) == actor


def test_who_stands_behind_a_name(nlp):
    """A bloc that a state leads, a leader of a state, a company's home: their fate is the state's."""
    doc = nlp("The Moscow-led CSTO met. Gazprom lost money. Iranian President Ebrahim Raisi agreed.")
    found = ties(doc, {"org:gazprom": ("RUS",), "CSTO": ("RUS", "ARM")})
    assert found["CSTO"] == {"RUS"}
    assert found["org:gazprom"] == {"RUS"}
    assert found["person:ebrahim-raisi"] == {"IRN"}
