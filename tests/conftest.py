"""Fixtures that several rooms share. Sockets are blocked by pytest-socket (see pyproject.toml)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cuibono.document import Annotator, Block, Document, Stakes, Unit, sha256

ROOT = Path(__file__).parents[1]
FIRST_DOCUMENT = ROOT / "data" / "raw" / "iran-drone-factory.txt"
GOLD = ROOT / "data" / "annotated" / "gold" / "iran-drone-factory.json"
FIRST_PASS = ROOT / "data" / "annotated" / "first-pass"


@pytest.fixture(scope="session")
def nlp():
    """The spaCy pipeline with our components, loaded once."""
    from cuibono.extract.pipeline import load_spacy

    return load_spacy()


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a text (or bytes) to a file of this name in a fresh folder."""

    def _write(content: str | bytes, name: str = "text.txt") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return _write


@pytest.fixture
def document() -> Callable[..., Document]:
    """A document with units given as (start, end, role, {actor: label}), on a text of numbered words."""

    def _document(
        *units: tuple, doc_id: str = "d", text: str | None = None, actors: dict[str, str] | None = None, **more
    ) -> Document:
        text = text or " ".join(f"w{i:02}" for i in range(60))
        actors = actors or {"RUS": "Russia"}
        made = [
            Unit(f"u{i}", start, end, role, stakes={a: Stakes(label) for a, label in labels.items()})
            for i, (start, end, role, labels) in enumerate(units, 1)
        ]
        more.setdefault("annotator", Annotator("test", "person", "1"))
        more.setdefault("blocks", (Block(0, len(text), "paragraph"),))
        return Document(doc_id, text, sha256(text), actors=actors, units=tuple(made), **more)

    return _document
