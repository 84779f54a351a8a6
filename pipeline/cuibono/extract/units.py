"""spaCy component ``cuibono_units``: the assertions of each paragraph, and where they may be split.

A unit is a sentence. The codebook splits it only where two finite clauses that certain words join
differ in role or in stakes. Stakes are not known here, so the candidates are kept: a whole in
``doc.spans["units"]``, its halves in ``doc.spans["halves"]``; whoever knows the labels decides.
"""

from __future__ import annotations

from collections.abc import Iterator

from spacy.language import Language
from spacy.tokens import Doc, Span, Token

from cuibono.extract.blocks import paragraphs
from cuibono.extract.trim import trim

UNITS, HALVES = "units", "halves"
_FINITE = {"VBD", "VBZ", "VBP", "MD"}
_CONTRAST = {"while", "whereas", "although", "though"}
_JOINING = {"but", "so", "yet"}
_BREAKS = {";", "-", "–", "—", "--"}
#: Shorter than this nothing is asserted: a stray initial, the number of a list.
_LEAST_WORDS = 3


@Language.component("cuibono_units", requires=["token.dep", "token.tag", "doc.sents"], assigns=["doc.spans"])
def find_units(doc: Doc) -> Doc:
    """Set the span groups ``units`` and ``halves``."""
    wholes: list[Span] = []
    halves: list[Span] = []
    text = doc.text  # put together from all tokens whenever it is asked for
    for paragraph in paragraphs(doc):
        for sentence in sentences(doc, paragraph):
            if is_assertion(sentence) and (whole := _trimmed(sentence, text)) is not None:
                wholes.append(whole)
                halves.extend(split(sentence, text))
    doc.spans[UNITS] = wholes
    doc.spans[HALVES] = halves
    return doc


def sentences(doc: Doc, paragraph: Span) -> Iterator[Span]:
    """The sentences of a paragraph; what the parser cut off in mid-sentence is put back."""
    start: int | None = None
    # Not in the stubs of spaCy; those of the whole doc would be gone through for each paragraph.
    found = [s for s in paragraph.sents if paragraph.start <= s.start]  # type: ignore[attr-defined]
    for sentence, following in zip(found, [*found[1:], None], strict=True):
        start = sentence.start if start is None else start
        end = min(sentence.end, paragraph.end)
        if following is None or not _goes_on(doc[start:end], following):
            yield doc[start:end]
            start = None


def _goes_on(sentence: Span, following: Span) -> bool:
    """A sentence that has no end mark, or a next one that opens with a small letter or a closing mark."""
    text = sentence.text.rstrip()
    ends = text.endswith((".", "!", "?", '."', '!"', '?"', ".'", ".)", "…", "?)", "!)", ":", "?'"))
    opening = following.text.lstrip()[:1]
    if not opening:
        return True
    if ends and not (opening.islower() and not text.endswith(("?", "!"))):
        return opening in ".,;:)]”" and len(following) <= 2
    return opening.islower() or opening in ",;:)-–—" or not ends


def is_assertion(sentence: Span) -> bool:
    """Not a question, a bare lead-in, or a string of words without a finite verb."""
    text = sentence.text.strip().rstrip("\"'”’)] ")
    if not text or text.endswith(("?", ":")):
        return False
    words = [t for t in sentence if t.is_alpha]
    return len(words) >= _LEAST_WORDS and any(_is_finite(t) for t in sentence)


def split(sentence: Span, text: str) -> list[Span]:
    """The two halves of a sentence that the codebook might split, or nothing; ``text`` is that of its doc."""
    doc = sentence.doc
    for cut in _cuts(sentence):
        left = _trimmed(doc[sentence.start : cut], text, half=True)
        right = _trimmed(doc[cut : sentence.end], text, half=True)
        if left is not None and right is not None and all(map(_is_clause, (left, right))):
            return [left, right]
    return []


def _cuts(sentence: Span) -> Iterator[int]:
    """Token positions at which a right half would begin."""
    for token in sentence:
        if token.lower_ in _CONTRAST and token.dep_ == "mark":
            clause = token.head
            edge = clause.right_edge.i + 1
            yield token.i if clause.left_edge.i > sentence.start + 1 else edge
    for token in sentence[1:]:
        if token.text in _BREAKS and _stands_apart(token):
            yield token.i + 1
        elif token.lower_ in _JOINING and token.dep_ in ("cc", "mark", "advmod") and token.nbor(-1).text in ",;":
            yield token.i


def _stands_apart(token: Token) -> bool:
    """A semicolon, or a dash that is set between spaces, not a hyphen in a word."""
    return token.text in (";", "—", "--") or bool(token.nbor(-1).whitespace_ and token.whitespace_)


def _is_clause(span: Span) -> bool:
    """Has a finite verb with a subject of its own."""
    return any(_is_finite(t) and _has_subject(t) for t in span) and len(span) > _LEAST_WORDS


def _has_subject(token: Token) -> bool:
    verb = token.head if token.dep_ in ("aux", "auxpass") else token
    return any(c.dep_ in ("nsubj", "nsubjpass", "expl", "csubj") for c in verb.children)


def _is_finite(token: Token) -> bool:
    # Small models take a simple past for a participle; with a subject it cannot be one.
    return token.tag_ in _FINITE or (token.tag_ == "VBN" and token.dep_ == "ROOT" and _has_subject(token))


def _trimmed(span: Span, text: str, half: bool = False) -> Span | None:
    start, end = trim(text, span.start_char, span.end_char, subordinator=half)
    if start >= end:
        return None
    return span.doc.char_span(start, end, alignment_mode="expand")
