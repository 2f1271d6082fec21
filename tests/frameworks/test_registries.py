"""Answers of the registries, read from recorded samples."""

import datetime as dt
import json

import pandas as pd
import pytest

from coordination_gap.frameworks import n8n, releases
from coordination_gap.frameworks.probing import ProbeError
from coordination_gap.frameworks.releases import RegistryError

# Recorded from the registry and cut to what is read.
PYPI = {
    "releases": {
        "0.7.4": [{"upload_time": "2025-08-19T22:23:11", "yanked": False}],
        "0.7.5": [
            {"upload_time": "2025-09-30T06:15:22", "yanked": False},
            {"upload_time": "2025-09-30T06:15:20", "yanked": False},
        ],
        "0.8.0.dev1": [{"upload_time": "2025-10-01T00:00:00", "yanked": False}],
        "0.0.0": [],
    }
}
NPM = {
    "created": "2019-06-22T20:26:34.410Z",
    "modified": "2026-09-26T01:16:11.199Z",
    "2.7.5": "2026-05-18T03:24:46.087000+00:00",
    "2.14.2": "2026-04-02T20:13:36.118000+00:00",
}


def test_pypi_days_are_those_of_the_first_file() -> None:
    found = {row["version"]: row for row in releases.read_pypi("autogen-agentchat", PYPI)}
    assert found["0.7.5"]["released_on"] == "2025-09-30"
    assert found["0.8.0.dev1"]["stage"] == "pre-release"
    assert "0.0.0" not in found


def test_npm_times_are_bounds() -> None:
    found = releases.read_npm("n8n", NPM)
    assert [row["version"] for row in found] == ["2.7.5", "2.14.2"]
    assert {row["released_on_basis"] for row in found} == {releases.NPM_BASIS}


@pytest.mark.parametrize("answer", [{}, {"releases": {"1": [{}]}}, {"releases": None}])
def test_an_answer_of_another_form_is_named(answer: dict[str, object]) -> None:
    with pytest.raises(RegistryError, match="answer for mcp has no readable releases"):
        releases.read_pypi("mcp", answer)


def test_an_npm_answer_of_another_form_is_named() -> None:
    with pytest.raises(RegistryError, match="no map of versions"):
        releases.read_npm("n8n", {"1.0.0": 3})


def _frame(rows: list[tuple[str, str]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "package": "p",
            "version": [version for version, _ in rows],
            "released_on": pd.to_datetime([day for _, day in rows]),
            "stage": [releases.stage(version) for version, _ in rows],
        }
    )


def test_cadence_counts_final_releases_up_to_the_day() -> None:
    frame = _frame(
        [("1.9.0", "2024-01-01"), ("1.10.0", "2026-01-01"), ("1.9.1", "2026-02-01"), ("2.0.0", "2026-07-01")]
    )
    count = releases.cadence(frame, "p", dt.date(2026, 6, 20))
    assert (count.latest, count.latest_on, count.days_since) == ("1.10.0", dt.date(2026, 1, 1), 170)
    assert count.in_last_year == 2
    assert releases.cadence(frame, "p", dt.date(2026, 7, 1)).latest == "2.0.0"


def test_cadence_of_an_unreleased_package_is_refused() -> None:
    with pytest.raises(ValueError, match="no final release up to 2020-01-01"):
        releases.cadence(_frame([("1.0", "2024-01-01")]), "p", dt.date(2020, 1, 1))


def test_npm_fault_is_the_telling_line() -> None:
    said = (
        "npm error code ETARGET\nnpm error notarget No matching version found for a@1 with a date before 9/10/2026.\n"
    )
    assert n8n.npm_fault(said) == "npm: notarget No matching version found for a@1 with a date before 9/10/2026."
    assert n8n.npm_fault("") == "npm: no message"


def test_lock_gives_places_and_versions() -> None:
    lock = {"packages": {"": {"name": "x"}, "node_modules/n8n": {"version": "2.7.5"}}}
    assert n8n.locked_packages(lock) == {"node_modules/n8n": "2.7.5"}
    with pytest.raises(ValueError, match="lock has no 'packages'"):
        n8n.locked_packages({})


def _execution(starts: list[int]) -> dict[str, object]:
    runs = {f"step_{number}": [{"startTime": start}] for number, start in enumerate(starts)}
    return {"data": {"resultData": {"runData": runs}}}


def test_execution_data_is_found_after_log_lines() -> None:
    said = f"Initializing\n{{ not json\n{json.dumps(_execution([0]), indent=2)}\nDone"
    assert n8n.execution(said) == _execution([0])
    with pytest.raises(ProbeError, match="gave no execution data: boom"):
        n8n.execution("boom\n")


def test_time_per_step_is_between_first_and_last_start() -> None:
    assert n8n.seconds_per_step(_execution([1000, 1010, 1030]), 3) == pytest.approx(0.015)
    with pytest.raises(ProbeError, match="ran 3 of 4 steps"):
        n8n.seconds_per_step(_execution([1, 2, 3]), 4)
