"""The value of a stream that grows for ever, and the growth that a price implies: Gordon's model."""

import math

from coordination_gap.company.valuation import arguments


def gordon_value(next_payment: float, discount_rate: float, growth: float) -> float:
    r"""Return the present value of payments that grow at one rate for ever.

    :math:`V = D_1 / (r - g)` (Gordon and Shapiro, 1956), with :math:`D_1` the payment one
    year from now.

    Parameters
    ----------
    next_payment
        The payment of the coming year, above 0; the value is in its unit.
    discount_rate, growth
        Rates a year, as fractions.

    Raises
    ------
    ValueError
        If `growth` is not below `discount_rate`, where the sum has no end, or an argument is
        not a finite number or out of its range.
    """
    arguments.positive(next_payment, "next_payment")
    arguments.growth_below(growth, discount_rate)
    return next_payment / (discount_rate - growth)


def implied_growth(price: float, last_payment: float, discount_rate: float) -> float:
    r"""Return the growth for ever at which payments are worth a price.

    :math:`g = (P r - D_0) / (P + D_0)`, the solution of :math:`P = D_0 (1 + g) / (r - g)`,
    with :math:`D_0` the payment of the past year.

    Parameters
    ----------
    price, last_payment
        In one unit, above 0.
    discount_rate
        A rate a year, as a fraction above −1.

    Raises
    ------
    ValueError
        If an argument is out of its range.
    """
    arguments.positive(price, "price")
    arguments.positive(last_payment, "last_payment")
    if not (math.isfinite(discount_rate) and discount_rate > -1):
        raise ValueError(f"discount_rate is {discount_rate}: give a rate above -1, such as 0.09")
    return (price * discount_rate - last_payment) / (price + last_payment)
