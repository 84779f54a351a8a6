"""Stakes on the corpus's test part, all actors together: python benchmarks/stakes.py TEXTS

TEXTS is the folder of the texts that are not ours. The baselines are given the gold units;
rules-v1 finds its own, and a gold unit that it misses counts as `none`. Macro-F1 is over challenge, opportunity
and none, with a bootstrap over documents.
"""

from __future__ import annotations

import sys
from functools import partial

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from cuibono.annotate import Annotator
from cuibono.corpus import load_corpus
from cuibono.document import LABELS
from cuibono.evaluate import align
from cuibono.evaluate.bootstrap import interval, weights
from cuibono.evaluate.counts import confusion
from cuibono.evaluate.measures import MACRO_LABELS, macro_f1
from cuibono.extract.actors import load_table
from cuibono.formats import load
from cuibono.formats.jsonl import find_texts
from cuibono.ingest import read

Key = tuple[str, str, str]


def rules(texts: str) -> dict[Key, str]:
    """What rules-v1 says from the text alone, on its own units, for the gold units that they overlap."""
    table, known, out = load_table(), find_texts(texts), {}
    for gold in load("data/annotated/open/test", texts):
        found = Annotator([table.resolve(actor) for actor in gold.actors]).annotate(read(known[gold.doc_id]))
        for unit, other in align(gold, found).overlap:
            if unit is not None:
                for actor in unit.stakes:
                    # A unit that was not found is a unit about which nothing was said.
                    label = other.stakes[actor].label if other else "none"
                    out[gold.doc_id, unit.id, actor] = label
    return out


def main(texts: str) -> None:
    """Print a Markdown table."""
    train, test = (load_corpus(split, texts=texts).to_list() for split in ("train", "test"))
    keys = [(row["doc_id"], row["unit_id"], row["actor"]) for row in test]
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2),
        LogisticRegression(class_weight="balanced", max_iter=2000),
    )
    model.fit([_features(row) for row in train], [row["label"] for row in train])
    said = rules(texts)
    systems = {
        "majority class (none)": ["none"] * len(test),
        "TF-IDF + logistic regression (train)": list(model.predict([_features(row) for row in test])),
        "rules-v1": [said[key] for key in keys],
    }
    documents = sorted({row["doc_id"] for row in test})
    drawn = weights(len(documents))
    measure = partial(macro_f1, labels=LABELS, over=MACRO_LABELS, end_to_end=False)
    print("| system | macro-F1 | 95% interval |\n| --- | ---: | ---: |")
    for name, labels in systems.items():
        pairs = list(zip(test, labels, strict=True))
        each = [confusion(LABELS, [(row["label"], x) for row, x in pairs if row["doc_id"] == d]) for d in documents]
        counts = np.stack(each)
        low, high = interval(counts, measure, drawn)
        print(f"| {name} | {measure(counts.sum(axis=0)):.3f} | [{low:.3f}, {high:.3f}] |")


def _features(row: dict[str, str]) -> str:
    # The actor's own mentions become one word, so that what is learnt holds for other actors.
    return row["unit"].replace(row["actor_name"], " THEACTOR ")


if __name__ == "__main__":
    main(sys.argv[1])
