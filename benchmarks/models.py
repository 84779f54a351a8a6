"""Models on the corpus's test part: python benchmarks/models.py TEXTS MODEL [MODEL ...] [--corpus FOLDER]
                 [--out FILE.json] [--plot FILE.svg]

TEXTS is the folder of the texts that are not ours. Each MODEL is a name or a folder, and is scored as it is: on the
gold units, and end to end, from the text alone. Every number is over all actors together, with a bootstrap over
documents; the first model named is what the others are compared with, on the same resamples.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from cuibono.annotate import Annotator
from cuibono.classify import load_classifier
from cuibono.classify.calibration import Bin, expected_calibration_error, reliability
from cuibono.document import LABELS, ROLES, Document
from cuibono.evaluate import align
from cuibono.evaluate.bootstrap import Measure, interval, weights
from cuibono.evaluate.counts import Counts, confusion
from cuibono.evaluate.measures import MACRO_LABELS, f1, label_f1, macro_f1
from cuibono.extract.actors import load_table
from cuibono.formats import load
from cuibono.formats.jsonl import find_texts
from cuibono.ingest import read

CORPUS = Path("data/annotated/open")
OURS = Path("data/raw")
#: What has been learnt from; an actor that nothing here is labelled for is unseen.
LEARNT = (CORPUS / "train", Path("data/annotated/further/train"))
STAKES = {"labels": LABELS, "over": MACRO_LABELS}
MEASURES: dict[str, tuple[str, Measure]] = {
    "stakes": ("stakes", partial(macro_f1, **STAKES, end_to_end=False)),
    "unseen actors": ("unseen", partial(macro_f1, **STAKES, end_to_end=False)),
    "end to end": ("end-to-end", partial(macro_f1, **STAKES, end_to_end=True)),
    "roles": ("roles", partial(macro_f1, labels=ROLES, over=ROLES, end_to_end=False)),
    "units": ("units", f1),
    **{x: ("stakes", partial(label_f1, labels=LABELS, label=x, end_to_end=False)) for x in LABELS},
}
COVERAGES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)


class Scored:
    """One system's counts, a row a document, and how sure it was of each label."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.counts: dict[str, list[Counts]] = {}
        self.chances: list[tuple[float, bool]] = []

    def add(self, gold: Document, given: Document, found: Document, seen: set[str]) -> None:
        """Count a document that was labelled on the gold units and from the text alone."""
        pairs = [(g, p) for g, p in align(gold, given).exact if g and p]
        end_to_end = align(gold, found).overlap

        def stakes(actors: Sequence[str]) -> Counts:
            return confusion(LABELS, [(g.stakes[a].label, p.stakes[a].label) for g, p in pairs for a in actors])

        def label(unit: Any, actor: str) -> str | None:
            return unit.stakes[actor].label if unit else None

        hits = sum(1 for g, p in end_to_end if g and p)
        row = {
            "stakes": stakes(list(gold.actors)),
            "unseen": stakes([a for a in gold.actors if a not in seen]),
            "end-to-end": confusion(LABELS, [(label(g, a), label(p, a)) for g, p in end_to_end for a in gold.actors]),
            "roles": confusion(ROLES, [(g.role, p.role) for g, p in pairs]),
            "units": np.array([hits, len(found.units) - hits, len(gold.units) - hits]),
        }
        for name, counts in row.items():
            self.counts.setdefault(name, []).append(counts)
        for g, p in pairs:
            for actor, said in p.stakes.items():
                if said.scores:
                    self.chances.append((said.scores[said.label], said.label == g.stakes[actor].label))

    def value(self, measure: str, drawn: Counts) -> tuple[float, float, float]:
        """A measure and its interval."""
        name, of = MEASURES[measure]
        counts = np.stack(self.counts[name])
        return float(of(counts.sum(axis=0))), *interval(counts, of, drawn)

    def difference(self, other: Scored, measure: str, drawn: Counts) -> tuple[float, float, float]:
        """By how much this system is better than another, on the same documents."""
        name, of = MEASURES[measure]
        both = np.stack([np.stack(self.counts[name]), np.stack(other.counts[name])], axis=1)

        def gain(counts: Counts) -> Any:
            return of(counts[..., 0, :, :]) - of(counts[..., 1, :, :])

        return float(gain(both.sum(axis=0))), *interval(both, gain, drawn)


def score(model: str, texts: Path, golds: Sequence[Document], seen: set[str]) -> Scored:
    """Run a model over the test part."""
    classifier, table = load_classifier(model), load_table()
    known = {**find_texts(texts), **find_texts(OURS)}
    out = Scored(classifier.annotator.name)
    for gold in golds:
        annotator = Annotator([table.resolve(actor) for actor in gold.actors], classifier)
        out.add(gold, annotator.annotate(gold), annotator.annotate(read(known[gold.doc_id])), seen)
    return out


