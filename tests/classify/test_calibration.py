"""Probabilities that mean what they say."""

import numpy as np
import pytest

from cuibono.classify.calibration import Calibration, expected_calibration_error, reliability


def test_a_neutral_calibration_is_softmax():
    """Temperature 1, no bias."""
    logits = np.array([[1.0, 2.0, 0.5]])
    expected = np.exp(logits) / np.exp(logits).sum()
    assert Calibration(1.0, [0.0]).probabilities(logits) == pytest.approx(expected)


def test_large_logits_do_not_overflow():
    """Softmax is shifted by the maximum."""
    assert Calibration().probabilities([[1000.0, 0.0]]).tolist() == [[1.0, 0.0]]


def test_fit_finds_the_temperature_that_made_the_labels():
    """Labels drawn from softmax(logits / 2.5 + bias) give the temperature and the bias back."""
    random = np.random.default_rng(0)
    logits = random.normal(size=(20000, 3)) * 4
    bias = np.array([0.8, -0.2, -0.6])
    chances = Calibration(2.5, bias.tolist()).probabilities(logits)
    targets = [int(random.choice(3, p=row)) for row in chances]
    found = Calibration.fit(logits, targets)
    assert found.temperature == pytest.approx(2.5, rel=0.06)
    assert list(found.bias) == pytest.approx(bias.tolist(), abs=0.08)


def test_expected_calibration_error_by_hand():
    """Two bins: 0.9 said and 0.5 right (four times), 0.6 said and 1 right (once): (4 * 0.4 + 0.4) / 5."""
    chances, right = [0.9, 0.9, 0.9, 0.9, 0.6], [True, True, False, False, True]
    assert expected_calibration_error(chances, right) == pytest.approx(0.4)
    assert [(b.low, b.count, b.accuracy) for b in reliability(chances, right)] == [(0.6, 1, 1.0), (0.9, 4, 0.5)]


@pytest.mark.parametrize(("chances", "right"), [([], []), ([0.5], [True, False])])
def test_no_error_of_nothing(chances, right):
    """Undefined is an error, not 0."""
    with pytest.raises(ValueError, match="allowed: the same, not empty"):
        expected_calibration_error(chances, right)
