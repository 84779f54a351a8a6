"""What ``cuibono run`` does and shows; ``verify`` and ``reproduce``, which check it."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuibono.cli.common import BAD_INPUT, OK, print_json, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cuibono.annotate import Annotator, Setup
    from cuibono.document import Document
    from cuibono.run import Done, Engine, RunFolder, Source

#: With more inputs than this only their number is shown, not a table each.
FEW = 20
#: Of a table; each may be named.
COLUMNS = ("text", "id", "title", "date", "url")
#: Seconds between lines of progress where there is no terminal.
EVERY = 10.0


def add_verify(commands: Any) -> None:
    """The parser of ``cuibono verify``."""
    p = commands.add_parser(
        "verify", help="check a run against its manifest", description="Check the files of a run against its manifest."
    )
    p.add_argument("folder", type=Path, metavar="DIR")
    p.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    p.set_defaults(command=_verify)


def add_reproduce(commands: Any) -> None:
    """The parser of ``cuibono reproduce``."""
    p = commands.add_parser(
        "reproduce",
        help="run again what a manifest says",
        description="Run again what the manifest of a run says; report the first difference, or that there is none.",
    )
    p.add_argument("folder", type=Path, metavar="DIR")
    p.add_argument("--out", required=True, type=Path, metavar="NEW", help="folder of the second run")
    add_engine(p)
    p.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    p.set_defaults(command=_reproduce)


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Who does the work."""
    parser.add_argument(
        "--workers", type=int, default=1, metavar="N", help="processes, each with a model of its own (default: 1)"
    )
    parser.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="whose processes (default: local; ray: extra ray)"
    )
    parser.add_argument(
        "--ray-address", metavar="ADDRESS", help="of a Ray cluster: HOST:PORT or auto (default: Ray is started here)"
    )


def go(args: argparse.Namespace, setup: Setup) -> int:
    """Run, show, count."""
    from cuibono.run import ANNOTATIONS, RunFolder

    # Loaded here also where workers do the work: what is wrong with a model is said before anything is written.
    annotator = setup.annotator()
    inputs = {
        "paths": list(args.inputs),
        "columns": {name: getattr(args, f"{name}_column") for name in COLUMNS},
        "split": args.split,
    }
    config = config_of(setup, annotator, args.units, inputs)
    again = args.retry_failures
    with RunFolder(args.out, config, resume=args.resume or again, overwrite=args.overwrite) as folder:
        done = _results(inputs, setup, annotator, folder, args, args.units, retry=again)
        counts, summaries = _shown(args, done, _total(inputs))
    if args.parquet:
        _write_tables(args.out / ANNOTATIONS, args.out)
    if args.json and not args.quiet:
        print_json({"documents": summaries, "failed": counts["failed"]})
    if not args.quiet:
        _say_counts(counts, args.out)
    return BAD_INPUT if counts["failed"] else OK


