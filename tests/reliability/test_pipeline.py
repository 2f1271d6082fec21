import math
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination_gap.reliability import Gate, Pipeline, Step, series, step_law, success_ceiling, success_with_attempts

SLACK = 1e-12
probabilities = st.floats(0.0, 1.0)
gates = st.none() | st.builds(Gate, detection=probabilities, false_alarm=probabilities)
steps = st.builds(
    Step,
    name=st.just("step"),
    success=probabilities,
    attempts=st.integers(1, 6),
    gate=gates,
    loud=probabilities,
    cost=st.floats(0.0, 10.0),
    seconds=st.floats(0.0, 100.0),
)
pipelines = st.lists(steps, min_size=1, max_size=6).map(
    lambda found: Pipeline([replace(step, name=f"step {place}") for place, step in enumerate(found)])
)


class Chain:
    """The same pipeline as an absorbing Markov chain, built from single events and solved with linear algebra.

    A state is (step, attempt, carrying): before that attempt of that step, carrying a
    silent failure or not. The fundamental matrix gives absorptions and expected visits.
    """

    ENDS = ("success", "silent_failure", "halted")

    def __init__(self, pipeline: Pipeline) -> None:
        self.steps = pipeline.steps
        self.states = [
            (place, attempt, carrying)
            for place, step in enumerate(pipeline.steps)
            for attempt in range(step.attempts)
            for carrying in (False, True)
        ]
        index = {state: number for number, state in enumerate(self.states)}
        stay = np.zeros((len(self.states), len(self.states)))
        leave = np.zeros((len(self.states), len(self.ENDS)))
        for state in self.states:
            for probability, target in self._events(*state):
                if isinstance(target, str):
                    leave[index[state], self.ENDS.index(target)] += probability
                else:
                    stay[index[state], index[target]] += probability
        visits = np.linalg.solve(np.eye(len(self.states)) - stay.T, np.eye(len(self.states))[0])
        self.ends = dict(zip(self.ENDS, visits @ leave, strict=True))
        self.attempts = float(visits.sum())
        self.cost = float(sum(v * self.steps[s[0]].cost for v, s in zip(visits, self.states, strict=True)))
        self.seconds = float(sum(v * self.steps[s[0]].seconds for v, s in zip(visits, self.states, strict=True)))

    def _events(self, place: int, attempt: int, carrying: bool) -> list[tuple[float, str | tuple[int, int, bool]]]:
        step = self.steps[place]

        def next_step(carries: bool) -> str | tuple[int, int, bool]:
            if place + 1 < len(self.steps):
                return place + 1, 0, carries
            return "silent_failure" if carries else "success"

        again: str | tuple[int, int, bool]
        again = (place, attempt + 1, carrying) if attempt + 1 < step.attempts else "halted"
        catches, rejects = (step.gate.detection, step.gate.false_alarm) if step.gate else (0.0, 0.0)
        fails = 1 - step.success
        return [
            (step.success * rejects, again),
            (step.success * (1 - rejects), next_step(carrying)),
            (fails * step.loud, again),
            (fails * (1 - step.loud) * catches, again),
            (fails * (1 - step.loud) * (1 - catches), next_step(True)),
        ]


@given(pipelines)
def test_outcome_agrees_with_the_absorbing_markov_chain(pipeline: Pipeline) -> None:
    outcome, chain = pipeline.evaluate(), Chain(pipeline)
    for end in Chain.ENDS:
        assert getattr(outcome, end) == pytest.approx(chain.ends[end], abs=1e-12)
    assert outcome.attempts == pytest.approx(chain.attempts, rel=1e-10)
    assert outcome.cost == pytest.approx(chain.cost, rel=1e-10, abs=1e-300)
    assert outcome.seconds == pytest.approx(chain.seconds, rel=1e-10, abs=1e-300)


@given(pipelines)
def test_probabilities_sum_to_one(pipeline: Pipeline) -> None:
    outcome = pipeline.evaluate()
    assert outcome.success + outcome.silent_failure + outcome.halted == pytest.approx(1.0, rel=0, abs=1e-12)
    assert min(outcome.success, outcome.silent_failure, outcome.halted) >= 0.0
    assert pipeline.halted_by_step().shape == (len(pipeline.steps),)
    assert pipeline.halted_by_step().sum() == pytest.approx(outcome.halted, rel=1e-12, abs=1e-300)


