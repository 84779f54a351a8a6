"""Lay two annotations of one text side by side, once; every measure reads from the result.

Units are paired one to one. Two units may pair if the tokens that they share are at least
``threshold`` of the tokens of the longer one: the "approximate match at level α" of Persing and Ng
(2016, "End-to-End Argumentation Mining in Student Essays", section 6.1). Among all pairings the one
with most pairs is taken, and among those the one that shares most, so that the result
depends neither on the order of the spans nor on which side is called gold.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy.optimize import linear_sum_assignment

from cuibono.document import Document, Entity, Unit
from cuibono.errors import AnnotationError

OVERLAP = 0.5
_TOKEN = re.compile(r"\w+")

UnitPair = tuple[Unit | None, Unit | None]
EntityPair = tuple[Entity | None, Entity | None]
T = TypeVar("T", Entity, Unit)


@dataclass(frozen=True, slots=True)
class Alignment:
    """Gold on the left, predicted on the right; None stands where the other side has no partner.

    Attributes:
        text: The text that both sides are about.
        exact: Units whose spans are equal, and the rest unpaired.
        overlap: Units paired at the threshold, and the rest unpaired.
        entities: Entities whose spans are equal, and the rest unpaired.
    """

    doc_id: str
    text: str
    gold: Document
    predicted: Document
    exact: tuple[UnitPair, ...]
    overlap: tuple[UnitPair, ...]
    entities: tuple[EntityPair, ...]


def align(gold: Document, predicted: Document, threshold: float = OVERLAP) -> Alignment:
    """Align two annotations of the same text.

    Raises:
        AnnotationError: The two are about different texts, or neither carries the text.
        ValueError: A threshold outside (0, 1].
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold: found {threshold}; allowed: above 0, up to 1")
    if gold.text_sha256 != predicted.text_sha256:
        raise AnnotationError("text_sha256", predicted.text_sha256, f"{gold.text_sha256}, the text of {gold.doc_id}")
    text = gold.text if gold.text is not None else predicted.text
    if text is None:
        raise AnnotationError("text", None, f"the text of {gold.doc_id} in one of the files, or a folder of texts")
    starts = [m.start() for m in _TOKEN.finditer(text)]
    return Alignment(
        doc_id=gold.doc_id,
        text=text,
        gold=gold,
        predicted=predicted,
        exact=_pair_equal(gold.units, predicted.units),
        overlap=_pair_units(gold.units, predicted.units, starts, threshold),
        entities=_pair_equal(gold.entities, predicted.entities),
    )


def _pair_equal(gold: Sequence[T], predicted: Sequence[T]) -> tuple[tuple[T | None, T | None], ...]:
    right = {(x.start, x.end): x for x in predicted}
    pairs: list[tuple[T | None, T | None]] = [(x, right.pop((x.start, x.end), None)) for x in gold]
    pairs += [(None, x) for x in right.values()]
    return tuple(sorted(pairs, key=_position))


def _pair_units(
    gold: Sequence[Unit], predicted: Sequence[Unit], starts: Sequence[int], threshold: float
) -> tuple[UnitPair, ...]:
    left = sorted(gold, key=lambda u: u.start)
    right = sorted(predicted, key=lambda u: u.start)
    shared = np.zeros((len(left), len(right)))
    for i, j in _touching(left, right):
        share = _overlap(left[i], right[j], starts)
        shared[i, j] = share if share >= threshold else 0.0
    # One more pair outweighs any gain in shares: each share is at most one.
    gain = np.where(shared > 0, 1 + shared / (2 * max(shared.shape, default=1) + 1), 0.0)
    chosen = zip(*linear_sum_assignment(gain, maximize=True), strict=True)
    matched = [(int(i), int(j)) for i, j in chosen if shared[i, j] > 0]
    lonely_left = set(range(len(left))) - {i for i, _ in matched}
    lonely_right = set(range(len(right))) - {j for _, j in matched}
    pairs: list[UnitPair] = [(left[i], right[j]) for i, j in matched]
    pairs += [(left[i], None) for i in lonely_left] + [(None, right[j]) for j in lonely_right]
    return tuple(sorted(pairs, key=_position))


def _touching(left: Sequence[Unit], right: Sequence[Unit]) -> list[tuple[int, int]]:
    """Index pairs of units that share a character; both sides sorted, neither overlapping itself."""
    out, j = [], 0
    for i, unit in enumerate(left):
        while j < len(right) and right[j].end <= unit.start:
            j += 1
        k = j
        while k < len(right) and right[k].start < unit.end:
            out.append((i, k))
            k += 1
    return out


def _overlap(a: Unit, b: Unit, starts: Sequence[int]) -> float:
    def tokens(start: int, end: int) -> int:
        return max(0, bisect_left(starts, end) - bisect_left(starts, start))

    longer = max(tokens(a.start, a.end), tokens(b.start, b.end))
    return tokens(max(a.start, b.start), min(a.end, b.end)) / longer if longer else 0.0


def _position(pair: tuple[Entity | Unit | None, Entity | Unit | None]) -> tuple[int, int]:
    item = pair[0] or pair[1]
    assert item is not None
    return item.start, item.end
