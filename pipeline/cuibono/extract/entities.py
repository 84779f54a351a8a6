"""spaCy component ``cuibono_entities``: named mentions, and the actors they stand for.

The actor table comes first, since it knows what a small statistical model can not; the model's
entities fill what the table does not have; acronyms and persons are then bound over the document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc, Span, Token
from spacy.util import filter_spans

from cuibono.document import ENTITY_LABELS
from cuibono.extract.acronyms import definitions
from cuibono.extract.actors import ActorTable, Surface, load_table, slug

_PREFIXES = {
    "Sino": "CHN", "Russo": "RUS", "Anglo": "GBR", "Franco": "FRA", "Indo": "IND", "Greco": "GRC",
    "Turko": "TUR", "Irano": "IRN", "Italo": "ITA", "Hispano": "ESP", "Luso": "PRT", "Polono": "POL",
}  # fmt: skip
#: The last word of a name that says what kind of thing it is, whatever the model thinks.
_HEADS = {
    "LAW": "Treaty Agreement Accord Accords Act Convention Protocol Pact Declaration Charter Memorandum Resolution "
    "Doctrine Statute Regulation Amendment",
    "FAC": "Corridor Pipeline Canal Railway Bridge Dam Port Airport Base Highway Stream Reactor Station",
    "EVENT": "War Revolution Summit Conference Olympics Games Crisis Uprising Spring",
    "LOC": "Sea Ocean Strait Straits Gulf River Mountains Peninsula Valley Basin Desert Channel",
}  # fmt: skip
_LABEL_OF_HEAD = {word: label for label, words in _HEADS.items() for word in words.split()}
#: Names in which an organisation's label does not make an actor: what it names is a plan or a policy.
_NO_ACTOR = re.compile(
    r"\b(Initiative|Plan|Program|Programme|Partnership|Policy|Strategy|Report|Review|Index|Framework|Project|Fund|Deal"
    r"|Road|Look East)$"
)
#: Common nouns that texts like to capitalise; alone they name nobody.
_COMMON = frozenset(
    """
    Administration Agreement Alliance Ambassador Army Assembly Bank Board Cabinet Charter Commission Committee
    Community Company Conference Congress Constitution Convention Council Court Department Embassy Empire
    Federation Force Forces Government Group Hemisphere House Institute Kingdom Minister Ministry Mission Nation
    Organization Parliament Party President Protocol Republic Resolution Secretary Senate State States Strategy
    Summit Treaty Union West East North South
    """.split()
)
_NOT_ALONE = re.compile(r"(?:former|post|ex|anti|pre)$", re.IGNORECASE)
_TITLES = re.compile(
    r"^(?:Mr|Mrs|Ms|Dr|Prof|President|Prime Minister|Minister|Foreign Minister|Secretary|General|King|Sheikh|Chancellor"
    r"|Senator|Ayatollah)\.?\s+"
)

if not Span.has_extension("actor"):
    Span.set_extension("actor", default=None)


@Language.factory(
    "cuibono_entities",
    requires=["token.tag"],
    assigns=["doc.ents", "span._.actor"],
)
def make_entities(nlp: Language, name: str) -> EntityLinker:  # noqa: ARG001 - spaCy passes the name
    """The component with the package's own actor table."""
    return EntityLinker(nlp, load_table())


