"""Who is better or worse off, read off the dependency parse of one unit.

The method is sentiment composition (Moilanen and Pulman 2007) turned from tone to effect: a word of
the lexicon acts on the phrase in a certain place; what it does to the phrase is carried to the
actors in it (whose leverage, a threat to whom), and flipped by every negation on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from spacy.tokens import Span, Token

from cuibono.classify.lexicon import Entry, Lexicon
from cuibono.classify.mentions import Mentions

_OBJECTS = {"dobj", "nsubjpass", "attr", "oprd"}
_SUBJECTS = {"nsubj", "csubj"}
_OWNERS = {"poss", "amod", "compound", "nmod", "npadvmod"}
_CLAUSES = {"xcomp", "ccomp", "pcomp", "acl", "advcl"}
#: Noun classes that say something when they merely stand there; an "asset" does only if acted upon.
_ASSERTED = {"boon": 1.0, "threat": 1.0, "pressure": 1.0, "weakness": 0.7, "strife": 0.7, "dependence": 1.0,
             "tie": 0.5, "deal": 0.5, "support": 0.7, "alternative": 0.7, "hold": 0.5}  # fmt: skip
_ILL = {"threat", "pressure", "weakness", "strife", "dependence", "alternative"}
_GROWTH = {
    **dict.fromkeys(("grow", "increase", "rise", "expand", "great", "new", "sound", "strong", "big"), 1),
    **dict.fromkeys(("decline", "shrink", "wane", "diminish", "weak", "less", "few", "lose"), -1),
}
_STRIFE = {"strife", "clash", "alternative"}
_AIMING = {"seek", "try", "attempt", "want", "aim", "hope", "plan", "intend", "strive", "aspire", "wish", "propose"}
_DEPTH = 4
#: "The corridor would boost trade": an effect on whoever the passage is about.
UNNAMED = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """One reading: ``cue`` makes ``actor`` better (+1) or worse (-1) off.

    Attributes:
        actor: An actor's id; :data:`UNNAMED` where the words name nobody that is affected.
        weight: How plainly the words say so, up to 1.
        path: The places between the cue and the actor's name, for people to read.
        strife: The cue names a conflict, whose parties are each other's rivals.
    """

    actor: str
    sign: int
    weight: float
    cue: Token
    path: str
    strife: bool = False


def effects(unit: Span, lexicon: Lexicon, mentions: Mentions) -> list[Effect]:
    """Every effect that the unit's words have on an actor that it names."""
    reader = _Reader(unit, lexicon, mentions)
    return [replace(e, strife=any(x.name in _STRIFE for x in lexicon.of(e.cue))) for e in reader.read()]


