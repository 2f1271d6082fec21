"""The command line: ``gapbook``."""

import errno
import signal
import sys
from pathlib import Path
from types import FrameType

import click

from coordination_gap import (
    __version__,
    cli_agent,
    cli_cite,
    cli_diff,
    cli_paper,
    cli_pipeline,
    cli_refresh,
    cli_sweep,
    paths,
)
from coordination_gap.press import PressError


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: gapbook build --edition article-day",
)
@click.version_option(__version__, prog_name="gapbook")
def gapbook() -> None:
    """Build, check and re-run the report."""
    if (paths.root() / "data" / ".refresh").exists():  # a refresh was cut off; the package takes long to import
        from coordination_gap import live

        done = live.mend()
        if done:
            click.echo(f"gapbook: {done}", err=True)


@gapbook.command(epilog="Example: gapbook build -p 05_compounding.steps=8")
@click.option("--edition", "name", default="base", show_default=True, help="A file of editions/, without its ending.")
@click.option("-p", "overrides", multiple=True, metavar="NOTEBOOK.PARAMETER=VALUE", help="Replace one parameter.")
@click.option("--fresh", is_flag=True, help="Run every notebook, whatever is kept of earlier runs.")
def build(name: str, overrides: tuple[str, ...], fresh: bool) -> None:
    """Run the notebooks of an edition, as far as anything they read has changed, and publish it as _build/html."""
    from coordination_gap.press.freshness import published

    asked = (name, *overrides)
    page = None if fresh else published.up_to_date(asked)
    if page is not None:
        click.echo(f"{page.relative_to(paths.root())} is up to date")
        return
    from coordination_gap.press.renderer import Renderer

    with Renderer() as renderer:  # loads while this process does
        from coordination_gap.press import edition, site

        page = site.build(edition.load(name, overrides), asked, renderer, fresh=fresh)
    click.echo(f"{page.relative_to(paths.root())} is ready")


@gapbook.command(epilog="Example: gapbook rerun 04_valuation -p price=400")
@click.argument("notebook")
@click.option("-p", "given", multiple=True, metavar="NAME=VALUE", help="Replace one value of the edition.")
@click.option("--edition", "name", default="base", show_default=True, help="Gives all other values.")
@click.option("--output", metavar="PATH", help="Where the executed notebook goes; also s3://, gs:// and the like.")
@click.option("--all", "all_of_them", is_flag=True, help="Show every fact that changed, and not the first twenty.")
def rerun(notebook: str, given: tuple[str, ...], name: str, output: str | None, all_of_them: bool) -> None:
    """Run one notebook under other values, show which of its facts changed, and make a page of it."""
    from coordination_gap.press import rerun as again

    done = again.rerun(notebook, given, name, output)
    shown = done.changes if all_of_them else done.changes[:20]
    width = max((len(change.fact_id) for change in shown), default=0)
    for change in shown:
        click.echo(f"{change.fact_id:{width}}  {change.before} -> {change.after}")
    if len(shown) < len(done.changes):
        click.echo(f"and {len(done.changes) - len(shown)} more; --all shows them")
    click.echo(f"{len(done.changes)} of {done.recorded} facts changed against {name}; {done.notebook} is the run")
    click.echo(f"{done.page} is its page")
    for fault in done.faults:
        click.echo(f"the page is not as it is meant: {fault}", err=True)
    if done.faults:
        sys.exit(1)


@gapbook.command(epilog="Example: gapbook release 1.0.0")
@click.argument("version")
def release(version: str) -> None:
    """Build every edition anew, and keep its facts and what differs from the last release."""
    from coordination_gap.press import release as releases

    click.echo(
        f"{releases.release(version).relative_to(paths.root())} is ready: commit it, and tag the commit v{version}"
    )


@gapbook.command(name="as-of", epilog="Example: gapbook as-of 2026-11-30")
@click.argument("day")
def as_of(day: str) -> None:
    """Let the editions that look as far as base look up to DAY; rows that became public later are seen by none."""
    from coordination_gap.press import as_of as days

    for path in days.move(day):
        click.echo(path.relative_to(paths.root()))
    click.echo("now write the twins with 'gapbook check pairs --write'")


@gapbook.command(epilog="Example: gapbook attachments 1.0.0")
@click.argument("version")
@click.option("--output", type=click.Path(path_type=Path), help="The folder to write.  [_build/attachments/VERSION]")
def attachments(version: str, output: Path | None) -> None:
    """Gather what is attached to a release: site, papers, research objects, differences and checksums."""
    from coordination_gap.press import attachments as attached

    for path in attached.gather(version, output or paths.build() / "attachments" / version):
        click.echo(paths.shown(path))


@gapbook.command(epilog="Example: gapbook crate --edition base")
@click.option("--edition", "name", default="base", show_default=True, help="An edition that is built.")
@click.option("--output", type=click.Path(path_type=Path), help="The archive.  [_build/crate/EDITION.zip]")
def crate(name: str, output: Path | None) -> None:
    """Pack an edition as an RO-Crate: data, code, environment and outputs in one archive."""
    from coordination_gap.press import crate as research_object
    from coordination_gap.press import edition

    edition.load(name)
    click.echo(paths.shown(research_object.write(name, output or paths.build() / "crate" / f"{name}.zip")))


