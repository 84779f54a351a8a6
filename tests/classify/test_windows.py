"""What an encoder reads: every unit in full, the actor masked, offsets right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from cuibono.classify.windows import Limits, Special, Tokens, windows

TEXT = "Russia lost the port . The port was Russian .\n\nPeru gained nothing from it"
START, END, PAD, ACTOR = range(1, 5)
SPECIAL = Special(START, END, PAD, ACTOR)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    vocabulary = {"[UNK]": 0, "[CLS]": START, "[SEP]": END, "[PAD]": PAD, "[ACTOR]": ACTOR}
    vocabulary |= {word: i for i, word in enumerate(dict.fromkeys(TEXT.split()), len(vocabulary))}
    made = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    made.pre_tokenizer = Whitespace()
    return made


def test_special_tokens_are_looked_up(tokenizer):
    """By the names of the configuration; a missing one is named."""
    names = {"start": "[CLS]", "end": "[SEP]", "pad": "[PAD]", "actor": "[ACTOR]"}
    assert Special.of(tokenizer, names) == SPECIAL
    with pytest.raises(ValueError, match=r"found no token '<s>'"):
        Special.of(tokenizer, {**names, "start": "<s>"})


def test_blocks_are_separated(tokenizer):
    """A separator stands where a block begins, except before the first."""
    tokens = Tokens.of(tokenizer, TEXT, [0, TEXT.index("Peru")], END)
    assert tokens.ids.count(END) == 1
    assert tokens.ids[tokens.ids.index(END) + 1] == tokenizer.token_to_id("Peru")


def test_each_mention_becomes_one_mask(tokenizer):
    """Whatever its length; the tokens around it keep their characters."""
    tokens = Tokens.of(tokenizer, TEXT, [0], END)
    long, short = (0, len("Russia lost")), (TEXT.index("Russian"), TEXT.index("Russian") + 7)
    masked = tokens.masked([short, long], ACTOR)
    assert [i for i, token in enumerate(masked.ids) if token == ACTOR] == [0, masked.starts.index(short[0])]
    assert (masked.starts[0], masked.ends[0]) == long
    assert len(masked.ids) == len(tokens.ids) - 1


def test_no_mention_changes_nothing(tokenizer):
    """An actor that the text does not name."""
    tokens = Tokens.of(tokenizer, TEXT, [0], END)
    masked = tokens.masked([], ACTOR)
    assert list(masked.ids) == list(tokens.ids)


def test_the_question_stands_in_front(tokenizer):
    """Each window begins with the mask, so that it is asked about an actor that it does not name."""
    tokens = Tokens.of(tokenizer, TEXT, [0], END)
    (window,) = windows(tokens, [(0, 20)], SPECIAL, Limits())
    assert window.ids[:3] == [START, ACTOR, END]
    assert window.ids[-1] == END


@given(
    st.lists(st.tuples(st.integers(0, len(TEXT) - 2), st.integers(1, 40)), min_size=1, max_size=6),
    st.integers(1, 12),
    st.integers(0, 5),
    st.integers(0, 5),
)
def test_every_token_of_every_unit_is_read_once(tokenizer, spans, core, left, right):
    """However short the windows are, and however the units overlap: nothing is cut off."""
    tokens = Tokens.of(tokenizer, TEXT, [0], END)
    units = [(start, min(len(TEXT), start + length)) for start, length in spans]
    seen: dict[int, list[int]] = {}
    for window in windows(tokens, units, SPECIAL, Limits(core, left, right)):
        assert len(window.ids) <= core + left + right + 4
        for piece in window.pieces:
            seen.setdefault(piece.unit, []).extend(window.ids[piece.start : piece.end])
    for number, unit in enumerate(units):
        low, high = tokens.cover(*unit)
        assert seen[number] == list(tokens.ids[low:high])
