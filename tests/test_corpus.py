"""Labels and texts, laid together."""

import csv
import json
import re
import unicodedata
from dataclasses import replace

import pytest

from cuibono.cli import BAD_INPUT, OK, main
from cuibono.corpus import _shared, check, load_corpus
from cuibono.document import Block, Stakes, Unit, sha256
from cuibono.errors import InputError
from cuibono.formats import dump, load
from tests.conftest import ROOT

TEXT = "A port\n\nThe old port of Lima was opened in the month of May. It pays well.\n"
PARAGRAPH = TEXT.index("The"), len(TEXT) - 1


@pytest.fixture
def corpus(tmp_path, document):
    """A corpus folder and a folder of texts with one stand-off document in train."""

    def add(split="train", doc_id="port", text=TEXT, standoff=True, **changes):
        start, end = text.index("The old"), text.index(" It pays") - 1
        doc = document(
            (start, end, "premise", {"PER": "none", "CHL": "challenge"}),
            doc_id=doc_id,
            text=text,
            actors={"PER": "Peru", "CHL": "Chile"},
            blocks=(Block(0, 6, "title"), Block(text.index("The old"), len(text) - 1, "paragraph")),
        )
        doc = replace(doc, **changes)
        (tmp_path / "labels" / split).mkdir(parents=True, exist_ok=True)
        (tmp_path / "texts" / "sub").mkdir(parents=True, exist_ok=True)
        if standoff:
            (tmp_path / "texts" / "sub" / f"{doc_id}.txt").write_text(text, encoding="utf-8")
        dump(doc.without_text() if standoff else doc, tmp_path / "labels" / split / f"{doc_id}.json")
        return tmp_path / "labels", tmp_path / "texts"

    return add


def test_a_sound_corpus_has_no_problems(corpus):
    """What it holds is counted."""
    found = check(*corpus())
    assert found.problems == []
    assert (found.documents["train"], found.units["train"], found.differing) == (1, 1, 1)
    assert found.labels == {"none": 1, "challenge": 1}


def test_a_missing_text(corpus):
    """The text that is missing is named."""
    labels, _ = corpus()
    assert ["port.txt is missing" in p for p in check(labels).problems] == [True]


@pytest.mark.parametrize("content", [TEXT.replace("May", "June").encode(), b"\xff\xfe\x00"])
def test_an_altered_text(corpus, content):
    """Offsets into another text mean nothing."""
    labels, texts = corpus()
    (texts / "sub" / "port.txt").write_bytes(content)
    (problem,) = check(labels, texts).problems
    assert "altered" in problem
    assert "port" in problem


def test_a_unit_outside_the_paragraphs(corpus):
    """A title asserts nothing that is labelled."""
    both = {"PER": Stakes("none"), "CHL": Stakes("none")}
    found = check(*corpus(units=(Unit("u1", 0, 6, "claim", stakes=both),)))
    assert ["lies in no paragraph" in p for p in found.problems] == [True]


def test_a_unit_that_splits_a_character(corpus):
    """A letter and its combining accent belong together."""
    text = unicodedata.normalize("NFD", TEXT.replace("port of", "pört of"))
    start = text.index("The old")
    cut = text.index("\u0308")
    both = {"PER": Stakes("none"), "CHL": Stakes("none")}
    found = check(*corpus(text=text, units=(Unit("u1", start, cut, "claim", stakes=both),)))
    assert ["splits a character" in p for p in found.problems] == [True]


def test_an_unknown_actor(corpus):
    """An id is of the table, or a handle."""
    found = check(*corpus(actors={"PER": "Peru", "CHL": "Chile", "Acme": "Acme", "org:acme": "Acme"}, units=()))
    assert ["found 'Acme'" in p for p in found.problems] == [True]


def test_stakes_for_every_actor(corpus):
    """An actor that was asked about has a label on each unit."""
    found = check(*corpus(actors={"PER": "Peru", "CHL": "Chile", "BRA": "Brazil"}))
    assert ["no stakes for BRA" in p for p in found.problems] == [True]


def test_one_text_under_two_names(corpus):
    """A copy is found by its hash."""
    corpus()
    labels, texts = corpus(doc_id="copy")
    assert any("the same text as" in p for p in check(labels, texts).problems)


def test_a_text_in_train_and_test(corpus):
    """By name and by hash."""
    corpus()
    problems = check(*corpus(split="test")).problems
    assert any("the same text as" in p for p in problems)
    assert any("the same name as" in p for p in problems)


def test_a_sentence_of_test_in_train(corpus):
    """A sentence of some length that both have is a leak, whatever the rest."""
    corpus()
    labels, texts = corpus(split="test", doc_id="other", text=TEXT.replace("It pays well", "It pays badly"))
    assert any("stands in train/port as well" in p for p in check(labels, texts).problems)


def test_the_command(corpus, capsys, tmp_path):
    """A table, or JSON; an error code where there is a problem or nothing at all."""
    labels, texts = corpus()
    assert main(["corpus", "check", str(labels), "--texts", str(texts)]) == OK
    assert "0 problems" in capsys.readouterr().out
    assert main(["corpus", "check", str(labels), "--json"]) == BAD_INPUT
    assert json.loads(capsys.readouterr().out)["problems"]
    assert main(["corpus", "check", str(tmp_path / "none")]) == BAD_INPUT


