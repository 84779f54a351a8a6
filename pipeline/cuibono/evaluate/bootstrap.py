"""Percentile bootstrap over samples (Efron and Tibshirani 1993, chapter 13), seeded, vectorised."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
LEVEL = 0.95
#: An interval of replicates that are mostly undefined would say nothing; then it is undefined too.
DEFINED_SHARE = 0.5

#: Counts, integers or (for coincidences) fractions.
Sums = NDArray[Any]
Measure = Callable[[Sums], NDArray[np.float64]]


@lru_cache(maxsize=4)  # a comparison draws the same ones for each pair of annotators
def weights(samples: int, resamples: int = RESAMPLES, seed: int = 0) -> NDArray[np.int64]:
    """How often each sample is drawn in each replicate: shape (resamples, samples).

    Raises:
        ValueError: Fewer than one resample.
    """
    if resamples < 1:
        raise ValueError(f"resamples: found {resamples}; allowed: 1 and more")
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(samples, np.full(samples, 1 / samples), size=resamples)
    drawn.flags.writeable = False
    return drawn


def replicate(counts: Sums, drawn: NDArray[np.int64]) -> Sums | None:
    """The summed counts of each replicate: shape (resamples, ...).

    Args:
        counts: One row a sample, any shape behind it.
        drawn: The weights of :func:`weights`.

    Returns:
        None with fewer than two samples that count anything (an actor of one document: every replicate
        would be the same).
    """
    if np.count_nonzero(counts.reshape(len(counts), -1).any(axis=1)) < 2:
        return None
    # In floating point, which BLAS multiplies fast; sums of counts are exact in it far beyond any corpus.
    sums = np.tensordot(drawn.astype(float), counts.astype(float), axes=1)
    return sums if counts.dtype.kind == "f" else np.rint(sums).astype(np.int64)


def interval(counts: Sums, measure: Measure, drawn: NDArray[np.int64], level: float = LEVEL) -> tuple[float, float]:
    """The percentile interval of a measure of summed counts.

    Args:
        counts: One row a sample, any shape behind it.
        measure: From counts with a leading replicate axis to one value a replicate.
        drawn: The weights of :func:`weights`.
        level: Of confidence.

    Returns:
        Lower and upper end; NaN where :func:`replicate` gives none, or too few replicates are defined.
    """
    sums = replicate(counts, drawn)
    return (float("nan"), float("nan")) if sums is None else percentiles(measure(sums), level)


def percentiles(values: NDArray[np.float64], level: float = LEVEL) -> tuple[float, float]:
    """The interval that holds the middle ``level`` of the replicates that are defined; NaN if too few are."""
    defined = values[~np.isnan(values)]
    if len(defined) < DEFINED_SHARE * len(values):
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
