"""The whole path on the first document, against its gold."""

import os
import subprocess
import sys

import pytest

from cuibono import DEFAULT_MODEL
from cuibono.annotate import Annotator
from cuibono.evaluate import evaluate
from cuibono.extract.actors import load_table
from cuibono.formats import load
from cuibono.ingest import read
from tests.conftest import FIRST_DOCUMENT, GOLD


@pytest.fixture(scope="module")
def annotator():
    """For the two actors of the gold."""
    table = load_table()
    return Annotator([table.resolve("Russia"), table.resolve("Iran")])


@pytest.fixture(scope="module")
def report(annotator):
    """The model's own annotation, scored."""
    return evaluate([annotator.annotate(read(FIRST_DOCUMENT))], load(GOLD))


@pytest.mark.parametrize(
    ("name", "least"), [("entities.f1", 0.90), ("entities.actor-accuracy", 0.95), ("units.overlap.f1", 0.90)]
)
def test_extraction_reaches_what_was_set(report, name, least):
    """Measured on gold that no rule was tuned on."""
    assert report[name].value >= least


@pytest.mark.parametrize("model", ["rules-v1", DEFAULT_MODEL])
def test_models_reach_what_was_set_on_gold_units(annotator, model):
    """The stakes for Russia, macro-F1 on the gold's own units."""
    from dataclasses import replace

    gold = load(GOLD)[0]
    given = replace(read(FIRST_DOCUMENT), units=gold.units, actors=gold.actors)
    actors = [load_table().resolve(actor) for actor in annotator.actors]
    report = evaluate([Annotator(actors, model).annotate(given)], [gold])
    assert report["units.exact.f1"].value == 1
    assert report["stakes.RUS.macro-f1"].value >= 0.50


def test_endnotes_are_tied_as_the_gold_ties_them(annotator):
    """Each of the thirteen notes belongs to the unit in which its marker stands."""
    gold = {note: u.start for u in load(GOLD)[0].units for note in u.endnotes}
    found = {note: (u.start, u.end) for u in annotator.annotate(read(FIRST_DOCUMENT)).units for note in u.endnotes}
    assert set(found) == set(gold)
    assert all(start <= gold[note] < end for note, (start, end) in found.items())


def test_two_runs_give_the_same_bytes(tmp_path):
    """Also with another order of sets and dictionaries."""
    outputs = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        command = [sys.executable, "-m", "cuibono", "run", str(FIRST_DOCUMENT), "--actor", "Russia", "--actor", "Iran"]
        subprocess.run([*command, "--out", str(out), "-q"], check=True, env={**os.environ, "PYTHONHASHSEED": seed})
        outputs.append((out / "annotations.jsonl").read_bytes())
    assert outputs[0] == outputs[1]
