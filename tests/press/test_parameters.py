"""Parameters are declared with type, range, unit and meaning, and checked before a kernel starts."""

import ast
import datetime as dt
import math
from pathlib import Path
from typing import Any

import jupytext
import numpy as np
import pandas as pd
import papermill
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination_gap.press import PressError, notebooks
from coordination_gap.press.parameters import Parameter, check_values, nearest, read_parameters

CELL = """\
as_of: str = "2026-09-10"  # [2026-06-18 to 2026-09-10, day] last day whose publications may be seen
steps: int = 6  # [1 to 1000, count] steps in series
# a remark between two parameters
step_success: float = 0.97  # [0 to 1, probability] success of one step
shift: float = -1.5  # [any] where to begin
market: str = "spy"  # [spy | qqq] the control
strict: bool = False  # [any] whether to be strict
label: str = "a # b"  # [any, text] what to call it
"""
DECLARED = read_parameters(CELL, "here")


def parameter(declaration: str) -> Parameter:
    (only,) = read_parameters(declaration, "here").values()
    return only


def test_every_part_of_a_declaration_is_read() -> None:
    assert list(DECLARED) == ["as_of", "steps", "step_success", "shift", "market", "strict", "label"]
    assert DECLARED["steps"] == Parameter("steps", "int", 6, 1, 1000, (), "count", "steps in series")
    assert DECLARED["market"] == Parameter("market", "str", "spy", None, None, ("spy", "qqq"), "", "the control")
    assert DECLARED["as_of"].default == "2026-09-10"
    assert (DECLARED["as_of"].low, DECLARED["as_of"].high) == ("2026-06-18", "2026-09-10")
    assert DECLARED["shift"].default == -1.5
    assert DECLARED["strict"].default is False
    assert DECLARED["label"].default == "a # b"
    assert read_parameters("# nothing to set\n", "here") == {}


def test_what_is_allowed_is_said_in_words() -> None:
    assert {name: declared.allowed for name, declared in DECLARED.items()} == {
        "as_of": "a day as YYYY-MM-DD from 2026-06-18 to 2026-09-10",
        "steps": "a whole number from 1 to 1000",
        "step_success": "a number from 0.0 to 1.0",
        "shift": "a number",
        "market": "one of spy, qqq",
        "strict": "true or false",
        "label": "text",
    }


@pytest.mark.parametrize(
    ("name", "value", "taken"),
    [
        ("steps", 1, 1),
        ("steps", 1000, 1000),
        ("step_success", 0.5, 0.5),
        ("step_success", 1, 1.0),
        ("step_success", 0, 0.0),
        ("market", "qqq", "qqq"),
        ("strict", True, True),
        ("label", "", ""),
        ("as_of", "2026-06-18", "2026-06-18"),
        ("as_of", dt.date(2026, 6, 20), "2026-06-20"),
    ],
)
def test_what_fits_is_taken_as_its_type(name: str, value: object, taken: object) -> None:
    checked = DECLARED[name].checked(value)
    assert checked == taken
    assert type(checked) is type(taken)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", 0),
        ("steps", 1001),
        ("steps", True),
        ("steps", 6.0),
        ("steps", "6"),
        ("steps", None),
        ("steps", np.int64(6)),
        ("step_success", True),
        ("step_success", "0.5"),
        ("step_success", -0.001),
        ("step_success", 1.001),
        ("step_success", math.nan),
        ("step_success", math.inf),
        ("step_success", np.float64(0.5)),
        ("shift", math.nan),
        ("shift", -math.inf),
        ("shift", 10**400),
        ("market", "SPY"),
        ("market", ""),
        ("market", ["spy"]),
        ("market", np.str_("spy")),
        ("strict", 0),
        ("strict", "true"),
        ("strict", np.True_),
        ("label", 5),
        ("label", dt.date(2026, 6, 20)),
        ("as_of", "2026-06-17"),
        ("as_of", "2026-09-11"),
        ("as_of", dt.date(2030, 1, 1)),
        ("as_of", "2026-06-31"),
        ("as_of", "20260620"),
        ("as_of", "2026-W25-6"),
        ("as_of", "20 June 2026"),
        ("as_of", 20260620),
        ("as_of", dt.datetime(2026, 6, 20)),
        ("as_of", pd.Timestamp("2026-06-20")),
        ("as_of", np.datetime64("2026-06-20")),
    ],
)
def test_what_does_not_fit_is_refused_in_words(name: str, value: object) -> None:
    declared = DECLARED[name]
    with pytest.raises(ValueError, match="it must be") as refused:
        declared.checked(value)
    assert str(refused.value).startswith(f"{name} is ")
    assert str(refused.value).endswith(f": it must be {declared.allowed}")


