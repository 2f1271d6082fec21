"""What allocate and remedy_options refuse, each in one sentence."""

import math
from dataclasses import replace
from typing import Any

import pytest

from coordination_gap.reliability import Pipeline, Step
from coordination_gap.reliability.allocation import allocate, remedy_options
from coordination_gap.reliability.parts import Branch, Vote, Way

ONE_SENTENCE = r"^[^\n]+$"
PART = Step("step", 0.9, fallback=Step("second", 0.9))
LONE = Pipeline([PART, Branch("way", [Way(1.0, [Step("inner", 0.9)])]), Vote("vote", [Step("voter", 0.9)], 1)])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "options is empty: name at least one step"),
        ({"step": []}, "options of 'step' is empty: give at least one part"),
        ({"stap": [PART]}, "options: no step has the name 'stap'; did you mean 'step'?"),
        ({"zzz": [PART]}, "options: no step has the name 'zzz'; give one of 'step', 'way', 'inner', 'vote'"),
        ({"second": [PART]}, "options: 'second' is a fallback or a voter"),
        ({"voter": [PART]}, "options: 'voter' is a fallback or a voter"),
        ({"step": ["twice"]}, "options of 'step': step 1 is 'twice': give a Step"),
        ({"step": 3}, "options of 'step': steps is 3"),
        ({"way": [PART], "inner": [PART]}, "options: 'inner' is inside 'way', which has options, too"),
        ({"step": [Step("inner", 0.9)]}, "options of 'step': another part has the name 'inner'"),
        (
            {"step": [Step("new", 0.9)], "inner": [Step("new", 0.9)]},
            "options of 'inner': another part has the name 'new'",
        ),
        ({"step": [Step("new", 0.9, fallback=Step("new", 0.8))]}, "two parts have the name 'new'"),
    ],
)
def test_options_that_cannot_be(options: Any, message: str) -> None:
    with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
        allocate(LONE, options, 0.5)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"target": 1.2}, "target is 1.2: give a probability"),
        ({"target": math.nan}, "target is nan"),
        ({"target": "high"}, "target is 'high'"),
        ({"cost_budget": -1}, "cost_budget is -1: give a finite number of US dollars"),
        ({"cost_budget": math.inf}, "cost_budget is inf"),
        ({"seconds_budget": math.nan}, "seconds_budget is nan"),
        ({"silent_budget": 2}, "silent_budget is 2: give a probability"),
    ],
)
def test_limits_that_cannot_be(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
        allocate(LONE, {"step": [PART]}, **{"target": 0.5, **given})
    assert message in str(caught.value)


@pytest.mark.parametrize("shared", ["correlation", "common_cause"])
def test_steps_that_share_something_are_refused(shared: str) -> None:
    pipeline = replace(LONE, **{shared: 0.2})  # type: ignore[arg-type] # the name is given
    with pytest.raises(ValueError, match=f"pipeline: {shared} is 0.2: .* steps that share nothing"):
        allocate(pipeline, {"step": [PART]}, 0.5)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"attempts": ()}, "step 'step': attempts is empty"),
        ({"gates": ()}, "step 'step': gates is empty"),
        ({"fallbacks": []}, "step 'step': fallbacks is empty"),
        ({"votes": ()}, "step 'step': votes is empty"),
        ({"votes": (0,)}, "step 'step': votes is 0"),
        ({"attempts": (0,)}, "step 'step': attempts is 0"),
        ({"votes": (3,), "agreement": 2}, "vote 'step': agreement is 2"),
    ],
)
def test_remedies_that_cannot_be(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=ONE_SENTENCE) as caught:
        remedy_options(PART, **given)
    assert message in str(caught.value)
