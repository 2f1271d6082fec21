r"""What a fall of the price stands for: less growth, or a business that stands still for some years."""

import math
from dataclasses import dataclass, replace

from coordination_gap.company.valuation import arguments
from coordination_gap.company.valuation.cash_flow import TwoStage, implied_terminal_growth, reverse_dcf


@dataclass(frozen=True)
class Equivalent:
    """A fall of the price, and what in the model gives the same.

    Attributes
    ----------
    fall_usd
        The fall of the market value, in US dollars.
    growth_before, growth_after
        Of the first stage, as the price implies it before and after the fall.
    terminal_before, terminal_after
        Growth for ever after the first stage: as given, and as the lower price implies it
        where the first stage grows as before.
    """

    fall_usd: float
    growth_before: float
    growth_after: float
    terminal_before: float
    terminal_after: float


def price_of_fall(inputs: TwoStage, price: float, fall: float) -> Equivalent:
    """Return what a fall of the price stands for.

    Parameters
    ----------
    inputs
        Of the valuation; its growth is replaced by what `price` implies.
    price
        Before the fall, in US dollars a share.
    fall
        A share of the price, above 0 and below 1.

    Raises
    ------
    ValueError
        If `fall` is out of its range, or a price implies no growth, as :func:`reverse_dcf` says.
    """
    if not 0 < fall < 1:
        raise ValueError(f"fall is {fall}: it must lie between 0 and 1")
    before = reverse_dcf(inputs, price)
    at_price = replace(inputs, growth=before)
    return Equivalent(
        fall_usd=price * fall * inputs.shares,
        growth_before=before,
        growth_after=reverse_dcf(inputs, price * (1 - fall)),
        terminal_before=inputs.terminal_growth,
        terminal_after=implied_terminal_growth(at_price, price * (1 - fall)),
    )


def years_of_standstill(segment: TwoStage, loss_usd: float) -> float:
    r"""Return how long a segment would have to stand still, before growing as planned, to lose a value.

    While it stands still its profit :math:`P` is paid out whole, and its later value *V*
    comes *D* years later: :math:`V(D) = f P (1 - q^D) / r + V q^D` with
    :math:`q = 1 / (1 + r)` and *f* what :attr:`TwoStage.timing` multiplies every value by, so that

    .. math:: D = -\frac{\ln(1 - L / (V - f P / r))}{\ln(1 + r)}

    Parameters
    ----------
    segment
        The segment's own inputs.
    loss_usd
        *L*, above 0.

    Raises
    ------
    ValueError
        If `loss_usd` is not above 0, or if standing still for ever would lose less.
    """
    arguments.positive(loss_usd, "loss_usd")
    rate = segment.discount_rate
    most = segment.operations_usd() - segment.timing * segment.profit_usd / rate
    if loss_usd >= most:
        raise ValueError(f"loss_usd is {loss_usd:.4g}: standing still for ever loses no more than {max(most, 0.0):.4g}")
    return -math.log1p(-loss_usd / most) / math.log1p(rate)
