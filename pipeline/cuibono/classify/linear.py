"""The ``linear`` classifier: a scikit-learn estimator over words, or over the vectors of a frozen encoder.

These are baselines: what an encoder must beat. Estimators are kept by skops, which loads no code.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from spacy.tokens import Doc, Span

from cuibono.classify.encoder import Network, mentions_of, rounded
from cuibono.classify.folder import ModelFolder
from cuibono.classify.windows import Stretch
from cuibono.document import LABELS, ROLES, Stakes
from cuibono.errors import ModelError

#: The word that stands for the actor asked about.
MASK = "THEACTOR"


def masked(text: str, unit: Stretch, mentions: Sequence[Stretch]) -> str:
    """The words of a unit, each mention of the actor as one word."""
    start, end = unit
    out, at = [], start
    for low, high in sorted(mentions):
        if low >= at and high <= end:
            out += [text[at:low], MASK]
            at = high
    return "".join([*out, text[at:end]])


class Linear:
    """Labels units by scikit-learn estimators, one for stakes and one for roles.

    Args:
        model: An opened folder of the kind ``linear``.

    Raises:
        ModelError: skops is not installed, or does not trust what a file holds.
    """

    def __init__(self, model: ModelFolder) -> None:
        self._stakes = _estimator(model, "stakes.skops")
        self._roles = _estimator(model, "roles.skops")
        self._network = Network.open(model, "network") if "network" in model.config else None
        self.annotator = model.annotator

    def roles(self, units: Sequence[Span]) -> list[tuple[str, float]]:
        """See :class:`cuibono.classify.base.Classifier`."""
        if not units:
            return []
        chances = self._chances(self._roles, units[0].doc, units, [()], len(ROLES))[0]
        return [(ROLES[int(row.argmax())], float(row.max())) for row in chances]

    def stakes(self, doc: Doc, units: Sequence[Span], actors: Sequence[str]) -> list[dict[str, Stakes]]:
        """See :class:`cuibono.classify.base.Classifier`. The scores are not calibrated."""
        if not units:
            return []
        mentions = [mentions_of(doc, actor) for actor in actors]
        columns = [[_stakes(row) for row in c] for c in self._chances(self._stakes, doc, units, mentions, len(LABELS))]
        return [dict(zip(actors, row, strict=True)) for row in zip(*columns, strict=True)]

    def _chances(
        self, estimator: Any, doc: Doc, units: Sequence[Span], asked: Sequence[Sequence[Stretch]], classes: int
    ) -> list[np.ndarray]:
        """For each actor (given by its mentions) the probabilities, (units, classes)."""
        spans = [(unit.start_char, unit.end_char) for unit in units]
        if self._network is None:
            inputs: list[Any] = [[masked(doc.text, span, mentions) for span in spans] for mentions in asked]
        else:
            plain = self._network.tokens(doc)
            texts = [plain.masked(mentions, self._network.special.actor) for mentions in asked]
            inputs = [read.logits for read in self._network.read(texts, spans)]
        out = []
        for features in inputs:
            chances = np.zeros((len(units), classes))
            chances[:, estimator.classes_] = estimator.predict_proba(features)
            out.append(chances)
        return out


def _stakes(row: np.ndarray) -> Stakes:
    return Stakes(LABELS[int(row.argmax())], rounded(row))


def _estimator(model: ModelFolder, name: str) -> Any:
    try:
        from skops.io import load
        from skops.io.exceptions import UntrustedTypesFoundException
    except ImportError:
        raise ModelError(f'{model.name} needs scikit-learn and skops: pip install "cuibono[linear]"') from None
    try:
        return load(model.file(name), trusted=[])
    except (OSError, ValueError, KeyError, UntrustedTypesFoundException) as error:
        raise ModelError(f"{model.file(name)}: {str(error).splitlines()[0]}") from None
