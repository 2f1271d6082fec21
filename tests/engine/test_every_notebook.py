"""Every notebook of the book under both engines, some minutes: outputs, facts and figures are equal."""

import functools

import nbformat
import papermill
import pytest

from coordination_gap.engine.papermill_engine import NAME
from coordination_gap.press import edition, execute, notebooks


@pytest.mark.parametrize("name", notebooks.names())
def test_a_notebook_gives_the_same_under_both_engines(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = edition.load("base").parameters[name]
    ordinary = execute.run(name, parameters)
    monkeypatch.setattr(papermill, "execute_notebook", functools.partial(papermill.execute_notebook, engine_name=NAME))
    warm = execute.run(name, parameters)
    recorded = notebooks.recorded_facts(name, warm)
    assert recorded
    assert recorded == notebooks.recorded_facts(name, ordinary)
    for form in (notebooks.canonical, notebooks.committed):
        assert nbformat.writes(form(warm)) == nbformat.writes(form(ordinary))
