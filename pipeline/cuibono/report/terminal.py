"""Annotations and scores as tables for a terminal, from annotation files alone."""

from __future__ import annotations

import io
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cuibono.corpus import SPLITS, Check
from cuibono.document import LABELS, Document, Unit
from cuibono.evaluate import Report, Score
from cuibono.evaluate.counts import ALL, and_all
from cuibono.extract.actors import Actor

if TYPE_CHECKING:
    from cuibono.probe import Answer, Rate

#: Output that is not a terminal's has this width, so that it is the same everywhere.
WIDTH = 110
STRONGEST = 3
SURFACES = 12
#: Lines of what was left out.
LEFT_OUT = 20
#: With more actors than this only all together are shown.
MANY = 4
#: Colours of the labels.
STYLE = {"challenge": "red", "opportunity": "green", "mixed": "yellow", "none": "dim"}


def show(what: RenderableType) -> None:
    """Print to standard output: as wide as the terminal; in files and pipes a fixed width and no colours."""
    # Names and texts come from files: a bracket in them is no markup.
    console = Console(highlight=False, markup=False)
    if console.is_terminal:
        console.print(what, crop=False)
        return
    console = Console(highlight=False, markup=False, width=WIDTH, no_color=True, file=io.StringIO())
    console.print(what, crop=False)
    # Tables are padded to their width; in a file that is only noise.
    lines = console.file.getvalue().split("\n")  # type: ignore[attr-defined]
    print("\n".join(line.rstrip() for line in lines), end="")


def document_table(document: Document, strongest: int = STRONGEST) -> RenderableType:
    """What one document says is at stake for each actor that it was annotated for."""
    roles = Counter(u.role for u in document.units)
    named = len({e.actor for e in document.entities if e.actor})
    who = document.annotator
    head = Text(f"\n{document.doc_id}: {document.meta.get('title') or '(no title)'}", style="bold")
    counts = Text(
        f"{len(document.units)} units ({roles['claim']} claims, {roles['premise']} premises), "
        f"{len(document.entities)} entities, {named} actors; by {f'{who.name} {who.version}' if who else '?'}"
    )
    parts: list[RenderableType] = [head, counts]
    for actor, name in document.actors.items():
        parts.append(_actor_part(document, actor, name, strongest))
    return Group(*parts)


def _actor_part(document: Document, actor: str, name: str, strongest: int) -> RenderableType:
    counts = document.label_counts(actor)
    head = f"At stake for {name} ({actor}): " + ", ".join(f"{counts[label]} {label}" for label in LABELS)
    table = Table(box=box.SIMPLE, show_header=True, pad_edge=False, expand=False)
    table.add_column("stakes")
    table.add_column("p", justify="right")
    table.add_column("role")
    table.add_column("sentence")
    for label in ("challenge", "opportunity"):
        for unit in _strongest(document.units, actor, label)[:strongest]:
            score = (unit.stakes[actor].scores or {}).get(label)
            shown = f"{score:.2f}" if score is not None else "-"
            table.add_row(Text(label, style=STYLE[label]), shown, unit.role, _sentence(document, unit))
    figures = _figures(document, actor)
    examples = [table] if table.row_count else []
    return Group(Text(), Text(head, style="bold"), *examples, *figures)


def _strongest(units: Iterable[Unit], actor: str, label: str) -> list[Unit]:
    """By probability, then by how much the classifier's reasons weigh, then in reading order."""

    def weight(unit: Unit) -> tuple[float, float, int]:
        stakes = unit.stakes[actor]
        return -(stakes.scores or {}).get(label, 0.0), -float(stakes.extra.get("weight", 0.0)), unit.start

    return sorted((u for u in units if actor in u.stakes and u.stakes[actor].label == label), key=weight)


def _sentence(document: Document, unit: Unit) -> str:
    return " ".join(document.span(unit).split()) if document.text is not None else f"[{unit.start}, {unit.end})"


