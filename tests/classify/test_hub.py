"""Models of transformers by name: labels mapped or refused, NLI asked twice, nothing cut in silence."""

import pytest

from cuibono.annotate import Annotator
from cuibono.classify import load_classifier
from cuibono.errors import ModelError
from cuibono.extract.actors import load_table
from cuibono.ingest import read

TEXT = "Peru lost the port to Chile. It rained in Lima for two days.\n"


@pytest.fixture(scope="module")
def model(tiny_encoder, tmp_path_factory):
    """The folder of a tiny classification model with these labels."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    def _model(*labels: str) -> str:
        folder = tmp_path_factory.mktemp("hub")
        config = BertConfig.from_pretrained(tiny_encoder, num_labels=len(labels), max_position_embeddings=64)
        config.id2label = dict(enumerate(labels))
        config.label2id = {label: i for i, label in enumerate(labels)}
        torch.manual_seed(1)
        BertForSequenceClassification(config).save_pretrained(folder)
        file = str(tiny_encoder / "tokenizer.json")
        BertTokenizerFast(tokenizer_file=file, model_max_length=64).save_pretrained(folder)
        return f"hub:{folder}"

    return _model


def _annotate(write, name, text=TEXT, **options):
    classifier = load_classifier(name, **options)
    return Annotator([load_table().resolve("Peru")], classifier).annotate(read(write(text)))


@pytest.mark.parametrize("labels", [("negative", "neutral", "positive"), ("entailment", "neutral", "contradiction")])
def test_plain_labels_and_nli_models_run(model, write, labels):
    """Scores of our four labels, in sum one."""
    document = _annotate(write, model(*labels))
    for unit in document.units:
        assert sum(unit.stakes["PER"].scores.values()) == pytest.approx(1)
    assert document.annotator.name.startswith("hub:")


def test_a_classification_model_gives_its_own_probabilities(model, write):
    """A label that it does not have gets nothing."""
    document = _annotate(write, model("negative", "neutral", "positive"))
    assert {u.stakes["PER"].scores["mixed"] for u in document.units} == {0.0}


def test_labels_that_say_nothing_must_be_mapped(model, write):
    """The error says which labels the model has, and how to map them."""
    name = model("LABEL_0", "LABEL_1")
    with pytest.raises(ModelError, match=r"its labels are LABEL_0, LABEL_1; .*--map-label LABEL_0=LABEL"):
        load_classifier(name)
    document = _annotate(write, name, label_map={"LABEL_0": "challenge", "LABEL_1": "none"})
    assert {u.stakes["PER"].scores["opportunity"] for u in document.units} == {0.0}


@pytest.mark.parametrize("given", [{"LABEL_7": "none"}, {"LABEL_0": "catastrophe"}])
def test_a_wrong_map_is_refused(model, given):
    """A label that the model does not have, or that we do not have."""
    with pytest.raises(ModelError, match="label map: found"):
        load_classifier(model("LABEL_0", "LABEL_1"), label_map=given)


def test_a_long_unit_is_read_in_pieces(model, write):
    """And says so."""
    text = "Peru lost " + "one port and then another port and " * 30 + "the last port.\n"
    document = _annotate(write, model("negative", "neutral", "positive"), text)
    assert document.units[0].stakes["PER"].extra["pieces"] > 1


def test_no_network_is_said(monkeypatch):
    """Sockets are blocked here, and the hub is asked in vain."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match=r"hub:nobody/nothing: .*allowed: a model with safetensors weights on the"):
        load_classifier("hub:nobody/nothing")


def test_a_missing_extra_is_said(monkeypatch):
    """How to install it."""
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    with pytest.raises(ModelError, match=r'pip install "cuibono\[hub\]"'):
        load_classifier("hub:nobody/nothing")
