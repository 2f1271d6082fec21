"""The command line of sweeps: ``gapbook sweep``."""

import os
import sys
from pathlib import Path

import click

from coordination_gap import paths
from coordination_gap.press import PressError


@click.command(epilog="Example: gapbook sweep 04_valuation price=300:500:5 growth=0.04,0.06,0.08")
@click.argument("notebook")
@click.argument("settings", nargs=-1, required=True, metavar="NAME=VALUES...")
@click.option(
    "--sample", metavar="KIND:SIZE", help="Draw from ranges NAME=LOW:HIGH: lhs:200, or sobol:128 for indices."
)
@click.option("--seed", default=1, show_default=True, help="Of the random numbers of a sample.")
@click.option("--edition", "edition_name", default="base", show_default=True, help="Gives all other parameters.")
@click.option("--fact", metavar="ID", help="What the chart shows; otherwise the first number that varies.")
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), help="Folder of the results.")
@click.option("--keep-notebooks", is_flag=True, help="Keep every executed notebook, its figures drawn.")
@click.option("--scheduler", metavar="ADDRESS", help="A scheduler of Dask that is there; otherwise this machine.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes of this machine; otherwise one for each core.")
@click.option(
    "--time-limit", type=click.FloatRange(min=1), default=600.0, show_default=True, help="Of a cell, in seconds."
)
@click.option("--yes", is_flag=True, help="Do not ask, however many runs there are.")
def sweep(
    notebook: str,
    settings: tuple[str, ...],
    sample: str | None,
    seed: int,
    edition_name: str,
    fact: str | None,
    output: Path | None,
    keep_notebooks: bool,
    scheduler: str | None,
    workers: int | None,
    time_limit: float,
    yes: bool,
) -> None:
    """Run a notebook for every combination of values and table its facts.

    NAME=LOW:HIGH:STEP is a range with both ends, NAME=VALUE,VALUE a list. The same
    command goes on where an earlier one stopped.
    """
    from coordination_gap.press import edition, notebooks
    from coordination_gap.sweep import perform, runs
    from coordination_gap.sweep.points import points_of

    declared = notebooks.parameters(notebook)
    points, stays = points_of(settings, declared, notebook, sample, seed)
    fixed = edition.load(edition_name).parameters[notebook] | stays
    folder = (output or paths.build() / "sweeps" / notebook).resolve()
    planned = perform.Sweep(
        task=runs.prepared(notebook, fixed, str(paths.root()), kept=keep_notebooks, cell_seconds=time_limit),
        design=points,
        described=" ".join([*sorted(settings), f"{sample} {seed}" if sample else "grid"]),
        folder=folder,
        scheduler=scheduler,
        workers=workers or os.cpu_count() or 1,
        fact=fact,
        sampled=sample is not None,
    )
    if points.count > perform.MANY_RUNS and not yes:
        _ask(perform.estimate(planned))
    varied = tuple(declared[name] for name in points.names)
    for path in perform.perform(planned, varied, lambda sentence: click.echo(sentence, err=True)):
        click.echo(path.relative_to(paths.root()) if path.is_relative_to(paths.root()) else path)


def _ask(estimate: str) -> None:
    if not sys.stdin.isatty():
        raise PressError(f"{estimate}: make the grid coarser, or say --yes to start")
    click.confirm(f"{estimate}. Start?", abort=True, err=True)
