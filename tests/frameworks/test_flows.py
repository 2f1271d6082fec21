"""The made-up shop, the probes' pure parts, and what the tables say that the flows did."""

import importlib.util
import json
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from coordination_gap import paths, tables
from coordination_gap.frameworks.environments import folder_bytes
from coordination_gap.frameworks.probing import clean_environment, hosts_asked
from coordination_gap.frameworks.subjects import PYTHON_SUBJECTS, SOLVE_DAYS

FOLDER = paths.root() / "frameworks"
BASE_DAY = "2026-09-10"


def _module(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def common() -> ModuleType:
    return _module("common", FOLDER / "common.py")


@pytest.fixture(scope="module")
def plain(common: ModuleType) -> ModuleType:
    return _module("plain_flow", FOLDER / "plain" / "flow.py")


@pytest.mark.parametrize(("case", "decision"), [("late", "escalate"), ("on time", "reply"), ("other", "escalate")])
def test_plain_flow_takes_four_steps(
    common: ModuleType, plain: ModuleType, tmp_path: Path, case: str, decision: str
) -> None:
    journal = common.Journal(tmp_path / "journal.jsonl")
    state = plain.order_flow(common.MESSAGES[case], journal)
    assert state["decision"] == decision
    assert tuple(journal.read()) == common.STEPS


def test_recorded_flows_took_the_same_path_and_decision_as_plain_python() -> None:
    flows = tables.load("framework_outcomes", BASE_DAY).query("probe == 'flow'")
    expected = {"late": "escalate", "on time": "reply", "other": "escalate"}
    ran = flows[flows["framework"] != "n8n"]
    assert {subject.name for subject in PYTHON_SUBJECTS} <= set(ran["framework"])
    assert (ran["outcome"] == ran["case"].map(expected)).all()
    assert set(ran["detail"]) == {"classify > look_up > decide > answer"}
    of_n8n = flows[flows["framework"] == "n8n"]
    assert set(of_n8n["outcome"]) <= {"escalate"}


def test_every_row_is_public_on_a_solve_day_and_has_what_it_needs() -> None:
    for name in ("framework_runs", "framework_measurements", "framework_outcomes"):
        days = tables.load(name, BASE_DAY)["published_on"].dt.strftime("%Y-%m-%d")
        assert set(days) <= set(SOLVE_DAYS)
    measured = tables.load("framework_measurements", BASE_DAY)
    known = measured[measured["value"].notna()]
    assert (known["low"] <= known["value"]).all()
    assert (known["value"] <= known["high"]).all()
    assert measured[measured["value"].isna()]["note"].notna().all()


def test_solved_versions_were_public_on_their_day() -> None:
    released = tables.load("framework_releases", BASE_DAY).set_index(["package", "version"])["released_on"]
    solved = tables.load("framework_runs", BASE_DAY)
    known = solved[(solved["package"] != "none") & solved["version"].notna()]
    assert len(known) >= len(PYTHON_SUBJECTS)
    for package, version, day in zip(known["package"], known["version"], known["published_on"], strict=True):
        assert released.loc[(package, version)] <= day, package


@pytest.mark.parametrize("subject", PYTHON_SUBJECTS, ids=lambda subject: subject.folder)
@pytest.mark.parametrize("day", SOLVE_DAYS)
def test_locks_name_hashes_and_no_address(subject: object, day: str) -> None:
    for kind in ("requirements", "tracing"):
        text = (FOLDER / subject.folder / f"{kind}-{day}.txt").read_text(encoding="utf-8")  # type: ignore[attr-defined]
        assert "--hash=sha256:" in text
        assert "://" not in text


def test_fails_once_counts_calls(common: ModuleType) -> None:
    step = common.FailsOnce(common.error_of("ValueError"))
    with pytest.raises(ValueError, match="made-up"):
        step()
    assert step() == "worked"
    assert step.calls == 2
    with pytest.raises(ValueError, match="error is 'x': name one of"):
        common.error_of("x")


def test_journal_does_not_kill_twice(common: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killed: list[int] = []
    monkeypatch.setattr(os, "kill", lambda process, signal: killed.append(process))
    monkeypatch.setenv(common.KILL_VARIABLE, "decide")
    journal = common.Journal(tmp_path / "journal.jsonl")
    for step in ("classify", "decide", "decide"):
        journal.write(step)
    assert len(killed) == 1
    assert journal.read() == ["classify", "decide", "decide"]


def test_n8n_workflow_is_what_its_builder_writes(common: ModuleType) -> None:
    build = _module("build_workflows", FOLDER / "n8n" / "build_workflows.py")
    written = json.loads((FOLDER / "n8n" / "workflow.json").read_text(encoding="utf-8"))
    assert written == build.order_workflow(common.MESSAGES["late"], common.STUB_MODEL, common.ORDERS, common.SHOP_DAY)
    names = {node["name"] for node in written["nodes"]}
    assert set(written["connections"]) <= names
    assert {link["node"] for each in written["connections"].values() for out in each["main"] for link in out} <= names


def test_hosts_are_counted(tmp_path: Path) -> None:
    log = tmp_path / "hosts.tsv"
    assert hosts_asked(log) == {}
    log.write_text("b.example\tname look-up\na.example\tconnection\nb.example\tname look-up\n", encoding="utf-8")
    assert hosts_asked(log) == {"a.example": 1, "b.example": 2}


def test_probes_see_nothing_of_the_callers_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_SETTING", "x")
    found = clean_environment(tmp_path, None)
    assert "SOME_SETTING" not in found
    assert found["HOME"] == str(tmp_path)
    assert found["BLOCK_LOG"] == os.devnull


def test_size_does_not_follow_links(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert folder_bytes(tmp_path) == 5
