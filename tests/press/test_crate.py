"""An edition as a research object: whole, described, and the same from the same content."""

import hashlib
import json
import zipfile
from pathlib import Path

import pytest
from rocrate.rocrate import ROCrate

from coordination_gap.press import PressError, crate
from tests.conftest import Project


@pytest.fixture
def archive(built_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GAPBOOK_ROOT", str(built_project.root))
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    return crate.write("base", tmp_path / "base.zip")


def test_it_holds_data_code_environment_and_outputs_as_described(archive: Path, tmp_path: Path) -> None:
    read = ROCrate(archive)
    there = {entity.id: entity for entity in read.data_entities if "File" in str(entity.type)}
    held = zipfile.ZipFile(archive)
    assert set(there) == set(held.namelist()) - {"ro-crate-metadata.json"}
    assert {
        "data/widgets.csv", "data/datapackage.json", "notebooks/01_widgets.md", "editions/base.yml", "book/index.md",
        "outputs/facts.json", "outputs/notebooks/01_widgets.ipynb", "outputs/figures/widgets.weights.csv",
        "outputs/figures/widgets.weights-light_wide.svg", "_config.yml",
    } <= set(there)  # fmt: skip
    for name, entity in there.items():
        assert entity["sha256"] == hashlib.sha256(held.read(name)).hexdigest()
        assert entity["contentSize"] == str(len(held.read(name)))


def test_later_rows_are_not_in_it(archive: Path) -> None:
    assert b"c,99" not in zipfile.ZipFile(archive).read("data/widgets.csv")


def test_it_says_which_run_made_what_from_what(archive: Path) -> None:
    read = ROCrate(archive)
    run = read.get("#run").as_jsonld()
    assert run["instrument"] == {"@id": "#gapbook"}
    assert {"@id": "outputs/facts.json"} in run["result"]
    assert {"@id": "data/widgets.csv"} in run["object"]
    assert {"@id": "#01_widgets.factor"} in run["object"]
    assert read.get("#01_widgets.factor")["value"] == "1.0"
    root = read.root_dataset
    assert root["datePublished"] == "2026-01-01"
    assert root["description"] == "A test. As of 2026-02-01."


def test_every_reference_of_its_description_is_described(archive: Path) -> None:
    graph = json.loads(zipfile.ZipFile(archive).read("ro-crate-metadata.json"))["@graph"]
    known = {entity["@id"] for entity in graph}
    outside = ("https://w3id.org/ro/crate/", "http://schema.org/")

    def references(value: object) -> set[str]:
        if isinstance(value, dict):
            return {value["@id"]} if set(value) == {"@id"} else set().union(*map(references, value.values()), set())
        return set().union(*map(references, value), set()) if isinstance(value, list) else set()

    wanted = {reference for entity in graph for reference in references(entity)}
    assert {reference for reference in wanted - known if not reference.startswith(outside)} == set()


def test_the_same_content_is_the_same_archive(archive: Path, tmp_path: Path) -> None:
    again = crate.write("base", tmp_path / "again.zip")
    assert again.read_bytes() == archive.read_bytes()


def test_an_edition_that_is_not_built_is_one_sentence(
    built_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GAPBOOK_ROOT", str(built_project.root))
    with pytest.raises(PressError, match="the edition bear is not built: run 'gapbook build --edition bear' first"):
        crate.write("bear", tmp_path / "bear.zip")
    assert list(tmp_path.iterdir()) == []
