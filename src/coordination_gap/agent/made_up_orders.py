"""The orders that the support agent is measured on: made up, by draws that anyone can repeat.

No shop stands behind them. ``data/orders.csv`` is what :func:`draw_orders` returns, and a test holds the two equal.
"""

from datetime import date, timedelta

import numpy as np
import pandas as pd

SHOP_DAY = date(2026, 6, 20)
"""The day on which the agent works: the day of the article."""

ITEMS = {
    "blue jacket": 89.0,
    "wool scarf": 35.0,
    "rain boots": 64.5,
    "linen shirt": 49.0,
    "canvas backpack": 72.0,
    "running shoes": 110.0,
    "leather belt": 39.5,
    "winter coat": 189.0,
    "cotton socks": 12.0,
    "straw hat": 28.0,
}

FIRST_NAMES = [
    "ada",
    "ben",
    "cleo",
    "dan",
    "eva",
    "finn",
    "gia",
    "hugo",
    "iris",
    "jon",
    "kim",
    "leo",
    "mia",
    "nils",
    "ola",
    "pia",
    "quin",
    "rosa",
    "sam",
    "tess",
]

LATE_SHARE = 0.4
DAYS_TO_PROMISE = (3, 11)


def draw_orders(count: int = 300, seed: int = 4821) -> pd.DataFrame:
    """Draw orders as of :data:`SHOP_DAY`, the article's order number among them.

    Parameters
    ----------
    count
        How many, 1 to 3,000.
    seed
        Of NumPy's default generator.

    Returns
    -------
    pandas.DataFrame
        A row an order, sorted by ``order_id``: ``customer`` (an address at example.org), ``item``, ``price_usd``,
        ``ordered_on``, ``status`` (processing, shipped, delivered or cancelled), ``promised_on``, and ``shipped_on``
        and ``delivered_on`` where that has happened.

    Raises
    ------
    ValueError
        If ``count`` is out of range.
    """
    if not 1 <= count <= 3000:
        raise ValueError(f"count is {count!r}: give a whole number from 1 to 3000")
    rng = np.random.default_rng(seed)
    numbers = [4821, *(int(n) for n in 1000 + rng.permutation(9000) if n != 4821)][:count]
    rows = [_the_articles_order()] + [_draw(number, rng) for number in numbers[1:]]
    return pd.DataFrame(rows).sort_values("order_id", ignore_index=True)


def _the_articles_order() -> dict[str, object]:
    """Return a blue jacket bought two weeks ago; that it was promised for day ten is this project's own."""
    ordered = SHOP_DAY - timedelta(days=14)
    return _row(4821, "sam@example.org", "blue jacket", ordered, "shipped", 10, 3, None)


def _draw(number: int, rng: np.random.Generator) -> dict[str, object]:
    customer = f"{FIRST_NAMES[rng.integers(len(FIRST_NAMES))]}.{rng.integers(10, 99)}@example.org"
    item = list(ITEMS)[rng.integers(len(ITEMS))]
    age = int(rng.integers(0, 18))
    promise = int(rng.integers(*DAYS_TO_PROMISE))
    delay = int(rng.integers(1, 15)) if rng.random() < LATE_SHARE else -int(rng.integers(0, 3))
    ship = min(int(rng.integers(1, 4)), promise)
    arrive = max(promise + delay, ship + 1)
    ordered = SHOP_DAY - timedelta(days=age)
    if rng.random() < 0.06:
        return _row(number, customer, item, ordered, "cancelled", promise, None, None)
    if age < ship:
        return _row(number, customer, item, ordered, "processing", promise, None, None)
    if age < arrive:
        return _row(number, customer, item, ordered, "shipped", promise, ship, None)
    return _row(number, customer, item, ordered, "delivered", promise, ship, arrive)


def _row(
    number: int,
    customer: str,
    item: str,
    ordered: date,
    status: str,
    promise: int,
    ship: int | None,
    arrive: int | None,
) -> dict[str, object]:
    """Return an order whose days are counted from the day it was placed."""

    def day(after: int | None) -> str:
        return "" if after is None else (ordered + timedelta(days=after)).isoformat()

    return {
        "order_id": str(number),
        "customer": customer,
        "item": item,
        "price_usd": ITEMS[item],
        "ordered_on": day(0),
        "status": status,
        "promised_on": day(promise),
        "shipped_on": day(ship),
        "delivered_on": day(arrive),
    }
