"""Sweeps of the small project on a real cluster: every run once, whatever is killed on the way."""

import csv
import importlib.metadata
import json
import os
import signal
import subprocess
import sys
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from distributed import Client, versions
from distributed.scheduler import KilledWorker

from coordination_gap import paths
from coordination_gap.press import PressError, notebooks
from coordination_gap.sweep import cluster, design, inputs, perform, runs
from coordination_gap.sweep.perform import Sweep
from tests.conftest import Project
from tests.sweep.conftest import LINE_OF_FAULT

FAULT = f"notebooks/02_light.md, line {LINE_OF_FAULT} (cell 4): ValueError: no run of 13"


@pytest.fixture(autouse=True)
def on_the_one_cluster(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sweep on the session's cluster, which takes some seconds to start."""
    from contextlib import nullcontext

    if "client" in request.fixturenames:
        client = request.getfixturevalue("client")
        monkeypatch.setattr(cluster, "connected", lambda *_: nullcontext(client))


def planned(*settings: str, kept: bool = False, cell_seconds: float = 60, **changes: Any) -> Sweep:
    declared = notebooks.parameters("02_light")
    fixed = {name: parameter.default for name, parameter in declared.items()}
    task = runs.prepared("02_light", fixed, str(paths.root()), kept=kept, cell_seconds=cell_seconds)
    points = design.grid(settings, declared, "02_light")
    given: dict[str, Any] = {"described": " ".join(settings), "folder": paths.build() / "sweeps" / "02_light",
             "scheduler": None, "workers": 2, "fact": None, "sampled": False}  # fmt: skip
    return Sweep(task=task, design=points, **(given | changes))


def swept(sweep: Sweep) -> tuple[list[Path], list[str]]:
    said: list[str] = []
    declared = notebooks.parameters("02_light")
    return perform.perform(sweep, tuple(declared[name] for name in sweep.design.names), said.append), said


def test_a_sweep_tables_the_facts_of_every_run(light: Project, client: Client) -> None:
    written, said = swept(planned("factor=1:3:1", "steps=2,5"))
    assert said == []
    assert [path.name for path in written] == ["facts.parquet", "facts.csv", "chart.svg", "chart.png"]
    frame = pd.read_parquet(written[0])
    facts = ["light.factor", "light.twice", "light.product", "light.kind"]
    assert list(frame.columns) == ["run", "factor", "steps", *facts, "error"]
    assert frame["run"].tolist() == list(range(6))
    assert frame["light.product"].tolist() == [2, 5, 4, 10, 6, 15]
    assert set(frame["light.kind"]) == {"plain"}
    assert frame["error"].isna().all()
    with written[1].open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert [float(row["light.product"]) for row in rows] == frame["light.product"].tolist()
    # The first fact that both parameters move, by the first one, a line for each value of the second.
    assert {"light.product", "steps = 2", "steps = 5", "factor (ratio)"} <= _texts(written[2])


def _texts(svg: Path) -> set[str]:
    import re

    return {text.strip() for text in re.findall(r"<!-- (.*?) -->", svg.read_text(encoding="utf-8"))}


def test_a_run_that_fails_is_a_row_with_its_error(light: Project, client: Client) -> None:
    written, said = swept(planned("steps=12,13,14,666,15"))
    assert said == [f"2 of 5 runs failed; their rows say why, the first: {FAULT}"]
    frame = pd.read_parquet(written[0])
    assert frame["error"].tolist()[1::2] == [FAULT, "notebooks/02_light.md: its process was killed (out of memory?)"]
    assert frame["light.product"].dropna().tolist() == [12, 14, 15]


def test_a_notebook_without_end_is_stopped(light: Project, client: Client) -> None:
    written, _ = swept(planned("steps=1,999,2", cell_seconds=2))
    frame = pd.read_parquet(written[0])
    assert frame["light.product"].dropna().tolist() == [1, 2]
    assert frame["error"][1] == (
        "notebooks/02_light.md: a cell ran longer than 2 s; make it lighter, or give it longer with --time-limit"
    )


def test_executed_notebooks_are_kept_on_request(light: Project, client: Client) -> None:
    sweep = planned("factor=2,3", kept=True)
    swept(sweep)
    found = sorted((sweep.folder / "notebooks").iterdir())
    assert [path.name for path in found] == ["run-000000.ipynb", "run-000001.ipynb"]
    kept = json.loads(found[1].read_text(encoding="utf-8"))
    assert any("factor = 3.0" in "".join(cell["source"]) for cell in kept["cells"])
    assert "notebook" not in sweep.folder.joinpath("runs.jsonl").read_text(encoding="utf-8").splitlines()[1]


def test_a_sweep_that_is_done_is_not_run_again(light: Project, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    first, _ = swept(planned("steps=1,2"))
    tables = first[0].read_bytes(), first[1].read_bytes()
    monkeypatch.setattr(cluster, "run_all", lambda *_: pytest.fail("something was run"))
    again, said = swept(planned("steps=1,2"))
    assert said == ["2 of 2 runs are done already and are not repeated"]
    assert (again[0].read_bytes(), again[1].read_bytes()) == tables


@pytest.mark.parametrize("changed", ["the notebook", "the data", "the design", "the lock"])
def test_other_inputs_start_afresh_and_say_so(light: Project, client: Client, changed: str) -> None:
    inputs.ground.cache_clear()
    swept(planned("steps=1,2"))
    if changed == "the notebook":
        light.edit("notebooks/02_light.md", "factor times steps", "steps times factor")
    if changed == "the data":
        light.edit("data/widgets.csv", "a,1.5", "a,1.6")
    if changed == "the lock":
        light.path("requirements.txt").write_text("numpy==9\n", encoding="utf-8")
    inputs.ground.cache_clear()
    sweep = planned("steps=1,3") if changed == "the design" else planned("steps=1,2")
    _, said = swept(sweep)
    assert said[0].endswith("starting afresh; the old runs are in _build/sweeps/02_light/runs-before-1.jsonl")


def test_an_unknown_fact_for_the_chart_is_refused_and_the_tables_stay(light: Project, client: Client) -> None:
    sweep = planned("steps=1,2", fact="light.produkt")
    with pytest.raises(PressError, match=r"--fact light.produkt: no run recorded it.*did you mean 'light.product'\?"):
        swept(sweep)
    assert (sweep.folder / "facts.parquet").is_file()
    with pytest.raises(PressError, match=r"--fact kind: light.kind is no number"):
        swept(planned("steps=1,2", fact="kind"))


def test_workers_killed_on_the_way_lose_and_double_nothing(light: Project, client: Client) -> None:
    sweep = planned("factor=1:60:1")
    landed: list[int] = []
    killed: list[int] = []
    began = set(client.run(os.getpid).values())

    def land(rows: list[dict[str, Any]]) -> None:
        landed.extend(row["run"] for row in rows)
        if len(landed) >= 10 * (len(killed) + 1) and len(killed) < 3:
            killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[-1], signal.SIGKILL)

    points = iter([(number, sweep.design.point(number)) for number in range(60)])
    cluster.run_all(client, sweep.task, points, land)
    assert len(set(killed)) == 3
    assert Counter(landed) == Counter(range(60))
    client.wait_for_workers(2, timeout=60)
    assert set(client.run(os.getpid).values()) - began, "nothing was killed, and so nothing proved"


def test_points_are_handed_over_a_few_at_a_time(light: Project, client: Client) -> None:
    sweep = planned("factor=0:1000000:0.00001")
    taken: list[int] = []

    class EnoughError(Exception):
        pass

    def points() -> Any:
        for number in range(sweep.design.count):
            taken.append(number)
            yield number, sweep.design.point(number)

    def land(_rows: list[dict[str, Any]]) -> None:
        if len(taken) > 30:
            raise EnoughError

    with pytest.raises(EnoughError):
        cluster.run_all(client, sweep.task, points(), land)
    assert len(taken) < 60


def test_a_run_that_kills_its_workers_gets_a_row(light: Project) -> None:
    killed = KilledWorker("key", None, 3)  # type: ignore[arg-type] # no worker is needed for it
    row = cluster._failed(7, {"steps": 1}, (type(killed), killed, None), planned("steps=1").task)
    assert row["run"] == 7
    assert row["error"] == "notebooks/02_light.md: it killed the worker that ran it, again and again"
    other = cluster._failed(7, {}, ValueError("two\nlines"), planned("steps=1").task)
    assert other["error"] == "notebooks/02_light.md: ValueError: two lines"


def test_a_scheduler_that_is_not_there_is_one_sentence(light: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_CONNECT_SECONDS", 1)
    with pytest.raises(PressError) as refused, cluster.connected("tcp://127.0.0.1:9", 1):
        pass
    said = str(refused.value)
    assert said.startswith("--scheduler tcp://127.0.0.1:9: no scheduler answers there (")
    assert "\n" not in said


def test_a_scheduler_that_is_there_is_used_and_one_of_other_versions_refused(
    light: Project, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # the real connection is wanted here
    monkeypatch.setenv("GAPBOOK_ROOT", str(light.root))
    inputs.ground.cache_clear()
    address = client.scheduler_info()["address"]
    with cluster.connected(address, 1) as found:
        assert found.submit(sum, [1, 2]).result() == 3
    ours = cluster.about_here(str(light.root))
    for name, version, says in (
        ("numpy", "9.9", r"has numpy \d.*, here 9.9; make them equal"),
        ("project", "0" * 64, "has another state of the project; make them equal"),
    ):
        monkeypatch.setattr(cluster, "about_here", _Answers(ours, ours | {name: version}))
        with pytest.raises(PressError, match=f"^--scheduler {address}: .* {says}"), cluster.connected(address, 1):
            pass


def test_a_scheduler_of_another_dask_is_one_sentence_without_a_table(
    light: Project, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Seen by hand with a scheduler and a worker of distributed 2025.9.1 beside 2026.8.0: Dask connects, warns with a
    # table of versions (VersionMismatchWarning) and goes on; a worker of that version behind a scheduler of this one
    # answers, too. Here the handshake itself is told another version.
    monkeypatch.undo()
    monkeypatch.setenv("GAPBOOK_ROOT", str(light.root))
    address = client.scheduler_info()["address"]
    plain = versions.get_package_info
    monkeypatch.setattr(versions, "get_package_info", lambda asked: plain(asked) | {"dask": "2025.9.1"})
    with (
        warnings.catch_warnings(record=True, action="always") as warned,
        pytest.raises(PressError) as refused,
        cluster.connected(address, 1),
    ):
        pass
    assert not [each for each in warned if "Mismatched" in str(each.message)]
    here = importlib.metadata.version("dask")
    assert str(refused.value) == (
        f"--scheduler {address}: the scheduler has dask 2025.9.1, here {here}; make them equal"
    )


class _Answers:
    """Answers here as if other versions were installed, and elsewhere truly."""

    def __init__(self, there: dict[str, str], here: dict[str, str]) -> None:
        self.there, self.here, self.asked_here = there, here, os.getpid()

    def __call__(self, _root: str) -> dict[str, str]:
        return self.here if os.getpid() == self.asked_here else self.there


SWEEP = """
import sys
from coordination_gap import cli, cli_sweep
if "sweep" not in cli.gapbook.commands:
    cli.gapbook.add_command(cli_sweep.sweep)
if __name__ == "__main__":
    cli.main()
"""


def test_a_killed_sweep_goes_on_and_repeats_nothing(light: Project, tmp_path: Path) -> None:
    script = tmp_path / "sweep.py"
    script.write_text(SWEEP, encoding="utf-8")
    command = [sys.executable, str(script), "sweep", "02_light", "factor=1:120:1"]
    journal = light.path("_build/sweeps/02_light/runs.jsonl")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as process:
        while not journal.is_file() or journal.read_bytes().count(b"\n") < 12:
            assert process.poll() is None, process.stderr and process.stderr.read()
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
    before = journal.read_bytes()
    before = before[: before.rindex(b"\n") + 1]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "of 120 runs are done already and are not repeated" in done.stderr
    after = journal.read_bytes()
    assert after.startswith(before)
    assert before.count(b"\n") < 121
    assert sorted(json.loads(line)["run"] for line in after.splitlines()[1:]) == list(range(120))
    frame = pd.read_parquet(journal.parent / "facts.parquet")
    assert frame["light.product"].tolist() == [2.0 * (number + 1) for number in range(120)]
