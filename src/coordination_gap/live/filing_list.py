"""The list of filings, held against the days that a provider gives them."""

import datetime as dt
from collections.abc import Iterable

from coordination_gap.live.proposal import Cell, Draft
from coordination_gap.live.sources import FiledFact, FilingSource, RefreshError

CIK = 1652044
QUARTERS, YEARS, FILINGS = "alphabet_quarterly", "alphabet_annual", "filings"
SEEN, DEADLINE = "filing day seen", "filing deadline"


def as_retrieved(source: FilingSource, today: dt.date) -> str:
    """Return how a row names the provider it came from."""
    return f"{source.name}, CIK {CIK:010d}, as retrieved {today}"


def list_filings(
    draft: Draft, named: set[str], facts: Iterable[FiledFact], source: FilingSource, today: dt.date
) -> None:
    """Add the filings that rows name and the list lacks, and hold the days of the others against the source.

    Parameters
    ----------
    draft
        The tables, with the rows that name filings as they would be after the refresh.
    named
        Accession numbers that the rows name.
    facts
        What the source gives.
    source
        Who gives it.
    today
        The day of the refresh.

    Raises
    ------
    RefreshError
        If the source gives one filing two days or two forms.
    """
    listed = {row["accession_number"]: row for row in draft.rows[FILINGS]}
    by_filing: dict[str, list[FiledFact]] = {}
    for fact in facts:
        by_filing.setdefault(fact.accession_number, []).append(fact)
    for number in sorted(named & by_filing.keys()):
        told = by_filing[number]
        filed_on = told[0].filed_on
        if any(fact.filed_on != filed_on or fact.form != told[0].form for fact in told):
            raise RefreshError(f"{source.name} gives {number} two days or two forms: nothing was written")
        if number in listed:
            _hold_day(draft, listed[number], filed_on, source, today)
            continue
        cells = {
            "accession_number": number,
            "company": "Alphabet",
            "form": told[0].form,
            "period_end": max(fact.end for fact in told if fact.start is not None).isoformat(),
            "filed_on": filed_on.isoformat(),
            "filed_on_basis": SEEN,
            "source": f"{as_retrieved(source, today)}: form, last period and field 'filed'",
        }
        draft.add_row(FILINGS, cells, source.name)


def _hold_day(draft: Draft, row: dict[str, str], filed_on: dt.date, source: FilingSource, today: dt.date) -> None:
    """Compare a listed filing's day. A deadline is an upper bound, so an earlier day seen is news, not a dispute."""
    number, old, new = row["accession_number"], row["filed_on"], filed_on.isoformat()
    was_deadline = row["filed_on_basis"] == DEADLINE and new <= old
    if old != new:
        cell = Cell(FILINGS, number, "filed_on", old, new, source.name)
        (draft.new if was_deadline else draft.disagreeing).append(cell)
    elif not was_deadline:
        return
    else:
        draft.new.append(Cell(FILINGS, number, "filed_on_basis", DEADLINE, SEEN, source.name))
    row.update(filed_on=new, filed_on_basis=SEEN, source=f"{as_retrieved(source, today)}: field 'filed'")
    days = {
        listed["accession_number"]: listed["filed_on"]
        for listed in draft.rows[FILINGS]
        if listed["form"] in ("10-K", "10-Q")  # a proxy statement that repeats a figure dates nothing
    }
    for table in (QUARTERS, YEARS):
        for dated in draft.rows[table]:
            # A row is dated by its latest filing; where that is another one by now, the row keeps its day.
            others = [days[other] for other in dated["accession_numbers"].split() if other in days]
            if dated["public_day_accession_number"] != number or max(others, default=new) > new:
                continue
            if dated["published_on"] != new:
                cell = Cell(table, draft.key(table, dated), "published_on", dated["published_on"], new, source.name)
                (draft.new if was_deadline else draft.disagreeing).append(cell)
            dated.update(published_on=new, published_on_basis=SEEN)
