"""Files that are no pipelines, and files that cannot be read or written: one sentence each, and nothing lost."""

import errno
import os
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination_gap.reliability import yaml_tree
from coordination_gap.reliability.parts import Branch, Step, Way
from coordination_gap.reliability.pipeline import Pipeline
from coordination_gap.reliability.specification import (
    SpecificationError,
    load_pipeline,
    pipeline_from_yaml,
    pipeline_to_yaml,
    save_pipeline,
)
from tests.reliability.specimens import EXAMPLES, LOADERS, RICH, SIMPLE, message

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
