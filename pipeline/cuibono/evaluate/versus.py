"""Is one system of a comparison better than another? Every pair of them, on what both have of the gold."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass, replace
from typing import Any

from cuibono.evaluate import signature
from cuibono.evaluate.align import Alignment
from cuibono.evaluate.counts import Table, and_all, count
from cuibono.evaluate.laid import GOLD, Laid
from cuibono.evaluate.pairwise import Report, Settings, quote, samples_of
from cuibono.evaluate.scores import fields_of, measures_of, short
from cuibono.evaluate.significance import Difference, difference, holm

#: The measures by which systems are tested against each other; stakes for each actor besides.
TESTED = ("units.overlap.f1", "role.macro-f1")


@dataclass(frozen=True, slots=True)
class Test:
    """Whether one system is better than another by a measure. ``corrected_p`` is Holm's, over all of a comparison."""

    a: str
    b: str
    measure: str
    difference: Difference
    corrected_p: float
    signature: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON; undefined is null."""
        numbers = {**asdict(self.difference), "corrected_p": self.corrected_p}
        plain = {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in numbers.items()}
        return {"a": self.a, "b": self.b, "measure": self.measure, **plain, "signature": self.signature}


def tests(laid: Laid, against: Mapping[str, Report], settings: Settings) -> list[Test]:
    """Every pair of systems by every tested measure, on what both have of the gold."""
    found: list[Test] = []
    for a, b in itertools.combinations(against, 2):
        left, right = laid.alignments[GOLD, a], laid.alignments[GOLD, b]
        common = [d for d in left if d in right]
        if not common:
            continue
        asked = {d: _both(left[d]) & _both(right[d]) for d in common}
        actors = sorted({actor for of_one in asked.values() for actor in of_one})
        tables = []
        for name, side in ((a, left), (b, right)):
            table = against[name].table
            if len(common) < len(side) or any(asked[d] != _both(side[d]) for d in common):
                # The other system lacks some of this: count again what both have.
                table = count([side[d] for d in common], actors, laid.blocks(common), asked)
            tables.append(table)
        if tables[0].samples != tables[1].samples:
            raise AssertionError(f"samples of {a} and {b} differ")
        found += _tests_of((a, b), (left, right), common, actors, tables, laid.hashes, settings)
    corrected = holm([t.difference.randomization_p for t in found])
    return [replace(t, corrected_p=p) for t, p in zip(found, corrected, strict=True)]


def _both(alignment: Alignment) -> Set[str]:
    return alignment.gold.actors.keys() & alignment.predicted.actors.keys()


def _tests_of(
    names: tuple[str, str],
    sides: tuple[Mapping[str, Alignment], Mapping[str, Alignment]],
    common: Sequence[str],
    actors: Sequence[str],
    tables: Sequence[Table],
    hashes: Mapping[int, str],
    settings: Settings,
) -> Iterator[Test]:
    tested = (*TESTED, *(f"stakes.{x}.macro-f1" for x in and_all(actors)))
    first, second = ([side[d].predicted for d in common] for side in sides)
    about = {
        "gold": quote([sides[0][d].gold for d in common], hashes=hashes),
        "a": quote(first, False, hashes),
        "b": quote(second, False, hashes),
        "test": f"{settings.drawn(samples_of(common))},holm",
    }
    for measure in measures_of(actors):
        if measure.name not in tested:
            continue
        a, b = (table.counts[measure.counts] for table in tables)
        gap = difference(a, b, measure.of, settings.resamples, settings.seed)
        fields = fields_of(measure.name, settings.threshold) | about
        yield Test(*names, measure.name, gap, math.nan, signature.signature(short(measure.name), fields))
