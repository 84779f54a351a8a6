"""A comparison of annotations as one HTML page that needs nothing besides itself.

Texts and names come from files and are not trusted: the template escapes everything, and the page's own policy lets
the browser run and apply only the script and the style in it, by their hashes, and fetch nothing.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from cuibono.document import LABELS, ROLES, Document
from cuibono.evaluate import Report, Score
from cuibono.evaluate.compare import Comparison
from cuibono.evaluate.counts import ALL, MISSING
from cuibono.evaluate.disagreements import SILENT, Disagreement
from cuibono.evaluate.laid import GOLD
from cuibono.evaluate.versus import Test
from cuibono.report.terminal import interval, number

#: Texts side by side, and the characters that they may have, each text once for each annotator.
TEXTS, CHARACTERS = 50, 4_000_000
#: Actors that tables have rows for, those with most labels; lines of what was left out.
ACTORS, LEFT_OUT = 12, 200
#: Characters of one unit in the list, and of one reason.
LONG_UNIT, LONG_WHY = 1200, 400
#: Roles as letters that no label begins with.
ROLE_LETTERS = {"claim": "k", "premise": "p"}

_CARRIAGE_RETURN = re.compile("\r(\n?)")
#: For each character that a page cannot hold, or that would not be seen, one that can; offsets stay.
_VISIBLE = {c: 0x2400 + c for c in range(32) if chr(c) not in "\t\n\r"} | {0x7F: 0x2421}
_VISIBLE |= dict.fromkeys([*range(0x80, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF], 0xFFFD)


def comparison_page(comparison: Comparison, *, title: str = "Comparison of annotations", most: int = 500) -> str:
    """The whole page; the same comparison gives the same bytes.

    Args:
        comparison: What is shown.
        title: Of the page.
        most: How many disagreements are shown at most, the worst; what is left out is said.
    """
    style, script = _part("comparison.css"), _part("comparison.js")
    shown = comparison.disagreements[:most]
    actors, texts = _actors(comparison), _texts(comparison, shown)
    values = {
        "title": title,
        "policy": _policy(style, script),
        "style": Markup(style),
        "script": Markup(script),
        "found": comparison,
        "sides": comparison.sides,
        "gold": GOLD if comparison.gold else None,
        "actors": actors,
        "matrices": _matrices(comparison, actors),
        "joint": _joint(comparison, actors),
        "against": _against_gold(comparison, actors),
        "tests": [_tested(t) for t in comparison.tests if _about_shown(t.measure, actors)],
        "shown": shown,
        "texts": texts,
        "views": {t.doc_id: t for t in texts},
    }
    return _template().render(values).lstrip()


@cache
def _part(name: str) -> str:
    return (resources.files("cuibono.report") / "templates" / name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """The Content-Security-Policy: nothing from anywhere, and of what the page has only these two."""

    def of(content: str) -> str:
        return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()

    allowed = f"style-src 'sha256-{of(style)}'; script-src 'sha256-{of(script)}'"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


@cache
def _template() -> Template:
    made = Environment(
        loader=PackageLoader("cuibono.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda x: visible(x) if isinstance(x, str) and not isinstance(x, Markup) else x,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(MISSING=MISSING, LABELS=LABELS, LEFT_OUT=LEFT_OUT, LONG_UNIT=LONG_UNIT, LONG_WHY=LONG_WHY)
    made.globals.update(TEXTS=TEXTS, CHARACTERS=CHARACTERS, marks=_marks)
    return made.get_template("comparison.html.j2")


def visible(text: str) -> str:
    """The same text as a page can hold it, each character for one: HTML's parser would drop or join some of them.

    A carriage return before a line's end becomes a space, another one a line's end, other control characters their
    pictures, and halves of surrogate pairs the replacement character.
    """
    return _CARRIAGE_RETURN.sub(lambda m: " \n" if m[1] else "\n", text).translate(_VISIBLE)


def _actors(found: Comparison) -> dict[str, str]:
    """The actors with most labels, in the order of their ids."""
    counts = {a: sum(sum(p.labels.get(a, {}).values()) for p in found.sides) for a in found.actors}
    first = set(sorted(counts, key=lambda a: (-counts[a], a))[:ACTORS])
    return {a: name for a, name in found.actors.items() if a in first}


def _about_shown(measure: str, actors: Mapping[str, str]) -> bool:
    """Whether a measure is of no actor, of a shown one, or of all together; ids may have dots."""
    layer, _, rest = measure.partition(".")
    return layer != "stakes" or any(rest.startswith(f"{a}.") for a in (*actors, ALL))


@dataclass(frozen=True, slots=True)
class Cell:
    """A number as a table shows it. ``shade`` is from 0 (nothing or less) to 5 (full agreement); None: undefined."""

    value: str
    interval: str
    n: int
    shade: int | None
    signature: str

    @property
    def cite(self) -> str:
        """What to quote."""
        return f"{self.signature} = {self.value}" + (f" {self.interval}" if self.interval != "-" else "")


def _cell(score: Score, signature: str) -> Cell:
    shade = None if math.isnan(score.value) else max(0, min(5, math.ceil(score.value * 5)))
    return Cell(number(score.value), interval(score), score.n, shade, signature)


def _of(report: Report, measure: str) -> Cell | None:
    """A pair without an actor in common has no pooled measure either."""
    return _cell(report[measure], report.signature(measure)) if measure in report.scores else None


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of numbers: a row each with its title and a cell for each column, None where there is nothing."""

    title: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell | None]]]

    def signatures(self) -> list[str]:
        """Of every number once, with the number: what to quote."""
        return list(dict.fromkeys(c.cite for _, row in self.rows for c in row if c))


