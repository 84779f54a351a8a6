"""The ``encoder`` classifier: fine-tuned encoders as ONNX, run by onnxruntime; torch is not needed.

One network labels the stakes, reading the text once for each actor with the actor's mentions masked; a
smaller one labels the roles, which do not depend on the actor. How they were trained: :mod:`cuibono.train`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc, Span

from cuibono.classify.calibration import Calibration
from cuibono.classify.folder import ModelFolder
from cuibono.classify.windows import Limits, Piece, Special, Stretch, Tokens, Window, pad, windows
from cuibono.document import LABELS, ROLES, Stakes
from cuibono.errors import ModelError
from cuibono.extract.blocks import BLOCKS, offset

Floats = NDArray[np.float32]

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
        self.annotator = model.annotator

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


#: Windows that a network reads at once; 0 is as many as there are cores. Several processes on one machine share them
#: out. Changes no result.
threads = 0


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Network:
    """One ONNX network with what it needs to read a text.

    Each window is a pass of its own, and as many passes run at once as there are threads. On a CPU that is no slower
    than batches (a window of some 200 tokens fills a core; ``benchmarks/speed.py`` measures it), nothing is padded,
    and what is said of a window cannot depend on its company: not on the batch, the number of workers, or on where a
    run was broken off.
    """

    session: Any
    tokenizer: Any
    special: Special
    limits: Limits
    calibration: Calibration
    pool: Executor

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
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # Weights stored as integers are turned back once, at load, not in every run.
        options.add_session_config_entry("session.disable_quant_qdq", "1")
        try:
            session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own errors share no base
            raise ModelError(f"{path}: onnxruntime cannot load it: {str(error).splitlines()[0]}") from None
        pool = ThreadPoolExecutor(threads or cores(), thread_name_prefix=f"cuibono-{section}")
        return cls(session, tokenizer, special, limits, calibration, pool)

    def tokens(self, doc: Doc) -> Tokens:
        """The text of a parsed document, tokenized."""
        return Tokens.of(self.tokenizer, doc.text, breaks_of(doc), self.special.end)

    def read(self, texts: Sequence[Tokens], units: Sequence[Stretch]) -> list[Reading]:
        """What the network says of the same units in each of these texts (one text, differently masked)."""
        found = [windows(text, units, self.special, self.limits) for text in texts]
        said = self.run_all(window for of_text in found for window in of_text)
        return [self._reading(*row, len(units), said) for row in zip(texts, found, strict=True)]

    def run_all(self, asked: Iterable[Window]) -> dict[Key, Answer]:
        """Passes over windows, each of which is read once: those that name none of several actors are the same."""
        by_key = {_key(window): window for window in asked}
        # The longest first, so that no thread has a long one left when the others are through.
        keys = sorted(by_key, key=lambda key: -len(key[0]))
        return dict(zip(keys, self.pool.map(lambda key: self.run(by_key[key]), keys), strict=True))

    def run(self, window: Window) -> Answer:
        """One pass: logits, (units, classes), and if the network gives them weights, (units, tokens)."""
        ids, mask, units = pad([(window.ids, [(piece.start, piece.end) for piece in window.pieces])], self.special.pad)
        logits, *more = self.session.run(None, {"ids": ids, "mask": mask, "units": units})
        return logits[0], more[0][0] if more else None

    def _reading(self, text: Tokens, found: Sequence[Window], units: int, said: Mapping[Key, Answer]) -> Reading:
        logits: list[list[Floats]] = [[] for _ in range(units)]
        weights: list[list[tuple[Stretch, float]]] = [[] for _ in range(units)]
        for window in found:
            scores, weighed = said[_key(window)]
            for j, piece in enumerate(window.pieces):
                logits[piece.unit].append(scores[j])
                if weighed is not None:
                    weights[piece.unit] += _weights(text, window, piece, weighed[j])
        means = np.stack([np.mean(of_unit, axis=0) for of_unit in logits])
        return Reading(means, np.array([len(of_unit) for of_unit in logits]), weights)


#: What a network is given of a window, and what it says: see :meth:`Network.run`.
Key = tuple[tuple[int, ...], tuple[Piece, ...]]
Answer = tuple[Floats, Floats | None]


def _key(window: Window) -> Key:
    return tuple(window.ids), tuple(window.pieces)


def _weights(text: Tokens, window: Window, piece: Piece, weighed: Floats) -> list[tuple[Stretch, float]]:
    """The characters of a piece's tokens with what each weighs."""
    at = [window.first + i for i in range(piece.start, piece.end)]
    shares = weighed[piece.start : piece.end]
    return [((text.starts[i], text.ends[i]), float(share)) for i, share in zip(at, shares, strict=True)]


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
