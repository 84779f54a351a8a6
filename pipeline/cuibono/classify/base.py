"""What every classifier is: one object that labels the units of a parsed document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from spacy.tokens import Doc, Span

from cuibono.document import Annotator, Stakes


class Classifier(Protocol):
    """Roles and stakes of units. Implementations never see gold and keep no state between documents."""

    @property
    def annotator(self) -> Annotator:
        """Who is written into the annotation file."""
        ...

    def roles(self, units: Sequence[Span]) -> list[tuple[str, float]]:
        """For each unit its role and the probability of that role."""
        ...

    def stakes(self, doc: Doc, units: Sequence[Span], actors: Sequence[str]) -> list[dict[str, Stakes]]:
        """For each unit what it means for each of these actors, given by id."""
        ...
