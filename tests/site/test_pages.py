"""Every page, as a browser shows it: whole, self-contained, readable on a phone and in the dark."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request

from coordination_gap import paths
from coordination_gap.press import notebooks

CHAPTERS = [f"notebooks/{name}.html" for name in notebooks.names()]
PROSE = ["index.html", *sorted(f"{path.stem}.html" for path in paths.book().glob("*.md") if path.stem != "index")]
ROWS = ["data/departures.html", "data/event_windows.html"]
PAGES = [*PROSE, *CHAPTERS, *ROWS, "search.html"]
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def failed(request: Request) -> bool:
    """Return whether a request failed by itself: one cut off by going to another page has not."""
    return request.failure != "net::ERR_ABORTED"


@contextmanager
def opened(browser: Browser, url: str, width: int = 1280, scheme: str = "light") -> Iterator[tuple[Page, list[str]]]:
    """Open a page; the list gathers console errors, failed requests and requests to anywhere else."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type] # a literal
    page = context.new_page()
    faults: list[str] = []
    origin = url[: url.index("/", 8) + 1] if url.startswith("http") else "file://"
    page.on("console", lambda message: faults.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}") if failed(request) else None)
    page.on(
        "request",
        lambda request: None if request.url.startswith((origin, "data:")) else faults.append(f"outside: {request.url}"),
    )
    page.goto(url)
    page.wait_for_load_state("load")
    try:
        yield page, faults
    finally:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole(browser: Browser, address: str, name: str, width: int, scheme: str) -> None:
    with opened(browser, address + name, width, scheme) as (page, faults):
        assert faults == []
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("h1:visible").count() == 1
        assert page.evaluate("document.documentElement.lang") == "en"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [page for page in PAGES if page != "data/event_windows.html"])
def test_a_page_breaks_no_rule_of_accessibility(browser: Browser, address: str, name: str, scheme: str) -> None:
    # The theme changes colours and nothing else, so the dark page is asked the rules on colours only.
    only = WCAG if scheme == "light" else ["color-contrast", "link-in-text-block"]
    rules = {"runOnly": only, "resultTypes": ["violations"]}
    with opened(browser, address + name, scheme=scheme) as (page, _):
        # A colour in the middle of its transition has the contrast of neither end.
        page.evaluate("Promise.allSettled(document.getAnimations().map(animation => animation.finished))")
        # Rows of facts are all made alike, and there are hundreds: the first ones stand for the others.
        page.evaluate(
            "document.querySelectorAll('.facts-table tbody tr:nth-child(n + 5)').forEach(row => row.remove())"
        )
        found = Axe().run(page, options=rules).response["violations"]
    assert [(rule["id"], [node["html"][:160] for node in rule["nodes"]][:3]) for rule in found] == []


@pytest.mark.parametrize("name", [*PROSE, *CHAPTERS])
def test_a_page_opens_from_a_folder(browser: Browser, html: Path, name: str) -> None:
    with opened(browser, (html / name).resolve().as_uri()) as (page, faults):
        assert faults == []
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