@given(step=steps, attempts=st.sampled_from([1, 2, 1_000, 10**6, 10**12]))
def test_a_steps_law_sums_to_one_before_anything_is_rescaled(step: Step, attempts: int) -> None:
    law = step_law(replace(step, attempts=attempts))
    assert law.good + law.bad + law.halted == pytest.approx(1.0, rel=0, abs=1e-14)
    assert law.attempts * (1 + 1e-12) >= 1.0
    assert law.attempts <= attempts * (1 + 1e-12)


def test_probabilities_sum_to_one_over_ten_thousand_steps() -> None:
    step = Step("step", success=0.9999, attempts=3, gate=Gate(detection=0.9, false_alarm=0.02), loud=0.5)
    outcome = Pipeline.repeat(step, 10_000).evaluate()
    assert outcome.success + outcome.silent_failure + outcome.halted == pytest.approx(1.0, rel=0, abs=1e-12)
    assert outcome.success == pytest.approx(step_law(step).good ** 10_000, rel=1e-10)


def test_rare_halts_keep_their_digits() -> None:
    step = Step("step", success=0.999, attempts=8, loud=1.0)
    assert Pipeline([step]).evaluate().halted == pytest.approx(1e-24, rel=1e-10)
    sure = Step("step", success=1e-12, attempts=1_000_000, loud=1.0)
    assert Pipeline([sure]).evaluate().success == pytest.approx(1e-6, rel=1e-6)


def test_bare_pipeline_is_a_series_and_every_failure_is_silent_by_default() -> None:
    outcome = Pipeline.repeat(Step("step", success=0.97), 6).evaluate()
    assert outcome.success == pytest.approx(series([0.97] * 6), rel=1e-14)
    assert outcome.halted == 0.0
    assert outcome.attempts == 6.0


def test_retries_of_failures_that_are_all_seen() -> None:
    pipeline = Pipeline.repeat(Step("step", success=0.9, attempts=3, loud=1.0), 5)
    assert pipeline.evaluate().success == pytest.approx(success_with_attempts(0.9, 3) ** 5, rel=1e-14)
    assert pipeline.evaluate().silent_failure == 0.0


def test_retries_change_nothing_where_no_failure_is_seen() -> None:
    once = Pipeline.repeat(Step("step", success=0.97, loud=0.0), 6).evaluate()
    often = Pipeline.repeat(Step("step", success=0.97, loud=0.0, attempts=9), 6).evaluate()
    assert once == often


@given(pipeline=pipelines, place=st.integers(0, 5), more=probabilities)
def test_success_grows_with_the_success_of_a_step(pipeline: Pipeline, place: int, more: float) -> None:
    step = pipeline.steps[place % len(pipeline.steps)]
    better = _with(pipeline, replace(step, success=step.success + more * (1 - step.success)))
    assert better.evaluate().success >= pipeline.evaluate().success - SLACK


@given(pipeline=pipelines, place=st.integers(0, 5), more=st.integers(1, 5))
def test_more_attempts_mean_more_success_and_fewer_halts(pipeline: Pipeline, place: int, more: int) -> None:
    step = pipeline.steps[place % len(pipeline.steps)]
    before, after = pipeline.evaluate(), _with(pipeline, replace(step, attempts=step.attempts + more)).evaluate()
    assert after.success >= before.success - SLACK
    assert after.halted <= before.halted + SLACK


@given(
    pipeline=pipelines, place=st.integers(0, 5), gate=st.builds(Gate, probabilities, probabilities), more=probabilities
)
def test_better_detection_means_more_success_and_fewer_silent_failures(
    pipeline: Pipeline, place: int, gate: Gate, more: float
) -> None:
    step = pipeline.steps[place % len(pipeline.steps)]
    sharper = Gate(gate.detection + more * (1 - gate.detection), gate.false_alarm)
    before = _with(pipeline, replace(step, gate=gate)).evaluate()
    after = _with(pipeline, replace(step, gate=sharper)).evaluate()
    assert after.success >= before.success - SLACK
    assert after.silent_failure <= before.silent_failure + SLACK


@given(pipeline=pipelines, false_alarm=probabilities)
def test_perfect_gates_leave_no_silent_failure(pipeline: Pipeline, false_alarm: float) -> None:
    gate = Gate(detection=1.0, false_alarm=false_alarm)
    guarded = Pipeline([replace(step, gate=gate) for step in pipeline.steps])
    assert guarded.evaluate().silent_failure == 0.0
    assert guarded.simulate(1_000, seed=3).silent_failures == 0


@given(st.data())
def test_order_and_names_of_steps_do_not_change_how_runs_end(data: st.DataObject) -> None:
    pipeline = data.draw(pipelines)
    shuffled = data.draw(st.permutations(pipeline.steps))
    renamed = Pipeline([replace(step, name=f"other {place}") for place, step in enumerate(shuffled)])
    before, after = pipeline.evaluate(), renamed.evaluate()
    for end in Chain.ENDS:
        assert getattr(after, end) == pytest.approx(getattr(before, end), rel=0, abs=1e-12)


