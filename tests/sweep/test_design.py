"""The points of a sweep: counted by known answers, checked against the notebook's parameters."""

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination_gap.press import PressError
from coordination_gap.press.parameters import read_parameters
from coordination_gap.sweep import design
from coordination_gap.sweep import sample as samples

DECLARED = read_parameters(
    "price: float = 0.0  # [0 to 10000, US dollars] of a share\n"
    "growth: float = 0.1  # [-0.2 to 0.5, rate a year] of profit\n"
    "years: int = 10  # [3 to 10, years] how long\n"
    'market: str = "spy"  # [spy | qqq] the control\n'
    "mid_year: bool = True  # [any] when\n"
    'as_of: str = "2026-09-10"  # [2026-06-18 to 2026-09-10, day] last day',
    "here",
)


def points(*given_settings: str) -> list[dict[str, object]]:
    grid = design.grid(given_settings, DECLARED, "n")
    return [dict(grid.point(number)) for number in range(grid.count)]


def test_every_combination_of_a_grid_comes_once_the_last_axis_fastest() -> None:
    assert points("price=300:310:5", "growth=0.04,0.06") == [
        {"price": price, "growth": growth} for price in (300.0, 305.0, 310.0) for growth in (0.04, 0.06)
    ]


@pytest.mark.parametrize(
    ("setting", "values"),
    [
        ("price=300:500:5", [300.0 + 5 * n for n in range(41)]),
        ("price=300:304:3", [300.0, 303.0]),
        ("price=304:300:-2", [304.0, 302.0, 300.0]),
        ("price=300:300:1", [300.0]),
        ("growth=-0.1:0.1:0.1", [-0.1, 0.0, 0.1]),
        ("growth=0.1:0.3:0.1", [0.1, 0.2, 0.3]),  # as written, not 0.30000000000000004
        ("years=3:9:3", [3, 6, 9]),
        ("price=1e3:2e3:5e2", [1000.0, 1500.0, 2000.0]),
        ("market=qqq,spy", ["qqq", "spy"]),
        ("mid_year=true,false", [True, False]),
        ("years=4", [4]),
    ],
)
def test_an_axis_has_the_values_that_its_setting_names(setting: str, values: list[object]) -> None:
    found = [next(iter(point.values())) for point in points(setting)]
    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]


@given(st.lists(st.integers(1, 5), min_size=1, max_size=3))
@settings(max_examples=30, deadline=None)
def test_a_grid_is_the_product_of_its_axes(sizes: list[int]) -> None:
    axes: dict[str, list[float] | list[int]] = {
        "price": [float(n) for n in range(5)],
        "growth": [n / 10 for n in range(5)],
        "years": list(range(3, 8)),
    }
    names = list(axes)[: len(sizes)]
    kept = [axes[name][:size] for name, size in zip(names, sizes, strict=True)]
    found = points(*(f"{name}={','.join(map(str, values))}" for name, values in zip(names, kept, strict=True)))
    assert [tuple(point.values()) for point in found] == list(itertools.product(*kept))


@given(st.integers(0, 1000), st.integers(1, 400), st.integers(1, 300))
@settings(max_examples=50, deadline=None)
def test_a_range_is_that_of_its_ends_and_step(low: int, length: int, step: int) -> None:
    found = [point["price"] for point in points(f"price={low / 100}:{(low + length) / 100}:{step / 100}")]
    assert found == [hundredths / 100 for hundredths in range(low, low + length + 1, step)]


def test_a_billion_points_are_counted_and_never_made() -> None:
    tracemalloc.start()
    grid = design.grid(["price=0:10000:0.00001", "market=spy,qqq"], DECLARED, "n")
    assert grid.count == 2_000_000_002
    assert grid.point(grid.count - 1) == {"price": 10000.0, "market": "qqq"}
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


