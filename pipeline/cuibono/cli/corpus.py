"""``cuibono corpus``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cuibono.cli.common import (
    BAD_INPUT,
    OK,
    add_output,
    print_json,
    say,
)


def add_corpus(commands: Any) -> None:
    """The parser of ``cuibono corpus``."""
    p = commands.add_parser("corpus", help="check a labelled corpus", description="Work with a labelled corpus.")
    actions = p.add_subparsers(title="actions", required=True, metavar="ACTION")
    c = actions.add_parser("check", help="lay labels and texts together", description="Lay labels and texts together.")
    c.add_argument("folder", type=Path, metavar="FOLDER", help="labels, such as data/annotated/open")
    c.add_argument("--texts", type=Path, metavar="DIR", help="folder of the texts of stand-off labels")
    add_output(c)
    c.set_defaults(command=_corpus_check)


def _corpus_check(args: argparse.Namespace) -> int:
    from cuibono.corpus import check

    found = check(args.folder, args.texts)
    for problem in found.problems:
        say(f"error: {problem}")
    if args.json and not args.quiet:
        print_json(found.to_dict())
    elif not args.quiet:
        from cuibono.report.terminal import corpus_table, show

        show(corpus_table(found))
    return BAD_INPUT if found.problems else OK
