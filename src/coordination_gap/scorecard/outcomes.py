"""How each question stands on a day: open, yes, no, or without the data that would decide it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from coordination_gap.facts import format_day, format_number
from coordination_gap.scorecard.gaps import arena_gaps, at_day, index_gaps, refreshed
from coordination_gap.scorecard.questions import Measure, Question

OPEN, YES, NO, NO_DATA = "open", "yes", "no", "no data"
#: Days after which a snapshot no longer speaks for the day of a question.
STALE_DAYS = 31


@dataclass(frozen=True)
class Evidence:
    """What decides questions, as it could be known on a day.

    Attributes
    ----------
    as_of
        The day.
    closes
        Closing prices by ``session`` (the index, in order), a column a share.
    sessions
        The exchange's sessions, past and to come, in order.
    arena, index
        Rows of ``arena_weekly`` and ``epoch_index``.
    abnormal
        Abnormal returns by ``session`` (the index, in order) from the first that could react: ``low`` and
        ``high``, the ends of their intervals.
    summed
        For the last session of a window that begins there, the interval of the summed abnormal return.
    announced_on
        Day of the event that the questions are about.
    """

    as_of: dt.date
    closes: pd.DataFrame
    sessions: Sequence[dt.date]
    arena: pd.DataFrame
    index: pd.DataFrame
    abnormal: pd.DataFrame
    summed: Mapping[dt.date, tuple[float, float]]
    announced_on: dt.date

    def last_session(self, day: dt.date) -> dt.date:
        """Return the last session up to and including a day.

        Raises
        ------
        ValueError
            If the calendar that was given does not reach the day.
        """
        before = [session for session in self.sessions if session <= day]
        if not before or self.sessions[-1] < day - dt.timedelta(days=10):
            raise ValueError(
                f"sessions do not reach {day}: give the calendar up to the last day on which a question resolves"
            )
        return before[-1]

    def gaps(self, measure: Measure) -> pd.DataFrame:
        """Return the gaps that a measure names, a row a day, with ``gap`` to the rival or rivals it names.

        Of a board only refreshed snapshots count: one that repeats the one before is no news of its day.
        """
        if measure.table == "arena_weekly":
            found = arena_gaps(refreshed(self.arena[self.arena["board_id"] == measure.board]), measure.lab)
        else:
            # Only the gaps are wanted here, not their intervals.
            found = index_gaps(self.index, measure.lab, draws=100)
        return found.assign(gap=found["gap_to_each"]) if measure.each else found


@dataclass(frozen=True)
class Outcome:
    """How a question stands.

    Attributes
    ----------
    status
        :data:`OPEN`, :data:`YES`, :data:`NO` or :data:`NO_DATA`.
    decided_on
        Day whose data decided it; None while it is not decided.
    why
        What was seen, or what is lacking, in a few words with numbers.
    """

    status: str
    decided_on: dt.date | None
    why: str

    @property
    def happened(self) -> bool | None:
        """True for yes, False for no, None for neither."""
        return {YES: True, NO: False}.get(self.status)


def outcome(question: Question, evidence: Evidence) -> Outcome:
    """Return how a question stands on the day of the evidence.

    A rule that waits for an order of days is decided as soon as one of the two has come; all others on
    their day, by the last value up to it.

    Raises
    ------
    ValueError
        If the calendar of the evidence does not reach the question's day.
    """
    if question.rule_kind == "none":
        return Outcome(NO_DATA, None, question.lacks)
    if question.rule_kind == "order of days":
        return _order_of_days(question, evidence)
    if evidence.as_of < question.resolves_on:
        return Outcome(OPEN, None, "nothing to go by yet")
    return {
        "price above": _price_above,
        "return above": _return_above,
        "gap wider": _gap_rule,
        "gap below zero": _gap_rule,
        "abnormal fall": _abnormal_fall,
    }[question.rule_kind](question, evidence)


def so_far(question: Question, evidence: Evidence) -> Outcome | None:
    """Return how an open question would stand if it were decided by the last data there are.

    None for one that is not open, that no data can decide, or that has no data yet.

    Raises
    ------
    ValueError
        As :func:`outcome` does.
    """
    if outcome(question, evidence).status != OPEN or question.rule_kind == "order of days":
        return None
    tables = {measure.table for measure in question.measures}
    if tables == {"event_windows"}:
        closes = evidence.closes[[measure.column for measure in question.measures]].dropna()
        last = closes.index.max()
    elif tables == {"arena_weekly"}:
        last = evidence.gaps(question.measures[0])["day"].max()
    else:
        last = evidence.index["published_on"].max()
    if pd.isna(last) or last.date() < question.published_on:
        return None
    stands = outcome(replace(question, resolves_on=last.date()), evidence)
    return None if stands.status == NO_DATA else stands


def _decided(yes: bool, day: dt.date, why: str) -> Outcome:
    return Outcome(YES if yes else NO, day, why)


def _price_above(question: Question, evidence: Evidence) -> Outcome:
    session = evidence.last_session(question.resolves_on)
    name = question.measures[0].column
    close = _close(evidence, name, session)
    if close is None or question.threshold is None:
        return _no_close(name, session)
    return _decided(close > question.threshold, session, f"closed at {format_number(close, 'usd_per_share', 2)}")


def _return_above(question: Question, evidence: Evidence) -> Outcome:
    start, end = evidence.last_session(question.published_on), evidence.last_session(question.resolves_on)
    moves = []
    for measure in question.measures:
        first, last = (_close(evidence, measure.column, session) for session in (start, end))
        if first is None or last is None:
            return _no_close(measure.column, start if first is None else end)
        moves.append(last / first - 1)
    return _decided(moves[0] > moves[1], end, f"{_percent(moves[0])} against {_percent(moves[1])}")


def _percent(fraction: float) -> str:
    return format_number(fraction, "fraction", 1, signed=True)


def _seen(gap: float, each: bool) -> str:
    whom = "the weaker rival" if each else "the best rival"
    if gap == 0:
        return f"level with {whom}"
    where = "ahead of" if gap > 0 else "behind"
    return f"{where} {whom} by {format_number(abs(gap), 'points', 1 if gap % 1 else 0)}"


def _close(evidence: Evidence, name: str, session: dt.date) -> float | None:
    day = pd.Timestamp(session)
    if day not in evidence.closes.index or pd.isna(evidence.closes[name][day]):
        return None
    return float(evidence.closes[name][day])


def _no_close(name: str, session: dt.date) -> Outcome:
    return Outcome(NO_DATA, None, f"no close of {name.upper()} on {format_day(session)}")


def _gap_rule(question: Question, evidence: Evidence) -> Outcome:
    measure = question.measures[0]
    due = pd.Timestamp(question.resolves_on)
    gaps = evidence.gaps(measure)
    row = at_day(gaps, due)
    if measure.table == "epoch_index":
        estimated = evidence.index["published_on"].max()
        if row is None or estimated < due:
            return Outcome(NO_DATA, None, "no estimate of that day or later")
    elif row is None or (due - row["day"]).days > STALE_DAYS:
        return Outcome(NO_DATA, None, f"no snapshot in the {STALE_DAYS} days before")
    gap, day = float(row["gap"]), row["day"].date()
    seen = _seen(gap, measure.each)
    if question.rule_kind == "gap below zero":
        return _decided(gap < 0, day, seen)
    limit = question.threshold
    if limit is None:
        start = at_day(gaps, pd.Timestamp(evidence.announced_on))
        if start is None:
            return Outcome(NO_DATA, None, "nothing to compare with on the day of the announcement")
        limit = -float(start["gap"])
    return _decided(-gap > limit, day, f"{seen}, against {limit:.3g} at the start")


def _abnormal_fall(question: Question, evidence: Evidence) -> Outcome:
    session = evidence.last_session(question.resolves_on)
    if session not in evidence.summed or any(pd.isna(end) for end in evidence.summed[session]):
        return Outcome(NO_DATA, None, f"no abnormal return up to {format_day(session)}")
    low, high = evidence.summed[session]
    return _decided(high < 0, session, f"interval {_percent(low)} to {_percent(high)}")


def _order_of_days(question: Question, evidence: Evidence) -> Outcome:
    threshold = question.threshold
    if threshold is None:
        raise ValueError(f"{question.forecast_id} has no threshold: read it with read_questions, which refuses that")
    until = pd.Timestamp(min(question.resolves_on, evidence.as_of))
    after = pd.Timestamp(evidence.announced_on)
    gaps = evidence.gaps(question.measures[0])
    wider = gaps.loc[(gaps["day"] > after) & (gaps["day"] <= until) & (-gaps["gap"] > threshold), "day"]
    fell = evidence.abnormal.index[(evidence.abnormal["high"] < 0) & (evidence.abnormal.index <= until)]
    if len(wider) and (not len(fell) or wider.min() < fell.min()):
        return _decided(True, wider.min().date(), "the distance grew first")
    if len(fell):
        rated = ((gaps["day"] > after) & (gaps["day"] <= fell.min())).any()
        why = "the share fell first, or on the same day" if rated else "the share fell before any new rating"
        return _decided(False, fell.min().date(), why)
    if evidence.as_of < question.resolves_on:
        return Outcome(OPEN, None, "neither has come")
    return _decided(False, question.resolves_on, "neither came")
