"""Every measure of one annotation against another, by name, with its interval."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from cuibono.document import LABELS, ROLES
from cuibono.evaluate import agreement, bootstrap, measures
from cuibono.evaluate.counts import Counts, Table, and_all

#: First letters, as signatures write labels.
_OVER = {"role": "claim,premise", "stakes": "c,o,n"}


@dataclass(frozen=True, slots=True)
class Score:
    """One measure. ``value`` and the interval's ends are NaN where undefined.

    Attributes:
        name: Such as ``units.overlap.f1`` or ``stakes.RUS.macro-f1``.
        n: How many items the measure is about (gold and predicted together, each pair once).
    """

    name: str
    value: float
    low: float = math.nan
    high: float = math.nan
    n: int = 0

    def to_dict(self) -> dict[str, Any]:
        """JSON has no NaN: undefined is null."""
        numbers = {"value": self.value, "low": self.low, "high": self.high}
        return {k: None if math.isnan(v) else round(v, 6) for k, v in numbers.items()} | {"n": self.n}

    def __str__(self) -> str:
        """``0.712 [0.640, 0.781]``, or the word."""
        if math.isnan(self.value):
            return "undefined"
        return f"{self.value:.3f}" + ("" if math.isnan(self.low) else f" [{self.low:.3f}, {self.high:.3f}]")


@dataclass(frozen=True, slots=True)
class Named:
    """A measure, its name, and the counts of a :class:`Table` that it reads."""

    name: str
    counts: str
    of: bootstrap.Measure


def measures_of(actors: Sequence[str]) -> Iterator[Named]:
    """All measures that have intervals, in the order in which they are printed."""
    for match in ("entities", "entities.overlap"):
        yield from _found(match, match)
    yield Named("entities.actor-accuracy", "entity-actor", measures.accuracy)
    for match in ("units.exact", "units.overlap", "relations"):
        yield from _found(match, match)
    yield from _labelled("role", ROLES, ROLES)
    for actor in and_all(actors):
        yield from _labelled(f"stakes.{actor}", LABELS, measures.MACRO_LABELS)


def _found(name: str, counts: str) -> Iterator[Named]:
    for measure in (measures.f1, measures.precision, measures.recall):
        yield Named(f"{name}.{measure.__name__}", counts, measure)


def _labelled(name: str, labels: Sequence[str], over: Sequence[str]) -> Iterator[Named]:
    """Macro-F1 on paired units and end to end, each label, the majority class, and agreement."""
    macro = partial(measures.macro_f1, labels=labels, over=over)
    yield Named(f"{name}.macro-f1", name, partial(macro, end_to_end=False))
    yield Named(f"{name}.macro-f1.end-to-end", name, partial(macro, end_to_end=True))
    for label in labels:
        of = partial(measures.label_f1, labels=labels, label=label, end_to_end=False)
        yield Named(f"{name}.{label}.f1", name, of)
    yield Named(f"{name}.majority-class.macro-f1", name, partial(measures.majority_macro_f1, labels=labels, over=over))
    yield Named(f"{name}.cohen-kappa", name, agreement.cohen_kappa)
    yield Named(f"{name}.krippendorff-alpha", name, agreement.krippendorff_alpha)


def scores(table: Table, actors: Sequence[str], drawn: Counts) -> dict[str, Score]:
    """Every measure of a table of counts.

    Args:
        table: The counts, a row a sample.
        actors: Whose stakes were counted.
        drawn: The bootstrap's weights, for as many samples.
    """
    totals = {name: table.total(name) for name in table.counts}
    replicates = {name: bootstrap.replicate(counts, drawn) for name, counts in table.counts.items()}
    out: dict[str, Score] = {}
    for measure in measures_of(actors):
        total, sums = totals[measure.counts], replicates[measure.counts]
        if measure.counts == "relations" and not (total[[0, 1]].any() and total[[0, 2]].any()):
            continue  # one side has none at all
        low, high = (math.nan, math.nan) if sums is None else bootstrap.percentiles(measure.of(sums))
        n = _items(total, measure.name)
        out[measure.name] = Score(measure.name, float(measure.of(total)), low, high, n)
    for actor in actors:
        # They belong to the document: paragraphs cannot be resampled for them.
        name, hits = f"actor-stakes.{actor}.accuracy", totals[f"actor-stakes.{actor}"]
        out[name] = Score(name, float(measures.accuracy(hits)), n=int(hits[1]))
    return out


def _items(total: Counts, name: str) -> int:
    """What a measure is about: all that either side has; for labels of paired units only the pairs."""
    if total.shape == (2,):
        return int(total[1])
    paired = total.ndim == 2 and not name.endswith("end-to-end")
    return int((total[:-1, :-1] if paired else total).sum())


def parsed(name: str) -> tuple[str, str | None, str]:
    """A measure's name as layer, actor (whose id may hold dots) and the rest."""
    found = _OF_ACTOR.fullmatch(name)
    if found:
        return found[1], found[2], found[3]
    layer, _, rest = name.partition(".")
    return layer, None, rest


_LABEL = "|".join(LABELS)
_OF_ACTOR = re.compile(
    r"(stakes|actor-stakes)\.(.+?)\.((?:majority-class\.)?macro-f1(?:\.end-to-end)?"
    rf"|(?:{_LABEL})\.f1|cohen-kappa|krippendorff-alpha|fleiss-kappa|accuracy)"
)


def fields_of(name: str, threshold: float) -> dict[str, str]:
    """What a signature says of a measure by its name: the actor, the match, the labels of a macro average."""
    layer, actor, rest = parsed(name)
    out = {"actor": actor} if actor else {}
    exact = name.startswith("units.exact") or (layer == "entities" and not rest.startswith("overlap"))
    if layer != "actor-stakes":
        out["match"] = "exact" if exact else f"overlap{threshold:g}"
    if "macro-f1" in rest:
        out["labels"] = _OVER[layer]
    return out


def short(name: str) -> str:
    """The name without the actor, as a signature begins: ``stakes-macro-f1-end-to-end``."""
    layer, _, rest = parsed(name)
    return f"{layer}.{rest}".replace(".", "-")
