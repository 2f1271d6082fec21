import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from coordination_gap import paths
from coordination_gap.reliability.pipeline import Pipeline
from coordination_gap.reliability.specification import load_pipeline, pipeline_schema
from tests.command import Done, Run, runner

SIX = str(paths.root() / "pipelines" / "six-steps.yml")
DESK = str(paths.root() / "pipelines" / "support-desk.yml")

TRACES = """\
run,step,attempt,outcome,seconds,cost,run_outcome
1,plan,1,good,1,0.01,success
1,act,1,loud,2,0.02,success
1,act,2,good,2,0.02,success
2,plan,1,good,3,0.01,silent_failure
2,act,1,silent,2,0.02,silent_failure
3,plan,1,good,2,0.01,success
3,act,1,good,2,0.02,success
4,plan,1,loud,2,0.01,halted
"""


@pytest.fixture
def gapbook(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """`gapbook pipeline` in a folder of its own, from the command line's words to what it prints."""
    monkeypatch.chdir(tmp_path)
    return runner(monkeypatch, capsys, "pipeline")


def rows(table: str) -> dict[str, list[str]]:
    """Return the cells of a printed table by its first column."""
    lines = [[cell for cell in line.split("  ") if cell.strip()] for line in table.splitlines()[1:]]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines}


def test_evaluate_prints_what_the_pipeline_says(gapbook: Run) -> None:
    outcome = load_pipeline(DESK).evaluate()
    done = gapbook("evaluate", DESK)
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[0] == DESK
    shown = {name: float(cells[0]) for name, cells in rows(done.out).items()}
    expected = {
        "success": outcome.success, "silent failure": outcome.silent_failure, "halted": outcome.halted,
        "attempts": outcome.attempts, "cost, US dollars": outcome.cost, "seconds, mean": outcome.seconds,
        "seconds, 50% within": outcome.latency.quantile(0.5),
        "seconds, 95% within": outcome.latency.quantile(0.95),
        "seconds, 99% within": outcome.latency.quantile(0.99),
    }  # fmt: skip
    assert shown == pytest.approx(expected, rel=1e-5)
    assert list(shown) == list(expected)


def test_evaluate_as_json_has_all_digits(gapbook: Run) -> None:
    outcome = load_pipeline(SIX, changes=["step-1.success=0.99"]).evaluate()
    done = gapbook("evaluate", SIX, "--json", "--set", "step-1.success=0.99")
    assert json.loads(done.out) == {
        "file": SIX, "changes": ["step-1.success=0.99"],
        "success": outcome.success, "silent_failure": outcome.silent_failure, "halted": outcome.halted,
        "attempts": outcome.attempts, "cost": 0.0, "seconds": 0.0,
        "seconds_quantiles": {"0.5": 0.0, "0.95": 0.0, "0.99": 0.0},
    }  # fmt: skip


def test_the_articles_figure(gapbook: Run) -> None:
    words = [word for n in range(1, 7) for word in ("--set", f"step-{n}.attempts=1", "--set", f"step-{n}.gate=null")]
    done = gapbook("evaluate", SIX, *words, "--json")
    assert json.loads(done.out)["success"] == pytest.approx(0.97**6, abs=1e-12)


@pytest.mark.parametrize("follow", [False, True])
def test_simulate_stands_beside_the_exact(gapbook: Run, follow: bool) -> None:
    simulated = load_pipeline(SIX).simulate(20_000, 3, follow=follow)
    words = ("simulate", SIX, "--runs", "20000", "--seed", "3", *(["--follow"] if follow else []))
    content = json.loads(gapbook(*words, "--json").out)
    exact = json.loads(gapbook("evaluate", SIX, "--json").out)
    for field in ("success", "silent_failure", "halted", "attempts", "cost", "seconds"):
        estimate, error = content[field]["estimate"], content[field]["standard_error"]
        assert (estimate, error) == (getattr(simulated, field), getattr(simulated.standard_error, field))
        assert content[field]["exact"] == exact[field]
        assert abs(estimate - exact[field]) <= 5 * error
    assert ("seconds_quantiles" in content) is follow
    done = gapbook(*words)
    assert done.out.splitlines()[0] == f"{SIX}, 20,000 runs, seed 3"
    shown = rows(done.out)
    assert shown["estimate"] == ["standard error", "95% interval", "exact", "off by"]
    assert float(shown["success"][0]) == pytest.approx(simulated.success, rel=1e-5)
    assert float(shown["success"][3]) == pytest.approx(exact["success"], rel=1e-5)
    assert ("seconds, 50% within" in shown) is follow


