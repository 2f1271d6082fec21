"""Pipelines from attempts: by hand, against planted ones run in plain Python, and against other people's formulas."""

import doctest
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, special, stats

from coordination_gap import paths
from coordination_gap.reliability.parts import Branch, Gate, Part, Step, Vote, Way
from coordination_gap.reliability.pipeline import Pipeline
from coordination_gap.reliability.traces import (
    EstimatedPipeline,
    Gap,
    Measured,
    TraceError,
    coordination_gap,
    estimate_pipeline,
    read_traces,
)

CASES = paths.root() / "tests" / "cases" / "traces"
BOTH: tuple[Literal["pipeline", "product"], ...] = ("pipeline", "product")
few = settings(max_examples=10, deadline=None)
Row = tuple[str, str, int, str]


def frame(rows: Sequence[Row], ends: dict[str, str] | None = None) -> pd.DataFrame:
    found = pd.DataFrame(rows, columns=["run", "step", "attempt", "outcome"])
    found = found.assign(seconds=math.nan, cost=math.nan)
    return found if ends is None else found.assign(run_outcome=found["run"].map(ends))


def runs_of(*kinds: tuple[int, dict[str, str]]) -> pd.DataFrame:
    """Return runs of some kinds: how many, and the outcomes of each step, such as ``{"find": "loud good"}``."""
    rows = [
        (f"{place}.{number}", step, attempt, outcome)
        for place, (times, steps) in enumerate(kinds)
        for number in range(times)
        for step, outcomes in steps.items()
        for attempt, outcome in enumerate(outcomes.split(), start=1)
    ]
    return frame(rows)


def simulated(
    pipeline: Pipeline, runs: int, seed: int, luck: Callable[[random.Random], float] = lambda _: 0.0
) -> pd.DataFrame:
    """Return the attempts of runs, followed one by one; `luck` is added to the success of all steps of a run."""
    rng = random.Random(seed)  # noqa: S311 # no secret
    rows: list[tuple[str, str, int, str, float, float]] = []

    def passes(step: Step, run: str, luck: float) -> bool:
        success = min(max(step.success + luck, 0.0), 1.0)
        if step.correlation:
            scale = (1 - step.correlation) / step.correlation
            success = rng.betavariate(success * scale, (1 - success) * scale)
        for attempt in range(1, step.attempts + 1):
            good = rng.random() < success
            outcome = "good" if good else "silent"
            if not good and rng.random() < step.loud:
                outcome = "loud"
            elif step.gate and rng.random() < (step.gate.false_alarm if good else step.gate.detection):
                outcome = "rejected_good" if good else "rejected_bad"
            rows.append((run, step.name, attempt, outcome, rng.gammavariate(4.0, 0.5), 0.01 * rng.random()))
            if outcome in {"good", "silent"}:
                return True
        return isinstance(step.fallback, Step) and passes(step.fallback, run, luck)

    def goes_on(parts: Sequence[Part], run: str, luck: float) -> bool:
        for part in parts:
            if isinstance(part, Branch):
                way = rng.choices(part.ways, [each.probability for each in part.ways])[0]
                if not goes_on(way.steps, run, luck):
                    return False
            elif isinstance(part, Step) and not passes(part, run, luck):
                return False
        return True

    for run in range(runs):
        goes_on(pipeline.steps, f"run {run}", luck(rng))
    return pd.DataFrame(rows, columns=["run", "step", "attempt", "outcome", "seconds", "cost"])


def parameter(estimated: EstimatedPipeline, step: str, name: str) -> Any:
    rows = estimated.steps[(estimated.steps["step"] == step) & (estimated.steps["parameter"] == name)]
    assert len(rows) == 1
    return rows.iloc[0]


# ---- counted by hand -----------------------------------------------------------------------------------------------


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
    judged["outcome"] = np.where(np.arange(180) < 90, "passed", judged["outcome"])
    with pytest.raises(TraceError, match="run_outcome is known of no run that reached its end"):
        coordination_gap(judged.replace({"outcome": {"good": "passed"}}).assign(outcome=_judge_one_of(judged)))


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


