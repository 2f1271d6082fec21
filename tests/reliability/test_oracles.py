"""The exact evaluation against other ways to the same numbers."""

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from scipy import special, stats

from coordination_gap.reliability import Pipeline
from coordination_gap.reliability.parts import Branch, Gate, Step, Vote, Way
from tests.reliability import storm_models
from tests.reliability.chain import FIELDS, Chain, Numbers, beta_quantile, mean_of_longest, over_runs
from tests.reliability.strategies import CORRELATED_STEPS, Shape, pipelines, seeded_pipeline

SMALL = Shape(parts=3, parts_of_a_way=1, voters=3, attempts=3, fallbacks=1, spread=False, latent=True)
FOR_STORM = Shape(parts=6, spread=False)


def evaluated(pipeline: Pipeline) -> Numbers:
    outcome = pipeline.evaluate()
    return np.array([getattr(outcome, field) for field in FIELDS])


def assert_same(pipeline: Pipeline, values: Numbers, tolerance: float) -> None:
    """Compare the three ends absolutely, and the expected amounts relatively where they are large."""
    exact = evaluated(pipeline)
    error = np.abs(exact - values) / np.maximum(1.0, np.abs(values))
    assert error.max() <= tolerance, dict(zip(FIELDS, zip(exact, values, strict=True), strict=True))


# The chain of single events


@pytest.mark.parametrize("seed", range(60))
def test_outcome_agrees_with_the_chain_of_single_events(seed: int) -> None:
    pipeline = seeded_pipeline(seed, CORRELATED_STEPS if seed % 6 == 0 else replace(CORRELATED_STEPS, spread=False))
    assert_same(pipeline, Chain(pipeline).values, 1e-12)


@settings(max_examples=60)
@given(pipelines(SMALL))
def test_outcome_agrees_with_the_chain_for_any_numbers(pipeline: Pipeline) -> None:
    assert_same(pipeline, Chain(pipeline).values, 1e-12)


def test_seeded_pipelines_have_every_part_in_every_place() -> None:
    """Guard the sets above and below against a change that makes them poorer."""
    shape = replace(CORRELATED_STEPS, parts=6)
    written = "\n".join(repr(seeded_pipeline(seed, shape)) for seed in range(60))
    for sign in ("fallback=Step", "fallback=Vote", "voters=(Step", "steps=()", "steps=(Branch", "gate=Gate"):
        assert written.count(sign) > 5, sign


# Correlation between the attempts of a step, and between the voters of a vote


@pytest.mark.parametrize("correlation", [0.02, 0.3, 0.9])
@pytest.mark.parametrize(
    "step",
    [
        Step("a", 0.9, attempts=4, loud=1.0, cost=1.0),
        Step("b", 0.3, attempts=3, loud=0.4, gate=Gate(0.7, 0.2, cost=0.1, seconds=2.0), seconds=3.0),
        Step("c", 0.6, attempts=3, loud=0.5, backoff_seconds=2.0, backoff_factor=3.0, common_cause=0.3),
        Vote("d", [Step(f"d{n}", 0.7, loud=0.2, cost=0.5) for n in range(4)], 2, agreement=0.6),
        Vote("e", [Step(f"e{n}", 0.8, loud=0.1) for n in range(3)], 1, agreement=0.3, common_cause=0.2),
    ],
    ids=lambda step: step.name,
)
def test_correlated_attempts_are_an_integral_over_the_beta_density(step: Step | Vote, correlation: float) -> None:
    success = step.success if isinstance(step, Step) else step.voters[0].success
    struck = step.common_cause * (1 - success)
    spared = success / (1 - struck)
    independent = replace(step, common_cause=0.0)
    first, second = (share * (1 - correlation) / correlation for share in (spared, 1 - spared))

    def with_success(p: float) -> Numbers:
        if isinstance(independent, Step):
            return Chain(Pipeline([replace(independent, success=p)])).values
        voters = [replace(voter, success=p) for voter in independent.voters]
        return Chain(Pipeline([replace(independent, voters=voters)])).values

    # Each value is a polynomial in p of a degree that 12 nodes integrate without error.
    nodes, weights = special.roots_jacobi(12, second - 1, first - 1)
    of_spared = weights @ np.array([with_success((1 + node) / 2) for node in nodes]) / weights.sum()
    values = struck * with_success(0.0) + (1 - struck) * of_spared
    correlated = Pipeline([replace(step, correlation=correlation)])
    assert_same(correlated, values, 1e-10)
    assert_same(correlated, Chain(correlated).values, 1e-12)


# What all steps of a run share

RETRIED = Step("retried", 0.8, attempts=3, loud=0.6, gate=Gate(0.7, 0.1, cost=0.1), cost=1.0, seconds=2.0)
TOGETHER = Step("together", 0.6, attempts=2, loud=0.9, correlation=0.4, common_cause=0.3, backoff_seconds=1.0)
VOTED = Vote("voted", [Step(f"voter {n}", p, loud=0.3) for n, p in enumerate([0.7, 0.9, 0.5])], 2, agreement=0.5)
ALIKE = Vote("alike", [Step(f"of {n}", 0.75, loud=0.3) for n in range(3)], 2, correlation=0.2, common_cause=0.4)
SHARED_BY = {
    "series": [Step("one", 0.95), Step("two", 0.7), Step("three", 0.95)],
    "retries": [RETRIED, Step("other", 0.9, attempts=2, loud=1.0, seconds=1.0)],
    "fallback": [replace(RETRIED, fallback=Step("instead", 0.5, attempts=2, loud=0.5, cost=3.0)), Step("last", 0.99)],
    "branch": [Branch("way", [Way(0.3, [RETRIED]), Way(0.7, [Step("left", 0.6), TOGETHER])])],
    "votes": [VOTED, replace(ALIKE, fallback=Step("instead", 0.4, loud=0.5))],
    "certain": [Step("sure", 1.0), Step("never", 0.0, loud=1.0, fallback=TOGETHER)],
}


