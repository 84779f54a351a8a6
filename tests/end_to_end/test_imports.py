"""Imports run one way, and nothing heavy is loaded before it is needed."""

import ast
import subprocess
import sys

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "pipeline" / "cuibono"
#: Room -> rooms of the package that it may import. The rest of the house is above it.
ALLOWED = {
    "errors": set(),
    "hashes": set(),
    "setup": {"annotate", "classify", "document", "extract", "hashes"},
    "document": {"errors", "formats"},  # formats.schema, inside from_dict and to_dict only
    "formats": {"document", "errors"},
    "ingest": {"document", "errors"},
    "extract": {"document", "errors", "ingest"},
    "classify": {"document", "errors", "extract", "hashes"},
    "evaluate": {"document", "errors"},
    "corpus": {"document", "errors", "extract", "formats"},
    "report": {"corpus", "document", "errors", "evaluate", "extract", "probe"},  # probe for its types only
    "annotate": {"classify", "document", "errors", "extract", "ingest"},
    "review": {"document", "errors", "evaluate", "formats"},
    "run": {"document", "errors", "formats", "hashes", "ingest"},
    "probe": {"annotate", "classify", "document", "errors", "extract"},
    "train": {"classify", "corpus", "document", "errors", "extract"},
    "api": {"annotate", "classify", "document", "errors", "evaluate", "extract", "formats", "ingest"},
    "spacy": {"annotate", "api", "classify", "document", "errors", "extract", "formats"},
}


def rooms_imported(path) -> set[str]:
    """The rooms of cuibono that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cuibono."):
            names.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            names |= {a.name.split(".")[1] for a in node.names if a.name.startswith("cuibono.")}
    return names


@pytest.mark.parametrize("room", ALLOWED)
def test_imports_run_one_way(room):
    """No room imports one above it; evaluate knows neither spaCy nor a model."""
    files = list((PACKAGE / room).rglob("*.py")) or [PACKAGE / f"{room}.py"]
    assert files
    for path in files:
        assert rooms_imported(path) - {room} <= ALLOWED[room], path


def loaded_by(code: str) -> set[str]:
    """Top-level modules that a fresh interpreter has after running some code."""
    script = f"{code}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.split("\n")[-2].split())


def test_the_package_loads_nothing_heavy():
    """Neither spaCy nor numpy by importing cuibono; no torch ever."""
    assert not {"spacy", "numpy", "scipy", "torch", "rich"} & loaded_by("import cuibono")


def test_help_loads_nothing_heavy():
    """--help is for people who wait."""
    code = "from cuibono.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass"
    assert not {"spacy", "numpy", "scipy", "torch", "rich"} & loaded_by(code)


def test_evaluate_loads_no_spacy():
    """Anybody's files are scored without a model."""
    assert not {"spacy", "torch", "transformers"} & loaded_by("import cuibono.evaluate, cuibono.report.terminal")


def test_reading_and_writing_load_nothing_heavy():
    """Neither do the names that are handed on lazily, and a module of the same name is still a module."""
    code = "import cuibono; cuibono.read, cuibono.load, cuibono.dump, cuibono.Document; from cuibono import errors"
    assert not {"spacy", "numpy", "scipy", "torch", "rich"} & loaded_by(code)
    assert not {"spacy", "torch"} & loaded_by("import cuibono; cuibono.api, cuibono.annotate_many, cuibono.compare")


def test_the_spacy_component_loads_spacy_alone():
    """It is an entry point, so every spaCy pipeline that is made imports it."""
    heavy = {"onnxruntime", "rich", "scipy", "sklearn", "tokenizers", "torch", "transformers"}
    loaded_by(
        "import sys, spacy\nbefore = {*sys.modules}\nimport cuibono.spacy\n"
        f"new = {{name.split('.')[0] for name in {{*sys.modules}} - before}}\nassert not new & {heavy}, new"
    )
