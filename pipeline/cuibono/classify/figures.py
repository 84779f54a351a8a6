"""How a document as a whole presents each other actor for the one asked about (codebook, section 5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from spacy.tokens import Span, Token

from cuibono.classify.mentions import Mentions
from cuibono.document import Stakes

#: An actor is judged if it is named in this many units.
LEAST_UNITS = 2
#: "Mixed" means both about equally: the rarer side reaches this share of the other.
MIXED_SHARE = 2 / 3
_AGENT = {"nsubj", "nsubjpass", "agent", "csubj"}
_INSIDE_SUBJECT = {"poss", "compound", "amod", "nmod", "pobj", "prep", "conj", "appos"}


def actor_stakes(
    units: Sequence[Span], labels: Sequence[Mapping[str, Stakes]], actor: str, said: Mentions
) -> dict[str, Stakes]:
    """Label every actor other than ``actor`` that at least two units name.

    The units in which it is the agent or the subject count; only where it is never that, all units
    that name it. ``why`` says how many of them carry which label.
    """
    named: dict[str, list[int]] = {}
    for i, unit in enumerate(units):
        for other in said.actors(unit) - {actor}:
            named.setdefault(other, []).append(i)
    out: dict[str, Stakes] = {}
    for other, where in sorted(named.items()):
        if len(where) < LEAST_UNITS:
            continue
        acting = [i for i in where if _is_agent(units[i], other, said)]
        counts = Counter(labels[i][actor].label for i in acting or where)
        place = "as agent or subject" if acting else "named"
        found = ", ".join(f"{n} {label}" for label, n in counts.most_common())
        out[other] = Stakes(_weigh(counts), why=f"{place} in {counts.total()} units: {found}")
    return out


def _weigh(counts: Counter[str]) -> str:
    good, bad = counts["opportunity"], counts["challenge"]
    if not good and not bad:
        return "mixed" if counts["mixed"] else "none"
    if min(good, bad) + counts["mixed"] >= MIXED_SHARE * max(good, bad) and (min(good, bad) or counts["mixed"] > 1):
        return "mixed"
    return "opportunity" if good > bad else "challenge"


def _is_agent(unit: Span, actor: str, said: Mentions) -> bool:
    return any(_in_subject(t) for t in unit if said.of(t) == actor)


def _in_subject(token: Token) -> bool:
    """The subject itself, or a name inside it ("Iran's drone factory", "the rise of Turkey")."""
    steps: Iterable[Token] = (token, *token.ancestors)
    for step in steps:
        if step.dep_ in _AGENT:
            return True
        if step.dep_ not in _INSIDE_SUBJECT:
            return False
    return False
