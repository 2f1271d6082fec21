"""The pages of the book that claims belong to, and the sections in which their facts are shown."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from docutils.nodes import make_id

from coordination_gap import paths

_HEADING = re.compile(r"(?P<level>#{1,4}) (?P<title>.+)")
_PAGE_NAME = re.compile(r"facts\.Page\(\"(?P<name>\w+)\"")
_FACT = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
#: The page of the audit itself.
OWN = "claims"
PLAYBOOK = "playbook"


@dataclass(frozen=True)
class BookPage:
    """A page of the book.

    Attributes
    ----------
    address
        As seen from a notebook's page.
    title
        Its heading.
    sections
        The headings of its sections, by anchor.
    """

    address: str
    title: str
    sections: Mapping[str, str]


@paths.derived
def book_pages() -> dict[str, BookPage]:
    """Return the pages that stand, by the name under which a notebook records its facts, and the playbook.

    A page that comes later is among them as soon as its notebook is there.
    """
    found = {}
    for path in sorted(paths.notebooks().glob("*.md")):
        name = _PAGE_NAME.search(path.read_text(encoding="utf-8"))
        if name:
            found[name["name"]] = _page(path, f"{path.stem}.html")
    playbook = paths.root() / "book" / f"{PLAYBOOK}.md"
    if playbook.is_file():
        found[PLAYBOOK] = _page(playbook, f"../{PLAYBOOK}.html")
    return found


@paths.derived
def section_addresses() -> dict[str, str]:
    """Return for each fact that a notebook's text prints the address of that section, from another notebook's page."""
    found: dict[str, str] = {}
    for path in sorted(paths.notebooks().glob("*.md")):
        anchor = ""
        for line, heading in _prose(path):
            anchor = make_id(heading["title"]) if heading else anchor
            for fact_id in _FACT.findall(line):
                found.setdefault(fact_id, f"{path.stem}.html#{anchor}")
    return found


def _page(path: Path, address: str) -> BookPage:
    headings = [heading for _, heading in _prose(path) if heading]
    title = next((heading["title"] for heading in headings if heading["level"] == "#"), path.stem)
    return BookPage(address, title, {make_id(heading["title"]): heading["title"] for heading in headings})


def _prose(path: Path) -> Iterator[tuple[str, re.Match[str] | None]]:
    """Yield the lines of a page outside its code, each with its match if it is a heading."""
    inside = False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            inside = line.startswith("```{code-cell}") or (inside and line.rstrip() != "```")
        if not inside:
            yield line, _HEADING.fullmatch(line)
