"""Tables for spreadsheets: CSV that no spreadsheet runs as a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

#: A cell that begins so is a formula to a spreadsheet (OWASP, "CSV Injection").
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(cell: object) -> str:
    """A cell as text: what a spreadsheet would run gets an apostrophe before it; numbers stay as they are."""
    if cell is None:
        return ""
    if isinstance(cell, int | float):
        return str(cell)
    return marked(str(cell), FORMULA)


def marked(text: str, beginnings: tuple[str, ...]) -> str:
    """With an apostrophe before it if it begins with one of these."""
    return f"'{text}" if text.startswith(beginnings) else text


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table as UTF-8 with a byte order mark, without which spreadsheets take it for something else."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([harmless(cell) for cell in head])
        writer.writerows([harmless(cell) for cell in row] for row in rows)
