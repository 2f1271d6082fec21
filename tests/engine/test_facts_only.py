"""Where only facts are asked for, figures are made and not drawn."""

from typing import Any

import pandas as pd
import pytest
from matplotlib.figure import Figure

from coordination_gap import figures
from tests.engine.conftest import Run, errors

RECORD = """
from coordination_gap import facts, tables
page = facts.Page("made", as_of="2026-01-01")
_ = page.record("x", 1.0, unit="ratio", formula="one", sources=[tables.parameters(x=1.0)])
"""
PUBLISH = """
import pandas as pd
from coordination_gap import figures
def draw(figure, data):
    print("made")
    figure.subplots().plot(data["x"])
figures.publish("made.line", draw, pd.DataFrame({"x": [1, 2]}), alt="one two three four five")
"""
PLOT = "import matplotlib.pyplot as plt; _ = plt.plot([1, 2]); plt.show()"


def kinds(run: Any) -> set[str]:
    return {kind for message in run.messages for kind in message["content"].get("data", {})}


def test_figures_are_made_once_and_not_drawn_and_facts_are_whole(run: Run) -> None:
    fact, figure, plot = run(RECORD, PUBLISH, PLOT, drawn=False)
    assert "application/vnd.coordination-gap.fact+json" in kinds(fact)
    assert kinds(figure) == set()
    assert [message["content"]["text"] for message in figure.messages] == ["made\n"]
    assert kinds(plot) == {"text/plain"}


def test_figures_are_drawn_otherwise(run: Run) -> None:
    _, figure, plot = run(RECORD, PUBLISH, PLOT)
    assert "image/png" in kinds(figure) & kinds(plot)


def test_a_figure_that_cannot_be_made_still_fails(run: Run) -> None:
    code = PUBLISH.replace('print("made")', 'raise RuntimeError("no")')
    (failed,) = run(code, drawn=False)
    assert (failed.status, errors(failed)) == ("error", ["RuntimeError"])


def test_nothing_is_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(figures.FIGURES, figures.NOT_DRAWN)
    monkeypatch.setattr(Figure, "savefig", lambda *_, **__: pytest.fail("it was drawn"))
    made: list[Figure] = []
    figures.publish("made.line", lambda figure, _: made.append(figure), pd.DataFrame({"x": [1]}), alt="a b c d e")
    assert len(made) == 1
