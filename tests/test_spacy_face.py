"""The spaCy face: component ``cuibono`` in an ordinary pipeline."""

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

import cuibono.spacy  # registers the component
from cuibono import api
from cuibono.errors import ModelError
from cuibono.extract.pipeline import SPACY_MODEL
from tests.conftest import FIRST_DOCUMENT

ACTORS = ["Russia", "Ankara"]
CONFIG = {"actors": ACTORS, "model": "rules-v1"}
TEXTS = [
    "Iran’s new factory threatens Russia. Turkey gains from it.",
    "",
    "By Jane Doe",
    "A deal for Ankara\n\nThe deal gives Turkey a way\naround the blockade.\n\nRussia does not mind it.",
    "The sanctions weaken Moscow.",
]


@pytest.fixture(scope="module")
def pipeline():
    """The small English model with the component behind it."""
    nlp = spacy.load(SPACY_MODEL)
    nlp.add_pipe("cuibono", config=CONFIG)
    return nlp


def said(doc: Doc) -> list[tuple]:
    """All that the units of a doc say."""
    return [(u.text, u.label_, u.id_, u._.role, u._.role_score, u._.stakes) for u in doc.spans["units"]]


def test_units_are_those_of_a_run(pipeline):
    """The first document, with its endnotes and pull quotes, gives what ``cuibono run`` would write."""
    text = FIRST_DOCUMENT.read_bytes().decode()
    assert pipeline(text)._.cuibono == api.annotate(text, ACTORS, model="rules-v1")


def test_spans_say_what_the_document_says(pipeline):
    """Label, id and extensions are those of the unit; a span covers it, to the next end of a token."""
    doc = pipeline(TEXTS[3])
    document = doc._.cuibono
    units = list(doc.spans["units"])
    assert [u.text for u in units] == ["The deal gives Turkey a way\naround the blockade", "Russia does not mind it"]
    for span, unit, row in zip(units, document.units, document.to_dict()["units"], strict=True):
        assert (span.id_, span.label_) == (unit.id, unit.role)
        assert (span._.role, span._.role_score) == (unit.role, unit.role_score)
        assert span._.stakes == row["stakes"]
        assert span.start_char <= unit.start < unit.end <= span.end_char
        assert set(span._.stakes) == {"RUS", "TUR"}
    assert units[0]._.stakes["TUR"]["label"] == "opportunity"


def test_other_spans_say_nothing(pipeline):
    """None, not a guess."""
    doc = pipeline(TEXTS[4])
    assert (doc[:1]._.role, doc[:1]._.stakes) == (None, None)
    assert pipeline.make_doc("Not yet read.")._.cuibono is None


def test_the_rest_of_the_doc_stays(pipeline):
    """Entities, sentences and other span groups are those of the pipeline without the component."""
    with pipeline.select_pipes(disable="cuibono"):
        plain = pipeline(TEXTS[3])
    doc = pipeline(TEXTS[3])
    layers = ["TAG", "DEP", "HEAD", "ENT_TYPE", "SENT_START"]
    assert doc.to_array(layers).tolist() == plain.to_array(layers).tolist()
    assert list(doc.spans) == ["units"]


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_a_stream_is_as_one_by_one(pipeline, batch_size):
    """In order, whatever the batch; a text with nothing to analyse has no units and stops nobody."""
    docs = list(pipeline.pipe(TEXTS, batch_size=batch_size))
    assert [doc.text for doc in docs] == TEXTS
    assert [said(doc) for doc in docs] == [said(pipeline(text)) for text in TEXTS]
    assert [len(doc.spans["units"]) for doc in docs] == [2, 0, 0, 2, 1]
    assert all(doc._.cuibono.text == doc.text for doc in docs)


def test_what_fails_fails_alone(pipeline, monkeypatch):
    """The pipeline's error handler is given that doc, and the others of its batch are done."""
    component, failed = pipeline.get_pipe("cuibono"), []
    documents = component._documents

    def fail_at_one(docs):
        if any("sanctions" in doc.text for doc in docs):
            raise RuntimeError("boom")
        return documents(docs)

    monkeypatch.setattr(component, "_documents", fail_at_one)
    with pytest.raises(RuntimeError, match="boom"):
        list(pipeline.pipe(TEXTS))
    component.set_error_handler(lambda name, _, docs, error: failed.append((name, docs[0].text, str(error))))
    try:
        assert [doc.text for doc in pipeline.pipe(TEXTS)] == TEXTS[:4]
    finally:
        component.set_error_handler(spacy.util.raise_error)
    assert failed == [("cuibono", TEXTS[4], "boom")]


def test_a_docbin_keeps_what_was_said(pipeline):
    """With its user data, and read with a vocabulary that knows none of the words."""
    docs = list(pipeline.pipe(TEXTS))
    stored = DocBin(docs=docs, store_user_data=True).to_bytes()
    again = list(DocBin().from_bytes(stored).get_docs(Vocab()))
    assert [said(doc) for doc in again] == [said(doc) for doc in docs]
    assert [doc._.cuibono for doc in again] == [doc._.cuibono for doc in docs]


