"""Values that replace those of a file, as ``--set`` gives them."""

from pathlib import Path
from textwrap import dedent

import pytest

from coordination_gap.reliability.parts import Branch, Gate
from coordination_gap.reliability.pipeline import Pipeline
from coordination_gap.reliability.specification import (
    SpecificationError,
    load_pipeline,
    pipeline_from_yaml,
    pipeline_to_yaml,
)
from tests.reliability.specimens import RICH

# Changes


def changed(tmp_path: Path, text: str, *changes: str) -> Pipeline:
    (tmp_path / "x.yml").write_text(dedent(text), encoding="utf-8")
    return load_pipeline(tmp_path / "x.yml", changes=changes)


def test_changes_replace_values_wherever_a_part_stands(tmp_path: Path) -> None:
    changes = {
        "lookup.success=0.99": ("success: 0.97", "success: 0.99"),
        "lookup.gate.detection=0.95": ("detection: 0.9,", "detection: 0.95,"),
        "lookup.gate=null": ("    gate: {detection: 0.9, false_alarm: 0.02, seconds: 0.5}\n", ""),
        "lookup.gate={detection: 1, false_alarm: 0}": (
            "{detection: 0.9, false_alarm: 0.02, seconds: 0.5}", "{detection: 1.0, false_alarm: 0.0}",
        ),
        "policy.needed=1": ("needed: 2", "needed: 1"),
        "answer.loud=1e-1": ("success: 0.5\n", "success: 0.5\n            loud: 0.1\n"),
        "common_cause=0.2": ("common_cause: 0.1", "common_cause: 0.2"),
        "route.name=fork": ("name: route", "name: fork"),
    }  # fmt: skip
    for change, (old, new) in changes.items():
        assert pipeline_to_yaml(changed(tmp_path, RICH, change)) == RICH.replace(old, new), change
    both = changed(tmp_path, RICH, "route.ways.1.probability=0.5", "route.ways.2.probability=0.5")
    assert isinstance(both.steps[1], Branch)
    assert [way.probability for way in both.steps[1].ways] == [0.5, 0.5]
    assert changed(tmp_path, RICH, "a.success=0.1", "a.success=0.9") == pipeline_from_yaml(RICH)


@pytest.mark.parametrize(
    "change",
    ["answer.gate=null", "answer.gate.cost=null", "answer.loud=null", "policy.gate=null", "correlation=null",
     "route.ways.2.steps=null", "lookup.gate.cost=null", "a.cost=null", "policy.fallback.attempts=null"],
)  # fmt: skip
def test_taking_out_what_is_not_there_but_could_be_changes_nothing(tmp_path: Path, change: str) -> None:
    assert changed(tmp_path, RICH, change) == pipeline_from_yaml(RICH)


def test_taking_out_a_key_that_is_there_mends_a_file(tmp_path: Path) -> None:
    assert changed(tmp_path, RICH.replace("attempts: 3", "atempts: 3"), "lookup.atempts=null", "lookup.attempts=3") == (
        pipeline_from_yaml(RICH)
    )


def test_a_part_may_have_the_name_of_a_key_or_of_a_change(tmp_path: Path) -> None:
    text = """\
        steps:
          - {name: correlation, success: 1}
          - {name: a.success, success: 1}
          - {name: a, success: 1}
        """
    assert changed(tmp_path, text, "correlation=0.5").correlation == 0.5
    steps = changed(tmp_path, text, "a.success=0.5", "a.success.success=0.25").all_steps()
    assert [step.success for step in steps] == [1, 0.25, 0.5]


def test_a_gate_can_be_put_together(tmp_path: Path) -> None:
    pipeline = changed(tmp_path, RICH, "answer.gate.detection=1", "answer.gate.false_alarm=0")
    assert [step.gate for step in pipeline.all_steps() if step.name == "answer"] == [Gate(1, 0)]


def test_a_change_stays_with_its_part_where_an_alias_shares_the_value(tmp_path: Path) -> None:
    text = """\
        steps:
          - {name: a, success: 1, gate: &g {detection: 0.5, false_alarm: 0}}
          - {name: b.c=d, success: 1, gate: *g}
        """
    pipeline = changed(tmp_path, text, "b.c=d.gate.detection=0.9")
    assert [step.gate for step in pipeline.all_steps()] == [Gate(0.5, 0), Gate(0.9, 0)]