class EntityLinker:
    """Replaces ``doc.ents`` by entities with the labels of the scheme and sets ``ent._.actor``."""

    def __init__(self, nlp: Language, table: ActorTable) -> None:
        self.nlp = nlp
        self.table: ActorTable | None = None
        self.use(table)

    def use(self, table: ActorTable) -> None:
        """Match by another table from now on."""
        if table == self.table:
            return
        self.table = table
        self._known = {s.text.replace("’", "'"): s for s in table.surfaces.values()}
        self._matcher = self._matcher_of(self._known)

    def __call__(self, doc: Doc) -> Doc:
        """Set ``doc.ents`` and their actors."""
        found = _merge(self._table_spans(doc), [s for e in doc.ents if (s := _normalised(e)) is not None])
        found = self._bind_acronyms(doc, found)
        found = self._repeat_names(doc, found)
        _bind_persons(found)
        for span in found:
            if span._.actor is None and span.label_ == "ORG" and self._may_act(span):
                span._.actor = f"org:{slug(span.text)}"
        doc.ents = found
        # doc.ents makes new spans; the extension is stored by offsets in the doc and so survives.
        return doc

    def _matcher_of(self, surfaces: Iterable[str]) -> PhraseMatcher:
        matcher = PhraseMatcher(self.nlp.vocab)
        matcher.add("name", [self.nlp.make_doc(text) for text in surfaces])
        return matcher

    def _table_spans(self, doc: Doc) -> Iterator[Span]:
        # All readings are filtered by length first, so that a name that cannot stand here
        # (the "West" of "West Africa") does not fall back to a part of itself.
        for span in filter_spans(self._matcher(doc, as_spans=True)):
            surface = self._known.get(span.text)
            if surface is not None and not _is_part_of_word(span):
                yield _labelled(span, _in_context(surface, span))
        for token in doc[:-1]:
            if token.text in _PREFIXES and token.nbor().text in "-–":
                yield _labelled(doc[token.i : token.i + 1], Surface(token.text, "NORP", _PREFIXES[token.text]))

    def _may_act(self, span: Span) -> bool:
        surface = self._known.get(span.text)
        return surface is None and not _NO_ACTOR.search(span.text)

    def _bind_acronyms(self, doc: Doc, found: list[Span]) -> list[Span]:
        bound: dict[str, Surface] = {}
        for definition in definitions(doc.text):
            long = doc.char_span(definition.start, definition.end, alignment_mode="expand")
            if long is None:
                continue
            same = next((s for s in found if s.end == long.end and s.start <= long.start), None)
            known = self._known.get(definition.short)
            if same is None:
                label = _LABEL_OF_HEAD.get(long[-1].text, "ORG")
                same = _labelled(long, known or Surface(long.text, label))
                found = filter_spans([same, *(s for s in found if s.end <= same.start or s.start >= same.end)])
            actor = same._.actor
            if actor is None and same.label_ == "ORG" and self._may_act(same):
                actor = known.actor if known else f"org:{slug(same.text)}"
                same._.actor = actor
            bound[definition.short] = Surface(definition.short, same.label_, actor)
        return _override(doc, found, bound)

    def _repeat_names(self, doc: Doc, found: list[Span]) -> list[Span]:
        """A name of several words that was found once is found wherever it stands; a person by surname too."""
        names = {s.text: s for s in found if len(s) > 1 and s.text not in self._known}
        people = [s for s in found if s.label_ == "PERSON" and len(s) > 1 and len(s[-1].text) > 2]
        names |= {s[-1].text: s for s in people if s[-1].text not in self._known and s[-1].text not in _COMMON}
        matches = self._matcher_of(names)(doc, as_spans=True) if names else []
        more = [_labelled(m, Surface(m.text, names[m.text].label_, names[m.text]._.actor)) for m in matches]
        return sorted(filter_spans([*found, *more]), key=lambda s: s.start)


def _labelled(span: Span, surface: Surface) -> Span:
    out = Span(span.doc, span.start, span.end, label=surface.label)
    out._.actor = surface.actor
    return out


def _is_part_of_word(span: Span) -> bool:
    """``US`` in ``US$``; hyphens and slashes do part words ("Moscow-controlled")."""
    after = span.doc[span.end] if span.end < len(span.doc) else None
    return after is not None and not span[-1].whitespace_ and after.text[:1] in "$%"


def _in_context(surface: Surface, span: Span) -> Surface:
    """The readings that depend on the words around a name."""
    before = _word_before(span)
    if surface.actor == "SUN" and surface.label == "NORP" and before and _NOT_ALONE.match(before.text):
        return Surface(surface.text, "NORP")  # "post-Soviet" is about the states that came after
    if surface.text == "West" and _hyphenated_with(span, ("East", "North", "South")):
        return Surface(surface.text, "LOC")  # a direction
    return surface


def _word_before(span: Span) -> Token | None:
    i = span.start - 1
    if i > 0 and span.doc[i].text in "-–":
        i -= 1
    return span.doc[i] if i >= 0 else None


