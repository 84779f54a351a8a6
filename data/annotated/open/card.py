"""The numbers of a data card: python data/annotated/open/card.py TEXTS [CORPUS]

TEXTS is the folder of the texts that are not ours (SOURCES.tsv), CORPUS by default the folder of this file. Prints
Markdown: labels by split, source and actor, and the agreement of the first passes, over all actors together and by
actor.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from cuibono.corpus import SPLITS
from cuibono.document import LABELS, ROLES, Document
from cuibono.evaluate import align, evaluate
from cuibono.evaluate.agreement import cohen_kappa, krippendorff_alpha
from cuibono.evaluate.bootstrap import Measure, interval, weights
from cuibono.evaluate.counts import Counts, confusion
from cuibono.evaluate.measures import f1
from cuibono.formats import load
from cuibono.report.terminal import interval as interval_of
from cuibono.report.terminal import number

HERE = Path(__file__).parent
SHOWN = 20
#: An actor that fewer units were labelled for is left out of the table by actor.
FEWEST = 30
DRAWN, DRAW_SEED = 15, 2026


def source(document: Document) -> str:
    """Whose text: the first part of its name, or written for the corpus."""
    return "written" if document.text is not None else document.doc_id.split("-")[0]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def distribution(counts: dict[str, Counter[str]], documents: Counter[str], head: str) -> str:
    """Labels of each group, with shares."""
    rows = []
    for group, labels in counts.items():
        total = sum(labels.values())
        shares = [f"{labels[label]} ({labels[label] / total:.0%})" for label in LABELS]
        rows.append([group, documents[group], total, *shares])
    return table([head, "texts", "labels", *LABELS], rows)


def random_tenth() -> list[str]:
    """The train texts drawn at random for a second labelling."""
    names = sorted(path.stem for path in (HERE / "train").glob("*.json"))
    return random.Random(DRAW_SEED).sample(names, DRAWN)


def agreement(passes: Path, texts: str, what: str, names: Sequence[str] | None = None) -> list[object]:
    """Of the first passes of a split: units, role and stakes, with intervals over documents."""
    a, b = ({d.doc_id: d for d in load(passes / x, texts)} for x in "ab")
    alignments = [align(a[k], b[k]) for k in sorted(names or a)]
    units: list[Counts] = []
    stakes: list[Counts] = []
    roles: list[Counts] = []
    for one in alignments:
        pairs = [(x, y) for x, y in one.overlap if x and y]
        hits = len(pairs)
        units.append(np.array([hits, len(one.predicted.units) - hits, len(one.gold.units) - hits]))
        stakes.append(confusion(LABELS, [(x.stakes[k].label, y.stakes[k].label) for x, y in pairs for k in x.stakes]))
        roles.append(confusion(ROLES, [(x.role, y.role) for x, y in pairs]))
    drawn = weights(len(alignments))

    def shown(counts: list[Counts], measure: Measure) -> str:
        per = np.array(counts)
        low, high = interval(per, measure, drawn)
        return f"{float(measure(per.sum(axis=0))):.3f} [{low:.3f}, {high:.3f}]"

    kappas = [shown(x, m) for x in (roles, stakes) for m in (cohen_kappa, krippendorff_alpha)]
    return [what, len(alignments), shown(units, f1), *kappas]


def agreement_by_actor(passes: Path, texts: str) -> list[list[object]]:
    """Stakes in the two first passes of a split, actor by actor; no interval where one text has the actor."""
    report = evaluate(load(passes / "b", texts), load(passes / "a", texts))
    rows: list[list[object]] = []
    for actor in report.actors:
        kappa, alpha = (report[f"stakes.{actor}.{name}"] for name in ("cohen-kappa", "krippendorff-alpha"))
        if kappa.n >= FEWEST:
            rows.append([actor, kappa.n, *(f"{number(s.value)} {interval_of(s)}".strip(" -") for s in (kappa, alpha))])
    return sorted(rows, key=lambda row: (-int(str(row[1])), str(row[0])))


def main(texts: str, corpus: Path = HERE) -> None:
    """Print the tables."""
    by: dict[str, dict[str, Counter[str]]] = {"split": {}, "source": {}, "actor": {}}
    documents: dict[str, Counter[str]] = {name: Counter() for name in by}
    for split in (x for x in SPLITS if (corpus / x).is_dir()):
        for document in load(corpus / split):
            for name, groups in (("split", [split]), ("source", [source(document)]), ("actor", list(document.actors))):
                documents[name].update(groups)
            for unit in document.units:
                for actor, stakes in unit.stakes.items():
                    for name, group in (("split", split), ("source", source(document)), ("actor", actor)):
                        by[name].setdefault(group, Counter())[stakes.label] += 1
    for name, counts in by.items():
        ordered = dict(sorted(counts.items(), key=lambda item: -sum(item[1].values())))
        shown = dict(list(ordered.items())[:SHOWN])
        print(distribution(counts if name == "split" else shown, documents[name], name), end="\n\n")
    head = ["first passes", "texts", "unit F1", "role kappa", "role alpha", "stakes kappa", "stakes alpha"]
    passes = [corpus / x / "first-pass" for x in ("train", "test") if (corpus / x / "first-pass").is_dir()]
    rows = [agreement(path, texts, f"{path.parent.name}, all labelled twice") for path in passes]
    if corpus.resolve() == HERE.resolve():
        rows.insert(0, agreement(passes[0], texts, "train, the random tenth", random_tenth()))
    print(table(head, rows), end="\n\n")
    for path in reversed(passes):
        by_actor = agreement_by_actor(path, texts)
        print(table([f"{path.parent.name}, by actor", "units", "kappa", "alpha"], by_actor), end="\n\n")


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
