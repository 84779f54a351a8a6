"""Runs at scale from the command line: tables in, resumed, verified, reproduced, tables out."""

import json

import pytest

from cuibono.cli import BAD_INPUT, BAD_USAGE, OK, main
from cuibono.formats import load

TEXT = "Chile's new port weakens Peru's leverage. Lima gains nothing from it."
RULES = ["--model", "rules-v1", "--actor", "Peru"]


@pytest.fixture
def table(write):
    """A JSONL file of 24 commentaries, one line of it broken, one text twice."""
    rows = [
        {"id": f"c{i}", "body": f"{TEXT} That was said {i} times.", "date": f"2024-0{1 + i % 9}-01"} for i in range(22)
    ]
    lines = [json.dumps(row) for row in [*rows, {"id": "twin", "body": rows[3]["body"], "date": "2024-02-02"}]]
    return str(write("\n".join([*lines[:5], "{broken", *lines[5:]]) + "\n", "in.jsonl"))


def test_a_table_goes_in_and_tables_come_out(table, tmp_path, capsys):
    """Ids and metadata are kept; a broken line and a text that was there are said; a second run finds nothing left."""
    out = tmp_path / "out"
    args = ["run", table, "--text-column", "body", *RULES, "--out", str(out)]
    assert main([*args, "--parquet"]) == BAD_INPUT
    err = capsys.readouterr().err
    assert "in.jsonl:6" in err
    assert "23 of 24 documents annotated, 1 of a text that was there already, 1 failed" in err
    documents = {d.doc_id: d for d in load(out / "annotations.jsonl")}
    assert documents["twin"].units == documents["c3"].units
    assert documents["twin"].meta["date"] == "2024-02-02"
    assert (out / "stakes.parquet").exists()
    assert main(["verify", str(out)]) == OK
    assert main([*args, "--resume"]) == BAD_INPUT
    assert "23 done before" in capsys.readouterr().err
    assert main(["tables", str(out / "annotations.jsonl"), "--out", str(tmp_path / "tables")]) == OK
    assert "23 documents" in capsys.readouterr().err


def test_a_run_is_reproduced(write, tmp_path, capsys):
    """From its manifest alone; an altered result is found, and where."""
    write(TEXT, "in/a.txt")
    write(f"{TEXT} Again.", "in/b.txt")
    first, second = tmp_path / "first", tmp_path / "second"
    assert main(["run", str(tmp_path / "in"), *RULES, "--out", str(first), "-q"]) == OK
    assert main(["reproduce", str(first), "--out", str(second)]) == OK
    assert "no difference" in capsys.readouterr().out
    path = first / "annotations.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace('"claim"', '"premise"', 1), encoding="utf-8")
    assert main(["verify", str(first)]) == BAD_INPUT
    assert "annotations.jsonl: sha256: found" in capsys.readouterr().err
    assert main(["reproduce", str(first), "--out", str(tmp_path / "third")]) == BAD_INPUT
    assert "annotations.jsonl:1: a: units.0.role: 'premise' and 'claim'" in capsys.readouterr().err


def test_another_actor_needs_another_folder(write, tmp_path, capsys):
    """What differs is said; --overwrite starts anew."""
    args = ["run", str(write(TEXT)), "--model", "rules-v1", "--out", str(tmp_path / "out"), "-q"]
    assert main([*args, "--actor", "Peru"]) == OK
    assert main([*args, "--actor", "Chile"]) == BAD_INPUT
    assert 'actors: found {"PER": "Peru"} there, {"CHL": "Chile"} here' in capsys.readouterr().err
    assert main([*args, "--actor", "Chile", "--overwrite"]) == OK
    assert main([*args, "--actor", "Chile"]) == OK


def test_a_column_that_is_not_there(table, tmp_path, capsys):
    """The columns that are there are named."""
    assert main(["run", table, *RULES, "--out", str(tmp_path / "out")]) == BAD_INPUT
    err = capsys.readouterr().err
    assert "body" in err
    assert "'text'" in err or "text" in err


def test_no_worker(write, tmp_path, capsys):
    """Is wrong usage."""
    assert main(["run", str(write(TEXT)), *RULES, "--out", str(tmp_path / "out"), "--workers", "0"]) == BAD_USAGE
    assert "--workers: found 0; allowed: 1 and more" in capsys.readouterr().err
    assert main(["reproduce", str(tmp_path), "--out", str(tmp_path / "again"), "--workers", "0"]) == BAD_USAGE
    assert "--workers: found 0; allowed: 1 and more" in capsys.readouterr().err


def test_two_workers_write_what_one_writes(write, tmp_path):
    """Byte for byte."""
    for i in range(20):
        write(f"{TEXT} Said {i} times.", f"in/{i}.txt")
    for workers in ("1", "2"):
        args = ["run", str(tmp_path / "in"), *RULES, "--out", str(tmp_path / workers), "-q", "--workers", workers]
        assert main(args) == OK
    assert (tmp_path / "1" / "annotations.jsonl").read_bytes() == (tmp_path / "2" / "annotations.jsonl").read_bytes()


def test_warnings_of_a_long_run_are_said(write, tmp_path, capsys):
    """Also where there are too many documents for a table each."""
    for i in range(22):
        write(f"{TEXT} Said {i} times.", f"in/{i}.txt")
    args = ["run", str(tmp_path / "in"), "--model", "rules-v1", "--actor", "Fiji", "--out", str(tmp_path / "out")]
    assert main(args) == OK
    assert capsys.readouterr().err.count("Fiji (FJI) is not named in the text") == 22
