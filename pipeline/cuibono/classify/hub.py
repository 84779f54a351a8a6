"""The ``hub`` classifier: any transformers model for sequence classification or NLI, from the hub or a folder.

An NLI model is asked whether the unit entails "This is good for ACTOR" and "This is bad for ACTOR" (zero-shot
classification by entailment: Yin et al., EMNLP 2019, https://aclanthology.org/D19-1404). A classification model reads
the unit with the actor's name as the second text, as models of target-dependent sentiment do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc, Span

from cuibono import __version__
from cuibono.classify.base import Classifier
from cuibono.classify.encoder import rounded
from cuibono.document import LABELS, Annotator, Stakes
from cuibono.errors import ModelError
from cuibono.extract.actors import load_table
from cuibono.hashes import folder_hash

Floats = NDArray[np.float64]

GOOD, BAD = "This is good for {}.", "This is bad for {}."
#: What a label of a hub model means, where it says so itself.
_PLAIN = {
    "challenge": ("challenge", "negative", "neg", "bad", "harm", "threat"),
    "opportunity": ("opportunity", "positive", "pos", "good", "benefit"),
    "mixed": ("mixed", "both"),
    "none": ("none", "neutral", "neu", "other"),
}
_MEANING = {word: label for label, words in _PLAIN.items() for word in words}
_ENTAILMENT = ("entailment", "entail", "entails")


class Hub:
    """Labels units by a transformers model; roles are those of ``rules-v1``.

    Args:
        name: On the hub, or the path of a folder.
        label_map: The model's labels to ours, where they do not speak for themselves.

    Raises:
        ModelError: The extra ``hub`` is missing, the model cannot be had, or its labels do not map to ours.
    """

    def __init__(self, name: str, label_map: Mapping[str, str] | None = None) -> None:
        self._model, self._tokenizer = _load(name)
        self._labels = {int(i): str(label) for i, label in self._model.config.id2label.items()}
        lowered = {label.lower(): i for i, label in self._labels.items()}
        self._entailed = next((lowered[word] for word in _ENTAILMENT if word in lowered), None)
        self._columns = {} if self._entailed is not None else _columns(name, self._labels, label_map or {})
        self._names = load_table().names
        self._role_model = _roles()
        revision = getattr(self._model.config, "_commit_hash", None)
        extra: dict[str, Any] = {"cuibono": __version__}
        if Path(name).is_dir():
            extra["sha256"] = folder_hash(Path(name))
        self.annotator = Annotator(f"hub:{name}", "model", revision or "local", extra)

    def roles(self, units: Sequence[Span]) -> list[tuple[str, float]]:
        """Those of ``rules-v1``: a model of stakes says nothing of roles."""
        return self._role_model.roles(units)

    def stakes(self, doc: Doc, units: Sequence[Span], actors: Sequence[str]) -> list[dict[str, Stakes]]:
        """See :class:`cuibono.classify.base.Classifier`. A unit longer than the model's window is read in pieces,
        whose scores are averaged; ``extra["pieces"]`` counts them.
        """
        rows: list[dict[str, Stakes]] = [{} for _ in units]
        for actor in actors:
            name = self._names.get(actor) or _spelled(doc, actor)
            for row, unit in zip(rows, units, strict=True):
                pieces = self._pieces(unit.text, name)
                scores = np.mean([self._scores(piece, name) for piece in pieces], axis=0)
                extra = {"pieces": len(pieces)} if len(pieces) > 1 else {}
                row[actor] = Stakes(LABELS[int(scores.argmax())], rounded(scores), extra=extra)
        return rows

    def _scores(self, text: str, actor: str) -> Floats:
        """Probabilities of our four labels."""
        if self._entailed is None:
            (chances,) = self._run([(text, actor)])
            out = np.zeros(len(LABELS))
            for column, label in self._columns.items():
                out[LABELS.index(label)] += chances[column]
            return out
        asked = [(text, claim.format(actor)) for claim in (GOOD, BAD)]
        good, bad = (float(row[self._entailed]) for row in self._run(asked))
        by_label = {
            "challenge": bad * (1 - good),
            "opportunity": good * (1 - bad),
            "mixed": good * bad,
            "none": (1 - good) * (1 - bad),
        }
        return np.array([by_label[label] for label in LABELS])

    def _run(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        import torch

        first, second = zip(*pairs, strict=True)
        inputs = self._tokenizer(list(first), list(second), return_tensors="pt", padding=True)
        with torch.no_grad():
            logits = self._model(**inputs).logits
        return np.asarray(torch.softmax(logits.double(), dim=-1).numpy())

    def _pieces(self, text: str, actor: str) -> list[str]:
        """The text, cut between words into parts that fit the window with the longest question behind them."""
        limit = min(self._tokenizer.model_max_length, getattr(self._model.config, "max_position_embeddings", 512)) - 2
        asked = [GOOD.format(actor), BAD.format(actor), actor]
        room = limit - max(len(self._tokenizer(question)["input_ids"]) for question in asked)
        whole = " ".join(text.split())
        if len(self._tokenizer(whole)["input_ids"]) <= room:
            return [whole]
        out: list[str] = []
        for word in whole.split():
            longer = f"{out[-1]} {word}" if out else word
            if out and len(self._tokenizer(longer)["input_ids"]) <= room:
                out[-1] = longer
            else:
                out.append(word)
        return out


def _load(name: str) -> tuple[Any, Any]:
    try:
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
        from transformers.utils import logging
    except ImportError:
        raise ModelError(f'hub:{name} needs transformers and torch: pip install "cuibono[hub]"') from None
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        tokenizer = AutoTokenizer.from_pretrained(name)
        model = AutoModelForSequenceClassification.from_pretrained(name, use_safetensors=True)
    except ImportError:
        raise ModelError(f'hub:{name} needs torch: pip install "cuibono[hub]"') from None
    except Exception as error:  # the hub's client has many errors: no network, no such name, no access, no weights
        problem = str(error).strip().splitlines()[0]
        allowed = "a model with safetensors weights on the Hugging Face hub (needs the network), or its folder"
        raise ModelError(f"hub:{name}: {problem}; allowed: {allowed}") from None
    return model.eval(), tokenizer


def _columns(name: str, labels: Mapping[int, str], given: Mapping[str, str]) -> dict[int, str]:
    """For each of the model's outputs the label of ours."""
    has = ", ".join(labels.values())
    if wrong := sorted(set(given) - set(labels.values())):
        raise ModelError(f"hub:{name}: label map: found {', '.join(wrong)}; the model's labels are: {has}")
    if wrong := sorted(set(given.values()) - set(LABELS)):
        raise ModelError(f"hub:{name}: label map: found {', '.join(wrong)}; allowed: {', '.join(LABELS)}")
    found = {i: given.get(label) or _MEANING.get(label.lower()) for i, label in labels.items()}
    if unknown := [labels[i] for i, ours in found.items() if ours is None]:
        how = " ".join(f"--map-label {label}=LABEL" for label in unknown)
        raise ModelError(f"hub:{name}: its labels are {has}; say what they mean: {how} (LABEL: {', '.join(LABELS)})")
    return {i: ours for i, ours in found.items() if ours}


def _spelled(doc: Doc, actor: str) -> str:
    """The name of an actor that the table does not have, as the text has it."""
    return next((ent.text for ent in doc.ents if ent._.actor == actor), actor.partition(":")[2].replace("-", " "))


def _roles() -> Classifier:
    from cuibono.classify import load_classifier

    return load_classifier("rules-v1")
