"""Whose gain is whose loss: ties and rivalries that the text itself states.

By the codebook an effect on an actor's bloc, client, company or leader counts for the actor where
the document ties them (rule 11), and a rival's gain is a loss only where the unit or a neighbouring
sentence sets the two against each other (rule 5).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

from spacy.tokens import Doc, Span, Token

from cuibono.classify.effects import UNNAMED, Effect
from cuibono.classify.mentions import Mentions

Pair = frozenset[str]

_LED = re.compile(r"led|controlled|dominated|backed|run|owned|sponsored|supported|aligned|affiliated", re.IGNORECASE)
_LEADERS = re.compile(
    r"president|minister|premier|chancellor|leader|king|emir|crown|supreme|ambassador|envoy|spokes\w+|general|secretary|diplomat",
    re.IGNORECASE,
)


#: Tokens before a name in which its patron may stand.
_REACH = 8


def ties(doc: Doc, homes: Mapping[str, tuple[str, ...]]) -> dict[str, set[str]]:
    """For each actor those to whom what happens to it matters as well.

    Args:
        doc: With ``ent._.actor`` set.
        homes: From the actor table: the home state of each company (one id; blocs have more).
    """
    found: dict[str, set[str]] = {}
    ents = list(doc.ents)
    for i, ent in enumerate(ents):
        other = ent._.actor
        if not other:
            continue
        if other.startswith("org:") and len(homes.get(other, ())) == 1:
            found.setdefault(other, set()).add(homes[other][0])
        for patron in _patrons(doc, ent, ents[max(0, i - _REACH) : i]):
            if patron != other:
                found.setdefault(other, set()).add(patron)
    return found


def _patrons(doc: Doc, ent: Span, before: Sequence[Span]) -> set[str]:
    """Who of those named before stands behind a name: "Moscow-controlled EAEU", "Iranian President Ebrahim Raisi"."""
    first = max(ent.sent.start, ent.start - _REACH)
    named = [e for e in before if e.start >= first and e._.actor and e.label_ in ("GPE", "NORP", "ORG")]
    if not named:
        return set()
    patron = named[-1]
    between = doc[patron.end : ent.start]
    if any(
        t.pos_ in ("VERB", "AUX", "PUNCT", "CCONJ") and t.text not in "-–'" and not _LED.fullmatch(t.text)
        for t in between
    ):
        return set()
    led = any(_LED.fullmatch(t.text) for t in between) and any(t.text in "-–" for t in between)
    leads = ent.label_ == "PERSON" and any(_LEADERS.fullmatch(t.text) for t in between)
    return {patron._.actor} if led or leads else set()


def rivalries(effects: Iterable[Effect], mentions: Mentions) -> set[Pair]:
    """The pairs of actors that the sentence with these effects sets against each other.

    The agent of a harmful act and those whom it harms are rivals; so are the parties of a conflict.
    """
    by_cue: dict[int, list[Effect]] = {}
    for effect in effects:
        if effect.actor != UNNAMED and effect.sign < 0:
            by_cue.setdefault(effect.cue.i, []).append(effect)
    pairs: set[Pair] = set()
    for group in by_cue.values():
        harmed = {e.actor for e in group}
        pairs |= {frozenset((agent, actor)) for agent in _agents(group[0].cue, mentions) for actor in harmed}
        if group[0].strife:
            pairs |= {frozenset(pair) for pair in combinations(sorted(harmed), 2)}
    return {pair for pair in pairs if len(pair) == 2}


def _agents(cue: Token, mentions: Mentions) -> set[str]:
    """The actors in the subject of the verb that governs a cue."""
    verb = next((t for t in (cue, *cue.ancestors) if t.pos_ in ("VERB", "AUX") and _subjects(t)), None)
    if verb is None or verb.sent != cue.sent:
        return set()
    return {a for subject in _subjects(verb) for t in subject.subtree if t.i != cue.i and (a := mentions.of(t))}


def _subjects(verb: Token) -> list[Token]:
    return [c for c in verb.children if c.dep_ in ("nsubj", "agent")]
