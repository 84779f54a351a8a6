"""The actor table: which actor a name stands for.

The table is data (``data/*.tsv``; ``data/actors/`` in the repository says how it was made). A name is
looked up as it is written; what the user types is looked up more kindly (:meth:`ActorTable.resolve`).
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from importlib import resources

from cuibono.document import sha256

_FILES = ("states.tsv", "organisations.tsv", "names.tsv")
#: Column of states.tsv -> entity label of such a mention.
_STATE_SURFACES = {"name": "GPE", "aliases": "GPE", "demonyms": "NORP", "capitals": "GPE", "seats": "ORG"}


@dataclass(frozen=True, slots=True)
class Surface:
    """What a written name stands for: an entity label, and an actor's id unless it is only a place, a treaty ..."""

    text: str
    label: str
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """An actor that can be asked about. ``known`` is False for a name that the table does not have."""

    id: str
    name: str
    known: bool = True


@dataclass(frozen=True)
class ActorTable:
    """Surfaces, names and ties of actors.

    Attributes:
        surfaces: By the exact writing.
        names: The usual short name of each actor, by id.
        members: The members of a bloc, or the home state of a company, by id.
        digest: SHA-256 over the table's files, for manifests.
    """

    surfaces: Mapping[str, Surface]
    names: Mapping[str, str]
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    digest: str = ""

    def resolve(self, name: str) -> Actor:
        """The actor that a user means by ``Russia``, ``RUS``, ``moscow``, ``European Union`` or ``Boeing``.

        A name that the table does not have becomes an actor of its own, ``known=False``, with a
        handle made from the name.

        Raises:
            ValueError: An empty name, or the name of a place or treaty that is no actor.
        """
        name = " ".join(name.split())
        if not name:
            raise ValueError("actor: found an empty name; allowed: a name, an ISO 3166-1 alpha-3 code or a handle")
        for key in (name, name.upper(), name.lower()):
            if key in self.names:
                return Actor(key, self.names[key])
        surface = self.surfaces.get(name) or self._folded.get(_fold(name))
        if surface is None:
            handle = name if re.fullmatch(r"(org|person):[a-z0-9-]+", name) else f"org:{slug(name)}"
            return Actor(handle, name, known=False)
        if surface.actor is None:
            raise ValueError(f"actor: found {name!r}, which the table has as {surface.label}; allowed: an actor")
        return Actor(surface.actor, self.names[surface.actor])

    def with_actor(self, actor: Actor) -> ActorTable:
        """The table with an unknown actor's name added, so that its mentions are found."""
        if actor.known or actor.name in self.surfaces:
            return self
        surfaces = {**self.surfaces, actor.name: Surface(actor.name, "ORG", actor.id)}
        return replace(self, surfaces=surfaces, names={**self.names, actor.id: actor.name})

    def surfaces_of(self, actor: str) -> list[str]:
        """Every writing that stands for an actor, in the table's order."""
        return [s.text for s in self.surfaces.values() if s.actor == actor]

    @cached_property
    def _folded(self) -> Mapping[str, Surface]:
        folded: dict[str, Surface] = {}
        for surface in self.surfaces.values():
            folded.setdefault(_fold(surface.text), surface)
        return folded


@cache
def load_table() -> ActorTable:
    """The table that comes with the package."""
    folder = resources.files("cuibono.extract") / "data"
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in _FILES}
    surfaces: dict[str, Surface] = {}
    names: dict[str, str] = {}
    members: dict[str, tuple[str, ...]] = {}
    for row in _rows(texts["states.tsv"]):
        names[row["id"]] = row["name"]
        for column, label in _STATE_SURFACES.items():
            _add(surfaces, (Surface(text, label, row["id"]) for text in _cells(row[column])))
    for row in _rows(texts["organisations.tsv"]):
        names[row["id"]] = row["name"]
        members[row["id"]] = tuple(_cells(row["members"]) or _cells(row["home"]))
        _add(surfaces, (Surface(t, row["label"], row["id"]) for t in (row["name"], *_cells(row["aliases"]))))
        _add(surfaces, (Surface(t, "NORP", row["id"]) for t in _cells(row["demonyms"])))
    for row in _rows(texts["names.tsv"]):
        _add(surfaces, (Surface(text, row["label"]) for text in _cells(row["surfaces"])))
    return ActorTable(surfaces, names, members, sha256("".join(texts[name] for name in _FILES)))


def slug(name: str) -> str:
    """A handle's tail: ``"Ebrahim Raisi"`` -> ``"ebrahim-raisi"``, letters without accents."""
    return re.sub(r"[^a-z0-9]+", "-", _plain(name)).strip("-") or sha256(name)[:8]


def _add(surfaces: dict[str, Surface], more: Iterable[Surface]) -> None:
    # First come, first served: states before organisations before mere names.
    for surface in more:
        surfaces.setdefault(surface.text, surface)


def _rows(text: str) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)


def _cells(cell: str | None) -> list[str]:
    return [part.strip() for part in (cell or "").split(";") if part.strip()]


def _fold(name: str) -> str:
    return re.sub(r"^the\s+|\.", "", _plain(name)).strip()


def _plain(name: str) -> str:
    """Small letters without accents; what ASCII does not have is dropped."""
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
