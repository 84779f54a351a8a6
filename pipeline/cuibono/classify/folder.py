"""A model folder: ``config.json`` and the files that it lists with their hashes, no code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cuibono.document import Annotator, sha256
from cuibono.errors import ModelError

#: Raised when the shape of config.json changes; a folder of another version is refused.
FORMAT = 1


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """An opened folder whose files are what its configuration says they are.

    Attributes:
        digest: SHA-256 of ``config.json``, which holds those of all other files.
    """

    path: Path
    name: str
    version: str
    config: dict[str, Any]
    digest: str

    @classmethod
    def open(cls, path: Path) -> ModelFolder:
        """Open a folder and check every hash.

        Raises:
            ModelError: No folder, no or bad ``config.json``, another format, a missing file or a wrong hash.
        """
        try:
            data = (path / "config.json").read_bytes()
            config = json.loads(data)
            found = cls(path, config["name"], config["version"], config, sha256(data))
            files = config["files"]
        except FileNotFoundError:
            raise ModelError(f"{path}: no config.json; allowed: a model folder") from None
        except (ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"{path / 'config.json'}: found {error!r}; allowed: name, version, format, files"
            ) from None
        if config.get("format") != FORMAT:
            raise ModelError(f"{path / 'config.json'}: format: found {config.get('format')!r}; allowed: {FORMAT}")
        for name, expected in files.items():
            found._check(name, expected)
        return found

    @property
    def annotator(self) -> Annotator:
        """Who is written into the annotation file."""
        return Annotator(self.name, "model", self.version, {"sha256": self.digest})

    def file(self, name: str) -> Path:
        """The path of one of the model's files."""
        return self.path / name

    def _check(self, name: str, expected: str) -> None:
        try:
            actual = sha256(self.file(name).read_bytes())
        except OSError:
            raise ModelError(f"{self.file(name)}: no such file; config.json lists it") from None
        if actual != expected:
            raise ModelError(f"{self.file(name)}: sha256: found {actual}; allowed: {expected}")
