"""The timeline of the event, with what the article says of each item and how that stands."""

import datetime as dt
import re
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from coordination_gap.facts import format_day
from coordination_gap.market.sessions import closed_because, post_instant

NEW_YORK = ZoneInfo("America/New_York")

_DATE = re.compile(
    r"\b\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November|December) \d{4}"
)

#: The verdicts, from their start, on statements that are wrong.
_WRONG = "contradicted|dated"


def article_day(timeline: pd.DataFrame) -> pd.Timestamp | None:
    """Return the day of the article, or None where the timeline does not show it (yet)."""
    days = timeline.loc[timeline["kind"] == "article", "happened_on"]
    return None if days.empty else pd.Timestamp(days.iloc[0])


def post_id(source: str) -> int:
    """Return the id of a post on X that a timeline row's source names, as in ``post id 2067400851438932297``.

    Raises
    ------
    ValueError
        If the source names none.
    """
    match = re.search(r"post id (\d+)", source)
    if match is None:
        raise ValueError(f"source is {source!r}: it names no 'post id' followed by digits")
    return int(match[1])


def announcement(timeline: pd.DataFrame) -> dt.datetime:
    """Return the instant of the post that announced the departure, in New York time, to the millisecond.

    Raises
    ------
    ValueError
        If the timeline does not hold the post, or its source names no post id.
    """
    posts = timeline.loc[timeline["kind"] == "announcement", "source"]
    if len(posts) != 1:
        raise ValueError(f"the timeline has {len(posts)} rows of the kind announcement: it needs the one with the post")
    return post_instant(post_id(posts.iloc[0])).astimezone(NEW_YORK)


def check_timeline(timeline: pd.DataFrame) -> pd.DataFrame:
    """Hold what the article says against each item.

    Parameters
    ----------
    timeline
        Rows of the table event_timeline.

    Returns
    -------
    pandas.DataFrame
        `timeline` by day with the column ``error``, whether what the article says is wrong there or it
        leaves out a departure (the first, second and fourth verdict; for numbers of statements see
        :func:`wrong_statements`), and ``verdict``, missing where nothing is to be judged:

        - ``contradicted``: the item corrects what the article says;
        - ``dated 3 days late`` (or early): the day in the article's words is not the item's;
        - ``a day without a session (Saturday)``: the article's own day, if the exchange is closed;
        - ``left out``: a departure up to the article's day of which it says nothing;
        - ``agrees``: a paper that it names.

        Before the article's day, what it says is not known: ``article_says`` and
        ``verdict`` are then missing throughout, and nothing is an error.
    """
    checked = timeline.sort_values(["happened_on", "item"], kind="stable").copy()
    published = article_day(timeline)
    if published is None:
        checked["article_says"] = pd.Series(None, index=checked.index, dtype="str")
        checked["verdict"] = pd.Series(None, index=checked.index, dtype="str")
        checked["error"] = False
        return checked
    verdicts = [_verdict(row, published) for _, row in checked.iterrows()]
    checked["verdict"] = pd.Series(verdicts, index=checked.index, dtype="str")
    checked["error"] = checked["verdict"].str.match(f"{_WRONG}|left out").fillna(False).astype(bool)
    return checked


def wrong_statements(checked: pd.DataFrame) -> pd.DataFrame:
    """Return the distinct statements of the article that are wrong; what it leaves out is not among them.

    A statement that stands beside several items, such as one date given for the post and for the
    news of it, is one statement, and counts once.

    Parameters
    ----------
    checked
        As :func:`check_timeline` returns it.

    Returns
    -------
    pandas.DataFrame
        A row for each, in the order of the items: ``article_says``, the ``item`` it is held against
        first, and that item's ``verdict``.
    """
    wrong = checked[checked["verdict"].str.match(_WRONG).fillna(False).astype(bool)]
    return wrong.drop_duplicates("article_says")[["article_says", "item", "verdict"]].reset_index(drop=True)


def stated_news_day(checked: pd.DataFrame) -> pd.Timestamp | None:
    """Return the day that the article gives for the announcement.

    Parameters
    ----------
    checked
        As :func:`check_timeline` returns it.

    Returns
    -------
    pandas.Timestamp or None
        The day in the article's words beside the row of the kind announcement; None where they name
        none, or the article was not published yet.
    """
    for words in checked.loc[checked["kind"] == "announcement", "article_says"].dropna():
        return _named_day(str(words))
    return None


def _verdict(row: "pd.Series[Any]", published: pd.Timestamp) -> str | None:
    kind, happened = row["kind"], pd.Timestamp(row["happened_on"])
    words = "" if pd.isna(row["article_says"]) else str(row["article_says"])
    if kind == "correction":
        return "contradicted"
    if kind == "article":
        closed = closed_because(happened.date())
        return f"a day without a session ({closed})" if closed else None
    if kind == "departure" and not words and happened <= published:
        return "left out"
    stated = _named_day(words)
    if stated is not None:
        late = (stated - happened).days
        return f"dated {_days(abs(late))} {'late' if late > 0 else 'early'}" if late else "agrees"
    return "agrees" if kind == "paper" and words else None


def _named_day(words: str) -> pd.Timestamp | None:
    found = _DATE.search(words)
    return None if found is None else pd.to_datetime(found[0], format="%d %B %Y")


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def timeline_table(checked: pd.DataFrame) -> pd.DataFrame:
    """Return a checked timeline as formatted text, one row an item, for a table on the page.

    Where the article says the same of two items in a row, the second reads "as above".
    """
    says = checked["article_says"].fillna("")
    repeated = says.eq(says.shift()) & says.ne("")
    return pd.DataFrame(
        {
            "Day": [format_day(day.date()) for day in checked["happened_on"]],
            "New York time": checked["local_time"].fillna("").to_list(),
            "What happened": checked["title"].to_list(),
            "What the article says": says.mask(repeated, "as above").to_list(),
            "How that stands": checked["verdict"].fillna("").to_list(),
            "Evidence": checked["evidence"].to_list(),
        }
    )
