"""The calculator for whoever has to use it: by keyboard, by ear, on a phone, in print, and by the rules."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from coordination_gap.reliability.compounding import percent
from tests.site.calculator_page import ORDINARY, PAGE, address_of, field, fields, go, pipelines, shown
from tests.site.pages import opened


def test_the_keyboard_moves_sliders_and_results(calculator: Page) -> None:
    go(calculator, address_of(ORDINARY))
    before = shown(calculator)["setting"]["success"]
    slider = calculator.get_by_role("slider", name="Steps in a row")
    slider.focus()
    slider.press("ArrowRight")
    assert fields(calculator)["n"] == "7"
    after = shown(calculator)["setting"]["success"]
    assert after == pytest.approx(pipelines(ORDINARY | {"n": 7})["setting"].evaluate().success, abs=1e-9)
    assert after < before
    slider = calculator.get_by_role("slider", name="Success of a step")
    slider.focus()
    for key, value in (("ArrowRight", "97.1"), ("ArrowLeft", "97"), ("Home", "0"), ("End", "100")):
        slider.press(key)
        assert fields(calculator)["p"] == value
        assert slider.get_attribute("aria-valuetext") == f"{value}%"
    number = calculator.get_by_role("spinbutton", name="Attempts at a step")
    number.focus()
    number.press("ArrowUp")
    assert fields(calculator)["a"] == "4"
    assert calculator.get_by_role("slider", name="Attempts at a step").input_value() == "4"
    gate = calculator.get_by_role("checkbox", name="A gate at each step")
    gate.focus()
    gate.press("Space")
    assert field(calculator, "d").is_disabled()
    expected = pipelines(ORDINARY | {"n": 7, "p": 1.0, "a": 4, "g": 0})["setting"].evaluate().success
    assert shown(calculator)["setting"]["success"] == pytest.approx(expected, abs=1e-9)


def test_every_control_has_the_focus_in_turn_and_shows_it(calculator: Page) -> None:
    calculator.locator(".calculator-controls input").first.focus()
    met = 1
    for _ in range(40):
        outline = calculator.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline not in ("none", "")
        assert calculator.evaluate(
            """() => {
              const { x, y, width, height } = document.activeElement.getBoundingClientRect();
              const seen = document.elementFromPoint(x + width / 2, y + height / 2);
              return seen !== null && seen.closest('.calculator-tiles') === null;
            }"""
        ), "what has the focus is covered by the results"
        calculator.keyboard.press("Tab")
        if not calculator.evaluate("document.activeElement.closest('.reliability-calculator') !== null"):
            break
        met += 1
    assert met == 8 * 2 + 1 + 1 + 1 + 2  # eight numbers with sliders, the gate, cost and time, the table, two buttons


def test_nothing_is_said_before_anything_was_asked(calculator: Page) -> None:
    calculator.wait_for_timeout(700)
    assert calculator.locator(".calculator-spoken").inner_text() == ""
    field(calculator, "n").fill("7")
    calculator.wait_for_timeout(700)
    assert calculator.locator(".calculator-spoken").inner_text().startswith("Success ")


def test_results_are_announced_when_the_reader_pauses(calculator: Page) -> None:
    spoken = calculator.locator(".calculator-spoken")
    assert spoken.get_attribute("role") == "status"
    field(calculator, "n").fill("11")
    success = percent(shown(calculator)["setting"]["success"])
    expect(spoken).to_contain_text(f"Success {success}, silent failure")
    field(calculator, "n").fill("")
    expect(spoken).to_contain_text("The results wait for: Steps in a row. Give a whole number from 1 to 100.")


def test_a_phone_has_room_and_targets(browser: Browser, address: str) -> None:
    with opened(browser, address + PAGE, 360) as (page, faults):
        for fragment in (address_of(ORDINARY), "#calculator?n=0&p=eleven&a=99&ra=7"):
            go(page, fragment)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
            overflowing = page.locator(".reliability-calculator").evaluate(
                "root => [...root.querySelectorAll(':not(svg *, .calculator-spoken)')].filter(part =>"
                " part.getBoundingClientRect().right > root.getBoundingClientRect().right).map(part => part.outerHTML)"
            )
            assert overflowing == []
            heights = page.evaluate(
                """() => [...document.querySelectorAll('.calculator-field input:not([type=checkbox]),'
                  + ' .calculator-switch, .calculator-controls summary, .calculator-actions button')]
                  .filter(target => target.checkVisibility()).map(target => target.getBoundingClientRect().height)"""
            )
            assert len(heights) >= 20
            assert min(heights) >= 44
        assert faults == []


def test_the_results_stay_in_sight_on_a_phone(browser: Browser, address: str) -> None:
    with opened(browser, address + PAGE + address_of(ORDINARY), 390) as (page, _):
        for control in page.locator(".calculator-controls input").all():
            if not control.is_visible():
                continue
            control.focus()
            here, tiles = control.bounding_box(), page.locator(".calculator-tiles").bounding_box()
            assert here is not None
            assert tiles is not None
            assert tiles["y"] + tiles["height"] <= 900
            assert here["y"] + here["height"] <= tiles["y"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_breaks_no_rule_of_accessibility(browser: Browser, address: str, scheme: str) -> None:
    rules = {
        "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        "resultTypes": ["violations"],
    }
    with opened(browser, address + PAGE, scheme=scheme) as (page, _):
        page.evaluate("Promise.all(document.getAnimations().map(animation => animation.finished))")
        for fragment in (address_of(ORDINARY), "#calculator?n=0&p=eleven&g=0&zz=1"):
            go(page, fragment)
            found = Axe().run(page, context=".reliability-calculator", options=rules).response["violations"]
            assert [(rule["id"], [node["html"][:160] for node in rule["nodes"]][:3]) for rule in found] == []


def test_the_page_prints_the_results(browser: Browser, address: str) -> None:
    with opened(browser, address + PAGE + address_of(ORDINARY)) as (page, _):
        page.emulate_media(media="print")
        assert page.locator(".calculator-tiles").is_visible()
        assert field(page, "n").is_visible()
        assert page.locator("svg[data-chart=steps] polyline").first.is_visible()
        assert not page.get_by_role("button", name="Reset").is_visible()
        assert not any(slider.is_visible() for slider in page.locator(".calculator-controls input[type=range]").all())
