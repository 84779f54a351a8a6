"""One input of many: what to call it, and how to get its document, or why there is none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from cuibono.document import Document, sha256
from cuibono.errors import InputError
from cuibono.ingest import read, with_blocks
from cuibono.ingest.decode import decode


class UnreadableError(InputError):
    """An input that cannot be read at all, or not to its end; the others can."""


@dataclass(frozen=True, slots=True)
class Source:
    """A text file, or one row of a table. Holds nothing but strings, so that it can go to another process.

    Args:
        key: The name for messages: ``path``, ``path:line`` (JSONL, CSV) or ``path#row``, all counted from 1.
        doc_id: Unique among the sources of one call.
        meta: ``title``, ``date``, ``url`` of a row, where it has them.
        problem: Why there is nothing to read, in one line that opens with the key. None promises nothing:
            :meth:`read` finds out about what is in a file.
        path: The file, folder or data set.
        text: The row's text; None for a file.
        row: The row's number, from 1; of JSONL the line.
        given: The id that the row itself gives.
    """

    key: str
    doc_id: str
    meta: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None
    path: str = ""
    text: str | None = None
    row: int | None = None
    given: str | None = None

    def read(self) -> Document:
        """The document with blocks and no other layer yet.

        A row is read as a `.txt` file of the same text would be, its columns before what its layout says.

        Raises:
            InputError: There is a :attr:`problem`, or a reason of :func:`cuibono.ingest.read`.
        """
        if self.problem is not None:
            raise InputError(self.key, self.problem.removeprefix(f"{self.key}: "))
        document = read(self.path, self.doc_id) if self.text is None else self._read_row(self.text)
        return replace(document, meta={**document.meta, **self.meta})

    def digest(self) -> str | None:
        """SHA-256 of what would be read, a file's bytes or a row's cells; None where that cannot be had."""
        if self.text is not None:
            return sha256(json.dumps([self.text, self.given, sorted(self.meta.items())]))
        try:
            return sha256(Path(self.path).read_bytes())
        except OSError:
            return None

    def _read_row(self, text: str) -> Document:
        text = decode(text.encode(), self.key).text
        source = {"path": self.path, "sha256": sha256(text), "media_type": "text/plain", "row": self.row}
        if self.given not in (None, self.doc_id):
            source["id"] = self.given  # taken by an earlier row; nothing is lost by the new name
        return with_blocks(text, self.doc_id, source, self.key)


def broken(key: str | Path, problem: str, doc_id: str = "") -> Source:
    """A source that cannot be read. A name that is not UTF-8 is escaped: the line has to be printable."""
    name = printable(str(key))
    return Source(name, printable(doc_id) or Path(name).stem or name, problem=f"{name}: {problem}", path=name)


def printable(text: str) -> str:
    """The text, with escapes for what no UTF-8 file can hold (half of a surrogate pair)."""
    return text.encode("utf-8", "backslashreplace").decode()
