"""What a training run is given; kept as JSON in the model's folder, so that it can be run again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from cuibono.classify.windows import Limits
from cuibono.errors import ModelError

TASKS = ("stakes", "roles")


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of one encoder.

    Attributes:
        task: ``stakes`` (the actor masked, a window for each actor asked about) or ``roles``.
        base: The name of a pretrained encoder, see :mod:`cuibono.train.bases`.
        epochs: Passes over the training texts, over which the learning rate falls to nothing.
        stop_after: End after this many of them; 0 is all.
        rate: Learning rate of the encoder at its highest; what is new learns ten times as fast.
        batch: Tokens of a batch, padding included.
        warmup: Share of the steps in which the rate rises; then it falls to nothing.
        class_power: Class weights are (inverse frequency) to this power; 0 is no weighting.
        frozen: How many of the lowest layers (and the embeddings) stay as they are.
        jitter: Windows are cut at a random share of their length, from this up to 1, anew for each pass.
        share: Of the training labels, for learning curves.
        lora: Rank of the low-rank adapter of a recipe of the kind ``adapter``; what stands behind the encoder then
            learns no faster than the adapter does. 0 is none.
        blend: Share of what the adapter has learnt that is kept, see :func:`cuibono.train.adapter.blend`.
        drills: A file as :func:`cuibono.train.drills.read_drills` reads it; none if empty.
        rounds: How often each drill is seen in a pass, each time with other names.
        bf16: Whether matrices are multiplied in bfloat16.
    """

    task: str = "stakes"
    base: str = "all-MiniLM-L6-v2"
    epochs: int = 4
    stop_after: int = 0
    rate: float = 1e-4
    batch: int = 1600
    warmup: float = 0.1
    class_power: float = 0.5
    frozen: int = 0
    dropout: float = 0.1
    jitter: float = 0.4
    share: float = 1.0
    seed: int = 0
    lora: int = 0
    blend: float = 1.0
    drills: str = ""
    rounds: int = 1
    bf16: bool = True
    limits: Limits = field(default_factory=Limits)

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def load(cls, path: Path) -> Config:
        """Read a JSON file.

        Raises:
            ModelError: Not JSON, or a setting that does not exist.
        """
        try:
            return cls.from_dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise ModelError(f"{path}: {error}") from None

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Config:
        """From JSON. Raises ValueError for a setting or a task that does not exist."""
        allowed = [f.name for f in fields(cls)]
        if unknown := sorted(set(raw) - set(allowed)):
            raise ValueError(f"found {', '.join(unknown)}; allowed: {', '.join(allowed)}")
        if (task := raw.get("task", "stakes")) not in TASKS:
            raise ValueError(f"task: found {task!r}; allowed: {', '.join(TASKS)}")
        if task == "roles" and raw.get("drills"):
            raise ValueError(
                "drills: found with the task roles; allowed: with stakes, the only labels that drills have"
            )
        limits = Limits(**raw["limits"]) if "limits" in raw else Limits()
        return cls(**{**raw, "limits": limits})
