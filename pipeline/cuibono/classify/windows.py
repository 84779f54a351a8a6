"""What an encoder reads: windows of tokens over the text, each with several units, the actor masked.

A unit is read in its place: the sentences around it stand in the same window, and all units of a window
are labelled from one pass (sequential sentence classification: Cohan et al., EMNLP 2019,
https://aclanthology.org/D19-1383). The actor asked about is blinded: each of its mentions becomes one token,
so that what is learnt about one actor holds for others (as in explosion/healthsea).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from tokenizers import Tokenizer

#: A stretch of characters: start and end.
Stretch = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Limits:
    """How many tokens a window has: those of its units, and context before and behind them."""

    core: int = 160
    left: int = 48
    right: int = 24


@dataclass(frozen=True, slots=True)
class Special:
    """Ids of the tokens that stand for no text. ``actor`` is the mask of the actor asked about."""

    start: int
    end: int
    pad: int
    actor: int

    @classmethod
    def of(cls, tokenizer: Tokenizer, names: dict[str, str]) -> Special:
        """The ids by the names that a model's configuration gives.

        Raises:
            ValueError: The tokenizer has no such token.
        """
        ids: dict[str, int] = {}
        for role, token in names.items():
            found = tokenizer.token_to_id(token)
            if found is None:
                raise ValueError(f"tokenizer: found no token {token!r}")
            ids[role] = found
        return cls(**ids)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a text, each with its characters ``[starts[i], ends[i])``."""

    ids: Sequence[int]
    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def of(cls, tokenizer: Tokenizer, text: str, breaks: Sequence[int], separator: int) -> Tokens:
        """Tokenize a text; ``breaks`` are the characters at which its blocks begin, each marked by a separator."""
        encoded = tokenizer.encode(text, add_special_tokens=False)
        ids: list[int] = []
        offsets: list[Stretch] = []
        waiting = iter([*sorted(breaks), len(text) + 1])
        edge = next(waiting)
        for token, (start, end) in zip(encoded.ids, encoded.offsets, strict=True):
            while start >= edge:
                if ids:
                    ids.append(separator)
                    offsets.append((edge, edge))
                edge = next(waiting)
            ids.append(token)
            offsets.append((start, end))
        return cls(ids, [s for s, _ in offsets], [e for _, e in offsets])

    def masked(self, mentions: Sequence[Stretch], mask: int) -> Tokens:
        """The same text with one token ``mask`` in the place of each mention."""
        kept: list[tuple[int, int, int]] = []
        waiting = sorted(mentions)
        at, open_mention = 0, -1
        for token, start, end in zip(self.ids, self.starts, self.ends, strict=True):
            while at < len(waiting) and waiting[at][1] <= start:
                at += 1
            if at < len(waiting) and start < end and waiting[at][0] < end:
                if open_mention == at:
                    kept[-1] = (mask, kept[-1][1], end)
                else:
                    kept.append((mask, start, end))
                open_mention = at
            else:
                kept.append((token, start, end))
        ids, starts, ends = zip(*kept, strict=True) if kept else ((), (), ())
        return Tokens(ids, starts, ends)

    def cover(self, start: int, end: int) -> Stretch:
        """The tokens that touch a stretch of characters: at least one, so that no unit is without."""
        low = min(bisect_right(self.ends, start), len(self.ids) - 1)
        return low, max(bisect_left(self.starts, end), low + 1)


@dataclass(frozen=True, slots=True)
class Piece:
    """The tokens ``[start, end)`` of a window that belong to unit number ``unit``."""

    unit: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Window:
    """One input of the encoder: token ids with all special tokens, and where its units lie.

    ``first + i`` is the number in the text of the window's token ``i``.
    """

    ids: list[int]
    pieces: list[Piece]
    first: int = 0


def windows(tokens: Tokens, units: Sequence[Stretch], special: Special, limits: Limits) -> list[Window]:
    """Windows that together hold every unit, given by its characters in any order.

    A unit longer than ``limits.core`` tokens is cut into pieces that lie in windows of their own; the caller
    joins what is said of them. Nothing is left out.
    """
    pieces = sorted(_pieces(tokens, units, limits.core), key=lambda p: (p.start, p.end))
    out: list[Window] = []
    group: list[Piece] = []
    for piece in pieces:
        if group and piece.end - group[0].start > limits.core:
            out.append(_window(tokens, group, special, limits))
            group = []
        group.append(piece)
    return [*out, _window(tokens, group, special, limits)] if group else out


def pad(
    rows: Sequence[tuple[Sequence[int], Sequence[Stretch]]], filler: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Several windows, each its token ids and the tokens of its units, as the three inputs of a network.

    Returns:
        Token ids, (windows, tokens); 1 for tokens and 0 for padding, (windows, tokens); 1 where a token belongs to
        a unit, (windows, units, tokens).
    """
    longest, most = max(len(ids) for ids, _ in rows), max(len(units) for _, units in rows)
    ids = np.full((len(rows), longest), filler, dtype=np.int64)
    mask = np.zeros((len(rows), longest), dtype=np.int64)
    units = np.zeros((len(rows), most, longest), dtype=np.float32)
    for i, (tokens, spans) in enumerate(rows):
        ids[i, : len(tokens)] = tokens
        mask[i, : len(tokens)] = 1
        for j, (start, end) in enumerate(spans):
            units[i, j, start:end] = 1.0
    return ids, mask, units


def _pieces(tokens: Tokens, units: Sequence[Stretch], core: int) -> Iterator[Piece]:
    for number, (start, end) in enumerate(units):
        low, high = tokens.cover(start, end)
        for at in range(low, high, core):
            yield Piece(number, at, min(at + core, high))


def _window(tokens: Tokens, group: list[Piece], special: Special, limits: Limits) -> Window:
    low = max(0, group[0].start - limits.left)
    high = min(len(tokens.ids), max(p.end for p in group) + limits.right)
    # The mask stands in front, so that the question is asked even where the text does not name the actor.
    front = [special.start, special.actor, special.end]
    shift = len(front) - low
    ids = [*front, *tokens.ids[low:high], special.end]
    return Window(ids, [Piece(p.unit, p.start + shift, p.end + shift) for p in group], -shift)
