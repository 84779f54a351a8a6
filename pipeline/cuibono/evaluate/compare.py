"""``compare(annotations, gold=...)``: any number of annotations of the same texts, laid side by side.

Every text is aligned once for each pair of annotators. Agreement, scores against gold, tests of significance and the
list of disagreements are read from that.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar

import numpy as np

from cuibono.document import LABELS, ROLES, Document
from cuibono.errors import AnnotationError
from cuibono.evaluate import agreement, bootstrap, signature, unitizing
from cuibono.evaluate.align import Alignment, Tokens, align, shared_text
from cuibono.evaluate.counts import ALL, Inside, paragraphs
from cuibono.evaluate.disagreements import Disagreement, disagreements
from cuibono.evaluate.items import Item, join
from cuibono.evaluate.pairwise import Report, Settings, by_id, report
from cuibono.evaluate.scores import Score, fields_of, measures_of, short
from cuibono.evaluate.significance import Difference, difference, holm

T = TypeVar("T")
#: The annotation that the others are scored against goes by this name.
GOLD = "gold"
#: The measures by which systems are tested against each other; stakes for each actor besides.
TESTED = ("units.overlap.f1", "role.macro-f1")


@dataclass(frozen=True, slots=True)
class Party:
    """One annotator of a comparison.

    Attributes:
        name: Unique among the parties.
        by: Who annotated, as signatures write it.
        kind: person, llm or model; several where the file mixes them.
        labels: For each actor how many units have which label.
        digest: Of the content of all documents.
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
class Test:
    """Whether one system is better than another by a measure. ``corrected_p`` is Holm's, over all of a comparison."""

    a: str
    b: str
    measure: str
    difference: Difference
    corrected_p: float
    signature: str

    def to_dict(self) -> dict[str, Any]:
        """As JSON; undefined is null."""
        numbers = {**asdict(self.difference), "corrected_p": self.corrected_p}
        plain = {k: None if isinstance(v, float) and math.isnan(v) else v for k, v in numbers.items()}
        return {"a": self.a, "b": self.b, "measure": self.measure, **plain, "signature": self.signature}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What :func:`compare` found.

    Attributes:
        parties: By name; the gold, if there is one, is not among them.
        gold: The gold.
        documents: Ids of those that at least two parties (or one and the gold) annotated.
        items: How many units that is, those taken for one counted once.
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
    items: int
    actors: Mapping[str, str]
    settings: Settings
    resampled: str
    pairs: Mapping[tuple[str, str], Report]
    joint: Mapping[str, Score]
    against_gold: Mapping[str, Report]
    tests: tuple[Test, ...]
    disagreements: tuple[Disagreement, ...]
    left_out: tuple[str, ...]
    texts: Mapping[str, str]
    annotations: Mapping[str, Mapping[str, Document]]

    def joint_signature(self, name: str) -> str:
        """What a joint number depends on, in one line."""
        fields = fields_of(name, self.settings.threshold)
        fields["annotators"] = "+".join(signature.named(p.name, p.digest) for p in self.parties)
        fields["documents"] = str(len(self.documents))
        fields["boot"] = f"{self.settings.resamples},seed:{self.settings.seed},over:{self.resampled}"
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
    laid = _lay(sides, shared, settings)
    actors = {a: n for docs in sides.values() for k in shared if k in docs for a, n in docs[k].actors.items()}
    names = [name for name in sides if name != GOLD or gold is None]
    pairs = {}
    for pair in itertools.combinations(names, 2):
        if found := laid.report(*pair, settings):
            pairs[pair] = found
    against = {n: found for n in names if gold is not None and (found := laid.report(GOLD, n, settings))}
    parties = {name: _party(name, docs, laid.hashes) for name, docs in sides.items()}
    return Comparison(
        parties=tuple(parties[n] for n in names),
        gold=parties[GOLD] if gold is not None else None,
        documents=tuple(shared),
        items=len(laid.items),
        actors=dict(sorted(actors.items())),
        settings=settings,
        resampled="documents" if len(shared) > 1 else "paragraphs",
        pairs=pairs,
        joint=_joint(laid, names, sorted(actors), settings),
        against_gold=against,
        tests=tuple(_tests(against, settings)),
        disagreements=tuple(disagreements(laid.items, sides, laid.texts)),
        left_out=tuple(left_out),
        texts=laid.texts,
        annotations=sides,
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
    return {**sides, **({GOLD: by_id(gold, GOLD)} if gold is not None else {})}


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


@dataclass(frozen=True, slots=True)
class _Laid:
    """All alignments, by pair of sides and by document, and what follows from them."""

    alignments: Mapping[tuple[str, str], Mapping[str, Alignment]]
    items: Sequence[Item]
    texts: Mapping[str, str]
    tokens: Mapping[str, Tokens]
    hashes: Mapping[int, str]
    sides: Mapping[str, Mapping[str, Document]]
    #: The samples of a single document for what all say together.
    parts: Mapping[str, Inside] | None

    def report(self, left: str, right: str, settings: Settings) -> Report | None:
        """The second of two sides against the first; None without a document or an actor that both have."""
        key = (left, right) if (left, right) in self.alignments else (right, left)
        found = list(self.alignments[key].values())
        if key != (left, right):
            found = [_turned(a) for a in found]
        if not any(a in f.predicted.actors for f in found for a in f.gold.actors):
            return None
        return report(found, settings, hashes=self.hashes)


def _turned(a: Alignment) -> Alignment:
    """The same alignment with the sides exchanged."""

    def turn(pairs: Sequence[tuple[T, T]]) -> tuple[tuple[T, T], ...]:
        return tuple((right, left) for left, right in pairs)

    return Alignment(
        a.doc_id,
        a.text,
        gold=a.predicted,
        predicted=a.gold,
        exact=turn(a.exact),
        overlap=turn(a.overlap),
        entities=turn(a.entities),
        entities_overlap=turn(a.entities_overlap),
        relations=turn(a.relations),
    )


def _lay(sides: Mapping[str, Mapping[str, Document]], shared: Sequence[str], settings: Settings) -> _Laid:
    alignments: dict[tuple[str, str], dict[str, Alignment]] = {p: {} for p in itertools.combinations(sides, 2)}
    items: list[Item] = []
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
        items += join(present, of_pairs, tokens[doc_id])
    parts = None
    if len(shared) == 1:
        annotated = [docs[shared[0]] for docs in sides.values() if shared[0] in docs]
        parts = paragraphs(annotated, annotated)
    return _Laid(alignments, items, texts, tokens, hashes, sides, parts)


def _party(name: str, docs: Mapping[str, Document], hashes: Mapping[int, str]) -> Party:
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
        digest=signature.joint_hash(hashes[id(d)] for d in documents),
    )


