"""What is wrong with a pipeline's file, in sentences: the place, the value and the mend."""

import difflib
import functools
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from typing import Any

from coordination_gap.reliability.parts import CONTROL_CHARACTER
from coordination_gap.reliability.yaml_tree import Fault, Node, plain_value, shown_text

_SCHEMA = "pipeline.schema.json"
#: The keys that make a vote or a branch of a part, and which definition of the schema then holds.
_KIND_KEYS = {"voters": "vote", "ways": "branch"}
#: How much of a word has to be that of such a key for a slip of it: what is no step is not asked for its success.
_ALMOST = 0.75


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


def unknown_key(root: Node, path: Sequence[str | int]) -> Fault | None:
    """Return the fault of the first key on a path that its mapping cannot have; None where all are known."""
    for length, key in enumerate(path):
        schema = schema_at(root, path[:length])
        if isinstance(key, str) and schema is not None and key not in schema["properties"]:
            return _fault(root, tuple(path[:length]), _unknown(key, schema, path[:length]))
    return None


def schema_at(root: Node, path: Sequence[str | int]) -> dict[str, Any] | None:
    """Return the schema of the mapping at a path; None where no mapping can stand."""
    if not path:
        return pipeline_schema()
    node, _ = place(root, path)
    if not isinstance(node.value, dict):
        return None
    above = path[-2] if isinstance(path[-1], int) else path[-1]
    names = {"gate": "gate", "ways": "way", "voters": "voter", "steps": kind(node), "fallback": kind(node)}
    if (name := names.get(str(above))) is None:
        return None
    found: dict[str, Any] = pipeline_schema()["$defs"][name]
    return found


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
        return isinstance(value, int) and is_number(_checker, value)

    def is_number(_checker: object, value: object) -> bool:
        return not isinstance(value, bool) and _is_finite(value)

    base = jsonschema.Draft202012Validator
    types = base.TYPE_CHECKER.redefine_many({"integer": is_integer, "number": is_number})
    return jsonschema.validators.extend(base, type_checker=types)(pipeline_schema())


def _is_finite(value: object) -> bool:
    """Return whether a value is a number that a float can hold."""
    try:
        return isinstance(value, int | float) and math.isfinite(value)
    except OverflowError:
        return False


def _faults_of(error: Any, root: Node, path: tuple[str | int, ...]) -> Iterator[Fault]:
    """Yield the faults that an error of the JSON Schema validator stands for."""
    node, _ = place(root, path)
    rule, limit, title = error.validator, error.validator_value, error.schema.get("title", "")
    if rule in ("required", "additionalProperties"):
        meant = {key: _meant(key, error.schema, path) for key in node.value if key not in error.schema["properties"]}
        kinds = [_KIND_KEYS[name] for name in meant.values() if name in _KIND_KEYS]
        # Where voters or ways are misspelt, all that can be said is what a vote or a branch has.
        others = set(pipeline_schema()["$defs"][kinds[0]]["properties"]) if kinds else set[str]()
    if rule == "required":
        for key in limit:
            # A misspelt key, or a branch where none may be, is reported as such.
            if key in node.value or key in meant.values() or (title == "a step" and "ways" in node.value):
                continue
            if not kinds or key in others:
                sentence = f"the key {key} is missing; give it {_title(error.schema['properties'][key])}"
                yield _fault(root, path, sentence)
    elif rule == "additionalProperties":
        for key in node.value:
            if key not in error.schema["properties"] and key not in others:
                yield _fault(root, path, _unknown(key, error.schema, path), key=key)
    elif rule == "type":
        if not _is_out_of_range(node.value, error.schema):  # which is reported as such
            yield _fault(root, path, _wrong_type(node, limit, error.schema, path))
    elif rule in ("minimum", "maximum"):
        side = "below" if rule == "minimum" else "above"
        yield _fault(root, path, f"{node.shown} is {side} {limit:,}; give {title}")
    elif rule == "minItems":
        yield _fault(root, path, f"the list is empty; give {title}")
    elif rule == "pattern":
        yield _fault(root, path, f"{node.shown} is blank; give {title}")
    elif rule == "not" and isinstance(node.value, str):
        control = CONTROL_CHARACTER.search(node.value)
        if control and node.value.strip():  # a blank text is reported as such
            sentence = f"{node.shown} holds the control character {control[0]!r}; take it out"
            yield _fault(root, path, sentence)
    elif rule == "not":
        least = f"{limit['exclusiveMaximum']:g}"
        yield _fault(root, path, f"{node.shown} is above 0 and below {least}; give {title}")
    else:  # no other rule stands in the schema
        yield _fault(root, path, error.message)