def config_of(setup: Setup, annotator: Annotator, units: Path | None, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """What decides the results of a run, with the hashes of what is only named."""
    from cuibono.errors import InputError
    from cuibono.run.manifest import file_hash, folder_hash

    if units is not None and not units.exists():
        raise InputError(units, "no such file")
    by = annotator.classifier.annotator
    spacy_model = annotator.nlp.meta
    where = getattr(annotator.nlp, "_path", None)
    return {
        "setup": setup.to_dict(),
        "actors": dict(annotator.actors),
        "model": {"name": by.name, "version": by.version, **by.extra},
        "spacy_model": {
            "name": f"{spacy_model['lang']}_{spacy_model['name']}",
            "version": spacy_model["version"],
            "sha256": folder_hash(Path(where)) if where else None,
        },
        "actor_table": {"sha256": annotator.table.digest},
        "units": None if units is None else folder_hash(units) if units.is_dir() else file_hash(units),
        # Which texts are read is seen input by input; which cells are, only here.
        "columns": inputs["columns"],
        "split": inputs["split"],
    }


def _results(
    inputs: Mapping[str, Any],
    setup: Setup,
    annotator: Annotator,
    folder: RunFolder,
    args: argparse.Namespace,
    units: Path | None,
    *,
    retry: bool,
) -> Iterator[Done]:
    from cuibono.formats import load
    from cuibono.run import run
    from cuibono.run.manifest import manifest_of

    given: dict[str, Document] = {d.doc_id: d for d in load(units)} if units else {}
    return run(
        _sources(inputs),
        _engine(setup, annotator, args),
        folder,
        units=given,
        retry=retry,
        manifest=lambda f: manifest_of(f, {**_printable(inputs), "units": units and units.as_posix()}),
    )


def _printable(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """With escapes for what a file name may hold and UTF-8 may not."""
    return {**inputs, "paths": [str(p).encode("utf-8", "backslashreplace").decode() for p in inputs["paths"]]}


def _sources(inputs: Mapping[str, Any]) -> Callable[[], Iterable[Source]]:
    """Gives the inputs anew each time; what is wrong with how they are named is said now."""
    from cuibono.ingest.sources import sources

    options = {**inputs["columns"], "split": inputs["split"]}
    sources(inputs["paths"], **options)
    return lambda: sources(inputs["paths"], **options)


def _total(inputs: Mapping[str, Any]) -> int | None:
    """How many inputs there are; None where only reading them all would tell."""
    from cuibono.ingest import READERS

    plain = [Path(p).is_dir() or Path(p).suffix.lower() in READERS for p in inputs["paths"]]
    if not all(plain) or any((Path(p) / "dataset_info.json").exists() for p in inputs["paths"]):
        return None
    return sum(1 for _ in _sources(inputs)())


def _engine(setup: Setup, annotator: Annotator, args: argparse.Namespace) -> Engine:
    from cuibono.run import Here, Processes

    workers: int = args.workers
    threads = max(1, (os.cpu_count() or 1) // workers)
    if args.engine == "ray":
        from cuibono.run.ray_engine import Ray

        engine = Ray(replace(setup, threads=1 if args.ray_address else threads), workers, args.ray_address)
        engine.reach()
        return engine
    if workers == 1:
        return Here(annotator.annotate_many)
    return Processes(replace(setup, threads=threads), workers)


def _shown(
    args: argparse.Namespace, done: Iterator[Done], total: int | None
) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Print what is done as it comes; the counts, and for JSON a summary of each."""
    counts = {"annotated": 0, "repeated": 0, "before": 0, "failed": 0}
    summaries: list[dict[str, Any]] = []
    with _progress(args, total) as step:
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
    few = total is not None and total <= FEW
    if not (few or args.json) and '"warnings"' not in (one.line or ""):
        return
    document = one.document
    assert document is not None
    for warning in document.extra.get("warnings", ()):
        say(f"warning: {one.key}: {warning}")
    if args.json:
        summaries.append(_summary(document, one.key))
    elif few and not args.quiet:
        from cuibono.report.terminal import document_table, show

        show(document_table(document))


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


@contextmanager
def _progress(args: argparse.Namespace, total: int | None) -> Iterator[Callable[[dict[str, int]], None]]:
    """A bar with rate and time left on a terminal, a line now and then elsewhere; nothing for a few documents."""
    import sys

    if args.quiet or (total is not None and total <= FEW):
        yield lambda _counts: None
    elif sys.stderr.isatty():
        with _bar(total) as step:
            yield step
    else:
        yield _lines(total)


def _lines(total: int | None) -> Callable[[dict[str, int]], None]:
    start = last = time.monotonic()
    before = 0

    def step(counts: dict[str, int]) -> None:
        nonlocal last, before
        done, now = sum(counts.values()), time.monotonic()
        before = counts["before"]
        if now - last < EVERY and done != total:
            return
        last = now
        rate = (done - before) / max(now - start, 1e-9)
        left = f", {(total - done) / rate:.0f} s left" if total and rate else ""
        say(f"{done}{f' of {total}' if total else ''} done, {counts['failed']} failed, {rate:.1f} a second{left}")

    return step


@contextmanager
def _bar(total: int | None) -> Iterator[Callable[[dict[str, int]], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[failed]} failed, {task.speed} a second"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=total, failed=0)
        yield lambda counts: progress.update(task, completed=sum(counts.values()), failed=counts["failed"])


def _say_counts(counts: dict[str, int], out: Path) -> None:
    from cuibono.run import ANNOTATIONS, FAILURES

    inputs = sum(counts[k] for k in ("annotated", "before", "failed"))
    there = counts["annotated"] + counts["before"]
    more = [f"{counts['repeated']} of a text that was there already"] if counts["repeated"] else []
    more += [f"{counts['before']} done before"] if counts["before"] else []
    more += [f"{counts['failed']} failed: {out / FAILURES}"] if counts["failed"] else []
    say(f"{there} of {inputs} documents annotated{''.join(f', {m}' for m in more)}: {out / ANNOTATIONS}")


def add_tables(commands: Any) -> None:
    """The parser of ``cuibono tables``."""
    p = commands.add_parser(
        "tables",
        help="annotations as Parquet tables",
        description="Write documents, entities, units, stakes and actor_stakes as Parquet tables (extra: corpus).",
    )
    p.add_argument("annotations", type=Path, metavar="FILE.jsonl")
    p.add_argument("--out", required=True, type=Path, metavar="DIR")
    p.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    p.set_defaults(command=_tables)


def _tables(args: argparse.Namespace) -> int:
    rows = _write_tables(args.annotations, args.out)
    if not args.quiet:
        say(f"{', '.join(f'{n} {name}' for name, n in rows.items())}: {args.out}")
    return OK


def _write_tables(annotations: Path, out: Path) -> dict[str, int]:
    from cuibono.errors import InputError
    from cuibono.formats import stream
    from cuibono.formats.parquet import write_tables

    try:
        return write_tables(stream(annotations), out)
    except ImportError as error:
        raise InputError(out, f'tables need {error.name}: pip install "cuibono[corpus]"') from None


def _verify(args: argparse.Namespace) -> int:
    from cuibono.run.folder import OUTPUTS
    from cuibono.run.manifest import verify

    problems = list(verify(args.folder))
    for problem in problems:
        say(f"error: {problem}")
    if not problems and not args.quiet:
        print(f"{args.folder}: {', '.join(OUTPUTS)} are as the manifest says")
    return BAD_INPUT if problems else OK


def _reproduce(args: argparse.Namespace) -> int:
    from cuibono.annotate import Setup
    from cuibono.errors import InputError
    from cuibono.run import RunFolder
    from cuibono.run.manifest import first_difference, read_manifest

    said = read_manifest(args.folder)
    if args.out.is_dir() and any(args.out.iterdir()):
        raise InputError(args.out, "found a folder that holds something; allowed: a new one")
    setup = Setup.from_dict(said["config"]["setup"])
    annotator = setup.annotator()
    units = Path(said["inputs"]["units"]) if said["inputs"].get("units") else None
    inputs = {key: said["inputs"][key] for key in ("paths", "columns", "split")}
    config = config_of(setup, annotator, units, inputs)
    for key, value in config.items():
        if value != said["config"][key]:
            problem = f"{key}: found {value}; the manifest says {said['config'][key]}"
            raise InputError(args.folder, f"cannot be run again: {problem}")
    with RunFolder(args.out, config) as folder:
        for done in _results(inputs, setup, annotator, folder, args, units, retry=False):
            if done.problem and not args.quiet:
                say(f"note: {done.problem}")
    difference = first_difference(args.folder, args.out)
    if difference:
        say(f"error: {difference}")
    elif not args.quiet:
        print(f"no difference: {args.folder} and {args.out}")
    return BAD_INPUT if difference else OK
