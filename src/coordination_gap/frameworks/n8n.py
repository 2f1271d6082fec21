"""The real n8n from its registry: installed as of a day, and run from its command line off the network."""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coordination_gap.frameworks import rows
from coordination_gap.frameworks.environments import InstallError, build_folder, folder_bytes, sources
from coordination_gap.frameworks.measuring import Measured, hosts_outcome, where
from coordination_gap.frameworks.probing import ProbeError, clean_environment, hosts_asked
from coordination_gap.frameworks.subjects import N8N

SHORT, LONG = 4, 104
RUNS = 5
#: n8n starts in seconds on an idle machine; compiling its database driver takes minutes on a busy one.
LIMIT_SECONDS = 900
#: One dependency comes from a host outside the registry; its registry version stands in, for a node not used here.
OVERRIDES = {"xlsx": "0.18.5"}


def install(day: str) -> Path:
    """Install n8n as of a day and compile its database driver; return the folder.

    Raises
    ------
    InstallError
        If npm cannot solve or install it as of that day.
    """
    folder = build_folder() / f"n8n-{day}"
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    described = {"name": "n8n-measured", "private": True, "overrides": OVERRIDES}
    (folder / "package.json").write_text(json.dumps(described), encoding="utf-8")
    _npm(folder, "install", "n8n", "--before", day, "--ignore-scripts", "--no-audit", "--no-fund")
    return folder


