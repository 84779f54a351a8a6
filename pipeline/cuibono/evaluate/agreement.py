"""Chance-corrected agreement of two annotators on the labels of the units that both have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np


def cohen_kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> float:
    """Cohen's kappa (1960) for two annotators; NaN without pairs or where chance is certain."""
    n = len(pairs)
    if n == 0:
        return float("nan")
    left, right = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    observed = sum(a == b for a, b in pairs) / n
    expected = sum(left[x] * right[x] for x in left) / n**2
    return float("nan") if expected == 1 else (observed - expected) / (1 - expected)


def krippendorff_alpha(units: Sequence[Sequence[Hashable | None]]) -> float:
    """Krippendorff's alpha for nominal data (2011, "Computing Krippendorff's Alpha-Reliability").

    Args:
        units: For each unit the labels of all annotators; None where one gave none. Any number
            of annotators; units with fewer than two labels say nothing and are left out.

    Returns:
        Alpha; NaN if no unit has two labels, or if all labels are the same.
    """
    rows = [[x for x in unit if x is not None] for unit in units]
    rows = [row for row in rows if len(row) > 1]
    totals = Counter(x for row in rows for x in row)
    n = sum(totals.values())
    observed = sum((len(row) ** 2 - sum(c * c for c in Counter(row).values())) / (len(row) - 1) for row in rows)
    expected = (n * n - sum(c * c for c in totals.values())) / (n - 1) if n > 1 else 0
    return 1 - observed / expected if expected else float("nan")


def pair_labels(confusion: np.ndarray) -> list[tuple[int, int]]:
    """The pairs of label indices that a confusion counts; units that one side lacks are left out."""
    inner = np.asarray(confusion)[:-1, :-1]
    return [(i, j) for i, j in zip(*np.nonzero(inner), strict=True) for _ in range(int(inner[i, j]))]