@given(steps)
def test_success_tends_to_its_ceiling_and_never_beyond(step: Step) -> None:
    ceiling = success_ceiling(step)
    assert step_law(step).good <= ceiling + SLACK
    many = step_law(replace(step, attempts=10**9))
    if many.halted < 1e-13:
        assert many.good == pytest.approx(ceiling, abs=1e-12)


def test_ceiling_of_a_step_from_which_nothing_passes_is_zero() -> None:
    assert success_ceiling(Step("step", success=0.0, loud=1.0)) == 0.0
    assert step_law(Step("step", success=0.0, loud=1.0, attempts=4, cost=2.0)).cost == 8.0


def _with(pipeline: Pipeline, changed: Step) -> Pipeline:
    return Pipeline([changed if step.name == changed.name else step for step in pipeline.steps])


NAN = math.nan


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"success": 1.2}, "step 'lookup': success is 1.2: give a probability, a number from 0 to 1"),
        ({"success": -1e-9}, "step 'lookup': success is -1e-09"),
        ({"success": NAN}, "step 'lookup': success is nan"),
        ({"success": True}, "step 'lookup': success is True"),
        ({"success": "0.9"}, "step 'lookup': success is '0.9'"),
        ({"success": None}, "step 'lookup': success is None"),
        ({"success": 0.9, "attempts": 0}, "step 'lookup': attempts is 0: give a whole number of at least 1"),
        ({"success": 0.9, "attempts": 2.0}, r"step 'lookup': attempts is 2\.0"),
        ({"success": 0.9, "attempts": True}, "step 'lookup': attempts is True"),
        ({"success": 0.9, "attempts": "3"}, "step 'lookup': attempts is '3'"),
        ({"success": 0.9, "loud": 1.0001}, "step 'lookup': loud is 1.0001"),
        ({"success": 0.9, "cost": -1.0}, "step 'lookup': cost is -1.0: give a finite number of US dollars, 0 or more"),
        ({"success": 0.9, "seconds": math.inf}, "step 'lookup': seconds is inf: give a finite number of seconds"),
        ({"success": 0.9, "cost": False}, "step 'lookup': cost is False"),
        ({"success": 0.9, "gate": 0.9}, "step 'lookup': gate is 0.9: give a Gate, or None"),
    ],
)
def test_a_bad_field_is_named_with_its_step(fields: dict[str, object], message: str) -> None:
    arguments: dict[str, object] = {"name": "lookup", **fields}
    make: type = Step
    with pytest.raises(ValueError, match=f"^{message}"):
        make(**arguments)


@pytest.mark.parametrize("name", ["", "  ", None, 3])
def test_a_step_needs_a_name(name: object) -> None:
    make: type = Step
    with pytest.raises(ValueError, match=r"^step: name is"):
        make(name=name, success=0.9)


@pytest.mark.parametrize(("detection", "false_alarm", "field"), [(1.1, 0.0, "detection"), (0.9, NAN, "false_alarm")])
def test_a_bad_gate_is_named(detection: float, false_alarm: float, field: str) -> None:
    with pytest.raises(ValueError, match=f"^gate: {field} is"):
        Gate(detection, false_alarm)


@pytest.mark.parametrize(
    ("given_steps", "message"),
    [
        ([], "pipeline: steps is empty: give at least one Step"),
        ([Step("a", 0.9), "b"], "pipeline: step 2 is 'b': give a Step"),
        ([Step("a", 0.9), Step("b", 0.9), Step("a", 0.8)], "pipeline: step 3 has the name 'a' of step 1"),
        (Step("a", 0.9), "pipeline: steps is Step"),
        ("ab", "pipeline: step 1 is 'a'"),
    ],
)
def test_a_bad_pipeline_is_refused(given_steps: object, message: str) -> None:
    make: type = Pipeline
    with pytest.raises(ValueError, match=f"^{message}"):
        make(given_steps)


def test_parts_are_frozen_and_hold_plain_numbers() -> None:
    make_step: type = Step
    step = make_step("a", success=np.float32(0.5), attempts=np.int64(2))
    assert type(step.success) is float
    assert type(step.attempts) is int
    make_pipeline: type = Pipeline
    assert make_pipeline(step for step in [step]).steps == (step,)
    with pytest.raises(FrozenInstanceError):
        step.success = 1.0
    with pytest.raises(ValueError, match="times is 0"):
        Pipeline.repeat(step, 0)
