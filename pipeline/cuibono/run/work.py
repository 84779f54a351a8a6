"""One run: which inputs are left, what each becomes, in which order it is written."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from cuibono.document import Document
from cuibono.errors import CuibonoError, InputError
from cuibono.formats import dumps
from cuibono.ingest.source import Source
from cuibono.run.engine import Engine, Result
from cuibono.run.folder import RunFolder
from cuibono.run.journal import Entry, Old

#: Documents that a model is given at once.
BATCH = 8

T = TypeVar("T")
#: Says what was run, when all is through.
Manifest = Callable[[RunFolder], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Done:
    """One input: its annotation as a line of JSON, or why there is none.

    Attributes:
        same_as: The document of the same text from which the annotation was taken.
        before: It was done by the run that this one goes on with; ``line`` is then None.
    """

    key: str
    line: str | None = None
    problem: str | None = None
    same_as: str | None = None
    before: bool = False

    @property
    def document(self) -> Document | None:
        """The annotation."""
        return Document.from_dict(json.loads(self.line)) if self.line else None


@dataclass(slots=True)
class _Slot:
    """An input on its way: a document to annotate, one whose text is done, a copy of what is there, a problem."""

    key: str
    digest: str | None
    document: Document | None = None
    problem: str | None = None
    twin: str | None = None
    copied: tuple[Entry, str | None] | None = None


@dataclass(slots=True)
class Work:
    """The state of one run; see :func:`cuibono.run.run`."""

    sources: Callable[[], Iterable[Source]]
    engine: Engine
    folder: RunFolder
    units: Mapping[str, Document]
    retry: bool
    manifest: Manifest
    old: Old = field(default_factory=Old)
    #: Of each text that is done or on its way: the document that has it.
    first: dict[tuple[str | None, str | None], str] = field(default_factory=dict)
    #: Where the annotation of a document stands.
    stands: dict[str, tuple[int, int]] = field(default_factory=dict)

    def go(self) -> Iterator[Done]:
        """Do what is left."""
        left, kept = self._begin()
        for entry in kept:
            yield Done(entry.key, problem=entry.problem, same_as=entry.same_as, before=True)
        if left is None:
            return
        batches: deque[list[_Slot]] = deque()

        def documents() -> Iterator[list[Document]]:
            for batch in _batched(map(self._slot, left), BATCH):
                batches.append(batch)
                yield [slot.document for slot in batch if slot.document is not None and slot.twin is None]

        for results in self.engine.results(documents()):
            yield from self._write(batches.popleft(), iter(results))
        self.folder.finish()
        self.folder.seal(self.manifest(self.folder))

    def _begin(self) -> tuple[Iterator[Source] | None, list[Entry]]:
        """The inputs that are left (None: the run is finished), and what is done of those before them."""
        folder = self.folder
        if not folder.resume:
            self.engine.start()
            folder.begin()
            return iter(self.sources()), []
        entries = folder.recovered()
        left = self._behind(entries)
        if folder.finished and left is not None and next(left, None) is None:
            if not folder.sealed:  # broken off at the very end
                folder.seal(self.manifest(folder))
            return None, entries
        self.engine.start()
        in_place = folder.unfinished and left is not None
        if folder.unfinished and not in_place:
            folder.set_aside()
        self.old = folder.old(failures=not self.retry)
        if left is None or not in_place:
            # Other inputs than before, or failures to try again: what is done is copied in the new order.
            folder.begin()
            return iter(self.sources()), []
        for before, entry in zip([Entry(""), *entries], entries, strict=False):
            self._remember(entry, before.end)
        folder.begin(entries)
        return left, entries

    def _behind(self, entries: Sequence[Entry]) -> Iterator[Source] | None:
        """The inputs behind those that are done; None where others come first, or one shall be tried again."""
        if self.retry and any(entry.problem for entry in entries):
            return None
        sources = iter(self.sources())
        for entry in entries:
            source = next(sources, None)
            if source is None or (source.key, source.digest()) != (entry.key, entry.digest):
                return None
        return sources

    def _remember(self, entry: Entry, start: int) -> None:
        if entry.doc_id is None:
            return
        self.first.setdefault((entry.sha256, entry.media_type), entry.doc_id)
        if entry.problem is None:
            self.stands[entry.doc_id] = (start, entry.end)

    def _slot(self, source: Source) -> _Slot:
        digest = source.digest()
        copied = self.old.get(source.key, digest)
        if copied and self._holds(copied[0], source):
            self._remember(copied[0], 0)
            return _Slot(source.key, digest, copied=copied)
        if source.problem:
            return _Slot(source.key, digest, problem=source.problem)
        try:
            document = source.read()
            if self.units:
                return _Slot(source.key, digest, with_units(document, self.units))
        except CuibonoError as error:
            return _Slot(source.key, digest, problem=str(error))
        text = document.text_sha256, document.source.get("media_type")
        first = self.first.setdefault(text, document.doc_id)
        return _Slot(source.key, digest, document, twin=first if first != document.doc_id else None)

    def _holds(self, entry: Entry, source: Source) -> bool:
        """Whether a run from the beginning would come to the same: under this name, as the twin of the same text."""
        if entry.doc_id is None or self.units:
            return entry.doc_id in (None, source.doc_id)
        return (entry.doc_id, entry.same_as) == (source.doc_id, self.first.get((entry.sha256, entry.media_type)))

    def _write(self, slots: Sequence[_Slot], results: Iterator[Result]) -> Iterator[Done]:
        fresh: dict[str, str] = {}
        done: list[tuple[Entry, str | None]] = []
        for slot in slots:
            entry, line = self._entry(slot, results, fresh)
            if line is not None and entry.doc_id:
                fresh[entry.doc_id] = line
            done.append((entry, line))
        start = self.folder.end
        for entry, (_, line), slot in zip(self.folder.add(done), done, slots, strict=True):
            self._remember(entry, start)
            start = entry.end
            before = slot.copied is not None
            yield Done(entry.key, None if before else line, entry.problem, entry.same_as, before)

    def _entry(self, slot: _Slot, results: Iterator[Result], fresh: Mapping[str, str]) -> tuple[Entry, str | None]:
        if slot.copied:
            return slot.copied
        document = slot.document
        if document is None:
            return Entry(slot.key, slot.digest, problem=slot.problem), None
        named = Entry(slot.key, slot.digest, document.doc_id, document.text_sha256, document.source.get("media_type"))
        if slot.twin is None:
            result = next(results)
            return replace(named, problem=result.problem), result.line
        line = fresh.get(slot.twin)
        if line is None and slot.twin in self.stands:
            line = self.folder.line(*self.stands[slot.twin])
        if line is None:
            return replace(named, problem=f"{slot.key}: the same text as {slot.twin}, which failed"), None
        found = Document.from_dict(json.loads(line))
        own = replace(found, doc_id=document.doc_id, source=document.source, meta=document.meta)
        return replace(named, same_as=slot.twin), dumps(own)


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


def _batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    batch: list[T] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
