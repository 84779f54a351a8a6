"""One answer put into a unit, and beside it what it replaces: the labels before, oldest first, and who gave them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cuibono.document import Stakes, Unit
from cuibono.review.table import NO_UNIT, Decision


@dataclass(frozen=True, slots=True)
class Who:
    """Who answers now, and whose annotation it is."""

    now: dict[str, str]
    base: str


def held(unit: Unit, d: Decision) -> str:
    """What a unit says to a question."""
    if d.actor is None:
        return unit.role
    return unit.stakes[d.actor].label if d.actor in unit.stakes else NO_UNIT


def put(unit: Unit, d: Decision, by: Who) -> Unit:
    """The unit with one answer. What a model gave with a label goes where the label goes."""
    label = d.label or ""
    same = held(unit, d) == label
    if d.actor is None:
        details = {} if unit.role_score is None else {"score": unit.role_score}
        extra = _after(unit.role, details, unit.extra, "role_", d, by)
        return replace(unit, role=label, role_score=unit.role_score if same else None, extra=extra)
    old = unit.stakes.get(d.actor)
    if old is None:
        new = Stakes(label, extra=provenance({}, "", [entry(NO_UNIT, by.base)], by.now, d.note))
    else:
        given: dict[str, Any] = {"scores": old.scores, "why": old.why}
        details = {k: v for k, v in given.items() if v is not None}
        extra = _after(old.label, details, old.extra, "", d, by)
        new = Stakes(label, old.scores if same else None, old.why if same else None, extra)
    return replace(unit, stakes={**unit.stakes, d.actor: new})


def _after(
    label: str, details: Mapping[str, Any], extra: Mapping[str, Any], prefix: str, d: Decision, whose: Who
) -> dict[str, Any]:
    """The fields beside a label after an answer: what it was, oldest first, who says so now, and the note."""
    by, note, was = (extra.get(prefix + key) for key in ("by", "note", "was"))
    same = label == d.label
    if same and by == whose.now and d.note in ("", note):
        return dict(extra)
    rest = dict(extra)
    # Once a person confirms it, a label is no longer withheld.
    moved = () if prefix else ("abstained",) if same else ("abstained", "pieces")
    of_label = {key: rest.pop(key) for key in moved if key in rest}
    before = listed(was)
    if not same or by is not None or note is not None or of_label:
        of_label |= {} if same else details
        if by is not None and not before:
            # Somebody confirmed the annotator's own label: two entries, and what a model gave is the model's.
            before, of_label = [entry(label, whose.base, **of_label)], {}
        before = [*before, entry(label, by or whose.base, **of_label, **({"note": note} if note else {}))]
    return provenance(rest, prefix, before, whose.now, d.note)


def entry(label: str, by: Any, **details: Any) -> dict[str, Any]:
    """An earlier label, with what was given with it."""
    return {"label": label, **details, "by": by}


def provenance(
    extra: Mapping[str, Any], prefix: str, was: Sequence[Any], by: Mapping[str, Any], note: str
) -> dict[str, Any]:
    """The fields beside a label: what it was, who says so now, and the note."""
    out = {k: v for k, v in extra.items() if k not in (f"{prefix}was", f"{prefix}by", f"{prefix}note")}
    out |= {f"{prefix}was": list(was)} if was else {}
    return out | {f"{prefix}by": dict(by)} | ({f"{prefix}note": note} if note else {})


def listed(value: Any) -> list[Any]:
    """As a list, whatever stood there."""
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]
