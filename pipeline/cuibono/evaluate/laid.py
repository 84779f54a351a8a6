"""Annotations of the same texts laid side by side: all alignments, once, and the items they make."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from cuibono.document import Document
from cuibono.evaluate import signature
from cuibono.evaluate.align import Alignment, Tokens, align, shared_text
from cuibono.evaluate.items import Item, join
from cuibono.evaluate.pairwise import Report, Settings, report

#: The annotation that the others are scored against goes by this name.
GOLD = "gold"


@dataclass(frozen=True, slots=True)
class Laid:
    """All alignments, by pair of sides in their order (the gold first) and by document, and what follows from them.

    Attributes:
        items: With the gold's units among them.
        joint: Of the parties alone, whom the gold must not bring together.
    """

    alignments: Mapping[tuple[str, str], Mapping[str, Alignment]]
    items: Sequence[Item]
    joint: Mapping[str, Sequence[Item]]
    texts: Mapping[str, str]
    tokens: Mapping[str, Tokens]
    hashes: Mapping[int, str]
    sides: Mapping[str, Mapping[str, Document]]

    def blocks(self, doc_ids: Collection[str]) -> list[Document]:
        """Annotations of a single document, whose blocks are the samples: the same ones for every pair of sides."""
        if len(doc_ids) != 1:
            return []
        (doc_id,) = doc_ids
        return [docs[doc_id] for docs in self.sides.values() if doc_id in docs]

    def report(self, left: str, right: str, settings: Settings) -> Report | None:
        """The second of two sides, in their order, against the first; None without a document that both have."""
        found = self.alignments[left, right]
        if not found:
            return None
        return report(list(found.values()), settings, hashes=self.hashes, blocks=self.blocks(found))


def lay(sides: Mapping[str, Mapping[str, Document]], shared: Sequence[str], gold: bool, settings: Settings) -> Laid:
    """Align each pair of sides in each document.

    Args:
        sides: Documents by annotator, the gold among them.
        shared: Documents that two sides have.
        gold: Whether the side of that name is one.
        settings: For the threshold.

    Raises:
        AnnotationError: As :func:`cuibono.evaluate.align.shared_text`.
    """
    alignments: dict[tuple[str, str], dict[str, Alignment]] = {p: {} for p in itertools.combinations(sides, 2)}
    items: list[Item] = []
    joint: dict[str, list[Item]] = {}
    texts, tokens = {}, {}
    hashes = {id(d): signature.content_hash(d) for docs in sides.values() for d in docs.values()}
    for doc_id in shared:
        present = {name: docs[doc_id] for name, docs in sides.items() if doc_id in docs}
        texts[doc_id] = shared_text(list(present.values()))
        tokens[doc_id] = Tokens(texts[doc_id])
        of_pairs = {
            (a, b): align(present[a], present[b], settings.threshold, tokens[doc_id])
            for a, b in itertools.combinations(present, 2)
        }
        for pair, alignment in of_pairs.items():
            alignments[pair][doc_id] = alignment
        found = join(present, of_pairs, tokens[doc_id])
        items += found
        parties = {name: d for name, d in present.items() if not (gold and name == GOLD)}
        if len(parties) > 1:
            among = {pair: a for pair, a in of_pairs.items() if set(pair) <= parties.keys()}
            joint[doc_id] = join(parties, among, tokens[doc_id]) if len(parties) < len(present) else found
    return Laid(alignments, items, joint, texts, tokens, hashes, sides)
