"""The review queue: out to a table, filled in, merged back, with nothing lost."""

from __future__ import annotations

import csv
import io
import itertools
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cuibono.document import LABELS, ROLES, Annotator, Relation, Stakes
from cuibono.errors import AnnotationError, InputError
from cuibono.evaluate import Settings, compare
from cuibono.formats import dumps, load
from cuibono.review import NO_UNIT, Decision, least_sure_of, merge, queue, read_queue, write_queue
from tests.conftest import FIRST_PASS, ROOT

FEW = Settings(resamples=10)
A, B = {"name": "a", "kind": "person"}, {"name": "b", "kind": "person"}
SCORES = {"challenge": 0.6, "opportunity": 0.3, "mixed": 0.0, "none": 0.1}
HEAD = "doc_id,text_sha256,start,end,layer,actor,label,note"
SHA = "a" * 64


def compared(**sides):
    """A comparison of documents, one for each annotator."""
    return compare({name: [doc] for name, doc in sides.items()}, settings=FEW)


def by_model(doc, scores=SCORES):
    """The same annotation as a model would give it: with probabilities, a reason, and a score of each role."""
    return replace(
        doc,
        annotator=Annotator("encoder", "model", "1"),
        units=tuple(
            replace(u, role_score=0.8, stakes={a: replace(s, scores=scores, why="w") for a, s in u.stakes.items()})
            for u in doc.units
        ),
    )


def decide(doc, start, end, label, layer="stakes", actor="RUS", note="", **more):
    """An answer about a document."""
    actor = actor if layer == "stakes" else None
    given = {"doc_id": doc.doc_id, "text_sha256": doc.text_sha256, **more}
    return Decision(start=start, end=end, layer=layer, actor=actor, label=label, note=note, **given)


