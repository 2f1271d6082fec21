"""Pipelines of attempts against planted ones run in plain Python, and against other people's formulas."""

import math
import random

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, special, stats

from coordination_gap.reliability.parts import Branch, Gate, Step, Way
from coordination_gap.reliability.pipeline import Pipeline
from coordination_gap.reliability.traces import Gap, TraceError, coordination_gap, estimate_pipeline
from tests.reliability.traced_runs import BOTH, frame, parameter, runs_of, simulated

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


def test_the_same_seed_gives_the_same(attempts: pd.DataFrame) -> None:
    found = attempts[attempts["run"].isin([f"run {number}" for number in range(100)])]
    first, second = (coordination_gap(found, PLANTED, resamples=100, seed=7).table for _ in range(2))
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    assert not first.equals(coordination_gap(found, PLANTED, resamples=100, seed=8).table)
