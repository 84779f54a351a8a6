"""The commands that lay annotations side by side: compare, export-disagreements, merge."""

import csv
import json

import pytest

from cuibono.cli import BAD_INPUT, BAD_USAGE, OK, main
from cuibono.document import Annotator
from cuibono.formats import dump, dumps, load
from tests.conftest import FIRST_PASS, GOLD

A, B = (str(FIRST_PASS / x / "iran-drone-factory.json") for x in "ab")


def test_compare_prints_who_agrees_and_where_they_differ(capsys):
    """The parties, their agreement, their scores, the tests, the disagreements, and what to quote, on one line."""
    assert main(["compare", A, B, "--gold", str(GOLD), "--resamples", "50", "--worst", "2"]) == OK
    out = capsys.readouterr().out
    assert "2 annotators, gold by gold@1 (llm): 1 document, 56 units compared" in out
    for part in (
        "agreement of all annotators",
        "against gold",
        "differences against gold",
        "6 disagreements, the worst 2",
    ):
        assert part in out
    (line,) = [x for x in out.splitlines() if x.startswith("stakes-macro-f1|actor:all|") and "|system:a@1#" in x]
    assert "|boot:50,seed:0,over:paragraphs|cuibono:" in line
    assert line.endswith("]")


def test_compare_as_json(capsys):
    """Every number has a signature; undefined is null; what each said of a unit is there."""
    assert main(["compare", A, B, "--json", "--resamples", "50"]) == OK
    found = json.loads(capsys.readouterr().out)
    joint = found["agreement"]["joint"]["stakes.RUS.fleiss-kappa"]
    assert joint["signature"].startswith("stakes-fleiss-kappa|actor:RUS|")
    assert found["agreement"]["pairs"][0]["scores"]["stakes.IRN.mixed.f1"]["value"] is None
    assert found["gold"] is None
    assert {d["layer"] for d in found["disagreements"]} == {"stakes", "role"}


def test_compare_writes_a_folder(tmp_path, capsys):
    """Page, JSON, and two tables that hold every number and every disagreement."""
    args = ["compare", A, B, "--gold", str(GOLD), "--resamples", "50", "--out", str(tmp_path / "out")]
    assert main(args) == OK
    assert "comparison.html" in capsys.readouterr().err
    whole = json.loads((tmp_path / "out" / "comparison.json").read_text(encoding="utf-8"))
    with (tmp_path / "out" / "numbers.csv").open(encoding="utf-8-sig", newline="") as file:
        numbers = list(csv.DictReader(file))
    scores = sum(len(r["scores"]) for r in (*whole["agreement"]["pairs"], *whole["against_gold"].values()))
    assert len(numbers) == scores + len(whole["agreement"]["joint"]) + len(whole["significance"])
    assert all(row["signature"] for row in numbers)
    with (tmp_path / "out" / "disagreements.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(whole["disagreements"])
    assert (tmp_path / "out" / "comparison.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_two_files_of_one_annotator_get_names_of_their_own(tmp_path, capsys):
    """By folder and file, or as they are named on the command line."""
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        dump(load(A)[0], tmp_path / folder / "x.json")
    one, two = str(tmp_path / "first" / "x.json"), str(tmp_path / "second" / "x.json")
    assert main(["compare", one, two, "--json", "--resamples", "10"]) == OK
    assert [p["name"] for p in json.loads(capsys.readouterr().out)["annotators"]] == ["a (first/x)", "a (second/x)"]
    assert main(["compare", f"old={one}", f"new={two}", "--json", "--resamples", "10"]) == OK
    assert [p["name"] for p in json.loads(capsys.readouterr().out)["annotators"]] == ["new", "old"]
    assert main(["compare", one, one]) == BAD_USAGE
    assert "twice" in capsys.readouterr().err


def test_a_table_is_no_program(document, tmp_path):
    """A unit, a reason or a name that a spreadsheet would run begins with an apostrophe."""
    text = "=HYPERLINK(1) is what this sentence begins with."
    for name, label in (("+a", "challenge"), ("b", "none")):
        made = document((0, 20, "claim", {"RUS": label}), text=text)
        dump([made], tmp_path / f"{name}.jsonl")
    files = [f"{name}={tmp_path / name}.jsonl" for name in ("+a", "b")]
    assert main(["compare", *files, "--out", str(tmp_path / "out"), "-q", "--resamples", "10"]) == OK
    with (tmp_path / "out" / "disagreements.csv").open(encoding="utf-8-sig", newline="") as file:
        head, row = csv.reader(file)
    assert not any(cell.startswith(("=", "+", "@")) for cell in (*head, *row))
    assert f"'{text[:20]}" in row


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"text": "Another text."}, "text_sha256: found"),
        ({"doc_id": "other"}, "at least one document that two of them annotated"),
    ],
)
def test_files_that_cannot_be_compared(document, write, capsys, change, problem):
    """One line, which says what differs."""
    one = write(dumps(document()), "one.json")
    two = write(dumps(document(**change)), "two.json")
    assert main(["compare", f"a={one}", f"b={two}"]) == BAD_INPUT
    assert problem in capsys.readouterr().err


