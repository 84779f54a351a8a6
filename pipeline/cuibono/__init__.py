"""cuibono: what a geopolitical commentary says is at stake, and for whom.

Importing the package loads neither spaCy nor a model; the functions that need them do. What is listed in
``__all__`` is found when it is first asked for; all verbs, ``annotate`` and ``evaluate`` too, are in
:mod:`cuibono.api`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cuibono import api
    from cuibono.api import annotate_many, from_text
    from cuibono.corpus import load_corpus
    from cuibono.document import Document
    from cuibono.evaluate.compare import compare
    from cuibono.formats import dump, load
    from cuibono.ingest import read

__all__ = [
    "DEFAULT_MODEL",
    "Document",
    "__version__",
    "annotate_many",
    "api",
    "compare",
    "dump",
    "from_text",
    "load",
    "load_corpus",
    "read",
]

__version__ = "0.1.0"

#: The best model that comes with the package.
DEFAULT_MODEL = "encoder-v1"

#: Name -> the module that has it. None of these may be the name of a module of the package: that would replace it.
_HOMES = {
    "Document": "cuibono.document",
    "annotate_many": "cuibono.api",
    "compare": "cuibono.evaluate",
    "dump": "cuibono.formats",
    "from_text": "cuibono.api",
    "load": "cuibono.formats",
    "load_corpus": "cuibono.corpus",
    "read": "cuibono.ingest",
}


def __getattr__(name: str) -> Any:
    if name == "api":
        return import_module("cuibono.api")
    if name not in _HOMES:
        raise AttributeError(f"module 'cuibono' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
