"""Every figure that the README and the model cards quote, measured again: python benchmarks/reproduce.py TEXTS

TEXTS is the folder of the texts that are not ours (data/annotated/open/SOURCES.tsv says where they come from). Trains
the baselines that are not shipped, scores all models on both test parts, asks them the behaviour cases, holds
what comes out against `models/figures.json`. Then holds the cards' tables against that file, and the README's commands
against what they print. Fails if a figure differs by more than the file's tolerance. `--write` makes the file anew.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FIGURES = Path("models/figures.json")
CARDS = sorted(Path("models").glob("*/README.md"))
README = Path("README.md")
CORPUS = "data/annotated/open"
#: Name in the file of figures -> the corpus whose test part is meant: reference works, and commentary.
TESTS = {"models": CORPUS, "commentary": "data/annotated/further"}
#: Trained for the purpose; what they learn takes minutes.
BASELINES = ("tfidf", "majority", "frozen-minilm")
SHIPPED = ("rules-v1", "encoder-small", "encoder-v1")
#: A score with its interval, as the cards write it.
TRIPLE = re.compile(r"(\d\.\d{3}) \[(\d\.\d{3}), (\d\.\d{3})\]")
#: Figures are quoted to three places; another processor may turn a label.
TOLERANCE = 0.01


def measured(texts: str, out: Path) -> dict[str, Any]:
    """Everything, measured now."""
    for name in BASELINES:
        shutil.rmtree(out / name, ignore_errors=True)
        recipe = f"models/recipes/{name}.json"
        _cuibono("train", recipe, "--corpus", CORPUS, "--texts", texts, "--out", str(out / name), "-q")
    models = [*(str(out / name) for name in BASELINES), *SHIPPED]
    scores: dict[str, Any] = {}
    for name, corpus in TESTS.items():
        found = out / f"{name}.json"
        options = ["--corpus", corpus, "--out", str(found)]
        subprocess.run([sys.executable, "benchmarks/models.py", texts, *models, *options], check=True)
        said = json.loads(found.read_text(encoding="utf-8"))
        scores[name] = said["scores"]
        scores.setdefault("calibration", said["calibration"])  # that of the first, the corpus's test part
    probes = {name: json.loads(_cuibono("probe", name, "--json"))["rates"] for name in SHIPPED}
    return {**scores, "probe": probes, "tolerance": TOLERANCE}


def _cuibono(*args: str) -> str:
    command = [sys.executable, "-m", "cuibono", *args]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def differences(said: Any, found: Any, tolerance: float, place: str = "") -> Iterator[str]:
    """A line for each number that is not what it was, or not there."""
    if isinstance(said, dict) and isinstance(found, dict):
        for key in sorted(said.keys() | found.keys()):
            yield from differences(said.get(key), found.get(key), tolerance, f"{place}/{key}")
    elif isinstance(said, list) and isinstance(found, list) and len(said) == len(found):
        for i, (a, b) in enumerate(zip(said, found, strict=True)):
            yield from differences(a, b, tolerance, f"{place}/{i}")
    elif isinstance(said, float) and isinstance(found, float):
        if not (math.isclose(said, found, abs_tol=tolerance) or (math.isnan(said) and math.isnan(found))):
            yield f"{place}: {said:.3f} is quoted, {found:.3f} was measured"
    elif said != found:
        yield f"{place}: {said!r} is quoted, {found!r} was measured"


def not_in_figures(figures: dict[str, Any]) -> Iterator[str]:
    """A line for each score with an interval, in a card's tables or the README's prose, that the file does not have."""
    known = {
        tuple(f"{number:.3f}" for number in triple)
        for test in TESTS
        for measures in figures[test].values()
        for triple in measures.values()
        if not any(map(math.isnan, triple))
    }
    for page in (*CARDS, README):
        text = page.read_text(encoding="utf-8")
        # What stands in the README's blocks is what commands print, which the tests compare.
        text = re.sub(r"^```.*?^```$", lambda m: "\n" * m[0].count("\n"), text, flags=re.M | re.S)
        for number, line in enumerate(text.splitlines(), 1):
            if page != README and not line.startswith("| "):
                continue  # figures in the text around a card's tables are about other things: differences, the corpus
            for triple in TRIPLE.findall(line):
                if triple not in known:
                    yield f"{page}:{number}: {triple[0]} [{triple[1]}, {triple[2]}] is not in {FIGURES}"


def not_in_cards(figures: dict[str, Any]) -> Iterator[str]:
    """A line for each figure of calibration and behaviour that the card of its model does not have."""
    for model, found in figures["calibration"].items():
        rows = [f"| {covered:.0%} | {least:.3f} | {wrong:.3f} |" for covered, least, wrong in found["risk"]]
        rules = {rate["kind"]: rate for rate in figures["probe"]["rules-v1"]}
        for rate in figures["probe"][model]:
            shares = [r[what] / r["cases"] for r in (rate, rules[rate["kind"]]) for what in ("passed", "right")]
            cells = " | ".join(f"{share:.0%}" for share in shares)
            rows.append(f"| {rate['kind']} | {rate['cases']} | {cells} |")
        card = Path("models") / model / "README.md"
        lines = card.read_text(encoding="utf-8").splitlines()
        for wanted in (f"expected calibration error {found['error']:.3f}", *rows):
            if wanted not in lines and wanted not in " ".join(lines):
                yield f"{card}: has not {wanted!r}, which is in {FIGURES}"


def main() -> int:
    """See the module; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", metavar="TEXTS")
    parser.add_argument("--out", type=Path, default=Path("out/reproduce"))
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    found = measured(args.texts, args.out)
    if args.write:
        FIGURES.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    said = json.loads(FIGURES.read_text(encoding="utf-8"))
    problems = [*differences(said, found, said["tolerance"]), *not_in_figures(said), *not_in_cards(said)]
    print("\n".join(problems) or "every figure is as quoted")
    readme = subprocess.run([sys.executable, "-m", "pytest", "-q", "tests/end_to_end/test_readme.py"], check=False)
    return int(bool(problems) or readme.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