# ---- planted pipelines ---------------------------------------------------------------------------------------------

PLANTED = Pipeline(
    [
        Step("read", 0.9, attempts=3, loud=0.5, gate=Gate(0.8, 0.05), correlation=0.3),
        Branch(
            "kind",
            [
                Way(0.3, [Step("order", 0.8)]),
                Way(0.5, [Step("refund", 0.85, attempts=2, loud=1.0, fallback=Step("by hand", 0.7))]),
                Way(0.2),
            ],
        ),
        Step("reply", 0.95, attempts=2, gate=Gate(0.5, 0.1)),
    ]
)


@pytest.fixture(scope="module")
def attempts() -> pd.DataFrame:
    return simulated(PLANTED, 3000, seed=1)


@pytest.fixture(scope="module")
def planted_gap(attempts: pd.DataFrame) -> Gap:
    return coordination_gap(attempts, PLANTED, confidence=0.999, resamples=2000)


def test_planted_parameters_are_found(planted_gap: Gap) -> None:
    """The seed is fixed; that one of 32 intervals of 99.9 % misses has a chance of one in thirty."""
    estimated = planted_gap.estimated
    steps = {part.name: part for part in PLANTED.all_steps()}
    checked = 0
    for row in estimated.steps.to_dict("records"):
        step, name = steps[row["step"]], row["parameter"]
        truth = {"cost": 0.005, "seconds": 2.0, "seconds_cv": 0.5}.get(name)
        if truth is None:
            truth = getattr(step.gate if name in {"detection", "false_alarm"} else step, name)
        assert row["low"] <= truth <= row["high"], row
        checked += 1
    assert checked == 32
    for row in estimated.ways.to_dict("records"):
        assert row["low"] <= [0.3, 0.5, 0.2][row["way"] - 1] <= row["high"]
    assert estimated.pipeline.steps[1].name == "kind"
    found, planted = estimated.pipeline.evaluate(), PLANTED.evaluate()
    assert found.success == pytest.approx(planted.success, abs=0.02)
    assert found.seconds == pytest.approx(2.0 * planted.attempts, rel=0.03)


def test_a_pipeline_of_the_model_has_no_gap(planted_gap: Gap) -> None:
    for outcome in ("success", "silent_failure", "halted"):
        value, low, high = planted_gap.of(outcome)
        assert low <= 0.0 <= high
        assert abs(value) < 0.01
        assert high - low < 0.05
    product = planted_gap.of("success", "product")
    assert product.high < -0.05  # of first attempts, which knows of no second ones
    rates = {
        step: parameter(planted_gap.estimated, step, "success")["estimate"]
        for step in ("read", "order", "refund", "reply")
    }
    first, second, third = planted_gap.estimated.ways["estimate"]
    branch = first * rates["order"] + second * rates["refund"] + third
    predicted = planted_gap.of("success", "product", "predicted")
    assert predicted.value == pytest.approx(rates["read"] * branch * rates["reply"])
    assert predicted.low < predicted.value < predicted.high


def test_shared_luck_is_found_with_sign_and_size() -> None:
    # Each run is lucky or not: success 0.99 or 0.79. Steps that fail together fail fewer runs than the product says.
    pipeline = Pipeline([Step(name, 0.89) for name in "abcd"])
    planted = 0.89**4 - (0.99**4 + 0.79**4) / 2
    gap = coordination_gap(simulated(pipeline, 3000, seed=2, luck=lambda rng: rng.choice([-0.1, 0.1])))
    for prediction in BOTH:
        value, low, high = gap.of("success", prediction)
        assert low < planted < high < 0.0, (value, planted)
    assert gap.pairs["phi"].between(0.0, 0.2).all()
    covariance = 0.1**2
    assert gap.pairs["excess"].mean() == pytest.approx(covariance, abs=0.003)
    # To second order, the gap is what pairs fail together too often.
    assert -gap.pairs["excess"].sum() * 0.89**2 == pytest.approx(gap.of().value, rel=0.25)


