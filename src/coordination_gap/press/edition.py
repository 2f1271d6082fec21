"""Editions: the whole book under one file of parameters and an as-of day."""

import datetime as dt
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from coordination_gap import paths, tables
from coordination_gap.press import BASE, WHAT_IF, PressError, notebooks
from coordination_gap.press.parameters import Value, check_values, nearest, parse_value

_KEYS = ("title", "purpose", "as_of", "parameters")


@dataclass(frozen=True)
class Edition:
    """An edition, its parameters checked and complete.

    Attributes
    ----------
    name, title, purpose
        What it is called and what it is for; the name says which values were replaced.
    as_of
        The last day whose publications may be seen, as ``YYYY-MM-DD``.
    parameters
        For each notebook, the value of every parameter it declares.
    file
        The name of its file in ``editions/``, without the ending.
    replaced
        The values that were replaced in it, as they were given.
    """

    name: str
    title: str
    purpose: str
    as_of: str
    parameters: dict[str, dict[str, Value]]
    file: str
    replaced: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """The name under which it is published: its file's, or one for all books under replaced values."""
        return WHAT_IF if self.replaced else self.file


#: An edition is notebooks with parameters with values.
_MOST_LEVELS = 20


class _StrictLoader(yaml.SafeLoader):
    """YAML's safe loader, which also refuses a key given twice and says where a value cannot be read.

    It knows no aliases: a few lines of them stand for a text without end.
    """

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._levels = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call] # PyYAML has types for some things only
        what = None
        if isinstance(event, yaml.AliasEvent):
            what = f"*{event.anchor} stands for what is written elsewhere: write the value itself"
        elif self._levels > _MOST_LEVELS:
            what = f"it goes deeper than {_MOST_LEVELS} levels"
        if what is not None:
            raise yaml.composer.ComposerError(None, None, what, event.start_mark)
        self._levels += 1
        node: yaml.Node | None = super().compose_node(parent, index)
        self._levels -= 1
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (yaml.YAMLError, RecursionError):
            raise
        except Exception as error:  # whatever a conversion raises, as for the day 2026-02-31
            what = f"{node.value!r:.80} cannot be read ({error})"
            raise yaml.constructor.ConstructorError(None, None, what, node.start_mark) from None

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                what = "<< stands for keys that are written elsewhere: write them here"
                raise yaml.constructor.ConstructorError(None, None, what, key_node.start_mark)
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise yaml.constructor.ConstructorError(None, None, "a key must be a word", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def names() -> list[str]:
    """Return the names of the editions."""
    return sorted(path.stem for path in paths.editions().glob("*.yml"))


def load(name: str, overrides: tuple[str, ...] = ()) -> Edition:
    """Load an edition and check it against the notebooks' declarations.

    Parameters
    ----------
    name
        The file's name in ``editions/``, without its ending.
    overrides
        ``NOTEBOOK.PARAMETER=VALUE``, each replacing one value.

    Raises
    ------
    PressError
        If the edition, a notebook or a parameter is unknown, or a value is refused.
    """
    if name not in names():
        raise PressError(f"there is no edition {name!r}{nearest(name, names())}")
    place = f"editions/{name}.yml"
    content = _read(paths.editions() / f"{name}.yml", place)
    try:
        if isinstance(content["as_of"], dt.datetime):
            raise ValueError(f"as_of is {content['as_of']}: give a day without a time, such as 2026-06-20")
        as_of = tables.parse_day(content["as_of"]).isoformat()
    except ValueError as error:
        raise PressError(f"{place}: {error}") from None
    given: dict[str, dict[str, object]] = {}
    for notebook, values in (content["parameters"] or {}).items():
        if notebook not in notebooks.names():
            raise PressError(f"{place}: there is no notebook {notebook!r}{nearest(notebook, notebooks.names())}")
        if not isinstance(values, dict):
            raise PressError(f"{place}: {notebook} is {values!r}: it must be names with values")
        given[notebook] = dict(values)
    for override in overrides:
        notebook, parameter, value = _override(override)
        given.setdefault(notebook, {})[parameter] = value
    complete: dict[str, dict[str, Value]] = {}
    for notebook in notebooks.names():
        declared = notebooks.parameters(notebook)
        values = dict(given.get(notebook, {}))
        if "as_of" in values:
            raise PressError(f"{place}: {notebook} sets as_of; the edition's as_of holds for every notebook")
        if "as_of" in declared:
            values["as_of"] = as_of
        complete[notebook] = check_values(declared, values, f"{place}, {notebook}")
    # A book under other values must not pass for the edition that it was made from.
    shown_name = f"{name} with {', '.join(overrides)}" if overrides else name
    title, purpose = content["title"].strip(), content["purpose"].strip()
    return Edition(shown_name, title, purpose, as_of, complete, name, overrides)


def faults() -> list[str]:
    """Return a sentence for each edition that does not load, and each way base differs from the defaults."""
    found = []
    for name in names():
        try:
            edition = load(name)
        except PressError as error:
            found.append(str(error))
            continue
        if name != BASE:
            continue
        for notebook, values in edition.parameters.items():
            found += [
                f"editions/base.yml: {notebook}.{parameter.name} is {values[parameter.name]!r} where the notebook's "
                f"default is {parameter.default!r}; make them equal, so that a plain run gives the base edition"
                for parameter in notebooks.parameters(notebook).values()
                if values[parameter.name] != parameter.default
            ]
    return found


def _read(path: Path, place: str) -> dict[str, Any]:
    try:
        # _StrictLoader is the safe loader with further checks.
        content = yaml.load(path.read_text(encoding="utf-8"), _StrictLoader)  # noqa: S506 # for the reason above
    except OSError:
        raise
    except Exception as error:  # PyYAML raises many kinds for what is no YAML
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        what = getattr(error, "problem", None) or str(error) or type(error).__name__
        raise PressError(f"{place}{line}: {' '.join(what.split())}; mend the file") from None
    if not isinstance(content, dict):
        raise PressError(f"{place} holds no keys: it must give {', '.join(_KEYS)}")
    for key in content:
        if key not in _KEYS:
            raise PressError(f"{place}: there is no key {key!r}{nearest(key, list(_KEYS))}")
    for key in _KEYS:
        if key not in content:
            raise PressError(f"{place} lacks the key {key!r}: add it")
    for key in ("title", "purpose"):
        if not isinstance(content[key], str) or not content[key].strip():
            raise PressError(f"{place}: {key} is {content[key]!r}: it must be text")
    if content["parameters"] is not None and not isinstance(content["parameters"], dict):
        raise PressError(f"{place}: parameters is {content['parameters']!r}: it must be notebooks with their values")
    return content


def _override(text: str) -> tuple[str, str, Value]:
    target, equals, value = text.partition("=")
    notebook, dot, parameter = target.partition(".")
    if not equals or not dot:
        raise PressError(f"-p {text}: write NOTEBOOK.PARAMETER=VALUE, such as 05_compounding.steps=8")
    if parameter == "as_of":
        raise PressError(f"-p {text}: as_of holds for the whole edition; choose an edition or write one with that day")
    if notebook not in notebooks.names():
        raise PressError(f"-p {text}: there is no notebook {notebook!r}{nearest(notebook, notebooks.names())}")
    return notebook, parameter, parse_value(text, parameter, value, notebooks.parameters(notebook), notebook)
