"""What is wrong with a pipeline's file, in sentences: the place, the value and the mend."""

import difflib
import functools
import json
import math
from collections.abc import Iterable, Iterator
from importlib import resources
from typing import Any

from coordination_gap.reliability.yaml_tree import Fault, Node, plain_value, shown_text

_SCHEMA = "pipeline.schema.json"


class SpecificationError(ValueError):
    """A pipeline's file cannot be used; the message names file, line and field, the value and the mend."""


def pipeline_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of pipeline files, a new copy each time."""
    schema: dict[str, Any] = json.loads(pipeline_schema_text())
    return schema


@functools.cache
def pipeline_schema_text() -> str:
    """Return the JSON Schema of pipeline files as it is published."""
    return resources.files(__package__).joinpath(_SCHEMA).read_text(encoding="utf-8")


def schema_faults(root: Node) -> list[Fault]:
    """Return whatever the JSON Schema does not allow, in the order of the file, each fault once."""
    found: set[Fault] = set()
    wrong_types: set[tuple[str | int, ...]] = set()
    for error in _validator().iter_errors(root.plain()):
        path = tuple(error.absolute_path)
        if error.validator == "type":
            if path in wrong_types:  # what is no mapping is no part, and then no vote, either
                continue
            wrong_types.add(path)
        found.update(_faults_of(error, root, path))
    return sorted(found)


def name_faults(root: Node) -> list[Fault]:
    """Return a fault for each part whose name another part has."""
    found: list[Fault] = []
    first: dict[str, tuple[Node, int]] = {}
    for part, path in parts(root):
        name = part.value.get("name")
        if name is None or not isinstance(name.value, str):
            continue
        if name.value not in first:
            first[name.value] = part, part.keys["name"][0]
            continue
        earlier, line = first[name.value]
        here = part.keys["name"]
        if earlier.value["name"] is name:  # an alias of a whole part: its name stands in one line only
            line, here = earlier.line, (part.line, part.column)
        sentence = f"the name is that of the {kind(earlier)} in line {line}, too; give each part a name of its own"
        found.append(Fault(*here, f"line {here[0]}, {place(root, path)[1]}", sentence))
    return found


def made_fault(root: Node, path: tuple[str | int, ...], message: str) -> Fault:
    """Return the fault of a part that cannot be made, from the message of its class, which names part and field."""
    node, _ = place(root, path)
    head = f"{kind(node)} {node.value['name'].value!r}: " if "name" in node.value else "pipeline: "
    about = message.removeprefix(head)
    named = [key for key in node.value if key in about]
    what, _, mend = about.rpartition(": ")
    return _fault(root, path, f"{what}; {mend}", key=min(named, key=about.find, default=None))


def parts(root: Node) -> Iterator[tuple[Node, tuple[str | int, ...]]]:
    """Yield each part of a tree, whatever else is wrong with it, and the path to it, in the order of the file."""
    waiting: list[tuple[Any, tuple[str | int, ...], bool]] = [(root, (), False)]
    while waiting:
        node, path, is_part = waiting.pop()
        if not isinstance(node.value, dict):
            continue
        if is_part:
            yield node, path
        inside: list[tuple[Node, tuple[str | int, ...], bool]] = []
        for key, child in node.value.items():
            if key in ("steps", "voters", "ways") and isinstance(child.value, list):
                inside += [(entry, (*path, key, number), key != "ways") for number, entry in enumerate(child.value)]
            elif key == "fallback":
                inside.append((child, (*path, key), True))
        waiting.extend(reversed(inside))


def kind(part: Node) -> str:
    """Return which kind of part a mapping is."""
    return "vote" if "voters" in part.value else "branch" if "ways" in part.value else "step"


def place(root: Node, path: Iterable[str | int]) -> tuple[Node, str]:
    """Return the node at a path, and the place in words: the innermost part, then the field."""
    node, where, trail = root, "", list[str]()
    before: str | int = ""
    for key in path:
        node = node.value[key]
        if isinstance(key, str):
            trail.append(key)
        if isinstance(node.value, dict) and (key == "fallback" or before in ("steps", "voters")):
            name = node.value.get("name")
            what = "voter" if before == "voters" else kind(node)
            if name is not None and isinstance(name.value, str) and name.value.strip():
                where = f"{what} {shown_text(name.value)}"
            elif key == "fallback":
                where = f"fallback of {where}"
            else:
                where = f"{what} {int(key) + 1}" + (f" of {where}" if where else "")
            trail = []
        elif isinstance(key, int):
            trail[-1] = f"{_ONE_OF.get(str(before), before)} {key + 1}"
        before = key
    return node, ", ".join(filter(None, [where, *_dotted(trail)]))


_ONE_OF = {"ways": "way", "steps": "step", "voters": "voter"}


def _dotted(trail: list[str]) -> list[str]:
    """Join keys by dots, but keep `way 2` and what stands in it apart."""
    joined: list[str] = []
    for word in trail:
        if joined and " " not in word and " " not in joined[-1]:
            joined[-1] += f".{word}"
        else:
            joined.append(word)
    return joined


def _fault(root: Node, path: tuple[str | int, ...], sentence: str, *, key: str | None = None) -> Fault:
    """Return a fault of the value at `path`, or of one of its keys."""
    node, where = place(root, path)
    line, column = node.line, node.column
    if key is not None:
        line, column = node.keys[key]
    elif path and isinstance(path[-1], str):
        line, column = place(root, path[:-1])[0].keys[path[-1]]
    return Fault(line, column, ", ".join(filter(None, [f"line {line}", where])), sentence)


@functools.cache
def _validator() -> Any:
    # Loaded here, as it is slow to load and not needed by those who only import the package.
    import jsonschema  # type: ignore[import-untyped]

    def is_integer(_checker: object, value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    def is_number(_checker: object, value: object) -> bool:
        try:
            return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        except OverflowError:
            return False

    base = jsonschema.Draft202012Validator
    types = base.TYPE_CHECKER.redefine_many({"integer": is_integer, "number": is_number})
    return jsonschema.validators.extend(base, type_checker=types)(pipeline_schema())


def _faults_of(error: Any, root: Node, path: tuple[str | int, ...]) -> Iterator[Fault]:
    """Yield the faults that an error of the JSON Schema validator stands for."""
    node, _ = place(root, path)
    rule, limit, title = error.validator, error.validator_value, error.schema.get("title", "")
    if rule == "required":
        misspelt = {_meant(key, error.schema) for key in node.value if key not in error.schema["properties"]}
        for key in limit:
            # A misspelt key, or a branch where none may be, is reported as such.
            if key not in node.value and key not in misspelt and not (title == "a step" and "ways" in node.value):
                sentence = f"the key {key} is missing; give it {_title(error.schema['properties'][key])}"
                yield _fault(root, path, sentence)
    elif rule == "additionalProperties":
        for key in node.value:
            if key not in error.schema["properties"]:
                yield _fault(root, path, _unknown(key, error.schema), key=key)
    elif rule == "type":
        yield _fault(root, path, _wrong_type(node, limit, error.schema, path))
    elif rule in ("minimum", "maximum"):
        yield _fault(root, path, f"{node.shown} is {'below' if rule == 'minimum' else 'above'} {limit}; give {title}")
    elif rule == "minItems":
        yield _fault(root, path, f"the list is empty; give {title}")
    elif rule == "pattern":
        yield _fault(root, path, f"{node.shown} is blank; give {title}")
    else:  # no other rule stands in the schema
        yield _fault(root, path, error.message)


def _title(schema: dict[str, Any]) -> str:
    """Return the title of a schema, or of the definition that it refers to."""
    if "$ref" in schema:
        schema = pipeline_schema()["$defs"][schema["$ref"].rpartition("/")[2]]
    return str(schema["title"])


def _wrong_type(node: Node, wanted: str, schema: dict[str, Any], path: tuple[str | int, ...]) -> str:
    value, shown, title = node.value, node.shown, schema["title"]
    if value is None:
        definitions = [pipeline_schema(), *pipeline_schema()["$defs"].values()]
        needed = any(path[-1] in definition.get("required", []) for definition in definitions)
        leave = "" if needed else f", or take the {'entry' if isinstance(path[-1], int) else 'key'} out"
        return f"the value is missing; give {title}{leave}"
    if wanted == "object":
        with_keys = f" with {', '.join(schema['required'])}" if "required" in schema else " as keys with values"
        return f"{shown} stands where a mapping has to; give {title}{with_keys}"
    if wanted == "array":
        return f"{shown} stands where a list has to; give {title}, each beginning with a dash"
    if wanted == "string":
        mend = f"give {title}" if isinstance(value, list | dict) else "put quotation marks around it"
        return f"{shown} is not a text; {mend}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        if isinstance(value, float) and math.isfinite(value):  # where a whole number is wanted
            mend = f"write {int(value)}" if value.is_integer() else f"give {title}"
            return f"{shown} is not a whole number; {mend}"
        return f"{shown} is {'too large' if any(map(str.isdigit, shown)) else 'not a finite number'}; give {title}"
    quoted = isinstance(value, str) and not isinstance(plain_value(value), str | bool | None)
    return f"{shown} is not a number; give {title}{', without quotation marks' if quoted else ''}"


def _meant(key: str, schema: dict[str, Any]) -> str | None:
    """Return the key that a mapping's unknown key was probably to be."""
    known = list(schema["properties"])
    word = key.strip().lower().replace("-", "_").replace(" ", "_")
    if word in ("retries", "max_retries", "tries") and "attempts" in known:
        return "attempts"
    inside = [name for name in known if name in word or (len(word) > 2 and word in name)]
    return next(iter([*difflib.get_close_matches(word, known, n=1), *inside]), None)


def _unknown(key: str, schema: dict[str, Any]) -> str:
    """Return what to do about a key that a mapping does not have."""
    definitions, title = pipeline_schema()["$defs"], schema["title"]
    here = f"there is no key {shown_text(key)} in {title}"
    if key == "<<":
        return "merge keys are no part of YAML 1.2; write the keys out, or use an alias for a whole value"
    if title == "a voter" and key in {**definitions["step"]["properties"], "voters": 0, "ways": 0}:
        return f"{here}, which is a step that answers once; give it to the vote or take it out"
    if title == "a step" and key == "ways":
        return "a branch cannot be a fallback; give a step or a vote"
    if title == "a vote" and key == "ways":
        return "a part with voters is a vote and one with ways is a branch; take out one of the two keys"
    owners = [owner["title"] for owner in definitions.values() if key in owner.get("properties", {})]
    if owners:
        return f"{here}, but in {' or '.join(owners)}; move it there or take it out"
    meant = _meant(key, schema)
    if meant == "attempts" and "tries" in key:
        return f"{here}; did you mean 'attempts', which counts the first one, too?"
    return f"{here}; did you mean {meant!r}?" if meant else f"{here}; there are {', '.join(schema['properties'])}"
