"""Widths for the columns of wide tables: as much as what stands in them needs, and no less than their longest word."""

import re

from coordination_gap.press.paper.footnotes import Element, walk, words_of

#: Characters of a table's type that a line of the page takes.
_LINE = 118
#: Text beyond this wraps, so a longer cell does not ask for more.
_WRAPS = 44
#: A longer word is broken where its parts meet.
_LONGEST = 18
_PARTS_MEET = re.compile(r"(?<=[/_.?&=-])(?=\w)")
_BREAK = "\N{ZERO WIDTH SPACE}"


def fitted(document: Element) -> Element:
    """Return a tree in which tables wider than the page have widths; narrower ones keep their own."""
    changed: Element = walk(document, lambda element: _fit(element) if element["t"] == "Table" else element)
    return changed


def _fit(table: Element) -> Element:
    attributes, caption, columns, head, bodies, foot = table["c"]
    rows = [row for part in (head[1], *(body[3] for body in bodies)) for row in part]
    cells = [[words_of(cell[4]) for cell in row[1]] for row in rows]
    whole = [row for row in cells if len(row) == len(columns)]
    if not whole or sum(max(map(len, column)) for column in zip(*whole, strict=True)) <= _LINE:
        return table
    widths = _widths([_measured(column) for column in zip(*whole, strict=True)])
    specified = [
        [alignment, {"t": "ColWidth", "c": width}] for (alignment, _), width in zip(columns, widths, strict=True)
    ]
    return table | {"c": [attributes, caption, specified, *walk([head, bodies, foot], _breakable)]}


def _breakable(element: Element) -> Element:
    kind, content = element["t"], element.get("c", "")
    if kind == "Str" and len(content) > _LONGEST:
        return {"t": "Str", "c": _PARTS_MEET.sub(_BREAK, content)}
    if kind == "Code" and len(content[1]) > _LONGEST:
        return {"t": "Code", "c": [content[0], _PARTS_MEET.sub(_BREAK, content[1])]}
    return element


def _measured(column: tuple[str, ...]) -> tuple[float, float]:
    """Return the characters that a column cannot do without, and those that its cells would like on average."""
    longest_word = max((len(word) for text in column for word in text.split()), default=1)
    typical = sum(min(len(text), 3 * _WRAPS) for text in column) / len(column)
    return min(longest_word, _LONGEST) + 2.0, min(typical, _WRAPS)


def _widths(measured: list[tuple[float, float]]) -> list[float]:
    """Return the columns' shares of the line: what each needs, and the rest by what each would like beyond that."""
    needed = sum(least for least, _ in measured)
    rest = max(_LINE - needed, 0.0)
    wishes = [max(typical - least, 0.0) + 1.0 for least, typical in measured]
    taken = [least + rest * wish / sum(wishes) for (least, _), wish in zip(measured, wishes, strict=True)]
    return [width / sum(taken) for width in taken]
