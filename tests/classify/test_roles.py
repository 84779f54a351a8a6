"""Claim or premise by surface signs."""

import pytest

from cuibono.classify.roles import RoleRules, load
from cuibono.errors import ModelError
from tests.conftest import ROOT

ROLES = load(ROOT / "models" / "rules-v1" / "roles.json")


@pytest.mark.parametrize(
    ("sentence", "role"),
    [
        ("The port will probably strengthen the coast at the expense of the highlands.", "claim"),
        ("Lima should build a second port.", "claim"),
        ("The port was opened on 4 May 2019 and cost $300 million.", "premise"),
        ('"We have built it," the minister said in 2019.', "premise"),
    ],
)
def test_clear_cases(nlp, sentence, role):
    """Assessment and recommendation are claims, record and report are premises."""
    found, score = ROLES.role(nlp(sentence)[:])
    assert found == role
    assert 0.5 <= score <= 1


def test_without_signs_the_bias_decides(nlp):
    """The probability is the logistic of the sum of weights."""
    rules = RoleRules({"bias": -1.0}, {"attribution": frozenset()})
    assert rules.role(nlp("Ports pay.")[:]) == ("premise", pytest.approx(0.731, abs=1e-3))


def test_a_broken_file(write):
    """The file is named."""
    with pytest.raises(ModelError, match=r"roles\.json"):
        load(write("{}", "roles.json"))
