"""A signature says of a number everything that it depends on, in one line that can be quoted.

After sacrebleu (Post 2018, "A Call for Clarity in Reporting BLEU Scores"). Built from fields, so that it can be read
by a program: ``name|field:value|...``. See docs/evaluation.md.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cuibono import __version__
from cuibono.document import Document, Stakes

#: Hex digits of a hash that is quoted: enough to tell annotations of one project apart.
DIGITS = 6


def content_hash(document: Document) -> str:
    """SHA-256 of what measures read from an annotation: spans, labels, roles, relations and the text's hash.

    Not of the text itself (a stand-off copy has the same hash), nor of ids, probabilities, reasons and paths.
    """
    units = {u.id: [u.start, u.end] for u in document.units}
    content: list[Any] = [
        document.doc_id,
        document.text_sha256,
        sorted(document.actors),
        sorted([e.start, e.end, e.label, e.actor or ""] for e in document.entities),
        sorted([u.start, u.end, u.role, _labels(u.stakes)] for u in document.units),
        sorted([units[r.source], units[r.target], r.kind] for r in document.relations),
        [[actor, _labels(row)] for actor, row in sorted(document.actor_stakes.items())],
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _labels(stakes: Mapping[str, Stakes]) -> list[list[str]]:
    return sorted([actor, s.label] for actor, s in stakes.items())


def joint_hash(hashes: Iterable[str]) -> str:
    """Of several annotations, in whatever order."""
    return hashlib.sha256("".join(sorted(hashes)).encode()).hexdigest()


def who(documents: Sequence[Document]) -> str:
    """Names and versions of those who made some annotations: ``encoder-v1@1.0``; ``?`` where it is not said."""
    found = {d.annotator and (d.annotator.name, d.annotator.version) for d in documents}
    written = sorted("@".join(part for part in pair if part) if pair else "?" for pair in found)
    return "+".join(written)


def about(documents: Sequence[Document]) -> str:
    """The document's id where there is one, else how many there are."""
    return documents[0].doc_id if len(documents) == 1 else f"{len(documents)}-documents"


def named(name: str, digest: str) -> str:
    """A name with the first digits of a hash."""
    return f"{name}#{digest[:DIGITS]}"


def signature(measure: str, fields: Mapping[str, str]) -> str:
    """One line: the measure, the fields in their order, the version of the program.

    What would read as a separator is replaced in values, which come from files.
    """
    parts = [f"{key}:{_plain(value)}" for key, value in {**fields, "cuibono": __version__}.items()]
    return "|".join([_plain(measure), *parts])


def _plain(value: str) -> str:
    return "".join("_" if c in "|=" or not c.isprintable() or c.isspace() else c for c in value)
