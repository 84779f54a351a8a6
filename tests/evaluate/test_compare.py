"""Any number of annotations side by side."""

import itertools
import json
import math
import random
from dataclasses import replace

import pytest

from cuibono.document import LABELS, Annotator, Block, Entity, Relation
from cuibono.errors import AnnotationError
from cuibono.evaluate import Settings, compare, evaluate
from cuibono.evaluate.disagreements import severity
from cuibono.formats import load
from tests.conftest import FIRST_PASS, GOLD

FEW = Settings(resamples=100)


@pytest.fixture
def by(document):
    """Documents of an annotator: for each a word of labels (c, o, m, n), a unit of two words a letter; - is no unit."""
    names = {x[0]: x for x in LABELS}

    def _by(name, **labels):
        out = []
        for doc_id, letters in labels.items():
            units = [(i * 8, i * 8 + 7, "claim", {"RUS": names[x]}) for i, x in enumerate(letters) if x != "-"]
            out.append(document(*units, doc_id=doc_id, annotator=Annotator(name, "person", "1")))
        return out

    return _by


def rendered(found) -> str:
    """All that a comparison says."""
    return json.dumps(found.to_dict())


def test_the_first_document():
    """Both first passes against the gold: the numbers of `evaluate`, and every disagreement."""
    a, b, gold = (load(p) for p in (*(FIRST_PASS / x / "iran-drone-factory.json" for x in "ab"), GOLD))
    found = compare({"a": a, "b": b}, gold)
    assert found.against_gold["a"].to_dict() == evaluate(a, gold).to_dict()
    assert found.pairs["a", "b"].to_dict() == evaluate(b, a).to_dict()
    assert found.items == 56
    alpha = "stakes.RUS.krippendorff-alpha"
    assert found.joint[alpha].value == found.pairs["a", "b"][alpha].value
    assert len(found.disagreements) == 6
    assert found.left_out == ()


def test_no_order_changes_anything(by):
    """Neither of annotators, nor of documents, nor of units."""
    rng = random.Random(7)
    sides = {n: by(n, **{f"d{i}": "".join(rng.choice("conm-") for _ in range(9)) for i in range(4)}) for n in "abcd"}
    first = rendered(compare(sides, settings=FEW))
    for names in itertools.islice(itertools.permutations("abcd"), 1, 24, 5):
        shuffled = {
            n: [replace(d, units=tuple(rng.sample(d.units, len(d.units)))) for d in rng.sample(sides[n], 4)]
            for n in names
        }
        assert rendered(compare(shuffled, settings=FEW)) == first


def test_items_join_what_pairs_and_never_two_units_of_one(document):
    """A unit that one cuts in two goes with the half that shares more; the other half is an item of its own."""
    whole = document((0, 23, "claim", {"RUS": "none"}))
    halves = document((0, 15, "claim", {"RUS": "none"}), (16, 23, "claim", {"RUS": "challenge"}))
    found = compare({"a": [whole], "b": [halves], "c": [halves]}, settings=FEW)
    assert found.items == 2
    marks = {
        (d.start, d.end): {n: s.label for n, s in d.said.items()} for d in found.disagreements if d.layer == "stakes"
    }
    assert marks == {(16, 23): {"a": "(no unit)", "b": "challenge", "c": "challenge"}}


def test_annotators_may_lack_documents(by):
    """They are compared on what they have; what is lacking is said, what only one has is left out."""
    found = compare({"a": by("a", x="cn", y="co"), "b": by("b", x="cn", z="c"), "c": by("c", y="cn")}, settings=FEW)
    assert found.documents == ("x", "y")
    assert ("a", "b") in found.pairs
    assert ("b", "c") not in found.pairs
    assert found.pairs["a", "b"].documents == 1
    assert "document z: only b has it" in found.left_out
    assert "document y: b lacks it; compared without" in found.left_out


def test_gold_for_some_documents(by):
    """Scores are on those; agreement is on all."""
    found = compare({"a": by("a", x="cn", y="cc"), "b": by("b", x="cn", y="oo")}, by("g", x="cn"), settings=FEW)
    assert found.against_gold["b"]["stakes.RUS.macro-f1"].value == 1.0
    assert found.pairs["a", "b"].documents == 2
    assert "document y: gold lacks it; compared without" in found.left_out


