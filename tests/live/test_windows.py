"""Prices: the recorded answer through yfinance, what is new, re-based and in disagreement."""

import csv
import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from coordination_gap import data_package, live, market
from coordination_gap.live import Proposal, RefreshError, YahooPrices
from tests.live.conftest import Closes

TODAY = dt.date(2026, 8, 27)
LAST = dt.date(2026, 8, 26)
Yahoo = Callable[..., YahooPrices]


def propose(source: live.PriceSource, through: dt.date | None = None) -> Proposal:
    return live.propose(prices=source, through=through, today=TODAY)


def window(data: Path, event_id: str) -> dict[str, dict[str, str]]:
    with (data / "event_windows.csv").open(encoding="utf-8", newline="") as file:
        return {row["session"]: row for row in csv.DictReader(file) if row["event_id"] == event_id}


def files(data: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in data.iterdir() if path.is_file()}


def test_new_sessions_and_a_gap_are_proposed_and_written(
    data: Path, yahoo: Yahoo, closes: Closes, no_network: list[str]
) -> None:
    before = files(data)
    proposal = propose(yahoo(closes))
    assert files(data) == before
    told = proposal.as_dict()
    assert [told[name] for name in ("restated", "disagreeing", "rebased", "notes")] == [[], [], [], []]
    assert {cell.row for cell in proposal.new} == {f"shazeer-2026/{offset}" for offset in (44, 45, 46, 47)}
    assert [cell.column for cell in proposal.new if cell.row == "shazeer-2026/44"] == ["spy"]
    assert live.write(proposal) == ["event_windows.csv", "datapackage.json"]
    assert data_package.check_package() == []
    rows = window(data, "shazeer-2026")
    assert rows["2026-08-21"]["spy"] == "777.25"
    assert rows["2026-08-26"] == {
        "event_id": "shazeer-2026", "offset": "47", "session": "2026-08-26", "googl": "100.26", "msft": "200.26",
        "amzn": "300.26", "spy": "400.26", "qqq": "500.26",
    }  # fmt: skip
    assert "Yahoo Finance: cells filled or replaced" in (data / "datapackage.json").read_text(encoding="utf-8")
    assert propose(yahoo(closes)).empty
    assert no_network == []


def test_a_completed_window_gains_no_session(data: Path, yahoo: Yahoo, closes: Closes) -> None:
    for ticker in closes:
        closes[ticker][dt.date(2023, 3, 20)] = 1.0
    assert not any("wojcicki" in cell.row for cell in propose(yahoo(closes)).new)


def test_a_window_stops_where_the_table_has_no_room(data: Path, yahoo: Yahoo, closes: Closes) -> None:
    day = dt.date(2026, 8, 26)
    while day < dt.date(2026, 12, 31):
        day += dt.timedelta(days=1)
        for series in closes.values():
            series.setdefault(day, 1.0)
    sessions = {day for day in closes["GOOGL"] if not market.closed_because(day)}
    kept = {
        ticker: {day: close for day, close in series.items() if day in sessions} for ticker, series in closes.items()
    }
    proposal = live.propose(prices=yahoo(kept), through=dt.date(2026, 12, 30), today=dt.date(2026, 12, 31))
    assert max(int(cell.row.split("/")[1]) for cell in proposal.new) == 60


def scaled(closes: Closes, ticker: str, factor: float, last: dt.date = LAST) -> Closes:
    moved = {day: close * factor if day <= last else close for day, close in closes[ticker].items()}
    return {**closes, ticker: moved}


def test_a_later_dividend_re_bases_windows_and_is_no_disagreement(data: Path, yahoo: Yahoo, closes: Closes) -> None:
    """The factor is found again; a window that grows is written on it as a whole, the others stay."""
    before = window(data, "shazeer-2026")
    old = window(data, "wojcicki-2023")
    proposal = propose(yahoo(scaled(closes, "MSFT", 0.992, dt.date(2026, 8, 21))))
    assert proposal.disagreeing == ()
    assert {(one.ticker, round(one.factor, 6)) for one in proposal.rebased} == {("msft", 0.992)}
    assert {one.event_id for one in proposal.rebased if one.written} == {"shazeer-2026"}
    live.write(proposal)
    after = window(data, "shazeer-2026")
    for day, row in before.items():
        assert float(after[day]["msft"]) == pytest.approx(0.992 * float(row["msft"]), abs=1e-4)
        assert after[day]["googl"] == row["googl"]
    assert window(data, "wojcicki-2023") == old


def test_a_close_that_no_factor_explains_is_a_disagreement(data: Path, yahoo: Yahoo, closes: Closes) -> None:
    """It is written on the base that its window keeps."""
    day = dt.date(2023, 1, 20)
    old = float(window(data, "wojcicki-2023")[day.isoformat()]["amzn"])
    closes["AMZN"][day] = 1.05 * old
    proposal = propose(yahoo(scaled(closes, "AMZN", 0.5, dt.date(2023, 6, 30))), dt.date(2026, 8, 21))
    told = {(cell.row, cell.column): cell for cell in proposal.disagreeing}
    cell = told[next(key for key in told if key[0].startswith("wojcicki-2023") and key[1] == "amzn")]
    assert float(cell.new) == pytest.approx(1.05 * old, abs=1e-4)
    with pytest.raises(RefreshError, match=r"in disagreement with the source.*--accept-disagreements"):
        live.write(proposal)
    live.write(proposal, accept_disagreements=True)
    assert window(data, "wojcicki-2023")[day.isoformat()]["amzn"] == cell.new


