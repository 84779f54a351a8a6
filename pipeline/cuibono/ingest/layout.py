"""Plain text to blocks, by rules of layout that hold for any commentary.

A text file says nothing of its own structure, so each rule reads a sign that such pages share:
where a line stands, how long it is, how it ends, whether it repeats what the running text says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from cuibono.document import Block
from cuibono.ingest import notes

#: A heading is a line of at most this many words that does not end as a sentence does.
HEADING_WORDS = 14
STANDFIRST_WORDS = 45
PULLQUOTE_WORDS = 5
HEADING_QUOTE_WORDS = 8
#: Lines of hand-wrapped text stay below this length; lines of pages that are copied do not.
WRAP_WIDTH = 100

_SENTENCE_END = re.compile(r"""[.!;:,…]["'”’»)\]]*\s*$""")
_SENTENCE_BREAK = re.compile(r"""[.!?…]["'”’»)\]]*\s+["'“‘«(]*[A-Z0-9]""")
_STARTS_LOWER = re.compile(r"\W*[a-z]")
_NOTES_HEADING = re.compile(r"(end|foot)?notes?|references|sources|bibliography|works cited", re.I)
_FURNITURE = re.compile(
    r"""^\W*(
      (similar|related|recent|recommended|popular|latest|more)\s+(articles?|posts?|stories|reading|content|news|from)\b.*
    | (read|see)\s+(more|also|next)\b.* | you\s+(may|might)\s+also\s+(like|be)\b.*
    | (share|print|email|tweet|save)(\s+(this|on|via|to)\b.*)? | follow\s+us\b.* | (subscribe|sign\s+up|log\s+in)\b.*
    | search(\s+(the|this|our)\s+site\b.*)? | skip\s+to\b.* | advertisement | sponsored(\s+content)? | back\s+to\s+top
    | (leave\s+a\s+)?(comments?|reply)(\s*\(\d+\))? | (tags?|topics?|categor(y|ies)|filed\s+under|posted\s+in)\s*:.*
    | (©|\(c\)\s|copyright\b).* | .*\ball\s+rights\s+reserved\b.* | cookie\s+\w+ | home(\s*[>»/]\s*.+)
    | (image|photo|picture)(\s+credits?)?\s*:.* | (by|author)\s*:?\s+[A-Z][\w.'’-]+(\s+[A-Z][\w.'’-]+){0,4}
    | ((published|posted|updated|last\s+updated|date)\s*(on)?\s*:?\s*)?(\w+day,?\s+)?
      (\d{1,2}(st|nd|rd|th)?\s+[A-Z][a-z]+,?\s+\d{4} | [A-Z][a-z]+\.?\s+\d{1,2},?\s+\d{4} | \d{4}-\d\d-\d\d)
    )\W*$""",
    re.VERBOSE | re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"\b(views|opinions)\b.{0,60}\b(expressed|herein|are)\b.{0,80}\b(author|own|reflect|represent)", re.I | re.S
)
_BIOGRAPHY = re.compile(
    r"""^((?i:about\s+the\s+authors?)\b | ((?i:the\s+author)
    | ((?i:dr|prof)\.?\s)?[A-Z][\w.'’-]+(\s+[A-Z][\w.'’-]+){1,3})
    \s+(is|was|serves|works|writes|teaches)\s+
    .{0,80}?\b(fellow|research\w*|professor|lecturer|analyst|journalist|correspondent|editor|columnist|scholar|student
    |candidate|director|author)\b)""",
    re.VERBOSE,
)
_QUOTES = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "«": '"', "»": '"', "\xa0": " "})


@dataclass(frozen=True, slots=True)
class Chunk:
    """A line, or the lines of one hand-wrapped paragraph; ``text`` is ``source[start:end]``."""

    start: int
    end: int
    text: str
    kind: str = "paragraph"
    label: str | None = None

    @property
    def words(self) -> int:
        """Words separated by white space."""
        return len(self.text.split())

    @property
    def ends_as_sentence(self) -> bool:
        """Ends in a mark that headings do not end in (a question mark, headings may)."""
        return bool(_SENTENCE_END.search(self.text))

    @property
    def sentences(self) -> int:
        """A rough count, good enough to tell one sentence from several."""
        return len(_SENTENCE_BREAK.findall(self.text)) + 1

    def block(self) -> Block:
        """The block; an endnote carries its marker's label as a further field."""
        return Block(self.start, self.end, self.kind, {"label": self.label} if self.label else {})


