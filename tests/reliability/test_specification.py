import dataclasses
import errno
import json
import math
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination_gap import paths
from coordination_gap.reliability import yaml_tree
from coordination_gap.reliability.parts import CONTROL_CHARACTER, Branch, Gate, Step, Vote, Way, walk
from coordination_gap.reliability.pipeline import Pipeline
from coordination_gap.reliability.specification import (
    SpecificationError,
    load_pipeline,
    pipeline_from_yaml,
    pipeline_schema,
    pipeline_to_yaml,
    save_pipeline,
)
from tests.reliability.strategies import EVERYTHING, pipelines

EXAMPLES = sorted((paths.root() / "pipelines").glob("*.yml"))
SIMPLE = Pipeline([Step("lookup", 0.97)])
LOADERS = [yaml.SafeLoader, yaml_tree.LOADER]

RICH = """\
steps:
  - name: lookup
    success: 0.97
    attempts: 3
    gate: {detection: 0.9, false_alarm: 0.02, seconds: 0.5}
    fallback:
      name: policy
      voters:
        - name: a
          success: 0.9
        - name: b
          success: 0.9
      needed: 2
  - name: route
    ways:
      - probability: 0.25
        steps:
          - name: answer
            success: 0.5
            backoff_seconds: 1.0e-05
      - probability: 0.75
common_cause: 0.1
"""


def message(text: str) -> str:
    with pytest.raises(SpecificationError) as caught:
        pipeline_from_yaml(dedent(text), "x.yml")
    return str(caught.value)


# Reading and writing


def test_a_file_is_read_as_it_says() -> None:
    assert pipeline_from_yaml(RICH) == Pipeline(
        [
            Step(
                "lookup",
                0.97,
                attempts=3,
                gate=Gate(0.9, 0.02, seconds=0.5),
                fallback=Vote("policy", [Step("a", 0.9), Step("b", 0.9)], 2),
            ),
            Branch("route", [Way(0.25, [Step("answer", 0.5, backoff_seconds=1e-5)]), Way(0.75)]),
        ],
        common_cause=0.1,
    )


def test_what_is_written_is_canonical() -> None:
    assert pipeline_to_yaml(pipeline_from_yaml(RICH)) == RICH
    assert pipeline_to_yaml(SIMPLE) == "steps:\n  - name: lookup\n    success: 0.97\n"


def as_plain(given: Any) -> Any:
    """Return a part as a file has it, by another way than the writer: every field, the defaults taken out."""
    if isinstance(given, tuple):
        return [as_plain(entry) for entry in given]
    if not dataclasses.is_dataclass(given):
        return given
    fields = {field.name: (getattr(given, field.name), field.default) for field in dataclasses.fields(given)}
    return {name: as_plain(value) for name, (value, default) in fields.items() if value != default}


@settings(deadline=None, max_examples=40)
@given(pipelines(EVERYTHING))
def test_a_round_trip_changes_nothing(pipeline: Pipeline) -> None:
    text = pipeline_to_yaml(pipeline)
    again = pipeline_from_yaml(text)
    assert again == pipeline
    assert repr(again) == repr(pipeline).replace("-0.0", "0.0")
    assert pipeline_to_yaml(again) == text
    # Another reader of YAML, and the schema without this package's own stricter types, agree.
    content = yaml.safe_load(text)
    assert content == as_plain(pipeline)
    jsonschema.Draft202012Validator(pipeline_schema()).validate(content)


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_schema_and_classes_agree_on_names(name: str) -> None:
    escaped = "".join(f"\\u{ord(character):04x}" if character < "\U00010000" else character for character in name)
    text = f'{{"steps": [{{"name": "{escaped}", "success": 0.5}}]}}'
    is_valid = jsonschema.Draft202012Validator(pipeline_schema()).is_valid(json.loads(text))
    assert is_accepted(Step, name, 0.5) == is_valid
    assert is_accepted(pipeline_from_yaml, text) == is_valid


