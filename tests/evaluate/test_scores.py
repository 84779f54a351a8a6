"""Measures of one annotation against another."""

import math
import random
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score

from cuibono.document import LABELS, Entity, Stakes
from cuibono.errors import AnnotationError
from cuibono.evaluate import bootstrap, evaluate, measures
from cuibono.formats import load
from tests.conftest import FIRST_PASS, GOLD


def labelled(document, labels: str, roles: str = "", **more):
    """A document with one unit of two words for each letter of labels (c, o, m, n) and roles (c, p)."""
    names = {x[0]: x for x in LABELS}
    units = [
        (i * 8, i * 8 + 7, "premise" if roles[i : i + 1] == "p" else "claim", {"RUS": names[letter]})
        for i, letter in enumerate(labels)
    ]
    return document(*units, **more)


def test_an_annotation_against_itself_is_perfect():
    """Every measure that is defined is 1."""
    gold = load(GOLD)
    report = evaluate(gold, gold)
    values = {n: s.value for n, s in report.scores.items() if "majority" not in n and not math.isnan(s.value)}
    assert set(values.values()) == {1.0}


def test_label_scores_are_scikit_learns(document):
    """Macro-F1 over challenge, opportunity and none, with mixed units counted as errors."""
    rng = random.Random(3)
    for _ in range(10):
        gold, other = ("".join(rng.choice("comn") for _ in range(25)) for _ in range(2))
        report = evaluate([labelled(document, other)], [labelled(document, gold)])
        expected = f1_score(list(gold), list(other), labels=["c", "o", "n"], average="macro")
        assert report["stakes.RUS.macro-f1"].value == pytest.approx(expected)


def test_end_to_end_counts_what_was_not_found(document):
    """A unit without a partner is a miss, or an invention; on paired units it does not count."""
    gold = labelled(document, "cccc")
    found = replace(gold, units=gold.units[:2])
    report = evaluate([found], [gold])
    assert report["stakes.RUS.challenge.f1"].value == 1.0
    assert report["stakes.RUS.macro-f1.end-to-end"].value == pytest.approx(2 * 2 / (2 * 2 + 2))
    assert report["units.overlap.recall"].value == 0.5
    assert report["units.overlap.precision"].value == 1.0


def test_the_majority_class_is_of_the_gold(document):
    """Always saying the commonest label scores its F1 and zero for the others."""
    report = evaluate([labelled(document, "nnnn")], [labelled(document, "nnoc")])
    f1 = 2 * 2 / (2 * 2 + 2)
    assert report["stakes.RUS.majority-class.macro-f1"].value == pytest.approx(f1 / 3)


def test_entities_need_span_and_label(document):
    """A right span with a wrong label is one miss and one invention; its actor still counts."""
    gold = document(entities=(Entity("e1", 0, 3, "GPE", "RUS"), Entity("e2", 4, 7, "ORG", "EU")))
    other = document(entities=(Entity("e1", 0, 3, "NORP", "RUS"), Entity("e2", 4, 7, "ORG", "UN")))
    report = evaluate([other], [gold])
    assert report["entities.f1"].value == 0.5
    assert report["entities.actor-accuracy"].value == 0.5


def test_actor_stakes_are_scored_over_the_actors_of_the_gold(document):
    """An actor that the other side does not judge is an error."""
    gold = document(actor_stakes={"RUS": {"IRN": Stakes("mixed"), "TUR": Stakes("challenge")}})
    other = document(actor_stakes={"RUS": {"IRN": Stakes("mixed"), "USA": Stakes("challenge")}})
    assert evaluate([other], [gold])["actor-stakes.RUS.accuracy"].value == 0.5


@pytest.mark.parametrize(
    ("gold", "other", "unit_f1", "stakes_f1", "kappa"),
    [
        ("", "", None, None, None),
        ("ccn", "", 0.0, None, None),
        ("", "ccn", 0.0, None, None),
        ("ccc", "ooo", 1.0, 0.0, 0.0),
        ("nnn", "nnn", 1.0, 1.0, None),
    ],
    ids=["both empty", "nothing predicted", "no gold", "nothing in common", "one label only"],
)
def test_degenerate_cases(document, gold, other, unit_f1, stakes_f1, kappa):
    """What is undefined is NaN; what is defined has its value."""
    report = evaluate([labelled(document, other)], [labelled(document, gold)])
    for name, expected in (
        ("units.overlap.f1", unit_f1),
        ("stakes.RUS.macro-f1", stakes_f1),
        ("stakes.RUS.cohen-kappa", kappa),
    ):
        value = report[name].value
        assert math.isnan(value) if expected is None else value == expected, name
    assert report.to_dict()["scores"]["units.overlap.f1"]["value"] == unit_f1


