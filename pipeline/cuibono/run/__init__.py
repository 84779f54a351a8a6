"""Many documents: annotate each, keep what is done, isolate what fails.

What is written where, and what survives a kill: :mod:`cuibono.run.folder`. Who does the work:
:mod:`cuibono.run.engine`. What was run: :mod:`cuibono.run.manifest`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from cuibono.document import Document
from cuibono.ingest.source import Source
from cuibono.run.engine import Engine, Here, Processes
from cuibono.run.folder import FAILURES, MANIFEST, RunFolder
from cuibono.run.journal import ANNOTATIONS, INPUTS
from cuibono.run.work import Done, Manifest, Work

__all__ = [
    "ANNOTATIONS",
    "FAILURES",
    "INPUTS",
    "MANIFEST",
    "Done",
    "Engine",
    "Here",
    "Processes",
    "RunFolder",
    "Source",
    "run",
]


def run(
    sources: Callable[[], Iterable[Source]],
    engine: Engine,
    folder: RunFolder,
    *,
    units: Mapping[str, Document] | None = None,
    retry: bool = False,
    manifest: Manifest = lambda folder: {"config": folder.config},
) -> Iterator[Done]:
    """Annotate the inputs in order, into an open folder.

    What the folder has already is not done again: where the inputs begin as its journal does, the run goes on behind
    it, to the bytes of a run that was never interrupted; where they do not (texts were added, failures are tried
    again), what is there is copied.

    Args:
        sources: Gives the inputs anew each time, in the same order, streamed.
        engine: Annotates.
        folder: Open.
        units: Annotations whose units are labelled instead of finding some, by document.
        retry: Try inputs again that failed.
        manifest: Says what was run, when all is through.

    Raises:
        InputError: The folder cannot be written. A bad input raises nothing: it is yielded with its problem.
    """
    return Work(sources, engine, folder, units or {}, retry, manifest).go()
