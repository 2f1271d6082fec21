"""The evidence ties out: totals, days and intervals are worked out again by another way."""

import datetime as dt
import re
import warnings
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

import exchange_calendars
import pandas as pd
import pytest
from pandas.tseries.holiday import USFederalHolidayCalendar
from pandas.tseries.offsets import CustomBusinessDay
from statsmodels.stats.proportion import proportion_confint

from coordination_gap import tables

LAST = "2100-01-01"
BUSINESS_DAY = CustomBusinessDay(calendar=USFederalHolidayCalendar())
#: Days after the end of the period within which a large accelerated filer must file (SEC Forms 10-Q and 10-K).
DAYS_TO_FILE = {"10-Q": 40, "10-K": 60}
#: 10-Q and 10-K flows; balances and per-share figures do not add up over quarters.
FLOWS = [
    "revenue_usd", "cost_of_revenue_usd", "research_and_development_usd", "operating_income_usd",
    "other_income_net_usd", "net_income_usd", "capital_expenditure_usd", "operating_cash_flow_usd",
    "share_repurchases_usd", "stock_compensation_usd", "depreciation_usd",
]  # fmt: skip
BALANCES = [
    "equity_usd", "total_assets_usd", "cash_usd", "long_term_debt_noncurrent_usd",
    "remaining_performance_obligation_usd",
]  # fmt: skip
OWN_PREFIX = "0001652044"  # Alphabet's central index key: filings under another prefix were sent by an agent


#: Where the filings themselves do not add up, in dollars: the year's capital expenditure of 2015 was restated
#: later than its first three quarters; the nine months of 2025 are rounded otherwise than its quarters.
DIFFERENCES = {
    (2015, "capital_expenditure_usd"): -23e6,
    (2025, "revenue_usd"): 1e6,
    (2025, "cost_of_revenue_usd"): 1e6,
}


def load(name: str) -> Any:
    return tables.load(name, LAST)


def records(frame: Any) -> list[dict[str, Any]]:
    return list(frame.to_dict("records"))


def due(period_end: pd.Timestamp, form: str) -> pd.Timestamp:
    return BUSINESS_DAY.rollforward(period_end + pd.Timedelta(days=DAYS_TO_FILE[form]))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("revenue_usd", 109_896e6),
        ("operating_income_usd", 39_696e6),
        ("other_income_net_usd", 37_716e6),
        ("net_income_usd", 62_578e6),
        ("eps_diluted_usd", 5.11),
        ("diluted_shares", 12_238e6),
        ("capital_expenditure_usd", 35_674e6),
        ("equity_usd", 478_746e6),
        ("cloud_revenue_usd", 20_028e6),
        ("cloud_operating_income_usd", 6_598e6),
        ("remaining_performance_obligation_usd", 467_600e6),
    ],
)
def test_known_answers_of_the_first_quarter_of_2026(column: str, value: float) -> None:
    quarters = load("alphabet_quarterly").set_index("fiscal_quarter")
    assert quarters.loc["2026Q1", column] == value


def test_known_answers_of_other_tables() -> None:
    microsoft = load("microsoft_quarterly").set_index("fiscal_quarter")
    assert microsoft.loc["FY25Q1", "revenue_usd"] == 65_585e6
    assert microsoft.loc["FY26Q3", "capital_expenditure_with_finance_leases_usd"] == 30.9e9
    closes = load("event_windows").query("event_id == 'shazeer-2026'").set_index("session")["googl"]
    assert closes["2026-06-18"] == 368.03
    assert closes["2026-06-22"] == 349.68
    assert [len(load(name)) for name in ("event_windows", "epoch_index", "taubench_pass_k")] == [3708, 101, 419]


def test_alphabets_quarters_add_up_to_its_years() -> None:
    quarters = load("alphabet_quarterly")
    compared = 0
    for year in records(load("alphabet_annual")):
        four = quarters[quarters["period_end"].dt.year == year["fiscal_year"]]
        assert len(four) == 4
        totals = {column: four[column].sum(min_count=4) for column in FLOWS}
        totals |= {column: four[column].iloc[-1] for column in BALANCES}
        for column, total in totals.items():
            if pd.notna(total) and pd.notna(year[column]):
                assert total - year[column] == DIFFERENCES.get((year["fiscal_year"], column), 0), column
                compared += 1
    assert compared == 161


@pytest.mark.parametrize("column", ["cloud_revenue_usd", "cloud_operating_income_usd"])
def test_clouds_quarters_add_up_to_its_years_within_their_margins(column: str) -> None:
    quarters = load("alphabet_quarterly")
    years = load("alphabet_annual").set_index("fiscal_year")[column].dropna()
    margin = column.replace("_usd", "_plus_minus_usd")
    totals = quarters.groupby(quarters["period_end"].dt.year)[[column, margin]].sum(min_count=4).dropna()
    compared = totals.index.intersection(years.index)
    assert list(compared) == [2022, 2023, 2024, 2025]
    within = totals.loc[compared]
    assert ((within[column] - years[compared]).abs() <= within[margin]).all()


