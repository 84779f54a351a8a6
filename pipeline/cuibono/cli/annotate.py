"""``cuibono run`` and ``cuibono actors``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from cuibono import DEFAULT_MODEL
from cuibono.cli.common import (
    BAD_INPUT,
    OK,
    add_label_map,
    add_output,
    label_map,
    print_json,
    say,
)


def add_run(commands: Any) -> None:
    """The parser of ``cuibono run``."""
    p = commands.add_parser(
        "run", help="annotate texts", description="Annotate .txt and .md files, or folders of them."
    )
    p.add_argument("inputs", nargs="+", metavar="INPUT", help="a text file, or a folder of them")
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
    from cuibono.annotate import Annotator
    from cuibono.classify import load_classifier
    from cuibono.extract.actors import load_table
    from cuibono.extract.pipeline import SPACY_MODEL
    from cuibono.run import ANNOTATIONS, find_inputs, run

    table = load_table()
    actors = [table.resolve(name) for name in args.actor or ["Russia"]]
    for actor in actors:
        if not actor.known and not args.quiet:
            say(f"note: {actor.name!r} is not in the actor table; taken as a plain name, id {actor.id}")
    inputs = find_inputs(args.inputs)
    classifier = load_classifier(args.model, abstain_below=args.abstain_below, label_map=label_map(args.map_label))
    annotator = Annotator(actors, classifier, args.spacy_model or SPACY_MODEL)
    failed, summaries = 0, []
    for number, done in enumerate(run(inputs, annotator.annotate, args.out, units=args.units), 1):
        if done.document is None:
            failed += 1
            say(f"error: {done.problem}")
        elif args.json:
            summaries.append(_summary(done.document, done.path))
        else:
            _print_document(args, done.document, len(inputs))
        _progress(args, number, len(inputs), failed)
    if args.json and not args.quiet:
        print_json({"documents": summaries, "failed": failed})
    if not args.quiet:
        say(f"{len(inputs) - failed} of {len(inputs)} documents annotated: {args.out / ANNOTATIONS}")
    return BAD_INPUT if failed else OK


def _print_document(args: argparse.Namespace, document: Any, total: int) -> None:
    for warning in document.extra.get("warnings", ()):
        say(f"warning: {document.source['path']}: {warning}")
    if args.quiet:
        return
    from cuibono.report.terminal import document_table, show

    show(document_table(document, strongest=3 if total <= 20 else 1))


def _progress(args: argparse.Namespace, number: int, total: int, failed: int) -> None:
    """A line now and then on long work; the tables show it on short work."""
    if total > 20 and not args.quiet and (number % 50 == 0 or number == total):
        say(f"{number} of {total} done, {failed} failed")


def _summary(document: Any, path: str) -> dict[str, Any]:
    return {
        "doc_id": document.doc_id,
        "path": path,
        "units": len(document.units),
        "entities": len(document.entities),
        "stakes": {a: dict(document.label_counts(a)) for a in document.actors},
        "actor_stakes": {a: {e: s.label for e, s in row.items()} for a, row in document.actor_stakes.items()},
        "warnings": list(document.extra.get("warnings", ())),
    }


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
