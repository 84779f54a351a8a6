"""Who does the work, on Ray: workers on this machine or on a cluster. Ray is imported when it is used, not before.

Only documents travel to the workers, and only lines of JSON come back: inputs are read and annotations are written
where the run was started. A worker is an actor that loads the models once.
"""

from __future__ import annotations

import os
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from cuibono import __version__
from cuibono.document import Document
from cuibono.errors import CuibonoError, InputError, ModelError
from cuibono.run.engine import AHEAD, Many, Result, annotated

#: Batches for each worker that are drawn and not yet handed on: how far the others run ahead of a slow document.
HELD = 8
#: Seconds in which a cluster must answer, in which this process must be a part of it, and in which one worker at least
#: must have loaded its models.
ANSWER, JOIN, START = 10.0, 60.0, 600.0
#: Workers in a row that may die before they have loaded their models.
TRIES = 3
#: Bytes of shared memory of a Ray that is started here. Batches are small.
STORE = 256 * 2**20


@dataclass(slots=True)
class Ray:
    """Several workers on Ray, each with a model of its own.

    A worker that dies (killed, out of memory, its node lost) is replaced, and what it had before it is done again:
    the batch that it was at a document at a time, and a document at which a worker dies again is a failure.

    Args:
        make: Makes the annotator in each worker; it and what it holds must be picklable, and importable there.
        workers: How many, with a CPU each. Those that find no free CPU begin when there is one.
        address: Of a cluster: ``HOST:PORT``, or ``auto`` for the one that this machine belongs to. None: a Ray that
            is started here, for this process alone, and ends with the run. A Ray to which this process is connected
            already is used as it is, and left as it is.
    """

    make: Callable[[], Many]
    workers: int
    address: str | None = None
    _connected: bool = field(default=False, init=False, repr=False)

    def reach(self) -> None:
        """Connect now, so that what is wrong is said before anything is written; results() does so otherwise.

        Raises:
            InputError: The cluster cannot be reached.
            CuibonoError: There is no Ray, or it does not start.
        """
        if self.address is None:
            # Whatever its name says: what Ray listens on is then open to this machine alone. Read when Ray is imported.
            os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        ray = _library()
        if not ray.is_initialized():
            if self.address is None:
                _start(ray, self.workers)
            else:
                _join(ray, self.address)
            self._connected = True

    def results(self, batches: Iterable[Sequence[Document]]) -> Iterator[list[Result]]:
        """See :class:`cuibono.run.engine.Engine`.

        Raises:
            ModelError: A worker cannot load the models.
            CuibonoError: No worker begins. And what :meth:`reach` raises.
        """
        self.reach()
        ray = _library()
        pool = _Pool(ray, self.make, self.workers)
        try:
            yield from pool.results(iter(batches))
        finally:
            pool.close()
            if self._connected:
                self._connected = False
                ray.shutdown()
                _let_speak(ray, True)


def _library() -> Any:
    try:
        import ray
    except ImportError:
        raise CuibonoError('--engine ray needs Ray: pip install "cuibono[ray]"') from None
    return ray


def _start(ray: Any, workers: int) -> None:
    try:
        _init(ray, "local", num_cpus=workers, include_dashboard=False, object_store_memory=STORE)
    except Exception as error:
        raise CuibonoError(f"Ray does not start: {_first_line(error)}") from None


def _join(ray: Any, address: str) -> None:
    _knock(address)
    problems: list[str] = []

    def init() -> None:
        try:
            _init(ray, address)
        except Exception as error:
            problems.append(_first_line(error))

    # Where something else than Ray answers, Ray tries for minutes, and nothing interrupts it.
    thread = threading.Thread(target=init, daemon=True)
    thread.start()
    thread.join(JOIN)
    if thread.is_alive():
        problems.append(f"no answer in {JOIN:.0f} seconds")
    if problems:
        hint = "" if "RAY_AUTH_MODE" in os.environ else "; if it asks for a token, set RAY_AUTH_MODE=token"
        raise InputError(address, f"no Ray cluster that can be used: {problems[0]}{hint}")


def _init(ray: Any, address: str, **options: Any) -> None:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nothing is reported to anybody
    try:
        ray.init(address, logging_level="ERROR", log_to_driver=False, **options)
    except BaseException:
        ray.shutdown()
        raise
    _let_speak(ray, False)


def _let_speak(ray: Any, speak: bool) -> None:
    """Whether Ray prints; it says on standard output, which is for results, when a worker dies."""
    with suppress(AttributeError):  # there is no public switch
        ray._private.worker._worker_logs_enabled = speak


def _knock(address: str) -> None:
    """Whether anything answers; Ray itself would try for minutes."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not host or not port.isdecimal():
        return  # "auto", or what Ray refuses at once
    try:
        socket.create_connection((host.strip("[]"), int(port)), ANSWER).close()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(address, f"no Ray cluster can be reached there: {reason}") from None


def _first_line(error: BaseException) -> str:
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


class _Pool:
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
            raise CuibonoError(f"Ray: a worker cannot work: {_first_line(error.cause)}") from None
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
                raise ModelError(f"Ray: workers die while they load the models: {_first_line(error)}")
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
            part.found = [Result(problem=f"{document.doc_id}: the process that annotated it died")]
            return ()
        part.singles = [_Part([document], alone=True) for document in part.documents]
        return part.singles
