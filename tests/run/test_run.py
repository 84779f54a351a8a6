"""Many documents: what is found, what fails, what is written, and what is done again."""

import json
import time
from dataclasses import replace

import pytest

from cuibono.document import Stakes, Unit
from cuibono.errors import CuibonoError, InputError
from cuibono.formats import load
from cuibono.ingest import read
from cuibono.ingest.sources import sources
from cuibono.run import ANNOTATIONS, FAILURES, INPUTS, MANIFEST, Here, Processes, RunFolder, run
from cuibono.run.manifest import first_difference, manifest_of, verify
from tests.run.stub import CONFIG, Make, MakeNone, many

TEXT = "The port was opened in May. It pays."


def go(paths, out, *, engine=None, config=CONFIG, resume=False, overwrite=False, **options):
    """A whole run; what was done."""
    engine = engine or Here(lambda: many)
    with RunFolder(out, config, resume=resume, overwrite=overwrite) as folder:
        return list(run(lambda: sources(paths), engine, folder, manifest=lambda f: manifest_of(f, {}), **options))


def texts(write, names, folder="in"):
    """Texts that differ, by name."""
    return [write(f"{TEXT} Text {name}.", f"{folder}/{name}.txt") for name in names]


def written(out):
    """The bytes of all outputs."""
    return {name: (out / name).read_bytes() for name in (ANNOTATIONS, INPUTS, FAILURES, MANIFEST)}


def test_a_bad_input_stops_nothing(write, tmp_path):
    """The others are annotated; the bad ones have their reasons, in failures.jsonl too."""
    bad = [write("", "b.txt"), write("raise this", "r.txt"), write("refuse this", "s.txt"), tmp_path / "c.txt"]
    paths = [write(TEXT, "a.txt"), *bad, write(f"{TEXT}!", "d.txt")]
    done = go(paths, tmp_path / "out")
    assert [d.problem is None for d in done] == [True, False, False, False, False, True]
    assert [d.doc_id for d in load(tmp_path / "out" / ANNOTATIONS)] == ["a", "d"]
    failed = [json.loads(line) for line in (tmp_path / "out" / FAILURES).read_text().splitlines()]
    assert [f["key"] for f in failed] == [p.as_posix() for p in bad]
    reasons = ("empty", "r: RuntimeError: a bug", "refused", "no such file")
    assert all(reason in f["problem"] for reason, f in zip(reasons, failed, strict=True))


def test_equal_names_become_different_ids(write, tmp_path):
    """Two files of one name in two folders are two documents."""
    paths = [write(f"{TEXT} {x}", f"{x}/a.txt") for x in ("one", "two", "three/two")]
    ids = [d.document.doc_id for d in go(paths, tmp_path / "out")]
    assert ids[:2] == ["a", "two-a"]
    assert len(set(ids)) == 3


def test_the_same_text_is_annotated_once(write, tmp_path):
    """Its twin has the same annotation under its own name, also across batches, and this is said."""
    seen = []

    def counting(documents):
        seen.extend(d.doc_id for d in documents)
        return many(documents)

    paths = [write(TEXT, "a.txt"), write(TEXT, "b.txt"), *texts(write, range(20)), write(TEXT, "z.txt")]
    done = go(paths, tmp_path / "out", engine=Here(lambda: counting))
    assert "a" in seen
    assert not {"b", "z"} & set(seen)
    assert [d.same_as for d in done if d.same_as] == ["a", "a"]
    documents = {d.doc_id: d for d in load(tmp_path / "out" / ANNOTATIONS)}
    assert documents["z"].units == documents["a"].units
    assert documents["z"].source["path"].endswith("z.txt")


def test_units_of_another_file_are_used(write, tmp_path):
    """--units: the spans and ids are theirs; a document without them, or another text, is refused."""
    path, other, changed = write(TEXT, "a.txt"), write(TEXT, "b.txt"), write(TEXT + "!", "z/a.txt")
    (one,) = many([read(path)])
    given = replace(one, units=(Unit("mine", 4, 8, "premise", stakes={"PER": Stakes("none")}),))
    done = go([path, other], tmp_path / "out", units={"a": given})
    assert done[0].document.units[0].id == "mine"
    assert "no units given for 'b'" in done[1].problem
    (done,) = go([changed], tmp_path / "out2", units={"a": given})
    assert "text_sha256" in done.problem


