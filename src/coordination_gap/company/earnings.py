"""Earnings with and without the income that does not come from operations, and what a share costs of each.

Alphabet's other income holds the change in value of the shares that it owns in other
companies. Since 2018 such changes go through net income whether or not anything was
sold (FASB ASU 2016-01), so a quarter's earnings can double without a sale being made.
"""

import math

import pandas as pd

from coordination_gap.company.measures import Measure, Reading


def effective_tax_rate(
    operating_income: "pd.Series[float]", other_income: "pd.Series[float]", net_income: "pd.Series[float]"
) -> "pd.Series[float]":
    """Return the share of pre-tax income that went to income tax: 1 − net income / pre-tax income.

    Pre-tax income is operating income plus other income, net. All in one currency, one
    value a period; NaN where pre-tax income is zero or negative.
    """
    pretax = (operating_income + other_income).astype("float64")
    return 1 - net_income.astype("float64") / pretax.where(pretax > 0)


def without_other_income(
    amount: "pd.Series[float]",
    operating_income: "pd.Series[float]",
    other_income: "pd.Series[float]",
    net_income: "pd.Series[float]",
) -> "pd.Series[float]":
    """Return net income or earnings per share with all other income taken out, net of tax.

    The assumption: other income bears the period's effective tax rate t. Then what is
    left of net income is operating income × (1 − t), that is, net income times the
    share of operating income in pre-tax income; and earnings per share fall in the same
    proportion, the shares being the same.

    Other income is more than gains on shares (interest is part of it), so this takes out
    more than the gains wherever the rest is positive.

    Parameters
    ----------
    amount
        Net income, or earnings per share.
    operating_income, other_income, net_income
        Of the same periods, in one currency.

    Returns
    -------
    pandas.Series
        In the unit of `amount`; NaN where pre-tax income is not positive or the
        effective tax rate is outside 0 to 1, so that the assumption says nothing.
    """
    rate = effective_tax_rate(operating_income, other_income, net_income)
    pretax = (operating_income + other_income).astype("float64")
    kept = (operating_income.astype("float64") / pretax).where((rate >= 0) & (rate < 1))
    return amount.astype("float64") * kept


def price_to_earnings(price: float, earnings: Reading) -> Reading:
    """Return the price of a share over its earnings.

    Parameters
    ----------
    price
        Price of a share in US dollars, above 0.
    earnings
        Earnings per share in US dollars over four quarters.

    Returns
    -------
    Reading
        The multiple; a gap where earnings are missing, zero or negative, where the
        multiple has no meaning.

    Raises
    ------
    ValueError
        If `price` is not a positive number.
    """
    if not (math.isfinite(price) and price > 0):
        raise ValueError(f"price is {price}: it must be above 0")
    measure = Measure(
        name="price_to_earnings",
        title="Price over earnings",
        unit="ratio",
        formula=f"price of a share / ({earnings.measure.formula})",
        inputs=earnings.measure.inputs,
        compute=lambda frame: price / earnings.measure.compute(frame),
        decimals=1,
    )
    if earnings.value is None:
        return Reading(measure, earnings.period, None, earnings.gap, earnings.periods, meaningless=earnings.meaningless)
    if earnings.value <= 0:
        reason = f"earnings per share of {earnings.period} are {earnings.value:.2f}: a multiple of a loss means nothing"
        return Reading(measure, earnings.period, None, reason, earnings.periods, meaningless=True)
    return Reading(measure, earnings.period, price / earnings.value, None, earnings.periods, earnings.rounded)


def implied_earnings(price: float, multiple: float) -> float:
    """Return the earnings per share at which `price` is `multiple` times earnings, in US dollars.

    Raises
    ------
    ValueError
        If either is not a positive number.
    """
    for name, value in (("price", price), ("multiple", multiple)):
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"{name} is {value}: it must be above 0")
    return price / multiple
