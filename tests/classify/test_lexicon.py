"""The lexicon file."""

import pytest

from cuibono.classify.lexicon import load
from cuibono.errors import ModelError


def test_a_verb_may_have_several_senses(write):
    """Each line adds a sense; effects are signs by place."""
    path = write("pos\tclass\teffects\twords\nverb\tgain\tsubject:+\tgrow; win\nverb\thelp\tobject:+;to:-\tgrow\n")
    senses = load(path).entries["verb"]["grow"]
    assert [(e.name, dict(e.effects)) for e in senses] == [("gain", {"subject": 1}), ("help", {"object": 1, "to": -1})]


@pytest.mark.parametrize("line", ["verb\tx\tobject:?\ty", "adverb\tx\tobject:+\ty", "verb\tx"])
def test_a_bad_line_is_named(write, line):
    """The error has the number of the line."""
    with pytest.raises(ModelError, match="line 2"):
        load(write(f"pos\tclass\teffects\twords\n{line}\n"))


def test_no_such_file(tmp_path):
    """A missing lexicon is a damaged model."""
    with pytest.raises(ModelError, match="cannot be read"):
        load(tmp_path / "lexicon.tsv")
