"""The verbs of the library in one place: read, annotate, evaluate, compare, load, dump.

``cuibono`` itself hands on those that it can. Two it cannot: ``cuibono.annotate`` is a module and
``cuibono.evaluate`` a package, and a name that is a function until its module is imported would be a trap.

    from cuibono.api import annotate, evaluate, read
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from cuibono import DEFAULT_MODEL
from cuibono.document import Document, sha256
from cuibono.errors import InputError
from cuibono.evaluate import Comparison, Report, Settings, compare, evaluate
from cuibono.formats import dump, load
from cuibono.ingest import READERS, read, with_blocks

if TYPE_CHECKING:
    from cuibono.annotate import Annotator
    from cuibono.classify.base import Classifier

__all__ = [
    "Comparison",
    "Document",
    "Report",
    "Settings",
    "annotate",
    "annotate_many",
    "compare",
    "dump",
    "evaluate",
    "from_text",
    "load",
    "read",
]


def from_text(text: str, doc_id: str | None = None) -> Document:
    """A plain text as a document with blocks, found as :func:`read` finds those of a `.txt` file.

    Args:
        text: It stays as it is; offsets are into it.
        doc_id: Default: made from the text's hash, so that the same text has the same id.

    Raises:
        InputError: No paragraph to analyse, or a path in the place of a text.
    """
    doc_id = doc_id or f"text-{sha256(text)[:8]}"
    if Path(text[-256:]).suffix.lower() in READERS and len(text.split()) == 1:
        raise InputError(text, "found a path in the place of a text; allowed: a text, or cuibono.read(path)")
    return with_blocks(text, doc_id, {"media_type": "text/plain"}, doc_id)


def annotate(
    document: Document | str,
    actors: Sequence[str] = ("Russia",),
    *,
    model: str | None = None,
    abstain_below: float = 0.0,
) -> Document:
    """Entities, units with roles and stakes, and what the document makes of other actors.

    The models are loaded by the first call and kept for the next ones: those of the last two settings of
    ``model`` and ``abstain_below``, whatever the actors. A model folder that is changed meanwhile is not read again.

    Args:
        document: As :func:`read` or :func:`load` gives it, or a plain text. Units that it has are kept, and
            only their labels are new.
        actors: Names, codes or handles, see :meth:`cuibono.extract.actors.ActorTable.resolve`; one that the actor
            table does not have is taken as a plain name.
        model: A name in ``models/``, the path of a model folder, or ``hub:NAME_OR_PATH``; default:
            :data:`cuibono.DEFAULT_MODEL`.
        abstain_below: Write ``none`` where the probability of a stakes label is less.

    Returns:
        A new document with ``annotator``, ``actors``, ``entities``, ``units`` and ``actor_stakes``. What is
        doubtful about it stands in ``extra["warnings"]``.

    Raises:
        InputError: A text without a paragraph.
        ModelError: An unknown or damaged model, or a text of more than a million characters.
        ValueError: No actor, or a name that stands for none; ``abstain_below`` is no probability; the document
            carries no text.
    """
    return next(annotate_many([document], actors, model=model, abstain_below=abstain_below))


def annotate_many(
    documents: Iterable[Document | str],
    actors: Sequence[str] = ("Russia",),
    *,
    model: str | None = None,
    abstain_below: float = 0.0,
    batch_size: int = 16,
) -> Iterator[Document]:
    """:func:`annotate` for any number of documents, in their order, as they are asked for.

    Args:
        documents: They are taken a batch at a time, so that a stream need not fit into memory.
        actors: As in :func:`annotate`, and so are ``model`` and ``abstain_below``.
        model: See above.
        abstain_below: See above.
        batch_size: How many documents spaCy parses together.

    Raises:
        ValueError, ModelError: At once, for bad settings; as in :func:`annotate` when the document is
            reached. Its batch is lost then; :func:`cuibono.run.run` isolates what fails.
    """
    if batch_size < 1:
        raise ValueError(f"batch_size: found {batch_size}; allowed: 1 or more")
    return _in_batches(_annotator(actors, model or DEFAULT_MODEL, abstain_below), iter(documents), batch_size)


def _in_batches(annotator: Annotator, documents: Iterator[Document | str], size: int) -> Iterator[Document]:
    while batch := [from_text(d) if isinstance(d, str) else d for d in islice(documents, size)]:
        # Whole batches: the spaCy pipeline is shared, and must not be set to the actors of another call halfway.
        yield from list(annotator.annotate_many(batch))


def _annotator(actors: Sequence[str], model: str, abstain_below: float) -> Annotator:
    from cuibono.annotate import Annotator
    from cuibono.extract.actors import load_table

    if isinstance(actors, str):
        raise ValueError(f"actors: found {actors!r}, a string; allowed: a list of names, [{actors!r}]")
    table = load_table()
    return Annotator([table.resolve(name) for name in actors], _classifier(model, abstain_below))


@lru_cache(maxsize=2)
def _classifier(model: str, abstain_below: float) -> Classifier:
    from cuibono.classify import load_classifier

    return load_classifier(model, abstain_below=abstain_below)