def _joint(laid: _Laid, names: Sequence[str], actors: Sequence[str], settings: Settings) -> dict[str, Score]:
    """Fleiss' kappa and Krippendorff's alpha on the labels of items, and alpha on the units."""
    parts: Mapping[str, Inside] = laid.parts or {}
    samples: list[tuple[str, Inside]] = [(next(iter(laid.texts)), inside) for inside in parts.values()]
    samples = samples or [(doc_id, lambda _start: True) for doc_id in laid.texts]
    by_document: dict[str, list[Item]] = {}
    for item in laid.items:
        by_document.setdefault(item.doc_id, []).append(item)
    drawn = bootstrap.weights(len(samples), settings.resamples, settings.seed)
    out: dict[str, Score] = {}

    def add(name: str, rows: Sequence[Any], measure: bootstrap.Measure, n: int) -> None:
        sums = np.stack(rows)
        low, high = bootstrap.interval(sums, measure, drawn)
        out[name] = Score(name, float(measure(sums.sum(axis=0))), low, high, n)

    layers = ["role", *(f"stakes.{a}" for a in actors), *([f"stakes.{ALL}"] if len(actors) > 1 else [])]
    for layer in layers:
        labels = ROLES if layer == "role" else LABELS
        rows = [
            [row for item in by_document.get(d, ()) if inside(item.start) for row in _rows(item, laid, names, layer)]
            for d, inside in samples
        ]
        both = sum(sum(x is not None for x in row) > 1 for part in rows for row in part)
        complete = sum(None not in row for part in rows for row in part)
        alpha = [agreement.coincidences(part, labels) for part in rows]
        add(f"{layer}.krippendorff-alpha", alpha, agreement.alpha_of, both)
        fleiss = [agreement.fleiss_counts(part, labels) for part in rows]
        add(f"{layer}.fleiss-kappa", fleiss, agreement.fleiss_kappa, complete)
    # A continuum is a whole text: paragraphs of one cannot be resampled for it.
    units = [_unitized(laid, names, doc_id) for doc_id in laid.texts]
    total = np.stack(units).sum(axis=0)
    low, high = math.nan, math.nan
    if len(units) > 1:
        low, high = bootstrap.interval(np.stack(units), unitizing.alpha_u, drawn)
    out["units.alpha-u"] = Score("units.alpha-u", float(unitizing.alpha_u(total)), low, high, len(laid.items))
    return out


