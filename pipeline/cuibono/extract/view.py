"""The text as a parser should read it, with the way back to the offsets of the file.

Footnote markers, Markdown marks, line ends inside a paragraph and no-break spaces derail a parser,
but may not be touched in the text. A view leaves them out (or straightens them) and remembers for
each character where it came from.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from cuibono.document import Document
from cuibono.ingest import notes

#: What is read for entities; units come from paragraphs alone.
READ = ("title", "heading", "paragraph", "pullquote")
#: The space keeps the tokenizer from joining a closing quote with the line end.
_GAP = " \n\n"
_STRAIGHT = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "\xa0": " "})
_INVISIBLE = re.compile(r"[\u200b\u200c\u200d\ufeff\xad]")
_GLUED = re.compile(r"(?:[a-z]{2}|\d{2}|[a-z]\))[.!?]$")
_MARKDOWN = re.compile(
    r"""(?P<open>!?\[)(?=[^\]\n]+\]\([^)\s]*[^)\n]*\)) | (?P<close>\]\([^)\n]*\))
      | (?P<strong>\*{1,3}|(?<!\w)_{1,3}(?=\w)|(?<=\w)_{1,3}(?!\w)|`+) | (?P<tag></?\w[^>\n]*>)
      | (?P<quote>(?<=\n)[ \t]*>[ \t]?)""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Piece:
    """One block in the view: its place there and its kind."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class View:
    """A cleaned text; ``origin[i]`` is the offset in the document of its character ``i``."""

    text: str
    origin: tuple[int, ...]
    pieces: tuple[Piece, ...]

    def to_document(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the document of the span ``text[start:end]``, which may not be empty."""
        return self.origin[start], self.origin[end - 1] + 1

    def piece_at(self, position: int) -> Piece:
        """The block in which a position of the view lies."""
        index = bisect_right([p.start for p in self.pieces], position) - 1
        return self.pieces[max(index, 0)]

    def from_document(self, start: int, end: int) -> tuple[int, int] | None:
        """The span of the view that covers a span of the document; None if nothing of it was kept."""
        low, high = bisect_left(self.origin, start), bisect_left(self.origin, end)
        return (low, high) if low < high else None


def view_of(document: Document) -> View:
    """The view of a document's title, headings, paragraphs and pull quotes.

    Raises:
        ValueError: A stand-off document; put the text back first.
    """
    source = document.require_text()
    labels = document.endnote_labels()
    markdown = document.source.get("media_type") == "text/markdown"
    text = ""
    origin: list[int] = []
    pieces: list[Piece] = []
    for block in document.of_kind(*READ):
        if text:
            text += _GAP
            # The line end behind the block: in the document too it belongs to no block.
            origin += [origin[-1] + 1] * len(_GAP)
        kept = list(_clean(source, block.start, block.end, labels, markdown))
        pieces.append(Piece(len(text), len(text) + len(kept), block.kind))
        text += "".join(ch for ch, _ in kept)
        origin += [at for _, at in kept]
    return View(text, tuple(origin), tuple(pieces))


def _clean(text: str, start: int, end: int, labels: list[str], markdown: bool) -> Iterator[tuple[str, int]]:
    dropped = _dropped(text, start, end, labels, markdown)
    previous = " "
    for at in range(start, end):
        if at in dropped:
            continue
        ch = text[at].translate(_STRAIGHT)
        if ch.isspace():
            ch = " "
            if previous == " ":
                continue
        elif _INVISIBLE.match(ch):
            continue
        if ch.isupper() and _GLUED.search(text, max(start, at - 3), at) and text[at + 1 : at + 2].islower():
            yield " ", at  # "in 2025.The next": a full stop without its space
        previous = ch[-1]
        yield ch[-1], at


def _dropped(text: str, start: int, end: int, labels: list[str], markdown: bool) -> set[int]:
    spans = [(m.start, m.end) for m in notes.markers(text, labels, start, end)]
    if markdown:
        spans += [m.span() for m in _MARKDOWN.finditer(text, start, end)]
    return {at for low, high in spans for at in range(low, high)}
