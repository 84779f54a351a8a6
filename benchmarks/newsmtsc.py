"""An outside yardstick: sentiment toward a target on NewsMTSC: python benchmarks/newsmtsc.py DATA [RECIPE]

DATA is the folder of `train.jsonl` and of `paper_split_mt/`, `paper_split_rw/` (github.com/fhamborg/NewsMTSC, MIT). The
target is masked as an actor is. Published: GRU-TSC macro-F1 83.1 (rw), 82.5 (mt) (Hamborg and Donnay, EACL 2021).
Attitude is not effect: what is learnt here is another task than stakes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from sklearn.metrics import f1_score

from cuibono.train.config import Config
from cuibono.train.data import Text
from cuibono.train.encoder import Trainer

POLARITY = {2.0: 0, 4.0: 1, 6.0: 2}
PUBLISHED = {"rw": 0.831, "mt": 0.825}


def targets(path: Path) -> list[Text]:
    """Each target of each sentence as a text of one unit."""
    out = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        row = json.loads(line)
        for i, target in enumerate(row["targets"]):
            text, span = row["sentence_normalized"], (target["from"], target["to"])
            more = [(m["from"], m["to"]) for m in target.get("further_mentions", [])]
            whole = ((0, len(text)),)
            name = f"{path.parent.name}-{path.stem}-{number}-{i}"
            labels = {"target": (POLARITY[target["polarity"]],)}
            out.append(Text(name, text, (0,), whole, (0,), labels, {"target": (span, *more)}, {"target": "target"}))
    return out


def main(folder: str, recipe: str = "benchmarks/newsmtsc.json") -> None:
    """Train on the training part, print the scores on both test parts of the paper."""
    trainer = Trainer(Config.load(Path(recipe)), Path("out/cache"), classes=len(POLARITY))
    trainer.fit(targets(Path(folder) / "train.jsonl"), lambda line: print(line, file=sys.stderr))
    for split, published in PUBLISHED.items():
        texts = {t.doc_id: t for t in targets(Path(folder) / f"paper_split_{split}" / "test.jsonl")}
        found = trainer.logits(list(texts.values()))
        gold = [texts[name].labels["target"][0] for name, _, _ in found]
        score = f1_score(gold, [int(x.argmax()) for x in found.values()], average="macro")
        print(f"{split}: {len(gold)} targets, macro-F1 {score:.3f} (published: {published})")


if __name__ == "__main__":
    main(*sys.argv[1:])
