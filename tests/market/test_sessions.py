"""Sessions against published facts, and against pandas' own holiday rules."""

import csv
import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.tseries.holiday import Holiday, nearest_workday

from coordination_gap.market import (
    closed_because,
    first_reacting_session,
    is_session,
    post_instant,
    session_close,
    session_offset,
    sessions_between,
    shift_session,
)

NEW_YORK = ZoneInfo("America/New_York")
CASES = Path(__file__).parents[1] / "cases" / "market_cases.csv"

days = st.dates(dt.date(2007, 1, 3), dt.date(2027, 12, 1))


def cases(measure: str) -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["measure"] == measure]


@pytest.mark.parametrize("case", cases("session"), ids=lambda case: case["id"])
def test_published_sessions(case: dict[str, str]) -> None:
    assert is_session(case["first"]) == (case["expected"] == "1")


@pytest.mark.parametrize("case", cases("sessions"), ids=lambda case: case["id"])
def test_published_counts_of_sessions(case: dict[str, str]) -> None:
    assert len(sessions_between(case["first"], case["last"])) == int(case["expected"])


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2026-06-18", None),
        ("2026-06-19", "Juneteenth National Independence Day"),
        ("2026-06-20", "Saturday"),
        ("2026-06-21", "Sunday"),
        ("2026-07-03", "July 4th"),
        ("2018-12-05", "special closing"),  # day of mourning for George H. W. Bush
        ("2012-10-29", "special closing"),  # hurricane Sandy
    ],
)
def test_what_closed_a_day(day: str, reason: str | None) -> None:
    assert closed_because(day) == reason


def test_juneteenth_follows_an_independent_rule() -> None:
    rule = Holiday("Juneteenth", month=6, day=19, start_date="2022-01-01", observance=nearest_workday)
    observed = {day.date() for day in rule.dates(pd.Timestamp("2015-01-01"), pd.Timestamp("2028-12-31"))}
    for year in range(2015, 2029):
        for day in pd.date_range(f"{year}-06-15", f"{year}-06-23"):
            if day.weekday() < 5:
                assert is_session(day.date()) == (day.date() not in observed), day


@pytest.mark.parametrize(
    ("local", "session"),
    [
        ("2026-06-17T08:00:00", "2026-06-17"),  # before the open
        ("2026-06-17T15:59:59", "2026-06-17"),
        ("2026-06-17T16:00:00", "2026-06-18"),  # the close itself is too late
        ("2026-06-17T20:15:48", "2026-06-18"),
        ("2026-06-18T16:30:00", "2026-06-22"),  # over the holiday and the weekend
        ("2026-06-19T11:00:00", "2026-06-22"),
        ("2026-06-20T11:16:00", "2026-06-22"),
        ("2025-11-28T13:30:00", "2025-12-01"),  # an early close, at 13:00
    ],
)
def test_first_session_that_could_react(local: str, session: str) -> None:
    instant = dt.datetime.fromisoformat(local).replace(tzinfo=NEW_YORK)
    assert first_reacting_session(instant).isoformat() == session
    assert first_reacting_session(instant.astimezone(dt.UTC)).isoformat() == session


def test_close_in_new_york_time() -> None:
    assert session_close("2026-06-17").isoformat() == "2026-06-17T16:00:00-04:00"
    assert session_close("2025-11-28").isoformat() == "2025-11-28T13:00:00-05:00"


@pytest.mark.parametrize(
    ("post_id", "instant"),
    [
        (1541815603606036480, "2022-06-28T16:07:40.105+00:00"),  # the example of the Wikipedia article on Snowflake ids
        (2067400851438932297, "2026-06-18T00:15:48.090+00:00"),
    ],
)
def test_time_of_a_post(post_id: int, instant: str) -> None:
    assert post_instant(post_id) == dt.datetime.fromisoformat(instant)


@settings(max_examples=60, deadline=None)
@given(days, st.integers(-40, 40))
def test_shifting_and_counting_are_inverse(day: dt.date, offset: int) -> None:
    start = sessions_between(day, day + dt.timedelta(days=10))[0]
    moved = shift_session(start, offset)
    assert session_offset(moved, start) == offset
    assert len(sessions_between(min(start, moved), max(start, moved))) == abs(offset) + 1


@settings(max_examples=60, deadline=None)
@given(st.datetimes(dt.datetime(2007, 1, 3), dt.datetime(2027, 12, 1), timezones=st.just(NEW_YORK)))
def test_reaction_is_the_first_close_after_the_news(instant: dt.datetime) -> None:
    session = first_reacting_session(instant)
    assert is_session(session)
    assert session_close(session) > instant
    assert session_close(shift_session(session, -1)) <= instant


@settings(max_examples=60, deadline=None)
@given(days)
def test_every_weekend_is_closed(day: dt.date) -> None:
    if day.weekday() >= 5:
        assert closed_because(day) == f"{day:%A}"
    assert is_session(day) == (day in sessions_between(day, day))


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match=r"instant is .* time zone"):
        first_reacting_session(dt.datetime(2026, 6, 17, 20, 15))
    with pytest.raises(ValueError, match="day is 1950-01-03: the calendar XNYS is loaded from"):
        is_session("1950-01-03")
    with pytest.raises(ValueError, match="session is 2026-06-19, not a session of XNYS \\(Juneteenth"):
        shift_session("2026-06-19", 1)
    with pytest.raises(ValueError, match="origin is 2026-06-20, not a session of XNYS \\(Saturday"):
        session_offset("2026-06-22", "2026-06-20")
    with pytest.raises(ValueError, match="last is 2026-06-01: it must not be before first"):
        sessions_between("2026-06-30", "2026-06-01")
    with pytest.raises(ValueError, match="offset is 100000"):
        shift_session("2026-06-18", 100_000)
    with pytest.raises(ValueError, match="instant is 2028-12-31"):
        first_reacting_session(dt.datetime(2028, 12, 31, 12, tzinfo=NEW_YORK))
    with pytest.raises(ValueError, match="post_id is 20"):
        post_instant(20)
    with pytest.raises(ValueError, match="day is 'soon'"):
        is_session("soon")