def fill(path, answers):
    """Fill in a table as a person would: the answers by number of the row."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for i, label in answers.items():
        rows[i]["label"] = label
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(out.getvalue().encode())


@pytest.fixture
def two(document):
    """Two annotators who differ in one label, one role and one unit."""
    a = document((0, 7, "claim", {"RUS": "challenge"}), (8, 15, "claim", {"RUS": "none"}))
    b = document(
        (0, 7, "claim", {"RUS": "opportunity"}),
        (8, 15, "premise", {"RUS": "none"}),
        (16, 23, "claim", {"RUS": "mixed"}),
    )
    return a, b


def test_the_queue_holds_every_disagreement_worst_first(two):
    """The rows are those of the comparison, in its order, and no other."""
    found = compared(a=two[0], b=two[1])
    rows = queue(found)
    assert rows == list(found.disagreements)
    assert [(r.start, r.layer) for r in rows] == [(0, "stakes"), (16, "stakes"), (8, "role")]


def test_the_least_sure_of_what_all_agree_on_comes_after(document):
    """After the disagreements the questions with the lowest probability of any model, and a limit holds for all."""
    doc = document((0, 7, "claim", {"RUS": "challenge"}), (8, 15, "claim", {"RUS": "challenge"}))
    sure = {"challenge": 0.9, "opportunity": 0.1, "mixed": 0.0, "none": 0.0}
    first = by_model(replace(doc, units=doc.units[:1]), sure).units[0]
    model = replace(by_model(doc), units=(first, by_model(doc).units[1]))
    found = compared(person=doc, model=model)
    rows = queue(found, least_sure=3)
    assert not found.disagreements
    assert [(r.start, r.layer, r.severity) for r in rows] == [(8, "stakes", 0.0), (0, "role", 0.0), (8, "role", 0.0)]
    assert len(queue(found, least_sure=9)) == 4
    assert queue(found, least_sure=3, limit=1) == rows[:1]
    assert queue(compared(a=doc, b=doc), least_sure=3) == []


def test_wrong_numbers_and_names_are_refused(two):
    """A negative limit would drop rows in silence, and a base that is not there would change nothing."""
    found = compared(a=two[0], b=two[1])
    with pytest.raises(ValueError, match=r"limit: found 0, -1; allowed: 0 or more"):
        queue(found, limit=-1)
    with pytest.raises(ValueError, match=r"base: found 'c'; allowed: a, b"):
        queue(found, base="c")


def test_one_annotator_alone_has_a_queue(document):
    """The least sure questions need no comparison; a person who gives no probabilities has none."""
    doc = document((0, 7, "claim", {"RUS": "challenge"}), (8, 15, "claim", {"RUS": "challenge"}))
    rows = least_sure_of([by_model(doc)], 3)
    assert [(r.start, r.layer, list(r.said)) for r in rows] == [
        (0, "stakes", ["encoder@1"]),
        (8, "stakes", ["encoder@1"]),
        (0, "role", ["encoder@1"]),
    ]
    assert rows[0].text == "w00 w01"
    assert least_sure_of([doc], 3) == []
    with pytest.raises(AnnotationError, match="text: found None"):
        least_sure_of([by_model(doc).without_text()], 3)


def test_the_rows_of_a_base_have_its_spans(document):
    """An answer finds the unit of the base even where others mark another span."""
    a = document((0, 15, "claim", {"RUS": "challenge"}))
    b = document((0, 19, "claim", {"RUS": "none"}))
    found = compared(a=a, b=b)
    assert [(r.start, r.end) for r in queue(found)] == [(0, 19)]
    (row,) = queue(found, base="a")
    assert (row.start, row.end, row.text) == (0, 15, a.text[:15])
    assert row.after.startswith(" w04")


def test_the_table_is_the_same_bytes_and_reads_back(two, tmp_path):
    """A byte order mark, CRLF, the columns as documented, what each said; unfilled, every row is undecided."""
    rows = queue(compared(a=by_model(two[0]), b=two[1]))
    write_queue(rows, tmp_path / "queue.csv")
    content = (tmp_path / "queue.csv").read_bytes()
    write_queue(rows, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == content
    lines = content.decode("utf-8").split("\r\n")
    assert lines[0] == (
        "\ufeffdoc_id,text_sha256,start,end,layer,actor,before,text,after,said:a,said:b,severity,label,note"
    )
    assert lines[1].startswith(f"d,{two[0].text_sha256},0,7,stakes,RUS,,w00 w01, w02 ")
    assert lines[1].endswith(",challenge (0.60),opportunity,1,,")
    assert lines[2].endswith(",no unit,mixed,0.5,,")
    read = read_queue(tmp_path / "queue.csv")
    assert [(d.doc_id, d.start, d.layer, d.label) for d in read] == [(r.doc_id, r.start, r.layer, None) for r in rows]
    assert merge([two[0]], read, by="a").undecided == 3


@pytest.mark.parametrize("name", ["=1+1", "-x", "'quoted", "2026-01-05", "@a", 'a,b;"c"', "+", "''"])
def test_ids_survive_what_makes_formulas_harmless(document, tmp_path, name):
    """No cell begins as a formula does, and ids of documents and actors come back exactly."""
    text = '=SUM(A1) and\n"more"; +5 and so on, ' + "w " * 20
    units = [((0, 8, "claim", {name: label})) for label in ("challenge", "none")]
    a, b = (document(u, doc_id=name, text=text, actors={name: "X"}) for u in units)
    write_queue(queue(compared(a=a, b=b)), tmp_path / "q.csv")
    with (tmp_path / "q.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert not [cell for cell in row.values() if cell[:1] in tuple("=+-@\t\r")]
    assert row["text"] == "'=SUM(A1)"
    assert row["after"].startswith(' and\n"more"')
    fill(tmp_path / "q.csv", {0: "mixed"})
    merged = merge([a], read_queue(tmp_path / "q.csv"), by="a")
    assert merged.documents[0].units[0].stakes[name].label == "mixed"
    assert not merged.problems


def test_what_spreadsheets_do_to_a_table_is_understood(write):
    """Semicolons or tabs, CRLF or not, UTF-16, other columns in another order, blank rows, capitals, short rows."""
    rows = [HEAD.split(","), ["d", SHA, "0", "7", "stakes", "RUS", " Challenge ", "yes"]]
    rows += [["d", SHA, "8", "15", "Role", "", "No  Unit"], ["d", SHA, "8", "15", "stakes", "RUS"], [], [""] * 8]
    expected = read_queue(write("\n".join(",".join(row) for row in rows)))
    assert [(d.start, d.layer, d.actor, d.label, d.note) for d in expected] == [
        (0, "stakes", "RUS", "challenge", "yes"),
        (8, "role", None, NO_UNIT, ""),
        (8, "stakes", "RUS", None, ""),
    ]
    turned = [[*row, *[""] * (8 - len(row)), "more"][::-1] for row in rows[:4]]
    for delimiter, end, encoding in itertools.product(",;\t", ("\n", "\r\n", "\r"), ("utf-8", "utf-8-sig", "utf-16")):
        for table in (rows, turned):
            content = end.join(delimiter.join(row) for row in table) + end
            assert read_queue(write(content.encode(encoding))) == expected


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            ["d,S,0,7,stakes,RUS,good,"],
            "line 2: label: found 'good'; allowed: challenge, opportunity, mixed, none, no u",
        ),
        (["", "d,S,0,7,role,,none,"], "line 3: label: found 'none'; allowed: claim, premise, no unit, or nothing"),
        (["d,S,0," + "9" * 5000 + ",stakes,RUS,none,"], "line 2: end: found '999"),
        (["d,S,x,7,stakes,RUS,none,"], "line 2: start: found 'x'; allowed: a whole number"),
        (["d,S,0,7.0,stakes,RUS,none,"], "line 2: end: found '7.0'; allowed: a whole number"),
        (["d,S,7,7,stakes,RUS,none,"], "line 2: start, end: found (7, 7); allowed: integers with 0 <= start < end"),
        (["d,S,0,7,stake,RUS,none,"], "line 2: layer: found 'stake'; allowed: stakes, role"),
        (["d,S,0,7,stakes,,none,"], "line 2: actor: found None; allowed: an actor's id for stakes"),
        (["d,S,0,7,role,RUS,claim,"], "line 2: actor: found 'RUS'; allowed: an actor's id for stakes, nothing for"),
        (["d,S,0,7,stakes,RUS,none,a,b"], "line 2: row: found ['b']; allowed: no cell outside the columns"),
        (['d,S,0,7,stakes,RUS,none,"a', "b"], "line 2: found a row that is not CSV (unexpected end of data)"),
        (
            ["d,S,0,7,stakes,RUS,none,", 'd,S,8,9,stakes,RUS,none,"two\nlines"', "d,S,0,7,stakes,RUS,mixed,"],
            "line 5: found mixed for what FILE:2 answers none; allowed: one answer to a question",
        ),
        (
            ["d,S,0,7,stakes,RUS,,why", "d,S,0,7,stakes,RUS,none,"],
            "line 3: found none for what FILE:2 answers 'why'; allowed: one answer to a question",
        ),
    ],
)
def test_a_bad_cell_is_named_with_its_line(write, rows, message):
    """An error says the file, the line, what was found and what is allowed."""
    path = write("\n".join([HEAD, *(row.replace(",S,", f",{SHA},") for row in rows)]), "q.csv")
    with pytest.raises(InputError) as caught:
        read_queue(path)
    assert str(caught.value).startswith(f"{path}: {message.replace('FILE', str(path))}")


def test_a_table_that_is_none_is_refused(write, tmp_path):
    """No file, an empty one, a missing or doubled column, a quote that never ends, another encoding."""
    bad = {
        "": "line 1: found nothing; allowed: one column each of doc_id, ",
        HEAD.replace("note", "notes"): "allowed: one column each of note",
        HEAD + ",label": "allowed: one column each of label",
        HEAD.replace(",", "|"): "allowed: one column each of doc_id",
        f'{HEAD}\n"never ends': "line 2: found a row that is not CSV",
        HEAD.encode() + "\né".encode("cp1252"): "allowed: CSV in UTF-8",
    }
    for content, message in bad.items():
        with pytest.raises(InputError, match=message):
            read_queue(write(content, "q.csv"))
    with pytest.raises(InputError, match="no such file"):
        read_queue(tmp_path / "none.csv")


def test_one_question_answered_twice_alike_counts_once(write, document):
    """A row that was pasted twice is one answer, and an empty one beside it is none."""
    doc = document((0, 7, "claim", {"RUS": "none"}))
    row = f"d,{doc.text_sha256},0,7,stakes,RUS,"
    read = read_queue(write("\n".join([HEAD, row + ",", row + "mixed,", row + "mixed,", row + ","])))
    merged = merge([doc], read, by="a")
    assert (len(read), merged.changed, merged.undecided) == (1, 1, 0)


def test_a_changed_label_keeps_what_it_was(document):
    """The old label, its probabilities and its reason stand under ``was``, with whose they were; the note is kept."""
    doc = by_model(document((0, 7, "claim", {"RUS": "challenge"})))
    decisions = [decide(doc, 0, 7, "none", note="quoted only"), decide(doc, 0, 7, "premise", layer="role")]
    merged = merge([doc], decisions, by="a")
    (unit,) = merged.documents[0].units
    assert unit.stakes["RUS"] == Stakes(
        "none",
        extra={
            "was": [{"label": "challenge", "scores": SCORES, "why": "w", "by": "encoder@1"}],
            "by": A,
            "note": "quoted only",
        },
    )
    assert (unit.role, unit.role_score) == ("premise", None)
    assert unit.extra == {"role_was": [{"label": "claim", "score": 0.8, "by": "encoder@1"}], "role_by": A}
    assert (merged.changed, merged.confirmed, merged.problems) == (2, 0, [])
    assert merged.documents[0].annotator == replace(doc.annotator, extra={"reviewed_by": [A]})


def test_a_confirmed_label_keeps_its_probabilities(document):
    """Who confirms an answer is added to it, and nothing is taken away."""
    doc = by_model(document((0, 7, "claim", {"RUS": "challenge"})))
    decisions = [decide(doc, 0, 7, "challenge"), decide(doc, 0, 7, "claim", layer="role", note="sure")]
    merged = merge([doc], decisions, by="a")
    (unit,) = merged.documents[0].units
    assert unit.stakes["RUS"] == replace(doc.units[0].stakes["RUS"], extra={"by": A})
    assert (unit.role, unit.role_score) == ("claim", 0.8)
    assert unit.extra == {"role_by": A, "role_note": "sure"}
    assert (merged.changed, merged.confirmed) == (0, 2)


def test_a_withheld_label_that_is_confirmed_is_no_longer_withheld(document):
    """``abstained`` is the model's word for its own answer, and goes with that."""
    doc = by_model(document((0, 7, "claim", {"RUS": "none"})))
    stakes = replace(doc.units[0].stakes["RUS"], extra={"abstained": True, "pieces": 2})
    doc = replace(doc, units=(replace(doc.units[0], stakes={"RUS": stakes}),))
    (merged,) = merge([doc], [decide(doc, 0, 7, "none")], by="a").documents
    was = [{"label": "none", "abstained": True, "by": "encoder@1"}]
    assert merged.units[0].stakes["RUS"] == replace(stakes, extra={"pieces": 2, "was": was, "by": A})