def test_a_run_that_is_broken_off_goes_on_to_the_same_bytes(write, tmp_path):
    """Whatever was done is kept, nothing is done again, and a twin of an earlier text is still one."""
    paths = [*texts(write, range(30)), write("", "in/empty.txt"), write(f"{TEXT} Text 3.", "in/twin.txt")]
    go(paths, tmp_path / "whole")
    out = tmp_path / "out"
    with RunFolder(out, CONFIG) as folder:
        running = run(lambda: sources(paths), Here(lambda: many), folder, manifest=lambda f: manifest_of(f, {}))
        for _ in range(11):
            next(running)
        running.close()
    done = go(paths, out, resume=True)
    assert sum(d.before for d in done) == 16
    assert written(out) == written(tmp_path / "whole")


@pytest.mark.parametrize("lost", [1, 40, 700])
def test_bytes_that_did_not_reach_the_disk(write, tmp_path, lost):
    """Power may fail with the journal ahead of the annotations, or either cut in a line."""
    paths = texts(write, range(20))
    go(paths, tmp_path / "whole")
    for cut in (ANNOTATIONS, INPUTS):
        out = tmp_path / cut
        with RunFolder(out, CONFIG) as folder:
            running = run(lambda: sources(paths), Here(lambda: many), folder)
            next(running)
            running.close()
        partial = out / "partial" / cut
        partial.write_bytes(partial.read_bytes()[:-lost])
        go(paths, out, resume=True)
        assert written(out) == written(tmp_path / "whole")


@pytest.mark.parametrize("moved", [0, 1, 2, 3])
def test_broken_off_while_the_files_move_up(write, tmp_path, moved):
    """Some of the three have their places already, the others not; what marks it says that all is written."""
    paths = texts(write, range(4))
    out = tmp_path / "out"
    go(paths, out)
    before = written(out)
    (out / "partial").mkdir()
    (out / "partial" / "complete").touch()
    for name in (ANNOTATIONS, INPUTS, FAILURES)[moved:]:
        (out / name).rename(out / "partial" / name)
    (out / MANIFEST).unlink()
    assert all(d.before for d in go(paths, out, resume=True, engine=Here(pytest.fail)))
    assert written(out) == before


def test_broken_off_before_the_manifest(write, tmp_path):
    """It is written by the run that goes on, which has nothing else to do."""
    paths = texts(write, range(4))
    go(paths, tmp_path / "out")
    before = written(tmp_path / "out")
    (tmp_path / "out" / MANIFEST).unlink()
    assert all(d.before for d in go(paths, tmp_path / "out", resume=True))
    assert written(tmp_path / "out") == before


def test_nothing_is_left(write, tmp_path):
    """A finished run that is gone on with does nothing, and changes nothing."""
    paths = texts(write, range(4))
    go(paths, tmp_path / "out")
    before = written(tmp_path / "out")
    stamp = (tmp_path / "out" / ANNOTATIONS).stat().st_mtime_ns
    assert all(d.before for d in go(paths, tmp_path / "out", resume=True, engine=Here(pytest.fail)))
    assert written(tmp_path / "out") == before
    assert (tmp_path / "out" / ANNOTATIONS).stat().st_mtime_ns == stamp


@pytest.mark.parametrize("added", ["in/zz.txt", "in/00.txt"], ids=["behind", "before"])
def test_texts_that_were_added(write, tmp_path, added):
    """Only they are annotated, wherever they stand, and the result is that of one run."""
    texts(write, range(10, 20))
    go([tmp_path / "in"], tmp_path / "out")
    write(f"{TEXT} More.", added)
    done = go([tmp_path / "in"], tmp_path / "out", resume=True)
    go([tmp_path / "in"], tmp_path / "whole")
    assert len(done) == 11
    assert written(tmp_path / "out") == written(tmp_path / "whole")
    assert not list((tmp_path / "out").glob("old*"))
    assert sum(not d.before for d in done) == 1


def test_texts_that_were_removed(write, tmp_path):
    """What had its name only because of them, or was taken from their annotation, is what one run would make of it."""
    paths = [
        write(TEXT, "one/a.txt"),
        write(f"{TEXT} Two.", "two/a.txt"),
        write(TEXT, "b.txt"),
        *texts(write, range(3)),
    ]
    go(paths, tmp_path / "out")
    go(paths[1:], tmp_path / "out", resume=True)
    go(paths[1:], tmp_path / "whole")
    assert written(tmp_path / "out") == written(tmp_path / "whole")


def interrupted(paths, out, after, **options):
    """A run that is broken off after so many results."""
    with RunFolder(out, CONFIG, **options) as folder:
        running = run(lambda: sources(paths), Here(lambda: many), folder, retry=options.get("resume", False))
        for _ in range(after):
            next(running)
        running.close()


