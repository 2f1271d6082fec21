import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from coordination_gap import figures
from coordination_gap.reliability import Gate, Pipeline, Step, Vote, remedies, remedy_plots
from coordination_gap.reliability.allocation import allocate
from coordination_gap.reliability.parts import numbered
from tests.reliability.drawn import check

STEP = Step("step", 0.97, loud=0.5, cost=0.002, seconds=1.2, backoff_seconds=0.5)
GATE = Gate(0.9, 0.02, cost=0.0005, seconds=0.3)
WAYS = remedies.Remedies(STEP, 6, 3, GATE, fallback_success=0.9, voters=3, agreement=1.0)
TWO_STEPS = replace(WAYS, steps=2, attempts=2)


def test_pipelines_differ_only_in_what_they_add() -> None:
    pipelines = WAYS.pipelines()
    assert next(iter(pipelines)) == remedies.BARE
    added = {}
    for name, pipeline in pipelines.items():
        first = pipeline.steps[0]
        assert len(pipeline.steps) == 6
        if isinstance(first, Step):
            added[name] = (first.attempts, first.gate, first.fallback is not None)
            assert (first.success, first.loud, first.cost, first.seconds) == (0.97, 0.5, 0.002, 1.2)
    assert added == {
        remedies.BARE: (1, None, False),
        remedies.RETRIES: (3, None, False),
        remedies.GATE: (1, GATE, False),
        remedies.GATE_RETRIES: (3, GATE, False),
        remedies.GATE_FALLBACK: (1, GATE, True),
        remedies.ALL: (3, GATE, True),
    }
    vote = pipelines[remedies.VOTE].steps[0]
    assert isinstance(vote, Vote)
    assert (len(vote.voters), vote.needed) == (3, 2)


def test_correlation_is_between_attempts_and_voters_only() -> None:
    independent, correlated = remedies.compare(WAYS.pipelines()), remedies.compare(WAYS.pipelines(0.4))
    change = (correlated["success"] - independent["success"]).set_axis(independent["pipeline"])
    assert change[[remedies.BARE, remedies.GATE, remedies.GATE_FALLBACK]].abs().max() < 1e-12
    assert (change[[remedies.RETRIES, remedies.GATE_RETRIES, remedies.VOTE]] < -1e-4).all()


def test_compare_and_its_table() -> None:
    compared = remedies.compare(WAYS.pipelines())
    np.testing.assert_allclose(compared[["success", "silent_failure", "halted"]].sum(axis=1), 1.0, rtol=1e-12)
    bare = compared.iloc[0]
    assert (bare["effort"], bare["seconds_95"]) == (1.0, pytest.approx(7.2))
    table = remedies.comparison_table(compared)
    assert table["success"].tolist()[:4] == ["83.3%", "91.2%", "73.8%", "99.0%"]
    hopeless = remedies.compare({"bare": Pipeline([Step("a", 0.0)]), "faint": Pipeline([Step("a", 1e-9, cost=1.0)])})
    assert remedies.comparison_table(hopeless)["cost per success"].tolist() == ["no success", "over $1 million"]


@pytest.mark.parametrize(
    ("dollars", "text"), [(0.0, "$0"), (0.0118, "$0.0118"), (1234.5, "$1,234.50"), (1e-30, "$0.000000000000")]
)
def test_money(dollars: float, text: str) -> None:
    assert remedies.money(dollars) == text


def test_success_by_attempts_starts_alike_and_falls_behind_with_correlation() -> None:
    frame = remedies.success_by_attempts(WAYS, [0.0, 0.4, 1.0], most=5)
    table = frame.pivot_table(index="attempts", columns="correlation", values="success")
    assert np.ptp(table.loc[1]) < 1e-12
    assert (table.loc[2:, 0.0] > table.loc[2:, 0.4]).all()
    assert (table.loc[2:, 0.4] > table.loc[2:, 1.0]).all()
    assert frame.loc[frame["point"] == "setting", "attempts"].unique().tolist() == [3]


