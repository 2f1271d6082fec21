"""What has to hold for every pipeline, with all parts and all kinds of correlation."""

import itertools
import math
from dataclasses import replace

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from coordination_gap.reliability import Pipeline, k_out_of_n
from coordination_gap.reliability.parts import Branch, Gate, Step, Vote, Way, walk
from tests.reliability.chain import AMOUNTS, ENDS
from tests.reliability.strategies import EVERYTHING, PLAIN, SHARES, pipelines, rebuilt, steps

# Times that vary are left to the tests of latency; they change none of the other fields.
ANY = replace(EVERYTHING, spread=False, parts=3, parts_of_a_way=1, nested_branches=1, attempts=3, voters=3)
checked = settings(max_examples=50, deadline=None)
SLACK = 1e-12
#: Where the luck of runs is integrated numerically.
SLACK_OF_LUCK = 1e-9


def slack(pipeline: Pipeline) -> float:
    return SLACK_OF_LUCK if pipeline.correlation > 0.0 else SLACK


def assert_same_ends(first: Pipeline, second: Pipeline) -> None:
    before, after = first.evaluate(), second.evaluate()
    for end in ENDS:
        assert getattr(after, end) == pytest.approx(getattr(before, end), rel=0, abs=slack(first)), end


def assert_same(first: Pipeline, second: Pipeline) -> None:
    assert_same_ends(first, second)
    before, after = first.evaluate(), second.evaluate()
    for amount in AMOUNTS:
        assert getattr(after, amount) == pytest.approx(getattr(before, amount), rel=slack(first), abs=slack(first))


def with_changes(pipeline: Pipeline, names: set[str], **changes: object) -> Pipeline:
    """Return the pipeline with these fields of the parts of these names changed."""

    def change(part: Step | Vote) -> Step | Vote:
        return replace(part, **changes) if part.name in names else part  # type: ignore[arg-type] # as the tests give it

    return rebuilt(pipeline, change)


def voters_of(pipeline: Pipeline) -> dict[str, Vote]:
    """Return the vote of each voter."""
    return {voter.name: part for part in walk(pipeline.steps) if isinstance(part, Vote) for voter in part.voters}


def step_named(pipeline: Pipeline, name: str) -> Step:
    return next(step for step in pipeline.all_steps() if step.name == name)


def chosen(data: st.DataObject, things: list[str]) -> str:
    assume(things)  # a branch may have ways without steps only
    return data.draw(st.sampled_from(things))


@checked
@given(pipelines(ANY))
@example(Pipeline([Step("one", 0.25), Step("two", 0.0), Step("three", 0.0)], correlation=0.265625))
def test_probabilities_sum_to_one(pipeline: Pipeline) -> None:
    outcome = pipeline.evaluate()
    assert math.fsum(getattr(outcome, end) for end in ENDS) == pytest.approx(1.0, rel=0, abs=1e-12)
    for end in ENDS:
        assert 0.0 <= getattr(outcome, end) <= 1.0, end
    for amount in AMOUNTS:
        assert 0.0 <= getattr(outcome, amount) < math.inf, amount


@checked
@given(pipelines(ANY))
def test_halts_of_the_steps_sum_to_all_halts(pipeline: Pipeline) -> None:
    by_step = pipeline.halted_by_step()
    assert by_step.shape == (len(pipeline.steps),)
    assert min(by_step) >= 0.0
    assert by_step.sum() == pytest.approx(pipeline.evaluate().halted, rel=1e-9, abs=1e-15)


# More of something


@checked
@given(pipeline=pipelines(ANY), data=st.data(), more=SHARES)
def test_success_grows_with_the_success_of_a_step(pipeline: Pipeline, data: st.DataObject, more: float) -> None:
    step = step_named(pipeline, chosen(data, [step.name for step in pipeline.all_steps()]))
    vote = voters_of(pipeline).get(step.name)
    alike = vote is not None and (vote.correlation > 0.0 or vote.common_cause > 0.0)
    names = {voter.name for voter in vote.voters} if vote is not None and alike else {step.name}
    better = with_changes(pipeline, names, success=step.success + more * (1 - step.success))
    assert better.evaluate().success >= pipeline.evaluate().success - slack(pipeline)


@checked
@given(pipeline=pipelines(ANY), data=st.data(), more=st.integers(1, 4))
def test_more_attempts_mean_more_success_and_fewer_halts(pipeline: Pipeline, data: st.DataObject, more: int) -> None:
    voters = voters_of(pipeline)
    names = [step.name for step in pipeline.all_steps() if step.fallback is None and step.name not in voters]
    step = step_named(pipeline, chosen(data, names))
    before, after = pipeline.evaluate(), with_changes(pipeline, {step.name}, attempts=step.attempts + more).evaluate()
    assert after.success >= before.success - slack(pipeline)
    assert after.halted <= before.halted + slack(pipeline)


