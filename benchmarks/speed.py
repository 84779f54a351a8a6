"""Ratios of speed, in one run on one machine: python benchmarks/speed.py [MODEL] [--texts N]

How fast the whole is beside its parts alone: spaCy over the same texts, and the stakes network over the same units,
each by itself without context, in batches of like length. Then what three actors cost beside one, and the peak memory.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from pathlib import Path

import spacy

from cuibono.annotate import Annotator
from cuibono.classify import find_folder, load_classifier
from cuibono.classify.encoder import Network, batches
from cuibono.classify.folder import ModelFolder
from cuibono.classify.windows import Limits, Tokens, windows
from cuibono.extract.actors import load_table
from cuibono.extract.pipeline import SPACY_MODEL
from cuibono.extract.view import view_of
from cuibono.ingest import read

TEXTS = Path("data/raw/written")
ACTORS = ("Russia", "China", "the EU")
REPEATS = 3


def best(what: Callable[[], object]) -> float:
    """Seconds of the fastest of some runs."""
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        what()
        times.append(time.perf_counter() - started)
    return min(times)


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?", default="encoder-v1")
    parser.add_argument("--texts", type=int, default=12)
    args = parser.parse_args()
    documents = [read(path) for path in sorted(TEXTS.glob("*.txt"))[: args.texts]]
    nlp, table, classifier = spacy.load(SPACY_MODEL), load_table(), load_classifier(args.model)
    views = [view_of(d).text for d in documents]
    one, three = (Annotator([table.resolve(a) for a in ACTORS[:n]], classifier) for n in (1, 3))
    units = [d.span(u) for d in one.annotate_many(documents) for u in d.units]
    network = Network.open(ModelFolder.open(find_folder(args.model)), "stakes")

    def bare_encoder() -> None:
        special, long = network.special, Limits(core=500, left=0, right=0)
        texts = [Tokens.of(network.tokenizer, unit, [], special.end) for unit in units]
        inputs = [(0, w) for t, u in zip(texts, units, strict=True) for w in windows(t, [(0, len(u))], special, long)]
        for batch in batches(inputs):
            network.run([window for _, window in batch])

    whole = best(lambda: list(one.annotate_many(documents)))
    parts = best(lambda: list(nlp.pipe(views))) + best(bare_encoder)
    print(f"{args.model}: {len(documents)} texts, {len(units)} units, one actor")
    print(f"throughput beside spaCy and the encoder alone: {parts / whole:.2f}")
    print(f"three actors beside one: {best(lambda: list(three.annotate_many(documents))) / whole:.2f} times")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


if __name__ == "__main__":
    main()
