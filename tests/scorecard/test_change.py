"""Change-point tests: Pettitt's own example, scipy as the oracle, planted changes and size."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from coordination_gap.scorecard import (
    autoregression,
    block_length,
    block_orders,
    known_date,
    lag_one,
    pettitt_p,
    pettitt_path,
    placebo_dates,
    stretches,
    unknown_date,
)

# Table 1 of Pettitt (1979), simulated by Page (1955); K = 232 after the 17th value, p = 0.014 there.
PAGE = [
    -1.05, 0.96, 1.22, 0.58, -0.98, -0.03, -1.54, -0.71, -0.35, 0.66, 0.44, 0.91, -0.02, -1.42, 1.26, -1.02, -0.81,
    1.66, 1.05, 0.97, 2.14, 1.22, -0.24, 1.60, 0.72, -0.12, 0.44, 0.03, 0.66, 0.56, 1.37, 1.66, 0.10, 0.80,
    1.29, 0.49, -0.07, 1.18, 3.29, 1.84,
]  # fmt: skip

series = st.lists(st.integers(-20, 20).map(float), min_size=10, max_size=30)


def test_pettitts_published_example() -> None:
    path = np.abs(pettitt_path(PAGE))
    assert path.max() == 232
    assert path.argmax() + 1 == 17
    assert pettitt_p(232, 40) == pytest.approx(0.01456, abs=5e-6)  # as R's trend package prints it
    found = unknown_date(PAGE, block_orders(40, 1, 4000, 1))
    assert (found.before, found.statistic) == (17, 232)
    # The approximation is said to be good to two decimals.
    assert found.p == pytest.approx(0.014, abs=0.01)


@settings(deadline=None)
@given(series)
def test_path_is_its_definition(values: list[float]) -> None:
    path = pettitt_path(values)
    for place in range(1, len(values)):
        signs = [np.sign(a - b) for a, b in itertools.product(values[:place], values[place:])]
        assert path[place - 1] == sum(signs)


@settings(deadline=None)
@given(series)
def test_path_is_mann_whitney_at_each_place(values: list[float]) -> None:
    path = pettitt_path(values)
    for place in range(1, len(values)):
        u = stats.mannwhitneyu(values[:place], values[place:], method="exact").statistic
        assert path[place - 1] == pytest.approx(2 * u - place * (len(values) - place))


def test_values_one_by_one_agree_with_scipys_permutation_test() -> None:
    values = np.array(PAGE[:24])
    oracle = stats.permutation_test(
        (values[10:], values[:10]),
        lambda after, before, axis: after.mean(axis) - before.mean(axis),
        vectorized=True,
        n_resamples=20_000,
        rng=np.random.default_rng(5),
    )
    found = known_date(values, 10, block_orders(24, 1, 20_000, 3))
    assert found.statistic == pytest.approx(oracle.statistic)
    assert found.p == pytest.approx(oracle.pvalue, abs=0.015)


@pytest.mark.parametrize("block", [1, 3, 4, 12])
def test_orders_move_whole_blocks(block: int) -> None:
    orders = block_orders(12, block, 50, 2)
    assert (np.sort(orders, axis=1) == np.arange(12)).all()
    for order in orders:
        for start in range(0, 12, block):
            piece = order[start : start + block]
            assert (piece == (piece[0] + np.arange(len(piece))) % 12).all()
    assert len(np.unique(orders, axis=0)) > 5


def test_last_block_is_shorter_where_it_does_not_divide() -> None:
    orders = block_orders(10, 4, 20, 2)
    assert (np.sort(orders, axis=1) == np.arange(10)).all()


def test_lag_one_by_hand() -> None:
    # Deviations -1.5, -0.5, 0.5, 1.5: (0.75 - 0.25 + 0.75) / 5.
    assert lag_one([1, 2, 3, 4]) == pytest.approx(0.25)
    assert lag_one([2, 2, 2]) == 0.0


def test_block_length_by_hand() -> None:
    independent = [1.0, -1.0] * 20
    assert block_length(independent) == 1
    alike = list(np.repeat([1.0, -1.0], 50))
    rho = lag_one(alike)
    assert block_length(alike) == min(25, math.ceil((2 * rho / (1 - rho**2)) ** (2 / 3) * 100 ** (1 / 3)))


@pytest.mark.parametrize("place", [20, 35, 60])
def test_planted_change_is_recovered(place: int) -> None:
    noise = autoregression(80, 0.3, 1.0, 1, 7)[0]
    values = noise - 4.0 * (np.arange(80) >= place)
    orders = block_orders(80, block_length(noise), 999, 1)
    known, unknown = known_date(values, place, orders), unknown_date(values, orders)
    assert known.difference == pytest.approx(-4.0, abs=0.8)
    assert known.p < 0.02
    assert abs(unknown.before - place) <= 2
    assert unknown.p < 0.02
    placebos = placebo_dates(values)
    assert abs(int(placebos.argmax()) + 5 - place) <= 2


def test_placebo_by_hand() -> None:
    values = [0.0] * 5 + [3.0] * 5
    assert placebo_dates(values) == pytest.approx([3 * math.sqrt(2.5)])
    assert len(placebo_dates(values[:9])) == 0


def test_stretches_by_hand() -> None:
    assert stretches([1.0, 2.0, 6.0, 4.0], 2, 1) == pytest.approx([4.5, 0.0])
    assert len(stretches([1.0, 2.0], 2, 1)) == 0


def share(length: int, rho: float, block: int) -> int:
    """Count how many of 500 series without a change the test of a known day rejects at 5 per cent."""
    orders = block_orders(length, block, 399, 3)
    noise = autoregression(length, rho, 1.0, 500, 5)
    return sum(known_date(values, length // 2, orders).p <= 0.05 for values in noise)


@pytest.mark.parametrize(("length", "rho", "block"), [(60, 0.0, 1), (120, 0.3, 10), (200, 0.5, 20)])
def test_size_holds_where_there_are_blocks_enough(length: int, rho: float, block: int) -> None:
    low, high = stats.binomtest(share(length, rho, block), 500).proportion_ci(0.99)
    assert low <= 0.05 <= high


def test_single_values_shuffled_break_the_size() -> None:
    assert stats.binomtest(share(120, 0.5, 1), 500).proportion_ci(0.99).low > 0.1


def test_size_of_the_unknown_day_holds() -> None:
    orders = block_orders(120, 10, 399, 3)
    noise = autoregression(120, 0.3, 1.0, 500, 9)
    found = sum(unknown_date(values, orders).p <= 0.05 for values in noise)
    low, high = stats.binomtest(found, 500).proportion_ci(0.99)
    assert low <= 0.05 <= high


@settings(max_examples=30, deadline=None)
@given(series, st.floats(-50, 50), st.floats(0.5, 4))
def test_shift_and_scale_change_no_p(values: list[float], shift: float, scale: float) -> None:
    orders = block_orders(len(values), 2, 99, 1)
    moved = [shift + scale * value for value in values]
    first, second = known_date(values, 5, orders), known_date(moved, 5, orders)
    assert second.p == pytest.approx(first.p, abs=0.021)
    assert second.difference == pytest.approx(scale * first.difference, abs=1e-9 * (1 + abs(shift)))
    assert unknown_date([-value for value in values], orders).p == unknown_date(values, orders).p


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: known_date([1.0] * 12, 4, block_orders(12, 1, 9, 1)), "before is 4"),
        (lambda: known_date([1.0] * 12, 8, block_orders(12, 1, 9, 1)), "before is 8"),
        (lambda: known_date([1.0] * 8, 4, block_orders(8, 1, 9, 1)), "at least 10 values"),
        (lambda: known_date([1.0] * 11 + [math.nan], 6, block_orders(12, 1, 9, 1)), "not finite at place 11"),
        (lambda: known_date([1.0] * 12, 6, block_orders(11, 1, 9, 1)), "orders of 12 places"),
        (lambda: unknown_date([1.0] * 12, block_orders(11, 1, 9, 1)), "orders of 12 places"),
        (lambda: block_orders(5, 6, 9, 1), "block is 6"),
        (lambda: block_orders(5, 2, 0, 1), "permutations is 0"),
    ],
)
def test_refused(call, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=words):
        call()
