"""Newer filings and prices for ``data/``: proposed, shown, and written all at once or not at all."""

import datetime as dt

from coordination_gap.live.edgar_filings import EdgarFilings
from coordination_gap.live.filings import TABLES, propose_filings
from coordination_gap.live.journal import mend
from coordination_gap.live.proposal import Cell, Draft, Proposal, Rebasing, write
from coordination_gap.live.sources import FiledFact, FilingSource, PriceSource, RefreshError, check_contact
from coordination_gap.live.windows import WINDOWS, last_session_before, propose_prices
from coordination_gap.live.yahoo_prices import YahooPrices

__all__ = [
    "Cell",
    "EdgarFilings",
    "FiledFact",
    "FilingSource",
    "PriceSource",
    "Proposal",
    "Rebasing",
    "RefreshError",
    "YahooPrices",
    "check_contact",
    "mend",
    "propose",
    "write",
]


def propose(
    filings: FilingSource | None = None,
    prices: PriceSource | None = None,
    *,
    through: dt.date | None = None,
    today: dt.date | None = None,
) -> Proposal:
    """Ask providers for what is newer, and say what it would change in ``data/``; nothing is written.

    Parameters
    ----------
    filings
        Who is asked for filings; None leaves them out.
    prices
        Who is asked for prices; None leaves them out.
    through
        The last day that is looked at: the day before `today` for filings and the last session before it for
        prices, unless given.
    today
        The day of the refresh, as it is recorded; the present day unless given.

    Returns
    -------
    Proposal
        New, restated and disagreeing cells, and whatever else is to be known.

    Raises
    ------
    RefreshError
        If a provider cannot be reached or its answer cannot be used, or `through` is not possible.
    """
    day = today or dt.datetime.now().astimezone().date()
    if through is not None and through >= day:
        raise RefreshError(f"through is {through}: give a day before {day}")
    draft = Draft([*(TABLES if filings else ()), *((WINDOWS,) if prices else ())])
    if prices is not None:
        propose_prices(draft, prices, through or last_session_before(day), day)
    if filings is not None:
        propose_filings(draft, filings, through or day - dt.timedelta(days=1), day)
    return draft.proposal()
