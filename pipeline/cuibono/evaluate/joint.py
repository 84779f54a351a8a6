"""How far all annotators of a comparison agree together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from cuibono.document import LABELS, ROLES
from cuibono.evaluate import agreement, bootstrap, unitizing
from cuibono.evaluate.counts import ALL, Inside, and_all, paragraphs
from cuibono.evaluate.items import Item
from cuibono.evaluate.laid import Laid
from cuibono.evaluate.pairwise import Settings
from cuibono.evaluate.scores import Score


def joint(laid: Laid, names: Sequence[str], actors: Sequence[str], settings: Settings) -> dict[str, Score]:
    """Fleiss' kappa and Krippendorff's alpha on the labels of items, and alpha on the units."""
    if not laid.joint:
        return {}
    samples: list[tuple[str, Inside]] = [(doc_id, lambda _start: True) for doc_id in laid.joint]
    if len(samples) == 1:
        (doc_id,) = laid.joint
        said = [laid.sides[name][doc_id] for name in names if doc_id in laid.sides[name]]
        samples = [(doc_id, inside) for inside in paragraphs([*said, *laid.blocks([doc_id])], said).values()]
    drawn = bootstrap.weights(len(samples), settings.resamples, settings.seed)
    out: dict[str, Score] = {}

    def add(name: str, rows: Sequence[Any], measure: bootstrap.Measure, n: int) -> None:
        sums = np.stack(rows)
        low, high = bootstrap.interval(sums, measure, drawn)
        out[name] = Score(name, float(measure(sums.sum(axis=0))), low, high, n)

    layers = ["role", *(f"stakes.{a}" for a in and_all(actors))]
    for layer in layers:
        labels = ROLES if layer == "role" else LABELS
        rows = [
            [row for item in laid.joint[d] if inside(item.start) for row in _rows(item, laid, names, layer)]
            for d, inside in samples
        ]
        both = sum(sum(x is not None for x in row) > 1 for part in rows for row in part)
        complete = sum(None not in row for part in rows for row in part)
        alpha = [agreement.coincidences(part, labels) for part in rows]
        add(f"{layer}.krippendorff-alpha", alpha, agreement.alpha_of, both)
        fleiss = [agreement.fleiss_counts(part, labels) for part in rows]
        add(f"{layer}.fleiss-kappa", fleiss, agreement.fleiss_kappa, complete)
    # A continuum is a whole text: paragraphs of one cannot be resampled for it.
    units = [_unitized(laid, names, doc_id) for doc_id in laid.joint]
    n = sum(map(len, laid.joint.values()))
    if len(units) > 1:
        add("units.alpha-u", units, unitizing.alpha_u, n)
    else:
        out["units.alpha-u"] = Score("units.alpha-u", float(unitizing.alpha_u(units[0])), n=n)
    return out


def _rows(item: Item, laid: Laid, names: Sequence[str], layer: str) -> Iterator[list[str | None]]:
    """The labels of an item, one an annotator: of its role, of its stakes for an actor, or a row for each actor."""
    if layer == "role":
        yield [item.units[n].role if n in item.units else None for n in names]
        return
    actor = layer.partition(".")[2]
    asked = {a for n in names if (d := laid.sides[n].get(item.doc_id)) for a in d.actors}
    for each in sorted(asked) if actor == ALL else [actor]:
        yield [
            item.units[n].stakes[each].label if n in item.units and each in item.units[n].stakes else None
            for n in names
        ]


def _unitized(laid: Laid, names: Sequence[str], doc_id: str) -> Any:
    tokens = laid.tokens[doc_id]
    marked = [
        [(tokens.count(0, u.start), tokens.count(0, u.end)) for u in laid.sides[n][doc_id].units]
        for n in names
        if doc_id in laid.sides[n]
    ]
    return unitizing.disagreements(marked, len(tokens.starts))
