"""Which questions a person should answer: where annotators differ, and where models are least sure."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from cuibono.document import Document
from cuibono.evaluate.align import shared_text
from cuibono.evaluate.compare import Comparison
from cuibono.evaluate.disagreements import Disagreement, answers, in_context, question
from cuibono.evaluate.items import Item
from cuibono.evaluate.pairwise import by_id
from cuibono.evaluate.signature import who

#: A question is laid out as a disagreement is; one that all answer alike has the severity 0.
Row = Disagreement


def queue(
    comparison: Comparison, *, least_sure: int = 0, limit: int | None = None, base: str | None = None
) -> list[Row]:
    """Every disagreement, worst first; then, of the questions that all answer alike, those answered least surely.

    Args:
        comparison: Of two annotators or more.
        least_sure: How many of the second sort: those with the lowest probability that any model gave to its label.
        limit: How many rows at most.
        base: The annotator that the answers will be merged into. Where it marks a unit by another span than most
            do, the row gives its span, so that the answer finds the unit.

    Raises:
        ValueError: A negative number, or no annotator of that name.
    """
    if least_sure < 0 or (limit is not None and limit < 0):
        raise ValueError(f"least_sure, limit: found {least_sure}, {limit}; allowed: 0 or more")
    if base is not None and base not in comparison.annotations:
        raise ValueError(f"base: found {base!r}; allowed: {', '.join(comparison.annotations)}")
    rows = list(comparison.disagreements)
    if least_sure:
        rows += _least_sure(_compared(comparison), least_sure)
    return [_on_span_of(base, row, comparison.texts[row.doc_id]) for row in rows][:limit]


def least_sure_of(documents: Sequence[Document], n: int, *, name: str | None = None) -> list[Row]:
    """The ``n`` questions that one annotator answers least surely; none where it gives no probabilities.

    Raises:
        AnnotationError: A document twice, or one without its text.
    """
    name = name or who(documents)
    rows: list[Row] = []
    for doc in by_id(documents, name).values():
        if doc.units:
            items = [Item(doc.doc_id, unit.start, unit.end, {name: unit}) for unit in doc.units]
            rows += _agreed(items, {name: doc}, shared_text([doc]))
    return _least_sure(rows, n)


def _compared(comparison: Comparison) -> Iterator[Row]:
    for doc_id, items in itertools.groupby(comparison.joined, key=lambda item: item.doc_id):
        present = {name: docs[doc_id] for name, docs in comparison.annotations.items() if doc_id in docs}
        yield from _agreed(items, present, comparison.texts[doc_id])


def _agreed(items: Iterable[Item], present: Mapping[str, Document], text: str) -> Iterator[Row]:
    for item in items:
        for layer, actor, said in answers(item, present):
            given = [s.p for s in said.values() if s.p is not None]
            if given and len({s.label for s in said.values()}) == 1:
                yield question(item, layer, actor, said, text, present)


def _least_sure(rows: Iterable[Row], n: int) -> list[Row]:
    def key(row: Row) -> tuple[Any, ...]:
        least = min(s.p for s in row.said.values() if s.p is not None)
        return least, row.doc_id, row.start, row.layer, row.actor or ""

    return sorted(rows, key=key)[:n]


def _on_span_of(base: str | None, row: Row, text: str) -> Row:
    said = row.said.get(base or "")
    if said is None or said.start is None or said.end is None:
        return row
    words, before, after = in_context(text, said.start, said.end)
    return replace(row, start=said.start, end=said.end, text=words, before=before, after=after)
