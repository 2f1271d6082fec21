"""What a step is worth: textbook cases, closed forms, and the same numbers from whole pipelines evaluated anew."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from scipy import differentiate

from coordination_gap.reliability import Gate, Pipeline, Step
from coordination_gap.reliability.importance import importance
from coordination_gap.reliability.leaves import Leaf, leaves, with_parts
from coordination_gap.reliability.parts import Branch, Vote, Way, walk
from tests.reliability import strategies


def rows(pipeline: Pipeline) -> pd.DataFrame:
    return importance(pipeline).set_index("step")


def cell(frame: pd.DataFrame, row: str, column: str) -> float:
    return float(frame.loc[row, column])  # type: ignore[arg-type] # one cell, not missing


# Textbook cases.


def test_two_in_series_hang_on_each_other() -> None:
    found = rows(Pipeline([Step("first", 0.98), Step("second", 0.96)]))
    for column in ("birnbaum", "derivative"):
        assert found[column].to_dict() == pytest.approx({"first": 0.96, "second": 0.98}, abs=1e-12)
    assert list(found.index) == ["second", "first"]
    assert found["silent_derivative"].to_dict() == pytest.approx({"first": -0.96, "second": -0.98}, abs=1e-12)


def test_two_in_parallel_matter_as_much_as_the_other_fails() -> None:
    found = rows(Pipeline([Step("first", 0.98, loud=1, fallback=Step("second", 0.96, loud=1))]))
    for column in ("birnbaum", "derivative"):
        assert found[column].to_dict() == pytest.approx({"first": 0.04, "second": 0.02}, abs=1e-12)


def test_two_of_three() -> None:
    a, b, c = 0.9, 0.8, 0.7
    found = rows(Pipeline([Vote("vote", [Step("a", a), Step("b", b), Step("c", c)], 2)]))
    expected = {"a": b + c - 2 * b * c, "b": a + c - 2 * a * c, "c": a + b - 2 * a * b}
    for column in ("birnbaum", "derivative"):
        assert found[column].to_dict() == pytest.approx(expected, abs=1e-12)


def test_a_way_that_is_seldom_taken_matters_as_seldom() -> None:
    ways = [Way(0.9, [Step("common", 0.8)]), Way(0.1, [Step("rare", 0.5)]), Way(0.0, [Step("never", 0.5)])]
    found = rows(Pipeline([Branch("kind", ways), Step("last", 0.5)]))
    expected = {"common": 0.45, "rare": 0.05, "never": 0.0, "last": 0.77}
    assert found["derivative"].to_dict() == pytest.approx(expected, abs=1e-12)


# Closed forms.


@pytest.mark.parametrize("attempts", [1, 2, 3, 8, 31, 32, 33, 40, 100, 300])
@pytest.mark.parametrize("success", ["0", "1/1000", "3/10", "97/100", "1"])
def test_the_derivative_of_retries_is_exact(attempts: int, success: str) -> None:
    p, loud, d, f = Fraction(success), Fraction(3, 5), Fraction(9, 10), Fraction(1, 50)
    caught = loud + (1 - loud) * d
    r, slope_r = p * f + (1 - p) * caught, f - caught
    geometric = sum(r**j for j in range(attempts))
    slope_geometric = sum(j * r ** (j - 1) * slope_r for j in range(1, attempts))
    good = (1 - f) * geometric + p * (1 - f) * slope_geometric
    bad = (1 - loud) * (1 - d) * (-geometric + (1 - p) * slope_geometric)
    step = Step("step", float(p), attempts=attempts, loud=float(loud), gate=Gate(float(d), float(f)))
    found = rows(Pipeline([step, Step("last", 0.5)]))
    assert cell(found, "step", "derivative") == pytest.approx(float(good) / 2, abs=1e-9)
    silent = float(good + bad) - float(good) / 2
    assert cell(found, "step", "silent_derivative") == pytest.approx(silent, abs=1e-9)


@pytest.mark.parametrize("share", [0.1, 0.9, 0.999999])
@pytest.mark.parametrize("p", [0.0, 1e-7, 0.2, 0.97, 1.0])
def test_the_derivative_under_a_common_cause_is_exact(share: float, p: float) -> None:
    def success(p: complex) -> complex:
        struck = share * (1 - p)
        return (1 - struck) * (1 - (1 - p / (1 - struck)) ** 4)

    # The derivative of an analytic function from one step along the imaginary axis.
    expected = success(p + 1e-30j).imag / 1e-30
    found = rows(Pipeline([Step("step", p, attempts=4, loud=1, common_cause=share)]))
    assert cell(found, "step", "derivative") == pytest.approx(expected, rel=1e-9)


def test_attempts_that_all_fail_together_are_one() -> None:
    found = rows(Pipeline([Step("never", 0.0, attempts=3, loud=1, common_cause=1)]))
    assert cell(found, "never", "derivative") == pytest.approx(1.0, abs=1e-12)


def test_voters_that_share_one_success_are_one_row() -> None:
    voters = [Step(name, 0.8) for name in ("a", "b", "c")]
    for tied, expected in (
        ({}, 6 * 0.8 * 0.2),
        ({"correlation": 1.0}, 1.0),
        ({"common_cause": 1.0}, 1.0),
    ):
        found = rows(Pipeline([Vote("vote", voters, 2, **tied)]))  # type: ignore[arg-type]
        assert list(found.index) == (["vote"] if tied else ["a", "b", "c"])
        assert found["derivative"].sum() == pytest.approx(expected, abs=1e-12)
        assert found["attempt_gain"].isna().all()
        assert found["success_per_dollar"].isna().all()


def test_what_one_more_attempt_gains_and_costs() -> None:
    gate = Gate(0.5, 0.0, cost=0.1)
    step, last = Step("step", 0.8, loud=0.5, gate=gate, cost=1.0), Step("last", 0.9, cost=10.0)
    found = importance(Pipeline([step, last]))
    # Seen: 0.2 (0.5 + 0.5 * 0.5) = 0.15 of the runs, which would have halted.
    gain = 0.15 * 0.8 * 0.9
    cost = 0.15 * (1.0 + 0.1 * 0.9 + 0.85 * 10.0)
    row = found.set_index("step").loc["step"]
    assert row["attempt_gain"] == pytest.approx(gain, abs=1e-14)
    assert row["attempt_cost"] == pytest.approx(cost, abs=1e-14)
    assert row["success_per_dollar"] == pytest.approx(gain / cost, rel=1e-12)
    assert found.attrs["success"] == pytest.approx(0.8 * 0.9)
    assert found.attrs["cost"] == pytest.approx(1.0 + 0.09 + 0.85 * 10.0)
    assert found.attrs["success_per_dollar"] == pytest.approx(0.72 / 9.59)


def test_an_attempt_pays_where_its_ratio_beats_that_of_the_pipeline() -> None:
    for cost_before, pays in ((0.1, False), (10.0, True)):
        # Half of the failures come from a cause that meets the second attempt, too: it is worth less than the first.
        step = Step("step", 0.6, loud=1, cost=1.0, common_cause=0.5)
        parts = [Step("before", 0.9, loud=1, cost=cost_before), step]
        found = importance(Pipeline(parts))
        outcome = Pipeline([parts[0], replace(parts[1], attempts=2)]).evaluate()
        ratio = cell(found.set_index("step"), "step", "success_per_dollar")
        assert (ratio > found.attrs["success_per_dollar"]) is pays
        assert (outcome.cost / outcome.success < found.attrs["cost"] / found.attrs["success"]) is pays


def test_no_ratio_without_dollars() -> None:
    # Failures that nobody sees are not tried again.
    row = rows(Pipeline([Step("blind", 0.8, cost=1.0)])).loc["blind"]
    assert (row["attempt_gain"], row["attempt_cost"]) == (0.0, 0.0)
    assert pd.isna(row["success_per_dollar"])
    # A second attempt that spares a costly fallback saves money.
    row = rows(Pipeline([Step("step", 0.8, loud=1, cost=0.01, fallback=Step("person", 0.9, cost=5))])).loc["step"]
    assert row["attempt_cost"] == pytest.approx(0.2 * 0.01 - 0.2 * 0.8 * 5)
    assert row["attempt_gain"] == pytest.approx(0.2 * (0.8 + 0.2 * 0.9) - 0.2 * 0.9)
    assert pd.isna(row["success_per_dollar"])
    # Without costs nothing has a price.
    found = importance(Pipeline([Step("free", 0.8, loud=1)]))
    assert found["attempt_gain"].to_list() == pytest.approx([0.16])
    assert found["success_per_dollar"].isna().all()
    assert found.attrs["success_per_dollar"] is None


@pytest.mark.parametrize("most", [{"attempts": 2, "backoff_seconds": 1e12, "backoff_factor": 1e6}, {"attempts": 10**9}])
def test_an_attempt_beyond_what_a_step_may_have_is_none(most: dict[str, Any]) -> None:
    found = rows(Pipeline([Step("step", 0.5, loud=1, **most)]))
    assert found["attempt_gain"].isna().to_list() == [True]


# What the steps of a run share.


def test_under_a_common_cause_mending_one_of_two_equals_does_not_avoid_the_strike() -> None:
    p, share = 0.9, 0.3
    spared = 1 - share * (1 - p)
    found = rows(Pipeline([Step("a", p), Step("b", p)], common_cause=share))
    # With p1 >= p2 the success is p1 p2 / (1 - share (1 - p1)).
    expected = p * (1 - share) / spared**2
    assert found["derivative"].to_list() == pytest.approx([expected] * 2, abs=1e-8)
    found = rows(Pipeline([Step("a", p), Step("b", 0.95)], common_cause=share))
    assert cell(found, "a", "derivative") == pytest.approx(0.95 / (1 - share * 0.05), abs=1e-8)
    # A perfect step can only get worse; then the worse of the two decides.
    found = rows(Pipeline([Step("a", 1.0), Step("b", 0.95)], common_cause=share))
    assert cell(found, "a", "derivative") == pytest.approx(0.95 * (1 - share), abs=1e-8)


def test_nearly_equal_steps_are_struck_together() -> None:
    equal = rows(Pipeline([Step("a", 0.9), Step("b", 0.9)], common_cause=0.3))
    nearly = rows(Pipeline([Step("a", 0.9), Step("b", 0.9 + 1e-9)], common_cause=0.3))
    assert cell(nearly, "a", "derivative") == pytest.approx(cell(equal, "a", "derivative"), abs=1e-7)


def test_where_all_share_one_luck_the_worst_decides() -> None:
    found = rows(Pipeline([Step("a", 0.9), Step("b", 0.95), Step("c", 1.0)], correlation=1))
    assert found["derivative"].to_dict() == pytest.approx({"a": 1.0, "b": 0.0, "c": 0.0}, abs=1e-8)
    assert found["improvement"].to_dict() == pytest.approx({"a": 0.05, "b": 0.0, "c": 0.0}, abs=1e-9)
    assert found["birnbaum"].to_dict() == pytest.approx({"a": 0.95, "b": 0.9, "c": 0.9}, abs=1e-9)
    twins = rows(Pipeline([Step("a", 0.9), Step("b", 0.9)], correlation=1))
    assert twins["derivative"].to_list() == pytest.approx([0.0, 0.0], abs=1e-8)


@pytest.mark.parametrize("correlation", [0.05, 0.3])
@pytest.mark.parametrize("p", [0.6, 0.97])
def test_two_that_share_their_luck(correlation: float, p: float) -> None:
    # Both together have the mean of a squared beta variable, p^2 + correlation p (1 - p); each is half its slope.
    found = rows(Pipeline([Step("a", p), Step("b", p)], correlation=correlation))
    expected = p + correlation * (1 - 2 * p) / 2
    assert found["derivative"].to_list() == pytest.approx([expected] * 2, abs=1e-7)
    alone = rows(Pipeline([Step("a", p)], correlation=correlation))
    assert cell(alone, "a", "derivative") == pytest.approx(1.0, abs=1e-8)


def test_no_derivative_at_the_ends_of_a_shared_luck() -> None:
    found = rows(Pipeline([Step("a", 1.0), Step("b", 0.9), Step("c", 0.0)], correlation=0.2))
    assert found["derivative"].isna().to_dict() == {"a": True, "b": False, "c": True}
    assert found.notna().loc[:, ["birnbaum", "improvement"]].all(axis=None)


# The same from whole pipelines, evaluated anew.


def changed(pipeline: Pipeline, leaf: Leaf, success: float) -> Pipeline:
    def change(part: Step | Vote) -> Step | Vote:
        if isinstance(part, Step) and part.name in {step.name for step in leaf.steps}:
            return replace(part, success=success)
        return part

    return strategies.rebuilt(pipeline, change)


def numeric_slope(function: Callable[[float], float], at: float) -> float:
    direction = 1 if at < 1e-3 else -1 if at > 1 - 1e-3 else 0
    room = 0.25 if direction else min(at, 1 - at)
    found = differentiate.derivative(
        np.vectorize(function, otypes=[float]), at, initial_step=room / 8, step_direction=direction, order=10
    )
    return float(found.df)


@pytest.mark.parametrize("seed", range(25))
def test_random_pipelines_evaluated_anew(seed: int) -> None:
    pipeline = strategies.seeded_pipeline(seed, strategies.CORRELATED_STEPS)
    base = pipeline.evaluate()
    found = rows(pipeline)
    assert sorted(found.index) == sorted(leaf.name for leaf in leaves(pipeline.steps))
    for leaf in leaves(pipeline.steps):
        row = found.loc[leaf.name]
        perfect, failing = (changed(pipeline, leaf, end).evaluate().success for end in (1.0, 0.0))
        assert row["success"] == leaf.success
        assert row["birnbaum"] == pytest.approx(perfect - failing, abs=1e-11)
        assert row["improvement"] == pytest.approx(perfect - base.success, abs=1e-11)
        if leaf.in_vote:
            assert pd.isna(row["attempt_gain"])
        else:
            assert isinstance(leaf.owner, Step)
            further = replace(leaf.owner, attempts=leaf.owner.attempts + 1)
            more = replace(pipeline, steps=with_parts(pipeline.steps, {leaf.name: further})).evaluate()
            assert row["attempt_gain"] == pytest.approx(more.success - base.success, abs=1e-11)
            assert row["attempt_cost"] == pytest.approx(more.cost - base.cost, abs=1e-9)
    leaf = leaves(pipeline.steps)[seed % len(found)]
    if leaf.owner.common_cause < 0.9:  # else the numeric derivative is the less exact one near 0
        for column, end in (("derivative", "success"), ("silent_derivative", "silent_failure")):
            slope = numeric_slope(lambda p, end=end: getattr(changed(pipeline, leaf, p).evaluate(), end), leaf.success)  # type: ignore[misc]
            assert cell(found, leaf.name, column) == pytest.approx(slope, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(strategies.pipelines(replace(strategies.EVERY_PART, spread=False)))
def test_what_holds_for_every_pipeline(pipeline: Pipeline) -> None:
    found = importance(pipeline)
    assert not found.drop(columns=["attempt_gain", "attempt_cost", "success_per_dollar"]).isna().any(axis=None)
    # A better step never harms, and the step to mend first comes first.
    assert (found["improvement"] >= -1e-12).all()
    assert (found["derivative"] >= -1e-9).all()
    assert (found["birnbaum"] >= found["improvement"] - 1e-12).all()
    assert (found["improvement"].diff().dropna() <= 1e-11).all()


def test_equal_steps_keep_their_order() -> None:
    for size in (2, 7, 23):
        pipeline = Pipeline.repeat(Step("step", 0.97, attempts=2, loud=0.3, gate=Gate(0.9, 0.01)), size)
        assert importance(pipeline)["step"].to_list() == [f"step {number}" for number in range(1, size + 1)]


def test_a_long_pipeline_and_a_long_chain_of_fallbacks() -> None:
    found = importance(Pipeline.repeat(Step("step", 0.9999, attempts=2, loud=1, cost=0.01), 600))
    assert found["derivative"].to_numpy(float) == pytest.approx(2 * 1e-4 * (1 - 1e-8) ** 599, rel=1e-6)
    chain = Step("link 1500", 0.5, loud=1)
    for number in range(1499, 0, -1):
        chain = Step(f"link {number}", 0.5, loud=1, fallback=chain)
    mended = with_parts([chain], {"link 1500": Step("link 1500", 1.0)})[0]
    assert [part.name for part in walk([mended])] == [part.name for part in walk([chain])]
    assert list(walk([mended]))[-1] == Step("link 1500", 1.0)


def test_parts_are_replaced_at_any_depth() -> None:
    third = Step("third", 0.5, loud=1)
    second = Vote("second", [Step("voter", 0.5, loud=1)], 1, fallback=third)
    parts = [Branch("way", [Way(1.0, [Step("first", 0.5, loud=1, fallback=second)])])]
    for name, expected in (("first", 1.0), ("voter", 1.0), ("second", 1.0), ("third", 1.0), ("none", 0.875)):
        assert Pipeline(with_parts(parts, {name: Step(name, 1.0)})).evaluate().success == pytest.approx(expected)
    short = Pipeline(with_parts(parts, {"second": replace(second, fallback=None)}))
    assert [part.name for part in walk(short.steps)] == ["way", "first", "second", "voter"]


@pytest.mark.parametrize("p", [1e-20, 1e-14, 1 - 2.0**-50])
def test_a_slope_too_near_an_end_of_shared_luck_is_none_rather_than_wrong(p: float) -> None:
    frame = Pipeline([Step("b", 0.8), Step("c", p)], correlation=0.5).importance().set_index("step")
    assert frame["derivative"].isna().to_dict() == {"b": False, "c": True}
