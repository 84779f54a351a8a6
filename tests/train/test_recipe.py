"""Training end to end on a small corpus: repeatable, resumable, exported as it was trained."""

import json
import math
import random

import pytest

from cuibono.annotate import Annotator
from cuibono.classify import load_classifier
from cuibono.document import LABELS
from cuibono.errors import ModelError
from cuibono.evaluate import align
from cuibono.extract.actors import load_table
from cuibono.formats import load
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
    ],
)
def test_a_bad_recipe_is_named(tmp_path, content, problem):
    """The file, what was found, what is allowed."""
    path = tmp_path / "recipe.json"
    path.write_text(content)
    with pytest.raises(ModelError, match=r"recipe\.json") as error:
        load_recipe(path)
    assert problem in str(error.value)