def _hyphenated_with(span: Span, words: tuple[str, ...]) -> bool:
    doc = span.doc
    before = span.start > 1 and doc[span.start - 1].text in "-–" and doc[span.start - 2].text in words
    after = span.end + 1 < len(doc) and doc[span.end].text in "-–" and doc[span.end + 1].text in words
    return before or after


def _normalised(ent: Span) -> Span | None:
    """The model's entity by the scheme: no article, no possessive, no title, one of its labels."""
    if ent.label_ not in ENTITY_LABELS:
        return None
    start, end = ent.start, ent.end
    doc = ent.doc
    while start < end and (doc[start].lower_ in ("the", "a", "an") or not any(map(str.isalnum, doc[start].text))):
        start += 1
    while start < end and (doc[end - 1].tag_ == "POS" or not any(map(str.isalnum, doc[end - 1].text))):
        end -= 1
    span = doc[start:end]
    if not span.text[:1].isupper() or "\n" in span.text or (len(span) == 1 and span.text in _COMMON):
        return None
    if ent.label_ == "PERSON" and (title := _TITLES.match(doc[start:end].text)):
        cut = doc.char_span(
            doc[start].idx + title.end(), doc[end - 1].idx + len(doc[end - 1]), alignment_mode="contract"
        )
        start, end = (cut.start, cut.end) if cut else (start, end)
    label = _LABEL_OF_HEAD.get(doc[end - 1].text, ent.label_) if end - start > 1 else ent.label_
    return Span(doc, start, end, label=label)


def _merge(table: Iterable[Span], model: Iterable[Span]) -> list[Span]:
    """Table spans win, except inside a longer proper name that only happens to contain one."""
    kept = dict(enumerate(table))
    at: dict[int, set[int]] = {}
    for number, span in kept.items():
        for i in range(span.start, span.end):
            at.setdefault(i, set()).add(number)
    for number, span in enumerate(model, len(kept)):  # these do not overlap each other
        touching = set().union(*(at.get(i, ()) for i in range(span.start, span.end)))
        if touching and not _contains_by_name(span, [kept[n] for n in sorted(touching)]):
            continue
        for other in touching:
            del kept[other]
        kept[number] = span
    return sorted(filter_spans(kept.values()), key=lambda s: s.start)


def _contains_by_name(span: Span, parts: list[Span]) -> bool:
    """Whether ``span`` is one proper name around ``parts``: every word of weight is capitalised."""
    inside = all(span.start <= s.start and s.end <= span.end and len(s) < len(span) for s in parts)
    if any(len(s) > 1 and s.label_ not in ("GPE", "LOC") for s in parts):
        return False
    if not inside or any(t.tag_ == "POS" or t.text in "-–/,;" for t in span):
        return False
    weighty = all(t.text[0].isupper() or t.is_stop or t.is_punct for t in span)
    # "Iranian Foreign Minister", "Russian Navy": the nationality is the mention.
    leads = any(s.start == span.start and s.label_ in ("NORP", "GPE") for s in parts)
    return weighty and span.label_ in ("ORG", "FAC", "LAW", "EVENT", "PERSON", "LOC", "PRODUCT") and not leads


def _override(doc: Doc, found: list[Span], bound: dict[str, Surface]) -> list[Span]:
    if not bound:
        return found
    mentions = [_labelled(doc[t.i : t.i + 1], bound[t.text]) for t in doc if t.text in bound]
    inside = [m for m in mentions if not any(len(s) > 1 and s.start <= m.start < s.end for s in found)]
    taken = {m.start for m in inside}
    rest = [s for s in found if not (len(s) == 1 and s.start in taken)]
    return sorted(filter_spans([*inside, *rest]), key=lambda s: s.start)


def _bind_persons(found: list[Span]) -> None:
    """A person keeps one id: the longest name under which a surname first appears."""
    full: dict[str, str] = {}
    for span in sorted((s for s in found if s.label_ == "PERSON"), key=lambda s: (-len(s), s.start)):
        full.setdefault(span[-1].text, span.text)
    for span in found:
        if span.label_ == "PERSON":
            span._.actor = f"person:{slug(full[span[-1].text])}"
