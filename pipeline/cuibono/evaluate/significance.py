"""Is one system better than another on the same documents? Two tests, and a correction for asking often.

Both work on the counts of each sample (:mod:`cuibono.evaluate.counts`): nothing is aligned or scored again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cuibono.evaluate.bootstrap import Measure, Sums, percentiles, replicate, weights

#: Assignments are drawn and multiplied in pieces of this many, which bounds the memory.
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Difference:
    """By how much A is better than B, and whether that may be chance. What is undefined is NaN.

    Attributes:
        value: The measure of A minus that of B.
        low: Lower end of the paired bootstrap's interval.
        high: Its upper end.
        bootstrap_p: Two-sided, of the paired bootstrap.
        randomization_p: Two-sided, of approximate randomization.
        samples: How many samples were paired.
        resamples: How often each test drew.
    """

    value: float
    low: float
    high: float
    bootstrap_p: float
    randomization_p: float
    samples: int
    resamples: int


def difference(a: Sums, b: Sums, measure: Measure, resamples: int, seed: int) -> Difference:
    """Compare two systems by a measure of summed counts.

    Args:
        a: Counts of system A, one row a sample.
        b: Counts of system B on the same samples, in the same order.
        measure: From counts, with or without a leading axis, to values.
        resamples: How often to draw.
        seed: Of the draws.

    Raises:
        ValueError: The two have not the same samples.
    """
    if a.shape != b.shape:
        raise ValueError(f"counts: found shapes {a.shape} and {b.shape}; allowed: the same samples on both sides")
    value = float(measure(a.sum(axis=0)) - measure(b.sum(axis=0)))
    low, high, p = paired_bootstrap(a, b, measure, resamples, seed)
    return Difference(value, low, high, p, randomization(a, b, measure, resamples, seed), len(a), resamples)


def paired_bootstrap(a: Sums, b: Sums, measure: Measure, resamples: int, seed: int) -> tuple[float, float, float]:
    """Interval and two-sided p of a difference, the same samples drawn for both systems.

    The p value is the share of replicates whose difference, moved to a mean of nothing, is as far from it as the one
    observed (Noreen 1989, "Computer-Intensive Methods for Testing Hypotheses"; the test that sacrebleu calls paired
    bootstrap, after Koehn 2004). The observed one counts as a draw, so that p is never nought.
    """
    drawn = weights(len(a), resamples, seed)
    sums = replicate(a, drawn), replicate(b, drawn)
    if sums[0] is None or sums[1] is None:
        return float("nan"), float("nan"), float("nan")
    found = measure(sums[0]) - measure(sums[1])
    low, high = percentiles(found)
    observed = float(measure(a.sum(axis=0)) - measure(b.sum(axis=0)))
    return low, high, _share(found - np.nanmean(found) if not np.isnan(found).all() else found, observed)


def randomization(a: Sums, b: Sums, measure: Measure, resamples: int, seed: int) -> float:
    """Two-sided p of approximate randomization: the systems' outputs swapped at random in half of the samples.

    Riezler and Maxwell (2005, "On Some Pitfalls in Automatic Evaluation and Significance Testing for MT"), after Noreen
    (1989). The observed assignment counts as a draw.
    """
    rng = np.random.default_rng(seed)
    gap = (b - a).astype(float)
    first, second = a.sum(axis=0), b.sum(axis=0)
    found = []
    for start in range(0, resamples, _AT_ONCE):
        swapped = rng.random((min(_AT_ONCE, resamples - start), len(a))) < 0.5
        moved = np.tensordot(swapped.astype(float), gap, axes=1)
        found.append(measure(first + moved) - measure(second - moved))
    return _share(np.concatenate(found), float(measure(first) - measure(second)))


def _share(found: Sums, observed: float) -> float:
    """How many draws are at least as far from nothing as what was observed, which is one of them."""
    defined = found[~np.isnan(found)]
    if np.isnan(observed) or not len(defined):
        return float("nan")
    # Swaps that give the same sums in another order must not fall short by rounding.
    extreme = np.count_nonzero(np.abs(defined) >= abs(observed) - 1e-12)
    return float((extreme + 1) / (len(defined) + 1))


def holm(p: Sequence[float]) -> list[float]:
    """P values corrected for their number by the step-down method of Holm (1979); NaN stays and does not count."""
    known = sorted((value, i) for i, value in enumerate(p) if not np.isnan(value))
    out, highest = [float("nan")] * len(p), 0.0
    for rank, (value, i) in enumerate(known):
        highest = max(highest, min(1.0, value * (len(known) - rank)))
        out[i] = highest
    return out
