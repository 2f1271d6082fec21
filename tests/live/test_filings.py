"""Filings: the recorded answer through edgartools, what is new, restated and in disagreement."""

import csv
import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from coordination_gap import data_package, live
from coordination_gap.live import EdgarFilings, FiledFact, Proposal, RefreshError, standing
from tests.live import recorded

TODAY = dt.date(2026, 11, 25)


class Filings:
    """Another provider."""

    name = "another provider"

    def __init__(self, told: list[FiledFact]) -> None:
        self._told = told

    def facts(self, cik: int) -> list[FiledFact]:
        assert cik == 1652044
        return self._told


Sec = Callable[[Any], EdgarFilings]


def entries(answer: dict[str, Any], concept: str, end: str) -> list[dict[str, Any]]:
    (units,) = answer["facts"]["us-gaap"][concept]["units"].values()
    return [entry for entry in units if entry["end"] == end]


def rows(data: Path, table: str, key: str) -> dict[str, dict[str, str]]:
    with (data / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return {row[key]: row for row in csv.DictReader(file)}


def propose(source: live.FilingSource, through: dt.date | None = None) -> Proposal:
    return live.propose(source, through=through, today=TODAY)


def test_the_recorded_answer_is_the_data() -> None:
    assert recorded.stored() == recorded.company_facts()


def test_nothing_is_new_before_the_made_up_quarter(data: Path, sec: Sec) -> None:
    proposal = propose(sec(recorded.stored()), dt.date(2026, 7, 22))
    assert proposal.empty
    assert live.write(proposal) == []


def test_a_new_quarter_is_proposed_and_written(data: Path, sec: Sec, no_network: list[str]) -> None:
    before = {path.name: path.read_bytes() for path in data.iterdir()}
    proposal = propose(sec(recorded.stored()))
    assert {path.name: path.read_bytes() for path in data.iterdir()} == before
    assert proposal.restated == proposal.disagreeing == ()
    assert {(cell.table, cell.row) for cell in proposal.new} == {
        ("alphabet_quarterly", "2026Q2"),
        ("filings", recorded.MADE_UP),
    }
    assert set(live.write(proposal)) == {"alphabet_quarterly.csv", "filings.csv", "datapackage.json"}
    assert data_package.check_package() == []
    quarter = rows(data, "alphabet_quarterly", "fiscal_quarter")["2026Q2"]
    assert quarter["revenue_usd"] == "111001000000"
    assert quarter["eps_diluted_usd"] == "1.11"
    # Filed for the half-year only: less the first quarter.
    assert quarter["operating_cash_flow_usd"] == "111010000000"
    assert quarter["derived_by_subtraction"] == "capital_expenditure_usd operating_cash_flow_usd"
    assert quarter["published_on"] == "2026-07-23"
    assert quarter["public_day_accession_number"] == recorded.MADE_UP
    assert quarter["cloud_revenue_usd"] == ""
    filing = rows(data, "filings", "accession_number")[recorded.MADE_UP]
    assert (filing["form"], filing["period_end"], filing["filed_on"]) == ("10-Q", "2026-06-30", "2026-07-23")
    package = json.loads((data / "datapackage.json").read_text(encoding="utf-8"))
    record = next(record for record in package["resources"] if record["name"] == "alphabet_quarterly")
    assert record["retrieved"] == "2026-11-25"
    assert "2026-07-09" in record["retrievedNote"]
    # The other tables and the lines that stood stay byte for byte.
    assert (data / "filings.csv").read_bytes().startswith(before["filings.csv"])
    assert (data / "alphabet_quarterly.csv").read_bytes().startswith(before["alphabet_quarterly.csv"])
    assert propose(sec(recorded.stored())).empty
    assert no_network == []


def test_a_restated_value_is_shown_and_needs_consent(data: Path, sec: Sec) -> None:
    answer = recorded.stored()
    units = answer["facts"]["us-gaap"]["Revenues"]["units"]["USD"]
    units.append({**entries(answer, "Revenues", "2025-06-30")[0], "start": "2025-04-01", "val": 96_000_000_000,
                  "accn": recorded.MADE_UP, "filed": "2026-07-23"})  # fmt: skip
    old = rows(data, "alphabet_quarterly", "fiscal_quarter")["2025Q2"]
    proposal = propose(sec(answer))
    (cell,) = proposal.restated
    assert (cell.row, cell.column, cell.old, cell.new) == ("2025Q2", "revenue_usd", old["revenue_usd"], "96000000000")
    assert recorded.MADE_UP in cell.source
    assert any("2025Q2: visible from 2026-07-23 instead of 2025-07-24" in note for note in proposal.notes)
    with pytest.raises(RefreshError, match=r"1 cell is restated, so nothing was written.*--accept-restated"):
        live.write(proposal, accept_disagreements=True)
    assert rows(data, "alphabet_quarterly", "fiscal_quarter")["2025Q2"] == old
    live.write(proposal, accept_restated=True)
    new = rows(data, "alphabet_quarterly", "fiscal_quarter")["2025Q2"]
    assert new["published_on"] == "2026-07-23"
    assert new["accession_numbers"] == f"{old['accession_numbers']} {recorded.MADE_UP}"
    assert data_package.check_package() == []


def test_a_value_that_no_later_filing_explains_is_a_disagreement(data: Path, sec: Sec) -> None:
    answer = recorded.stored()
    for entry in entries(answer, "Assets", "2025-09-30"):
        entry["val"] += 1_000_000
    proposal = propose(sec(answer), dt.date(2026, 7, 22))
    (cell,) = proposal.disagreeing
    assert (cell.row, cell.column) == ("2025Q3", "total_assets_usd")
    assert int(cell.new) - int(cell.old) == 1_000_000
    with pytest.raises(RefreshError, match=r"in disagreement with the source.*--accept-disagreements"):
        live.write(proposal, accept_restated=True)
    live.write(proposal, accept_disagreements=True)
    assert rows(data, "alphabet_quarterly", "fiscal_quarter")["2025Q3"]["published_on"] == "2025-10-30"


def test_a_deadline_gives_way_to_the_day_seen(data: Path) -> None:
    """An upper bound that turns out lower is news; a day seen that turns out another is a dispute."""
    number, deadline = "0001652044-25-000091", "2025-11-10"
    for name in ("filings", "alphabet_quarterly"):
        file = data / f"{name}.csv"
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        changed = [
            line.replace("2025-10-30,filing day seen", f"{deadline},filing deadline") if number in line else line
            for line in lines
        ]
        assert changed != lines
        file.write_text("".join(changed), encoding="utf-8")
    data_package.record_hashes()
    proposal = propose(Filings([fact("1", "2025-10-30", concept="Goodwill", accession=number)]))
    # The filing dates the quarter of the year before too, whose values it gives again.
    assert [(cell.table, cell.row, cell.column, cell.old, cell.new) for cell in proposal.new] == [
        ("filings", number, "filed_on", deadline, "2025-10-30"),
        ("alphabet_quarterly", "2024Q3", "published_on", deadline, "2025-10-30"),
        ("alphabet_quarterly", "2025Q3", "published_on", deadline, "2025-10-30"),
    ]
    assert proposal.disagreeing == ()
    live.write(proposal)
    quarter = rows(data, "alphabet_quarterly", "fiscal_quarter")["2025Q3"]
    assert (quarter["published_on"], quarter["published_on_basis"]) == ("2025-10-30", "filing day seen")
    (cell, *dated) = propose(Filings([fact("1", "2025-10-29", concept="Goodwill", accession=number)])).disagreeing
    assert (cell.table, cell.old, cell.new) == ("filings", "2025-10-30", "2025-10-29")
    assert [(one.row, one.new) for one in dated] == [("2024Q3", "2025-10-29"), ("2025Q3", "2025-10-29")]


def test_a_filing_with_two_days_is_refused(data: Path) -> None:
    number = "0001652044-25-000091"
    told = [fact("1", day, accession=number) for day in ("2025-10-30", "2025-10-31")]
    with pytest.raises(RefreshError, match="gives 0001652044-25-000091 two days or two forms"):
        propose(Filings(told))


def test_the_sentence_on_the_quarter_that_is_not_carried_goes_once_it_is(data: Path, sec: Sec) -> None:
    text = json.dumps(recorded.stored()).replace(recorded.MADE_UP, "0001652044-26-000071")
    live.write(propose(sec(text)))
    assert "is not carried" not in (data / "datapackage.json").read_text(encoding="utf-8")


def fact(
    value: str, filed_on: str, start: str | None = "2020-01-01", end: str = "2020-03-31", **other: str
) -> FiledFact:
    return FiledFact(
        other.get("concept", "Revenues"), other.get("unit", "USD"), dt.date.fromisoformat(start) if start else None,
        dt.date.fromisoformat(end), Decimal(value),
        other.get("accession", f"0001652044-{filed_on[2:4]}-{filed_on[5:7]}{filed_on[8:]}00"),
        "10-Q", dt.date.fromisoformat(filed_on),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("told", "value", "day"),
    [
        ([("5", "2020-04-20"), ("5", "2021-04-20")], "5", "2020-04-20"),
        ([("5", "2020-04-20"), ("6", "2021-04-20"), ("6", "2022-04-20")], "6", "2021-04-20"),
        ([("5", "2020-04-20"), ("6", "2021-04-20"), ("5", "2022-04-20")], "5", "2022-04-20"),
    ],
)
def test_a_value_is_public_from_the_first_filing_that_gives_the_one_that_stands(
    told: list[tuple[str, str]], value: str, day: str
) -> None:
    find = standing.lookup([fact(*one) for one in told], TODAY)
    found = standing.quarter(find, standing.COLUMNS[0], 2020, 1)
    assert found is not None
    assert (found.value, found.public_on.isoformat()) == (Decimal(value), day)
    assert (
        standing.quarter(standing.lookup([fact(*told[0])], dt.date(2020, 4, 19)), standing.COLUMNS[0], 2020, 1) is None
    )


def test_the_fourth_quarter_is_the_year_less_nine_months_even_where_it_was_filed() -> None:
    find = standing.lookup(
        [
            fact("100", "2021-02-03", end="2020-12-31"),
            fact("70", "2020-10-30", end="2020-09-30"),
            fact("29", "2021-02-03", start="2020-10-01", end="2020-12-31"),
        ],
        TODAY,
    )
    found = standing.quarter(find, standing.COLUMNS[0], 2020, 4)
    assert found is not None
    assert (found.value, found.subtracted, found.public_on) == (Decimal(30), True, dt.date(2021, 2, 3))


def test_earnings_per_share_are_counted_after_the_split() -> None:
    column = next(column for column in standing.COLUMNS if column.name == "eps_diluted_usd")
    told = {"concept": column.concept, "unit": column.unit}
    find = standing.lookup([fact("26.29", "2021-04-28", **told), fact("1.3145", "2023-04-28", **told)], TODAY)
    found = standing.quarter(find, column, 2020, 1)
    assert found is not None
    assert (standing.written(found.value), found.public_on) == ("1.3145", dt.date(2021, 4, 28))


def test_the_split_day_keeps_filings_of_the_day_before_old() -> None:
    before = fact("20", "2022-07-17", unit="USD per share", concept="EarningsPerShareDiluted")
    after = fact("20", "2022-07-18", unit="USD per share", concept="EarningsPerShareDiluted")
    column = next(column for column in standing.COLUMNS if column.name == "eps_diluted_usd")
    values = [standing.quarter(standing.lookup([one], TODAY), column, 2020, 1) for one in (before, after)]
    assert [value.value for value in values if value] == [Decimal(1), Decimal(20)]


@pytest.mark.parametrize(
    ("contact", "message"),
    [
        (None, "there is no contact string"), ("  ", "there is no contact string"),
        ("jane@example.org", "the contact string is"), ("Jane Doe", "the contact string is"),
        ("Jane jane@localhost", "the contact string is"), ("Jane\nDoe jane@example.org", "the contact string is"),
    ],
)  # fmt: skip
def test_a_contact_string_that_is_missing_or_malformed(contact: str | None, message: str) -> None:
    with pytest.raises(RefreshError, match=message):
        EdgarFilings(contact)


def broken(change: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    answer = recorded.stored()
    change(answer)
    return answer


def timed_out(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("timed out", request=request)


def first_revenue(answer: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = answer["facts"]["us-gaap"]["Revenues"]["units"]["USD"][0]
    return entry


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("<html>Undeclared Automated Tool</html>", "could not be had"),
        ('{"cik": 1652044, "facts": {"us-gaap"', "could not be had"),
        ("{}", "no company facts in it"),
        ({"cik": 1652044, "entityName": "Alphabet Inc.", "facts": {}}, "no company facts in it"),
        ({"cik": 1652044, "facts": []}, "no company facts in it"),
        (broken(lambda answer: answer.update(cik=789019)), "is for CIK 0000789019, not 0001652044"),
        (broken(lambda answer: first_revenue(answer).update(val="much")), "give us-gaap:Revenues as 'much'"),
        (broken(lambda answer: first_revenue(answer).update(filed="soon")), "both days and the filing are needed"),
        (broken(lambda answer: first_revenue(answer).update(accn="")), "filed 20.* as no number"),
        (lambda _: httpx.Response(403, text="denied"), "could not be had"),
        (lambda _: httpx.Response(404), "could not be had"),
        (timed_out, "could not be had"),
    ],
)
def test_an_answer_that_cannot_be_used_leaves_all_as_it_was(data: Path, sec: Sec, answer: Any, message: str) -> None:
    before = {path.name: path.read_bytes() for path in data.iterdir()}
    with pytest.raises(RefreshError, match=message):
        propose(sec(answer))
    assert {path.name: path.read_bytes() for path in data.iterdir()} == before


def test_another_unit_is_refused(data: Path, sec: Sec) -> None:
    answer = recorded.stored()
    units = answer["facts"]["us-gaap"]["Assets"]["units"]
    units["EUR"] = units.pop("USD")
    with pytest.raises(RefreshError, match=r"Assets of .* is in 'EUR', where the tables have 'USD'"):
        propose(sec(answer))


def test_a_quarter_without_a_required_figure_is_left_out_and_named(data: Path, sec: Sec) -> None:
    answer = recorded.stored()
    units = answer["facts"]["us-gaap"]["NetIncomeLoss"]["units"]
    units["USD"] = [entry for entry in units["USD"] if entry["accn"] != recorded.MADE_UP]
    proposal = propose(sec(answer))
    assert proposal.empty
    assert any("2026Q2: not added" in note and "net_income_usd" in note for note in proposal.notes)


def test_another_provider_can_stand_in(data: Path) -> None:
    quarter = fact("1", "2026-07-23", "2026-04-01", "2026-06-30")
    assert any("another provider has no" in note for note in propose(Filings([quarter])).notes)
