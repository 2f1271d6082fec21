"""Measure one framework as of one day: every probe, with a row for what could not be had."""

import datetime as dt
import os
import platform
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from coordination_gap.frameworks import environments, rows
from coordination_gap.frameworks.probing import ProbeError, hosts_asked, run, run_probe
from coordination_gap.frameworks.rows import LONG, NOT_MEASURED, SHORT, Row
from coordination_gap.frameworks.subjects import Subject

ERRORS = ("exception", "ValueError", "time-out")
WRONG_KEYS = ("misspelt beside a right one", "misspelt alone")
KILLED_IN = "decide"
IMPORTS, HANDOFFS, TOOL_CALLS = 5, 30, 300


@dataclass
class Measured:
    """Rows of one framework as of one day."""

    subject: Subject
    day: str
    run_on: str
    measurements: list[Row] = field(default_factory=list)
    outcomes: list[Row] = field(default_factory=list)
    run: Row = field(default_factory=dict)

    @property
    def _common(self) -> Row:
        return {"framework": self.subject.name, "published_on": self.day, "run_on": self.run_on}

    def measure(self, measure: str, unit: str, values: list[float], note: str = "") -> None:
        """Add a measurement: median and quartiles."""
        self.measurements.append(self._common | {"measure": measure, "unit": unit, "note": note} | rows.summary(values))

    def gap(self, measure: str, unit: str, why: str) -> None:
        """Add a measurement that could not be had, and why."""
        self.measurements.append(self._common | {"measure": measure, "unit": unit, "note": why, "repetitions": 0})

    def outcome(self, probe: str, case: str, outcome: str, count: int | None, detail: str) -> None:
        """Add what a probe saw."""
        self.outcomes.append(
            self._common | {"probe": probe, "case": case, "outcome": outcome, "count": count, "detail": detail[:400]}
        )

    def try_outcome(self, probe: str, case: str, ask: Callable[[], tuple[str, int, str]]) -> None:
        """Add what a probe sees, or that it could not be run and why."""
        try:
            self.outcome(probe, case, *ask())
        except ProbeError as fault:
            self.outcome(probe, case, NOT_MEASURED, None, str(fault))


def machine() -> str:
    """Return what the machine is: processor architecture and system."""
    return f"{platform.machine()} {platform.system()} {platform.release().split('-')[0]}"


def start(subject: Subject, day: str) -> Measured:
    """Return an empty set of rows that knows its day."""
    return Measured(subject, day, dt.datetime.now(dt.UTC).date().isoformat())


def weigh(measured: Measured, installed: environments.Installed) -> None:
    """Add size and number of packages, import time and memory."""
    if measured.subject.package:
        note = "files of site-packages before anything is compiled"
        measured.measure("install size", "bytes", [installed.size_bytes], note)
        measured.measure("packages", "count", [len(installed.packages)])
    loads = [
        run_probe(measured.subject, installed.python, "import", measured.subject.statement) for _ in range(IMPORTS + 1)
    ][1:]
    how = f"{measured.subject.statement}; bytecode compiled before, files in the cache"
    measured.measure("import", "seconds", [each["import_seconds"] for each in loads], how)
    measured.measure("import, processor", "seconds", [each["import_processor_seconds"] for each in loads], how)
    measured.measure("memory after import", "bytes", [each["bytes_after"] for each in loads], "resident set")


def time_steps(measured: Measured, python: Path) -> None:
    """Add what one more step costs, and what a run of four costs."""
    result = run_probe(measured.subject, python, "handoff", str(SHORT), str(LONG), str(HANDOFFS))
    for kind, name in (("processor", "further step, processor"), ("wall", "further step")):
        short, long = result[kind][str(SHORT)], result[kind][str(LONG)]
        note = f"({LONG} steps less {SHORT}) over {LONG - SHORT}, by pairs of runs of freshly built flows"
        measured.measure(name, "seconds", rows.per_step(short, long, SHORT, LONG), note)
    measured.measure("run of four steps, processor", "seconds", result["processor"][str(SHORT)])


def run_flow(measured: Measured, python: Path) -> None:
    """Add the path and decision of the order flow, and the memory afterwards."""
    result = run_probe(measured.subject, python, "run")
    for case, seen in result["cases"].items():
        measured.outcome("flow", case, seen["decision"], len(seen["steps"]), " > ".join(seen["steps"]))
    measured.measure("memory after a run", "bytes", [result["bytes_after_run"]], "resident set after three runs")


def kill_and_restart(measured: Measured, python: Path, store: str) -> tuple[str, int, str]:
    """Kill a run in its third step, start it again, and return which steps ran again."""
    with tempfile.TemporaryDirectory() as place:
        try:
            run_probe(measured.subject, python, "kill", store, place, environment={"FLOW_KILL_AT": KILLED_IN})
        except ProbeError as fault:
            if "SIGKILL" not in str(fault):
                raise
        else:
            raise ProbeError("the run was not killed")
        result = run_probe(measured.subject, python, "kill", store, place)
    return rows.kill_outcome(result["steps"], KILLED_IN)


