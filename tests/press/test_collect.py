"""What notebooks recorded is published once, under stable keys, with the hash of what made it."""

import base64
import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from coordination_gap import facts, figures, media_types, tables
from coordination_gap.press import PressError, collect, edition, notebooks
from coordination_gap.press.edition import Edition
from coordination_gap.press.freshness.store import INPUTS_SHA256
from tests.conftest import Project

KEYS = [
    *("id", "value", "unit", "display", "interval", "as_of", "edition", "page", "formula", "sources"),
    *("inputs_sha256", "gap"),
]


def recorded(*names: str, page: str = "widgets") -> list[dict[str, Any]]:
    """Return what a notebook's cell displays for facts of these names."""
    made = facts.Page(page, as_of="2026-02-01")
    source = [tables.parameters(factor=1.0)]
    shown: list[dict[str, Any]] = []
    for name in names:
        fact = made.record(name, 0.5, unit="ratio", decimals=1, formula="given", sources=source, interval=(0, 1))
        shown.append(json.loads(json.dumps(fact.record())))
    return shown


def executed(*payloads: dict[str, Any], line: int = 20) -> NotebookNode:
    outputs = [new_output("display_data", {media_types.FACT: payload}) for payload in payloads]
    cell = new_code_cell(outputs=outputs, metadata={notebooks.LINE: line})
    notebook: NotebookNode = new_notebook(
        cells=[new_markdown_cell("# Title"), cell], metadata={INPUTS_SHA256: f"{line:064}"}
    )
    return notebook


@pytest.fixture
def base(small: Project) -> Edition:
    return edition.load("base")


def test_facts_are_published_under_the_documented_keys(base: Edition) -> None:
    assert list(collect.FACT_KEYS) == KEYS
    gap = facts.Page("gadgets", as_of="2026-02-01").gap("none", "not known", unit="ratio", formula="given").record()
    published = collect.collect_facts(
        base,
        {
            "02_gadgets": executed(gap, line=15),
            "01_widgets": executed(*recorded("mean", "least")),
        },
    )
    assert [fact["id"] for fact in published] == ["gadgets.none", "widgets.least", "widgets.mean"]
    assert [list(fact) for fact in published] == [[*KEYS, "line"]] * 3
    unknown, _, mean = published
    assert mean == {
        "id": "widgets.mean",
        "value": 0.5,
        "unit": "ratio",
        "display": "0.5",
        "interval": {"low": 0.0, "high": 1.0, "confidence": 0.95},
        "as_of": "2026-02-01",
        "edition": "base",
        "page": "notebooks/01_widgets.html",
        "formula": "given",
        "sources": [{"table": "parameters", "rows": ["factor=1.0"]}],
        "inputs_sha256": f"{20:064}",
        "gap": None,
        "line": 20,
    }
    assert (unknown["value"], unknown["gap"], unknown["line"]) == (None, "not known", 15)
    assert unknown["inputs_sha256"] == f"{15:064}"


EDITION = {"name": "base", "inputs_sha256": "0"}


def test_facts_are_written_as_published(base: Edition, tmp_path: Path) -> None:
    published = collect.collect_facts(base, {"01_widgets": executed(*recorded("mean", "least"))})
    collect.write_facts(EDITION, published, tmp_path / "facts.json")
    text = (tmp_path / "facts.json").read_text(encoding="utf-8")
    assert json.loads(text)["edition"] == EDITION
    written = json.loads(text)["facts"]
    assert [list(fact) for fact in written] == [KEYS, KEYS]
    assert [fact["id"] for fact in written] == ["widgets.least", "widgets.mean"]
    assert written[0]["sources"] == [{"table": "parameters", "rows": ["factor=1.0"]}]
    assert text.endswith("}\n")


def test_not_a_number_is_never_written(base: Edition, tmp_path: Path) -> None:
    (published,) = collect.collect_facts(base, {"01_widgets": executed(*recorded("mean"))})
    with pytest.raises(ValueError, match="not JSON compliant"):
        collect.write_facts(EDITION, [published | {"value": float("nan")}], tmp_path / "facts.json")


