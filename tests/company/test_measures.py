"""Every measure: it needs what it declares and nothing else, and a hole stays a hole."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination_gap import company
from coordination_gap.company.measures import Measure

AT = "2024Q4"
RATIOS = {"times", "fraction", "ratio"}


def money(frame: pd.DataFrame) -> list[str]:
    return [column for column in frame.columns if column.endswith("_usd")]


@pytest.mark.parametrize("name", company.QUARTERLY)
def test_a_measure_needs_the_cells_that_it_declares_and_no_others(
    name: str, made_up: Callable[[int], pd.DataFrame]
) -> None:
    measure = company.QUARTERLY[name]
    frame = company.by_quarter(made_up(9)).iloc[:8]
    whole = company.read(frame, measure, AT)
    assert whole.value is not None
    at = company.parse_quarter(AT)
    for column in money(frame):
        declared = column in measure.inputs
        # A column that is not declared is blanked whole: no cell of it may be needed.
        for place, period in enumerate(frame.index if declared else frame.index[:1]):
            holed = frame.copy()
            holed[column] = holed[column].mask(holed.index == period) if declared else np.nan
            found = company.read(holed, measure, AT)
            needed = place - 7 in measure.inputs.get(column, ())
            assert (found.value is None) == needed, (column, period, at)
            if needed:
                assert found.gap is not None
                assert column in found.gap
                assert company.period_label(period) in found.gap
            else:
                assert found.value == whole.value


@pytest.mark.parametrize("name", company.ANNUAL)
def test_an_annual_measure_needs_the_cells_that_it_declares(name: str) -> None:
    measure = company.ANNUAL[name]
    columns = ["revenue_usd", "operating_income_usd", "net_income_usd", "equity_usd"]
    columns += ["operating_cash_flow_usd", "capital_expenditure_usd"]
    years = pd.DataFrame({"fiscal_year": [2024, 2025]} | {column: [100.0, 110.0] for column in columns})
    frame = company.by_year(years)
    assert company.read(frame, measure, frame.index[-1]).value is not None
    for column in columns:
        for place, period in enumerate(frame.index):
            holed = frame.copy()
            holed[column] = holed[column].mask(holed.index == period)
            needed = place - 1 in measure.inputs.get(column, ())
            assert (company.read(holed, measure, frame.index[-1]).value is None) == needed


@pytest.mark.parametrize("name", company.QUARTERLY)
def test_a_series_has_a_value_exactly_where_a_reading_has(name: str, alphabet: pd.DataFrame) -> None:
    measure = company.QUARTERLY[name]
    values = company.series(alphabet, measure)
    for period, value in zip(alphabet.index, values, strict=True):
        reading = company.read(alphabet, measure, period)
        assert (reading.value is None) == bool(np.isnan(value)), period
        if reading.value is not None:
            assert reading.value == pytest.approx(value, rel=1e-12)


@settings(max_examples=12, deadline=None)
@given(st.floats(0.01, 100.0))
def test_scaling_money_changes_no_ratio(made_up: Callable[[int], pd.DataFrame], factor: float) -> None:
    frame = company.by_quarter(made_up(8))
    scaled = frame.copy()
    for column in money(frame):
        scaled[column] = scaled[column] * factor
    for name, measure in company.QUARTERLY.items():
        before, after = (company.read(one, measure, AT).number for one in (frame, scaled))
        expected = before if measure.unit in RATIOS else before * factor
        assert after == pytest.approx(expected, rel=1e-9, abs=1e-12), name


@settings(max_examples=12, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(made_up: Callable[[int], pd.DataFrame], random: object) -> None:
    frame = made_up(10)
    order = list(range(len(frame)))
    random.shuffle(order)  # type: ignore[attr-defined] # hypothesis gives a random.Random
    shuffled = frame.iloc[order]
    names = list(company.QUARTERLY.values())
    straight, mixed = (company.table(company.by_quarter(one), names) for one in (frame, shuffled))
    pd.testing.assert_frame_equal(straight, mixed)


@settings(max_examples=12, deadline=None)
@given(st.sets(st.integers(0, 11), min_size=1, max_size=6))
def test_removing_quarters_removes_figures_and_changes_none(
    made_up: Callable[[int], pd.DataFrame], removed: set[int]
) -> None:
    names = list(company.QUARTERLY.values())
    frame = made_up(13)
    whole = company.table(company.by_quarter(frame), names)
    holed = company.table(company.by_quarter(frame.drop(index=list(removed))), names)
    both = whole.reindex(holed.index)
    known = holed.notna()
    assert holed.where(known, 0.0).equals(both.where(known, 0.0))
    assert not known.to_numpy().all()


def test_a_reading_says_why_there_is_none(alphabet: pd.DataFrame) -> None:
    reading = company.read(alphabet, company.QUARTERLY["eps_trailing"], "2016Q2")
    assert reading.gap == "no figure for eps_diluted_usd in 2015Q3, 2015Q4"
    with pytest.raises(ValueError, match="eps_trailing of 2016Q2: no figure for eps_diluted_usd in 2015Q3, 2015Q4"):
        _ = reading.number
    assert reading.shown() == "not in the table"


def test_a_quarter_outside_the_table_is_a_gap(alphabet: pd.DataFrame) -> None:
    assert company.read(alphabet, company.QUARTERLY["revenue"], "2031Q1").gap == "no figure for revenue_usd in 2031Q1"
    assert company.read(alphabet, company.QUARTERLY["revenue"], None).value is None


def test_a_column_that_the_company_does_not_report_is_a_gap() -> None:
    frame = company.by_quarter(
        pd.DataFrame({"fiscal_quarter": ["FY26Q3"], "period_end": [pd.Timestamp("2026-03-31")], "revenue_usd": [1.0]})
    )
    reading = company.read(frame, company.QUARTERLY["backlog"], "FY26Q3")
    assert reading.gap is not None
    assert "a column that this company's table does not have" in reading.gap
    assert company.series(frame, company.QUARTERLY["backlog"]).isna().all()


@pytest.mark.parametrize(
    ("name", "column", "offsets", "value", "words"),
    [
        ("roe_average", "equity_usd", (0,), -1e9, "equity is zero or negative"),
        ("roe_average", "equity_usd", (-4,), -1e9, "equity is zero or negative"),
        ("roe_closing", "equity_usd", (0,), 0.0, "equity is zero or negative"),
        ("eps_growth", "eps_diluted_usd", (-4,), -0.5, "zero or negative"),
        ("operating_margin", "revenue_usd", (0,), 0.0, "revenue is zero or negative"),
        ("other_income_share", "other_income_net_usd", (0,), -90e9, "pre-tax income"),
        ("effective_tax_rate", "other_income_net_usd", (0,), -90e9, "pre-tax income"),
        ("eps_without_other_income", "net_income_usd", (0,), -1e9, "effective tax rate is outside"),
        ("eps_without_other_income_trailing", "net_income_usd", (-2,), 90e9, "effective tax rate is outside"),
    ],
)
def test_what_has_no_meaning_is_a_gap_with_the_reason(
    name: str, column: str, offsets: tuple[int, ...], value: float, words: str, made_up: Callable[[int], pd.DataFrame]
) -> None:
    frame = company.by_quarter(made_up(8))
    at = company.parse_quarter(AT)
    for offset in offsets:
        frame[column] = frame[column].mask(frame.index == at + offset, value)
    reading = company.read(frame, company.QUARTERLY[name], at)
    assert reading.value is None
    assert reading.gap is not None
    assert words in reading.gap
    assert reading.shown() == "no meaning"


def test_a_figure_on_rounded_ones_carries_a_mark(made_up: Callable[[int], pd.DataFrame]) -> None:
    frame = made_up(8)
    frame["precision"] = ["exact"] * 7 + ["rounded"]
    quarters = company.by_quarter(frame)
    for label, rounded in (("2024Q3", False), ("2024Q4", True)):
        reading = company.read(quarters, company.QUARTERLY["revenue_growth"], label)
        assert reading.rounded is rounded
        assert reading.shown().startswith("≈") is rounded


def test_a_measure_declares_its_unit_and_cells() -> None:
    with pytest.raises(ValueError, match="unit of x is 'dollars'"):
        Measure("x", "X", "dollars", "x", {"a": (0,)}, lambda frame: frame["a"])
    with pytest.raises(ValueError, match="inputs of x is empty"):
        Measure("x", "X", "usd", "x", {}, lambda frame: frame["a"])


def test_each_definition_says_how_it_is_computed() -> None:
    for measure in (*company.QUARTERLY.values(), *company.ANNUAL.values()):
        assert len(measure.formula.split()) > 2, measure.name
        assert measure.title[0].isupper()
