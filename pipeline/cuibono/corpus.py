"""The labelled corpus: labels in the repository, most texts elsewhere; check them together, and load them.

A corpus folder has a folder a split (``train``, ``dev``, ``test``) with one annotation file a
text. Labels on texts that may not be passed on are stand-off; the texts are looked up by name.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuibono.document import Block, Document, Unit
from cuibono.errors import AnnotationError, CuibonoError, InputError
from cuibono.extract.actors import load_table
from cuibono.formats import load
from cuibono.formats.jsonl import find_texts, put_back

if TYPE_CHECKING:
    from datasets import Dataset

SPLITS = ("train", "dev", "test")
#: Sentences of this many words that two splits share are no coincidence.
SHARED_WORDS = 8
_HANDLE = re.compile(r"(org|person):[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(slots=True)
class Check:
    """What :func:`check` found: problems, one line each, and what the corpus holds."""

    problems: list[str] = field(default_factory=list)
    documents: Counter[str] = field(default_factory=Counter)
    units: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    actors: Counter[str] = field(default_factory=Counter)
    differing: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As JSON; counters by descending count."""
        counters = ("documents", "units", "labels", "actors")
        counts = {name: dict(getattr(self, name).most_common()) for name in counters}
        return {"problems": self.problems, **counts, "units_with_differing_labels": self.differing}


def check(folder: str | Path, texts: str | Path | None = None) -> Check:
    """Lay labels and texts together.

    Problems are: labels whose text is missing or altered, offsets that split a character or lie in no
    paragraph, unknown actors, one text under two names, and texts or sentences that two splits share.

    Args:
        folder: A corpus folder, such as ``data/annotated/open``.
        texts: The folder (searched with its subfolders) of the texts of stand-off labels.

    Raises:
        InputError: The folder has none of the splits.
    """
    result = Check()
    documents: list[tuple[str, Document]] = []
    available = _available(texts)
    for split, path in _files(Path(folder)):
        try:
            document = _with_text(load(path)[0], available, path)
        except CuibonoError as error:
            result.problems.append(str(error))
            continue
        documents.append((split, document))
        result.problems += [f"{path}: {problem}" for problem in _document_problems(document)]
        _tally(result, split, document)
    result.problems += _shared(documents)
    return result


def load_corpus(split: str, texts: str | Path | None = None, labels: str | Path | None = None) -> Dataset:
    """One split as a :class:`datasets.Dataset`, a row for each unit and actor.

    Columns: ``doc_id``, ``unit_id``, ``start``, ``end``, ``unit``, ``left`` and ``right`` (the rest of the
    paragraph before and behind the unit), ``role``, ``actor``, ``actor_name``, ``label``.

    Args:
        split: ``train``, ``dev`` or ``test``.
        texts: The folder of the texts of stand-off labels; without it a document that carries no text is
            an error.
        labels: A corpus folder; default: ``data/annotated/open`` of this checkout.

    Raises:
        InputError: No such split or folder, or a text is missing.
        AnnotationError: A text was altered.
        ImportError: The extra ``corpus`` (the ``datasets`` library) is not installed.
    """
    try:
        from datasets import Dataset
    except ImportError:
        raise ImportError('load_corpus needs the datasets library: pip install "cuibono[corpus]"') from None
    folder = Path(labels) if labels else Path(__file__).parents[2] / "data" / "annotated" / "open"
    return Dataset.from_list([row for document in read_split(folder, split, texts) for row in _rows(document)])


def read_split(folder: str | Path, split: str, texts: str | Path | None = None) -> list[Document]:
    """The documents of one split, with their texts, in the order of their names. Raises as :func:`load_corpus`."""
    if split not in SPLITS:
        raise InputError(split, f"no such split; allowed: {', '.join(SPLITS)}")
    available = _available(texts)
    paths = [path for name, path in _files(Path(folder)) if name == split]
    return [_with_text(load(path)[0], available, path) for path in paths]


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    found = [(split, path) for split in SPLITS for path in sorted((folder / split).glob("*.json"))]
    if not found:
        raise InputError(folder, f"no labels; allowed: a folder with {', '.join(SPLITS)} of .json files")
    yield from found