@given(st.text(min_size=1).filter(lambda name: name.strip() and not CONTROL_CHARACTER.search(name)))
def test_any_name_survives(name: str) -> None:
    pipeline = Pipeline([Step(name, 0.5)])
    try:
        name.encode()
    except UnicodeEncodeError:
        with pytest.raises(SpecificationError, match="UTF-8"):
            pipeline_to_yaml(pipeline)
        return
    assert pipeline_from_yaml(pipeline_to_yaml(pipeline)) == pipeline
    assert yaml.safe_load(pipeline_to_yaml(pipeline))["steps"][0]["name"] == name


@pytest.mark.parametrize(
    "name", ["yes", "Null", "~", "1e3", "1", ".inf", "a: b", "a #b", "- a", "a\u200db", "2026-01-01"]
)
def test_names_that_look_like_something_else_survive(name: str) -> None:
    pipeline = Pipeline([Step(name, 0.5)])
    text = pipeline_to_yaml(pipeline)
    assert pipeline_from_yaml(text) == pipeline
    assert yaml.safe_load(text)["steps"][0]["name"] == name


@pytest.mark.parametrize("number", [5e-324, 1e-5, 0.1 + 0.2, 1e12, 987654321098.7653, 1 / 3])
def test_numbers_keep_all_their_digits(number: float) -> None:
    pipeline = Pipeline([Step("a", 0.5, seconds=number)])
    text = pipeline_to_yaml(pipeline)
    assert pipeline_from_yaml(text) == pipeline
    assert yaml.safe_load(text)["steps"][0]["seconds"] == number


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("written", "value"),
    [("1", 1.0), ("1e-3", 0.001), (".5", 0.5), ("5.", 5.0), ("+1.5", 1.5), ("1E2", 100.0), ("0", 0.0), ("-0.0", 0.0)],
)
def test_numbers_as_yaml_1_2_has_them(monkeypatch: pytest.MonkeyPatch, loader: Any, written: str, value: float) -> None:
    monkeypatch.setattr(yaml_tree, "LOADER", loader)
    (step,) = pipeline_from_yaml(f"steps: [{{name: a, success: 1, seconds: {written}}}]").steps
    assert isinstance(step, Step)
    assert step.seconds == value


def test_json_is_yaml() -> None:
    assert pipeline_from_yaml(json.dumps(yaml.safe_load(RICH), indent=1)) == pipeline_from_yaml(RICH)


def test_aliases_repeat_a_value() -> None:
    text = """\
        steps:
          - name: a
            success: 0.9
            gate: &gate {detection: 0.5, false_alarm: 0}
          - name: b
            success: 0.9
            gate: *gate
        """
    steps = pipeline_from_yaml(dedent(text)).all_steps()
    assert [step.gate for step in steps] == [Gate(0.5, 0)] * 2


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: str(file.name))
def test_the_examples_are_pipelines(file: Path) -> None:
    pipeline = load_pipeline(file)
    assert pipeline_from_yaml(pipeline_to_yaml(pipeline)) == pipeline


def test_the_articles_pipeline() -> None:
    pipeline = load_pipeline(paths.root() / "pipelines" / "six-steps.yml")
    assert [step.success for step in pipeline.all_steps()] == [0.97] * 6
    bare = Pipeline([Step(step.name, step.success) for step in pipeline.all_steps()])
    assert bare.evaluate().success == pytest.approx(0.97**6, abs=1e-12)


def test_the_worked_example_has_every_kind_of_part() -> None:
    pipeline = load_pipeline(paths.root() / "pipelines" / "support-desk.yml")
    kinds = {type(part) for part in walk(pipeline.steps)}
    assert kinds == {Step, Vote, Branch}
    written = pipeline_to_yaml(pipeline)
    named = {name for one in (Step, Vote, Branch, Way, Gate, Pipeline) for name in field_names(one)}
    assert {key for key in named if f"{key}:" in written} == named


# Schema


def field_names(made: type) -> dict[str, Any]:
    """Return the names of a class's fields and their defaults; MISSING where a value is required."""
    return {field.name: field.default for field in dataclasses.fields(made)}


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(pipeline_schema())
    assert pipeline_schema()["$id"] == "https://example.org/coordination-gap/pipeline.schema.json"


