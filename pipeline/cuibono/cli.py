"""The command ``cuibono``: parses arguments, calls one function, prints.

Exit codes: 0 all went well; 1 an input, a file or a model is bad (all others were still processed);
2 the command line is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cuibono import DEFAULT_MODEL, __version__
from cuibono.errors import CuibonoError

OK, BAD_INPUT, BAD_USAGE = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    args = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = args.command
    try:
        return command(args)
    except CuibonoError as error:
        _say(f"error: {error}")
        return BAD_INPUT
    except ValueError as error:
        _say(f"error: {error}")
        return BAD_USAGE
    except BrokenPipeError:
        sys.stderr.close()
        return OK
    except KeyboardInterrupt:
        _say("interrupted; what was done is kept")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cuibono",
        description="What a geopolitical commentary says is at stake, and for whom.",
        epilog="Exit codes: 0 all went well; 1 an input, file or model is bad, the rest was done; 2 wrong usage.",
    )
    parser.add_argument("--version", action="version", version=f"cuibono {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_run(commands)
    _add_evaluate(commands)
    _add_validate(commands)
    _add_actors(commands)
    _add_corpus(commands)
    _add_train(commands)
    _add_probe(commands)
    return parser


def _add_run(commands: Any) -> None:
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
    p.add_argument(
        "--map-label",
        action="append",
        default=[],
        metavar="THEIRS=OURS",
        help="what a label of a hub model means; may be repeated",
    )
    p.add_argument(
        "--units", type=Path, metavar="FILE", help="label the units of this annotation file instead of finding them"
    )
    p.add_argument("--spacy-model", metavar="NAME", help="any spaCy pipeline with a tagger, a parser and entities")
    _add_output(p)
    p.set_defaults(command=_run)


def _add_evaluate(commands: Any) -> None:
    p = commands.add_parser(
        "evaluate", help="score annotations against gold", description="Score one annotation file against another."
    )
    p.add_argument("predicted", type=Path, metavar="PREDICTED")
    p.add_argument("gold", type=Path, metavar="GOLD")
    p.add_argument(
        "--annotators",
        nargs=2,
        type=Path,
        metavar=("A", "B"),
        help="two annotation files whose agreement is shown beside",
    )
    p.add_argument("--texts", type=Path, metavar="DIR", help="folder of the texts of stand-off annotations")
    p.add_argument(
        "--threshold", type=float, default=0.5, metavar="T", help="token overlap for a match (default: %(default)s)"
    )
    p.add_argument(
        "--resamples", type=int, default=1000, metavar="N", help="bootstrap resamples (default: %(default)s)"
    )
    p.add_argument("--seed", type=int, default=0, help="of the bootstrap (default: %(default)s)")
    _add_output(p)
    p.set_defaults(command=_evaluate)


def _add_validate(commands: Any) -> None:
    p = commands.add_parser(
        "validate", help="check annotation files", description="Check files against the schema cuibono/1."
    )
    p.add_argument("files", nargs="+", type=Path, metavar="FILE")
    p.add_argument("--texts", type=Path, metavar="DIR", help="folder of the texts of stand-off annotations")
    _add_output(p)
    p.set_defaults(command=_validate)


def _add_actors(commands: Any) -> None:
    p = commands.add_parser(
        "actors", help="how a name resolves", description="Show the actor that a name stands for, or all actors."
    )
    p.add_argument("names", nargs="*", metavar="NAME")
    _add_output(p)
    p.set_defaults(command=_actors)


def _add_corpus(commands: Any) -> None:
    p = commands.add_parser("corpus", help="check a labelled corpus", description="Work with a labelled corpus.")
    actions = p.add_subparsers(title="actions", required=True, metavar="ACTION")
    c = actions.add_parser("check", help="lay labels and texts together", description="Lay labels and texts together.")
    c.add_argument("folder", type=Path, metavar="FOLDER", help="labels, such as data/annotated/open")
    c.add_argument("--texts", type=Path, metavar="DIR", help="folder of the texts of stand-off labels")
    _add_output(c)
    c.set_defaults(command=_corpus_check)


def _add_train(commands: Any) -> None:
    p = commands.add_parser(
        "train", help="train a model", description="Train a model by a recipe (extra: train) into a model folder."
    )
    p.add_argument("recipe", type=Path, metavar="RECIPE", help="such as models/recipes/tfidf.json")
    p.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="labels, such as data/annotated/open")
    p.add_argument("--texts", type=Path, metavar="DIR", help="folder of the texts of stand-off labels")
    p.add_argument("--out", type=Path, required=True, metavar="DIR", help="the model folder to write")
    p.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    p.set_defaults(command=_train)


def _add_probe(commands: Any) -> None:
    p = commands.add_parser(
        "probe",
        help="behaviour of a model",
        description="Ask a model pairs of sentences: another name, the other side, a negation, the passive.",
    )
    p.add_argument("model", nargs="?", default=DEFAULT_MODEL, metavar="MODEL", help="default: %(default)s")
    p.add_argument("--cases", type=Path, metavar="FILE", help="a TSV file of cases (default: those that come along)")
    p.add_argument("--failed", action="store_true", help="list the cases that did not pass")
    p.add_argument(
        "--map-label", action="append", default=[], metavar="THEIRS=OURS", help="what a label of a hub model means"
    )
    _add_output(p)
    p.set_defaults(command=_probe)


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")


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
            _say(f"note: {actor.name!r} is not in the actor table; taken as a plain name, id {actor.id}")
    inputs = find_inputs(args.inputs)
    classifier = load_classifier(args.model, abstain_below=args.abstain_below, label_map=_pairs(args.map_label))
    annotator = Annotator(actors, classifier, args.spacy_model or SPACY_MODEL)
    failed, summaries = 0, []
    for number, done in enumerate(run(inputs, annotator.annotate, args.out, units=args.units), 1):
        if done.document is None:
            failed += 1
            _say(f"error: {done.problem}")
        elif args.json:
            summaries.append(_summary(done.document, done.path))
        else:
            _print_document(args, done.document, len(inputs))
        _progress(args, number, len(inputs), failed)
    if args.json and not args.quiet:
        print(json.dumps({"documents": summaries, "failed": failed}, ensure_ascii=False, indent=1))
    if not args.quiet:
        _say(f"{len(inputs) - failed} of {len(inputs)} documents annotated: {args.out / ANNOTATIONS}")
    return BAD_INPUT if failed else OK


def _pairs(given: Sequence[str]) -> dict[str, str]:
    out = dict(pair.rpartition("=")[::2] for pair in given)
    if "" in out or "" in out.values():
        raise ValueError(f"--map-label: found {given}; allowed: THEIRS=OURS, such as LABEL_0=challenge")
    return out


def _print_document(args: argparse.Namespace, document: Any, total: int) -> None:
    for warning in document.extra.get("warnings", ()):
        _say(f"warning: {document.source['path']}: {warning}")
    if args.quiet:
        return
    from cuibono.report.terminal import document_table, show

    show(document_table(document, strongest=3 if total <= 20 else 1))


def _progress(args: argparse.Namespace, number: int, total: int, failed: int) -> None:
    """A line now and then on long work; the tables show it on short work."""
    if total > 20 and not args.quiet and (number % 50 == 0 or number == total):
        _say(f"{number} of {total} done, {failed} failed")


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


def _evaluate(args: argparse.Namespace) -> int:
    from cuibono.evaluate import evaluate
    from cuibono.formats import load

    options = {"threshold": args.threshold, "resamples": args.resamples, "seed": args.seed}
    report = evaluate(load(args.predicted, args.texts), load(args.gold, args.texts), **options)
    agreement = None
    if args.annotators:
        a, b = (load(path, args.texts) for path in args.annotators)
        agreement = evaluate(b, a, **options)
    if args.quiet:
        return OK
    if args.json:
        out = report.to_dict() | ({"annotators": agreement.to_dict()} if agreement else {})
        print(json.dumps(out, ensure_ascii=False, indent=1))
        return OK
    from cuibono.report.terminal import report_table, show

    show(report_table(report, agreement))
    return OK


def _validate(args: argparse.Namespace) -> int:
    from cuibono.formats import load

    results: list[dict[str, Any]] = []
    for path in args.files:
        try:
            documents = load(path, args.texts)
            units = sum(len(d.units) for d in documents)
            results.append({"path": str(path), "valid": True, "documents": len(documents), "units": units})
        except CuibonoError as error:
            results.append({"path": str(path), "valid": False, "problem": str(error)})
    if args.json and not args.quiet:
        print(json.dumps(results, ensure_ascii=False, indent=1))
    for result in results:
        if not result["valid"]:
            _say(f"error: {result['problem']}")
        elif not args.json and not args.quiet:
            print(f"{result['path']}: valid, {result['documents']} documents, {result['units']} units")
    return OK if all(r["valid"] for r in results) else BAD_INPUT


def _actors(args: argparse.Namespace) -> int:
    from cuibono.extract.actors import load_table

    table = load_table()
    asked = args.names or sorted(table.names)
    found = [(name, table.resolve(name)) for name in asked]
    if args.json:
        rows = [_actor_row(name, actor, table.surfaces_of(actor.id)) for name, actor in found]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    elif not args.quiet:
        from cuibono.report.terminal import actors_table, show

        show(actors_table([(name, a, table.surfaces_of(a.id)) for name, a in found]))
    return OK


def _actor_row(name: str, actor: Any, surfaces: list[str]) -> dict[str, Any]:
    return {"asked": name, "id": actor.id, "name": actor.name, "known": actor.known, "written_as": surfaces}


def _corpus_check(args: argparse.Namespace) -> int:
    from cuibono.corpus import check

    found = check(args.folder, args.texts)
    for problem in found.problems:
        _say(f"error: {problem}")
    if args.json and not args.quiet:
        print(json.dumps(found.to_dict(), ensure_ascii=False, indent=1))
    elif not args.quiet:
        from cuibono.report.terminal import corpus_table, show

        show(corpus_table(found))
    return BAD_INPUT if found.problems else OK


def _train(args: argparse.Namespace) -> int:
    try:
        from cuibono.train.recipe import load_recipe, train
    except ImportError as error:
        _say(f'error: training needs {error.name}: pip install "cuibono[train]"')
        return BAD_INPUT
    out = train(load_recipe(args.recipe), args.corpus, args.texts, args.out, (lambda _: None) if args.quiet else _say)
    if not args.quiet:
        print(out)
    return OK


def _probe(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    from cuibono.classify import load_classifier
    from cuibono.probe import CASES, load_cases, probe, rates

    answers = probe(load_classifier(args.model, label_map=_pairs(args.map_label)), load_cases(args.cases or CASES))
    found = rates(answers)
    failed = [a for a in answers if not a.passed]
    if args.json and not args.quiet:
        rows = [asdict(a.case) | {"found": a.first, "found2": a.second} for a in failed]
        print(json.dumps({"rates": [asdict(r) for r in found], "failed": rows}, ensure_ascii=False, indent=1))
    elif not args.quiet:
        from cuibono.report.terminal import probe_table, show

        show(probe_table(found, failed if args.failed else []))
    return OK


def _say(line: str) -> None:
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
