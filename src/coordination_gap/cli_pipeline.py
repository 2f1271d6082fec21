"""The commands ``gapbook pipeline …``: a pipeline's file evaluated, simulated, checked."""

import json
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    import pandas as pd

    from coordination_gap.reliability.parts import Gate, Step
    from coordination_gap.reliability.pipeline import Pipeline

Command = TypeVar("Command", bound=Callable[..., Any])
Made = TypeVar("Made")

#: What a run comes to and takes, in the order shown: the field, and what it is called.
_FIELDS = {
    "success": "success",
    "silent_failure": "silent failure",
    "halted": "halted",
    "attempts": "attempts",
    "cost": "cost, US dollars",
    "seconds": "seconds, mean",
}
_LEVELS = (0.5, 0.95, 0.99)


@click.group(epilog="Example: gapbook pipeline evaluate pipelines/six-steps.yml --set step-1.success=0.99")
def pipeline() -> None:
    """Evaluate, simulate and check pipelines in YAML files, and estimate them from traces."""


def _of_a_file(command: Command) -> Command:
    """Give a command the pipeline's file, the changes to it, and the choice of JSON."""
    command = click.option("--json", "as_json", is_flag=True, help="Print JSON, numbers with all digits.")(command)
    command = click.option(
        "--set", "changes", multiple=True, metavar="NAME.FIELD=VALUE",
        help="Replace a value of the file, as in lookup.success=0.99 or lookup.gate.detection=0.95; "
        "null takes a key out. May be given several times.",
    )(command)  # fmt: skip
    return click.argument("file")(command)


@pipeline.command(epilog="Example: gapbook pipeline evaluate pipelines/six-steps.yml --set step-1.attempts=1")
@_of_a_file
def evaluate(file: str, changes: tuple[str, ...], as_json: bool) -> None:
    """Print how a run of FILE ends and what it takes, exactly."""
    outcome = _load(file, changes).evaluate()
    values = {field: getattr(outcome, field) for field in _FIELDS}
    quantiles = {level: outcome.latency.quantile(level) for level in _LEVELS}
    if as_json:
        by_level = {str(level): value for level, value in quantiles.items()}
        _print_json({"file": file, "changes": changes, **values, "seconds_quantiles": by_level})
        return
    rows = [(_FIELDS[field], _digits(value)) for field, value in values.items()]
    rows += [(_within(level), _digits(value)) for level, value in quantiles.items()]
    _print_table(_titled(file, changes), rows)


@pipeline.command(epilog="Example: gapbook pipeline simulate pipelines/six-steps.yml --runs 1000000 --seed 1")
@_of_a_file
@click.option("--runs", default=1_000_000, show_default=True, help="How many runs.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same estimates.")
@click.option("--follow", is_flag=True, help="Follow each run on its own, to estimate quantiles of the seconds, too.")
def simulate(file: str, changes: tuple[str, ...], as_json: bool, runs: int, seed: int, follow: bool) -> None:
    """Print estimates from simulated runs of FILE, their standard errors, and the exact values."""
    from coordination_gap.reliability.simulation import Followed

    given = _load(file, changes)
    simulated, outcome = given.simulate(runs, seed, follow=follow), given.evaluate()
    values = {
        field: (getattr(simulated, field), getattr(simulated.standard_error, field), getattr(outcome, field))
        for field in _FIELDS
    }
    # A standard error is 0 where an end never came up; the interval is not.
    intervals = {field: simulated.interval(field) for field in ("success", "silent_failure", "halted")}
    quantiles: dict[float, tuple[float, float]] = {}
    if isinstance(simulated, Followed):
        quantiles = {level: (simulated.seconds_quantile(level), outcome.latency.quantile(level)) for level in _LEVELS}
    if as_json:
        columns = ("estimate", "standard_error", "exact")
        estimates: dict[str, dict[str, Any]] = {
            field: dict(zip(columns, row, strict=True)) for field, row in values.items()
        }
        for field, interval in intervals.items():
            estimates[field]["interval"] = interval
        by_level = {str(level): {"estimate": row[0], "exact": row[1]} for level, row in quantiles.items()}
        more = {"seconds_quantiles": by_level} if by_level else {}
        _print_json({"file": file, "changes": changes, "runs": runs, "seed": seed, **estimates, **more})
        return
    rows = [("", "estimate", "standard error", "95% interval", "exact", "off by")]
    for field, (estimate, error, exact) in values.items():
        off = f"{(estimate - exact) / error:+.1f} s.e." if error > 0 else ""
        interval_shown = " to ".join(map(_digits, intervals.get(field, ())))
        rows.append((_FIELDS[field], _digits(estimate), _digits(error), interval_shown, _digits(exact), off))
    rows += [(_within(level), _digits(row[0]), "", "", _digits(row[1]), "") for level, row in quantiles.items()]
    _print_table(_titled(f"{file}, {runs:,} runs, seed {seed}", changes), rows)


