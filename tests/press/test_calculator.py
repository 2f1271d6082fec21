"""The calculator's directive: what it takes, what it refuses, and what it puts into the page."""

import io
import json
import re
import warnings
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from coordination_gap import figures
from coordination_gap.press.sphinx_book import calculator, calculator_page
from coordination_gap.reliability import Gate, Pipeline, Step
from coordination_gap.reliability.compounding import percent
from tests.conftest import Project

FACTS: list[dict[str, Any]] = [
    {
        "unit": "ratio",
        "interval": None,
        "as_of": "2026-02-01",
        "edition": "base",
        "formula": "as it is set",
        "sources": [],
        "inputs_sha256": "ab" * 32,
        "gap": None,
        "page": "notebooks/chain.html",
        "line": 1,
    }
    | fact
    for fact in (
        {"id": "chain.steps", "value": 6, "display": "6"},
        {"id": "chain.step_success", "value": 0.97, "display": "0.97"},
        {"id": "chain.unknown", "value": None, "display": "not known", "gap": "nobody measured it"},
    )
]
EDITION = {
    "name": "base",
    "title": "Base",
    "purpose": "A test.",
    "as_of": "2026-02-01",
    "parameters": {},
    "inputs_sha256": "ab" * 32,
}
OPTIONS = {
    "steps": "chain.steps",
    "step-success": "chain.step_success",
    "attempts": "3",
    "detection": "0.9",
    "false-alarm": "0.02",
    "loud": "0.5",
}
SETTING = {
    "n": 6,
    "p": 0.97,
    "rs": 0.0,
    "a": 3,
    "l": 0.5,
    "ra": 0.0,
    "d": 0.9,
    "f": 0.02,
    "c": None,
    "s": None,
    "g": True,
}


def directive(**changes: str | None) -> str:
    """Return the directive with options changed, or left out where the change is None."""
    options = OPTIONS | {name.replace("_", "-"): value for name, value in changes.items()}
    lines = "".join(f":{name}: {value}\n" for name, value in options.items() if value is not None)
    return f"```{{reliability-calculator}}\n{lines}```\n"


