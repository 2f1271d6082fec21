"""What uncertain steps leave open: analytic indices, quadrature, and the exact interval of a series."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special

from coordination_gap.reliability import Gate, Pipeline, Step
from coordination_gap.reliability.leaves import leaves
from coordination_gap.reliability.parts import Branch, Vote, Way
from coordination_gap.reliability.sensitivity import OUTCOMES, propagate, sobol
from coordination_gap.reliability.uncertainty import PUBLISHED_PRIOR, series_prior, system_interval
from tests.reliability import strategies

COUNTS = {"a": (29, 30), "b": (96, 100), "c": (17, 20), "d": (480, 500)}
SERIES = Pipeline([Step(name, 0.9) for name in COUNTS])
ONE_SENTENCE = r"^[^\n]+$"


def analytic(counts: dict[str, tuple[int, int]], prior: tuple[float, float]) -> pd.DataFrame:
    """Return the indices of a product of independent beta variables, from their first two moments."""
    a = np.array([s + prior[0] for s, _ in counts.values()])
    b = np.array([n - s + prior[1] for s, n in counts.values()])
    mean, variance = a / (a + b), a * b / ((a + b) ** 2 * (a + b + 1))
    second = mean**2 + variance
    total = second.prod() - (mean**2).prod()
    return pd.DataFrame(
        {
            "first_order": variance * (mean**2).prod() / mean**2 / total,
            "total": variance * second.prod() / second / total,
        },
        index=list(counts),
    )


@pytest.mark.parametrize("prior", [PUBLISHED_PRIOR, (1.0, 1.0), series_prior(4)])
@pytest.mark.parametrize("outcome", ["success", "silent_failure"])
def test_a_series_has_the_indices_of_a_product(prior: tuple[float, float], outcome: str) -> None:
    found = sobol(SERIES, COUNTS, samples=4096, outcome=outcome, confidence=0.999, prior=prior)
    expected = analytic(COUNTS, prior).loc[list(found["step"])]
    assert list(found["step"]) == ["c", "a", "b", "d"]
    for column in ("first_order", "total"):
        exact = expected[column].to_numpy()
        assert found[column].to_numpy() == pytest.approx(exact, abs=0.02)
        assert (found[f"{column}_low"].to_numpy() <= exact).all()
        assert (found[f"{column}_high"].to_numpy() >= exact).all()
    series = system_interval(list(COUNTS.values()), prior=prior)
    mean = series.mean if outcome == "success" else 1 - series.mean
    assert found.attrs["mean"] == pytest.approx(mean, abs=1e-4)
    assert found.attrs["sd"] == pytest.approx(series.sd, rel=0.02)


def test_intervals_narrow_with_samples_and_widen_with_confidence() -> None:
    def width(**given: Any) -> float:
        found = sobol(SERIES, COUNTS, **given)
        return float((found["total_high"] - found["total_low"]).mean())

    assert width(samples=4096) < 0.6 * width(samples=512)
    assert width(confidence=0.99) == pytest.approx(width(confidence=0.95) * 2.5758 / 1.95996, rel=1e-4)


def test_one_step_owns_all() -> None:
    found = sobol(SERIES, {"b": (96, 100)}, samples=1024)
    assert found["step"].to_list() == ["b"]
    assert found[["first_order", "total"]].to_numpy() == pytest.approx(np.ones((1, 2)), abs=0.02)


def indices_by_quadrature(pipeline: Pipeline, counts: dict[str, tuple[int, int]], outcome: str) -> pd.DataFrame:
    """Return the indices of two uncertain steps by Gauss-Jacobi rules, exact for polynomials."""
    nodes, weights = [], []
    for s, n in counts.values():
        x, w = special.roots_jacobi(20, n - s + PUBLISHED_PRIOR[1] - 1, s + PUBLISHED_PRIOR[0] - 1)
        nodes.append((1 + x) / 2)
        weights.append(w / w.sum())
    first, second = counts
    values = np.empty((20, 20))
    for i, p in enumerate(nodes[0]):
        for j, q in enumerate(nodes[1]):
            values[i, j] = getattr(at(at(pipeline, first, p), second, q).evaluate(), outcome)
    mean = weights[0] @ values @ weights[1]
    variance = weights[0] @ (values - mean) ** 2 @ weights[1]
    alone = [
        weights[0] @ (values @ weights[1] - mean) ** 2 / variance,
        weights[1] @ (weights[0] @ values - mean) ** 2 / variance,
    ]
    return pd.DataFrame({"first_order": alone, "total": [1 - alone[1], 1 - alone[0]]}, index=[first, second])


def at(pipeline: Pipeline, name: str, success: float) -> Pipeline:
    def change(part: Step | Vote) -> Step | Vote:
        return replace(part, success=success) if isinstance(part, Step) and part.name == name else part

    return strategies.rebuilt(pipeline, change)


PERSON = Step("person", 0.9, loud=1, seconds=60)
DRAFT = Step(
    "draft", 0.8, attempts=3, gate=Gate(0.9, 0.02, cost=0.1), loud=0.4, correlation=0.2, cost=1.0, fallback=PERSON
)
VOTE = Vote("vote", [Step(name, 0.8, seconds=1) for name in ("x", "y", "z")], 2, correlation=0.3)
MIXED = Pipeline([DRAFT, Branch("kind", [Way(0.7), Way(0.3, [VOTE])])])


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_retries_gates_and_fallbacks_against_quadrature(outcome: str) -> None:
    counts = {"draft": (8, 10), "person": (6, 9)}
    expected = indices_by_quadrature(MIXED, counts, outcome)
    found = sobol(MIXED, counts, samples=2048, outcome=outcome, confidence=0.999).set_index("step").loc[list(counts)]
    for column in ("first_order", "total"):
        assert found[column].to_numpy() == pytest.approx(expected[column].to_numpy(), abs=0.04)


def test_voters_that_share_one_success_are_one() -> None:
    found = sobol(MIXED, {"vote": (40, 50), "draft": (80, 100)}, samples=256)
    assert set(found["step"]) == {"vote", "draft"}
    with pytest.raises(ValueError, match="evidence: 'y' shares its success with the other voters of 'vote': give all"):
        sobol(MIXED, {"y": (40, 50)})


def test_the_same_seed_gives_the_same() -> None:
    for seed in (0, 1, 7):
        first, second = (sobol(SERIES, COUNTS, samples=128, seed=seed) for _ in range(2))
        pd.testing.assert_frame_equal(first, second)
        assert first.attrs == second.attrs
        first, second = (propagate(SERIES, COUNTS, draws=200, seed=seed) for _ in range(2))
        pd.testing.assert_frame_equal(first, second)
    assert not sobol(SERIES, COUNTS, samples=128, seed=2).equals(sobol(SERIES, COUNTS, samples=128, seed=3))


def test_what_is_asked_for_is_what_is_evaluated() -> None:
    """The vectorised model, row by row, is the pipeline with those successes."""
    from coordination_gap.reliability import sensitivity

    rng = np.random.default_rng(1)
    for seed in range(12):
        pipeline = strategies.seeded_pipeline(seed, strategies.CORRELATED_STEPS)
        used = leaves(pipeline.steps)
        successes = rng.uniform(size=(5, len(used)))
        together = sensitivity._together(pipeline, used, successes)
        assert together == pytest.approx(sensitivity._one_by_one(pipeline, used, successes), rel=1e-9, abs=1e-11)


def test_steps_that_share_their_luck() -> None:
    counts = {"a": (8, 10), "b": (9, 10)}
    pipeline = Pipeline([Step("a", 0.8), Step("b", 0.9)], correlation=1.0)
    # With all luck shared, the worst step decides.
    found = propagate(pipeline, counts, draws=800, seed=4).set_index("outcome")
    rng = np.random.default_rng(5)
    worst = np.minimum(rng.beta(8, 3, 200_000), rng.beta(9, 2, 200_000))
    expected = [worst.mean(), worst.std(), *np.quantile(worst, [0.05, 0.95])]
    assert list(found.loc["success", ["mean", "sd", "low", "high"]]) == pytest.approx(expected, abs=0.03)
    assert found.loc["success", "point"] == pytest.approx(0.8)
    indices = sobol(pipeline, counts, samples=128)
    assert list(indices["step"]) == ["a", "b"]
    assert (indices["total"] > indices["first_order"]).all()


def test_a_series_agrees_with_its_exact_interval() -> None:
    for prior in (PUBLISHED_PRIOR, (1.0, 1.0)):
        found = propagate(SERIES, COUNTS, draws=100_000, prior=prior).set_index("outcome")
        exact = system_interval(list(COUNTS.values()), confidence=0.90, prior=prior)
        row = found.loc["success"]
        assert row["point"] == pytest.approx(exact.point, abs=1e-12)
        assert row["mean"] == pytest.approx(exact.mean, abs=4 * exact.sd / math.sqrt(100_000))
        assert row["sd"] == pytest.approx(exact.sd, rel=0.01)
        assert (row["low"], row["high"]) == pytest.approx((exact.low, exact.high), abs=0.02 * exact.sd)
        assert found.loc["silent_failure", "mean"] == pytest.approx(1 - row["mean"], abs=1e-12)
        assert (found.loc["halted", ["mean", "sd", "low", "high"]] == 0.0).all()
        assert (found.loc["attempts", ["point", "mean", "low", "high"]] == 4.0).all()


def test_steps_without_evidence_keep_their_success() -> None:
    found = propagate(SERIES, {"a": (10**9, 10**9)}, draws=100).set_index("outcome")
    assert found.loc["success", "mean"] == pytest.approx(0.9**3, abs=1e-6)


@pytest.mark.parametrize("analysis", [sobol, propagate])
@pytest.mark.parametrize(
    ("evidence", "given", "message"),
    [
        ({}, {}, "evidence is empty: give (successes, trials) of at least one step"),
        ({"e": (1, 2)}, {}, "evidence: no step has the name 'e'; give one of 'a', 'b', 'c', 'd'"),
        ({"aa": (1, 2)}, {}, "evidence: no step has the name 'aa'; did you mean 'a'?"),
        ({"a": (0, 0)}, {}, "evidence of 'a': trials is 0: give a whole number of at least 1"),
        ({"a": (-1, 3)}, {}, "evidence of 'a': successes is -1"),
        ({"a": (4, 3)}, {}, "evidence of 'a': successes is 4: of trials=3 at most 3 can succeed"),
        ({"a": (0, 3)}, {}, "evidence of 'a': 0 successes of 3 trials with prior=(0, 1) leave no distribution"),
        ({"a": (3, 3)}, {"prior": (1, 0)}, "evidence of 'a': 3 successes of 3 trials with prior=(1, 0) leave no"),
        ({"a": (1.5, 3)}, {}, "evidence of 'a': successes is 1.5"),
        ({"a": (math.nan, 3)}, {}, "evidence of 'a': successes is nan"),
        ({"a": 3}, {}, "evidence of 'a': it is 3: give a pair"),
        ({"a": (1, 2)}, {"prior": 1}, "prior is 1: give the two parameters"),
        ({"a": (1, 2)}, {"prior": (-1, 1)}, "prior[0] is -1"),
        ({"a": (1, 2)}, {"seed": -1}, "seed is -1: give a whole number of at least 0"),
        ({"a": (1, 2)}, {"confidence": 1.0}, "confidence is 1.0"),
    ],
)
def test_evidence_that_cannot_be(analysis: Any, evidence: Any, given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
        analysis(SERIES, evidence, **given)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"samples": 1000}, "samples is 1000: give a power of two, such as 512 or 1024"),
        ({"samples": 1}, "samples is 1: give a whole number of at least 2"),
        ({"samples": 64.0}, "samples is 64.0"),
        ({"outcome": "sucess"}, "outcome is 'sucess': did you mean 'success'?"),
        ({"outcome": None}, "outcome is None: give one of 'success', 'silent_failure'"),
        ({"outcome": "halted"}, "outcome is 'halted', which is 0 whatever the uncertain values"),
    ],
)
def test_indices_that_cannot_be(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
        sobol(SERIES, COUNTS, **given)
    assert message in str(caught.value)


def test_too_few_draws() -> None:
    with pytest.raises(ValueError, match="draws is 99: give a whole number of at least 100"):
        propagate(SERIES, COUNTS, draws=99)
