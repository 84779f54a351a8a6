"""SHA-256 of files and folders, for what must be the same to be called the same."""

from __future__ import annotations

import hashlib
from pathlib import Path


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_hash(root: Path, files: list[Path] | None = None) -> str:
    """SHA-256 over names and contents of the files of a folder."""
    digest = hashlib.sha256()
    for path in files or sorted(p for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
        digest.update(f"{path.relative_to(root).as_posix()} {file_hash(path)}\n".encode())
    return digest.hexdigest()
