"""Trained networks as a classifier: one reading for several actors, long units, damaged folders."""

import json
import re
import shutil
from dataclasses import replace

import pytest
import spacy

from cuibono.annotate import Annotator
from cuibono.classify import load_classifier
from cuibono.classify.encoder import Network
from cuibono.document import LABELS
from cuibono.errors import ModelError
from cuibono.extract.actors import load_table
from cuibono.formats import dumps
from cuibono.hashes import folder_hash
from cuibono.ingest import read
from cuibono.setup import Setup

TEXT = "A Port\n\nPeru lost the port to Chile. Chile gained a port, and Peru paid for it. It rained in Lima.\n"


@pytest.fixture(scope="module")
def annotate(trained):
    """Annotate a text by the tiny model for some actors."""

    def _annotate(path, *names, **options):
        classifier = load_classifier(str(trained), **options)
        return Annotator([load_table().resolve(name) for name in names], classifier).annotate(read(path))

    return _annotate


def test_units_have_roles_stakes_and_scores(annotate, write):
    """Every unit, every actor; scores sum to one."""
    document = annotate(write(TEXT), "Peru", "Chile")
    assert len(document.units) == 3
    for unit in document.units:
        assert 0.5 <= unit.role_score <= 1
        for stakes in unit.stakes.values():
            assert set(stakes.scores) == set(LABELS)
            assert sum(stakes.scores.values()) == pytest.approx(1)
    assert document.annotator.name == "tiny"
    assert len(document.annotator.extra["sha256"]) == 64


def test_the_actors_name_changes_nothing(annotate, write):
    """The actor is blinded: another name in its place gives the same scores."""
    one = annotate(write(TEXT), "Peru").units
    other = annotate(write(TEXT.replace("Peru", "Iran").replace("Lima", "Tehran")), "Iran").units
    assert [u.stakes["PER"].scores for u in one] == [u.stakes["IRN"].scores for u in other]


def test_an_actor_is_read_alike_alone_and_with_others(annotate, write):
    """What is said for one does not depend on who else is asked about; roles depend on nobody."""
    alone, together = annotate(write(TEXT), "Peru"), annotate(write(TEXT), "Chile", "Peru", "Boeing")
    for one, other in zip(alone.units, together.units, strict=True):
        assert one.stakes["PER"].scores == other.stakes["PER"].scores
        assert (one.role, one.role_score) == (other.role, other.role_score)


def test_the_same_text_gives_the_same_bytes(annotate, write):
    """A run can be repeated."""
    assert dumps(annotate(write(TEXT), "Peru")) == dumps(annotate(write(TEXT), "Peru"))


def test_a_unit_longer_than_the_window_is_read_in_pieces(annotate, write):
    """And the output says so."""
    sentence = "Peru lost " + "one port and then another port and " * 60 + "the last port."
    document = annotate(write(f"{sentence} It rained in Lima.\n"), "Peru")
    assert document.units[0].stakes["PER"].extra["pieces"] > 1
    assert "pieces" not in document.units[-1].stakes["PER"].extra
    assert any("u1 is longer than the model's window" in w for w in document.extra["warnings"])


def test_no_annotation_depends_on_its_company(trained, write):
    """Alone or among others, on one thread or four: the same bytes."""
    paths = [write(f"{TEXT} Text {i}." + " Chile sold the port." * i, f"{i}.txt") for i in range(4)]
    setup = Setup(("Peru", "Chile"), str(trained), threads=4)
    together = [dumps(d) for d in setup.annotator().annotate_many([read(path) for path in paths])]
    alone = replace(setup, threads=1).annotator()
    assert [dumps(alone.annotate(read(path))) for path in paths] == together


def test_what_names_no_actor_is_read_once(trained, write, monkeypatch):
    """Windows are alike for all actors that they do not name."""
    seen = []
    classifier = load_classifier(str(trained))
    whole = Network.run
    monkeypatch.setattr(Network, "run", lambda self, window: seen.append(window) or whole(self, window))
    path = write("A Port\n\nThe port was opened in May. It was paid for by a bank. The ships were late.\n")
    names = ("Peru", "Chile", "Iran", "Boeing")
    document = Annotator([load_table().resolve(n) for n in names], classifier).annotate(read(path))
    assert len(document.units) == 3
    assert len(seen) == 2  # one for the roles, one for all stakes
    assert len({json.dumps(u.stakes[a].scores) for u in document.units[:1] for a in document.actors}) == 1


