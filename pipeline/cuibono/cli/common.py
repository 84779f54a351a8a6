"""What the commands share: exit codes, streams, options."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

OK, BAD_INPUT, BAD_USAGE = 0, 1, 2


def say(line: str) -> None:
    """A line for the person: on standard error, so that standard output holds results alone."""
    print(line, file=sys.stderr)


def print_json(what: Any) -> None:
    """An object on standard output."""
    print(json.dumps(what, ensure_ascii=False, indent=1))


def add_output(parser: argparse.ArgumentParser) -> None:
    """The options of every command that prints a result."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    add_quiet(parser)


def add_quiet(parser: argparse.ArgumentParser) -> None:
    """The option of every command."""
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")


def add_label_map(parser: argparse.ArgumentParser) -> None:
    """What a hub model's labels mean."""
    parser.add_argument(
        "--map-label",
        action="append",
        default=[],
        metavar="THEIRS=OURS",
        help="what a label of a hub model means; may be repeated",
    )


def add_texts(parser: argparse.ArgumentParser) -> None:
    """Where the texts of stand-off annotations are."""
    parser.add_argument("--texts", type=Path, metavar="DIR", help="folder of the texts of stand-off annotations")


def add_measuring(parser: argparse.ArgumentParser) -> None:
    """What every number depends on besides the files."""
    parser.add_argument(
        "--threshold", type=float, default=0.5, metavar="T", help="token overlap for a match (default: %(default)s)"
    )
    parser.add_argument(
        "--resamples", type=int, default=1000, metavar="N", help="bootstrap resamples (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap (default: %(default)s)")


def label_map(given: Sequence[str]) -> dict[str, str]:
    """THEIRS=OURS as a dict. Raises ValueError for what is none."""
    out = dict(pair.rpartition("=")[::2] for pair in given)
    if "" in out or "" in out.values():
        raise ValueError(f"--map-label: found {given}; allowed: THEIRS=OURS, such as LABEL_0=challenge")
    return out
