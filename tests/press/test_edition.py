"""An edition names only what exists, gives only what is allowed, and says where it does not."""

from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coordination_gap.press import PressError, edition, notebooks
from coordination_gap.press.edition import Edition
from tests.conftest import Project

HEAD = "title: Made\npurpose: A test.\nas_of: 2026-03-01\n"
DEFAULTS: dict[str, dict[str, object]] = {
    "01_widgets": {"as_of": "2026-03-01", "factor": 1.0},
    "02_gadgets": {"steps": 6, "market": "spy", "strict": False},
}


def load(small: Project, text: str, *overrides: str) -> Edition:
    small.path("editions/made.yml").write_text(text, encoding="utf-8")
    return edition.load("made", overrides)


def test_an_edition_is_complete(small: Project) -> None:
    loaded = load(small, HEAD + "parameters:\n  02_gadgets: {steps: 8, strict: true}\n")
    gadgets = DEFAULTS["02_gadgets"] | {"steps": 8, "strict": True}
    parameters: Any = DEFAULTS | {"02_gadgets": gadgets}
    assert loaded == Edition("made", "Made", "A test.", "2026-03-01", parameters, "made")
    assert edition.names() == ["base", "made"]


@pytest.mark.parametrize("nothing", ["parameters: {}", "parameters:", "parameters:\n  02_gadgets: {}"])
def test_an_edition_may_leave_every_default(small: Project, nothing: str) -> None:
    assert load(small, HEAD + nothing).parameters == DEFAULTS


def test_a_whole_number_does_for_a_number(small: Project) -> None:
    factor = load(small, HEAD + "parameters:\n  01_widgets: {factor: 2}\n").parameters["01_widgets"]["factor"]
    assert factor == 2.0
    assert isinstance(factor, float)


@pytest.mark.parametrize("day", ["2026-03-01", "'2026-03-01'", '"2026-03-01"'])
def test_a_day_is_a_date_or_text(small: Project, day: str) -> None:
    loaded = load(small, f"title: Made\npurpose: A test.\nas_of: {day}\nparameters:\n")
    assert loaded.as_of == loaded.parameters["01_widgets"]["as_of"] == "2026-03-01"


#: Nine lines of it would be hundreds of millions of words.
BOMB = "[&a0 [x], " + ", ".join(f"&a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)) + "]"

