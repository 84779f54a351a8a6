"""Where annotators say different things of one unit, the worst first."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cuibono.document import Document, Unit
from cuibono.evaluate.counts import MISSING
from cuibono.evaluate.items import Item

#: How bad it is if two say different things of one unit: taking a gain for a loss is worst.
OPPOSITE, DIFFERENT, ROLE = 1.0, 0.5, 0.25
#: An annotator who has the unit says nothing of it for this actor.
SILENT = "(no stakes)"
#: Characters of the text that are shown on either side of a unit.
CONTEXT = 240


@dataclass(frozen=True, slots=True)
class Said:
    """What an annotator says of a unit. ``p`` is the probability that it gives to its label, if it gives any."""

    label: str
    start: int | None = None
    end: int | None = None
    p: float | None = None
    why: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON, without what is not there."""
        out = {"label": self.label, "start": self.start, "end": self.end, "p": self.p, "why": self.why}
        return {k: v for k, v in out.items() if v is not None}


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One question to which not all annotators gave one answer.

    Attributes:
        layer: ``stakes`` or ``role``.
        actor: Whose stakes; None for a role.
        said: By annotator, of those who annotated the document (and were asked about the actor).
        severity: Mean over the pairs of annotators: 1 for challenge against opportunity, 0.5 for other
            labels or a unit that one of them does not have, 0.25 for roles, and for such a unit without stakes.
        sure: Mean probability that the annotators gave to their labels (1 for those who gave none).
    """

    doc_id: str
    text_sha256: str
    start: int
    end: int
    text: str
    before: str
    after: str
    layer: str
    actor: str | None
    said: Mapping[str, Said]
    severity: float
    sure: float

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "doc_id": self.doc_id,
            "text_sha256": self.text_sha256,
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "before": self.before,
            "after": self.after,
            "layer": self.layer,
            "actor": self.actor,
            "severity": round(self.severity, 6),
            "sure": round(self.sure, 6),
            "said": {name: said.to_dict() for name, said in self.said.items()},
        }


def disagreements(
    items: Iterable[Item], documents: Mapping[str, Mapping[str, Document]], texts: Mapping[str, str]
) -> list[Disagreement]:
    """All disagreements, worst first: by severity, then the surest, then in reading order.

    Args:
        items: Of all texts.
        documents: By annotator, then by document.
        texts: By document.
    """
    found: list[Disagreement] = []
    for item in items:
        present = {name: docs[item.doc_id] for name, docs in documents.items() if item.doc_id in docs}
        for layer, actor, said in answers(item, present):
            if len({s.label for s in said.values()}) > 1:
                found.append(question(item, layer, actor, said, texts[item.doc_id], present))
    return sorted(found, key=lambda d: (-d.severity, -d.sure, d.doc_id, d.start, d.layer, d.actor or ""))


def answers(item: Item, documents: Mapping[str, Document]) -> Iterable[tuple[str, str | None, dict[str, Said]]]:
    """For each question about an item (layer, actor) what each annotator who was asked says."""
    for actor in sorted({a for d in documents.values() for a in d.actors}):
        asked = sorted(name for name, document in documents.items() if actor in document.actors)
        yield "stakes", actor, {name: _stakes(item.units.get(name), actor) for name in asked}
    said = {name: Said(unit.role, unit.start, unit.end, unit.role_score) for name, unit in item.units.items()}
    if not any(d.actors for d in documents.values()):
        # Where nobody was asked about an actor, only this can say that somebody sees no unit here.
        said = {name: said.get(name, Said(MISSING)) for name in sorted(documents)}
    yield "role", None, said


def _stakes(unit: Unit | None, actor: str) -> Said:
    if unit is None:
        return Said(MISSING)
    if actor not in unit.stakes:
        return Said(SILENT, unit.start, unit.end)
    stakes = unit.stakes[actor]
    p = stakes.scores[stakes.label] if stakes.scores else None
    return Said(stakes.label, unit.start, unit.end, p, stakes.why)


def question(
    item: Item, layer: str, actor: str | None, said: Mapping[str, Said], text: str, present: Mapping[str, Document]
) -> Disagreement:
    """What annotators say to one question, laid out; if they all say the same, of severity 0."""
    sure = sum(1.0 if s.p is None else s.p for s in said.values()) / len(said)
    words, before, after = in_context(text, item.start, item.end)
    return Disagreement(
        doc_id=item.doc_id,
        text_sha256=next(iter(present.values())).text_sha256,
        start=item.start,
        end=item.end,
        text=words,
        before=before,
        after=after,
        layer=layer,
        actor=actor,
        said=said,
        severity=severity([s.label for s in said.values()], layer),
        sure=sure,
    )


def in_context(text: str, start: int, end: int) -> tuple[str, str, str]:
    """A stretch of a text, and what stands before and behind it."""
    return text[start:end], text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT]


def severity(labels: Sequence[str], layer: str) -> float:
    """See :class:`Disagreement`."""
    pairs = list(itertools.combinations(labels, 2))
    return sum(_distance({a, b}, layer) for a, b in pairs) / len(pairs) if pairs else 0.0


def _distance(labels: set[str], layer: str) -> float:
    if len(labels) == 1:
        return 0.0
    if layer == "role" or labels <= {MISSING, SILENT, "none"}:
        return ROLE
    return OPPOSITE if labels == {"challenge", "opportunity"} else DIFFERENT
