"""CITATION.cff is valid, and says what the package and the settings say."""

import json
import shutil
from collections.abc import Callable

import pytest
import yaml
from jsonschema import Draft7Validator, FormatChecker  # type: ignore[import-untyped] # it has no types

import coordination_gap
from coordination_gap import paths
from coordination_gap.press.cite import cff
from tests.command import runner
from tests.conftest import Project

OWN = paths.root() / cff.FILE


def test_the_file_is_valid_by_the_format_s_schema() -> None:
    schema = json.loads((paths.root() / "tests/cases/cff/schema-1.2.0.json").read_text(encoding="utf-8"))
    content = yaml.load(OWN.read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506 # days as text
    checker = Draft7Validator(schema, format_checker=FormatChecker())
    assert [error.message for error in checker.iter_errors(content)] == []
    assert [error.message for error in checker.iter_errors(content | {"authors": []})] != []
    assert "doi" not in content


def test_the_file_agrees_with_the_package_and_the_settings() -> None:
    assert cff.faults() == []


@pytest.fixture
def project(small: Project) -> Project:
    shutil.copy(OWN, small.path(cff.FILE))
    small.path("CHANGELOG.md").write_text("# Changelog\n", encoding="utf-8")
    small.edit(cff.FILE, f"version: {coordination_gap.__version__}\n", "version: 3.0.0\n")
    return small


def edit(old: str, new: str, name: str = cff.FILE) -> Callable[[Project], None]:
    return lambda project: project.edit(name, old, new)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (edit("version: 3.0.0", "version: 2.0.0"), "version is 2.0.0, and src/coordination_gap/__init__.py says 3.0.0"),
        (edit("version: 3.0.0\n", ""), "has no version: write 3.0.0, as src/coordination_gap/__init__.py says"),
        (edit("title: The", "title: A"), "title is A Coordination Gap, and _config.yml says The Coordination Gap"),
        (
            edit("gap/source", "gap/code"),
            "repository-code is https://example.org/coordination-gap/code, and _config.yml",
        ),
        (edit("contributors", "people"), "authors is The Coordination Gap people, and _config.yml says"),
        (edit("authors:\n  - name: The Coordination Gap contributors\n", ""), "CITATION.cff has no authors: write The"),
        (
            edit("version:", "date-released: 2026-12-01\nversion:"),
            "date-released is 2026-12-01, and CHANGELOG.md gives",
        ),
        (edit("# Changelog", "## [3.0.0] - 2026-12-01", "CHANGELOG.md"), "has no date-released: write 2026-12-01, as"),
        (edit("title:", "title"), "CITATION.cff is not YAML"),
        (lambda project: project.path(cff.FILE).write_text("[]"), "CITATION.cff holds no keys: restore it"),
        (lambda project: project.path(cff.FILE).unlink(), "CITATION.cff is missing: restore it with 'git checkout"),
    ],
)
def test_what_does_not_agree_is_said(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Project], None],
    says: str,
) -> None:
    monkeypatch.setattr(coordination_gap, "__version__", "3.0.0")
    assert cff.faults() == []
    change(project)
    done = runner(monkeypatch, capsys, "check")("citation")
    assert done.code == 1
    assert says in done.err
