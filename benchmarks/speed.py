"""Ratios of speed, in one run on one machine: python benchmarks/speed.py [MODEL] [--texts N]

How fast the whole is beside its parts alone: spaCy over the same texts, and the stakes network over the same units,
each by itself without context, in batches of like length or one at a time, whichever is faster. Then what three
actors cost beside one, what batches of windows would, and the peak memory.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import spacy

from cuibono.annotate import Annotator
from cuibono.classify import find_folder, load_classifier
from cuibono.classify.encoder import Network, cores, mentions_of
from cuibono.classify.folder import ModelFolder
from cuibono.classify.windows import Limits, Tokens, Window, pad, windows
from cuibono.extract.actors import load_table
from cuibono.extract.pipeline import SPACY_MODEL, parse_many
from cuibono.extract.view import view_of
from cuibono.ingest import read

TEXTS = Path("data/raw/written")
ACTORS = ("Russia", "China", "the EU")
ACTOR = "RUS"
REPEATS = 3


def best(what: Callable[[], object]) -> float:
    """Seconds of the fastest of some runs."""
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        what()
        times.append(time.perf_counter() - started)
    return min(times)


def in_batches_session(model: str) -> Any:
    """The stakes network, each pass on all cores, as onnxruntime does it by default."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    path = find_folder(model) / ModelFolder.open(find_folder(model)).config["stakes"]["network"]
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def batches(rows: list[Window], tokens: int) -> Iterator[list[Window]]:
    """Windows of like length together, up to so many tokens, padding included."""
    batch: list[Window] = []
    for window in sorted(rows, key=lambda w: len(w.ids)):
        if batch and (len(batch) + 1) * len(window.ids) > tokens:
            yield batch
            batch = []
        batch.append(window)
    yield batch


def run_batch(session: Any, batch: list[Window], filler: int) -> None:
    """One pass over several windows."""
    ids, mask, units = pad([(w.ids, [(p.start, p.end) for p in w.pieces]) for w in batch], filler)
    session.run(None, {"ids": ids, "mask": mask, "units": units})


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

    session = in_batches_session(args.model)
    special, whole_unit = network.special, Limits(core=500, left=0, right=0)
    texts = [Tokens.of(network.tokenizer, unit, [], special.end) for unit in units]
    alone = [w for t, u in zip(texts, units, strict=True) for w in windows(t, [(0, len(u))], special, whole_unit)]
    # As the program reads them: in their place, the actor masked.
    placed: list[Window] = []
    for parsed in parse_many(documents, one.nlp):
        tokens = network.tokens(parsed.doc).masked(mentions_of(parsed.doc, ACTOR), special.actor)
        spans = [(span.start_char, span.end_char) for span, _ in parsed.units()]
        placed += windows(tokens, spans, special, network.limits)

    def in_batches(rows: list[Window], tokens: int) -> None:
        for batch in batches(rows, tokens):
            run_batch(session, batch, special.pad)

    whole = best(lambda: list(one.annotate_many(documents)))
    bare = min(best(lambda: network.run_all(alone)), *(best(lambda n=n: in_batches(alone, n)) for n in (512, 2048)))
    parts = best(lambda: list(nlp.pipe(views))) + bare
    single = best(lambda: network.run_all(placed))
    print(f"{args.model}: {len(documents)} texts, {len(units)} units, one actor, {cores()} cores")
    print(f"throughput beside spaCy and the encoder alone: {parts / whole:.2f}")
    print(f"three actors beside one: {best(lambda: list(three.annotate_many(documents))) / whole:.2f} times")
    for n in (512, 2048):
        print(f"windows in batches of {n} tokens: {best(lambda n=n: in_batches(placed, n)) / single:.2f} times as long")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


if __name__ == "__main__":
    main()