BAD_FILES = [
    ("", "editions/made.yml holds no keys: it must give title, purpose, as_of, parameters"),
    ("- title\n", "editions/made.yml holds no keys"),
    ("title: Made\n", "editions/made.yml lacks the key 'purpose': add it"),
    (HEAD, "editions/made.yml lacks the key 'parameters': add it"),
    (HEAD + "parameter: {}\n", "editions/made.yml: there is no key 'parameter'; did you mean 'parameters'?"),
    (HEAD + "parameters: {}\n5: x\n", "editions/made.yml: there is no key 5; there are title, purpose, as_of"),
    (HEAD + "title: Other\nparameters: {}\n", "editions/made.yml, line 4: the key 'title' is given twice; mend"),
    (
        HEAD + "parameters:\n  02_gadgets: {steps: 1, steps: 2}\n",
        "editions/made.yml, line 5: the key 'steps' is given twice",
    ),
    (HEAD + "parameters:\n\t02_gadgets: {}\n", "editions/made.yml, line 5: found character '\\t' that cannot start"),
    ("a: &a [*a]\n", "editions/made.yml, line 1: *a stands for what is written elsewhere: write the value itself"),
    (HEAD + "parameters: &p {x: *p}\n", "editions/made.yml, line 4: *p stands for what is written elsewhere"),
    (HEAD + "parameters: {02_gadgets: {steps: &s [*s]}}\n", "editions/made.yml, line 4: *s stands for"),
    (HEAD.replace("Made", BOMB) + "parameters: {}\n", "editions/made.yml, line 1: *a0 stands for"),
    (HEAD + f"parameters: {{02_gadgets: {{steps: {BOMB}}}}}\n", "editions/made.yml, line 4: *a0 stands for"),
    (HEAD + "parameters: {<<: {02_gadgets: {}}}\n", "editions/made.yml, line 4: << stands for keys that are written"),
    ("&a {*a : 1}\n", "editions/made.yml, line 1: *a stands for"),
    ("? [title]\n: Made\n", "editions/made.yml, line 1: a key must be a word; mend the file"),
    (HEAD + "parameters: {02_gadgets: {[1]: 2}}\n", "editions/made.yml, line 4: a key must be a word"),
    ("title: [\n", "editions/made.yml, line 2: expected the node content"),
    ("[" * 5000, "editions/made.yml, line 1: it goes deeper than 20 levels; mend the file"),
    ("title: " + "{a: " * 5000, "editions/made.yml, line 1: it goes deeper than 20 levels; mend the file"),
    ("title: \x00\n", "editions/made.yml: unacceptable character #x0000: special characters are not allowed"),
    ("title: *nowhere\n", "editions/made.yml, line 1: *nowhere stands for what is written elsewhere"),
    ("title: !!python/name:os.system ''\n", "editions/made.yml, line 1: could not determine a constructor for the tag"),
    (HEAD + "---\n" + HEAD, "editions/made.yml, line 4: but found another document"),
    (HEAD.replace("Made", "") + "parameters: {}\n", "editions/made.yml: title is None: it must be text"),
    (HEAD.replace("Made", "5") + "parameters: {}\n", "editions/made.yml: title is 5: it must be text"),
    (HEAD.replace("A test.", "[a]") + "parameters: {}\n", "editions/made.yml: purpose is ['a']: it must be text"),
    (HEAD.replace("A test.", "' '") + "parameters: {}\n", "editions/made.yml: purpose is ' ': it must be text"),
    (HEAD + "parameters: []\n", "editions/made.yml: parameters is []: it must be notebooks with their values"),
    (HEAD + "parameters: 02_gadgets\n", "editions/made.yml: parameters is '02_gadgets': it must be notebooks"),
    (HEAD + "parameters: {02_gadgets: }\n", "editions/made.yml: 02_gadgets is None: it must be names with values"),
    (HEAD + "parameters: {02_gadgets: 8}\n", "editions/made.yml: 02_gadgets is 8: it must be names with values"),
    (HEAD + "parameters: {02_gadget: {}}\n", "there is no notebook '02_gadget'; did you mean '02_gadgets'?"),
    (HEAD + "parameters: {2: {}}\n", "editions/made.yml: there is no notebook 2; there are 01_widgets, 02_gadgets"),
    (HEAD + "parameters: {02_gadgets: {stepz: 8}}\n", "there is no parameter 'stepz'; did you mean 'steps'?"),
    (HEAD + "parameters: {02_gadgets: {1: 8}}\n", "editions/made.yml, 02_gadgets: there is no parameter 1; there are"),
    (HEAD + "parameters: {02_gadgets: {steps: 0}}\n", "02_gadgets: steps is 0: it must be a whole number from 1 to"),
    (HEAD + "parameters: {02_gadgets: {steps: 8.0}}\n", "steps is 8.0: it must be a whole number from 1 to 1000"),
    (HEAD + "parameters: {02_gadgets: {steps: '8'}}\n", "steps is '8': it must be a whole number from 1 to 1000"),
    (HEAD + "parameters: {02_gadgets: {steps: yes}}\n", "steps is True: it must be a whole number from 1 to 1000"),
    (HEAD + "parameters: {02_gadgets: {steps: }}\n", "steps is None: it must be a whole number from 1 to 1000"),
    (HEAD + "parameters: {02_gadgets: {strict: 1}}\n", "strict is 1: it must be true or false"),
    (HEAD + "parameters: {02_gadgets: {market: dax}}\n", "market is 'dax': it must be one of spy, qqq"),
    (HEAD + "parameters: {01_widgets: {factor: .nan}}\n", "factor is nan: it must be a number from 0.0 to 10.0"),
    (HEAD + "parameters: {01_widgets: {factor: 10.1}}\n", "01_widgets: factor is 10.1: it must be a number from 0.0"),
    (HEAD + "parameters: {02_gadgets: {steps: !!int many}}\n", "editions/made.yml, line 4: 'many' cannot be read (i"),
    (
        HEAD + "parameters: {02_gadgets: {steps: !!int }}\n",
        "editions/made.yml, line 4: '' cannot be read (string",
    ),
    (HEAD + "parameters: !!set x\n", "editions/made.yml: not enough values to unpack (expected 2, got 1); mend the"),
    (
        HEAD + "parameters: {01_widgets: {as_of: 2026-03-01}}\n",
        "editions/made.yml: 01_widgets sets as_of; the edition's as_of holds for every notebook",
    ),
    (HEAD.replace("2026-03-01", "2027-01-01") + "parameters:\n", "01_widgets: as_of is '2027-01-01': it must be a day"),
    (HEAD.replace("2026-03-01", "2025-12-31") + "parameters:\n", "a day as YYYY-MM-DD from 2026-01-01 to 2026-12-31"),
    (
        HEAD.replace("2026-03-01", "2026-02-31") + "parameters:\n",
        "editions/made.yml, line 3: '2026-02-31' cannot be",
    ),
    (HEAD.replace("2026-03-01", "'2026-02-31'") + "parameters:\n", "editions/made.yml: as_of is '2026-02-31': give a"),
    (HEAD.replace("2026-03-01", "20260301") + "parameters:\n", "editions/made.yml: as_of is 20260301: give a calendar"),
    (HEAD.replace("2026-03-01", "spring") + "parameters:\n", "editions/made.yml: as_of is 'spring': give a calendar"),
    (HEAD.replace("2026-03-01", "") + "parameters:\n", "editions/made.yml: as_of is None: give a calendar day"),
    (
        HEAD.replace("2026-03-01", "2026-03-01 10:00:00") + "parameters:\n",
        "editions/made.yml: as_of is 2026-03-01 10:00:00: give a day without a time",
    ),
]


