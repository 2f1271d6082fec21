"""The frame around every page: its policy, the keyboard, the theme, contents and sources on wide and narrow screens."""

import re
from pathlib import Path

import html5lib
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.pages import ALONE, CHAPTERS, PAGES, opened

CITING = "notebooks/01_departure.html"


@pytest.mark.parametrize("name", [name for name in [*PAGES, *ALONE] if name != "data/event_windows.html"])
def test_the_markup_is_valid(html: Path, name: str) -> None:
    text = (html / name).read_text(encoding="utf-8")
    parser = html5lib.HTMLParser()
    tree = parser.parse(text)
    assert [(place, code, detail) for place, code, detail in parser.errors][:5] == []
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("from_folder", [False, True])
def test_what_is_put_into_a_page_does_not_run(browser: Browser, address: str, html: Path, from_folder: bool) -> None:
    place = f"{html.resolve().as_uri()}/" if from_folder else address
    with opened(browser, place + CITING) as (page, faults):
        page.evaluate(
            """() => {
              const script = document.createElement("script");
              script.textContent = "window.ran = true";
              const style = document.createElement("style");
              style.textContent = "main { display: none }";
              const image = document.createElement("img");
              image.setAttribute("onerror", "window.ran = true");
              image.src = "https://elsewhere.example/seen.png";
              document.body.append(script, style, image);
            }"""
        )
        page.wait_for_function("window.stopped.length >= 4")
        assert page.evaluate("window.ran") is None
        assert page.locator("main").is_visible()
        directives = {stopped.split()[0] for stopped in page.evaluate("window.stopped")}
        assert directives >= {"script-src-elem", "style-src-elem", "script-src-attr", "img-src"}
        assert not [fault for fault in faults if fault.startswith("outside") and "elsewhere" not in fault]


@pytest.mark.parametrize("name", ["index.html", "notebooks/08_frameworks.html", "search.html"])
@pytest.mark.parametrize("width", [1280, 360])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(
    browser: Browser, address: str, name: str, width: int
) -> None:
    with opened(browser, address + name, width) as (page, _):
        wanted = page.evaluate(
            """() => {
              const all = document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']");
              const shown = [...all].filter((one) => one.checkVisibility({ visibilityProperty: true }));
              shown.forEach((one, number) => { one.dataset.number = number; });
              return shown.length;
            }"""
        )
        reached: set[int] = set()
        unseen: list[str] = []
        # A card that opens beside a number has places of its own, which are gone through too.
        for _step in range(8 * wanted):
            if len(reached) == wanted:
                break
            page.keyboard.press("Tab")
            number, outline, described = page.evaluate(
                """() => {
                  const here = document.activeElement;
                  const style = getComputedStyle(here);
                  const drawn = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
                  return [here.dataset.number ?? null, drawn, here.outerHTML.slice(0, 120)];
                }"""
            )
            if number is None:
                continue
            reached.add(int(number))
            if not outline:
                unseen.append(described)
        assert unseen == []
        assert reached == set(range(wanted))


def test_the_reader_chooses_the_theme_and_keeps_it(browser: Browser, address: str) -> None:
    with opened(browser, address + CITING) as (page, faults):
        page.get_by_role("button", name="Show the book in dark colours").click()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        page.goto(address + "index.html")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        page.get_by_role("button", name="Show the book in light colours").click()
        assert page.evaluate("document.documentElement.dataset.theme") == "light"
        assert faults == []


def test_the_contents_are_beside_the_text_or_open_over_it(browser: Browser, address: str) -> None:
    with opened(browser, address + CHAPTERS[0]) as (page, _):
        contents = page.get_by_role("navigation", name="Contents")
        expect(contents).to_be_visible()
        assert contents.locator("[aria-current=page]").inner_text() == page.locator("h1").inner_text().removesuffix("#")
        assert contents.locator("li li a").count() >= 3
    with opened(browser, address + CHAPTERS[0], 360) as (page, _):
        contents = page.locator("#contents")
        expect(contents).not_to_be_visible()
        page.get_by_role("button", name="Contents", exact=True).press("Enter")
        expect(contents).to_be_visible()
        page.keyboard.press("Escape")
        expect(contents).not_to_be_visible()
        page.get_by_role("button", name="Contents", exact=True).click()
        contents.get_by_role("link", name="Valuation").click()
        page.wait_for_url("**/04_valuation.html")