@pytest.mark.parametrize(
    ("definition", "made"),
    [(None, Pipeline), ("step", Step), ("vote", Vote), ("branch", Branch), ("way", Way), ("gate", Gate)],
)
def test_schema_and_classes_agree(definition: str | None, made: type) -> None:
    schema = pipeline_schema() if definition is None else pipeline_schema()["$defs"][definition]
    fields = field_names(made)
    assert list(schema["properties"]) == list(fields)
    assert set(schema["required"]) == {name for name, default in fields.items() if default is dataclasses.MISSING}
    assert schema["additionalProperties"] is False
    for name, default in fields.items():
        described = schema["properties"][name]
        if default is dataclasses.MISSING or default is None:
            assert "default" not in described
        else:
            assert described["default"] == (list(default) if isinstance(default, tuple) else default)
        assert name == "name" or described["description"].endswith(".")


def test_schema_and_class_agree_on_what_a_voter_may_have() -> None:
    other = {"gate": Gate(1, 0), "attempts": 2, "fallback": Step("f", 1)}
    allowed = set()
    for name, default in field_names(Step).items():
        value = {"name": "a", "success": 0.5}.get(name, other.get(name, 0.5))
        assert value != default
        try:
            values: dict[str, Any] = {"name": "a", "success": 0.5, name: value}
            Vote("v", [Step(**values)], 1)
        except ValueError:
            continue
        allowed.add(name)
    assert set(pipeline_schema()["$defs"]["voter"]["properties"]) == allowed


@given(st.sampled_from(["probability", "attempts", "dollars", "seconds", "factor", "spread"]), st.data())
def test_schema_and_classes_agree_on_ranges(definition: str, data: st.DataObject) -> None:
    field = {
        "probability": "success",
        "attempts": "attempts",
        "dollars": "cost",
        "seconds": "seconds",
        "factor": "backoff_factor",
        "spread": "seconds_cv",
    }
    limits = pipeline_schema()["$defs"][definition]
    edges = [limits["minimum"], limits["maximum"], limits.get("not", {}).get("exclusiveMaximum", 0)]
    near = [edge for limit in edges for edge in (limit, math.nextafter(limit, -1), math.nextafter(limit, math.inf))]
    whole = st.integers() | st.sampled_from([0, 1, 10**9, 10**9 + 1, 10**400])
    value = data.draw(whole | st.floats() | st.sampled_from(near))
    values: dict[str, Any] = {"name": "a", "success": 0.5, field[definition]: value}
    text = yaml.safe_dump({"steps": [values]})
    assert is_accepted(pipeline_from_yaml, text) == is_accepted(Step, **values)


@pytest.mark.parametrize(("make", "definition"), [(Step, "step"), (Gate, "gate")])
def test_every_number_of_a_class_has_the_limit_of_the_schema(make: Any, definition: str) -> None:
    given: dict[str, Any] = {"name": "a", "success": 0.5} if make is Step else {"detection": 0.5, "false_alarm": 0.5}
    definitions = pipeline_schema()["$defs"]
    for key, described in definitions[definition]["properties"].items():
        most = definitions[described["$ref"].rpartition("/")[2]].get("maximum")
        if most is not None:
            assert is_accepted(make, **{**given, key: most}), key
            assert not is_accepted(make, **{**given, key: most * 1.001 if key != "attempts" else most + 1}), key


def is_accepted(make: Callable[..., object], *given: object, **named: object) -> bool:
    try:
        make(*given, **named)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    ("heading", "definition"),
    [("The file", None), ("A step", "step"), ("A gate", "gate"), ("A vote", "vote"), ("A branch", "branch")],
)
def test_the_reference_lists_every_key_with_its_default(heading: str, definition: str | None) -> None:
    schema = pipeline_schema() if definition is None else pipeline_schema()["$defs"][definition]
    page = (paths.root() / "docs" / "pipeline-files.md").read_text(encoding="utf-8")
    section = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    told = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|", section, re.MULTILINE))
    assert told == {
        key: "required" if key in schema["required"] else str(described.get("default", "none"))
        for key, described in schema["properties"].items()
    }
    for example in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL):
        pipeline_from_yaml(example)


