"""YAML text as a tree in which every value knows its line.

Scalars are read as YAML 1.2's core schema has them, so that a pipeline file means the same
here and to a JSON Schema validator: ``1e-3`` is a number, while ``yes``, ``1:30`` and
``0123``, which older readers turn into a truth value, a time and an octal number, are texts.
Nothing is constructed: tags are refused, and aliases only repeat a value.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

#: Levels of lists and mappings in each other: enough for any pipeline, and few enough to be followed by recursion.
MAX_LEVELS = 64
#: Values that aliases may add to a file, so that aliases of aliases cannot grow without end.
MAX_ALIASED = 100_000
#: The event parser that uses libyaml, where it was compiled in, is about 20 times as fast.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_NULL = {"", "~", "null", "Null", "NULL"}
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
# Python does not convert longer texts to int, and no float is that large.
_LONGEST_INTEGER = 400
_LONGEST_SHOWN = 40


@dataclass(frozen=True, order=True)
class Fault:
    """One thing that is wrong: its line and column, the place in words, and what is wrong and how to mend it."""

    line: int
    column: int
    place: str
    sentence: str


class YamlError(ValueError):
    """The text cannot be read as YAML; :attr:`fault` says why."""

    def __init__(self, line: int, sentence: str, column: int | None = None) -> None:
        place = f"line {line}" if column is None else f"line {line}, column {column}"
        self.fault = Fault(line, column or 0, place, sentence)
        super().__init__(f"{place}: {sentence}")


@dataclass(slots=True)
class Node:
    """A value of a YAML text.

    Attributes
    ----------
    value
        A text, a number, a truth value or None; a list of nodes; or a dict of nodes.
    line, column
        Where it begins, counted from 1.
    shown
        The value as a message shows it.
    keys
        Line and column of each key, where `value` is a dict.
    levels, size
        Levels of lists and mappings in it, and the number of values.
    """

    value: Any
    line: int
    column: int
    shown: str
    keys: dict[str, tuple[int, int]] = field(default_factory=dict)
    levels: int = 0
    size: int = 1

    def plain(self) -> Any:
        """Return the value without the places: dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


