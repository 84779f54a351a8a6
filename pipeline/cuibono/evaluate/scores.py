"""``evaluate(predicted, gold)``: the measures of one annotator against another, with intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from cuibono.document import LABELS, ROLES, Annotator, Document
from cuibono.errors import AnnotationError
from cuibono.evaluate import agreement, bootstrap, measures
from cuibono.evaluate.align import OVERLAP, align
from cuibono.evaluate.counts import MISSING, Counts, Table, count


@dataclass(frozen=True, slots=True)
class Score:
    """One measure. ``value`` and the interval's ends are NaN where undefined.

    Attributes:
        name: Such as ``units.overlap.f1`` or ``stakes.RUS.macro-f1``.
        n: How many items the measure is about (gold and predicted together, each pair once).
    """

    name: str
    value: float
    low: float = math.nan
    high: float = math.nan
    n: int = 0

    def to_dict(self) -> dict[str, Any]:
        """JSON has no NaN: undefined is null."""
        numbers = {"value": self.value, "low": self.low, "high": self.high}
        return {k: None if math.isnan(v) else round(v, 6) for k, v in numbers.items()} | {"n": self.n}


@dataclass(frozen=True, slots=True)
class Report:
    """What :func:`evaluate` found.

    Attributes:
        scores: By name, in the order in which they are printed.
        confusions: ``role`` and ``stakes.A``: gold in rows, predicted in columns, the labels of
            :attr:`labels`, then units that the other side lacks.
        resampled: What the bootstrap draws: ``documents``, or ``paragraphs`` of a single document.
        left_out: Documents that only one side has, or actors that only one side was asked about.
    """

    documents: int
    units: tuple[int, int]
    actors: dict[str, str]
    threshold: float
    resampled: str
    resamples: int
    seed: int
    predicted_by: Annotator | None
    gold_by: Annotator | None
    scores: dict[str, Score]
    confusions: dict[str, Counts]
    left_out: tuple[str, ...]

    def __getitem__(self, name: str) -> Score:
        return self.scores[name]

    @staticmethod
    def labels(name: str) -> tuple[str, ...]:
        """The labels of a confusion, in its order; its last row and column are units without a partner."""
        return (*(ROLES if name == "role" else LABELS), MISSING)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON, every number with the settings that it depends on."""
        return {
            "documents": self.documents,
            "units": {"gold": self.units[0], "predicted": self.units[1]},
            "predicted_by": self.predicted_by
            and {"name": self.predicted_by.name, "version": self.predicted_by.version},
            "gold_by": self.gold_by and {"name": self.gold_by.name, "version": self.gold_by.version},
            "actors": self.actors,
            "match": {"token_overlap": self.threshold},
            "bootstrap": {"over": self.resampled, "resamples": self.resamples, "seed": self.seed},
            "scores": {name: score.to_dict() for name, score in self.scores.items()},
            "confusions": {
                name: {"labels": list(self.labels(name)), "counts": matrix.tolist()}
                for name, matrix in self.confusions.items()
            },
            "left_out": list(self.left_out),
        }


def evaluate(
    predicted: Sequence[Document],
    gold: Sequence[Document],
    *,
    threshold: float = OVERLAP,
    resamples: int = bootstrap.RESAMPLES,
    seed: int = 0,
) -> Report:
    """Score predicted annotations against gold ones.

    Documents are paired by ``doc_id``; those that only one side has are left out and named in the
    report. Stakes are scored for the actors that both sides were asked about.

    Raises:
        AnnotationError: No document or no actor in common, one id twice on a side, or different texts.
    """
    pairs, left_out = _pair(predicted, gold)
    actors, one_sided = _actors(pairs)
    # By id, so that neither the total nor the bootstrap depends on the order of the files.
    alignments = [align(g, p, threshold) for p, g in sorted(pairs, key=lambda pair: pair[1].doc_id)]
    table = count(alignments, list(actors))
    drawn = bootstrap.weights(len(table.samples), resamples, seed)
    scores = {s.name: s for s in _scores(table, list(actors), drawn)}
    return Report(
        documents=len(pairs),
        units=(sum(len(g.units) for _, g in pairs), sum(len(p.units) for p, _ in pairs)),
        actors=actors,
        threshold=threshold,
        resampled="documents" if len(pairs) > 1 else "paragraphs",
        resamples=resamples,
        seed=seed,
        predicted_by=pairs[0][0].annotator,
        gold_by=pairs[0][1].annotator,
        scores=scores,
        confusions={n: table.total(n) for n in ("role", *(f"stakes.{a}" for a in actors))},
        left_out=(*left_out, *one_sided),
    )