def test_the_reference_says_which_numbers_are_taken_and_which_are_texts() -> None:
    page = (paths.root() / "docs" / "pipeline-files.md").read_text(encoding="utf-8")
    taken, refused = page.split("- Numbers are written")[1].split("\n- ")[0].split("In quotation marks")
    written = {"taken": re.findall("`([^`]+)`", taken), "refused": re.findall("`([^`]+)`", refused)}
    assert {"0.97", "+1", ".5", "5."} <= {*written["taken"]}
    assert {"0x3", "0o3", "010", "1_000"} <= {*written["refused"]}
    for text in written["taken"]:
        assert isinstance(yaml_tree.plain_value(text), int | float), text
    for text in {*written["refused"]} - {"attempts", "needed"}:
        assert not is_accepted(pipeline_from_yaml, f"steps: [{{name: a, success: 1, cost: {text}}}]"), text


def test_the_reference_explains_every_column_of_importance() -> None:
    page = (paths.root() / "docs" / "pipeline-files.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`[^|]+) \|", page.split("| column | meaning |")[1].split("\n\n")[0], re.MULTILINE)
    assert re.findall("`([^`]+)`", " ".join(rows)) == list(SIMPLE.importance().columns)


# What is wrong, and where

STEP = "steps:\n  - name: lookup\n    success: 0.9\n    {}\n"