@pipeline.command(epilog="Example: gapbook pipeline importance pipelines/support-desk.yml")
@_of_a_file
def importance(file: str, changes: tuple[str, ...], as_json: bool) -> None:
    """Print what each step of FILE is worth: which one to mend first."""
    frame = _load(file, changes).importance()
    if as_json:
        _print_json({"file": file, "changes": changes, "steps": _records(frame)})
    else:
        _print_frame(_titled(file, changes), frame)


@pipeline.command(
    epilog="Example: gapbook pipeline allocate pipelines/support-desk.yml --set correlation=0 "
    "--target 0.96 --gate 0.9,0.02"
)
@_of_a_file
@click.option("--target", type=float, required=True, help="The success to reach, a probability.")
@click.option("--attempts", default="1,2,3", show_default=True, metavar="N,N,...", help="Attempts to choose from.")
@click.option(
    "--gate", "gates", multiple=True, metavar="DETECTION,FALSE_ALARM[,COST[,SECONDS]]",
    help="A gate to choose from. May be given several times.",
)  # fmt: skip
@click.option(
    "--fallback", "fallbacks", multiple=True, metavar="SUCCESS[,COST[,SECONDS[,LOUD]]]",
    help="A second way of doing a step. May be given several times.",
)  # fmt: skip
@click.option("--votes", default="", metavar="N,N,...", help="Numbers of voters to choose from.")
@click.option("--step", "steps", multiple=True, metavar="NAME", help="A step that may change; by default all may.")
@click.option("--cost-budget", type=float, help="Most that a run may cost on average, US dollars.")
@click.option("--seconds-budget", type=float, help="Longest that a run may take on average.")
@click.option("--silent-budget", type=float, help="Most probable that a silent failure may be.")
@click.option("--out", help="Write the pipeline with its remedies to this YAML file.")
def allocate(
    file: str, changes: tuple[str, ...], as_json: bool, target: float, attempts: str, gates: tuple[str, ...],
    fallbacks: tuple[str, ...], votes: str, steps: tuple[str, ...], cost_budget: float | None,
    seconds_budget: float | None, silent_budget: float | None, out: str | None,
) -> None:  # fmt: skip
    """Print the cheapest combination of remedies with which FILE reaches a target."""
    from coordination_gap.reliability import allocation, options, parts, specification

    _refuse_to_overwrite(out, file)
    given = _load(file, changes)
    choices = options.options_of_steps(
        given,
        attempts=[int(number) for number in _numbers("--attempts", attempts, 1, None, whole=True)],
        gates=[_gate(parts.Gate, text) for text in gates],
        fallbacks=[
            _fallback(parts.Step, text, f"fallback {place}" if len(fallbacks) > 1 else "fallback")
            for place, text in enumerate(fallbacks, start=1)
        ],
        votes=[int(number) for number in _numbers("--votes", votes, 0, None, whole=True)],
        steps=steps,
    )
    found = allocation.allocate(
        given, choices, target,
        cost_budget=cost_budget, seconds_budget=seconds_budget, silent_budget=silent_budget,
    )  # fmt: skip
    if out is not None:
        specification.save_pipeline(found.pipeline, out)
    before, after = given.evaluate(), found.outcome
    if as_json:
        ends = {
            when: {field: getattr(outcome, field) for field in _FIELDS}
            for when, outcome in (("before", before), ("after", after))
        }
        _print_json({"file": file, "changes": changes, "target": target, **ends, "steps": _records(found.frame)})
        return
    rows = [("", "as it is", "with the remedies")]
    rows += [
        (words, _digits(getattr(before, field)), _digits(getattr(after, field))) for field, words in _FIELDS.items()
    ]
    goal = f"the least cost at which a run succeeds {_digits(target)} of the time"
    _print_table(f"{_titled(file, changes)}: {goal}", rows)
    _print_frame("steps with what was chosen for each", found.frame.drop(columns="option"))
    if out is not None:
        click.echo(f"{out} is written")


