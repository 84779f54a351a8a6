"""Training end to end on a small corpus: repeatable, resumable, exported as it was trained."""

import json
import math
import random
from pathlib import Path

import numpy as np
import pytest

from cuibono.annotate import Annotator
from cuibono.classify import load_classifier
from cuibono.classify.encoder import Network
from cuibono.classify.folder import ModelFolder
from cuibono.classify.windows import Tokens
from cuibono.document import LABELS, sha256
from cuibono.errors import ModelError
from cuibono.evaluate import align
from cuibono.extract.actors import load_table
from cuibono.formats import load
from cuibono.train.adapter import adapt, blend, heads_of, load_weights, write_adapted
from cuibono.train.config import Config
from cuibono.train.data import fraction, read_texts
from cuibono.train.encoder import Trainer, class_weights
from cuibono.train.export import differences, export
from cuibono.train.recipe import load_recipe, train


@pytest.fixture(scope="module")
def texts(small_corpus):
    """The train part, parsed."""
    return read_texts(small_corpus, "train", None)


def _trainer(tiny_encoder, tmp_path, **more) -> Trainer:
    return Trainer(Config(base=str(tiny_encoder), epochs=2, rate=1e-3, bf16=False, **more), tmp_path)


def test_training_lowers_the_loss_and_repeats(tiny_encoder, texts, tmp_path):
    """Same seed, same lines; the second pass is better than the first."""
    said: list[list[str]] = [[], []]
    for lines in said:
        _trainer(tiny_encoder, tmp_path).fit(texts, lines.append)
    assert said[0] == said[1]
    first, second = (float(line.split("loss ")[1]) for line in said[0] if line.startswith("pass"))
    assert second < first


def test_an_interrupted_training_goes_on(tiny_encoder, texts, tmp_path):
    """Stopped after its first pass and taken up again, it ends with the weights of one that was not stopped."""
    whole = _trainer(tiny_encoder, tmp_path)
    whole.fit(texts, lambda _: None)

    class StoppedError(Exception):
        """The power is out."""

    state = tmp_path / "state"
    stopped = _trainer(tiny_encoder, tmp_path)
    kept = stopped._keep

    def keep_once(path, parts, done):
        kept(path, parts, done)
        raise StoppedError

    stopped._keep = keep_once
    with pytest.raises(StoppedError):
        stopped.fit(texts, lambda _: None, state=state)
    resumed = _trainer(tiny_encoder, tmp_path)
    resumed.fit(texts, lambda _: None, state=state)
    expected = whole.network.state_dict()
    assert all(value.equal(expected[name]) for name, value in resumed.network.state_dict().items())


def test_the_exported_network_says_the_same(tiny_encoder, tmp_path):
    """For windows of any length and number; eight-bit weights differ a little."""
    network = _trainer(tiny_encoder, tmp_path).network
    draw = random.Random(0)
    rows = [([draw.randrange(10, 900) for _ in range(n)], [(3, 9), (9, n - 3)]) for n in (90, 40, 21)]
    export(network, tmp_path / "plain.onnx", quantized=False)
    export(network, tmp_path / "small.onnx")
    assert differences(network, tmp_path / "plain.onnx", rows) < 1e-5
    assert 0 < differences(network, tmp_path / "small.onnx", rows) < 0.2


def test_class_weights_are_bounded():
    """Inverse frequency to a power, mean 1 over the targets; what is very rare does not lead."""
    weights = class_weights([0] * 90 + [1] * 9 + [2], 4, 0.5)
    assert weights[1] > weights[0]
    assert math.isclose(float(weights[2]), float(weights[3]))
    assert class_weights([0, 0, 1], 2, 0.0).tolist() == [1.0, 1.0]


def test_a_share_is_part_of_a_larger_share(texts):
    """A learning curve adds texts; it does not swap them."""
    third, all_of_them = fraction(texts, 0.3), fraction(texts, 1.0)
    assert {t.doc_id for t in third} < {t.doc_id for t in all_of_them}
    assert len(all_of_them) == len(texts)


