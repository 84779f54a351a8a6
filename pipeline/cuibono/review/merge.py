"""A person's answers put into an annotation; what stood there before is kept, and who said it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from cuibono.document import Annotator, Document, Unit
from cuibono.errors import AnnotationError
from cuibono.evaluate.pairwise import by_id
from cuibono.evaluate.signature import who
from cuibono.review.provenance import Who, entry, held, listed, provenance, put
from cuibono.review.table import NO_UNIT, Decision


@dataclass(slots=True)
class Merged:
    """What :func:`merge` made.

    Attributes:
        documents: All of the base, in its order.
        changed: Answers other than the base's.
        confirmed: Answers that the base gives too.
        added: Units.
        removed: Units.
        undecided: Rows without an answer.
        problems: A line for each answer that was not merged, with the reason.
        notes: A line for what was done besides: relations removed, roles assumed.
    """

    documents: tuple[Document, ...] = ()
    changed: int = 0
    confirmed: int = 0
    added: int = 0
    removed: int = 0
    undecided: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def refuse(self, decisions: Iterable[Decision], reason: str) -> None:
        """Report answers as not merged."""
        self.problems += [f"{_place(d)} {d.label or 'a note'!r} not merged: {reason}" for d in decisions]


def merge(base: Sequence[Document], decisions: Sequence[Decision], *, by: str, kind: str = "person") -> Merged:
    """The base annotation with a person's answers in it.

    Merging the same answers again changes nothing, and documents without an answer stay as they are.

    Args:
        base: One annotator's documents; stand-off will do.
        decisions: From :func:`read_queue`.
        by: Who decided.
        kind: person, llm or model.

    Raises:
        AnnotationError: A document twice in the base, no name, or an unknown kind.
    """
    if not by.strip():
        raise AnnotationError("by", by, "the name of who decided")
    reviewer = {"name": by, "kind": Annotator(by, kind).kind}
    known, out = by_id(base, "base"), Merged()
    answered: dict[str, dict[tuple[int, int], list[Decision]]] = {}
    for d in decisions:
        if d.label is None:
            out.undecided += 1
            if d.note:
                out.refuse([d], "there is no label beside it")
        elif reason := _mismatch(d, known):
            out.refuse([d], reason)
        else:
            answered.setdefault(d.doc_id, {}).setdefault((d.start, d.end), []).append(d)
    out.documents = tuple(_reviewed(d, answered[d.doc_id], reviewer, out) if d.doc_id in answered else d for d in base)
    return out


def _place(d: Decision) -> str:
    return " ".join(p for p in (d.where and f"{d.where}:", d.doc_id, f"[{d.start}:{d.end}]", d.layer, d.actor) if p)


def _mismatch(d: Decision, known: Mapping[str, Document]) -> str:
    """Why an answer cannot be about the base; empty if it can."""
    doc = known.get(d.doc_id)
    if doc is None:
        return f"found document {d.doc_id!r}; the base has {', '.join(list(known)[:5]) or 'none'}"
    if d.text_sha256 != doc.text_sha256:
        return f"found text_sha256 {d.text_sha256}; the base is about {doc.text_sha256}"
    if d.actor is not None and d.actor not in doc.actors:
        return f"found actor {d.actor!r}; the base was asked about {', '.join(doc.actors) or 'none'}"
    if doc.text is not None and d.end > len(doc.text):
        return f"found offset {d.end}; the text has {len(doc.text)} characters"
    return ""


def _reviewed(
    doc: Document, answered: Mapping[tuple[int, int], Sequence[Decision]], reviewer: dict[str, str], out: Merged
) -> Document:
    """One document with its answers. Units are removed before others are added: those may take the place."""
    spans = {}
    for span, decisions in sorted(answered.items()):
        asked = {d.question: d for d in sorted(decisions, key=lambda d: (d.layer, d.actor or ""))}
        labels = sorted({d.label or "" for d in decisions})
        if len({(d.question, d.label) for d in decisions}) > len(asked) or (NO_UNIT in labels and len(labels) > 1):
            out.refuse(decisions, f"answers about this span contradict each other: {', '.join(labels)}")
        else:
            spans[span] = list(asked.values())
    before = out.changed + out.confirmed + out.added + out.removed
    by = Who(reviewer, who([doc]))
    kept = [span for span, decisions in spans.items() if decisions[0].label != NO_UNIT]
    for span in spans:
        if span not in kept:
            doc = _without(doc, spans[span], kept, by, out)
    for span in kept:
        doc = _with(doc, spans[span], by, out)
    return doc if before == out.changed + out.confirmed + out.added + out.removed else _signed(doc, reviewer)


def _signed(doc: Document, reviewer: dict[str, str]) -> Document:
    extra = doc.annotator.extra if doc.annotator else doc.extra
    before = listed(extra.get("reviewed_by"))
    extra = {**extra, "reviewed_by": before if reviewer in before else [*before, reviewer]}
    return replace(doc, annotator=replace(doc.annotator, extra=extra)) if doc.annotator else replace(doc, extra=extra)


def _at(doc: Document, d: Decision) -> tuple[Unit | None, list[Unit]]:
    """The unit with exactly this span, and those that overlap it."""
    overlapping = [u for u in doc.units if u.start < d.end and d.start < u.end]
    return next((u for u in overlapping if (u.start, u.end) == (d.start, d.end)), None), overlapping


def _without(
    doc: Document, decisions: Sequence[Decision], kept: Sequence[tuple[int, int]], by: Who, out: Merged
) -> Document:
    unit, overlapping = _at(doc, decisions[0])
    # A unit that other answers speak of has its own: that it overlaps is no doubt.
    others = [u for u in overlapping if (u.start, u.end) not in kept]
    if unit is None and others:
        out.refuse(decisions, _other_span(others))
    elif unit is None:
        out.confirmed += len(decisions)
        out.notes += [f"{_place(d)}: no unit there already; not kept: {d.note!r}" for d in decisions if d.note]
    if unit is None:
        return doc
    gone = [r for r in doc.relations if unit.id in (r.source, r.target)]
    written = doc.to_dict()
    record = {**next(u for u in written["units"] if u["id"] == unit.id), "removed_by": by.now}
    if notes := [d.note for d in decisions if d.note]:
        record["removal_notes"] = notes
    if gone:
        record["relations"] = [r for r in written["relations"] if unit.id in (r["source"], r["target"])]
    out.removed += 1
    also = "".join(f", and {r.source} {r.kind} {r.target}" for r in gone)
    out.notes.append(f"{_place(decisions[0])}: unit {unit.id} removed{also}")
    return replace(
        doc,
        units=tuple(u for u in doc.units if u is not unit),
        relations=tuple(r for r in doc.relations if r not in gone),
        extra={**doc.extra, "removed_units": [*listed(doc.extra.get("removed_units")), record]},
    )


def _other_span(units: Sequence[Unit]) -> str:
    named = ", ".join(f"{u.id} [{u.start}:{u.end}]" for u in units)
    return f"the base has no unit with this span, but {named}, which overlaps; its start and end would do"


def _with(doc: Document, decisions: Sequence[Decision], by: Who, out: Merged) -> Document:
    unit, overlapping = _at(doc, decisions[0])
    if unit is None and overlapping:
        out.refuse(decisions, _other_span(overlapping))
        return doc
    others = [u for u in doc.units if u is not unit]
    place = next((i for i, u in enumerate(others) if u.start > decisions[0].start), len(others))
    if unit is None:
        unit = _new(doc, decisions, by, out)
        out.added += 1
    else:
        place = doc.units.index(unit)
        same = sum(held(unit, d) == d.label for d in decisions)
        out.confirmed += same
        out.changed += len(decisions) - same
    for d in decisions:
        unit = put(unit, d, by)
    return replace(doc, units=(*others[:place], unit, *others[place:]))


def _new(doc: Document, decisions: Sequence[Decision], by: Who, out: Merged) -> Unit:
    """A unit of which only the role is known: it is the answer's, else it is taken for a claim, and that is said."""
    d = decisions[0]
    key, taken = f"u{d.start}-{d.end}", {u.id for u in doc.units}
    while key in taken:
        key += "+"
    role = next((x for x in decisions if x.layer == "role"), None)
    if role is None:
        out.notes.append(f"{_place(d)}: unit {key} added as a claim, because no answer says its role")
    role_by = by.now if role else {**by.now, "assumed": True}
    extra = provenance({"added_by": by.now}, "role_", [entry(NO_UNIT, by.base)], role_by, role.note if role else "")
    return Unit(key, d.start, d.end, (role and role.label) or "claim", extra=extra)
