"""A published edition as a research object: data, code, environment and outputs in one archive.

The archive is an RO-Crate 1.1 (https://www.researchobject.org/ro-crate/specification/1.1/) that also
says, as a Process Run Crate does (https://w3id.org/ro/wfrun/process/0.5), which run made the outputs, from
what and under which parameters. Tables in it end at the edition's as-of day, as on the site.
"""

import datetime as dt
import json
import mimetypes
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

import coordination_gap
from coordination_gap import paths
from coordination_gap.press import PressError, addresses
from coordination_gap.press.freshness.content import file_sha256
from coordination_gap.press.freshness.published import site_folder

#: The project's own files by which the book can be built again; what is published comes from the site.
CODE = (
    "Makefile", "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "pyproject.toml", "requirements.txt",
    "requirements-test.txt", "_config.yml", "_toc.yml", "book", "editions", "notebooks", "pipelines", "src",
)  # fmt: skip
_PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
_LICENCES = {
    "https://spdx.org/licenses/CC-BY-4.0": "Creative Commons Attribution 4.0 (text, figures, facts)",
    "https://spdx.org/licenses/MIT": "MIT License (code)",
}
_TYPES = {".csv": "text/csv", ".ipynb": "application/x-ipynb+json", ".md": "text/markdown", ".yml": "application/yaml"}
#: The earliest time that a ZIP archive can hold; one fixed time keeps archives of the same content the same.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def write(name: str, archive: Path) -> Path:
    """Write the crate of a published edition.

    Parameters
    ----------
    name
        The edition's name.
    archive
        The ``.zip`` to write.

    Returns
    -------
    Path
        `archive`.

    Raises
    ------
    PressError
        If the edition is not published in ``_build/html``.
    """
    site = paths.build() / "html" / site_folder(name)
    facts = site / "facts.json"
    if not facts.is_file():
        raise PressError(f"the edition {name} is not built: run 'gapbook build --edition {name}' first")
    edition = json.loads(facts.read_text(encoding="utf-8"))["edition"]
    with tempfile.TemporaryDirectory(dir=paths.build(), prefix="staging-crate-") as work:
        folder = Path(work, "crate")
        for path, place in sorted(_contents(site), key=lambda pair: pair[1]):
            target = folder / place
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        _describe(folder, edition)
        archive.parent.mkdir(parents=True, exist_ok=True)
        part = archive.with_name(f".{archive.name}.part")
        _zip(folder, part)
        part.replace(archive)
    return archive


def _contents(site: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file of the crate and its place there."""
    root = paths.root()
    for entry in CODE:
        top = root / entry
        files = [top] if top.is_file() else sorted(top.rglob("*")) if top.is_dir() else []
        for path in files:
            # A twin holds the outputs of the base edition; those of this edition stand under outputs/.
            if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".ipynb":
                yield path, path.relative_to(root).as_posix()
    for path in sorted((site / "data").iterdir()):
        if path.suffix in (".csv", ".json"):
            yield path, f"data/{path.name}"
    yield site / "facts.json", "outputs/facts.json"
    for kind, endings in (("notebooks", {".ipynb"}), ("figures", {".svg", ".png", ".csv"})):
        for path in sorted((site / kind).glob("*")):
            if path.suffix in endings:
                yield path, f"outputs/{kind}/{path.name}"


def _describe(folder: Path, edition: dict[str, Any]) -> None:
    """Write ``ro-crate-metadata.json``: what each file is, and which run made what from what."""
    crate = ROCrate(version="1.1")
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    entities = {place: crate.add_file(path, place, properties=_properties(path)) for place, path in files.items()}
    for table in json.loads(files["data/datapackage.json"].read_text(encoding="utf-8"))["resources"]:
        entities[f"data/{table['path']}"].properties().update(_of_table(table))
    author = _entity(crate, "#contributors", "Organization", name=addresses.book().author)
    root = crate.root_dataset
    root["name"] = f"{addresses.book().title}, edition {edition['name']} ({edition['title']})"
    root["description"] = f"{edition['purpose']} As of {edition['as_of']}."
    root["version"] = coordination_gap.__version__
    root["author"] = author
    root["license"] = [_entity(crate, address, "CreativeWork", name=text) for address, text in _LICENCES.items()]
    root["conformsTo"] = _entity(crate, _PROFILE, "CreativeWork", name="Process Run Crate", version="0.5")
    root["temporalCoverage"] = f"../{edition['as_of']}"
    root["identifier"] = f"sha256:{edition['inputs_sha256']}"
    root["datePublished"] = _day()
    root["mentions"] = [_run(crate, edition, entities, author)]
    crate.metadata.write(folder)


def _run(crate: ROCrate, edition: dict[str, Any], entities: dict[str, Any], author: Any) -> Any:
    """Return the action that made the outputs, with its program, its inputs and its parameters."""
    program = _entity(
        crate,
        "#gapbook",
        "SoftwareApplication",
        name="gapbook",
        version=coordination_gap.__version__,
        url=addresses.book().source,
    )
    if "requirements.txt" in entities:
        program["softwareRequirements"] = entities["requirements.txt"]
    given = [
        _entity(crate, f"#{name}", "PropertyValue", name=name, value=str(value))
        for notebook, values in edition["parameters"].items()
        for name, value in ((f"{notebook}.{parameter}", value) for parameter, value in values.items())
    ]
    read = [entity for place, entity in entities.items() if place.startswith(("data/", "notebooks/"))]
    return crate.add_action(
        program,
        identifier="#run",
        object=[*read, entities[f"editions/{edition['name']}.yml"], *given],
        result=[entity for place, entity in entities.items() if place.startswith("outputs/")],
        properties={
            "name": f"gapbook build --edition {edition['name']}",
            "actionStatus": {"@id": "http://schema.org/CompletedActionStatus"},
            "endTime": _day(),
            "agent": {"@id": author.id},
        },
    )


def _entity(crate: ROCrate, identifier: str, kind: str, **properties: str) -> Any:
    return crate.add(ContextEntity(crate, identifier, properties={"@type": kind, **properties}))


def _properties(path: Path) -> dict[str, Any]:
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "text/plain"
    return {
        "name": path.name,
        "encodingFormat": kind,
        "contentSize": str(path.stat().st_size),
        "sha256": file_sha256(path),
    }


def _of_table(table: dict[str, Any]) -> dict[str, Any]:
    sources = "; ".join(source["title"] for source in table["sources"])
    rights = table.get("rights") or ", ".join(licence["name"] for licence in table.get("licenses", []))
    return {
        "name": table["title"],
        "description": table["description"],
        "usageInfo": rights,
        "creditText": sources,
    }


def _day() -> str:
    """Return the day of packing, or the one that SOURCE_DATE_EPOCH gives, so that a crate can be made again alike."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    moment = dt.datetime.fromtimestamp(int(epoch), dt.UTC) if epoch else dt.datetime.now(dt.UTC)
    return moment.date().isoformat()


def _zip(folder: Path, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as written:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                place = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _ZIP_TIME)
                place.external_attr = 0o644 << 16
                place.compress_type = zipfile.ZIP_DEFLATED
                written.writestr(place, path.read_bytes())