def _rows(item: Item, laid: _Laid, names: Sequence[str], layer: str) -> Iterator[list[str | None]]:
    """The labels of an item, one an annotator: of its role, of its stakes for an actor, or a row for each actor."""
    if layer == "role":
        yield [item.units[n].role if n in item.units else None for n in names]
        return
    actor = layer.partition(".")[2]
    asked = {a for n in names if (d := laid.sides[n].get(item.doc_id)) for a in d.actors}
    for each in sorted(asked) if actor == ALL else [actor]:
        yield [
            item.units[n].stakes[each].label if n in item.units and each in item.units[n].stakes else None
            for n in names
        ]


def _unitized(laid: _Laid, names: Sequence[str], doc_id: str) -> Any:
    tokens = laid.tokens[doc_id]
    marked = [
        [(tokens.count(0, u.start), tokens.count(0, u.end)) for u in laid.sides[n][doc_id].units]
        for n in names
        if doc_id in laid.sides[n]
    ]
    return unitizing.disagreements(marked, len(tokens.starts))


def _tests(against: Mapping[str, Report], settings: Settings) -> list[Test]:
    """Every pair of systems by every tested measure, on the documents that both have and the gold has."""
    found: list[Test] = []
    for a, b in itertools.combinations(against, 2):
        left, right = against[a], against[b]
        common = [s for s in left.table.samples if s in set(right.table.samples)]
        rows_a = [left.table.samples.index(s) for s in common]
        rows_b = [right.table.samples.index(s) for s in common]
        actors = [x for x in left.actors if x in right.actors]
        pooled = [ALL] if len(actors) > 1 and left.actors == right.actors else []
        tested = (*TESTED, *(f"stakes.{x}.macro-f1" for x in (*actors, *pooled)))
        for measure in measures_of(actors):
            if measure.name not in tested or not common:
                continue
            counts_a, counts_b = left.table.counts[measure.counts], right.table.counts[measure.counts]
            gap = difference(counts_a[rows_a], counts_b[rows_b], measure.of, settings.resamples, settings.seed)
            fields = fields_of(measure.name, settings.threshold)
            fields |= {"gold": left.quoted["gold"], "a": left.quoted["system"], "b": right.quoted["system"]}
            fields["test"] = f"{settings.resamples},seed:{settings.seed},over:{left.resampled},holm"
            found.append(Test(a, b, measure.name, gap, math.nan, signature.signature(short(measure.name), fields)))
    corrected = holm([t.difference.randomization_p for t in found])
    return [replace(t, corrected_p=p) for t, p in zip(found, corrected, strict=True)]