def test_actors_that_not_all_were_asked_about(document):
    """An actor of one annotator only is said; another document's actors do not count as misses."""
    two = {"RUS": "Russia", "IRN": "Iran"}
    a = [document((0, 7, "claim", {"RUS": "none", "IRN": "challenge"}), doc_id=d, actors=two) for d in "xy"]
    b = [
        document((0, 7, "claim", {"RUS": "none", "IRN": "challenge"}), doc_id="x", actors=two),
        document((0, 7, "claim", {"RUS": "none"}), doc_id="y"),
    ]
    found = compare({"a": a, "b": b}, settings=FEW)
    assert found.pairs["a", "b"]["stakes.IRN.macro-f1.end-to-end"].value == 1.0
    assert "document y, actor IRN: b not asked; compared without" in found.left_out
    assert not found.disagreements
    never = compare({"a": a, "b": [replace(d, doc_id=k) for d, k in ((b[1], "x"), (b[1], "y"))]}, settings=FEW)
    assert never.left_out == ("actor IRN: b not asked; compared without",)


def test_an_annotator_without_a_unit(by):
    """Is said; what cannot be scored is undefined, the rest is as it is."""
    found = compare({"a": by("a", x="cn"), "b": by("b", x="--")}, by("g", x="cn"), settings=FEW)
    assert "document x: b has no unit" in found.left_out
    assert found.against_gold["b"]["units.overlap.f1"].value == 0.0
    assert math.isnan(found.against_gold["b"]["stakes.RUS.macro-f1"].value)
    assert math.isnan(found.joint["stakes.RUS.krippendorff-alpha"].value)
    assert [d.said["b"].label for d in found.disagreements] == ["(no unit)", "(no unit)"]


def test_the_worst_disagreements_come_first(by):
    """A gain taken for a loss, then other labels, then a unit without stakes that one does not have."""
    found = compare({"a": by("a", x="ncno"), "b": by("b", x="-ooo")}, settings=FEW)
    assert [d.start for d in found.disagreements] == [8, 16, 0]
    assert [d.severity for d in found.disagreements] == [1.0, 0.5, 0.25]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["challenge"] * 3, 0),
        (["challenge", "opportunity", "none"], 2 / 3),
        (["none", "(no unit)"], 0.25),
        (["none"], 0),
    ],
)
def test_severity(labels, expected):
    """The mean over pairs of annotators."""
    assert severity(labels, "stakes") == pytest.approx(expected)


def test_a_better_system_is_told_from_a_worse_one(by):
    """Twenty documents, one system right and one guessing: significant also after correction, with the sign right."""
    rng = random.Random(8)
    truth = {f"d{i:02}": "".join(rng.choice("con") for _ in range(9)) for i in range(20)}
    guess = {d: "".join(rng.choice("con") for _ in t) for d, t in truth.items()}
    found = compare({"good": by("good", **truth), "poor": by("poor", **guess)}, by("g", **truth), settings=FEW)
    (test,) = [t for t in found.tests if t.measure == "stakes.RUS.macro-f1"]
    assert (test.a, test.b) == ("good", "poor")
    assert test.difference.value > 0.4
    assert test.corrected_p < 0.05
    assert test.difference.samples == 20
    (same,) = [t for t in found.tests if t.measure == "units.overlap.f1"]
    assert same.corrected_p == 1.0


def test_relations_are_scored_where_both_have_them(document):
    """By kind and by units that pair; ids need not be the same."""
    units = [(i * 8, i * 8 + 7, "claim", {"RUS": "none"}) for i in range(3)]
    gold = document(*units, relations=(Relation("u1", "u2", "supports"), Relation("u3", "u2", "attacks")))
    renamed = {"u1": "x1", "u2": "x2", "u3": "x3"}
    other = replace(
        gold,
        units=tuple(replace(u, id=renamed[u.id]) for u in gold.units),
        relations=(Relation("x1", "x2", "supports"), Relation("x3", "x2", "supports")),
    )
    assert evaluate([other], [gold])["relations.f1"].value == 0.5
    assert "relations.f1" not in evaluate([document(*units)], [gold]).scores


