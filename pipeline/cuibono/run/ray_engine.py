"""Who does the work, on Ray: workers on this machine or on a cluster. Ray is imported when it is used, not before.

Only documents travel to the workers, and only lines of JSON come back: inputs are read and annotations are written
where the run was started. A worker is an actor that loads the models once.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from cuibono.document import Document
from cuibono.errors import CuibonoError, InputError
from cuibono.run.engine import Many, Result
from cuibono.run.ray_pool import Pool, first_line

#: Seconds in which a cluster must answer, and in which this process must be a part of it.
ANSWER, JOIN = 10.0, 60.0
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

    def start(self) -> None:
        """Connect. The workers load their models later, each when there is a CPU for it.

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
            CuibonoError: No worker begins. And what :meth:`start` raises.
        """
        self.start()
        ray = _library()
        pool = Pool(ray, self.make, self.workers)
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
        raise CuibonoError(f"Ray does not start: {first_line(error)}") from None


def _join(ray: Any, address: str) -> None:
    _knock(address)
    problems: list[str] = []

    def init() -> None:
        try:
            _init(ray, address)
        except Exception as error:
            problems.append(first_line(error))

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
