"""Scores against published values, and that they are proper."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination_gap.company import valuation
from coordination_gap.scorecard import brier_score, log_score, questions_needed, skill

chances = st.floats(0, 1)


@pytest.mark.parametrize(
    ("probabilities", "outcomes", "expected"),
    [
        # scikit-learn's docstring of brier_score_loss: 0.037.
        ([0.1, 0.9, 0.8, 0.3], [False, True, True, False], 0.0375),
        # Wikipedia, Brier score: rain after a forecast of 100 %, 70 %, 30 %, 50 %.
        ([1.0], [True], 0.0),
        ([0.7], [True], 0.09),
        ([0.3], [True], 0.49),
        ([0.5], [True], 0.25),
        ([0.8], [True], 0.04),
    ],
)
def test_published_brier_scores(probabilities: list[float], outcomes: list[bool], expected: float) -> None:
    assert brier_score(probabilities, outcomes) == pytest.approx(expected, abs=1e-12)


def test_published_log_score() -> None:
    # scikit-learn's docstring of log_loss: 0.21616 for spam, ham, ham, spam.
    assert log_score([0.9, 0.1, 0.2, 0.65], [True, False, False, True]) == pytest.approx(0.21616, abs=5e-6)


def test_log_score_is_in_nats() -> None:
    assert log_score([0.5], [False]) == pytest.approx(math.log(2))
    assert log_score([0.0], [True]) == math.inf
    assert math.copysign(1, log_score([1.0], [True])) == 1.0


@given(chances, st.booleans())
def test_one_outcome_agrees_with_the_valuation_pages_score(chance: float, happened: bool) -> None:
    assert brier_score([chance], [happened]) == pytest.approx(valuation.brier_score(chance, happened=happened))


@given(st.floats(0.01, 0.99), st.floats(0.01, 0.99))
def test_proper_no_statement_beats_the_belief(belief: float, stated: float) -> None:
    for score in (brier_score, log_score):

        def expected(chance: float, score=score) -> float:  # type: ignore[no-untyped-def]
            return float(belief * score([chance], [True]) + (1 - belief) * score([chance], [False]))

        assert expected(stated) >= expected(belief) - 1e-12
        if abs(stated - belief) > 1e-3:
            assert expected(stated) > expected(belief)


def test_skill() -> None:
    assert skill(0.04, 0.25) == pytest.approx(0.84)
    assert skill(0.25, 0.25) == 0.0
    assert skill(0.5, 0.25) == -1.0
    assert skill(0.1, 0.0) is None


def test_questions_needed_tell_them_apart_as_often_as_promised() -> None:
    needed = questions_needed(0.8, 0.7, power=0.8)
    assert needed == pytest.approx(4 * (1.959964 + 0.841621) ** 2 * 0.16 / 0.01, rel=1e-5)
    happened = np.random.default_rng(1).random((4000, round(needed))) < 0.8
    difference = (0.8 - happened) ** 2 - (0.7 - happened) ** 2
    z = difference.mean(axis=1) / (difference.std(axis=1, ddof=1) / math.sqrt(round(needed)))
    assert (z < -1.959964).mean() == pytest.approx(0.8, abs=0.03)
    assert questions_needed(0.8, 0.8) == math.inf


@pytest.mark.parametrize(
    ("probabilities", "outcomes", "words"),
    [
        ([], [], "at least one"),
        ([0.5], [True, False], "as many of one"),
        ([1.1], [True], "from 0 to 1"),
        ([math.nan], [True], "from 0 to 1"),
        ([0.5], [2], "True or False"),
    ],
)
def test_refused(probabilities: list[float], outcomes: list[bool], words: str) -> None:
    for score in (brier_score, log_score):
        with pytest.raises(ValueError, match=words):
            score(probabilities, outcomes)


def test_negative_loss_is_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        skill(-0.1, 0.2)
