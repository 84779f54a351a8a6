"""Fine-tune an encoder on labelled documents: the same seed and machine give the same weights."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import get_linear_schedule_with_warmup

from cuibono.classify.windows import Limits, Special, Tokens, windows
from cuibono.document import LABELS, ROLES
from cuibono.train.bases import base_folder, special_names
from cuibono.train.config import Config
from cuibono.train.data import Text, fraction
from cuibono.train.drills import filled, read_drills
from cuibono.train.network import UnitClassifier, pad

#: Which labels of a unit count for no loss.
_NO_TARGET = -100
#: The head is new and may learn faster than the encoder.
_HEAD = 10.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Row:
    """A window, and for each of its pieces: which unit (text, actor, number) and its label."""

    ids: list[int]
    spans: list[tuple[int, int]]
    keys: list[tuple[str, str, int]]
    targets: list[int]


class Reader:
    """Turns texts into rows; tokenizes each text once, masks it once for each actor."""

    def __init__(self, tokenizer: Tokenizer, special: Special, task: str) -> None:
        self.tokenizer, self.special, self.task = tokenizer, special, task
        self._tokens: dict[tuple[str, str], Tokens] = {}

    def rows(self, text: Text, limits: Limits, *, keep: bool = True) -> list[Row]:
        """The rows of a text: for each actor those of its stakes, or once those of its roles.

        ``keep`` is for texts that will be asked for again: their tokens stay in memory.
        """
        asked = {"": text.roles} if self.task == "roles" else text.labels
        out = [row for actor, labels in asked.items() for row in self._rows(text, actor, labels, limits)]
        if not keep:
            for actor in asked:
                del self._tokens[text.doc_id, actor]
        return out

    def _rows(self, text: Text, actor: str, labels: Sequence[int], limits: Limits) -> list[Row]:
        found = windows(self._read(text, actor), text.units, self.special, limits)
        return [
            Row(
                w.ids,
                [(p.start, p.end) for p in w.pieces],
                [(text.doc_id, actor, p.unit) for p in w.pieces],
                [labels[p.unit] for p in w.pieces],
            )
            for w in found
        ]

    def _read(self, text: Text, actor: str) -> Tokens:
        key = text.doc_id, actor
        if key not in self._tokens:
            plain = Tokens.of(self.tokenizer, text.text, text.breaks, self.special.end)
            mentions = text.mentions.get(actor, ())
            self._tokens[key] = plain.masked(mentions, self.special.actor) if actor else plain
        return self._tokens[key]


class Trainer:
    """One encoder in training.

    Args:
        config: The settings.
        cache: Where a base that comes in parts is put together.
        classes: How many; by default those of the task.
    """

    def __init__(self, config: Config, cache: Path, classes: int | None = None) -> None:
        _settle(config.seed)
        self.config = config
        base = base_folder(config.base, cache)
        self.tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.special_names = special_names(self.tokenizer)
        self.tokenizer.add_special_tokens([self.special_names["actor"]])
        self.special = Special.of(self.tokenizer, self.special_names)
        self.classes = classes or len(LABELS if config.task == "stakes" else ROLES)
        self.network = UnitClassifier(base, self.tokenizer, self.special, self.classes, config.dropout)
        self.network.freeze(config.frozen)
        self.reader = Reader(self.tokenizer, self.special, config.task)
        self._drills = read_drills(Path(config.drills)) if config.drills else []
        #: The actors of the training texts (not of the further ones), under whose names drills are read: states that
        #: commentary speaks of, and none that is kept unseen.
        self._named: set[str] = set()
        self._random = random.Random(config.seed)

    def fit(
        self,
        texts: Sequence[Text],
        say: Say,
        check: Callable[[], str] | None = None,
        state: Path | None = None,
        further: Sequence[Text] = (),
    ) -> None:
        """Train on texts.

        Args:
            texts: Labelled documents, of which the settings may take a share.
            say: Told the progress, a line at a time.
            check: Its result is said after each pass.
            state: A file in which the state after each pass is kept, and from which an interrupted
                training goes on.
            further: More of them, of which none is left out.
        """
        self._named = {actor for text in texts for actor in text.labels}
        texts = [*(fraction(texts, self.config.share) if self.config.share < 1 else texts), *further]
        weights = class_weights([t for r in self._all(texts) for t in r.targets], self.classes, self.config.class_power)
        # What stands behind an adapted encoder is trained already.
        head = 1.0 if self.config.lora else _HEAD
        groups = self.network.groups(self.config.rate, self.config.rate * head)
        optimizer = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)
        steps = sum(1 for _ in self._batches(self._cut(texts))) * self.config.epochs
        self._random = random.Random(self.config.seed)
        warmup = round(steps * self.config.warmup)
        schedule = get_linear_schedule_with_warmup(optimizer, warmup, steps)  # type: ignore[no-untyped-call]
        parts = {"network": self.network, "optimizer": optimizer, "schedule": schedule}
        first = self._resume(state, parts) if state and state.exists() else 0
        for epoch in range(first, self.config.stop_after or self.config.epochs):
            loss = self._pass(texts, weights, optimizer, schedule, say)
            say(f"pass {epoch + 1} of {self.config.epochs}: loss {loss:.4f}{'; ' + check() if check else ''}")
            if state:
                self._keep(state, parts, epoch + 1)

    @torch.no_grad()
    def logits(self, texts: Sequence[Text]) -> dict[tuple[str, str, int], np.ndarray]:
        """For each unit (text, actor, number) its logits; of a unit in several pieces the mean."""
        self.network.eval()
        found: dict[tuple[str, str, int], list[np.ndarray]] = {}
        for rows in self._batches(self._all(texts), shuffled=False):
            scores = self._forward(rows).float().numpy()
            for row, of_row in zip(rows, scores, strict=True):
                for key, of_piece in zip(row.keys, of_row, strict=False):
                    found.setdefault(key, []).append(of_piece)
        return {key: np.mean(values, axis=0) for key, values in found.items()}

    def _pass(
        self,
        texts: Sequence[Text],
        weights: torch.Tensor,
        optimizer: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
        say: Say,
    ) -> float:
        self.network.train()
        losses = []
        batches = list(self._batches(self._cut(texts)))
        for number, rows in enumerate(batches, 1):
            logits = self._forward(rows)
            loss = nn.functional.cross_entropy(logits.flatten(0, 1), _targets(rows, logits.shape[1]), weight=weights)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            losses.append(loss.item())
            if number % 50 == 0:
                say(f"  batch {number} of {len(batches)}: loss {np.mean(losses[-50:]):.4f}")
        return float(np.mean(losses))

    def _forward(self, rows: Sequence[Row]) -> torch.Tensor:
        inputs = pad([(row.ids, row.spans) for row in rows], self.special.pad)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.config.bf16):
            logits: torch.Tensor = self.network(*inputs)[0]
        return logits.float()

    def _cut(self, texts: Sequence[Text]) -> list[Row]:
        """The rows of a pass: each text cut at another length, so that units are seen in varying company; the drills
        filled with other names.
        """
        rows: list[Row] = []
        drills = filled(self._drills * self.config.rounds, self._named, self._random)
        for i, text in enumerate([*texts, *drills]):
            limits = self.config.limits
            share = self._random.uniform(self.config.jitter, 1.0)
            cut = Limits(max(1, round(limits.core * share)), limits.left, limits.right)
            rows += self.reader.rows(text, cut, keep=i < len(texts))
        return rows

    def _all(self, texts: Sequence[Text]) -> list[Row]:
        return [row for text in texts for row in self.reader.rows(text, self.config.limits)]

    def _batches(self, rows: Sequence[Row], shuffled: bool = True) -> Iterator[list[Row]]:
        """Rows of like length together, so that little is padding."""
        noise = self._random.random if shuffled else lambda: 0.0
        out: list[list[Row]] = [[]]
        for row in sorted(rows, key=lambda r: len(r.ids) + 20 * noise()):
            if out[-1] and (len(out[-1]) + 1) * max(len(row.ids), len(out[-1][-1].ids)) > self.config.batch:
                out.append([])
            out[-1].append(row)
        if shuffled:
            self._random.shuffle(out)
        return iter(out)

    def _keep(self, path: Path, parts: dict[str, nn.Module], done: int) -> None:
        state = {name: part.state_dict() for name, part in parts.items()}
        generators = {"torch": torch.get_rng_state(), "python": list(self._random.getstate()[1])}
        part = path.with_suffix(".part")
        torch.save({**state, **generators, "done": done}, part)
        part.replace(path)

    def _resume(self, path: Path, parts: dict[str, nn.Module]) -> int:
        state = torch.load(path, weights_only=True)
        for name, part in parts.items():
            part.load_state_dict(state[name])
        torch.set_rng_state(state["torch"])
        self._random.setstate((3, tuple(state["python"]), None))
        return int(state["done"])


def class_weights(targets: Sequence[int], classes: int, power: float) -> torch.Tensor:
    """Inverse frequencies to a power, of mean 1 over the targets; no class weighs more than a rarer-than-2% one."""
    counts = np.bincount(targets, minlength=classes).astype(float)
    counts = np.maximum(counts, max(1.0, _RARE * counts.sum()))
    weights = (counts.sum() / counts) ** power
    weights *= counts.sum() / (weights * counts).sum()
    return torch.tensor(weights, dtype=torch.float32)


#: "mixed" is a hundredth of the labels; weighted in full, a few sentences would lead the training.
_RARE = 0.08


def _targets(rows: Sequence[Row], units: int) -> torch.Tensor:
    out = torch.full((len(rows), units), _NO_TARGET)
    for i, row in enumerate(rows):
        out[i, : len(row.targets)] = torch.tensor(row.targets)
    return out.flatten()


def _settle(seed: int) -> None:
    """Make a run repeatable; numbers too small to matter are flushed, since a CPU is slow with them."""
    torch.manual_seed(seed)
    torch.set_flush_denormal(True)