@pytest.mark.parametrize("first", [11, 20], ids=["unfinished", "finished"])
def test_a_rebuild_that_is_broken_off_loses_nothing(write, tmp_path, first):
    """A text is added in front, and the run that copies what is done is killed, and again: nothing is done twice."""
    paths = texts(write, range(20))
    out = tmp_path / "out"
    if first == 20:
        go(paths, out)
    else:
        interrupted(paths, out, first)
    seen = []

    def counting(documents):
        seen.extend(d.doc_id for d in documents)
        return many(documents)

    for name in ("00", "000"):
        paths.insert(0, write(f"{TEXT} Text {name}.", f"in/{name}.txt"))
        interrupted(paths, out, 3, resume=True)
    go(paths, out, resume=True, engine=Here(lambda: counting))
    done = 20 if first == 20 else 16
    assert set(seen) <= {str(n) for n in range(done, 20)} | {"00", "000"}
    go(paths, tmp_path / "whole")
    assert written(out) == written(tmp_path / "whole")
    assert not list(out.glob("old*"))


def test_a_text_that_was_changed_is_done_again(write, tmp_path):
    """In place or in a rebuild: what an input is called does not say what is in it."""
    paths = texts(write, "abc")
    go(paths, tmp_path / "out")
    paths[1].write_text(f"{TEXT} Another text.")
    done = go(paths, tmp_path / "out", resume=True)
    assert [d.before for d in done] == [True, False, True]
    go(paths, tmp_path / "whole")
    assert written(tmp_path / "out") == written(tmp_path / "whole")


def test_a_row_that_was_put_in_moves_the_others(write, tmp_path):
    """Rows are called by their numbers; each is annotated once all the same."""
    rows = [json.dumps({"id": f"r{i}", "text": f"{TEXT} Row {i}."}) for i in range(4)]
    table = write("\n".join(rows[1:]) + "\n", "t.jsonl")
    go([table], tmp_path / "out")
    table.write_text("\n".join(rows) + "\n")
    go([table], tmp_path / "out", resume=True)
    assert [d.doc_id for d in load(tmp_path / "out" / ANNOTATIONS)] == ["r0", "r1", "r2", "r3"]


def test_overwriting_that_is_broken_off_mixes_nothing(write, tmp_path):
    """Right after the new configuration is there, what is of the old one is no longer something to go on with."""
    paths = texts(write, range(4))
    for before in ("finished", "unfinished"):
        out = tmp_path / before
        go(paths, out) if before == "finished" else interrupted(paths, out, 2)
        with RunFolder(out, {"model": "other"}, overwrite=True) as folder:
            folder.begin()
        done = go(paths, out, config={"model": "other"}, resume=True)
        assert not any(d.before for d in done)


def test_a_damaged_journal_is_refused(write, tmp_path):
    """A finished run whose journal was cut cannot be gone on with; the line is named."""
    paths = texts(write, range(4))
    go(paths, tmp_path / "out")
    journal = tmp_path / "out" / INPUTS
    journal.write_bytes(journal.read_bytes()[:-20])
    with pytest.raises(InputError, match="line 4: found no entry of a journal"):
        go(paths, tmp_path / "out", resume=True)


def test_a_worker_that_dies_while_nobody_waits(write, tmp_path):
    """The pool breaks between two batches; it is made anew when the next one is handed out."""
    paths = [*texts(write, range(10)), write("die here", "in/killer.txt"), *texts(write, range(10, 60))]
    seen = []
    with RunFolder(tmp_path / "out", CONFIG) as folder:
        for done in run(lambda: sources(paths), Processes(Make(), 2), folder):
            seen.append(done)
            time.sleep(0.02)
    assert [d.problem is None for d in seen].count(False) == 1
    assert len(seen) == 61


def test_failures_are_tried_again(write, tmp_path):
    """With --retry-failures, in its place; what was done is not, and without it a failure counts as done."""
    paths = texts(write, "abc")

    def failing(documents):
        for document in documents:
            if document.doc_id == "b":
                raise CuibonoError("b: no memory left")
            yield from many([document])

    go(paths, tmp_path / "out", engine=Here(lambda: failing))
    again = go(paths, tmp_path / "out", resume=True)
    assert again[1].problem == "b: no memory left"
    seen = []

    def counting(documents):
        seen.extend(d.doc_id for d in documents)
        return many(documents)

    done = go(paths, tmp_path / "out", resume=True, retry=True, engine=Here(lambda: counting))
    assert all(d.problem is None for d in done)
    assert seen == ["b"]
    go(paths, tmp_path / "whole")
    assert written(tmp_path / "out") == written(tmp_path / "whole")


@pytest.mark.parametrize("engine", [Here(MakeNone()), Processes(MakeNone(), 2)], ids=["here", "processes"])
def test_a_model_that_cannot_be_loaded(write, tmp_path, engine):
    """The reason is said, and nothing is in the way of the next run."""
    paths = texts(write, "ab")
    with pytest.raises(CuibonoError, match="models/lost: no such model"):
        go(paths, tmp_path / "out", engine=engine)
    assert len(go(paths, tmp_path / "out")) == 2


