"""The depreciation that past capital expenditure implies under a stated straight-line useful life."""

import pandas as pd


def implied_depreciation(capital_expenditure: "pd.Series[float]", useful_life_years: int) -> "pd.Series[float]":
    """Return the straight-line charge of each year from what was bought, with half a year in the first and last.

    Purchases of a year are charged 1/(2·life) in that year, 1/life in each of the
    life − 1 years after it, and 1/(2·life) in the year after those, so that each is
    charged in full. Later years have no purchases in the series, so their charge is
    that of what was already bought: a floor, not a forecast.

    Parameters
    ----------
    capital_expenditure
        US dollars by year, indexed by consecutive years.
    useful_life_years
        1 or more.

    Returns
    -------
    pandas.Series
        From the first year to `useful_life_years` after the last; NaN where a year that
        is still being charged is missing from the series.

    Raises
    ------
    ValueError
        If the life is below 1, or the years are empty or not consecutive.
    """
    if useful_life_years < 1:
        raise ValueError(f"useful_life_years is {useful_life_years}: it must be 1 or more")
    years = [int(year) for year in capital_expenditure.index]
    if not years or years != list(range(years[0], years[0] + len(years))):
        raise ValueError(f"capital_expenditure has the years {years}: they must be consecutive, one or more")
    bought = dict(zip(years, capital_expenditure.astype("float64"), strict=True))
    bought |= dict.fromkeys(range(years[-1] + 1, years[-1] + 1 + useful_life_years), 0.0)
    charge = {}
    for year in bought:
        parts = [bought.get(year - age, float("nan")) for age in range(useful_life_years + 1)]
        charge[year] = (sum(parts) - (parts[0] + parts[-1]) / 2) / useful_life_years
    return pd.Series(charge, name="implied_depreciation_usd", dtype="float64")


def back_test(implied: "pd.Series[float]", reported: "pd.Series[float]") -> "pd.Series[float]":
    """Return implied over reported depreciation less 1, for the years that have both; reported must be above 0."""
    both = pd.concat({"implied": implied, "reported": reported}, axis=1).dropna()
    if (both["reported"] <= 0).any():
        raise ValueError(f"reported is {both['reported'].min()} in a year: it must be above 0")
    return both["implied"] / both["reported"] - 1
