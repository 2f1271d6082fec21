"""Pipelines as YAML files, whose format ``pipeline.schema.json`` defines."""

import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from coordination_gap.reliability.parts import Branch, Gate, Step, Vote, Way
from coordination_gap.reliability.pipeline import Pipeline
from coordination_gap.reliability.specification_changes import change
from coordination_gap.reliability.specification_faults import (
    SpecificationError,
    kind,
    made_fault,
    name_faults,
    pipeline_schema,
    pipeline_schema_text,
    schema_faults,
)
from coordination_gap.reliability.yaml_tree import MAX_LEVELS, Fault, Node, YamlError, read

__all__ = [
    "SpecificationError",
    "load_pipeline",
    "pipeline_from_yaml",
    "pipeline_schema",
    "pipeline_schema_text",
    "pipeline_to_yaml",
    "save_pipeline",
]

#: No pipeline's file is this large (bytes); a file given by mistake may be.
_LARGEST = 50_000_000
_CLASSES: dict[str, type[Step | Vote | Branch]] = {"step": Step, "vote": Vote, "branch": Branch}
#: Names that need no quotation marks in YAML of any version, if they are none of its words.
_PLAIN_NAME = re.compile(r"[^\W\d](?:[\w ./()-]*[\w)])?")
_YAML_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def load_pipeline(path: str | Path, *, changes: Sequence[str] = ()) -> Pipeline:
    """Return the pipeline of a YAML file.

    Parameters
    ----------
    path
        The file.
    changes
        Values that replace those of the file: ``"NAME.FIELD=VALUE"``, such as
        ``"lookup.success=0.99"`` or ``"lookup.gate.detection=0.95"``, ``"FIELD=VALUE"`` for
        the pipeline's own fields; list entries are counted from 1, as in
        ``"route.ways.2.probability=0.4"``, and the value ``null`` takes a key out, or
        changes nothing where the part could have that key but does not.

    Raises
    ------
    SpecificationError
        If the file cannot be read or is not a pipeline; the message is one sentence
        about the first fault, and says how many more there are.
    """
    shown = str(path)
    try:
        with Path(path).open("rb") as file:
            content = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise SpecificationError(f"{shown} does not exist: give the path of a pipeline's YAML file") from None
    except IsADirectoryError:
        raise SpecificationError(f"{shown} is a directory: give the path of a pipeline's YAML file") from None
    except (OSError, ValueError) as error:  # a path with a zero byte is a ValueError
        reason = error.strerror if isinstance(error, OSError) else error
        raise SpecificationError(f"{shown!a} cannot be read ({reason}): give a file that can be") from None
    if len(content) > _LARGEST:
        raise SpecificationError(f"{shown} is larger than {_LARGEST:,} bytes: no pipeline's file is, give another one")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SpecificationError(
            f"{shown}, line {line}: byte {error.start + 1} is not UTF-8 text; save the file as UTF-8"
        ) from None
    return _pipeline(text, shown, changes)


def pipeline_from_yaml(text: str, name: str = "<text>") -> Pipeline:
    """Return the pipeline of a YAML text; `name` stands for the file in messages.

    Raises
    ------
    SpecificationError
        If it is not a pipeline; see :func:`load_pipeline`.
    """
    return _pipeline(text, name, ())


def pipeline_to_yaml(pipeline: Pipeline) -> str:
    """Return a pipeline as YAML, from which exactly the same pipeline is read.

    Fields that have their default are left out; the others stand in the order of the
    classes, numbers with all the digits that they have.

    Raises
    ------
    SpecificationError
        If `pipeline` is none, a name holds what UTF-8 cannot, or parts are nested deeper
        than a file may be.
    """
    if not isinstance(pipeline, Pipeline):
        raise SpecificationError(f"pipeline is {pipeline!r}: give a Pipeline")
    return "\n".join(_block(pipeline, level=1)) + "\n"


def save_pipeline(pipeline: Pipeline, path: str | Path, remarks: Sequence[str] = ()) -> None:
    """Write a pipeline as a YAML file, in one step: a file that was there stays until the new one is complete.

    Parameters
    ----------
    pipeline, path
        What is written, and where.
    remarks
        Sentences of one line, written as comments at the head of the file.

    Raises
    ------
    SpecificationError
        If the pipeline cannot be written as YAML, or the file cannot be written.
    """
    text = "".join(f"# {remark}\n" for remark in remarks) + pipeline_to_yaml(pipeline)
    try:
        target = Path(path).resolve()
        if target.exists() and not target.is_file():
            raise SpecificationError(f"{path} is not a file: give the path of a file")
        _replace(target, text)
    except OSError as error:
        unchanged = "; the file that was there is unchanged" if Path(path).exists() else ""
        raise SpecificationError(
            f"{path} cannot be written ({error.strerror or error}): mend that or give another path{unchanged}"
        ) from None


