"""A number's card, its page and the table of all numbers, as a reader uses them, without scripts too."""

import csv
import json
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.site.pages import WCAG, opened

CHAPTER = "notebooks/02_market_reaction.html"
FACT = "reaction.abnormal_next"
LIGHT_PAGES = [f"facts/{FACT}.html", "facts/economics.failing.html", "figures/compounding.by_steps.html"]


@pytest.fixture
def page(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport={"width": 1000, "height": 800})
    page.goto(address + CHAPTER)
    return page


def test_a_card_opens_under_the_pointer_stays_while_it_is_on_it_and_closes_on_escape(page: Page, html: Path) -> None:
    number = page.locator(f'a.fact[data-fact="{FACT}"]').first
    number.hover()
    card = page.locator(".fact-card")
    card.wait_for()
    published = {one["id"]: one for one in json.loads((html / "facts.json").read_text(encoding="utf-8"))["facts"]}
    fact = published[FACT]
    expect(card).to_contain_text(fact["display"])
    expect(card).to_contain_text("95% interval")
    expect(card).to_contain_text(fact["formula"])
    expect(card).to_contain_text("As of 10 September 2026, edition base")
    rows = card.get_by_role("link", name="shazeer-2026").first
    assert (rows.get_attribute("href") or "").startswith("../data/event_windows.html#row-shazeer-2026")
    card.hover()
    page.wait_for_timeout(500)
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    page.mouse.move(0, 0)
    number.hover()
    card.wait_for()
    page.mouse.move(0, 0)
    expect(card).to_have_count(0)


def test_a_card_is_reached_by_keys_and_gives_the_focus_back(page: Page) -> None:
    # The keys have to have moved the focus for it to be shown.
    page.locator("h1:visible").click()
    page.keyboard.press("Tab")
    number = page.locator("a.fact").first
    number.focus()
    card = page.locator(".fact-card")
    card.wait_for()
    described = number.get_attribute("aria-describedby")
    assert described
    expect(page.locator(f"#{described}")).to_be_visible()
    for _ in range(len(card.locator("a").all()) + 1):
        page.keyboard.press("Tab")
    expect(card.get_by_role("button", name="Copy citation")).to_be_focused()
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    expect(number).to_be_focused()
    page.keyboard.press("Tab")
    expect(card).to_be_visible()
    expect(page.locator("a.fact").nth(1)).to_be_focused()