def test_what_is_lost_between_steps_is_found() -> None:
    pipeline = Pipeline([Step(name, 0.95) for name in "abc"])
    found = simulated(pipeline, 2000, seed=3)
    failed = set(found.loc[found["outcome"] == "silent", "run"])
    rng = random.Random(4)  # noqa: S311 # no secret
    ends = {
        run: "silent_failure" if run in failed or rng.random() < 0.06 else "success" for run in found["run"].unique()
    }
    gap = coordination_gap(found.assign(run_outcome=found["run"].map(ends)))
    value, low, high = gap.of()
    assert 0.0 < low < 0.95**3 * 0.06 < high, value
    lost = gap.ends.query("observed == 'silent_failure' and steps == 'success'")["runs"].item()
    assert lost == sum(end == "silent_failure" for end in ends.values()) - len(failed)


def test_runs_cut_short_do_not_count(attempts: pd.DataFrame) -> None:
    whole = attempts[attempts["run"].isin([f"run {number}" for number in range(200)])]
    cut = pd.concat([whole, frame([("cut", "read", 1, "good")])])
    with pytest.raises(TraceError, match=r"run 'cut' stops before step 'reply'.*1 of 201 runs do so") as error:
        estimate_pipeline(cut, PLANTED)
    assert 'or leave cut runs out (incomplete="drop", or --incomplete drop)' in str(error.value)
    assert str(error.value).startswith(f"attempts, row {len(cut) - 1}: ")
    estimated = estimate_pipeline(cut, PLANTED, incomplete="drop")
    assert (estimated.runs, estimated.dropped_runs) == (200, 1)
    pd.testing.assert_frame_equal(estimated.steps, estimate_pipeline(whole, PLANTED).steps)
    gap = coordination_gap(cut, PLANTED, incomplete="drop", resamples=100)
    assert "1 runs whose trace is cut short were left out; they are seldom like the others." in gap.notes
    # With its end observed, it counts, in which step soever it stopped.
    said = cut.assign(run_outcome=["halted" if run == "cut" else "" for run in cut["run"]])
    assert estimate_pipeline(said, PLANTED).runs == 201


def test_steps_that_give_up_early_are_named() -> None:
    template = Pipeline([Step("find", 0.5, attempts=3)])
    estimated = estimate_pipeline(runs_of((20, {"find": "good"}), (7, {"find": "loud loud"})), template)
    assert any(said.startswith("Step 'find': in 7 runs no attempt followed") for said in estimated.assumed)


# ---- other people's formulas -----------------------------------------------------------------------------------------


def test_correlation_against_the_beta_law(attempts: pd.DataFrame) -> None:
    """The likelihood of the sequences as ratios of beta functions, maximised by SciPy."""
    of_step = attempts[attempts["step"] == "read"]
    right = of_step["outcome"].isin(["good", "rejected_good"])
    tried = pd.DataFrame({"run": of_step["run"], "right": right, "wrong": ~right}).groupby("run").sum()
    success = float(right[of_step["attempt"] == 1].mean())

    def minus_log_likelihood(correlation: float, success: float) -> float:
        alpha, beta = (share * (1 - correlation) / correlation for share in (success, 1 - success))
        each = special.betaln(tried["right"] + alpha, tried["wrong"] + beta) - special.betaln(alpha, beta)
        return -float(each.sum())

    def profile(correlation: float) -> float:
        best = optimize.minimize_scalar(
            lambda success: minus_log_likelihood(correlation, success), bounds=(0.7, 0.99), method="bounded"
        )
        return float(best.fun)

    row = parameter(estimate_pipeline(attempts, PLANTED), "read", "correlation")
    best = optimize.minimize_scalar(
        lambda correlation: minus_log_likelihood(correlation, success), bounds=(0.1, 0.6), method="bounded"
    )
    assert row["estimate"] == pytest.approx(best.x, abs=0.001)
    top = optimize.minimize_scalar(profile, bounds=(0.1, 0.6), method="bounded").fun
    # Twice the fall of the log-likelihood from the top to the ends of an interval is the quantile of chi-square.
    for end in (row["low"], row["high"]):
        assert 2 * (profile(end) - top) == pytest.approx(stats.chi2.ppf(0.95, 1), rel=0.01)


