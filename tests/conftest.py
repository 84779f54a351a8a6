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


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an encoder of BERT's kind with random weights, its tokenizer trained on the written texts."""
    import torch
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("tiny-encoder")
    tokenizer = BertWordPieceTokenizer(lowercase=True)
    tokenizer.train([str(p) for p in sorted((ROOT / "data/raw/written").glob("*.txt"))[:12]], vocab_size=1200)
    tokenizer.save(str(folder / "tokenizer.json"))
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=tokenizer.get_vocab_size(), **sizes)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus of five texts that carry their words: three to train on, one for dev, one for test."""
    import shutil

    folder = tmp_path_factory.mktemp("corpus")
    names = {
        "train": ["mercosur-deal", "qatar-the-go-between", "tehran-joins-sco"],
        "dev": ["shadow-fleet-insurance"],
        "test": ["lobito-line"],
    }
    for split, texts in names.items():
        (folder / split).mkdir()
        for name in texts:
            shutil.copy(ROOT / "data/annotated/open/train" / f"{name}.json", folder / split)
    return folder


@pytest.fixture(scope="session")
def trained(tiny_encoder: Path, small_corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder of the kind ``encoder``, trained for one pass on the small corpus."""
    from cuibono.train.recipe import train

    settings = {"base": str(tiny_encoder), "epochs": 1, "rate": 1e-3, "bf16": False}
    recipe = {"name": "tiny", "version": "0", "kind": "encoder", "stakes": settings, "roles": settings}
    return train(recipe, small_corpus, None, tmp_path_factory.mktemp("models") / "tiny", lambda _: None)
