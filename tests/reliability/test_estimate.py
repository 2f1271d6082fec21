"""Pipelines of attempts, counted by hand, and what is said where something is unknown."""

import doctest
import math

import pandas as pd
import pytest
from scipy import stats

from coordination_gap import paths
from coordination_gap.reliability.parts import Gate, Step
from coordination_gap.reliability.pipeline import Pipeline
from coordination_gap.reliability.traces import Measured, TraceError, coordination_gap, estimate_pipeline, read_traces
from tests.reliability.trace_files import CASES
from tests.reliability.traced_runs import GOOD, parameter, runs_of


def test_example_counted_by_hand() -> None:
    estimated = estimate_pipeline(read_traces(CASES / "support.csv"))
    counted = {
        ("classify", "success"): (7, 8), ("classify", "loud"): (0, 1),
        ("look up", "success"): (6, 8), ("look up", "loud"): (3, 3),
        ("reply", "success"): (5, 7), ("reply", "loud"): (0, 2),
        ("reply", "detection"): (1, 2), ("reply", "false_alarm"): (1, 7),
    }  # fmt: skip
    for (step, name), (successes, trials) in counted.items():
        row = parameter(estimated, step, name)
        assert (row["successes"], row["trials"], row["estimate"]) == (successes, trials, successes / trials)
        exact = stats.binomtest(successes, trials).proportion_ci(0.95, method="exact")
        assert row["low"] == pytest.approx(exact.low)
        assert row["high"] == pytest.approx(exact.high)
    assert estimated.runs == 8
    classify, look_up, reply = estimated.pipeline.steps
    assert isinstance(classify, Step)
    assert (classify.success, classify.loud, classify.attempts, classify.gate) == (7 / 8, 0.0, 1, None)
    assert classify.cost == pytest.approx(0.001)
    assert classify.seconds == pytest.approx(0.425)
    assert isinstance(look_up, Step)
    assert (look_up.success, look_up.loud, look_up.attempts, look_up.gate, look_up.cost) == (0.75, 1.0, 2, None, 0.0)
    assert isinstance(reply, Step)
    assert reply.gate == Gate(0.5, 1 / 7)
    assert look_up.seconds == pytest.approx(15.8 / 10)
    costs = parameter(estimated, "look up", "cost")
    assert (math.isnan(costs["estimate"]), costs["gap"]) == (True, "no attempt has cost")
    assert any("look up" in said and "cost is unknown" in said for said in estimated.assumed)


def test_gap_of_the_example() -> None:
    gap = coordination_gap(read_traces(CASES / "support.csv"), confidence=0.9)
    assert gap.of("success", what="observed").value == 4 / 8
    exact = stats.binomtest(4, 8).proportion_ci(0.9, method="exact")
    seen = gap.of("success", what="observed")
    assert seen.low == pytest.approx(exact.low)
    assert seen.high == pytest.approx(exact.high)
    assert gap.of("success", "product", "predicted").value == pytest.approx(7 / 8 * 6 / 8 * 5 / 7)
    expected = gap.estimated.pipeline.evaluate()
    for outcome in ("success", "silent_failure", "halted"):
        predicted, seen = gap.of(outcome, what="predicted"), gap.of(outcome, what="observed")
        assert predicted.value == getattr(expected, outcome)
        assert gap.of(outcome).value == predicted.value - seen.value
    # One run in which every step was good failed all the same: lost between the steps.
    assert gap.ends.to_dict("records") == [
        {"observed": "success", "steps": "success", "runs": 4},
        {"observed": "silent_failure", "steps": "success", "runs": 1},
        {"observed": "silent_failure", "steps": "silent_failure", "runs": 2},
        {"observed": "halted", "steps": "halted", "runs": 1},
    ]
    assert (gap.derived_ends, gap.unknown_ends) == (0, 0)
    assert (
        "1 of 8 runs did not end as the outcomes of their steps imply; in Python, the attribute ends of the gap counts "
        "them by kind."
    ) in gap.notes
    with pytest.raises(ValueError, match="there is no 'gap' of 'halted' by 'product'"):
        gap.of("halted", "product")


def test_success_is_that_of_first_attempts() -> None:
    # All attempts alike: of those that are tried again none succeeds, which says nothing of a first attempt.
    estimated = estimate_pipeline(runs_of((80, {"find": "good"}), (20, {"find": "loud loud"})))
    assert parameter(estimated, "find", "success")["estimate"] == 0.8
    row = parameter(estimated, "find", "correlation")
    assert (row["estimate"], row["high"], row["trials"]) == (1.0, 1.0, 20)
    outcome = estimated.pipeline.evaluate()
    assert outcome.success == pytest.approx(0.8)
    assert outcome.halted == pytest.approx(0.2)


def test_what_was_never_seen_stays_a_gap() -> None:
    estimated = estimate_pipeline(runs_of((30, {"find": "good", "check": "good"})))
    row = parameter(estimated, "find", "loud")
    assert (math.isnan(row["estimate"]), row["low"], row["high"], row["trials"]) == (True, 0.0, 1.0, 0)
    assert row["gap"] == "no attempt was seen to fail, and none was judged wrong"
    assert (
        "Step 'find': loud is unknown (no attempt was seen to fail, and none was judged wrong); the pipeline takes 0, "
        "the worst case."
    ) in estimated.assumed
    gap = coordination_gap(runs_of((30, {"find": "good", "check": "good"})))
    assert gap.of().value == 0.0
    assert gap.of().high == pytest.approx(1 - 0.025 ** (1 / 30))  # 30 of 30 is no proof of 1
    assert gap.pairs["gap"].tolist() == ["one of the two always came to the same"]


