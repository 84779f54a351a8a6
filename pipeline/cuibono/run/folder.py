"""The folder of a run: what is done is kept whatever happens, and no input is done twice.

While a run is on, it writes into ``partial/``: annotations in the order of the inputs, then each input to the journal,
with the byte at which its annotation ends. What the journal does not hold was not done: after a kill the annotations
are cut back to where the journal ends, and the run goes on from there, to the same bytes. When all inputs are through,
the files move up, and the manifest is written.

Where a run cannot go on in place (other inputs come first, failures are tried again), ``partial/`` becomes ``old-1/``
and so on, from which what is done is copied, and which go when the run is through. Folders are renamed whole: there is
no moment at which a journal stands beside another run's annotations.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

from cuibono.errors import InputError
from cuibono.run.journal import ANNOTATIONS, INPUTS, Entry, Old, line_at, read_journal
from cuibono.run.journal import recovered as recovered_in

FAILURES = "failures.jsonl"
OUTPUTS = (ANNOTATIONS, INPUTS, FAILURES)
MANIFEST, CONFIG, LOCK = "manifest.json", "run.json", ".lock"
#: Where a run writes, what marks that all of it is written, and where it puts what only has to be removed.
PARTIAL, COMPLETE, SPENT = "partial", "complete", "old-spent"
_OLD = re.compile(r"old-([0-9]+)")


class RunFolder:
    """A folder that one run writes into; use it as a context.

    Args:
        path: The folder; made if it is not there.
        config: What decides the results, as JSON: a run of another configuration is not mixed with it.
        resume: Go on with what is there.
        overwrite: Start anew, whatever is there.

    Raises:
        InputError: It cannot be written, another run is in it, it holds an unfinished run or one of another
            configuration.
    """

    def __init__(self, path: Path, config: Mapping[str, Any], *, resume: bool = False, overwrite: bool = False) -> None:
        self.path, self.partial = path, path / PARTIAL
        # As it will be read back.
        self.config = json.loads(json.dumps(config))
        self.resume, self.overwrite = resume, overwrite
        #: The byte at which the annotations end.
        self.end = 0
        self._lock = FileLock(path / LOCK, blocking=False)
        self._annotations: IO[bytes]
        self._journal: IO[bytes]

    def __enter__(self) -> RunFolder:
        with self._writing():
            self.path.mkdir(parents=True, exist_ok=True)
            try:
                self._lock.acquire()
            except Timeout:
                raise InputError(self.path, "another run is writing here; allowed: another folder, or wait") from None
        try:
            self._check()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for file in (getattr(self, "_annotations", None), getattr(self, "_journal", None)):
            if file is not None:
                file.close()
        self._lock.release()

    @contextmanager
    def _writing(self, more: str = "") -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InputError(self.path, f"the output folder cannot be written: {error.strerror}{more}") from None

    def file(self, name: str) -> Path:
        """A file of the folder."""
        return self.path / name

    @property
    def unfinished(self) -> bool:
        """Whether a run was broken off here."""
        return self.partial.is_dir()

    @property
    def finished(self) -> bool:
        """Whether a run is through here, and none was begun after it."""
        return not self.unfinished and self.file(INPUTS).exists()

    @property
    def sealed(self) -> bool:
        """Whether the manifest is there."""
        return self.file(MANIFEST).exists()

    def _check(self) -> None:
        if self.overwrite:
            return
        there = self._there()
        if there is not None and there != self.config:
            allowed = "--overwrite, or another folder"
            problem = f"holds a run of another configuration: {_differ(there, self.config)}"
            raise InputError(self.path, f"{problem}; allowed: {allowed}")
        if (self.partial / COMPLETE).exists():
            self._move_up()  # broken off while it did
        if self.unfinished and not self.resume and self._begun():
            raise InputError(self.path, "holds an unfinished run; allowed: --resume, --overwrite, or another folder")

    def _begun(self) -> bool:
        """Whether anything is done of what is unfinished."""
        journals = [folder / INPUTS for folder in (self.partial, *self._aside())]
        return any(path.exists() and path.stat().st_size for path in journals)

    def _there(self) -> Any:
        try:
            return json.loads(self.file(CONFIG).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError:
            return "unreadable"

    def recovered(self) -> list[Entry]:
        """What is done: of a run that was broken off (its files are cut to that), else of a finished one.

        Raises:
            InputError: The journal of the finished one is damaged.
        """
        if self.unfinished:
            with self._writing():
                return recovered_in(self.partial)
        journal = list(read_journal(self.file(INPUTS)))
        size = self.file(INPUTS).stat().st_size if journal else 0
        if journal and journal[-1][1] != size:
            problem = f"line {len(journal) + 1}: found no entry of a journal; allowed: --overwrite, or another folder"
            raise InputError(self.file(INPUTS), problem)
        return [entry for entry, _ in journal]

    def set_aside(self) -> None:
        """Keep what the unfinished run has done, to be copied."""
        with self._writing():
            self.partial.rename(self.path / f"old-{1 + max(map(_number, self._aside()), default=0)}")

    def _aside(self) -> list[Path]:
        return sorted((p for p in self.path.iterdir() if _OLD.fullmatch(p.name)), key=_number)

    def old(self, *, failures: bool) -> Old:
        """What can be copied: of the finished run, and of those set aside, the latest first.

        Args:
            failures: Whether what failed counts as done.
        """
        out = Old()
        if self.file(INPUTS).exists():
            out.add(self.path, [entry for entry, _ in read_journal(self.file(INPUTS))], failures=failures)
        for folder in self._aside():
            out.add(folder, recovered_in(folder), failures=failures)
        return out

    def begin(self, entries: Sequence[Entry] = ()) -> None:
        """Open the files to append to, behind the entries that are kept."""
        self.end = entries[-1].end if entries else 0
        mode = "ab" if entries else "wb"
        with self._writing():
            self._remove(SPENT)
            if not self.resume:
                self._forget()
            write_atomically(self.file(CONFIG), json.dumps(self.config, ensure_ascii=False, indent=1) + "\n")
            self.partial.mkdir(exist_ok=True)
            write_atomically(self.partial / FAILURES, "".join(e.toline_at() for e in entries if e.problem))
            self._annotations = (self.partial / ANNOTATIONS).open(mode)
            self._journal = (self.partial / INPUTS).open(mode)

    def _forget(self) -> None:
        """Whatever was begun here; and that something is finished, if it is of another configuration."""
        for folder in (self.partial, *self._aside()):
            if folder.exists():
                folder.rename(self.path / SPENT)
                self._remove(SPENT)
        if self._there() != self.config:
            for name in (MANIFEST, INPUTS):
                self.file(name).unlink(missing_ok=True)

    def _remove(self, name: str) -> None:
        if (self.path / name).exists():
            shutil.rmtree(self.path / name)

    def add(self, done: Sequence[tuple[Entry, str | None]]) -> list[Entry]:
        """Append annotations (a line each, or None for a failure) and their entries; returns these with their ends.

        Raises:
            InputError: The disk is full, or will not be written for another reason.
        """
        entries: list[Entry] = []
        with self._writing("; what was done is kept"):
            for entry, line in done:
                if line is not None:
                    self.end += self._annotations.write(f"{line}\n".encode())
                entries.append(replace(entry, end=self.end))
            _flush(self._annotations)
            self._journal.write("".join(e.toline_at() for e in entries).encode())
            _flush(self._journal)
            if failed := [e for e in entries if e.problem]:
                with (self.partial / FAILURES).open("a", encoding="utf-8") as file:
                    file.writelines(e.toline_at() for e in failed)
        return entries

    def line(self, start: int, end: int) -> str:
        """An annotation that this run has written, by its bytes."""
        return line_at(self.partial / ANNOTATIONS, start, end)

    def finish(self) -> None:
        """Move the files up. There is no manifest until :meth:`seal`."""
        self._annotations.close()
        self._journal.close()
        with self._writing("; what was done is kept"):
            write_atomically(self.partial / COMPLETE, "")
            self._move_up()

    def _move_up(self) -> None:
        self.file(MANIFEST).unlink(missing_ok=True)
        for name in OUTPUTS:
            if (self.partial / name).exists():
                (self.partial / name).replace(self.file(name))
        self._remove(SPENT)
        self.partial.rename(self.path / SPENT)
        for folder in self._aside():
            shutil.rmtree(folder)
        self._remove(SPENT)

    def seal(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest: the run is through."""
        with self._writing("; what was done is kept"):
            write_atomically(self.file(MANIFEST), json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")


def _number(folder: Path) -> int:
    found = _OLD.fullmatch(folder.name)
    assert found is not None
    return int(found[1])


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that it is there whole or not at all."""
    part = path.with_name(f"{path.name}.new")
    with part.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def _flush(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _differ(there: Any, here: Mapping[str, Any]) -> str:
    """The first setting that is not the same, with both values."""
    if not isinstance(there, dict):
        return f"{CONFIG}: found {there}"
    for key in sorted({*there, *here}):
        if there.get(key) != here.get(key):
            return f"{key}: found {json.dumps(there.get(key))} there, {json.dumps(here.get(key))} here"
    return "nothing"
