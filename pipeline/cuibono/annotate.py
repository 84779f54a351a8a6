"""One document, from its text to a full annotation: extract, classify, weigh."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from spacy.language import Language
from spacy.tokens import Span

from cuibono import DEFAULT_MODEL
from cuibono.classify import load_classifier
from cuibono.classify.base import Classifier
from cuibono.classify.figures import actor_stakes
from cuibono.classify.mentions import mentions
from cuibono.document import Document, Stakes, Unit
from cuibono.extract.actors import Actor, ActorTable, load_table
from cuibono.extract.entities import EntityLinker
from cuibono.extract.pipeline import SPACY_MODEL, Parsed, load_spacy, parse_many
from cuibono.ingest import notes


@dataclass(frozen=True, slots=True)
class _Judged:
    """A unit with its labels; ``given`` is the unit that was handed in, if one was."""

    span: Span
    role: tuple[str, float]
    stakes: dict[str, Stakes]
    given: Unit | None = None


class Annotator:
    """Annotates documents for the same actors with the same models, which are loaded once.

    Args:
        actors: Those asked about, as :meth:`ActorTable.resolve` gives them.
        model: The name of a classifier, see :func:`cuibono.classify.load_classifier`, or a classifier.
        spacy_model: The name of any spaCy pipeline with a tagger, a parser and entities, or a pipeline that has our
            components already.
    """

    def __init__(
        self,
        actors: Sequence[Actor],
        model: str | Classifier = DEFAULT_MODEL,
        spacy_model: str | Language = SPACY_MODEL,
    ) -> None:
        if not actors:
            raise ValueError("actors: found none; allowed: at least one")
        self.actors = {actor.id: actor.name for actor in actors}
        self.table: ActorTable = load_table()
        for actor in actors:
            self.table = self.table.with_actor(actor)
        self.nlp: Language = load_spacy(spacy_model) if isinstance(spacy_model, str) else spacy_model
        self.classifier: Classifier = load_classifier(model) if isinstance(model, str) else model

    def annotate(self, document: Document) -> Document:
        """Entities, units with roles and stakes, and ``actor_stakes`` for every actor asked about.

        A document that already has units keeps them (their spans and ids), and only their labels
        are new: so a classifier is scored on given units.
        """
        return next(self.annotate_many([document]))

    def annotate_many(self, documents: Sequence[Document]) -> Iterator[Document]:
        """:meth:`annotate` for several documents at once, in their order."""
        linker = self.nlp.get_pipe("cuibono_entities")
        assert isinstance(linker, EntityLinker)
        # The spaCy pipeline is shared between annotators; the names that it must find are not.
        linker.use(self.table)
        for parsed in parse_many(list(documents), self.nlp):
            yield self._annotated(parsed)

    def _annotated(self, parsed: Parsed) -> Document:
        judged = self._judge_given(parsed) if parsed.document.units else self._judge_found(parsed)
        said = mentions(parsed.doc)
        spans, labels = [j.span for j in judged], [j.stakes for j in judged]
        document = replace(
            parsed.document,
            annotator=self.classifier.annotator,
            actors=self.actors,
            entities=parsed.entities(),
            units=self._units(parsed, judged),
            relations=(),
            actor_stakes={a: actor_stakes(spans, labels, a, said) for a in self.actors},
        )
        warnings = list(self._warnings(parsed, document))
        return replace(document, extra={**document.extra, "warnings": warnings}) if warnings else document

    def _judge_found(self, parsed: Parsed) -> list[_Judged]:
        found = parsed.units()
        halves = [half for _, pair in found for half in pair]
        # In one call: what a classifier works out for the whole document is worked out once.
        judged = iter(self._judge(parsed, [*(whole for whole, _ in found), *halves]))
        wholes = [next(judged) for _ in found]
        out: list[_Judged] = []
        for whole, (_, pair) in zip(wholes, found, strict=True):
            parts = [next(judged) for _ in pair]
            out.extend(parts if parts and _differ(*parts) else [whole])
        return out

    def _judge_given(self, parsed: Parsed) -> list[_Judged]:
        given = [(unit, parsed.span(unit.start, unit.end)) for unit in parsed.document.units]
        known = [(unit, span) for unit, span in given if span is not None]
        judged = self._judge(parsed, [span for _, span in known])
        return [replace(j, given=unit) for j, (unit, _) in zip(judged, known, strict=True)]

    def _judge(self, parsed: Parsed, spans: Sequence[Span]) -> list[_Judged]:
        roles = self.classifier.roles(spans)
        stakes = self.classifier.stakes(parsed.doc, spans, list(self.actors))
        return [_Judged(*row) for row in zip(spans, roles, stakes, strict=True)]

    def _units(self, parsed: Parsed, judged: Sequence[_Judged]) -> tuple[Unit, ...]:
        text, labels = parsed.document.require_text(), parsed.document.endnote_labels()
        out = []
        for i, j in enumerate(judged, 1):
            start, end = (j.given.start, j.given.end) if j.given else parsed.offsets(j.span)
            name = j.given.id if j.given else f"u{i}"
            role, score = j.role
            tied = _endnotes(text, start, end, labels)
            out.append(Unit(name, start, end, role, round(score, 4), j.stakes, tied))
        return tuple(out)

    def _warnings(self, parsed: Parsed, document: Document) -> Iterator[str]:
        if not parsed.seems_english():
            yield "the text does not seem to be English, which is all that this model reads"
        named = {e.actor for e in document.entities}
        for actor, name in self.actors.items():
            if actor not in named:
                yield f"{name} ({actor}) is not named in the text"
        for unit in document.units:
            pieces = max((s.extra.get("pieces", 1) for s in unit.stakes.values()), default=1)
            if pieces > 1:
                yield f"unit {unit.id} is longer than the model's window and was read in {pieces} pieces"
        if not document.units:
            yield "no unit was found: no paragraph has a sentence that asserts something"


def _differ(left: _Judged, right: _Judged) -> bool:
    """The codebook splits a sentence only where its halves differ in role or in stakes."""
    labels = [{a: s.label for a, s in half.stakes.items()} for half in (left, right)]
    return left.role[0] != right.role[0] or labels[0] != labels[1]


def _endnotes(text: str, start: int, end: int, labels: Sequence[str]) -> tuple[str, ...]:
    """The endnotes whose markers stand in a unit or right behind it."""
    found = []
    for marker in notes.markers(text, labels, start, min(len(text), end + 40)):
        between = text[end : marker.start] if marker.start >= end else ""
        if between.strip(" .,;:!?\"'”’)\xa0"):
            break
        found.append(marker.label)
        end = max(end, marker.end)
    return tuple(dict.fromkeys(found))
