"""From a file to a :class:`~cuibono.document.Document` with blocks and no other layer yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cuibono.document import Block, Document, sha256
from cuibono.errors import InputError
from cuibono.ingest import layout, markdown
from cuibono.ingest.decode import decode

__all__ = ["READERS", "read", "with_blocks"]

Reader = Callable[[str], tuple[Block, ...]]

#: File suffix -> how its blocks are found, and its media type.
READERS: dict[str, tuple[Reader, str]] = {
    ".txt": (layout.blocks, "text/plain"),
    ".text": (layout.blocks, "text/plain"),
    ".md": (markdown.blocks, "text/markdown"),
    ".markdown": (markdown.blocks, "text/markdown"),
}


def read(path: str | Path, doc_id: str | None = None) -> Document:
    """Read one text file; ``text`` is its decoded content, unchanged.

    Args:
        path: A `.txt` or `.md` file.
        doc_id: Default: the file's name without suffix.

    Raises:
        InputError: No such file, unknown suffix, empty, binary, undecodable, or without a paragraph.
    """
    path = Path(path)
    find_blocks, media_type = _reader(path)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise InputError(path, "no such file") from None
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror}") from None
    decoded = decode(data, path)
    source = {"path": path.as_posix(), "sha256": sha256(data), "media_type": media_type}
    source["encoding"] = decoded.encoding
    return with_blocks(decoded.text, doc_id or path.stem, source, path, find_blocks)


def with_blocks(
    text: str, doc_id: str, source: Mapping[str, Any], place: object, find_blocks: Reader = layout.blocks
) -> Document:
    """A text as a document with blocks, and the title that is among them.

    Args:
        text: It stays as it is; offsets are into it.
        doc_id: Of the document.
        source: Where it is from.
        place: What errors call it.
        find_blocks: By default as in a `.txt` file.

    Raises:
        InputError: No paragraph to analyse.
    """
    found = find_blocks(text)
    if not any(b.kind == "paragraph" for b in found):
        kinds = ", ".join(sorted({b.kind for b in found})) or "white space"
        raise InputError(place, f"no paragraph to analyse; found only: {kinds}")
    titles = [text[b.start : b.end] for b in found if b.kind == "title"]
    # Of a short title and the full headline the latter.
    meta = {"title": max(titles, key=len)} if titles else {}
    return Document(doc_id, text, sha256(text), source=source, meta=meta, blocks=found)


def _reader(path: Path) -> tuple[Reader, str]:
    try:
        return READERS[path.suffix.lower()]
    except KeyError:
        allowed = ", ".join(READERS)
        raise InputError(path, f"unknown kind of file {path.suffix or '(no suffix)'!r}; allowed: {allowed}") from None
