"""Closes around each departure as a provider of prices would have them.

Closes are adjusted for dividends: each later dividend scales all earlier closes of a share
by one factor. A window that differs by one factor everywhere has only been re-based, and
returns are the same; a close that differs from that is a disagreement. Only a window that
gains sessions is written on the new base, so that all of it stands on one.
"""

import datetime as dt
import math
from collections.abc import Mapping

import numpy as np

from coordination_gap import market, tables
from coordination_gap.live.proposal import Cell, Draft, Rebasing, refreshed_record
from coordination_gap.live.sources import PriceSource, RefreshError

WINDOWS = "event_windows"
TICKERS = ("googl", "msft", "amzn", "spy", "qqq")
DECIMALS = 4
# What two feeds that adjust for the same dividends may differ by: factors are published to about this much.
RELATIVE_TOLERANCE = 1e-5
Closes = Mapping[dt.date, float]


def last_session_before(today: dt.date) -> dt.date:
    """Return the last session that was over before `today` began."""
    return market.sessions_between(today - dt.timedelta(days=14), today - dt.timedelta(days=1))[-1]


def propose_prices(draft: Draft, source: PriceSource, through: dt.date, today: dt.date) -> None:
    """Put into `draft` what the closes of `source` up to the session `through` change.

    Raises
    ------
    RefreshError
        If `through` is no session that is over, or the source's closes cannot be used.
    """
    if through >= today:
        raise RefreshError(f"the session of {through} is not over on {today}: the last is {last_session_before(today)}")
    closed = market.closed_because(through)
    if closed:
        raise RefreshError(
            f"{through} is no session of the New York Stock Exchange ({closed}): the last before it is "
            f"{last_session_before(through)}"
        )
    windows: dict[str, list[dict[str, str]]] = {}
    for row in draft.rows[WINDOWS]:
        windows.setdefault(row["event_id"], []).append(row)
    first = min(row["session"] for row in draft.rows[WINDOWS])
    closes = {ticker: _closes(source, ticker, dt.date.fromisoformat(first), through) for ticker in TICKERS}
    latest = max(windows, key=lambda event_id: windows[event_id][-1]["session"])
    for event_id, rows in windows.items():
        wanted = _sessions_to_add(rows, through) if event_id == latest else []
        _refresh_window(draft, event_id, rows, wanted, closes, source)
    draft.records[WINDOWS] = refreshed_record(WINDOWS, source.name, today)


def _closes(source: PriceSource, ticker: str, first: dt.date, last: dt.date) -> Closes:
    symbol = ticker.upper()
    closes = source.closes(symbol, first, last)
    if not closes:
        raise RefreshError(f"{source.name} has no row of {symbol} from {first} to {last}: nothing was written")
    for day, close in closes.items():
        if not first <= day <= last or market.closed_because(day):
            raise RefreshError(
                f"{source.name} gives {symbol} a close on {day}, which is no session from {first} to {last}: "
                "nothing was written"
            )
        if not (math.isfinite(close) and close > 0):
            raise RefreshError(f"{source.name} gives {symbol} the close {close} on {day}: nothing was written")
    return closes


def _sessions_to_add(rows: list[dict[str, str]], through: dt.date) -> list[dt.date]:
    fields = {field["name"]: field for field in tables.resource(WINDOWS)["schema"]["fields"]}
    room = int(fields["offset"]["constraints"]["maximum"]) - int(rows[-1]["offset"])
    last = dt.date.fromisoformat(rows[-1]["session"])
    return market.sessions_between(last, through)[1:][:room] if through > last else []


def _refresh_window(
    draft: Draft,
    event_id: str,
    rows: list[dict[str, str]],
    wanted: list[dt.date],
    closes: Mapping[str, Closes],
    source: PriceSource,
) -> None:
    while wanted and not any(wanted[-1] in closes[ticker] for ticker in TICKERS):
        draft.notes.append(f"{event_id}: {source.name} has no close on {wanted.pop()}; the session is not added")
    added = {}
    last = int(rows[-1]["offset"])
    for step, session in enumerate(wanted, start=1):
        cells = {"event_id": event_id, "offset": str(last + step), "session": session.isoformat()}
        added[session] = draft.add_row(WINDOWS, cells, source.name)
    for ticker in TICKERS:
        _compare(draft, event_id, rows, ticker, closes[ticker], bool(wanted), source)
        for session, row in added.items():
            if session not in closes[ticker]:
                draft.notes.append(f"{event_id}: {source.name} has no close of {ticker.upper()} on {session}")
                continue
            row[ticker] = _written(closes[ticker][session])
            draft.new.append(Cell(WINDOWS, draft.key(WINDOWS, row), ticker, "", row[ticker], source.name))


def _compare(
    draft: Draft,
    event_id: str,
    rows: list[dict[str, str]],
    ticker: str,
    closes: Closes,
    grows: bool,
    source: PriceSource,
) -> None:
    """Compare a share's closes in a window, and bring the window onto the source's base if it grows."""
    paired = [
        (row, float(row[ticker]), closes.get(dt.date.fromisoformat(row["session"]))) for row in rows if row[ticker]
    ]
    both = [(row, old, new) for row, old, new in paired if new is not None]
    for row, _, new in paired:
        if new is None:
            draft.notes.append(f"{event_id}: {source.name} has no close of {ticker.upper()} on {row['session']}")
    if paired and not both:
        raise RefreshError(
            f"{source.name} has no close of {ticker.upper()} from {rows[0]['session']} to {rows[-1]['session']}: "
            "nothing was written"
        )
    factor = _factor([old for _, old, _ in both], [new for _, _, new in both])
    if factor != 1:
        draft.rebased.append(Rebasing(event_id, ticker, factor, written=grows))
    base = 1.0 if grows else factor  # what the source's closes are divided by before they are written
    for row, old, new in paired:
        if new is not None and not _same(old * factor, new, factor):
            written = _written(new / base)
            draft.disagreeing.append(Cell(WINDOWS, draft.key(WINDOWS, row), ticker, row[ticker], written, source.name))
            row[ticker] = written
        elif grows and factor != 1:
            row[ticker] = _written(old * factor if new is None else new)
    for row in rows:
        given = closes.get(dt.date.fromisoformat(row["session"]))
        if not row[ticker] and given is not None:
            row[ticker] = _written(given / base)
            draft.new.append(Cell(WINDOWS, draft.key(WINDOWS, row), ticker, "", row[ticker], source.name))


def _factor(old: list[float], new: list[float]) -> float:
    """Return the factor between two series of closes, in USD: exactly 1 where rounding explains the difference."""
    if not old:
        return 1.0
    factor = float(np.median(np.array(new) / np.array(old)))
    unmoved = sum(_same(before, after, 1.0) for before, after in zip(old, new, strict=True))
    return 1.0 if unmoved * 2 >= len(old) else factor


def _same(expected: float, given: float, factor: float) -> bool:
    """Return whether two closes in USD differ by no more than rounding: the table's, scaled, and the feed's."""
    rounding = 0.5 * 10**-DECIMALS
    return bool(abs(expected - given) <= rounding * max(factor, 1.0) + RELATIVE_TOLERANCE * expected + 1e-9)


def _written(close: float) -> str:
    text = f"{close:.{DECIMALS}f}".rstrip("0")
    return text.rstrip(".")