@pytest.mark.parametrize(("text", "message"), BAD_FILES)
def test_a_bad_file_is_refused_with_place_value_and_mend(small: Project, text: str, message: str) -> None:
    with pytest.raises(PressError) as refused:
        load(small, text)
    assert message in str(refused.value)
    assert str(refused.value).startswith("editions/made.yml")
    assert "\n" not in str(refused.value)
    (fault,) = edition.faults()
    assert fault == str(refused.value)


def test_text_in_another_encoding_is_refused(small: Project) -> None:
    small.path("editions/made.yml").write_bytes(HEAD.replace("Made", "Märzen").encode("latin-1"))
    with pytest.raises(PressError, match=r"^editions/made.yml: 'utf-8' codec can't decode .*; mend the file$"):
        edition.load("made")


@pytest.mark.parametrize("name", ["mad", "../made", "made.yml", ""])
def test_an_unknown_edition_is_refused(small: Project, name: str) -> None:
    small.path("editions/made.yml").write_text(HEAD + "parameters: {}\n", encoding="utf-8")
    with pytest.raises(PressError, match=r"there is no edition '.*'; (did you mean 'made'\?|there are base, made)"):
        edition.load(name)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_NAMES = st.sampled_from(["title", "purpose", "as_of", "parameters", "01_widgets", "02_gadgets", "steps", "factor"])


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.fixed_dictionaries(
        {
            "title": st.just("Made") | _VALUES,
            "purpose": st.just("A test.") | _VALUES,
            "as_of": st.just("2026-03-01") | _VALUES,
            "parameters": st.dictionaries(_NAMES | _VALUES.filter(lambda v: not isinstance(v, list | dict)), _VALUES),
        }
    )
)
def test_any_file_is_an_edition_or_one_sentence(small: Project, content: dict[str, Any]) -> None:
    said = outcome(small, yaml.safe_dump(content, allow_unicode=True))
    assert isinstance(said, Edition) or (said.startswith("editions/made.yml") and "\n" not in said)


def outcome(small: Project, text: str) -> Edition | str:
    try:
        return load(small, text)
    except PressError as error:
        return str(error)


@pytest.mark.parametrize(
    ("override", "notebook", "name", "value"),
    [
        ("02_gadgets.steps=8", "02_gadgets", "steps", 8),
        ("02_gadgets.strict=true", "02_gadgets", "strict", True),
        ("02_gadgets.market=qqq", "02_gadgets", "market", "qqq"),
        ("01_widgets.factor=2", "01_widgets", "factor", 2.0),
    ],
)
def test_an_override_replaces_one_value(small: Project, override: str, notebook: str, name: str, value: object) -> None:
    loaded = load(small, HEAD + "parameters:\n  02_gadgets: {steps: 7, market: spy}\n", override)
    expected = {notebook: dict(values) for notebook, values in DEFAULTS.items()}
    expected["02_gadgets"]["steps"] = 7
    expected[notebook][name] = value
    assert loaded.parameters == expected
    assert type(loaded.parameters[notebook][name]) is type(value)