def watch_hosts(measured: Measured, python: Path, probe: str, default: bool, *arguments: str) -> tuple[str, int, str]:
    """Run a probe off the network and return which hosts the process asked for."""
    with tempfile.TemporaryDirectory() as place:
        log = Path(place) / "hosts.tsv"
        run_probe(measured.subject, python, probe, *arguments, default_traffic=default, hosts=log)
        asked = hosts_asked(log)
    return hosts_outcome(asked)


def hosts_outcome(asked: dict[str, int]) -> tuple[str, int, str]:
    """Return outcome, number of hosts, and their names."""
    from pip._internal.models.index import PyPI

    if not asked:
        return "asked no host", 0, "no name look-up and no connection"
    names = {host: "the package index PyPI" if host == PyPI.netloc else host for host in asked}
    return "asked", len(asked), ", ".join(f"{names[host]} ({count})" for host, count in asked.items())


def measure_python(measured: Measured) -> None:
    """Run every probe of a framework that orchestrates, in its own environment."""
    subject = measured.subject
    installed = environments.make(subject, measured.day)
    measured.run = about(measured, installed)
    python = installed.python
    parts: dict[str, Callable[[], None]] = {
        "weight": partial(weigh, measured, installed),
        "flow": partial(run_flow, measured, python),
        "steps": partial(time_steps, measured, python),
    }
    for name, part in parts.items():
        try:
            part()
        except ProbeError as fault:
            measured.outcome("fault", name, NOT_MEASURED, None, str(fault))
    for error in ERRORS:
        measured.try_outcome("failure", error, partial(let_fail, measured, python, "failure", error))
    for case in WRONG_KEYS:
        measured.try_outcome("wrong key", case, partial(misspell, measured, python, "wrong_key", case))
    for store in ("none", *subject.stores):
        measured.try_outcome("kill", store, partial(kill_and_restart, measured, python, store))
    if subject.package:
        steps = ("classify", "look_up", "decide", "escalate")
        measured.try_outcome("trace", "local SDK", partial(trace, measured, python, steps))
        measured.try_outcome("hosts", "default", partial(watch_hosts, measured, python, "run", True))
        measured.try_outcome("hosts", "turned off", partial(watch_hosts, measured, python, "run", False))


def measure_protocol(measured: Measured) -> None:
    """Run what fits of the probes to a protocol that orchestrates nothing."""
    installed = environments.make(measured.subject, measured.day)
    measured.run = about(measured, installed)
    python = installed.python
    weigh(measured, installed)
    result = run_probe(measured.subject, python, "tool_calls", str(TOOL_CALLS))
    measured.measure("tool call", "seconds", result["seconds"], "a tool that returns a word, over stdio in one session")
    note = "the client's resident set; server apart"
    measured.measure("memory after a run", "bytes", [result["bytes_after_run"]], note)
    for measure in ("further step", "further step, processor", "run of four steps, processor"):
        measured.gap(measure, "seconds", "a protocol has no steps to hand on between")
    for error in ERRORS:
        measured.try_outcome("failure", error, partial(let_fail, measured, python, "failing_tool", error))
    for case in WRONG_KEYS:
        measured.try_outcome("wrong key", case, partial(misspell, measured, python, "wrong_argument", case))
    measured.outcome("kill", "none", NOT_MEASURED, None, "a protocol keeps no state of a run")
    measured.try_outcome("trace", "local SDK", partial(trace, measured, python, ("look_up",)))
    measured.try_outcome("hosts", "default", partial(watch_hosts, measured, python, "tool_calls", True, "5"))


def let_fail(measured: Measured, python: Path, probe: str, error: str) -> tuple[str, int, str]:
    """Let a step or tool fail once, and return what came of it."""
    return rows.failure_outcome(run_probe(measured.subject, python, probe, error))


def misspell(measured: Measured, python: Path, probe: str, case: str) -> tuple[str, int, str]:
    """Let a step or caller write a misspelt key, and return what came of it."""
    return rows.wrong_key_outcome(run_probe(measured.subject, python, probe, case))


def trace(measured: Measured, python: Path, steps: Sequence[str]) -> tuple[str, int, str]:
    """Trace one run with a local SDK, and return the spans."""
    return rows.trace_outcome(run_probe(measured.subject, python, "trace"), steps)


def about(measured: Measured, installed: environments.Installed) -> Row:
    """Return the row that says what was run, where and on what day."""
    code, version = run([str(installed.python), "--version"], {})
    return {
        "framework": measured.subject.name,
        "published_on": measured.day,
        "package": measured.subject.package or "none",
        "version": installed.packages.get(measured.subject.package, platform.python_version()),
        "interpreter": f"Python {platform.python_version()}",
        "solve": "complete" if code == 0 else version,
        "run_on": measured.run_on,
        **where(),
    }


def where() -> dict[str, Any]:
    """Return machine, cores and load of this moment."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return {"machine": machine(), "cores": os.cpu_count(), "load": None if load is None else round(load, 1)}