def test_microsofts_quarters_add_up_to_its_years() -> None:
    quarters = load("microsoft_quarterly")
    quarters["fiscal_year"] = 2000 + quarters["fiscal_quarter"].str[2:4].astype(int)
    years = load("microsoft_annual").query("precision == 'exact'").set_index("fiscal_year")
    for column in ("revenue_usd", "operating_income_usd", "net_income_usd"):
        totals = quarters.groupby("fiscal_year")[column].sum()
        assert list(totals.loc[list(years.index)]) == list(years[column])
    assert list(years.index) == list(range(2016, 2025))


def test_days_that_were_not_seen_are_the_due_days() -> None:
    filings = load("filings")
    unseen = filings[filings["filed_on_basis"] == "filing deadline"]
    assert len(unseen) > 0
    for filing in records(unseen):
        assert filing["filed_on"] == due(filing["period_end"], filing["form"]), filing["accession_number"]


def test_days_that_were_seen_lie_between_the_period_and_the_due_day() -> None:
    filings = load("filings")
    seen = filings[(filings["filed_on_basis"] == "filing day seen") & filings["form"].isin(DAYS_TO_FILE)]
    assert len(seen) > 30
    for filing in records(seen):
        assert filing["period_end"] < filing["filed_on"] <= due(filing["period_end"], filing["form"])


def test_the_workbooks_rows_become_public_on_its_quarters_due_day() -> None:
    # 40 days after 30 September 2024 is a Saturday, and the Monday after it is Veterans Day.
    expected = due(pd.Timestamp("2024-09-30"), "10-Q")
    assert expected == pd.Timestamp("2024-11-12")
    quarters = load("microsoft_quarterly").query("fiscal_quarter <= 'FY25Q1'")
    years = load("microsoft_annual").query("precision == 'exact'")
    assert (quarters["published_on"] == expected).all()
    assert (years["published_on"] == expected).all()


@pytest.mark.parametrize("name", ["alphabet_quarterly", "alphabet_annual", "microsoft_quarterly", "microsoft_annual"])
def test_a_row_is_public_on_the_day_of_its_filing(name: str) -> None:
    filed = load("filings").set_index("accession_number")["filed_on"]
    rows = load(name).dropna(subset="public_day_accession_number")
    assert len(rows) > 0
    assert (rows["published_on"].to_numpy() == filed[rows["public_day_accession_number"]].to_numpy()).all()
    assert (rows["published_on"] > rows["period_end"]).all()


def test_the_filing_is_the_latest_one_named_or_a_later_one() -> None:
    filed = load("filings").set_index("accession_number")["filed_on"]
    for name in ("alphabet_quarterly", "alphabet_annual"):
        for row in records(load(name)):
            own = [number for number in row["accession_numbers"].split() if number.startswith(OWN_PREFIX)]
            named = max(filed[number] for number in own)
            if row.get("fiscal_quarter") in ("2022Q3", "2023Q1"):  # a Cloud cell was worked out from a later filing
                assert row["published_on"] > named
            else:
                assert row["published_on"] == named


def test_an_accession_number_holds_the_year_of_its_filing() -> None:
    filings = load("filings")
    assert (filings["accession_number"].str[11:13].astype(int) + 2000 == filings["filed_on"].dt.year).all()


def test_the_post_id_holds_the_time_of_the_announcement() -> None:
    timeline = load("event_timeline").set_index("item")
    post = timeline.loc["2026-06-17-shazeer-post"]
    [digits] = re.findall(r"post id (\d+)", post["source"])
    number = int(digits)
    milliseconds = number // 2**22 + 1_288_834_974_657
    assert milliseconds == 1_781_741_748_090
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=milliseconds)
    local = moment.astimezone(ZoneInfo("America/New_York"))
    assert local.strftime("%H:%M:%S %Z") == post["local_time"] == "20:15:48 EDT"
    assert pd.Timestamp(local.date()) == post["happened_on"]


def test_the_timeline_is_dated_as_its_items_say() -> None:
    timeline = load("event_timeline")
    assert (timeline["item"].str[:10] == timeline["happened_on"].dt.strftime("%Y-%m-%d")).all()
    assert (timeline["published_on"] >= timeline["happened_on"]).all()