@given(value=st.integers(-10, 1100))
def test_a_range_holds_its_ends_and_nothing_beyond(value: int) -> None:
    if 1 <= value <= 1000:
        assert DECLARED["steps"].checked(value) == value
    else:
        with pytest.raises(ValueError, match=f"steps is {value}: it must be a whole number from 1 to 1000"):
            DECLARED["steps"].checked(value)


@given(day=st.dates(dt.date(2026, 6, 1), dt.date(2026, 9, 30)))
def test_a_day_as_date_and_as_text_is_the_same(day: dt.date) -> None:
    allowed = dt.date(2026, 6, 18) <= day <= dt.date(2026, 9, 10)
    for given_day in (day, day.isoformat()):
        if allowed:
            assert DECLARED["as_of"].checked(given_day) == day.isoformat()
        else:
            with pytest.raises(ValueError, match="a day as YYYY-MM-DD from 2026-06-18 to 2026-09-10"):
                DECLARED["as_of"].checked(given_day)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("steps", "8", 8),
        ("step_success", "0.9", 0.9),
        ("step_success", "1", 1.0),
        ("shift", "-1e3", -1000.0),
        ("strict", "true", True),
        ("strict", "false", False),
        ("market", "qqq", "qqq"),
        ("label", "true", "true"),
        ("label", "6", "6"),
        ("as_of", "2026-06-20", "2026-06-20"),
    ],
)
def test_text_from_a_command_line_is_read_by_type(name: str, text: str, value: object) -> None:
    parsed = DECLARED[name].parsed(text)
    assert parsed == value
    assert type(parsed) is type(value)


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("steps", "6.0", "'6.0'"),
        ("steps", "1e1", "'1e1'"),
        ("steps", "", "''"),
        ("steps", "0", "0"),
        ("step_success", "half", "'half'"),
        ("step_success", "nan", "nan"),
        ("shift", "1e999", "inf"),
        ("strict", "yes", "'yes'"),
        ("strict", "True", "'True'"),
        ("strict", "1", "'1'"),
        ("market", "dax", "'dax'"),
        ("as_of", "2026-06-17", "'2026-06-17'"),
    ],
)
def test_text_that_is_no_value_is_refused(name: str, text: str, shown: str) -> None:
    with pytest.raises(ValueError, match="it must be") as refused:
        DECLARED[name].parsed(text)
    assert str(refused.value) == f"{name} is {shown}: it must be {DECLARED[name].allowed}"


@given(value=st.integers(1, 1000), share=st.floats(0, 1), strict=st.booleans())
def test_what_is_written_out_is_read_back(value: int, share: float, strict: bool) -> None:
    assert DECLARED["steps"].parsed(str(value)) == value
    assert DECLARED["step_success"].parsed(repr(share)) == share
    assert DECLARED["strict"].parsed(str(strict).lower()) is strict


DECLARES_NOTHING = "does not declare a parameter; write 'name: int|float|str|bool = default"


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("steps: int = 6", DECLARES_NOTHING),
        ("steps: int = 6  # steps", DECLARES_NOTHING),
        ("steps: int = 6  # [1 to 9, count]", DECLARES_NOTHING),
        ("steps: int = 6  # [1 to 9, count", DECLARES_NOTHING),
        ("steps: int  # [1 to 9] steps", DECLARES_NOTHING),
        ("steps = 6  # [1 to 9] steps", DECLARES_NOTHING),
        ("steps: list = []  # [any] steps", DECLARES_NOTHING),
        ("steps: 'int' = 6  # [any] steps", DECLARES_NOTHING),
        ("self.steps: int = 6  # [any] steps", DECLARES_NOTHING),
        ("import math", DECLARES_NOTHING),
        ("steps: int = (\n    6\n)  # [any] steps", DECLARES_NOTHING),
        ("steps: int = 6  # [1 to 2 to 3] steps", "the range '1 to 2 to 3' is not 'low to high' or 'a | b'"),
        ("steps: int = 6  # [nine] steps", "the range 'nine' is not 'low to high' or 'a | b'"),
        ("steps: int = 6  # [1 to many] steps", "the range '1 to many' has an end that is not a number; mend it"),
        ("steps: int = 6  # [1.5 to 9] steps", "the range '1.5 to 9' has an end that is not a number; mend it"),
        ("steps: int = 6  # [9 to 1] steps", "the range '9 to 1' does not run from low to high; mend it"),
        ("share: float = 0.5  # [nan to 1] a share", "the range 'nan to 1' does not run from low to high"),
        ("strict: bool = True  # [0 to 1] strict", "the range '0 to 1' is not 'low to high' or 'a | b' for a bool"),
        ("steps: int = 1  # [1 | 2] steps", r"the choices '1 \| 2' are not words for a str; mend them or the type"),
        ("market: str = 'spy'  # [spy | ] control", r"the choices 'spy \|' are not words for a str"),
        ("day: str = '2026-06-20'  # [2026-6-1 to 2026-9-1, day] a day", "an end that is not a day as YYYY-MM-DD"),
        ("steps: int = 0  # [1 to 9] steps", "the default of steps is 0: it must be a whole number from 1 to 9; mend"),
        ("steps: int = True  # [1 to 9] steps", "the default of steps is True: it must be a whole number"),
        ("steps: int = '6'  # [1 to 9] steps", "the default of steps is '6': it must be a whole number"),
        ("share: float = 1e999  # [any] a share", "the default of share is inf: it must be a number; mend"),
        ("market: str = 'dax'  # [spy | qqq] control", "the default of market is 'dax': it must be one of spy, qqq"),
        ("day: str = '2026-06-31'  # [any, day] a day", "the default of day is '2026-06-31': it must be a day"),
        ("steps: int = 2 * 3  # [any] steps", r"the default of steps is 2 \* 3; write a plain value in its place"),
        ("steps: int = many  # [any] steps", "the default of steps is many; write a plain value in its place"),
        ("steps: int = {[]: 1}  # [any] steps", r"the default of steps is {\[\]: 1}; write a plain value"),
        ("a: int = 1  # [any] one\na: int = 2  # [any] two", "a is declared twice; give the second one its own name"),
        ("steps: int = (", r"the parameters cell is not Python \('\(' was never closed\); mend it"),
        ("%matplotlib inline", "the parameters cell is not Python"),
    ],
)
def test_a_malformed_cell_is_refused_with_place_line_and_mend(cell: str, message: str) -> None:
    with pytest.raises(PressError, match=message) as refused:
        read_parameters(cell, "notebooks/x.md, line 15")
    assert str(refused.value).startswith("notebooks/x.md, line 15: ")


