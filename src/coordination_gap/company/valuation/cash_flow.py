r"""Discounted cash flow in two stages, by the value-driver formula, and what a price implies of it.

Operating profit after tax grows at one rate for the years of the first stage and at another
for ever after. Of each year's profit a share :math:`g / R` is put back, with *g* the growth of
the year after it and *R* the return on what is newly put in, so that growth has its price
(Koller, Goedhart and Wessels, *Valuation*, the "value driver formula"):

.. math::

    V = \sum_{t=1}^{N} \frac{P_t (1 - g_1 / R)}{(1 + r)^t}
        + \frac{P_N (1 + g_2) (1 - g_2 / R)}{(r - g_2)(1 + r)^N},
    \qquad P_t = P_0 (1 + g_1)^t

with :math:`P_0` the profit of the past year. A share's value is
:math:`(V + \text{net assets beside}) / \text{shares}`.

*V* stands at the end of that year, with cash flows at the ends of years. Two refinements are
common, and both are off unless asked for. Flows that come through the year are nearer by half
a year, on average, which raises the whole of *V*, what comes after the first stage included,
by :math:`(1 + r)^{1/2}`; and a value is carried to a later day, *e* years on, by
:math:`(1 + r)^e` (Koller, Goedhart and Wessels, *Valuation*, on the "midyear adjustment factor"
and on valuing a company within a fiscal year). The return on what is put in after the first
stage may be another than in it, :math:`R_2` in place of *R*; at :math:`R_2 = r` that growth
adds nothing.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import optimize

from coordination_gap.company.valuation import arguments

#: Where the growth that a price implies is looked for.
LOWEST_GROWTH, HIGHEST_GROWTH = -0.3, 0.6
# How finely that is searched where its ends do not enclose an answer.
_STEPS = 900


@dataclass(frozen=True)
class TwoStage:
    """The inputs of a valuation in two stages.

    Attributes
    ----------
    revenue_usd
        Of the past four quarters.
    operating_margin, tax_rate
        Fractions; profit after tax is revenue × margin × (1 − tax rate).
    growth, terminal_growth
        Rates a year, of the first stage and for ever after.
    years
        Length of the first stage, a whole number of at least 1.
    discount_rate
        A rate a year, above `terminal_growth`.
    return_on_new_capital
        *R*, a rate a year, above 0.
    net_assets_usd
        What the owners have beside the operations: cash less debt, and the like.
    shares
        Diluted.
    mid_year
        Whether cash flows come in the middle of years; otherwise at their ends.
    years_elapsed
        From the end of the four quarters to the day of the value, in years, over which the
        operations' value grows at `discount_rate`; net assets stay as they were reported.
    terminal_return
        *R* after the first stage, a rate a year, above 0; None for `return_on_new_capital`.

    Raises
    ------
    ValueError
        If an input is out of its range.
    """

    revenue_usd: float
    operating_margin: float
    tax_rate: float
    growth: float
    terminal_growth: float
    years: int
    discount_rate: float
    return_on_new_capital: float
    net_assets_usd: float
    shares: float
    mid_year: bool = False
    years_elapsed: float = 0.0
    terminal_return: float | None = None

    def __post_init__(self) -> None:
        """Refuse inputs that have no meaning."""
        for name in ("revenue_usd", "operating_margin", "return_on_new_capital", "shares"):
            arguments.positive(getattr(self, name), name)
        if self.terminal_return is not None:
            arguments.positive(self.terminal_return, "terminal_return")
        if not (math.isfinite(self.years_elapsed) and self.years_elapsed > -1):
            raise ValueError(f"years_elapsed is {self.years_elapsed}: give years above -1, such as 0.4")
        if not 0 <= self.tax_rate < 1:
            raise ValueError(f"tax_rate is {self.tax_rate}: it must be at least 0 and below 1")
        if self.years < 1 or self.years != int(self.years):
            raise ValueError(f"years is {self.years}: it must be a whole number of at least 1")
        if not (math.isfinite(self.growth) and self.growth > -1):
            raise ValueError(f"growth is {self.growth}: give a rate above -1, such as 0.12")
        if not math.isfinite(self.net_assets_usd):
            raise ValueError(f"net_assets_usd is {self.net_assets_usd}: it must be a finite number")
        arguments.growth_below(self.terminal_growth, self.discount_rate, "terminal_growth")

    @property
    def profit_usd(self) -> float:
        """Operating profit after tax of the past year, in US dollars."""
        return self.revenue_usd * self.operating_margin * (1 - self.tax_rate)

    @property
    def timing(self) -> float:
        """What the day of the value and flows in mid-year multiply the operations' value by; 1 for neither."""
        return float((1 + self.discount_rate) ** (self.years_elapsed + (0.5 if self.mid_year else 0.0)))

    def cash_flows_usd(self) -> npt.NDArray[np.float64]:
        """Return the free cash flow of each year of the first stage, in US dollars, shape ``(years,)``."""
        grown = (1 + self.growth) ** np.arange(1, self.years + 1)
        flows = self.profit_usd * grown * (1 - self.growth / self.return_on_new_capital)
        return np.asarray(flows, dtype=np.float64)

    def terminal_value_usd(self) -> float:
        """Return the value, at the end of the first stage, of all that comes after it, in US dollars."""
        following = self.profit_usd * (1 + self.growth) ** self.years * (1 + self.terminal_growth)
        earned = self.return_on_new_capital if self.terminal_return is None else self.terminal_return
        kept = 1 - self.terminal_growth / earned
        return following * kept / (self.discount_rate - self.terminal_growth)

    def operations_usd(self) -> float:
        """Return the value of the operations on the day of the value, in US dollars."""
        discounts = (1 + self.discount_rate) ** -np.arange(1, self.years + 1)
        later = self.terminal_value_usd() * float(discounts[-1])
        return (float(self.cash_flows_usd() @ discounts) + later) * self.timing

    def terminal_share(self) -> float:
        """Return the share of the operations' value that comes after the first stage."""
        later = self.terminal_value_usd() * (1 + self.discount_rate) ** -self.years * self.timing
        return later / self.operations_usd()

    def value_per_share(self) -> float:
        """Return the value of a share, in US dollars."""
        return (self.operations_usd() + self.net_assets_usd) / self.shares


