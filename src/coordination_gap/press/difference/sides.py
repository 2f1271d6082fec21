"""The two sides of a comparison: an edition as it ran, or the facts that one has published."""

import datetime as dt
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from coordination_gap.press import PressError, collect, notebooks
from coordination_gap.press.edition import Edition
from coordination_gap.press.parameters import Value


@dataclass(frozen=True)
class Side:
    """One side of a comparison.

    Attributes
    ----------
    name, title, as_of
        Of the edition.
    facts
        As published, by id.
    figures
        By id, as notebooks publish them, with the address of the ``page``; None where they are not at hand.
    parameters
        For each notebook, its values.
    left_out
        The addresses of pages whose notebooks were not run.
    """

    name: str
    title: str
    as_of: str
    facts: Mapping[str, Mapping[str, Any]]
    figures: Mapping[str, Mapping[str, Any]] | None = None
    parameters: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    left_out: frozenset[str] = field(default_factory=frozenset)


def of_run(edition: Edition, executed: Mapping[str, NotebookNode]) -> Side:
    """Return an edition as it ran; its notebooks that are not in `executed` count as left out."""
    collected = collect.collect_facts(edition, dict(executed))
    return Side(
        name=edition.name,
        title=edition.title,
        as_of=edition.as_of,
        facts={fact["id"]: fact for fact in collected},
        figures={
            figure["id"]: figure | {"page": collect.page(name)}
            for name, notebook in executed.items()
            for figure in notebooks.recorded_figures(notebook)
        },
        parameters=edition.parameters,
        left_out=frozenset(collect.page(name) for name in edition.parameters if name not in executed),
    )


def of_file(path: Path) -> Side:
    """Read what an edition published as ``facts.json``: its facts and parameters; its figures are not in there.

    Raises
    ------
    PressError
        If the file is missing or is not of that form; the message names the entry.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except FileNotFoundError:
        raise PressError(f"{path} is missing: give an edition's name or a facts.json that a site published") from None
    except (ValueError, RecursionError) as error:
        raise PressError(f"{path} is not JSON ({error}): take facts.json from the published site again") from None
    record = content.get("edition") if isinstance(content, dict) else None
    listed = content.get("facts") if isinstance(content, dict) else None
    if not isinstance(record, dict) or not isinstance(listed, list):
        raise PressError(f"{path} does not hold an edition and its facts: take facts.json from the published site")
    name, title, day = (record.get(key) for key in ("name", "title", "as_of"))
    if not (isinstance(name, str) and isinstance(title, str) and _is_day(day)):
        what = f"name is {name!r}, title {title!r} and as_of {day!r}"
        raise PressError(f"{path}, edition: {what}, and they have to be texts and a day; take facts.json again")
    facts: dict[str, dict[str, Any]] = {}
    for number, entry in enumerate(listed, start=1):
        why = _fault(entry)
        if not why and entry["id"] in facts:
            why = f"the id {entry['id']!r} is given twice"
        if why:
            raise PressError(f"{path}, fact {number}: {why}; take facts.json from the published site again")
        facts[entry["id"]] = entry
        if (entry["edition"], entry["as_of"]) != (name, day):
            raise PressError(
                f"{path}, fact {number}: it is of the edition {entry['edition']!r} as of {entry['as_of']}, the file "
                f"of {name!r} as of {day}; take facts.json from the published site again"
            )
    return Side(name=name, title=title, as_of=str(day), facts=facts, parameters=_parameters(path, record))


def _parameters(path: Path, record: Mapping[str, Any]) -> dict[str, dict[str, Value]]:
    given = record.get("parameters")
    if not isinstance(given, dict) or not all(isinstance(values, dict) for values in given.values()):
        raise PressError(f"{path}, edition: parameters is {given!r}, and has to hold values by notebook; take it again")
    for notebook, values in given.items():
        for key, value in values.items():
            if not isinstance(value, bool | int | float | str):
                raise PressError(
                    f"{path}, edition: {notebook}.{key} is {value!r}, and has to be one value; take it again"
                )
    return given


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _fault(entry: object) -> str:
    """Return what is wrong with a published fact, or nothing."""
    if not isinstance(entry, dict):
        return f"it is {entry!r} and not an object"
    for key in collect.FACT_KEYS:
        if key not in entry and key != "inputs_sha256":
            return f"it has no {key!r}"
    for key in ("id", "unit", "display", "as_of", "edition", "page"):
        if not isinstance(entry[key], str):
            return f"{key} is {entry[key]!r}, and has to be text"
    if entry["gap"] is not None and not isinstance(entry["gap"], str):
        return f"gap is {entry['gap']!r}, and has to be text or null"
    if entry["value"] is None and not entry["gap"]:
        return "it has neither a value nor a gap"
    interval = entry["interval"]
    days = [("as_of", entry["as_of"])]
    if entry["unit"] == "day" and entry["value"] is not None:
        days.append(("value", entry["value"]))
    for key, day in days:
        if not _is_day(day):
            return f"{key} is {day!r}, and has to be a day as YYYY-MM-DD"
    if entry["unit"] in ("day", "text"):
        if not isinstance(entry["value"], str | None):
            return f"value is {entry['value']!r}, and has to be text"
    elif not (entry["value"] is None or _is_number(entry["value"])):
        return f"value is {entry['value']!r}, and has to be a finite number in the unit {entry['unit']}"
    if interval is None:
        return ""
    keys = ("low", "high", "confidence")
    if not isinstance(interval, dict) or not all(_is_number(interval.get(key)) for key in keys):
        return f"interval is {interval!r}, and has to hold the numbers {', '.join(keys)}"
    return ""


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _is_day(text: object) -> bool:
    try:
        return dt.date.fromisoformat(str(text)).isoformat() == text
    except ValueError:
        return False