def test_a_gap_in_prices_is_named_and_stays_a_gap(data: Path, yahoo: Yahoo, closes: Closes) -> None:
    del closes["QQQ"][dt.date(2026, 8, 25)], closes["GOOGL"][dt.date(2023, 1, 20)], closes["SPY"][dt.date(2026, 8, 21)]
    proposal = propose(yahoo(closes))
    assert sorted(proposal.notes) == [
        "hinton-2023: Yahoo Finance has no close of GOOGL on 2023-01-20",
        "shazeer-2026: Yahoo Finance has no close of QQQ on 2026-08-25",
        "wojcicki-2023: Yahoo Finance has no close of GOOGL on 2023-01-20",
    ]
    live.write(proposal)
    rows = window(data, "shazeer-2026")
    assert rows["2026-08-25"]["qqq"] == rows["2026-08-21"]["spy"] == ""
    assert window(data, "wojcicki-2023")["2023-01-20"]["googl"] != ""


def test_a_session_that_no_share_has_is_not_added(data: Path, yahoo: Yahoo, closes: Closes) -> None:
    for series in closes.values():
        del series[LAST]
    proposal = propose(yahoo(closes))
    assert proposal.notes == ("shazeer-2026: Yahoo Finance has no close on 2026-08-26; the session is not added",)
    assert not any(cell.new == "2026-08-26" for cell in proposal.new)


@pytest.mark.parametrize(
    ("through", "message"),
    [
        (dt.date(2026, 8, 23), "no session of the New York Stock Exchange.*the last before it is 2026-08-21"),
        (dt.date(2026, 7, 3), "no session of the New York Stock Exchange.*the last before it is 2026-07-02"),
        (TODAY, "through is 2026-08-27: give a day before 2026-08-27"),
    ],
)
def test_a_last_day_that_is_not_possible(
    data: Path, yahoo: Yahoo, closes: Closes, through: dt.date, message: str
) -> None:
    with pytest.raises(RefreshError, match=message):
        propose(yahoo(closes), through)


def unreachable(url: str) -> tuple[int, Any]:
    raise requests.ConnectionError("no route to host")


def changed(answer: Mapping[str, Any]) -> Callable[[str], tuple[int, Any]]:
    return lambda url: (200, answer)


def chart(**meta: Any) -> dict[str, Any]:
    known = {"currency": "USD", "symbol": "GOOGL", "exchangeTimezoneName": "America/New_York", "priceHint": 2}
    known |= {"instrumentType": "EQUITY", "validRanges": ["1d", "max"], "dataGranularity": "1d", "gmtoffset": -14400}
    close = [1.0, 2.0]
    quote = {"open": close, "high": close, "low": close, "close": close, "volume": [1, 1]}
    result = {"meta": {**known, **meta}, "timestamp": [1787578200, 1787664600],
              "indicators": {"quote": [quote], "adjclose": [{"adjclose": close}]}}  # fmt: skip
    return {"chart": {"result": [result], "error": None}}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (unreachable, "could not be had"),
        (lambda url: (500, "oh"), "could not be had|no row"),
        (lambda url: (429, "Too Many Requests"), "could not be had|no row"),
        (lambda url: (200, "<html>"), "could not be had|no row"),
        (lambda url: (200, {"chart": {"result": None, "error": {"code": "Not Found", "description": "gone"}}}),
         "could not be had|no row"),
        (changed(chart(currency="EUR")), "in EUR, not in USD"),
    ],
)  # fmt: skip
def test_an_answer_that_cannot_be_used_leaves_all_as_it_was(
    data: Path, yahoo: Yahoo, answer: Callable[[str], tuple[int, Any]], message: str
) -> None:
    before = files(data)
    with pytest.raises(RefreshError, match=message) as told:
        propose(yahoo(None, answer))
    assert "GOOGL" in str(told.value)
    assert "\n" not in str(told.value)
    assert files(data) == before


class Other:
    """Another provider."""

    name = "another provider"

    def __init__(self, closes: Closes) -> None:
        self._closes = closes

    def closes(self, ticker: str, first: dt.date, last: dt.date) -> Mapping[dt.date, float]:
        return {day: close for day, close in self._closes.get(ticker, {}).items() if first <= day <= last}


def test_another_provider_can_stand_in(data: Path, closes: Closes) -> None:
    proposal = propose(Other(closes))
    assert {cell.source for cell in proposal.new} == {"another provider"}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda closes: closes.pop("AMZN"), "another provider has no row of AMZN from"),
        (lambda closes: closes["SPY"].update({dt.date(2026, 7, 3): 1.0}), "SPY a close on 2026-07-03, which is no"),
        (lambda closes: closes["SPY"].update({LAST: float("nan")}), "SPY the close nan on 2026-08-26"),
        (lambda closes: closes["SPY"].update({LAST: -1.0}), "SPY the close -1.0 on 2026-08-26"),
        (lambda closes: [closes["QQQ"].pop(day) for day in list(closes["QQQ"]) if day.year == 2014],
         "no close of QQQ from"),
    ],
)  # fmt: skip
def test_another_provider_s_closes_that_cannot_be_used(
    data: Path, closes: Closes, spoil: Callable[[Closes], Any], message: str
) -> None:
    before = files(data)
    spoil(closes)
    with pytest.raises(RefreshError, match=message):
        propose(Other(closes))
    assert files(data) == before
