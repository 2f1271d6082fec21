"""From executed notebooks to what is published beside the site: facts, figures, their data."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from coordination_gap.press import PressError, history, notebooks
from coordination_gap.press.edition import Edition
from coordination_gap.press.freshness import inputs
from coordination_gap.press.freshness.store import INPUTS_SHA256

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

    Beside :data:`FACT_KEYS` each has ``line``, where the notebook records it. ``inputs_sha256`` is the
    key of the notebook's run: the SHA-256 of all that it depended on, and of nothing else.

    Raises
    ------
    PressError
        If two notebooks record the same id, or what is recorded of earlier releases cannot be read.
    """
    published: dict[str, dict[str, Any]] = {}
    for name, notebook in executed.items():
        digest = notebook.metadata[INPUTS_SHA256]
        for entry in notebooks.recorded_facts(name, notebook):
            fact = entry.fact | {"edition": edition.name, "page": page(name), "inputs_sha256": digest}
            other = published.get(fact["id"])
            if other is not None:
                raise PressError(
                    f"notebooks/{name}.md, line {entry.line}: fact {fact['id']} is also recorded in {other['page']}; "
                    "give one of them another id"
                )
            published[fact["id"]] = {key: fact[key] for key in FACT_KEYS} | {"line": entry.line}
    # What cannot be said of facts that are gone stops the build here, before anything is rendered.
    history.replaced(published)
    history.of_edition(edition.name)
    return [published[fact_id] for fact_id in sorted(published)]


def page(name: str) -> str:
    """Return the address of a notebook's page within the site."""
    return f"notebooks/{name}.html"


def edition_record(edition: Edition, executed: Mapping[str, NotebookNode]) -> dict[str, Any]:
    """Return what an edition was made under, as published; ``inputs_sha256`` stands for all that its runs read."""
    keys = {name: notebook.metadata[INPUTS_SHA256] for name, notebook in executed.items()}
    record = {key: getattr(edition, key) for key in ("name", "title", "purpose", "as_of", "parameters")}
    return record | {"inputs_sha256": inputs.key(keys)}


def write_facts(edition: Mapping[str, Any], facts: list[dict[str, Any]], path: Path) -> None:
    """Write ``facts.json`` as published: the edition's record, and its facts."""
    plain = {"edition": edition, "facts": [{key: fact[key] for key in FACT_KEYS} for fact in facts]}
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
            # The address that is cited; the other drawings are variants of it.
            (folder / f"{figure_id}.svg").write_text(figure["svg"]["light_wide"], encoding="utf-8")
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