@pytest.mark.parametrize("steps", SHARED_BY.values(), ids=SHARED_BY)
@pytest.mark.parametrize(
    ("correlation", "common_cause"),
    [(0.0, 0.3), (0.0, 1.0), (0.1, 0.0), (0.6, 0.0), (0.95, 0.0), (1.0, 0.0), (1.0, 0.5)],
)
def test_what_runs_share_is_an_integral_over_their_luck(
    steps: list[Step], correlation: float, common_cause: float
) -> None:
    pipeline = Pipeline(steps, correlation=correlation, common_cause=common_cause)
    assert_same(pipeline, over_runs(pipeline), 1e-9)


@pytest.mark.parametrize("steps", [SHARED_BY["series"], SHARED_BY["certain"]], ids=["series", "certain"])
def test_luck_and_a_common_cause_together(steps: list[Step]) -> None:
    pipeline = Pipeline(steps, correlation=0.3, common_cause=0.4)
    assert_same(pipeline, over_runs(pipeline), 1e-9)


def test_the_quantiles_of_luck_are_scipys() -> None:
    """Guard the integrals above: two laws of one mean and correlation, written in different ways."""
    both = (1 - 0.2) / 0.2
    law = stats.beta(0.7 * both, 0.3 * both)
    assert law.mean() == pytest.approx(0.7)
    assert law.var() == pytest.approx(0.2 * 0.7 * 0.3)
    assert beta_quantile(0.31, 0.7, 0.2) == pytest.approx(law.ppf(0.31), rel=1e-12)


# The longest of several times


@pytest.mark.parametrize("voters", [1, 2, 5])
def test_the_longest_of_exponential_times_is_a_harmonic_sum(voters: int) -> None:
    vote = Vote("vote", [Step(f"voter {n}", 0.9, seconds=3.0, seconds_cv=1.0) for n in range(voters)], needed=1)
    harmonic = 3.0 * sum(1 / n for n in range(1, voters + 1))
    assert mean_of_longest(tuple(vote.voters)) == pytest.approx(harmonic, rel=1e-10)
    assert Pipeline([vote]).evaluate().seconds == pytest.approx(harmonic, rel=1e-9)


def test_the_longest_of_a_constant_and_an_exponential_time() -> None:
    voters = [Step("steady", 0.9, seconds=2.0), Step("varying", 0.9, seconds=3.0, seconds_cv=1.0)]
    expected = 2.0 + 3.0 * math.exp(-2.0 / 3.0)
    assert Pipeline([Vote("vote", voters, needed=1)]).evaluate().seconds == pytest.approx(expected, rel=1e-9)


# Storm


@pytest.mark.parametrize("first", range(0, 200, 20))
def test_outcome_agrees_with_storm(first: int) -> None:
    for seed in range(first, first + 20):
        pipeline = seeded_pipeline(seed, FOR_STORM)
        found = storm_models.outcome(pipeline)
        assert_same(pipeline, np.array([found[field] for field in FIELDS]), 1e-9)


def test_storms_pipelines_have_what_they_are_for() -> None:
    written = [repr(seeded_pipeline(seed, FOR_STORM)) for seed in range(200)]
    for sign in ("attempts=4", "gate=Gate", "fallback=Step", "Branch", "voters=(Step"):
        assert sum(sign in each for each in written) >= 60, sign
    assert sum("steps=(Branch" in each for each in written) >= 20


@pytest.mark.parametrize("most_retransmissions", [2, 3, 4, 5])
@pytest.mark.parametrize("chunks", [16, 64])
def test_prisms_retransmission_protocol_as_storm_solves_it(chunks: int, most_retransmissions: int) -> None:
    """Take PRISM's own model, of a sender, a receiver and two channels, from Storm's examples."""
    gives_up, on_the_last = storm_models.solve(
        storm_models.example_models() / "dtmc" / "brp.pm",
        ["P=? [F s=5]", "P=? [F s=5 & srep=2]"],
        constants=f"N={chunks},MAX={most_retransmissions}",
    )
    chunk = Step("chunk", success=0.98 * 0.99, attempts=most_retransmissions + 1, loud=1.0)
    protocol = Pipeline.repeat(chunk, chunks)
    assert protocol.evaluate().halted == pytest.approx(float(gives_up), rel=1e-9)
    assert protocol.halted_by_step()[-1] == pytest.approx(float(on_the_last), rel=1e-9)


def test_storm_computes_in_fractions() -> None:
    model = storm_models.prism_program(Pipeline([Step("step", 0.1, attempts=3, loud=1.0)]))
    assert storm_models.solve(model, ['P=? [F "success"]']) == [1 - Fraction(9, 10) ** 3]