def test_importance_prints_the_frame(gapbook: Run) -> None:
    frame = load_pipeline(DESK).importance()
    done = gapbook("importance", DESK)
    assert done.out.splitlines()[1].split() == list(frame.columns)
    assert [line.split()[0] for line in done.out.splitlines()[2:]] == frame["step"].to_list()
    assert "NA" not in done.out
    content = json.loads(gapbook("importance", DESK, "--json").out)
    assert [step["birnbaum"] for step in content["steps"]] == frame["birnbaum"].to_list()
    assert next(step for step in content["steps"] if step["step"] == "policy")["success_per_dollar"] is None


def test_check_says_of_each_file_whether_it_is_a_pipeline(gapbook: Run) -> None:
    assert gapbook("check", SIX, DESK) == Done(0, f"{SIX}: no fault\n{DESK}: no fault\n", "")
    Path("bad.yml").write_text("steps:\n  - name: a\n    success: 2\n", encoding="utf-8")
    done = gapbook("check", "bad.yml", SIX, "none.yml")
    assert done.code == 1
    assert done.out == f"{SIX}: no fault\n"
    assert done.err.splitlines() == [
        "bad.yml, line 3, step 'a', success: 2 is above 1; give a probability, a number from 0 to 1",
        "none.yml does not exist: give the path of a pipeline's YAML file",
    ]


def test_schema_prints_the_schema(gapbook: Run) -> None:
    assert json.loads(gapbook("schema").out) == pipeline_schema()


def test_a_bound_that_is_not_known_is_null_in_json(gapbook: Run) -> None:
    traces = Path(__file__).parent / "cases" / "traces" / "support.csv"
    rows = json.loads(gapbook("estimate", str(traces), "--json").out)["steps"]
    cost = next(row for row in rows if (row["step"], row["parameter"]) == ("look up", "cost"))
    assert (cost["estimate"], cost["low"], cost["high"]) == (None, 0.0, None)


def test_estimate_makes_a_pipeline_of_traces(gapbook: Run) -> None:
    Path("t.csv").write_text(TRACES, encoding="utf-8")
    done = gapbook("estimate", "t.csv", "--out", "measured.yml")
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines()[0] == "t.csv: 4 runs, intervals of 95%"
    assert done.out.splitlines()[-1] == "measured.yml is written"
    measured = load_pipeline("measured.yml")
    assert isinstance(measured, Pipeline)
    assert {step.name: step.success for step in measured.all_steps()} == {"plan": 0.75, "act": pytest.approx(1 / 3)}
    assert gapbook("evaluate", "measured.yml").code == 0
    again = json.loads(gapbook("estimate", "t.csv", "--template", "measured.yml", "--gap", "--json").out)
    assert again["runs"] == 4
    success = next(row for row in again["steps"] if (row["step"], row["parameter"]) == ("plan", "success"))
    assert (success["estimate"], success["successes"], success["trials"]) == (0.75, 3, 4)
    observed: dict[Any, float] = {row["outcome"]: row["observed"] for row in again["gap"]}
    assert observed == {"success": 0.5, "silent_failure": 0.25, "halted": 0.25}
    assert "predicted against observed ends of runs" in gapbook("estimate", "t.csv", "--gap").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["evaluate", "none.yml"], "none.yml does not exist: give the path of a pipeline's YAML file"),
        (["evaluate", "."], ". is a directory: give the path of a pipeline's YAML file"),
        (
            ["evaluate", SIX, "--set", "step1.success=1"],
            f"no part of {SIX} has the name 'step1'; did you mean 'step-1'?",
        ),
        (["evaluate", SIX, "--set", "step-1.sucess=1"], "there is no key 'sucess' in a step; did you mean 'success'?"),
        (["importance", SIX, "--set", "step-1.success=2"], "success: 2 is above 1; give a probability"),
        (["simulate", SIX, "--runs", "0"], "runs is 0: give a whole number of at least 1"),
        (["simulate", SIX, "--seed", "-1"], "seed is -1: give a whole number of at least 0"),
        (["estimate", "none.csv"], "none.csv: the file cannot be read"),
        (["estimate", "t.csv", "--confidence", "2"], "confidence is 2.0"),
        (["estimate", "t.csv", "--template", "none.yml"], "none.yml does not exist"),
        (["estimate", "t.csv", "--out", "none/x.yml"], "none/x.yml cannot be written (No such file or directory)"),
    ],
)
def test_mistakes_get_one_sentence(gapbook: Run, words: list[str], said: str) -> None:
    Path("t.csv").write_text(TRACES, encoding="utf-8")
    done = gapbook(*words)
    assert (done.code, done.out) == (1, "")
    (line,) = done.err.splitlines()
    assert line.startswith("gapbook: ")
    assert said in line