def test_a_second_round_keeps_the_first(document):
    """Every earlier answer stays, oldest first, with who gave it."""
    doc = by_model(document((0, 7, "claim", {"RUS": "challenge"}), (8, 15, "claim", {"RUS": "challenge"})))
    first = [decide(doc, 0, 7, "none", note="first"), decide(doc, 8, 15, "challenge")]
    second = [decide(doc, 0, 7, "mixed"), decide(doc, 8, 15, "none")]
    once = merge([doc], first, by="a").documents
    twice = merge(once, second, by="b").documents
    model = {"label": "challenge", "scores": SCORES, "why": "w", "by": "encoder@1"}
    changed, confirmed = (u.stakes["RUS"] for u in twice[0].units)
    assert changed.extra == {"was": [model, {"label": "none", "by": A, "note": "first"}], "by": B}
    assert confirmed.extra == {"was": [model, {"label": "challenge", "by": A}], "by": B}
    assert twice[0].annotator.extra == {"reviewed_by": [A, B]}
    thrice = merge(twice, [decide(doc, 0, 7, "mixed", note="third")], by="a").documents
    assert thrice[0].units[0].stakes["RUS"].extra == {
        "was": [*changed.extra["was"], {"label": "mixed", "by": B}],
        "by": A,
        "note": "third",
    }


