"""How long a comparison takes: python benchmarks/compare.py [--documents 1000] [--units 60] [--annotators 5]

Makes annotations at random (seeded): each annotator drops some units, cuts some elsewhere, and labels some otherwise.
Then runs `cuibono compare` on them against one of their own as gold, and prints its time and its highest memory. What
was asked for: five annotators on 1,000 documents of 60 units in under 60 s and 1 GiB on two cores.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cuibono.document import LABELS, ROLES, Annotator, Block, Document, Stakes, Unit, sha256
from cuibono.formats import dump

#: Words of a unit.
WORDS = 18


def truth(rng: random.Random, units: int) -> tuple[str, list[tuple[int, int, str, str]]]:
    """A text, and its units with their roles and labels."""
    text, found = "", []
    for _ in range(units):
        sentence = " ".join(f"{rng.choice('bcdfghklmnprst')}{rng.randrange(1000):03}" for _ in range(WORDS))
        label = rng.choices(LABELS, (17, 12, 1, 70))[0]
        found.append((len(text), len(text) + len(sentence), rng.choices(ROLES, (4, 1))[0], label))
        text += sentence + " "
    return text, found


def annotated(rng: random.Random, doc_id: str, text: str, units: list, name: str) -> Document:
    """One annotator's reading of a text."""
    made = []
    for i, (start, end, role, label) in enumerate(units):
        if rng.random() < 0.05:
            continue
        start += 5 * rng.choices((0, 1, 12), (90, 7, 3))[0]
        label = label if rng.random() < 0.8 else rng.choice(LABELS)
        scores = {x: 0.7 if x == label else 0.1 for x in LABELS}
        stakes = {"RUS": Stakes(label, scores, "0.31 weakens@12; 0.11 hampers@30")}
        made.append(Unit(f"u{i}", start, end, role if rng.random() < 0.9 else rng.choice(ROLES), 0.8, stakes))
    blocks = (Block(0, len(text), "paragraph"),)
    by = Annotator(name, "model", "1")
    return Document(doc_id, text, sha256(text), by, actors={"RUS": "Russia"}, blocks=blocks, units=tuple(made))


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("documents", 1000), ("units", 60), ("annotators", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    args = parser.parse_args()
    rng = random.Random(0)
    texts = {f"d{i:05}": truth(rng, args.units) for i in range(args.documents)}
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for name in [f"annotator-{i}" for i in range(args.annotators)]:
            files.append(str(Path(folder) / f"{name}.jsonl"))
            dump((annotated(rng, d, text, units, name) for d, (text, units) in texts.items()), files[-1])
        command = [sys.executable, "-m", "cuibono", "compare", *files[1:], "--gold", files[0], "--worst", "1"]
        start = time.perf_counter()
        subprocess.run(command, check=True)
        seconds = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(f"{args.annotators} annotators (one as gold), {args.documents} documents: {seconds:.0f} s, {memory:.2f} GiB")


if __name__ == "__main__":
    main()
