"""Every link of the built site that stays in it leads somewhere, and every fact stands in facts.json."""

import json
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest
from bs4 import BeautifulSoup

from coordination_gap.press import collect


@pytest.fixture(scope="module")
def pages(html: Path) -> dict[Path, BeautifulSoup]:
    files = (html.resolve()).rglob("*.html")
    return {
        path: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
        for path in files
        if "_static" not in path.parts
    }


def test_every_link_and_anchor_resolves(pages: dict[Path, BeautifulSoup]) -> None:
    anchors = {path: {tag["id"] for tag in page.find_all(id=True)} for path, page in pages.items()}
    dead = []
    for path, page in pages.items():
        for tag in page.find_all(["a", "img", "link", "script", "source"]):
            target = tag.get("href") or tag.get("src") or tag.get("srcset")
            if not target or str(target).startswith(("http:", "https:", "mailto:", "data:")):
                continue
            file, anchor = urldefrag(unquote(str(target).partition("?")[0]))
            aim = (path.parent / file).resolve() if file else path
            if not aim.is_file() or (anchor and aim in anchors and anchor not in anchors[aim]):
                dead.append(f"{path.name}: {target}")
    assert dead == []


def test_every_fact_in_prose_is_published(pages: dict[Path, BeautifulSoup], html: Path) -> None:
    published = {fact["id"]: fact for fact in json.loads((html / "facts.json").read_text(encoding="utf-8"))["facts"]}
    shown = set()
    for page in pages.values():
        for link in page.select("a.fact"):
            fact_id = str(link["href"]).rpartition("facts/")[2].removesuffix(".html")
            assert link.get_text() == published[fact_id]["display"]
            shown.add(fact_id)
    assert len(shown) > 50


def test_facts_have_the_documented_keys(html: Path) -> None:
    written = json.loads((html / "facts.json").read_text(encoding="utf-8"))
    assert tuple(written["edition"]) == ("name", "title", "purpose", "as_of", "parameters", "inputs_sha256")
    assert len(written["edition"]["inputs_sha256"]) == 64
    facts = written["facts"]
    assert [fact["id"] for fact in facts] == sorted(fact["id"] for fact in facts)
    for fact in facts:
        assert tuple(fact) == collect.FACT_KEYS
        assert len(fact["inputs_sha256"]) == 64
        assert all(set(source) == {"table", "rows"} and source["rows"] for source in fact["sources"])


def test_the_footer_names_the_edition_and_its_day(pages: dict[Path, BeautifulSoup]) -> None:
    for page in pages.values():
        footer = page.select_one(".edition")
        assert footer is not None
        assert "Edition base, as of 10" in footer.get_text()