FAULTS = {
    STEP.format("loud: 1.2"): (
        "line 4, step 'lookup', loud: 1.2 is above 1; give a probability, a number from 0 to 1"
    ),
    STEP.format('cost: "2"'): (
        "line 4, step 'lookup', cost: the text '2' is not a number; give a number of US dollars, "
        "0 to 1,000,000,000,000, without quotation marks"
    ),
    STEP.format("loud: yes"): (
        "line 4, step 'lookup', loud: the text 'yes' is not a number; give a probability, a number from 0 to 1"
    ),
    STEP.format("loud: true"): (
        "line 4, step 'lookup', loud: true is not a number; give a probability, a number from 0 to 1"
    ),
    STEP.format("seconds: 1:30"): (
        "line 4, step 'lookup', seconds: the text '1:30' is not a number; "
        "give a number of seconds, 0 to 1,000,000,000,000"
    ),
    STEP.format("loud: .nan"): (
        "line 4, step 'lookup', loud: .nan is not a finite number; give a probability, a number from 0 to 1"
    ),
    STEP.format("cost: 1e400"): (
        "line 4, step 'lookup', cost: 1e400 is too large; give a number of US dollars, 0 to 1,000,000,000,000"
    ),
    STEP.format("cost: 1e308"): (
        "line 4, step 'lookup', cost: 1e308 is above 1,000,000,000,000; "
        "give a number of US dollars, 0 to 1,000,000,000,000"
    ),
    STEP.format("cost: -1e400"): (
        "line 4, step 'lookup', cost: -1e400 is below 0; give a number of US dollars, 0 to 1,000,000,000,000"
    ),
    STEP.format("gate: {detection: 1, false_alarm: 0, seconds: 1e300}"): (
        "line 4, step 'lookup', gate.seconds: 1e300 is above 1,000,000,000,000; "
        "give a number of seconds, 0 to 1,000,000,000,000"
    ),
    STEP.format("seconds_cv: 1e200"): (
        "line 4, step 'lookup', seconds_cv: 1e200 is above 1,000; give 0, or a number from 0.0001 to 1,000"
    ),
    STEP.format("seconds_cv: 1e-200"): (
        "line 4, step 'lookup', seconds_cv: 1e-200 is above 0 and below 0.0001; "
        "give 0, or a number from 0.0001 to 1,000"
    ),
    STEP.format("backoff_factor: 2000000"): (
        "line 4, step 'lookup', backoff_factor: 2000000 is above 1,000,000; give a number, 0 to 1,000,000"
    ),
    STEP.format("backoff_seconds: 9\n    attempts: 60\n    backoff_factor: 1e3"): (
        "line 6, step 'lookup': backoff_factor is 1000.0; the wait before attempt 60 would be longer than "
        "1,000,000,000,000 seconds; give a smaller factor or fewer attempts"
    ),
    STEP.format("attempts: " + "9" * 5000): (
        f"line 4, step 'lookup', attempts: {'9' * 39}… is too large; "
        "give a whole number of at least 1 and at most 1,000,000,000"
    ),
    STEP.format("attempts: " + "9" * 350): (
        f"line 4, step 'lookup', attempts: {'9' * 39}… is too large; "
        "give a whole number of at least 1 and at most 1,000,000,000"
    ),
    STEP.format("attempts: 99999999999999999999999999999999"): (
        "line 4, step 'lookup', attempts: 99999999999999999999999999999999 is above 1,000,000,000; "
        "give a whole number of at least 1 and at most 1,000,000,000"
    ),
    STEP.format("attempts: 1e+300"): (
        "line 4, step 'lookup', attempts: 1e+300 is above 1,000,000,000; "
        "give a whole number of at least 1 and at most 1,000,000,000"
    ),
    STEP.format("attempts: 2.5"): (
        "line 4, step 'lookup', attempts: 2.5 is not a whole number; "
        "give a whole number of at least 1 and at most 1,000,000,000"
    ),
    STEP.format("attempts: 0.0"): (
        "line 4, step 'lookup', attempts: 0.0 is below 1; give a whole number of at least 1 and at most 1,000,000,000"
    ),
    STEP.format("attempts: 2.0"): "line 4, step 'lookup', attempts: 2.0 is not a whole number; write 2",
    STEP.format("attempts: 0"): (
        "line 4, step 'lookup', attempts: 0 is below 1; give a whole number of at least 1 and at most 1,000,000,000"
    ),
    STEP.format("loud:"): (
        "line 4, step 'lookup', loud: the value is missing; give a probability, a number from 0 to 1, "
        "or take the key out"
    ),
    STEP.format("gate: {detection: 2, false_alarm: 0}"): (
        "line 4, step 'lookup', gate.detection: 2 is above 1; give a probability, a number from 0 to 1"
    ),
    STEP.format("gate: 0.9"): (
        "line 4, step 'lookup', gate: 0.9 stands where a mapping has to; give a gate with detection, false_alarm"
    ),
    STEP.format("atempts: 2"): (
        "line 4, step 'lookup': there is no key 'atempts' in a step; did you mean 'attempts'?"
    ),
    STEP.format("retries: 2"): (
        "line 4, step 'lookup': there is no key 'retries' in a step; did you mean 'attempts', "
        "which counts the first one, too?"
    ),
    STEP.format("detection: 0.9"): (
        "line 4, step 'lookup': there is no key 'detection' in a step, but in a gate; move it there or take it out"
    ),
    STEP.format("<<: {loud: 1}"): (
        "line 4, step 'lookup': merge keys are no part of YAML 1.2; write the keys out, "
        "or use an alias for a whole value"
    ),
    STEP.format("fallback: {name: b, ways: []}"): (
        "line 4, branch 'b': a branch cannot be a fallback; give a step or a vote"
    ),
    STEP.format("success: 0.8"): (
        "line 4: the key 'success' is given a second time, after line 3; keep one of the two"
    ),
    "steps:\n  - name: lookup\n    sucess: 0.9\n": (
        "line 3, step 'lookup': there is no key 'sucess' in a step; did you mean 'success'?"
    ),
    "steps:\n  - name: lookup\n": (
        "line 2, step 'lookup': the key success is missing; give it a probability, a number from 0 to 1"
    ),
    "steps:\n  - success: 0.9\n": "line 2, step 1: the key name is missing; give it a text that is not blank",
    "steps:\n  - name: 5\n    success: 1\n": "line 2, step 1, name: 5 is not a text; put quotation marks around it",
    "steps:\n  - name: ' '\n    success: 1\n": (
        "line 2, step 1, name: the text ' ' is blank; give a text that is not blank"
    ),
    'steps:\n  - name: "a\\nb"\n    success: 1\n': (
        r"line 2, step 'a\nb', name: the text 'a\nb' holds the control character '\n'; take it out"
    ),
    'steps:\n  - name: "\\n"\n    success: 1\n': (
        r"line 2, step 1, name: the text '\n' is blank; give a text that is not blank"
    ),
    "steps:\n  - name: r\n    voter: []\n    needed: 1\n": (
        "line 3, step 'r': there is no key 'voter' in a step; did you mean 'voters', which makes it a vote?"
    ),
    "steps:\n  - name: r\n    Way:\n      - probability: 1\n": (
        "line 3, step 'r': there is no key 'Way' in a step; did you mean 'ways', which makes it a branch?"
    ),
    "steps:\n  - way: []\n": (
        "line 2, step 1: the key name is missing; give it a text that is not blank (and 1 more fault after it)"
    ),
    STEP.format("fallback: {name: b, votes: []}"): (
        "line 4, step 'b': there is no key 'votes' in a step; did you mean 'voters', which makes it a vote?"
    ),
    STEP.format("fallback: {name: b, success: 1, way: []}"): (
        "line 4, step 'b': there is no key 'way' in a step; there are name, success, attempts, gate, loud, "
        "correlation, common_cause, cost, seconds, seconds_cv, backoff_seconds, backoff_factor, fallback"
    ),
    "steps: []\n": "line 1, steps: the list is empty; give a list of at least one part",
    "step: []\n": "line 1: there is no key 'step' in a pipeline; did you mean 'steps'?",
    "- name: a\n": "line 1: the file is a list; begin it with the line steps:",
    "steps:\n  - lookup\n": (
        "line 2, step 1: the text 'lookup' stands where a mapping has to; "
        "give a step, a vote or a branch as keys with values"
    ),
    "steps:\n  - {name: a, success: 1}\n  - {name: b, success: 1}\n  - {name: a, success: 1}\n": (
        "line 4, step 'a': the name is that of the step in line 2, too; give each part a name of its own"
    ),
    "steps:\n  - &a\n    name: a\n    success: 1\n  - *a\n": (
        "line 5, step 'a': the name is that of the step in line 2, too; give each part a name of its own"
    ),
    "steps:\n  - &a\n    name: a\n    success: 1\n    fallback: *a\n": (
        "line 5: the alias *a is a part of what it stands for, which begins in line 2; "
        "a pipeline has no cycles, so write out what is meant"
    ),
    "steps:\n  - name: r\n    ways:\n      - probability: 0.4\n      - probability: 0.5\n": (
        "line 3, branch 'r': the probabilities of the ways sum to 0.9; make them sum to 1"
    ),
    "steps:\n  - name: r\n    ways:\n      - probability: 1\n      - 0.5\n": (
        "line 5, branch 'r', way 2: 0.5 stands where a mapping has to; give a way with probability"
    ),
    "steps:\n  - name: v\n    needed: 3\n    voters:\n      - {name: a, success: 1}\n      - {name: b, success: 1}\n": (
        "line 3, vote 'v': needed is 3; there are 2 voters, give at most that"
    ),
    "steps:\n  - name: v\n    needed: 1\n    voters:\n      - {name: a, success: 1, gate: 1}\n": (
        "line 5, voter 'a': there is no key 'gate' in a voter, which is a step that answers once; "
        "give it to the vote or take it out"
    ),
    "steps:\n  - name: v\n    needed: 1\n    voters:\n      - {name: a, success: 1, attempts: 2}\n": (
        "line 5, voter 'a': there is no key 'attempts' in a voter, which is a step that answers once; take it out"
    ),
    "steps:\n  - name: v\n    needed: 1\n    attempts: 2\n    voters:\n      - {name: a, success: 1}\n": (
        "line 4, vote 'v': there is no key 'attempts' in a vote, whose voters answer once; take it out"
    ),
    "steps:\n  - name: v\n    needed: 1\n    cost: 2\n    voters:\n      - {name: a, success: 1}\n": (
        "line 4, vote 'v': there is no key 'cost' in a vote, but in each of its voters; move it there or take it out"
    ),
    "steps:\n- name: v\n  needed: 1\n  correlation: 0.1\n  voters: [{name: a, success: 1}, {name: b, success: 0}]\n": (
        "line 4, vote 'v': correlation is 0.1, but the voters' success differs; "
        "give all voters the same success, or correlation 0"
    ),
    "correlation: -1\nsteps: [{name: a, success: x}, {name: a, success: 1, loud: 2}]": (
        "line 1, correlation: -1 is below 0; give a probability, a number from 0 to 1 (and 3 more faults after it)"
    ),
    "steps: [{name: a, success: 1}]\n---\nsteps: []\n": (
        "line 2: a second document begins here; keep one pipeline in a file"
    ),
    "steps:\n\t- name: a\n": "line 2, column 1: a tab stands where only spaces may; indent with spaces",
    "steps: 'a\n": "line 1, column 8: a quotation mark is opened here and never closed; close it",
    "steps: [a, b\n": (
        "line 2, column 1: the bracket opened in line 1, column 8 is not closed before here; close it, "
        "or add a missing comma"
    ),
    "steps: [\n": (
        "line 2, column 1: the bracket opened in line 1, column 8 is not closed before here; close it, "
        "or add a missing comma"
    ),
    "steps: [ {a: 1}, {\n": (
        "line 2, column 1: the bracket opened in line 1, column 18 is not closed before here; close it, "
        "or add a missing comma"
    ),
    "é: 1\nsteps: &a [b: [], \n": (
        "line 3, column 1: the bracket opened in line 2, column 11 is not closed before here; close it, "
        "or add a missing comma"
    ),
    "steps:\n  - name: a\n   success: 1\n": (
        "line 3, column 4: this does not fit into what begins in line 2; indent it as its neighbours are, "
        "and look for quotation marks and brackets before it"
    ),
    "steps:\n  - name: a\n    success 1\n    loud: 1\n": (
        "line 3, column 5: a key has no colon after it; write it as key: value"
    ),
    "steps: @a\n": "line 1, column 8: nothing can begin with '@'; put quotation marks around the text",
    "steps: a: b\n": (
        "line 1, column 9: a colon is not expected here; indent the line as its neighbours are, "
        "or put quotation marks around a text that holds a colon"
    ),
    "steps: \a\n": r"line 1, column 8: the character '\x07' may not stand in YAML; take it out",
    "steps: \ud800\n": r"line 1, column 8: the character '\ud800' may not stand in YAML; take it out",
    "steps: *a\n": "line 1: the alias *a stands for nothing; put &a before the value meant",
    "steps: !!python/name:os.system []\n": (
        "line 1: the tag !!python/name:os.system has no meaning in a pipeline; take it out"
    ),
    "? [a]\n: 1\n": "line 1: a key is a list; a key has to be a word",
    "steps: " + "[" * 1000: (
        "line 1: lists and mappings stand in each other more than 64 levels deep here; nest fewer of them"
    ),
}  # fmt: skip


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(("text", "said"), FAULTS.items(), ids=[said[:60] for said in FAULTS.values()])
def test_faults(monkeypatch: pytest.MonkeyPatch, loader: Any, text: str, said: str) -> None:
    monkeypatch.setattr(yaml_tree, "LOADER", loader)
    assert message(text) == f"x.yml, {said}"


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null\n"])
def test_an_empty_file(text: str) -> None:
    assert message(text) == "x.yml is empty: begin it with steps: and give each part a dash below"


