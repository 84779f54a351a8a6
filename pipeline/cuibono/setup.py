"""What an annotator is made of, by name: it can be described without being made, and made in another process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from spacy import util

from cuibono import DEFAULT_MODEL
from cuibono.annotate import Annotator
from cuibono.classify import annotator_of, encoder, load_classifier
from cuibono.document import Document
from cuibono.extract.actors import load_table
from cuibono.extract.pipeline import SPACY_MODEL, spacy_folder
from cuibono.hashes import folder_hash


@dataclass(frozen=True, slots=True)
class Setup:
    """All that decides what an annotator writes, by name; it can be sent to another process, which loads the models.

    Attributes:
        actors: As a user wrote them.
        threads: Of each network; 0 is as many as there are cores. Changes no result.
    """

    actors: tuple[str, ...]
    model: str = DEFAULT_MODEL
    abstain_below: float = 0.0
    label_map: tuple[tuple[str, str], ...] = ()
    spacy_model: str = SPACY_MODEL
    threads: int = 0

    def annotator(self) -> Annotator:
        """Load everything. Raises ValueError for an actor that is none, ModelError for a model."""
        encoder.threads = self.threads
        table = load_table()
        actors = [table.resolve(name) for name in self.actors]
        options: dict[str, Any] = {"abstain_below": self.abstain_below, "label_map": dict(self.label_map)}
        return Annotator(actors, load_classifier(self.model, **options), self.spacy_model)

    def describe(self) -> dict[str, Any]:
        """What all of it is, as JSON, with hashes; nothing large is loaded. Raises as :meth:`annotator`."""
        table = load_table()
        actors = [table.resolve(name) for name in self.actors]
        for actor in actors:
            table = table.with_actor(actor)
        by = annotator_of(self.model, abstain_below=self.abstain_below, label_map=dict(self.label_map))
        folder = spacy_folder(self.spacy_model)
        meta = util.get_model_meta(folder)
        return {
            "setup": self.to_dict(),
            "actors": {actor.id: actor.name for actor in actors},
            "model": {"name": by.name, "version": by.version, **by.extra},
            "spacy_model": {
                "name": f"{meta['lang']}_{meta['name']}",
                "version": meta["version"],
                "sha256": folder_hash(folder),
            },
            "actor_table": {"sha256": table.digest},
        }

    def __call__(self) -> Callable[[Sequence[Document]], Iterator[Document]]:
        """What a worker does to a batch of documents."""
        return self.annotator().annotate_many

    def to_dict(self) -> dict[str, Any]:
        """As JSON, without what changes no result."""
        out = asdict(self)
        del out["threads"]
        return out | {"actors": list(self.actors), "label_map": dict(self.label_map)}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any], threads: int = 0) -> Setup:
        """From JSON. Raises KeyError or TypeError for what is none."""
        pairs = tuple(sorted(found["label_map"].items()))
        return cls(**{**found, "actors": tuple(found["actors"]), "label_map": pairs, "threads": threads})
