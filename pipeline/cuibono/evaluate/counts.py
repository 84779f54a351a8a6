"""Sufficient statistics: for each sample the counts from which every measure follows.

A sample is a document, or a paragraph where there is only one document. Counts add, so a total is
a sum over samples and a bootstrap replicate is a weighted sum: nothing is ever aligned twice.
"""

from __future__ import annotations

import itertools
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from cuibono.document import LABELS, ROLES, Document, Entity, Unit
from cuibono.evaluate.align import Alignment, EntityPair, RelationPair, UnitPair

Counts = NDArray[np.int64]
P = TypeVar("P", UnitPair, EntityPair)
#: Whether what begins at an offset belongs to a sample.
Inside = Callable[[int], bool]
#: The last row and column of a confusion: a unit that the other side does not have.
MISSING = "(no unit)"
#: Stands for all actors together in the name of a measure; no actor has this id.
ALL = "all"
PRF = ("true positive", "false positive", "false negative")
HITS = ("correct", "total")


def and_all(actors: Iterable[str]) -> list[str]:
    """Actors as measures are named after them: each, and where they are several all together."""
    each = list(actors)
    return [*each, *([ALL] if len(each) > 1 else [])]


@dataclass(frozen=True, slots=True)
class Table:
    """Counts by name; each array has one row a sample.

    Shapes: ``units.*``, ``entities*`` and ``relations`` (samples, 3) as in :data:`PRF`; ``entity-actor`` and
    ``actor-stakes.A`` (samples, 2) as in :data:`HITS`; ``role`` (samples, 3, 3) and ``stakes.A``
    (samples, 5, 5): gold in rows, predicted in columns, :data:`MISSING` last. With several actors
    ``stakes.all`` counts each unit once for each of them.
    """

    samples: tuple[str, ...]
    counts: dict[str, Counts]

    def total(self, name: str) -> Counts:
        """The counts of all samples together."""
        total: Counts = self.counts[name].sum(axis=0)
        return total


def count(
    alignments: Sequence[Alignment],
    actors: Sequence[str],
    blocks: Sequence[Document] = (),
    asked: Mapping[str, Set[str]] | None = None,
) -> Table:
    """Count each document, or each part of a single one.

    ``actor_stakes`` and relations belong to a document, not to a paragraph: with one document they stay one
    sample, on the first row.

    Args:
        alignments: One a document.
        actors: Whose stakes to count.
        blocks: Annotations of a single document whose blocks may cut it into samples, besides the two sides.
        asked: For each document the actors to count, where these are fewer than both sides were asked about.
    """
    parts: dict[str, Inside] = {}
    if len(alignments) == 1:
        parts = paragraphs([*blocks, alignments[0].gold, alignments[0].predicted], [alignments[0].gold])
    samples: list[str] = []
    rows: list[dict[str, Counts]] = []
    for alignment in alignments:
        inside_of = parts or {alignment.doc_id: lambda _start: True}
        for i, (name, inside) in enumerate(inside_of.items()):
            samples.append(name)
            only = asked[alignment.doc_id] if asked is not None else None
            rows.append(_row(alignment, actors, inside, i == 0, only))
    names = rows[0] if rows else {}
    return Table(tuple(samples), {name: np.stack([row[name] for row in rows]) for name in names})


def paragraphs(documents: Sequence[Document], used_by: Sequence[Document]) -> dict[str, Inside]:
    """The blocks of a text that hold something, as samples of one document.

    What begins elsewhere goes with the sample before it. For scores it is the gold that says which blocks count, so
    that all systems have the same samples.

    Args:
        documents: Annotations of the text; the blocks are those of the first that has some.
        used_by: Whose units and entities make a block count.
    """
    doc_id = documents[0].doc_id
    blocks = next((d.blocks for d in documents if d.blocks), ())
    layers: list[Sequence[Unit | Entity]] = [layer for d in used_by for layer in (d.units, d.entities)]
    used = sorted({item.start for layer in layers for item in layer})
    starts = sorted(b.start for b in blocks if bisect_left(used, b.start) < bisect_left(used, b.end))
    edges = [0, *starts[1:], sys.maxsize]

    def within(low: int, high: int) -> Inside:
        return lambda start: low <= start < high

    return {f"{doc_id}@{low}": within(low, high) for low, high in itertools.pairwise(edges)}


def _row(
    alignment: Alignment, actors: Sequence[str], inside: Inside, whole: bool, only: Set[str] | None
) -> dict[str, Counts]:
    overlap = _within(alignment.overlap, inside)
    entities = _within(alignment.entities, inside)
    row = {
        "units.exact": _prf(_within(alignment.exact, inside)),
        "units.overlap": _prf(overlap),
        "entities": _prf(_alike(entities)),
        "entities.overlap": _prf(_alike(_within(alignment.entities_overlap, inside))),
        "entity-actor": _entity_actors(entities),
        "role": confusion(ROLES, [(_role(g), _role(p)) for g, p in overlap]),
        "relations": _prf(alignment.relations if whole else ()),
    }
    asked = alignment.gold.actors.keys() & alignment.predicted.actors.keys()
    asked = asked if only is None else asked & only
    for actor in actors:
        # Of an actor that one side was not asked about in this document nothing can be said.
        pairs = [(_label(g, actor), _label(p, actor)) for g, p in overlap] if actor in asked else []
        row[f"stakes.{actor}"] = confusion(LABELS, pairs)
        judged = whole and actor in asked
        row[f"actor-stakes.{actor}"] = _actor_stakes(alignment, actor) if judged else np.zeros(2, np.int64)
    if len(actors) > 1:
        row[f"stakes.{ALL}"] = np.sum([row[f"stakes.{a}"] for a in actors], axis=0)
    return row


def _within(pairs: Iterable[P], inside: Callable[[int], bool]) -> list[P]:
    return [pair for pair in pairs if inside((pair[0] or pair[1]).start)]  # type: ignore[union-attr]


def _alike(pairs: Iterable[EntityPair]) -> Iterable[tuple[Entity | None, Entity | None]]:
    """A pair whose labels differ is a miss and an invention."""
    for gold, predicted in pairs:
        if gold and predicted and gold.label != predicted.label:
            yield gold, None
            yield None, predicted
        else:
            yield gold, predicted


def _prf(pairs: Iterable[UnitPair | EntityPair | RelationPair]) -> Counts:
    both = left = right = 0
    for gold, predicted in pairs:
        both += gold is not None and predicted is not None
        left += predicted is None
        right += gold is None
    return np.array([both, right, left], np.int64)


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
