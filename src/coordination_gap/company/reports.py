"""The small tables of the page, as frames of text, and the rows that its figures draw."""

from collections.abc import Sequence

import pandas as pd

from coordination_gap import stated
from coordination_gap.company.annual import ANNUAL
from coordination_gap.company.earnings import price_to_earnings
from coordination_gap.company.fundamentals import QUARTERLY
from coordination_gap.company.measures import Measure, read, table
from coordination_gap.company.periods import period_label, period_words
from coordination_gap.company.prices import Price
from coordination_gap.facts import format_day, format_number

# Rows of the comparison of two companies: the title, the first's measure, the second's.
_PEER_ROWS = (
    ("Revenue", "revenue", "revenue"),
    ("Revenue, growth", "revenue_growth", "revenue_growth"),
    ("Operating income, growth", "operating_income_growth", "operating_income_growth"),
    ("Operating margin", "operating_margin", "operating_margin"),
    ("Net margin", "net_margin", "net_margin"),
    ("Earnings per share, growth", "eps_growth", "eps_growth"),
    ("Other income, share of pre-tax income", "other_income_share", "other_income_share"),
    ("Capital expenditure, share of revenue", "capital_intensity", "capital_intensity_with_leases"),
    ("Revenue, four quarters", "revenue_trailing", "revenue_trailing"),
    ("Operating margin, four quarters", "operating_margin_trailing", "operating_margin_trailing"),
    ("Net margin, four quarters", "net_margin_trailing", "net_margin_trailing"),
)

# The same of fiscal years: the title, and the measure of both.
_PEER_YEARS = (
    ("Return on closing equity", "roe_closing"),
    ("Return on average equity", "roe_average"),
    ("Operating cash flow over net income", "cash_conversion"),
    ("Capital expenditure, share of revenue", "capital_intensity"),
)


def last_quarters(frame: pd.DataFrame, last: pd.Period, count: int, names: Sequence[str]) -> pd.DataFrame:
    """Return measures of the quarters that end with `last`, one row each, for a figure.

    Parameters
    ----------
    frame
        From :func:`~coordination_gap.company.by_quarter`.
    last
        The last quarter to show.
    count
        How many quarters, 1 or more; quarters before the table's first are left out.
    names
        Names in :data:`QUARTERLY`.

    Returns
    -------
    pandas.DataFrame
        ``quarter`` and a column for each measure, NaN where there is none.

    Raises
    ------
    ValueError
        If `count` is below 1 or a name is unknown.
    """
    if count < 1:
        raise ValueError(f"count is {count}: it must be 1 or more")
    measured = table(frame, [_measure(name) for name in names])
    measured = measured[measured.index <= last].tail(count)
    measured.insert(0, "quarter", [period_label(period) for period in measured.index])
    return measured.reset_index(drop=True)


def definitions(names: Sequence[str]) -> pd.DataFrame:
    """Return what each measure means: columns ``Measure`` and ``Definition``."""
    measures = [_measure(name) for name in names]
    return pd.DataFrame({"Measure": [one.title for one in measures], "Definition": [one.formula for one in measures]})


def growth_and_margins(frame: pd.DataFrame, last: pd.Period) -> pd.DataFrame:
    """Return growth and margins of the last quarter and of the four quarters that it ends."""
    rows = (
        ("Revenue", "revenue", "revenue_trailing"),
        ("Growth on a year earlier", "revenue_growth", "revenue_growth_trailing"),
        ("Operating margin", "operating_margin", "operating_margin_trailing"),
        ("Net margin", "net_margin", "net_margin_trailing"),
        ("Earnings per share", "eps", "eps_trailing"),
        ("Earnings per share without other income", "eps_without_other_income", "eps_without_other_income_trailing"),
        ("Free cash flow", "free_cash_flow", "free_cash_flow_trailing"),
    )
    return pd.DataFrame(
        [
            {
                "Measure": title,
                f"{period_words(last)}": read(frame, QUARTERLY[quarter], last).shown(),
                "four quarters": read(frame, QUARTERLY[four], last).shown(),
            }
            for title, quarter, four in rows
        ]
    )


