"""Print the site: run an edition's notebooks, render the book, and publish it whole or not at all.

Everything is made in staging folders, so that whatever happens before the site is published leaves
the last good one as it was.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from functools import partial
from html import escape
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock, Timeout
from nbformat import NotebookNode

from coordination_gap import cut, data_package, facts, media_types, other_facts, paths, tables
from coordination_gap.press import BASE, PressError, collect, execute, notebooks
from coordination_gap.press import edition as editions
from coordination_gap.press.difference.of_build import of_build
from coordination_gap.press.edition import Edition
from coordination_gap.press.freshness import published, store
from coordination_gap.press.freshness.runs import Runs, read_executed
from coordination_gap.press.paper import memo
from coordination_gap.press.publish import publish
from coordination_gap.press.render import render
from coordination_gap.press.renderer import Renderer

#: The edition that pages hold a later one against.
COMPARED = "article-day"


@contextmanager
def build_lock() -> Iterator[None]:
    """Hold the one build that may run at a time.

    Raises
    ------
    PressError
        If another build holds it.
    """
    paths.build().mkdir(exist_ok=True)
    lock = FileLock(paths.build() / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise PressError(
            f"another build is running in {paths.build().name}/: wait until it ends, then run this again"
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _staging() -> Iterator[Path]:
    # What a killed build left behind is cleared here, under the lock.
    for left in paths.build().glob("staging-*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="staging-", dir=paths.build()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run_edition(edition: Edition, folder: Path, *, fresh: bool = False) -> dict[str, NotebookNode]:
    """Return all notebooks of an edition executed, by name; what is kept of an earlier run is not run again.

    Notebooks that read the facts of others run last. They find in ``<folder>/facts`` those of
    this edition, and those of the editions it is compared with.

    Parameters
    ----------
    edition
        What to run.
    folder
        Where executed notebooks and facts are written.
    fresh
        Whether to run everything, whatever is kept.
    """
    last = [name for name in edition.parameters if notebooks.reads_other_facts(name)]
    runs = {other_facts.THIS: edition, **(_compared(edition) if last else {})}
    places = {name: folder if one is edition else folder / "compared" / name for name, one in runs.items()}
    first = Runs(fresh=fresh)
    for name, one in runs.items():
        places[name].mkdir(parents=True, exist_ok=True)
        for notebook, values in one.parameters.items():
            if notebook not in last:
                first.add(execute.Job(notebook, values, places[name]))
    first.complete()
    if last:
        handed = folder / "facts"
        handed.mkdir()
        for name, one in runs.items():
            found = [
                fact
                for notebook in one.parameters
                if notebook not in last
                for fact in other_facts.recorded(read_executed(places[name] / f"{notebook}.ipynb"))
            ]
            other_facts.write(found, handed / f"{name}.json")
        second = Runs(handed, fresh=fresh)
        for name in last:
            second.add(execute.Job(name, edition.parameters[name], folder))
        second.complete()
    return {name: read_executed(folder / f"{name}.ipynb") for name in edition.parameters}


def _compared(edition: Edition) -> dict[str, Edition]:
    """Return the earlier editions that pages hold this one against, by name."""
    if COMPARED not in editions.names():
        return {}
    earlier = editions.load(COMPARED)
    return {COMPARED: earlier} if earlier.as_of < edition.as_of else {}


def build(edition: Edition, asked: Sequence[str], renderer: Renderer, *, fresh: bool = False) -> Path:
    """Build an edition and publish it in ``_build/html``, or in ``_build/what-if`` if values are replaced.

    Parameters
    ----------
    edition
        What to build.
    asked
        Its name and the overrides, as they were asked for.
    renderer
        The process that Sphinx runs in.
    fresh
        Whether to run every notebook and render every page, whatever is kept.

    Returns
    -------
    Path
        The site's landing page.

    Raises
    ------
    PressError
        If a notebook fails, or Sphinx warns of anything; the last good site stays.
    """
    with build_lock(), _staging() as staging:
        before = published.project()
        _refuse_changed_data()
        pages = stage(edition, staging, fresh=fresh)
        rendered = render(staging, edition.address, pages, renderer, fresh=fresh)
        if (rendered / memo.PAGE).is_file():
            memo.write(rendered, staging / "papers")
        page = publish(rendered, edition, staging / "papers")
        runs = (read_executed(path) for path in (staging / "executed").rglob("*.ipynb"))
        published.write(asked, before, [run.metadata[store.RECORD] for run in runs])
        return page


def write_twins(edition: Edition) -> list[str]:
    """Run the notebooks and write their outputs into the committed ``.ipynb`` twins.

    Returns
    -------
    list of str
        The names of the notebooks whose twin changed.
    """
    with build_lock(), _staging() as staging:
        executed = run_edition(edition, staging / "executed")
        changed = []
        for name, notebook in executed.items():
            twin = paths.notebooks() / f"{name}.ipynb"
            fresh = staging / twin.name
            notebooks.write(notebooks.committed(notebook), fresh)
            if not twin.is_file() or twin.read_bytes() != fresh.read_bytes():
                fresh.replace(twin)
                changed.append(name)
        compared = staging / "executed" / "facts" / f"{COMPARED}.json"
        if compared.is_file():
            compared.replace(paths.editions() / f"{COMPARED}.facts.json")
        return changed


def _refuse_changed_data() -> None:
    """Refuse tables that are not as their record says; only then is the slow, full check worth its time."""
    if all(_as_recorded(name) for name in tables.names()):
        return
    faults = [str(fault) for fault in data_package.check_package()]
    raise PressError("\n".join(faults))


def _as_recorded(name: str) -> bool:
    try:
        return bool(tables.resource(name)["hash"] == f"sha256:{tables.sha256(name)}")
    except (FileNotFoundError, KeyError):
        return False


def stage(edition: Edition, staging: Path, *, fresh: bool = False) -> dict[str, NotebookNode]:
    """Run an edition's notebooks and write into `staging` all that its site is rendered from.

    Returns
    -------
    dict of str to NotebookNode
        The notebooks as their pages show them, by name.
    """
    executed = run_edition(edition, staging / "executed", fresh=fresh)
    pages = {name: page_of(notebook) for name, notebook in executed.items()}
    source, beside = staging / "source", staging / "beside"
    shutil.copytree(paths.book(), source)
    (source / "notebooks").mkdir()
    (beside / "notebooks").mkdir(parents=True)
    for name, notebook in executed.items():
        notebooks.write(notebooks.canonical(pages[name]), source / "notebooks" / f"{name}.ipynb")
        notebooks.write(notebooks.committed(notebook), beside / "notebooks" / f"{name}.ipynb")
    collected = collect.collect_facts(edition, executed)
    record = collect.edition_record(edition, executed)
    collect.write_facts(record, collected, beside / "facts.json")
    material: dict[str, Any] = {
        "facts": collected,
        "figures": collect.write_figures(executed, beside / "figures"),
        "titles": {collect.page(name): _title(name, notebook) for name, notebook in executed.items()},
        "edition": record,
        "difference": of_build(edition, executed, staging, COMPARED, partial(run_edition, fresh=fresh)),
    }
    (staging / "material.json").write_text(json.dumps(material, allow_nan=False), encoding="utf-8")
    (beside / "data").mkdir()
    for name in tables.names():
        (beside / "data" / f"{name}.csv").write_bytes(cut.table_csv(name, edition.as_of))
    package = json.dumps(cut.package(edition.as_of), indent=2, ensure_ascii=False) + "\n"
    (beside / "data" / "datapackage.json").write_text(package, encoding="utf-8")
    # Named from the top: asked of the package reliability, the path would have it loaded with all its libraries.
    with as_file(files("coordination_gap") / "reliability" / "pipeline.schema.json") as schema:
        shutil.copy(schema, beside / schema.name)
    if paths.pipelines().is_dir():
        (beside / "pipelines").mkdir()
        for path in paths.pipelines().glob("*.yml"):
            shutil.copy(path, beside / "pipelines" / path.name)
    _write_yaml(_config(edition, record["inputs_sha256"]), source / "_config.yml")
    _write_yaml(_without_book_folder(read_yaml("_toc.yml")), source / "_toc.yml")
    return pages


def page_of(notebook: NotebookNode) -> NotebookNode:
    """Return a notebook as its page shows it: code folded, facts and figures left to the prose.

    Neighbouring cells that show nothing are folded into one.
    """
    shown: NotebookNode = deepcopy(notebook)
    cells: list[NotebookNode] = []
    for cell in shown.cells:
        if cell.cell_type == "code":
            cell.outputs = [
                output
                for output in cell.outputs
                if not {media_types.FACT, media_types.FIGURE} & set(output.get("data", {}))
            ]
            if cells and cells[-1].cell_type == "code" and not cells[-1].outputs:
                cell.source = f"{cells[-1].source}\n\n{cell.source}"
                cell.metadata[notebooks.LINE] = cells.pop().metadata.get(notebooks.LINE, 1)
            cell.metadata["tags"] = ["hide-input"]
        cells.append(cell)
    shown.cells = cells
    return shown


def _title(name: str, notebook: NotebookNode) -> str:
    heading = notebook.cells[0].source.splitlines()[0]
    if not heading.startswith("# "):
        raise PressError(f"notebooks/{name}.md: it does not begin with a title; begin its text with '# Title'")
    return str(heading.removeprefix("# ").strip())


def read_yaml(name: str) -> Any:
    """Return what a YAML file of the project holds, given its path from the top folder."""
    path = paths.root() / name
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PressError(f"{name} is missing: restore it with 'git checkout -- {name}'") from None
    except yaml.YAMLError as error:
        raise PressError(f"{name} is not YAML ({' '.join(str(error).split())}): mend it") from None


def _write_yaml(content: Any, path: Path) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _config(edition: Edition, inputs_sha256: str) -> dict[str, Any]:
    config: dict[str, Any] = read_yaml("_config.yml")
    own = config.setdefault("sphinx", {}).setdefault("config", {})
    kept = paths.build() / "render" / edition.address
    own["gapbook_material"] = str(kept / "material.json")
    own["html_extra_path"] = [str(kept / "beside")]
    others = _replaced_values(edition)
    values = f"Parameters other than base has: {escape(', '.join(others))}. " if others else ""
    footer = (
        f"Edition <strong>{escape(edition.name)}</strong>, as of {facts.format_day(edition.as_of)}. {values}"
        f"Inputs <code>{inputs_sha256[:16]}</code> (SHA-256, in full in facts.json)."
    )
    own.setdefault("html_theme_options", {})["extra_footer"] = f'<p class="edition">{footer}</p>'
    return config


def _replaced_values(edition: Edition) -> list[str]:
    """Return ``notebook.name = value`` for the parameters by which an edition differs from base; the day is one."""
    if BASE not in editions.names():
        return []
    base = editions.load(BASE).parameters
    return [
        f"{notebook}.{name} = {value}"
        for notebook, values in edition.parameters.items()
        for name, value in values.items()
        if name != "as_of" and value != base[notebook][name]
    ]


def _without_book_folder(toc: Any) -> Any:
    """Return the table of contents for the staged source, where the pages of ``book/`` stand at the top."""
    if isinstance(toc, dict):
        return {
            key: value.removeprefix("book/") if key in ("file", "root") else _without_book_folder(value)
            for key, value in toc.items()
        }
    return [_without_book_folder(entry) for entry in toc] if isinstance(toc, list) else toc
