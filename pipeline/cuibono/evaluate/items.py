"""Units of any number of annotators laid together: an item is what they take for one unit.

Pairs of units that the alignment of two annotators found are joined, those that share most first, unless an
annotator would be in an item twice. Which pairs come first depends on their spans alone, so the items depend neither
on the order of the annotators nor on that of their units.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cuibono.document import Document, Unit
from cuibono.evaluate.align import Alignment, Tokens

#: An annotator's name and the number of a unit in reading order.
_Key = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Item:
    """One unit, as its annotators see it.

    Attributes:
        start: Of the span that most of them mark; of several the longest, then the first.
        end: Of the same.
        units: By annotator; those who marked nothing here are absent.
    """

    doc_id: str
    start: int
    end: int
    units: Mapping[str, Unit]


def join(
    documents: Mapping[str, Document], alignments: Mapping[tuple[str, str], Alignment], tokens: Tokens
) -> list[Item]:
    """The items of one text, in reading order.

    Args:
        documents: Annotations of one text by annotator.
        alignments: For each pair (left, right) of them the alignment, left as its gold.
        tokens: Of the text.
    """
    group_of: dict[_Key, dict[str, Unit]] = {
        (name, unit.start, unit.end): {name: unit} for name, document in documents.items() for unit in document.units
    }
    for _, left, right in sorted(_pairs(alignments, tokens)):
        a, b = group_of[left], group_of[right]
        if a is not b and not a.keys() & b.keys():
            merged = a | b
            for name, unit in merged.items():
                group_of[name, unit.start, unit.end] = merged
    groups = {id(group): group for group in group_of.values()}.values()
    doc_id = next(iter(documents.values())).doc_id
    items = [Item(doc_id, *_span(list(group.values())), dict(sorted(group.items()))) for group in groups]
    return sorted(items, key=lambda item: (item.start, item.end, list(item.units)))


def _pairs(
    alignments: Mapping[tuple[str, str], Alignment], tokens: Tokens
) -> list[tuple[tuple[float, list[tuple[int, int]]], _Key, _Key]]:
    """Each pair with what it is sorted by: most shared first, then the spans."""
    out = []
    for (left, right), alignment in alignments.items():
        for a, b in alignment.overlap:
            if a is not None and b is not None:
                spans = sorted([(a.start, a.end), (b.start, b.end)])
                keys = sorted([(left, a.start, a.end), (right, b.start, b.end)])
                out.append(((-tokens.overlap(a, b), spans), keys[0], keys[1]))
    return out


def _span(units: Sequence[Unit]) -> tuple[int, int]:
    counts = Counter((u.start, u.end) for u in units)
    return min(counts, key=lambda s: (-counts[s], s[0] - s[1], s[0]))
