"""The ``encoder`` classifier: fine-tuned encoders as ONNX, run by onnxruntime; torch is not needed.

One network labels the stakes, reading the text once for each actor with the actor's mentions masked; a
smaller one labels the roles, which do not depend on the actor. How they were trained: :mod:`cuibono.train`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc, Span

from cuibono.classify.calibration import Calibration
from cuibono.classify.folder import ModelFolder
from cuibono.classify.windows import Limits, Piece, Special, Stretch, Tokens, Window, pad, windows
from cuibono.document import LABELS, ROLES, Annotator, Stakes
from cuibono.errors import ModelError
from cuibono.extract.blocks import BLOCKS, offset

Floats = NDArray[np.float32]

#: Tokens of a batch, padding included: enough to keep two cores busy, little enough for their caches.
_BATCH = 2048
#: How many words ``why`` names.
_SHOWN = 3


def mentions_of(doc: Doc, actor: str) -> list[Stretch]:
    """The characters of the names that stand for an actor."""
    return [(e.start_char, e.end_char) for e in doc.ents if e._.actor == actor]


def breaks_of(doc: Doc) -> list[int]:
    """The characters at which blocks begin."""
    return [block.start_char for block in doc.spans[BLOCKS]]


class Encoder:
    """Labels units by the networks of a model folder.

    Args:
        model: An opened folder of the kind ``encoder``.

    Raises:
        ModelError: onnxruntime cannot load a network, or the configuration lacks something.
    """

    def __init__(self, model: ModelFolder) -> None:
        self._stakes = Network.open(model, "stakes")
        self._roles = Network.open(model, "roles")
        self.annotator = Annotator(model.name, "model", model.version, {"sha256": model.digest})

    def roles(self, units: Sequence[Span]) -> list[tuple[str, float]]:
        """See :class:`cuibono.classify.base.Classifier`."""
        if not units:
            return []
        doc = units[0].doc
        (read,) = self._roles.read([self._roles.tokens(doc)], _stretches(units))
        chances = self._roles.calibration.probabilities(read.logits)
        best = read.logits.argmax(axis=-1)
        return [(ROLES[i], float(row[i])) for i, row in zip(best, chances, strict=True)]

    def stakes(self, doc: Doc, units: Sequence[Span], actors: Sequence[str]) -> list[dict[str, Stakes]]:
        """See :class:`cuibono.classify.base.Classifier`. A label is the one that the network, trained on weighted
        classes, finds; it need not be the likeliest one, which is nearly always ``none``. A unit longer than a window
        was read in several, which ``extra["pieces"]`` counts. ``why`` names the words that weigh most in what
        represents the unit: a hint, no proof (Jain and Wallace, NAACL 2019).
        """
        if not units:
            return []
        plain, mask = self._stakes.tokens(doc), self._stakes.special.actor
        asked = [plain.masked(mentions_of(doc, actor), mask) for actor in actors]
        read = self._stakes.read(asked, _stretches(units))
        columns = [self._labels(doc, of_actor) for of_actor in read]
        return [dict(zip(actors, row, strict=True)) for row in zip(*columns, strict=True)]

    def _labels(self, doc: Doc, read: Reading) -> Iterator[Stakes]:
        chances = self._stakes.calibration.probabilities(read.logits)
        for logits, row, pieces, weights in zip(read.logits, chances, read.pieces, read.weights, strict=True):
            extra = {"pieces": int(pieces)} if pieces > 1 else {}
            label = LABELS[int(logits.argmax())]
            yield Stakes(label, rounded(row), _why(doc, weights) if label != "none" else None, extra)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a network says of the units of one text.

    Attributes:
        logits: Shape (units, classes).
        pieces: In how many pieces it read each unit.
        weights: For each unit the characters of its tokens, and how much each weighs; empty if the network
            does not say.
    """

    logits: Floats
    pieces: NDArray[np.int64]
    weights: list[list[tuple[Stretch, float]]]


#: Threads of a network; 0 is as many as there are cores. Several processes on one machine share them out.
threads = 0


