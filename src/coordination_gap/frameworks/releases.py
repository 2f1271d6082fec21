"""When each package was released: read from the registries' answers, and counted as of a day."""

import datetime as dt
import json
import subprocess
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from packaging.version import InvalidVersion, Version

from coordination_gap.frameworks.rows import Row
from coordination_gap.frameworks.subjects import ORDER, PROTOCOL, PYTHON_SUBJECTS, SOLVE_DAYS

PYPI_BASIS = "upload of the first file"
NPM_BASIS = "registry copy had it"


class RegistryError(RuntimeError):
    """A registry's answer cannot be had or read; the message says which and why."""


def read_pypi(package: str, answer: Mapping[str, Any]) -> list[Row]:
    """Return a row a release from PyPI's JSON answer; releases without a file are left out.

    Raises
    ------
    RegistryError
        If the answer has no releases in the expected form.
    """
    try:
        found = {version: files for version, files in answer["releases"].items() if files}
        return [
            {
                "package": package,
                "version": version,
                "released_on": min(each["upload_time"] for each in files)[:10],
                "released_on_basis": PYPI_BASIS,
                "stage": stage(version),
            }
            for version, files in found.items()
        ]
    except (KeyError, TypeError, AttributeError) as error:
        raise RegistryError(f"the answer for {package} has no readable releases ({error!r}): ask again") from None


def read_npm(package: str, answer: Mapping[str, Any]) -> list[Row]:
    """Return a row a release from npm's ``time`` answer.

    Raises
    ------
    RegistryError
        If the answer is no map of versions to times.
    """
    if not isinstance(answer, Mapping) or not all(isinstance(value, str) for value in answer.values()):
        raise RegistryError(f"the answer for {package} is no map of versions to times: ask again")
    return [
        {
            "package": package,
            "version": version,
            "released_on": time[:10],
            "released_on_basis": NPM_BASIS,
            "stage": stage(version),
        }
        for version, time in answer.items()
        if version not in ("created", "modified")
    ]


def stage(version: str) -> str:
    """Return whether a version is ``final``, a ``pre-release`` or unreadable, which counts as one."""
    try:
        return "pre-release" if Version(version).is_prerelease else "final"
    except InvalidVersion:
        return "pre-release"


def fetch() -> list[Row]:
    """Ask the registries for the release days of the compared packages, and of nothing else.

    Rows after the last solve day are left out, for no edition sees them.
    """
    from pip._internal.models.index import PyPI  # the registry that pip itself asks

    rows: list[Row] = []
    for subject in (*PYTHON_SUBJECTS, PROTOCOL):
        try:
            with urllib.request.urlopen(f"{PyPI.pypi_url}/{subject.package}/json", timeout=60) as reply:  # noqa: S310
                rows += read_pypi(subject.package, json.load(reply))
        except (OSError, json.JSONDecodeError) as error:
            raise RegistryError(f"the registry gave no releases of {subject.package} ({error}): try again") from None
    done = subprocess.run(["npm", "view", "n8n", "time", "--json"], capture_output=True, text=True, check=False)  # noqa: S607
    if done.returncode:
        raise RegistryError("npm gave no releases of n8n: install Node.js and try again")
    rows += read_npm("n8n", json.loads(done.stdout))
    return [row for row in rows if row["released_on"] <= max(SOLVE_DAYS)]


@dataclass(frozen=True)
class Cadence:
    """Releases of one package as of a day."""

    package: str
    latest: str
    latest_on: dt.date
    days_since: int
    in_last_year: int
    rows: pd.DataFrame


def cadence(releases: pd.DataFrame, package: str, as_of: dt.date) -> Cadence:
    """Return the latest final release of a package as of a day, and how many there were in the year before it.

    Parameters
    ----------
    releases
        The table ``framework_releases``, or rows of it.
    package
        The package's name in the registry.
    as_of
        The day; releases after it do not count.

    Raises
    ------
    ValueError
        If no final release is visible.
    """
    seen = releases[(releases["package"] == package) & (releases["stage"] == "final")]
    seen = seen[seen["released_on"] <= pd.Timestamp(as_of)]
    if seen.empty:
        raise ValueError(f"package is {package!r}: it has no final release up to {as_of}; name a package of the table")
    latest = seen.loc[max(seen.index, key=lambda row: Version(str(seen.loc[row, "version"])))]
    day = latest["released_on"].date()
    recent = seen[seen["released_on"] > pd.Timestamp(as_of) - pd.Timedelta(days=365)]
    return Cadence(package, str(latest["version"]), day, (as_of - day).days, len(recent), recent)


def packages() -> dict[str, str]:
    """Return the main package of each compared name, in the order of the page."""
    found = {subject.name: subject.package for subject in (*PYTHON_SUBJECTS, PROTOCOL)} | {"n8n": "n8n"}
    return {name: found[name] for name in ORDER}