def test_rows_of_a_split(corpus):
    """A row for each unit and actor, with its context."""
    labels, texts = corpus()
    rows = load_corpus("train", texts, labels)
    assert rows.num_rows == 2
    row = rows[1]
    assert row["unit"] == "The old port of Lima was opened in the month of May"
    assert (row["actor"], row["actor_name"], row["label"]) == ("CHL", "Chile", "challenge")
    assert (row["left"], row["right"]) == ("", ". It pays well.")
    with pytest.raises(InputError, match="allowed: train, dev, test"):
        load_corpus("validation", texts, labels)


def test_texts_that_are_there_need_no_folder(corpus):
    """Labels on the project's own texts carry them."""
    labels, _ = corpus(standoff=False)
    assert check(labels).problems == []
    assert load_corpus("train", labels=labels)[0]["doc_id"] == "port"
    assert sha256(TEXT) == sha256(TEXT.encode())


OPEN = ROOT / "data" / "annotated" / "open"
SHARED = ROOT.parent / "shared" / "corpus"


def test_texts_written_for_the_corpus_are_the_ones_labelled():
    """The labels carry the text of the file that the repository holds, and none of a third party's."""
    carried = {d.doc_id: d.text for split in ("train", "dev", "test") for d in load(OPEN / split) if d.text is not None}
    files = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "data/raw/written").glob("*.txt")}
    assert carried.items() <= files.items()
    assert len(carried) >= 60


def test_the_corpus_without_its_texts_lacks_nothing_else():
    """Every problem then is a missing text, and every missing text is in SOURCES.tsv."""
    sources = {line.split("\t")[0] for line in (OPEN / "SOURCES.tsv").read_text(encoding="utf-8").splitlines()[1:]}
    problems = check(OPEN).problems
    missing = {re.search(r"the text (\S+)\.txt is missing", problem)[1] for problem in problems}
    assert missing == sources
    assert len(problems) == len(sources)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the third parties' texts (../shared/corpus) are absent")
def test_the_corpus_with_its_texts_is_whole():
    """Nothing missing, altered or shared between splits; amounts as the data card says."""
    result = check(OPEN, SHARED)
    assert result.problems == []
    card = (OPEN / "DATACARD.md").read_text(encoding="utf-8")
    assert f"{sum(result.units.values()):,} units, {sum(result.labels.values()):,} judgements" in card


FURTHER = ROOT / "data" / "annotated" / "further"


def test_further_texts_are_the_ones_labelled():
    """The labels carry the text of the file that the repository holds, and none of a third party's."""
    carried = {d.doc_id: d.text for split in ("train", "test") for d in load(FURTHER / split) if d.text is not None}
    files = {p.stem: p.read_text(encoding="utf-8") for p in (ROOT / "data/raw").glob("*/*.txt")}
    assert carried.items() <= files.items()
    written = {path.stem: sha256(path.read_bytes()) for path in (ROOT / "data/raw/further").glob("*.txt")}
    lines = (ROOT / "data/raw/further/INDEX.tsv").read_text(encoding="utf-8").splitlines()
    index = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    assert {row["file"].removesuffix(".txt"): row["sha256"] for row in index} == written
    assert written.keys() <= carried.keys()


def test_the_further_labels_lack_nothing_but_texts():
    """Every problem is that the text of a third party is missing; with the texts there is none."""
    assert all("is missing" in problem for problem in check(FURTHER).problems)


@pytest.mark.skipif(not SHARED.is_dir(), reason="the third parties' texts (../shared/corpus) are absent")
def test_the_further_labels_with_their_texts_are_whole():
    """Nothing missing, altered or shared between the parts."""
    assert check(FURTHER, SHARED).problems == []


def test_no_commentary_of_the_test_shares_a_sentence_with_what_is_learnt_from():
    """Of the texts that are here; those of a folder are compared with each other by the test above."""
    learnt = [("train", d) for d in load(OPEN / "train") if d.text is not None]
    assert list(_shared([*learnt, *(("test", d) for d in load(FURTHER / "test"))])) == []


def test_further_labels_ask_about_other_actors():
    """A text of the corpus keeps its units and roles when it is labelled again; no actor is asked about twice."""
    known = {d.doc_id: d for d in load(OPEN / "train")}
    again = [d for d in load(FURTHER / "train") if d.doc_id in known]
    assert len(again) == 54
    for document in again:
        first = known[document.doc_id]
        assert document.actors.keys().isdisjoint(first.actors)
        assert [(u.start, u.end, u.role) for u in document.units] == [(u.start, u.end, u.role) for u in first.units]
        assert document.text_sha256 == first.text_sha256


def test_what_is_learnt_from_keeps_off_the_tests():
    """No text of a test or dev part is in a train part; none asks about the actors that the corpus keeps unseen."""
    learnt = [d for folder in (OPEN, FURTHER) for d in load(folder / "train")]
    kept = [*load(OPEN / "dev"), *load(OPEN / "test"), *load(FURTHER / "test")]
    assert {d.text_sha256 for d in learnt}.isdisjoint(d.text_sha256 for d in kept)
    assert {a for d in learnt for a in d.actors}.isdisjoint({"CIS", "ZMB", "TKM"})


def test_every_drill_can_be_read():
    """As many as the data card says."""
    from cuibono.train.drills import read_drills

    drills = read_drills(FURTHER / "drills.jsonl")
    labels = sum(len(found) for drill in drills for found in drill.labels.values())
    card = (FURTHER / "DATACARD.md").read_text(encoding="utf-8")
    assert f"`drills.jsonl`, {len(drills)} passages" in card
    assert f"{labels:,} labels" in card
