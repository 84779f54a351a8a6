"""The journal of a run: for each input, in order, what became of it and where its annotation ends."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ANNOTATIONS, INPUTS = "annotations.jsonl", "inputs.jsonl"


@dataclass(frozen=True, slots=True)
class Entry:
    """One input in the journal: its annotation, or why there is none.

    Attributes:
        key: What the input is called: its path, with the row of a table.
        digest: Of what was read: a file's bytes, a row's cells. An input that has changed is not done.
        sha256: Of the text, as UTF-8.
        end: The byte of the annotations at which its line ends; of a failure that of the one before.
        same_as: The document of the same text from which the annotation was taken.
    """

    key: str
    digest: str | None = None
    doc_id: str | None = None
    sha256: str | None = None
    media_type: str | None = None
    end: int = 0
    same_as: str | None = None
    problem: str | None = None

    def toline_at(self) -> str:
        """As a line of JSON, without what is not there."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps({k: v for k, v in fields.items() if v is not None}, ensure_ascii=False) + "\n"


@dataclass(slots=True)
class Old:
    """What earlier runs have done, to be copied. By what an input is called and what was read there."""

    known: dict[tuple[str, str | None], tuple[Path, Entry, int]] = field(default_factory=dict)

    def add(self, folder: Path, entries: Sequence[Entry], *, failures: bool) -> None:
        """Know the entries of a folder; failures only if they count as done."""
        start = 0
        for entry in entries:
            if failures or not entry.problem:
                self.known[entry.key, entry.digest] = folder / ANNOTATIONS, entry, start
            start = entry.end

    def get(self, key: str, digest: str | None) -> tuple[Entry, str | None] | None:
        """The entry of an input and its annotation; None if it is not done."""
        if (key, digest) not in self.known:
            return None
        path, entry, start = self.known[key, digest]
        return entry, None if entry.problem else line_at(path, start, entry.end)


def read_journal(path: Path) -> Iterator[tuple[Entry, int]]:
    """The entries of a journal, each with the byte at which its line ends; a last line cut short is left out."""
    at = 0
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            at += len(line)
            try:
                fields = json.loads(line)
                entry = Entry(**fields)
            except (ValueError, TypeError):
                return
            if not line.endswith(b"\n"):
                return
            yield entry, at


def recovered(folder: Path) -> list[Entry]:
    """The entries of a journal whose annotations are there; both files cut to them."""
    annotations, journal = folder / ANNOTATIONS, folder / INPUTS
    size = annotations.stat().st_size if annotations.exists() else 0
    entries: list[Entry] = []
    good = 0
    for entry, after in read_journal(journal):
        # Power may fail before the annotations reach the disk and after the journal did.
        if entry.end > size:
            break
        entries.append(entry)
        good = after
    _cut(journal, good)
    _cut(annotations, entries[-1].end if entries else 0)
    return entries


def line_at(path: Path, start: int, end: int) -> str:
    """An annotation, by its bytes in a file of them."""
    with path.open("rb") as file:
        file.seek(start)
        return file.read(end - start).decode().rstrip("\n")


def _cut(path: Path, size: int) -> None:
    if path.exists() and path.stat().st_size > size:
        os.truncate(path, size)
