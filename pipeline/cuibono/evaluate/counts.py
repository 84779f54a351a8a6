"""Sufficient statistics: for each sample the counts from which every measure follows.

A sample is a document, or a paragraph where there is only one document. Counts add, so a total is
a sum over samples and a bootstrap replicate is a weighted sum: nothing is ever aligned twice.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cuibono.document import LABELS, ROLES, Document, Unit
from cuibono.evaluate.align import Alignment, EntityPair, UnitPair

Counts = NDArray[np.int64]
P = TypeVar("P", UnitPair, EntityPair)
#: The last row and column of a confusion: a unit that the other side does not have.
MISSING = "(no unit)"
PRF = ("true positive", "false positive", "false negative")
HITS = ("correct", "total")


@dataclass(frozen=True, slots=True)
class Table:
    """Counts by name; each array has one row a sample.

    Shapes: ``units.*`` and ``entities`` (samples, 3) as in :data:`PRF`; ``entity-actor`` and
    ``actor-stakes.A`` (samples, 2) as in :data:`HITS`; ``role`` (samples, 3, 3) and ``stakes.A``
    (samples, 5, 5): gold in rows, predicted in columns, :data:`MISSING` last.
    """

    samples: tuple[str, ...]
    counts: dict[str, Counts]

    def total(self, name: str) -> Counts:
        """The counts of all samples together."""
        total: Counts = self.counts[name].sum(axis=0)
        return total


def count(alignments: Sequence[Alignment], actors: Sequence[str]) -> Table:
    """Count each document; a single document is counted by paragraph.

    ``actor_stakes`` belong to a document, not to a paragraph: with one document they stay one
    sample, on the first row.
    """
    one = len(alignments) == 1
    samples: list[str] = []
    rows: list[dict[str, Counts]] = []
    for alignment in alignments:
        parts = _paragraphs(alignment) if one else {alignment.doc_id: lambda _start: True}
        for i, (name, inside) in enumerate(parts.items()):
            samples.append(name)
            rows.append(_row(alignment, actors, inside, whole=i == 0))
    names = rows[0] if rows else {}
    return Table(tuple(samples), {name: np.stack([row[name] for row in rows]) for name in names})


def _paragraphs(alignment: Alignment) -> dict[str, Callable[[int], bool]]:
    """By block of the gold: what starts inside it; what starts in none goes with the one before."""
    starts = [b.start for b in alignment.gold.blocks or alignment.predicted.blocks] or [0]
    edges = [0, *starts[1:], len(alignment.text) + 1]

    def within(low: int, high: int) -> Callable[[int], bool]:
        return lambda start: low <= start < high

    parts = {f"{alignment.doc_id}@{low}": within(low, high) for low, high in itertools.pairwise(edges)}
    used = [p.start for pair in (*alignment.overlap, *alignment.entities) for p in pair[:1] if p]
    used += [p.start for g, p in (*alignment.overlap, *alignment.entities) if g is None and p]
    kept = {name: inside for name, inside in parts.items() if any(map(inside, used))}
    return kept or {alignment.doc_id: lambda _start: True}


def _row(alignment: Alignment, actors: Sequence[str], inside: Callable[[int], bool], whole: bool) -> dict[str, Counts]:
    exact = _within(alignment.exact, inside)
    overlap = _within(alignment.overlap, inside)
    entities = _within(alignment.entities, inside)
    row = {
        "units.exact": _prf(exact),
        "units.overlap": _prf(overlap),
        "entities": _prf((g, p if g is None or p is None or g.label == p.label else None, p) for g, p in entities),
        "entity-actor": _entity_actors(entities),
        "role": confusion(ROLES, [(_role(g), _role(p)) for g, p in overlap]),
    }
    for actor in actors:
        pairs = [(_label(g, actor), _label(p, actor)) for g, p in overlap]
        row[f"stakes.{actor}"] = confusion(LABELS, pairs)
        row[f"actor-stakes.{actor}"] = _actor_stakes(alignment, actor) if whole else np.zeros(2, np.int64)
    return row


def _within(pairs: Iterable[P], inside: Callable[[int], bool]) -> list[P]:
    return [pair for pair in pairs if inside((pair[0] or pair[1]).start)]  # type: ignore[union-attr]


def _prf(pairs: Iterable[tuple[object, ...]]) -> Counts:
    """Pairs (gold, predicted), or triples whose last says what was predicted with a wrong label."""
    tp = fp = fn = 0
    for gold, matched, *rest in pairs:
        predicted = rest[0] if rest else matched
        tp += gold is not None and matched is not None
        fn += gold is not None and matched is None
        fp += predicted is not None and (gold is None or matched is None)
    return np.array([tp, fp, fn], np.int64)


def _entity_actors(pairs: Iterable[EntityPair]) -> Counts:
    found = [(g.actor, p.actor) for g, p in pairs if g is not None and p is not None]
    return np.array([sum(g == p for g, p in found), len(found)], np.int64)


def _role(unit: Unit | None) -> str | None:
    return unit.role if unit else None


def _label(unit: Unit | None, actor: str) -> str | None:
    return unit.stakes[actor].label if unit and actor in unit.stakes else None


def confusion(labels: Sequence[str], pairs: Iterable[tuple[str | None, str | None]]) -> Counts:
    """Pairs (gold, predicted) counted: gold in rows, and :data:`MISSING` last; pairs of nothing are left out."""
    index = {label: i for i, label in enumerate(labels)}
    matrix = np.zeros((len(labels) + 1, len(labels) + 1), np.int64)
    for gold, predicted in pairs:
        if gold is not None or predicted is not None:
            matrix[index.get(gold or "", -1), index.get(predicted or "", -1)] += 1
    return matrix


def _actor_stakes(alignment: Alignment, actor: str) -> Counts:
    gold = _labels_of(alignment.gold, actor)
    predicted = _labels_of(alignment.predicted, actor)
    return np.array([sum(predicted.get(e) == label for e, label in gold.items()), len(gold)], np.int64)


def _labels_of(document: Document, actor: str) -> dict[str, str]:
    return {e: s.label for e, s in document.actor_stakes.get(actor, {}).items()}
