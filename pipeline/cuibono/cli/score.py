"""``cuibono evaluate``, ``compare`` and ``validate``: files against files."""

from __future__ import annotations

import argparse
import gc
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuibono.cli.common import (
    BAD_INPUT,
    OK,
    add_measuring,
    add_output,
    add_texts,
    print_json,
    say,
)
from cuibono.errors import CuibonoError, InputError

if TYPE_CHECKING:
    from cuibono.document import Document
    from cuibono.evaluate import Comparison


def add_evaluate(commands: Any) -> None:
    """The parser of ``cuibono evaluate``."""
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
    add_texts(p)
    add_measuring(p)
    add_output(p)
    p.set_defaults(command=_evaluate)


def add_compare(commands: Any) -> None:
    """The parser of ``cuibono compare``."""
    p = commands.add_parser(
        "compare",
        help="lay annotations side by side",
        description="Compare any number of annotations of the same texts: who agrees with whom, who is closer to gold, "
        "and where they differ.",
    )
    p.add_argument(
        "annotations", nargs="+", metavar="[NAME=]FILE", help="an annotation file, or a folder of them; with a name"
    )
    p.add_argument("--gold", type=Path, metavar="FILE", help="what all are scored against")
    p.add_argument(
        "--out", type=Path, metavar="DIR", help="write comparison.html, comparison.json, numbers.csv, disagreements.csv"
    )
    p.add_argument("--worst", type=int, default=10, metavar="N", help="disagreements to show (default: %(default)s)")
    add_texts(p)
    add_measuring(p)
    add_output(p)
    p.set_defaults(command=_compare)


def add_validate(commands: Any) -> None:
    """The parser of ``cuibono validate``."""
    p = commands.add_parser(
        "validate", help="check annotation files", description="Check files against the schema cuibono/1."
    )
    p.add_argument("files", nargs="+", type=Path, metavar="FILE")
    add_texts(p)
    add_output(p)
    p.set_defaults(command=_validate)


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
        print_json(out)
        return OK
    from cuibono.report.terminal import report_table, show

    show(report_table(report, agreement))
    return OK


def _compare(args: argparse.Namespace) -> int:
    # Millions of small objects are made, none of them in a cycle: looking for cycles would take a third of the time.
    gc.disable()
    try:
        return _compared(args)
    finally:
        gc.enable()


def _compared(args: argparse.Namespace) -> int:
    from cuibono.evaluate import Settings, compare
    from cuibono.formats import load

    if args.worst < 0:
        raise ValueError(f"--worst: found {args.worst}; allowed: 0 and more")
    found = compare(
        load_named(args.annotations, args.texts),
        load(args.gold, args.texts) if args.gold else None,
        settings=Settings(args.threshold, args.resamples, args.seed),
    )
    if args.out:
        _write_comparison(found, args.out)
    if args.json and not args.quiet:
        print_json(found.to_dict())
    elif not args.quiet:
        from cuibono.report.comparison import comparison_table
        from cuibono.report.terminal import show

        show(comparison_table(found, args.worst))
    if args.out and not args.quiet:
        say(f"written: {', '.join(str(args.out / name) for name in _WRITTEN)}")
    return OK


_WRITTEN = ("comparison.html", "comparison.json", "numbers.csv", "disagreements.csv")


def _write_comparison(found: Comparison, out: Path) -> None:
    import json

    from cuibono.formats.sheet import write_csv
    from cuibono.report import sheets
    from cuibono.report.page import comparison_page

    try:
        out.mkdir(parents=True, exist_ok=True)
        page, whole, numbers, disagreements = (out / name for name in _WRITTEN)
        page.write_text(comparison_page(found), encoding="utf-8", newline="\n")
        whole.write_text(json.dumps(found.to_dict(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        write_csv(numbers, sheets.NUMBERS, sheets.numbers(found))
        write_csv(disagreements, sheets.disagreement_head(found), sheets.disagreements(found))
    except OSError as error:
        raise InputError(out, f"the output folder cannot be written: {error.strerror}") from None


def load_named(given: Sequence[str], texts: Path | None) -> dict[str, list[Document]]:
    """Annotations by the name of their annotator, or the one given as ``NAME=FILE``.

    Two annotators of one name go by the names of their files besides.
    """
    from cuibono.formats import load

    loaded: list[tuple[str, Path, list[Document]]] = []
    for one in given:
        name, _, file = ("", "", one) if _exists(one) else one.rpartition("=")
        documents = load(file, texts)
        by = sorted({d.annotator.name if d.annotator else "?" for d in documents})
        loaded.append((name or "+".join(by), Path(file), documents))
    names = Counter(name for name, _, _ in loaded)
    out: dict[str, list[Document]] = {}
    for name, path, documents in loaded:
        key = name if names[name] == 1 and name != "?" else f"{name} ({path.parent.name}/{path.stem})"
        if key in out:
            raise ValueError(f"annotations: found {path} twice; allowed: each once, or NAME=FILE with another name")
        out[key] = documents
    return out


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except OSError:  # longer than a name may be
        return False


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
        print_json(results)
    for result in results:
        if not result["valid"]:
            say(f"error: {result['problem']}")
        elif not args.json and not args.quiet:
            print(f"{result['path']}: valid, {result['documents']} documents, {result['units']} units")
    return OK if all(r["valid"] for r in results) else BAD_INPUT
