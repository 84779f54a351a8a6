"""Many documents: what is found, what fails, what is written."""

from dataclasses import replace
from pathlib import Path

import pytest

from cuibono.document import Annotator, Stakes, Unit
from cuibono.errors import InputError
from cuibono.formats import dump, load
from cuibono.ingest import read
from cuibono.run import find_inputs, run

TEXT = "The port was opened in May. It pays."


def annotate(document):
    """A stand-in for a model: one unit, the first word."""
    return replace(
        document,
        annotator=Annotator("first-word", "model", "1"),
        actors={"PER": "Peru"},
        units=document.units or (Unit("u1", 0, 3, "claim", stakes={"PER": Stakes("none")}),),
    )


def test_inputs_are_found_once_and_in_order(write, tmp_path):
    """Files and folders, in sorted order; what is named twice is taken once."""
    a, b = write(TEXT, "b/a.txt"), write(TEXT, "b/c/b.md")
    write("x", "b/readme.rst")
    assert [i.path for i in find_inputs([b, tmp_path / "b", a])] == [b, a]


def test_a_folder_without_texts_is_a_bad_input(tmp_path):
    """It is reported, not skipped."""
    (item,) = find_inputs([tmp_path])
    assert "folder without texts" in item.problem


def test_a_bad_input_stops_nothing(write, tmp_path):
    """The others are annotated, and the bad one has its reason."""
    paths = [write(TEXT, "a.txt"), write("", "b.txt"), tmp_path / "c.txt", write(TEXT, "d.txt")]
    done = list(run(find_inputs(paths), annotate, tmp_path / "out"))
    assert [d.problem is None for d in done] == [True, False, False, True]
    assert [d.doc_id for d in load(tmp_path / "out" / "annotations.jsonl")] == ["a", "d"]
    assert "empty" in done[1].problem


def test_equal_names_become_different_ids(write, tmp_path):
    """Two files of one name in two folders are two documents."""
    paths = [write(TEXT, f"{x}/a.txt") for x in ("one", "two", "three/two")]
    ids = [d.document.doc_id for d in run(find_inputs(paths), annotate, tmp_path / "out")]
    assert ids[:2] == ["a", "two-a"]
    assert len(set(ids)) == 3


def test_what_is_done_stands_in_the_partial_file(write, tmp_path):
    """A run that is broken off leaves what it had; the file of an earlier run is not lost."""
    paths = [write(TEXT, "a.txt"), write(TEXT, "b.txt")]
    out = tmp_path / "out"
    list(run(find_inputs(paths), annotate, out))
    before = (out / "annotations.jsonl").read_bytes()
    running = run(find_inputs(paths), annotate, out)
    next(running)
    running.close()
    assert (out / "annotations.jsonl").read_bytes() == before
    assert [d.doc_id for d in load(out / "annotations.jsonl.partial")] == ["a"]


def test_units_of_another_file_are_used(write, tmp_path):
    """--units: the spans and ids are theirs; a document without them, or another text, is refused."""
    path = write(TEXT, "a.txt")
    given = replace(annotate(read(path)), units=(Unit("mine", 4, 8, "premise", stakes={"PER": Stakes("none")}),))
    dump([given], tmp_path / "given.jsonl")
    other, changed = write(TEXT, "b.txt"), write(TEXT + "!", "z/a.txt")
    inputs = find_inputs([path, other])
    done = list(run(inputs, annotate, tmp_path / "out", units=tmp_path / "given.jsonl"))
    assert done[0].document.units[0].id == "mine"
    assert "no units given for 'b'" in done[1].problem
    (done,) = run(find_inputs([changed]), annotate, tmp_path / "out", units=tmp_path / "given.jsonl")
    assert "text_sha256" in done.problem


def test_an_unwritable_folder(write):
    """The folder is named before any work is done."""
    with pytest.raises(InputError, match="cannot be written"):
        list(run(find_inputs([write(TEXT)]), annotate, Path("/proc/none")))
