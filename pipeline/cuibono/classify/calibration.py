"""From logits to probabilities that mean what they say: vector scaling (Guo et al., ICML 2017, arXiv:1706.04599)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """A temperature, and a bias for each class (which undoes the weights that classes had in training)."""

    temperature: float = 1.0
    bias: Sequence[float] = (0.0,)

    def probabilities(self, logits: ArrayLike) -> Floats:
        """Softmax of ``logits / temperature + bias`` over the last axis."""
        scaled = np.asarray(logits, dtype=float) / self.temperature + np.asarray(self.bias, dtype=float)
        scaled -= scaled.max(axis=-1, keepdims=True)
        exp = np.exp(scaled)
        return np.asarray(exp / exp.sum(axis=-1, keepdims=True))

    @classmethod
    def fit(cls, logits: ArrayLike, targets: Sequence[int]) -> Calibration:
        """The temperature and the biases under which held-out targets are likeliest, slightly drawn to 1 and 0."""
        from scipy.optimize import minimize

        scores, index = np.asarray(logits, dtype=float), np.asarray(targets)

        def loss(x: Floats) -> float:
            chances = cls(float(np.exp(x[0])), x[1:].tolist()).probabilities(scores)
            likelihood = np.log(chances[np.arange(len(index)), index] + 1e-12).mean()
            return float(-likelihood + 1e-3 * (x**2).sum())

        found = minimize(loss, np.zeros(1 + scores.shape[1]), method="L-BFGS-B").x
        return cls(round(float(np.exp(found[0])), 4), [round(float(b), 4) for b in found[1:] - found[1:].mean()])


def expected_calibration_error(chances: ArrayLike, right: Sequence[bool], bins: int = 10) -> float:
    """Mean distance between confidence and accuracy over equally wide bins, weighted (Naeini et al., AAAI 2015).

    Args:
        chances: The probability given to each label that was chosen, shape (n,).
        right: Whether it was the right one.
        bins: How many bins.

    Raises:
        ValueError: No probability, or not as many answers.
    """
    rows = reliability(chances, right, bins)
    total = sum(row.count for row in rows)
    return sum(row.count * abs(row.confidence - row.accuracy) for row in rows) / total


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar of a reliability plot."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def reliability(chances: ArrayLike, right: Sequence[bool], bins: int = 10) -> list[Bin]:
    """The bins that are not empty, from low to high. Raises as :func:`expected_calibration_error`."""
    values, hits = np.asarray(chances, dtype=float), np.asarray(right, dtype=float)
    if not len(values) or values.shape != hits.shape:
        raise ValueError(
            f"chances and right: found shapes {values.shape} and {hits.shape}; allowed: the same, not empty"
        )
    index = np.minimum((values * bins).astype(int), bins - 1)
    out = []
    for i in range(bins):
        inside = index == i
        if inside.any():
            found = (int(inside.sum()), float(values[inside].mean()), float(hits[inside].mean()))
            out.append(Bin(i / bins, (i + 1) / bins, *found))
    return out
