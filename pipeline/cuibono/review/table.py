"""The queue as a table: written for spreadsheets, read back whatever they made of its form."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import digits

from cuibono.document import LABELS, ROLES
from cuibono.errors import AnnotationError, InputError
from cuibono.evaluate.counts import MISSING
from cuibono.evaluate.disagreements import Said
from cuibono.formats.sheet import FORMULA, marked, write_csv
from cuibono.review.queue import Row

#: The answer that the annotators are wrong to see a unit here.
NO_UNIT = "no unit"
#: What may be answered, by layer.
ANSWERS = {"stakes": (*LABELS, NO_UNIT), "role": (*ROLES, NO_UNIT)}
#: Columns that say which question it is, and those that are filled in: :func:`read_queue` needs these alone.
KEYS = ("doc_id", "text_sha256", "start", "end", "layer", "actor")
FILLED = ("label", "note")
#: Spreadsheets make numbers and dates of ids; and what begins with our own mark must be told from it.
_FRAGILE = (*FORMULA, "'", *digits)


def write_queue(rows: Sequence[Row], path: str | Path) -> None:
    """Write a table that spreadsheets open: CSV, UTF-8 with a byte order mark, the same rows always the same bytes.

    A cell that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    names = sorted({name for row in rows for name in row.said})
    header = [*KEYS, "before", "text", "after", *(f"said:{name}" for name in names), "severity", *FILLED]
    write_csv(Path(path), header, (_cells(row, names) for row in rows))


def _cells(row: Row, names: Sequence[str]) -> list[object]:
    keys = [marked(row.doc_id, _FRAGILE), row.text_sha256, row.start, row.end, row.layer]
    said = [_said(row.said[name]) if name in row.said else "" for name in names]
    actor, severity = marked(row.actor or "", _FRAGILE), f"{row.severity:.3g}"
    return [*keys, actor, row.before, row.text, row.after, *said, severity, "", ""]


def _said(said: Said) -> str:
    label = NO_UNIT if said.label == MISSING else said.label
    return label if said.p is None else f"{label} ({said.p:.2f})"


@dataclass(frozen=True, slots=True)
class Decision:
    """One row of a table that was filled in. Raises AnnotationError that names the column.

    Attributes:
        actor: Whose stakes; None for a role.
        label: The answer; None where the person gave none.
        where: File and line.
    """

    doc_id: str
    text_sha256: str
    start: int
    end: int
    layer: str
    actor: str | None
    label: str | None
    note: str = ""
    where: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.layer not in ANSWERS:
            raise AnnotationError("layer", self.layer, ", ".join(ANSWERS))
        if not 0 <= self.start < self.end:
            raise AnnotationError("start, end", (self.start, self.end), "integers with 0 <= start < end")
        if (self.layer == "stakes") != bool(self.actor):
            raise AnnotationError("actor", self.actor, "an actor's id for stakes, nothing for a role")
        if self.label is not None and self.label not in ANSWERS[self.layer]:
            raise AnnotationError("label", self.label, f"{', '.join(ANSWERS[self.layer])}, or nothing")

    @property
    def question(self) -> tuple[object, ...]:
        """What is asked: the same for two rows that answer one question."""
        return self.doc_id, self.text_sha256, self.start, self.end, self.layer, self.actor

    @property
    def filled(self) -> str:
        """What the person wrote, as errors quote it."""
        return " ".join(part for part in (self.label, self.note and repr(self.note)) if part)


def read_queue(path: str | Path) -> list[Decision]:
    """Read a table that was filled in, whatever a spreadsheet made of its form.

    Raises:
        InputError: No such file, no table in UTF-8, a missing column, a cell that holds what it may not, or one
            question answered in two ways.
    """
    header, *records = _records(Path(path))
    names = [cell.strip().casefold() for cell in header[1]]
    decisions: dict[tuple[object, ...], Decision] = {}
    for line, cells in records:
        if not any(cell.strip() for cell in cells):
            continue
        try:
            new = _decision(names, cells, f"{path}:{line}")
        except AnnotationError as error:
            raise InputError(path, f"line {line}: {error}") from None
        old = decisions.get(new.question)
        if old and old.filled and new.filled and old != new:
            found = f"{new.filled} for what {old.where} answers {old.filled}"
            raise InputError(path, f"line {line}: found {found}; allowed: one answer to a question")
        if old is None or new.filled:
            decisions[new.question] = new
    return list(decisions.values())


def _decision(names: Sequence[str], cells: Sequence[str], where: str) -> Decision:
    pairs = list(itertools.zip_longest(names, cells, fillvalue=""))
    if stray := [cell for name, cell in pairs if not name and cell.strip()]:
        raise AnnotationError("row", stray, "no cell outside the columns")
    row = dict(pairs)
    doc_id, actor = (row[key].removeprefix("'") for key in ("doc_id", "actor"))
    sha, layer, label = (" ".join(row[key].split()).lower() for key in ("text_sha256", "layer", "label"))
    start, end = (_number(key, row[key].strip()) for key in ("start", "end"))
    return Decision(doc_id, sha, start, end, layer, actor or None, label or None, row["note"].strip(), where)


def _number(column: str, cell: str) -> int:
    if not re.fullmatch(r"[0-9]{1,12}", cell):
        raise AnnotationError(column, cell, "a whole number, counted in characters of the text")
    return int(cell)


def _records(path: Path) -> list[tuple[int, list[str]]]:
    """The records with their first lines; the header, which is checked, is the first."""
    text = _decoded(path)
    line = 1
    try:
        headers = {d: next(csv.reader(io.StringIO(text, newline=""), delimiter=d), []) for d in ",;\t"}
        lacking = {d: _lacking(header) for d, header in headers.items()}
        delimiter = min(lacking, key=lambda d: len(lacking[d]))
        if missing := ", ".join(lacking[delimiter]):
            found = ", ".join(headers[delimiter]) or "nothing"
            raise InputError(path, f"line 1: found {found}; allowed: one column each of {missing}")
        out, reader = [], csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        for cells in reader:
            out.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise InputError(path, f"line {line}: found a row that is not CSV ({error}); allowed: RFC 4180") from None
    return out


def _decoded(path: Path) -> str:
    try:
        content = path.read_bytes()
        # What spreadsheets call Unicode text.
        return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except FileNotFoundError:
        raise InputError(path, "no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(path, f"cannot be read ({error}); allowed: CSV in UTF-8") from None


def _lacking(header: Sequence[str]) -> list[str]:
    names = [cell.strip().casefold() for cell in header]
    return [name for name in (*KEYS, *FILLED) if names.count(name) != 1]
