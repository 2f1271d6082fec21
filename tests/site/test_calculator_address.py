"""The setting of the calculator in its address: how it travels, and what is told where it is bad."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.calculator_page import COLUMNS, ORDINARY, PAGE, SHARES, address_of, field, fields, go, shown
from tests.site.pages import opened


def test_a_long_word_in_the_address_does_not_widen_the_page(calculator: Page) -> None:
    for word in ("foo=" + 400 * "x", "n=" + 400 * "9x"):
        go(calculator, f"#calculator?{word}")
        assert calculator.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_setting_travels_by_its_address(browser: Browser, address: str, calculator: Page) -> None:
    length = calculator.evaluate("history.length")
    for key, text in (("n", "12"), ("p", "98.76"), ("rs", "0.15"), ("a", "4"), ("l", "33.3"), ("ra", "0.4")):
        field(calculator, key).fill(text)
    calculator.get_by_text("Cost and time", exact=True).click()
    field(calculator, "c").fill("0.003")
    calculator.wait_for_url(re.compile(r"#.*c=0\.003"))
    assert calculator.evaluate("history.length") == length
    assert "p=0.9876&" in calculator.url
    with opened(browser, calculator.url) as (other, faults):
        assert fields(other) == fields(calculator)
        assert shown(other) == shown(calculator)
        assert field(other, "c").is_visible()
        assert faults == []


def test_headings_keep_their_addresses(calculator: Page) -> None:
    field(calculator, "n").fill("12")
    calculator.wait_for_url(re.compile(r"#calculator\?"))
    before = shown(calculator)
    heading = calculator.locator("article section > h2").last
    anchor = heading.evaluate("heading => heading.parentElement.id")
    go(calculator, f"#{anchor}")
    expect(heading).to_be_in_viewport()
    assert shown(calculator) == before
    assert calculator.url.endswith(f"#{anchor}")
    calculator.go_back()
    calculator.wait_for_url(re.compile(r"#calculator\?"))
    assert shown(calculator) == before


def test_reset_brings_the_page_s_own_setting_and_clears_the_address(calculator: Page) -> None:
    own = fields(calculator), shown(calculator)
    go(calculator, address_of(ORDINARY | {"n": 40, "g": 0}))
    assert fields(calculator) != own[0]
    calculator.get_by_role("button", name="Reset").click()
    assert (fields(calculator), shown(calculator)) == own
    calculator.wait_for_timeout(400)
    assert "#" not in calculator.url


BAD = [
    ("n", "0", "Give a whole number from 1 to 100."),
    ("n", "6.5", "Give a whole number from 1 to 100."),
    ("n", "101", "Give a whole number from 1 to 100."),
    ("n", "six", "The address says “six”. Give a whole number from 1 to 100."),
    ("n", "", "The address says “”. Give a whole number from 1 to 100."),
    ("n", "0x10", "The address says “0x10”. Give a whole number from 1 to 100."),
    ("p", "1.2", "Give a number from 0 to 100."),
    ("p", "-0.1", "Give a number from 0 to 100."),
    ("p", "NaN", "The address says “NaN”. Give a number from 0 to 100."),
    ("p", "Infinity", "The address says “Infinity”. Give a number from 0 to 100."),
    ("p", "97%25", "The address says “97%”. Give a number from 0 to 100."),
    ("p", "0,97", "The address says “0,97”. Give a number from 0 to 100."),
    ("p", "1e999", "The address says “1e999”. Give a number from 0 to 100."),
    ("p", "0.9&p=0.8", "The address says “0.9 and 0.8”. Give a number from 0 to 100."),
    ("a", "11", "Give a whole number from 1 to 10."),
    ("ra", "1.01", "Give a number from 0 to 1."),
    ("rs", "<b>", "The address says “<b>”. Give a number from 0 to 1."),
    ("c", "-1", "Give a number of US dollars, 0 or more, or leave it empty."),
    ("c", "free", "The address says “free”. Give a number of US dollars, 0 or more, or leave it empty."),
]


def test_a_bad_address_is_told_at_its_field_and_the_results_wait(calculator: Page) -> None:
    for key, text, message in BAD:
        go(calculator, f"#calculator?{key}={text}")
        assert_waits(calculator, key, message)
        assert calculator.url.endswith(f"{key}={text.replace('<b>', '%3Cb%3E')}")
        field(calculator, key).fill("1")
        assert field(calculator, key).get_attribute("aria-invalid") == "false"
        assert shown(calculator)["setting"].keys() >= {*SHARES}


def assert_waits(page: Page, key: str, message: str) -> None:
    wrong = field(page, key)
    assert wrong.get_attribute("aria-invalid") == "true"
    described = (wrong.get_attribute("aria-describedby") or "").split()
    assert [page.locator(f"#{name}").inner_text() for name in described][-1] == message
    assert page.locator(".calculator-message:visible").count() == 1
    assert shown(page) == {column: {} for column in COLUMNS}
    assert page.locator(".calculator-waits").inner_text().startswith("The results wait for: ")
    assert page.locator("[data-chart] polyline").count() == 0
    assert page.get_by_role("button", name="Copy").is_disabled()


@pytest.mark.parametrize(
    ("key", "text"), [("n", ""), ("n", "1000"), ("p", "100.01"), ("f", "-1"), ("ra", "letters"), ("s", "-3")]
)
def test_bad_typing_is_told_at_its_field_and_stays_out_of_the_address(calculator: Page, key: str, text: str) -> None:
    go(calculator, address_of(ORDINARY))
    there = calculator.url
    if text == "letters":
        field(calculator, key).fill("")
        field(calculator, key).press_sequentially("e")
    else:
        field(calculator, key).fill(text)
    assert_waits(calculator, key, f"Give {field(calculator, key).get_attribute('data-rule')}.")
    calculator.wait_for_timeout(400)
    assert calculator.url == there


def test_a_gate_that_is_off_asks_nothing(calculator: Page) -> None:
    go(calculator, address_of(ORDINARY | {"g": 0, "d": 7}))
    assert shown(calculator)["setting"].keys() >= {*SHARES}
    calculator.get_by_role("checkbox").check()
    assert_waits(calculator, "d", "Give a number from 0 to 100.")


def test_what_the_address_has_and_the_calculator_has_not_is_told(calculator: Page) -> None:
    go(calculator, "#calculator?n=8&steps=9&g=maybe")
    assert "steps=9, g=maybe" in calculator.locator(".calculator-note").inner_text()
    assert fields(calculator)["n"] == "8"


def test_a_link_is_copied_or_offered_for_copying(browser: Browser, address: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{address}{PAGE}{address_of(ORDINARY)}")
    copy = page.get_by_role("button", name="Copy a link")
    copy.click()
    expect(page.locator(".calculator-note")).to_contain_text("copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.url
    assert copied.partition("#")[2].startswith("calculator?g=1&n=6&p=0.97&")
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    copy.click()
    expect(page.get_by_label("Link to this setting")).to_have_value(page.url)
    context.close()