def test_one_file_alone(capsys):
    """Is wrong usage."""
    assert main(["compare", A]) == BAD_USAGE
    assert "allowed: two or more" in capsys.readouterr().err


def test_a_review_goes_round(tmp_path, capsys):
    """Questions out, answers in: what was decided stands in the merged file, with what it replaces."""
    queue, merged = tmp_path / "queue.csv", tmp_path / "merged.jsonl"
    assert main(["export-disagreements", A, B, "--out", str(queue)]) == OK
    assert "6 questions" in capsys.readouterr().err
    with queue.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["label"] = row["said:b"].partition(" (")[0]
    with queue.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    assert main(["merge", str(queue), A, "--by", "c", "--out", str(merged)]) == OK
    assert "6 changed, 0 confirmed" in capsys.readouterr().err
    assert main(["export-disagreements", str(merged), B, "--out", str(queue)]) == OK
    assert "0 questions" in capsys.readouterr().err
    (document,) = load(merged)
    changed = [s for u in document.units for s in u.stakes.values() if "was" in s.extra]
    assert {s.extra["by"]["name"] for s in changed} == {"c"}


def test_an_answer_that_cannot_be_merged(tmp_path, write, capsys):
    """Is said, the rest is merged, and the exit code says so; a bad label names its line."""
    head = "doc_id,text_sha256,start,end,layer,actor,label,note\n"
    sha = load(A)[0].text_sha256
    queue = write(f"{head}iran-drone-factory,{sha},0,5,stakes,USA,none,\n", "queue.csv")
    assert main(["merge", str(queue), A, "--by", "c", "--out", str(tmp_path / "m.jsonl")]) == BAD_INPUT
    assert "queue.csv:2" in capsys.readouterr().err
    queue = write(f"{head}iran-drone-factory,{sha},0,5,stakes,RUS,harm,\n", "queue.csv")
    assert main(["merge", str(queue), A, "--by", "c", "--out", str(tmp_path / "m.jsonl")]) == BAD_INPUT
    assert "line 2: label: found 'harm'; allowed: challenge" in capsys.readouterr().err


def test_the_least_sure_of_one_model(write, tmp_path, capsys):
    """One file of a model is enough for a queue."""
    text = write("Chile's new port weakens Peru's leverage. Lima signed a pact with Quito.\n")
    run = ["run", str(text), "--actor", "Peru", "--model", "rules-v1", "--out", str(tmp_path), "-q"]
    assert main(run) == OK
    found = str(tmp_path / "annotations.jsonl")
    assert main(["export-disagreements", found, "--least-sure", "1", "--out", str(tmp_path / "q.csv")]) == OK
    assert "1 questions" in capsys.readouterr().err


def test_brackets_in_names_are_no_markup(document, tmp_path, capsys):
    """They are printed as they stand."""
    files = []
    for name in ("[/x]", "enc[large]"):
        made = document(
            (0, 7, "claim", {"[/y]": "none"}), actors={"[/y]": "[bold]"}, annotator=Annotator(name, "model", "1")
        )
        files.append(str(tmp_path / f"{len(files)}.jsonl"))
        dump([made], files[-1])
    assert main(["compare", *files, "--resamples", "10"]) == OK
    out = capsys.readouterr().out
    assert "[/x]" in out
    assert "enc[large]" in out


@pytest.mark.parametrize(
    ("content", "problem"),
    [("[" * 100000, "not JSON that can be read"), ('{"schema": "cuibono/1", "doc_id": "\\ud800"}', "doc_id: found")],
    ids=["nested", "surrogate"],
)
def test_json_that_cannot_be_held(write, capsys, content, problem):
    """One line with the file, and the other files are checked all the same."""
    assert main(["validate", str(write(content, "bad.json")), A]) == BAD_INPUT
    out, err = capsys.readouterr()
    assert "bad.json" in err
    assert problem in err
    assert "valid, 1 documents" in out


def test_a_name_longer_than_a_file_may_have(capsys):
    """Is no file."""
    assert main(["compare", "x" * 300, A]) == BAD_INPUT
    assert "Traceback" not in capsys.readouterr().err