def reverse_dcf(inputs: TwoStage, price: float) -> float:
    """Return the growth of the first stage at which a share is worth its price.

    Parameters
    ----------
    inputs
        All inputs; its own growth is not looked at.
    price
        Of a share, in US dollars.

    Returns
    -------
    float
        A rate a year, between :data:`LOWEST_GROWTH` and :data:`HIGHEST_GROWTH`; the lower of
        two where the price lies below the peak that the value has over growth.

    Raises
    ------
    ValueError
        If new capital does not earn more than the discount rate, so that growth adds no value
        and no price can imply it, or if no growth in that range gives the price.
    """
    arguments.positive(price, "price")
    if inputs.return_on_new_capital <= inputs.discount_rate:
        raise ValueError(
            f"return_on_new_capital is {inputs.return_on_new_capital} and discount_rate {inputs.discount_rate}: "
            "new capital must earn more than the discount rate for a price to imply a growth"
        )
    return _solve(lambda growth: replace(inputs, growth=growth), price, LOWEST_GROWTH, HIGHEST_GROWTH, "growth")


def implied_terminal_growth(inputs: TwoStage, price: float) -> float:
    """Return the growth after the first stage at which a share is worth its price; as :func:`reverse_dcf`.

    A `terminal_return` at or below the discount rate is refused: growth would add no value then.
    """
    arguments.positive(price, "price")
    if inputs.terminal_return is not None and inputs.terminal_return <= inputs.discount_rate:
        raise ValueError(
            f"terminal_return is {inputs.terminal_return} and discount_rate {inputs.discount_rate}: "
            "new capital must earn more than the discount rate for a price to imply a growth"
        )
    highest = inputs.discount_rate - 1e-6
    return _solve(
        lambda growth: replace(inputs, terminal_growth=growth), price, LOWEST_GROWTH, highest, "terminal_growth"
    )


def _solve(with_growth: Callable[[float], TwoStage], price: float, low: float, high: float, name: str) -> float:
    def above(growth: float) -> float:
        return with_growth(growth).value_per_share() - price

    if above(low) < 0 and above(high) < 0:
        # Growth far above the return on new capital costs more than it brings: the value has a peak on the way.
        reached = [growth for growth in np.linspace(low, high, _STEPS + 1) if above(growth) >= 0]
        high = float(reached[0]) if reached else high
    if above(low) * above(high) > 0:
        raise ValueError(
            f"price is {price}: no {name} from {low:g} to {high:g} a year gives it with these inputs; "
            f"they give {above(low) + price:.2f} to {above(high) + price:.2f}"
        )
    return float(optimize.brentq(above, low, high, xtol=1e-12))