def test_more_attempts_can_mean_less_success_where_a_better_fallback_waits() -> None:
    """A silent failure of the second attempt takes the place of the fallback's good output."""
    step = Step("step", 0.5, loud=0.5, fallback=Step("sure", 1.0))
    assert Pipeline([step]).evaluate().success == pytest.approx(0.5 + 0.25 * 1.0)
    twice = Pipeline([replace(step, attempts=2)]).evaluate()
    assert twice.success == pytest.approx(0.5 + 0.25 * 0.5 + 0.25**2 * 1.0)
    assert twice.success < 0.75


@checked
@given(pipeline=pipelines(ANY), data=st.data(), gate=st.builds(Gate, SHARES, SHARES), more=SHARES)
def test_better_detection_means_more_success_and_fewer_silent_failures(
    pipeline: Pipeline, data: st.DataObject, gate: Gate, more: float
) -> None:
    voters = voters_of(pipeline)
    parts = [part for part in walk(pipeline.steps) if not isinstance(part, Branch)]
    name = chosen(data, [part.name for part in parts if part.name not in voters])
    sharper = replace(gate, detection=gate.detection + more * (1 - gate.detection))
    before = with_changes(pipeline, {name}, gate=gate).evaluate()
    after = with_changes(pipeline, {name}, gate=sharper).evaluate()
    assert after.success >= before.success - slack(pipeline)
    assert after.silent_failure <= before.silent_failure + slack(pipeline)


@checked
@given(pipeline=pipelines(ANY), false_alarm=SHARES)
def test_perfect_gates_leave_no_silent_failure(pipeline: Pipeline, false_alarm: float) -> None:
    names = {part.name for part in walk(pipeline.steps)} - set(voters_of(pipeline))
    guarded = with_changes(pipeline, names, gate=Gate(1.0, false_alarm))
    assert guarded.evaluate().silent_failure == 0.0


# The same pipeline, written in another way


@checked
@given(pipelines(ANY))
def test_names_change_nothing(pipeline: Pipeline) -> None:
    number = {part.name: place for place, part in enumerate(walk(pipeline.steps))}
    renamed = rebuilt(pipeline, lambda part: replace(part, name=f"{999 - number[part.name]}"))
    assert renamed.steps != pipeline.steps or all(isinstance(part, Branch) for part in walk(pipeline.steps))
    assert renamed.evaluate() == pipeline.evaluate()


@checked
@given(pipeline=pipelines(ANY), data=st.data())
def test_the_order_of_parts_does_not_change_how_runs_end(pipeline: Pipeline, data: st.DataObject) -> None:
    assert_same_ends(pipeline, replace(pipeline, steps=data.draw(st.permutations(pipeline.steps))))


@checked
@given(pipelines(ANY))
def test_a_branch_with_one_way_is_its_steps(pipeline: Pipeline) -> None:
    assert_same(pipeline, replace(pipeline, steps=[Branch("the only way", [Way(1.0, pipeline.steps)])]))


@checked
@given(pipeline=pipelines(ANY), share=SHARES)
def test_a_branch_of_equal_ways_is_either_of_them(pipeline: Pipeline, share: float) -> None:
    def copy(part: Step | Vote) -> Step | Vote:
        return replace(part, name=f"{part.name} again")

    assume(not any(isinstance(part, Branch) for part in walk(pipeline.steps)))  # whose names stay
    ways = [Way(share, pipeline.steps), Way(1 - share, rebuilt(pipeline, copy).steps)]
    assert_same(pipeline, replace(pipeline, steps=[Branch("either", ways)]))


@checked
@given(pipelines(ANY))
def test_a_fallback_that_never_succeeds_is_none(pipeline: Pipeline) -> None:
    def add(part: Step | Vote) -> Step | Vote:
        if part.fallback is None and part.name not in voters_of(pipeline):
            return replace(part, fallback=Step(f"never after {part.name}", 0.0, loud=1.0))
        return part

    assert_same_ends(pipeline, rebuilt(pipeline, add))


@checked
@given(step=steps(PLAIN))
def test_attempts_are_a_chain_of_fallbacks(step: Step) -> None:
    step = replace(step, backoff_seconds=0.0)
    chain: Step | None = None
    for place in range(step.attempts, 0, -1):
        chain = replace(step, name=f"attempt {place}", attempts=1, fallback=chain)
    assert chain is not None
    assert_same(Pipeline([step]), Pipeline([chain]))


@checked
@given(p=SHARES, n=st.integers(1, 5), data=st.data())
def test_a_vote_of_loud_voters_is_k_out_of_n(p: float, n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, n))
    vote = Vote("vote", [Step(f"voter {place}", p, loud=1.0) for place in range(n)], k)
    outcome = Pipeline([vote]).evaluate()
    assert outcome.success == pytest.approx(k_out_of_n(p, k, n), rel=1e-12, abs=1e-15)
    assert outcome.silent_failure == 0.0


