"""Annotations as Parquet tables, for SQL and data frames; `docs/tables.md` says what each column means."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuibono.document import LABELS, Document
from cuibono.errors import InputError

if TYPE_CHECKING:
    import pyarrow  # type: ignore[import-untyped]

#: Table -> its columns in order, name and Arrow type. All but the ids and offsets may be null.
TABLES: dict[str, tuple[tuple[str, str], ...]] = {
    "documents": (
        ("doc_id", "string"), ("text_sha256", "string"), ("title", "string"), ("author", "string"),
        ("date", "string"), ("month", "string"), ("url", "string"), ("source_path", "string"),
        ("annotator", "string"), ("annotator_kind", "string"), ("annotator_version", "string"),
        ("units", "int64"), ("entities", "int64"),
    ),
    "entities": (
        ("doc_id", "string"), ("entity_id", "string"), ("start", "int64"), ("end", "int64"),
        ("text", "string"), ("label", "string"), ("actor", "string"),
    ),
    "units": (
        ("doc_id", "string"), ("unit_id", "string"), ("start", "int64"), ("end", "int64"),
        ("text", "string"), ("role", "string"), ("role_score", "double"),
    ),
    "stakes": (
        ("doc_id", "string"), ("unit_id", "string"), ("actor", "string"), ("actor_name", "string"),
        ("label", "string"), ("challenge", "double"), ("opportunity", "double"), ("mixed", "double"),
        ("none", "double"), ("abstained", "bool"), ("why", "string"),
    ),
    "actor_stakes": (("doc_id", "string"), ("actor", "string"), ("other", "string"), ("label", "string")),
}  # fmt: skip

#: A table is written when it has so many rows, which become one row group.
BATCH_ROWS = 1 << 14
_MONTH = re.compile(r"(\d{4}-\d\d)(-\d\d)?([T ].*)?", re.S)


def schema(table: str) -> pyarrow.Schema:
    """The Arrow schema of one of :data:`TABLES`. Raises InputError without the extra `corpus`."""
    arrow = _pyarrow()
    return arrow.schema([arrow.field(name, arrow.type_for_alias(kind)) for name, kind in TABLES[table]])


def write_tables(documents: Iterable[Document], folder: str | Path) -> dict[str, int]:
    """Write ``<table>.parquet`` for each of :data:`TABLES` into a folder, as the documents come.

    The files appear, or replace those of an earlier call, when the last document is through. The same
    documents and the same version of pyarrow give the same bytes.

    Returns:
        The number of rows by table.

    Raises:
        InputError: The folder cannot be written, or the extra `corpus` is not installed.
    """
    folder = Path(folder)
    tables: list[_Table] = []
    try:
        with _writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            for name in TABLES:
                tables.append(_Table(name, folder))
        for document in documents:
            for table in tables:
                table.add(_ROWS[table.name](document))
        for table in tables:
            table.close()
    except BaseException:
        for table in tables:
            table.discard()
        raise
    with _writing(folder):
        for table in tables:
            table.partial.replace(folder / f"{table.name}.parquet")
    return {table.name: table.count for table in tables}


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(folder, f"the tables cannot be written: {error.strerror or error}") from None


class _Table:
    """A Parquet file that is being written beside its place."""

    def __init__(self, name: str, folder: Path) -> None:
        self._schema = schema(name)
        from pyarrow import parquet

        self.name, self.count = name, 0
        self.partial = folder / f"{name}.parquet.partial"
        self._rows: list[Sequence[object]] = []
        self._writer = parquet.ParquetWriter(self.partial, self._schema, compression="zstd")

    def add(self, rows: Iterable[Sequence[object]]) -> None:
        """Keep rows, and write them when there are enough."""
        for row in rows:
            self._rows.append(row)
            if len(self._rows) >= BATCH_ROWS:
                self._flush()

    def close(self) -> None:
        """Write what is left. A table without rows has its columns all the same."""
        if self._rows or not self.count:
            self._flush()
        with _writing(self.partial.parent):
            self._writer.close()

    def discard(self) -> None:
        """Leave nothing behind."""
        with suppress(OSError):  # the disk that is full is what brought us here
            self._writer.close()
        self.partial.unlink(missing_ok=True)

    def _flush(self) -> None:
        arrow = _pyarrow()
        columns = list(zip(*self._rows, strict=True)) or [()] * len(self._schema)
        arrays = [_array(cells, field.type) for cells, field in zip(columns, self._schema, strict=True)]
        with _writing(self.partial.parent):
            self._writer.write_table(arrow.Table.from_arrays(arrays, schema=self._schema))
        self.count += len(self._rows)
        self._rows.clear()


def _array(cells: Sequence[Any], kind: Any) -> Any:
    arrow = _pyarrow()
    try:
        return arrow.array(cells, kind)
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can hold and UTF-8 cannot
        return arrow.array([c and c.encode("utf-8", "backslashreplace").decode() for c in cells], kind)


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError:
        raise InputError("Parquet", 'needs the datasets library: pip install "cuibono[corpus]"') from None
    return pyarrow


def _documents(doc: Document) -> Iterator[Sequence[object]]:
    title, author, day, url = (_string(doc.meta.get(key)) for key in ("title", "author", "date", "url"))
    who = doc.annotator
    by = (who.name, who.kind, who.version or None) if who else (None, None, None)
    source = _string(doc.source.get("path"))
    counts = len(doc.units), len(doc.entities)
    yield doc.doc_id, doc.text_sha256, title, author, day, month(day), url, source, *by, *counts


def _entities(doc: Document) -> Iterator[Sequence[object]]:
    for e in doc.entities:
        yield doc.doc_id, e.id, e.start, e.end, _words(doc, e.start, e.end), e.label, e.actor


def _units(doc: Document) -> Iterator[Sequence[object]]:
    for u in doc.units:
        yield doc.doc_id, u.id, u.start, u.end, _words(doc, u.start, u.end), u.role, u.role_score


def _stakes(doc: Document) -> Iterator[Sequence[object]]:
    for unit in doc.units:
        for actor, stakes in unit.stakes.items():
            scores = [(stakes.scores or {}).get(label) for label in LABELS]
            abstained = bool(stakes.extra.get("abstained"))
            yield doc.doc_id, unit.id, actor, doc.actors[actor], stakes.label, *scores, abstained, stakes.why


def _actor_stakes(doc: Document) -> Iterator[Sequence[object]]:
    for actor, row in doc.actor_stakes.items():
        for other, stakes in row.items():
            yield doc.doc_id, actor, other, stakes.label


_ROWS = {
    "documents": _documents,
    "entities": _entities,
    "units": _units,
    "stakes": _stakes,
    "actor_stakes": _actor_stakes,
}


def month(day: str | None) -> str | None:
    """``YYYY-MM`` of an ISO 8601 date (``2024-03``, ``2024-03-09``, with or without a time), else None."""
    match = _MONTH.fullmatch(day or "")
    if match is None:
        return None
    try:
        date.fromisoformat(match[1] + (match[2] or "-01"))
    except ValueError:
        return None
    return match[1]


def _words(doc: Document, start: int, end: int) -> str | None:
    return None if doc.text is None else doc.text[start:end]


def _string(value: object) -> str | None:
    """What `meta` holds, as a cell: a list or an object as JSON, nothing as null."""
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
