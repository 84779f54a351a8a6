"""Chance-corrected agreement, against published examples and an outside implementation."""

import math
import random

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from cuibono.evaluate.agreement import (
    alpha_of,
    cohen_kappa,
    coincidences,
    fleiss_counts,
    fleiss_kappa,
    krippendorff_alpha,
)


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


def columns(*observers: str) -> list[list[str | None]]:
    """Items from a row an observer; a dot is a missing value."""
    return [[None if x == "." else x for x in item] for item in zip(*observers, strict=True)]


def test_alpha_of_four_observers_with_missing_values():
    """Krippendorff (2011), section C: four observers, twelve units, five values, some missing; alpha is 0.743."""
    items = columns("123321412...", "12332241 25.3".replace(" ", ""), ".33323422 51.".replace(" ", ""), "12332441251.")
    assert alpha_of(coincidences(items, "12345")) == pytest.approx(0.743, abs=5e-4)


def test_alpha_of_two_observers_is_alpha_of_their_confusion():
    """Both ways to it give one number."""
    rng = random.Random(4)
    pairs = [(rng.choice("abc"), rng.choice("abc")) for _ in range(40)]
    assert alpha_of(coincidences(pairs, "abc")) == pytest.approx(krippendorff_alpha(confusion(pairs, "abc")))


#: Fleiss (1971), as it is worked through in textbooks: 14 raters, ten subjects, five categories.
RATINGS = """
0 0 0 0 14 / 0 2 6 4 2 / 0 0 3 5 6 / 0 3 9 2 0 / 2 2 8 1 1 / 7 7 0 0 0 / 3 2 6 3 0 / 2 5 3 2 2 / 6 5 2 1 0 / 0 2 2 3 7
"""


def test_fleiss_kappa_of_a_worked_example():
    """0.210; an item that somebody did not rate is left out."""
    items = [
        [x for x, n in zip("abcde", map(int, row.split()), strict=True) for _ in range(n)] for row in RATINGS.split("/")
    ]
    assert fleiss_kappa(fleiss_counts(items, "abcde")) == pytest.approx(0.210, abs=5e-4)
    assert fleiss_kappa(fleiss_counts([*items, ["a", None]], "abcde")) == pytest.approx(0.210, abs=5e-4)


def test_coefficients_add_up_over_samples():
    """Sums over parts are what the whole gives: the bootstrap may weigh them."""
    rng = random.Random(6)
    items = [[rng.choice(["a", "b", "c", None]) for _ in range(4)] for _ in range(60)]
    for sums in (coincidences, fleiss_counts):
        assert sums(items[:25], "abc") + sums(items[25:], "abc") == pytest.approx(sums(items, "abc"))


@pytest.mark.parametrize("items", [[], [["a", None]], [["a", "a"], ["a", "a"]]], ids=["none", "alone", "one label"])
def test_joint_coefficients_that_are_undefined(items):
    """Without two labels of an item, or with one label only."""
    assert math.isnan(alpha_of(coincidences(items, "ab")))
    assert math.isnan(fleiss_kappa(fleiss_counts(items, "ab")))
