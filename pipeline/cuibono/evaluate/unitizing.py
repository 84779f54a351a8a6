"""Do annotators cut a text into the same units? Krippendorff's alpha for unitizing.

Krippendorff (1995, "On the Reliability of Unitizing Continuous Data"; 2004, "Measuring the Reliability of Qualitative
Text Analysis Data", section 4). A text is a continuum of words; between an annotator's units are gaps.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cuibono.evaluate.bootstrap import Sums
from cuibono.evaluate.measures import Numbers, divide

#: Units of one annotator: (start, end), apart from each other.
Marked = Sequence[tuple[int, int]]


def disagreements(annotators: Sequence[Marked], length: int) -> NDArray[np.float64]:
    """Observed and expected disagreement of one text, each times its length.

    Args:
        annotators: Their units, half-open, counted in what the text is long in. Two annotators or more.
        length: Of the text.

    Returns:
        Shape (2,). Texts are separate continua: their disagreements are averaged by length.
    """
    if len(annotators) < 2 or length < 2:
        return np.zeros(2)
    # A unit of no word (a dash) has no length on this continuum.
    marked = [sorted((a, b) for a, b in units if b > a) for units in annotators]
    return np.array([_observed(marked, length), _expected(marked, length)]) * length


def alpha_u(sums: Sums) -> Numbers:
    """Alpha from summed :func:`disagreements`.

    Args:
        sums: Shape (..., 2).

    Returns:
        1 for the same units, 0 for chance; NaN where nobody marked a unit.
    """
    ratio = divide(sums[..., 0], sums[..., 1])
    return 1 - ratio


def _gaps(units: Marked, length: int) -> list[tuple[int, int]]:
    starts, ends = [0, *(b for _, b in units)], [*(a for a, _ in units), length]
    return [(a, b) for a, b in zip(starts, ends, strict=True) if b > a]


def _observed(annotators: Sequence[Marked], length: int) -> float:
    """Over ordered pairs of annotators: how far apart the ends of units are that meet; all of a unit in a gap."""
    pairs = len(annotators) * (len(annotators) - 1)
    total = 0.0
    for left, right in itertools.combinations(annotators, 2):
        both_ways = 2 * (_apart(left, right) + _lost(left, _gaps(right, length)) + _lost(right, _gaps(left, length)))
        total += both_ways
    return total / (pairs * length**2)


def _apart(left: Marked, right: Marked) -> float:
    a, b = _columns(left), _columns(right)
    meet = (a[0][:, None] < b[1]) & (b[0] < a[1][:, None])
    return float((((a[0][:, None] - b[0]) ** 2 + (a[1][:, None] - b[1]) ** 2) * meet).sum())


def _lost(units: Marked, gaps: Marked) -> float:
    a, b = _columns(units), _columns(gaps)
    within = (b[0] <= a[0][:, None]) & (a[1][:, None] <= b[1])
    return float((((a[1] - a[0]) ** 2)[:, None] * within).sum())


def _expected(annotators: Sequence[Marked], length: int) -> float:
    """The disagreement of all ways to lay all units and gaps beside each other."""
    sizes = np.array([b - a for units in annotators for a, b in units], float)
    gaps = np.array([b - a for units in annotators for a, b in _gaps(units, length)], float)
    if not len(sizes):
        return 0.0
    with_units = (len(sizes) - 1) / 3 * (2 * sizes**3 - 3 * sizes**2 + sizes)
    with_gaps = sizes**2 * np.maximum(gaps - sizes[:, None] + 1, 0).sum(axis=1)
    values = len(annotators) * length
    return float(2 / length * (with_units + with_gaps).sum() / (values * (values - 1) - (sizes * (sizes - 1)).sum()))


def _columns(spans: Marked) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows = np.array(spans, float).reshape(-1, 2)
    return rows[:, 0], rows[:, 1]