class _Reader:
    def __init__(self, unit: Span, lexicon: Lexicon, mentions: Mentions) -> None:
        self.unit, self.lexicon, self.mentions = unit, lexicon, mentions
        self.inside = range(unit.start, unit.end)

    def read(self) -> Iterator[Effect]:
        acted_upon: set[int] = set()
        for token in self.unit:
            for entry in self.lexicon.of(token):
                if token.pos_ in ("VERB", "AUX"):
                    yield from self._verb(token, entry, acted_upon)
        for token in self.unit:
            if token.pos_ in ("NOUN", "PROPN") and token.i not in acted_upon:
                yield from self._bare_noun(token)
            elif token.pos_ == "ADJ":
                yield from self._adjective(token)
            elif token.dep_ == "prep":
                yield from self._preposition(token)

    def _verb(self, verb: Token, entry: Entry, acted_upon: set[int]) -> Iterator[Effect]:
        if _is_aim(verb):
            return
        polarity = self._polarity(verb)
        for place, sign in entry.effects.items():
            if place == "assert":
                continue
            for phrase in self._phrases(verb, place):
                if place == "ill" and not self._is_ill(phrase):
                    continue
                if place in ("object", "ill"):
                    acted_upon.update(t.i for t in phrase.subtree)
                value = sign * polarity
                yield from self._phrase(phrase, value, 1.0, verb, "object" if place == "ill" else place, _DEPTH)

    def _phrases(self, verb: Token, place: str) -> list[Token]:
        """The heads of the phrases in a place of a verb, coordinated ones too."""
        passive = any(c.dep_ in ("nsubjpass", "auxpass") for c in verb.children)
        if place == "subject":
            found = self._agents(verb) if passive else self._subjects(verb)
        elif place in ("object", "ill"):
            found = [c for c in verb.children if c.dep_ in _OBJECTS and not (c.dep_ == "attr" and passive)]
            # "enable Iran to export": the parser makes "Iran" the subject of the clause behind the verb.
            clauses = [c for c in verb.children if c.dep_ in ("ccomp", "xcomp") and c.i > verb.i]
            found += [s for c in clauses for s in c.children if s.dep_ == "nsubj" and _is_infinitive(c)]
            if verb.dep_ in ("acl", "amod") and verb.tag_ == "VBN":
                found.append(verb.head)
        elif place == "dative":
            found = [c for c in verb.children if c.dep_ == "dative" and c.pos_ != "ADP"]
            found += [o for c in verb.children if c.dep_ == "dative" and c.pos_ == "ADP" for o in c.children]
        else:
            found = [o for c in verb.children if c.lower_ == place for o in c.children if o.dep_ in ("pobj", "pcomp")]
        return [p for head in found for p in (head, *_coordinated(head)) if p.i in self.inside]

    def _subjects(self, verb: Token, depth: int = _DEPTH) -> list[Token]:
        """The subject, also of an infinitive, a participle or a relative clause, which borrow theirs."""
        own = [c for c in verb.children if c.dep_ in _SUBJECTS]
        if own and own[0].tag_ in ("WDT", "WP") and verb.dep_ == "relcl":
            return [verb.head]
        if own or depth == 0:
            return own
        if verb.dep_ in ("xcomp", "ccomp"):
            controller = [c for c in verb.head.children if c.dep_ in ("dobj", "dative")]
            return controller or self._subjects(verb.head, depth - 1)
        if verb.dep_ in ("conj", "advcl"):
            return self._subjects(verb.head, depth - 1)
        if verb.dep_ in ("relcl", "acl") and verb.tag_ != "VBN":
            return [verb.head]
        return []

    def _agents(self, verb: Token) -> list[Token]:
        return [o for c in verb.children if c.dep_ == "agent" for o in c.children if o.dep_ == "pobj"]

    def _phrase(self, head: Token, sign: int, weight: float, cue: Token, path: str, depth: int) -> Iterator[Effect]:
        """Carry a value from a phrase to the actors in it, or to nobody in particular."""
        found = list(self._named(head, sign, weight, cue, path, depth))
        yield from found
        if not found and sign and depth == _DEPTH and head.i in self.inside:
            entry = self._noun(head)
            value = entry.effects.get("owner", 1) if entry else 1
            if entry and not value:  # pressure, sanctions: it is their target that they matter to
                value = min(entry.effects.values())
            yield Effect(UNNAMED, sign * (value or 1), weight, cue, path)

    def _noun(self, head: Token) -> Entry | None:
        return next(iter(self.lexicon.of(head)), None) if head.pos_ in ("NOUN", "PROPN") else None

    def _named(self, head: Token, sign: int, weight: float, cue: Token, path: str, depth: int) -> Iterator[Effect]:
        if sign == 0 or depth == 0 or head.i not in self.inside:
            return
        if (actor := self.mentions.of(head)) is not None:
            yield Effect(actor, sign, weight, cue, path)
            return
        entry = self._noun(head)
        places = entry.effects if entry else {}
        if any(c.lower_ in ("no", "less", "fewer", "little") and c.dep_ in ("det", "amod") for c in head.children):
            sign = -sign
        owner = places.get("owner", 1)
        for child in head.children:
            if child.dep_ in _OWNERS and owner:
                yield from self._owner(child, sign * owner, weight, cue, path + _step(head, "of"), depth)
            elif child.dep_ == "prep":
                # "exports to Russia", "trade with Iran": a neutral noun matters to those it ties.
                value = places.get(child.lower_, (owner if child.lower_ in ("of", "by") else 0) if entry else 1)
                weaker = weight if child.lower_ in places or child.lower_ == "of" else weight / 2
                for phrase in _objects(child):
                    step = path + _step(head, child.lower_)
                    yield from self._named(phrase, sign * value, weaker, cue, step, depth - 1)

    def _owner(self, token: Token, sign: int, weight: float, cue: Token, path: str, depth: int) -> Iterator[Effect]:
        for part in (token, *_coordinated(token)):
            if (actor := self.mentions.of(part)) is not None:
                yield Effect(actor, sign, weight, cue, path)
            elif part.dep_ == "poss":
                yield from self._named(part, sign, weight, cue, path, depth - 1)
            else:  # "Ukraine-related", "Moscow-controlled": a name inside a modifier owns nothing
                continue

    def _bare_noun(self, noun: Token) -> Iterator[Effect]:
        """A noun that speaks for itself: "a threat to Russia", "a boon for Ankara", "its isolation"."""
        for entry in self.lexicon.of(noun):
            growth = self._growth(noun)
            weight = _ASSERTED.get(entry.name, 0.7 if growth else 0.0)
            if not weight:
                continue
            sign = self._polarity(noun) * (growth or 1)
            yield from self._phrase(noun, sign, weight, noun, "", _DEPTH)
            if entry.name in ("threat", "boon", "pressure") and (verb := _light_verb(noun)) is not None:
                yield from self._indirect(verb, noun, entry, sign)

    def _indirect(self, verb: Token, noun: Token, entry: Entry, sign: int) -> Iterator[Effect]:
        """For "poses challenges to its hegemony", where the parser hangs the phrase on the verb."""
        for child in verb.children:
            value = entry.effects.get(child.lower_, 0)
            if child.dep_ in ("prep", "dative") and value:
                for phrase in _objects(child):
                    path = f"{noun.lower_} {child.lower_}"
                    yield from self._phrase(phrase, sign * value, 1.0, noun, path, _DEPTH)

    def _growth(self, noun: Token) -> int:
        signs = [_GROWTH.get(c.lemma_.lower(), 0) for c in noun.children if c.dep_ == "amod"]
        return next((s for s in signs if s), 0)

    def _adjective(self, adjective: Token) -> Iterator[Effect]:
        polarity = self._polarity(adjective)
        for entry in self.lexicon.of(adjective):
            for place, sign in entry.effects.items():
                for phrase in self._around(adjective, place):
                    yield from self._phrase(phrase, sign * polarity, 0.7, adjective, place, _DEPTH)

    def _around(self, adjective: Token, place: str) -> list[Token]:
        if place != "holder":
            return [o for c in adjective.children if c.lower_ == place for o in c.children if o.dep_ == "pobj"]
        if adjective.dep_ == "amod":
            return [adjective.head]
        if adjective.dep_ in ("acomp", "oprd", "conj"):
            return self._subjects(adjective.head)
        return []

    def _preposition(self, token: Token) -> Iterator[Effect]:
        """Such as "against Moscow", "at the expense of Iran", "in favour of Baku", "independently of Russia"."""
        sign = self.lexicon.sign("prep", token.lower_, "object")
        if token.lower_ in ("of", "from"):
            sign = self.lexicon.sign("prep", token.head.lower_, "object")
        if sign:
            for phrase in _objects(token):
                yield from self._phrase(phrase, sign * self._polarity(token), 0.6, token, token.lower_, _DEPTH)

    def _is_ill(self, phrase: Token) -> bool:
        return any(e.name in _ILL for e in self.lexicon.of(phrase))

    def _polarity(self, token: Token) -> int:
        """-1 to the number of negations above and beside a word."""
        sign, depth = 1, _DEPTH
        while depth and token.i in self.inside:
            if any(self._negates(c) for c in token.children):
                sign = -sign
            head = token.head
            if head.i == token.i or token.dep_ == "relcl":
                break
            if token.dep_ in _CLAUSES and (head.lemma_.lower() != token.lemma_.lower()):
                if self.lexicon.has("flip", head.lemma_.lower()) or self._unlikely(head):
                    sign = -sign
            elif token.dep_ in ("dobj", "pobj", "attr") and self._flips_object(head):
                sign = -sign
            if token.dep_ in ("advcl", "conj"):
                break
            token, depth = head, depth - 1
        return sign

    def _unlikely(self, verb: Token) -> bool:
        """Whether a verb says of a clause that it is unlikely, impossible ..."""
        return any(c.dep_ == "acomp" and self.lexicon.has("flip", c.lower_) for c in verb.children)

    def _negates(self, child: Token) -> bool:
        plain = child.dep_ in ("neg", "det", "preconj", "advmod", "cc")
        return plain and self.lexicon.has("flip", child.lower_) and child.lower_ not in ("difficult", "hard", "end")

    def _flips_object(self, head: Token) -> bool:
        return head.lower_ == "without" or (head.lemma_.lower() in ("lack", "avoid", "absence", "deny"))


def _is_aim(verb: Token) -> bool:
    """Such as "efforts to dominate", "seeks to weaken": an aim alone is no effect (codebook, rule 7)."""
    if not any(c.dep_ == "aux" and c.lower_ == "to" for c in verb.children):
        return False
    return verb.dep_ == "acl" or (verb.dep_ in ("xcomp", "advcl") and verb.head.lemma_.lower() in _AIMING)


def _light_verb(noun: Token) -> Token | None:
    return (
        noun.head if noun.dep_ in ("dobj", "attr", "nsubjpass", "conj") and noun.head.pos_ in ("VERB", "AUX") else None
    )


def _coordinated(token: Token) -> Iterator[Token]:
    for child in token.children:
        if child.dep_ in ("conj", "appos"):
            yield child
            yield from _coordinated(child)


def _objects(preposition: Token) -> Iterator[Token]:
    for child in preposition.children:
        if child.dep_ == "pobj":
            yield child
            yield from _coordinated(child)


def _is_infinitive(verb: Token) -> bool:
    return any(c.dep_ == "aux" and c.lower_ == "to" for c in verb.children) or verb.tag_ == "VB"


def _step(head: Token, relation: str) -> str:
    return f" > {head.lower_} {relation}"