def test_aliases_of_aliases_are_stopped() -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 8)}]" for n in range(1, 20)]
    assert "the aliases up to here repeat more than 100,000 values" in message("\n".join(lines))


def test_aliases_count_as_the_levels_that_they_stand_for() -> None:
    deep = "[" * 40 + "{}" + "]" * 40
    said = message(f"a: &a {deep.format('1')}\nb: {deep.format('*a')}\n")
    assert said.startswith("x.yml, line 2: lists and mappings stand in each other more than 64 levels deep")


def chain(length: int) -> Pipeline:
    step = Step("s0", 0.5)
    for number in range(1, length):
        step = Step(f"s{number}", 0.5, fallback=step)
    return Pipeline([step])


def tree(depth: int) -> Pipeline:
    part: Step | Branch = Step("leaf", 0.5)
    for number in range(depth):
        part = Branch(f"b{number}", [Way(1.0, [part])])
    return Pipeline([part])


@pytest.mark.parametrize("pipeline", [chain(62), tree(15)])
def test_deep_nesting_within_the_limit_is_read(pipeline: Pipeline) -> None:
    assert pipeline_from_yaml(pipeline_to_yaml(pipeline)) == pipeline


@pytest.mark.parametrize("pipeline", [chain(63), tree(16)])
def test_deeper_nesting_is_refused_by_writer_and_reader_alike(
    monkeypatch: pytest.MonkeyPatch, pipeline: Pipeline
) -> None:
    with pytest.raises(SpecificationError, match="nested more than 64 levels"):
        pipeline_to_yaml(pipeline)
    monkeypatch.setattr("coordination_gap.reliability.specification.MAX_LEVELS", 100)
    assert "more than 64 levels deep" in message(pipeline_to_yaml(pipeline))


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_a_damaged_file_is_a_pipeline_or_one_sentence(data: st.DataObject) -> None:
    source = data.draw(st.sampled_from([RICH, *(file.read_text(encoding="utf-8") for file in EXAMPLES)]))
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, min(len(source), start + 12)))
    pieces = [*"-:{}[]&*!|>'\"#%@`,\t\n 0.e~?\\", "null", "\n  - ", "&a ", "*a", "gate: ", ".inf", "---\n"]
    new = data.draw(st.lists(st.sampled_from(pieces), max_size=4).map("".join) | st.text(max_size=5))
    said = "x.yml, line 1"
    try:
        pipeline_from_yaml(source[:start] + new + source[end:], "x.yml")
    except SpecificationError as error:
        said = str(error)
    assert re.fullmatch(r"x\.yml(, line \d+| is empty).*", said)


