"""The options of a step: every combination of the remedies, each once."""

from dataclasses import replace

import pytest

from coordination_gap.reliability import Gate, Pipeline, Step
from coordination_gap.reliability.allocation import remedy_options
from coordination_gap.reliability.options import checked_options, options_of_steps
from coordination_gap.reliability.parts import Branch, Vote, Way, walk
from tests.reliability.remedy_examples import GATE, PERSON


def test_remedies_in_every_combination() -> None:
    gate = Gate(0.5, 0.1)
    step = Step("step", 0.9, loud=0.2, correlation=0.3, cost=1.0, gate=gate, fallback=Step("own", 0.5))
    assert remedy_options(step) == [replace(step, attempts=attempts) for attempts in (1, 2, 3)]
    found = remedy_options(
        step, attempts=(1, 2), gates=(None, GATE), fallbacks=(None, PERSON, step.fallback), votes=(1, 5)
    )
    assert len(found) == 2 * 3 * 2 + 3 * 2
    assert len(set(found)) == len(found)
    votes = [part for part in found if isinstance(part, Vote)]
    assert {(len(vote.voters), vote.needed, vote.correlation) for vote in votes} == {(5, 3, 0.3)}
    assert {part.fallback.name for part in votes if part.fallback is not None} == {"step: person", "own"}
    chain = replace(PERSON, fallback=Vote("panel", [Step("judge", 0.9)], 1))
    (offered,) = remedy_options(step, attempts=(1,), fallbacks=(chain,))
    assert checked_options(Pipeline([step]), {"step": [offered]})
    assert {part.name for part in walk([offered])} == {"step", "step: person", "step: panel", "step: judge"}


def test_options_of_steps_hold_each_step_as_it_is_and_every_remedy_once() -> None:
    gate, other = Gate(0.9, 0.02), Gate(0.5, 0.0)
    way = Way(1.0, [Step("inside", 0.9)])
    pipeline = Pipeline([Step("a", 0.9, gate=gate, attempts=7), Branch("b", [way]), Vote("v", [Step("x", 0.9)], 1)])
    options = options_of_steps(pipeline, attempts=(2,), gates=(gate, other), votes=(3,))
    assert list(options) == ["a", "inside"]
    assert options["a"][0] == pipeline.steps[0]
    assert len(options["a"]) == len(set(options["a"])) == 1 + 3 * (2 + 1)  # gates x (attempts 1 and 2, and a vote)
    assert {part.gate for part in options["inside"] if isinstance(part, Step)} == {None, gate, other}
    with pytest.raises(ValueError, match=r"^steps: no step that may change has the name 'v'; "):
        options_of_steps(pipeline, steps=["v"])
    with pytest.raises(ValueError, match=r"^steps: the pipeline has votes and branches only"):
        options_of_steps(Pipeline([pipeline.steps[2]]))
