"""Size and power of both tests, and the spread of persistent series: t tests and simulation as oracles."""

import numpy as np
import pytest
from scipy import stats

from coordination_gap.scorecard import (
    any_date_power,
    at_correlation,
    autoregression,
    block_orders,
    difference_deviation,
    known_date,
    known_date_power,
    lag_one,
    process_deviation,
    unknown_date,
)


def test_power_of_independent_values_is_the_t_tests() -> None:
    # Two groups of 30: effect d found with 80 % at 5 % by the noncentral t law, d = 0.736 (Cohen's tables: 0.74).
    found = known_date_power(block_orders(60, 1, 1999, 1), 30, 0.0, 2.0, draws=4000)
    assert found.smallest is not None
    assert found.smallest / 2.0 == pytest.approx(0.736, abs=0.05)
    low, high = stats.binomtest(round(found.size * 4000), 4000).proportion_ci(0.999)
    assert low <= 0.05 <= high


def test_smallest_change_is_found_as_often_as_promised() -> None:
    orders = block_orders(60, 6, 999, 1)
    found = known_date_power(orders, 30, 0.4, 1.5, power=0.8, draws=1000)
    assert found.smallest is not None
    step = found.smallest * (np.arange(60) >= 30)
    again = [known_date(row + step, 30, orders).p <= found.critical for row in autoregression(60, 0.4, 1.5, 1000, 99)]
    assert np.mean(again) == pytest.approx(0.8, abs=0.05)


def test_strong_persistence_needs_more() -> None:
    orders = block_orders(60, 6, 999, 1)
    weak, strong = (known_date_power(orders, 30, rho, 1.0, draws=500).smallest for rho in (0.0, 0.5))
    assert weak is not None
    assert strong is None or strong > weak


def test_autoregression_has_its_moments() -> None:
    drawn = autoregression(50, 0.6, 3.0, 4000, 1)
    assert drawn.std() == pytest.approx(3.0, rel=0.02)
    assert np.corrcoef(drawn[:, 20], drawn[:, 21])[0, 1] == pytest.approx(0.6, abs=0.03)


def test_process_deviation_undoes_what_a_short_series_hides() -> None:
    drawn = autoregression(22, 0.9, 3.0, 4000, 2)
    # On average the sample variance gives back the process's; the plain one is far too low.
    assert np.sqrt(np.mean([process_deviation(row, 0.9) ** 2 for row in drawn])) == pytest.approx(3.0, rel=0.03)
    assert np.sqrt(drawn.var(axis=1, ddof=1).mean()) < 2.2
    assert process_deviation([1.0, 2.0, 4.0], 0.0) == pytest.approx(np.std([1, 2, 4], ddof=1))


def test_difference_deviation() -> None:
    assert difference_deviation(20, 8, 0.0, 2.0) == pytest.approx(2 * np.sqrt(1 / 8 + 1 / 12))
    drawn = autoregression(22, 0.8, 1.5, 20_000, 3)
    differences = drawn[:, 14:].mean(axis=1) - drawn[:, :14].mean(axis=1)
    assert difference_deviation(22, 14, 0.8, 1.5) == pytest.approx(differences.std(), rel=0.03)


def test_any_date_power_holds_what_it_says() -> None:
    orders = block_orders(40, 1, 299, 1)
    found = any_date_power(orders, 20, 0.0, 1.0, draws=400)
    assert found.smallest is not None
    # Independent values one by one: the test keeps its level, and needs more than one that knows the place.
    low, high = stats.binomtest(round(found.size * 400), 400).proportion_ci(0.999)
    assert low <= 0.05 <= high
    told = known_date_power(orders, 20, 0.0, 1.0, draws=400).smallest
    assert told is not None
    assert found.smallest > told
    step = found.smallest * (np.arange(40) >= 20)
    again = [unknown_date(row + step, orders).p <= found.critical for row in autoregression(40, 0.0, 1.0, 400, 77)]
    assert np.mean(again) == pytest.approx(0.8, abs=0.08)


def test_few_long_blocks_find_nothing_and_say_so() -> None:
    found = any_date_power(block_orders(22, 5, 199, 1), 14, 0.95, 1.0, draws=200)
    assert found.size > 0.15
    assert found.smallest is None


def test_as_small_is_the_share_of_series_without_a_change_that_reach_the_p() -> None:
    orders = block_orders(24, 3, 199, 1)
    values = np.arange(24.0)
    assert known_date_power(orders, 12, 0.5, 1.0, draws=200).as_small is None
    p = known_date(values, 12, orders).p
    reached = [known_date(row, 12, orders).p <= p for row in autoregression(24, 0.5, 1.0, 200, 1)]
    assert known_date_power(orders, 12, 0.5, 1.0, draws=200, series=values).as_small == np.mean(reached)
    p = unknown_date(values, orders).p
    reached = [unknown_date(row, orders).p <= p for row in autoregression(24, 0.5, 1.0, 200, 1)]
    assert any_date_power(orders, 12, 0.5, 1.0, draws=200, series=values).as_small == np.mean(reached)


def test_at_a_correlation() -> None:
    values = autoregression(30, 0.6, 2.0, 1, 4)[0]
    orders = block_orders(30, 5, 199, 1)
    low, high = (at_correlation(values, 15, orders, rho, draws=200) for rho in (0.3, 0.9))
    found = known_date(values, 15, orders).difference
    for one in (low, high):
        assert (one.low + one.high) / 2 == pytest.approx(found)
        scatter = difference_deviation(30, 15, one.rho, process_deviation(values, one.rho))
        assert one.high - found == pytest.approx(1.959964 * scatter)
        # What is found with 80 % at 5 % lies 1.96 + 0.84 deviations off.
        assert one.smallest == pytest.approx((1.959964 + 0.841621) * scatter)
        below = [lag_one(row) < lag_one(values) for row in autoregression(30, one.rho, 1.0, 200, 1)]
        assert one.sample_below == np.mean(below)
    assert high.smallest > low.smallest
    assert high.sample_below < low.sample_below


def test_interval_covers_as_often_as_it_says_where_the_spread_is_known() -> None:
    drawn = autoregression(30, 0.7, 1.0, 4000, 6)
    differences = drawn[:, 18:].mean(axis=1) - drawn[:, :18].mean(axis=1)
    scatter = difference_deviation(30, 18, 0.7, 1.0)
    assert np.mean(np.abs(differences) <= 1.96 * scatter) == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: autoregression(5, 1.0, 1.0, 2, 1), "rho is 1.0"),
        (lambda: process_deviation([1.0, 2.0, 3.0], -0.1), "rho is -0.1"),
        (lambda: process_deviation([1.0, 2.0], 0.1), "at least 3 values"),
        (lambda: difference_deviation(5, 5, 0.1, 1.0), "before is 5"),
        (lambda: difference_deviation(5, 2, 0.1, -1.0), "deviation is -1.0"),
        (lambda: known_date_power(block_orders(20, 2, 99, 1), 10, 0.1, 1.0, power=1.0), "power is 1.0"),
        (lambda: any_date_power(block_orders(20, 2, 99, 1), 10, 0.1, 1.0, level=0.0), "level is 0.0"),
        (lambda: at_correlation([1.0] * 20, 10, block_orders(20, 2, 99, 1), 0.1, confidence=1.0), "confidence is 1"),
    ],
)
def test_refused(call, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=words):
        call()
