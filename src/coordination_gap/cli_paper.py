"""The book on paper: ``gapbook memo`` and ``gapbook paper``."""

from pathlib import Path

import click

from coordination_gap import paths


@click.command(epilog="Example: gapbook memo --edition bear")
@click.option("--edition", "name", default="base", show_default=True, help="An edition that is built.")
@click.option("--output", type=click.Path(path_type=Path), help="The folder to write into.  [_build/paper/EDITION]")
def memo(name: str, output: Path | None) -> None:
    """Write the one-page memo of an edition as Word and PDF, each number with its address."""
    from coordination_gap.press.paper import memo as one_page

    _say(one_page.write(_site(name), output or _folder(name)))


@click.command(epilog="Example: gapbook paper --output papers")
@click.option("--edition", "name", default="base", show_default=True, help="An edition that is built.")
@click.option("--output", type=click.Path(path_type=Path), help="The folder to write into.  [_build/paper/EDITION]")
def paper(name: str, output: Path | None) -> None:
    """Write the whole book of an edition as PDF and EPUB."""
    from coordination_gap.press.paper import book

    _say(book.write(_site(name), output or _folder(name)))


def _site(name: str) -> Path:
    from coordination_gap.press import PressError, edition
    from coordination_gap.press.freshness.published import site_folder

    edition.load(name)
    site = paths.build() / "html" / site_folder(name)
    if not (site / "facts.json").is_file():
        raise PressError(f"the edition {name} is not built: run 'gapbook build --edition {name}' first")
    return site


def _folder(name: str) -> Path:
    return paths.build() / "paper" / name


def _say(made: list[Path]) -> None:
    for path in made:
        click.echo(paths.shown(path))
