"""Any classifier, silent where it is not sure enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from spacy.tokens import Doc, Span

from cuibono.classify.base import Classifier
from cuibono.document import Annotator, Stakes


def abstaining(annotator: Annotator, below: float) -> Annotator:
    """An annotator with a limit beside its hash; without one as it is."""
    return replace(annotator, extra={**annotator.extra, "abstain_below": below}) if below else annotator


class Abstaining:
    """Writes ``none`` with ``"abstained": true`` where the probability of a label is less than a limit.

    The scores stay as they are, so that nothing is lost. A label without scores stays.

    Args:
        classifier: Whose labels.
        below: The limit, a probability.
    """

    def __init__(self, classifier: Classifier, below: float) -> None:
        self._classifier, self._below = classifier, below

    @property
    def annotator(self) -> Annotator:
        """The classifier's, with the limit beside its hash."""
        return abstaining(self._classifier.annotator, self._below)

    def roles(self, units: Sequence[Span]) -> list[tuple[str, float]]:
        """As the classifier says."""
        return self._classifier.roles(units)

    def stakes(self, doc: Doc, units: Sequence[Span], actors: Sequence[str]) -> list[dict[str, Stakes]]:
        """As the classifier says, where it is sure enough."""
        found = self._classifier.stakes(doc, units, actors)
        return [{actor: self._or_none(stakes) for actor, stakes in row.items()} for row in found]

    def _or_none(self, stakes: Stakes) -> Stakes:
        if stakes.scores is None or stakes.scores[stakes.label] >= self._below:
            return stakes
        return replace(stakes, label="none", extra={**stakes.extra, "abstained": True})
