"""``compare(annotations, gold=...)``: any number of annotations of the same texts, laid side by side.

Every text is aligned once for each pair of annotators. Agreement, scores against gold, tests of significance and the
list of disagreements are read from that.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from cuibono.document import LABELS, Document
from cuibono.errors import AnnotationError
from cuibono.evaluate import signature
from cuibono.evaluate.disagreements import Disagreement, disagreements
from cuibono.evaluate.items import Item
from cuibono.evaluate.joint import joint
from cuibono.evaluate.laid import GOLD, lay
from cuibono.evaluate.pairwise import Report, Settings, by_id, samples_of
from cuibono.evaluate.scores import Score, fields_of, short
from cuibono.evaluate.versus import Test, tests


@dataclass(frozen=True, slots=True)
class Party:
    """One annotator of a comparison.

    Attributes:
        name: Unique among the parties.
        by: Who annotated, as signatures write it.
        kind: person, llm or model; several where the file mixes them.
        labels: For each actor how many units have which label.
        digest: Of the content of what was compared.
    """

    name: str
    by: str
    kind: str
    documents: int
    units: int
    labels: Mapping[str, Mapping[str, int]]
    digest: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What :func:`compare` found.

    Attributes:
        parties: By name; the gold, if there is one, is not among them.
        gold: The gold.
        documents: Ids of those that at least two parties (or one and the gold) annotated.
        joined: Their units, those that are taken for one together.
        pairs: For each pair of parties the report of the second against the first.
        joint: Agreement of all parties: by name, such as ``stakes.RUS.fleiss-kappa`` or ``units.alpha-u``.
        against_gold: For each party its report against the gold.
        tests: Of every pair of parties against the gold.
        disagreements: Worst first; the gold is one of those who say something.
        texts: Of the documents.
    """

    parties: tuple[Party, ...]
    gold: Party | None
    documents: tuple[str, ...]
    joined: tuple[Item, ...]
    actors: Mapping[str, str]
    settings: Settings
    pairs: Mapping[tuple[str, str], Report]
    joint: Mapping[str, Score]
    against_gold: Mapping[str, Report]
    tests: tuple[Test, ...]
    disagreements: tuple[Disagreement, ...]
    left_out: tuple[str, ...]
    texts: Mapping[str, str]
    annotations: Mapping[str, Mapping[str, Document]]

    @property
    def items(self) -> int:
        """How many units were compared, those taken for one counted once."""
        return len(self.joined)

    @property
    def sides(self) -> tuple[Party, ...]:
        """The parties, and the gold if there is one."""
        return (*self.parties, *([self.gold] if self.gold else []))

    @property
    def resampled(self) -> str:
        """What the bootstrap draws: documents, or the paragraphs of a single one."""
        return samples_of(self.documents)

    def pair(self, a: str, b: str) -> Report | None:
        """The report of two parties, whichever comes first; of agreement both ways say the same."""
        return self.pairs.get((a, b)) or self.pairs.get((b, a))

    def joint_signature(self, name: str) -> str:
        """What a joint number depends on, in one line."""
        fields = fields_of(name, self.settings.threshold)
        fields["annotators"] = "+".join(signature.named(p.name, p.digest) for p in self.parties)
        having = Counter(d for p in self.parties for d in self.annotations[p.name])
        together = [d for d in self.documents if having[d] > 1]
        fields["documents"] = str(len(together))
        fields["boot"] = self.settings.drawn(samples_of(together))
        return signature.signature(short(name), fields)

    def to_dict(self) -> dict[str, Any]:
        """As JSON: every number with its signature, every disagreement with what each said."""
        return {
            "annotators": [p.to_dict() for p in self.parties],
            "gold": self.gold and self.gold.to_dict(),
            "documents": list(self.documents),
            "units": self.items,
            "actors": dict(self.actors),
            "settings": {**self.settings.to_dict(), "over": self.resampled},
            "agreement": {
                "pairs": [{"a": a, "b": b, **_of_pair(r)} for (a, b), r in self.pairs.items()],
                "joint": {n: {**s.to_dict(), "signature": self.joint_signature(n)} for n, s in self.joint.items()},
            },
            "against_gold": {name: r.to_dict() for name, r in self.against_gold.items()},
            "significance": [t.to_dict() for t in self.tests],
            "disagreements": [d.to_dict() for d in self.disagreements],
            "left_out": list(self.left_out),
        }


def _of_pair(report: Report) -> dict[str, Any]:
    found = report.to_dict()
    return {"documents": found["documents"], "scores": found["scores"], "left_out": found["left_out"]}