class _Reader:
    """Puts the events of a YAML text together."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root: Node | None = None
        self.faults: list[Fault] = []
        self.anchors: dict[str, Node] = {}
        self.open: list[Node] = []
        self.brackets: list[int | None] = []  # where in the text that of each open node stands, if it has one
        self.keys: list[tuple[str, int, int] | None] = []  # the key that waits for its value, for each open node
        self.aliased = 0

    def read(self) -> tuple[Node | None, list[Fault]]:
        documents = 0
        for event in self._events():
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise YamlError(line, "a second document begins here; keep one pipeline in a file")
            elif isinstance(event, yaml.AliasEvent):
                self._add(self._alias(event.anchor, line, column), is_word=False)
            elif isinstance(event, yaml.ScalarEvent):
                plain = event.implicit[0]
                node = _scalar(event.value, plain, line, column)
                self._begin(node, event)
                self._add(node, is_word=True, text=event.value)
            elif isinstance(event, yaml.CollectionStartEvent):
                is_list = isinstance(event, yaml.SequenceStartEvent)
                node = Node([] if is_list else {}, line, column, "a list" if is_list else "a mapping")
                self._begin(node, event)
                if len(self.open) >= MAX_LEVELS:
                    raise YamlError(line, _too_deep())
                self.open.append(node)
                self.brackets.append(self._bracket(event) if event.flow_style else None)
                self.keys.append(None)
            elif isinstance(event, yaml.CollectionEndEvent):
                self.keys.pop()
                self.brackets.pop()
                self._add(self.open.pop(), is_word=False)
        return self.root, self.faults

    def _events(self) -> Iterator[Any]:
        try:
            yield from yaml.parse(self.text, Loader=LOADER)
        except yaml.MarkedYAMLError as error:
            innermost = next((place for place in reversed(self.brackets) if place is not None), None)
            raise _malformed(error, self.text, innermost) from None
        except yaml.reader.ReaderError as error:
            raise _unreadable(self.text, self.text.find(chr(error.character))) from None
        except UnicodeEncodeError as error:
            raise _unreadable(self.text, error.start) from None

    def _bracket(self, event: Any) -> int | None:
        """Return where the bracket that begins a flow collection stands; a lone pair in a list has none."""
        start: int = event.start_mark.index
        if event.anchor is not None:
            start = next((place for place in range(start, len(self.text)) if self.text[place] in "[{"), start)
        return start if self.text[start : start + 1] in ("[", "{") else None

    def _begin(self, node: Node, event: Any) -> None:
        if event.tag is not None:
            tag = _shortened(event.tag.replace("tag:yaml.org,2002:", "!!"))
            raise YamlError(node.line, f"the tag {tag} has no meaning in a pipeline; take it out")
        if event.anchor is not None:
            self.anchors[event.anchor] = node

    def _alias(self, anchor: str | None, line: int, column: int) -> Node:
        target = self.anchors.get(anchor or "")
        if target is None:
            raise YamlError(line, f"the alias *{anchor} stands for nothing; put &{anchor} before the value meant")
        if any(target is node for node in self.open):
            raise YamlError(
                line, f"the alias *{anchor} is a part of what it stands for, which begins in line {target.line}; "
                "a pipeline has no cycles, so write out what is meant",
            )  # fmt: skip
        if len(self.open) + target.levels > MAX_LEVELS:
            raise YamlError(line, _too_deep())
        self.aliased += target.size
        if self.aliased > MAX_ALIASED:
            raise YamlError(line, f"the aliases up to here repeat more than {MAX_ALIASED:,} values; use fewer of them")
        return replace(target, line=line, column=column)

    def _add(self, node: Node, *, is_word: bool, text: str = "") -> None:
        """Put a complete node where it belongs: at the top, in a list, or in a mapping as a key or a value."""
        if not self.open:
            self.root = node
            return
        parent, waiting = self.open[-1], self.keys[-1]
        if isinstance(parent.value, dict) and waiting is None:
            if not is_word:
                raise YamlError(node.line, f"a key is {node.shown}; a key has to be a word")
            self.keys[-1] = (text, node.line, node.column)
            return
        parent.levels = max(parent.levels, node.levels + 1)
        parent.size += node.size
        if waiting is None:
            parent.value.append(node)
            return
        key, line, column = waiting
        self.keys[-1] = None
        if key in parent.value:
            first = parent.keys[key][0]
            sentence = f"the key {shown_text(key)} is given a second time, after line {first}; keep one of the two"
            self.faults.append(Fault(line, column, f"line {line}", sentence))
        else:
            parent.value[key] = node
            parent.keys[key] = (line, column)


def read(text: str) -> tuple[Node | None, list[Fault]]:
    """Return the tree of a YAML text, None for an empty one, with its lesser faults: keys given twice.

    Raises
    ------
    YamlError
        If it is not YAML, or has several documents, tags, cycles, or more levels than
        :data:`MAX_LEVELS`.
    """
    return _Reader(text).read()


def shown_text(text: str) -> str:
    """Return a text as a message shows it: in quotation marks, on one line, shortened."""
    return repr(_shortened(text))


def plain_value(text: str) -> str | float | bool | None:
    """Return what a scalar without quotation marks is read as."""
    value: str | float | bool | None = _scalar(text, True, 1, 1).value
    return value


def _scalar(text: str, plain: bool, line: int, column: int) -> Node:
    if not plain:
        return Node(text, line, column, f"the text {shown_text(text)}")
    value: Any = text
    if text in _NULL:
        return Node(None, line, column, "empty")
    if text in _TRUTH:
        value = _TRUTH[text]
    elif _INTEGER.fullmatch(text):
        value = int(text) if len(text) <= _LONGEST_INTEGER else float(text)
    elif _FLOAT.fullmatch(text):
        value = float(text)
    elif _NOT_FINITE.fullmatch(text):
        value = float(text.replace(".", ""))
    else:
        return Node(text, line, column, f"the text {shown_text(text)}")
    return Node(value, line, column, _shortened(text))


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def _too_deep() -> str:
    return f"lists and mappings stand in each other more than {MAX_LEVELS} levels deep here; nest fewer of them"


def _unreadable(text: str, position: int) -> YamlError:
    before = text[: max(0, position)]
    sentence = f"the character {text[len(before)]!a} may not stand in YAML; take it out"
    return YamlError(before.count("\n") + 1, sentence, len(before) - before.rfind("\n"))


def _malformed(error: yaml.MarkedYAMLError, text: str, bracket: int | None) -> YamlError:
    """Return what libyaml or PyYAML found, in a plain sentence with the mend; `bracket` is the innermost open one."""
    problem, context = error.problem or "", error.context or ""
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return YamlError(1, "this is not YAML; look at its indentation, colons and quotation marks")
    begun = error.context_mark or mark
    if "cannot start any token" in problem:
        line = text.split("\n")[mark.line : mark.line + 1]
        character = line[0][mark.column : mark.column + 1] if line else ""
        sentence = (
            "a tab stands where only spaces may; indent with spaces"
            if character == "\t"
            else f"nothing can begin with {character!r}; put quotation marks around the text"
        )
    elif "mapping values" in problem:
        sentence = (
            "a colon is not expected here; indent the line as its neighbours are, or put quotation marks around "
            "a text that holds a colon"
        )
    elif "end of stream" in problem and "quoted" in context:
        mark, sentence = begun, "a quotation mark is opened here and never closed; close it"
    elif "flow" in context:
        # What the parser says has begun may be the value that is missing, and not the bracket around it.
        begins = f"line {begun.line + 1}, column {begun.column + 1}"
        if bracket is not None:
            begins = f"line {text.count(chr(10), 0, bracket) + 1}, column {bracket - text.rfind(chr(10), 0, bracket)}"
        sentence = f"the bracket opened in {begins} is not closed before here; close it, or add a missing comma"
    elif "expected ':'" in problem:
        mark, sentence = begun, "a key has no colon after it; write it as key: value"
    elif "sequence entries" in problem:
        sentence = "a list begins on the line of its key; begin it on a line of its own"
    elif "escape" in problem:
        sentence = "a backslash begins nothing that is known here; double it, or use single quotation marks"
    elif "block" in context:
        sentence = (
            f"this does not fit into what begins in line {begun.line + 1}; indent it as its neighbours are, "
            "and look for quotation marks and brackets before it"
        )
    else:
        sentence = "this is not YAML; look at the indentation, colons, brackets and quotation marks here"
    return YamlError(mark.line + 1, sentence, mark.column + 1)