def _figures(document: Document, actor: str) -> list[RenderableType]:
    """How each other actor figures for this one, a line a label."""
    rows = document.actor_stakes.get(actor, {})
    lines: list[RenderableType] = []
    for label in LABELS:
        others = [_name(document, e) for e, s in rows.items() if s.label == label]
        if others:
            lines.append(Padding(Text(f"{label:<12}{', '.join(others)}", style=STYLE[label]), (0, 0, 0, 2)))
    return [Text("How the other actors figure for it:"), *lines] if lines else []


def _name(document: Document, actor: str) -> str:
    """As the document first writes it, the shortest of the longest: names before adjectives."""
    if actor in document.actors:
        return document.actors[actor]
    if document.text is None:
        return actor
    surfaces = Counter((e.label != "NORP", document.span(e)) for e in document.entities if e.actor == actor)
    best = max(surfaces, key=lambda key: (key[0], surfaces[key], -len(key[1])), default=None)
    return f"{best[1]} ({actor})" if best and best[1] != actor else actor


def report_table(report: Report, agreement: Report | None = None) -> RenderableType:
    """Scores with intervals, beside the majority class and the agreement of two annotators."""
    by, gold = report.predicted_by, report.gold_by
    head = (
        f"{by.name if by else '?'} {by.version if by else ''} against {gold.name if gold else '?'}"
        f"{f' ({gold.kind})' if gold else ''}: {report.documents} document{'s' * (report.documents != 1)}, "
        f"{report.units[0]} gold units, {report.units[1]} predicted"
    )
    table = Table(box=box.SIMPLE, pad_edge=False)
    for column, justify in (
        ("measure", "left"),
        ("score", "right"),
        ("95% interval", "left"),
        ("n", "right"),
        ("majority", "right"),
    ):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]
    if agreement:
        table.add_column("annotators", justify="right")
    for name, title, majority in _rows(report):
        score = report.scores[name]
        cells = [title, number(score.value), interval(score), str(score.n), majority]
        table.add_row(
            *cells, *([number(agreement[name].value) if name in agreement.scores else "-"] if agreement else [])
        )
    shown = ["role", *(f"stakes.{actor}" for actor in _whose(report))]
    parts: list[RenderableType] = [Text(head, style="bold"), table, *(_confusion(report, n) for n in shown)]
    parts.append(Text(_footnote(report)))
    parts += [quote(report.cite(f"stakes.{actor}.macro-f1")) for actor in _whose(report)]
    parts += [Text(f"left out: {line}", style="yellow") for line in report.left_out[:LEFT_OUT]]
    if len(report.left_out) > LEFT_OUT:
        parts.append(Text(f"left out: and {len(report.left_out) - LEFT_OUT} more; --json has all", style="yellow"))
    return Group(*parts)


def quote(line: str) -> Text:
    """A line to be copied: never broken."""
    return Text(line, style="dim", no_wrap=True, overflow="ignore")


def _rows(report: Report) -> Iterable[tuple[str, str, str]]:
    """Name of the score, its title, the majority class's score for it."""
    yield "entities.f1", "entities F1 (exact span and label)", "-"
    yield "entities.actor-accuracy", "actor accuracy (entities with the right span)", "-"
    yield "units.exact.f1", "units F1 (exact)", "-"
    yield "units.overlap.f1", f"units F1 (token overlap >= {report.settings.threshold:g})", "-"
    yield from _label_rows(report, "role", "role")
    if "relations.f1" in report.scores:
        yield "relations.f1", "relations F1 (between units that pair)", "-"
    for actor in _whose(report):
        yield from _label_rows(report, f"stakes.{actor}", f"stakes for {'all actors' if actor == ALL else actor}")
        if actor != ALL and report[f"actor-stakes.{actor}.accuracy"].n:
            yield f"actor-stakes.{actor}.accuracy", f"actor stakes for {actor}, accuracy", "-"


def _whose(report: Report) -> list[str]:
    """Each actor, then all together; of many actors only that: JSON has each."""
    if len(report.actors) > MANY:
        return [ALL]
    return and_all(report.actors)