def test_windows_follow_the_trading_calendar() -> None:
    with warnings.catch_warnings():  # the library asks pandas for a conversion that pandas 3.1 warns about
        warnings.filterwarnings("ignore", message="Series.values returning", category=DeprecationWarning)
        calendar = exchange_calendars.get_calendar("XNYS", start="2007-01-01", end="2026-12-31")
    assert not calendar.is_session("2026-06-19")
    departures = load("departures").set_index("event_id")
    windows = load("event_windows")
    assert set(windows["event_id"]) == set(departures.index)
    for event_id, window in windows.groupby("event_id"):
        sessions = pd.DatetimeIndex(window["session"])
        expected = calendar.sessions_in_range(sessions[0], sessions[-1])
        assert list(sessions) == list(expected), event_id
        assert list(window["offset"]) == list(range(window["offset"].iloc[0], window["offset"].iloc[-1] + 1))
        start = window.loc[window["offset"] == 0, "session"].iloc[0]
        assert start == departures.loc[event_id, "first_session"]
        assert start >= departures.loc[event_id, "announced_on"]


def test_the_sell_off_is_what_the_windows_show() -> None:
    event = load("concurrent_events").query("item == 'mega-cap-sell-off'").iloc[0]
    closes = load("event_windows").query("event_id == 'shazeer-2026'").set_index("session")
    for ticker in ("msft", "amzn"):
        assert closes.loc["2026-06-22", ticker] < 0.97 * closes.loc["2026-06-18", ticker]
    assert "fell on the same session" in event["description"]


def test_what_was_known_on_the_articles_day() -> None:
    day = "2026-06-20"
    assert "2026Q1" in set(tables.load("alphabet_quarterly", day)["fiscal_quarter"])
    assert tables.load("epoch_index", day).empty
    assert set(tables.load("concurrent_events", day).query("event_id == 'shazeer-2026'")["item"]) == {
        "jumper-to-anthropic"
    }
    assert tables.load("event_windows", day)["session"].max() == pd.Timestamp("2026-06-18")


def test_regraded_scores_are_not_seen_before_they_were_regraded() -> None:
    rows = load("taubench_pass_k")
    regraded = rows[(rows["domain"] == "banking_knowledge") & (rows["submission_date"] < "2026-07-15")]
    assert len(regraded) > 0
    assert (regraded["published_on"] == "2026-08-18").all()
    dated = rows.dropna(subset="submission_date")
    assert (dated["published_on"] >= dated["submission_date"]).all()
    assert (dated["published_on"] >= "2025-04-16").all()  # nothing from before the first submissions


def test_pass_k_follows_from_the_trials() -> None:
    wins = load("taubench_trials").groupby("task_id")["success"].apply(list)
    stated = load("taubench_pass_k").query("submission_id == 'tau-bench-trajectories_gpt-4o'").set_index("k")
    for k in (1, 2, 3, 4):
        draws = [all(draw) for four in wins for draw in combinations(four, k)]
        assert sum(draws) / len(draws) == pytest.approx(stated.loc[k, "pass_hat_k"], abs=5e-5)
    assert list(stated["pass_hat_k"]) == [0.42, 0.2733, 0.22, 0.2]


def test_success_by_length_is_counted_and_bounded_right() -> None:
    bins = load("metr_success_by_length")
    assert bins["n_runs"].sum() == 7063
    wins, runs = bins["n_success"].astype(float), bins["n_runs"].astype(float)
    low, high = proportion_confint(wins, runs, alpha=0.05, method="wilson")
    assert ((wins / runs - bins["success_rate"]).abs() <= 5.1e-5).all()
    assert ((low - bins["wilson_low"]).abs() < 1e-4).all()
    assert ((high - bins["wilson_high"]).abs() < 1e-4).all()
    middle = bins["median_human_minutes"]
    assert (middle >= bins["human_minutes_low"].astype(float)).all()
    assert (middle <= bins["human_minutes_high"].astype(float).fillna(float("inf"))).all()
    minutes = {"min": 1, "h": 60}
    for label, group in bins.groupby("human_minutes_bin"):
        [(edge, unit)] = re.findall(r"^(?:>=)?(\d+)(?:-\d+)? (min|h)$", label)
        assert (group["human_minutes_low"] == int(edge) * minutes[unit]).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("metr_horizons", "p50_human_minutes"),
        ("metr_horizons", "p80_human_minutes"),
        ("epoch_index", "eci_index_points"),
        ("arena_weekly", "rating_points"),
    ],
)
def test_estimates_lie_in_their_intervals(name: str, value: str) -> None:
    rows = load(name).dropna(subset=[value, f"{value}_low", f"{value}_high"])
    assert len(rows) > 30
    assert (rows[f"{value}_low"] <= rows[value]).all()
    assert (rows[value] <= rows[f"{value}_high"]).all()