def test_phi_is_the_correlation_of_failures(attempts: pd.DataFrame) -> None:
    pairs = coordination_gap(attempts, PLANTED, resamples=100).pairs
    first = attempts[attempts["attempt"] == 1].pivot_table(
        index="run", columns="step", values="outcome", aggfunc="first"
    )
    wrong = first.isin(["silent", "loud", "rejected_bad"]).astype(float).where(first.notna())
    for a, b in (("read", "reply"), ("read", "order"), ("refund", "reply")):
        both = wrong[[a, b]].dropna()
        row = pairs[(pairs["step_a"] == a) & (pairs["step_b"] == b)].iloc[0]
        assert row["runs"] == len(both)
        assert row["phi"] == pytest.approx(np.corrcoef(both[a], both[b])[0, 1])
        some = np.random.default_rng(0).integers(len(both), size=(500, len(both)))
        samples = [np.corrcoef(both[a].to_numpy()[rows], both[b].to_numpy()[rows])[0, 1] for rows in some]
        assert (row["high"] - row["low"]) / 2 / 1.96 == pytest.approx(np.std(samples), rel=0.15)
    by_hand = pairs[(pairs["step_a"] == "refund") & (pairs["step_b"] == "by hand")]["gap"]
    assert by_hand.tolist() == ["one of the two always came to the same"]


def test_phi_of_steps_that_mostly_fail_together() -> None:
    counts = {("silent", "silent"): 60, ("silent", "good"): 15, ("good", "silent"): 5, ("good", "good"): 220}
    row = coordination_gap(
        runs_of(*((times, dict(zip("ab", kind, strict=True))) for kind, times in counts.items())), resamples=100
    ).pairs.iloc[0]
    assert row[["both", "only_a", "only_b", "neither"]].tolist() == list(counts.values())
    assert row["phi"] == pytest.approx((60 * 220 - 15 * 5) / math.sqrt(75 * 225 * 65 * 235))
    assert row["excess"] == pytest.approx(60 / 300 - 75 / 300 * 65 / 300)
    table = np.array([*counts.values()])
    both, a, b, neither = np.random.default_rng(0).multinomial(300, table / 300, size=4000).T / 300
    samples = (both * neither - a * b) / np.sqrt((both + a) * (b + neither) * (both + b) * (a + neither))
    assert (row["high"] - row["low"]) / 2 / 1.96 == pytest.approx(samples.std(), rel=0.05)


def test_interval_against_resampling_run_by_run() -> None:
    pipeline = Pipeline([Step("a", 0.8), Step("b", 0.7)])
    found = simulated(pipeline, 150, seed=5, luck=lambda rng: rng.choice([-0.2, 0.2]))
    gap = coordination_gap(found, resamples=2000)
    good = np.stack([found.loc[found["step"] == step, "outcome"] == "good" for step in "ab"], axis=1)
    rng = np.random.default_rng(6)
    samples = []
    for _ in range(2000):
        some = good[rng.integers(len(good), size=len(good))]
        samples.append(some[:, 0].mean() * some[:, 1].mean() - some.all(axis=1).mean())
    value, low, high = gap.of("success", "product")
    assert value == pytest.approx(good.mean(axis=0).prod() - good.all(axis=1).mean())
    assert (high - low) / 2 == pytest.approx(1.96 * np.std(samples), rel=0.08)


# ---- properties ------------------------------------------------------------------------------------------------------


