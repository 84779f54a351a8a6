"""Chance-corrected agreement on labels.

Every coefficient is a function of sums over samples, with any leading shape, so that the bootstrap is one call.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from cuibono.evaluate.bootstrap import Sums
from cuibono.evaluate.counts import Counts
from cuibono.evaluate.measures import Numbers, divide


def cohen_kappa(confusion: Counts) -> Numbers:
    """Cohen's kappa (1960, "A coefficient of agreement for nominal scales") of two annotators.

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

    Args:
        confusion: As for :func:`cohen_kappa`. With its transpose it is the coincidence matrix.

    Returns:
        Alpha; NaN without pairs, or where only one label is used.
    """
    paired = confusion[..., :-1, :-1]
    return alpha_of(paired + np.swapaxes(paired, -2, -1))


def alpha_of(coincidences: Sums) -> Numbers:
    """Krippendorff's alpha for any number of annotators and nominal labels, from coincidences.

    Krippendorff (2011, "Computing Krippendorff's Alpha-Reliability", section C).

    Args:
        coincidences: Shape (..., n, n), the sum of what :func:`coincidences` gives for each sample.

    Returns:
        Alpha; NaN without an item that two annotators labelled, or where only one label is used.
    """
    by_label = coincidences.sum(axis=-1)
    values = by_label.sum(axis=-1)
    observed = values - np.trace(coincidences, axis1=-2, axis2=-1)
    expected = divide(values**2 - (by_label**2).sum(axis=-1), values - 1)
    ratio = divide(observed, expected)
    return 1 - ratio


def coincidences(items: Iterable[Sequence[str | None]], labels: Sequence[str]) -> NDArray[np.float64]:
    """How often which labels meet in an item, each item weighing as many values as it has.

    Args:
        items: The labels of an item, one an annotator; None where there is none. An item with fewer than two
            labels pairs nothing and is left out.
        labels: All n labels.

    Returns:
        Shape (n, n), symmetric.
    """
    matrix = np.zeros((len(labels), len(labels)))
    for counts in (_tally(item, labels) for item in items):
        given = counts.sum()
        if given > 1:
            matrix += (np.outer(counts, counts) - np.diag(counts)) / (given - 1)
    return matrix


def fleiss_counts(items: Iterable[Sequence[str | None]], labels: Sequence[str]) -> NDArray[np.float64]:
    """What :func:`fleiss_kappa` needs of some items: shape (n + 2,).

    The sum of the items' agreement, their number, and how often each of the n labels is given. Items that an
    annotator did not label are left out: Fleiss' kappa has no place for them.
    """
    out = np.zeros(len(labels) + 2)
    for item in items:
        if len(item) > 1 and None not in item:
            counts = _tally(item, labels)
            agreeing = (counts * (counts - 1)).sum() / (len(item) * (len(item) - 1))
            out += np.concatenate([[agreeing, 1.0], counts])
    return out


def fleiss_kappa(sums: Sums) -> Numbers:
    """Fleiss' kappa (1971, "Measuring nominal scale agreement among many raters").

    Args:
        sums: Shape (..., n + 2), sums of :func:`fleiss_counts`.

    Returns:
        Kappa; NaN without an item that all labelled, or where only one label is used.
    """
    observed = divide(sums[..., 0], sums[..., 1])
    given = sums[..., 2:]
    expected = (divide(given, given.sum(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    return divide(observed - expected, 1 - expected)


def _tally(item: Sequence[str | None], labels: Sequence[str]) -> NDArray[np.float64]:
    index = {label: i for i, label in enumerate(labels)}
    return np.bincount([index[x] for x in item if x is not None], minlength=len(labels)).astype(float)