def second_annotator(passes: Path, texts: Path, golds: Sequence[Document], seen: set[str]) -> Scored:
    """One first pass against the other, as if it were a model."""
    first = {d.doc_id: d for d in load(passes / "a", texts)}
    second = {d.doc_id: d for d in load(passes / "b", texts)}
    out = Scored("a second annotator")
    for gold in golds:
        out.add(first[gold.doc_id], second[gold.doc_id], second[gold.doc_id], seen)
    return out


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def shown(value: float, low: float, high: float) -> str:
    """A number with its interval."""
    return "undefined" if np.isnan(value) else f"{value:.3f} [{low:.3f}, {high:.3f}]"


def risk_coverage(system: Scored) -> list[tuple[float, float, float]]:
    """Shares of the labels that the system is surest of: each, its least probability, the share of wrong ones in it."""
    ordered = sorted(system.chances, key=lambda pair: -pair[0])
    rows = []
    for coverage in COVERAGES:
        kept = ordered[: max(1, round(coverage * len(ordered)))]
        wrong = sum(not right for _, right in kept) / len(kept)
        rows.append((coverage, kept[-1][0], wrong))
    return rows


def reliability_plot(name: str, bins: Sequence[Bin]) -> str:
    """An SVG: for each bin of probabilities how often the label was right, beside the diagonal."""
    size, left, top = 300, 50, 30
    bars = [
        f'<rect x="{left + b.low * size:.1f}" y="{top + (1 - b.accuracy) * size:.1f}" width="{size / 10 - 2:.1f}" '
        f'height="{b.accuracy * size:.1f}" fill="#4878a8"><title>{b.count} labels</title></rect>'
        f'<text x="{left + (b.low + 0.05) * size - 1:.1f}" y="{top + size + 28}" font-size="8" '
        f'text-anchor="middle" fill="#666">{b.count}</text>'
        for b in bins
    ]
    ticks = [
        f'<text x="{left + x * size:.0f}" y="{top + size + 14}" text-anchor="middle">{x:.1f}</text>'
        f'<text x="{left - 6}" y="{top + (1 - x) * size + 4:.0f}" text-anchor="end">{x:.1f}</text>'
        for x in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size + 70} {size + 90}" font-family="sans-serif" '
            'font-size="11">',
            f'<rect width="{size + 70}" height="{size + 90}" fill="white"/>',
            f'<text x="{left}" y="18">{name}: how often the label is right</text>',
            *bars,
            f'<rect x="{left}" y="{top}" width="{size}" height="{size}" fill="none" stroke="#333"/>',
            f'<path d="M{left} {top + size} L{left + size} {top}" stroke="#c33" stroke-dasharray="4"/>',
            *ticks,
            f'<text x="{left + size / 2:.0f}" y="{top + size + 46}" text-anchor="middle">'
            "probability given to the label (below: number of labels)</text>",
            "</svg>\n",
        ]
    )


def main() -> None:
    """Print the tables; write the numbers as JSON, the calibration of the last model as SVG."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", type=Path)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--corpus", type=Path, default=CORPUS, help="whose test part: default %(default)s")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--plot", type=Path)
    args = parser.parse_args()
    golds = load(args.corpus / "test", args.texts)
    seen = {a for folder in LEARNT for d in load(folder) for a in d.actors}
    systems = [score(model, args.texts, golds, seen) for model in args.models]
    systems.append(second_annotator(args.corpus / "test" / "first-pass", args.texts, golds, seen))
    drawn = weights(len(golds))
    main_measures = ["stakes", "unseen actors", "end to end", "roles", "units"]
    rows = [[s.name, *(shown(*s.value(m, drawn)) for m in main_measures)] for s in systems]
    print(table(["system", *main_measures], rows), end="\n\n")
    print(table(["system", *LABELS], [[s.name, *(shown(*s.value(m, drawn)) for m in LABELS)] for s in systems]))
    first, others = systems[0], systems[1:-1]
    if others:
        rows = [[s.name, shown(*s.difference(first, "stakes", drawn))] for s in others]
        print("\n" + table(["stakes, better than " + first.name, "by"], rows))
    last = systems[-2]
    chances, right = zip(*last.chances, strict=True)
    error = expected_calibration_error(chances, right)
    print(f"\n{last.name}: expected calibration error {error:.3f}\n")
    found = reliability(chances, right)
    bins = [[f"{b.low:.1f}-{b.high:.1f}", str(b.count), f"{b.confidence:.3f}", f"{b.accuracy:.3f}"] for b in found]
    print(table(["probability given", "labels", "mean", "right"], bins) + "\n")
    if args.plot:
        args.plot.write_text(reliability_plot(last.name, found), encoding="utf-8")
    risk = risk_coverage(last)
    rows = [[f"{covered:.0%}", f"{least:.3f}", f"{wrong:.3f}"] for covered, least, wrong in risk]
    print(table(["surest", "probability at least", "wrong"], rows))
    if args.out:
        values = {
            "scores": {s.name: {m: s.value(m, drawn) for m in MEASURES} for s in systems},
            "calibration": {last.name: {"error": error, "risk": risk}},
        }
        args.out.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
