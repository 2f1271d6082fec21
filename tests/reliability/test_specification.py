"""Pipelines as files: what is read, what is written, and the schema beside the classes."""

import dataclasses
import json
import math
import re
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
)
from tests.reliability.specimens import EXAMPLES, LOADERS, RICH, SIMPLE
from tests.reliability.strategies import EVERYTHING, pipelines

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
