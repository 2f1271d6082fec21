"""Alphabet's quarters and years, and the list of filings, as the company facts would have them."""

import datetime as dt
import re

from coordination_gap import tables
from coordination_gap.live.filing_list import CIK, FILINGS, QUARTERS, SEEN, YEARS, as_retrieved, list_filings
from coordination_gap.live.proposal import Cell, Draft, refreshed_record
from coordination_gap.live.sources import FiledFact, FilingSource
from coordination_gap.live.standing import COLUMNS, Lookup, Standing, full_year, lookup, quarter, written

TABLES = (QUARTERS, YEARS, FILINGS)
Found = dict[str, Standing]


def propose_filings(draft: Draft, source: FilingSource, through: dt.date, today: dt.date) -> None:
    """Put into `draft` what the filings of `source` up to the day `through` change."""
    facts = source.facts(CIK)
    standing = lookup(facts, through)
    places = [(QUARTERS, key) for key in _quarters_to_look_at(draft, facts, through)]
    places += [(YEARS, key) for key in _years_to_look_at(draft, facts, through)]
    named: set[str] = set()
    for table, key in places:
        found = _values(table, key, standing)
        row = next((row for row in draft.rows[table] if draft.key(table, row) == key), None)
        if row is None:
            row = _add(draft, table, key, found, source, today)
        else:
            _compare(draft, table, row, found, source, today)
        if row is not None:
            named |= {*row["accession_numbers"].split(), row["public_day_accession_number"]}
    list_filings(draft, named, facts, source, today)
    for table in TABLES:
        draft.records[table] = refreshed_record(table, source.name, today)
    _correct_description(draft)


def _quarters_to_look_at(draft: Draft, facts: list[FiledFact], through: dt.date) -> list[str]:
    last = max(row["fiscal_quarter"] for row in draft.rows[QUARTERS])
    ends = {fact.end for fact in facts if fact.concept == "Revenues" and fact.filed_on <= through}
    quarters = {f"{end.year}Q{end.month // 3}" for end in ends if end.month % 3 == 0}
    return sorted({row["fiscal_quarter"] for row in draft.rows[QUARTERS]} | {key for key in quarters if key > last})


def _years_to_look_at(draft: Draft, facts: list[FiledFact], through: dt.date) -> list[str]:
    last = max(row["fiscal_year"] for row in draft.rows[YEARS])
    years = {
        str(fact.end.year)
        for fact in facts
        if fact.concept == "Revenues" and fact.form == "10-K" and fact.filed_on <= through
    }
    return sorted({row["fiscal_year"] for row in draft.rows[YEARS]} | {key for key in years if key > last})


def _values(table: str, key: str, standing: Lookup) -> Found:
    found = {}
    for column in COLUMNS:
        value = (
            quarter(standing, column, int(key[:4]), int(key[5]))
            if table == QUARTERS
            else full_year(standing, column, int(key))
        )
        if value is not None:
            found[column.name] = value
    return found


def _add(
    draft: Draft, table: str, key: str, found: Found, source: FilingSource, today: dt.date
) -> dict[str, str] | None:
    required = [
        field["name"]
        for field in tables.resource(table)["schema"]["fields"]
        if (field.get("constraints") or {}).get("required") and field["name"] in {column.name for column in COLUMNS}
    ]
    missing = [name for name in required if name not in found]
    if missing:
        draft.notes.append(f"{table}, {key}: not added, as {source.name} has no {', '.join(missing)} for it")
        return None
    blank = [column.name for column in COLUMNS if column.name not in found]
    if blank:
        draft.notes.append(f"{table}, {key}: {source.name} has no {', '.join(blank)}; left blank")
    last = max(found.values(), key=lambda value: value.public_on)
    cells = {name: written(value.value) for name, value in found.items()}
    cells |= _key_cells(table, key)
    cells |= {
        "accession_numbers": " ".join(sorted({f.accession_number for v in found.values() for f in v.filings})),
        "source": as_retrieved(source, today),
        "published_on": last.public_on.isoformat(),
        "published_on_basis": SEEN,
        "public_day_accession_number": last.decisive.accession_number,
    }
    if table == QUARTERS:
        cells["derived_by_subtraction"] = " ".join(name for name, value in found.items() if value.subtracted)
    return draft.add_row(table, cells, f"{source.name}, {last.decisive.form} {last.decisive.accession_number}")


def _key_cells(table: str, key: str) -> dict[str, str]:
    if table == YEARS:
        return {"fiscal_year": key, "period_end": f"{key}-12-31"}
    end = {"1": "03-31", "2": "06-30", "3": "09-30", "4": "12-31"}[key[5]]
    return {"fiscal_quarter": key, "period_end": f"{key[:4]}-{end}"}


def _compare(draft: Draft, table: str, row: dict[str, str], found: Found, source: FilingSource, today: dt.date) -> None:
    """Compare a row with what stands; a blank cell stays blank, for it says that no source was seen for it."""
    known_on = row["published_on"]
    changed: list[Standing] = []
    for name, value in found.items():
        old, new = row[name], written(value.value)
        if not old or float(old) == float(new):
            continue
        since = f"{source.name}, {value.decisive.form} {value.decisive.accession_number} of {value.public_on}"
        cell = Cell(table, draft.key(table, row), name, old, new, since)
        later = value.public_on.isoformat() > known_on
        (draft.restated if later else draft.disagreeing).append(cell)
        row[name] = new
        changed.append(value)
    if not changed:
        return
    filings = {filing.accession_number for value in changed for filing in value.filings}
    row["accession_numbers"] = " ".join(sorted({*row["accession_numbers"].split(), *filings}))
    row["source"] = (
        f"{row['source'].partition('; cells restated')[0]}; cells restated or corrected from {source.name} on {today}"
    )
    last = max(changed, key=lambda value: value.public_on)
    if last.public_on.isoformat() > known_on:
        draft.notes.append(f"{table}, {draft.key(table, row)}: visible from {last.public_on} instead of {known_on}")
        row["published_on"] = last.public_on.isoformat()
        row["published_on_basis"] = SEEN
        row["public_day_accession_number"] = last.decisive.accession_number


_NOT_CARRIED = re.compile(r" The quarter to [A-Z][a-z]+ 20\d\d \(10-Q ([0-9-]+)\) is not carried\.")


def _correct_description(draft: Draft) -> None:
    """Take the sentence on a quarter that is not carried out of the record once it is carried."""
    said = str(tables.resource(QUARTERS)["description"])
    absent = _NOT_CARRIED.search(said)
    if absent and any(absent[1] in row["accession_numbers"].split() for row in draft.rows[QUARTERS]):
        draft.records[QUARTERS]["description"] = said.replace(absent[0], "")
