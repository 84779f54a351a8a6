"""The span rules of the codebook: what is left out at the edges of a unit.

A leading connective, the final full stop (kept inside a quotation that opens in the unit), and
footnote markers at the edges are no part of a unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cuibono.ingest import notes

_CONNECTIVES = """
accordingly; additionally; admittedly; after all; all in all; all told; also; alternatively; and; as a consequence;
as a result; as such; as well; at any rate; at the same time; at the very least; be that as it may; besides; but; by
and large; by comparison; by contrast; by extension; consequently; conversely; despite this; despite that; equally;
even so; even then; finally; first; firstly; for a start; for example; for instance; for its part; for one thing;
for that reason; for this reason; fortunately; furthermore; granted; hence; however; in a word; in addition; in
addition to these factors; in addition to this; in any case; in any event; in brief; in conclusion; in consequence;
in contrast; in effect; in essence; in fact; in light of this; in other words; in particular; in return; in short;
in sum; in summary; in that sense; in the end; in this context; in this sense; in this way; in turn; indeed;
instead; interestingly; lastly; likewise; meanwhile; more importantly; moreover; most importantly; namely;
naturally; nevertheless; next; nonetheless; nor; not surprisingly; notably; notwithstanding this; now; of course; on
balance; on the contrary; on the one hand; on the other; on the other hand; on the whole; or; otherwise; overall;
particularly; put differently; rather; regardless; second; secondly; similarly; simply put; so; specifically; still;
subsequently; taken together; that being said; that is; that said; then; then again; therefore; third; thirdly; this
in turn; thus; to be fair; to be sure; to sum up; true; ultimately; unfortunately; unsurprisingly; what is more;
yet;
""".replace("\n", " ")

_LISTED = sorted((c.strip() for c in _CONNECTIVES.split(";") if c.strip()), key=len, reverse=True)
#: With a comma any of them; without one only those that cannot be anything else there.
_WITH_COMMA = re.compile(r"(?:{})\s*,\s*".format("|".join(map(re.escape, _LISTED))), re.IGNORECASE)
_BARE = re.compile(
    r"(?:and|but|yet|thus|hence|therefore|moreover|nor|or|so(?!\s+(?:far|much|many|long|that|little)\b))\s+",
    re.IGNORECASE,
)
_SUBORDINATOR = re.compile(r"(?:while|although|though|whereas)\s+", re.IGNORECASE)
_EDGE = " \t\r\n\xa0\u200b"


def trim(text: str, start: int, end: int, labels: Iterable[str] = (), *, subordinator: bool = False) -> tuple[int, int]:
    """Shrink ``text[start:end]`` to the unit inside it; ``start == end`` if nothing is left.

    Args:
        text: The document's text.
        start: Where the stretch begins.
        end: Where it ends.
        labels: The labels of the document's endnotes, by which footnote markers are known.
        subordinator: Also drop a leading *while*, *although* or *whereas*: right for one half of a
            split sentence, wrong for a whole one.
    """
    markers = notes.markers(text, labels, start, end)
    before: tuple[int, int] | None = None
    while before != (start, end):
        before = (start, end)
        start, end = _strip_space(text, start, end)
        for marker in markers:
            start = marker.end if marker.start == start else start
            end = marker.start if marker.end == end else end
        start = _strip_connective(text, start, end, subordinator)
        end = _strip_stop(text, start, end)
        if start >= end:
            return start, start
    return start, end


def _strip_space(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start] in _EDGE + ",;:–—":
        start += 1
    while start < end and text[end - 1] in _EDGE + ",;:–—":
        end -= 1
    return start, end


def _strip_connective(text: str, start: int, end: int, subordinator: bool) -> int:
    for pattern in (_WITH_COMMA, _BARE, *((_SUBORDINATOR,) if subordinator else ())):
        match: re.Match[str] | None = pattern.match(text, start, end)
        if match and match.end() < end:
            return match.end()
    return start


def _strip_stop(text: str, start: int, end: int) -> int:
    """Drop a full stop; keep the one before a closing quote whose opening lies in the unit."""
    if end - start > 1 and text[end - 1] == "." and not _is_abbreviation(text, start, end):
        return end - 1
    if end - start > 2 and text[end - 1] in "”\"’'»" and text[end - 2] in ".,":
        opening = {"”": "“", '"': '"', "’": "‘", "'": "'", "»": "«"}[text[end - 1]]
        if opening not in text[start : end - 2]:
            return end - 2
    return end


def _is_abbreviation(text: str, start: int, end: int) -> bool:
    """``U.S.`` and ``p.m.`` keep their last stop: without it they are cut, not trimmed."""
    return bool(re.search(r"(?:\b[A-Za-z]\.){2}$", text[start:end]))
