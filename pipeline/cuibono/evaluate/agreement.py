"""Chance-corrected agreement of two annotators on the labels of the units that both have.

As the measures, these take confusions with any leading shape, so that the bootstrap is one call.
"""

from __future__ import annotations

import numpy as np

from cuibono.evaluate.counts import Counts
from cuibono.evaluate.measures import Numbers, divide


def cohen_kappa(confusion: Counts) -> Numbers:
    """Cohen's kappa (1960, "A coefficient of agreement for nominal scales").

    Args:
        confusion: Shape (..., n + 1, n + 1); the last row and column (units without a partner) are left out.

    Returns:
        Kappa; NaN without pairs, or where both always give one and the same label.
    """
    paired = confusion[..., :-1, :-1]
    total = paired.sum(axis=(-2, -1))
    observed = divide(np.trace(paired, axis1=-2, axis2=-1), total)
    expected = divide((paired.sum(axis=-1) * paired.sum(axis=-2)).sum(axis=-1), total**2)
    return divide(observed - expected, 1 - expected)


def krippendorff_alpha(confusion: Counts) -> Numbers:
    """Krippendorff's alpha for two annotators and nominal labels.

    The coincidence matrix of Krippendorff (2011, "Computing Krippendorff's Alpha-Reliability", section A) is
    the confusion plus its transpose.

    Args:
        confusion: As for :func:`cohen_kappa`.

    Returns:
        Alpha; NaN without pairs, or where only one label is used.
    """
    paired = confusion[..., :-1, :-1]
    coincidences = paired + np.swapaxes(paired, -2, -1)
    by_label = coincidences.sum(axis=-1)
    values = by_label.sum(axis=-1)
    observed = values - np.trace(coincidences, axis1=-2, axis2=-1)
    expected = divide(values**2 - (by_label**2).sum(axis=-1), values - 1)
    ratio = divide(observed, expected)
    return 1 - ratio
