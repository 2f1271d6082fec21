"""What earlier releases published of a fact, and what replaced those that are gone."""

import json
from typing import Any

import pytest

import coordination_gap
from coordination_gap.press import PressError, collect, edition, history, release
from tests.conftest import Project
from tests.press.citing import fact


def released(project: Project, version: str, facts: list[dict[str, Any]], name: str = "base") -> None:
    """Write what a release kept of an edition."""
    folder = project.path(f"releases/{version}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.facts.json").write_text(json.dumps({"edition": {}, "facts": facts}), encoding="utf-8")


@pytest.fixture
def project(small: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return a project at version 0.10.0 with releases before it, the same, and after it."""
    monkeypatch.setattr(coordination_gap, "__version__", "0.10.0")
    for version, display in (("0.9.0", "1%"), ("0.2.0", "2%"), ("0.10.0", "3%"), ("0.11.0", "4%")):
        released(small, version, [fact("a.b", display), fact(f"only.in_{version[2:].replace('.', '_')}", display)])
    released(small, "0.9.0", [fact("a.b", "9%")], "bear")
    return small


@pytest.mark.usefixtures("project")
def test_history_is_of_the_edition_and_of_releases_before_this_version_in_their_order() -> None:
    found = history.of_edition("base")
    assert [(one.version, one.fact["display"]) for one in found["a.b"]] == [("0.2.0", "2%"), ("0.9.0", "1%")]
    assert found.keys() == {"a.b", "only.in_2_0", "only.in_9_0"}
    assert [one.fact["display"] for one in history.of_edition("bear")["a.b"]] == ["9%"]
    assert history.of_edition("base with 01.x=1") == {}


@pytest.mark.usefixtures("small")
def test_without_releases_there_is_no_history() -> None:
    assert history.of_edition("base") == {}
    assert history.replaced(["a.b"]) == {}


@pytest.mark.parametrize("content", ["", "[]", '{"facts": [{"id": "a.b"}]}', '{"facts": [{"id": 7}]}', "{"])
def test_a_release_that_cannot_be_read_is_named(project: Project, content: str) -> None:
    project.path("releases/0.9.0/base.facts.json").write_text(content, encoding="utf-8")
    with pytest.raises(PressError, match=r"releases/0\.9\.0/base\.facts\.json does not hold .*: restore it with 'git"):
        history.of_edition("base")


def test_the_list_of_what_is_replaced_is_no_release(project: Project) -> None:
    project.path(history.REPLACED).write_text("old.id: a.b\n", encoding="utf-8")
    assert history.replaced(["a.b"]) == {"old.id": "a.b"}
    assert release.versions() == ["0.2.0", "0.9.0", "0.10.0", "0.11.0"]
    project.path(history.REPLACED).write_text("# nothing yet\n", encoding="utf-8")
    assert history.replaced(["a.b"]) == {}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("old.id: a.c\n", r"replaced\.yml: old\.id is replaced by a\.c, which is no fact; did you mean 'a\.b'\?"),
        ("a.b: a.b\n", r"replaced\.yml: a\.b is still published: remove its line, or the fact"),
        ("- a.b\n", r"replaced\.yml holds no ids: write lines such as 'old\.id: new\.id'"),
        ("old.id: 7\n", r"'old\.id' is replaced by 7: both must be ids of facts"),
        ("{", r"releases/replaced\.yml is not YAML"),
    ],
)
def test_a_replacement_that_cannot_be_stops_the_build(project: Project, content: str, says: str) -> None:
    project.path(history.REPLACED).write_text(content, encoding="utf-8")
    with pytest.raises(PressError, match=says):
        history.replaced(["a.b"])


def test_facts_are_not_collected_where_what_is_replaced_is_unknown(project: Project) -> None:
    project.path(history.REPLACED).write_text("old.id: new.id\n", encoding="utf-8")
    with pytest.raises(PressError, match=r"old\.id is replaced by new\.id, which is no fact"):
        collect.collect_facts(edition.load("base"), {})
