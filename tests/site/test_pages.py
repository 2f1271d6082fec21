"""Every page, as a browser shows it: whole, self-contained, light, readable on a phone and in the dark."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.site.pages import CHAPTERS, PAGES, PROSE, WCAG, opened

#: The theme changes colours and nothing else, so a dark page is asked the rules on colours only.
COLOURS = ["color-contrast", "link-in-text-block"]
#: Bytes over the wire, gzipped, of a page's first view without its figures.
MOST = {"index.html": 120_000} | dict.fromkeys(CHAPTERS, 160_000)
#: What there is hundreds of, all made alike: the first ones stand for the others.
ALIKE = ".facts-table tbody tr:nth-of-type(n + 5), .house-table.rows tr:nth-of-type(n + 30)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_light_and_accessible(
    browser: Browser, address: str, html: Path, name: str, width: int, scheme: str
) -> None:
    # One visit for everything that holds of every page: opening them is what costs.
    with opened(browser, address + name, width, scheme) as (page, faults):
        found = page.evaluate(
            """() => ({
              theme: document.documentElement.dataset.theme,
              overflow: document.documentElement.scrollWidth - innerWidth,
              headings: [...document.querySelectorAll("main :is(h1, h2, h3, h4, h5, h6)")]
                .map((heading) => Number(heading.tagName[1])),
              language: document.documentElement.lang,
              policy: document.querySelector("meta[http-equiv='Content-Security-Policy']")?.content ?? "",
              stopped: window.stopped,
              loaded: [location, ...performance.getEntriesByType("resource").map((entry) => new URL(entry.name))]
                .map((url) => url.pathname),
            })"""
        )
        shifted = page.evaluate("window.shifted")  # before axe is spared what is alike, which moves the rest
        broken = rules_broken(page, WCAG if scheme == "light" else COLOURS)
        assert faults == []
    assert found["theme"] == scheme
    assert found["overflow"] <= 0
    assert found["headings"].count(1) == 1
    assert all(after <= before + 1 for before, after in zip([0, *found["headings"]], found["headings"], strict=False))
    assert found["language"] == "en"
    assert found["stopped"] == []
    assert "script-src 'self'" in found["policy"]
    assert "unsafe" not in found["policy"]
    assert shifted < 0.01
    assert broken == []
    assert weight(html, found["loaded"]) <= MOST.get(name, 10**7)


def rules_broken(page: Page, rules: list[str]) -> list[Any]:
    """Return the rules of accessibility that a page breaks, each with the first elements that break it."""
    # A colour in the middle of its transition has the contrast of neither end.
    page.evaluate("Promise.allSettled(document.getAnimations().map(animation => animation.finished))")
    page.evaluate("alike => document.querySelectorAll(alike).forEach(element => element.remove())", ALIKE)
    found = Axe().run(page, options={"runOnly": rules, "resultTypes": ["violations"]}).response["violations"]
    return [(rule["id"], [node["html"][:160] for node in rule["nodes"]][:3]) for rule in found]


def weight(html: Path, addresses: list[str]) -> int:
    """Return the gzipped size in bytes of what a page loads, without its figures; fonts are packed already."""
    files = {html / address.lstrip("/") for address in addresses if "/figures/" not in address}
    sizes = [
        path.stat().st_size if path.suffix == ".woff2" else len(gzip.compress(path.read_bytes(), 6)) for path in files
    ]
    assert sum(sizes) > 20_000, "hardly anything was loaded: the measurement is wrong"
    return sum(sizes)


@pytest.mark.parametrize("name", [*PROSE, *CHAPTERS, "search.html"])
def test_a_page_opens_from_a_folder(browser: Browser, html: Path, name: str) -> None:
    with opened(browser, (html / name).resolve().as_uri()) as (page, faults):
        assert faults == []
        assert page.evaluate("window.stopped") == []
        assert page.locator("h1:visible").count() == 1


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_answers_first_and_ends_with_what_would_change_it(browser: Browser, address: str, name: str) -> None:
    with opened(browser, address + name) as (page, _):
        blocks = page.locator("article section > *").all()
        assert blocks[0].evaluate("element => element.tagName") == "H1"
        assert "answer" in (blocks[1].get_attribute("class") or "")
        assert page.locator(".admonition.answer a.fact").count() >= 3
        assert "What would change this answer" in page.locator("article h2").last.inner_text()


@pytest.mark.parametrize("name", CHAPTERS)
def test_figures_have_caption_alt_text_and_data(browser: Browser, address: str, name: str) -> None:
    with opened(browser, address + name) as (page, _):
        shown = page.locator("figure.computed-figure")
        assert shown.count() >= 1
        for figure in shown.all():
            assert len(figure.locator("figcaption p").first.inner_text().split()) >= 8
            for picture in figure.locator("img").all():
                alt = picture.get_attribute("alt") or ""
                assert len(alt.split()) >= 8
                assert not alt.endswith((".png", ".svg"))
            data = figure.get_by_role("link", name="Data (CSV)").get_attribute("href")
            assert data is not None
            assert page.request.get(page.evaluate("address => new URL(address, location).href", data)).ok


@pytest.mark.parametrize(("scheme", "shown", "hidden"), [("light", "light", "dark"), ("dark", "dark", "light")])
def test_a_figure_follows_the_theme_and_the_width(
    browser: Browser, address: str, scheme: str, shown: str, hidden: str
) -> None:
    for width, variant in ((1280, "wide"), (360, "narrow")):
        with opened(browser, address + CHAPTERS[0], width, scheme) as (page, _):
            figure = page.locator("figure.computed-figure").first
            figure.scroll_into_view_if_needed()
            picture = figure.locator(f"picture.only-{shown} img")
            assert picture.is_visible()
            assert not figure.locator(f"picture.only-{hidden} img").is_visible()
            page.wait_for_function(
                "picture => picture.complete && picture.naturalWidth > 0", arg=picture.element_handle()
            )
            assert picture.evaluate("picture => picture.currentSrc").endswith(f"-{shown}_{variant}.svg")


@pytest.mark.parametrize(
    ("name", "fact", "row"),
    [
        ("notebooks/02_market_reaction.html", "reaction.return_next", "data/event_windows.html#row-shazeer-2026/0"),
        ("notebooks/03_fundamentals.html", "fundamentals.revenue", "data/alphabet_quarterly.html#row-2026Q1"),
        ("index.html", "fundamentals.eps_growth", "data/alphabet_quarterly.html#row-2025Q1"),
    ],
)
def test_a_number_leads_to_the_row_that_made_it(browser: Browser, address: str, name: str, fact: str, row: str) -> None:
    with opened(browser, address + name) as (page, faults):
        page.locator(f'a.fact[href$="facts/{fact}.html"]').first.click()
        page.wait_for_url(f"{address}facts/{fact}.html")
        page.locator(f'main a[href="../{row}"]').first.click()
        page.wait_for_url(f"{address}{row}")
        page.locator(f'[id="{row.partition("#")[2]}"]').wait_for()
        assert faults == []