@pytest.mark.parametrize("name", ["majority", "tfidf", "vectors"])
def test_baselines_by_the_same_command(name, tiny_encoder, small_corpus, tmp_path):
    """Each can be trained, loaded and scored on given units like any model."""
    recipe = {"name": name, "version": "1", "kind": "linear", "estimator": name, "base": str(tiny_encoder)}
    folder = train(recipe, small_corpus, None, tmp_path / name, lambda _: None)
    (gold,) = load(small_corpus / "test")
    actors = [load_table().resolve(actor) for actor in gold.actors]
    found = Annotator(actors, load_classifier(str(folder))).annotate(gold)
    assert len(align(found, gold).exact) == len(gold.units)
    labels = {s.label for u in found.units for s in u.stakes.values()}
    assert labels <= set(LABELS)
    assert (labels == {"none"}) == (name == "majority")


def test_the_folder_says_how_it_was_trained(trained):
    """The recipe, and what it was trained on, with a hash."""
    config = json.loads((trained / "config.json").read_text())
    assert config["training"]["stakes"]["epochs"] == 1
    assert config["corpus"]["train"]["documents"] == 3
    assert config["stakes"]["calibration"]["temperature"] > 0


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "JSONDecodeError"),
        ('{"name": "x", "kind": "forest"}', "found kind 'forest'"),
        ('{"name": "x", "kind": "linear", "estimator": "svm"}', "linear with an estimator of majority, tfidf, vectors"),
        ('{"name": "x", "kind": "encoder", "stakes": {"epoch": 3}, "roles": {}}', "found epoch; allowed: task, base"),
        ('{"name": "x", "kind": "encoder", "stakes": {}}', "KeyError"),
        (
            '{"name": "x", "kind": "encoder", "stakes": {"lora": 4}, "roles": {}}',
            "found a rank; allowed: in a recipe of",
        ),
        (
            '{"name": "x", "kind": "encoder", "stakes": {}, "roles": {"drills": "x"}}',
            "drills: found with the task roles",
        ),
        ('{"name": "x", "kind": "adapter", "start": "nobody", "stakes": {"lora": 4}}', "start: model: found 'nobody'"),
        ('{"name": "x", "kind": "adapter", "start": "rules-v1", "stakes": {"lora": 4}}', "allowed: encoder"),
        ('{"name": "x", "kind": "adapter", "start": "encoder-small", "stakes": {}}', "lora: found 0; allowed: a rank"),
        (
            '{"name": "x", "kind": "adapter", "start": "encoder-small", "stakes": {"lora": 4, "base": "other"}}',
            "base: found 'other'; allowed: 'all-MiniLM-L6-v2'",
        ),
    ],
)
def test_a_bad_recipe_is_named(tmp_path, content, problem):
    """The file, what was found, what is allowed."""
    path = tmp_path / "recipe.json"
    path.write_text(content)
    with pytest.raises(ModelError, match=r"recipe\.json") as error:
        load_recipe(path)
    assert problem in str(error.value)


@pytest.fixture(scope="module")
def adapted(trained, small_corpus, tmp_path_factory):
    """The folder of a trained encoder that has learnt on, in an adapter, with drills and further texts."""
    folder = tmp_path_factory.mktemp("adapted")
    labels = {"A": ["challenge"], "B": ["opportunity"]}
    drills = folder / "drills.jsonl"
    drills.write_text(json.dumps({"sentences": ["{A} loses to {B}."], "labels": labels}), encoding="utf-8")
    plain = json.loads((trained / "config.json").read_text())["training"]["stakes"]
    stakes = {**plain, "lora": 2, "epochs": 2, "share": 0.3, "drills": str(drills)}
    more = {"further": str(small_corpus), "start": str(trained)}
    recipe = folder / "recipe.json"
    recipe.write_text(json.dumps({"name": "adapted", "kind": "adapter", **more, "stakes": stakes}))
    return recipe, folder / "model"


def _logits(folder, text):
    """What the stakes network of a folder says, uncalibrated."""
    network = Network.open(ModelFolder.open(folder), "stakes")
    plain = Tokens.of(network.tokenizer, text.text, text.breaks, network.special.end)
    asked = [plain.masked(text.mentions[actor], network.special.actor) for actor in text.labels]
    return np.concatenate([read.logits for read in network.read(asked, text.units)])