def test_a_run_that_did_nothing_is_in_nobodys_way(write, tmp_path):
    """Broken off before anything was done, it is begun again without --resume."""
    paths = texts(write, "ab")
    with RunFolder(tmp_path / "out", CONFIG) as folder:
        folder.begin()
    assert len(go(paths, tmp_path / "out")) == 2


def test_an_unfinished_run_is_not_begun_anew_by_mistake(write, tmp_path):
    """--resume or --overwrite, or it is refused; a finished one may be run again."""
    paths = texts(write, range(3))
    with RunFolder(tmp_path / "out", CONFIG) as folder:
        next(run(lambda: sources(paths), Here(lambda: many), folder))
    with pytest.raises(InputError, match="unfinished run; allowed: --resume"):
        go(paths, tmp_path / "out")
    go(paths, tmp_path / "out", overwrite=True)
    go(paths, tmp_path / "out")


def test_another_configuration_is_refused(write, tmp_path):
    """What differs is said; nothing is touched."""
    paths = texts(write, range(3))
    go(paths, tmp_path / "out")
    before = written(tmp_path / "out")
    for resume in (True, False):
        with pytest.raises(InputError, match='another configuration: model: found "first-word" there, "other" here'):
            go(paths, tmp_path / "out", config={"model": "other"}, resume=resume)
    assert written(tmp_path / "out") == before


def test_two_runs_cannot_be_in_one_folder(write, tmp_path):
    """The second is refused while the first is there."""
    with RunFolder(tmp_path / "out", CONFIG), pytest.raises(InputError, match="another run"):
        go(texts(write, "a"), tmp_path / "out")
    go(texts(write, "a"), tmp_path / "out")


def test_a_folder_that_cannot_be_made(write):
    """One line, which names it."""
    with pytest.raises(InputError, match="cannot be written"):
        go(texts(write, "a"), write("a file", "file.txt") / "out")


def test_a_full_disk(write, tmp_path, monkeypatch):
    """What was done is kept, and the run goes on when there is room."""
    from cuibono.run import folder as module

    paths = texts(write, range(20))
    go(paths, tmp_path / "whole")
    flushes = []

    def full(file):
        flushes.append(file)
        if len(flushes) > 3:
            raise OSError(28, "No space left on device")
        file.flush()

    monkeypatch.setattr(module, "_flush", full)
    with pytest.raises(InputError, match="No space left on device; what was done is kept"):
        go(paths, tmp_path / "out")
    monkeypatch.undo()
    go(paths, tmp_path / "out", resume=True)
    assert written(tmp_path / "out") == written(tmp_path / "whole")


def test_processes_write_what_one_writes(write, tmp_path):
    """In the same order; a worker that dies takes with it only the text that kills it."""
    paths = [*texts(write, range(20)), write("die here", "in/killer.txt"), *texts(write, range(20, 30))]
    done = go(paths, tmp_path / "two", engine=Processes(Make(), 2))
    assert [d.key for d in done if d.problem] == [paths[20].as_posix()]
    assert "the process that annotated it died" in done[20].problem
    paths.pop(20)
    go(paths, tmp_path / "one")
    assert (tmp_path / "two" / ANNOTATIONS).read_bytes() == (tmp_path / "one" / ANNOTATIONS).read_bytes()


def test_a_manifest_holds_a_run_to_its_word(write, tmp_path):
    """An altered or missing file is named; the first difference of two runs is found."""
    paths = texts(write, range(4))
    for out in ("a", "b"):
        go(paths, tmp_path / out)
    assert list(verify(tmp_path / "a")) == []
    assert first_difference(tmp_path / "a", tmp_path / "b") is None
    changed = (tmp_path / "b" / ANNOTATIONS).read_text().replace('"claim"', '"premise"', 1)
    (tmp_path / "b" / ANNOTATIONS).write_text(changed)
    (tmp_path / "b" / FAILURES).unlink()
    problems = list(verify(tmp_path / "b"))
    assert len(problems) == 2
    assert "annotations.jsonl: sha256" in problems[0]
    assert "failures.jsonl: missing" in problems[1]
    found = first_difference(tmp_path / "a", tmp_path / "b")
    assert found == "annotations.jsonl:1: 0: units.0.role: 'claim' and 'premise'"


def test_there_is_no_manifest_without_a_run(tmp_path):
    """One line says so."""
    with pytest.raises(InputError, match=r"no manifest\.json"):
        list(verify(tmp_path))