def test_without_a_judge() -> None:
    attempts = runs_of((90, {"find": "passed"}), (10, {"find": "loud"}))
    row = parameter(estimate_pipeline(attempts), "find", "success")
    assert (math.isnan(row["estimate"]), row["gap"]) == (True, "too few outputs were judged: 90 were not")
    assert row["low"] == 0.0
    assert row["high"] == pytest.approx(stats.binomtest(90, 100).proportion_ci(method="exact").high)
    with pytest.raises(TraceError, match="step 'find': success is unknown, as too few first attempts were judged"):
        coordination_gap(attempts)
    judged = runs_of((90, {"find": "good", "send": "good"})).assign(run_outcome=None)
    with pytest.raises(TraceError, match="run_outcome is known of no run that reached its end"):
        coordination_gap(judged.assign(outcome=_judge_one_of(judged)))


def _judge_one_of(attempts: pd.DataFrame) -> list[str]:
    """Judge the first step of even runs, and the second of odd ones: every step, and no run."""
    number = attempts["run"].str.split(".").str[1].astype(int)
    judged = (number % 2 == 0) == (attempts["step"] == "find")
    return ["good" if each else "passed" for each in judged]


def test_a_judged_sample_is_shared_out() -> None:
    # Of 80 outputs that were passed on 20 were judged, 15 good; of 10 that were rejected 5, of which 1 was good.
    attempts = runs_of(
        (15, {"find": "good"}), (5, {"find": "silent"}), (60, {"find": "passed"}), (10, {"find": "loud"}),
        (1, {"find": "rejected_good"}), (4, {"find": "rejected_bad"}), (5, {"find": "rejected"}),
    )  # fmt: skip
    estimated = estimate_pipeline(attempts)
    for name, expected in {
        "success": (60 + 2) / 100, "loud": 10 / 38, "detection": 8 / 28, "false_alarm": 2 / 62,
    }.items():  # fmt: skip
        row = parameter(estimated, "find", name)
        assert row["estimate"] == pytest.approx(expected)
        assert row["low"] < expected < row["high"]
    assert "Step 'find': the judged outputs are a random sample of those passed on, and of those rejected." in (
        estimated.assumed
    )
    # Four fifths of the judging were saved, so the interval is wider than with all of it, and narrower than without.
    width = parameter(estimated, "find", "success")[["low", "high"]].diff().iloc[-1]
    assert 0.19 < width < 0.40
    gap = coordination_gap(attempts)
    assert gap.unknown_ends == 60
    assert gap.of("success", what="observed").value == pytest.approx(80 / 100 * 15 / 20)
    assert gap.of("halted", what="observed").value == pytest.approx(20 / 100)


def test_steps_that_give_up_early_are_named() -> None:
    template = Pipeline([Step("find", 0.5, attempts=3)])
    estimated = estimate_pipeline(runs_of((20, {"find": "good"}), (7, {"find": "loud loud"})), template)
    assert any(said.startswith("Step 'find': in 7 runs no attempt followed") for said in estimated.assumed)


def test_the_order_of_branches_and_plain_series_agree() -> None:
    found = runs_of((3, {"a": "good", "b": "silent"}), (2, {"a": "loud good", "b": "good"}))
    series = estimate_pipeline(found)
    template = estimate_pipeline(found, Pipeline([Step("a", 0.1, attempts=2, cost=9.0), Step("b", 0.2, loud=0.3)]))
    pd.testing.assert_frame_equal(series.steps, template.steps)
    assert series.pipeline == template.pipeline


def test_remarks_on_steps_whose_success_is_unknown() -> None:
    template = Pipeline([Step("find", 0.5, fallback=Step("ask", 0.5)), Step("send", 0.5)])
    estimated = estimate_pipeline(runs_of((9, {"find": "passed", "send": "good"})), template)
    assert estimated.remarks() == (
        "Step 'find': its success is not known (too few outputs were judged: 9 were not); success 0, the worst case, "
        "stands in its place.",
        "Step 'ask': its success is not known (the step was never taken); success 0, the worst case, stands in its "
        "place.",
    )
    assert [step.success for step in estimated.pipeline.all_steps()] == [0.0, 0.0, 1.0]
    assert estimate_pipeline(runs_of((9, GOOD))).remarks() == ()


def test_a_prior_that_is_no_beta_law_is_refused() -> None:
    with pytest.raises(ValueError, match="prior is 1"):
        estimate_pipeline(runs_of((2, GOOD)), prior=1)  # type: ignore[arg-type]


def test_a_gap_is_measured() -> None:
    assert isinstance(coordination_gap(runs_of((2, GOOD)), resamples=100).of(), Measured)


def test_the_manual_shows_what_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(paths.root())
    failed, tried = doctest.testfile(str(paths.root() / "docs" / "traces.md"), module_relative=False)
    assert (failed, tried) == (0, 12)
    shown = [line for line in (paths.root() / "docs" / "traces.md").read_text().splitlines() if line.startswith("m2,")]
    assert shown == [line for line in (CASES / "support.csv").read_text().splitlines() if line.startswith("m2,")]