def test_signatures_say_what_a_number_depends_on(by):
    """The gold, the system, the match and the draws; a changed label changes the hash, a probability does not."""
    found = compare({"a": by("a", x="cn"), "b": by("b", x="co")}, by("g", x="cn"), settings=Settings(0.6, 100, 3))
    quoted = found.against_gold["a"].cite("stakes.RUS.macro-f1")
    start = "stakes-macro-f1|actor:RUS|match:overlap0.6|labels:c,o,n|gold:x,g@1#"
    assert quoted.startswith(start)
    assert "|boot:100,seed:3,over:paragraphs|cuibono:" in quoted
    assert quoted.endswith(" = 1.000")
    hashes = [found.against_gold[n].quoted["system"].partition("#")[2] for n in "ab"]
    assert hashes[0] != hashes[1]
    bare = [d.without_text() for d in by("a", x="cn")]
    assert compare({"a": bare, "b": by("b", x="co")}, settings=FEW).parties[0].digest == found.parties[0].digest


def test_names_cannot_forge_a_signature(by):
    """Separators in names are replaced."""
    found = evaluate(by("a|gold:x = 1.0", x="cn"), by("g", x="cn"))
    assert "system:a_gold:x___1.0@1#" in found.signature("stakes.RUS.macro-f1")


def test_different_texts(document):
    """Both hashes are named, and the document."""
    with pytest.raises(
        AnnotationError, match=r"d: text_sha256: found '[0-9a-f]{64}'; allowed: [0-9a-f]{64}, the text of d"
    ):
        compare({"a": [document()], "b": [document(text="another text")]})


def test_a_document_twice(document):
    """In one annotation it is refused."""
    with pytest.raises(AnnotationError, match=r"b\.doc_id"):
        compare({"a": [document()], "b": [document(), document()]})


def test_nothing_in_common(document):
    """No document that two annotated."""
    with pytest.raises(AnnotationError, match="at least one document"):
        compare({"a": [document(doc_id="x")], "b": [document(doc_id="y")]})


@pytest.mark.parametrize("sides", [{}, {"a": 1}, {"gold": 1, "a": 1}])
def test_too_few_or_misnamed(document, sides):
    """One annotation cannot be compared; beside a gold none may be called so."""
    with pytest.raises(ValueError, match="annotators"):
        compare({name: [document()] for name in sides}, [document()] if "gold" in sides else None)


@pytest.mark.parametrize(
    ("gold", "a", "b", "unit_p", "stakes_p"),
    [
        ("--", "--", "--", None, None),
        ("cn", "--", "--", 1.0, None),
        ("--", "cn", "cn", 1.0, None),
        ("cc", "oo", "oo", 1.0, 1.0),
        ("nn", "nn", "nn", 1.0, 1.0),
    ],
    ids=["all empty", "nothing predicted", "no gold", "nothing in common", "one label only"],
)
def test_degenerate_cases_of_a_test(by, gold, a, b, unit_p, stakes_p):
    """Between two systems that say the same p is 1 where the measure is defined, and undefined where it is not."""
    found = compare({"a": by("a", x=a, y=a), "b": by("b", x=b, y=b)}, by("g", x=gold, y=gold), settings=FEW)
    p = {t.measure: t.corrected_p for t in found.tests}
    for measure, expected in (("units.overlap.f1", unit_p), ("stakes.RUS.macro-f1", stakes_p)):
        assert math.isnan(p[measure]) if expected is None else p[measure] == expected, measure


def test_one_sample_has_no_bootstrap(by):
    """A single paragraph: values, but neither an interval nor a bootstrap p."""
    found = compare({"a": by("a", x="cn"), "b": by("b", x="co")}, by("g", x="cn"), settings=FEW)
    (test,) = [t for t in found.tests if t.measure == "stakes.RUS.macro-f1"]
    assert test.difference.value > 0
    assert math.isnan(test.difference.low)
    assert math.isnan(test.difference.bootstrap_p)
    assert math.isnan(found.against_gold["a"]["stakes.RUS.macro-f1"].low)


def test_the_gold_brings_no_annotators_together(document):
    """What annotators agree on among themselves does not depend on what they are scored against."""
    a = document((0, 8, "claim", {"RUS": "none"}), (20, 30, "claim", {"RUS": "none"}))
    b = document((8, 16, "claim", {"RUS": "none"}), (20, 30, "claim", {"RUS": "challenge"}))
    gold = document((4, 12, "claim", {"RUS": "none"}), (20, 30, "claim", {"RUS": "none"}))
    alone = compare({"a": [a], "b": [b]}, settings=FEW)
    scored = compare({"a": [a], "b": [b]}, [gold], settings=FEW)
    assert {n: s.to_dict() for n, s in scored.joint.items()} == {n: s.to_dict() for n, s in alone.joint.items()}


