"""The command line of citations: ``gapbook cite``."""

import click

_FORMATS = ("apa", "bibtex", "ris", "csl-json", "markdown")


@click.command(epilog="Example: gapbook cite compounding.end_to_end --format bibtex")
@click.argument("what", metavar="[ID]", required=False)
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), default="apa", show_default=True, help="How it is written."
)
@click.option("--edition", "name", default="base", show_default=True, help="The published edition that is cited.")
def cite(what: str | None, form: str, name: str) -> None:
    """Cite a fact, a figure, a page or, without an ID, the book, as the built site publishes it.

    ID is the id of a fact, that of a figure (after figure: if a fact has the same), or the
    name of a page such as 05_compounding.
    """
    from coordination_gap.press.cite import formatted, published

    click.echo(formatted(published.find(what, name), form))
