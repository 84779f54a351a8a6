"""Agreement on where units begin and end."""

import math
import random

import numpy as np
import pytest

from cuibono.evaluate.unitizing import alpha_u, disagreements

#: Krippendorff (2004), section 4: two observers of a continuum of 300, here counted from 0; categories c and k.
C = [[(75, 145), (220, 250)], [(70, 150), (205, 225), (250, 270)]]
K = [[(30, 90), (150, 200)], [(30, 90), (150, 200)]]


def test_the_published_example():
    """Observed and expected disagreement, alpha of each category, and of both together."""
    c, k = disagreements(C, 300), disagreements(K, 300)
    assert c / 300 == pytest.approx([0.0144, 0.0532], abs=5e-5)
    assert k / 300 == pytest.approx([0.0, 0.0490], abs=5e-5)
    assert alpha_u(c) == pytest.approx(0.7286, abs=5e-5)
    assert alpha_u(k) == 1.0
    assert alpha_u(c + k) == pytest.approx(0.8587, abs=5e-5)


def test_units_at_random_agree_by_chance():
    """Over many pairs of random unitizings of the same kind alpha is about nothing."""
    rng = random.Random(0)

    def units() -> list[tuple[int, int]]:
        cuts = sorted(rng.sample(range(200), 12))
        return list(zip(cuts[::2], cuts[1::2], strict=True))

    total = np.sum([disagreements([units(), units()], 200) for _ in range(400)], axis=0)
    assert alpha_u(total) == pytest.approx(0, abs=0.12)


def test_no_order_matters():
    """Neither of annotators nor of units."""
    first = disagreements([*C, *K], 300)
    assert disagreements([list(reversed(units)) for units in reversed([*C, *K])], 300) == pytest.approx(first)


@pytest.mark.parametrize("annotators", [[], [[(0, 4)]], [[], []]], ids=["nobody", "one", "no unit"])
def test_degenerate_cases(annotators):
    """Nothing to disagree about is undefined."""
    assert math.isnan(alpha_u(disagreements(annotators, 40)))


def test_one_side_without_a_unit():
    """Is disagreement, not undefined."""
    assert alpha_u(disagreements([[(5, 15)], []], 40)) < 0
