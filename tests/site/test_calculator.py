"""The calculator on the page on compounding: its numbers, its address, and whoever has to use it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from coordination_gap.reliability import Gate, Pipeline, Step
from coordination_gap.reliability.compounding import percent
from tests.site.pages import PAGES, opened

PAGE = "notebooks/05_compounding.html"
SHARES = ("success", "silent_failure", "halted")
COLUMNS = ("setting", "independent", "bare")
KEYS = ("n", "p", "rs", "a", "l", "ra", "g", "d", "f", "c", "s")
#: A setting in the reach of every edition; the corners change it in one place or two.
ORDINARY = {"n": 6, "p": 0.97, "rs": 0.1, "a": 3, "l": 0.5, "ra": 0.2, "g": 1, "d": 0.9, "f": 0.02, "c": 0.01, "s": 2}
CORNERS: list[dict[str, float]] = [
    {},
    {"ra": 0, "rs": 0},
    {"ra": 1, "rs": 0},
    {"ra": 1, "rs": 1},
    {"ra": 0, "rs": 1},
    {"ra": 1e-9, "rs": 1e-9},
    {"ra": 0.999999, "rs": 0.999999},
    {"p": 0},
    {"p": 1},
    {"p": 0, "l": 1},
    {"p": 1, "f": 1},
    {"a": 1},
    {"n": 1, "a": 1, "g": 0},
    {"n": 100, "a": 10},
    {"n": 100, "a": 10, "p": 0.5, "rs": 0.9},
    {"d": 1, "f": 0},
    {"d": 1, "f": 0, "p": 0},
    {"f": 1},
    {"d": 0, "f": 0},
    {"l": 1},
    {"l": 0, "g": 0},
    {"c": 0, "s": 0},
    {"p": 0.999999, "rs": 0.5},
    {"p": 1e-6, "rs": 0.5, "ra": 0.5, "f": 0.5},
]


def settings() -> list[dict[str, float]]:
    """Return fifty settings: the corners, and the rest at random."""
    dice = np.random.default_rng(1)
    made = [ORDINARY | corner for corner in CORNERS]
    while len(made) < 50:
        share = {key: round(float(dice.random()), 4) for key in ("p", "l", "ra", "rs", "d", "f")}
        if dice.random() < 0.6:
            share["p"] = round(1 - 0.3 * float(dice.random()) ** 3, 6)
        if dice.random() < 0.4:
            share["rs"] = 0.0
        made.append(
            share
            | {"n": int(dice.integers(1, 101)), "a": int(dice.integers(1, 11)), "g": int(dice.integers(0, 2))}
            | {"c": round(float(dice.random()), 5), "s": round(100 * float(dice.random()), 2)}
        )
    return made


def pipelines(setting: dict[str, Any]) -> dict[str, Pipeline]:
    """Return the pipeline of each column."""
    n = int(setting["n"])
    bare = Step("step", setting["p"], loud=setting["l"], cost=setting["c"], seconds=setting["s"])
    gate = Gate(setting["d"], setting["f"]) if setting["g"] else None
    independent = replace(bare, attempts=int(setting["a"]), gate=gate)
    correlated = replace(independent, correlation=setting["ra"])
    return {
        "setting": Pipeline.repeat(correlated, n, correlation=setting["rs"]),
        "independent": Pipeline.repeat(independent, n),
        "bare": Pipeline.repeat(bare, n),
    }


def address_of(setting: dict[str, float]) -> str:
    return "#calculator?" + "&".join(f"{key}={value}" for key, value in setting.items())


def go(page: Page, fragment: str) -> None:
    """Change the fragment of the address as a link does, and wait until the page knows."""
    page.evaluate(
        "hash => new Promise(done => { addEventListener('hashchange', () => setTimeout(done), { once: true });"
        " location.hash = hash; })",
        fragment,
    )


def shown(page: Page) -> dict[str, dict[str, float]]:
    """Return the numbers behind what the page shows, by column."""
    cells = page.locator("td[data-output]").evaluate_all(
        "cells => cells.map(cell => [cell.dataset.column, cell.dataset.output, cell.dataset.value])"
    )
    found: dict[str, dict[str, float]] = {column: {} for column in COLUMNS}
    for column, name, value in cells:
        if value is not None:
            found[column][name] = float(value)
    return found


def fields(page: Page) -> dict[str, str]:
    """Return what the fields hold, by their key in the address."""
    found: dict[str, str] = page.evaluate(
        "Object.fromEntries([...document.querySelectorAll('[data-key]')].map(field =>"
        " [field.dataset.key, field.type === 'checkbox' ? String(Number(field.checked)) : field.value]))"
    )
    return found


def field(page: Page, key: str) -> Any:
    return page.locator(f"[data-key={key}]")


@pytest.fixture
def calculator(browser: Browser, address: str) -> Iterator[Page]:
    """The page, in a browser that has to stay without a fault."""
    with opened(browser, address + PAGE) as (page, faults):
        yield page
        assert faults == []


def test_fifty_settings_agree_with_the_exact_pipeline(calculator: Page) -> None:
    for setting in settings():
        go(calculator, address_of(setting))
        found = shown(calculator)
        outcomes = {column: pipeline.evaluate() for column, pipeline in pipelines(setting).items()}
        for column, outcome in outcomes.items():
            exact = {name: getattr(outcome, name) for name in (*SHARES, "attempts", "cost", "seconds")}
            exact["effort"] = outcome.attempts / outcomes["bare"].attempts
            assert found[column] == pytest.approx(exact, rel=1e-8, abs=1e-8), (setting, column)
            assert sum(found[column][name] for name in SHARES) == pytest.approx(1, abs=1e-12)


def test_curves_carry_the_exact_shares(calculator: Page) -> None:
    go(calculator, address_of(ORDINARY))
    for chart, change, last in (("steps", "n", 30), ("attempts", "a", 10)):
        svg = calculator.locator(f"svg[data-chart={chart}]")
        labels = svg.locator("text.label").evaluate_all("labels => labels.map(label => label.textContent)")
        assert sorted(labels) == ["halted", "if independent", "silent failure", "success"]
        dashes = [
            svg.locator(f"polyline.{name}").evaluate("curve => getComputedStyle(curve).strokeDasharray")
            for name in (*SHARES, "independent")
        ]
        assert len(set(dashes)) == 4
        told = svg.get_attribute("aria-label") or ""
        for place in (1, ORDINARY[change], last):
            outcome = pipelines(ORDINARY | {change: place})["setting"].evaluate()
            for name in SHARES:
                assert percent(getattr(outcome, name)) in told
    go(calculator, address_of(ORDINARY | {"ra": 0, "rs": 0}))
    assert calculator.locator("polyline.independent").count() == 0


def test_the_results_are_there_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(address + PAGE)
    written = [cell.inner_text() for cell in page.locator("td[data-output]:visible").all()]
    values = [
        float(cell.get_attribute("data-value") or "nan") for cell in page.locator("td[data-output]:visible").all()
    ]
    assert not page.locator(".calculator-controls").is_visible()
    assert not page.locator(".calculator-actions").is_visible()
    assert "JavaScript" in page.locator(".reliability-calculator noscript").inner_text()
    context.close()
    with opened(browser, address + PAGE) as (alive, _):
        live = alive.locator("td[data-output]:visible")
        assert [cell.inner_text() for cell in live.all()] == written
        assert [float(cell.get_attribute("data-value") or "nan") for cell in live.all()] == pytest.approx(
            values, abs=1e-9
        )
        given = alive.evaluate(
            "Object.fromEntries([...document.querySelectorAll('input[data-kind]')].map(i => [i.dataset.key, i.value]))"
        )
        outcome = {
            "g": int(alive.locator("[data-key=g]").is_checked()),
            **{key: float(text or 0) / (100 if key in "pldf" else 1) for key, text in given.items()},
        }
        exact = pipelines(outcome)["setting"].evaluate()
        assert shown(alive)["setting"]["success"] == pytest.approx(exact.success, abs=1e-9)


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


def test_a_long_word_in_the_address_does_not_widen_the_page(calculator: Page) -> None:
    for word in ("foo=" + 400 * "x", "n=" + 400 * "9x"):
        go(calculator, f"#calculator?{word}")
        assert calculator.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_nothing_is_said_before_anything_was_asked(calculator: Page) -> None:
    calculator.wait_for_timeout(700)
    assert calculator.locator(".calculator-spoken").inner_text() == ""
    field(calculator, "n").fill("7")
    calculator.wait_for_timeout(700)
    assert calculator.locator(".calculator-spoken").inner_text().startswith("Success ")


def test_the_nines_of_the_slider_come_back_as_they_went(calculator: Page) -> None:
    places = calculator.evaluate(
        """() => {
          const number = document.querySelector('[data-key=p]');
          const slider = document.querySelector('[data-scale=nines]');
          const set = (input, value) => { input.value = value; input.dispatchEvent(new Event('input')); };
          return Array.from({ length: 272 }, (_, place) => {
            set(slider, place);
            const value = number.value;
            set(number, value);
            return [Number(slider.value), Number(value)];
          });
        }"""
    )
    assert [place for place, _ in places] == list(range(272))
    values = [value for _, value in places]
    assert values == sorted(values)
    assert {0, 50, 90, 97, 99, 99.5, 99.9, 100} <= {*values}


def test_results_are_announced_when_the_reader_pauses(calculator: Page) -> None:
    spoken = calculator.locator(".calculator-spoken")
    assert spoken.get_attribute("role") == "status"
    field(calculator, "n").fill("11")
    success = percent(shown(calculator)["setting"]["success"])
    expect(spoken).to_contain_text(f"Success {success}, silent failure")
    field(calculator, "n").fill("")
    expect(spoken).to_contain_text("The results wait for: Steps in a row. Give a whole number from 1 to 100.")


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


def test_it_works_from_a_folder(browser: Browser, html: Path) -> None:
    url = (html / PAGE).resolve().as_uri()
    with opened(browser, url + address_of(ORDINARY)) as (page, faults):
        field(page, "n").fill("9")
        page.wait_for_timeout(400)
        assert shown(page)["setting"]["success"] == pytest.approx(
            pipelines(ORDINARY | {"n": 9})["setting"].evaluate().success, abs=1e-9
        )
        assert faults == []


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


def test_it_needs_no_inline_script_or_style(browser: Browser, address: str, html: Path) -> None:
    text = (html / PAGE).read_text(encoding="utf-8")
    (section,) = re.findall(r'<section class="reliability-calculator".*?</section>', text, re.DOTALL)
    assert not re.search(r"\s(style|on\w+)=|<script|<style|javascript:", section)
    alone = (
        f'<!doctype html><html lang="en" data-theme="light"><title>Alone</title>'
        f'<link rel="stylesheet" href="_static/reliability-calculator.css">'
        f'<script defer src="_static/reliability-calculator.js"></script><main>{section}</main></html>'
    )
    policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data: 'self'"
    with opened(browser, address + "search.html") as (page, faults):
        page.route(
            "**/alone.html",
            lambda route: route.fulfill(
                body=alone, content_type="text/html", headers={"Content-Security-Policy": policy}
            ),
        )
        page.goto(f"{address}alone.html{address_of(ORDINARY)}")
        exact = pipelines(ORDINARY)["setting"].evaluate()
        assert shown(page)["setting"]["success"] == pytest.approx(exact.success, abs=1e-9)
        assert [fault for fault in faults if "favicon" not in fault] == []


def test_only_its_page_loads_it_and_it_is_light(html: Path) -> None:
    using = [name for name in PAGES if "_static/reliability-calculator" in (html / name).read_text(encoding="utf-8")]
    assert using == [PAGE]
    script = (html / "_static" / "reliability-calculator.js").read_text(encoding="utf-8")
    assert len(script.encode()) < 20_000
    assert not re.search(r"\beval\b|innerHTML|fetch\(|XMLHttp|https?://(?!www\.w3\.org/2000/svg)", script)


def test_the_page_prints_the_results(browser: Browser, address: str) -> None:
    with opened(browser, address + PAGE + address_of(ORDINARY)) as (page, _):
        page.emulate_media(media="print")
        assert page.locator(".calculator-tiles").is_visible()
        assert field(page, "n").is_visible()
        assert page.locator("svg[data-chart=steps] polyline").first.is_visible()
        assert not page.get_by_role("button", name="Reset").is_visible()
        assert not any(slider.is_visible() for slider in page.locator(".calculator-controls input[type=range]").all())
