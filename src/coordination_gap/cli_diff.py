"""The command line of differences: ``gapbook diff``."""

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from coordination_gap import paths
from coordination_gap.press import PressError

if TYPE_CHECKING:
    from coordination_gap.press.difference import Side
    from coordination_gap.press.edition import Edition


@click.command(epilog="Example: gapbook diff base bear --output bear.md")
@click.argument("before")
@click.argument("after")
@click.option(
    "-p", "overrides", multiple=True, metavar="NOTEBOOK.PARAMETER=VALUE", help="Replace one parameter of AFTER."
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write all of it to a .json or .md file.",
)
@click.option(
    "--all", "all_of_them", is_flag=True, help="Show every fact that changed, and not the first of each kind."
)
def diff(before: str, after: str, overrides: tuple[str, ...], output: Path | None, all_of_them: bool) -> None:
    """Show what differs between two editions: facts, sentences, verdicts, figures and parameters.

    BEFORE and AFTER are names of editions, or paths of a facts.json that a site has
    published. What has run before is not run again.
    """
    _check_output(output)
    from coordination_gap.press import difference
    from coordination_gap.press.difference import report

    old, new = _chosen(before, ()), _chosen(after, overrides)
    earlier, later = _sides(old, new)
    found = difference.document(difference.compare(earlier, later, difference.project_texts()))
    if output is None:
        click.echo(report.text(found, all_of_them))
        return
    as_json = output.suffix == ".json"
    _write(
        json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False) + "\n" if as_json else report.markdown(found),
        output,
    )
    click.echo(report.headline(found))
    click.echo(f"{output} holds all of it")


def _check_output(output: Path | None) -> None:
    # Running the editions takes minutes: what would fail after that is refused before.
    if output is None:
        return
    if output.suffix not in (".json", ".md"):
        raise PressError(f"--output {output}: end the file's name in .json or .md")
    if not output.parent.is_dir():
        raise PressError(f"--output {output}: there is no folder {output.parent}; make it or name another one")


def _chosen(word: str, overrides: tuple[str, ...]) -> "Edition | Side":
    """Return the edition of a name, or the side that a file of published facts is."""
    from coordination_gap.press import difference, edition

    if word in edition.names() or not ("/" in word or word.endswith(".json")):
        return edition.load(word, overrides)
    if overrides:
        raise PressError(f"-p {overrides[0]}: {word} holds facts, not parameters; give an edition to replace one in")
    return difference.of_file(Path(word))


def _sides(*chosen: "Edition | Side") -> "list[Side]":
    """Return the sides, each edition run as far as it is not kept."""
    from coordination_gap.press import difference, site

    if all(isinstance(one, difference.Side) for one in chosen):
        return [one for one in chosen if isinstance(one, difference.Side)]
    with (
        site.build_lock(),
        # Under the name of a build's folder, so that the next one clears what a killed process left.
        tempfile.TemporaryDirectory(prefix="staging-", dir=paths.build()) as folder,
    ):
        return [
            one
            if isinstance(one, difference.Side)
            else difference.of_run(one, site.run_edition(one, Path(folder) / str(number)))
            for number, one in enumerate(chosen)
        ]


def _write(text: str, output: Path) -> None:
    beside = output.with_name(f".{output.name}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(output)