# Correlation

FEW_ATTEMPTS = st.integers(1, 6)


@checked
@given(pipelines(ANY))
def test_a_vanishing_correlation_is_independence(pipeline: Pipeline) -> None:
    """The least correlation takes other paths through the code than none, and has to arrive at the same place."""

    def change(part: Step | Vote, value: float) -> Step | Vote:
        voters = set(voters_of(pipeline))
        if part.name in voters or (isinstance(part, Vote) and len({voter.success for voter in part.voters}) > 1):
            return part
        return replace(part, correlation=value, common_cause=value)

    def all_with(value: float) -> Pipeline:
        changed = rebuilt(pipeline, lambda part: change(part, value))
        return replace(changed, correlation=value, common_cause=value)

    none, least = all_with(0.0).evaluate(), all_with(1e-9).evaluate()
    for end in ENDS:
        assert getattr(least, end) == pytest.approx(getattr(none, end), rel=0, abs=1e-6), end


@checked
@given(step=steps(PLAIN), correlation=SHARES, common_cause=SHARES)
def test_without_a_second_attempt_there_is_nothing_to_correlate(
    step: Step, correlation: float, common_cause: float
) -> None:
    once = replace(step, attempts=1)
    assert_same(Pipeline([once]), Pipeline([replace(once, correlation=correlation, common_cause=common_cause)]))


@checked
@given(p=SHARES, latent=st.tuples(SHARES, SHARES, SHARES, SHARES))
def test_every_correlation_keeps_the_success_of_one_attempt(
    p: float, latent: tuple[float, float, float, float]
) -> None:
    correlation, common_cause, of_runs, cause_of_runs = latent
    step = Step("step", p, correlation=correlation, common_cause=common_cause)
    outcome = Pipeline([step], correlation=of_runs, common_cause=cause_of_runs).evaluate()
    assert outcome.success == pytest.approx(p, rel=0, abs=1e-10)


@checked
@given(successes=st.lists(SHARES, min_size=2, max_size=5), correlation=SHARES, common_cause=SHARES)
def test_luck_keeps_the_success_of_every_step(successes: list[float], correlation: float, common_cause: float) -> None:
    """A branch with one step in each way shows the mean of the steps' success, whatever they share."""
    ways = [Way(1 / len(successes), [Step(f"step {place}", p)]) for place, p in enumerate(successes)]
    outcome = Pipeline([Branch("branch", ways)], correlation=correlation, common_cause=common_cause).evaluate()
    assert outcome.success == pytest.approx(sum(successes) / len(successes), rel=0, abs=1e-9)


@pytest.mark.parametrize("correlation", [round(0.02 + 0.03 * n, 2) for n in range(33)])
def test_luck_of_plain_numbers(correlation: float) -> None:
    """Quantiles of some of these beta laws are more than SciPy's inverse can do in the far tails."""
    for p in (0.51, 0.54, 0.58, 0.7, 0.83, 0.927, 0.9, 0.97, 0.99, 0.999):
        pair = [Step("one", p, loud=1.0), Step("other", 1 - p, loud=1.0)]
        both = Pipeline([Branch("branch", [Way(0.5, [step]) for step in pair])], correlation=correlation)
        assert both.evaluate().success == pytest.approx(0.5, rel=0, abs=1e-9), p
        squared = p * (p * (1 - correlation) + correlation)
        twice = Pipeline.repeat(pair[0], 2, correlation=correlation)
        assert twice.evaluate().success == pytest.approx(squared, rel=0, abs=1e-9), p


@pytest.mark.parametrize("correlation", [5e-324, 1e-300, 1e-30, *(10.0**power for power in range(-20, -6))])
def test_the_smallest_correlations_keep_means_and_correlations(correlation: float) -> None:
    for p in (5e-324, 1e-12, 1e-6, 0.03, 0.5, 0.97, 1 - 1e-9):
        for q in (p, 0.2, 1 - 2.0**-40):
            pair = Pipeline([Step("one", p), Step("other", q)], correlation=correlation)
            assert Pipeline(pair.steps[:1], correlation=correlation).evaluate().success == pytest.approx(p, rel=1e-12)
            gained = pair.evaluate().success - p * q
            # The spreads multiply, but for what two unlike skewnesses make of it.
            most = correlation * math.sqrt(p * (1 - p) * q * (1 - q))
            assert -1e-13 <= gained <= most + 1e-13
            if p == q:
                assert gained == pytest.approx(most, rel=1e-6, abs=1e-13)


