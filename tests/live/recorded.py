"""Answers of the SEC and of Yahoo in their own shape, rebuilt from ``data/``; README.md says what is made up.

``python tests/live/recorded.py`` writes the SEC's answer anew.
"""

import copy
import csv
import datetime as dt
import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from coordination_gap.live.standing import COLUMNS

FOLDER = Path(__file__).parent
COMPANY_FACTS = FOLDER / "CIK0001652044.json"
DATA = FOLDER.parents[1] / "data"
MADE_UP = "0001652044-26-999999"
FIRST_YEAR = 2024
UNITS = {"USD": "USD", "shares": "shares", "USD per share": "USD/shares"}
NEW_YORK = ZoneInfo("America/New_York")
Row = dict[str, str]


def read(name: str) -> list[Row]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def company_facts() -> dict[str, Any]:
    """Rebuild the SEC's answer: each figure as its period's own filing gives it, and again a year later."""
    filings = {row["period_end"]: row for row in read("filings") if row["company"] == "Alphabet"
               and row["form"] in ("10-Q", "10-K")}  # fmt: skip
    years = {row["fiscal_year"]: row for row in read("alphabet_annual")}
    quarters = {row["fiscal_quarter"]: row for row in read("alphabet_quarterly")}
    facts: dict[str, Any] = {}

    def put(concept: str, unit: str, start: str | None, end: str, value: Decimal, filing: Row) -> None:
        number = int(value) if value == int(value) else float(value)
        entry: dict[str, Any] = {"start": start} if start else {}
        quarter = int(filing["period_end"][5:7]) // 3
        entry |= {"end": end, "val": number, "accn": filing["accession_number"], "fy": int(filing["period_end"][:4]),
                  "fp": "FY" if filing["form"] == "10-K" else f"Q{quarter}", "form": filing["form"],
                  "filed": filing["filed_on"]}  # fmt: skip
        known = facts.setdefault(concept, {"label": concept, "description": f"{concept}, as filed.", "units": {}})
        known["units"].setdefault(UNITS[unit], []).append(entry)

    for name, row in quarters.items():
        year, number, end = name[:4], int(name[5]), row["period_end"]
        if int(year) < FIRST_YEAR:
            continue
        again = f"{int(year) + 1}{end[4:]}"
        for filing in [filings[end], *([filings[again]] if again in filings else [])]:
            for column in COLUMNS:
                start = f"{year}-{3 * number - 2:02d}-01"
                if column.kind == "balance":
                    if row[column.name]:
                        put(column.concept, column.unit, None, end, Decimal(row[column.name]), filing)
                    continue
                if number == 4:
                    if years[year][column.name]:
                        whole = Decimal(years[year][column.name])
                        put(column.concept, column.unit, f"{year}-01-01", end, whole, filing)
                    continue
                subtracted = column.name in row["derived_by_subtraction"].split()
                if row[column.name] and not subtracted:
                    put(column.concept, column.unit, start, end, Decimal(row[column.name]), filing)
                if number > 1 and column.kind == "flow":
                    so_far = [Decimal(quarters[f"{year}Q{n}"][column.name] or 0) for n in range(1, number + 1)]
                    total = sum(so_far, Decimal(0))
                    last = quarters.get(f"{year}Q4", {}).get(column.name)
                    if number == 3 and last:  # the fourth quarter is the year less nine months
                        total = Decimal(years[year][column.name]) - Decimal(last)
                    put(column.concept, column.unit, f"{year}-01-01", end, total, filing)
    made_up = {"accession_number": MADE_UP, "form": "10-Q", "period_end": "2026-06-30", "filed_on": "2026-07-23"}
    for position, column in enumerate(COLUMNS, start=1):
        value = {"eps_diluted_usd": Decimal("1.11"), "diluted_shares": Decimal(11_111_000_000)}.get(
            column.name, Decimal(111_000_000_000 + position * 1_000_000)
        )
        if column.kind == "balance":
            put(column.concept, column.unit, None, "2026-06-30", value, made_up)
            continue
        if column.name not in ("operating_cash_flow_usd", "capital_expenditure_usd"):
            put(column.concept, column.unit, "2026-04-01", "2026-06-30", value, made_up)
        if column.kind == "flow":
            first = Decimal(quarters["2026Q1"][column.name])
            put(column.concept, column.unit, "2026-01-01", "2026-06-30", first + value, made_up)
    return {"cik": 1652044, "entityName": "Alphabet Inc.", "facts": {"us-gaap": facts}}


def stored() -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(COMPANY_FACTS.read_text(encoding="utf-8"))
    return copy.deepcopy(answer)


def chart(url: str, closes: dict[str, dict[dt.date, float]], dividend: float = 0.997) -> dict[str, Any]:
    """Answer a request for Yahoo's chart; `dividend` is the factor from the close to the adjusted one."""
    asked = urlsplit(url)
    query = parse_qs(asked.query)
    ticker = asked.path.rsplit("/", 1)[1]
    first = int(query["period1"][0]) if "period1" in query else 0
    last = int(query["period2"][0]) if "period2" in query else 2**40
    known = closes.get(ticker)
    if known is None:
        error = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
        return {"chart": {"result": None, "error": error}}
    opens = {int(dt.datetime.combine(day, dt.time(9, 30), NEW_YORK).timestamp()): close for day, close in known.items()}
    seen = {stamp: close for stamp, close in sorted(opens.items()) if first <= stamp < last}
    adjusted = list(seen.values())
    raw = [close / dividend for close in adjusted]
    meta = {
        "currency": "USD", "symbol": ticker, "exchangeName": "NMS", "instrumentType": "EQUITY",
        "firstTradeDate": 1092922200, "regularMarketTime": 1787601600, "gmtoffset": -14400, "timezone": "EDT",
        "exchangeTimezoneName": "America/New_York", "priceHint": 2, "dataGranularity": "1d", "range": "",
        "validRanges": ["1d", "5d", "1mo", "max"],
    }  # fmt: skip
    quote = {"open": raw, "high": raw, "low": raw, "close": raw, "volume": [1000] * len(raw)}
    indicators = {"quote": [quote], "adjclose": [{"adjclose": adjusted}]}
    result = {"meta": meta, "timestamp": list(seen), "indicators": indicators}
    return {"chart": {"result": [result], "error": None}}


if __name__ == "__main__":
    # A fact a line, so that a change can be read.
    text = (
        json.dumps(company_facts(), separators=(",", ":"))
        .replace('{"start"', '\n{"start"')
        .replace('{"end"', '\n{"end"')
    )
    COMPANY_FACTS.write_text(text + "\n", encoding="utf-8")
