"""Markdown to blocks; the text stays as the file has it, so offsets hold in the file.

The block structure is markdown-it-py's (CommonMark with footnotes and front matter); what plain
text leaves to layout, such as pull quotes and site furniture, is found by the same rules there.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from cuibono.document import Block
from cuibono.ingest import layout
from cuibono.ingest.layout import Chunk

_MARKS = re.compile(r"^[\s>#*+=-]*(?:\d{1,3}[.)]\s+)?")
_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n.*?\r?\n---[ \t]*(?:\r?\n|\Z)", re.S)


def blocks(text: str) -> tuple[Block, ...]:
    """Title, headings, paragraphs, pull quotes, endnotes and boilerplate of a Markdown text."""
    chunks = list(_chunks(text))
    chunks = layout.mark_notes(chunks)
    chunks = layout.mark_furniture(chunks)
    chunks = layout.mark_standfirst(chunks)
    return tuple(c.block() for c in layout.mark_pullquotes(chunks))


def _chunks(text: str) -> Iterator[Chunk]:
    front = _FRONT_MATTER.match(text)
    begin = front.end() if front else 0
    if front:
        yield Chunk(0, len(front.group().rstrip()), front.group().rstrip(), "boilerplate")
    body = text[begin:]
    # markdown-it counts lines after it has made "\r\n" and "\r" into "\n"; so do we.
    starts = [0, *(m.end() for m in re.finditer(r"\r\n|\r|\n", body))]
    seen_title = False
    for token, kind in _leaves(MarkdownIt("commonmark").parse(body)):
        assert token.map is not None
        first, last = token.map
        stop = starts[last] if last < len(starts) else len(body)
        if kind == "heading" and not seen_title and token.tag == "h1":
            kind, seen_title = "title", True
        yield from _cut(text, begin + starts[first], begin + stop, kind)


def _leaves(tokens: list[Token]) -> Iterator[tuple[Token, str]]:
    for token in tokens:
        if token.type == "heading_open":
            yield token, "heading"
        elif token.type == "paragraph_open":
            yield token, "paragraph"
        elif token.type in ("fence", "code_block", "html_block"):
            yield token, "boilerplate"


def _cut(text: str, start: int, stop: int, kind: str) -> Iterator[Chunk]:
    """One chunk; a run of footnote definitions, which CommonMark reads as one paragraph, as several."""
    pieces = [m.start() for m in re.finditer(r"^\[\^?[\w*-]{1,20}\]:?[ \t]", text[start:stop], re.M)]
    edges = [*sorted({0, *pieces}), stop - start]
    for a, b in itertools.pairwise(edges):
        piece = text[start + a : start + b]
        marks = _MARKS.match(piece) if kind != "boilerplate" else None
        lead = marks.end() if marks else 0
        content = piece[lead:].rstrip(" \t\r\n")
        if kind in ("heading", "title"):
            content = re.sub(r"\s*(#+|\n[=-]+)\s*$", "", content)
        if content:
            yield Chunk(start + a + lead, start + a + lead + len(content), content, kind)
