"""Who does the work: this process, or several. Results come in the order of the documents, whoever made them."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Protocol

from cuibono.document import Document
from cuibono.errors import CuibonoError, ModelError
from cuibono.formats import dumps

#: Annotates several documents, in their order.
Many = Callable[[Sequence[Document]], Iterable[Document]]
#: Batches that each worker has before it, so that none waits.
AHEAD = 2


@dataclass(frozen=True, slots=True)
class Result:
    """An annotation as a line of JSON, or why there is none."""

    line: str | None = None
    problem: str | None = None


class Engine(Protocol):
    """Annotates batches of documents."""

    def start(self) -> None:
        """Load the models, before anything is written: there is something to do. Raises ModelError, or another
        :class:`CuibonoError`, if that cannot be.
        """
        ...

    def results(self, batches: Iterable[Sequence[Document]]) -> Iterator[list[Result]]:
        """For each batch its results, in order; batches are taken only as they are needed."""
        ...


def annotated(batch: Sequence[Document], many: Many) -> list[Result]:
    """A batch annotated; where something goes wrong each document by itself, so that it fails alone."""
    try:
        return [Result(dumps(document)) for document in many(batch)]
    except Exception:
        return [_alone(document, many) for document in batch]


def _alone(document: Document, many: Many) -> Result:
    try:
        (found,) = many([document])
        return Result(dumps(found))
    except CuibonoError as error:
        return Result(problem=str(error))
    except Exception as error:  # whatever a document does to a model, the run goes on
        return Result(problem=f"{document.doc_id}: {type(error).__name__}: {error}")


def died(document: Document) -> Result:
    """Of a document at which workers die."""
    return Result(problem=f"{document.doc_id}: the process that annotated it died")


@dataclass(slots=True)
class Here:
    """This process.

    Args:
        make: Makes the annotator.
    """

    make: Callable[[], Many]
    _many: Many | None = field(default=None, init=False, repr=False)

    def start(self) -> None:
        """See :class:`Engine`."""
        self._many = self._many or self.make()

    def results(self, batches: Iterable[Sequence[Document]]) -> Iterator[list[Result]]:
        """See :class:`Engine`."""
        self.start()
        assert self._many is not None
        for batch in batches:
            yield annotated(batch, self._many)


@dataclass(slots=True)
class Processes:
    """Several processes, each with a model of its own; this one has none.

    A worker that dies (killed, out of memory) takes its batch with it; the batch is then done a document at a time,
    and a document at which a worker dies again is a failure.

    Args:
        make: Makes the annotator in each worker; it and what it holds must be picklable.
        workers: How many.
    """

    make: Callable[[], Many]
    workers: int
    _pool: _Pool | None = field(default=None, init=False, repr=False)

    def start(self) -> None:
        """See :class:`Engine`. All workers load at once."""
        if self._pool is None:
            self._pool = _Pool(self)
            try:
                self._pool.check()
            except BaseException:
                self._close()
                raise

    def results(self, batches: Iterable[Sequence[Document]]) -> Iterator[list[Result]]:
        """See :class:`Engine`."""
        self.start()
        pool = self._pool
        assert pool is not None
        pending: deque[tuple[Sequence[Document], Future[list[Result]]]] = deque()
        source = iter(batches)
        try:
            for batch in itertools.islice(source, self.workers * AHEAD):
                pending.append((batch, pool.submit(batch)))
            while pending:
                batch, future = pending.popleft()
                try:
                    found = future.result()
                except BrokenProcessPool:
                    pool.renew()
                    found = self._one_by_one(batch)
                    # Their futures broke with the pool; what is done already is kept.
                    pending = deque((b, f if _well(f) else pool.submit(b)) for b, f in pending)
                for following in itertools.islice(source, 1):
                    pending.append((following, pool.submit(following)))
                yield found
        finally:
            self._close()

    def _close(self) -> None:
        if self._pool is not None:
            self._pool.close()
            self._pool = None

    def executor(self) -> ProcessPoolExecutor:
        """Workers of their own."""
        # Spawned, not forked: threads of onnxruntime do not survive a fork.
        return ProcessPoolExecutor(self.workers, get_context("spawn"), initializer=_start, initargs=(self.make,))

    def _one_by_one(self, batch: Sequence[Document]) -> list[Result]:
        """By a worker of their own, of which a document has another one if it kills it."""
        out: list[Result] = []
        pool = _Pool(Processes(self.make, 1))
        try:
            for document in batch:
                try:
                    out += pool.submit([document]).result()
                except BrokenProcessPool:
                    pool.renew()
                    out.append(died(document))
        finally:
            pool.close()
        return out


class _Pool:
    """A pool that is made anew when it breaks; a worker may die at any moment, also between two batches."""

    def __init__(self, engine: Processes) -> None:
        self._engine = engine
        self._executor = engine.executor()

    def check(self) -> None:
        """Wait until the workers have loaded their models. Raises what a worker cannot."""
        try:
            for ready in [self._executor.submit(_ready) for _ in range(self._engine.workers)]:
                ready.result()
        except BrokenProcessPool:
            raise ModelError(
                "a worker died while it loaded the models; allowed: fewer workers, or more memory"
            ) from None

    def submit(self, batch: Sequence[Document]) -> Future[list[Result]]:
        """Hand out a batch."""
        try:
            return self._executor.submit(_work, batch)
        except BrokenProcessPool:
            self.renew()
            return self._executor.submit(_work, batch)

    def renew(self) -> None:
        """Another pool."""
        self.close()
        self._executor = self._engine.executor()

    def close(self) -> None:
        """Let go of it."""
        self._executor.shutdown(wait=False, cancel_futures=True)


def _well(future: Future[list[Result]]) -> bool:
    return future.done() and not future.cancelled() and future.exception() is None


#: Of a worker: what annotates, or why nothing does.
_many: Many | str


def _start(make: Callable[[], Many]) -> None:
    global _many
    try:
        _many = make()
    # Kept to be said by the first task: what an initializer raises only breaks the pool.
    except CuibonoError as error:
        _many = str(error)
    except Exception as error:
        _many = f"{type(error).__name__}: {error}"


def _ready() -> None:
    if isinstance(_many, str):
        raise ModelError(f"a worker cannot load the models: {_many}")


def _work(batch: Sequence[Document]) -> list[Result]:
    _ready()
    assert not isinstance(_many, str)
    return annotated(batch, _many)
