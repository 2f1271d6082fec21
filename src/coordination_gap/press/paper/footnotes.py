"""Facts in pandoc's document tree: their numbers linked, their addresses as footnotes."""

from collections.abc import Callable, Iterator
from typing import Any

#: An element of pandoc's document tree: ``{"t": type, "c": content}``.
Element = dict[str, Any]
Inlines = list[Element]

#: Blocks that hold inlines of their own, to which a note can be added.
_PARAGRAPHS = ("Para", "Plain")


def walk(node: Any, change: Callable[[Element], Any]) -> Any:
    """Return a tree in which each element is what `change` returns for it: itself, another one, or several in a list.

    Elements are changed after what they hold.
    """
    if isinstance(node, list):
        changed: list[Any] = []
        for item in node:
            result = walk(item, change)
            several = isinstance(item, dict) and "t" in item and isinstance(result, list)
            changed.extend(result if several else [result])
        return changed
    if isinstance(node, dict):
        inside = {key: walk(value, change) for key, value in node.items()}
        return change(inside) if "t" in inside else inside
    return node


def elements(node: Any) -> Iterator[Element]:
    """Yield every element of a tree."""
    if isinstance(node, list):
        for item in node:
            yield from elements(item)
    elif isinstance(node, dict):
        if "t" in node:
            yield node
        for value in node.values():
            yield from elements(value)


def fact_id(element: Element) -> str | None:
    """Return the id of the fact that an element prints, None if it is no fact."""
    if element["t"] != "Link":
        return None
    (_, classes, pairs), _, _ = element["c"]
    return dict(pairs).get("fact") if "fact" in classes else None


def link(words: Inlines, address: str | None) -> Element:
    """Return words that lead to an address, or just the words where there is none."""
    if address is None:
        return {"t": "Span", "c": [["", [], []], words]}
    return {"t": "Link", "c": [["", [], []], words, [address, ""]]}


def text(words: str) -> Element:
    """Return a string."""
    return {"t": "Str", "c": words}


def words_of(inlines: Any) -> str:
    """Return what inlines say, without how."""
    said = {"Space": " ", "SoftBreak": " ", "LineBreak": " "}
    return "".join(_word(element, said) for element in elements(inlines))


def _word(element: Element, said: dict[str, str]) -> str:
    if element["t"] == "Str":
        return str(element["c"])
    return str(element["c"][1]) if element["t"] == "Code" else said.get(element["t"], "")


def note(inlines: Inlines) -> Element:
    """Return a footnote."""
    return {"t": "Note", "c": [{"t": "Para", "c": inlines}]}


def each_fact(document: Element, address: Callable[[str], str | None]) -> Element:
    """Give each number a footnote with its address."""

    def change(element: Element) -> Any:
        found = fact_id(element)
        if found is None:
            return element
        place = address(found)
        said = link([text(place or f"{found}, published nowhere")], place)
        return [link(element["c"][1], place), note([said])]

    changed: Element = walk(document, change)
    return changed


def by_paragraph(document: Element, address: Callable[[str], str | None]) -> Element:
    """Give each paragraph one footnote that names the facts of its numbers in order, each with its address."""

    def facts_of(inlines: Inlines) -> dict[str, Inlines]:
        found: dict[str, Inlines] = {}
        for element in elements(inlines):
            name = fact_id(element)
            if name is not None:
                found.setdefault(name, element["c"][1])
        return found

    def linked(element: Element) -> Any:
        name = fact_id(element)
        return element if name is None else link(element["c"][1], address(name))

    def change(element: Element) -> Any:
        if element["t"] not in _PARAGRAPHS:
            return element
        found = facts_of(element["c"])
        inlines: Inlines = walk(element["c"], linked)
        if not found:
            return element | {"c": inlines}
        said: Inlines = []
        for name, words in found.items():
            said += [*words, text(": "), link([{"t": "Code", "c": [["", [], []], name]}], address(name)), text("; ")]
        return element | {"c": [*inlines, note([*said[:-1], text(".")])]}

    changed: Element = walk(document, change)
    return changed
