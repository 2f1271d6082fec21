"""One notebook again under other values, beside the edition that the values were changed in."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from coordination_gap import paths
from coordination_gap.press import PressError, edition, execute, notebooks
from coordination_gap.press.difference.facts import Change, changes
from coordination_gap.press.parameters import Value, nearest, parse_value


@dataclass(frozen=True)
class Rerun:
    """What a notebook gives under other values.

    Attributes
    ----------
    path
        The executed notebook.
    recorded
        How many facts it recorded.
    changes
        The facts that are others than in the edition, the largest change first.
    """

    path: Path
    recorded: int
    changes: tuple[Change, ...]


def rerun(name: str, given: Sequence[str], edition_name: str = "base", output: Path | None = None) -> Rerun:
    """Run a notebook as an edition has it and under other values, both at once, and compare their facts.

    Parameters
    ----------
    name
        The notebook's name.
    given
        ``NAME=VALUE``, each replacing one value of the edition; ``as_of`` may be among them.
    edition_name
        The edition.
    output
        Where the executed notebook is written; None for ``_build/rerun/<name>.ipynb``.

    Raises
    ------
    PressError
        If a name is unknown, a value is refused, or the notebook fails; nothing is written then.
    """
    if name not in notebooks.names():
        raise PressError(f"there is no notebook {name!r}{nearest(name, notebooks.names())}")
    before = edition.load(edition_name).parameters[name]
    after = changed_values(name, before, given)
    path = output or paths.build() / "rerun" / f"{name}.ipynb"
    paths.build().mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="rerun-", dir=paths.build()) as scratch:
        folders = [Path(scratch) / side for side in ("before", "after")]
        for folder in folders:
            folder.mkdir()
        jobs = [execute.Job(name, values, folder) for values, folder in zip((before, after), folders, strict=True)]
        execute.run_all(jobs)
        then, now = (_facts(name, folder / f"{name}.ipynb") for folder in folders)
        path.parent.mkdir(parents=True, exist_ok=True)
        (folders[1] / f"{name}.ipynb").replace(path)
    return Rerun(path, len(now), tuple(changes(then, now)))


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


def _facts(name: str, path: Path) -> dict[str, dict[str, Any]]:
    executed = nbformat.read(path, as_version=4)
    return {entry.fact["id"]: entry.fact for entry in notebooks.recorded_facts(name, executed)}
