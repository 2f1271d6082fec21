"""Run a probe in a framework's own environment, off the network, and read what it wrote."""

import json
import os
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from coordination_gap.frameworks.environments import sources
from coordination_gap.frameworks.subjects import Subject

#: No probe takes longer on an idle machine by far; one that does is stopped and says so.
LIMIT_SECONDS = 300


class ProbeError(RuntimeError):
    """A probe gave no result; the message says what happened in one line."""


def run_probe(
    subject: Subject,
    python: Path,
    probe: str,
    *arguments: str,
    default_traffic: bool = False,
    environment: dict[str, str] | None = None,
    hosts: Path | None = None,
) -> dict[str, Any]:
    """Run one probe and return its result.

    Parameters
    ----------
    subject, python
        What is measured, and the interpreter of its environment.
    probe, arguments
        The probe's name and arguments, as ``frameworks/probe.py`` lists them.
    default_traffic
        Whether the subject's own traffic is left as it is by default; it is blocked either way.
    environment
        Further environment variables.
    hosts
        File that takes the hosts which the process asked for.

    Raises
    ------
    ProbeError
        If the probe fails, is killed or takes longer than :data:`LIMIT_SECONDS`.
    """
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "result.json"
        folder = sources() / subject.folder
        command = [str(python), str(sources() / "probe.py"), str(folder), probe, str(out), *arguments]
        variables = clean_environment(Path(place), hosts) | (environment or {})
        if not default_traffic:
            variables |= subject.off
        code, said = run(command, variables)
        if not out.exists():
            raise ProbeError(said if code >= 0 else f"killed by {signal.Signals(-code).name}")
        result: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
        return result


def clean_environment(home: Path, hosts: Path | None) -> dict[str, str]:
    """Return environment variables with an empty home, the network blocked, and nothing of the caller's settings."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
    block = sources() / "block"
    return kept | {
        "HOME": str(home),
        "PYTHONPATH": str(block),
        "NODE_OPTIONS": f"--require={block / 'block.cjs'}",
        "BLOCK_LOG": str(hosts) if hosts else os.devnull,
    }


def run(command: list[str], variables: dict[str, str], limit: int = LIMIT_SECONDS) -> tuple[int, str]:
    """Run a command; return its exit code and the last line that it wrote to standard error."""
    with subprocess.Popen(  # noqa: S603
        command, env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        try:
            _, said = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return 1, f"gave no result in {limit} seconds"
    lines = [line for line in said.splitlines() if line.strip()]
    return process.returncode, (lines[-1] if lines else "no message")[:300]


def hosts_asked(log: Path) -> dict[str, int]:
    """Return how often each host was asked for, from the log that the block wrote."""
    counts: dict[str, int] = {}
    if log.exists():
        for line in log.read_text(encoding="utf-8").splitlines():
            host = line.split("\t")[0]
            counts[host] = counts.get(host, 0) + 1
    return dict(sorted(counts.items()))