def test_bytes_and_joined_docs_keep_it_too(pipeline):
    """The extensions are stored as spaCy stores its own, so what spaCy does to docs holds for them."""
    docs = [pipeline(TEXTS[0]), pipeline(TEXTS[4])]
    assert said(Doc(pipeline.vocab).from_bytes(docs[0].to_bytes())) == said(docs[0])
    with pytest.warns(UserWarning, match="cuibono_json"):  # what is said of a whole text is not of the joined one
        joined = Doc.from_docs(docs)
    assert [row[3:] for row in said(joined)] == [row[3:] for doc in docs for row in said(doc)]


def test_a_saved_pipeline_keeps_its_settings_and_no_weights(pipeline, tmp_path):
    """The model is found by its name when the pipeline is loaded."""
    pipeline.to_disk(tmp_path)
    assert not (tmp_path / "cuibono").exists()
    again = spacy.load(tmp_path)
    assert again.config["components"]["cuibono"]["actors"] == ACTORS
    assert said(again(TEXTS[0])) == said(pipeline(TEXTS[0]))


def test_the_contract_holds(pipeline):
    """The check of spaCy itself finds that all that is required is there, and is told what is set."""
    found = pipeline.analyze_pipes()
    assert not found["problems"]["cuibono"]
    assert set(found["summary"]["cuibono"]["requires"]) == set(cuibono.spacy.REQUIRES)
    assert "span._.stakes" in found["summary"]["cuibono"]["assigns"]


def test_what_stands_before_is_used_whenever_it_was_added():
    """A rule for entities that comes later is followed, by the exact place of the component."""
    nlp = spacy.load(SPACY_MODEL)
    nlp.add_pipe("cuibono", config=CONFIG)
    text = "The floatplanes of Quuxland reached the coast."
    assert "GPE" not in {e.label for e in nlp(text)._.cuibono.entities}
    ruler = nlp.add_pipe("entity_ruler", before="ner")
    ruler.add_patterns([{"label": "GPE", "pattern": "Quuxland"}])
    assert "GPE" in {e.label for e in nlp(text)._.cuibono.entities}


def test_a_pipeline_of_ours_takes_it_too():
    """The components of extract, if they are there already, do no harm."""
    from cuibono.extract.pipeline import load_spacy

    nlp = load_spacy.__wrapped__()
    nlp.add_pipe("cuibono", config=CONFIG)
    assert nlp(TEXTS[0])._.cuibono == api.annotate(TEXTS[0], ACTORS, model="rules-v1")


def test_the_order_of_the_pipeline_is_checked():
    """What is missing before the component is named, and what stands there."""
    nlp = spacy.load(SPACY_MODEL)
    nlp.add_pipe("cuibono", before="ner", config=CONFIG)
    with pytest.raises(ModelError, match=r"cuibono: found nothing before it that sets doc\.ents, .*'parser'"):
        nlp(TEXTS[0])
    bare = spacy.blank("en")
    bare.add_pipe("cuibono", config=CONFIG)
    with pytest.raises(ModelError, match=r"token\.tag, token\.dep, doc\.sents, doc\.ents"):
        bare(TEXTS[0])


@pytest.mark.parametrize(
    ("language", "config", "error", "allowed"),
    [
        ("de", {}, ModelError, "English"),
        ("en", {"model": "no-such"}, ModelError, "rules-v1"),
        ("en", {"actors": []}, ValueError, "at least one"),
        ("en", {"actors": ["Helsinki Final Act"]}, ValueError, "allowed: an actor"),
        ("en", {"abstain_below": 7.0}, ValueError, "0 to 1"),
    ],
)
def test_bad_settings_are_refused_when_the_component_is_made(language, config, error, allowed):
    """In one line that says what is allowed."""
    with pytest.raises(error, match=allowed):
        spacy.blank(language).add_pipe("cuibono", config={**CONFIG, **config})


def test_a_name_that_the_table_lacks_is_a_plain_name():
    """As on the command line."""
    nlp = spacy.load(SPACY_MODEL)
    nlp.add_pipe("cuibono", config={**CONFIG, "actors": ["Acme Group"]})
    doc = nlp("The sanctions hurt Acme Group.")
    (unit,) = doc.spans["units"]
    assert set(unit._.stakes) == {"org:acme-group"}


def test_the_defaults_are_those_of_the_library():
    """The same model, for the same actor, as :func:`cuibono.api.annotate` has."""
    defaults = Language.get_factory_meta("cuibono").default_config
    assert defaults == {"actors": ["Russia"], "model": cuibono.DEFAULT_MODEL, "abstain_below": 0.0}
