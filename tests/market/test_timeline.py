"""The timeline and what the article says, judged by rule."""

import datetime as dt
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from coordination_gap import tables
from coordination_gap.market import (
    article_day,
    check_timeline,
    first_reacting_session,
    post_id,
    post_instant,
    timeline_table,
)
from coordination_gap.market.timeline import stated_news_day, wrong_statements


def verdicts(as_of: str) -> dict[str, str | None]:
    checked = check_timeline(tables.load("event_timeline", as_of))
    return {
        str(item): None if pd.isna(verdict) else str(verdict)
        for item, verdict in zip(checked["item"], checked["verdict"], strict=True)
    }


def test_the_articles_errors_are_marked() -> None:
    found = verdicts("2026-06-20")
    assert found["2026-06-17-shazeer-post"] == "dated 3 days late"
    assert found["2026-06-20-article"] == "a day without a session (Saturday)"
    assert found["2026-06-18-dean-ball-to-openai"] == "contradicted"
    assert found["2026-06-19-jumper-to-anthropic"] == "left out"
    assert found["2026-06-19-juneteenth"] is None
    assert found["2017-06-12-transformer-paper"] == "agrees"


@pytest.mark.parametrize("as_of", ["2026-06-20", "2026-09-10"])
def test_a_wrong_date_is_one_statement_beside_however_many_items(as_of: str) -> None:
    checked = check_timeline(tables.load("event_timeline", as_of))
    # Four items are crossed: the post and the news of it, both by one date; Ball; and Jumper, who is left out.
    assert checked["error"].sum() == 4
    wrong = wrong_statements(checked)
    assert wrong["article_says"].to_list() == [
        "the news broke on 20 June 2026",
        "he left Google for OpenAI, the day after Shazeer",
    ]
    assert wrong["item"].to_list() == ["2026-06-17-shazeer-post", "2026-06-18-dean-ball-to-openai"]
    assert wrong["verdict"].to_list() == ["dated 3 days late", "contradicted"]


def test_the_day_of_the_news_is_the_one_in_the_articles_words() -> None:
    checked = check_timeline(tables.load("event_timeline", "2026-06-20"))
    assert stated_news_day(checked) == pd.Timestamp("2026-06-20")
    for words, day in (
        ("on 18 June 2026, in the evening", pd.Timestamp("2026-06-18")),
        ("in June", None),
        (None, None),
    ):
        said = checked["article_says"].mask(checked["kind"] == "announcement", words)
        assert stated_news_day(checked.assign(article_says=said)) == day


def test_what_came_after_the_article_is_no_error_of_its() -> None:
    assert verdicts("2026-09-10")["2026-06-24-two-more-researchers"] is None


def test_before_its_day_the_article_is_not_known() -> None:
    timeline = tables.load("event_timeline", "2026-06-19")
    assert article_day(timeline) is None
    checked = check_timeline(timeline)
    assert checked["article_says"].isna().all()
    assert checked["verdict"].isna().all()
    assert timeline_table(checked)["What the article says"].eq("").all()
    assert stated_news_day(checked) is None
    assert wrong_statements(checked).empty
    assert not checked["error"].any()
    assert article_day(tables.load("event_timeline", "2026-06-20")) == pd.Timestamp("2026-06-20")


def test_days_are_compared_with_the_articles_words() -> None:
    rows = pd.DataFrame(
        {
            "item": ["a", "b", "c", "d"],
            "happened_on": pd.to_datetime(["2026-06-17", "2026-06-18", "2026-06-19", "2026-06-22"]),
            "local_time": None,
            "title": ["w", "x", "y", "z"],
            "kind": ["announcement", "news", "news", "article"],
            "article_says": ["on 18 June 2026", "on 18 June 2026", "on 18 June 2026", None],
            "evidence": "primary",
        }
    )
    checked = check_timeline(rows)
    assert checked["verdict"].fillna("").to_list() == ["dated 1 day late", "agrees", "dated 1 day early", ""]
    assert timeline_table(checked)["What the article says"].to_list() == ["on 18 June 2026", "as above", "as above", ""]


def test_the_post_of_the_table_is_dated_by_its_own_id() -> None:
    timeline = tables.load("event_timeline", "2026-09-10").set_index("item")
    post = timeline.loc["2026-06-17-shazeer-post"]
    instant = post_instant(post_id(str(post["source"])))
    local = instant.astimezone(ZoneInfo("America/New_York"))
    assert f"{local:%H:%M:%S} EDT" == post["local_time"]
    assert pd.Timestamp(local.date()) == post["happened_on"]
    departures = tables.load("departures", "2026-09-10").set_index("event_id")
    assert pd.Timestamp(first_reacting_session(instant)) == departures["first_session"]["shazeer-2026"]
    assert first_reacting_session(instant) == dt.date(2026, 6, 18)


def test_a_source_without_a_post_is_refused() -> None:
    with pytest.raises(ValueError, match="names no 'post id'"):
        post_id("https://example.org")
