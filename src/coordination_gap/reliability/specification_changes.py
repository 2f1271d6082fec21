"""Values that replace those of a pipeline's file, as ``lookup.success=0.99`` does."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from coordination_gap.reliability.specification_faults import SpecificationError, kind, parts, schema_at, unknown_key
from coordination_gap.reliability.yaml_tree import MAX_LEVELS, Node, YamlError, plain_value, read

#: What a change of each kind of part may look like, for messages.
_SUCH_AS = {"step": "success=0.99", "vote": "needed=2", "branch": "ways.1.probability=0.5"}


def change(root: Node, wanted: str, file: str) -> None:
    """Put a value into a pipeline's tree; whether it is allowed there, the schema has to say.

    Parameters
    ----------
    root
        The tree, which is changed in place.
    wanted
        ``NAME.FIELD=VALUE``, or ``FIELD=VALUE`` for the pipeline's own fields. Entries of a
        list are counted from 1; the value ``null`` takes a key out, and changes nothing
        where the key is not there but could be.
    file
        The file's name for messages.

    Raises
    ------
    SpecificationError
        If `wanted` cannot be read, names a part or an entry that is not there, or takes out
        a key that cannot be there.
    """
    path, target, value = _split(root, wanted, file)
    try:
        given, faults = read(value)
    except YamlError as error:
        raise SpecificationError(f"{wanted!r} cannot be read: {error.fault.sentence}") from None
    if given is None or faults or given.levels + len(path) + target.count(".") >= MAX_LEVELS:
        raise SpecificationError(f"{wanted!r} cannot be read: give one value after the equals sign")
    node, reached = root, list(path)
    added: tuple[Node, str] | None = None  # the outermost mapping that the change had to put in
    for key in path:  # aliases may share what is on the way, and only the named part is meant
        node = _copied(node, key)
    *inner, last = target.split(".")
    for word in inner:
        at = _entry(node, word, wanted)
        if isinstance(node.value, dict) and at not in node.value:
            node.value[at] = Node({}, node.line, node.column, "a mapping")
            node.keys[at] = (node.line, node.column)
            added = added or (node, at)
        reached.append(at)
        node = _copied(node, at)
    at = _entry(node, last, wanted)
    if isinstance(node.value, list):
        node.value[at] = _moved(given, node.value[at].line, node.value[at].column)
    elif given.value is None:
        if at not in node.value and (fault := unknown_key(root, [*reached, at])) is not None:
            raise SpecificationError(f"{file} with {wanted}, {fault.place}: {fault.sentence}")
        node.value.pop(at, None)
        if added is not None:
            del added[0].value[added[1]]
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
    alone = max((name for name in known if wanted.startswith(f"{name}=")), key=len, default=None)
    if alone is not None and not _has_field(root, () if named is None else known[named], wanted[len(named or "") :]):
        part = next(part for part, path in parts(root) if path == known[alone])
        raise SpecificationError(
            f"{wanted!r}: the field of the {kind(part)} {alone!r} is missing; "
            f"name it, as in {alone}.{_such_as(part, wanted[len(alone) + 1 :])}"
        )
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


def _has_field(root: Node, path: Sequence[str | int], target: str) -> bool:
    """Return whether the mapping at `path` can have the key with which `target` begins."""
    schema = schema_at(root, path)
    return schema is not None and re.split("[.=]", target.removeprefix("."))[0] in schema["properties"]


def _such_as(part: Node, value: str) -> str:
    """Return a change of `part` as it could have been meant: with the value that was given, if that fits."""
    number = plain_value(value.strip())
    is_share = isinstance(number, int | float) and not isinstance(number, bool) and 0 <= number <= 1
    return f"success={value.strip()}" if is_share and kind(part) == "step" else _SUCH_AS[kind(part)]


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