def test_the_order_of_documents_changes_nothing(document):
    """Neither the scores nor the intervals."""
    rng = random.Random(5)
    gold = [labelled(document, "".join(rng.choice("con") for _ in range(9)), doc_id=f"d{i}") for i in range(6)]
    other = [labelled(document, "".join(rng.choice("con") for _ in range(9)), doc_id=f"d{i}") for i in range(6)]
    first = evaluate(other, gold).to_dict()
    assert evaluate(rng.sample(other, 6), rng.sample(gold, 6)).to_dict() == first
    assert first["bootstrap"]["over"] == "documents"


def test_what_is_left_out_is_said(document):
    """Documents and actors that one side lacks are named, and the rest is scored."""
    both = {"RUS": "Russia", "IRN": "Iran"}
    gold = [labelled(document, "cn", doc_id="a"), labelled(document, "cn", doc_id="b")]
    other = [document((0, 7, "claim", {"RUS": "none"}), doc_id="a", actors=both), labelled(document, "c", doc_id="c")]
    report = evaluate(other, gold)
    assert report.documents == 1
    assert report.left_out == ("document c: no gold", "document b: only in gold", "actor IRN: not in gold")


@pytest.mark.parametrize(
    ("predicted", "gold", "place"),
    [(["a"], ["b"], "doc_id"), (["a", "a"], ["a"], "predicted.doc_id")],
)
def test_nothing_to_compare(document, predicted, gold, place):
    """No document in common, or one twice."""
    with pytest.raises(AnnotationError) as caught:
        evaluate([document(doc_id=i) for i in predicted], [document(doc_id=i) for i in gold])
    assert caught.value.place == place


def test_no_actor_in_common(document):
    """Annotations for different actors are not comparable."""
    with pytest.raises(AnnotationError, match="actors"):
        evaluate([document(actors={"IRN": "Iran"})], [document()])


def test_the_bootstrap_is_seeded_and_covers_the_value(document):
    """The same seed gives the same interval; another seed another one; the value lies inside."""
    rng = random.Random(2)
    gold = [labelled(document, "".join(rng.choice("con") for _ in range(12)), doc_id=f"d{i}") for i in range(20)]
    other = [labelled(document, "".join(rng.choice("con") for _ in range(12)), doc_id=f"d{i}") for i in range(20)]
    name = "stakes.RUS.macro-f1"
    first, again, third = (evaluate(other, gold, seed=s)[name] for s in (0, 0, 1))
    assert first == again
    assert (first.low, first.high) != (third.low, third.high)
    assert first.low < first.value < first.high


def test_the_interval_of_a_mean_is_the_textbooks():
    """For accuracy the percentile interval is close to the normal one (Efron and Tibshirani 1993)."""
    rng = np.random.default_rng(0)
    hits = rng.random(400) < 0.7
    counts = np.stack([hits, np.ones(400, bool)], axis=1).astype(np.int64)
    low, high = bootstrap.interval(counts, measures.accuracy, bootstrap.weights(400, 4000))
    margin = 1.96 * math.sqrt(hits.mean() * (1 - hits.mean()) / 400)
    assert low == pytest.approx(hits.mean() - margin, abs=0.005)
    assert high == pytest.approx(hits.mean() + margin, abs=0.005)


def test_one_sample_that_counts_has_no_interval():
    """An actor of one document among many: every replicate would be the same, which is not certainty."""
    counts = np.array([[0, 0], [7, 10], [0, 0]])
    assert all(np.isnan(bootstrap.interval(counts, measures.accuracy, bootstrap.weights(3))))


def test_one_document_is_resampled_by_paragraph():
    """And the report says so."""
    a, b = (load(FIRST_PASS / x / "iran-drone-factory.json") for x in "ab")
    report = evaluate(b, a)
    assert report.resampled == "paragraphs"
    assert report["stakes.RUS.macro-f1"].low < report["stakes.RUS.macro-f1"].value