def test_false_alarms_make_a_gate_worthless_where_the_curves_cross() -> None:
    crossing = remedies.worthless_false_alarm(WAYS)
    assert crossing is not None
    there = replace(WAYS, gate=replace(GATE, false_alarm=crossing)).pipelines()
    assert there[remedies.GATE_RETRIES].evaluate().success == pytest.approx(0.97**6, abs=1e-9)
    assert remedies.worthless_false_alarm(replace(WAYS, step=replace(STEP, success=1.0))) is None
    frame = remedies.outcomes_by_false_alarm(WAYS)
    assert np.ptp(frame.loc[frame["pipeline"] == remedies.BARE, "success"]) == 0.0
    assert frame.loc[frame["point"] == "setting", "false_alarm"].unique().tolist() == [0.02]


def test_cheapest_plans_reach_their_targets_and_cost_more_the_higher_the_target() -> None:
    priced = remedies.cost_by_target(TWO_STEPS, [0.95, 0.99], points=5)
    found = priced[priced["cost"].notna()]
    assert (found["success"] >= found["target"] - 1e-12).all()
    assert (np.diff(found["cost"]) >= -1e-15).all()
    options = {f"step {place}": [numbered(part, place) for part in TWO_STEPS.alternatives(2)] for place in (1, 2)}
    bare = TWO_STEPS.pipelines()[remedies.BARE]
    for target in (0.95, 0.99):
        cheapest = allocate(bare, options, target).outcome.cost
        assert priced.loc[priced["target"] == target, "cost"].item() == pytest.approx(cheapest, rel=1e-9)


@pytest.mark.parametrize("success", [0.5, 0.9])
def test_cheapest_order_and_mix_are_those_of_every_plan_tried(success: float) -> None:
    ways = replace(WAYS, steps=3, attempts=2, step=replace(STEP, success=success, loud=0.8), fallback_success=0.4)
    tried = [
        Pipeline([numbered(part, place) for place, part in enumerate(parts)]).evaluate()
        for parts in itertools.product(ways.alternatives(2), repeat=3)
    ]
    for target in (0.3, 0.6, 0.8):
        reaching = [outcome.cost for outcome in tried if outcome.success >= target]
        priced = remedies.cost_by_target(ways, [target], points=2)
        found = priced.loc[priced["is_named"], "cost"].item()
        assert found == pytest.approx(min(reaching), rel=1e-12) if reaching else np.isnan(found)


def test_what_cannot_be_reached_or_searched_is_a_gap() -> None:
    priced = remedies.cost_by_target(replace(TWO_STEPS, step=replace(STEP, success=0.2)), [0.99], points=2)
    # Beside what was asked for stands what the surest mix does reach.
    assert priced.loc[~priced["is_named"], "cost"].notna().tolist() == [True]
    hopeless = priced[priced["is_named"]]
    assert hopeless["cost"].isna().all()
    assert hopeless["gap"].str.len().gt(10).all()
    assert remedies.target_table(hopeless, [0.99])["cost per run"].tolist() == ["out of reach"]
    assert "without a curve" in remedies.target_alt(hopeless)
    assert "more mixes" in remedies.cost_by_target(replace(WAYS, steps=60), [0.9], points=2)["gap"].iloc[0]


@pytest.mark.parametrize("size", figures.SIZES)
@pytest.mark.parametrize("ways", [WAYS, replace(WAYS, steps=1, step=Step("step", 1.0)), replace(WAYS, steps=300)])
def test_figures_draw_what_the_frames_hold(ways: remedies.Remedies, size: str) -> None:
    drawn: list[tuple[Callable[[Figure, pd.DataFrame], None], pd.DataFrame]] = [
        (remedy_plots.draw_remedies, remedies.compare(ways.pipelines())),
        (remedy_plots.draw_attempts, remedies.success_by_attempts(ways, [0.0, 0.4, 1.0], 6)),
        (remedy_plots.draw_false_alarms, remedies.outcomes_by_false_alarm(ways, 5)),
        (remedy_plots.draw_target_cost, remedies.cost_by_target(replace(ways, steps=min(ways.steps, 2)), [0.9], 4)),
    ]
    for draw, data in drawn:
        check(draw, data, size)
