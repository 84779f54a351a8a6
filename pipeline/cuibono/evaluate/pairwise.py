"""``evaluate(predicted, gold)``: one annotation against another."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cuibono.document import LABELS, ROLES, Annotator, Document
from cuibono.errors import AnnotationError
from cuibono.evaluate import bootstrap, signature
from cuibono.evaluate.align import OVERLAP, Alignment, align
from cuibono.evaluate.counts import ALL, MISSING, Counts, Table, and_all, count
from cuibono.evaluate.scores import Score, fields_of, scores, short


@dataclass(frozen=True, slots=True)
class Settings:
    """What every number depends on besides the annotations.

    Attributes:
        threshold: Token overlap at which spans pair.
        resamples: Of the bootstrap and of the tests.
        seed: Of both.
    """

    threshold: float = OVERLAP
    resamples: int = bootstrap.RESAMPLES
    seed: int = 0

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {"token_overlap": self.threshold, "resamples": self.resamples, "seed": self.seed}

    def drawn(self, over: str) -> str:
        """How often and from what, as signatures write it."""
        return f"{self.resamples},seed:{self.seed},over:{over}"


@dataclass(frozen=True, slots=True)
class Report:
    """What :func:`evaluate` found.

    Attributes:
        scores: By name, in the order in which they are printed.
        confusions: ``role`` and ``stakes.A``: gold in rows, predicted in columns, the labels of
            :meth:`labels`, then units that the other side lacks.
        table: The counts, a row a sample, from which everything follows.
        resampled: What the bootstrap draws: ``documents``, or ``paragraphs`` of a single document.
        left_out: Documents that only one side has, or actors that only one side was asked about.
        quoted: ``gold`` and ``system`` as signatures name them.
    """

    documents: int
    units: tuple[int, int]
    actors: dict[str, str]
    settings: Settings
    resampled: str
    predicted_by: Annotator | None
    gold_by: Annotator | None
    scores: dict[str, Score]
    table: Table
    left_out: tuple[str, ...]
    quoted: dict[str, str]

    def __getitem__(self, name: str) -> Score:
        return self.scores[name]

    @property
    def confusions(self) -> dict[str, Counts]:
        """By name: see the class."""
        return {n: self.table.total(n) for n in ("role", *(f"stakes.{a}" for a in and_all(self.actors)))}

    @staticmethod
    def labels(name: str) -> tuple[str, ...]:
        """The labels of a confusion, in its order; its last row and column are units without a partner."""
        return (*(ROLES if name == "role" else LABELS), MISSING)

    def signature(self, name: str) -> str:
        """What the score of this name depends on, in one line; the score itself is not part of it."""
        fields = {**fields_of(name, self.settings.threshold), **self.quoted}
        if not name.startswith("actor-stakes"):
            fields["boot"] = self.settings.drawn(self.resampled)
        return signature.signature(short(name), fields)

    def cite(self, name: str) -> str:
        """The signature with the score: what to quote."""
        return f"{self.signature(name)} = {self.scores[name]}"

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON, every number with the settings that it depends on."""
        return {
            "documents": self.documents,
            "units": {"gold": self.units[0], "predicted": self.units[1]},
            "predicted_by": self.predicted_by
            and {"name": self.predicted_by.name, "version": self.predicted_by.version},
            "gold_by": self.gold_by and {"name": self.gold_by.name, "version": self.gold_by.version},
            "actors": self.actors,
            "match": {"token_overlap": self.settings.threshold},
            "bootstrap": {
                "over": self.resampled,
                "resamples": self.settings.resamples,
                "seed": self.settings.seed,
            },
            "scores": {n: {**score.to_dict(), "signature": self.signature(n)} for n, score in self.scores.items()},
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
    report. Stakes are scored for the actors that both sides were asked about, document by document.

    Raises:
        AnnotationError: No document or no actor in common, one id twice on a side, or different texts.
    """
    left, right = by_id(predicted, "predicted"), by_id(gold, "gold")
    common = sorted(left.keys() & right.keys())
    if not common:
        raise AnnotationError("doc_id", sorted(left), f"at least one of {sorted(right)}, the gold documents")
    left_out = [f"document {k}: no gold" for k in sorted(left.keys() - right.keys())]
    left_out += [f"document {k}: only in gold" for k in sorted(right.keys() - left.keys())]
    # By id, so that neither the total nor the bootstrap depends on the order of the files.
    alignments = [align(right[k], left[k], threshold) for k in common]
    found = report(alignments, Settings(threshold, resamples, seed), left_out=left_out)
    if not found.actors:
        asked = [sorted({a for d in side.values() for a in d.actors}) for side in (left, right)]
        raise AnnotationError("actors", asked[0], f"at least one of {asked[1]}, the actors of the gold")
    return found


def report(
    alignments: Sequence[Alignment],
    settings: Settings,
    *,
    hashes: Mapping[int, str] | None = None,
    left_out: Sequence[str] = (),
    blocks: Sequence[Document] = (),
) -> Report:
    """Score what has been aligned.

    Args:
        alignments: One a document, in the order of their ids.
        settings: Of the bootstrap; its threshold is the one of the alignments.
        hashes: Content hashes by ``id`` of the documents, where they are known.
        left_out: What has been left out before.
        blocks: As for :func:`cuibono.evaluate.counts.count`.
    """
    gold, predicted = [a.gold for a in alignments], [a.predicted for a in alignments]
    actors, one_sided = _actors(list(zip(predicted, gold, strict=True)))
    table = count(alignments, list(actors), blocks)
    drawn = bootstrap.weights(len(table.samples), settings.resamples, settings.seed)
    return Report(
        documents=len(alignments),
        units=(sum(len(g.units) for g in gold), sum(len(p.units) for p in predicted)),
        actors=actors,
        settings=settings,
        resampled=samples_of(alignments),
        predicted_by=predicted[0].annotator,
        gold_by=gold[0].annotator,
        scores=scores(table, list(actors), drawn),
        table=table,
        left_out=(*left_out, *one_sided),
        quoted={"gold": quote(gold, hashes=hashes), "system": quote(predicted, False, hashes)},
    )


def samples_of(documents: Collection[object]) -> str:
    """What is resampled of so many documents: these, or the paragraphs of a single one."""
    return "documents" if len(documents) > 1 else "paragraphs"


def quote(documents: Sequence[Document], about: bool = True, hashes: Mapping[int, str] | None = None) -> str:
    """Annotations as signatures name them: what they are about, who made them, the first digits of their hash.

    Args:
        documents: Of one annotator.
        about: Say the document, or how many there are.
        hashes: Content hashes by ``id`` of the documents, where they are known.
    """
    known = hashes or {}
    digest = signature.joint_hash(known.get(id(d)) or signature.content_hash(d) for d in documents)
    name = signature.who(documents)
    return signature.named(f"{signature.about(documents)},{name}" if about else name, digest)


def by_id(documents: Sequence[Document], side: str) -> dict[str, Document]:
    """Documents by their id. Raises AnnotationError for one that is there twice."""
    out: dict[str, Document] = {}
    for document in documents:
        if document.doc_id in out:
            raise AnnotationError(f"{side}.doc_id", document.doc_id, "each document once")
        out[document.doc_id] = document
    return out


def _actors(pairs: Sequence[tuple[Document, Document]]) -> tuple[dict[str, str], list[str]]:
    """Actors that some document has on both sides, and a line for each that is left out."""
    predicted = {a: n for p, _ in pairs for a, n in p.actors.items()}
    gold = {a: n for _, g in pairs for a, n in g.actors.items()}
    shared = {a for p, g in pairs for a in p.actors if a in g.actors}
    if ALL in shared:
        raise AnnotationError("actors", ALL, "any other id: this one stands for all actors together")
    out = [f"actor {a}: only in gold" for a in sorted(gold) if a not in shared]
    out += [f"actor {a}: not in gold" for a in sorted(predicted) if a not in shared]
    for p, g in pairs:
        out += [f"document {g.doc_id}, actor {a}: only in gold" for a in g.actors if a in shared and a not in p.actors]
        out += [f"document {g.doc_id}, actor {a}: not in gold" for a in p.actors if a in shared and a not in g.actors]
    return {a: gold[a] for a in sorted(shared)}, out
