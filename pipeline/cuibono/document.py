"""The annotation file `cuibono/1` as frozen dataclasses.

People and models write the same shape, so that a model is compared with a person as one person
with another. Offsets are Unicode code points into ``Document.text``, half-open. Every class checks
its own invariants when it is made; :meth:`Document.from_dict` checks those that need the whole.
Fields that the schema does not know are kept in ``extra`` and written back.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cuibono.errors import AnnotationError

SCHEMA = "cuibono/1"
BLOCK_KINDS = ("title", "heading", "paragraph", "pullquote", "endnote", "boilerplate")
ENTITY_LABELS = ("GPE", "NORP", "ORG", "PERSON", "LOC", "FAC", "EVENT", "LAW", "PRODUCT")
ROLES = ("claim", "premise")
LABELS = ("challenge", "opportunity", "mixed", "none")
ANNOTATOR_KINDS = ("person", "llm", "model")
RELATION_KINDS = ("supports", "attacks")

#: Calibrated probabilities may miss one by rounding in a file, never by more.
SUM_TOLERANCE = 1e-3


def sha256(data: str | bytes) -> str:
    """Hex SHA-256 of bytes, or of a text as UTF-8."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def _one_of(place: str, value: object, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise AnnotationError(place, value, ", ".join(allowed))


def _span(place: str, start: object, end: object) -> None:
    if type(start) is not int or type(end) is not int or not 0 <= start < end:
        raise AnnotationError(place, (start, end), "integers with 0 <= start < end")


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of the text with one layout function; blocks never overlap."""

    start: int
    end: int
    kind: str
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _span("block", self.start, self.end)
        _one_of("block.kind", self.kind, BLOCK_KINDS)


@dataclass(frozen=True, slots=True)
class Entity:
    """A named mention; ``actor`` is the id of the actor it stands for, if any."""

    id: str
    start: int
    end: int
    label: str
    actor: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _span("entity", self.start, self.end)
        _one_of("entity.label", self.label, ENTITY_LABELS)


@dataclass(frozen=True, slots=True)
class Stakes:
    """What a unit means for one actor. ``scores`` are calibrated probabilities that sum to 1."""

    label: str
    scores: Mapping[str, float] | None = None
    why: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _one_of("label", self.label, LABELS)
        if self.scores is None:
            return
        if set(self.scores) != set(LABELS):
            raise AnnotationError("scores", sorted(self.scores), "one score for each of " + ", ".join(LABELS))
        bad = [v for v in self.scores.values() if not isinstance(v, int | float) or not 0 <= v <= 1]
        if bad or not math.isclose(sum(self.scores.values()), 1, abs_tol=SUM_TOLERANCE):
            raise AnnotationError("scores", dict(self.scores), "numbers from 0 to 1 that sum to 1")


@dataclass(frozen=True, slots=True)
class Unit:
    """One assertion: a span of a paragraph, its role, and its stakes by actor id."""

    id: str
    start: int
    end: int
    role: str
    role_score: float | None = None
    stakes: Mapping[str, Stakes] = field(default_factory=dict)
    endnotes: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _span("unit", self.start, self.end)
        _one_of("unit.role", self.role, ROLES)


@dataclass(frozen=True, slots=True)
class Relation:
    """A directed link between two units of one document."""

    source: str
    target: str
    kind: str
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _one_of("relation.kind", self.kind, RELATION_KINDS)
        if self.source == self.target:
            raise AnnotationError("relation", self.source, "a link between two different units")


@dataclass(frozen=True, slots=True)
class Annotator:
    """Who annotated: a person, a language model reading by the codebook (llm), or a classifier (model)."""

    name: str
    kind: str
    version: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _one_of("annotator.kind", self.kind, ANNOTATOR_KINDS)


@dataclass(frozen=True, slots=True)
class Document:
    """One text with one annotator's layers.

    ``text`` is None in a stand-off annotation; then ``text_sha256`` identifies the text, and
    :meth:`with_text` puts it back. ``actors`` maps the ids asked about to their names.
    ``actor_stakes[A][E]`` says how the document presents E for A.
    """

    doc_id: str
    text: str | None
    text_sha256: str
    annotator: Annotator | None = None
    source: Mapping[str, Any] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)
    actors: Mapping[str, str] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    entities: tuple[Entity, ...] = ()
    units: tuple[Unit, ...] = ()
    relations: tuple[Relation, ...] = ()
    actor_stakes: Mapping[str, Mapping[str, Stakes]] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.text is not None:
            _check_text(self)
        _check_apart("blocks", self.blocks)
        _check_apart("units", self.units)
        _check_ids("entities", [e.id for e in self.entities])
        _check_ids("units", [u.id for u in self.units])
        _check_references(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Document:
        """Read one JSON object. Raises :class:`AnnotationError` that names the place."""
        from cuibono.formats.schema import parse_document

        return parse_document(data)

    def to_dict(self) -> dict[str, Any]:
        """The JSON object, fields in the order of the schema, empty optional fields left out."""
        from cuibono.formats.schema import dump_document

        return dump_document(self)

    def with_text(self, text: str) -> Document:
        """Put the text back into a stand-off annotation; its hash and every offset are checked."""
        return replace(self, text=text)

    def without_text(self) -> Document:
        """The stand-off form: offsets, labels and the text's hash, for texts that may not be passed on."""
        return replace(self, text=None)

    def span(self, item: Block | Entity | Unit) -> str:
        """The words of a block, entity or unit. Raises ValueError for a stand-off document."""
        return self.require_text()[item.start : item.end]

    def require_text(self) -> str:
        """The text. Raises ValueError for a stand-off document."""
        if self.text is None:
            raise ValueError(f"{self.doc_id}: this annotation carries no text; use with_text first")
        return self.text

    def of_kind(self, *kinds: str) -> tuple[Block, ...]:
        """The blocks of these kinds, in reading order."""
        return tuple(b for b in self.blocks if b.kind in kinds)

    def endnote_labels(self) -> list[str]:
        """The labels by which markers in the text point to its endnotes, in reading order."""
        return [b.extra["label"] for b in self.of_kind("endnote") if "label" in b.extra]

    def label_counts(self, actor: str) -> Counter[str]:
        """How many units have which label for an actor."""
        return Counter(u.stakes[actor].label for u in self.units if actor in u.stakes)