def test_the_last_of_several_overrides_holds(small: Project) -> None:
    loaded = load(small, HEAD + "parameters:\n", "02_gadgets.steps=8", "01_widgets.factor=2", "02_gadgets.steps=9")
    assert loaded.parameters["02_gadgets"]["steps"] == 9
    assert loaded.parameters["01_widgets"]["factor"] == 2


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("steps", "write NOTEBOOK.PARAMETER=VALUE, such as 05_compounding.steps=8"),
        ("steps=8", "write NOTEBOOK.PARAMETER=VALUE"),
        ("02_gadgets.steps", "write NOTEBOOK.PARAMETER=VALUE"),
        ("02_gadgets=8", "write NOTEBOOK.PARAMETER=VALUE"),
        ("", "write NOTEBOOK.PARAMETER=VALUE"),
        ("02_gadget.steps=8", "there is no notebook '02_gadget'; did you mean '02_gadgets'?"),
        ("../02_gadgets.steps=8", "there is no notebook ''; there are 01_widgets, 02_gadgets"),
        (".steps=8", "there is no notebook ''"),
        ("02_gadgets.step=8", "02_gadgets has no parameter 'step'; did you mean 'steps'?"),
        ("02_gadgets.=8", "02_gadgets has no parameter ''; there are steps, market, strict"),
        ("02_gadgets.steps=", "steps is '': it must be a whole number from 1 to 1000"),
        ("02_gadgets.steps=0", "steps is 0: it must be a whole number from 1 to 1000"),
        ("02_gadgets.steps=8=9", "steps is '8=9': it must be a whole number from 1 to 1000"),
        ("02_gadgets.strict=1", "strict is '1': it must be true or false"),
        ("02_gadgets.market=dax", "market is 'dax': it must be one of spy, qqq"),
        ("01_widgets.factor=nan", "factor is nan: it must be a number from 0.0 to 10.0"),
        ("01_widgets.as_of=2026-03-01", "as_of holds for the whole edition; choose an edition or write one with that"),
    ],
)
def test_an_override_that_cannot_be_is_refused(small: Project, override: str, message: str) -> None:
    with pytest.raises(PressError) as refused:
        load(small, HEAD + "parameters:\n", override)
    assert str(refused.value).startswith(f"-p {override}: ")
    assert message in str(refused.value)


def test_base_must_be_the_defaults(small: Project) -> None:
    assert edition.faults() == []
    small.edit("editions/base.yml", "parameters: {}", "parameters: {02_gadgets: {steps: 7}}")
    assert edition.faults() == [
        "editions/base.yml: 02_gadgets.steps is 7 where the notebook's default is 6; make them equal, so that a plain "
        "run gives the base edition"
    ]
    small.edit("editions/base.yml", "{02_gadgets: {steps: 7}}", "{}")
    small.edit("editions/base.yml", "2026-02-01", "2026-03-01")
    (fault,) = edition.faults()
    assert "01_widgets.as_of is '2026-03-01' where the notebook's default is '2026-02-01'" in fault


def test_the_faults_of_every_edition_are_found(small: Project) -> None:
    for name in ("a", "b"):
        small.path(f"editions/{name}.yml").write_text(f"title: {name}\n", encoding="utf-8")
    assert [fault.split(" ")[0] for fault in edition.faults()] == ["editions/a.yml", "editions/b.yml"]


@pytest.mark.parametrize("name", edition.names())
def test_every_shipped_edition_loads(name: str) -> None:
    loaded = edition.load(name)
    assert list(loaded.parameters) == notebooks.names()
    for notebook, values in loaded.parameters.items():
        assert list(values) == list(notebooks.parameters(notebook))
        assert values["as_of"] == loaded.as_of


def test_the_shipped_base_edition_is_the_defaults() -> None:
    assert {"base", "article-day"} <= set(edition.names())
    assert edition.faults() == []
    base = edition.load("base")
    for notebook, values in base.parameters.items():
        assert values == {name: entry.default for name, entry in notebooks.parameters(notebook).items()}