@gapbook.command(epilog="Example: gapbook serve --port 8000")
@click.option("--edition", "name", default="base", show_default=True, help="A file of editions/, without its ending.")
@click.option("-p", "overrides", multiple=True, metavar="NOTEBOOK.PARAMETER=VALUE", help="Replace one parameter.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
def serve(name: str, overrides: tuple[str, ...], port: int) -> None:
    """Show the book in a browser of this machine, and build it again whenever a file of it changes."""
    from coordination_gap.press import edition
    from coordination_gap.press import serve as preview

    preview.serve(edition.load(name, overrides), (name, *overrides), port, click.echo)


@gapbook.command(epilog="Example: gapbook params 05_compounding")
@click.argument("notebook", required=False)
def params(notebook: str | None) -> None:
    """Show the parameters of a notebook, or of all: type, default, what is allowed, meaning."""
    from coordination_gap.press import notebooks

    for name in [notebook] if notebook else notebooks.names():
        declared = notebooks.parameters(name)
        click.echo(name)
        for parameter in declared.values():
            click.echo(f"  {parameter.name} = {parameter.default}")
            click.echo(f"      {parameter.meaning} ({parameter.allowed})")


@gapbook.group(epilog="Example: gapbook check all")
def check() -> None:
    """Check the data, the notebooks and the prose."""


@check.command(epilog="Example: gapbook check data")
@click.option("--record", is_flag=True, help="First write the files' present hashes into the record, after an edit.")
def data(record: bool) -> None:
    """Validate every table of data/ against its record: file, row, column and mend for each fault."""
    from coordination_gap import data_package

    if record:
        data_package.record_hashes()
    _report([str(fault) for fault in data_package.check_package()], "data")


@check.command(epilog="Example: gapbook check pairs")
@click.option("--write", is_flag=True, help="First run the base edition and write its outputs into the twins.")
def pairs(write: bool) -> None:
    """Compare each notebook's text with its .ipynb twin, by content."""
    from coordination_gap.press import edition, notebooks, site

    if write:
        changed = site.write_twins(edition.load("base"))
        click.echo(f"changed: {', '.join(changed)}" if changed else "no twin changed")
    faults = notebooks.unpaired()
    for name in notebooks.names():
        faults += notebooks.pair_differences(name)
    _report(faults, "pairs")


@check.command(epilog="Example: gapbook check prose")
def prose() -> None:
    """Find digits typed into prose that are neither facts nor on the allow-list."""
    from coordination_gap.press import prose as checker

    _report(checker.typed_digits(), "prose")


@check.command(epilog="Example: gapbook check editions")
def editions() -> None:
    """Check every edition against the notebooks' parameters, and base against their defaults."""
    from coordination_gap.press import edition

    _report(edition.faults(), "editions")


@check.command(epilog="Example: gapbook check claims")
def claims() -> None:
    """Find claims of the article that nothing decides, dead facts, and numbers that no claim covers."""
    from coordination_gap.press import audit

    _report(audit.faults(), "claims")


@check.command(name="releases", epilog="Example: gapbook check releases")
def check_releases() -> None:
    """Check that each release is complete, with what differs from the one before, and as it was kept."""
    from coordination_gap.press import release as releases

    _report(releases.faults(), "releases")


@check.command(epilog="Example: gapbook check citation")
def citation() -> None:
    """Check that CITATION.cff says what the package and the book's settings say."""
    from coordination_gap.press.cite import cff

    _report(cff.faults(), "citation")


@check.command(name="all", epilog="Example: gapbook check all")
@click.pass_context
def check_all(context: click.Context) -> None:
    """Run every check and report all faults."""
    failed = False
    for command in (data, pairs, prose, editions, claims, check_releases, citation):
        try:
            context.invoke(command)
        except SystemExit:
            failed = True
    if failed:
        sys.exit(1)


gapbook.add_command(cli_agent.agent)
gapbook.add_command(cli_cite.cite)
gapbook.add_command(cli_diff.diff)
gapbook.add_command(cli_paper.memo)
gapbook.add_command(cli_paper.paper)
gapbook.add_command(cli_pipeline.pipeline)
gapbook.add_command(cli_refresh.refresh)
gapbook.add_command(cli_sweep.sweep)


def _report(faults: list[str], what: str) -> None:
    for fault in faults:
        click.echo(fault, err=True)
    if faults:
        sys.exit(1)
    click.echo(f"{what}: no fault")


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line; every failure is one clear sentence and a non-zero exit."""
    # A request to end from outside is treated like Ctrl-C, so that no worker is left behind.
    signal.signal(signal.SIGTERM, _stop)
    try:
        gapbook.main(standalone_mode=False)
    except click.exceptions.Abort:
        _leave("stopped; what was published before is unchanged", 130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _leave("stopped; what was published before is unchanged", 130)
    except (PressError, ValueError) as error:  # a TableError is a ValueError; its module is slow to load
        _leave(str(error), 1)
    except OSError as error:
        place = f" while writing {error.filename}" if error.filename else ""
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            unchanged = "what was published before is unchanged"
            _leave(f"no space is left{place or ' where the output goes'}: free some and run it again; {unchanged}", 1)
        _leave(f"{error.strerror or error}{place}: mend that and run it again", 1)


def _leave(sentence: str, code: int) -> None:
    click.echo(f"gapbook: {sentence}", err=True)
    sys.exit(code)
