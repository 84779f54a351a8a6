"""Tables of texts that the standard library reads as a stream: JSONL, CSV, TSV.

The `datasets` library reads these too, but gives no line numbers, stops at the first bad row, and
writes a copy of the whole file into its cache; so it is left to the formats that need it (`columnar.py`).
"""

from __future__ import annotations

import codecs
import csv
import itertools
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from pathlib import Path
from typing import TextIO

from cuibono.errors import InputError
from cuibono.ingest.source import Source, UnreadableError, printable

#: Characters in one cell. The limit of `csv` is 131 072; none at all would let a quote that never closes
#: take a file of any size into memory.
CELL_LIMIT = 1 << 26
#: JSONL names no columns: so many lines decide whether there is a column at all.
PEEK_LINES = 100


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column holds what; None is the default, the column of that name, which only ``text`` must have."""

    text: str | None = None
    id: str | None = None
    title: str | None = None
    date: str | None = None
    url: str | None = None

    def names(self) -> dict[str, str]:
        """Field to the name of its column."""
        return {f.name: getattr(self, f.name) or f.name for f in fields(self)}

    def check(self, table: str, found: Sequence[str]) -> list[str]:
        """The columns to read, of those that were found. Raises InputError where one that is needed is missing."""
        for field, name in self.names().items():
            needed = field == "text" or getattr(self, field) is not None
            if needed and name not in found:
                there = ", ".join(map(printable, found)) or "none"
                raise InputError(table, f"no column {name!r} to take the {field} from; the columns are: {there}")
        return list(dict.fromkeys(n for n in self.names().values() if n in found))

    def source(self, key: str, path: str, row: int, values: Mapping[str, object], stem: str | None = None) -> Source:
        """One row. ``stem`` is what its id is made of where it gives none; default: the file's."""
        column = {field: values.get(name) for field, name in self.names().items()}
        given = _string(column["id"])
        meta = {field: text for field in ("title", "date", "url") if (text := _string(column[field]))}
        problem = _problem(self.names()["text"], values)
        return Source(
            key,
            given or f"{stem or printable(Path(path).stem)}-{row}",
            meta,
            f"{key}: {problem}" if problem else None,
            path,
            None if problem else str(column["text"]),
            row,
            given,
        )

    def broken(self, key: str, path: str, row: int, problem: str) -> Source:
        """A row that cannot be read."""
        return Source(key, f"{printable(Path(path).stem)}-{row}", {}, f"{key}: {problem}", path, None, row)


def _problem(name: str, values: Mapping[str, object]) -> str | None:
    text = values.get(name)
    if name not in values:
        return f"no field {name!r}; the fields are: {', '.join(map(printable, map(str, values))) or 'none'}"
    if text is None:
        return f"{name}: no text (null)"
    if not isinstance(text, str):
        return f"{name}: found a value of type {type(text).__name__}; allowed: a string"
    if not text.strip():
        return f"{name}: no text (empty)"
    if (at := text.find("\0")) >= 0:
        return f"{name}: a NUL character at character {at}; allowed: text"
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return f"{name}: not UTF-8 at character {error.start}"
    return None


def _string(value: object) -> str | None:
    """A cell as text; None where it says nothing."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False, default=str)
    return printable(str(value)).strip() or None


def open_jsonl(path: str, columns: Columns) -> Iterator[Source]:
    """The rows of a file with one JSON object a line; blank lines count and are no rows.

    Raises:
        InputError: None of the first lines has a column that is needed.
        UnreadableError: The file cannot be opened.
    """
    _check_encoding(path)
    first = itertools.islice(_objects(path), PEEK_LINES)
    found = [name for _, row in first if isinstance(row, dict) for name in row]
    if found:
        columns.check(path, list(dict.fromkeys(found)))
    return _jsonl_rows(path, columns)


def _jsonl_rows(path: str, columns: Columns) -> Iterator[Source]:
    for line, row in _objects(path):
        key = f"{path}:{line}"
        if isinstance(row, dict):
            yield columns.source(key, path, line, row)
        else:
            problem = str(row) if isinstance(row, ValueError) else f"found a {type(row).__name__}; allowed: an object"
            yield columns.broken(key, path, line, problem)


def _objects(path: str) -> Iterator[tuple[int, object]]:
    """Line number and value; of a line that is not JSON a ValueError that says so."""
    try:
        with Path(path).open("rb") as file:
            for number, line in enumerate(file, 1):
                data = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
                if data.strip():
                    yield number, _value(data)
    except OSError as error:
        raise UnreadableError(path, f"cannot be read: {error.strerror}") from None


def _value(data: bytes) -> object:
    try:
        return json.loads(data.decode().rstrip("\r\n"))
    except UnicodeDecodeError as error:
        return ValueError(f"not UTF-8 at byte {error.start} of the line (0x{data[error.start]:02x})")
    except json.JSONDecodeError as error:
        return ValueError(f"column {error.colno}: not JSON ({error.msg})")
    except (ValueError, RecursionError) as error:
        return ValueError(f"not JSON that can be read ({str(error).splitlines()[0]})")


def open_csv(path: str, columns: Columns) -> Iterator[Source]:
    """The rows of a CSV file with a header; of a `.tsv` file between tabs. Cells may be quoted as spreadsheets do.

    Raises:
        InputError: The header has not the columns that are needed.
        UnreadableError: The file cannot be opened.
    """
    _check_encoding(path)
    with _open(path) as file:
        _, header = next(_records(file, path), (0, None))
    if isinstance(header, csv.Error):
        raise UnreadableError(path, f"no header that can be read: {header}")
    if header is not None:
        columns.check(path, header)
    return _csv_rows(path, columns)


def _csv_rows(path: str, columns: Columns) -> Iterator[Source]:
    with _open(path) as file:
        records = _records(file, path)
        _, header = next(records, (0, None))
        if not isinstance(header, list):
            return
        for number, (line, record) in enumerate(records, 1):
            key = f"{path}:{line}"
            if isinstance(record, csv.Error):
                yield columns.broken(key, path, number, f"not CSV ({record})")
            elif len(record) != len(header):
                # A comma or a line break that is not quoted: the text would be read in part.
                problem = f"{len(record)} cells; the header has {len(header)}"
                yield columns.broken(key, path, number, problem)
            else:
                yield columns.source(key, path, number, dict(zip(header, record, strict=True)))


def _open(path: str) -> TextIO:
    try:
        # Bytes that are not UTF-8 become surrogates, so that they spoil one row and not the stream.
        return Path(path).open(encoding="utf-8-sig", errors="surrogateescape", newline="")
    except OSError as error:
        raise UnreadableError(path, f"cannot be read: {error.strerror}") from None


def _records(file: TextIO, path: str) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """The line on which a record begins, and its cells, or what is wrong with it."""
    # `csv` has one limit for the whole process; it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), CELL_LIMIT))
    # Without strict, a quote that never closes passes for a cell with the rest of the file in it.
    reader = csv.reader(file, "excel-tab" if path.lower().endswith(".tsv") else "excel", strict=True)
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            end = "" if reader.line_num == line else f", read up to line {reader.line_num}"
            yield line, csv.Error(f"{error}{end}")
            continue
        except OSError as error:
            raise UnreadableError(path, f"cannot be read beyond line {line}: {error.strerror}") from None
        if record:
            yield line, record


def _check_encoding(path: str) -> None:
    try:
        with Path(path).open("rb") as file:
            head = file.read(2)
    except OSError as error:
        raise UnreadableError(path, f"cannot be read: {error.strerror}") from None
    if head in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise UnreadableError(path, "a table in UTF-16; allowed: UTF-8")