@pytest.mark.parametrize(("change", "said"), [
    ("v1.2=0.5", "the field of the step 'v1.2' is missing; name it, as in v1.2.success=0.5"),
    ("a=b=0.5", "the field of the step 'a=b' is missing; name it, as in a=b.success=0.5"),
    ("v1=0.5", "the field of the step 'v1' is missing; name it, as in v1.success=0.5"),
    ("v1=0.5=3", "the field of the step 'v1' is missing; name it, as in v1.success=0.99"),
])  # fmt: skip
def test_a_missing_field_of_a_part_with_an_odd_name(tmp_path: Path, change: str, said: str) -> None:
    text = "steps: [{name: v1.2, success: 1}, {name: a=b, success: 1}, {name: v1, success: 1}]"
    with pytest.raises(SpecificationError) as caught:
        changed(tmp_path, text, change)
    assert str(caught.value) == f"{change!r}: {said}"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("lookup.success=1.2", "x.yml with lookup.success=1.2, line 3, step 'lookup', success: 1.2 is above 1; "),
        (
            "lookup.sucess=1",
            "x.yml with lookup.sucess=1, line 2, step 'lookup': there is no key 'sucess' in a step; did",
        ),
        ("lookup.success=null", "line 2, step 'lookup': the key success is missing; give it a probability"),
        ("lookp.success=1", "x.yml has the name 'lookp'; did you mean 'lookup'?"),
        ("zzz.success=1", "x.yml has the name 'zzz'; there are 'lookup', 'policy', 'a', 'b', 'route', 'answer'"),
        ("lookup.success", "'lookup.success' is no change: give NAME.FIELD=VALUE, such as lookup.success=0.99"),
        ("lookup.success=", "is no change"),
        ("lookup..x=1", "is no change"),
        ("lookup.success=[", "cannot be read: the bracket opened in line 1, column 1 is not closed"),
        ("lookup.success=# no value", "cannot be read: give one value after the equals sign"),
        ("lookup.gate={a: 1, a: 2}", "cannot be read: give one value after the equals sign"),
        ("lookup.success.x=1", "asks for 'x' of 0.97, which has no fields: name a field"),
        ("route.ways.3.probability=1", "asks for entry '3' of a list: give a number from 1 to 2"),
        ("route.ways.1.probability=1", "branch 'route': the probabilities of the ways sum to 1.75; make them sum to 1"),
        ("corelation=1", "there is no key 'corelation' in a pipeline; did you mean 'correlation'?"),
        (
            "lookup.gat=null",
            "with lookup.gat=null, line 2, step 'lookup': there is no key 'gat' in a step; did you mean 'gate'?",
        ),
        ("lookup.sucess=null", "line 2, step 'lookup': there is no key 'sucess' in a step; did you mean 'success'?"),
        ("lookup.gate.cst=null", "step 'lookup', gate: there is no key 'cst' in a gate; did you mean 'cost'?"),
        ("answer.gate.cst=null", "step 'answer', gate: there is no key 'cst' in a gate; did you mean 'cost'?"),
        ("answer.gat.gate.cost=null", "step 'answer': there is no key 'gat' in a step; did you mean 'gate'?"),
        ("answer.ways=null", "there is no key 'ways' in a step, but in a branch; move it there or take it out"),
        ("a.attempts=null", "there is no key 'attempts' in a voter, which is a step that answers once; take it out"),
        ("route.ways.2.step=null", "way 2: there is no key 'step' in a way; did you mean 'steps'?"),
        ("step-1=null", "line 1: there is no key 'step-1' in a pipeline; did you mean 'steps'?"),
        ("lookup=null", "'lookup=null': the field of the step 'lookup' is missing; name it, as in lookup.success=0.99"),
        ("lookup=0.5", "'lookup=0.5': the field of the step 'lookup' is missing; name it, as in lookup.success=0.5"),
        ("lookup={success: 1}", "the field of the step 'lookup' is missing; name it, as in lookup.success=0.99"),
        ("policy=1", "the field of the vote 'policy' is missing; name it, as in policy.needed=2"),
        ("route=1", "the field of the branch 'route' is missing; name it, as in route.ways.1.probability=0.5"),
        ("answer.fallback=" + "[" * 60 + "]" * 60, "cannot be read: give one value after the equals sign"),
    ],
)
def test_changes_that_cannot_be_made(tmp_path: Path, change: str, said: str) -> None:
    with pytest.raises(SpecificationError) as caught:
        changed(tmp_path, RICH, change)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