def test_a_setup_is_described_without_loading(trained, monkeypatch):
    """By the same names and hashes as what is loaded."""
    annotator = Setup(("Peru",), str(trained), 0.4).annotator()
    by, meta = annotator.classifier.annotator, annotator.nlp.meta
    monkeypatch.setattr(Network, "open", None)
    monkeypatch.setattr(spacy, "load", None)
    found = Setup(("Peru",), str(trained), 0.4).describe()
    assert found["model"] == {"name": by.name, "version": by.version, **by.extra}
    assert found["model"]["abstain_below"] == 0.4
    assert found["spacy_model"]["name"] == f"{meta['lang']}_{meta['name']}"
    assert found["spacy_model"]["version"] == meta["version"]
    assert found["spacy_model"]["sha256"] == folder_hash(annotator.nlp.path)
    assert found["actors"] == {"PER": "Peru"}
    assert found["actor_table"] == {"sha256": annotator.table.digest}


def test_why_names_words_by_their_place(write):
    """The offsets lead to the words in the untouched text, inside the unit; of none nothing is said."""
    text = "A Port\n\nPeru’s[1] port  was lost to Chile.  Chile gained a port, and Peru paid.\n\n[1] A report.\n"
    # The model that comes along: the tiny one says none of everything.
    annotator = Annotator([load_table().resolve(name) for name in ("Peru", "Chile")], "encoder-v1")
    document = annotator.annotate(read(write(text)))
    seen = 0
    for unit in document.units:
        for stakes in unit.stakes.values():
            assert (stakes.why is None) == (stakes.label == "none")
            for reason in (stakes.why or "").split("; ") if stakes.why else ():
                share, word, at = re.fullmatch(r"(0\.\d\d) (.+)@(\d+)", reason).groups()
                assert text[int(at) :].startswith(word)
                assert unit.start <= int(at) < unit.end
                assert float(share) <= 1
                seen += 1
    assert seen


def test_abstaining_keeps_the_scores(annotate, write):
    """Below the limit the label is none, marked, and what was thought is still there."""
    plain, silent = annotate(write(TEXT), "Peru"), annotate(write(TEXT), "Peru", abstain_below=1.0)
    assert [u.stakes["PER"].scores for u in plain.units] == [u.stakes["PER"].scores for u in silent.units]
    assert {u.stakes["PER"].label for u in silent.units} == {"none"}
    assert all(u.stakes["PER"].extra["abstained"] for u in silent.units)
    assert silent.annotator.extra["abstain_below"] == 1.0
    assert json.loads(dumps(silent))["units"][0]["stakes"]["PER"]["abstained"] is True


def test_abstaining_takes_a_probability():
    """Anything else is a wrong usage."""
    with pytest.raises(ValueError, match=r"abstain_below: found 1.5; allowed: a probability, 0 to 1"):
        load_classifier("rules-v1", abstain_below=1.5)


@pytest.mark.parametrize("name", ["stakes.onnx", "roles.tokenizer.json", "config.json"])
def test_a_damaged_folder_is_refused(trained, tmp_path, name):
    """A changed or a missing file is named, with its hash."""
    folder = shutil.copytree(trained, tmp_path / "model")
    with (folder / name).open("ab") as file:
        file.write(b"}")
    with pytest.raises(ModelError, match=name.replace(".", r"\.")):
        load_classifier(str(folder))
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name.replace(".", r"\.")):
        load_classifier(str(folder))


def _rehashed(folder, change):
    config = json.loads((folder / "config.json").read_text())
    change(config)
    (folder / "config.json").write_text(json.dumps(config))
    return str(folder)


def test_a_model_of_another_version_is_refused(trained, tmp_path):
    """The format says for which version of cuibono a folder is."""
    folder = shutil.copytree(trained, tmp_path / "model")
    with pytest.raises(ModelError, match="format: found 99; allowed: 1"):
        load_classifier(_rehashed(folder, lambda config: config.update(format=99)))


def test_a_section_that_lacks_something_is_named(trained, tmp_path):
    """Not a KeyError."""
    folder = shutil.copytree(trained, tmp_path / "model")
    with pytest.raises(ModelError, match=r"config.json: stakes: found KeyError\('limits'\)"):
        load_classifier(_rehashed(folder, lambda config: config["stakes"].pop("limits")))
