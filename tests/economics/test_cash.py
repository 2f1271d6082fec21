"""Present value, rate of return and payback: published cases, a literal second computation, and what they must obey."""

import csv
import math

import numpy as np
import numpy_financial as npf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination_gap import economics as ec
from coordination_gap import paths


def cases() -> list[dict[str, str]]:
    with (paths.root() / "tests" / "cases" / "economics_cases.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
def test_a_published_case_is_the_known_answer(case: dict[str, str]) -> None:
    given_ = dict(part.split("=") for part in case["inputs"].split(";"))
    flows = [float(each) for each in given_["flows"].split(",")]
    rest = {"rate": float(given_["rate"])} if "rate" in given_ else {}
    found = getattr(ec, case["subject"])(flows, **rest)
    assert found == pytest.approx(float(case["expected"]), abs=float(case["tolerance"]))


FLOWS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30)
RATES = st.floats(0.0, 0.5)


@given(FLOWS, RATES)
def test_present_value_is_the_sum_written_out(flows: list[float], rate: float) -> None:
    written_out = math.fsum(flow / (1 + rate) ** period for period, flow in enumerate(flows))
    assert ec.net_present_value(flows, rate) == pytest.approx(written_out, rel=1e-9, abs=1e-5)


@given(st.floats(1.0, 1e6), st.floats(1.0, 1e5), st.integers(1, 60), RATES)
def test_an_annuity_is_the_value_of_equal_flows(build: float, net: float, months: int, rate: float) -> None:
    literal = math.fsum((1 + rate) ** -month for month in range(1, months + 1))
    assert ec.annuity(rate, months) == pytest.approx(literal, rel=1e-9)
    if rate > 1e-6:
        assert ec.annuity(rate, months) == pytest.approx(-float(npf.pv(rate, months, 1.0)), rel=1e-9)
    assert net * ec.annuity(rate, months) - build == pytest.approx(
        ec.net_present_value([-build] + [net] * months, rate), rel=1e-9, abs=1e-5
    )


@given(st.floats(100.0, 1e5), st.floats(10.0, 1e4), st.integers(2, 60))
def test_at_its_rate_of_return_a_stream_is_worth_nothing(build: float, net: float, months: int) -> None:
    found = ec.internal_rate_of_return([-build] + [net] * months)
    assert found is not None
    left = math.fsum(net / (1 + found) ** month for month in range(1, months + 1)) - build
    assert abs(left) < 1e-6 * build + 1e-5
    assert (found > 0) == (net * months > build) or abs(net * months - build) < 1e-6 * build


@pytest.mark.parametrize("flows", [[-5.0, -1.0], [5.0, 1.0], [0.0, 0.0], [-5.0, 8.0, -2.0], [5.0, -8.0]])
def test_without_one_change_of_sign_there_is_no_rate_of_return(flows: list[float]) -> None:
    assert ec.internal_rate_of_return(flows) is None


def test_payback_waits_until_it_is_for_good() -> None:
    assert ec.payback_periods([-10.0, 12.0, -5.0, 4.0]) == pytest.approx(2 + 3 / 4)
    assert ec.payback_periods([-10.0, 4.0, 4.0]) is None
    assert ec.payback_periods([3.0, 1.0]) == 0.0


@given(st.floats(1.0, 1e5), st.floats(1.0, 1e4), st.integers(1, 120), st.floats(0.0, 0.2))
def test_discounting_never_hastens_payback(build: float, net: float, months: int, rate: float) -> None:
    flows = [-build] + [net] * months
    plain, later = ec.payback_periods(flows), ec.payback_periods(flows, rate)
    if plain is None:
        assert later is None
    else:
        assert plain == pytest.approx(build / net, rel=1e-9)
        assert later is None or later >= plain - 1e-9


@given(st.floats(0.0, 5.0))
def test_a_rate_a_month_compounds_to_the_rate_a_year(rate: float) -> None:
    assert ec.yearly_rate(ec.monthly_rate(rate)) == pytest.approx(rate, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: ec.net_present_value([], 0.1), "flows"),
        (lambda: ec.net_present_value([1.0, np.nan], 0.1), r"flows\[1\]"),
        (lambda: ec.net_present_value([1.0], -0.1), "rate is -0.1"),
        (lambda: ec.annuity(0.1, 0), "periods is 0"),
        (lambda: ec.monthly_rate(-0.5), "yearly is -0.5"),
        (lambda: ec.payback_periods([1.0], math.inf), "rate is inf"),
        (lambda: ec.internal_rate_of_return([math.inf]), r"flows\[0\]"),
    ],
)
def test_what_cannot_be_is_named(call: "object", named: str) -> None:
    with pytest.raises(ValueError, match=named):
        call()  # type: ignore[operator]
