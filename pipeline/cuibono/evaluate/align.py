"""Lay two annotations of one text side by side, once; every measure reads from the result.

Spans are paired one to one. Two may pair if the tokens that they share are at least
``threshold`` of the tokens of the longer one: the "approximate match at level α" of Persing and Ng
(2016, "End-to-End Argumentation Mining in Student Essays", section 6.1). Among all pairings the one
with most pairs is taken, among those the one that shares most, and among those the one that pairs what
begins first: the result depends neither on the order of the spans nor on which side is called gold.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy.optimize import linear_sum_assignment

from cuibono.document import Document, Entity, Relation, Unit
from cuibono.errors import AnnotationError

OVERLAP = 0.5
_TOKEN = re.compile(r"\w+")
#: Less than any difference of shares; they decide between pairings that share alike: what is labelled alike, then what
#: names the same actor, then what begins first.
_LABEL, _ACTOR, _TIE = 1e-5, 1e-6, 1e-9

UnitPair = tuple[Unit | None, Unit | None]
EntityPair = tuple[Entity | None, Entity | None]
RelationPair = tuple[Relation | None, Relation | None]
T = TypeVar("T", Entity, Unit)


class Tokens:
    """Where the words of a text begin; counts those of a stretch in logarithmic time."""

    def __init__(self, text: str) -> None:
        self.starts = [m.start() for m in _TOKEN.finditer(text)]

    def count(self, start: int, end: int) -> int:
        """How many words begin in the stretch."""
        return max(0, bisect_left(self.starts, end) - bisect_left(self.starts, start))

    def overlap(self, a: Entity | Unit, b: Entity | Unit) -> float:
        """Shared words as a share of those of the longer span."""
        if (a.start, a.end) == (b.start, b.end):
            return 1.0
        longer = max(self.count(a.start, a.end), self.count(b.start, b.end))
        return self.count(max(a.start, b.start), min(a.end, b.end)) / longer if longer else 0.0


@dataclass(frozen=True, slots=True)
class Alignment:
    """Gold on the left, predicted on the right; None stands where the other side has no partner.

    Attributes:
        text: The text that both sides are about.
        exact: Units whose spans are equal, and the rest unpaired.
        overlap: Units paired at the threshold, and the rest unpaired.
        entities: Entities whose spans are equal, and the rest unpaired.
        entities_overlap: Entities paired at the threshold, and the rest unpaired.
        relations: Relations of one kind between units that pair (at the threshold), and the rest unpaired.
    """

    doc_id: str
    text: str
    gold: Document
    predicted: Document
    exact: tuple[UnitPair, ...]
    overlap: tuple[UnitPair, ...]
    entities: tuple[EntityPair, ...]
    entities_overlap: tuple[EntityPair, ...]
    relations: tuple[RelationPair, ...]


def align(gold: Document, predicted: Document, threshold: float = OVERLAP, tokens: Tokens | None = None) -> Alignment:
    """Align two annotations of the same text.

    Args:
        gold: One side.
        predicted: The other.
        threshold: The least overlap of a pair.
        tokens: Those of the text, where they have been counted before.

    Raises:
        AnnotationError: The two are about different texts, or neither carries the text.
        ValueError: A threshold outside (0, 1].
    """
    if not 0 < threshold <= 1:
        raise ValueError(f"threshold: found {threshold}; allowed: above 0, up to 1")
    text = shared_text([gold, predicted])
    tokens = tokens or Tokens(text)
    overlap = _pair(gold.units, predicted.units, tokens, threshold)
    return Alignment(
        doc_id=gold.doc_id,
        text=text,
        gold=gold,
        predicted=predicted,
        exact=_pair_equal(gold.units, predicted.units),
        overlap=overlap,
        entities=_pair_equal(gold.entities, predicted.entities),
        entities_overlap=_pair(gold.entities, predicted.entities, tokens, threshold),
        relations=_pair_relations(gold.relations, predicted.relations, overlap),
    )


def shared_text(documents: Sequence[Document]) -> str:
    """The text that annotations of one document are about.

    Raises:
        AnnotationError: They are about different texts (both hashes are named), or none carries the text.
    """
    first, *others = documents
    for other in others:
        if other.text_sha256 != first.text_sha256:
            allowed = f"{first.text_sha256}, the text of {first.doc_id}"
            raise AnnotationError(f"{other.doc_id}: text_sha256", other.text_sha256, allowed)
    text = next((d.text for d in documents if d.text is not None), None)
    if text is None:
        raise AnnotationError("text", None, f"the text of {first.doc_id} in one of the files, or a folder of texts")
    return text


def _pair_equal(gold: Sequence[T], predicted: Sequence[T]) -> tuple[tuple[T | None, T | None], ...]:
    """Equal spans; where a side has a span twice (entities may), first what is alike, then what is labelled alike."""
    left, right = sorted(gold, key=_name), sorted(predicted, key=_name)
    pairs: list[tuple[T | None, T | None]] = []
    for digits in (4, 3, 2):  # of (start, end, label, actor)
        free: dict[tuple[object, ...], list[T]] = {}
        for item in right:
            free.setdefault(_name(item)[:digits], []).append(item)
        rest: list[T] = []
        for item in left:
            here = free.get(_name(item)[:digits])
            if here:
                pairs.append((item, here.pop(0)))
            else:
                rest.append(item)
        left, right = rest, [item for items in free.values() for item in items]
    pairs += [(item, None) for item in left] + [(None, item) for item in right]
    return tuple(sorted(pairs, key=_position))


def _name(item: Entity | Unit) -> tuple[int, int, str, str]:
    """What tells apart what has one span: for units nothing more, since they never overlap."""
    label, actor = (item.label, item.actor or "") if isinstance(item, Entity) else ("", "")
    return item.start, item.end, label, actor


def _pair(
    gold: Sequence[T], predicted: Sequence[T], tokens: Tokens, threshold: float
) -> tuple[tuple[T | None, T | None], ...]:
    left, right = sorted(gold, key=_name), sorted(predicted, key=_name)
    shares = {
        (i, j): share for i, j in _touching(left, right) if (share := tokens.overlap(left[i], right[j])) >= threshold
    }
    worth = {(i, j): share + _likeness(left[i], right[j]) for (i, j), share in shares.items()}
    matched = [pair for group in _groups(worth) for pair in _best(group, worth)]
    lonely_left = set(range(len(left))) - {i for i, _ in matched}
    lonely_right = set(range(len(right))) - {j for _, j in matched}
    pairs: list[tuple[T | None, T | None]] = [(left[i], right[j]) for i, j in matched]
    pairs += [(left[i], None) for i in lonely_left] + [(None, right[j]) for j in lonely_right]
    return tuple(sorted(pairs, key=_position))


def _likeness(a: Entity | Unit, b: Entity | Unit) -> float:
    (_, _, label, actor), (_, _, other_label, other_actor) = _name(a), _name(b)
    return _LABEL * (label == other_label) + _ACTOR * (actor == other_actor)


def _touching(left: Sequence[T], right: Sequence[T]) -> Iterable[tuple[int, int]]:
    """Index pairs of spans that share a character; both sides sorted by start."""
    longest = max((x.end - x.start for x in right), default=0)
    starts = [x.start for x in right]
    for i, item in enumerate(left):
        for j in range(bisect_left(starts, item.start - longest), bisect_left(starts, item.end)):
            if right[j].end > item.start:
                yield i, j


def _groups(shares: Iterable[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Possible pairs, those together that compete for a span, directly or through others."""
    group_of: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for i, j in shares:
        a, b = group_of.get(("left", i), []), group_of.get(("right", j), [])
        group = a if a is b else a + b
        group.append((i, j))
        for x, y in group:
            group_of["left", x] = group_of["right", y] = group
    return list({id(group): group for group in group_of.values()}.values())