def _replace(target: Path, text: str) -> None:
    descriptor, partial = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:100]}.")
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 # a descriptor has no path
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(partial).chmod(target.stat().st_mode if target.exists() else 0o666 & ~_umask())
        Path(partial).replace(target)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _pipeline(text: str, file: str, changes: Sequence[str]) -> Pipeline:
    try:
        root, faults = read(text)
    except YamlError as error:
        raise SpecificationError(f"{file}, {error}") from None
    if root is None or root.value is None:
        raise SpecificationError(f"{file} is empty: begin it with steps: and give each part a dash below")
    if not isinstance(root.value, dict):
        raise SpecificationError(f"{file}, line {root.line}: the file is {root.shown}; begin it with the line steps:")
    for wanted in changes:
        change(root, wanted, file)
    faults += schema_faults(root)
    faults += name_faults(root)
    pipeline = None if faults else _make(Pipeline, root, root, (), faults)
    if faults:
        first, *others = sorted(faults)
        more = f" (and {len(others)} more fault{'s' * (len(others) > 1)} after it)" if others else ""
        changed = f" with {', '.join(changes)}" if changes else ""
        raise SpecificationError(f"{file}{changed}, {first.place}: {first.sentence}{more}")
    assert isinstance(pipeline, Pipeline)  # noqa: S101 # what cannot be made is a fault
    return pipeline


def _make(made: Any, root: Node, node: Node, path: tuple[str | int, ...], faults: list[Fault]) -> Any:
    """Return an instance of the class `made` from a mapping that the schema allows; None, and a fault, if refused."""
    before = len(faults)
    values: dict[str, Any] = {}
    for key, child in node.value.items():
        at = (*path, key)
        if key == "gate":
            values[key] = _make(Gate, root, child, at, faults)
        elif key == "fallback":
            values[key] = _make(_CLASSES[kind(child)], root, child, at, faults)
        elif isinstance(child.value, list):
            values[key] = [
                _make(Way if key == "ways" else _CLASSES[kind(entry)], root, entry, (*at, number), faults)
                for number, entry in enumerate(child.value)
            ]
        else:
            values[key] = child.value
    if len(faults) > before:
        return None
    try:
        return made(**values)
    except ValueError as error:
        faults.append(made_fault(root, path, str(error)))
        return None


def _block(given: Any, level: int) -> Iterator[str]:
    """Yield the lines of a mapping, its indentation aside."""
    if level > MAX_LEVELS:
        raise SpecificationError(
            f"pipeline: its parts are nested more than {MAX_LEVELS} levels deep: a file cannot hold that, nest fewer"
        )
    for name, value in _written(given).items():
        if isinstance(value, Gate):
            inside = ", ".join(f"{key}: {_scalar(entry)}" for key, entry in _written(value).items())
            yield f"{name}: {{{inside}}}"
        elif isinstance(value, tuple):
            yield f"{name}:"
            for entry in value:
                first, *others = _block(entry, level + 2)
                yield f"  - {first}"
                yield from (f"    {line}" for line in others)
        elif isinstance(value, Step | Vote):
            yield f"{name}:"
            yield from (f"  {line}" for line in _block(value, level + 1))
        else:
            yield f"{name}: {_scalar(value)}"


def _written(given: Any) -> Mapping[str, Any]:
    """Return the fields of a part that do not have their default."""
    values = {field.name: (getattr(given, field.name), field.default) for field in fields(given)}
    return {name: value for name, (value, default) in values.items() if default is MISSING or value != default}


def _scalar(value: str | float) -> str:
    if isinstance(value, str):
        return _text(value)
    text = repr(value)
    # Without a point, readers of YAML 1.1 take a number with an exponent for a text.
    return text.replace("e", ".0e") if "e" in text and "." not in text else text


def _text(text: str) -> str:
    if _PLAIN_NAME.fullmatch(text) and text.isprintable() and text.lower() not in _YAML_WORDS:
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise SpecificationError(f"the name {text!a} is not text that UTF-8 can hold: give another one") from None
    escaped = "".join(
        f"\\{character}" if character in '"\\'
        else character if character.isprintable()
        else f"\\U{ord(character):08x}"
        for character in text
    )  # fmt: skip
    return f'"{escaped}"'
