"""An outside yardstick: claim, premise or none on ArgUNSC, 5-fold by speech: python benchmarks/argunsc.py DATA [RECIPE]

DATA is the folder of `base.csv` (github.com/mpoiaganova/political-argument-mining, data/, MIT). Each speech is read as
a text, its sentences as units; a sentence with a claim in it is a claim, else with a premise a premise. Published:
RoBERTa, argument or not macro-F1 .819, claim or premise weighted F1 .755 (Poiaganova and Stede 2025); they cut their
folds elsewhere.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.metrics import f1_score
from sklearn.model_selection import KFold

from cuibono.train.config import Config
from cuibono.train.data import Text
from cuibono.train.encoder import Trainer

CLASSES = ("claim", "premise", "non-arg")
FOLDS, SEED = 5, 0


def speeches(folder: Path) -> list[Text]:
    """Each speech as a text of sentences, one label a sentence."""
    found: dict[str, dict[str, tuple[str, int]]] = {}
    with (folder / "base.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            kind = CLASSES.index(row["Component_Type"]) if row["Component_Type"] in CLASSES else 2
            sentences = found.setdefault(row["Speech"], {})
            _, before = sentences.get(row["Sentence_ID"], ("", 2))
            sentences[row["Sentence_ID"]] = (row["Full_Sentence"], min(before, kind))
    return [_text(name, list(sentences.values())) for name, sentences in sorted(found.items())]


def _text(name: str, sentences: Sequence[tuple[str, int]]) -> Text:
    text, units = "", []
    for sentence, _ in sentences:
        units.append((len(text), len(text) + len(sentence)))
        text += sentence + " "
    return Text(name, text, (0,), tuple(units), tuple(label for _, label in sentences), {}, {}, {})


def main(folder: str, recipe: str = "benchmarks/argunsc.json") -> None:
    """Print the scores of all folds together."""
    texts = speeches(Path(folder))
    gold: list[int] = []
    said: list[int] = []
    for fold, (train, test) in enumerate(KFold(FOLDS, shuffle=True, random_state=SEED).split(texts), 1):
        trainer = Trainer(Config.load(Path(recipe)), Path("out/cache"), classes=len(CLASSES))
        trainer.fit([texts[i] for i in train], lambda line: print(line, file=sys.stderr))
        known = {texts[i].doc_id: texts[i] for i in test}
        for (name, _, unit), logits in trainer.logits(list(known.values())).items():
            gold.append(known[name].roles[unit])
            said.append(int(logits.argmax()))
        print(f"fold {fold}: macro-F1 {f1_score(gold, said, average='macro'):.3f} so far", file=sys.stderr)
    argument, found = np.array(gold) < 2, np.array(said) < 2
    both = argument & found
    print(f"{len(texts)} speeches, {len(gold)} sentences, {FOLDS} folds by speech")
    print(f"claim, premise, none: macro-F1 {f1_score(gold, said, average='macro'):.3f}")
    print(f"argument or not: macro-F1 {f1_score(argument, found, average='macro'):.3f} (published: .819)")
    kinds = f1_score(np.array(gold)[both], np.array(said)[both], average="weighted")
    print(f"claim or premise, of arguments found: weighted F1 {kinds:.3f} (published: .755)")


if __name__ == "__main__":
    main(*sys.argv[1:])
