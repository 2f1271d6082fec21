"""A release has every edition anew with its difference from the last one, or there is none."""

import json
import re
from pathlib import Path

import pytest

import coordination_gap
from coordination_gap.press import PressError, release, site
from coordination_gap.press.edition import Edition
from coordination_gap.press.freshness.published import site_folder
from coordination_gap.press.renderer import Renderer
from tests.conftest import Project
from tests.press.test_difference import fact

FIRST, SECOND = "0.1.0", "0.2.0"


@pytest.fixture
def press(small: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return a project with a second edition, whose building is left to the tests."""
    text = "title: Bear\npurpose: A test.\nas_of: 2026-02-01\nparameters: {}\n"
    small.path("editions/bear.yml").write_text(text, encoding="utf-8")
    small.path("CHANGELOG.md").write_text(f"## [{SECOND}]\n\n## [{FIRST}]\n", encoding="utf-8")
    small.path("_build/runs").mkdir(parents=True)
    monkeypatch.setattr(coordination_gap, "__version__", FIRST)
    publish(small, monkeypatch, 1.0)
    return small


def publish(project: Project, monkeypatch: pytest.MonkeyPatch, value: float) -> list[str]:
    """Let a build publish one fact of this value, and return the list of what is built."""
    built: list[str] = []

    def build(edition: Edition, asked: tuple[str, ...], _renderer: Renderer) -> Path:
        assert not project.path("_build/runs").exists()
        built.append(edition.name)
        folder = project.path("_build/html") / site_folder(asked[0])
        folder.mkdir(parents=True, exist_ok=True)
        record = {"name": edition.name, "title": edition.title, "as_of": edition.as_of, "parameters": {}}
        written = {"edition": record, "facts": [fact("a.b", value) | {"edition": edition.name}]}
        (folder / "facts.json").write_text(json.dumps(written), encoding="utf-8")
        return folder

    monkeypatch.setattr(site, "build", build)
    return built


def test_the_first_release_says_that_there_is_none_before(press: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    built = publish(press, monkeypatch, 1.0)
    folder = release.release(FIRST)
    assert folder == press.path(f"releases/{FIRST}")
    assert built == ["base", "bear"]
    assert len(list(folder.iterdir())) == 7
    assert "No release before this one has the edition bear." in (folder / "bear.difference.md").read_text("utf-8")
    assert release.faults() == []


def test_the_next_one_holds_what_differs(press: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    release.release(FIRST)
    monkeypatch.setattr(coordination_gap, "__version__", SECOND)
    publish(press, monkeypatch, 3.0)
    folder = release.release(SECOND)
    document = json.loads((folder / "base.difference.json").read_text(encoding="utf-8"))
    assert (document["before"]["name"], document["after"]["name"]) == (f"base {FIRST}", "base")
    assert [(one["fact_id"], one["change"]) for one in document["facts"]] == [("a.b", 2.0)]
    assert "| a.b |" in (folder / "base.difference.md").read_text(encoding="utf-8")
    assert release.versions() == [FIRST, SECOND]
    assert release.faults() == []


def test_versions_are_in_the_order_of_versions(press: Project) -> None:
    for version in ("0.10.0", "0.9.0", "1.0.0rc1", "1.0.0"):
        press.path(f"releases/{version}").mkdir(parents=True)
    assert release.versions() == ["0.9.0", "0.10.0", "1.0.0rc1", "1.0.0"]


@pytest.mark.parametrize(
    ("version", "says"),
    [
        ("0.2.0.dev0", "0.2.0.dev0 is written as a version before a release: release 0.2.0"),
        ("one", "'one' is no version: write one such as 1.0.0"),
        ("../x", r"'\.\./x' is no version"),
        ("v0.2.0", r"v0\.2\.0 is written otherwise than versions are: write 0\.2\.0"),
        ("0.1.0", r"0\.1\.0 is not newer than 0\.1\.0, which was released: choose a larger version"),
        ("0.0.9", r"0\.0\.9 is not newer than 0\.1\.0"),
        ("0.3.0", r"__init__\.py says version 0\.2\.0: set it to 0\.3\.0, or release 0\.2\.0"),
    ],
)
def test_a_version_that_cannot_be_is_refused(
    press: Project, monkeypatch: pytest.MonkeyPatch, version: str, says: str
) -> None:
    release.release(FIRST)
    monkeypatch.setattr(coordination_gap, "__version__", SECOND)
    with pytest.raises(PressError, match=says):
        release.release(version)
    assert [path.name for path in press.path("releases").iterdir()] == [FIRST]


def test_what_is_new_has_to_be_said(press: Project) -> None:
    press.path("CHANGELOG.md").write_text("## [Unreleased]\n", encoding="utf-8")
    with pytest.raises(PressError, match=r"CHANGELOG\.md has no part '## \[0\.1\.0\]'"):
        release.release(FIRST)
    assert not press.path("releases").exists()


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (lambda folder: (folder / "base.difference.md").unlink(), "base.difference.md is missing: restore it"),
        (lambda folder: (folder / "base.facts.json").write_text("{}"), "base.facts.json is not as it was kept"),
        (lambda folder: (folder / "more.txt").write_text(""), "more.txt was not released: remove it"),
        (lambda folder: (folder / "SHA256SUMS").unlink(), "SHA256SUMS cannot be read: restore it"),
        (lambda folder: (folder / "SHA256SUMS").write_text(""), "has no base.difference.json: restore it"),
    ],
)
def test_a_release_that_is_not_as_it_was_lets_none_follow(
    press: Project, monkeypatch: pytest.MonkeyPatch, fault: object, says: str
) -> None:
    fault(release.release(FIRST))  # type: ignore[operator] # one of the functions above
    assert any(says in one for one in release.faults())
    monkeypatch.setattr(coordination_gap, "__version__", SECOND)
    with pytest.raises(PressError, match=f"releases/{FIRST}"):
        release.release(SECOND)
    assert release.versions() == [FIRST]


def test_a_version_in_between_is_not_offered(press: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coordination_gap, "__version__", f"{FIRST}.dev0")
    with pytest.raises(PressError, match=rf"says version {re.escape(FIRST)}\.dev0: set it to {re.escape(FIRST)}$"):
        release.release(FIRST)


def test_an_edition_that_cannot_be_built_leaves_no_release(press: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(edition: Edition, _asked: tuple[str, ...], _renderer: Renderer) -> Path:
        raise PressError(f"{edition.name} fails")

    monkeypatch.setattr(site, "build", fail)
    with pytest.raises(PressError, match="base fails"):
        release.release(FIRST)
    assert not press.path("releases").exists()
