"""``cuibono tables``: annotations as Parquet tables."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cuibono.cli.common import OK, add_quiet, say


def add_tables(commands: Any) -> None:
    """The parser of ``cuibono tables``."""
    p = commands.add_parser(
        "tables",
        help="annotations as Parquet tables",
        description="Write documents, entities, units, stakes and actor_stakes as Parquet tables (extra: corpus).",
    )
    p.add_argument("annotations", type=Path, metavar="FILE.jsonl")
    p.add_argument("--out", required=True, type=Path, metavar="DIR")
    add_quiet(p)
    p.set_defaults(command=_tables)


def _tables(args: argparse.Namespace) -> int:
    rows = tables_of(args.annotations, args.out)
    if not args.quiet:
        say(f"{', '.join(f'{n} {name}' for name, n in rows.items())}: {args.out}")
    return OK


def tables_of(annotations: Path, out: Path) -> dict[str, int]:
    """Write the tables of a file of annotations; how many rows each has.

    Raises:
        InputError: The extra is not installed, or the annotations cannot be read.
    """
    from cuibono.errors import InputError
    from cuibono.formats import stream
    from cuibono.formats.parquet import write_tables

    try:
        return write_tables(stream(annotations), out)
    except ImportError as error:
        raise InputError(out, f'tables need {error.name}: pip install "cuibono[corpus]"') from None
