"""The exceptions a user meets. Each message is one line that can be printed as it stands."""

from __future__ import annotations


class CuibonoError(Exception):
    """Base of every error that is the input's fault, not the program's."""


class InputError(CuibonoError):
    """A text that cannot be read: missing, empty, binary, undecodable, without a paragraph."""

    def __init__(self, path: object, problem: str) -> None:
        self.path = str(path)
        self.problem = problem
        super().__init__(f"{self.path}: {problem}")


class AnnotationError(CuibonoError):
    """An annotation that breaks the `cuibono/1` contract.

    Args:
        place: Where in the annotation, e.g. ``units[3].role``.
        found: What stands there.
        allowed: What may stand there.
        source: The file and line, where known; added by the reader with :meth:`located`.
    """

    def __init__(self, place: str, found: object, allowed: str, source: str = "") -> None:
        self.place, self.found, self.allowed, self.source = place, found, allowed, source
        where = f"{source}: {place}" if source else place
        super().__init__(f"{where}: found {_short(found)}; allowed: {allowed}")

    def located(self, source: str) -> AnnotationError:
        """Return the same error with the file (and line) it came from."""
        return AnnotationError(self.place, self.found, self.allowed, source)


class ModelError(CuibonoError):
    """A model folder that is missing, damaged, or not what its hashes say."""


def _short(value: object, limit: int = 80) -> str:
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"
