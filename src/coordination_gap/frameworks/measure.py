"""``make frameworks``: measure everything again and put the tables in place.

``python -m coordination_gap.frameworks.measure [NAME …]`` measures the named frameworks, or all; the rows of the
others stay as they are in the tables.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

from coordination_gap import paths, tables
from coordination_gap.frameworks import measuring, n8n, releases
from coordination_gap.frameworks.environments import InstallError
from coordination_gap.frameworks.measuring import Measured
from coordination_gap.frameworks.probing import ProbeError
from coordination_gap.frameworks.subjects import BASELINE, N8N, PROTOCOL, PYTHON_SUBJECTS, SOLVE_DAYS, Subject
from coordination_gap.frameworks.writing import columns_of, write_table


def ways() -> dict[str, tuple[Subject, Callable[[Measured], None]]]:
    """Return how each subject is measured, by its name."""
    python: dict[str, tuple[Subject, Callable[[Measured], None]]] = {
        subject.name: (subject, measuring.measure_python) for subject in (BASELINE, *PYTHON_SUBJECTS)
    }
    return python | {PROTOCOL.name: (PROTOCOL, measuring.measure_protocol), N8N.name: (N8N, n8n.measure)}


def measure_one(name: str, day: str) -> Measured:
    """Measure one subject as of a day; what goes wrong becomes a row."""
    subject, way = ways()[name]
    measured = measuring.start(subject, day)
    try:
        way(measured)
    except (InstallError, ProbeError) as fault:
        measured.outcome("fault", "whole", "not measured", None, str(fault))
        if not measured.run:
            measured.run = {
                "framework": name, "published_on": day, "package": subject.package, "solve": str(fault),
                "run_on": measured.run_on, **measuring.where(),
            }  # fmt: skip
    return measured


def put(measured: Measured) -> None:
    """Put the rows of one subject and day in place of those that the tables hold of it."""
    fresh = {
        "framework_runs": [measured.run],
        "framework_measurements": measured.measurements,
        "framework_outcomes": measured.outcomes,
    }
    for table, rows in fresh.items():
        others = [
            row
            for row in _cells(table)
            if (row["framework"], row["published_on"]) != (measured.subject.name, measured.day)
        ]
        write_table(paths.data() / f"{table}.csv", *columns_of(table), [*others, *rows])


def _cells(table: str) -> list[dict[str, Any]]:
    try:
        header, *lines = tables.cells(table, max(SOLVE_DAYS))
    except tables.TableError:
        return []
    return [dict(zip(header, line, strict=True)) for line in lines]


def main(arguments: Sequence[str]) -> int:
    """Measure, and write the tables; return the exit code.

    Each subject's rows are in place as soon as it is measured, so that a run that is stopped loses one at most.
    """
    names = list(arguments) or list(ways())
    unknown = [name for name in names if name not in ways()]
    if unknown:
        print(f"frameworks: {unknown[0]!r} is not measured here: name one of {', '.join(ways())}", file=sys.stderr)
        return 2
    for day in SOLVE_DAYS:
        for name in names:
            print(f"{name}, as of {day}", flush=True)
            put(measure_one(name, day))
    try:
        write_table(paths.data() / "framework_releases.csv", *columns_of("framework_releases"), releases.fetch())
    except releases.RegistryError as fault:
        print(f"frameworks: {fault}; the table of releases stays as it was", file=sys.stderr)
    print("frameworks: tables written; 'gapbook check data --record' takes them over")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
