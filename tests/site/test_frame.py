"""The frame of every page: light, strict about what runs, reachable by keyboard, and valid."""

import gzip
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import html5lib
import pytest
from playwright.sync_api import Browser, Page

from tests.site.test_pages import CHAPTERS, PAGES, PROSE, opened

FACT, FIGURE = "facts/valuation.implied_growth.html", "figures/reaction.abnormal_returns.html"
#: Bytes over the wire of a first view, gzipped, without figures.
CHAPTER_BYTES, LANDING_BYTES = 160_000, 120_000


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", [*PROSE, *CHAPTERS, FACT])
def test_a_first_view_is_light(page: Page, address: str, html: Path, name: str) -> None:
    asked: set[str] = set()
    page.on("response", lambda response: asked.add(urlsplit(response.url).path.lstrip("/")))
    page.goto(address + name, wait_until="networkidle")
    files = [html / path for path in asked if not path.startswith("figures/")]
    weight = sum(len(gzip.compress(path.read_bytes())) for path in files)
    assert weight <= (LANDING_BYTES if name == "index.html" else CHAPTER_BYTES)
    assert len(files) <= 14
    shift = page.evaluate(
        """() => new Promise((resolve) => {
            let sum = 0;
            new PerformanceObserver((list) => list.getEntries().forEach((entry) => { sum += entry.value; }))
                .observe({ type: "layout-shift", buffered: true });
            setTimeout(() => resolve(sum), 200);
        })"""
    )
    assert shift < 0.01


@pytest.mark.parametrize("name", ["index.html", "notebooks/05_compounding.html", "search.html", FACT, FIGURE])
def test_nothing_inline_runs(page: Page, address: str, name: str) -> None:
    page.goto(address + name)
    assert page.evaluate(
        """() => new Promise((resolve) => {
            document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective));
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.head.append(script);
            setTimeout(() => resolve("nothing was stopped"), 2000);
        })"""
    ) in ("script-src-elem", "script-src")
    assert page.evaluate("window.ran") is None


@pytest.mark.parametrize("name", ["index.html", "notebooks/02_market_reaction.html", "facts.html", FACT])
def test_the_keyboard_goes_from_place_to_place_and_is_seen(page: Page, address: str, name: str) -> None:
    page.goto(address + name)
    places = []
    for _ in range(25):
        page.keyboard.press("Tab")
        place = page.evaluate(
            """() => {
                const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
                return { tag: at.tagName, text: at.textContent.slice(0, 40), shown: box.width > 0 && box.height > 0,
                         seen: style.outlineStyle !== "none" || style.boxShadow !== "none" };
            }"""
        )
        places.append(place)
        assert place["tag"] == "BODY" or (place["shown"] and place["seen"]), place
    assert len({(place["tag"], place["text"]) for place in places}) > 8


@pytest.mark.parametrize("name", [*PAGES, FACT, FIGURE])
def test_headings_are_in_order_and_the_page_is_valid(html: Path, name: str) -> None:
    text = (html / name).read_text(encoding="utf-8")
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    tree = parser.parse(text)
    assert [f"{place}: {kind} {about}" for place, kind, about in parser.errors] == []
    levels = [
        int(element.tag[1]) for element in tree.iter() if str(element.tag) in {"h1", "h2", "h3", "h4", "h5", "h6"}
    ]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip([0, *levels], levels, strict=False))
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_the_search_finds_pages_from_a_server_and_from_a_folder(
    browser: Browser, address: str, html: Path, scheme: str
) -> None:
    top = address if scheme == "http" else f"{html.resolve().as_uri()}/"
    with opened(browser, f"{top}search.html?q=retries") as (page, faults):
        page.locator("#search-results li a").first.wait_for()
        found = page.locator("#search-results li a").first
        assert "retries" in page.locator("#search-words").input_value()
        found.click()
        page.wait_for_url(f"{top}**/*.html*")
        assert page.locator("h1:visible").count() == 1
        assert faults == []