def compare(
    annotations: Mapping[str, Sequence[Document]],
    gold: Sequence[Document] | None = None,
    *,
    settings: Settings | None = None,
) -> Comparison:
    """Lay annotations side by side.

    Documents are taken together by ``doc_id``; annotators may lack some. Those that nobody else annotated are
    left out, and said.

    Args:
        annotations: The documents of each annotator, by a name of the caller's choice.
        gold: What all are scored against.
        settings: Threshold, resamples, seed.

    Raises:
        ValueError: Fewer than two annotators (one, with gold), or one called ``gold`` beside a gold.
        AnnotationError: A document twice in one annotation, annotations of one document about different texts, no
            document or no actor in common.
    """
    settings = settings or Settings()
    sides = _sides(annotations, gold)
    shared, left_out = _shared(sides)
    laid = lay(sides, shared, gold is not None, settings)
    actors = {a: n for docs in sides.values() for k in shared if k in docs for a, n in docs[k].actors.items()}
    names = [name for name in sides if name != GOLD or gold is None]
    pairs = {}
    for pair in itertools.combinations(names, 2):
        if found := laid.report(*pair, settings):
            pairs[pair] = found
    against = {n: found for n in names if gold is not None and (found := laid.report(GOLD, n, settings))}
    parties = {name: _party(name, docs, shared, laid.hashes) for name, docs in sides.items()}
    return Comparison(
        parties=tuple(parties[n] for n in names),
        gold=parties[GOLD] if gold is not None else None,
        documents=tuple(shared),
        joined=tuple(laid.items),
        actors=dict(sorted(actors.items())),
        settings=settings,
        pairs=pairs,
        joint=joint(laid, names, sorted(actors), settings),
        against_gold=against,
        tests=tuple(tests(laid, against, settings)),
        disagreements=tuple(disagreements(laid.items, sides, laid.texts)),
        left_out=tuple(left_out),
        texts=laid.texts,
        annotations={name: sides[name] for name in (*names, *([GOLD] if gold is not None else []))},
    )


def _sides(
    annotations: Mapping[str, Sequence[Document]], gold: Sequence[Document] | None
) -> dict[str, dict[str, Document]]:
    if gold is not None and GOLD in annotations:
        raise ValueError(f"annotators: found one called {GOLD!r} beside a gold; allowed: any other name")
    if len(annotations) + (gold is not None) < 2:
        raise ValueError("annotators: found one; allowed: two or more, or one and a gold")
    # By name: nothing below depends on the order in which they were given.
    sides = {name: by_id(annotations[name], name) for name in sorted(annotations)}
    # The gold first, so that it is the left side of each pair that it is in.
    return {**({GOLD: by_id(gold, GOLD)} if gold is not None else {}), **sides}


def _shared(sides: Mapping[str, Mapping[str, Document]]) -> tuple[list[str], list[str]]:
    """Documents that two sides have, and a line for each that one lacks."""
    having = Counter(doc_id for docs in sides.values() for doc_id in docs)
    shared = sorted(doc_id for doc_id, n in having.items() if n > 1)
    if not shared:
        found = {name: sorted(docs)[:3] for name, docs in sides.items()}
        raise AnnotationError("doc_id", found, "at least one document that two of them annotated")
    out = [f"document {d}: only {name} has it" for name, docs in sides.items() for d in sorted(docs) if having[d] == 1]
    for name, docs in sides.items():
        out += [f"document {d}: {name} lacks it; compared without" for d in shared if d not in docs]
        out += [f"document {d}: {name} has no unit" for d in shared if d in docs and not docs[d].units]
    return shared, out + _not_asked(sides, shared)


def _not_asked(sides: Mapping[str, Mapping[str, Document]], shared: Sequence[str]) -> list[str]:
    """A line for each actor of a document that not all of its annotators were asked about."""
    asked = {(name, a) for name, docs in sides.items() for d in shared if d in docs for a in docs[d].actors}
    out = []
    for actor in sorted({a for _, a in asked}):
        never = [name for name in sides if (name, actor) not in asked]
        if never:
            out.append(f"actor {actor}: {', '.join(never)} not asked; compared without")
        for d in shared:
            here = [n for n in sides if d in sides[n] and n not in never]
            lacking = [n for n in here if actor not in sides[n][d].actors]
            if len(lacking) < len(here):
                out += [f"document {d}, actor {actor}: {n} not asked; compared without" for n in lacking]
    return out


def _party(name: str, docs: Mapping[str, Document], shared: Collection[str], hashes: Mapping[int, str]) -> Party:
    documents = list(docs.values())
    labels: dict[str, Counter[str]] = {}
    for document in documents:
        for actor in document.actors:
            labels.setdefault(actor, Counter()).update(document.label_counts(actor))
    return Party(
        name=name,
        by=signature.who(documents),
        kind="+".join(sorted({d.annotator.kind for d in documents if d.annotator})) or "?",
        documents=len(documents),
        units=sum(len(d.units) for d in documents),
        labels={a: {x: labels[a][x] for x in LABELS} for a in sorted(labels)},
        digest=signature.joint_hash(hashes[id(docs[k])] for k in shared if k in docs),
    )