def _check_text(doc: Document) -> None:
    assert doc.text is not None
    actual = sha256(doc.text)
    if doc.text_sha256 != actual:
        raise AnnotationError("text_sha256", doc.text_sha256, f"{actual}, the sha256 of the text")
    layers: dict[str, Sequence[Block | Entity | Unit]]
    layers = {"blocks": doc.blocks, "entities": doc.entities, "units": doc.units}
    for name, items in layers.items():
        for i, item in enumerate(items):
            if item.end > len(doc.text):
                found = [item.start, item.end]
                raise AnnotationError(f"{name}[{i}]", found, f"offsets up to {len(doc.text)}, the text's length")


def _check_apart(name: str, items: Sequence[Block | Unit]) -> None:
    ordered = sorted(enumerate(items), key=lambda pair: (pair[1].start, pair[1].end))
    for (i, left), (j, right) in itertools.pairwise(ordered):
        if right.start < left.end:
            found = [[left.start, left.end], [right.start, right.end]]
            raise AnnotationError(f"{name}[{i}] and {name}[{j}]", found, f"{name} that do not overlap")


def _check_ids(name: str, ids: Sequence[str]) -> None:
    seen: set[str] = set()
    for i, key in enumerate(ids):
        if key in seen:
            raise AnnotationError(f"{name}[{i}].id", key, "an id used once")
        seen.add(key)


def _check_references(doc: Document) -> None:
    units = {u.id for u in doc.units}
    for i, relation in enumerate(doc.relations):
        for end in (relation.source, relation.target):
            if end not in units:
                raise AnnotationError(f"relations[{i}]", end, "the id of a unit of this document")
    for i, unit in enumerate(doc.units):
        for actor in unit.stakes:
            if actor not in doc.actors:
                raise AnnotationError(f"units[{i}].stakes", actor, "an id listed in actors")
    for actor in doc.actor_stakes:
        if actor not in doc.actors:
            raise AnnotationError("actor_stakes", actor, "an id listed in actors")
