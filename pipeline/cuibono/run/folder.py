"""The folder of a run: what is done is kept whatever happens, and no input is done twice.

Results are appended to ``annotations.jsonl.partial`` in the order of the inputs, then each input to the journal
``inputs.jsonl.partial`` with the byte at which its annotation ends. What the journal does not hold was not done: after
a kill the annotations are cut back to where the journal ends, and the run goes on from there, to the same bytes. When
all inputs are through, both files take their names and the manifest is written.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any

from filelock import FileLock, Timeout

from cuibono.errors import InputError

ANNOTATIONS, INPUTS, FAILURES = "annotations.jsonl", "inputs.jsonl", "failures.jsonl"
MANIFEST, CONFIG, LOCK = "manifest.json", "run.json", ".lock"
PARTIAL = ".partial"


@dataclass(frozen=True, slots=True)
class Entry:
    """One input in the journal: its annotation, or why there is none.

    Attributes:
        key: What the input is called: its path, with the row of a table.
        sha256: Of the text, as UTF-8.
        end: The byte of the annotations at which its line ends; of a failure that of the one before.
        same_as: The document of the same text from which the annotation was taken.
    """

    key: str
    doc_id: str | None = None
    sha256: str | None = None
    media_type: str | None = None
    end: int = 0
    same_as: str | None = None
    problem: str | None = None

    def to_line(self) -> str:
        """As a line of JSON, without what is not there."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps({k: v for k, v in fields.items() if v is not None}, ensure_ascii=False) + "\n"


