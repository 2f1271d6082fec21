"""Values and implied growth over two inputs at a time."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from coordination_gap.company.valuation import arguments
from coordination_gap.company.valuation.cash_flow import TwoStage, reverse_dcf
from coordination_gap.company.valuation.person import years_of_standstill


def growth_grid(
    inputs: TwoStage, price: float, discount_rates: Sequence[float], operating_margins: Sequence[float]
) -> pd.DataFrame:
    """Return the growth that a price implies, by discount rate and margin.

    Returns
    -------
    pandas.DataFrame
        ``discount_rate``, ``operating_margin`` and ``growth``, a row a pair; where no growth
        gives the price, NaN, with the reason in ``gap``.
    """
    rows = []
    for rate in discount_rates:
        for margin in operating_margins:
            growth, gap = float("nan"), ""
            try:
                growth = reverse_dcf(replace(inputs, discount_rate=rate, operating_margin=margin), price)
            except ValueError as error:
                gap = str(error)
            rows.append({"discount_rate": rate, "operating_margin": margin, "growth": growth, "gap": gap})
    return pd.DataFrame(rows)


def value_grid(inputs: TwoStage, discount_rates: Sequence[float], terminal_growths: Sequence[float]) -> pd.DataFrame:
    """Return the value of a share, by discount rate (rows) and growth for ever after (columns).

    In US dollars; NaN where growth for ever is not below the discount rate, since the value
    then has no end.
    """
    return pd.DataFrame(
        [
            [
                replace(inputs, discount_rate=rate, terminal_growth=growth).value_per_share()
                if growth < rate
                else float("nan")
                for growth in terminal_growths
            ]
            for rate in discount_rates
        ],
        index=pd.Index(discount_rates, name="discount_rate"),
        columns=pd.Index(terminal_growths, name="terminal_growth"),
    )


def standstill_grid(segment: TwoStage, growths: Sequence[float], loss_usd: float) -> pd.DataFrame:
    """Return a segment's value and how long it would stand still to lose a value, by growth of the first stage.

    Parameters
    ----------
    segment
        The segment's inputs; its own growth is not looked at.
    growths
        Rates a year.
    loss_usd
        As of :func:`years_of_standstill`.

    Returns
    -------
    pandas.DataFrame
        ``growth``, ``value_usd``, ``terminal_share`` (of the value, after the first stage) and
        ``years``, a row a growth; where standing still for ever loses less, NaN years.
    """
    rows = []
    for growth in growths:
        grown = replace(segment, growth=growth)
        try:
            years = years_of_standstill(grown, loss_usd)
        except ValueError:
            arguments.positive(loss_usd, "loss_usd")
            years = float("nan")
        rows.append(
            {
                "growth": growth,
                "value_usd": grown.operations_usd(),
                "terminal_share": grown.terminal_share(),
                "years": years,
            }
        )
    return pd.DataFrame(rows)
