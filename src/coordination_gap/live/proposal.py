"""What a refresh would change, cell by cell, before anything is written."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from coordination_gap import tables
from coordination_gap.live import journal
from coordination_gap.live.sources import RefreshError

Rows = list[list[str]]
# Later than any row: a refresh works on whole files, whatever an edition may see of them.
ALWAYS = "2100-01-01"


@dataclass(frozen=True)
class Cell:
    """One cell that a source gives and the table does not have, or has otherwise.

    Attributes
    ----------
    table, row, column
        Where; `row` is the primary key, its parts joined by ``/``.
    old, new
        What stands there, blank for nothing, and what the source says.
    source
        Who says so, and since when.
    """

    table: str
    row: str
    column: str
    old: str
    new: str
    source: str


@dataclass(frozen=True)
class Rebasing:
    """A window whose closes all differ from the source's by one factor: a later dividend or split, no disagreement."""

    event_id: str
    ticker: str
    factor: float
    written: bool


@dataclass(frozen=True)
class Proposal:
    """What a refresh would change.

    Attributes
    ----------
    new
        Cells that are blank or not there, and would be filled.
    restated
        Cells to which a later filing gives another value.
    disagreeing
        Cells to which the source gives another value though no later filing explains it.
    rebased
        Windows of prices that differ by one factor.
    notes
        Gaps and whatever else was left as it is, in sentences.
    rows
        Each changed table as it would be with everything accepted.
    records
        What would change in the tables' records.
    made_from
        Hashes of the files that the proposal was made from.
    """

    new: tuple[Cell, ...] = ()
    restated: tuple[Cell, ...] = ()
    disagreeing: tuple[Cell, ...] = ()
    rebased: tuple[Rebasing, ...] = ()
    notes: tuple[str, ...] = ()
    rows: Mapping[str, Rows] = field(default_factory=dict, repr=False)
    records: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    made_from: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write and nothing to decide."""
        return not (self.new or self.restated or self.disagreeing)

    def as_dict(self) -> dict[str, Any]:
        """Return what is shown, for JSON."""
        cells = {name: [asdict(cell) for cell in getattr(self, name)] for name in ("new", "restated", "disagreeing")}
        return {**cells, "rebased": [asdict(one) for one in self.rebased], "notes": list(self.notes)}


class Draft:
    """Tables that are being changed, and the cells that were, on the way to a proposal."""

    def __init__(self, names: list[str]) -> None:
        self.made_from = journal.hashes(names)
        read = {name: tables.cells(name, ALWAYS) for name in names}
        self.header = {name: rows[0] for name, rows in read.items()}
        self.rows: dict[str, list[dict[str, str]]] = {
            name: [dict(zip(rows[0], row, strict=True)) for row in rows[1:]] for name, rows in read.items()
        }
        self.new: list[Cell] = []
        self.restated: list[Cell] = []
        self.disagreeing: list[Cell] = []
        self.rebased: list[Rebasing] = []
        self.notes: list[str] = []
        self.records: dict[str, dict[str, Any]] = {}

    def add_row(self, table: str, filled: Mapping[str, str], source: str) -> dict[str, str]:
        """Add a row, each of its filled cells a new one."""
        row = {column: filled.get(column, "") for column in self.header[table]}
        self.rows[table].append(row)
        key = self.key(table, row)
        self.new += [Cell(table, key, column, "", cell, source) for column, cell in row.items() if cell]
        return row

    @staticmethod
    def key(table: str, row: Mapping[str, str]) -> str:
        """Return a row's primary key."""
        return "/".join(row[column] for column in tables.primary_key(table))

    def proposal(self) -> Proposal:
        """Return the proposal that the draft has come to."""
        changed = {cell.table for cell in (*self.new, *self.restated, *self.disagreeing)}
        rows = {}
        for name in sorted(changed):
            kinds = {field["name"]: field["type"] for field in tables.resource(name)["schema"]["fields"]}
            keys = [(column, kinds[column] in ("integer", "number")) for column in tables.primary_key(name)]
            ordered = sorted(
                self.rows[name], key=lambda row: [float(row[key]) if number else row[key] for key, number in keys]
            )
            rows[name] = [self.header[name], *([row[column] for column in self.header[name]] for row in ordered)]
        return Proposal(
            new=tuple(self.new),
            restated=tuple(self.restated),
            disagreeing=tuple(self.disagreeing),
            rebased=tuple(self.rebased),
            notes=tuple(self.notes),
            rows=rows,
            records={name: record for name, record in self.records.items() if name in changed},
            made_from=self.made_from,
        )


def refreshed_record(name: str, source: str, today: dt.date) -> dict[str, Any]:
    """Return what a refresh changes in a table's record: its day, what was told of that before, and its source."""
    record = tables.resource(name)
    said = str(record.get("retrievedNote", ""))
    told = "Day of the last refresh by 'gapbook refresh'. Before the first one, "
    if not said.startswith(told):
        said = f"{told}{record['retrieved']}: {said or 'nothing was noted.'}"
    sources = list(record["sources"])
    if not any(source in known["title"] for known in sources):
        sources.append({"title": f"{source}: cells filled or replaced by 'gapbook refresh'"})
    return {"retrieved": today.isoformat(), "retrievedNote": said, "sources": sources}


def write(proposal: Proposal, *, accept_restated: bool = False, accept_disagreements: bool = False) -> list[str]:
    """Write a proposal into ``data/``, all of it or nothing.

    Parameters
    ----------
    proposal
        What to write.
    accept_restated, accept_disagreements
        That such cells have been looked at and may replace what stands.

    Returns
    -------
    list of str
        Names of the files that were replaced; empty if there was nothing to write.

    Raises
    ------
    RefreshError
        If cells are not accepted, the files have changed since, or what is to be written has a fault. Nothing is
        written then.
    """
    for cells, accepted, what, option in (
        (proposal.restated, accept_restated, "restated", "--accept-restated"),
        (proposal.disagreeing, accept_disagreements, "in disagreement with the source", "--accept-disagreements"),
    ):
        if cells and not accepted:
            many = "1 cell is" if len(cells) == 1 else f"{len(cells)} cells are"
            raise RefreshError(f"{many} {what}, so nothing was written: look at them, then add {option}")
    if not proposal.rows:
        return []
    return journal.write_tables(proposal.rows, proposal.records, proposal.made_from)