def _whose(found: Comparison, actors: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each shown actor, and all together, as measures name them and as people do."""
    if len(found.actors) > 1:
        yield ALL, "all actors"
    yield from ((a, name if name == a else f"{name} ({a})") for a, name in actors.items())


def _matrices(found: Comparison, actors: Mapping[str, str]) -> list[Grid]:
    """Each party against each other; the measures are the same in both directions."""
    measures = {f"Stakes for {title}: Cohen's kappa": f"stakes.{a}.cohen-kappa" for a, title in _whose(found, actors)}
    measures["Role: Cohen's kappa"] = "role.cohen-kappa"
    measures[f"Units: F1 (token overlap of at least {found.settings.threshold:g})"] = "units.overlap.f1"
    names = [p.name for p in found.parties]

    def cell(a: str, b: str, measure: str) -> Cell | None:
        report = found.pair(a, b)
        return _of(report, measure) if report else None

    return [Grid(t, names, [(a, [cell(a, b, m) for b in names]) for a in names]) for t, m in measures.items()]


def _joint(found: Comparison, actors: Mapping[str, str]) -> Grid:
    """A row a layer, a column a coefficient; for units there is only the one for unitizing."""
    layers = {f"Stakes for {title}": f"stakes.{a}" for a, title in _whose(found, actors)} | {"Role": "role"}

    def cell(name: str) -> Cell | None:
        # Of one party and a gold there is nothing joint.
        return _cell(found.joint[name], found.joint_signature(name)) if name in found.joint else None

    rows = [(t, [cell(f"{of}.krippendorff-alpha"), cell(f"{of}.fleiss-kappa")]) for t, of in layers.items()]
    rows.append(("Units (alpha-U)", [cell("units.alpha-u"), None]))
    return Grid("Agreement of all annotators", ["Krippendorff's alpha", "Fleiss' kappa"], rows)


def _against_gold(found: Comparison, actors: Mapping[str, str]) -> Grid:
    """A row a measure, a column a party."""
    measures = {"Units: F1 (exact)": "units.exact.f1", "Units: F1 (overlap)": "units.overlap.f1"}
    measures |= {"Role: macro-F1": "role.macro-f1"}
    for a, title in _whose(found, actors):
        measures[f"Stakes for {title}: macro-F1"] = f"stakes.{a}.macro-f1"
        measures[f"Stakes for {title}: macro-F1, end to end"] = f"stakes.{a}.macro-f1.end-to-end"
        measures[f"Stakes for {title}: Cohen's kappa"] = f"stakes.{a}.cohen-kappa"
    reports = list(found.against_gold.values())
    rows = [(t, [_of(r, m) for r in reports]) for t, m in measures.items()]
    return Grid("Scores against gold", list(found.against_gold), rows)


def _tested(test: Test) -> dict[str, Any]:
    """A row of the tests; a difference has its sign."""
    gap = test.difference
    cell = _cell(Score(test.measure, gap.value, gap.low, gap.high, gap.samples), test.signature)
    p = {"bootstrap": gap.bootstrap_p, "randomization": gap.randomization_p, "corrected": test.corrected_p}
    return {
        "test": test,
        "cell": replace(cell, value=("+" if gap.value >= 0 else "") + cell.value),
        "p": {name: "undefined" if math.isnan(x) else f"{x:.4f}" for name, x in p.items()},
    }


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a text: a unit, or what is between two.

    Attributes:
        labels: A letter for each actor of the text: of the label, or a dash; empty between units.
        role: Its letter, or nothing.
        p: For each actor the probability of the label, as far as there is one.
    """

    start: int
    end: int
    text: str
    labels: str = ""
    role: str = ""
    p: str = ""


@dataclass(frozen=True, slots=True)
class SideBySide:
    """One text, and how each annotator divides and labels it."""

    doc_id: str
    title: str
    actors: Mapping[str, str]
    columns: Mapping[str, Sequence[Segment]]

    def view(self, one: Disagreement) -> str:
        """Which view shows what a disagreement is about: the number of its actor, or r for the roles."""
        return "r" if one.actor is None else str(list(self.actors).index(one.actor))


def _texts(found: Comparison, shown: Iterable[Disagreement]) -> list[SideBySide]:
    """The texts of the shown disagreements, the worst first, then the others, as many as fit; in the order of ids."""
    left = CHARACTERS
    chosen: list[SideBySide] = []
    for doc_id in dict.fromkeys([*(d.doc_id for d in shown), *found.documents]):
        present = {p.name: d for p in found.sides if (d := found.annotations[p.name].get(doc_id))}
        size = len(found.texts[doc_id]) * len(present)
        if size <= left and len(chosen) < TEXTS:
            left -= size
            chosen.append(_side_by_side(doc_id, found.texts[doc_id], present))
    return sorted(chosen, key=lambda t: t.doc_id)


def _side_by_side(doc_id: str, text: str, present: Mapping[str, Document]) -> SideBySide:
    actors = {a: name for document in present.values() for a, name in document.actors.items()}
    actors = dict(sorted(actors.items()))
    title = next((str(d.meta["title"]) for d in present.values() if d.meta.get("title")), "")
    # As a whole: a carriage return and its line's end may be in two units.
    text = visible(text)
    columns = {name: list(_segments(document, text, list(actors))) for name, document in present.items()}
    return SideBySide(doc_id, title, actors, columns)


def _segments(document: Document, text: str, actors: Sequence[str]) -> Iterator[Segment]:
    at = 0
    for unit in sorted(document.units, key=lambda u: u.start):
        if at < unit.start:
            yield Segment(at, unit.start, text[at : unit.start])
        stakes = [unit.stakes.get(a) for a in actors]
        labels = "".join(s.label[0] if s else "-" for s in stakes)
        p = ",".join(f"{s.scores[s.label]:.2f}" if s and s.scores else "" for s in stakes).rstrip(",")
        yield Segment(unit.start, unit.end, text[unit.start : unit.end], labels, ROLE_LETTERS[unit.role], p)
        at = unit.end
    if at < len(text):
        yield Segment(at, len(text), text[at:])


def _marks(shown: Iterable[Disagreement]) -> list[str]:
    """All that somebody says, in the order in which filters list it."""
    return sorted({said.label for d in shown for said in d.said.values()}, key=[*LABELS, SILENT, MISSING, *ROLES].index)
