"""One notebook again under other values, beside the edition that the values were changed in."""

import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from coordination_gap import paths
from coordination_gap.press import PressError, collect, edition, execute, notebooks, run_output, run_page, site
from coordination_gap.press.difference.facts import Change, changes
from coordination_gap.press.edition import Edition
from coordination_gap.press.freshness.runs import Runs, read_executed
from coordination_gap.press.parameters import Value, nearest, parse_value

#: The roles and the directive of the prose that name facts, and a fact's id in them.
_NAMING = re.compile(r"\{(?:fact|wording)\}`[^`]*`|\{when\}[^\n]*|^:[\w-]+:.*$", re.MULTILINE)
_FACT = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Rerun:
    """What a notebook gives under other values.

    Attributes
    ----------
    notebook
        Where the executed notebook was written: a path or an address.
    page
        Where it was written as a page.
    recorded
        How many facts it recorded.
    changes
        The facts that are others than in the edition, the largest change first.
    faults
        A sentence for each place of the page that cannot be shown as it is meant.
    """

    notebook: str
    page: str
    recorded: int
    changes: tuple[Change, ...]
    faults: tuple[str, ...]


@dataclass(frozen=True)
class _Sides:
    """A notebook as the edition has it and under other values, and the runs of the notebooks that it refers to."""

    before: NotebookNode
    after: NotebookNode
    others: Mapping[str, NotebookNode]


def rerun(name: str, given: Sequence[str], edition_name: str = "base", output: str | None = None) -> Rerun:
    """Run a notebook under other values, compare its facts with those of the edition, and show it as a page.

    The edition's side is taken from the runs that are kept, as far as they are; what is not is run. The run itself
    is kept, too. The build lock is held until all have run.

    Parameters
    ----------
    name
        The notebook's name.
    given
        ``NAME=VALUE``, each replacing one value of the edition; ``as_of`` may be among them.
    edition_name
        The edition.
    output
        Where the executed notebook is written, a path or an address that papermill can write to; None for
        ``_build/rerun/<name>.ipynb``. Its page is written beside it.

    Raises
    ------
    PressError
        If a name is unknown, a value is refused, another build is running, or the notebook fails, and nothing is
        written; or if `output` cannot be written, and the run is in ``_build/rerun``.
    """
    if name not in notebooks.names():
        raise PressError(f"there is no notebook {name!r}{nearest(name, notebooks.names())}")
    chosen = edition.load(edition_name)
    after = changed_values(name, chosen.parameters[name], given)
    places = run_output.checked(output, paths.build() / "rerun" / f"{name}.ipynb")
    paths.build().mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="rerun-", dir=paths.build()) as scratch:
        with site.build_lock():
            sides = _run(name, chosen, after, Path(scratch))
        then, now = _facts(name, sides.before), _facts(name, sides.after)
        found = changes(then, now)
        page, faults = _page(name, chosen, after, sides, found, Path(scratch) / "page")
        written = run_output.write(places, nbformat.writes(notebooks.canonical(sides.after)), page)
    return Rerun(*written, len(now), tuple(found), tuple(faults))


def _run(name: str, chosen: Edition, after: dict[str, Value], scratch: Path) -> _Sides:
    """Bring both sides about; the build lock has to be held."""
    edition_folder, side, other_side = scratch / "edition", scratch / "before", scratch / "after"
    for folder in (edition_folder, side, other_side):
        folder.mkdir()
    reads_others = notebooks.reads_other_facts(name)
    everything = site.run_edition(chosen, edition_folder) if reads_others else {}
    runs = Runs(edition_folder / "facts" if reads_others else None)
    if not everything:
        runs.add(execute.Job(name, chosen.parameters[name], side))
    runs.add(execute.Job(name, after, other_side))
    runs.complete()
    before = everything[name] if everything else read_executed(side / f"{name}.ipynb")
    ran = read_executed(other_side / f"{name}.ipynb")
    if not everything and _shows_others(ran, _facts(name, before) | _facts(name, ran)):
        everything = site.run_edition(chosen, edition_folder)
    return _Sides(before, ran, {other: run for other, run in everything.items() if other != name})


def _shows_others(executed: NotebookNode, own: Mapping[str, object]) -> bool:
    """Return whether a notebook's prose names a fact that it does not record."""
    prose = "\n".join(cell.source for cell in executed.cells if cell.cell_type == "markdown")
    named = {fact_id for match in _NAMING.finditer(prose) for fact_id in _FACT.findall(match[0])}
    return bool(named - own.keys())


def _page(
    name: str, chosen: Edition, after: dict[str, Value], sides: _Sides, found: Sequence[Change], scratch: Path
) -> tuple[str, list[str]]:
    """Return the page of the run, and a sentence for each place of it that cannot be shown as it is meant."""
    before = chosen.parameters[name]
    other_values = [f"{key}={value}" for key, value in after.items() if value != before[key]]
    label = (
        f"{chosen.name} with {', '.join(f'{name}.{each}' for each in other_values)}" if other_values else chosen.name
    )
    as_of = str(after.get("as_of", chosen.as_of))
    changed = replace(chosen, name=label, as_of=as_of, parameters={**chosen.parameters, name: after})
    lines = [
        f"Values: {', '.join(other_values)}. In the edition: "
        f"{', '.join(f'{key}={before[key]}' for key, value in after.items() if value != before[key])}."
        if other_values
        else "Values: those of the edition.",
        f"{len(found)} of its facts changed. What it says of other pages' facts is as in the edition {chosen.name}.",
    ]
    rows = [(change.fact_id, change.before, change.after) for change in found]
    about = run_page.about_html(f"A run beside the edition {chosen.name}", lines, rows)
    others = collect.collect_facts(chosen, dict(sides.others))
    return run_page.render(name, sides.after, changed, others, about, scratch)


def changed_values(name: str, values: dict[str, Value], given: Sequence[str]) -> dict[str, Value]:
    """Return the values of a notebook with some replaced by ``NAME=VALUE``.

    Raises
    ------
    PressError
        If one is not written so, its name is unknown, or its value is refused.
    """
    declared = notebooks.parameters(name)
    changed = dict(values)
    for text in given:
        parameter, equals, value = text.partition("=")
        if not equals:
            raise PressError(f"-p {text}: write NAME=VALUE, such as {next(iter(declared))}=VALUE")
        changed[parameter] = parse_value(text, parameter, value, declared, name)
    return changed


def _facts(name: str, executed: NotebookNode) -> dict[str, dict[str, Any]]:
    return {entry.fact["id"]: entry.fact for entry in notebooks.recorded_facts(name, executed)}
