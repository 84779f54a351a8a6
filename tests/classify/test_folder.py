"""Model folders are what their hashes say."""

import json
import shutil

import pytest

from cuibono.classify import load_classifier, models
from cuibono.classify.folder import ModelFolder
from cuibono.errors import ModelError
from tests.conftest import ROOT

RULES = ROOT / "models" / "rules-v1"


@pytest.fixture
def copy(tmp_path):
    """A model folder that may be damaged."""
    return shutil.copytree(RULES, tmp_path / "rules-v1")


def test_the_shipped_model_loads_by_name_and_by_path():
    """Its digest is in the annotator that files carry."""
    assert "rules-v1" in models()
    assert load_classifier("rules-v1").annotator == load_classifier(str(RULES)).annotator
    assert load_classifier("rules-v1").annotator.extra["sha256"] == ModelFolder.open(RULES).digest


def test_an_unknown_name_lists_the_known():
    """The error says which models there are."""
    with pytest.raises(ModelError, match=r"found 'rules-v9'; allowed: .*rules-v1"):
        load_classifier("rules-v9")


def test_a_changed_file_is_refused(copy):
    """One changed byte changes the hash."""
    (copy / "lexicon.tsv").write_bytes((copy / "lexicon.tsv").read_bytes() + b"\n")
    with pytest.raises(ModelError, match=r"lexicon\.tsv: sha256: found"):
        load_classifier(str(copy))


def test_a_missing_file_is_refused(copy):
    """The file that is missing is named."""
    (copy / "roles.json").unlink()
    with pytest.raises(ModelError, match=r"roles\.json: no such file"):
        load_classifier(str(copy))


@pytest.mark.parametrize(
    ("change", "message"),
    [({"format": 99}, "format: found 99; allowed: 1"), ({"kind": "oracle"}, "kind: found 'oracle'")],
)
def test_another_format_or_kind_is_refused(copy, change, message):
    """A folder of a later version is not guessed at."""
    config = json.loads((copy / "config.json").read_text()) | change
    (copy / "config.json").write_text(json.dumps(config))
    with pytest.raises(ModelError, match=message):
        load_classifier(str(copy))


@pytest.mark.parametrize("content", ["", "[]", "{}"])
def test_a_broken_configuration_is_refused(copy, content):
    """Not JSON, or not an object with the fields."""
    (copy / "config.json").write_text(content)
    with pytest.raises(ModelError, match=r"config\.json"):
        load_classifier(str(copy))


def test_a_folder_without_configuration(tmp_path):
    """Any folder is not a model."""
    with pytest.raises(ModelError, match=r"no config\.json"):
        load_classifier(str(tmp_path))
