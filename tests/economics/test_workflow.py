"""The workflow's account: runs counted one by one, the closed break-even, and what it must obey."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination_gap import economics as ec
from coordination_gap.reliability import Pipeline, Step
from tests.economics.conftest import ENDS, MakeRanges

COSTS = [
    name
    for name in ec.INPUTS
    if name not in ("hours_saved", "wage", "minutes_a_task", "by_hand_failure", "step_success")
]


@pytest.mark.parametrize("success", [0.0, 0.6, 0.97, 1.0])
def test_ends_are_those_of_the_pipeline(success: float, alone: ec.Design, layered: ec.Design) -> None:
    for design in (alone, layered, ec.Design("quiet", 4)):
        outcome, ends = design.pipeline(success).evaluate(), design.ends(success)
        assert [float(each[0]) for each in ends] == pytest.approx(
            [outcome.success, outcome.silent_failure, outcome.halted, outcome.cost], abs=1e-12
        )


def test_the_articles_steps() -> None:
    assert float(ec.Design("quiet", 6).ends(0.97).success[0]) == pytest.approx(0.83297, abs=5e-6)


def test_a_month_is_its_runs_counted_one_by_one(
    middle: dict[str, float], settings: ec.Settings, alone: ec.Design
) -> None:
    month = ec.account(middle, settings, alone)
    volume = middle["hours_saved"] * 52 / 12 * 60 / middle["minutes_a_task"]
    by_hand = middle["minutes_a_task"] / 60 * middle["wage"]
    run = Pipeline([Step(f"{i}", middle["step_success"], loud=0.5) for i in range(6)]).simulate(400_000, seed=3)
    by_hand_failures = middle["by_hand_failure"] * middle["failure"]
    a_run = (
        (run.success + run.silent_failure) * by_hand
        + run.halted * (by_hand - 1.2 * by_hand - by_hand_failures)
        - run.silent_failure * middle["failure"]
        + by_hand_failures
    )
    upkeep = (
        middle["platform"]
        + middle["tracing"]
        + middle["maintenance"] * middle["engineer"]
        + volume * middle["review_share"] * 2 / 60 * middle["wage"]
    )
    bill = middle["inference"] * run.attempts / 6
    assert float(month.net[0]) == pytest.approx(volume * a_run - upkeep - bill, abs=15)
    assert float(month.build[0]) == middle["build_weeks"] * 40 * middle["engineer"]


def test_value_is_that_of_the_flows(middle: dict[str, float], settings: ec.Settings, alone: ec.Design) -> None:
    month = ec.account(middle, settings, alone)
    rate = ec.monthly_rate(settings.discount_rate)
    assert float(month.value(settings)[0]) == pytest.approx(
        ec.net_present_value(list(month.flows(24)[0]), rate), abs=1e-6
    )
    path = ec.cumulative(month, settings, 0.9)
    assert path["median_usd"].iloc[-1] == pytest.approx(float(month.value(settings)[0]))
    assert path["median_usd"].iloc[0] == -float(month.build[0])


def test_each_stage_counts_more(middle: dict[str, float], settings: ec.Settings, alone: ec.Design) -> None:
    values = [float(ec.account(middle, settings, alone, stage).value(settings)[0]) for stage in ec.STAGES]
    assert values == sorted(values, reverse=True)
    bills = ec.account(middle, settings, alone, "bills")
    assert float(bills.net[0]) == pytest.approx(float(bills.saved[0]) - middle["inference"] - middle["platform"])
    assert float(bills.build[0]) == 0.0


def test_break_even_has_its_closed_form(middle: dict[str, float], settings: ec.Settings) -> None:
    quiet = ec.Design("quiet", 6)
    month = ec.account(middle, settings, quiet)
    volume = float(ec.tasks_a_month(middle["hours_saved"] * 52 / 12, middle["minutes_a_task"]))
    bills = sum(
        float(getattr(month, name)[0]) for name in ("inference", "platform", "tracing", "maintenance", "review")
    )
    a_task = float(month.saved[0]) / volume - (bills + float(month.build[0]) / settings.annuity) / volume
    closed = (1 - middle["by_hand_failure"] - a_task / middle["failure"]) ** (1 / 6)
    assert ec.break_even(middle, "step_success", 1.0, settings, quiet) == pytest.approx(closed, abs=1e-9)


def test_the_break_even_of_each_draw_is_that_of_its_numbers(
    make_ranges: MakeRanges, settings: ec.Settings, alone: ec.Design
) -> None:
    inputs = ec.drawn(make_ranges(), "triangular", 8, 1)
    found = ec.break_even_step(inputs, settings, alone)
    for at, step in enumerate(found):
        one = {name: float(values[at]) for name, values in inputs.items()}
        assert ec.break_even(one, "step_success", 1.0, settings, alone) == pytest.approx(step, abs=1e-9)
    free = {**inputs, "failure": np.zeros(8), "build_weeks": np.zeros(8)}
    assert np.isnan(ec.break_even_step(free, replace(settings, handling=0.0), alone)).all()


def test_alternatives_are_the_simulation_of_each_case(
    make_ranges: MakeRanges, settings: ec.Settings, alone: ec.Design, layered: ec.Design
) -> None:
    inputs = ec.drawn(make_ranges(), "triangular", 500, 1)
    table = ec.alternatives({"so": (ec.Case(inputs, settings, alone), ec.Case(inputs, settings, layered))})
    for name, design in (("alone", alone), ("layer", layered)):
        values = ec.simulated(ec.account(inputs, settings, design), settings)["value_usd"]
        assert table[f"value_{name}_usd"].item() == values.median()
        assert table[f"loss_{name}"].item() == (values < 0).mean()


def test_at_break_even_nothing_is_left(middle: dict[str, float], settings: ec.Settings, alone: ec.Design) -> None:
    for name, high in (("step_success", 1.0), ("failure", 1000.0), ("engineer", 1000.0), ("hours_saved", 100.0)):
        found = ec.break_even(middle, name, high, settings, alone)
        assert found is not None
        assert float(ec.account({**middle, name: found}, settings, alone).value(settings)[0]) == pytest.approx(
            0, abs=1e-3
        )
    free = {**middle, "engineer": 0.0, "failure": 0.0}
    assert ec.break_even(free, "step_success", 1.0, replace(settings, handling=0.0), alone) is None


@given(st.floats(0.9, 0.999), st.floats(0.0, 0.01), st.integers(1, 12), st.floats(0.0, 1.0))
def test_value_falls_with_reliability(success: float, lost: float, steps: int, loud: float) -> None:
    settings = ec.Settings(24, 0.1, 2.0, 1.2)
    middle = {name: sum(ends) / 2 for name, ends in ENDS.items()}
    # Where a failure costs more than a person, it is worse to pass it on than to halt.
    design = ec.Design("chain", steps, loud=loud)
    better, worse = (
        float(ec.account({**middle, "step_success": p, "inference": 0.0}, settings, design).value(settings)[0])
        for p in (success, success - lost)
    )
    assert worse <= better + 1e-6


@given(st.sampled_from(COSTS), st.floats(0.0, 1.0))
def test_value_falls_with_every_cost(name: str, more: float) -> None:
    settings, design = ec.Settings(24, 0.1, 2.0, 1.2), ec.Design("chain", 6, loud=0.5)
    middle = {key: sum(ends) / 2 for key, ends in ENDS.items()}
    dearer = {
        **middle,
        name: min(middle[name] + more, 1.0) if ec.INPUTS[name] == "probability" else middle[name] + more,
    }
    before, after = (float(ec.account(each, settings, design).value(settings)[0]) for each in (middle, dearer))
    assert after <= before + 1e-6


def test_draws_come_from_their_ranges_and_repeat(
    make_ranges: MakeRanges, settings: ec.Settings, alone: ec.Design
) -> None:
    first, again = (ec.drawn(make_ranges(), "pert", 500, 7) for _ in range(2))
    assert all((first[name] == again[name]).all() for name in first)
    result = ec.simulated(ec.account(first, settings, alone), settings)
    paid = result["payback_months"] * result["net_usd_a_month"]
    repaid = np.isfinite(result["payback_months"])
    assert paid[repaid].to_numpy() == pytest.approx(result["build_usd"][repaid].to_numpy())
    assert (result["net_usd_a_month"][~repaid] <= 0).all()


def test_tornado_and_indices_name_the_inputs_that_matter(
    make_ranges: MakeRanges, settings: ec.Settings, alone: ec.Design
) -> None:
    ranges = make_ranges(**{name: (ends[0], ends[0]) for name, ends in ENDS.items() if name not in ("wage", "tracing")})
    bars = ec.tornado(ranges, settings, alone)
    assert list(bars["input"][:2]) == ["wage", "tracing"]
    assert bars["value_at_low_usd"][1] - bars["value_at_high_usd"][1] == pytest.approx(100 * settings.annuity)
    owed = ec.sensitivity(ranges, settings, alone, law="uniform", samples=256, seed=1)
    slopes = {
        name: float(
            np.ptp(bars.set_index("input").loc[name, ["value_at_low_usd", "value_at_high_usd"]].to_numpy(float))
        )
        for name in ("wage", "tracing")
    }
    share = slopes["wage"] ** 2 / sum(each**2 for each in slopes.values())
    assert owed.set_index("input")["total"]["wage"] == pytest.approx(share, abs=0.02)


def test_a_rate_of_return_a_year_is_that_of_the_months() -> None:
    assert ec.yearly_return(100.0, 1200.0, 12) == pytest.approx(0.0, abs=1e-9)
    assert ec.yearly_return(-1.0, 1200.0, 12) is None


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"wage": -1.0}, "wage is -1.0: give a finite number of US dollars an hour, 0 or more"),
        ({"step_success": 1.1}, "step_success is 1.1: give a probability"),
        ({"minutes_a_task": 0.0}, "minutes_a_task is 0"),
        ({"engineer": np.nan}, "engineer is nan"),
        ({"luck": 1.0}, "inputs holds 'luck'"),
    ],
)
def test_an_input_that_cannot_be_is_named(
    changed: dict[str, float], named: str, middle: dict[str, float], settings: ec.Settings, alone: ec.Design
) -> None:
    with pytest.raises(ValueError, match=named):
        ec.account({**middle, **changed}, settings, alone)


def test_other_arguments_that_cannot_be_are_named(
    middle: dict[str, float], settings: ec.Settings, alone: ec.Design, make_ranges: MakeRanges
) -> None:
    wrong_unit = {**make_ranges(), "wage": ec.Range("wage", 1, 2, unit="US dollars a month")}
    for call, named in (
        (lambda: ec.account({}, settings, alone), "inputs lacks hours_saved"),
        (lambda: ec.account(middle, settings, alone, "all"), "through is 'all': give one of bills"),
        (lambda: ec.Settings(0, 0.1, 2, 1), "months is 0"),
        (lambda: ec.Settings(12, -0.1, 2, 1), "discount_rate is -0.1"),
        (lambda: ec.Design("x", 0), "steps is 0"),
        (lambda: ec.Design("x", 3, loud=2.0), "loud is 2.0"),
        (lambda: alone.ends(np.array([0.5, 1.5])), "step_success is 1.5"),
        (lambda: ec.drawn(make_ranges(), "normal", 10, 1), "law is 'normal'"),
        (lambda: ec.drawn(make_ranges(), "pert", 1, 1), "draws is 1"),
        (
            lambda: ec.drawn(wrong_unit, "pert", 10, 1),
            "wage is in 'US dollars a month': give it in 'US dollars an hour'",
        ),
        (lambda: ec.drawn({}, "pert", 10, 1), "ranges lacks hours_saved"),
        (lambda: ec.tornado({**make_ranges(), "luck": wrong_unit["wage"]}, settings, alone), "ranges holds 'luck'"),
        (lambda: ec.break_even(middle, "luck", 1.0, settings, alone), "name is 'luck'"),
    ):
        with pytest.raises(ValueError, match=named):
            call()


def test_the_bill_grows_with_the_calls_that_runs_make(
    middle: dict[str, float], settings: ec.Settings, layered: ec.Design
) -> None:
    calls = layered.pipeline(middle["step_success"]).evaluate().cost
    month = ec.account(middle, settings, layered)
    assert float(month.inference[0]) == pytest.approx(middle["inference"] * calls / layered.steps)
    stated = ec.account(middle, settings, layered, "upkeep")
    assert float(stated.inference[0]) == middle["inference"]
