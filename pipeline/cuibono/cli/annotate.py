"""``cuibono run`` and ``cuibono actors``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cuibono import DEFAULT_MODEL
from cuibono.cli.common import (
    OK,
    add_label_map,
    add_output,
    label_map,
    print_json,
    say,
)
from cuibono.cli.running import COLUMNS, add_engine, check_engine, go


def add_run(commands: Any) -> None:
    """The parser of ``cuibono run``."""
    p = commands.add_parser(
        "run",
        help="annotate texts",
        description="Annotate .txt and .md files, folders of them, and tables of texts.",
    )
    p.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="a text, a folder of them, a pattern, a table (.jsonl, .csv, .tsv, .parquet), a data set, hf:NAME",
    )
    p.add_argument(
        "--actor",
        action="append",
        default=[],
        metavar="NAME",
        help="for whom: Russia, RUS, Moscow, EU, Boeing ...; may be repeated (default: Russia)",
    )
    p.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder for annotations.jsonl")
    p.add_argument(
        "--model",
        default=DEFAULT_MODEL,
        metavar="NAME",
        help="classifier: a name, the path of a model folder, or hub:NAME_OR_PATH (default: %(default)s)",
    )
    p.add_argument(
        "--abstain-below",
        type=float,
        default=0.0,
        metavar="P",
        help="write none, marked as abstained, where the probability of a label is less than P",
    )
    add_label_map(p)
    p.add_argument(
        "--units", type=Path, metavar="FILE", help="label the units of this annotation file instead of finding them"
    )
    p.add_argument("--spacy-model", metavar="NAME", help="any spaCy pipeline with a tagger, a parser and entities")
    add_engine(p)
    for name in COLUMNS:
        p.add_argument(f"--{name}-column", metavar="NAME", help=f"of a table (default: {name})")
    p.add_argument("--split", metavar="NAME", help="of a data set")
    p.add_argument("--parquet", action="store_true", help="write Parquet tables beside (extra: corpus)")
    again = p.add_mutually_exclusive_group()
    again.add_argument(
        "--resume", action="store_true", help="go on with the run in DIR; what is done is not done again"
    )
    again.add_argument("--retry-failures", action="store_true", help="--resume, and try again what failed")
    again.add_argument("--overwrite", action="store_true", help="start anew, whatever is in DIR")
    add_output(p)
    p.set_defaults(command=_run)


def add_actors(commands: Any) -> None:
    """The parser of ``cuibono actors``."""
    p = commands.add_parser(
        "actors", help="how a name resolves", description="Show the actor that a name stands for, or all actors."
    )
    p.add_argument("names", nargs="*", metavar="NAME")
    add_output(p)
    p.set_defaults(command=_actors)


def _run(args: argparse.Namespace) -> int:
    from cuibono.extract.actors import load_table
    from cuibono.extract.pipeline import SPACY_MODEL
    from cuibono.setup import Setup

    check_engine(args)
    names = args.actor or ["Russia"]
    table = load_table()
    for name in names:
        actor = table.resolve(name)
        if not actor.known and not args.quiet:
            say(f"note: {actor.name!r} is not in the actor table; taken as a plain name, id {actor.id}")
    pairs = tuple(sorted(label_map(args.map_label).items()))
    setup = Setup(tuple(names), args.model, args.abstain_below, pairs, args.spacy_model or SPACY_MODEL)
    return go(args, setup)


def _actors(args: argparse.Namespace) -> int:
    from cuibono.extract.actors import load_table

    table = load_table()
    asked = args.names or sorted(table.names)
    found = [(name, table.resolve(name)) for name in asked]
    if args.json:
        rows = [_actor_row(name, actor, table.surfaces_of(actor.id)) for name, actor in found]
        print_json(rows)
    elif not args.quiet:
        from cuibono.report.terminal import actors_table, show

        show(actors_table([(name, a, table.surfaces_of(a.id)) for name, a in found]))
    return OK


def _actor_row(name: str, actor: Any, surfaces: list[str]) -> dict[str, Any]:
    return {"asked": name, "id": actor.id, "name": actor.name, "known": actor.known, "written_as": surfaces}
