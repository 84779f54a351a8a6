"""The command line: exit codes, streams, shapes of output."""

import json

import pytest

from cuibono.cli import BAD_INPUT, BAD_USAGE, OK, main
from cuibono.formats import dumps, load
from tests.conftest import FIRST_DOCUMENT, FIRST_PASS, GOLD

TEXT = "Chile's new port weakens Peru's leverage.\n"


def lines(text: str) -> list[str]:
    """Lines that are not blank."""
    return [line for line in text.splitlines() if line.strip()]


def test_run_writes_annotations_and_prints_a_table(write, tmp_path, capsys):
    """Counts, the sentence, and how the other actors figure."""
    assert main(["run", str(write(TEXT)), "--actor", "Peru", "--out", str(tmp_path / "out")]) == OK
    out, err = capsys.readouterr()
    assert "At stake for Peru (PER): 1 challenge, 0 opportunity, 0 mixed, 0 none" in out
    assert "Chile's new port weakens Peru's leverage" in out
    assert "1 of 1 documents annotated" in err
    assert load(tmp_path / "out" / "annotations.jsonl")[0].actors == {"PER": "Peru"}


def test_several_actors_and_an_unknown_one(write, tmp_path, capsys):
    """Each has its labels; that a name is not in the table is said."""
    args = ["run", str(write(TEXT)), "--actor", "Lima", "--actor", "CHL", "--actor", "Acme Group"]
    assert main([*args, "--out", str(tmp_path / "out")]) == OK
    assert "'Acme Group' is not in the actor table" in capsys.readouterr().err
    (document,) = load(tmp_path / "out" / "annotations.jsonl")
    assert set(document.units[0].stakes) == {"PER", "CHL", "org:acme-group"}


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("empty.txt", b"", "the file is empty"),
        ("white.txt", b" \n \n", "nothing but white space"),
        ("binary.txt", bytes(range(32)) * 50, "binary"),
        ("undecodable.txt", b"caf\xe9 \x81 " * 20, "undecodable"),
        ("notes.txt", b"[1] A note.\n[2] A note.\n", "no paragraph"),
        ("x.pdf", b"%PDF", "unknown kind of file"),
    ],
)
def test_a_bad_input_is_one_line_and_the_rest_is_done(write, tmp_path, capsys, name, content, problem):
    """The line names the file; the good text of the same call is annotated; the exit code says so."""
    args = ["run", str(write(content, name)), str(write(TEXT, "good.txt")), str(tmp_path / "none.txt")]
    assert main([*args, "--out", str(tmp_path / "out"), "--quiet"]) == BAD_INPUT
    out, err = capsys.readouterr()
    assert out == ""
    found = [line for line in lines(err) if line.startswith("error: ")]
    assert len(found) == 2
    assert name in found[0]
    assert problem in found[0]
    assert "none.txt: no such file" in found[1]
    assert "Traceback" not in err
    assert [d.doc_id for d in load(tmp_path / "out" / "annotations.jsonl")] == ["good"]


def test_a_folder_without_texts(tmp_path, capsys):
    """It is an error, not an empty success."""
    (tmp_path / "empty").mkdir()
    assert main(["run", str(tmp_path / "empty"), "--out", str(tmp_path / "out")]) == BAD_INPUT
    assert "folder without texts" in capsys.readouterr().err


def test_warnings_for_another_language_and_an_absent_actor(write, tmp_path, capsys):
    """The text is annotated all the same."""
    german = (
        "Die Regierung hat gestern beschlossen, dass die Lieferungen eingestellt werden, und man hat dagegen gestimmt. "
    )
    assert main(["run", str(write(german * 3)), "--actor", "Peru", "--out", str(tmp_path / "out")]) == OK
    err = capsys.readouterr().err
    assert "does not seem to be English" in err
    assert "Peru (PER) is not named in the text" in err


def test_one_very_long_paragraph(write, tmp_path):
    """Two thousand words in one paragraph are read to the end."""
    text = " ".join(["Chile's new port weakens Peru's leverage over its neighbours in the north."] * 170)
    assert main(["run", str(write(text)), "--actor", "Peru", "--out", str(tmp_path / "out"), "-q"]) == OK
    assert len(load(tmp_path / "out" / "annotations.jsonl")[0].units) == 170


