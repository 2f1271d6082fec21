"""Values that replace those of a pipeline's file, as ``lookup.success=0.99`` does."""

import difflib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from coordination_gap.reliability.specification_faults import SpecificationError, parts
from coordination_gap.reliability.yaml_tree import MAX_LEVELS, Node, YamlError, read


def change(root: Node, wanted: str, file: str) -> None:
    """Put a value into a pipeline's tree; whether it is allowed there, the schema has to say.

    Parameters
    ----------
    root
        The tree, which is changed in place.
    wanted
        ``NAME.FIELD=VALUE``, or ``FIELD=VALUE`` for the pipeline's own fields. Entries of a
        list are counted from 1; the value ``null`` takes a key out.
    file
        The file's name for messages.

    Raises
    ------
    SpecificationError
        If `wanted` cannot be read, or names a part or an entry that is not there.
    """
    path, target, value = _split(root, wanted, file)
    try:
        given, faults = read(value)
    except YamlError as error:
        raise SpecificationError(f"{wanted!r} cannot be read: {error.fault.sentence}") from None
    if given is None or faults or given.levels + len(path) + target.count(".") >= MAX_LEVELS:
        raise SpecificationError(f"{wanted!r} cannot be read: give one value after the equals sign")
    node = root
    for key in path:  # aliases may share what is on the way, and only the named part is meant
        node = _copied(node, key)
    *inner, last = target.split(".")
    for word in inner:
        at = _entry(node, word, wanted)
        if isinstance(node.value, dict) and at not in node.value:
            node.value[at] = Node({}, node.line, node.column, "a mapping")
            node.keys[at] = (node.line, node.column)
        node = _copied(node, at)
    at = _entry(node, last, wanted)
    if isinstance(node.value, list):
        node.value[at] = _moved(given, node.value[at].line, node.value[at].column)
    elif given.value is None:
        node.value.pop(at, None)
    else:
        node.value[at] = _moved(given, *node.keys.setdefault(at, (node.line, node.column)))


def _split(root: Node, wanted: str, file: str) -> tuple[Sequence[str | int], str, str]:
    """Return the path to the named part (empty for the pipeline), the field's name, and the value."""
    known = {
        part.value["name"].value: path
        for part, path in parts(root)
        if "name" in part.value and isinstance(part.value["name"].value, str)
    }
    # A name may hold points and equals signs, too.
    named = max((name for name in known if wanted.startswith(f"{name}.")), key=len, default=None)
    target, equals, value = (wanted if named is None else wanted[len(named) + 1 :]).partition("=")
    if not equals or not all(target.split(".")) or not value.strip():
        raise SpecificationError(f"{wanted!r} is no change: give NAME.FIELD=VALUE, such as lookup.success=0.99")
    if named is not None:
        return known[named], target, value
    name, point, _ = target.partition(".")
    if point:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(map(repr, known)) or 'none'}"
        raise SpecificationError(f"{wanted!r}: no part of {file} has the name {name!r}; {hint}")
    return (), target, value


def _copied(node: Node, key: Any) -> Node:
    """Return the entry `key` of a list or mapping after putting a copy in its place."""
    child: Node = node.value[key]
    value = child.value.copy() if isinstance(child.value, dict | list) else child.value
    node.value[key] = replace(child, value=value, keys=child.keys.copy())
    copied: Node = node.value[key]
    return copied


def _moved(node: Node, line: int, column: int) -> Node:
    """Return a node whose every value says that it stands at one place of the file."""
    value = node.value
    if isinstance(value, dict):
        value = {key: _moved(child, line, column) for key, child in value.items()}
    elif isinstance(value, list):
        value = [_moved(child, line, column) for child in value]
    return replace(node, value=value, line=line, column=column, keys=dict.fromkeys(node.keys, (line, column)))


def _entry(node: Node, word: str, wanted: str) -> Any:
    """Return the key or the index by which a mapping or a list is asked for an entry."""
    if isinstance(node.value, dict):
        return word
    if not isinstance(node.value, list):
        raise SpecificationError(f"{wanted!r} asks for {word!r} of {node.shown}, which has no fields: name a field")
    if word.isdecimal() and 1 <= int(word) <= len(node.value):
        return int(word) - 1
    count = len(node.value)
    raise SpecificationError(f"{wanted!r} asks for entry {word!r} of a list: give a number from 1 to {count}")