@pytest.mark.parametrize("command", ["evaluate", "simulate", "importance", "check", "schema", "estimate"])
def test_help_shows_an_example(gapbook: Run, command: str) -> None:
    done = gapbook(command, "--help")
    assert done.code == 0
    assert f"Example: gapbook pipeline {command}" in " ".join(done.out.split())


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from coordination_gap import cli; "
        "print([name for name in ('numpy', 'pandas', 'scipy', 'jsonschema', 'yaml') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


ALLOCATE = ("allocate", DESK, "--set", "correlation=0", "--target", "0.96", "--gate", "0.9,0.02,0.0005")


def test_allocate_writes_the_cheapest_pipeline_that_reaches_the_target(gapbook: Run, tmp_path: Path) -> None:
    done = gapbook(*ALLOCATE, "--out", "mended.yml", "--json")
    assert (done.code, done.err) == (0, "")
    found = json.loads(done.out)
    outcome = load_pipeline(tmp_path / "mended.yml").evaluate()
    assert found["after"]["success"] == pytest.approx(outcome.success)
    assert found["after"]["cost"] == pytest.approx(outcome.cost)
    assert outcome.success >= 0.96 > found["before"]["success"]
    assert [row["step"] for row in found["steps"]] == ["classify", "lookup", "draft", "send"]
    table = rows(gapbook(*ALLOCATE).out)
    assert table["success"][-1] == f"{outcome.success:.6g}"


def test_allocate_changes_named_steps_only(gapbook: Run) -> None:
    steps = json.loads(gapbook(*ALLOCATE, "--target", "0.955", "--step", "draft", "--json").out)["steps"]
    assert [row["step"] for row in steps] == ["draft"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--target", "2"], "target is 2.0: give a probability, a number from 0 to 1"),
        (["--target", "0.99999"], "no choice reaches a success of 0.99999: the highest within reach is "),
        (["--attempts", "x"], "--attempts is 'x': give whole numbers between commas, such as 1,2,3"),
        (["--attempts", "0"], "step 'classify': attempts is 0: give a whole number of at least 1"),
        (["--gate", "1"], "--gate is '1': give 2 to 4 numbers between commas, such as 0.9,0.02"),
        (["--gate", "1,2"], "--gate 1,2: gate: false_alarm is 2.0: give a probability, a number from 0 to 1"),
        (["--fallback", "nan"], "--fallback nan: step 'fallback': success is nan: give a probability"),
        (["--step", "drft"], "steps: no step that may change has the name 'drft'; did you mean 'draft'?"),
        (["--cost-budget", "-1"], "cost_budget is -1.0: give a finite number of US dollars, 0 or more"),
        (["--seconds-budget", "0.1"], "no choice stays within 0.1 seconds: raise a budget or add options"),
        (["--set", "correlation=0.1"], "pipeline: correlation is 0.1: the program multiplies"),
    ],
)
def test_allocate_refuses_in_one_sentence_and_writes_nothing(
    gapbook: Run, tmp_path: Path, words: list[str], says: str
) -> None:
    done = gapbook(*ALLOCATE, "--out", "mended.yml", *words)
    assert done.code == 1
    assert done.err.startswith(f"gapbook: {says}")
    assert done.err.count("\n") == 1
    assert not (tmp_path / "mended.yml").exists()


@pytest.mark.parametrize("read", ["traces", "template", "pipeline"])
def test_what_is_read_is_not_written_over(gapbook: Run, tmp_path: Path, read: str) -> None:
    (tmp_path / "t.csv").write_text(TRACES)
    (tmp_path / "p.yml").write_text(Path(SIX).read_text())
    (tmp_path / "other name.yml").symlink_to(tmp_path / "p.yml")
    words = {
        "traces": ["estimate", "t.csv", "--out", "t.csv"],
        "template": ["estimate", "t.csv", "--template", "p.yml", "--out", "other name.yml"],
        "pipeline": ["allocate", "p.yml", "--target", "0.9", "--out", "./p.yml"],
    }[read]
    done = gapbook(*words)
    assert (done.code, done.err) == (1, f"gapbook: --out {words[-1]} is the file that is read: give another name\n")
    assert (tmp_path / "t.csv").read_text() == TRACES
    assert (tmp_path / "p.yml").read_text() == Path(SIX).read_text()


def test_an_empty_name_is_named(gapbook: Run) -> None:
    assert gapbook("evaluate", "").err.startswith("gapbook: the file of a pipeline is '': give a file's name")