def rendered(folder: Path, pages: dict[str, str], builder: str = "html") -> tuple[list[str], Path]:
    """Render pages of Markdown with the extension alone; return the warnings, and the folder of the site."""
    source = folder / "source"
    source.mkdir()
    for name, text in pages.items():
        (source / f"{name}.md").write_text(text, encoding="utf-8")
    material = {
        "facts": FACTS,
        "figures": {},
        "titles": {},
        "edition": EDITION,
        "difference": {"why_not": ""},
    }
    (folder / "material.json").write_text(json.dumps(material), encoding="utf-8")
    settings = {
        "extensions": ["myst_parser", "coordination_gap.press.sphinx_book"],
        "gapbook_material": str(folder / "material.json"),
        "master_doc": next(iter(pages)),
    }
    said = io.StringIO()
    with docutils_namespace(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Sphinx and docutils about each other
        app = Sphinx(
            source, None, folder / "site", folder / "trees", builder, settings, status=None, warning=said, verbosity=0
        )
        app.build()
    lines = re.sub(r"\x1b\[[0-9;]*m", "", said.getvalue()).splitlines()
    return [
        line.removeprefix(f"{source.resolve()}/")
        for line in lines
        if "is recorded but no page shows it" not in line and "toctree" not in line
    ], folder / "site"


REFUSED: list[tuple[dict[str, str | None], str]] = [
    ({"steps": "chain.stepps"}, "there is no fact 'chain.stepps'; did you mean 'chain.steps'?"),
    ({"steps": "chain.unknown"}, "steps is chain.unknown, a gap (nobody measured it): give a number or another fact"),
    ({"steps": "chain.step_success"}, "steps is 0.97: give a whole number of at least 1"),
    ({"steps": "0"}, "steps is 0: give a whole number of at least 1"),
    ({"steps": "6.0"}, "steps is 6.0: give a whole number of at least 1"),
    ({"steps": "1001"}, "steps is 1001: give a whole number of at most 1000"),
    ({"steps": "six"}, "steps is 'six': give a whole number of at least 1"),
    ({"steps": None}, "steps is missing: give a number or the id of a fact"),
    ({"step_success": ""}, "step-success is missing: give a number or the id of a fact"),
    ({"step_success": "97"}, "step-success is 97: give a probability, a number from 0 to 1"),
    ({"step_success": "nan"}, "step-success is nan: give a probability, a number from 0 to 1"),
    ({"attempts": "101"}, "attempts is 101: give a whole number of at most 100"),
    ({"detection": "90%"}, "detection is '90%': give a probability, a number from 0 to 1"),
    ({"correlation": "-0.1"}, "correlation is -0.1: give a probability, a number from 0 to 1"),
    ({"correlation_of_steps": ""}, "correlation-of-steps is missing: give a number or the id of a fact"),
    ({"cost": "-1"}, "cost is -1: give a finite number of US dollars, 0 or more"),
    ({"seconds": "inf"}, "seconds is inf: give a finite number of seconds, 0 or more"),
    ({"gate": "maybe"}, "gate is 'maybe': give on or off"),
]


def test_a_bad_option_is_a_warning_with_its_line(small: Project, tmp_path: Path) -> None:
    pages = {
        f"page{number:02d}": f"# Page\n\nText.\n\n{directive(**changes)}" for number, (changes, _) in enumerate(REFUSED)
    }
    said, _ = rendered(tmp_path, pages, "dummy")
    expected = []
    for number, (_, message) in enumerate(REFUSED):
        about = "" if message.startswith("there is no") else "reliability-calculator: "
        expected.append(f"page{number:02d}.md:5: WARNING: {about}{message}")
    assert said == expected


def test_an_unknown_option_and_a_second_calculator_are_warnings(small: Project, tmp_path: Path) -> None:
    pages = {"one": f"# One\n\n{directive(colour='red')}", "two": f"# Two\n\n{directive()}\n\n{directive()}"}
    said, _ = rendered(tmp_path, pages, "dummy")
    assert len(said) == 2
    assert said[0].startswith("one.md:3: WARNING: ")
    assert "colour" in said[0]
    assert said[1].startswith("two.md:13: WARNING: reliability-calculator: the page has one already")


def test_a_page_with_it_opens_at_its_setting_and_alone_loads_the_script(small: Project, tmp_path: Path) -> None:
    pages = {
        "index": "# Start\n\nText.\n",
        "calm": f"# Calm\n\n{directive()}",
        "wild": f"# Wild\n\n{directive(steps='1000', attempts='100', gate='off', cost='0.0004')}",
    }
    said, site = rendered(tmp_path, pages)
    assert said == []
    html = {name: BeautifulSoup((site / f"{name}.html").read_text(encoding="utf-8"), "html.parser") for name in pages}
    for name, page in html.items():
        loaded = [tag for tag in page.select("script, link") if "reliability-calculator" in str(tag)]
        assert len(loaded) == (0 if name == "index" else 2)
        assert all(tag.name != "script" or tag.has_attr("defer") for tag in loaded)
    assert (site / "_static" / "reliability-calculator.js").read_bytes() == (
        calculator.STATIC / "reliability-calculator.js"
    ).read_bytes()
    calm, wild = html["calm"], html["wild"]
    assert _value(calm, "p") == "97"
    assert _value(calm, "n") == "6"
    assert _value(calm, "f") == "2"
    assert _value(calm, "c") == ""
    assert calm.select_one("[data-key=n]")["max"] == "100"  # type: ignore[index]
    assert calm.select_one("[data-key=g]").has_attr("checked")  # type: ignore[union-attr]
    # A setting beyond what readers are offered widens what they are offered.
    assert wild.select_one("[data-key=n]")["max"] == "1000"  # type: ignore[index]
    assert wild.select_one("[data-key=a]")["max"] == "100"  # type: ignore[index]
    assert _value(wild, "c") == "0.0004"
    assert not wild.select_one("[data-key=g]").has_attr("checked")  # type: ignore[union-attr]
    assert "no gate" in wild.select_one("noscript").get_text()  # type: ignore[union-attr]


def _value(page: BeautifulSoup, key: str) -> str:
    field = page.select_one(f"input[data-key={key}]")
    assert field is not None
    return str(field["value"])


def test_the_results_in_the_page_are_the_pipeline_s(small: Project) -> None:
    setting = SETTING | {"ra": 0.2, "rs": 0.1, "c": 0.01, "s": 2.0}
    page = BeautifulSoup(calculator_page.calculator_html(setting), "html.parser")
    step = Step("s", 0.97, attempts=3, gate=Gate(0.9, 0.02), loud=0.5, correlation=0.2, cost=0.01, seconds=2.0)
    exact = Pipeline.repeat(step, 6, correlation=0.1).evaluate()
    bare = Pipeline.repeat(Step("s", 0.97, loud=0.5), 6).evaluate()
    for name, value in (
        ("success", exact.success),
        ("silent_failure", exact.silent_failure),
        ("halted", exact.halted),
        ("attempts", exact.attempts),
        ("effort", exact.attempts / bare.attempts),
        ("cost", exact.cost),
        ("seconds", exact.seconds),
    ):
        cell = page.select_one(f"td[data-output={name}][data-column=setting]")
        assert cell is not None
        assert float(str(cell["data-value"])) == pytest.approx(value, abs=1e-12)
    (success,) = [cell.get_text() for cell in page.select("strong[data-output=success]")]
    assert success == percent(exact.success)
    assert page.select_one("td[data-column=bare]").get_text() == percent(0.97**6)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("share", "text"), [(0.97, "97"), (0.57, "57"), (0.9999, "99.99"), (1.0, "100"), (0.0, "0"), (1e-7, "0.00001")]
)
def test_per_cent_gains_no_digits(share: float, text: str) -> None:
    page = BeautifulSoup(calculator_page.calculator_html(SETTING | {"p": share}), "html.parser")
    assert _value(page, "p") == text


def test_every_field_is_labelled_and_described(small: Project) -> None:
    page = BeautifulSoup(calculator_page.calculator_html(SETTING), "html.parser")
    ids = [tag["id"] for tag in page.select("[id]")]
    assert len(ids) == len(set(ids))
    for field in page.select("input[type=number]"):
        assert page.select_one(f'label[for="{field["id"]}"]') is not None
        assert {*str(field["aria-describedby"]).split()} <= {*ids}
    assert all(slider["aria-label"] for slider in page.select("input[type=range]"))
    assert len(page.select("fieldset > legend")) == 3


def test_its_colours_are_those_of_the_figures() -> None:
    css = (calculator.STATIC / "reliability-calculator.css").read_text(encoding="utf-8")
    for name, place in (("success", 2), ("silent", 1), ("halted", 0)):
        assert re.findall(rf"--calculator-{name}: (#\w+);", css) == [
            theme.series[place] for theme in (figures.LIGHT, figures.DARK)
        ]
