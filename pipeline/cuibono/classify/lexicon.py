"""The effect lexicon of the rules: which words say that something becomes better or worse, and for whom.

``lexicon.tsv`` has one class of words a line: part of speech, class, effects, words. An effect is
``place:sign``; places are what the parse makes findable: ``subject``, ``object``, ``dative``, a
preposition (the phrase behind it), ``owner`` (of a noun), ``holder`` (of a quality).
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spacy.tokens import Token

from cuibono.errors import ModelError

POS = ("verb", "noun", "adj", "flip", "prep")
_SIGNS = {"+": 1, "-": -1, "0": 0, "flip": -1}


@dataclass(frozen=True, slots=True)
class Entry:
    """One class of words and its effects, place -> sign."""

    name: str
    effects: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Entries by part of speech and lemma; a verb may have several senses."""

    entries: Mapping[str, Mapping[str, tuple[Entry, ...]]]

    def of(self, token: Token) -> tuple[Entry, ...]:
        """The entries of a token in the part of speech that the parser gave it."""
        pos = {"VERB": "verb", "AUX": "verb", "NOUN": "noun", "PROPN": "noun", "ADJ": "adj"}.get(token.pos_)
        if pos is None:
            return ()
        lemma = token.lemma_.lower()
        if pos == "verb":
            particle = next((c.lower_ for c in token.children if c.dep_ == "prt"), None)
            if particle and f"{lemma}_{particle}" in self.entries[pos]:
                return self.entries[pos][f"{lemma}_{particle}"]
        return self.entries[pos].get(lemma, ())

    def has(self, pos: str, word: str) -> bool:
        """Whether a class of this part of speech lists the word."""
        return word in self.entries[pos]

    def sign(self, pos: str, word: str, place: str) -> int:
        """The sign of a word at a place; 0 if it has none."""
        return next((e.effects[place] for e in self.entries[pos].get(word, ()) if place in e.effects), 0)


def load(path: Path) -> Lexicon:
    """Read a lexicon file.

    Raises:
        ModelError: No such file, or a line that is not of this form (with its number).
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from None
    entries: dict[str, dict[str, tuple[Entry, ...]]] = {pos: {} for pos in POS}
    for number, row in enumerate(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE), 2):
        try:
            entry = Entry(row["class"], _effects(row["effects"]))
            words = [w.strip() for w in row["words"].split(";")]
            table = entries[row["pos"]]
        except (KeyError, ValueError, AttributeError) as error:
            raise ModelError(
                f"{path}: line {number}: found {row}; allowed: pos, class, effects, words ({error})"
            ) from None
        for word in dict.fromkeys(words):
            table[word] = (*table.get(word, ()), entry)
    return Lexicon(entries)


def _effects(cell: str) -> dict[str, int]:
    parts = [part.strip().rpartition(":") for part in cell.split(";")]
    return {place or sign: _SIGNS[sign] for place, _, sign in parts}