@few
@given(
    st.lists(st.lists(st.floats(0.3, 0.95), min_size=2, max_size=2), min_size=2, max_size=4),
    st.integers(0, 2**16),
    st.floats(-0.3, 0.3),
)
def test_a_series_that_halts_at_every_failure_has_no_gap(rates: list[list[float]], seed: int, luck: float) -> None:
    """The chain rule: shares among the runs that get so far multiply to the share of those that arrive."""
    pipeline = Pipeline([Step(f"s{place}", rate, loud=1.0) for place, (rate, _) in enumerate(rates)])
    found = simulated(pipeline, 60, seed, luck=lambda rng: rng.choice([-luck, luck]))
    gap = coordination_gap(found, resamples=100)
    if found["step"].nunique() == len(rates):
        for prediction in BOTH:
            assert gap.of("success", prediction).value == pytest.approx(0.0, abs=1e-12)


@few
@given(st.integers(0, 2**16), st.randoms(use_true_random=False))
def test_names_and_the_order_of_rows_change_nothing(seed: int, shuffle: random.Random) -> None:
    pipeline = Pipeline([Step("a", 0.7, attempts=2, loud=0.6, gate=Gate(0.5, 0.1)), Step("b", 0.8)])
    found = simulated(pipeline, 40, seed)
    gap = coordination_gap(found, pipeline, resamples=100)
    order = list(range(len(found)))
    shuffle.shuffle(order)
    other = found.iloc[order].replace({"step": {"a": "z", "b": "y"}}).assign(run=lambda rows: rows["run"] + "!")
    template = Pipeline([replace(part, name={"a": "z", "b": "y"}[part.name]) for part in pipeline.all_steps()])
    renamed = coordination_gap(other, template, resamples=100)
    # The samples of runs are other ones, as the runs stand in another order.
    columns = ["predicted", "observed", "gap"]
    pd.testing.assert_frame_equal(renamed.table[columns], gap.table[columns])
    numbers = ["estimate", "low", "high", "successes", "trials"]
    pd.testing.assert_frame_equal(renamed.estimated.steps[numbers], gap.estimated.steps[numbers])


def test_the_same_seed_gives_the_same(attempts: pd.DataFrame) -> None:
    found = attempts[attempts["run"].isin([f"run {number}" for number in range(100)])]
    first, second = (coordination_gap(found, PLANTED, resamples=100, seed=7).table for _ in range(2))
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    assert not first.equals(coordination_gap(found, PLANTED, resamples=100, seed=8).table)


def test_the_order_of_branches_and_plain_series_agree() -> None:
    found = runs_of((3, {"a": "good", "b": "silent"}), (2, {"a": "loud good", "b": "good"}))
    series = estimate_pipeline(found)
    template = estimate_pipeline(found, Pipeline([Step("a", 0.1, attempts=2, cost=9.0), Step("b", 0.2, loud=0.3)]))
    pd.testing.assert_frame_equal(series.steps, template.steps)
    assert series.pipeline == template.pipeline


# ---- what is refused -------------------------------------------------------------------------------------------------

GOOD = {"a": "good", "b": "good"}


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


# ---- what stands in the place of the unknown -------------------------------------------------------------------------


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


def test_priors_and_measured() -> None:
    with pytest.raises(ValueError, match="prior is 1"):
        estimate_pipeline(runs_of((2, GOOD)), prior=1)  # type: ignore[arg-type]
    assert isinstance(coordination_gap(runs_of((2, GOOD)), resamples=100).of(), Measured)


def test_the_manual_shows_what_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(paths.root())
    failed, tried = doctest.testfile(str(paths.root() / "docs" / "traces.md"), module_relative=False)
    assert (failed, tried) == (0, 12)
    shown = [line for line in (paths.root() / "docs" / "traces.md").read_text().splitlines() if line.startswith("m2,")]
    assert shown == [line for line in (CASES / "support.csv").read_text().splitlines() if line.startswith("m2,")]
