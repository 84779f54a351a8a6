"""The composition of effects, on sentences that are about nothing in the corpus or the gold."""

import pytest

from cuibono.classify.effects import UNNAMED, effects
from cuibono.classify.lexicon import load
from cuibono.classify.mentions import mentions
from tests.conftest import ROOT

LEXICON = load(ROOT / "models" / "rules-v1" / "lexicon.tsv")


def balance(nlp, sentence: str) -> dict[str, int]:
    """The sign of the sum of effects on each actor."""
    doc = nlp(sentence)
    totals: dict[str, float] = {}
    for effect in effects(doc[:], LEXICON, mentions(doc)):
        totals[effect.actor] = totals.get(effect.actor, 0) + effect.sign * effect.weight
    return {actor: (total > 0) - (total < 0) for actor, total in totals.items() if actor != UNNAMED}


CASES = [
    ("The new pipeline strengthens Brazil.", {"BRA": 1}),
    ("The drought weakened Brazil.", {"BRA": -1}),
    ("The drought did not weaken Brazil.", {"BRA": 1}),
    ("Brazil was weakened by the drought.", {"BRA": -1}),
    ("The treaty undermines Brazil's leverage in the region.", {"BRA": -1}),
    ("The embargo reduces the influence of Brazil.", {"BRA": -1}),
    ("The deal reduces the pressure on Brazil.", {"BRA": 1}),
    ("The deal ended Brazil's isolation.", {"BRA": 1}),
    ("The route deepens Brazil's dependence on Chile.", {"BRA": -1, "CHL": 1}),
    ("The port poses a serious threat to Brazil.", {"BRA": -1}),
    ("The port poses no threat to Brazil.", {"BRA": 1}),
    ("The summit is a boon for Brazil.", {"BRA": 1}),
    ("Brazil lost its market.", {"BRA": -1}),
    ("Brazil benefits from the war.", {"BRA": 1}),
    ("The road gives Brazil access to the sea.", {"BRA": 1}),
    ("Chile threatens Brazil.", {"BRA": -1}),
    ("Brazil need not worry about the dam.", {"BRA": 1}),
    ("It is unlikely that the dam will harm Brazil.", {"BRA": 1}),
    ("The dam is unlikely to hurt Brazil.", {"BRA": 1}),
    ("The bank failed to help Brazil.", {"BRA": -1}),
    ("Sanctions against Brazil were tightened.", {"BRA": -1}),
    ("The law would allow Brazil to export gas.", {"BRA": 1}),
    ("Brazil is vulnerable.", {"BRA": -1}),
    ("The railway hampers Brasilia's efforts to dominate the market.", {"BRA": -1}),
    ("The corridor was built at the expense of Brazil.", {"BRA": -1}),
    ("The president visited Brazil in May.", {}),
    ("Brazil held an election.", {}),
]


@pytest.mark.parametrize(("sentence", "expected"), CASES, ids=[s for s, _ in CASES])
def test_who_is_better_or_worse_off(nlp, sentence, expected):
    """Each sentence has the effects that a reader would name, and no other."""
    assert balance(nlp, sentence) == expected


def test_an_effect_without_a_name_is_kept_as_unnamed(nlp):
    """A harm whose victim is not named waits for the context to say whom it concerns."""
    doc = nlp("The corridor would boost trade.")
    found = effects(doc[:], LEXICON, mentions(doc))
    assert [(e.actor, e.sign) for e in found] == [(UNNAMED, 1)]
