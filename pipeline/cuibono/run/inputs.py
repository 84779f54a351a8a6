"""What a run reads: :mod:`cuibono.ingest.sources` makes it, anything of this shape will do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from cuibono.document import Document
from cuibono.errors import InputError


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

    def digest(self) -> str | None:
        """Of what would be read; None where that cannot be had."""
        ...

    def read(self) -> Document:
        """The document, with its blocks. Raises CuibonoError."""
        ...


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
