"""The manifest of a run: what was run, exactly, and what came out. No clocks: the same run, the same manifest."""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import cuibono
from cuibono.errors import InputError
from cuibono.hashes import file_hash, folder_hash
from cuibono.run.folder import MANIFEST, OUTPUTS, RunFolder
from cuibono.run.journal import ANNOTATIONS, INPUTS, read_journal

FORMAT = "cuibono-run/1"
#: Packages that decide results.
PACKAGES = ("numpy", "onnxruntime", "scipy", "spacy", "thinc", "tokenizers", "markdown-it-py")


def manifest_of(folder: RunFolder, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest of a run whose files have their names.

    Args:
        folder: Finished.
        inputs: How the inputs were named, as JSON.
    """
    entries = [entry for entry, _ in read_journal(folder.file(INPUTS))]
    counts = Counter("failed" if e.problem else "repeated" if e.same_as else "annotated" for e in entries)
    return {
        "format": FORMAT,
        "cuibono": {"version": cuibono.__version__, "source_sha256": source_hash()},
        "config": folder.config,
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "inputs": {**inputs, "count": len(entries), **{k: counts[k] for k in ("annotated", "repeated", "failed")}},
        "outputs": {name: {"sha256": file_hash(folder.file(name))} for name in OUTPUTS},
    }


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of a run's folder.

    Raises:
        InputError: There is none, or it is of another format.
    """
    try:
        found = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(path, f"no {MANIFEST}; allowed: the folder of a finished run") from None
    except (OSError, ValueError) as error:
        raise InputError(path / MANIFEST, f"cannot be read: {error}") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise InputError(path / MANIFEST, f"found another format; allowed: {FORMAT}")
    if lacking := [key for key in ("config", "inputs", "outputs") if not isinstance(found.get(key), dict)]:
        raise InputError(path / MANIFEST, f"found no {', '.join(lacking)}; allowed: what a run wrote")
    return found


def verify(path: Path) -> Iterator[str]:
    """Check a folder against its manifest: a line for each file that is not as it says.

    Raises:
        InputError: As :func:`read_manifest`.
    """
    for name, said in read_manifest(path)["outputs"].items():
        file = path / name
        if not file.is_file():
            yield f"{file}: missing; the manifest says {said['sha256']}"
        elif (found := file_hash(file)) != said["sha256"]:
            yield f"{file}: sha256: found {found}; the manifest says {said['sha256']}"


def first_difference(one: Path, other: Path) -> str | None:
    """Where the annotations of two runs differ first, or what else does; None if nothing does."""
    for path in (one, other):
        if not (path / ANNOTATIONS).is_file():
            return f"{path / ANNOTATIONS}: missing"
    with (one / ANNOTATIONS).open("rb") as a, (other / ANNOTATIONS).open("rb") as b:
        number = 0
        while True:
            number += 1
            left, right = a.readline(), b.readline()
            if left != right:
                return f"{ANNOTATIONS}:{number}: {_what(left, right)}"
            if not left:
                break
    here, there = (read_manifest(path) for path in (one, other))
    for name in OUTPUTS:
        if here["outputs"][name] != there["outputs"][name]:
            return f"{name}: not the same"
    return None


def _what(left: bytes, right: bytes) -> str:
    """The first field of two lines that differs."""
    if not left or not right:
        return "one has no such line"
    a, b = json.loads(left), json.loads(right)
    path: list[str] = []
    while isinstance(a, dict | list) and type(a) is type(b):
        keys: Any = [*a, *(k for k in b if k not in a)] if isinstance(a, dict) else range(max(len(a), len(b)))
        key = next((k for k in keys if _get(a, k) != _get(b, k)), None)
        if key is None:
            return "the same fields in another order"
        path.append(str(key))
        a, b = _get(a, key), _get(b, key)
    return f"{json.loads(left).get('doc_id')}: {'.'.join(path)}: {str(a)[:80]!r} and {str(b)[:80]!r}"


def _get(of: Any, key: Any) -> Any:
    if isinstance(of, dict):
        return of.get(key)
    return of[key] if key < len(of) else None


@lru_cache(maxsize=1)
def source_hash() -> str:
    """SHA-256 over the package's own files: a version may be edited, this says so."""
    root = Path(cuibono.__file__).parent
    files = sorted(p for p in root.rglob("*") if p.suffix in (".py", ".tsv", ".j2", ".css", ".js") and p.is_file())
    return folder_hash(root, files)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
