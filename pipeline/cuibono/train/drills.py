"""Drills: written sentences in which it is known who gains and who loses, to be filled with any actors' names.

Texts of one's own time name few actors on both sides of a rivalry; a model that is trained on them alone answers for
the sentence, not for the actor. Drills ask about each side of the same sentence.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cuibono.document import LABELS
from cuibono.errors import InputError
from cuibono.extract.actors import load_table
from cuibono.train.data import Text

PLACES = ("A", "B", "C")
_PLACE = re.compile(r"\{([ABC])\}")
_SENTENCE_END = re.compile(r"[.!?][\"”’')]?\s+(?=[A-Z{“\"‘'(])")
#: A name that stands well in any place: one word, without an article.
_PLAIN = re.compile(r"[A-Z]\w+")
_STATE = re.compile(r"[A-Z]{3}")
#: Share of states among the names.
_STATES = 0.7


@dataclass(frozen=True, slots=True)
class Drill:
    """A text with places for actors, and what its last sentence means for each."""

    name: str
    text: str
    labels: dict[str, str]

    def fill(self, names: Sequence[str]) -> Text:
        """With names in the order of the places; the last sentence is the only unit."""
        by_place = dict(zip(self.labels, names, strict=True))
        text, at = "", 0
        mentions: dict[str, list[tuple[int, int]]] = {place: [] for place in by_place}
        for match in _PLACE.finditer(self.text):
            text += self.text[at : match.start()]
            mentions[match[1]].append((len(text), len(text) + len(by_place[match[1]])))
            text += by_place[match[1]]
            at = match.end()
        text += self.text[at:]
        start = max((m.end() for m in _SENTENCE_END.finditer(text)), default=0)
        return Text(
            f"{self.name}-{'-'.join(names)}",
            text,
            (0,),
            ((start, len(text.rstrip(".?! "))),),
            (0,),
            {place: (LABELS.index(label),) for place, label in self.labels.items()},
            {place: tuple(found) for place, found in mentions.items()},
            by_place,
        )


def read_drills(path: Path) -> list[Drill]:
    """The drills of a TSV file: ``text`` with ``{A}``, ``{B}`` and perhaps ``{C}`` in it, and a label for each.

    Raises:
        InputError: A label that is none of ours, or one for an actor who is not in the text, or the reverse.
    """
    out = []
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE), 2):
            labels = {place: row[place] for place in PLACES if row.get(place)}
            if wrong := sorted(set(labels.values()) - set(LABELS)):
                raise InputError(f"{path}:{number}", f"found label {wrong[0]!r}; allowed: {', '.join(LABELS)}")
            if (named := set(_PLACE.findall(row["text"]))) != set(labels):
                problem = f"the text names {sorted(named)}, labels are for {sorted(labels)}; allowed: the same"
                raise InputError(f"{path}:{number}", problem)
            out.append(Drill(f"{path.stem}-{number}", row["text"], labels))
    return out


def filled(drills: Sequence[Drill], rng: random.Random) -> list[Text]:
    """Each drill with names drawn at random, states more often than blocs and companies, no two alike in one."""
    found: dict[bool, list[str]] = {True: [], False: []}
    for actor, name in sorted(load_table().names.items()):
        if _PLAIN.fullmatch(name):
            found[_STATE.fullmatch(actor) is not None].append(name)
    out = []
    for drill in drills:
        drawn: list[str] = []
        while len(drawn) < len(drill.labels):
            name = rng.choice(found[rng.random() < _STATES])
            drawn += [name] if name not in drawn else []
        out.append(drill.fill(drawn))
    return out