def test_an_answer_adds_the_unit_it_is_about(document):
    """The base lacks it: it is put in its place; without an answer about the role it is a claim, and that is said."""
    doc = document((16, 23, "claim", {"RUS": "none"}), (0, 7, "claim", {"RUS": "none"}))
    merged = merge([doc], [decide(doc, 8, 15, "mixed", where="q.csv:2")], by="a")
    unit = merged.documents[0].units[0]
    assert [(u.start, u.id) for u in merged.documents[0].units] == [(8, "u8-15"), (16, "u1"), (0, "u2")]
    assert (unit.role, unit.stakes["RUS"].label, merged.added, merged.changed) == ("claim", "mixed", 1, 0)
    assert unit.extra["added_by"] == A
    assert unit.extra["role_by"] == {**A, "assumed": True}
    assert unit.stakes["RUS"].extra == {"was": [{"label": NO_UNIT, "by": "test@1"}], "by": A}
    assert merged.notes == [
        "q.csv:2: d [8:15] stakes RUS: unit u8-15 added as a claim, because no answer says its role"
    ]
    role = decide(doc, 8, 15, "premise", layer="role", note="n")
    unit = merge([doc], [decide(doc, 8, 15, "mixed"), role], by="a").documents[0].units[0]
    assert (unit.role, unit.extra["role_by"], unit.extra["role_note"]) == ("premise", A, "n")