def _title(schema: dict[str, Any]) -> str:
    """Return the title of a schema, or of the definition that it refers to."""
    if "$ref" in schema:
        schema = pipeline_schema()["$defs"][schema["$ref"].rpartition("/")[2]]
    return str(schema["title"])


def _is_out_of_range(value: Any, schema: dict[str, Any]) -> bool:
    """Return whether a number is below the minimum or above the maximum that the schema has for it."""
    if isinstance(value, bool) or not _is_finite(value):
        return False
    return bool(value < schema.get("minimum", value) or value > schema.get("maximum", value))


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
        beyond = "too large" if value > 0 else "below 0"
        return f"{shown} is {beyond if any(map(str.isdigit, shown)) else 'not a finite number'}; give {title}"
    quoted = isinstance(value, str) and not isinstance(plain_value(value), str | bool | None)
    return f"{shown} is not a number; give {title}{', without quotation marks' if quoted else ''}"


def _meant(key: str, schema: dict[str, Any], path: Sequence[str | int]) -> str | None:
    """Return the key that the unknown key of the mapping at `path` was probably to be."""
    known = list(schema["properties"])
    word = key.strip().lower().replace("-", "_").replace(" ", "_")
    if schema["title"] == "a step":  # which any part is that has no key of another kind
        kinds = [name for name in _KIND_KEYS if name == "voters" or "fallback" not in path[-1:]]
        if close := difflib.get_close_matches(word, kinds, n=1, cutoff=_ALMOST):
            return close[0]
    if word in ("retries", "max_retries", "tries") and "attempts" in known:
        return "attempts"
    inside = [name for name in known if name in word or (len(word) > 2 and word in name)]
    return next(iter([*difflib.get_close_matches(word, known, n=1), *inside]), None)


def _unknown(key: str, schema: dict[str, Any], path: Sequence[str | int]) -> str:
    """Return what to do about a key that the mapping at `path` does not have."""
    definitions, title = pipeline_schema()["$defs"], schema["title"]
    here = f"there is no key {shown_text(key)} in {title}"
    if key == "<<":
        return "merge keys are no part of YAML 1.2; write the keys out, or use an alias for a whole value"
    of_step, of_vote, of_voter = (definitions[name]["properties"] for name in ("step", "vote", "voter"))
    if title == "a voter" and (key in of_step or key in _KIND_KEYS):
        mend = "give it to the vote or take it out" if key in of_vote and key not in _KIND_KEYS else "take it out"
        return f"{here}, which is a step that answers once; {mend}"
    if title == "a vote" and key in of_step:
        if key in of_voter:
            return f"{here}, but in each of its voters; move it there or take it out"
        return f"{here}, whose voters answer once; take it out"
    if title == "a step" and key == "ways" and "fallback" in path[-1:]:
        return "a branch cannot be a fallback; give a step or a vote"
    if title == "a vote" and key == "ways":
        return "a part with voters is a vote and one with ways is a branch; take out one of the two keys"
    owners = [owner["title"] for owner in definitions.values() if key in owner.get("properties", {})]
    if owners:
        return f"{here}, but in {' or '.join(owners)}; move it there or take it out"
    meant = _meant(key, schema, path)
    if meant == "attempts" and "tries" in key:
        return f"{here}; did you mean 'attempts', which counts the first one, too?"
    if meant in _KIND_KEYS and title == "a step":
        return f"{here}; did you mean {meant!r}, which makes it a {_KIND_KEYS[meant]}?"
    return f"{here}; did you mean {meant!r}?" if meant else f"{here}; there are {', '.join(schema['properties'])}"
