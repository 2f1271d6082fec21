"""What the article says of the market, beside what prices give."""

import math
from dataclasses import dataclass

import pandas as pd

from coordination_gap import tables
from coordination_gap.company.article import LOOSELY, Tolerances, verdict
from coordination_gap.facts import format_number


@dataclass(frozen=True)
class Computed:
    """A figure computed for the article's own, or why there is none.

    Attributes
    ----------
    value
        In the unit of the article's figure; None where there is none.
    how
        How it was computed, or why it could not be.
    sources
        The rows that it was made of.
    dividends_off
        Whether it is a close with dividends paid later taken off, so that it lies below the
        price of its day.
    own
        Whether it is made of the article's other figures alone.
    """

    value: float | None
    how: str
    sources: tuple[tables.Source, ...] = ()
    dividends_off: bool = False
    own: bool = False


#: The verdict on a stated price that is above a close from which later dividends were taken off, within the tolerance.
DIVIDEND_OFF = "differs by a later dividend"


#: Figures of which neither prices nor filings say anything.
NOT_IN_PRICES = {
    "target-consensus": "targets come from a paid service; no row in the data gives them",
    "ratings-strong-buy": "ratings come from a paid service; no row in the data gives them",
    "ratings-buy": "ratings come from a paid service; no row in the data gives them",
    "ratings-hold": "ratings come from a paid service; no row in the data gives them",
    "ratings-sell": "ratings come from a paid service; no row in the data gives them",
    "target-model": "the model of the page that the article cites is not shown",
    "forward-price-to-earnings": "expected earnings are estimates that no row in the data gives",
    "market-probability": "the market's own record was not seen",
    "market-strike": "the market's own record was not seen",
}


def computed_figures(figures: pd.DataFrame, windows: pd.DataFrame, references: pd.DataFrame) -> dict[str, Computed]:
    """Compute what can be computed of the article's figures on prices.

    Parameters
    ----------
    figures
        Rows of ``article_figures``.
    windows
        Closes around the event, rows of ``event_windows``.
    references
        Rows of ``price_references``: single closes that lie outside the windows.

    Returns
    -------
    dict
        By the figure's ``id``.
    """
    found = {name: Computed(None, reason) for name, reason in NOT_IN_PRICES.items()}
    day, year_end = pd.Timestamp("2026-06-18"), pd.Timestamp("2025-12-31")
    for name, asset in (("price", "googl"), ("peer-price", "msft")):
        found[name] = _close(windows, asset, day)
    for name, asset in (("return-year-to-date", "googl"), ("peer-return-year-to-date", "msft")):
        first, last = _close(windows, asset, year_end), _close(windows, asset, day)
        found[name] = _change(
            first, last, f"adjusted close of {asset.upper()} on 18 June 2026 over 31 December 2025, less 1"
        )
    year = references.set_index("session")["googl_adjusted_close_usd"]
    ends = [pd.Timestamp("2025-06-18"), day]
    if all(end in year.index for end in ends):
        rows = references[references["session"].isin(ends)]
        change = float(year[ends[1]] / year[ends[0]] - 1)
        how = "adjusted close of GOOGL on 18 June 2026 over 18 June 2025, less 1, both from one feed"
        found["return-one-year"] = Computed(change, how, (tables.rows(rows),))
    stated = figures.set_index("id")["value"]
    if {"target-model", "price"} <= set(stated.index):
        upside = float(stated["target-model"] / stated["price"] - 1)
        rows = figures[figures["id"].isin(["target-model", "price"])]
        found["target-model-upside"] = Computed(
            upside, "the article's own figures: its target over its price, less 1", (tables.rows(rows),), own=True
        )
    return found


def compare_market(figures: pd.DataFrame, computed: dict[str, Computed], tolerances: Tolerances) -> pd.DataFrame:
    """Return each of the article's figures on prices beside the computed one.

    Returns
    -------
    pandas.DataFrame
        ``id``, ``quantity``, ``stated``, ``computed`` (text), ``verdict`` (of
        :data:`coordination_gap.company.VERDICTS`, or :data:`DIVIDEND_OFF`), ``how``, and ``own``
        as of :class:`Computed`, in the order of `figures`.
    """
    rows = []
    for row in figures[figures["id"].isin(computed)].to_dict("records"):
        mine = computed[str(row["id"])]
        unit, value, resolution = str(row["unit"]), float(row["value"]), float(row["resolution"])
        decimals = {"fraction": 2, "probability": 0, "usd_per_share": 2}.get(unit, 0)
        found = verdict(value, mine.value, resolution=resolution, relation=str(row["relation"]), tolerances=tolerances)
        if mine.dividends_off and mine.value is not None and found == LOOSELY and value > mine.value:
            found = DIVIDEND_OFF
        rows.append(
            {
                "id": row["id"],
                "quantity": row["quantity"],
                "stated": format_number(value, unit, decimals),
                "computed": "" if mine.value is None else format_number(mine.value, unit, decimals),
                "verdict": found,
                "how": mine.how,
                "own": mine.own,
            }
        )
    return pd.DataFrame(rows, columns=["id", "quantity", "stated", "computed", "verdict", "how", "own"])


def _close(windows: pd.DataFrame, asset: str, day: pd.Timestamp) -> Computed:
    row = windows[(windows["session"] == day) & windows[asset].notna()]
    if row.empty:
        return Computed(None, f"no close of {asset.upper()} on {day:%Y-%m-%d} is visible")
    close = float(row[asset].iloc[0])
    how = f"adjusted close of {asset.upper()} on {day.day} {day:%B %Y}"
    # A share is priced in whole cents: a close that is not has had dividends paid later taken off.
    dividends_off = not math.isclose(close * 100, round(close * 100), abs_tol=1e-6)
    if dividends_off:
        how += ", from which dividends paid later were taken off: the price as printed that day is not in the data"
    return Computed(close, how, (tables.rows(row),), dividends_off)


def _change(first: Computed, last: Computed, how: str) -> Computed:
    if first.value is None or last.value is None:
        return Computed(None, first.how if first.value is None else last.how)
    return Computed(last.value / first.value - 1, how, (*first.sources, *last.sources))
