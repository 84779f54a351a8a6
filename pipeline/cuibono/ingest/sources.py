"""What a user names (files, folders, patterns, tables, data sets), as one stream of inputs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from glob import has_magic
from pathlib import Path

from cuibono.document import sha256
from cuibono.ingest import READERS
from cuibono.ingest.columnar import HUB, is_dataset, open_hub, open_parquet, open_saved
from cuibono.ingest.folders import NOT_UTF8, TABLES, matching, suffix_of, walk
from cuibono.ingest.source import Source, UnreadableError, broken, printable
from cuibono.ingest.tables import Columns, open_csv, open_jsonl

__all__ = ["Source", "sources"]

_OPENERS: dict[str, Callable[[str, Columns], Iterator[Source]]] = {
    ".jsonl": open_jsonl,
    ".ndjson": open_jsonl,
    ".csv": open_csv,
    ".tsv": open_csv,
    ".parquet": open_parquet,
}


def sources(
    paths: Iterable[str | Path],
    *,
    text: str | None = None,
    id: str | None = None,  # noqa: A002  the option's name
    title: str | None = None,
    date: str | None = None,
    url: str | None = None,
    split: str | None = None,
) -> Iterator[Source]:
    """The inputs that are named, each file once, in order, one at a time.

    Beside what it is reading the stream keeps the ids it has given out, and, where several paths are named or
    links met, the paths. A repeated id is made unique and nothing is left out: of a file as in earlier runs by
    its folder's name, then by a hash of its path; of a row by ``-2``, ``-3`` ..., its own id then being
    ``source["id"]`` of the document.

    Args:
        paths: Texts (`.txt`, `.md`), folders of them, patterns, tables (`.jsonl`, `.ndjson`, `.csv`, `.tsv`,
            `.parquet`), folders that `save_to_disk` of `datasets` wrote, or ``hf:NAME[:SPLIT]``. Tables have
            to be named, or matched by a pattern.
        text: The column of the texts; default ``text``.
        id: The column of the ids; default ``id`` where there is one, else ``<file>-<row>``.
        title: As ``id``; what the table does not have, the documents' `meta` does not.
        date: As ``title``.
        url: As ``title``.
        split: Of a data set with splits; default: all.

    Raises:
        InputError: At the call, before anything is read: a column or split that a table does not have, or the
            extra `corpus` is not installed. What is wrong with one file or row is its source's problem.
    """
    columns = Columns(text, id, title, date, url)
    named = [n if n.startswith(HUB) else str(Path(n)) for n in map(str, paths)]
    opened = [_open(name, columns, split) for name in _expanded(named)]
    return _unique(opened)


def _expanded(names: Iterable[str]) -> Iterator[str | Source]:
    for name in names:
        try:
            is_pattern = has_magic(name) and not name.startswith(HUB) and not Path(name).exists()
            yield from matching(name) if is_pattern else [name]
        except UnreadableError as error:
            yield broken(name, error.problem)
        except OSError as error:
            yield broken(name, f"cannot be read: {error.strerror}")


#: One thing that was named: a source, or a table or folder to go through.
_Opened = Source | Callable[[], Iterator[Source | Path]]


def _open(name: str | Source, columns: Columns, split: str | None) -> tuple[str, _Opened]:
    """The name, for telling what is named twice, and what is there. Tables are checked now and read later."""
    if isinstance(name, Source):
        return name.key, name
    if printable(name) != name:
        return name, broken(name, NOT_UTF8)
    path = Path(name)
    opener = _OPENERS.get(suffix_of(name))
    try:
        if name.startswith(HUB):
            return name, partial(_rows, name, open_hub(name, columns, split))
        if path.is_dir():
            rows = open_saved(name, columns, split) if is_dataset(path) else None
            return name, partial(walk, path) if rows is None else partial(_rows, name, rows)
        if opener and path.is_file():
            return name, partial(_rows, name, opener(name, columns))
        return name, _file(path)
    except UnreadableError as error:
        return name, broken(name, error.problem)
    except OSError as error:
        return name, broken(name, f"cannot be read: {error.strerror}")


def _file(path: Path) -> Source:
    """A text that is named, by the name's look."""
    name = str(path)
    if not path.exists():
        return broken(name, "a link that leads nowhere" if path.is_symlink() else "no such file")
    if suffix_of(name) not in READERS:
        allowed = ", ".join((*READERS, *TABLES))
        return broken(name, f"unknown kind of file {path.suffix or '(no suffix)'!r}; allowed: {allowed}")
    if not path.is_file():
        return broken(name, "neither a file nor a folder")
    return Source(name, path.stem, path=name)


def _rows(name: str, rows: Iterator[Source]) -> Iterator[Source]:
    """A table to its end, or to where it cannot be read any further."""
    count = 0
    try:
        for count, row in enumerate(rows, 1):  # noqa: B007
            yield row
    except UnreadableError as error:
        yield broken(name, error.problem)
    else:
        if not count:
            yield broken(name, "a table without rows")


def _unique(opened: list[tuple[str, _Opened]]) -> Iterator[Source]:
    seen: set[str] = set()
    ids = _Ids()
    several = len(opened) > 1
    for name, found in opened:
        if _again(name, seen):
            continue
        items = iter([found]) if isinstance(found, Source) else found()
        for item in items:
            if isinstance(item, Path):
                # One folder has a file twice only by a link.
                if (several or item.is_symlink()) and _again(str(item), seen):
                    continue
                yield ids.named(Source(str(item), item.stem, path=str(item)))
            else:
                yield ids.named(item)


def _again(name: str, seen: set[str]) -> bool:
    key = os.path.realpath(name)  # Path.resolve raises on a link to itself
    known = key in seen
    seen.add(key)
    return known


class _Ids:
    """The ids that are taken."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._last: dict[str, int] = {}

    def named(self, source: Source) -> Source:
        """The source with an id that no earlier one has."""
        chosen = next((c for c in _candidates(source) if c not in self._taken), None) or self._numbered(source.doc_id)
        self._taken.add(chosen)
        return source if chosen == source.doc_id else replace(source, doc_id=chosen)

    def _numbered(self, doc_id: str) -> str:
        number = self._last.get(doc_id, 1) + 1
        while f"{doc_id}-{number}" in self._taken:
            number += 1
        self._last[doc_id] = number
        return f"{doc_id}-{number}"


def _candidates(source: Source) -> Iterator[str]:
    yield source.doc_id
    if source.row is None and source.problem is None:
        path = Path(source.path)
        yield f"{path.parent.name}-{source.doc_id}"
        yield f"{source.doc_id}-{sha256(path.as_posix())[:8]}"
