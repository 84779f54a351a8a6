"""Footnote markers in running text, and the endnotes that they point to.

A marker is a label in square brackets (``[vi]``, ``[12]``, ``[^1]``), or superscript digits. Only
a label that some endnote of the document carries is a marker: ``[sic]`` and ``[2022]`` are text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_TO_DIGITS = str.maketrans(_SUPERSCRIPTS, "0123456789")
_LABEL = r"[ivxlcdm]{1,7}|[IVXLCDM]{1,7}|\d{1,3}|[a-z]|[*†‡§]"
MARKER = re.compile(rf"\[\^?(?P<bracket>{_LABEL}|\^?[\w-]{{1,20}})\]|(?P<superscript>[{_SUPERSCRIPTS}]+)")
#: The marker that opens an entry: "[1] ...", "[^1]: ...", "1. ...", "1) ...", "¹ ...", "* ...".
ENTRY = re.compile(
    rf"\s*(?:\[\^?(?P<bracket>[\w*†‡§-]{{1,20}})\]:?|(?P<superscript>[{_SUPERSCRIPTS}]+)|(?P<plain>\d{{1,3}})[.)](?=\s))\s*"
)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}


@dataclass(frozen=True, slots=True)
class Marker:
    """One footnote marker in the text, ``label`` as its endnote has it."""

    start: int
    end: int
    label: str


def label_of(match: re.Match[str]) -> str:
    """The label of a :data:`MARKER` or :data:`ENTRY` match, superscripts as plain digits."""
    groups = match.groupdict()
    if groups.get("superscript"):
        return groups["superscript"].translate(_TO_DIGITS)
    return groups.get("bracket") or groups.get("plain") or ""


def number_of(label: str) -> int | None:
    """``"12"`` and ``"xii"`` are 12; a label that is no number is None."""
    if label.isdigit():
        return int(label)
    lowered = label.lower()
    if not lowered or any(ch not in _ROMAN for ch in lowered):
        return None
    values = [_ROMAN[ch] for ch in lowered]
    return sum(-v if any(w > v for w in values[i + 1 : i + 2]) else v for i, v in enumerate(values))


def markers(text: str, labels: Iterable[str], start: int = 0, end: int | None = None) -> list[Marker]:
    """The markers in ``text[start:end]`` whose label is among ``labels``, in reading order."""
    known = set(labels)
    found = MARKER.finditer(text, start, len(text) if end is None else end)
    return [Marker(m.start(), m.end(), label_of(m)) for m in found if label_of(m) in known]
