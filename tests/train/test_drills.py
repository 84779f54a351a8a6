"""Passages with places for actors, and texts labelled for further actors."""

import json
import random
import re
from dataclasses import replace

import pytest

from cuibono.document import LABELS
from cuibono.errors import InputError
from cuibono.train.data import joined, read_texts
from cuibono.train.drills import Drill, State, filled, read_drills, states

DRILL = {
    "sentences": ["Officials in {A:capital} knew.", "The {B:adj} line robs {A} of its fees."],
    "labels": {"B": ["none", "opportunity"], "A": ["none", "challenge"]},
}


def write(path, *lines):
    """A JSON Lines file of what is given, text as it is."""
    path.write_text("\n".join(x if isinstance(x, str) else json.dumps(x) for x in lines), encoding="utf-8")
    return path


def test_a_drill_is_filled_in_the_order_of_its_places(tmp_path):
    """Every form of a name is a mention; a unit is a sentence without its full stop."""
    (drill,) = read_drills(write(tmp_path / "some.jsonl", DRILL))
    text = drill.fill([State("PER", "Peru", "Peruvian", "Lima"), State("FJI", "Fiji", "Fijian", "Suva")])
    assert text.text == "Officials in Lima knew. The Fijian line robs Peru of its fees."
    said = {place: [text.text[s:e] for s, e in found] for place, found in text.mentions.items()}
    assert said == {"A": ["Lima", "Peru"], "B": ["Fijian"]}
    assert [text.text[s:e] for s, e in text.units] == [
        "Officials in Lima knew",
        "The Fijian line robs Peru of its fees",
    ]
    labels = {place: [LABELS[i] for i in found] for place, found in text.labels.items()}
    assert labels == DRILL["labels"]
    assert text.names == {"A": "Peru", "B": "Fiji"}


def test_names_are_drawn_anew_and_from_those_allowed():
    """The same seed gives the same names; no state stands in two places of one drill."""
    drills = [Drill("d", ("{A} met {B}.",), {"A": ("none",), "B": ("none",)})] * 30
    ids = {"PER", "FRA", "NER", "org:boeing", "GMB"}
    first, again = (filled(drills, ids, random.Random(5)) for _ in range(2))
    assert [t.text for t in first] == [t.text for t in again]
    rng = random.Random(5)
    assert [t.text for t in filled(drills, ids, rng)] != [t.text for t in filled(drills, ids, rng)]
    assert len({t.text for t in first}) == 6
    assert all(t.names["A"] != t.names["B"] for t in first)
    assert {name for t in first for name in t.names.values()} == {"Peru", "France", "Niger"}


def test_every_state_has_its_forms():
    """A name without an article, an adjective, a capital; more than a hundred and fifty of them."""
    assert len(states()) > 150
    assert all(s.name and s.adjective and s.capital and not s.name.startswith(("The ", "United")) for s in states())


def test_too_few_states_are_said():
    """Rather than two places of a drill filled with one name."""
    drill = Drill("d", ("{A} met {B}.",), {"A": ("none",), "B": ("none",)})
    with pytest.raises(ValueError, match=r"found 2 states among .*; allowed: 3 or more"):
        filled([drill], {"PER", "FRA", "EU"}, random.Random(0))


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    """Missing, or not text."""
    (tmp_path / "bad.jsonl").write_bytes(b"\xff\xfe\x00")
    for name in ("bad.jsonl", "missing.jsonl"):
        with pytest.raises(InputError, match=rf"{name}.*cannot be read as UTF-8"):
            read_drills(tmp_path / name)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "JSONDecodeError"),
        ('{"sentences": ["{A} won."]}', "KeyError"),
        ({**DRILL, "labels": {"A": ["none", "bad"], "B": ["none", "none"]}}, "found label 'bad'; allowed: challenge"),
        ({**DRILL, "labels": {"A": ["none"], "B": ["none", "none"]}}, "found 1 labels; allowed: one a sentence, 2"),
        ({**DRILL, "labels": {"A": ["none", "none"]}}, "the text names ['A', 'B'], labels are for ['A']"),
        ({"sentences": ["{D} won."], "labels": {"D": ["none"]}}, "of A, B, C"),
        ({"sentences": ["{A:king} won."], "labels": {"A": ["none"]}}, "found form 'king'; allowed: adj, capital"),
        ({"sentences": ["{A} and {a} won."], "labels": {"A": ["none"]}}, "found '{a} won.'; allowed: {A}"),
        ({"sentences": "{A} won.", "labels": {"A": ["none"]}}, "found '{A} won.'; allowed: a list of strings"),
        ({"sentences": ["{A} won."], "labels": {"A": [["none"]]}}, "allowed: a list of strings"),
        ({"sentences": ["{A} won."], "labels": ["none"]}, "AttributeError"),
    ],
)
def test_a_bad_drill_is_named(tmp_path, line, problem):
    """The file, the line, what was found, what is allowed."""
    with pytest.raises(InputError, match=r"bad\.jsonl:2.*" + re.escape(problem)):
        read_drills(write(tmp_path / "bad.jsonl", DRILL, line))


def test_texts_labelled_again_for_other_actors_are_joined(small_corpus):
    """One text with the labels of all its actors; a text of its own stays."""
    texts = read_texts(small_corpus, "train", None)
    again = replace(texts[0], labels={"RUS": (3,) * len(texts[0].units)}, mentions={"RUS": ()}, names={"RUS": "Russia"})
    found = joined([*texts, again])
    assert [t.doc_id for t in found] == [t.doc_id for t in texts]
    assert found[0].labels == {**texts[0].labels, "RUS": again.labels["RUS"]}
    assert found[0].mentions["RUS"] == ()
    assert found[1:] == texts[1:]
    for wrong, problem in ((texts[0], "again"), (replace(again, units=again.units[1:]), "other units")):
        with pytest.raises(InputError, match=f"{texts[0].doc_id}: found .*{problem}; allowed: the same text and units"):
            joined([*texts, wrong])
