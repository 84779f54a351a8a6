"""Chance-corrected agreement, against published examples and an outside implementation."""

import math
import random

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from cuibono.evaluate.agreement import cohen_kappa, krippendorff_alpha


def confusion(pairs, labels: str) -> np.ndarray:
    """Counts of label pairs, with the empty last row and column for units without a partner."""
    matrix = np.zeros((len(labels) + 1, len(labels) + 1), np.int64)
    for a, b in pairs:
        matrix[labels.index(a), labels.index(b)] += 1
    return matrix


def test_alpha_of_the_published_example():
    """Krippendorff (2011), section A: two observers, ten units, binary data; alpha is 0.095."""
    pairs = zip("0100000010", "1110010000", strict=True)
    assert krippendorff_alpha(confusion(pairs, "01")) == pytest.approx(0.095, abs=5e-4)


def test_alpha_of_the_second_published_example():
    """Krippendorff (2011), section B: two observers, twelve units, five values; alpha is 0.692."""
    pairs = zip("aabbdcccedda", "babbbccceddd", strict=True)
    assert krippendorff_alpha(confusion(pairs, "abcde")) == pytest.approx(0.692, abs=5e-4)


def by_definition(left: str, right: str) -> float:
    """Alpha from the pairs of all values, written out as the definition says: 1 - observed / expected."""
    observed = sum(a != b for a, b in zip(left, right, strict=True)) / len(left)
    values = left + right
    pairs = [(a, b) for i, a in enumerate(values) for j, b in enumerate(values) if i != j]
    return 1 - observed / (sum(a != b for a, b in pairs) / len(pairs))


def test_kappa_of_a_textbook_table():
    """Cohen (1960), table 1 by counts: 88, 14, 18 / 10, 40, 10 / 2, 6, 12 of 200 give 0.492."""
    table = np.zeros((4, 4), np.int64)
    table[:3, :3] = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]
    assert cohen_kappa(table) == pytest.approx(0.492, abs=5e-4)


def test_kappa_is_scikit_learns_also_in_batches():
    """On random labels, to machine precision, one by one and stacked as the bootstrap stacks them."""
    rng = random.Random(1)
    samples = [[(rng.choice("con"), rng.choice("con")) for _ in range(40)] for _ in range(20)]
    stacked = np.stack([confusion(pairs, "con") for pairs in samples])
    expected = [cohen_kappa_score(*zip(*pairs, strict=True)) for pairs in samples]
    assert cohen_kappa(stacked) == pytest.approx(expected)
    alphas = [by_definition(*("".join(x) for x in zip(*pairs, strict=True))) for pairs in samples]
    assert krippendorff_alpha(stacked) == pytest.approx(alphas)


@pytest.mark.parametrize("pairs", [[], [("c", "c")] * 5])
def test_undefined_is_undefined(pairs):
    """No pair, or one label only: chance explains everything, and nothing can be said."""
    assert math.isnan(cohen_kappa(confusion(pairs, "con")))
    assert math.isnan(krippendorff_alpha(confusion(pairs, "con")))


def test_units_without_a_partner_say_nothing():
    """The last row and column are left out."""
    table = confusion([("c", "c"), ("o", "n"), ("n", "n")], "con")
    more = table.copy()
    more[3, 0] = more[1, 3] = 9
    assert cohen_kappa(more) == cohen_kappa(table)
    assert krippendorff_alpha(more) == krippendorff_alpha(table)
