"""A comparison of annotations as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cuibono.document import LABELS
from cuibono.evaluate.compare import Comparison, Party
from cuibono.evaluate.counts import ALL
from cuibono.evaluate.disagreements import Disagreement, Said
from cuibono.evaluate.laid import GOLD
from cuibono.evaluate.scores import Score
from cuibono.report.terminal import LEFT_OUT, MANY, STYLE, interval, number, quote

#: How many disagreements are shown; JSON and CSV have all.
WORST = 10


def comparison_table(found: Comparison, worst: int = WORST) -> RenderableType:
    """Who annotated what, how far they agree, how they score against gold, and where they differ most."""
    units, documents = found.items, len(found.documents)
    head = (
        f"{len(found.parties)} annotators{f', gold by {found.gold.by} ({found.gold.kind})' if found.gold else ''}: "
        f"{documents} document{'s' * (documents != 1)}, {units} units compared"
    )
    parts: list[RenderableType] = [Text(head, style="bold"), _parties(found)]
    if found.pairs:
        parts += [*_matrices(found), _joint(found)]
    if found.against_gold:
        parts.append(_against_gold(found))
    if found.tests:
        parts.append(_tests(found))
    parts += [_worst(found, worst), Text(_footnote(found)), *_signatures(found)]
    return Group(*parts, *_left_out(found.left_out))


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(column, justify="right" if i else "left")
    return table


def _titled(title: str, table: Table) -> RenderableType:
    """A title of its own: a table's would be broken at the table's width."""
    return Group(Text(title, style="bold"), table)


def _parties(found: Comparison) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False)
    for column in ("name", "by", "kind", "documents", "units", "labels"):
        table.add_column(column, justify="right" if column in ("documents", "units") else "left")
    for party in found.sides:
        table.add_row(party.name, party.by, party.kind, str(party.documents), str(party.units), _labels(party))
    return table


def _labels(party: Party) -> str:
    """For each actor how often which label; for many actors their sum."""
    if len(party.labels) > 3:
        sums = {x: sum(row[x] for row in party.labels.values()) for x in LABELS}
        return f"{len(party.labels)} actors: " + ", ".join(f"{n} {x}" for x, n in sums.items())
    return "\n".join(f"{a}: " + ", ".join(f"{n} {x}" for x, n in row.items()) for a, row in party.labels.items())


def _whose(found: Comparison) -> list[str]:
    """All actors together where every pair was asked about the same ones, else each."""
    if len(found.actors) < 2:
        return list(found.actors)
    reports = [*found.pairs.values(), *found.against_gold.values()]
    alike = all(set(report.actors) == set(found.actors) for report in reports)
    return [ALL] if alike or len(found.actors) > MANY else list(found.actors)


def _matrices(found: Comparison) -> Iterable[RenderableType]:
    """Each party against each other: on what both have, and on what is a unit."""
    names = [p.name for p in found.parties]
    measures = {
        f"Cohen's kappa of stakes for {'all actors' if of == ALL else of} (units that pair)": f"stakes.{of}.cohen-kappa"
        for of in _whose(found)
    }
    measures[f"units F1 (token overlap >= {found.settings.threshold:g})"] = "units.overlap.f1"
    for title, measure in measures.items():
        table = _table("", *names)
        for a in names:
            table.add_row(a, *(_cell(found, a, b, measure) for b in names))
        yield _titled(title, table)


def _cell(found: Comparison, a: str, b: str, measure: str) -> str:
    report = found.pair(a, b)
    # A pair without an actor in common has no pooled measure either.
    score = report.scores.get(measure) if report else None
    return "-" if score is None else str(score)


def _joint(found: Comparison) -> RenderableType:
    table = _table("coefficient", "value", "95% interval", "n")
    for name, score in found.joint.items():
        if len(found.actors) > MANY and name.startswith("stakes.") and not name.startswith(f"stakes.{ALL}."):
            continue
        table.add_row(_coefficient(name), number(score.value), interval(score), str(score.n))
    return _titled("agreement of all annotators", table)


def _coefficient(name: str) -> str:
    layer, _, rest = name.partition(".")
    if name == "units.alpha-u":
        return "units: Krippendorff's alpha for unitizing"
    actor, _, coefficient = rest.rpartition(".")
    about = {"": "role", ALL: "stakes for all actors"}.get(actor, f"stakes for {actor}")
    titles = {"krippendorff-alpha": "Krippendorff's alpha", "fleiss-kappa": "Fleiss' kappa"}
    return f"{about if layer == 'stakes' else 'role'}: {titles[coefficient]}"


def _against_gold(found: Comparison) -> RenderableType:
    actors = [] if len(found.actors) > MANY else list(found.actors)
    rows = {"units F1 (overlap)": "units.overlap.f1", "role macro-F1": "role.macro-f1"}
    rows |= {f"stakes for {a}, macro-F1": f"stakes.{a}.macro-f1" for a in actors}
    if len(found.actors) > 1:
        rows["stakes for all actors, macro-F1"] = f"stakes.{ALL}.macro-f1"
        rows["the same, end to end"] = f"stakes.{ALL}.macro-f1.end-to-end"
    table = _table("measure", *found.against_gold)
    for title, measure in rows.items():
        scores = (report.scores.get(measure) for report in found.against_gold.values())
        table.add_row(title, *("-" if score is None else str(score) for score in scores))
    return _titled("against gold", table)


def _tests(found: Comparison) -> RenderableType:
    table = _table("pair", "measure", "difference", "95% interval", "p", "corrected p")
    many = len(found.actors) > MANY
    for test in found.tests:
        if many and test.measure.startswith("stakes.") and not test.measure.startswith(f"stakes.{ALL}."):
            continue
        gap = test.difference
        shown = Score(test.measure, gap.value, gap.low, gap.high)
        p = (number(gap.randomization_p), number(test.corrected_p))
        table.add_row(f"{test.a} - {test.b}", test.measure, f"{gap.value:+.3f}", interval(shown), *p)
    return _titled("differences against gold", table)


def _worst(found: Comparison, worst: int) -> RenderableType:
    total = len(found.disagreements)
    shown = found.disagreements[:worst]
    few = f", the worst {len(shown)}" if len(shown) < total else ""
    title = f"{total} disagreement{'s' * (total != 1)}{few}"
    if not shown:
        return Text(title, style="bold")
    table = Table(box=box.SIMPLE, pad_edge=False)
    for column in ("where", "about", "unit", "said"):
        table.add_column(column)
    for one in shown:
        where = one.doc_id if len(found.documents) > 1 else f"{one.start}"
        table.add_row(Text(where), one.actor or one.layer, Text(" ".join(one.text.split())), _said(one))
    return _titled(title, table)


def _said(one: Disagreement) -> Text:
    out = Text()
    for i, (name, said) in enumerate(one.said.items()):
        out.append(f"{name}: ", style="bold" if name == GOLD else "")
        out.append(_answer(said) + "\n" * (i + 1 < len(one.said)), style=STYLE.get(said.label, ""))
    return out


def _answer(said: Said) -> str:
    return said.label + (f" ({said.p:.2f})" if said.p is not None else "")


def _footnote(found: Comparison) -> str:
    s = found.settings
    tests = " p: approximate randomization, corrected by Holm over all rows." if found.tests else ""
    return (
        f"Intervals: percentile bootstrap over {found.resampled}, {s.resamples} resamples, seed {s.seed}.{tests} "
        "Kappa on units that pair; Fleiss' kappa on units that all have, alpha on those that two have."
    )


def _signatures(found: Comparison) -> Iterable[Text]:
    """What to quote: the stakes of each party against the gold, or their joint alpha."""
    for of in _whose(found):
        for report in found.against_gold.values():
            if f"stakes.{of}.macro-f1" in report.scores:
                yield quote(report.cite(f"stakes.{of}.macro-f1"))
        name = f"stakes.{of}.krippendorff-alpha"
        if not found.against_gold and name in found.joint:
            yield quote(f"{found.joint_signature(name)} = {found.joint[name]}")


def _left_out(lines: Sequence[str]) -> Iterable[Text]:
    yield from (Text(f"note: {line}", style="yellow") for line in lines[:LEFT_OUT])
    if len(lines) > LEFT_OUT:
        yield Text(f"note: and {len(lines) - LEFT_OUT} more of this kind; --json has all", style="yellow")