def test_the_citation_is_copied(browser: Browser, address: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(address + CHAPTER)
    page.locator(f'a.fact[data-fact="{FACT}"]').first.hover()
    page.get_by_role("button", name="Copy citation").click()
    expect(page.locator(".fact-card [role=status]")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"{FACT}: " in copied
    assert copied.endswith(f"/facts/{FACT}.html")
    context.close()


def test_the_first_touch_opens_the_card_and_the_second_follows_the_link(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    page = context.new_page()
    page.goto(address + CHAPTER)
    number = page.locator("a.fact").nth(3)
    number.tap()
    card = page.locator(".fact-card")
    expect(card).to_be_visible()
    box = card.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert page.url.endswith(CHAPTER)
    page.locator("h1:visible").tap()
    expect(card).to_have_count(0)
    number.tap()
    number.tap()
    page.wait_for_url("**/facts/*.html")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_open_card_breaks_no_rule_of_accessibility(browser: Browser, address: str, scheme: str) -> None:
    with opened(browser, address + CHAPTER, scheme=scheme) as (page, faults):
        page.locator("a.fact").nth(2).hover()
        page.locator(".fact-card").wait_for()
        assert faults == []
        found = Axe().run(page, context=".fact-card", options={"runOnly": WCAG}).response["violations"]
        assert [rule["id"] for rule in found] == []


def test_a_card_opens_in_a_page_from_a_folder(browser: Browser, html: Path) -> None:
    with opened(browser, (html / CHAPTER).resolve().as_uri()) as (page, faults):
        page.locator("a.fact").first.hover()
        page.locator(".fact-card").wait_for()
        page.get_by_role("link", name="All about this number").click()
        page.locator("p.value").wait_for()
        assert faults == []


def test_without_scripts_a_number_is_a_link_to_its_page(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + CHAPTER)
    page.locator(f'a.fact[data-fact="{FACT}"]').first.click()
    page.wait_for_url(f"{address}facts/{FACT}.html")
    expect(page.get_by_text("@incollection")).to_have_count(1)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("name", LIGHT_PAGES)
def test_a_page_of_its_own_is_whole(browser: Browser, address: str, name: str, width: int, scheme: str) -> None:
    with opened(browser, address + name, width, scheme) as (page, faults):
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("h1:visible").count() == 1
        found = Axe().run(page, options={"runOnly": WCAG}).response["violations"]
        assert [(rule["id"], [node["html"][:160] for node in rule["nodes"]][:3]) for rule in found] == []
        for picture in page.locator("img:visible").all():
            assert picture.evaluate("picture => picture.complete && picture.naturalWidth > 0")
        assert faults == []


@pytest.mark.parametrize("name", LIGHT_PAGES)
def test_a_page_of_its_own_opens_from_a_folder_in_the_theme_that_was_chosen(
    browser: Browser, html: Path, address: str, name: str
) -> None:
    with opened(browser, (html / name).resolve().as_uri()) as (page, faults):
        assert faults == []
        assert page.locator("body").evaluate("body => getComputedStyle(body).maxWidth") != "none"
    with opened(browser, address + name) as (page, _):
        page.evaluate("localStorage.setItem('theme', 'dark')")
        page.reload()
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_every_fact_has_its_three_files(html: Path) -> None:
    facts = json.loads((html / "facts.json").read_text(encoding="utf-8"))["facts"]
    for fact in facts:
        for kind in ("html", "json", "svg"):
            assert (html / "facts" / f"{fact['id']}.{kind}").is_file()
        record = json.loads((html / "facts" / f"{fact['id']}.json").read_text(encoding="utf-8"))
        assert record["fact"] == fact


def test_every_figure_has_its_page_and_the_whole_data(html: Path) -> None:
    tables = sorted((html / "figures").glob("*.csv"))
    assert len(tables) > 30
    for table in tables:
        with table.open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        page = table.with_suffix(".html").read_text(encoding="utf-8")
        assert f'<th scope="col">{header[0]}</th>' in page
        assert all(table.with_suffix(f".{kind}").is_file() for kind in ("svg", "png", "json"))


def test_facts_are_found_by_words_and_by_chapter(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}facts.html")
    rows = page.locator(".facts-table tbody tr:visible")
    every = rows.count()
    assert every > 800
    said = page.locator(".choose output")
    expect(said).to_have_text(f"{every} of {every} rows")
    assert said.get_attribute("aria-live") == "polite"
    page.get_by_label("Find in the rows").fill("compounding.end_to_end")
    assert 0 < rows.count() < 5
    page.get_by_label("Find in the rows").fill("")
    page.locator(".choose").get_by_label("Chapter").select_option("Valuation")
    expect(said).to_have_text(f"{rows.count()} of {every} rows")
    assert set(page.locator(".facts-table tbody tr:visible td:nth-child(4)").all_inner_texts()) == {"Valuation"}
    page.locator(".facts-table tbody tr:visible a").first.click()
    page.wait_for_url("**/facts/valuation.*.html")


def test_an_address_that_was_cited_before_still_leads_to_the_fact(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(f"{address}facts.html#fact-{FACT}")
    row = page.locator(f'[id="fact-{FACT}"]')
    expect(row).to_be_in_viewport()
    assert row.locator("a").first.get_attribute("href") == f"facts/{FACT}.html"


def test_the_citation_of_the_book_is_copied_from_its_page(browser: Browser, address: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{address}cite.html")
    page.get_by_text("BibTeX", exact=True).click()
    page.locator("details[open] .fact-copy").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("@techreport{the-coordination-gap:")
    context.close()
