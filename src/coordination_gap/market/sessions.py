"""Trading sessions of the New York Stock Exchange: which days trade, and when news can move a price.

The calendar is ``XNYS`` of the library exchange_calendars. A day is a calendar day in
New York, without a time. An instant carries its own time zone. A session is the trading
day from open to close; early closes count as closes.
"""

import bisect
import datetime as dt
import functools
import warnings
from dataclasses import dataclass
from typing import Any

import pandas as pd

from coordination_gap.tables import Day, parse_day

EXCHANGE = "XNYS"
# Fixed ends, so that the calendar is the same on every day it is run.
FIRST_DAY, LAST_DAY = dt.date(1990, 1, 1), dt.date(2028, 12, 31)


@dataclass(frozen=True)
class _Calendar:
    days: tuple[dt.date, ...]
    closes: tuple[dt.datetime, ...]
    time_zone: dt.tzinfo
    holidays: dict[dt.date, str]


@functools.lru_cache(maxsize=1)
def _calendar() -> _Calendar:
    # Imported and read only here: the library takes half a second to import, and asks pandas
    # for a conversion that pandas 3.1 warns about while the calendar is built.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Series.values returning", category=DeprecationWarning)
        import exchange_calendars

        library: Any = exchange_calendars.get_calendar(EXCHANGE, start=FIRST_DAY.isoformat(), end=LAST_DAY.isoformat())
        closes = library.schedule["close"]
    named = library.regular_holidays.holidays(pd.Timestamp(FIRST_DAY), pd.Timestamp(LAST_DAY), return_name=True)
    return _Calendar(
        days=tuple(day.date() for day in closes.index),
        closes=tuple(close.to_pydatetime() for close in closes),
        time_zone=library.tz,
        holidays={day.date(): str(name) for day, name in named.items()},
    )


def _known_day(day: Day, name: str) -> dt.date:
    known = parse_day(day, name)
    if not FIRST_DAY <= known <= LAST_DAY:
        raise ValueError(f"{name} is {known}: the calendar {EXCHANGE} is loaded from {FIRST_DAY} to {LAST_DAY}")
    return known


def _position(session: Day, name: str) -> int:
    day = _known_day(session, name)
    days = _calendar().days
    position = bisect.bisect_left(days, day)
    if position == len(days) or days[position] != day:
        raise ValueError(f"{name} is {day}, not a session of {EXCHANGE} ({closed_because(day)}): give a trading day")
    return position


def is_session(day: Day) -> bool:
    """Return whether the exchange trades on `day`.

    Raises
    ------
    ValueError
        If `day` is not a day, or lies outside the calendar that is loaded.
    """
    return closed_because(day) is None


def closed_because(day: Day) -> str | None:
    """Say what keeps the exchange closed on `day`.

    Returns
    -------
    str or None
        The holiday's name where the calendar knows it, ``"Saturday"`` or ``"Sunday"``,
        ``"special closing"`` for a single closed day such as a day of mourning, and None
        for a day on which the exchange trades.
    """
    known = _known_day(day, "day")
    calendar = _calendar()
    position = bisect.bisect_left(calendar.days, known)
    if position < len(calendar.days) and calendar.days[position] == known:
        return None
    if known.weekday() >= 5:
        return f"{known:%A}"
    return calendar.holidays.get(known, "special closing")


def first_reacting_session(instant: dt.datetime) -> dt.date:
    """Return the first session whose closing price could reflect news made public at `instant`.

    News before a session's close, also before its open, counts for that session; news at
    the close or later, on a weekend or on a holiday counts for the next one.

    Parameters
    ----------
    instant
        When the news became public, with a time zone.

    Raises
    ------
    ValueError
        If `instant` has no time zone, or lies outside the calendar that is loaded.
    """
    if not isinstance(instant, dt.datetime) or instant.tzinfo is None or instant.utcoffset() is None:
        raise ValueError(f"instant is {instant!r}: give a datetime with a time zone, such as 2026-06-17T20:15:48-04:00")
    calendar = _calendar()
    _known_day(instant.astimezone(calendar.time_zone).date(), "instant")
    position = bisect.bisect_right(calendar.closes, instant)
    if position == len(calendar.days):
        raise ValueError(f"instant is {instant}: the last session loaded is {calendar.days[-1]}")
    return calendar.days[position]


def session_close(session: Day) -> dt.datetime:
    """Return when `session` closes, in New York time.

    Raises
    ------
    ValueError
        If `session` is a day without trading, or lies outside the calendar that is loaded.
    """
    calendar = _calendar()
    return calendar.closes[_position(session, "session")].astimezone(calendar.time_zone)


def sessions_between(first: Day, last: Day) -> list[dt.date]:
    """Return the sessions from `first` to `last`, both included where they trade.

    Raises
    ------
    ValueError
        If `last` is before `first`, or either lies outside the calendar that is loaded.
    """
    start, end = _known_day(first, "first"), _known_day(last, "last")
    if end < start:
        raise ValueError(f"last is {end}: it must not be before first, {start}")
    days = _calendar().days
    return list(days[bisect.bisect_left(days, start) : bisect.bisect_right(days, end)])


def shift_session(session: Day, offset: int) -> dt.date:
    """Return the session that lies `offset` sessions after `session` (before it, if negative).

    Raises
    ------
    ValueError
        If `session` is a day without trading, or the result lies outside the calendar.
    """
    position = _position(session, "session") + offset
    days = _calendar().days
    if not 0 <= position < len(days):
        raise ValueError(f"offset is {offset}: the sessions loaded run from {days[0]} to {days[-1]}")
    return days[position]


def session_offset(session: Day, origin: Day) -> int:
    """Return how many sessions `session` lies after the session `origin` (negative if before).

    Raises
    ------
    ValueError
        If either is a day without trading.
    """
    return _position(session, "session") - _position(origin, "origin")


def last_session_of_month(day: Day) -> dt.date:
    """Return the last session of the month in which `day` lies.

    Raises
    ------
    ValueError
        If `day` is not a day, or its month does not lie within the calendar that is loaded.
    """
    month = _known_day(day, "day").replace(day=1)
    end = (month + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    return sessions_between(month, end)[-1]


def post_instant(post_id: int) -> dt.datetime:
    """Return when a post on X was made, in UTC, from its id.

    An id's bits above the lowest 22 count milliseconds since 2010-11-04T01:42:54.657Z,
    the epoch that X (then Twitter) published with its id generator, Snowflake.

    Raises
    ------
    ValueError
        If `post_id` is too small to carry a time: ids before November 2010 were counted up.
    """
    if post_id < 1 << 22:
        raise ValueError(f"post_id is {post_id}: an id that carries its time is at least {1 << 22}")
    epoch = dt.datetime(2010, 11, 4, 1, 42, 54, 657_000, tzinfo=dt.UTC)
    return epoch + dt.timedelta(milliseconds=post_id >> 22)
