"""The ``rules`` classifier: explainable, for any actor, without training.

For each actor the effects of :mod:`cuibono.classify.effects` are added up: those on the actor itself,
on what the text ties to it, on its rivals with the sign turned, and those that name nobody where
the actor is what the passage is about.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from spacy.tokens import Doc, Span

from cuibono.classify import lexicon as lexicons
from cuibono.classify import roles as role_rules
from cuibono.classify.effects import UNNAMED, Effect, effects
from cuibono.classify.folder import ModelFolder
from cuibono.classify.mentions import Mentions, mentions
from cuibono.classify.sides import Pair, rivalries, ties
from cuibono.document import LABELS, Stakes
from cuibono.extract.actors import ActorTable, load_table
from cuibono.extract.blocks import offset


@dataclass(frozen=True, slots=True)
class Reading:
    """One effect as it counts for the actor asked about: its signed weight, and why it counts."""

    effect: Effect
    weight: float
    because: str = ""


@dataclass(frozen=True, slots=True)
class _Context:
    """What is worked out once for a document."""

    doc: Doc
    mentions: Mentions
    ties: Mapping[str, set[str]]
    sentences: list[Span]
    effects: list[list[Effect]]
    rivalries: list[set[Pair]]
    frequent: Counter[str] = field(default_factory=Counter)

    def sentence_index(self, unit: Span) -> int:
        return min(bisect_right(self.sentences, unit.start, key=lambda s: s.end), len(self.sentences) - 1)


class Rules:
    """Label units by the effect words of a lexicon, the parse, and the sides that the text draws.

    Args:
        model: An opened folder that has ``lexicon.tsv`` and ``roles.json``.
        table: For the home states of companies; default: the package's.
    """

    def __init__(self, model: ModelFolder, table: ActorTable | None = None) -> None:
        self._config: dict[str, Any] = model.config
        self._lexicon = lexicons.load(model.file("lexicon.tsv"))
        self._roles = role_rules.load(model.file("roles.json"))
        self._table = table or load_table()
        self.annotator = model.annotator

    def roles(self, units: Sequence[Span]) -> list[tuple[str, float]]:
        """See :class:`cuibono.classify.base.Classifier`."""
        return [self._roles.role(unit) for unit in units]

    def stakes(self, doc: Doc, units: Sequence[Span], actors: Sequence[str]) -> list[dict[str, Stakes]]:
        """See :class:`cuibono.classify.base.Classifier`; ``why`` names each cue, its offset and its path."""
        context = self._context(doc)
        out = []
        for unit in units:
            found = effects(unit, self._lexicon, context.mentions)
            out.append({actor: self._stakes(context, unit, found, actor) for actor in actors})
        return out

    def _context(self, doc: Doc) -> _Context:
        said = mentions(doc)
        sentences = list(doc.sents)
        found = [effects(s, self._lexicon, said) for s in sentences]
        rival = [rivalries(e, said) for e in found]
        frequent = Counter(ent._.actor for ent in doc.ents if ent._.actor)
        return _Context(doc, said, ties(doc, self._table.members), sentences, found, rival, frequent)

    def _stakes(self, context: _Context, unit: Span, found: Sequence[Effect], actor: str) -> Stakes:
        readings = self._readings(context, unit, found, actor)
        good = sum(r.weight for r in readings if r.weight > 0)
        bad = -sum(r.weight for r in readings if r.weight < 0)
        label, strength = self._decide(good, bad)
        named = actor in context.mentions.actors(unit)
        scores = self._config["calibration"][f"{label}.{strength}.{'named' if named else 'unnamed'}"]
        why = "; ".join(_explain(r) for r in readings) or None
        return Stakes(label, dict(zip(LABELS, scores, strict=True)), why)

    def _decide(self, good: float, bad: float) -> tuple[str, str]:
        limits = self._config["limits"]
        if max(good, bad) < limits["least"]:
            return "none", "any"
        if min(good, bad) >= limits["mixed"] * max(good, bad):
            return "mixed", "any"
        strength = "strong" if abs(good - bad) >= limits["strong"] else "weak"
        return ("opportunity" if good > bad else "challenge"), strength

    def _readings(self, context: _Context, unit: Span, found: Sequence[Effect], actor: str) -> list[Reading]:
        weights = self._config["weights"]
        here = context.sentence_index(unit)
        window = context.rivalries[max(0, here - 1) : here + 2]
        rivals = {other for pairs in window for pair in pairs if actor in pair for other in pair - {actor}}
        named = context.mentions.actors(unit)
        # A sentence about a rival is about the rival.
        topical = 0.0 if named & rivals and actor not in named else self._topical(context, unit, here, actor)
        # What a cue does to somebody named is not done to the topic as well.
        taken = {e.cue.i for e in found if e.actor not in (UNNAMED, actor)}
        out = []
        for effect in found:
            value = effect.sign * effect.weight
            if effect.actor == actor:
                out.append(Reading(effect, value))
            elif effect.actor == UNNAMED and topical and effect.cue.i not in taken:
                out.append(Reading(effect, value * topical, "the passage is about it"))
            elif actor in context.ties.get(effect.actor, ()):
                out.append(Reading(effect, value * weights["tie"], f"tied to {effect.actor}"))
            elif effect.actor in rivals:
                out.append(Reading(effect, -value * weights["rival"], f"rival of {effect.actor}"))
        return out

    def _topical(self, context: _Context, unit: Span, here: int, actor: str) -> float:
        """How much an effect that names nobody counts for the actor."""
        weights = self._config["weights"]
        if actor in context.mentions.actors(unit):
            return float(weights["unnamed_here"])
        if here and actor in context.mentions.actors(context.sentences[here - 1]):
            return float(weights["unnamed_after"])
        most = max(context.frequent.values(), default=0)
        if most and context.frequent[actor] >= weights["topic_share"] * most:
            return float(weights["unnamed_topic"])
        return 0.0


def _explain(reading: Reading) -> str:
    effect = reading.effect
    path = f" ({effect.path.strip(' >')})" if effect.path.strip(" >") else ""
    because = f", {reading.because}" if reading.because else ""
    return f"{reading.weight:+.2f} {effect.cue.text}@{offset(effect.cue)}{path}{because}"