def _gate(make: "type[Gate]", text: str) -> "Gate":
    detection, false_alarm, *more = _numbers("--gate", text, 2, 4)
    cost, seconds = (*more, 0.0, 0.0)[:2]
    return _made("--gate", text, lambda: make(detection, false_alarm, cost=cost, seconds=seconds))


def _fallback(make: "type[Step]", text: str, name: str) -> "Step":
    success, *more = _numbers("--fallback", text, 1, 4)
    cost, seconds, loud = (*more, 0.0, 0.0, 0.0)[:3]
    return _made("--fallback", text, lambda: make(name, success, cost=cost, seconds=seconds, loud=loud))


def _made(option: str, text: str, make: Callable[[], Made]) -> Made:
    try:
        return make()
    except ValueError as error:
        raise ValueError(f"{option} {text}: {error}") from None


def _numbers(option: str, text: str, least: int, most: int | None, *, whole: bool = False) -> list[float]:
    """Return the numbers of an option, between commas."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    try:
        numbers: list[float] = [int(word) if whole else float(word) for word in words]
    except ValueError:
        kind = "whole numbers" if whole else "numbers"
        raise ValueError(f"{option} is {text!r}: give {kind} between commas, such as {_SUCH_AS[option]}") from None
    if len(numbers) < least or (most is not None and len(numbers) > most):
        allowed = f"at least {least}" if most is None else f"{least} to {most}"
        raise ValueError(f"{option} is {text!r}: give {allowed} numbers between commas, such as {_SUCH_AS[option]}")
    return numbers


_SUCH_AS = {"--attempts": "1,2,3", "--gate": "0.9,0.02", "--fallback": "0.9,0.01", "--votes": "3,5"}


@pipeline.command(epilog="Example: gapbook pipeline check pipelines/*.yml")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def check(files: tuple[str, ...]) -> None:
    """Say of each FILE whether it is a pipeline, and if not, where and how to mend it."""
    failed = False
    for file in files:
        try:
            _load(file, ())
        except ValueError as error:
            failed = True
            click.echo(str(error), err=True)
        else:
            click.echo(f"{file}: no fault")
    if failed:
        sys.exit(1)


@pipeline.command(epilog="Example: gapbook pipeline schema > pipeline.schema.json")
def schema() -> None:
    """Print the JSON Schema of pipeline files, for editors and other programs."""
    from coordination_gap.reliability import specification

    click.echo(specification.pipeline_schema_text(), nl=False)


@pipeline.command(epilog="Example: gapbook pipeline estimate traces.csv --gap --out measured.yml")
@click.argument("traces")
@click.option("--template", help="A pipeline's file that says how the steps are joined; without it, in series.")
@click.option("--confidence", default=0.95, show_default=True, help="Of the intervals.")
@click.option(
    "--incomplete", type=click.Choice(["refuse", "drop"]), default="refuse", show_default=True,
    help="What is done with runs whose trace is cut short.",
)  # fmt: skip
@click.option("--gap", "with_gap", is_flag=True, help="Print predicted against observed ends of runs, too.")
@click.option("--seed", default=0, show_default=True, help="Of the resampling behind the intervals of the gap.")
@click.option("--out", help="Write the estimated pipeline to this YAML file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, numbers with all digits.")
def estimate(
    traces: str, template: str | None, confidence: float, incomplete: str,
    with_gap: bool, seed: int, out: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Print the pipeline behind TRACES (.csv, or OTLP as .json or .jsonl), with intervals."""
    from coordination_gap.reliability import specification
    from coordination_gap.reliability.traces import coordination_gap, estimate_pipeline, read_traces

    _refuse_to_overwrite(out, traces, *([template] if template else []))
    joined = None if template is None else _load(template, ())
    attempts = read_traces(traces, incomplete=incomplete)
    gap = None
    if with_gap:
        gap = coordination_gap(attempts, joined, confidence, seed=seed, incomplete=incomplete)
        estimated = gap.estimated
    else:
        estimated = estimate_pipeline(attempts, joined, confidence, incomplete=incomplete)
    if out is not None:
        specification.save_pipeline(estimated.pipeline, out, estimated.remarks())
    notes = [*estimated.assumed, *(gap.notes if gap else ())]
    frames = {"steps": estimated.steps, "ways": estimated.ways}
    if gap is not None:
        frames |= {"gap": gap.table, "pairs": gap.pairs}
    if as_json:
        of_runs = {"runs": estimated.runs, "dropped_runs": estimated.dropped_runs, "confidence": confidence}
        _print_json({"file": traces, **of_runs, **{name: _records(frame) for name, frame in frames.items()},
                     "notes": notes})  # fmt: skip
        return
    dropped = f", {estimated.dropped_runs:,} left out as cut short" if estimated.dropped_runs else ""
    titles = {
        "steps": f"{traces}: {estimated.runs:,} runs{dropped}, intervals of {100 * confidence:.6g}%",
        "ways": "ways of the branches",
        "gap": "predicted against observed ends of runs",
        "pairs": "pairs of steps whose first attempts fail together",
    }
    for name, frame in frames.items():
        if not frame.empty:
            _print_frame(titles[name], frame)
    for note in notes:
        click.echo(note)
    if out is not None:
        click.echo(f"{out} is written")


