"""Drills: short passages with places for actors, of which is known sentence by sentence who gains and who loses.

Texts of one's own time name the same few rivals over and over; a model trained on them alone answers for the sentence,
not for the actor. Drills ask about every side of the same sentence, under names that change from pass to pass.
"""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

from cuibono.document import LABELS
from cuibono.errors import InputError
from cuibono.train.data import Text

PLACES = ("A", "B", "C")
#: ``{A}`` is the name, ``{A:adj}`` the adjective, ``{A:capital}`` the capital.
_PLACE = re.compile(r"\{([A-Z])(?::([a-z]+))?\}")
_FORMS = ("", "adj", "capital")
#: Names that stand in no sentence without an article.
_WITH_ARTICLE = re.compile(
    r"United .*|.* Islands|.* Republic|.* Congo|Comoros|Netherlands|Philippines|Maldives|Bahamas|Gambia|Soviet Union"
)


@dataclass(frozen=True, slots=True)
class State:
    """What a drill may call an actor."""

    id: str
    name: str
    adjective: str
    capital: str

    def form(self, kind: str) -> str:
        """The name, or the form that a place asks for."""
        return {"": self.name, "adj": self.adjective, "capital": self.capital}[kind]


@dataclass(frozen=True, slots=True)
class Drill:
    """Sentences with places for actors, and for each actor a label for each sentence."""

    name: str
    sentences: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]

    def fill(self, states: Sequence[State]) -> Text:
        """With states in the order of the places; every sentence is a unit, without its full stop."""
        by_place = dict(zip(self.labels, states, strict=True))
        text = ""
        units: list[tuple[int, int]] = []
        mentions: dict[str, list[tuple[int, int]]] = {place: [] for place in by_place}
        for sentence in self.sentences:
            text += " " if text else ""
            start, at = len(text), 0
            for match in _PLACE.finditer(sentence):
                text += sentence[at : match.start()]
                form = by_place[match[1]].form(match[2] or "")
                mentions[match[1]].append((len(text), len(text) + len(form)))
                text += form
                at = match.end()
            text += sentence[at:]
            units.append((start, len(text) - text.endswith(".")))
        return Text(
            f"{self.name}-{'-'.join(state.id for state in states)}",
            text,
            (0,),
            tuple(units),
            (0,) * len(units),
            {place: tuple(map(LABELS.index, labels)) for place, labels in self.labels.items()},
            {place: tuple(found) for place, found in mentions.items()},
            {place: state.name for place, state in by_place.items()},
        )


def read_drills(path: Path) -> list[Drill]:
    """The drills of a JSON Lines file: ``sentences``, and ``labels`` with a list for each of A, B and perhaps C.

    Raises:
        InputError: The file cannot be read as UTF-8; not JSON, a label that is none of ours, lists of another length, a
            place that does not exist, one that has no labels, or labels for an actor whom no sentence names.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(path, f"cannot be read as UTF-8: {error}") from None
    return [_drill(line, path, number) for number, line in enumerate(lines, 1) if line.strip()]


def _drill(line: str, path: Path, number: int) -> Drill:
    where = f"{path}:{number}"
    try:
        raw = json.loads(line)
        sentences, labels = raw["sentences"], dict(sorted(raw["labels"].items()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(where, f"found {error!r}; allowed: an object with sentences and labels") from None
    if strange := [x for x in (sentences, *labels.values()) if not _is_texts(x)]:
        raise InputError(where, f"found {strange[0]!r}; allowed: a list of strings")
    if wrong := sorted({x for found in labels.values() for x in found} - set(LABELS)):
        raise InputError(where, f"found label {wrong[0]!r}; allowed: {', '.join(LABELS)}")
    if lengths := sorted({len(found) for found in labels.values()} - {len(sentences)}):
        raise InputError(where, f"found {lengths[0]} labels; allowed: one a sentence, {len(sentences)}")
    text = " ".join(sentences)
    if braces := re.search(r"[{}].{0,12}", _PLACE.sub("", text)):
        raise InputError(where, f"found {braces[0]!r}; allowed: {{A}}, {{A:adj}}, {{A:capital}}, no other braces")
    places = _PLACE.findall(text)
    if (named := {place for place, _ in places}) != set(labels) or not named <= set(PLACES):
        problem = f"the text names {sorted(named)}, labels are for {sorted(labels)}; allowed: the same, of A, B, C"
        raise InputError(where, problem)
    if forms := sorted({form for _, form in places} - set(_FORMS)):
        raise InputError(where, f"found form {forms[0]!r}; allowed: {', '.join(filter(None, _FORMS))}, or none")
    return Drill(f"{path.stem}-{number}", tuple(sentences), {place: tuple(found) for place, found in labels.items()})


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(x, str) for x in value)


def filled(drills: Sequence[Drill], ids: Collection[str], rng: random.Random) -> list[Text]:
    """Each drill with states drawn at random, no two alike in one; ``ids`` are the states to draw from.

    Raises:
        ValueError: Fewer states than a drill has places.
    """
    pool = [state for state in states() if state.id in ids]
    if drills and len(pool) < len(PLACES):
        raise ValueError(
            f"drills: found {len(pool)} states among the training texts' actors; allowed: {len(PLACES)} or more"
        )
    return [drill.fill(rng.sample(pool, len(drill.labels))) for drill in drills]


@cache
def states() -> tuple[State, ...]:
    """The states that have an adjective and a capital, and whose name stands well in any place."""
    file = resources.files("cuibono.extract") / "data" / "states.tsv"
    rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines(), delimiter="\t")
    found = [State(*(row[c].split(";")[0] for c in ("id", "name", "demonyms", "capitals"))) for row in rows]
    return tuple(s for s in found if s.adjective and s.capital and not _WITH_ARTICLE.fullmatch(s.name))
