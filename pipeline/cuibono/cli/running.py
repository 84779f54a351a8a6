"""What ``cuibono run`` does and shows."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuibono.cli.common import BAD_INPUT, OK, print_json, say
from cuibono.cli.progress import progress
from cuibono.cli.tables import tables_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cuibono.document import Document
    from cuibono.run import Done, Engine, RunFolder, Source
    from cuibono.setup import Setup

#: With more inputs than this only their number is shown, not a table each.
FEW = 20
#: Of a table; each may be named.
COLUMNS = ("text", "id", "title", "date", "url")


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Who does the work."""
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes, each with a model of its own (default: 1)"
    )
    parser.add_argument(
        "--threads", type=int, default=0, metavar="N", help="of each process (default: the cores, divided among them)"
    )
    parser.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="whose processes (default: local; ray: extra ray)"
    )
    parser.add_argument(
        "--ray-address", metavar="ADDRESS", help="of a Ray cluster: HOST:PORT or auto (default: Ray is started here)"
    )


def check_engine(args: argparse.Namespace) -> None:
    """Raises ValueError for what :func:`add_engine` cannot tell by itself."""
    if args.workers < 1:
        raise ValueError(f"--workers: found {args.workers}; allowed: 1 and more")
    if args.threads < 0:
        raise ValueError(f"--threads: found {args.threads}; allowed: 1 and more")
    if args.ray_address and args.engine != "ray":
        raise ValueError(f"--ray-address: found --engine {args.engine}; allowed: --engine ray")


def go(args: argparse.Namespace, setup: Setup) -> int:
    """Run, show, count."""
    from cuibono.run import ANNOTATIONS, RunFolder

    inputs = {
        "paths": list(args.inputs),
        "columns": {name: getattr(args, f"{name}_column") for name in COLUMNS},
        "split": args.split,
    }
    config = config_of(setup, args.units, inputs)
    again = args.retry_failures
    with RunFolder(args.out, config, resume=args.resume or again, overwrite=args.overwrite) as folder:
        done = results(inputs, setup, folder, args, args.units, retry=again)
        counts, summaries = _shown(args, done, _total(inputs))
    if args.parquet:
        tables_of(args.out / ANNOTATIONS, args.out)
    if args.json and not args.quiet:
        print_json({"documents": summaries, "failed": counts["failed"]})
    if not args.quiet:
        _say_counts(counts, args.out)
    return BAD_INPUT if counts["failed"] else OK


