"""Return on equity as a product of factors (DuPont), and its change attributed exactly to them."""

import math
from collections.abc import Mapping


def dupont(
    *,
    net_income: float,
    operating_income: float,
    other_income: float,
    revenue: float,
    average_assets: float,
    average_equity: float,
) -> dict[str, float]:
    """Return the five factors whose product is the return on average equity.

    Kept after tax (net income / pre-tax income), non-operating factor (pre-tax income /
    operating income), operating margin, asset turnover, and leverage. Interest is part
    of other income, so the usual interest burden cannot be told from other gains.

    Parameters
    ----------
    net_income, operating_income, other_income, revenue
        Of four quarters, in one currency.
    average_assets, average_equity
        Means of their opening and closing values.

    Raises
    ------
    ValueError
        If an amount, or pre-tax income, is not above 0: the factors then have no meaning.
    """
    pretax = operating_income + other_income
    amounts = {
        "net_income": net_income,
        "operating_income": operating_income,
        "pre-tax income": pretax,
        "revenue": revenue,
        "average_assets": average_assets,
        "average_equity": average_equity,
    }
    _need_positive(amounts)
    return {
        "kept_after_tax": net_income / pretax,
        "non_operating": pretax / operating_income,
        "operating_margin": operating_income / revenue,
        "asset_turnover": revenue / average_assets,
        "leverage": average_assets / average_equity,
    }


def attribute_change(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Return how much of the change of a product each factor made; the pieces sum to the change exactly.

    The additive log-mean split, LMDI-I: L(after, before) · ln(factor after / factor before),
    where L(a, b) = (a − b) / (ln a − ln b) and L(a, a) = a (B. W. Ang, Energy Policy 33, 2005).

    Raises
    ------
    ValueError
        If the two do not have the same factors, or one is not above 0.
    """
    if not before or set(before) != set(after):
        raise ValueError(f"after has the factors {sorted(after)}: it must have those of before, {sorted(before)}")
    _need_positive(before)
    _need_positive(after)
    logs = {name: math.log(after[name] / before[name]) for name in before}
    start = math.prod(before.values())
    whole = math.fsum(logs.values())
    # (e^x − 1)/x · start is the log-mean; expm1 keeps it exact where the two products nearly meet.
    weight = start if whole == 0 else start * math.expm1(whole) / whole
    return {name: weight * log for name, log in logs.items()}


def _need_positive(amounts: Mapping[str, float]) -> None:
    for name, amount in amounts.items():
        if not (math.isfinite(amount) and amount > 0):
            raise ValueError(f"{name} is {amount}: it must be above 0, or the return has no meaning")
