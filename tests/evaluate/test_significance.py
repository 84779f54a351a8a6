"""Is A better than B, against outside implementations and worked examples."""

import math

import numpy as np
import pytest
from scipy import stats

from cuibono.evaluate import measures
from cuibono.evaluate.significance import difference, holm, paired_bootstrap, randomization


def hits(rng: np.random.Generator, samples: int, chance: float, each: int = 12) -> np.ndarray:
    """Correct out of so many, for each sample."""
    return np.stack([rng.binomial(each, chance, samples), np.full(samples, each)], axis=1)


def mean_gap(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
    """What scipy is asked for: with as many items in each sample, accuracy is the mean of the samples'."""
    return np.mean(x, axis=axis) - np.mean(y, axis=axis)


def test_randomization_is_scipys():
    """scipy.stats.permutation_test exchanges the paired samples; the p values differ by the noise of drawing."""
    rng = np.random.default_rng(1)
    for chance in (0.66, 0.7, 0.75):
        a, b = hits(rng, 30, chance), hits(rng, 30, 0.6)
        ours = randomization(a, b, measures.accuracy, 20000, seed=0)
        pair = (a[:, 0] / 12, b[:, 0] / 12)
        theirs = stats.permutation_test(pair, mean_gap, permutation_type="samples", n_resamples=20000, rng=rng)
        assert ours == pytest.approx(theirs.pvalue, abs=0.015)


def test_randomization_of_all_assignments():
    """Five samples, A better by one in each: of 32 assignments two are as far apart, so p tends to 1/16."""
    a, b = np.array([[3, 4]] * 5), np.array([[2, 4]] * 5)
    assert randomization(a, b, measures.accuracy, 40000, seed=0) == pytest.approx(2 / 32, abs=0.005)


def test_the_paired_interval_is_scipys():
    """scipy.stats.bootstrap, paired, percentile."""
    rng = np.random.default_rng(2)
    a, b = hits(rng, 60, 0.7), hits(rng, 60, 0.6)
    low, high, _ = paired_bootstrap(a, b, measures.accuracy, 20000, seed=0)
    pair = (a[:, 0] / 12, b[:, 0] / 12)
    theirs = stats.bootstrap(pair, mean_gap, paired=True, n_resamples=20000, method="percentile", rng=rng)
    assert low == pytest.approx(theirs.confidence_interval.low, abs=0.003)
    assert high == pytest.approx(theirs.confidence_interval.high, abs=0.003)


def test_the_bootstraps_p_is_the_normal_ones():
    """For many samples the moved bootstrap distribution is normal, and p that of a paired z test."""
    rng = np.random.default_rng(3)
    a, b = hits(rng, 400, 0.615), hits(rng, 400, 0.6)
    gap = (a[:, 0] - b[:, 0]) / 12
    z = abs(gap.mean()) / (gap.std() / math.sqrt(len(gap)))
    _, _, p = paired_bootstrap(a, b, measures.accuracy, 20000, seed=0)
    assert p == pytest.approx(2 * stats.norm.sf(z), abs=0.015)


def test_two_systems_that_say_the_same():
    """No difference, and p is 1 in both tests."""
    a = hits(np.random.default_rng(4), 20, 0.7)
    found = difference(a, a, measures.accuracy, 500, seed=0)
    assert (found.value, found.low, found.high) == (0.0, 0.0, 0.0)
    assert (found.bootstrap_p, found.randomization_p) == (1.0, 1.0)


def test_exchanging_the_systems_turns_the_sign():
    """And nothing else."""
    rng = np.random.default_rng(5)
    a, b = hits(rng, 25, 0.7), hits(rng, 25, 0.6)
    one, other = (difference(*pair, measures.accuracy, 500, seed=0) for pair in ((a, b), (b, a)))
    assert one.value == -other.value
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    assert one.randomization_p == other.randomization_p


def test_undefined_stays_undefined():
    """Where nothing can be scored there is no p value."""
    nothing = np.zeros((4, 2), np.int64)
    found = difference(nothing, nothing, measures.accuracy, 50, seed=0)
    assert math.isnan(found.value)
    assert math.isnan(found.bootstrap_p)
    assert math.isnan(found.randomization_p)


def test_other_samples_are_refused():
    """Both systems must have been scored on the same samples."""
    with pytest.raises(ValueError, match="same samples"):
        difference(np.ones((3, 2)), np.ones((4, 2)), measures.accuracy, 10, seed=0)


def test_holm_of_a_worked_example():
    """R's p.adjust(c(0.01, 0.02, 0.03, 0.04, 0.05), "holm"); order and undefined values change nothing."""
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    found = holm([0.03, float("nan"), 0.01, 0.05, 0.02, 0.04])
    assert found[:1] + found[2:] == pytest.approx([0.09, 0.05, 0.09, 0.08, 0.09])
    assert math.isnan(found[1])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
