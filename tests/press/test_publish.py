"""Editions stand beside each other, each under its own address, and lead to each other; replaced values stand apart."""

import json
import re
from pathlib import Path

import pytest

from coordination_gap.press import publish
from coordination_gap.press.edition import Edition
from tests.conftest import Project

PAGE = "<html><body><nav><!-- editions --><!-- /editions --></nav>{text}</body></html>"


def rendered(folder: Path, text: str, *pages: str) -> Path:
    """Write what a renderer leaves: pages, facts, and its note to itself."""
    for page in ("index.html", *pages):
        (folder / page).parent.mkdir(parents=True, exist_ok=True)
        (folder / page).write_text(PAGE.format(text=text), encoding="utf-8")
    (folder / "facts.json").write_text(json.dumps(text), encoding="utf-8")
    (folder / ".buildinfo").write_text("here", encoding="utf-8")
    return folder


@pytest.fixture
def press(small: Project) -> Project:
    """Return a project with two editions beside base, of which one has markup in its title."""
    for name, title in (("bear", "Bear & <b>worse</b>"), ("bull", "Bull")):
        text = f"title: {title}\npurpose: A test.\nas_of: 2026-02-01\nparameters: {{}}\n"
        small.path(f"editions/{name}.yml").write_text(text, encoding="utf-8")
    small.path("_build").mkdir()
    return small


def put(project: Project, name: str, text: str, *pages: str, replaced: tuple[str, ...] = ()) -> Path:
    """Publish an edition of these pages."""
    folder = rendered(project.path(f"made/{name}-{text}"), text, *pages)
    return publish.publish(folder, Edition(name, name, "A test.", "2026-02-01", {}, name, replaced))


def links(page: Path) -> dict[str, str]:
    """Return the addresses in the switcher of a page, by the titles."""
    (switcher,) = re.findall("<!-- editions -->(.*?)<!-- /editions -->", page.read_text(encoding="utf-8"))
    return {title: address for address, title in re.findall(r'<a href="([^"]*)"[^>]*>(.*?)</a>', switcher)}


def test_editions_stand_beside_each_other_and_lead_to_the_same_page(press: Project) -> None:
    html = press.path("_build/html")
    assert put(press, "base", "one", "notebooks/01.html") == html / "index.html"
    assert put(press, "bear", "two", "notebooks/01.html", "notebooks/02.html") == html / "editions/bear/index.html"
    bear = "Bear &amp; &lt;b&gt;worse&lt;/b&gt;"
    assert links(html / "notebooks/01.html") == {"Base": "01.html", bear: "../editions/bear/notebooks/01.html"}
    assert links(html / "editions/bear/notebooks/01.html") == {"Base": "../../../notebooks/01.html", bear: "01.html"}
    assert links(html / "editions/bear/notebooks/02.html") == {"Base": "../../../index.html", bear: "02.html"}
    assert links(html / "index.html") == {"Base": "index.html", bear: "editions/bear/index.html"}
    assert 'aria-current="true">Base<' in (html / "index.html").read_text(encoding="utf-8")
    assert not list(html.rglob(".buildinfo"))


def test_an_edition_is_replaced_without_the_others(press: Project) -> None:
    html = press.path("_build/html")
    put(press, "base", "one")
    put(press, "bear", "two", "notebooks/01.html")
    put(press, "bear", "three")
    assert "three" in (html / "editions/bear/index.html").read_text(encoding="utf-8")
    assert not (html / "editions/bear/notebooks").exists()
    assert "one" in (html / "index.html").read_text(encoding="utf-8")
    put(press, "base", "four")
    assert "four" in (html / "index.html").read_text(encoding="utf-8")
    assert "three" in (html / "editions/bear/index.html").read_text(encoding="utf-8")
    assert len(list(press.path("_build").glob("site-*"))) == 1


def test_the_site_that_is_read_meanwhile_does_not_change(press: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    put(press, "base", "one")
    before = press.site()
    monkeypatch.setattr(publish, "_point", lambda *_: None)  # as if killed before the last step
    put(press, "bear", "two")
    assert press.site() == before
    monkeypatch.undo()
    monkeypatch.setenv("GAPBOOK_ROOT", str(press.root))
    put(press, "bull", "three")
    assert links(press.path("_build/html/index.html")).keys() == {"Base", "Bull"}
    assert len(list(press.path("_build").glob("site-*"))) == 1


def test_an_edition_without_a_file_is_published_no_longer(press: Project) -> None:
    put(press, "base", "one")
    put(press, "bear", "two")
    press.path("editions/bear.yml").unlink()
    put(press, "bull", "three")
    assert not press.path("_build/html/editions/bear").exists()
    assert links(press.path("_build/html/index.html")).keys() == {"Base", "Bull"}


def test_without_base_the_top_leads_to_what_there_is(press: Project) -> None:
    put(press, "bear", "one")
    top = press.path("_build/html/index.html").read_text(encoding="utf-8")
    assert 'href="editions/bear/index.html">bear</a>' in top
    put(press, "base", "two")
    assert "two" in press.path("_build/html/index.html").read_text(encoding="utf-8")


def test_replaced_values_stand_apart_and_change_no_edition(press: Project) -> None:
    put(press, "base", "one")
    before = press.site()
    page = put(press, "base", "two", replaced=("02_gadgets.steps=8",))
    assert page == press.path("_build/what-if/index.html")
    assert "two" in page.read_text(encoding="utf-8")
    assert press.site() == before
    put(press, "bear", "three", replaced=("02_gadgets.steps=8",))
    assert "three" in page.read_text(encoding="utf-8")
    assert len(list(press.path("_build").glob("site-what-if-*"))) == 1