def test_luck_of_many_steps_with_many_attempts() -> None:
    """A hundred steps turn over from failing to succeeding within a small stretch of the luck."""
    step = Step("step", 0.51393, loud=0.52474, attempts=9, gate=Gate(0.9822, 0.00323))
    rho, steps = 0.57109, 97
    law = stats.beta(step.success * (1 - rho) / rho, (1 - step.success) * (1 - rho) / rho)

    def passed(u: float) -> float:
        p = law.ppf(u)
        again = p * 0.00323 + (1 - p) * (0.52474 + 0.47526 * 0.9822)
        return float((1 - again**9) ** steps)

    edges = [0.0, 1e-3, 0.2, 0.4, 0.5, 0.6, 0.8, 0.999, 1.0]
    halted = 1 - sum(integrate.quad(passed, *ends, limit=400, epsabs=1e-14)[0] for ends in itertools.pairwise(edges))
    found = Pipeline.repeat(step, steps, correlation=rho).evaluate().halted
    assert found == pytest.approx(halted, abs=1e-10)


@checked
@given(p=SHARES, correlation=SHARES, n=st.integers(1, 30))
def test_equal_steps_of_correlated_runs_succeed_as_a_beta_moment(p: float, correlation: float, n: int) -> None:
    moment = 1.0
    for i in range(n):
        size = 1 - correlation + correlation * i
        moment *= (p * (1 - correlation) + correlation * i) / size if i else p
    outcome = Pipeline.repeat(Step("step", p), n, correlation=correlation).evaluate()
    assert outcome.success == pytest.approx(moment, rel=0, abs=1e-10)


@checked
@given(p=SHARES, correlation=SHARES, attempts=FEW_ATTEMPTS)
def test_loud_attempts_are_a_beta_moment_of_failures(p: float, correlation: float, attempts: int) -> None:
    """Equal attempts of a step, and of all steps of a run, are correlated by the same law."""
    moment = 1 - p
    for i in range(1, attempts):
        moment *= ((1 - p) * (1 - correlation) + correlation * i) / (1 - correlation + correlation * i)
    step = Step("step", p, attempts=attempts, loud=1.0)
    assert Pipeline([replace(step, correlation=correlation)]).evaluate().halted == pytest.approx(moment, abs=1e-12)
    assert Pipeline([step], correlation=correlation).evaluate().halted == pytest.approx(moment, abs=1e-10)


@checked
@given(better=SHARES, worse=SHARES, common_cause=SHARES, n=st.integers(1, 5))
def test_steps_of_a_common_cause_succeed_as_in_the_closed_form(
    better: float, worse: float, common_cause: float, n: int
) -> None:
    """Where the worst step is spared all are, so only the spared success of the better steps is divided."""
    worse, better = sorted((worse, better))
    spared = 1 - common_cause + common_cause * better
    expected = worse * (better / spared) ** n if better > 0.0 else 0.0
    steps = [Step("worse", worse), *(Step(f"better {place}", better) for place in range(n))]
    assert Pipeline(steps, common_cause=common_cause).evaluate().success == pytest.approx(expected, abs=1e-12)


@checked
@given(p=SHARES, attempts=FEW_ATTEMPTS, pair=st.tuples(SHARES, SHARES), common_cause=SHARES)
def test_correlated_attempts_never_succeed_more_often(
    p: float, attempts: int, pair: tuple[float, float], common_cause: float
) -> None:
    step = Step("step", p, attempts=attempts, loud=1.0, common_cause=common_cause)
    less, more = (Pipeline([replace(step, correlation=rho)]).evaluate().success for rho in sorted(pair))
    assert more <= less + SLACK
    less, more = (Pipeline([replace(step, common_cause=beta)]).evaluate().success for beta in sorted(pair))
    assert more <= less + SLACK


@checked
@given(successes=st.lists(SHARES, min_size=1, max_size=5), pair=st.tuples(SHARES, SHARES))
def test_correlated_steps_never_succeed_less_often(successes: list[float], pair: tuple[float, float]) -> None:
    series = [Step(f"step {place}", p) for place, p in enumerate(successes)]
    less, more = (Pipeline(series, correlation=rho).evaluate().success for rho in sorted(pair))
    assert more >= less - SLACK_OF_LUCK
    less, more = (Pipeline(series, common_cause=beta).evaluate().success for beta in sorted(pair))
    assert more >= less - SLACK


@checked
@given(p=SHARES, n=st.integers(1, 6))
def test_where_all_steps_share_their_luck_they_are_one(p: float, n: int) -> None:
    step = Step("step", p, attempts=2, loud=1.0)
    assert Pipeline.repeat(step, n, correlation=1.0).evaluate().success == pytest.approx(p, abs=1e-12)
    assert Pipeline.repeat(step, n, common_cause=1.0).evaluate().success == pytest.approx(p, abs=1e-12)
