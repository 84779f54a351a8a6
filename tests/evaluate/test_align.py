"""Two annotations side by side."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cuibono.document import Annotator, Block, Document, Stakes, Unit, sha256
from cuibono.errors import AnnotationError
from cuibono.evaluate import align
from cuibono.evaluate.align import Tokens

TEXT = " ".join(f"w{i:02}" for i in range(60))


def spans(pairs) -> list[tuple]:
    """Offsets of both sides."""
    return [tuple((u.start, u.end) if u else None for u in pair) for pair in pairs]


def make(cuts: list[int]) -> Document:
    """A document whose units lie between successive pairs of cuts."""
    edges = sorted(set(cuts))
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    units = tuple(Unit(f"u{i}", a, b, "claim", stakes={"RUS": Stakes("none")}) for i, (a, b) in enumerate(pairs))
    return Document(
        "d",
        TEXT,
        sha256(TEXT),
        Annotator("a", "llm"),
        actors={"RUS": "Russia"},
        blocks=(Block(0, 239, "paragraph"),),
        units=units,
    )


def test_equal_spans_pair_exactly(document):
    """Exact pairs have both ends in common."""
    gold = document((0, 11, "claim", {}), (12, 23, "claim", {}))
    other = document((0, 11, "claim", {}), (16, 23, "claim", {}))
    assert spans(align(gold, other).exact) == [((0, 11), (0, 11)), ((12, 23), None), (None, (16, 23))]


@pytest.mark.parametrize(("end", "pairs"), [(15, True), (7, True), (3, False)])
def test_the_threshold_is_on_the_tokens_of_the_longer_span(document, end, pairs):
    """Half of four tokens are two: one is not enough."""
    gold, other = document((0, 15, "claim", {})), document((0, end, "claim", {}))
    assert (spans(align(gold, other).overlap) == [((0, 15), (0, end))]) is pairs


def test_more_pairs_are_better_than_one_good_pair(document):
    """The pairing with most pairs is taken."""
    gold = document((0, 15, "claim", {}), (16, 31, "claim", {}))
    other = document((0, 7, "claim", {}), (8, 31, "claim", {}))
    assert spans(align(gold, other).overlap) == [((0, 15), (0, 7)), ((16, 31), (8, 31))]


def test_different_texts_are_refused(document):
    """The hashes of both texts are named."""
    with pytest.raises(AnnotationError, match="text_sha256"):
        align(document(text="one"), document(text="two"))


def test_without_any_text_tokens_cannot_be_counted(document):
    """Two stand-off files need the folder of texts."""
    bare = document((0, 3, "claim", {})).without_text()
    with pytest.raises(AnnotationError, match="folder of texts"):
        align(bare, bare)


@pytest.mark.parametrize("threshold", [0, -1, 1.5])
def test_a_threshold_outside_its_range(document, threshold):
    """Zero would pair anything with anything."""
    with pytest.raises(ValueError, match="threshold"):
        align(document(), document(), threshold)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 239), max_size=24), st.lists(st.integers(0, 239), max_size=24), st.randoms())
def test_neither_order_nor_side_matters(left, right, rng: random.Random):
    """Shuffled units give the same pairs, and swapped sides the mirrored ones."""
    gold, other = make(left), make(right)
    pairs = spans(align(gold, other).overlap)
    shuffled = [replace(d, units=tuple(rng.sample(d.units, len(d.units)))) for d in (gold, other)]
    assert spans(align(*shuffled).overlap) == pairs
    mirrored = {tuple(reversed(pair)) for pair in spans(align(other, gold).overlap)}
    assert mirrored == set(pairs)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 239), max_size=20), st.lists(st.integers(0, 239), max_size=20))
def test_every_unit_is_there_once(left, right):
    """Nothing is dropped in silence, and every pair reaches the threshold."""
    gold, other = make(left), make(right)
    found = align(gold, other).overlap
    assert sorted(u.start for u, _ in found if u) == sorted(u.start for u in gold.units)
    assert sorted(u.start for _, u in found if u) == sorted(u.start for u in other.units)
    tokens = Tokens(TEXT)
    assert all(tokens.overlap(a, b) >= 0.5 for a, b in found if a and b)
