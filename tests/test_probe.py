"""Behaviour cases: what passes, what is refused, and what the command prints."""

import json

import pytest

from cuibono.cli import main
from cuibono.document import Annotator, Stakes
from cuibono.errors import InputError
from cuibono.probe import CASES, Answer, Case, load_cases, probe, rates

HEAD = "kind\tid\ttext\tactor\tlabel\ttext2\tactor2\tlabel2\n"
SWAP = "swap\ts1\tPeru lost a port.\tPeru\tchallenge\tChile lost a port.\tChile\tchallenge\n"
SIDE = "side\td1\tPeru beat Chile.\tPeru\topportunity\tPeru beat Chile.\tChile\tchallenge\n"


class Alphabetical:
    """A model for which everything is good for actors up to D, and bad for the others."""

    annotator = Annotator("alphabetical", "model", "1")

    def roles(self, units):
        """All claims."""
        return [("claim", 1.0)] * len(units)

    def stakes(self, doc, units, actors):  # noqa: ARG002 - the protocol's
        """By the alphabet."""
        return [{a: Stakes("opportunity" if a < "D" else "challenge") for a in actors} for _ in units]


def test_a_model_is_asked_twice(write):
    """The same for both names is wanted of a swap, the opposite of the other side."""
    cases = load_cases(write(HEAD + SWAP + SIDE, "cases.tsv"))
    answers = probe(Alphabetical(), cases)
    assert [(a.first, a.second, a.passed, a.right) for a in answers] == [
        ("challenge", "opportunity", False, False),
        ("challenge", "opportunity", False, False),
    ]
    assert [(r.kind, r.cases, r.passed, r.right) for r in rates(answers)] == [("swap", 1, 0, 0), ("side", 1, 0, 0)]


def test_what_passes():
    """A swap passes if both answers are the same, though wrong; a negation only if both are right."""
    swap = Case("swap", "s", "", "", "challenge", "", "", "challenge")
    assert Answer(swap, "none", "none").passed
    assert not Answer(swap, "none", "none").right
    assert not Answer(swap, None, None).passed
    negation = Case("negation", "n", "", "", "challenge", "", "", "opportunity")
    assert Answer(negation, "challenge", "opportunity").passed
    assert not Answer(negation, "opportunity", "challenge").passed


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (HEAD, "no case; the columns are kind, id, text"),
        (HEAD + SWAP.replace("swap", "swop"), "line 2: found 'swop'; allowed: swap, passive, side, negation"),
        (HEAD + SWAP + SIDE.replace("\tchallenge", "\tbad"), "line 3: found 'bad'; allowed: challenge, opportunity"),
        (HEAD + "swap\ts1\tPeru lost a port.\n", "line 2: found no actor, label, text2"),
    ],
)
def test_bad_cases_are_named(write, content, problem):
    """By file and line."""
    with pytest.raises(InputError, match=r"cases\.tsv") as error:
        load_cases(write(content, "cases.tsv"))
    assert problem in str(error.value)


def test_the_cases_that_come_along():
    """At least sixty of each kind, no text twice within a kind, labels as the kind wants them."""
    cases = load_cases(CASES)
    for kind in ("swap", "side", "negation", "passive"):
        of_kind = [c for c in cases if c.kind == kind]
        assert len(of_kind) >= 60
        assert len({c.text for c in of_kind}) == len(of_kind)
        for case in of_kind:
            same = case.label == case.label2
            assert same == (kind in ("swap", "passive")), case.id
            assert case.text != case.text2 or kind == "side", case.id


def test_the_command(write, capsys):
    """A table for people, JSON for programs, the failed cases on request."""
    path = str(write(HEAD + SWAP, "cases.tsv"))
    assert main(["probe", "rules-v1", "--cases", path]) == 0
    assert "swap" in capsys.readouterr().out
    assert main(["probe", "rules-v1", "--cases", path, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rates"] == [{"kind": "swap", "cases": 1, "passed": 1, "right": 1}]
