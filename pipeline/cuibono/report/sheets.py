"""A comparison as rows of tables: every number, and every disagreement."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from cuibono.evaluate.compare import Comparison
from cuibono.evaluate.laid import GOLD
from cuibono.evaluate.scores import Score

NUMBERS = ("kind", "a", "b", "measure", "value", "low", "high", "n", "p", "corrected_p", "signature")
Cells = Sequence[object]


def numbers(found: Comparison) -> Iterable[Cells]:
    """A row a number, in the columns of :data:`NUMBERS`; undefined is an empty cell.

    ``kind`` is ``pair`` (b against a), ``joint``, ``gold`` (a against the gold) or ``difference`` (a minus b).
    """
    for (a, b), report in found.pairs.items():
        for name, score in report.scores.items():
            yield "pair", a, b, name, *_values(score), "", "", report.signature(name)
    for name, score in found.joint.items():
        yield "joint", "", "", name, *_values(score), "", "", found.joint_signature(name)
    for a, report in found.against_gold.items():
        for name, score in report.scores.items():
            yield "gold", a, GOLD, name, *_values(score), "", "", report.signature(name)
    for test in found.tests:
        gap = test.difference
        score = Score(test.measure, gap.value, gap.low, gap.high, gap.samples)
        p = (_plain(gap.randomization_p), _plain(test.corrected_p))
        yield "difference", test.a, test.b, test.measure, *_values(score), *p, test.signature


def disagreement_head(found: Comparison) -> list[str]:
    """The columns of :func:`disagreements`: for each annotator what it said, with what probability, and why."""
    names = [p.name for p in found.sides]
    said = [f"{name}{part}" for name in names for part in ("", " p", " why")]
    return ["doc_id", "start", "end", "layer", "actor", "severity", "unit", *said]


def disagreements(found: Comparison) -> Iterable[Cells]:
    """A row a disagreement, worst first; empty cells where an annotator was not asked."""
    names = [p.name for p in found.sides]
    for one in found.disagreements:
        cells: list[object] = []
        for said in map(one.said.get, names):
            cells += [said.label, said.p, said.why] if said else ["", "", ""]
        severity = round(one.severity, 6)
        yield one.doc_id, one.start, one.end, one.layer, one.actor or "", severity, one.text, *cells


def _values(score: Score) -> tuple[object, ...]:
    return *map(_plain, (score.value, score.low, score.high)), score.n


def _plain(value: float) -> object:
    return "" if math.isnan(value) else round(value, 6)