def in_margin(page: Page) -> bool:
    """Return whether the first source stands to the right of the text that cites it."""
    return bool(
        page.evaluate(
            """() => {
              const note = document.querySelector(".source-note").getBoundingClientRect();
              const text = document.querySelector(".source-note").closest("p").getBoundingClientRect();
              return note.width > 0 && note.left >= text.right;
            }"""
        )
    )


def test_a_source_stands_in_the_margin_or_opens_where_it_is_cited(browser: Browser, address: str) -> None:
    with opened(browser, address + CITING, 1366) as (page, _):
        assert page.locator(".source-note").count() >= 2
        assert in_margin(page)
        assert not page.locator(".source-mark").first.is_visible()
    with opened(browser, address + CITING, 360) as (page, _):
        note = page.locator(".source-note").first
        expect(note).not_to_be_visible()
        page.get_by_role("button", name="Source: MeriTalk, 2025").click()
        expect(note).to_contain_text("Report that Dean Ball steps down")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_scripts_pages_are_whole_and_follow_the_system(browser: Browser, address: str, scheme: str) -> None:
    context = browser.new_context(
        java_script_enabled=False,
        color_scheme=scheme,  # type: ignore[arg-type] # a literal
        viewport={"width": 360, "height": 800},
    )
    page = context.new_page()
    page.goto(address + CITING)
    figure = page.locator("figure.computed-figure").first
    assert figure.locator(f".only-{scheme}").is_visible()
    assert figure.locator("picture:visible").count() == 1
    page.get_by_role("button", name="Contents", exact=True).click()
    expect(page.locator("#contents")).to_be_visible()
    assert page.locator(".theme-switch:visible").count() == 0
    context.close()


@pytest.mark.parametrize("from_folder", [False, True])
def test_the_search_finds_pages(browser: Browser, address: str, html: Path, from_folder: bool) -> None:
    place = f"{html.resolve().as_uri()}/" if from_folder else address
    with opened(browser, place + "index.html") as (page, faults):
        field = page.get_by_role("searchbox", name="Search the book")
        field.fill("connector")
        field.press("Enter")
        expect(page.locator("#search-results li a", has_text="The departure").first).to_be_visible()
        expect(page.locator(".search-summary")).to_contain_text("Pages with these words")
        page.locator("#search-results li a", has_text="The departure").first.click()
        page.wait_for_url("**/01_departure.html*")
        assert faults == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_opens_with_answer_numbers_and_time(browser: Browser, address: str, name: str) -> None:
    with opened(browser, address + name) as (page, _):
        expect(page.locator(".kicker")).to_have_text(re.compile(r"Chapter \d+\s*\d+ min read$"))
        numbers = page.locator(".answer .key-numbers li")
        assert numbers.count() == 3
        for number in numbers.all():
            assert number.locator("strong:first-child a.fact").count() == 1
            assert number.bounding_box()["x"] > page.locator(".answer p").nth(1).bounding_box()["x"] + 500  # type: ignore[index] # both are shown


def test_a_page_prints_without_its_frame(browser: Browser, address: str) -> None:
    with opened(browser, address + CITING, scheme="dark") as (page, _):
        page.emulate_media(media="print", color_scheme="dark")
        for selector in (".contents", ".search-form", ".prev-next", "details.code", ".figure-links"):
            assert page.locator(f"{selector}:visible").count() == 0
        assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
        assert page.locator(".admonition.answer").is_visible()