def _label_rows(report: Report, name: str, title: str) -> Iterable[tuple[str, str, str]]:
    majority = number(report[f"{name}.majority-class.macro-f1"].value)
    yield f"{name}.macro-f1", f"{title} macro-F1 (paired units)", majority
    yield f"{name}.macro-f1.end-to-end", f"{title} macro-F1 (end to end)", majority
    yield f"{name}.cohen-kappa", f"{title} Cohen's kappa", "-"
    yield f"{name}.krippendorff-alpha", f"{title} Krippendorff's alpha", "-"


def _confusion(report: Report, name: str) -> RenderableType:
    labels = report.labels(name)
    table = Table(
        title=f"{name}: gold in rows, predicted in columns", box=box.SIMPLE, title_justify="left", pad_edge=False
    )
    table.add_column("")
    for label in labels:
        table.add_column(label, justify="right")
    for label, row in zip(labels, report.confusions[name], strict=True):
        table.add_row(label, *(str(int(n)) for n in row))
    return table


def _footnote(report: Report) -> str:
    drawn = f"{report.settings.resamples} resamples, seed {report.settings.seed}"
    return (
        f"Intervals: percentile bootstrap over {report.resampled}, {drawn}. "
        "Stakes macro-F1 is over challenge, opportunity and none. Majority: every unit given the commonest gold label."
    )


def corpus_table(found: Check) -> RenderableType:
    """What a labelled corpus holds."""
    table = Table(box=box.SIMPLE, pad_edge=False)
    for column in ("", *SPLITS, "all"):
        table.add_column(column, justify="right" if column else "left")
    for name, counts in (("documents", found.documents), ("units", found.units)):
        table.add_row(name, *(str(counts[split]) for split in SPLITS), str(counts.total()))
    total = found.labels.total() or 1
    labels = ", ".join(f"{n} {label} ({n / total:.1%})" for label, n in found.labels.most_common())
    lines = [
        f"{found.labels.total()} labels of a unit for an actor: {labels}",
        f"{found.differing} units whose labels differ between actors",
        f"{len(found.actors)} actors: " + ", ".join(f"{a} {n}" for a, n in found.actors.most_common()),
        f"{len(found.problems)} problems",
    ]
    return Group(table, *map(Text, lines))


def probe_table(rates: Sequence[Rate], failed: Sequence[Answer]) -> RenderableType:
    """How often a model behaves as it should, and where it did not."""
    table = Table(box=box.SIMPLE, pad_edge=False)
    for column in ("kind", "cases", "passed", "", "both right"):
        table.add_column(column, justify="left" if column == "kind" else "right")
    for rate in rates:
        passed, right = (f"{n / rate.cases:.0%}" for n in (rate.passed, rate.right))
        table.add_row(rate.kind, str(rate.cases), str(rate.passed), passed, right)
    lines = [
        Text(f"{a.case.id}: {a.case.actor} {a.first or 'no unit'}, {a.case.actor2} {a.second or 'no unit'}; expected "
             f"{a.case.label}, {a.case.label2}\n  {a.case.text}\n  {a.case.text2}")
        for a in failed
    ]  # fmt: skip
    return Group(table, *lines)


def number(value: float) -> str:
    """Three decimals, or the word."""
    return "undefined" if math.isnan(value) else f"{value:.3f}"


def interval(score: Score) -> str:
    """``[low, high]``, or a dash where there is none."""
    return "-" if math.isnan(score.low) else f"[{score.low:.3f}, {score.high:.3f}]"


def actors_table(rows: Sequence[tuple[str, Actor, list[str]]]) -> RenderableType:
    """How names resolve: what was asked, the actor, and the first of its writings."""
    table = Table(box=box.SIMPLE, pad_edge=False)
    for column in ("asked", "id", "name", "written as"):
        table.add_column(column)
    for asked, actor, surfaces in rows:
        more = f", and {len(surfaces) - SURFACES} more" if len(surfaces) > SURFACES else ""
        written = ", ".join(surfaces[:SURFACES]) + more
        table.add_row(asked, actor.id, actor.name, written if actor.known else "not in the table: a plain name")
    return table
