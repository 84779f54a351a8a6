"""Train the baselines: the majority class, TF-IDF or a frozen encoder's vectors with logistic regression."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from cuibono.classify.encoder import Network
from cuibono.classify.linear import masked
from cuibono.classify.windows import Tokens
from cuibono.train.data import Text
from cuibono.train.network import UnitClassifier

ESTIMATORS = ("majority", "tfidf", "vectors")


class Vectors(nn.Module):
    """The mean vector of each unit's tokens, and that of the whole window, from an encoder that is not trained."""

    def __init__(self, network: UnitClassifier) -> None:
        super().__init__()
        self.encoder = network.encoder

    def forward(self, ids: Tensor, mask: Tensor, units: Tensor) -> Tensor:
        """Vectors, shape (windows, units, 2 * width); arguments as :meth:`UnitClassifier.forward`."""
        hidden = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        mean = (units / units.sum(-1, keepdim=True).clamp(min=1.0)) @ hidden
        kept = mask.unsqueeze(1).float()
        whole = (kept / kept.sum(-1, keepdim=True)) @ hidden
        return torch.cat([mean, whole.expand(-1, units.shape[1], -1)], dim=-1)


def estimator(name: str, seed: int = 0) -> Any:
    """A scikit-learn estimator by its name, not yet fitted."""
    if name == "majority":
        return DummyClassifier(strategy="most_frequent")
    regression = LogisticRegression(class_weight="balanced", max_iter=3000, random_state=seed)
    if name == "tfidf":
        return make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2), regression)
    return make_pipeline(StandardScaler(), regression.set_params(C=0.01))


def words(texts: Sequence[Text]) -> dict[str, tuple[list[str], list[int]]]:
    """For stakes and for roles: the words of each unit, the actor masked, and what is to be said of it."""
    stakes = [
        (masked(t.text, unit, t.mentions[actor]), label)
        for t in texts
        for actor, labels in t.labels.items()
        for unit, label in zip(t.units, labels, strict=True)
    ]
    roles = [(t.text[s:e], role) for t in texts for (s, e), role in zip(t.units, t.roles, strict=True)]
    return {name: ([x for x, _ in rows], [y for _, y in rows]) for name, rows in (("stakes", stakes), ("roles", roles))}


def vectors(texts: Sequence[Text], network: Network) -> dict[str, tuple[np.ndarray, list[int]]]:
    """As :func:`words`, with a frozen encoder's vectors."""
    found: dict[str, list[np.ndarray]] = {"stakes": [], "roles": []}
    targets: dict[str, list[int]] = {"stakes": [], "roles": []}
    for text in texts:
        plain = Tokens.of(network.tokenizer, text.text, text.breaks, network.special.end)
        asked = [plain.masked(text.mentions[actor], network.special.actor) for actor in text.labels]
        *by_actor, without = network.read([*asked, plain], text.units)
        found["stakes"] += [read.logits for read in by_actor]
        targets["stakes"] += [label for labels in text.labels.values() for label in labels]
        found["roles"].append(without.logits)
        targets["roles"] += text.roles
    return {name: (np.concatenate(found[name]), targets[name]) for name in found}


def fit(
    name: str, texts: Sequence[Text], out: Path, say: Callable[[str], None], network: Network | None = None
) -> list[str]:
    """Fit the estimators of a baseline and write them; returns the names of the files."""
    from skops.io import dump

    data: dict[str, tuple[Any, list[int]]] = dict(vectors(texts, network) if network else words(texts))
    files = []
    for task, (features, targets) in data.items():
        say(f"{name}, {task}: {len(targets)} examples")
        files.append(f"{task}.skops")
        dump(estimator(name).fit(features, targets), out / files[-1])
    return files
