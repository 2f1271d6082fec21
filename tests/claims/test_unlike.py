"""How far the ends of several systems lie apart: by hand, against SciPy's own test, and by drawing alike systems."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from coordination_gap import claims


def test_two_systems_give_the_interval_of_two_means() -> None:
    """With two systems the studentised range is the normal law: q = √2 · 1.96."""
    found = claims.spread([[20, 80], [40, 60]])
    error = np.sqrt(0.8 * 0.2 / 99 + 0.6 * 0.4 / 99)
    assert found.difference == pytest.approx(0.2)
    assert found.low == pytest.approx(0.2 - stats.norm.ppf(0.975) * error, abs=1e-6)
    assert found.high == pytest.approx(0.2 + stats.norm.ppf(0.975) * error, abs=1e-6)
    assert (found.systems, found.tasks) == (2, 100)


def test_three_systems_agree_with_tukey() -> None:
    """SciPy's Tukey test pools the errors; with equal errors and many tasks both intervals are the same."""
    counts = np.array([[500, 500], [400, 600], [600, 400]])
    groups = [np.repeat([0.0, 1.0], row) for row in counts]
    theirs = stats.tukey_hsd(*groups).confidence_interval(0.95)
    found = claims.spread(counts)
    assert found.low == pytest.approx(theirs.low[1, 2], abs=0.002)
    assert found.high == pytest.approx(theirs.high[1, 2], abs=0.002)


@pytest.mark.parametrize("systems", [2, 7])
def test_alike_systems_are_seldom_told_apart(systems: int) -> None:
    """Tries of one task go together; of many draws of alike systems about one in twenty is told apart."""
    generator = np.random.default_rng(1)
    told = 0
    for _ in range(600):
        chances = generator.beta(4, 1, size=(systems, 114))
        tries = generator.binomial(4, chances)
        counts = np.array([np.bincount(row, minlength=5) for row in tries])
        told += claims.spread(counts).low > 0
    assert stats.binomtest(told, 600, 0.05).pvalue > 0.001


@settings(deadline=None)
@given(st.lists(st.lists(st.integers(1, 60), min_size=3, max_size=3), min_size=2, max_size=5))
def test_order_does_not_matter_and_the_difference_is_within(counts: list[list[int]]) -> None:
    found = claims.spread(counts)
    assert found.low <= found.difference <= found.high
    assert claims.spread(counts[::-1]).low == pytest.approx(found.low)


@pytest.mark.parametrize(
    ("counts", "confidence", "message"),
    [
        ([[1, 2]], 0.95, "counts has the shape"),
        ([1, 2], 0.95, "counts has the shape"),
        ([[1, -2], [3, 4]], 0.95, "whole numbers of tasks"),
        ([[1, 2.5], [3, 4]], 0.95, "whole numbers of tasks"),
        ([[0, 9], [3, 4]], 0.95, "one outcome on all"),
        ([[1, 2], [3, 4]], 1.0, "confidence is 1.0"),
    ],
)
def test_what_has_no_error_is_refused(counts: Any, confidence: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        claims.spread(counts, confidence)
