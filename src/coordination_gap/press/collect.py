"""From executed notebooks to what is published beside the site: facts, figures, their data."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from coordination_gap import cut, paths, tables
from coordination_gap.press import PressError, notebooks
from coordination_gap.press.edition import Edition

#: The keys of a fact as published, in order; stable from the first release.
FACT_KEYS = (
    "id",
    "value",
    "unit",
    "display",
    "interval",
    "as_of",
    "edition",
    "page",
    "formula",
    "sources",
    "inputs_sha256",
    "gap",
)


def collect_facts(edition: Edition, executed: dict[str, NotebookNode]) -> list[dict[str, Any]]:
    """Return the facts of all notebooks as published, sorted by id.

    Beside :data:`FACT_KEYS` each has ``line``, where the notebook records it.

    Raises
    ------
    PressError
        If two notebooks record the same id.
    """
    published: dict[str, dict[str, Any]] = {}
    for name, notebook in executed.items():
        recorded = notebooks.recorded_facts(name, notebook)
        read = sorted({table for entry in recorded for table in entry.fact["tables_read"]})
        facts_read = recorded[-1].fact.get("facts_read", {}) if recorded else {}
        digest = inputs_sha256(name, edition, read, facts_read)
        for entry in recorded:
            fact = entry.fact | {"edition": edition.name, "page": page(name), "inputs_sha256": digest}
            other = published.get(fact["id"])
            if other is not None:
                raise PressError(
                    f"notebooks/{name}.md, line {entry.line}: fact {fact['id']} is also recorded in {other['page']}; "
                    "give one of them another id"
                )
            published[fact["id"]] = {key: fact[key] for key in FACT_KEYS} | {"line": entry.line}
    return [published[fact_id] for fact_id in sorted(published)]


def page(name: str) -> str:
    """Return the address of a notebook's page within the site."""
    return f"notebooks/{name}.html"


def inputs_sha256(name: str, edition: Edition, tables_read: list[str], facts_read: dict[str, str] | None = None) -> str:
    """Return the SHA-256 of everything that decides a notebook's facts.

    That is its text, its parameters, the rows that it could read with how their records
    say to read them, the facts of other notebooks that it read, the pipelines written down as
    files, the package's code and the locked versions of the libraries.
    """
    package = Path(__file__).parents[1]
    inputs = {
        "notebook": _sha256(notebooks.text_path(name)),
        "parameters": edition.parameters[name],
        "tables": {table: _table_inputs(table, edition.as_of) for table in tables_read},
        "facts": facts_read or {},
        "code": {path.relative_to(package).as_posix(): _sha256(path) for path in sorted(package.rglob("*.py"))},
        "pipelines": {path.name: _sha256(path) for path in sorted(paths.pipelines().glob("*.yml"))},
        "lock": _sha256(paths.root() / "requirements.txt"),
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def _table_inputs(name: str, as_of: str) -> dict[str, Any]:
    record = tables.resource(name)
    return {
        "rows": cut.sha256(name, as_of),
        "types": {field["name"]: field["type"] for field in record["schema"]["fields"]},
        "key": record["schema"]["primaryKey"],
        "public_day": record.get("publicDayField"),
    }


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def write_facts(facts: list[dict[str, Any]], path: Path) -> None:
    """Write ``facts.json`` as published."""
    plain = [{key: fact[key] for key in FACT_KEYS} for fact in facts]
    path.write_text(json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def write_figures(executed: dict[str, NotebookNode], folder: Path) -> dict[str, dict[str, Any]]:
    """Write each figure's drawings, picture and data as ``<folder>/<id>…``.

    Returns
    -------
    dict
        For each figure id its alt text, the notebook and line that made it, and the
        width and height of each drawing.

    Raises
    ------
    PressError
        If two notebooks publish the same figure id.
    """
    folder.mkdir(parents=True)
    index: dict[str, dict[str, Any]] = {}
    for name, notebook in executed.items():
        for figure in notebooks.recorded_figures(notebook):
            figure_id = figure["id"]
            if figure_id in index:
                raise PressError(
                    f"notebooks/{name}.md, line {figure['line']}: figure {figure_id} is published twice; "
                    "give one of them another id"
                )
            for variant, svg in figure["svg"].items():
                (folder / f"{figure_id}-{variant}.svg").write_text(svg, encoding="utf-8")
            (folder / f"{figure_id}.csv").write_text(figure["data_csv"], encoding="utf-8")
            (folder / f"{figure_id}.png").write_bytes(base64.b64decode(figure["png"]))
            index[figure_id] = {
                "alt": figure["alt"],
                "notebook": name,
                "line": figure["line"],
                "sizes": {variant: _size(svg) for variant, svg in figure["svg"].items()},
            }
    return index


def _size(svg: str) -> list[int]:
    # matplotlib writes width="475.2pt" height="266.4pt" in the opening tag.
    opening = svg[svg.index("<svg") : svg.index(">", svg.index("<svg"))]
    sides = [opening.split(f' {side}="')[1].split('"')[0].removesuffix("pt") for side in ("width", "height")]
    return [round(float(side) * 4 / 3) for side in sides]