def test_a_new_id_is_used_once(document):
    """The id is made of the span; where the base uses it already, it is made longer."""
    doc = document((0, 7, "claim", {}))
    doc = replace(doc, units=(replace(doc.units[0], id="u8-15"),))
    (merged,) = merge([doc], [decide(doc, 8, 15, "mixed")], by="a").documents
    assert [u.id for u in merged.units] == ["u8-15", "u8-15+"]


def test_a_unit_that_would_overlap_is_reported(document):
    """Neither added nor removed by another span than its own; the line says which unit is there."""
    doc = document((0, 7, "claim", {"RUS": "none"}))
    decisions = [decide(doc, 0, 11, "mixed", where="q.csv:2"), decide(doc, 4, 7, NO_UNIT)]
    merged = merge([doc], decisions, by="a")
    assert merged.documents == (doc,)
    assert sorted(merged.problems) == [
        "d [4:7] stakes RUS 'no unit' not merged: the base has no unit with this span, but u1 [0:7], "
        "which overlaps; its start and end would do",
        "q.csv:2: d [0:11] stakes RUS 'mixed' not merged: the base has no unit with this span, but u1 [0:7], "
        "which overlaps; its start and end would do",
    ]


def test_no_unit_removes_the_unit_and_says_so(document):
    """Its relations go too; what was removed is kept in the file, with who removed it; a new one may take its place."""
    spans = [(0, 7), (8, 15), (16, 23), (24, 31)]
    doc = document(*[(*span, "claim", {"RUS": "none"}) for span in spans])
    kept = Relation("u3", "u4", "attacks")
    doc = replace(doc, relations=(Relation("u2", "u1", "supports"), kept))
    decisions = [decide(doc, 0, 11, "mixed"), decide(doc, 8, 15, NO_UNIT, note="a heading"), decide(doc, 0, 7, NO_UNIT)]
    merged = merge([doc], decisions, by="a")
    (after,) = merged.documents
    assert ([(u.start, u.end) for u in after.units], after.relations) == ([(0, 11), *spans[2:]], (kept,))
    assert (merged.removed, merged.added, merged.problems) == (2, 1, [])
    assert merged.notes[0] == "d [0:7] stakes RUS: unit u1 removed, and u2 supports u1"
    first, second = after.extra["removed_units"]
    assert first == {
        **doc.to_dict()["units"][0],
        "removed_by": A,
        "relations": [{"source": "u2", "target": "u1", "kind": "supports"}],
    }
    assert second["removal_notes"] == ["a heading"]
    again = merge(merged.documents, decisions, by="a")
    assert again.documents == merged.documents
    assert (again.removed, again.problems) == (0, [])


