"""``gapbook refresh``: newer filings and prices for ``data/``."""

import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:  # the package takes long to import
    from coordination_gap.live import Proposal

_EXITS = "Exit: 0 nothing to decide (nothing new, shown, or written), 1 an error or cells to decide on, 2 wrong usage."


@click.command(epilog=f'Example: gapbook refresh all --contact "Jane Doe jane@example.org" --write. {_EXITS}')
@click.argument("what", type=click.Choice(["filings", "prices", "all"]), default="all")
@click.option("--contact", envvar="EDGAR_IDENTITY", help="Your name and mail address, which the SEC asks for.")
@click.option("--through", metavar="DAY", help="The last day to look at, as YYYY-MM-DD; for prices, a session.")
@click.option("--write", "to_write", is_flag=True, help="Write what is proposed; without this it is only shown.")
@click.option("--accept-restated", is_flag=True, help="Let later filings replace the values that they restate.")
@click.option("--accept-disagreements", is_flag=True, help="Let the source replace values that it disagrees with.")
@click.option("--json", "as_json", is_flag=True, help="Show the proposal as JSON.")
def refresh(
    what: str,
    contact: str | None,
    through: str | None,
    to_write: bool,
    accept_restated: bool,
    accept_disagreements: bool,
    as_json: bool,
) -> None:
    """Show what newer filings and prices would change in data/, and write it if asked to.

    Filings come from the SEC, prices from Yahoo; docs/refresh.md says what is refreshed and what is not.
    """
    from coordination_gap import live, tables

    try:
        last = None if through is None else tables.parse_day(through, "--through")
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    filings = None if what == "prices" else live.EdgarFilings(contact)
    prices = None if what == "filings" else live.YahooPrices()
    proposal = live.propose(filings, prices, through=last)
    written = []
    unresolved = (proposal.restated and not accept_restated) or (proposal.disagreeing and not accept_disagreements)
    if to_write and not unresolved:
        written = live.write(proposal, accept_restated=accept_restated, accept_disagreements=accept_disagreements)
    if as_json:
        click.echo(json.dumps({**proposal.as_dict(), "written": written}, indent=2, ensure_ascii=False))
    else:
        show(proposal)
        if written:
            click.echo(f"written: {', '.join(f'data/{file}' for file in written)}")
        elif not proposal.empty and not unresolved:
            click.echo("nothing was written: add --write to write it")
    if unresolved:
        click.echo(
            "gapbook: nothing was written: look at the cells above, then add --accept-restated or "
            "--accept-disagreements",
            err=True,
        )
        sys.exit(1)


def show(proposal: "Proposal") -> None:
    """Print a proposal, a cell a line."""
    for title, cells in (
        ("new", proposal.new),
        ("restated by a later filing", proposal.restated),
        ("in disagreement with the source", proposal.disagreeing),
    ):
        if cells:
            click.echo(f"{title}: {len(cells)}")
        for cell in cells:
            change = f"{cell.old} -> {cell.new}" if cell.old else cell.new
            click.echo(f"  {cell.table}, {cell.row}, {cell.column}: {change} ({cell.source})")
    for one in proposal.rebased:
        done = "written on the new base" if one.written else "left as it is, for returns are the same"
        click.echo(f"re-based: {one.event_id}, {one.ticker}: factor {one.factor:.6f}; {done}")
    for note in proposal.notes:
        click.echo(f"note: {note}")
    if proposal.empty:
        click.echo("nothing is new")
