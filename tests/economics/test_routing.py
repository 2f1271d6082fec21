"""Cascades and routers: the pipeline with a fallback as oracle, tasks counted one by one, and the frontier's laws."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from coordination_gap import economics as ec
from coordination_gap import tables
from coordination_gap.reliability import Gate, Pipeline, Step

SHARE = st.floats(0.0, 1.0)
CHEAP, STRONG = ec.Model("cheap", 0.02, 0.7), ec.Model("strong", 0.4, 0.9)


@given(SHARE, SHARE, SHARE, SHARE)
def test_an_independent_cascade_is_a_step_with_a_fallback(
    p: float, q: float, detection: float, false_alarm: float
) -> None:
    gate = Gate(detection, false_alarm, cost=0.01)
    outcome = Pipeline([Step("cheap", p, gate=gate, cost=0.02, fallback=Step("strong", q, cost=0.4))]).evaluate()
    found = ec.route(ec.Model("", 0.02, p), ec.Model("", 0.4, q), detection, false_alarm, gate_usd=0.01)
    assert found.success == pytest.approx(outcome.success, abs=1e-12)
    assert found.cost == pytest.approx(outcome.cost, abs=1e-12)


@pytest.mark.parametrize("kind", ["cascade", "router"])
def test_a_shared_difficulty_is_tasks_counted_one_by_one(kind: str) -> None:
    rng = np.random.default_rng(5)
    n, shared, d, f = 400_000, 0.6, 0.8, 0.1
    both = 0.7 * 0.9 + shared * (0.7 - 0.63)
    cell = rng.choice(4, n, p=[both, 0.7 - both, 0.9 - both, 1 - 0.7 - 0.9 + both])
    cheap, strong = (cell == 0) | (cell == 1), (cell == 0) | (cell == 2)
    sent = rng.random(n) < np.where(cheap, f, d)
    success = np.where(sent, strong, cheap).mean()
    cost = np.where(sent, 0.4, 0.0) + (0.02 if kind == "cascade" else np.where(sent, 0.0, 0.02)) + 0.01
    found = ec.route(CHEAP, STRONG, d, f, kind=kind, shared=shared, gate_usd=0.01)
    assert found.success == pytest.approx(success, abs=0.004)
    assert found.cost == pytest.approx(cost.mean(), abs=0.002)
    assert found.sent_on == pytest.approx(sent.mean(), abs=0.004)


@given(SHARE, SHARE, SHARE)
def test_what_both_do_lies_between_independence_and_the_most_there_can_be(p: float, q: float, shared: float) -> None:
    both = ec.both_succeed(p, q, shared)
    assert p * q - 1e-12 <= both <= min(p, q) + 1e-12


@given(st.floats(0.5, 0.999))
def test_the_area_under_the_curve_is_the_area_asked_for(area: float) -> None:
    grid = stats.norm.cdf(np.linspace(-8, 8, 4001))
    detection = ec.detection_at(grid, area)
    assert float(np.trapezoid(detection, grid)) == pytest.approx(area, abs=1e-4)


def test_the_ends_of_a_curve_are_the_two_models() -> None:
    for area in (0.5, 0.8, 1.0):
        frame = ec.curve(CHEAP, STRONG, area, shared=0.5)
        first, last = frame.iloc[0], frame.iloc[-1]
        assert (first["success"], first["cost_usd"]) == pytest.approx((0.7, 0.02))
        assert (last["success"], last["cost_usd"]) == pytest.approx((0.9, 0.42))
        router = ec.curve(CHEAP, STRONG, area, kind="router").iloc[-1]
        assert (router["success"], router["cost_usd"]) == pytest.approx((0.9, 0.4))


def test_a_guessing_router_lies_on_the_line_between_the_models() -> None:
    frame = ec.curve(CHEAP, STRONG, 0.5, kind="router", shared=0.4)
    on_line = 0.7 + (frame["cost_usd"] - 0.02) / 0.38 * 0.2
    assert frame["success"].to_numpy() == pytest.approx(on_line.to_numpy(), abs=1e-9)


@given(st.floats(0.5, 0.99), st.floats(0.001, 0.5), st.floats(0.7, 0.9))
def test_a_better_gate_is_never_dearer(area: float, more: float, target: float) -> None:
    worse, better = (ec.curve(CHEAP, STRONG, min(each, 1.0), shared=0.5, points=401) for each in (area, area + more))
    dear, cheap = ec.least_cost(worse, target), ec.least_cost(better, target)
    assert dear is not None
    assert cheap is not None
    # The points of two curves differ; between them cost moves by less than this.
    assert cheap <= dear + 0.02


def test_a_perfect_gate_by_hand() -> None:
    # To win 0.2 with a strong model that mends 0.9 of what is sent on, 0.2 / 0.9 of tasks are sent on.
    assert ec.least_cost(ec.curve(CHEAP, STRONG, 1.0, points=4001), 0.9) == pytest.approx(
        0.02 + 0.2 / 0.9 * 0.4, abs=1e-3
    )
    assert ec.least_cost(ec.curve(CHEAP, STRONG, 1.0), 1.0) is None


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.1, 0.2, 0.5]), st.sampled_from([0.0, 0.3, 0.6, 1.0])), min_size=1, max_size=8
    )
)
def test_every_beaten_model_has_one_on_the_frontier_that_beats_it(points: list[tuple[float, float]]) -> None:
    models = pd.DataFrame(points, columns=["cost_usd", "success"])
    kept = ec.frontier(models)
    assert kept.any()
    for row, (cost, success) in enumerate(points):
        beats = [
            bool(c <= cost and s >= success and (c < cost or s > success))
            for c, s in zip(models["cost_usd"], models["success"], strict=True)
        ]
        assert kept[row] == (not any(beats))
        if not kept[row]:
            assert any(kept[other] for other, better in enumerate(beats) if better)


def test_the_priced_models_are_those_of_both_tables() -> None:
    costs, success = tables.load("agent_task_costs", "2026-09-10"), tables.load("taubench_pass_k", "2026-09-10")
    models = ec.priced(costs, success, "telecom").set_index("submission_id")
    row = models.loc["gemini-3-flash_sierra_2026-03-02"]
    assert (row["cost_usd"], row["success"], row["on_frontier"]) == (0.05221, 0.9123, True)
    assert models["cost_usd"].is_monotonic_increasing
    assert models["success"].notna().all()
    hidden = tables.load("agent_task_costs", "2026-08-17")
    assert ec.priced(hidden, success, "telecom").empty


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: ec.route(ec.Model("x", -1.0, 0.5), STRONG, 0.5, 0.5), "cheap: cost is -1.0"),
        (lambda: ec.route(CHEAP, ec.Model("x", 1.0, 1.5), 0.5, 0.5), "strong: success is 1.5"),
        (lambda: ec.route(CHEAP, STRONG, 1.5, 0.5), "detection is 1.5"),
        (lambda: ec.route(CHEAP, STRONG, 0.5, 0.5, kind="vote"), "kind is 'vote': give one of cascade, router"),
        (lambda: ec.route(CHEAP, STRONG, 0.5, 0.5, shared=-0.1), "shared is -0.1"),
        (lambda: ec.route(CHEAP, STRONG, 0.5, 0.5, gate_usd=math.nan), "gate_usd is nan"),
        (lambda: ec.curve(CHEAP, STRONG, 0.4), "area is 0.4: give 0.5"),
        (lambda: ec.frontier(pd.DataFrame({"cost_usd": [1.0]})), "lacks the column success"),
        (
            lambda: ec.frontier(pd.DataFrame({"cost_usd": [1.0, -2.0], "success": [0.5, 0.5]})),
            "models, row 1: cost is -2.0",
        ),
    ],
)
def test_what_cannot_be_is_named(call: "object", named: str) -> None:
    with pytest.raises(ValueError, match=named):
        call()  # type: ignore[operator]
