"""What lies behind the last quarter: earlier years, the parts of the return on equity, depreciation to come."""

from dataclasses import dataclass

import pandas as pd

from coordination_gap import tables
from coordination_gap.company.annual import ANNUAL
from coordination_gap.company.depreciation import back_test, implied_depreciation
from coordination_gap.company.dupont import attribute_change, dupont
from coordination_gap.company.measures import read
from coordination_gap.company.periods import QUARTERS_PER_YEAR, period_label, trailing_sum
from coordination_gap.company.quality import ASSETS, DEPRECIATION
from coordination_gap.company.shapes import CAPEX, EQUITY, NET, OPERATING, OTHER, REVENUE
from coordination_gap.facts import Page, format_number

#: The factors of the return on equity, as text calls them.
FACTORS = {
    "kept_after_tax": "share kept after tax",
    "non_operating": "pre-tax over operating income",
    "operating_margin": "operating margin",
    "asset_turnover": "revenue over assets",
    "leverage": "assets over equity",
}
_YEARLY = ("revenue_growth", "operating_margin", "net_margin", "roe_average", "capital_intensity", "free_cash_flow")


def years_table(years: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return the measures of the last fiscal years as text, a row a year.

    Parameters
    ----------
    years
        From :func:`~coordination_gap.company.by_year`.
    count
        How many years, 1 or more.
    """
    if count < 1:
        raise ValueError(f"count is {count}: it must be 1 or more")
    return pd.DataFrame(
        [
            {"Fiscal year": period_label(period)}
            | {ANNUAL[name].title: read(years, ANNUAL[name], period).shown() for name in _YEARLY}
            for period in years.index[-count:]
        ]
    )


@dataclass(frozen=True)
class EquityReturn:
    """The return on average equity at two times, taken apart, or the reason why it cannot be.

    Attributes
    ----------
    table
        By factor: ``before``, ``after``, and ``points``, its part of the change as a fraction;
        empty where there is a gap.
    before, after
        Labels of the last of the four quarters.
    gap
        Why there is nothing.
    """

    table: pd.DataFrame
    before: str
    after: str
    gap: str | None = None


def equity_return(quarters: pd.DataFrame, last: pd.Period, quarters_back: int = QUARTERS_PER_YEAR) -> EquityReturn:
    """Take the return on average equity apart, for four quarters and for those some quarters earlier.

    Parameters
    ----------
    quarters
        From :func:`~coordination_gap.company.by_quarter`.
    last
        The last of the four quarters.
    quarters_back
        How much earlier the other four end, 1 or more.

    Returns
    -------
    EquityReturn
        A gap where a figure is missing, or where income, assets or equity are not above
        zero, so that the return has no meaning.
    """
    if quarters_back < 1:
        raise ValueError(f"quarters_back is {quarters_back}: it must be 1 or more")
    labels = (period_label(last - quarters_back), period_label(last))
    try:
        before, after = (_factors(quarters, last - back) for back in (quarters_back, 0))
        points = attribute_change(before, after)
    except ValueError as error:
        return EquityReturn(pd.DataFrame(), *labels, gap=str(error))
    return EquityReturn(pd.DataFrame({"before": before, "after": after, "points": points}), *labels)


def record_equity_return(page: Page, found: EquityReturn, source: pd.DataFrame) -> None:
    """Record the change of the return as ``roe_change``, and each factor's part as ``roe_points_<factor>``."""
    rows = source[source["fiscal_quarter"].isin([found.before, found.after])]
    sources = [tables.rows(rows)] if len(rows) else []
    how = f"return on average equity of the four quarters to {found.after}, less that to {found.before}"
    parts = {"roe_change": (how, list(FACTORS))}
    for name, words in FACTORS.items():
        split = f"part of that change that the {words} made, by the additive log-mean split; they sum to it"
        parts[f"roe_points_{name}"] = (split, [name])
    for name, (formula, factors) in parts.items():
        if found.gap is not None:
            page.gap(name, found.gap, unit="percentage_points", formula=formula, sources=sources)
            continue
        points = float(found.table.loc[factors, "points"].sum())
        page.record(name, points, unit="percentage_points", decimals=1, signed=True, formula=formula, sources=sources)


def equity_return_table(found: EquityReturn) -> pd.DataFrame:
    """Return the factors as text, for a table on the page."""
    rows = [
        {
            "Factor": words[0].upper() + words[1:],
            f"to {found.before}": format_number(row["before"], "ratio", 3),
            f"to {found.after}": format_number(row["after"], "ratio", 3),
            "Part of the change": format_number(row["points"], "percentage_points", 1, signed=True),
        }
        for name, words in FACTORS.items()
        for row in [found.table.loc[[name]].iloc[0]]
    ]
    return pd.DataFrame(rows)


def depreciation_errors(years: pd.DataFrame, lives: tuple[int, ...]) -> pd.DataFrame:
    """Hold straight-line depreciation of all purchases against what was reported.

    Parameters
    ----------
    years
        From :func:`~coordination_gap.company.by_year`.
    lives
        Useful lives in years, each 1 or more.

    Returns
    -------
    pandas.DataFrame
        Year × life: implied over reported, less 1; NaN where the purchases of a year still
        charged are not in the table, or nothing was reported.
    """
    bought = pd.Series(years[CAPEX].to_numpy(dtype=float), index=[period.year for period in years.index])
    reported = pd.Series(years[DEPRECIATION].to_numpy(dtype=float), index=bought.index)
    errors = {life: back_test(implied_depreciation(bought, life), reported) for life in lives}
    return pd.DataFrame(errors).reindex(reported.dropna().index).rename_axis("year")


def _factors(quarters: pd.DataFrame, last: pd.Period) -> dict[str, float]:
    def four(column: str) -> float:
        return _known(trailing_sum(quarters[column]), last, column)

    def average(column: str) -> float:
        values = quarters[column].astype("float64")
        return (_known(values, last, column) + _known(values, last - QUARTERS_PER_YEAR, column)) / 2

    return dupont(
        net_income=four(NET),
        operating_income=four(OPERATING),
        other_income=four(OTHER),
        revenue=four(REVENUE),
        average_assets=average(ASSETS),
        average_equity=average(EQUITY),
    )


def _known(values: "pd.Series[float]", period: pd.Period, column: str) -> float:
    value = values.reindex([period]).iloc[0]
    if pd.isna(value):
        raise ValueError(f"no figure for {column} in {period_label(period)} or the quarters before it")
    return float(value)