def _refuse_to_overwrite(out: str | None, *read: str) -> None:
    """Refuse to write over a file that is read: traces cannot be had again, and a pipeline would lose its comments."""
    for file in read if out is not None else ():
        if Path(file).exists() and Path(out or "").exists() and Path(file).samefile(out or ""):
            raise ValueError(f"--out {out} is the file that is read: give another name")


def _load(file: str, changes: Sequence[str]) -> "Pipeline":
    if not file.strip():
        raise ValueError(f"the file of a pipeline is {file!r}: give a file's name, such as pipelines/six-steps.yml")
    from coordination_gap.reliability import specification

    return specification.load_pipeline(file, changes=changes)


def _within(level: float) -> str:
    return f"seconds, {level:.0%} within"


def _digits(value: float) -> str:
    return f"{value:.6g}"


def _titled(title: str, changes: Sequence[str]) -> str:
    return f"{title} with {', '.join(changes)}" if changes else title


def _records(frame: "pd.DataFrame") -> list[dict[str, Any]]:
    """Return the rows of a frame for JSON, None where a value is unknown or a bound is infinite."""
    return [
        {str(name): None if _is_unknown(value) or value == math.inf else value for name, value in row.items()}
        for row in frame.astype(object).to_dict("records")
    ]


def _is_unknown(value: Any) -> bool:
    import pandas as pd

    return bool(pd.isna(value))


def _cell(value: Any) -> str:
    if _is_unknown(value):
        return ""
    return _digits(value) if isinstance(value, float) else str(value)


def _print_json(values: dict[str, Any]) -> None:
    click.echo(json.dumps(values, indent=2, allow_nan=False, ensure_ascii=False))


def _print_frame(title: str, frame: "pd.DataFrame") -> None:
    header = [str(name) for name in frame.columns]
    _print_table(title, [header, *([_cell(value) for value in row] for row in frame.itertuples(index=False))])


def _print_table(title: str, rows: Sequence[Sequence[str]]) -> None:
    click.echo(title)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