def return_on_equity(frame: pd.DataFrame, last: pd.Period) -> pd.DataFrame:
    """Return the return on equity under each definition: columns ``Equity``, ``Return on equity``, ``How``."""
    rows = (
        ("Average equity", "roe_average"),
        ("Closing equity", "roe_closing"),
        ("Average equity, other income taken out", "roe_average_without_other_income"),
    )
    return pd.DataFrame(
        [
            {
                "Equity": title,
                "Return on equity": read(frame, QUARTERLY[name], last).shown(),
                "How": QUARTERLY[name].formula,
            }
            for title, name in rows
        ]
    )


def multiples(frame: pd.DataFrame, last: pd.Period, prices: Sequence[tuple[str, float]]) -> pd.DataFrame:
    """Return price over trailing earnings, as reported and without other income, at each price.

    Parameters
    ----------
    frame
        From :func:`~coordination_gap.company.by_quarter`.
    last
        The last quarter of the four.
    prices
        Pairs of what a price is and the price in US dollars.

    Returns
    -------
    pandas.DataFrame
        A row for each price, as text.
    """
    reported = read(frame, QUARTERLY["eps_trailing"], last)
    plain = read(frame, QUARTERLY["eps_without_other_income_trailing"], last)
    return pd.DataFrame(
        [
            {
                "Price": f"{title}: {format_number(price, 'usd_per_share', 2)}",
                "on earnings as reported": price_to_earnings(price, reported).shown(),
                "without other income": price_to_earnings(price, plain).shown(),
            }
            for title, price in prices
        ],
        columns=["Price", "on earnings as reported", "without other income"],
    )


def named_prices(price: Price, figures: pd.DataFrame) -> list[tuple[str, float]]:
    """Return the prices that :func:`multiples` shows: the one in use and the article's, as far as they are visible."""
    title = "given by hand" if price.session is None else f"close of {format_day(price.session)}"
    named = [(title, price.usd), ("the article's", stated.read(figures, "price").value)]
    return [(name, usd) for name, usd in named if usd is not None]


def comparison(compared: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of :func:`~coordination_gap.company.compare` under the heads that the page shows."""
    heads = {
        "quantity": "Figure",
        "verdict": "Verdict",
        "stated": "The article",
        "computed": "The filings",
        "beside": "Another reading",
    }
    return compared[list(heads)].rename(columns=heads)


def beside_peer(
    company: pd.DataFrame,
    peer: pd.DataFrame,
    at: pd.Period,
    peer_at: pd.Period | None,
    years: tuple[pd.DataFrame, pd.DataFrame],
    names: tuple[str, str],
) -> pd.DataFrame:
    """Return the measures of two companies for the same three months, as text.

    Parameters
    ----------
    company, peer
        From :func:`~coordination_gap.company.by_quarter`.
    at, peer_at
        The quarter as each names it; None where the peer's table does not have it.
    years
        Both companies' fiscal years, from :func:`~coordination_gap.company.by_year`, of
        which the last is used, for each measure: a year that lacks a figure is not replaced by an earlier one.
    names
        What to call them.

    Returns
    -------
    pandas.DataFrame
        A row for each measure; a figure that rests on rounded ones carries a mark.
    """
    heads = [
        f"{names[0]}, {period_words(at)}",
        f"{names[1]}, {period_words(peer_at)}" if peer_at is not None else names[1],
    ]
    rows = [
        {
            "Measure": title,
            heads[0]: read(company, QUARTERLY[first], at).shown(),
            heads[1]: read(peer, QUARTERLY[second], peer_at).shown(),
        }
        for title, first, second in _PEER_ROWS
    ]
    rows += [
        {"Measure": f"{title}, last fiscal year"}
        | {head: _last_year(frame, name) for head, frame in zip(heads, years, strict=True)}
        for title, name in _PEER_YEARS
    ]
    return pd.DataFrame(rows)


def _last_year(years: pd.DataFrame, name: str) -> str:
    if years.empty:
        return read(years, ANNUAL[name], None).shown()
    return f"{read(years, ANNUAL[name], years.index[-1]).shown()} ({period_words(years.index[-1])})"


def _measure(name: str) -> Measure:
    if name not in QUARTERLY:
        raise ValueError(f"name is {name!r}: it must be one of {', '.join(QUARTERLY)}")
    return QUARTERLY[name]
