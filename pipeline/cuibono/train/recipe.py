"""A recipe in, a model folder out: what ``cuibono train`` does.

A recipe is a JSON object: ``name``, ``version``, ``kind`` (``encoder``, ``adapter`` or ``linear``); for an encoder
``stakes`` and ``roles``, each a :class:`Config`; for an adapter ``start``, an encoder's folder or name, and ``stakes``
with the rank ``lora``; for a linear model ``estimator`` and, if it needs one, ``base``. ``further`` is a second corpus
folder, whose train part is learnt from as well, whole.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from cuibono.classify import find_folder
from cuibono.classify.calibration import Calibration
from cuibono.classify.encoder import Network
from cuibono.classify.folder import FORMAT, ModelFolder
from cuibono.classify.windows import Tokens
from cuibono.document import LABELS, ROLES, sha256
from cuibono.errors import ModelError
from cuibono.train import linear
from cuibono.train.adapter import adapt, blend, heads_of, load_weights, write_adapted
from cuibono.train.config import TASKS, Config
from cuibono.train.data import Text, fraction, joined, read_texts
from cuibono.train.encoder import Trainer
from cuibono.train.export import export

Say = Callable[[str], None]


def load_recipe(path: Path) -> dict[str, Any]:
    """Read a recipe.

    Raises:
        ModelError: Not JSON, or a field is missing or has a value that is not allowed.
    """
    try:
        recipe = json.loads(path.read_text(encoding="utf-8"))
        name, kind = str(recipe["name"]), recipe["kind"]
        if kind == "encoder":
            for task in TASKS:
                if Config.from_dict({**recipe[task], "task": task}).lora:
                    raise ValueError(f"{task}: lora: found a rank; allowed: in a recipe of the kind adapter")
        elif kind == "adapter":
            try:
                _start(recipe)
            except ModelError as error:
                raise ModelError(f"{path}: start: {error}") from None
        elif kind != "linear" or recipe["estimator"] not in linear.ESTIMATORS:
            allowed = f"kind encoder, adapter, or linear with an estimator of {', '.join(linear.ESTIMATORS)}"
            raise ModelError(f"{path}: {name}: found kind {kind!r}, {recipe.get('estimator')!r}; allowed: {allowed}")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: found {error!r}; allowed: a recipe, see docs/models.md") from None
    return dict(recipe)


def _start(recipe: dict[str, Any]) -> tuple[ModelFolder, Config]:
    """The encoder that an adapter is for, and the adapter's settings; base and limits are the encoder's.

    Raises:
        ValueError: No rank, settings that are not the encoder's, or no encoder.
        ModelError: No such model.
    """
    start = ModelFolder.open(find_folder(recipe["start"]))
    if start.config.get("kind") != "encoder":
        raise ValueError(f"start: found {recipe['start']!r} of the kind {start.config.get('kind')!r}; allowed: encoder")
    learnt = start.config.get("trained_before", start.config["training"])["stakes"]
    own = {"base": learnt["base"], "limits": start.config["stakes"]["limits"]}
    if wrong := [name for name in own if recipe["stakes"].get(name, own[name]) != own[name]]:
        raise ValueError(f"stakes: {wrong[0]}: found {recipe['stakes'][wrong[0]]!r}; allowed: {own[wrong[0]]!r}")
    settings = Config.from_dict({**recipe["stakes"], **own, "task": "stakes"})
    if settings.lora < 1:
        raise ValueError(f"stakes: lora: found {settings.lora}; allowed: a rank, 1 or more")
    return start, settings


def train(recipe: dict[str, Any], corpus: Path, texts: Path | None, out: Path, say: Say) -> Path:
    """Train what a recipe says on the train part of a corpus, calibrate it on the dev part, write the folder ``out``.

    The state of a training in progress is kept in ``out/.work`` until it is done; the same command goes on from there.
    """
    work = out / ".work"
    work.mkdir(parents=True, exist_ok=True)
    parts = {split: read_texts(corpus, split, texts) for split in ("train", "dev")}
    share = float(recipe.get("share", 1.0))
    parts["train"] = fraction(parts["train"], share) if share < 1 else parts["train"]
    parts["further"] = read_texts(Path(recipe["further"]), "train", texts) if "further" in recipe else []
    config: dict[str, Any] = {"format": FORMAT, "kind": recipe["kind"], "name": recipe["name"]}
    config |= {"version": str(recipe.get("version", "1.0")), "training": recipe}
    build = {"encoder": _encoder, "adapter": _adapter, "linear": _linear}[recipe["kind"]]
    sections, files = build(recipe, parts, out, work, say)
    config |= {"corpus": _fingerprint(recipe, parts), **sections}
    config["files"] = {name: sha256((out / name).read_bytes()) for name in sorted(files)}
    (out / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    ModelFolder.open(out)
    shutil.rmtree(work)
    return out


def _encoder(
    recipe: dict[str, Any], parts: dict[str, list[Text]], out: Path, work: Path, say: Say
) -> tuple[dict[str, Any], list[str]]:
    sections: dict[str, Any] = {}
    files: list[str] = []
    for task in TASKS:
        settings = Config.from_dict({**recipe[task], "task": task})
        trainer = Trainer(settings, work)
        say(f"{task}: {settings.base}")
        check = partial(_progress, trainer, parts["dev"])
        trainer.fit(joined([*parts["train"], *parts["further"]]), say, check, work / f"{task}.state")
        quantized = bool(recipe.get("quantized", True))
        sections[task], written = write_network(trainer, trainer.network, out, task, quantized=quantized)
        files += written
        sections[task]["calibration"] = asdict(_calibrated(sections[task], out, parts["dev"], task))
    return sections, files


def _adapter(
    recipe: dict[str, Any], parts: dict[str, list[Text]], out: Path, work: Path, say: Say
) -> tuple[dict[str, Any], list[str]]:
    """The stakes of a trained encoder learn on in an adapter; all else is its own, large weights byte for byte.

    A model that has an adapter already is taken as it was before it.
    """
    start, settings = _start(recipe)
    if start.path.resolve() == out.resolve():
        raise ModelError(f"{out}: is where the adapter starts from; allowed: another folder to write to")
    for name in start.config["files"]:
        shutil.copyfile(start.file(name), out / name)
    plain = out / PLAIN
    if PLAIN not in start.config["files"]:
        shutil.copyfile(start.file("stakes.onnx"), plain)
    trainer = Trainer(settings, work)
    load_weights(trainer.network, plain)
    before = heads_of(trainer.network)
    adapt(trainer.network, settings.lora, settings.seed)
    check = partial(_progress, trainer, parts["dev"])
    trainer.fit(parts["train"], say, check, work / "stakes.state", parts["further"])
    blend(trainer.network, before, settings.blend)
    write_adapted(trainer.network, plain, out / "stakes.onnx")
    sections = {task: dict(start.config[task]) for task in TASKS}
    sections["stakes"]["calibration"] = asdict(_calibrated(sections["stakes"], out, parts["dev"], "stakes"))
    history: dict[str, Any] = {"trained_before": start.config.get("trained_before", start.config["training"])}
    history |= {"corpus_before": start.config.get("corpus_before", start.config["corpus"]), "start": start.digest}
    return {"kind": "encoder", **history, **sections}, sorted({*start.config["files"], plain.name})


#: The network of an adapted model as it was before.
PLAIN = "stakes.plain.onnx"


def write_network(
    trainer: Trainer, network: nn.Module, out: Path, name: str, *, quantized: bool
) -> tuple[dict[str, Any], list[str]]:
    """A network and the trainer's tokenizer as files; returns their section of ``config.json`` and their names."""
    written = export(network, out / f"{name}.onnx", quantized=quantized)
    tokenizer = f"{name}.tokenizer.json"
    trainer.tokenizer.save(str(out / tokenizer), pretty=False)
    section = {
        "network": f"{name}.onnx",
        "tokenizer": tokenizer,
        "special": trainer.special_names,
        "limits": asdict(trainer.config.limits),
        "calibration": {"temperature": 1.0, "bias": [0.0] * trainer.classes},
    }
    return section, [*written, tokenizer]


