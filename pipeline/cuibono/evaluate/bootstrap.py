"""Percentile bootstrap over samples (Efron and Tibshirani 1993, chapter 13), seeded, vectorised."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
LEVEL = 0.95
#: An interval of replicates that are mostly undefined would say nothing; then it is undefined too.
DEFINED_SHARE = 0.5

Measure = Callable[[NDArray[np.int64]], NDArray[np.float64]]


def weights(samples: int, resamples: int = RESAMPLES, seed: int = 0) -> NDArray[np.int64]:
    """How often each sample is drawn in each replicate: shape (resamples, samples)."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(samples, np.full(samples, 1 / samples), size=resamples)


def interval(
    counts: NDArray[np.int64], measure: Measure, drawn: NDArray[np.int64], level: float = LEVEL
) -> tuple[float, float]:
    """The percentile interval of a measure of summed counts.

    Args:
        counts: One row a sample, any shape behind it.
        measure: From counts with a leading replicate axis to one value a replicate.
        drawn: The weights of :func:`weights`.
        level: Of confidence.

    Returns:
        Lower and upper end; NaN with fewer than two samples that count anything (an actor of one
        document: every replicate would be the same) or too few defined replicates.
    """
    if np.count_nonzero(counts.reshape(len(counts), -1).any(axis=1)) < 2:
        return float("nan"), float("nan")
    replicates = measure(np.tensordot(drawn, counts, axes=1))
    defined = replicates[~np.isnan(replicates)]
    if len(defined) < DEFINED_SHARE * len(replicates):
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
