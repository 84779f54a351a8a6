"""Between the dataclasses of :mod:`cuibono.document` and the JSON objects of `cuibono/1`.

Reading is strict about what the schema names and keeps what it does not name, so that a file of a
later minor version or with a user's own fields survives a round trip.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from cuibono.document import SCHEMA, Annotator, Block, Document, Entity, Relation, Stakes, Unit, sha256
from cuibono.errors import AnnotationError

T = TypeVar("T")
_HASH = re.compile(r"[0-9a-f]{64}")
_DOCUMENT_FIELDS = (
    "schema", "doc_id", "source", "meta", "text", "text_sha256", "annotator",
    "actors", "blocks", "entities", "units", "relations", "actor_stakes",
)  # fmt: skip


def parse_document(data: object) -> Document:
    """Read one object. Raises :class:`AnnotationError` naming the field, what it holds, what is allowed."""
    top = _object("document", data)
    if top.get("schema") != SCHEMA:
        raise AnnotationError("schema", top.get("schema"), SCHEMA)
    text = top.get("text")
    if text is not None and not isinstance(text, str):
        raise AnnotationError("text", text, "a string, or left out in a stand-off annotation")
    if text is not None:
        _encodable("text", text)
    return Document(
        doc_id=_string("doc_id", top.get("doc_id")),
        text=text,
        text_sha256=_text_hash(top, text),
        annotator=_at("annotator", _annotator, top["annotator"]) if top.get("annotator") else None,
        source=_object("source", top.get("source") or {}),
        meta=_object("meta", top.get("meta") or {}),
        actors={k: _string(f"actors.{k}", v) for k, v in _object("actors", top.get("actors") or {}).items()},
        blocks=_items("blocks", _block, top),
        entities=_items("entities", _entity, top),
        units=_items("units", _unit, top),
        relations=_items("relations", _relation, top),
        actor_stakes=_actor_stakes(top.get("actor_stakes") or {}),
        extra=_rest(top, *_DOCUMENT_FIELDS),
    )


def dump_document(doc: Document) -> dict[str, Any]:
    """The JSON object of one document, fields in the order of the schema."""
    out: dict[str, Any] = {"schema": SCHEMA, "doc_id": doc.doc_id}
    out |= _kept(source=dict(doc.source), meta=dict(doc.meta), text=doc.text)
    out["text_sha256"] = doc.text_sha256
    if doc.annotator:
        a = doc.annotator
        out["annotator"] = {"name": a.name, "kind": a.kind, **_kept(version=a.version), **a.extra}
    out |= _kept(
        actors=dict(doc.actors),
        blocks=[{"start": b.start, "end": b.end, "kind": b.kind, **b.extra} for b in doc.blocks],
        entities=[_dump_entity(e) for e in doc.entities],
    )
    out["units"] = [_dump_unit(u) for u in doc.units]
    out |= _kept(
        relations=[{"source": r.source, "target": r.target, "kind": r.kind, **r.extra} for r in doc.relations],
        actor_stakes={a: {e: _dump_stakes(s) for e, s in row.items()} for a, row in doc.actor_stakes.items()},
    )
    return out | dict(doc.extra)


def _dump_entity(e: Entity) -> dict[str, Any]:
    return {"id": e.id, "start": e.start, "end": e.end, "label": e.label, **_kept(actor=e.actor), **e.extra}


def _dump_unit(u: Unit) -> dict[str, Any]:
    out: dict[str, Any] = {"id": u.id, "start": u.start, "end": u.end, "role": u.role}
    if u.role_score is not None:
        out["role_score"] = u.role_score
    out["stakes"] = {actor: _dump_stakes(s) for actor, s in u.stakes.items()}
    return out | _kept(endnotes=list(u.endnotes)) | dict(u.extra)


def _dump_stakes(s: Stakes) -> dict[str, Any]:
    return {"label": s.label, **_kept(scores=dict(s.scores) if s.scores else None, why=s.why), **s.extra}


def _kept(**fields: Any) -> dict[str, Any]:
    return {k: v for k, v in fields.items() if v not in (None, "", [], {})}


def _text_hash(top: Mapping[str, Any], text: str | None) -> str:
    value = top.get("text_sha256")
    if value is None and text is not None:
        return sha256(text)
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise AnnotationError("text_sha256", value, "64 hex digits (needed where the text is left out)")
    return value


def _annotator(d: Mapping[str, Any]) -> Annotator:
    name, kind = _string("name", d.get("name")), _string("kind", d.get("kind"))
    return Annotator(name, kind, str(d.get("version") or ""), _rest(d, "name", "kind", "version"))


def _block(d: Mapping[str, Any]) -> Block:
    return Block(*_offsets(d), _string("kind", d.get("kind")), _rest(d, "start", "end", "kind"))


def _entity(d: Mapping[str, Any]) -> Entity:
    actor = d.get("actor")
    if actor is not None:
        _string("actor", actor)
    rest = _rest(d, "id", "start", "end", "label", "actor")
    return Entity(_string("id", d.get("id")), *_offsets(d), _string("label", d.get("label")), actor, rest)


def _unit(d: Mapping[str, Any]) -> Unit:
    stakes = _object("stakes", d.get("stakes") or {})
    notes = d.get("endnotes") or []
    if not isinstance(notes, list):
        raise AnnotationError("endnotes", notes, "a list of endnote labels")
    score = d.get("role_score")
    if score is not None and not (isinstance(score, int | float) and 0 <= score <= 1):
        raise AnnotationError("role_score", score, "a number from 0 to 1")
    return Unit(
        _string("id", d.get("id")),
        *_offsets(d),
        _string("role", d.get("role")),
        role_score=score,
        stakes={a: _at(f"stakes.{a}", _stakes, s) for a, s in stakes.items()},
        endnotes=tuple(_string("endnotes", n) for n in notes),
        extra=_rest(d, "id", "start", "end", "role", "role_score", "stakes", "endnotes"),
    )


def _stakes(d: Mapping[str, Any]) -> Stakes:
    scores, why = d.get("scores"), d.get("why")
    if scores is not None:
        _object("scores", scores)
    if why is not None:
        _string("why", why)
    return Stakes(_string("label", d.get("label")), scores, why, _rest(d, "label", "scores", "why"))


def _relation(d: Mapping[str, Any]) -> Relation:
    source, target, kind = (_string(k, d.get(k)) for k in ("source", "target", "kind"))
    return Relation(source, target, kind, _rest(d, "source", "target", "kind"))


def _actor_stakes(data: object) -> dict[str, dict[str, Stakes]]:
    rows = _object("actor_stakes", data)
    return {
        a: {e: _at(f"actor_stakes.{a}.{e}", _stakes, s) for e, s in _object(f"actor_stakes.{a}", row).items()}
        for a, row in rows.items()
    }


def _items(name: str, parse: Callable[[Mapping[str, Any]], T], top: Mapping[str, Any]) -> tuple[T, ...]:
    values = top.get(name) or []
    if not isinstance(values, list):
        raise AnnotationError(name, values, "a list")
    return tuple(_at(f"{name}[{i}]", parse, value) for i, value in enumerate(values))


def _at(place: str, parse: Callable[[Mapping[str, Any]], T], value: object) -> T:
    """Parse one object; an error inside it is reported with the path that leads to it."""
    data = _object(place, value)
    try:
        return parse(data)
    except AnnotationError as error:
        # A dataclass names its own field ("unit.role"); the path already says which unit.
        inner = re.sub(r"^(block|entity|unit|relation|annotator)\.?", "", error.place)
        raise AnnotationError(".".join(p for p in (place, inner) if p), error.found, error.allowed) from None


def _offsets(d: Mapping[str, Any]) -> tuple[int, int]:
    for key in ("start", "end"):
        if type(d.get(key)) is not int:
            raise AnnotationError(key, d.get(key), "an integer, counted in Unicode code points")
    return d["start"], d["end"]


def _string(place: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise AnnotationError(place, value, "a string that is not empty")
    return _encodable(place, value)


def _encodable(place: str, value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise AnnotationError(place, value[error.start : error.end], "characters that UTF-8 can hold") from None
    return value


def _object(place: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise AnnotationError(place, value, "a JSON object")
    return value


def _rest(d: Mapping[str, Any], *known: str) -> dict[str, Any]:
    return {k: v for k, v in d.items() if k not in known}
