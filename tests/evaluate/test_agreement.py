"""Chance-corrected agreement, against published examples and an outside implementation."""

import math
import random

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from cuibono.evaluate.agreement import cohen_kappa, krippendorff_alpha, pair_labels

#: Krippendorff (2011), section C: four observers, twelve units, missing values; nominal alpha 0.743.
NOMINAL = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""
#: Krippendorff (2011), section A: two observers, ten units, binary; alpha 0.095.
BINARY = """
0 1 0 0 0 0 0 0 1 0
1 1 1 0 0 1 0 0 0 0
"""


def units(table: str) -> list[tuple]:
    """Observers in rows to labels by unit."""
    rows = [[None if x == "." else x for x in line.split()] for line in table.strip().splitlines()]
    return list(zip(*rows, strict=True))


@pytest.mark.parametrize(("table", "alpha"), [(NOMINAL, 0.743), (BINARY, 0.095)])
def test_alpha_of_the_published_examples(table, alpha):
    """To the three decimals that the paper prints."""
    assert krippendorff_alpha(units(table)) == pytest.approx(alpha, abs=5e-4)


def test_kappa_of_a_textbook_table():
    """Cohen (1960), table 1 by counts: 88, 14, 18 / 10, 40, 10 / 2, 6, 12 of 200 give 0.492."""
    table = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
    pairs = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    assert cohen_kappa(pairs) == pytest.approx(0.492, abs=5e-4)


def test_kappa_is_scikit_learns():
    """On random labels, to machine precision."""
    rng = random.Random(1)
    for _ in range(20):
        pairs = [(rng.choice("con"), rng.choice("con")) for _ in range(40)]
        assert cohen_kappa(pairs) == pytest.approx(cohen_kappa_score(*zip(*pairs, strict=True)))


@pytest.mark.parametrize("pairs", [[], [("c", "c")] * 5])
def test_undefined_is_undefined(pairs):
    """No pair, or one label only: chance explains everything, and nothing can be said."""
    assert math.isnan(cohen_kappa(pairs))
    assert math.isnan(krippendorff_alpha(pairs))


def test_units_with_one_label_say_nothing():
    """A unit that only one annotator labelled is left out of alpha."""
    assert krippendorff_alpha([*units(NOMINAL), ("1", None, None, None)]) == krippendorff_alpha(units(NOMINAL))


def test_pairs_of_a_confusion():
    """Units that one side lacks make no pair."""
    confusion = np.array([[2, 1, 5], [0, 1, 0], [4, 0, 0]])
    assert sorted(pair_labels(confusion)) == [(0, 0), (0, 0), (0, 1), (1, 1)]
