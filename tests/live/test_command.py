"""`gapbook refresh` from the command line's words to what it prints and writes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coordination_gap import live
from coordination_gap.live import EdgarFilings, YahooPrices
from tests.command import Run, runner
from tests.live import recorded
from tests.live.conftest import CONTACT, Closes

Sec = Callable[[Any], EdgarFilings]


@pytest.fixture
def refresh(
    data: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    sec: Sec,
    yahoo: Callable[..., YahooPrices],
    closes: Closes,
) -> Run:
    """`gapbook refresh` with recorded answers behind the libraries."""
    monkeypatch.delenv("EDGAR_IDENTITY", raising=False)
    prices = yahoo(closes)
    monkeypatch.setattr(live, "YahooPrices", lambda: prices)
    sec(recorded.stored())

    return runner(monkeypatch, capsys, "refresh")


def files(data: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in data.iterdir() if path.is_file()}


def test_what_is_new_is_shown_and_only_written_when_asked(refresh: Run, data: Path) -> None:
    before = files(data)
    words = ("all", "--contact", CONTACT, "--through", "2026-08-26")
    shown = refresh(*words)
    assert (shown.code, shown.err) == (0, "")
    assert "event_windows, shazeer-2026/44, spy: 777.25 (Yahoo Finance)" in shown.out
    assert (
        f"alphabet_quarterly, 2026Q2, revenue_usd: 111001000000 (SEC XBRL company facts, 10-Q {recorded.MADE_UP})"
        in (shown.out)
    )
    assert shown.out.endswith("nothing was written: add --write to write it\n")
    assert files(data) == before
    written = refresh(*words, "--write")
    assert (written.code, written.err) == (0, "")
    (names,) = [line for line in written.out.splitlines() if line.startswith("written: ")]
    assert names == (
        "written: data/alphabet_quarterly.csv, data/event_windows.csv, data/filings.csv, data/datapackage.json"
    )
    assert {name for name, content in files(data).items() if content != before[name]} == {
        name.removeprefix("data/") for name in names.removeprefix("written: ").split(", ")
    }
    again = refresh(*words, "--write")
    assert (again.code, again.out) == (0, "nothing is new\n")


def test_json_holds_what_is_shown(refresh: Run) -> None:
    done = refresh("prices", "--through", "2026-08-26", "--json")
    told = json.loads(done.out)
    assert set(told) == {"new", "restated", "disagreeing", "rebased", "notes", "written"}
    assert {"table": "event_windows", "row": "shazeer-2026/44", "column": "spy", "old": "", "new": "777.25",
            "source": "Yahoo Finance"} in told["new"]  # fmt: skip
    assert told["written"] == []


def test_what_disagrees_needs_a_decision(refresh: Run, data: Path, closes: Closes) -> None:
    before = files(data)
    day = min(closes["QQQ"])
    closes["QQQ"][day] *= 1.5
    words = ("prices", "--through", "2026-08-26", "--write")
    done = refresh(*words)
    assert done.code == 1
    assert "in disagreement with the source: 1" in done.out
    assert done.err == (
        "gapbook: nothing was written: look at the cells above, then add --accept-restated or --accept-disagreements\n"
    )
    assert files(data) == before
    assert refresh(*words, "--accept-restated").code == 1
    assert files(data) == before
    assert refresh(*words, "--accept-disagreements").code == 0
    assert files(data)["event_windows.csv"] != before["event_windows.csv"]


def test_the_contact_string_may_stand_in_the_environment(refresh: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGAR_IDENTITY", CONTACT)
    assert refresh("filings", "--through", "2026-07-22").out == "nothing is new\n"


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("filings",), 1, "there is no contact string: give a name and a mail address"),
        (("all", "--contact", "Jane"), 1, "the contact string is 'Jane'"),
        (("prices", "--through", "soon"), 2, "--through is 'soon': give a calendar day"),
        (("prices", "--through", "2026-08-23"), 1, "2026-08-23 is no session of the New York Stock Exchange"),
        (("prices", "--through", "2099-01-04"), 1, "through is 2099-01-04: give a day before"),
        (("bonds",), 2, "'bonds' is not one of"),
    ],
)
def test_wrong_words_are_one_sentence(
    refresh: Run, data: Path, words: tuple[str, ...], code: int, sentence: str
) -> None:
    before = files(data)
    done = refresh(*words, "--write")
    assert done.code == code
    assert sentence in done.err
    assert "Traceback" not in done.err
    assert files(data) == before
