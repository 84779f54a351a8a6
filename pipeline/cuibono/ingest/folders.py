"""The texts below a folder and the files of a pattern, in order, without a list of them all."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from pathlib import Path

from cuibono.ingest import READERS
from cuibono.ingest.source import Source, UnreadableError, broken, printable

TABLES = (".jsonl", ".ndjson", ".csv", ".tsv", ".parquet")
NOT_UTF8 = "a name that is not UTF-8; rename it"


def suffix_of(name: str) -> str:
    """The suffix as `READERS` has it."""
    return os.path.splitext(name)[1].lower()  # noqa: PTH122  a Path for each of a million names takes a while


def walk(folder: Path) -> Iterator[Path | Source]:
    """The texts below a folder in the order of their paths, and what cannot be read of it.

    Memory is needed for the names of one folder a level. Tables are not taken: they stand beside texts as
    lists of them. Links to folders are not followed, which a loop of links would make endless.
    """
    levels = [_entries(folder)]
    texts = tables = 0
    while levels:
        item = next(levels[-1], None)
        if item is None:
            levels.pop()
        elif isinstance(item, Source):
            texts += 1
            yield item
        elif suffix_of(item.name) in TABLES:
            tables += 1
        elif item.is_dir(follow_symlinks=False):
            levels.append(_entries(Path(item.path)))
        elif (found := _text(item, folder)) is not None:
            texts += 1
            yield found
    if not texts:
        allowed = ", ".join(READERS)
        hint = f"; it holds {tables} tables, to be named themselves" if tables else ""
        yield broken(folder, f"a folder without texts; allowed: files ending in {allowed}{hint}")


def _entries(folder: Path) -> Iterator[os.DirEntry[str] | Source]:
    """What the order of paths by their parts asks for: one folder's entries by name."""
    try:
        with os.scandir(folder) as entries:
            found = sorted((e for e in entries if _may_matter(e)), key=lambda e: e.name)
    except OSError as error:
        found = []
        yield broken(folder, f"a folder that cannot be read: {error.strerror}")
    yield from found


def _may_matter(entry: os.DirEntry[str]) -> bool:
    known = suffix_of(entry.name) in READERS or suffix_of(entry.name) in TABLES
    return known or entry.is_dir(follow_symlinks=False) or entry.is_symlink()


def _text(entry: os.DirEntry[str], root: Path) -> Path | Source | None:
    path = Path(entry.path)
    is_text = suffix_of(entry.name) in READERS
    if printable(entry.path) != entry.path:
        return broken(path, NOT_UTF8) if is_text else None
    try:
        if not entry.is_symlink():
            return path if is_text and entry.is_file() else None
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError: a loop, up to Python 3.12
        return broken(path, "a link that leads nowhere, or in a circle") if is_text else None
    inside = target.is_relative_to(root.resolve())
    if target.is_dir():
        # What is below the folder anyway is read there.
        return None if inside else broken(path, "a link to another folder, not followed; name that to read it")
    if inside and suffix_of(target.name) in READERS:
        return None
    return path if is_text and target.is_file() else None


def matching(pattern: str) -> list[str]:
    """The files and folders of a pattern (``*``, ``?``, ``[...]``, ``**`` for any depth) that can be read, in order.

    Raises:
        UnreadableError: There is none.
    """
    allowed = (*READERS, *TABLES)
    found = sorted(p for p in glob.iglob(pattern, recursive=True) if suffix_of(p) in allowed or Path(p).is_dir())  # noqa: PTH207
    # With ** a folder matches, and so does each text in it.
    found = [p for p in found if "**" not in pattern or not Path(p).is_dir()]
    if not found:
        raise UnreadableError(pattern, f"no file matches; allowed: files ending in {', '.join(allowed)}")
    return found
