"""The workers of a run on Ray: who is given what, what is done again, in which order it comes back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from cuibono import __version__
from cuibono.document import Document
from cuibono.errors import CuibonoError, ModelError
from cuibono.run.engine import AHEAD, Many, Result, annotated, died

#: Batches for each worker that are drawn and not yet handed on: how far the others run ahead of a slow document.
HELD = 8
#: Seconds in which one worker at least must have loaded its models.
START = 600.0
#: Workers in a row that may die before they have loaded their models.
TRIES = 3


def first_line(error: BaseException) -> str:
    """What an error says, in one line."""
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)


class _Annotator:
    """What an actor is."""

    def load(self, make: Callable[[], Many], version: str) -> str | None:
        """Load the models; returns why that cannot be."""
        if version != __version__:
            return f"found cuibono {__version__} there; allowed: {version}, which is here"
        try:
            self._many = make()
        except CuibonoError as error:
            return str(error)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return None

    def annotate(self, batch: Sequence[Document]) -> list[Result]:
        """Annotate."""
        return annotated(batch, self._many)


@dataclass(slots=True, eq=False)
class _Part:
    """What a worker is given at once: a batch, or a document of one at which a worker died.

    Attributes:
        alone: A worker died at it, or at what it was a part of: it is given to one that has nothing else before it.
        singles: Its documents, where they are done each by itself.
    """

    documents: Sequence[Document]
    alone: bool = False
    found: list[Result] | None = None
    singles: Sequence[_Part] = ()

    @property
    def results(self) -> list[Result] | None:
        """In order; None where some are missing."""
        if not self.singles:
            return self.found
        out: list[Result] = []
        for single in self.singles:
            if single.found is None:
                return None
            out += single.found
        return out


@dataclass(slots=True, eq=False)
class _Worker:
    """An actor and what it has before it, by the reference to the result, in order."""

    actor: Any
    ready: bool = False
    doing: dict[Any, _Part] = field(default_factory=dict)

    def room(self, *, alone: bool) -> bool:
        """Whether it can be given something more."""
        if not self.ready or any(part.alone for part in self.doing.values()):
            return False
        return len(self.doing) < (1 if alone else AHEAD)


class Pool:
    """The workers of one run."""

    def __init__(self, ray: Any, make: Callable[[], Many], workers: int) -> None:
        self.ray = ray
        self._make = make
        self._actors = ray.remote(num_cpus=1, max_restarts=0, max_task_retries=0)(_Annotator)
        #: Drawn and not yet handed on, in order; and what of it is to be done again.
        self._held: deque[_Part] = deque()
        self._again: deque[_Part] = deque()
        self._count = workers
        self._failed_starts = 0
        #: By the reference to what each will say next.
        self._waiting: dict[Any, _Worker] = {}
        self._workers: list[_Worker] = []

    def results(self, source: Iterator[Sequence[Document]]) -> Iterator[list[Result]]:
        """For each batch its results. Nothing is loaded before there is something to do."""
        for documents in source:
            if documents:
                source = chain([documents], source)
                break
            yield []
        else:
            return
        for _ in range(self._count):
            self._begin()
        while True:
            self._hand_out(source)
            if not self._held:
                # Nothing was drawn because there is nothing more, or because no worker is ready yet.
                if any(worker.ready for worker in self._workers):
                    return
                self._collect()
            elif (found := self._held[0].results) is not None:
                self._held.popleft()
                yield found
            else:
                self._collect()

    def close(self) -> None:
        """End the workers, whatever they are at."""
        for worker in self._workers:
            self._end(worker)
        self._workers.clear()
        self._waiting.clear()

    def _begin(self) -> None:
        worker = _Worker(self._actors.remote())
        self._workers.append(worker)
        self._waiting[worker.actor.load.remote(self._make, __version__)] = worker

    def _end(self, worker: _Worker) -> None:
        with suppress(Exception):  # it is dead already, or the cluster is
            self.ray.kill(worker.actor, no_restart=True)

    def _hand_out(self, source: Iterator[Sequence[Document]]) -> None:
        """Give the workers what they have room for: first what is to be done again."""
        while True:
            alone = bool(self._again) and self._again[0].alone
            able = [worker for worker in self._workers if worker.room(alone=alone)]
            if not able:
                return
            part = self._again.popleft() if self._again else self._draw(source)
            if part is None:
                return
            if not part.documents:
                part.found = []
                continue
            worker = min(able, key=lambda w: len(w.doing))
            reference = worker.actor.annotate.remote(part.documents)
            worker.doing[reference] = part
            self._waiting[reference] = worker

    def _draw(self, source: Iterator[Sequence[Document]]) -> _Part | None:
        if len(self._held) >= self._count * HELD:
            return None
        documents = next(source, None)
        if documents is None:
            return None
        part = _Part(documents)
        self._held.append(part)
        return part

    def _collect(self) -> None:
        """Wait until a worker has said something: that it is ready, what it has done, that it died."""
        busy = any(worker.doing for worker in self._workers)
        done, _ = self.ray.wait(list(self._waiting), num_returns=1, timeout=None if busy else START)
        if not done:
            cpus = self.ray.available_resources().get("CPU", 0)
            raise CuibonoError(f"Ray: no worker began in {START:.0f} seconds; {cpus:.0f} CPUs are free, each needs one")
        for reference in done:
            self._heard(reference, self._waiting.pop(reference))

    def _heard(self, reference: Any, worker: _Worker) -> None:
        try:
            said = self.ray.get(reference)
        except self.ray.exceptions.RayTaskError as error:
            # Not what a document does to a model, which is a result: cuibono is not there, or is another.
            raise CuibonoError(f"Ray: a worker cannot work: {first_line(error.cause)}") from None
        except self.ray.exceptions.RayError as error:
            self._replace(worker, error)
            return
        if reference in worker.doing:
            worker.doing.pop(reference).found = said
        elif said is None:
            worker.ready, self._failed_starts = True, 0
        else:
            raise ModelError(f"Ray: a worker cannot load the models: {said}")

    def _replace(self, worker: _Worker, error: Exception) -> None:
        """Another worker for one that died; what that had before it is done again."""
        if not worker.ready:
            self._failed_starts += 1
            if self._failed_starts >= TRIES:
                raise ModelError(f"Ray: workers die while they load the models: {first_line(error)}")
        self._end(worker)
        self._workers.remove(worker)
        self._waiting = {r: w for r, w in self._waiting.items() if w is not worker}
        undone = [part for reference, part in worker.doing.items() if not self._came_through(reference, part)]
        if undone:
            # Work is done in the order in which it was given: the worker died at the first.
            first, *behind = undone
            self._again.extendleft(reversed([*self._blamed(first), *behind]))
        self._begin()

    def _came_through(self, reference: Any, part: _Part) -> bool:
        with suppress(self.ray.exceptions.RayError):
            part.found = self.ray.get(reference, timeout=0)
        return part.found is not None

    def _blamed(self, part: _Part) -> Sequence[_Part]:
        """What is to be done again of that at which a worker died."""
        if part.alone:
            (document,) = part.documents
            part.found = [died(document)]
            return ()
        part.singles = [_Part([document], alone=True) for document in part.documents]
        return part.singles
