"""Attempts, templates and arguments that no pipeline is estimated from: in which words, and of which line."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from coordination_gap.reliability.parts import Branch, Step, Vote, Way
from coordination_gap.reliability.pipeline import Pipeline
from coordination_gap.reliability.traces import TraceError, coordination_gap, estimate_pipeline, read_traces
from tests.reliability.trace_files import CASES
from tests.reliability.traced_runs import GOOD, runs_of


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        (
            [GOOD, {"b": "good", "a": "good"}],
            "step 'a' is step 1 of run '0.0', and step 2 of run '1.0' (attempts, row 3), so",
        ),
        ([GOOD, {"a": "good", "c": "good"}], "steps 'b' and 'c' are both step 2 of a run, each of another"),
        ([{"a": "loud", "b": "good"}], "run '0.0': step 'b' has attempts after step 'a' ended in 'loud', which halts"),
        ([GOOD, {"a": "good"}], "run '1.0' stops before step 'b', though no attempt before it halts the run"),
    ],
)
def test_runs_that_are_no_series(kinds: list[dict[str, str]], words: str) -> None:
    with pytest.raises(TraceError) as error:
        estimate_pipeline(runs_of(*((1, kind) for kind in kinds)))
    assert words in str(error.value)
    assert str(error.value).startswith("attempts, row ")
    assert "give a template that says how the steps are joined (a Pipeline, or its file with --template)" in str(
        error.value
    )


def fallback(name: str = "b") -> Pipeline:
    return Pipeline([Step("a", 0.9, fallback=Step(name, 0.8))])


@pytest.mark.parametrize(
    ("template", "kind", "words"),
    [
        ("series", GOOD, "template is 'series': give a Pipeline"),
        (fallback("c"), GOOD, "step 'b' is not in the template: add it"),
        (
            fallback(),
            GOOD,
            "step 'b' has attempts although the run took another way, or the step it stands in for passed",
        ),
        (fallback(), {"a": "loud loud", "b": "good"}, "step 'a' has an attempt 2, but attempts=1 in the template"),
        (fallback(), {"a": "rejected", "b": "good"}, "step 'a' has rejected outputs, but no gate in the template"),
        (fallback(), {"b": "good"}, "step 'b' has attempts although step 'a', which comes before it, has none"),
        (
            Pipeline([Branch("w", [Way(0.5, [Step("a", 0.9)]), Way(0.5, [Step("b", 0.9)])])]),
            GOOD,
            "step 'b' has attempts although the run took another way",
        ),
        (Pipeline([Branch("w", [Way(0.5), Way(0.5)])]), GOOD, "branch 'w' has two ways without a step: make them one"),
        (Pipeline([Vote("v", [Step("a", 0.9)], 1)]), GOOD, "'v' is a vote, whose agreement traces do not show"),
    ],
)
def test_templates_that_do_not_fit(template: Any, kind: dict[str, str], words: str) -> None:
    with pytest.raises(TraceError) as error:
        estimate_pipeline(runs_of((1, kind)), template)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"confidence": 1.0}, "confidence is 1.0"),
        ({"confidence": 0.9999999999999999}, "confidence is 0.9999999999999999: give at most 0.999, as further out"),
        (
            {"confidence": 0.999},
            "confidence is 0.999, and resamples is 1000, so that .*: give a confidence of at most 0.998, or "
            "resamples of at least 2000",
        ),
        ({"resamples": 10}, "resamples is 10: give a whole number of at least 100"),
        ({"seed": -1}, "seed is -1"),
        ({"incomplete": "skip"}, "incomplete is 'skip'"),
    ],
)
def test_arguments_that_are_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        coordination_gap(runs_of((2, GOOD)), **arguments)


def test_confidence_that_is_too_near_to_1() -> None:
    with pytest.raises(ValueError, match=r"confidence is 0\.9999: give at most 0\.999"):
        estimate_pipeline(runs_of((2, GOOD)), confidence=0.9999)
    estimate_pipeline(runs_of((2, GOOD)), confidence=0.999)
    coordination_gap(runs_of((2, GOOD)), confidence=0.998)


SERIES = Pipeline([Step("a", 0.9), Step("look up", 0.9)])
RUN = "r1,a,1,good\nr1,look up,1,good\n"


def in_file(path: Path, lines: str) -> pd.DataFrame:
    """Return the attempts of a CSV file in which `lines` without seconds and cost stand from line 2 on."""
    rows = "".join(f"{line},,\n" for line in lines.splitlines())
    path.write_text(f"run,step,attempt,outcome,seconds,cost\n{rows}", encoding="utf-8")
    return read_traces(path)


@pytest.mark.parametrize(
    ("lines", "template", "words"),
    [
        (
            "r2,a,1,loud\nr2,look up,1,good\n",
            None,
            "line 5: run 'r2': step 'look up' has attempts after step 'a' ended",
        ),
        ("r2,lookup,1,good\n", SERIES, "line 4: step 'lookup' is not in the template: add it, or write 'look up' in"),
        ("r2,zz,1,good\n", SERIES, "line 4: step 'zz' is not in the template: add it, or mend its name in the trace"),
        ("r2,a,1,loud\nr2,a,2,good\n", SERIES, "line 5: step 'a' has an attempt 2, but attempts=1 in the template"),
        ("r2,a,1,rejected\n", SERIES, "line 4: step 'a' has rejected outputs, but no gate in the template"),
        ("r2,look up,1,good\nr2,a,1,good\n", None, "line 2: step 'a' is step 1 of run 'r1', and step 2 of run 'r2' ("),
        ("r2,a,1,good\nr2,c,1,good\n", None, "line 5: steps 'look up' and 'c' are both step 2 of a run"),
        ("r2,a,1,good\n", SERIES, "line 4: run 'r2' stops before step 'look up'"),
    ],
)
def test_faults_across_rows_name_file_and_line(tmp_path: Path, lines: str, template: Any, words: str) -> None:
    path = tmp_path / "t.csv"
    attempts = in_file(path, RUN + lines)
    with pytest.raises(TraceError) as error:
        estimate_pipeline(attempts, template)
    assert str(error.value).startswith(f"{path}, {words}")


def test_places_of_rows_that_were_left_out_or_changed(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    attempts = in_file(path, f"{RUN}r2,a,1,loud\nr2,look up,1,good\n")
    left = attempts[attempts["run"] == "r2"].reset_index(drop=True)
    with pytest.raises(TraceError, match=r"t\.csv, line 5: run 'r2': step 'look up' has attempts after"):
        estimate_pipeline(left)
    with pytest.raises(TraceError, match=r"t\.csv: run 'r3': step 'look up' has attempts after"):
        estimate_pipeline(left.assign(run="r3"))  # no line of the file has it
    path.unlink()
    with pytest.raises(TraceError, match=r"t\.csv: run 'r2': step 'look up' has attempts after"):
        estimate_pipeline(left)
    backwards = attempts.iloc[::-1].assign(step="a", attempt=[4, 3, 2, 1], run="r1", outcome="loud")
    with pytest.raises(TraceError, match="attempts, row 3: run 'r1', step 'a': attempt 1 comes after attempt 2"):
        estimate_pipeline(backwards)


def test_faults_across_spans_name_the_span() -> None:
    attempts = read_traces(CASES / "support.jsonl")
    template = Pipeline([Step("classify", 0.9), Step("look up", 0.9, attempts=2)])
    with pytest.raises(
        TraceError, match=r"support\.jsonl, line 1, span [0-9a-f]{16} \('reply'\): step 'reply' is not in"
    ):
        estimate_pipeline(attempts, template)


def test_missing_judgements_name_file_and_line(tmp_path: Path) -> None:
    attempts = in_file(tmp_path / "t.csv", "r1,a,1,loud\nr2,a,1,rejected\nr2,a,2,passed\n")
    with pytest.raises(TraceError, match=r"t\.csv, line 3: step 'a': success is unknown, as too few first attempts"):
        coordination_gap(attempts)
    lines = (
        f"r{run},{step},1,{'good' if (run % 2 == 0) == (step == 'a') else 'passed'}"
        for run in range(9)
        for step in "ab"
    )
    with pytest.raises(TraceError, match=r"t\.csv: run_outcome is known of no run that reached its end"):
        coordination_gap(in_file(tmp_path / "t.csv", "\n".join(lines)))
