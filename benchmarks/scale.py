"""Runs at scale, ratios in one run: python benchmarks/scale.py [--model MODEL] [--documents N] [--many M]

First, N different texts of about 1,500 words, made of the paragraphs of ours: what two workers bring beside one (each
with one thread), beside one that has both cores, and on Ray. Then M texts, of which each occurs many times over, since
the model does not matter here (`rules-v1`): how the highest memory of M compares with that of 100, how long a finished
run takes to find out that nothing is left.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

TEXTS = Path("data/raw/written")
WORDS = 1500
#: Of the many texts so many are different.
DIFFERENT = 100
#: Runs the command behind it, then prints the highest memory of the largest process among it and its children.
_MEASURED = (
    "import resource, subprocess, sys; code = subprocess.run(sys.argv[1:]).returncode; "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
)


@dataclass(frozen=True)
class Measured:
    """One command: seconds, and GiB of its largest process."""

    seconds: float
    memory: float


def make(folder: Path, documents: int, different: int) -> None:
    """Texts of paragraphs drawn at random; of more than are different the later ones repeat the first."""
    rng = random.Random(0)
    paragraphs = [p for path in sorted(TEXTS.glob("*.txt")) for p in path.read_text(encoding="utf-8").split("\n\n")]
    paragraphs = [p for p in paragraphs if len(p.split()) > 30]
    folder.mkdir()
    texts: list[str] = []
    for i in range(min(documents, different)):
        chosen: list[str] = [f"This is commentary number {i} of a series on the state of the world."]
        while sum(len(p.split()) for p in chosen) < WORDS:
            chosen.append(rng.choice(paragraphs))
        texts.append("\n\n".join(chosen) + "\n")
    for i in range(documents):
        (folder / f"{i:06}.txt").write_text(texts[i % len(texts)], encoding="utf-8")


def run(texts: Path, out: Path, model: str, *more: str) -> Measured:
    """Annotate a folder."""
    command = [sys.executable, "-m", "cuibono", "run", str(texts), "--model", model, "--out", str(out), "-q", *more]
    start = time.perf_counter()
    found = subprocess.run([sys.executable, "-c", _MEASURED, *command], stdout=subprocess.PIPE, text=True, check=True)
    return Measured(time.perf_counter() - start, int(found.stdout) / 2**20)


def same(one: Path, other: Path) -> bool:
    """Whether two runs have written the same annotations."""
    return (one / "annotations.jsonl").read_bytes() == (other / "annotations.jsonl").read_bytes()


def workers(folder: Path, model: str, documents: int) -> None:
    """Print what more processes bring."""
    make(folder / "texts", documents, documents)
    make(folder / "one", 1, 1)
    ways = {
        "one worker, one thread": ["--threads", "1"],
        "two workers, a thread each": ["--workers", "2", "--threads", "1"],
        "one worker, two threads": ["--threads", "2"],
        "two workers on Ray": ["--workers", "2", "--threads", "1", "--engine", "ray"],
    }
    run(folder / "one", folder / "warm", model)
    print(f"{model}, {documents} documents of {WORDS} words; loading (what one document takes) subtracted", flush=True)
    first: float | None = None
    for number, (name, options) in enumerate(ways.items()):
        loading = run(folder / "one", folder / f"loading-{number}", model, *options).seconds
        whole = run(folder / "texts", folder / f"out-{number}", model, *options)
        # One of the documents is in what loading took.
        seconds = (whole.seconds - loading) / (documents - 1) * documents
        first = first or seconds
        alike = "" if same(folder / "out-0", folder / f"out-{number}") else ", OTHER BYTES"
        per_hour = 3600 * documents / seconds
        shown = f"{first / seconds:.2f} times, {per_hour:.0f} documents an hour, largest process {whole.memory:.2f} GiB"
        print(f"  {name}: {shown}{alike}", flush=True)


def many(folder: Path, documents: int) -> None:
    """Print how memory grows, and how long it takes to find that nothing is left."""
    make(folder / "few", DIFFERENT, DIFFERENT)
    make(folder / "many", documents, DIFFERENT)
    few = run(folder / "few", folder / "few-out", "rules-v1")
    all_of_them = run(folder / "many", folder / "many-out", "rules-v1")
    again = run(folder / "many", folder / "many-out", "rules-v1", "--resume")
    size = (folder / "many-out/annotations.jsonl").stat().st_size / 2**20
    print(f"rules-v1, {documents} documents of {WORDS} words ({DIFFERENT} different), {size:.0f} MiB of annotations")
    ratio = all_of_them.memory / few.memory
    print(f"  highest memory: {ratio:.2f} times that of {DIFFERENT} ({all_of_them.memory:.2f} GiB)")
    print(f"  nothing left: found out in {again.seconds:.1f} s")


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="encoder-v1")
    parser.add_argument("--documents", type=int, default=20)
    parser.add_argument("--many", type=int, default=10_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if args.documents:
            workers(Path(name), args.model, args.documents)
        if args.many:
            many(Path(name), args.many)


if __name__ == "__main__":
    main()