def _linear(
    recipe: dict[str, Any], parts: dict[str, list[Text]], out: Path, work: Path, say: Say
) -> tuple[dict[str, Any], list[str]]:
    learnt = joined([*parts["train"], *parts["further"]])
    if recipe["estimator"] != "vectors":
        return {}, linear.fit(recipe["estimator"], learnt, out, say)
    trainer = Trainer(Config(base=recipe["base"]), work)
    section, files = write_network(trainer, linear.Vectors(trainer.network), out, "vectors", quantized=False)
    network = Network.open(_unhashed(out, {"network": section}), "network")
    return {"network": section}, [*files, *linear.fit("vectors", learnt, out, say, network)]


def _calibrated(section: dict[str, Any], out: Path, texts: Sequence[Text], task: str) -> Calibration:
    """Fitted on what the written network, as it will be run, says of the dev part."""
    network = Network.open(_unhashed(out, {task: section}), task)
    logits, targets = [], []
    for text in texts:
        plain = Tokens.of(network.tokenizer, text.text, text.breaks, network.special.end)
        if task == "roles":
            asked, wanted = [plain], [text.roles]
        else:
            asked = [plain.masked(text.mentions[actor], network.special.actor) for actor in text.labels]
            wanted = list(text.labels.values())
        logits += [read.logits for read in network.read(asked, text.units)]
        targets += [label for labels in wanted for label in labels]
    return Calibration.fit(np.concatenate(logits), targets)


def _progress(trainer: Trainer, texts: Sequence[Text]) -> str:
    """Macro-F1 on the dev part: over challenge, opportunity and none, or over the roles."""
    from sklearn.metrics import f1_score

    known = {t.doc_id: t for t in texts}
    stakes = trainer.config.task == "stakes"
    found = trainer.logits(texts)
    gold = [known[d].labels[actor][i] if stakes else known[d].roles[i] for d, actor, i in found]
    said = [int(logits.argmax()) for logits in found.values()]
    over = [LABELS.index(x) for x in ("challenge", "opportunity", "none")] if stakes else list(range(len(ROLES)))
    return f"dev macro-F1 {f1_score(gold, said, labels=over, average='macro'):.4f}"


def _unhashed(path: Path, config: dict[str, Any]) -> ModelFolder:
    """A folder that is being written: its config.json, with all hashes, comes last."""
    return ModelFolder(path, path.name, "", config, "")


def _fingerprint(recipe: dict[str, Any], parts: dict[str, list[Text]]) -> dict[str, Any]:
    """What was trained on, in short: documents, units, and a hash over their names, spans and labels; of drills the
    file's hash.
    """
    out = {}
    share = float(recipe["stakes"].get("share", 1.0)) if recipe["kind"] == "adapter" else 1.0
    for split, found in parts.items():
        texts = fraction(found, share) if split == "train" and share < 1 else found
        if texts:
            said = json.dumps([[t.doc_id, t.units, t.roles, dict(t.labels)] for t in texts])
            out[split] = {"documents": len(texts), "units": sum(len(t.units) for t in texts), "sha256": sha256(said)}
    if drills := recipe.get("stakes", {}).get("drills"):
        out["drills"] = {"sha256": sha256(Path(drills).read_bytes())}
    return out
