"""``cuibono export-disagreements`` and ``cuibono merge``: what a person should decide, and back."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuibono.cli.common import BAD_INPUT, OK, add_output, add_quiet, add_texts, print_json, say
from cuibono.cli.score import load_named
from cuibono.errors import InputError

if TYPE_CHECKING:
    from cuibono.review import Row


def add_export(commands: Any) -> None:
    """The parser of ``cuibono export-disagreements``."""
    p = commands.add_parser(
        "export-disagreements",
        help="questions for a person, as a table to fill in",
        description="Write the questions on which annotations differ, worst first, as a CSV file to fill in.",
    )
    p.add_argument("annotations", nargs="+", metavar="[NAME=]FILE", help="annotation files; the first is the base")
    p.add_argument("--gold", type=Path, metavar="FILE", help="a gold, as one more that says something")
    p.add_argument("--out", required=True, type=Path, metavar="FILE.csv", help="the table")
    p.add_argument(
        "--least-sure",
        type=int,
        default=0,
        metavar="N",
        help="also the N questions on which all agree and a model is least sure",
    )
    p.add_argument("--limit", type=int, metavar="N", help="only the first N questions")
    p.add_argument("--threshold", type=float, default=0.5, metavar="T", help="token overlap (default: %(default)s)")
    add_texts(p)
    add_quiet(p)
    p.set_defaults(command=_export)


def add_merge(commands: Any) -> None:
    """The parser of ``cuibono merge``."""
    p = commands.add_parser(
        "merge",
        help="put a person's answers into an annotation",
        description="Merge a table that was filled in into an annotation; what stood there before is kept.",
    )
    p.add_argument("queue", type=Path, metavar="QUEUE.csv")
    p.add_argument("base", type=Path, metavar="BASE", help="the annotation to merge into")
    p.add_argument("--by", required=True, metavar="NAME", help="who filled in the table")
    p.add_argument("--kind", default="person", metavar="KIND", help="person, llm or model (default: %(default)s)")
    p.add_argument("--out", required=True, type=Path, metavar="FILE", help=".jsonl, or .json for one document")
    add_texts(p)
    add_output(p)
    p.set_defaults(command=_merge)


def _export(args: argparse.Namespace) -> int:
    from cuibono.review import write_queue

    rows = _questions(args)
    try:
        write_queue(rows, args.out)
    except OSError as error:
        raise InputError(args.out, f"cannot be written: {error.strerror}") from None
    if not args.quiet:
        say(f"{len(rows)} questions: {args.out}")
    return OK


def _questions(args: argparse.Namespace) -> list[Row]:
    from cuibono.evaluate import Settings, compare
    from cuibono.formats import load
    from cuibono.review import least_sure_of, queue

    if args.least_sure < 0 or (args.limit or 0) < 0:
        raise ValueError(f"--least-sure, --limit: found {args.least_sure}, {args.limit}; allowed: 0 and more")
    annotations = load_named(args.annotations, args.texts)
    if len(annotations) == 1 and not args.gold:
        ((name, documents),) = annotations.items()
        return least_sure_of(documents, args.least_sure, name=name)[: args.limit]
    gold = load(args.gold, args.texts) if args.gold else None
    found = compare(annotations, gold, settings=Settings(args.threshold, resamples=1))
    return queue(found, least_sure=args.least_sure, limit=args.limit, base=next(iter(annotations)))


def _merge(args: argparse.Namespace) -> int:
    from cuibono.formats import dump, load
    from cuibono.review import merge, read_queue

    found = merge(load(args.base, args.texts), read_queue(args.queue), by=args.by, kind=args.kind)
    if args.out.suffix == ".json" and len(found.documents) != 1:
        raise ValueError(f"--out: found {args.out} for {len(found.documents)} documents; allowed: a file in .jsonl")
    try:
        dump(found.documents[0] if args.out.suffix == ".json" else found.documents, args.out)
    except OSError as error:
        raise InputError(args.out, f"cannot be written: {error.strerror}") from None
    counts = {n: getattr(found, n) for n in ("changed", "confirmed", "added", "removed", "undecided")}
    for line in found.problems:
        say(f"error: {line}")
    if args.json and not args.quiet:
        print_json({**counts, "problems": found.problems, "notes": found.notes})
    elif not args.quiet:
        for line in found.notes:
            say(f"note: {line}")
        said = ", ".join(f"{n} {name}" for name, n in counts.items())
        say(f"{said}; {len(found.problems)} not merged: {args.out}")
    return BAD_INPUT if found.problems else OK