def test_no_unit_where_there_is_none_is_a_confirmation(document):
    """There is nothing to keep a note with, so the note is reported."""
    doc = document((0, 7, "claim", {"RUS": "none"}))
    merged = merge([doc], [decide(doc, 8, 15, NO_UNIT, note="a heading")], by="a")
    assert merged.documents[0].units == doc.units
    assert (merged.confirmed, merged.removed, merged.problems) == (1, 0, [])
    assert merged.notes == ["d [8:15] stakes RUS: no unit there already; not kept: 'a heading'"]


def test_of_two_new_units_that_overlap_the_first_in_the_text_is_added(document):
    """Whatever the order of the rows; the other is reported, a second time too."""
    doc = document((32, 39, "claim", {"RUS": "none"}))
    decisions = [decide(doc, 4, 15, "none"), decide(doc, 0, 7, "mixed")]
    merged, turned = (merge([doc], order, by="a") for order in (decisions, decisions[::-1]))
    again = merge(merged.documents, decisions, by="a")
    assert [u.id for u in merged.documents[0].units] == ["u0-7", "u1"]
    assert merged.documents == turned.documents == again.documents
    assert len(merged.problems) == len(turned.problems) == len(again.problems) == 1


def test_what_cannot_be_merged_is_reported(document):
    """Another text, document, actor, an offset outside the text, contradictions, a note alone: each with its reason."""
    doc = document((0, 7, "claim", {"RUS": "none"}))
    wrong = {
        "found document 'x'; the base has d": decide(doc, 0, 7, "none", doc_id="x"),
        f"found text_sha256 {SHA}; the base is about {doc.text_sha256}": decide(doc, 0, 7, "none", text_sha256=SHA),
        "found actor 'IRN'; the base was asked about RUS": decide(doc, 0, 7, "none", actor="IRN"),
        "found offset 999; the text has 239 characters": decide(doc, 0, 999, "none"),
        "there is no label beside it": decide(doc, 0, 7, None, note="hm"),
    }
    for reason, decision in wrong.items():
        merged = merge([doc], [decision], by="a")
        assert [line.partition(" not merged: ")[2] for line in merged.problems] == [reason]
        assert merged.documents == (doc,)
    for other in (decide(doc, 0, 7, "mixed"), decide(doc, 0, 7, NO_UNIT, layer="role")):
        merged = merge([doc], [decide(doc, 0, 7, "none"), other], by="a")
        assert len(merged.problems) == 2
        assert "answers about this span contradict each other: " in merged.problems[0]
        assert merged.documents == (doc,)


def test_who_decides_is_checked(document):
    """A name and one of the kinds of annotators."""
    with pytest.raises(AnnotationError, match="by: found ' '"):
        merge([document()], [], by=" ")
    with pytest.raises(AnnotationError, match="found 'robot'; allowed: person, llm, model"):
        merge([document()], [], by="R2", kind="robot")
    with pytest.raises(AnnotationError, match="each document once"):
        merge([document(), document()], [], by="a")


