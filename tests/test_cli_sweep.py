"""`gapbook sweep`, from its words to what it prints."""

import pandas as pd
import pytest

from coordination_gap import cli, cli_sweep
from coordination_gap.sweep import perform
from tests.command import Run, runner
from tests.conftest import Project
from tests.sweep.conftest import light

__all__ = ["light"]


@pytest.fixture
def sweep(light: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    if "sweep" not in cli.gapbook.commands:
        cli.gapbook.add_command(cli_sweep.sweep)
    return runner(monkeypatch, capsys, "sweep")


def test_a_sample_is_swept_and_its_results_named(light: Project, sweep: Run) -> None:
    done = sweep("02_light", "factor=0:10", "steps=3", "--sample", "lhs:4", "--fact", "product", "--workers", "1")
    assert done.code == 0, done.err
    folder = "_build/sweeps/02_light"
    assert done.out.split() == [f"{folder}/{name}" for name in ("facts.parquet", "facts.csv", "chart.svg", "chart.png")]
    assert "4/4" in done.err
    frame = pd.read_parquet(light.path(f"{folder}/facts.parquet"))
    assert (frame["light.product"] == 3 * frame["factor"]).all()
    assert sorted((frame["factor"] / 2.5).astype(int)) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["02_lite", "steps=1"], "there is no notebook '02_lite'; did you mean '02_light'?"),
        (["02_light", "step=1"], "02_light: there is no parameter 'step'; did you mean 'steps'?"),
        (["02_light", "steps=1", "--edition", "bas"], "there is no edition 'bas'; did you mean 'base'?"),
        (
            ["02_light", "factor=0:1", "steps=1,2", "--sample", "lhs:3"],
            "02_light: a sample draws from ranges NAME=LOW:HIGH; give one value to what stays",
        ),
        (
            ["02_light", "factor=0:1", "factor=1", "--sample", "lhs:3"],
            "02_light: factor is given twice; leave out its range or its value",
        ),
        (
            ["02_light", "factor=1", "--sample", "lhs:3"],
            "02_light: nothing is to vary; write NAME=LOW:HIGH, or NAME=VALUE for one that stays",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(light: Project, sweep: Run, words: list[str], says: str) -> None:
    done = sweep(*words)
    assert (done.code, done.out, done.err) == (1, "", f"gapbook: {says}\n")
    assert not light.path("_build/sweeps").exists()


def test_a_billion_runs_are_asked_about_first(light: Project, sweep: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(perform, "seconds_of_one", lambda *_: 0.5)
    done = sweep("02_light", "factor=0:1000000:0.001", "--workers", "2")
    assert done.code == 1
    assert done.err == (
        "gapbook: 02_light: 1,000,000,001 runs of 0.5 s each, about 8 years on 2 processes of this machine: "
        "make the grid coarser, or say --yes to start\n"
    )
    started: list[int] = []

    def note(planned: perform.Sweep, *_: object) -> list[object]:
        started.append(planned.design.count)
        return []

    monkeypatch.setattr(perform, "perform", note)
    assert sweep("02_light", "factor=0:1000000:0.001", "--yes").code == 0
    assert started == [1_000_000_001]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 seconds"), (100, "100 seconds"), (240, "4 minutes"), (1e4, "3 hours"), (1e9, "32 years")],
)
def test_lengths_of_time_are_in_words(seconds: float, words: str) -> None:
    assert perform.lasting(seconds) == words