@dataclass(slots=True)
class Old:
    """What an earlier run has done, to be copied by the name of its input.

    Attributes:
        known: Of each input its entry, and the byte at which its line begins.
        temporary: Remove the file in the end.
    """

    path: Path | None = None
    known: Mapping[str, tuple[Entry, int]] = field(default_factory=dict)
    temporary: bool = False

    def get(self, key: str) -> tuple[Entry, str | None] | None:
        """The entry of an input and its annotation; None if it is not done."""
        if key not in self.known or self.path is None:
            return None
        entry, start = self.known[key]
        if entry.problem:
            return entry, None
        with self.path.open("rb") as file:
            file.seek(start)
            return entry, file.read(entry.end - start).decode().rstrip("\n")

    def close(self) -> None:
        """When all is through."""
        if self.temporary and self.path:
            self.path.unlink(missing_ok=True)


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
        self.path = path
        # As it will be read back.
        self.config = json.loads(json.dumps(config))
        self.resume, self.overwrite = resume, overwrite
        self._lock = FileLock(path / LOCK, blocking=False)
        self._annotations: IO[bytes]
        self._journal: IO[bytes]
        #: The byte at which the annotations end.
        self.end = 0

    def __enter__(self) -> RunFolder:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout:
            raise InputError(self.path, "another run is writing here; allowed: another folder, or wait") from None
        except OSError as error:
            raise InputError(self.path, f"the output folder cannot be written: {error.strerror}") from None
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

    def file(self, name: str) -> Path:
        """A file of the folder."""
        return self.path / name

    def _partial(self, name: str) -> Path:
        return self.path / f"{name}{PARTIAL}"

    @property
    def unfinished(self) -> bool:
        """Whether a run was broken off here."""
        return self._partial(INPUTS).exists()

    def _check(self) -> None:
        if self.overwrite:
            return
        there = self._there()
        if there is not None and there != self.config:
            allowed = "--overwrite, or another folder"
            problem = f"holds a run of another configuration: {_differ(there, self.config)}"
            raise InputError(self.path, f"{problem}; allowed: {allowed}")
        if self.unfinished and not self.resume:
            raise InputError(self.path, "holds an unfinished run; allowed: --resume, --overwrite, or another folder")

    def _there(self) -> Any:
        try:
            return json.loads(self.file(CONFIG).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError:
            return "unreadable"

    @property
    def sealed(self) -> bool:
        """Whether the manifest is there."""
        return self.file(MANIFEST).exists()

    @property
    def finished(self) -> bool:
        """Whether a run is through here, and none was begun after it."""
        return not self.unfinished and self.file(INPUTS).exists()

    def recovered(self) -> list[Entry]:
        """What is done: of a run that was broken off (both its files are cut to that), else of a finished one."""
        if self.finished:
            return [entry for entry, _ in read_journal(self.file(INPUTS))]
        annotations, journal = self._partial(ANNOTATIONS), self._partial(INPUTS)
        if journal.exists() and not annotations.exists() and self.file(ANNOTATIONS).exists():
            # Broken off between the two renamings at the end.
            self.file(ANNOTATIONS).replace(annotations)
        size = annotations.stat().st_size if annotations.exists() else 0
        entries, good = [], 0
        for entry, after in read_journal(journal):
            # Power may fail before the annotations reach the disk and after the journal did.
            if entry.end > size:
                break
            entries.append(entry)
            good = after
        _cut(journal, good)
        _cut(annotations, entries[-1].end if entries else 0)
        return entries

    def reopen(self) -> None:
        """Go on with a finished run. What it wrote stays in place until this one is through."""
        for name in (ANNOTATIONS, INPUTS):
            shutil.copyfile(self.file(name), self._partial(name))

    def set_aside(self, entries: Sequence[Entry], *, failures: bool) -> Old:
        """Where to copy from what is done, while the files are written anew.

        Args:
            entries: What is done.
            failures: Whether what failed counts as done.
        """
        source = self.file(ANNOTATIONS)
        if self.unfinished:
            source = self._partial(ANNOTATIONS).replace(self.path / f"{ANNOTATIONS}.old")
        starts = [0, *(entry.end for entry in entries)]
        known = {e.key: (e, at) for e, at in zip(entries, starts, strict=False) if failures or not e.problem}
        return Old(source, known, temporary=self.unfinished)

    def begin(self, entries: Sequence[Entry] = ()) -> None:
        """Open the files to append to, behind the entries that are kept."""
        self.end = entries[-1].end if entries else 0
        mode = "ab" if entries else "wb"
        try:
            write_atomically(self.file(CONFIG), json.dumps(self.config, ensure_ascii=False, indent=1) + "\n")
            write_atomically(self.file(FAILURES), "".join(e.to_line() for e in entries if e.problem))
            self._annotations = self._partial(ANNOTATIONS).open(mode)
            self._journal = self._partial(INPUTS).open(mode)
        except OSError as error:
            raise InputError(self.path, f"the output folder cannot be written: {error.strerror}") from None

    def add(self, done: Sequence[tuple[Entry, str | None]]) -> list[Entry]:
        """Append annotations (a line each, or None for a failure) and their entries; returns these with their ends.

        Raises:
            InputError: The disk is full, or will not be written for another reason.
        """
        entries: list[Entry] = []
        try:
            for entry, line in done:
                if line is not None:
                    self.end += self._annotations.write(f"{line}\n".encode())
                entries.append(replace(entry, end=self.end))
            _flush(self._annotations)
            self._journal.write("".join(e.to_line() for e in entries).encode())
            _flush(self._journal)
            if failed := [e for e in entries if e.problem]:
                with self.file(FAILURES).open("a", encoding="utf-8") as file:
                    file.writelines(e.to_line() for e in failed)
        except OSError as error:
            raise InputError(
                self.path, f"cannot be written: {error.strerror}; what was done is kept, --resume"
            ) from None
        return entries

    def line(self, start: int, end: int) -> str:
        """An annotation that this run has written, by its bytes."""
        with self._partial(ANNOTATIONS).open("rb") as file:
            file.seek(start)
            return file.read(end - start).decode().rstrip("\n")

    def finish(self) -> None:
        """Give the files their names; there is no manifest until :meth:`seal`."""
        self.file(MANIFEST).unlink(missing_ok=True)
        self._annotations.close()
        self._journal.close()
        for name in (ANNOTATIONS, INPUTS):
            self._partial(name).replace(self.file(name))

    def seal(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest: the run is through."""
        write_atomically(self.file(MANIFEST), json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")


def read_journal(path: Path) -> Iterator[tuple[Entry, int]]:
    """The entries of a journal, each with the byte at which its line ends; a last line cut short is left out."""
    at = 0
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            at += len(line)
            try:
                fields = json.loads(line)
                entry = Entry(**fields)
            except (ValueError, TypeError):
                return
            if not line.endswith(b"\n"):
                return
            yield entry, at


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


def _cut(path: Path, size: int) -> None:
    if path.exists() and path.stat().st_size > size:
        os.truncate(path, size)


def _differ(there: Any, here: Mapping[str, Any]) -> str:
    """The first setting that is not the same, with both values."""
    if not isinstance(there, dict):
        return f"{CONFIG}: found {there}"
    for key in sorted({*there, *here}):
        if there.get(key) != here.get(key):
            return f"{key}: found {json.dumps(there.get(key))} there, {json.dumps(here.get(key))} here"
    return "nothing"
