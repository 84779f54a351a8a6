"""Many documents: find the inputs, annotate each, keep what is done, isolate what fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cuibono.document import Document, sha256
from cuibono.errors import CuibonoError, InputError
from cuibono.formats import dumps, load
from cuibono.ingest import READERS, read

ANNOTATIONS = "annotations.jsonl"


@dataclass(frozen=True, slots=True)
class Done:
    """One input: its annotation, or why there is none."""

    path: str
    document: Document | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Input:
    """A text to read, or an input that is no text and the reason."""

    path: Path
    problem: str | None = None


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


def with_units(document: Document, units: dict[str, Document]) -> Document:
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


def run(
    inputs: Sequence[Input],
    annotate: Callable[[Document], Document],
    out: Path,
    *,
    units: Path | None = None,
) -> Iterator[Done]:
    """Annotate the inputs one by one and write ``annotations.jsonl`` into the folder ``out``.

    The file appears, or replaces the one of an earlier run, when all inputs are through; until then
    what is done stands in ``annotations.jsonl.partial``, a line a document.

    Raises:
        CuibonoError: The folder cannot be written, or ``units`` cannot be read. A bad input raises
            nothing: it is yielded with its problem.
    """
    given = {d.doc_id: d for d in load(units)} if units else {}
    partial = out / f"{ANNOTATIONS}.partial"
    try:
        out.mkdir(parents=True, exist_ok=True)
        file = partial.open("w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise InputError(out, f"the output folder cannot be written: {error.strerror}") from None
    seen: set[str] = set()
    with file:
        for item in inputs:
            done = _annotate(item, annotate, given, seen)
            if done.document is not None:
                file.write(dumps(done.document) + "\n")
                file.flush()
            yield done
    partial.replace(out / ANNOTATIONS)


def _annotate(
    item: Input, annotate: Callable[[Document], Document], given: dict[str, Document], seen: set[str]
) -> Done:
    if item.problem:
        return Done(str(item.path), problem=item.problem)
    try:
        document = read(item.path)
        document = replace(document, doc_id=_unused(document, item.path, seen))
        document = with_units(document, given) if given else document
        return Done(str(item.path), annotate(document))
    except CuibonoError as error:
        return Done(str(item.path), problem=str(error))


def _unused(document: Document, path: Path, seen: set[str]) -> str:
    """The file's name; where that is taken, the folder's name before it, then a part of the path's hash."""
    candidates = (document.doc_id, f"{path.parent.name}-{document.doc_id}")
    last = f"{document.doc_id}-{sha256(path.as_posix())[:8]}"
    chosen = next((c for c in candidates if c not in seen), last)
    seen.add(chosen)
    return chosen