def blocks(text: str) -> tuple[Block, ...]:
    """Every line of ``text`` that is not blank, as blocks in reading order."""
    chunks = _chunks(text)
    chunks = mark_notes(chunks)
    chunks = mark_furniture(chunks)
    chunks = _mark_headings(chunks)
    chunks = _mark_title(chunks)
    chunks = mark_standfirst(chunks)
    return tuple(c.block() for c in mark_pullquotes(chunks))


def _chunks(text: str) -> list[Chunk]:
    out: list[Chunk] = []
    for run in _runs(text):
        if _is_wrapped(run):
            start, end = run[0].start, run[-1].end
            out.append(Chunk(start, end, text[start:end]))
        else:
            out.extend(run)
    return out


def _runs(text: str) -> list[list[Chunk]]:
    """Lines, without white space at their edges, in groups that blank lines separate."""
    runs: list[list[Chunk]] = [[]]
    for match in re.finditer(r"[^\r\n\x0b\x0c\x85\u2028\u2029]+", text):
        gap = text[runs[-1][-1].end : match.start()] if runs[-1] else ""
        if len(re.findall(r"\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]", gap)) > 1:
            runs.append([])
        line = match.group()
        stripped = line.strip(" \t\xa0\ufeff\u200b")
        if stripped:
            start = match.start() + line.index(stripped)
            runs[-1].append(Chunk(start, start + len(stripped), stripped))
    return [run for run in runs if run]


def _is_wrapped(run: Sequence[Chunk]) -> bool:
    """Every line but the last is nearly full, and none opens an entry of a list of notes."""
    if len(run) < 2 or any(notes.ENTRY.match(c.text) for c in run[1:]):
        return False
    lengths = [len(c.text) for c in run]
    widest = max(lengths)
    full = all(n > 0.6 * widest for n in lengths[:-1])
    return widest <= WRAP_WIDTH and full and sum(c.ends_as_sentence for c in run[:-1]) < len(run) - 1


def mark_notes(chunks: Sequence[Chunk]) -> list[Chunk]:
    """The last group of lines that open with markers which count up from one."""
    out = list(chunks)
    entries = [(i, m) for i, c in enumerate(out) if (m := notes.ENTRY.match(c.text))]
    first = next((k for k in range(len(entries) - 1, -1, -1) if _number(entries[k][1]) == 1), None)
    if first is None or not _is_note_list(out, entries[first:]):
        return out
    for expected, (i, match) in enumerate(entries[first:], 1):
        if _number(match) != expected:
            break
        out[i] = replace(out[i], kind="endnote", label=notes.label_of(match))
    opening = entries[first][0] - 1
    if opening >= 0 and _NOTES_HEADING.fullmatch(out[opening].text.strip(" :#*")):
        out[opening] = replace(out[opening], kind="heading")
    return out


def _number(match: re.Match[str]) -> int | None:
    return notes.number_of(notes.label_of(match))


def _is_note_list(chunks: Sequence[Chunk], entries: Sequence[tuple[int, re.Match[str]]]) -> bool:
    """``1. ...`` opens any list; a list of notes has a heading, or markers that point to it."""
    start, first = entries[0]
    if not first.groupdict()["plain"]:
        return True
    if start and _NOTES_HEADING.fullmatch(chunks[start - 1].text.strip(" :#*")):
        return True
    labels = [notes.label_of(m) for _, m in entries]
    return any(notes.markers(c.text, labels) for c in chunks[:start])