def read_or_refusal(cell: str) -> dict[str, Parameter] | str:
    try:
        return read_parameters(cell, "here")
    except PressError as error:
        return str(error)


_PARTS = st.sampled_from(
    ["a", "steps", ": int", ": str", " = ", "6", "'2026-06-20'", "-1", "nan", "  # [", "1", " to ", "9", "|", ", day",
     "]", " words", "#", "(", ")", "\n", '"', "{", "}", ";", "\\", "\t"]
)  # fmt: skip


@given(cell=st.lists(_PARTS, max_size=14).map("".join))
def test_whatever_stands_in_a_cell_it_is_read_or_refused(cell: str) -> None:
    read = read_or_refusal(cell)
    if isinstance(read, str):
        assert read.startswith("here: ")
    else:
        for declared in read.values():
            assert declared.checked(declared.default) == declared.default


def test_values_given_replace_the_defaults() -> None:
    given_values: dict[str, object] = {"steps": 8, "step_success": 1}
    values = check_values(DECLARED, given_values, "editions/x.yml, 05")
    assert values == {name: p.default for name, p in DECLARED.items()} | {"steps": 8, "step_success": 1.0}
    assert check_values(DECLARED, {}, "here") == {name: p.default for name, p in DECLARED.items()}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"stepz": 8}, "editions/x.yml, 05: there is no parameter 'stepz'; did you mean 'steps'?"),
        ({"step_succes": 1}, "editions/x.yml, 05: there is no parameter 'step_succes'; did you mean 'step_success'?"),
        (
            {"zzz": 1},
            "editions/x.yml, 05: there is no parameter 'zzz'; there are as_of, steps, step_success, shift, market, "
            "strict, label",
        ),
        ({"steps": 0}, "editions/x.yml, 05: steps is 0: it must be a whole number from 1 to 1000"),
        ({5: 0}, "there is no parameter 5; there are as_of"),
        ({None: 0}, "there is no parameter None; there are as_of"),
    ],
)
def test_a_value_for_nothing_or_out_of_range_is_refused(values: Any, message: str) -> None:
    with pytest.raises(PressError) as refused:
        check_values(DECLARED, values, "editions/x.yml, 05")
    assert message in str(refused.value)


def test_with_no_names_there_is_no_suggestion() -> None:
    assert nearest("steps", []) == "; there are none"


@pytest.mark.parametrize("name", notebooks.names())
def test_papermill_finds_the_same_names_and_defaults(name: str, tmp_path: Path) -> None:
    twin = tmp_path / f"{name}.ipynb"
    jupytext.write(jupytext.read(notebooks.text_path(name)), twin)
    seen = papermill.inspect_notebook(twin)
    declared = notebooks.parameters(name)
    assert list(seen) == list(declared)
    assert {key: ast.literal_eval(entry["default"]) for key, entry in seen.items()} == {
        key: entry.default for key, entry in declared.items()
    }
    assert {key: entry["inferred_type_name"] for key, entry in seen.items()} == {
        key: entry.type for key, entry in declared.items()
    }
