"""`cuibono/1` files: one JSON object (`.json`) or one a line (`.jsonl`), UTF-8."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cuibono.document import Document, sha256
from cuibono.errors import AnnotationError, InputError


def load(path: str | Path, texts: str | Path | None = None) -> list[Document]:
    """Read every document of a file, or of the files of a folder.

    Args:
        path: A `.json` file with one object, a `.jsonl` file with one a line, or a folder, whose
            `.json` files (not those of its subfolders) are read in the order of their names.
        texts: A folder in which, subfolders included, the texts of stand-off annotations are found as
            ``<doc_id>.txt``.

    Raises:
        InputError: No such file, not UTF-8, not JSON (with the line).
        AnnotationError: An annotation that breaks the schema (with the line and the field).
    """
    path = Path(path)
    try:
        files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    except OSError as error:  # such as a name longer than a name may be
        raise InputError(path, f"cannot be read: {error.strerror}") from None
    found = [(_parse(obj, where), file) for file in files for obj, where in _objects(file)]
    if not found:
        raise InputError(path, "no annotation in this folder; allowed: a folder with .json files")
    if texts is None:
        return [doc for doc, _ in found]
    known = find_texts(texts)
    return [_reunite(doc, known, Path(texts), file) for doc, file in found]


def stream(path: str | Path) -> Iterator[Document]:
    """The documents of a `.jsonl` file, one at a time. Raises as :func:`load`, at the line."""
    try:
        with Path(path).open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _parse(_json(line, path, number), f"{path}:{number}")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(path, f"cannot be read as UTF-8 JSON: {error}") from None


def _json(line: str, path: str | Path, number: int) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(path, _at(error, number)) from None
    except (ValueError, RecursionError) as error:
        raise InputError(path, f"line {number}: not JSON that can be read ({error})") from None


def find_texts(folder: str | Path) -> dict[str, Path]:
    """The texts in a folder and its subfolders by the id of their document; of two of one name the last."""
    return {path.stem: path for path in sorted(Path(folder).rglob("*.txt"))}


def put_back(doc: Document, source: Path) -> Document:
    """A stand-off annotation with the text of a file. Raises OSError, UnicodeDecodeError, AnnotationError."""
    return doc.with_text(source.read_bytes().decode(doc.source.get("encoding", "utf-8")))


def dumps(document: Document, *, indent: int | None = None) -> str:
    """One document as JSON. The same document always gives the same string."""
    return json.dumps(document.to_dict(), ensure_ascii=False, indent=indent)


def dump(documents: Document | Iterable[Document], path: str | Path) -> None:
    """Write one document to `.json` (indented, for people), or any number to `.jsonl`, one a line."""
    path = Path(path)
    if isinstance(documents, Document) and path.suffix != ".jsonl":
        text = dumps(documents, indent=1) + "\n"
    else:
        many = [documents] if isinstance(documents, Document) else documents
        text = "".join(dumps(doc) + "\n" for doc in many)
    path.write_text(text, encoding="utf-8", newline="\n")


def _objects(path: Path) -> Iterator[tuple[Any, str]]:
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(path, "no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(path, f"cannot be read as UTF-8 JSON: {error}") from None
    try:
        yield json.loads(content), str(path)
        return
    except json.JSONDecodeError as error:
        whole = error
    except (ValueError, RecursionError) as error:
        raise InputError(path, f"not JSON that can be read ({error})") from None
    lines = content.split("\n")
    if len([line for line in lines if line.strip()]) < 2 or path.suffix == ".json":
        raise InputError(path, _at(whole, whole.lineno))
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _json(line, path, number), f"{path}:{number}"


def _at(error: json.JSONDecodeError, line: int) -> str:
    return f"line {line}, column {error.colno}: not JSON ({error.msg})"


def _parse(obj: Any, where: str) -> Document:
    try:
        return Document.from_dict(obj)
    except AnnotationError as error:
        raise error.located(where) from None


def _reunite(doc: Document, known: Mapping[str, Path], folder: Path, path: Path) -> Document:
    if doc.text is not None:
        return doc
    source = known.get(doc.doc_id, folder / f"{doc.doc_id}.txt")
    try:
        return put_back(doc, source)
    except OSError:
        raise InputError(source, f"no such file; it should hold the text of {doc.doc_id}") from None
    except UnicodeDecodeError as error:
        raise InputError(source, f"cannot be decoded as {error.encoding}: {error}") from None
    except AnnotationError as error:
        if error.place == "text_sha256":
            error = AnnotationError(
                error.place, doc.text_sha256, f"{sha256(source.read_bytes())}, the sha256 of {source}"
            )
        raise error.located(str(path)) from None