@pytest.mark.parametrize(
    ("given_settings", "says"),
    [
        (["pric=3"], "n: there is no parameter 'pric'; did you mean 'price'?"),
        (["price=1:2:0"], "n, price=1:2:0: the step is 0, which leads nowhere; give another one"),
        (["price=1:2:-1"], "n, price=1:2:-1: the step -1 leads away from 2; change its sign"),
        (["price=2:1:1"], "n, price=2:1:1: the step 1 leads away from 1; change its sign"),
        (["price=1:2"], "n, price=1:2: '1:2' is no range with a step; write LOW:HIGH:STEP, such as 300:500:5"),
        (["price=1:20000:1"], "n, price=1:20000:1: price is 20000.0: it must be a number from 0.0 to 10000.0"),
        (["price=1:2:nan"], "n, price=1:2:nan: 'nan' is not a number; mend it"),
        (["price=a:2:1"], "n, price=a:2:1: 'a' is not a number; mend it"),
        (["years=3:9:1.5"], "n, years=3:9:1.5: years is '4.5': it must be a whole number from 3 to 10"),
        (["years=4,5,4"], "n, years=4,5,4: 4 is there twice; leave one out"),
        (["market=dia"], "n, market=dia: market is 'dia': it must be one of spy, qqq"),
        (["market=a:b:c"], "n, market=a:b:c: market is not a number and has no range; write its values with commas"),
        (["price"], "n, price: there are no values; write NAME=LOW:HIGH:STEP, NAME=VALUE,VALUE or NAME=VALUE"),
        (["price=1", "price=2"], "n: price is given twice; write all its values as one, separated by commas"),
        (["as_of=2026-09-01"], "n, as_of=2026-09-01: as_of is the edition's; choose one with --edition"),
        ([], "n: nothing is to vary; write NAME=LOW:HIGH:STEP, NAME=VALUE,VALUE or NAME=VALUE"),
    ],
)
def test_what_is_no_grid_is_refused_in_one_sentence(given_settings: list[str], says: str) -> None:
    with pytest.raises(PressError) as refused:
        design.grid(given_settings, DECLARED, "n")
    assert str(refused.value) == says


def test_a_latin_hypercube_has_one_point_in_every_slice() -> None:
    kind, base, count = samples.size("lhs:50", 2)
    drawn = samples.sample(["price=300:500", "growth=0:0.1"], DECLARED, "n", kind, base, 1)
    assert (count, drawn.count) == (50, 50)
    rows = np.array([list(drawn.point(number).values()) for number in range(50)], dtype=float)
    for column, (low, high) in zip(rows.T, [(300, 500), (0, 0.1)], strict=True):
        assert sorted(((column - low) / (high - low) * 50).astype(int).tolist()) == list(range(50))


def test_a_sobol_design_has_the_points_that_its_indices_need() -> None:
    kind, base, count = samples.size("sobol:64", 2)
    drawn = samples.sample(["price=300:500", "years=3:10"], DECLARED, "n", kind, base, 1)
    assert count == drawn.count == 64 * (2 + 2)
    first = [drawn.point(number) for number in range(4)]
    assert all(type(point["years"]) is int for point in first)
    # Base, base with the first replaced, base with the second replaced, the other base.
    assert first[1]["years"] == first[0]["years"]
    assert first[2]["price"] == first[0]["price"]


def test_a_sample_is_that_of_its_seed() -> None:
    one, again, other = (samples.sample(["price=1:2"], DECLARED, "n", "lhs", 20, seed).drawn for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("sample", "says"),
    [
        ("lsh:3", "--sample lsh:3: there is no design 'lsh'; did you mean 'lhs'?"),
        ("lhs", "--sample lhs: write lhs:POINTS or sobol:BASE, such as lhs:200 or sobol:128"),
        ("lhs:0", "--sample lhs:0: write lhs:POINTS or sobol:BASE, such as lhs:200 or sobol:128"),
        ("lhs:-2", "--sample lhs:-2: write lhs:POINTS or sobol:BASE, such as lhs:200 or sobol:128"),
        ("sobol:100", "--sample sobol:100: 100 is no power of two, which the sequence needs; take 128"),
    ],
)
def test_what_is_no_sample_is_refused(sample: str, says: str) -> None:
    with pytest.raises(PressError) as refused:
        samples.size(sample, 2)
    assert str(refused.value) == says


def test_a_sample_too_large_to_be_drawn_is_refused_before_it_is() -> None:
    with pytest.raises(PressError, match="1,000,000,000 points are too many to be drawn as a whole"):
        samples.size("lhs:1000000000", 2)


def test_a_range_to_draw_from_runs_from_low_to_high() -> None:
    with pytest.raises(PressError, match=r"n, price=2:1: the range does not run from low to high; turn it round"):
        samples.sample(["price=2:1"], DECLARED, "n", "lhs", 3, 1)
    with pytest.raises(PressError, match=r"n, price=3: '3' is no range to draw from; write NAME=LOW:HIGH"):
        samples.sample(["price=3"], DECLARED, "n", "lhs", 3, 1)
