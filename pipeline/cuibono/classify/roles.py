"""Claim or premise by surface signs: a first, simple method.

Signs of assessment (modals, evaluative and causal words, comparison) are weighed against signs of
record (figures, dates, past tense, attribution). Cue words and weights are data: ``roles.json``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spacy.tokens import Span, Token

from cuibono.errors import ModelError

_FIGURE = re.compile(r"\d")
_YEAR = re.compile(r"(1[5-9]|20)\d\d(s)?")
_MONTHS = frozenset(
    {"January", "February", "March", "April", "May", "June", "July",
     "August", "September", "October", "November", "December"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RoleRules:
    """Weights by sign; a positive sum is a claim, and the logistic of the sum its probability."""

    weights: Mapping[str, float]
    cues: Mapping[str, frozenset[str]]

    def role(self, unit: Span) -> tuple[str, float]:
        """The role of a unit and its probability, from 0.5 up."""
        total = self.weights["bias"] + sum(self.weights.get(sign, 0.0) for sign in self.signs(unit))
        claim = 1 / (1 + math.exp(-total))
        return ("claim", claim) if claim >= 0.5 else ("premise", 1 - claim)

    def signs(self, unit: Span) -> set[str]:
        """The names of the signs that a unit shows."""
        lemmas = {t.lemma_.lower() for t in unit}
        signs = {name for name, words in self.cues.items() if words & lemmas}
        signs |= {f"modal:{t.lower_}" for t in unit if t.tag_ == "MD"}
        root = _root(unit)
        signs.add("past" if root.tag_ in ("VBD", "VBN") and not _is_present(root) else "present")
        if any(t.tag_ in ("JJR", "RBR") for t in unit):
            signs.add("comparison")
        if any(_FIGURE.search(t.text) and not _YEAR.fullmatch(t.text) for t in unit):
            signs.add("figure")
        if any(_YEAR.fullmatch(t.text) or t.text in _MONTHS for t in unit):
            signs.add("date")
        if '"' in unit.text:
            signs.add("quotation")
        if root.lemma_.lower() in self.cues["attribution"] or "according" in lemmas:
            signs.add("attributed")
        if any(t.dep_ == "neg" for t in unit):
            signs.add("negation")
        if len(unit) > 35:
            signs.add("long")
        return signs


def load(path: Path) -> RoleRules:
    """Read ``roles.json``. Raises :class:`ModelError` if it is missing or not of that form."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        cues = {name: frozenset(words.split()) for name, words in data["cues"].items()}
        return RoleRules({k: float(v) for k, v in data["weights"].items()}, cues)
    except (OSError, KeyError, ValueError, AttributeError) as error:
        raise ModelError(f"{path}: found {error!r}; allowed: an object with weights and cues") from None


def _root(unit: Span) -> Token:
    return next((t for t in unit if t.dep_ == "ROOT"), unit.root)


def _is_present(root: Token) -> bool:
    """A participle after a present auxiliary: "is driven", "has become", "will be seen"."""
    return any(c.dep_ in ("aux", "auxpass") and c.tag_ in ("VBZ", "VBP", "MD") for c in root.children)
