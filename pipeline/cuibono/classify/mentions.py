"""Where a parsed text speaks of an actor: by name, or by a pronoun that a name explains."""

from __future__ import annotations

from dataclasses import dataclass

from spacy.tokens import Doc, Span, Token

_PRONOUNS = {"it", "its", "itself"}
_SUBJECTS = {"nsubj", "nsubjpass"}


@dataclass(frozen=True, slots=True)
class Mentions:
    """Actor ids by token index; every token of a name has its actor, so has a pronoun that stands for it."""

    by_token: dict[int, str]

    def of(self, token: Token) -> str | None:
        """The actor that a token names, if any."""
        return self.by_token.get(token.i)

    def actors(self, span: Span) -> set[str]:
        """The actors that a span speaks of."""
        return {self.by_token[t.i] for t in span if t.i in self.by_token}


def mentions(doc: Doc) -> Mentions:
    """Named mentions from ``doc.ents``, then pronouns in reading order."""
    by_token = {t.i: ent._.actor for ent in doc.ents if ent._.actor for t in ent}
    previous: str | None = None
    for sentence in doc.sents:
        for token in sentence:
            if token.lower_ in _PRONOUNS and not _is_expletive(token):
                actor = _antecedent(token, sentence, by_token) or previous
                if actor:
                    by_token[token.i] = actor
        previous = _topic(sentence, by_token) or (previous if len(sentence) < 4 else None)
    return Mentions(by_token)


def _antecedent(pronoun: Token, sentence: Span, by_token: dict[int, str]) -> str | None:
    """In its own sentence: the nearest subject before it, else the nearest name before it."""
    before = [t for t in sentence if t.i < pronoun.i and t.i in by_token]
    subjects = [t for t in before if _is_topical(t)]
    chosen = subjects or before
    return by_token[chosen[-1].i] if chosen else None


def _topic(sentence: Span, by_token: dict[int, str]) -> str | None:
    """What the next sentence's "it" would mean: the subject of this one, if it is an actor."""
    subjects = [t for t in sentence if t.i in by_token and _is_topical(t)]
    main = [t for t in subjects if _head_word(t).head.dep_ == "ROOT"]
    chosen = main or subjects
    return by_token[chosen[0].i] if chosen else None


def _is_topical(token: Token) -> bool:
    return token.dep_ in _SUBJECTS or (token.dep_ == "poss" and token.head.dep_ in _SUBJECTS)


def _head_word(token: Token) -> Token:
    return token.head if token.dep_ == "poss" else token


def _is_expletive(token: Token) -> bool:
    """The "it" of "it is clear that": a subject whose verb has a clause for what it is about."""
    if token.lower_ != "it" or token.dep_ not in ("nsubj", "nsubjpass", "expl"):
        return False
    verb = token.head
    clauses = [c for c in verb.children if c.dep_ in ("ccomp", "xcomp", "advcl", "csubj") and c.i > verb.i]
    adjectives = [c for c in verb.children if c.dep_ in ("acomp", "attr")]
    inner = [c for a in adjectives for c in a.children if c.dep_ in ("xcomp", "ccomp", "acl", "relcl")]
    return verb.lemma_ in ("be", "seem", "appear", "become") and bool(clauses or inner)
