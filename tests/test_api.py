"""The Python face: what ``cuibono`` hands on, and the verbs of ``cuibono.api``."""

import pkgutil

import pytest

import cuibono
from cuibono import api
from cuibono.annotate import Annotator
from cuibono.classify import load_classifier
from cuibono.errors import InputError, ModelError
from cuibono.extract.actors import load_table
from tests.conftest import FIRST_DOCUMENT

TEXT = "Iran’s new factory threatens Russia. Turkey gains from it, and Acme Group loses its market."
RULES = {"model": "rules-v1"}


def test_every_name_is_found_and_listed():
    """What ``__all__`` promises is there, and ``dir`` shows it."""
    assert all(hasattr(cuibono, name) for name in cuibono.__all__)
    assert set(cuibono.__all__) <= set(dir(cuibono))
    assert all(hasattr(api, name) for name in api.__all__)


def test_no_function_has_the_name_of_a_module():
    """Importing a module of the package would replace it."""
    modules = {module.name for module in pkgutil.iter_modules(cuibono.__path__)}
    assert modules & set(cuibono.__all__) == {"api"}


def test_an_unknown_name_is_no_attribute():
    """A typing error says so."""
    with pytest.raises(AttributeError, match="anotate_many"):
        _ = cuibono.anotate_many


def test_a_text_has_the_blocks_of_a_file_with_that_text(write):
    """One set of rules of layout, and the id depends on the text alone."""
    text = FIRST_DOCUMENT.read_bytes().decode()
    of_text, of_file = cuibono.from_text(text), cuibono.read(write(text))
    assert (of_text.blocks, of_text.meta, of_text.text) == (of_file.blocks, of_file.meta, of_file.text)
    assert of_text.doc_id == cuibono.from_text(text).doc_id != cuibono.from_text(TEXT).doc_id
    assert cuibono.from_text(TEXT, "mine").doc_id == "mine"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "white space"),
        (" \n\n\t", "white space"),
        ("By Jane Doe", "boilerplate"),
        ("data/raw/some-file.txt", r"cuibono\.read"),
    ],
)
def test_a_text_without_a_paragraph_is_refused(text, said):
    """As a file without one is; a path in the place of a text is told from it."""
    with pytest.raises(InputError, match=said):
        api.annotate(text, **RULES)


def test_annotate_is_the_annotator():
    """A text, a document and the class behind both say the same."""
    document = cuibono.from_text(TEXT)
    actors = [load_table().resolve(name) for name in ("Moscow", "TUR")]
    expected = Annotator(actors, "rules-v1").annotate(document)
    assert api.annotate(document, ["Moscow", "TUR"], **RULES) == expected
    assert api.annotate(TEXT, ["Moscow", "TUR"], **RULES) == expected
    assert expected.units
    assert set(expected.actors) == {"RUS", "TUR"}


def test_abstaining_is_handed_on():
    """A limit that no probability reaches leaves no label."""
    document = api.annotate(TEXT, **RULES, abstain_below=1.0)
    assert {u.stakes["RUS"].label for u in document.units} == {"none"}
    assert document.annotator.extra["abstain_below"] == 1.0


def test_a_model_is_loaded_once(monkeypatch):
    """Other actors need no other model; other settings do."""
    loaded = []

    def load(model, **settings):
        loaded.append((model, *settings.values()))
        return load_classifier(model, **settings)

    monkeypatch.setattr("cuibono.classify.load_classifier", load)
    api._classifier.cache_clear()
    for actors in (["Russia"], ["Turkey"]):
        api.annotate(TEXT, actors, **RULES)
    api.annotate(TEXT, **RULES, abstain_below=0.5)
    assert loaded == [("rules-v1", 0.0), ("rules-v1", 0.5)]


def test_many_are_annotated_in_order_as_they_are_asked_for():
    """No more than a batch is taken ahead, and each is annotated as it would be alone."""
    taken = []

    def stream():
        for i in range(5):
            taken.append(i)
            yield cuibono.from_text(f"{TEXT} Russia won {i} battles.", f"d{i}")

    found = cuibono.annotate_many(stream(), **RULES, batch_size=2)
    assert taken == []
    first = next(found)
    assert taken == [0, 1]
    documents = [first, *found]
    assert [d.doc_id for d in documents] == [f"d{i}" for i in range(5)]
    assert documents[3] == api.annotate(cuibono.from_text(documents[3].text, "d3"), **RULES)


def test_two_streams_do_not_mix():
    """They share a spaCy pipeline, which knows the names of the actors of the one that is at work."""
    texts = ["Acme Group gains from Zorblax Union.", "Zorblax Union loses to Acme Group."]
    left = cuibono.annotate_many(texts, ["Acme Group"], **RULES, batch_size=1)
    right = cuibono.annotate_many(texts, ["Zorblax Union"], **RULES, batch_size=1)
    mixed = [d for pair in zip(left, right, strict=True) for d in pair]
    alone = [api.annotate(text, [name], **RULES) for text in texts for name in ("Acme Group", "Zorblax Union")]
    assert mixed == alone
    assert {e.actor for e in mixed[0].entities} >= {"org:acme-group"}


@pytest.mark.parametrize(
    ("settings", "error", "said"),
    [
        ({"model": "no-such"}, ModelError, "rules-v1"),
        ({"abstain_below": 2.0}, ValueError, "0 to 1"),
        ({"actors": []}, ValueError, "at least one"),
        ({"actors": "Russia"}, ValueError, r"\['Russia'\]"),
        ({"actors": ["Helsinki Final Act"]}, ValueError, "allowed: an actor"),
        ({"batch_size": 0}, ValueError, "1 or more"),
    ],
)
def test_bad_settings_are_refused_at_once(settings, error, said):
    """Before the first document is asked for."""
    with pytest.raises(error, match=said):
        cuibono.annotate_many([], **{**RULES, **settings})


def test_from_a_text_to_a_score(tmp_path):
    """dump, load, evaluate and compare take what annotate gives."""
    document = api.annotate(TEXT, **RULES)
    cuibono.dump([document], tmp_path / "a.jsonl")
    again = cuibono.load(tmp_path / "a.jsonl")
    assert again == [document]
    report = api.evaluate(again, [document], resamples=10)
    assert report["units.exact.f1"].value == 1.0
    comparison = cuibono.compare({"a": again, "b": [document]})
    assert len(comparison.parties) == 2
