"""The cards and the README quote what `models/figures.json` has; `make reproduce` measures whether that is true."""

import importlib.util
import json

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def reproduce():
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("reproduce", ROOT / "benchmarks" / "reproduce.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def figures(reproduce, monkeypatch):
    """What is quoted; its paths are relative to the checkout."""
    monkeypatch.chdir(ROOT)
    return json.loads(reproduce.FIGURES.read_text(encoding="utf-8"))


def test_the_file_has_every_model_on_every_test(reproduce, figures):
    """Baselines and shipped models on both test parts, behaviour of those shipped."""
    for test in reproduce.TESTS:
        assert {*reproduce.BASELINES, *reproduce.SHIPPED, "a second annotator"} <= figures[test].keys()
    assert figures["probe"].keys() == {*reproduce.SHIPPED}


def test_every_quoted_score_is_in_the_file(reproduce, figures):
    """In the cards' tables and the README's prose."""
    assert list(reproduce.not_in_figures(figures)) == []
    assert list(reproduce.not_in_cards(figures)) == []


def test_a_score_that_is_not_in_the_file_is_found(reproduce, figures):
    """Of one model changed, every card that quotes it is named."""
    figures["models"]["encoder-v1"]["stakes"][0] += 0.1
    figures["calibration"]["encoder-v1"]["error"] += 0.1
    assert any("encoder-v1/README.md" in line for line in reproduce.not_in_figures(figures))
    assert any("encoder-v1/README.md: has not" in line for line in reproduce.not_in_cards(figures))


def test_differences_beyond_the_tolerance_are_named(reproduce):
    """Numbers, missing entries, and lists of another length; not what lies within it."""
    said = {"a": {"x": [0.5, 0.4]}, "n": 3}
    assert list(reproduce.differences(said, {"a": {"x": [0.505, 0.4]}, "n": 3}, 0.01)) == []
    found = {"a": {"x": [0.6, 0.4]}, "n": 4, "new": 1.0}
    assert list(reproduce.differences(said, found, 0.01)) == [
        "/a/x/0: 0.500 is quoted, 0.600 was measured",
        "/n: 3 is quoted, 4 was measured",
        "/new: None is quoted, 1.0 was measured",
    ]