@dataclass(frozen=True, slots=True)
class Network:
    """One ONNX network with what it needs to read a text."""

    session: Any
    tokenizer: Any
    special: Special
    limits: Limits
    calibration: Calibration

    @classmethod
    def open(cls, model: ModelFolder, section: str) -> Network:
        """Open the network that a section of ``config.json`` describes. Raises :class:`ModelError`."""
        import onnxruntime
        from tokenizers import Tokenizer

        place = model.path / "config.json"
        try:
            config = model.config[section]
            path = model.file(config["network"])
            tokenizer = Tokenizer.from_file(str(model.file(config["tokenizer"])))
            special = Special.of(tokenizer, config["special"])
            limits, calibration = Limits(**config["limits"]), Calibration(**config["calibration"])
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"{place}: {section}: found {error!r}; allowed: what cuibono train writes") from None
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = threads
        # Weights stored as integers are turned back once, at load, not in every run.
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        try:
            session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own errors share no base
            raise ModelError(f"{path}: onnxruntime cannot load it: {str(error).splitlines()[0]}") from None
        return cls(session, tokenizer, special, limits, calibration)

    def tokens(self, doc: Doc) -> Tokens:
        """The text of a parsed document, tokenized."""
        return Tokens.of(self.tokenizer, doc.text, breaks_of(doc), self.special.end)

    def read(self, texts: Sequence[Tokens], units: Sequence[Stretch]) -> list[Reading]:
        """What the network says of the same units in each of these texts (one text, differently masked)."""
        inputs = [(i, w) for i, text in enumerate(texts) for w in windows(text, units, self.special, self.limits)]
        logits: list[list[list[Floats]]] = [[[] for _ in units] for _ in texts]
        weights: list[list[list[tuple[Stretch, float]]]] = [[[] for _ in units] for _ in texts]
        for batch in batches(inputs):
            found, weighed = self.run([window for _, window in batch])
            for i, (text, window) in enumerate(batch):
                for j, piece in enumerate(window.pieces):
                    logits[text][piece.unit].append(found[i, j])
                    if weighed is not None:
                        weights[text][piece.unit] += _weights(texts[text], window, piece, weighed[i, j])
        return [
            Reading(np.stack([np.mean(x, axis=0) for x in of_text]), np.array([len(x) for x in of_text]), of_units)
            for of_text, of_units in zip(logits, weights, strict=True)
        ]

    def run(self, batch: Sequence[Window]) -> tuple[Floats, Floats | None]:
        """One pass: logits, (windows, units, classes), and if it gives them weights, (windows, units, tokens)."""
        rows = [(window.ids, [(piece.start, piece.end) for piece in window.pieces]) for window in batch]
        ids, mask, units = pad(rows, self.special.pad)
        logits, *more = self.session.run(None, {"ids": ids, "mask": mask, "units": units})
        return logits, more[0] if more else None


def _weights(text: Tokens, window: Window, piece: Piece, weighed: Floats) -> list[tuple[Stretch, float]]:
    """The characters of a piece's tokens with what each weighs."""
    at = [window.first + i for i in range(piece.start, piece.end)]
    shares = weighed[piece.start : piece.end]
    return [((text.starts[i], text.ends[i]), float(share)) for i, share in zip(at, shares, strict=True)]


def batches(inputs: Sequence[tuple[int, Window]]) -> Iterator[list[tuple[int, Window]]]:
    """Windows of like length together, so that little is padding."""
    batch: list[tuple[int, Window]] = []
    for item in sorted(inputs, key=lambda pair: len(pair[1].ids)):
        if batch and (len(batch) + 1) * len(item[1].ids) > _BATCH:
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


def _why(doc: Doc, weights: Sequence[tuple[Stretch, float]]) -> str | None:
    """The words that weigh most in a unit, with their offsets in the document."""
    by_word: Counter[int] = Counter()
    for (start, end), share in weights:
        span = doc.char_span(start, end, alignment_mode="expand")
        if span is not None and span[0].is_alpha:
            by_word[span[0].i] += share  # type: ignore[assignment]
    total = sum(share for _, share in weights) or 1.0
    heaviest = sorted(by_word.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]
    return "; ".join(f"{share / total:.2f} {doc[i].text}@{offset(doc[i])}" for i, share in heaviest) or None


def _stretches(units: Sequence[Span]) -> list[Stretch]:
    return [(unit.start_char, unit.end_char) for unit in units]


def rounded(row: NDArray[np.float64]) -> dict[str, float]:
    """Scores to four places that still sum to 1: what rounding leaves over goes to the largest."""
    scores = {label: round(float(p), 4) for label, p in zip(LABELS, row, strict=True)}
    largest = max(scores, key=lambda label: scores[label])
    scores[largest] = round(1.0 - sum(p for label, p in scores.items() if label != largest), 4)
    return scores
