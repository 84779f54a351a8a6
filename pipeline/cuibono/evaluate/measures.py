"""From counts to measures. Undefined is NaN here and "undefined" in print, never 0 or 1.

Every function takes counts with any leading shape (none for a total, ``(replicates,)`` for a
bootstrap) and returns that shape.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]
#: Macro-F1 of stakes is over these; ``mixed`` is rare and reported apart.
MACRO_LABELS = ("challenge", "opportunity", "none")


def divide(numerator: ArrayLike, denominator: ArrayLike) -> Numbers:
    """Ratio with NaN where the denominator is zero."""
    top, bottom = np.asarray(numerator, float), np.asarray(denominator, float)
    undefined = np.full(np.broadcast(top, bottom).shape, np.nan)
    ratio: Numbers = np.divide(top, bottom, out=undefined, where=bottom != 0)
    return ratio


def precision(prf: NDArray[np.int64]) -> Numbers:
    """Share of what was predicted that is right; undefined if nothing was predicted."""
    return divide(prf[..., 0], prf[..., 0] + prf[..., 1])


def recall(prf: NDArray[np.int64]) -> Numbers:
    """Share of gold that was found; undefined if there is no gold."""
    return divide(prf[..., 0], prf[..., 0] + prf[..., 2])


def f1(prf: NDArray[np.int64]) -> Numbers:
    """2 TP / (2 TP + FP + FN): 0 if one side is empty, undefined if both are."""
    return divide(2 * prf[..., 0], 2 * prf[..., 0] + prf[..., 1] + prf[..., 2])


def accuracy(hits: NDArray[np.int64]) -> Numbers:
    """Correct out of total; undefined if there is nothing to get right."""
    return divide(hits[..., 0], hits[..., 1])


def label_f1(confusion: NDArray[np.int64], labels: Sequence[str], label: str, *, end_to_end: bool) -> Numbers:
    """F1 of one label.

    Args:
        confusion: Shape (..., n + 1, n + 1), gold in rows, units without a partner last.
        labels: All n labels, in the order of the confusion.
        label: The one of them.
        end_to_end: Count units without a partner as missed or invented; otherwise leave them out.
    """
    if not end_to_end:
        confusion = confusion[..., :-1, :-1]
    i = list(labels).index(label)
    tp = confusion[..., i, i]
    fp = confusion[..., :, i].sum(axis=-1) - tp
    fn = confusion[..., i, :].sum(axis=-1) - tp
    return f1(np.stack([tp, fp, fn], axis=-1))


def macro_f1(confusion: NDArray[np.int64], labels: Sequence[str], over: Sequence[str], *, end_to_end: bool) -> Numbers:
    """Mean F1 of the labels ``over``, of those that are defined; undefined if none is."""
    each = np.stack([label_f1(confusion, labels, x, end_to_end=end_to_end) for x in over])
    known = ~np.isnan(each)
    return divide(np.where(known, each, 0).sum(axis=0), known.sum(axis=0))


def majority_macro_f1(confusion: NDArray[np.int64], labels: Sequence[str], over: Sequence[str]) -> Numbers:
    """Macro-F1 of a classifier that gives every gold unit the label that most gold units have."""
    gold = confusion[..., :-1, :].sum(axis=-1)
    commonest = np.eye(gold.shape[-1], dtype=np.int64)[np.argmax(gold, axis=-1)]
    guessed = np.zeros_like(confusion)
    guessed[..., :-1, :-1] = gold[..., :, None] * commonest[..., None, :]
    return macro_f1(guessed, labels, over, end_to_end=False)
