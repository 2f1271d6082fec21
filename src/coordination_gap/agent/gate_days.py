"""Days that an English text mentions, for the gate."""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from coordination_gap.agent.orders import Order

_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_MONTHS |= {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
_WEEKDAYS = {name.lower(): number for number, name in enumerate(calendar.day_name)}
_SHORT = {name: number for number, name in enumerate(calendar.day_abbr)} | {"Tues": 1, "Thur": 3, "Thurs": 3}
_COUNTS = {"zero": 0, "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7}
_COUNTS |= {"eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14}
_COUNTS |= {"fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20}
_BARE = "|".join(name for name in _MONTHS if len(name) > 4 and name != "march") + "|june|july"
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_COUNT = rf"(?:\d{{1,3}}|{'|'.join(sorted(_COUNTS, key=len, reverse=True))})"
_ORDINAL = r"(?:st|nd|rd|th)"
_UNIT = r"(?:business[- ]|working[- ]|calendar[- ])?(?:days?|weeks?|months?|hours?)"

_KINDS = {
    "iso": r"(?P<iso_y>\d{4})-(?P<iso_m>\d{1,2})-(?P<iso_d>\d{1,2})",
    "numeric": r"(?P<n_1>\d{1,2})(?P<n_sign>[/.])(?P<n_2>\d{1,2})(?P=n_sign)(?P<n_y>\d{4}|\d{2})",
    "slash": r"(?P<s_1>\d{1,2})/(?P<s_2>\d{1,2})",
    "day_month": rf"(?P<dm_d>\d{{1,2}}){_ORDINAL}?(?:\s+of)?\s+(?P<dm_m>{_MONTH})\b\.?(?:,?\s+(?P<dm_y>\d{{4}}))?",
    "month_day": (rf"(?P<md_m>{_MONTH})\b\.?\s+(?:the\s+)?(?P<md_d>\d{{1,2}}){_ORDINAL}?\b(?:,?\s+(?P<md_y>\d{{4}}))?"),
    "ordinal": rf"(?P<o_d>\d{{1,2}}){_ORDINAL}\b",
    "relative": rf"(?:in|within)\s+(?:the\s+next\s+)?(?P<r_n>{_COUNT})\s+(?P<r_unit>{_UNIT})\b",
    "from_now": rf"(?P<f_n>{_COUNT})\s+(?P<f_unit>{_UNIT})\s+from\s+(?:now|today)\b",
    "after_tomorrow": r"(?:the\s+)?day\s+after\s+tomorrow\b",
    "near": r"(?<!as of )(?P<near_word>today|tonight|tomorrow|yesterday)\b",
    "weekday": (
        rf"(?:(?P<w_which>next|last|this|coming)\s+)?(?P<w_day>(?:{'|'.join(_WEEKDAYS)})\b|(?-i:{'|'.join(_SHORT)})\b\.?)"
    ),
    "month": rf"(?<!dear )(?<!hi )(?<!hello )(?:(?:{_BARE})\b|(?-i:May|March)\b)",
    "span": rf"(?:{_COUNT}|(?:a\s+)?(?:few|couple(?:\s+of)?)|several|some)[- ]{_UNIT}\b",
    "vague": (
        r"(?:this|next|coming|following|same)[- ](?:week(?:end)?|month|day)\b|end\s+of\s+(?:the|this|next)\s+\w+"
        r"|weekend\b|(?<!as )(?<!see you )(?<!from you )soon(?:er)?\b|shortly\b|any\s+(?:day|moment|minute|time)\b"
        r"|right\s+away\b|immediately\b|overnight\b|momentarily\b|as\s+soon\s+as\s+possible\b|asap\b|earl(?:y|ier)\b"
        r"|ahead\s+of\s+(?:schedule|time)\b"
    ),
}
_ANY = re.compile("|".join(rf"\b(?P<{kind}>{pattern})" for kind, pattern in _KINDS.items()), re.IGNORECASE)
_BESIDE = re.compile(r"\b(?:before|prior to|ahead of|earlier than|after|since|until)\s+(?:on\s+)?(?:the\s+)?$", re.I)
_ORDERED = re.compile(
    r"\b(?:placed|ordered|bought|made|dated|order\b[^.;!?\n]{0,40}\bof)\b[^.,;!?\n]{0,12}$", re.IGNORECASE
)
_SHIPPED = re.compile(
    r"\b(?:shipped|dispatched|sent|left\s+us|left\s+our\s+\w+|handed\s+(?:over|to\s+the\s+carrier)|had\s+it"
    r"|in\s+transit|on\s+its\s+way)\b[^.,;!?\n]{0,12}$",
    re.IGNORECASE,
)
_DENIED = re.compile(r"(?:\b(?:not|no|cannot)|n't)\b[^.,;!?\n]{0,20}$", re.IGNORECASE)


@dataclass(frozen=True)
class Mention:
    """A day in a text.

    Attributes
    ----------
    text
        The words.
    start, end
        Where they stand.
    days
        The days that they can mean; empty where no day can be told.
    full
        Whether they name a day by its date.
    vague
        Whether they point to no particular day ("soon").
    weekday
        The weekday that they name without a date, from Monday, 0.
    """

    text: str
    start: int
    end: int
    days: frozenset[date]
    full: bool = False
    vague: bool = False
    weekday: int | None = None


def day_mentions(text: str, today: date) -> list[Mention]:
    """Return the days that a text mentions, as read on a given day, in the order of the text.

    Read are days in figures (2026-06-25, 25/06/2026, 25.06.2026, 6/25), with the month's name (25 June, June 25th,
    2026), "the 25th", weekdays, "today", "tomorrow" and the like, "in 5 days", "in two weeks", and words that point to
    no particular day. Where a year is missing, it is the one that lies nearest to today; where day and month can
    change places, both readings count. Days of the month in words ("the twenty-fifth") are not read.
    """
    return [_mention(match, today) for match in _ANY.finditer(text)]


def day_faults(text: str, mentions: list[Mention], order: Order) -> Iterator[str]:
    """Yield what is wrong with the days of a reply.

    It has to name the promised day. The day of the order and that of its shipping may stand after words that say what
    happened on them; every other day is a fault.
    """
    promised = order.promised_on
    named = any(mention.full and mention.days == {promised} for mention in mentions)
    if not any(mention.days == {promised} for mention in mentions):
        yield f"it does not name the promised day, {promised}"
    for mention in mentions:
        before = text[max(0, mention.start - 60) : mention.start]
        # Beside the date, its weekday may stand, however far off the day is.
        if mention.days == {promised} or (named and mention.weekday == promised.weekday()):
            if _BESIDE.search(before):
                yield f"it puts something before or after {mention.text!r}, the promised day"
        elif not (_is_past(mention, before, order) or (mention.vague and _DENIED.search(before))):
            yield f"it says {mention.text!r}, and the promised day is {promised}"


def _is_past(mention: Mention, before: str, order: Order) -> bool:
    """Tell whether a day is that of the order or of its shipping, and the words before it say so."""
    ordered = mention.days == {order.ordered_on} and _ORDERED.search(before) is not None
    return ordered or (mention.days == {order.shipped_on} and _SHIPPED.search(before) is not None)


def _mention(match: re.Match[str], today: date) -> Mention:
    kind = next(kind for kind in _KINDS if match[kind] is not None)
    days: set[date | None] = set()
    if kind == "iso":
        days = {_date(match["iso_y"], match["iso_m"], match["iso_d"])}
    elif kind == "numeric":
        year = match["n_y"] if len(match["n_y"]) == 4 else f"20{match['n_y']}"
        days = {_date(year, match["n_2"], match["n_1"])}
        if match["n_sign"] == "/":
            days.add(_date(year, match["n_1"], match["n_2"]))
    elif kind == "slash":
        days = {_nearest(match["s_2"], match["s_1"], today), _nearest(match["s_1"], match["s_2"], today)}
    elif kind in ("day_month", "month_day"):
        short = "dm" if kind == "day_month" else "md"
        month, day, year = str(_MONTHS[match[f"{short}_m"].lower()]), match[f"{short}_d"], match[f"{short}_y"]
        days = {_date(year, month, day) if year else _nearest(month, day, today)}
    elif kind == "ordinal":
        days = {_next_of_month(int(match["o_d"]), today)}
    elif kind in ("relative", "from_now"):
        days = {_after(today, *(match["r_n"], match["r_unit"]) if match["r_n"] else (match["f_n"], match["f_unit"]))}
    elif kind == "after_tomorrow":
        days = {today + timedelta(2)}
    elif kind == "near":
        offset = {"today": 0, "tonight": 0, "tomorrow": 1, "yesterday": -1}[match["near_word"].lower()]
        days = {today + timedelta(offset)}
    elif kind == "weekday":
        days = set(_weekdays(match["w_which"], match["w_day"], today))
    full = kind in ("iso", "numeric", "slash", "day_month", "month_day")
    found = frozenset(day for day in days if day is not None)
    named = match["w_day"] is not None and (match["w_which"] or "").lower() != "last"
    weekday = _weekday(match["w_day"]) if named else None
    return Mention(match[0].rstrip("."), match.start(), match.end(), found, full, kind in ("vague", "span"), weekday)


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _nearest(month: str, day: str, today: date) -> date | None:
    found = [_date(str(today.year + shift), month, day) for shift in (-1, 0, 1)]
    return min((each for each in found if each is not None), key=lambda each: abs(each - today), default=None)


def _next_of_month(day: int, today: date) -> date | None:
    for ahead in range(32):
        if (today + timedelta(ahead)).day == day:
            return today + timedelta(ahead)
    return None


def _after(today: date, count: str, unit: str) -> date | None:
    number = int(count) if count.isdecimal() else _COUNTS[count.lower()]
    unit = unit.lower()
    if unit.startswith(("business", "working", "month", "hour")):
        return None
    return today + timedelta(number * (7 if "week" in unit else 1))


def _weekday(name: str) -> int:
    number = _WEEKDAYS.get(name.lower())
    return _SHORT[name.rstrip(".")] if number is None else number


def _weekdays(which: str | None, name: str, today: date) -> Iterator[date]:
    """Yield the days that a weekday's name can mean: the next one; with "next" also the one in the week after."""
    ahead = (_weekday(name) - today.weekday()) % 7
    if which is not None and which.lower() == "last":
        yield today + timedelta(ahead - 7)
        return
    yield today + timedelta(ahead)
    if which is not None and which.lower() == "next":
        yield today + timedelta(ahead + 7)
    elif ahead == 0:
        yield today + timedelta(7)