def test_a_test_has_the_same_samples_on_both_sides(document):
    """Also where the gold has no blocks and the systems have different ones."""
    units = [(0, 7, "claim", {"RUS": "none"}), (80, 87, "claim", {"RUS": "none"})]
    gold = document(*units, (160, 167, "claim", {"RUS": "none"}), blocks=())
    halves = (Block(0, 79, "paragraph"), Block(80, 239, "paragraph"))
    found = compare({"a": [document(*units, blocks=halves)], "b": [document(*units, blocks=())]}, [gold], settings=FEW)
    assert all(t.difference.value == 0 for t in found.tests if not math.isnan(t.difference.value))
    assert len(found.tests) == 3


def test_systems_are_tested_on_what_both_have(by, document):
    """Documents that one lacks, and actors that one was not asked about, count for neither."""
    found = compare({"a": by("a", x="cn", y="oo"), "b": by("b", x="cn")}, by("g", x="cn", y="cn"), settings=FEW)
    (test,) = [t for t in found.tests if t.measure == "stakes.RUS.macro-f1"]
    assert test.difference.value == 0
    two = {"RUS": "Russia", "IRN": "Iran"}
    unit = (0, 7, "claim", {"RUS": "challenge", "IRN": "none"})
    gold = [document(unit, doc_id=d, actors=two) for d in "xy"]
    wrong = document((0, 7, "claim", {"RUS": "none", "IRN": "none"}), doc_id="y", actors=two)
    bare = document((0, 7, "claim", {"IRN": "none"}), doc_id="y", actors={"IRN": "Iran"})
    found = compare({"a": [gold[0], wrong], "b": [gold[0], bare]}, gold, settings=FEW)
    (test,) = [t for t in found.tests if t.measure == "stakes.RUS.macro-f1"]
    assert test.difference.value == 0


def test_entities_that_share_a_span(document):
    """What is labelled alike pairs first, exactly and by overlap."""
    gold = document(entities=(Entity("e1", 0, 3, "ORG", "A"),))
    other = document(entities=(Entity("e1", 0, 3, "GPE", "A"), Entity("e2", 0, 3, "ORG", "B")))
    for name in ("entities.f1", "entities.overlap.f1"):
        assert evaluate([other], [gold])[name].value == pytest.approx(2 / 3)


def test_relations_missed_in_one_document_count(document):
    """That a system has relations anywhere makes it one that should have found them everywhere."""
    units = [(i * 8, i * 8 + 7, "claim", {"RUS": "none"}) for i in range(2)]
    relations = (Relation("u1", "u2", "supports"),)
    gold = [document(*units, doc_id=d, relations=relations) for d in "xy"]
    other = [document(*units, doc_id="x"), gold[1]]
    assert evaluate(other, gold)["relations.recall"].value == 0.5


def test_an_actors_id_may_hold_dots(document):
    """A signature names it whole; the id that stands for all actors is refused."""
    actors = {"org:u.s.steel": "U.S. Steel"}
    one = document((0, 7, "claim", {"org:u.s.steel": "none"}), actors=actors)
    signature = evaluate([one], [one]).signature("stakes.org:u.s.steel.none.f1")
    assert signature.startswith("stakes-none-f1|actor:org:u.s.steel|")
    pool = document((0, 7, "claim", {"all": "none"}), actors={"all": "everybody"})
    with pytest.raises(AnnotationError, match="any other id"):
        evaluate([pool], [pool])


def test_without_an_actor_in_common_units_are_compared(document):
    """Stakes cannot be; that is said."""
    a, b = document((0, 7, "claim", {})), document((0, 7, "premise", {}), actors={"IRN": "Iran"})
    found = compare({"a": [a], "b": [b]}, settings=FEW)
    assert found.pairs["a", "b"]["units.overlap.f1"].value == 1.0
    assert "actor IRN: a not asked; compared without" in found.left_out


def test_silence_is_not_the_absence_of_a_unit(document):
    """An annotator who has the unit but says nothing for the actor is told from one who lacks it."""
    a, b = document((0, 7, "claim", {"RUS": "challenge"})), document((0, 7, "claim", {}))
    (one,) = compare({"a": [a], "b": [b]}, settings=FEW).disagreements
    assert one.said["b"].label == "(no stakes)"