def mark_furniture(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Site furniture by its wording anywhere, and short lines in the tail by their place."""
    out = [replace(c, kind="boilerplate") if c.kind == "paragraph" and _is_furniture(c) else c for c in chunks]
    has_notes = any(c.kind == "endnote" for c in out)
    for i in range(len(out) - 1, 0, -1):
        chunk = out[i]
        limit = 60 if has_notes else 20
        tail = chunk.kind == "paragraph" and (not chunk.ends_as_sentence or has_notes) and chunk.words <= limit
        if chunk.kind == "boilerplate":
            continue
        if not tail or (not has_notes and chunk.sentences > 1):
            break
        out[i] = replace(chunk, kind="boilerplate")
    return out


def _is_furniture(chunk: Chunk) -> bool:
    short = chunk.words <= 12 and bool(_FURNITURE.match(chunk.text))
    plain = chunk.text.strip("*_ ")
    return short or (chunk.words <= 90 and bool(_DISCLAIMER.search(plain) or _BIOGRAPHY.match(plain)))


def _mark_headings(chunks: Sequence[Chunk]) -> list[Chunk]:
    """Short lines without a sentence's end that something other than another note follows."""
    out = list(chunks)
    for i, chunk in enumerate(out[:-1]):
        if chunk.kind != "paragraph" or chunk.words > HEADING_WORDS or chunk.ends_as_sentence:
            continue
        if not _STARTS_LOWER.match(chunk.text) and out[i + 1].kind not in ("endnote", "boilerplate"):
            out[i] = replace(chunk, kind="heading")
    return out


def _mark_title(chunks: Sequence[Chunk]) -> list[Chunk]:
    """The first line, and the line after it where that is the same headline in full."""
    out = list(chunks)
    first = next((i for i, c in enumerate(out) if c.kind != "boilerplate"), None)
    if first is None or not _may_be_title(out[first]) or len(out) == first + 1:
        return out
    out[first] = replace(out[first], kind="title")
    second = out[first + 1]
    if _may_be_title(second) and _repeats(out[first].text, second.text):
        out[first + 1] = replace(second, kind="title")
    return out


def _may_be_title(chunk: Chunk) -> bool:
    short = chunk.words <= 2 * HEADING_WORDS and chunk.sentences <= 2
    return chunk.kind in ("heading", "paragraph") and short and not chunk.ends_as_sentence


def _repeats(short: str, full: str) -> bool:
    """At least two thirds of the shorter line's content words stand in the other."""
    a, b = (
        {w for w in re.findall(r"[a-z]{3,}", re.sub(r"['’]s\b", "", t.lower())) if w not in ("the", "and", "for")}
        for t in (short, full)
    )
    return bool(a and b) and len(a & b) >= 2 / 3 * min(len(a), len(b))


def mark_standfirst(chunks: Sequence[Chunk]) -> list[Chunk]:
    """One sentence under the title, in a text whose paragraphs otherwise have several."""
    out = list(chunks)
    titles = [i for i, c in enumerate(out) if c.kind == "title"]
    if not titles or titles[-1] + 1 >= len(out):
        return out
    i = titles[-1] + 1
    while i < len(out) - 1 and out[i].kind == "boilerplate":
        i += 1
    others = [c for c in out[i + 1 :] if c.kind == "paragraph"]
    single = sum(c.sentences == 1 and c.words <= STANDFIRST_WORDS for c in others)
    candidate = out[i]
    if candidate.kind != "paragraph" or candidate.sentences > 1 or candidate.words > STANDFIRST_WORDS:
        return out
    if len(others) >= 2 and single - _quotable(others) <= 0.1 * len(others):
        out[i] = replace(candidate, kind="heading")
    return out


def _quotable(chunks: Sequence[Chunk]) -> int:
    return sum(c.kind == "pullquote" for c in mark_pullquotes(chunks))


def mark_pullquotes(chunks: Iterable[Chunk]) -> list[Chunk]:
    """A short paragraph, or what looked like a heading, that repeats words of a longer paragraph."""
    out = list(chunks)
    running = {i: _plain(c.text) for i, c in enumerate(out) if c.kind in ("paragraph", "pullquote")}
    for i, chunk in enumerate(out):
        if chunk.kind not in ("paragraph", "heading") or chunk.sentences > 2:
            continue
        plain = _plain(chunk.text)
        # The words of a heading may recur by chance; a sentence's hardly.
        least = PULLQUOTE_WORDS if chunk.kind == "paragraph" else HEADING_QUOTE_WORDS
        if least <= chunk.words <= 80 and any(
            j != i and len(other) > len(plain) and plain in other for j, other in running.items()
        ):
            out[i] = replace(chunk, kind="pullquote")
    return out


def _plain(text: str) -> str:
    """For comparison: no footnote markers, one kind of quotes and spaces, no marks at the edges."""
    text = notes.MARKER.sub(" ", text.translate(_QUOTES)).lower()
    text = re.sub(r"\s+([.,;:!?)])", r"\1", re.sub(r"\s+", " ", text))
    return text.strip(" .,;:!?\"'*_>-–—")