def _pair(predicted: Sequence[Document], gold: Sequence[Document]) -> tuple[list[tuple[Document, Document]], list[str]]:
    left, right = _by_id(predicted, "predicted"), _by_id(gold, "gold")
    pairs = [(left[k], right[k]) for k in left if k in right]
    if not pairs:
        raise AnnotationError("doc_id", sorted(left), f"at least one of {sorted(right)}, the gold documents")
    out = [f"document {k}: no gold" for k in left if k not in right]
    return pairs, out + [f"document {k}: only in gold" for k in right if k not in left]


def _by_id(documents: Sequence[Document], side: str) -> dict[str, Document]:
    out: dict[str, Document] = {}
    for document in documents:
        if document.doc_id in out:
            raise AnnotationError(f"{side}.doc_id", document.doc_id, "each document once")
        out[document.doc_id] = document
    return out


def _actors(pairs: Sequence[tuple[Document, Document]]) -> tuple[dict[str, str], list[str]]:
    predicted = {a: n for p, _ in pairs for a, n in p.actors.items()}
    gold = {a: n for _, g in pairs for a, n in g.actors.items()}
    both = {a: n for a, n in sorted(gold.items()) if a in predicted}
    if not both:
        raise AnnotationError("actors", sorted(predicted), f"at least one of {sorted(gold)}, the actors of the gold")
    out = [f"actor {a}: only in gold" for a in gold if a not in both]
    return both, out + [f"actor {a}: not in gold" for a in predicted if a not in both]


def _scores(table: Table, actors: Sequence[str], drawn: Counts) -> Iterator[Score]:
    def score(name: str, counts: str, measure: bootstrap.Measure) -> Score:
        per_sample = table.counts[counts]
        total = per_sample.sum(axis=0)
        low, high = bootstrap.interval(per_sample, measure, drawn)
        return Score(name, float(measure(total)), low, high, _items(total, name))

    yield score("entities.f1", "entities", measures.f1)
    yield score("entities.precision", "entities", measures.precision)
    yield score("entities.recall", "entities", measures.recall)
    yield score("entities.actor-accuracy", "entity-actor", measures.accuracy)
    for match in ("exact", "overlap"):
        yield score(f"units.{match}.f1", f"units.{match}", measures.f1)
        yield score(f"units.{match}.precision", f"units.{match}", measures.precision)
        yield score(f"units.{match}.recall", f"units.{match}", measures.recall)
    for name, measure in _label_measures("role", ROLES, ROLES):
        yield score(name, "role", measure)
    for actor in actors:
        for name, measure in _label_measures(f"stakes.{actor}", LABELS, measures.MACRO_LABELS):
            yield score(name, f"stakes.{actor}", measure)
        hits = table.total(f"actor-stakes.{actor}")
        # They belong to the document: paragraphs cannot be resampled for them.
        yield Score(f"actor-stakes.{actor}.accuracy", float(measures.accuracy(hits)), n=int(hits[1]))


def _items(total: Counts, name: str) -> int:
    """What a measure is about: all that either side has; for labels of paired units only the pairs."""
    if total.shape == (2,):
        return int(total[1])
    paired = total.ndim == 2 and not name.endswith("end-to-end")
    return int((total[:-1, :-1] if paired else total).sum())


def _label_measures(name: str, labels: Sequence[str], over: Sequence[str]) -> Iterator[tuple[str, bootstrap.Measure]]:
    """Macro-F1 on paired units and end to end, each label, the majority class, and agreement."""
    yield f"{name}.macro-f1", partial(measures.macro_f1, labels=labels, over=over, end_to_end=False)
    yield f"{name}.macro-f1.end-to-end", partial(measures.macro_f1, labels=labels, over=over, end_to_end=True)
    for label in labels:
        yield f"{name}.{label}.f1", partial(measures.label_f1, labels=labels, label=label, end_to_end=False)
    yield f"{name}.majority-class.macro-f1", partial(measures.majority_macro_f1, labels=labels, over=over)
    yield f"{name}.cohen-kappa", agreement.cohen_kappa
    yield f"{name}.krippendorff-alpha", agreement.krippendorff_alpha
