"""Runs at scale, ratios in one run: python benchmarks/scale.py [--documents N] [--model MODEL]

Makes N texts of about 1,500 words out of the paragraphs of ours (no two alike), then prints what two workers bring
beside one, how the highest memory of all compares with that of a tenth of them, and how long a finished run takes to
find out that nothing is left.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TEXTS = Path("data/raw/written")
WORDS = 1500


def make(folder: Path, documents: int) -> None:
    """Texts of paragraphs drawn at random, each with a number of its own in it."""
    rng = random.Random(0)
    paragraphs = [p for path in sorted(TEXTS.glob("*.txt")) for p in path.read_text(encoding="utf-8").split("\n\n")]
    paragraphs = [p for p in paragraphs if len(p.split()) > 30]
    folder.mkdir()
    for i in range(documents):
        chosen: list[str] = [f"This is commentary number {i} of a series on the state of the world."]
        while sum(len(p.split()) for p in chosen) < WORDS:
            chosen.append(rng.choice(paragraphs))
        (folder / f"{i:06}.txt").write_text("\n\n".join(chosen) + "\n", encoding="utf-8")


def run(texts: Path, out: Path, model: str, *more: str) -> tuple[float, float]:
    """Seconds, and the highest memory of the largest process in GiB, as GNU time or the kernel counts it."""
    command = [sys.executable, "-m", "cuibono", "run", str(texts), "--model", model, "--out", str(out), "-q", *more]
    script = (
        "import resource, subprocess, sys; code = subprocess.run(sys.argv[1:]).returncode; "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
    )
    start = time.perf_counter()
    found = subprocess.run([sys.executable, "-c", script, *command], capture_output=True, text=True, check=True)
    return time.perf_counter() - start, int(found.stdout) / 2**20


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=100)
    parser.add_argument("--model", default="encoder-v1")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder / "few", max(1, args.documents // 10))
        make(folder / "many", args.documents)
        run(folder / "few", folder / "warm", args.model)
        few, few_memory = run(folder / "few", folder / "few-out", args.model)
        one, memory = run(folder / "many", folder / "one", args.model)
        two, _ = run(folder / "many", folder / "two", args.model, "--workers", "2")
        same = (folder / "one/annotations.jsonl").read_bytes() == (folder / "two/annotations.jsonl").read_bytes()
        nothing, _ = run(folder / "many", folder / "one", args.model, "--resume")
        # What does not grow with the number of documents is loading the models.
        loading = max(0.0, (few - one / 10) / 0.9)
        size = (folder / "one/annotations.jsonl").stat().st_size
    print(f"{args.model}, {args.documents} documents of {WORDS} words, {size / 2**20:.0f} MiB of annotations")
    print(f"two workers: {one / two:.2f} times one ({(one - loading) / max(two - loading, 1e-9):.2f} without loading)")
    print(f"the same bytes: {same}")
    print(f"highest memory: {memory / few_memory:.2f} times that of a tenth ({memory:.2f} GiB)")
    print(f"nothing left: found out in {nothing:.1f} s, of which {min(loading, nothing):.1f} s to load the models")
    print(f"one worker: {args.documents / (one - loading):.2f} documents a second on this machine, today")


if __name__ == "__main__":
    main()