def _best(group: list[tuple[int, int]], shares: dict[tuple[int, int], float]) -> list[tuple[int, int]]:
    """The best pairing among spans that compete; most groups are one pair. ``shares`` with what is alike on top."""
    if len(group) == 1:
        return group
    rows, columns = sorted({i for i, _ in group}), sorted({j for _, j in group})
    gain = np.zeros((len(rows), len(columns)))
    # One more pair outweighs any gain in shares: each share is about one at most.
    pairs = min(gain.shape)
    for i, j in group:
        x, y = rows.index(i), columns.index(j)
        # Of pairings that share alike: the earliest spans, and no two pairs that cross.
        gain[x, y] = 1 + (shares[i, j] - _TIE * (x + y - x * y / 1000)) / (3 * pairs + 1)
    chosen = zip(*linear_sum_assignment(gain, maximize=True), strict=True)
    return [(rows[x], columns[y]) for x, y in chosen if gain[x, y] > 0]


def _pair_relations(
    gold: Sequence[Relation], predicted: Sequence[Relation], units: Iterable[UnitPair]
) -> tuple[RelationPair, ...]:
    """Relations are equal if their kind is, and their ends pair."""
    partner = {p.id: g.id for g, p in units if g is not None and p is not None}

    def key(relation: Relation, name: Callable[[str], str | None]) -> tuple[str | None, str | None, str]:
        return name(relation.source), name(relation.target), relation.kind

    # A relation written twice is one relation.
    left = {key(r, lambda u: u): r for r in gold}
    right = {key(r, lambda u: partner.get(u, f"only predicted: {u}")): r for r in predicted}
    both = [k for k in left if k in right]
    pairs: list[RelationPair] = [(left[k], right[k]) for k in both]
    pairs += [(r, None) for k, r in left.items() if k not in right]
    return tuple(pairs + [(None, r) for k, r in right.items() if k not in left])


def _position(pair: tuple[Entity | Unit | None, Entity | Unit | None]) -> tuple[int, int, str, str, bool]:
    item = pair[0] or pair[1]
    assert item is not None
    return *_name(item), pair[0] is None
