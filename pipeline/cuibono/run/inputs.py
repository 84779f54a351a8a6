"""What a run reads: texts, or the reason why an input is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from cuibono.document import Document
from cuibono.errors import InputError
from cuibono.ingest import READERS, read


class Source(Protocol):
    """An input: a text, or the reason why it is none."""

    @property
    def key(self) -> str:
        """What it is called, the same in each run."""
        ...

    @property
    def problem(self) -> str | None:
        """Why it cannot be read."""
        ...

    def read(self) -> Document:
        """The document, with its blocks. Raises CuibonoError."""
        ...


@dataclass(frozen=True, slots=True)
class Input:
    """A text to read, or an input that is no text and the reason."""

    path: Path
    problem: str | None = None

    @property
    def key(self) -> str:
        """The path as it was given."""
        return self.path.as_posix()

    def read(self) -> Document:
        """See :func:`cuibono.ingest.read`."""
        return read(self.path)


def find_inputs(paths: Iterable[str | Path]) -> list[Input]:
    """The text files that are named, and those in folders that are named, each once, in order."""
    found: dict[Path, Input] = {}
    for path in map(Path, paths):
        for item in _in_folder(path) if path.is_dir() else [Input(path)]:
            found.setdefault(item.path.resolve(), item)
    return list(found.values())


def _in_folder(folder: Path) -> list[Input]:
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in READERS and p.is_file())
    allowed = ", ".join(READERS)
    return [Input(p) for p in files] or [
        Input(folder, f"{folder}: a folder without texts; allowed: files ending in {allowed}")
    ]


def with_units(document: Document, units: Mapping[str, Document]) -> Document:
    """The document with the units that another annotation gives it.

    Raises:
        InputError: That annotation has no such document, or is about another text.
    """
    given = units.get(document.doc_id)
    path = document.source["path"]
    if given is None:
        raise InputError(path, f"no units given for {document.doc_id!r}; there are units for: {', '.join(units)}")
    if given.text_sha256 != document.text_sha256:
        raise InputError(path, f"text_sha256: found {document.text_sha256}; the units are for {given.text_sha256}")
    return replace(document, units=given.units, actors=given.actors)