def _npm(folder: Path, *arguments: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603
            ["npm", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=3 * LIMIT_SECONDS,  # noqa: S607
        )  # fmt: skip
    except FileNotFoundError:
        raise InstallError("npm is missing: install Node.js to measure n8n") from None
    except subprocess.TimeoutExpired:
        raise InstallError(f"npm {arguments[0]} took longer than {3 * LIMIT_SECONDS} seconds") from None
    if done.returncode:
        raise InstallError(npm_fault(done.stderr))


def npm_fault(said: str) -> str:
    """Return the line of npm's error output that says what was wrong, without its log's place."""
    lines = [line.removeprefix("npm error").strip() for line in said.splitlines() if line.startswith("npm error")]
    telling = [line for line in lines if not line.startswith(("code ", "A complete log", "syscall", "errno"))]
    return f"npm: {(telling or lines or ['no message'])[0]}"[:300]


def locked_packages(lock: Mapping[str, Any]) -> dict[str, str]:
    """Return place and version of each package in a ``package-lock.json``.

    Raises
    ------
    ValueError
        If the lock has no packages.
    """
    packages = lock.get("packages")
    if not isinstance(packages, Mapping):
        raise ValueError("lock has no 'packages': give a package-lock.json of version 2 or later")
    return {place: str(each.get("version", "")) for place, each in packages.items() if place}


def execution(said: str) -> dict[str, Any]:
    """Return the execution data that ``n8n execute --rawOutput`` prints after its log lines.

    Raises
    ------
    ProbeError
        If there is no JSON object in it.
    """
    for start in re.finditer(r"^\{", said, flags=re.MULTILINE):
        try:
            found, _ = json.JSONDecoder().raw_decode(said, start.start())
        except json.JSONDecodeError:
            continue
        if isinstance(found, dict) and "data" in found:
            return found
    lines = [line for line in said.splitlines() if line.strip()]
    raise ProbeError(f"n8n gave no execution data: {(lines or ['no output'])[-1][:200]}")


def node_runs(found: Mapping[str, Any]) -> dict[str, list[Mapping[str, Any]]]:
    """Return the runs of each node, by its name, in the order in which they started."""
    runs: dict[str, list[Mapping[str, Any]]] = found["data"]["resultData"]["runData"]
    return dict(sorted(runs.items(), key=lambda item: (item[1][0]["startTime"], item[1][0].get("executionIndex", 0))))


def seconds_per_step(found: Mapping[str, Any], steps: int) -> float:
    """Return seconds from the start of the first step to the start of the last, over the steps between.

    n8n keeps whole milliseconds, so a long flow is needed.
    """
    starts = [runs[0]["startTime"] for name, runs in node_runs(found).items() if name.startswith("step_")]
    if len(starts) != steps:
        raise ProbeError(f"n8n ran {len(starts)} of {steps} steps")
    return float((max(starts) - min(starts)) / 1000 / (steps - 1))


class Session:
    """An n8n with an empty home and database, off the network."""

    def __init__(self, folder: Path, home: Path, *, default_traffic: bool = False) -> None:
        self.command = folder / "node_modules" / ".bin" / "n8n"
        self.log = home / "hosts.tsv"
        self.variables = clean_environment(home, self.log) | {
            "N8N_USER_FOLDER": str(home),
            "DB_TYPE": "sqlite",
            "N8N_ENFORCE_SETTINGS_FILE_PERMISSIONS": "false",
            "N8N_RUNNERS_ENABLED": "false",
        }
        self.variables |= {} if default_traffic else N8N.off

    def run(self, *arguments: str) -> str:
        """Run a command of n8n and return what it printed.

        Raises
        ------
        ProbeError
            If it takes too long.
        """
        try:
            done = subprocess.run(  # noqa: S603
                [str(self.command), *arguments], env=self.variables, stdin=subprocess.DEVNULL, capture_output=True,
                text=True, check=False, timeout=LIMIT_SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise ProbeError(f"n8n {arguments[0]} gave nothing in {LIMIT_SECONDS} seconds") from None
        return done.stdout + "\n" + done.stderr

    def load(self, workflow: Mapping[str, Any], place: Path) -> None:
        """Import a workflow."""
        path = place / f"{workflow['id']}.json"
        path.write_text(json.dumps(workflow), encoding="utf-8")
        said = self.run("import:workflow", f"--input={path}")
        if "Successfully imported" not in said:
            lines = [line for line in said.splitlines() if line.strip()]
            raise ProbeError(f"n8n import:workflow: {(lines or ['no output'])[-1][:200]}")

    def execute(self, name: str) -> dict[str, Any]:
        """Execute a workflow and return its execution data."""
        return execution(self.run("execute", f"--id={name}", "--rawOutput"))


def builder() -> Any:
    """Return the module that builds the workflows, ``frameworks/n8n/build_workflows.py``."""
    import importlib.util

    path = sources() / "n8n" / "build_workflows.py"
    spec = importlib.util.spec_from_file_location("build_workflows", path)
    if spec is None or spec.loader is None:
        raise InstallError(f"{path.name} cannot be read: restore it with git")
    module = importlib.util.module_from_spec(spec)
    sys.modules["build_workflows"] = module
    spec.loader.exec_module(module)
    return module


def measure(measured: Measured, folder: Path | None = None) -> None:
    """Install n8n as of a day, weigh it, and run the order flow and the probes that its command line allows."""
    folder = folder or install(measured.day)
    weigh(measured, folder)
    if not list((folder / "node_modules" / "sqlite3" / "build" / "Release").glob("*.node")):
        _npm(folder, "rebuild", "sqlite3")
    build = builder()
    with tempfile.TemporaryDirectory() as place:
        home = Path(place)
        session = Session(folder, home)
        flow = json.loads((sources() / "n8n" / "workflow.json").read_text(encoding="utf-8"))
        for workflow in (flow, build.empty_workflow(LONG), build.failing_workflow(), build.misspelt_workflow()):
            session.load(workflow, home)
        run_order(measured, session)
        values = [seconds_per_step(session.execute(f"empty{LONG}"), LONG) for _ in range(RUNS)]
        note = f"start of step {LONG} less start of step 1, over {LONG - 1}, by n8n's own execution data"
        measured.measure("further step", "seconds", values, note)
        measured.gap("further step, processor", "seconds", "n8n keeps wall time alone")
        measured.try_outcome("failure", "exception", lambda: failure(session.execute("failing")))
        measured.try_outcome("wrong key", "misspelt alone", lambda: misspelt(session.execute("misspelt")))
        measured.outcome("kill", "none", rows.NOT_MEASURED, None, "its command line has no way to go on with a run")
        measured.outcome("hosts", "turned off", *hosts_outcome(hosts_asked(session.log)))
    with tempfile.TemporaryDirectory() as place:
        session = Session(folder, Path(place), default_traffic=True)
        session.load(flow, Path(place))
        session.execute("order")
        measured.outcome("hosts", "default", *hosts_outcome(hosts_asked(session.log)))


def weigh(measured: Measured, folder: Path) -> None:
    """Add version, size and number of packages."""
    found = locked_packages(json.loads((folder / "package-lock.json").read_text(encoding="utf-8")))
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout.strip()  # noqa: S607
    measured.run = {
        "framework": measured.subject.name, "published_on": measured.day, "package": "n8n",
        "version": found["node_modules/n8n"], "interpreter": f"Node.js {node.removeprefix('v')}", "solve": "complete",
        "run_on": measured.run_on, **where(),
    }  # fmt: skip
    note = "files of node_modules before its database driver is compiled; one package replaced by its registry version"
    measured.measure("install size", "bytes", [folder_bytes(folder / "node_modules")], note)
    measured.measure("packages", "count", [len(found)])


def run_order(measured: Measured, session: Session) -> None:
    """Add path and decision of the order flow."""
    found = session.execute("order")
    names = [name for name in node_runs(found) if name in ("classify", "look_up", "decide", "reply", "escalate")]
    measured.outcome("flow", "late", names[-1], len(names), " > ".join(names))


def failure(found: Mapping[str, Any]) -> tuple[str, int, str]:
    """Return outcome, calls of the failing node, and the error, of the workflow that fails."""
    runs = node_runs(found)
    error = found["data"]["resultData"].get("error", {}).get("message", "")
    outcome = rows.PASSED_ON if "third" in runs else rows.STOPPED
    return outcome, len(runs.get("second", [])), str(error)[:200]


def misspelt(found: Mapping[str, Any]) -> tuple[str, int, str]:
    """Return outcome, 1 if it was noticed, and what the next node made of a misspelt key."""
    runs = node_runs(found)
    if "error" in found["data"]["resultData"]:
        return rows.REFUSED, 1, str(found["data"]["resultData"]["error"].get("message", ""))[:200]
    item = runs["reads"][0]["data"]["main"][0][0]["json"]
    return rows.HANDED_ON, 0, f"no error; the next step got the keys {', '.join(item)} and read: {item['seen']!r}"