def test_an_annotation_without_annotator_or_text_is_merged(document):
    """Stand-off documents need no text; who reviewed is then kept with the document."""
    doc = document((0, 7, "claim", {"RUS": "none"}), annotator=None).without_text()
    (merged,) = merge([doc], [decide(doc, 0, 7, "mixed")], by="a").documents
    assert merged.extra == {"reviewed_by": [A]}
    assert merged.text is None
    assert merged.units[0].stakes["RUS"].extra["was"] == [{"label": "none", "by": "?"}]


def test_stand_off_annotations_make_a_queue_with_one_text(two, tmp_path):
    """The text of one of the files is enough, and the answers go into the one without."""
    bare = two[0].without_text()
    write_queue(queue(compared(a=bare, b=two[1]), base="a"), tmp_path / "q.csv")
    fill(tmp_path / "q.csv", {0: "mixed"})
    (merged,) = merge([bare], read_queue(tmp_path / "q.csv"), by="a").documents
    assert (merged.text, merged.units[0].stakes["RUS"].label) == (None, "mixed")


def test_the_first_document_goes_round(tmp_path):
    """The two first passes: all rows filled in, what was answered stands there, and is there after a second merge."""
    texts = ROOT / "data" / "raw"
    a, b = (load(FIRST_PASS / side, texts) for side in "ab")
    rows = queue(compare({"a": a, "b": b}, settings=FEW), base="a")
    write_queue(rows, tmp_path / "q.csv")
    fill(tmp_path / "q.csv", {i: "mixed" if row.layer == "stakes" else "premise" for i, row in enumerate(rows)})
    decisions = read_queue(tmp_path / "q.csv")
    assert len(decisions) == len(rows) > 0
    merged = merge(a, decisions, by="a")
    units = {(doc.doc_id, u.start, u.end): u for doc in merged.documents for u in doc.units}
    for d in decisions:
        unit = units[d.doc_id, d.start, d.end]
        assert (unit.role if d.layer == "role" else unit.stakes[d.actor].label) == d.label
    assert merged.problems == []
    again = merge(merged.documents, decisions, by="a")
    assert [dumps(d) for d in again.documents] == [dumps(d) for d in merged.documents]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_labels_after_a_merge_are_those_filled_in(document, tmp_path, data):
    """Base, queue, answers, merge: decided questions have the answers, all else is as it was, twice as once."""
    label, role = st.sampled_from(LABELS), st.sampled_from(ROLES)
    spans = [(i * 8, i * 8 + 7) for i in range(4)]

    def side(doc_id):
        marked = [span for span in spans if data.draw(st.booleans())]
        return document(*[(*s, data.draw(role), {"RUS": data.draw(label)}) for s in marked], doc_id=doc_id)

    a, b = ([side(doc_id) for doc_id in ("=d", "e")] for _ in range(2))
    rows = queue(compare({"a": a, "b": b}, settings=FEW), base="a")
    write_queue(rows, tmp_path / "q.csv")
    answers = {
        i: data.draw(st.sampled_from(["", *(LABELS if row.layer == "stakes" else ROLES)])) for i, row in enumerate(rows)
    }
    if rows:
        fill(tmp_path / "q.csv", answers)
    decisions = read_queue(tmp_path / "q.csv")
    merged = merge(a, decisions, by="a")
    expected = {(d.doc_id, u.start, layer): value for d in a for u in d.units for layer, value in said(u).items()}
    expected |= {(d.doc_id, d.start, d.layer): d.label for d in decisions if d.label}
    actual = {
        (d.doc_id, u.start, layer): value
        for d in merged.documents
        for u in d.units
        for layer, value in said(u).items()
        if layer == "stakes" or not u.extra.get("role_by", {}).get("assumed")
    }
    assert (actual, merged.problems) == (expected, [])
    touched = {d.doc_id for d in decisions if d.label}
    for before, after in zip(a, merged.documents, strict=True):
        assert (dumps(before) == dumps(after)) == (before.doc_id not in touched)
    assert merge(merged.documents, decisions, by="a").documents == merged.documents


def said(unit):
    """What a unit says, by layer; stakes only where it has them."""
    return {"role": unit.role} | ({"stakes": unit.stakes["RUS"].label} if unit.stakes else {})