def config_of(setup: Setup, units: Path | None, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What decides the results of a run, with the hashes of what is only named."""
    from cuibono.errors import InputError
    from cuibono.hashes import file_hash, folder_hash

    if units is not None and not units.exists():
        raise InputError(units, "no such file")
    return {
        **setup.describe(),
        "units": None if units is None else folder_hash(units) if units.is_dir() else file_hash(units),
        # Which texts are read is seen input by input; which cells are, only here.
        "columns": inputs["columns"],
        "split": inputs["split"],
    }


def results(
    inputs: Mapping[str, Any],
    setup: Setup,
    folder: RunFolder,
    args: argparse.Namespace,
    units: Path | None,
    *,
    retry: bool,
) -> Iterator[Done]:
    """Run, into an open folder."""
    from cuibono.formats import load
    from cuibono.ingest.source import printable
    from cuibono.run import run
    from cuibono.run.manifest import manifest_of

    # A name that is not UTF-8 is written with escapes.
    paths = [printable(str(path)) for path in inputs["paths"]]
    given: dict[str, Document] = {d.doc_id: d for d in load(units)} if units else {}
    return run(
        _sources(inputs),
        _engine(setup, args),
        folder,
        units=given,
        retry=retry,
        manifest=lambda f: manifest_of(f, {**inputs, "paths": paths, "units": units and units.as_posix()}),
    )


def _sources(inputs: Mapping[str, Any]) -> Callable[[], Iterable[Source]]:
    """Gives the inputs anew each time; what is wrong with how they are named is said now."""
    from cuibono.ingest.sources import sources

    options = {**inputs["columns"], "split": inputs["split"]}
    sources(inputs["paths"], **options)
    return lambda: sources(inputs["paths"], **options)


def _total(inputs: Mapping[str, Any]) -> int | None:
    """How many inputs there are; None where only reading them all would tell."""
    from cuibono.ingest import READERS
    from cuibono.ingest.columnar import is_dataset

    def plain(path: Path) -> bool:
        return not is_dataset(path) if path.is_dir() else path.suffix.lower() in READERS

    if not all(plain(Path(path)) for path in inputs["paths"]):
        return None
    return sum(1 for _ in _sources(inputs)())


def _engine(setup: Setup, args: argparse.Namespace) -> Engine:
    from cuibono.classify.encoder import cores
    from cuibono.run import Here, Processes

    workers: int = args.workers
    threads: int = args.threads or max(1, cores() // workers)
    if args.engine == "ray":
        from cuibono.run.ray_engine import Ray

        if args.ray_address:  # each worker is given one CPU there
            threads = args.threads or 1
        return Ray(replace(setup, threads=threads), workers, args.ray_address)
    if workers == 1:
        return Here(replace(setup, threads=threads))
    return Processes(replace(setup, threads=threads), workers)


def _shown(
    args: argparse.Namespace, done: Iterator[Done], total: int | None
) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Print what is done as it comes; the counts, and for JSON a summary of each."""
    counts = {"annotated": 0, "repeated": 0, "before": 0, "failed": 0}
    summaries: list[dict[str, Any]] = []
    with progress(total, shown=not (args.quiet or few(total))) as step:
        for one in done:
            counts["failed"] += one.problem is not None
            counts["before"] += one.before and one.problem is None
            counts["repeated"] += one.same_as is not None and not one.before
            counts["annotated"] += one.line is not None
            if one.problem and not one.before:
                say(f"error: {one.problem}")
            elif one.line is not None:
                _print(args, one, total, summaries)
            step(counts)
    return counts, summaries


def _print(args: argparse.Namespace, one: Done, total: int | None, summaries: list[dict[str, Any]]) -> None:
    if not (few(total) or args.json) and '"warnings"' not in (one.line or ""):
        return
    document = one.document
    assert document is not None
    for warning in document.extra.get("warnings", ()):
        say(f"warning: {one.key}: {warning}")
    if args.json:
        summaries.append(_summary(document, one.key))
    elif few(total) and not args.quiet:
        from cuibono.report.terminal import document_table, show

        show(document_table(document))


def few(total: int | None) -> bool:
    """Whether each document gets a table of its own."""
    return total is not None and total <= FEW


def _summary(document: Document, path: str) -> dict[str, Any]:
    return {
        "doc_id": document.doc_id,
        "path": path,
        "units": len(document.units),
        "entities": len(document.entities),
        "stakes": {a: dict(document.label_counts(a)) for a in document.actors},
        "actor_stakes": {a: {e: s.label for e, s in row.items()} for a, row in document.actor_stakes.items()},
        "warnings": list(document.extra.get("warnings", ())),
    }


def _say_counts(counts: dict[str, int], out: Path) -> None:
    from cuibono.run import ANNOTATIONS, FAILURES

    inputs = sum(counts[k] for k in ("annotated", "before", "failed"))
    there = counts["annotated"] + counts["before"]
    more = [f"{counts['repeated']} of a text that was there already"] if counts["repeated"] else []
    more += [f"{counts['before']} done before"] if counts["before"] else []
    more += [f"{counts['failed']} failed: {out / FAILURES}"] if counts["failed"] else []
    say(f"{there} of {inputs} documents annotated{''.join(f', {m}' for m in more)}: {out / ANNOTATIONS}")
