"""Tables whose rows can be searched, chosen and sorted, as a reader uses them."""

import pytest
from playwright.sync_api import Browser, Page, expect

CLAIMS = "notebooks/11_claim_audit.html"


@pytest.fixture
def page(browser: Browser, address: str) -> Page:
    page = browser.new_page()
    page.goto(address + CLAIMS)
    return page


def shown(page: Page) -> list[str]:
    """Return the heads of the rows that are shown, from the top."""
    return page.locator("table.chooseable tbody tr:visible > th").all_inner_texts()


def test_rows_are_found_by_words_and_by_verdict(page: Page) -> None:
    everything = shown(page)
    counted = page.locator(".choose output")
    expect(counted).to_have_text(f"{len(everything)} of {len(everything)} rows")
    page.get_by_label("Find in the rows").fill("  MICROSOFT rate ")
    found = page.locator("table.chooseable tbody tr:visible")
    assert 0 < found.count() < 10
    for row in found.all_inner_texts():
        assert "microsoft" in row.lower()
        assert "rate" in row.lower()
    page.get_by_label("Find in the rows").fill("")
    page.locator(".choose").get_by_label("Verdict").select_option("contradicted")
    verdicts = page.locator("table.chooseable tbody tr:visible > td:nth-child(3)").all_inner_texts()
    assert set(verdicts) == {"contradicted"}
    expect(counted).to_have_text(f"{len(verdicts)} of {len(everything)} rows")
    page.locator(".choose").get_by_label("Kind").select_option("forecast")
    assert shown(page) == []
    page.locator(".choose").get_by_label("Verdict").select_option("")
    page.locator(".choose").get_by_label("Kind").select_option("")
    assert shown(page) == everything


def test_rows_are_sorted_by_a_column_and_back(page: Page) -> None:
    before = shown(page)
    heading = page.locator("table.chooseable thead th", has_text="No.")
    button = heading.get_by_role("button")
    button.click()
    expect(heading).to_have_attribute("aria-sort", "ascending")
    assert shown(page) == sorted(before, key=int)
    button.press("Enter")
    expect(heading).to_have_attribute("aria-sort", "descending")
    assert shown(page) == sorted(before, key=int, reverse=True)
    button.click()
    assert heading.get_attribute("aria-sort") is None
    assert shown(page) == before


def test_a_claim_has_an_address_of_its_own(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 800})
    page.goto(f"{address}{CLAIMS}#claim-do-not-sell")
    expect(page.locator("#claim-do-not-sell")).to_be_in_viewport()


def test_without_scripts_the_whole_table_stands_there(browser: Browser, address: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(address + CLAIMS)
    assert page.locator("table.chooseable tbody tr").count() == len(shown(page)) > 100
    assert page.locator(".choose").count() == 0


def test_rows_shown_as_blocks_are_rows_still(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 900})
    page.goto(address + CLAIMS)
    table = page.locator("table.stacked").first
    first = table.locator("tbody tr").first
    assert first.evaluate("row => getComputedStyle(row).display") == "block"
    assert first.get_attribute("role") == "row"
    assert first.locator("th").get_attribute("role") == "rowheader"
    assert first.locator("td").first.get_attribute("role") == "cell"
    assert table.locator("thead th").first.get_attribute("role") == "columnheader"