@settings(deadline=None)
@given(names=st.lists(st.sampled_from("abcdefgh"), unique=True), split=st.integers(0, 8))
def test_facts_are_sorted_however_they_were_recorded(names: list[str], split: int) -> None:
    parameters: dict[str, dict[str, Any]] = {name: {} for name in notebooks.names()}
    made = Edition("base", "Base", "A test.", "2026-02-01", parameters, "base")
    one, other = notebooks.names()[:2]
    published = collect.collect_facts(
        made,
        {
            one: executed(*recorded(*names[:split])),
            other: executed(*recorded(*names[split:])),
        },
    )
    assert [fact["id"] for fact in published] == sorted(f"widgets.{name}" for name in names)


def test_an_id_recorded_by_two_notebooks_is_refused(base: Edition) -> None:
    message = (
        r"^notebooks/02_gadgets.md, line 33: fact widgets.mean is also recorded in notebooks/01_widgets.html; "
        r"give one of them another id$"
    )
    twice = {"01_widgets": executed(*recorded("mean")), "02_gadgets": executed(*recorded("mean"), line=33)}
    with pytest.raises(PressError, match=message):
        collect.collect_facts(base, twice)
    with pytest.raises(PressError, match=r"^notebooks/01_widgets.md, line 20: fact widgets.mean is also recorded"):
        collect.collect_facts(base, {"01_widgets": executed(*recorded("mean"), *recorded("mean"))})


DATA = pd.DataFrame({"steps": [1, 2], "success_probability": [0.97, 0.9409]})


def draw(figure: Figure, data: pd.DataFrame) -> None:
    figure.subplots().plot(data["steps"], data["success_probability"])


def drawn(*figure_ids: str, line: int = 30) -> NotebookNode:
    """Return a notebook that has published figures of these ids."""
    bundles: list[dict[str, Any]] = []
    plt.switch_backend("agg")  # once chosen, matplotlib does not look for the notebook that is only pretended
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("IPython.core.getipython.get_ipython", object)
        patch.setattr("IPython.display.display", lambda bundle, raw: bundles.append(bundle))
        for figure_id in figure_ids:
            figures.publish(figure_id, draw, DATA, alt="Line chart: success falls from 97% to 94%.")
    for bundle in bundles:
        bundle["image/png"] = base64.b64encode(bundle["image/png"]).decode()  # as a kernel sends it
    outputs = [new_output("display_data", bundle) for bundle in bundles]
    notebook: NotebookNode = new_notebook(cells=[new_code_cell(outputs=outputs, metadata={notebooks.LINE: line})])
    return notebook


def test_the_files_of_a_figure_are_written(tmp_path: Path) -> None:
    folder = tmp_path / "beside" / "figures"
    index = collect.write_figures({"05": drawn("made.one"), "06": drawn("made.two", line=40)}, folder)
    variants = ("light_wide", "light_narrow", "dark_wide", "dark_narrow")
    for figure_id in ("made.one", "made.two"):
        assert (folder / f"{figure_id}.png").read_bytes().startswith(b"\x89PNG")
        pd.testing.assert_frame_equal(pd.read_csv(folder / f"{figure_id}.csv"), DATA)
        for variant in variants:
            assert "<svg" in (folder / f"{figure_id}-{variant}.svg").read_text(encoding="utf-8")
    assert len(list(folder.iterdir())) == 2 * (len(variants) + 3)
    # CSS pixels, of which 96 make an inch.
    sizes = {variant: [round(96 * side) for side in figures.SIZES[variant.split("_")[1]]] for variant in variants}
    one = {"alt": "Line chart: success falls from 97% to 94%.", "notebook": "05", "line": 30, "sizes": sizes}
    assert index == {"made.one": one, "made.two": one | {"notebook": "06", "line": 40}}


def test_a_figure_id_published_twice_is_refused(tmp_path: Path) -> None:
    message = r"^notebooks/06.md, line 40: figure made.one is published twice; give one of them another id$"
    with pytest.raises(PressError, match=message):
        collect.write_figures({"05": drawn("made.one"), "06": drawn("made.one", line=40)}, tmp_path / "figures")


def test_a_page_stands_beside_the_others() -> None:
    assert collect.page("05_compounding") == "notebooks/05_compounding.html"
