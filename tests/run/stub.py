"""A stand-in for a model, and a program that runs it: python -m tests.run.stub OUT WORKERS INPUT ...

One unit, the first word. A text that begins with `raise` or `die` does that to whoever annotates it.
"""

import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from cuibono.document import Annotator, Document, Stakes, Unit
from cuibono.errors import CuibonoError
from cuibono.ingest.sources import sources
from cuibono.run import Here, Processes, RunFolder, run
from cuibono.run.manifest import manifest_of

CONFIG = {"model": "first-word"}


def many(documents: Iterable[Document]) -> Iterator[Document]:
    """Annotate."""
    for document in documents:
        text = document.require_text()
        if text.startswith("raise"):
            raise RuntimeError("a bug")
        if text.startswith("refuse"):
            raise CuibonoError(f"{document.doc_id}: refused")
        if text.startswith("die"):
            os._exit(9)
        time.sleep(float(os.environ.get("STUB_SECONDS", "0")))
        made = (Unit("u1", 0, 3, "claim", stakes={"PER": Stakes("none")}),)
        by = Annotator("first-word", "model", "1")
        yield replace(document, annotator=by, actors={"PER": "Peru"}, units=document.units or made)


@dataclass(frozen=True)
class Make:
    """What a worker makes."""

    def __call__(self):
        """The function."""
        return many


@dataclass(frozen=True)
class MakeWatched:
    """What a worker makes that shows what it is at.

    Attributes:
        folder: Of a file for each text that was begun, named after it: the ids of the processes that began it.
        seconds: A text takes one of these, in turn by its number.
        last: The text named 0 is through when this one was begun, or in 30 seconds.
    """

    folder: str
    seconds: tuple[float, ...] = (0.0,)
    last: str = ""

    def __call__(self):
        """The function."""
        return self._many

    def _many(self, documents: Iterable[Document]) -> Iterator[Document]:
        for document in documents:
            with (Path(self.folder) / document.doc_id).open("a") as file:
                file.write(f"{os.getpid()}\n")
            number = int(document.doc_id) if document.doc_id.isdecimal() else 0
            time.sleep(self.seconds[number % len(self.seconds)])
            end = time.monotonic() + 30
            while document.doc_id == "0" and not (Path(self.folder) / self.last).exists() and time.monotonic() < end:
                time.sleep(0.01)
            yield from many([document])


@dataclass(frozen=True)
class MakeNone:
    """What cannot be made."""

    def __call__(self):
        """Raise."""
        raise CuibonoError("models/lost: no such model")


def main(out: str, workers: str, *inputs: str) -> None:
    """Run, going on with what is there."""
    engine = Here(lambda: many) if workers == "1" else Processes(Make(), int(workers))
    with RunFolder(Path(out), CONFIG, resume=True) as folder:
        for _ in run(lambda: sources(inputs), engine, folder, manifest=lambda f: manifest_of(f, {})):
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