# Files


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SpecificationError, match="does not exist: give the path of a pipeline's YAML file"):
        load_pipeline(tmp_path / "no-such.yml")
    with pytest.raises(SpecificationError, match="is a directory: give the path of a pipeline's YAML file"):
        load_pipeline(tmp_path)
    with pytest.raises(SpecificationError, match="cannot be read"):
        load_pipeline("a\0b")
    with pytest.raises(SpecificationError, match=r"cannot be read \(Not a directory\)"):
        load_pipeline(Path(__file__) / "x.yml")
    with pytest.raises(SpecificationError, match="is larger than 50,000,000 bytes"):
        load_pipeline("/dev/zero")


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "x.yml"
    file.write_bytes("steps:\n  - name: prüfen\n".encode("latin-1"))
    with pytest.raises(SpecificationError, match=r"x\.yml, line 2: byte 20 is not UTF-8 text; save the file as UTF-8"):
        load_pipeline(file)
    file.write_bytes(b"\xef\xbb\xbf" + pipeline_to_yaml(SIMPLE).encode())
    assert load_pipeline(str(file)) == SIMPLE


def test_saving_replaces_a_file_and_keeps_its_mode_and_links(tmp_path: Path) -> None:
    file, link = tmp_path / "x.yml", tmp_path / "link.yml"
    save_pipeline(SIMPLE, file)
    created = stat.S_IMODE(file.stat().st_mode)
    (tmp_path / "plain").touch()
    assert created == stat.S_IMODE((tmp_path / "plain").stat().st_mode)
    file.chmod(0o640)
    link.symlink_to(file)
    save_pipeline(pipeline_from_yaml(RICH), link)
    assert link.is_symlink()
    assert file.read_text(encoding="utf-8") == RICH
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_failed_write_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.yml"
    file.write_text(RICH, encoding="utf-8")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SpecificationError, match=r"No space left on device.*the file that was there is unchanged"):
        save_pipeline(SIMPLE, file)
    assert [path.name for path in tmp_path.iterdir()] == ["x.yml"]
    assert file.read_text(encoding="utf-8") == RICH
    with pytest.raises(SpecificationError, match="give a Pipeline"):
        save_pipeline("steps", file)  # type: ignore[arg-type] # that is the mistake
    with pytest.raises(SpecificationError, match="UTF-8"):
        save_pipeline(Pipeline([Step("\ud800", 1)]), file)
    assert file.read_text(encoding="utf-8") == RICH


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(SpecificationError, match=r"cannot be written \(No such file or directory\)"):
        save_pipeline(SIMPLE, tmp_path / "no" / "x.yml")
    with pytest.raises(SpecificationError, match="is not a file"):
        save_pipeline(SIMPLE, tmp_path)


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