def test_run_as_json(write, tmp_path, capsys):
    """One object that a program can read, on standard output alone."""
    assert main(["run", str(write(TEXT)), "--actor", "Peru", "--out", str(tmp_path / "out"), "--json"]) == OK
    found = json.loads(capsys.readouterr().out)
    assert found["failed"] == 0
    assert found["documents"][0]["stakes"] == {"PER": {"challenge": 1}}


@pytest.mark.parametrize("actor", ["", "Europe"])
def test_an_actor_that_is_none(write, tmp_path, capsys, actor):
    """A region cannot gain or lose; that is wrong usage."""
    assert main(["run", str(write(TEXT)), "--actor", actor, "--out", str(tmp_path)]) == BAD_USAGE
    assert "allowed" in capsys.readouterr().err


def test_an_unknown_model(write, tmp_path, capsys):
    """The known ones are listed."""
    assert main(["run", str(write(TEXT)), "--model", "oracle", "--out", str(tmp_path)]) == BAD_INPUT
    assert "rules-v1" in capsys.readouterr().err


def test_an_unknown_spacy_model(write, tmp_path, capsys):
    """One line, no traceback."""
    assert main(["run", str(write(TEXT)), "--spacy-model", "xx_none", "--out", str(tmp_path)]) == BAD_INPUT
    assert len(lines(capsys.readouterr().err)) == 1


def test_evaluate_the_two_first_passes(capsys):
    """Scores with intervals, and the agreement of two annotators beside them."""
    a, b = (str(FIRST_PASS / x / "iran-drone-factory.json") for x in "ab")
    assert main(["evaluate", a, str(GOLD), "--annotators", a, b]) == OK
    out = capsys.readouterr().out
    assert "1 document, 56 gold units, 56 predicted" in out
    assert "stakes for RUS macro-F1 (paired units)" in out
    assert "bootstrap over paragraphs" in out


def test_evaluate_as_json(capsys):
    """Undefined is null; the settings are there."""
    assert main(["evaluate", str(GOLD), str(GOLD), "--json", "--resamples", "50"]) == OK
    found = json.loads(capsys.readouterr().out)
    assert found["bootstrap"] == {"over": "paragraphs", "resamples": 50, "seed": 0}
    assert found["scores"]["stakes.IRN.mixed.f1"]["value"] is None


def test_evaluate_different_texts(write, capsys, document):
    """The file's place and both hashes are named."""
    other = write(dumps(document(doc_id="iran-drone-factory")), "other.json")
    assert main(["evaluate", str(other), str(GOLD)]) == BAD_INPUT
    assert "text_sha256" in capsys.readouterr().err


def test_validate_names_every_bad_file(write, capsys):
    """The good ones are counted, the bad ones explained."""
    bad = write('{"schema": "cuibono/9"}', "bad.json")
    assert main(["validate", str(GOLD), str(bad)]) == BAD_INPUT
    out, err = capsys.readouterr()
    assert "valid, 1 documents, 56 units" in out
    assert "schema: found 'cuibono/9'; allowed: cuibono/1" in err


def test_actors(capsys):
    """How a name resolves, also where it does not."""
    assert main(["actors", "Kremlin", "Acme Group"]) == OK
    out = capsys.readouterr().out
    assert "RUS" in out
    assert "org:acme-group" in out
    assert main(["actors", "Kremlin", "--json"]) == OK
    assert json.loads(capsys.readouterr().out)[0]["id"] == "RUS"


def test_all_actors(capsys):
    """Without a name the whole table."""
    assert main(["actors", "--json"]) == OK
    assert len(json.loads(capsys.readouterr().out)) > 350


def test_wrong_usage(capsys):
    """The exit code is argparse's own."""
    with pytest.raises(SystemExit) as caught:
        main(["run", str(FIRST_DOCUMENT)])
    assert caught.value.code == BAD_USAGE
    assert "--out" in capsys.readouterr().err
