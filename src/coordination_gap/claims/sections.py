"""Where in the book a fact is shown: the page and the section whose text first prints it."""

import re

from docutils.nodes import make_id

from coordination_gap import paths

_HEADING = re.compile(r"#{1,4} (?P<title>.+)")


def section_addresses() -> dict[str, str]:
    """Return for each fact that a notebook's text prints the address of that section, from another notebook's page."""
    found: dict[str, str] = {}
    for path in sorted(paths.notebooks().glob("*.md")):
        anchor, inside = "", False
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("```"):
                inside = line.startswith("```{code-cell}") or (inside and line.rstrip() != "```")
            heading = None if inside else _HEADING.fullmatch(line)
            if heading:
                anchor = make_id(heading["title"])
            if not inside:
                for fact_id in re.findall(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", line):
                    found.setdefault(fact_id, f"{path.stem}.html#{anchor}")
    return found