def test_an_adapter_goes_on_where_an_encoder_stopped(adapted, trained, small_corpus, texts, tmp_path):
    """What it says of stakes changes, all the more with drills; its roles are those of the start, byte for byte."""
    recipe, out = adapted
    train(load_recipe(recipe), small_corpus, None, out, lambda _: None)
    before, after = (json.loads((p / "config.json").read_text()) for p in (trained, out))
    assert after["kind"] == "encoder"
    assert (after["trained_before"], after["corpus_before"]) == (before["training"], before["corpus"])
    assert after["files"]["roles.onnx"] == before["files"]["roles.onnx"]
    assert after["files"]["stakes.plain.onnx"] == before["files"]["stakes.onnx"] != after["files"]["stakes.onnx"]
    assert (after["corpus"]["train"]["documents"], after["corpus"]["further"]["documents"]) == (1, 3)
    assert after["corpus"]["drills"]["sha256"] == sha256(Path(after["training"]["stakes"]["drills"]).read_bytes())
    said = [_logits(folder, texts[0]) for folder in (trained, out)]
    assert np.abs(said[0] - said[1]).max() > 1e-2

    # The same from the adapted model, but without drills: from the start again, and not the same.
    raw = json.loads(recipe.read_text())
    raw["start"] = str(out)
    again = train(raw, small_corpus, None, tmp_path / "again", lambda _: None)
    assert np.allclose(_logits(again, texts[0]), said[1], atol=1e-5)
    assert json.loads((again / "config.json").read_text())["trained_before"] == before["training"]
    del raw["stakes"]["drills"]
    without = train(raw, small_corpus, None, tmp_path / "without", lambda _: None)
    assert np.abs(_logits(without, texts[0]) - said[1]).max() > 1e-3


def test_an_adapter_is_not_written_over_its_start(adapted, trained, small_corpus):
    """A kill in between would leave a model that cannot be opened."""
    with pytest.raises(ModelError, match="is where the adapter starts from; allowed: another folder"):
        train(load_recipe(adapted[0]), small_corpus, None, trained, lambda _: None)
    ModelFolder.open(trained)


def test_an_adapted_network_is_written_as_it_was_trained(tiny_encoder, texts, tmp_path, monkeypatch):
    """The ONNX file with the adapter in it says what the network with it says; before training, nothing new. Large
    weights lie in files of their own, which stay as they are.
    """
    start = _trainer(tiny_encoder, tmp_path)
    start.fit(texts[:1], lambda _: None)
    monkeypatch.setattr("cuibono.train.export._LARGEST", 30_000)
    _, *large = export(start.network, tmp_path / "start.onnx")
    before = [(tmp_path / name).read_bytes() for name in large]
    assert len(before) > 1
    rows = [(list(range(10, 50)), [(3, 9), (9, 37)]), (list(range(100, 130)), [(3, 20)])]
    learner = _trainer(tiny_encoder, tmp_path, lora=4)
    load_weights(learner.network, tmp_path / "start.onnx")
    assert differences(learner.network, tmp_path / "start.onnx", rows) < 1e-5
    heads = heads_of(learner.network)
    adapt(learner.network, 4, 0)
    assert differences(learner.network, tmp_path / "start.onnx", rows) < 1e-5
    learner.fit(texts[:1], lambda _: None)
    write_adapted(learner.network, tmp_path / "start.onnx", tmp_path / "adapted.onnx")
    assert differences(learner.network, tmp_path / "adapted.onnx", rows) < 1e-5
    assert differences(learner.network, tmp_path / "start.onnx", rows) > 1e-3
    blend(learner.network, heads, 0.5)
    write_adapted(learner.network, tmp_path / "start.onnx", tmp_path / "half.onnx")
    assert differences(learner.network, tmp_path / "half.onnx", rows) < 1e-5
    assert differences(learner.network, tmp_path / "adapted.onnx", rows) > 1e-3
    blend(learner.network, heads, 0.0)
    assert differences(learner.network, tmp_path / "start.onnx", rows) < 1e-5
    assert [(tmp_path / name).read_bytes() for name in large] == before


def test_weights_of_another_network_are_refused(tiny_encoder, tmp_path):
    """Rather than left out in silence."""
    export(_trainer(tiny_encoder, tmp_path).network, tmp_path / "start.onnx")
    other = Trainer(Config(base=str(tiny_encoder), task="roles"), tmp_path)
    with pytest.raises(ValueError, match=r"found no weights for classify\.bias, .*; allowed: a file of"):
        load_weights(other.network, tmp_path / "start.onnx")
