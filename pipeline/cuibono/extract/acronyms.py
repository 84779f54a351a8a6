"""Acronyms that a text defines: "the Organization of Turkic States (OTS)".

The long form is found by the algorithm of Schwartz and Hearst (2003, "A simple algorithm for
identifying abbreviation definitions in biomedical text"): the letters of the short form must occur
in order in the words before the bracket, the first of them at the start of a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SHORT = re.compile(r"\(\s*[\"']?(?P<short>[A-Z][A-Za-z0-9&.+/-]{0,9})[\"']?\s*[);,]")


@dataclass(frozen=True, slots=True)
class Definition:
    """A short form, and the span of its long form in the text."""

    short: str
    start: int
    end: int


def definitions(text: str) -> Iterator[Definition]:
    """Every definition "long form (SHORT)" in the text, in reading order."""
    for match in _SHORT.finditer(text):
        short = match["short"].rstrip(".")
        if sum(ch.isupper() for ch in short) < 2:
            continue
        end = len(text[: match.start()].rstrip())
        # At most min(|A| + 5, |A| * 2) words, as in the paper.
        words = list(re.finditer(r"\S+", text[max(0, end - 200) : end]))[-min(len(short) + 5, len(short) * 2) :]
        if not words:
            continue
        floor = max(0, end - 200) + words[0].start()
        start = _long_form(short, text, floor, end)
        if start is not None and "\n" not in text[start:end]:
            yield Definition(short, start, end)


def _long_form(short: str, text: str, floor: int, end: int) -> int | None:
    at = end - 1
    letters = [ch for ch in short if ch.isalnum()]
    for i in range(len(letters) - 1, -1, -1):
        while at >= floor and not _fits(letters[i], text, at, opening=i == 0, floor=floor):
            at -= 1
        if at < floor:
            return None
        at -= 1
    return at + 1


def _fits(letter: str, text: str, at: int, *, opening: bool, floor: int) -> bool:
    """The first letter must open a word, and as a capital: names do not begin with their "of"."""
    if opening:
        return text[at] == letter and (at == floor or not text[at - 1].isalnum())
    return text[at].lower() == letter.lower()
