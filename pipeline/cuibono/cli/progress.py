"""How far a long run is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cuibono.cli.common import say

#: Seconds between lines where there is no terminal.
EVERY = 10.0


@contextmanager
def progress(total: int | None, *, shown: bool) -> Iterator[Callable[[dict[str, int]], None]]:
    """A bar with rate and time left on a terminal, a line now and then elsewhere; to be called with the counts."""
    if not shown:
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
