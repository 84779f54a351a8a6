"""``cuibono train`` and ``cuibono probe``."""

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
    add_quiet,
    label_map,
    print_json,
    say,
)


def add_train(commands: Any) -> None:
    """The parser of ``cuibono train``."""
    p = commands.add_parser(
        "train", help="train a model", description="Train a model by a recipe (extra: train) into a model folder."
    )
    p.add_argument("recipe", type=Path, metavar="RECIPE", help="such as models/recipes/tfidf.json")
    p.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="labels, such as data/annotated/open")
    p.add_argument("--texts", type=Path, metavar="DIR", help="folder of the texts of stand-off labels")
    p.add_argument("--out", type=Path, required=True, metavar="DIR", help="the model folder to write")
    add_quiet(p)
    p.set_defaults(command=_train)


def add_probe(commands: Any) -> None:
    """The parser of ``cuibono probe``."""
    p = commands.add_parser(
        "probe",
        help="behaviour of a model",
        description="Ask a model pairs of sentences: another name, the other side, a negation, the passive.",
    )
    p.add_argument("model", nargs="?", default=DEFAULT_MODEL, metavar="MODEL", help="default: %(default)s")
    p.add_argument("--cases", type=Path, metavar="FILE", help="a TSV file of cases (default: those that come along)")
    p.add_argument("--failed", action="store_true", help="list the cases that did not pass")
    add_label_map(p)
    add_output(p)
    p.set_defaults(command=_probe)


def _train(args: argparse.Namespace) -> int:
    try:
        from cuibono.train.recipe import load_recipe, train
    except ImportError as error:
        say(f'error: training needs {error.name}: pip install "cuibono[train]"')
        return BAD_INPUT
    out = train(load_recipe(args.recipe), args.corpus, args.texts, args.out, (lambda _: None) if args.quiet else say)
    if not args.quiet:
        print(out)
    return OK


def _probe(args: argparse.Namespace) -> int:
    from dataclasses import asdict

    from cuibono.classify import load_classifier
    from cuibono.probe import CASES, load_cases, probe, rates

    answers = probe(load_classifier(args.model, label_map=label_map(args.map_label)), load_cases(args.cases or CASES))
    found = rates(answers)
    failed = [a for a in answers if not a.passed]
    if args.json and not args.quiet:
        rows = [asdict(a.case) | {"found": a.first, "found2": a.second} for a in failed]
        print_json({"rates": [asdict(r) for r in found], "failed": rows})
    elif not args.quiet:
        from cuibono.report.terminal import probe_table, show

        show(probe_table(found, failed if args.failed else []))
    return OK