def _available(texts: str | Path | None) -> dict[str, Path]:
    if texts is None:
        return {}
    if not Path(texts).is_dir():
        raise InputError(texts, "no such folder of texts")
    return find_texts(texts)


def _with_text(document: Document, available: Mapping[str, Path], path: Path) -> Document:
    if document.text is not None:
        return document
    if document.doc_id not in available:
        raise InputError(path, f"the text {document.doc_id}.txt is missing; see SOURCES.tsv for how to get it")
    source = available[document.doc_id]
    try:
        return put_back(document, source)
    except UnicodeDecodeError as error:
        raise InputError(source, f"altered: not the text that {path.name} labels ({error.reason})") from None
    except AnnotationError as error:
        raise InputError(source, f"altered: not the text that {path.name} labels ({error})") from None


def _document_problems(document: Document) -> Iterator[str]:
    known = load_table().names
    for actor in document.actors:
        if actor not in known and not _HANDLE.fullmatch(actor):
            yield f"actors: found {actor!r}; allowed: an id of the actor table, or a handle (org:..., person:...)"
    text, paragraphs = document.require_text(), document.of_kind("paragraph")
    for unit in document.units:
        place = f"unit {unit.id} [{unit.start}, {unit.end})"
        if not any(b.start <= unit.start and unit.end <= b.end for b in paragraphs):
            yield f"{place}: lies in no paragraph"
        if _splits_character(text, unit):
            yield f"{place}: splits a character"
        if missing := set(document.actors) - set(unit.stakes):
            yield f"{place}: no stakes for {', '.join(sorted(missing))}"


def _splits_character(text: str, unit: Unit) -> bool:
    """A combining mark or a joiner belongs to the character before it."""
    return any(
        0 < edge < len(text) and (unicodedata.combining(text[edge]) or text[edge] in "\u200d\ufe0f")
        for edge in (unit.start, unit.end)
    )


def _tally(result: Check, split: str, document: Document) -> None:
    result.documents[split] += 1
    result.units[split] += len(document.units)
    for unit in document.units:
        labels = [stakes.label for stakes in unit.stakes.values()]
        result.labels.update(labels)
        result.actors.update(unit.stakes.keys())
        result.differing += len(set(labels)) > 1


def _shared(documents: list[tuple[str, Document]]) -> Iterator[str]:
    """One text under two names or in two splits; sentences of the test split that others have."""
    seen: dict[str, tuple[str, str]] = {}
    for split, document in documents:
        for key, what in ((document.text_sha256, "text"), (document.doc_id, "name")):
            if key in seen:
                other, name = seen[key]
                yield f"{split}/{document.doc_id}: the same {what} as {other}/{name}; allowed: each once"
            seen.setdefault(key, (split, document.doc_id))
    sentences: dict[str, tuple[str, str]] = {}
    for split, document in sorted(documents, key=lambda pair: pair[0] == "test"):
        for unit in document.units:
            words = re.findall(r"\w+", document.span(unit).lower())
            key = " ".join(words)
            if len(words) < SHARED_WORDS:
                continue
            other, name = sentences.setdefault(key, (split, document.doc_id))
            if (other == "test") != (split == "test"):
                yield f"{split}/{document.doc_id}: unit {unit.id} stands in {other}/{name} as well"


def _rows(document: Document) -> Iterator[dict[str, Any]]:
    for unit in document.units:
        left, right = _context(document, unit)
        for actor, stakes in unit.stakes.items():
            yield {
                "doc_id": document.doc_id,
                "unit_id": unit.id,
                "start": unit.start,
                "end": unit.end,
                "unit": document.span(unit),
                "left": left,
                "right": right,
                "role": unit.role,
                "actor": actor,
                "actor_name": document.actors[actor],
                "label": stakes.label,
            }


def _context(document: Document, unit: Unit) -> tuple[str, str]:
    whole = Block(unit.start, unit.end, "paragraph")
    block = next((b for b in document.of_kind("paragraph") if b.start <= unit.start < b.end), whole)
    text = document.require_text()
    return text[block.start : unit.start], text[unit.end : block.end]
