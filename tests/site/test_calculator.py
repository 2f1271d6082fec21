"""The calculator on the page on compounding: its numbers, and how little it needs to show them."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from coordination_gap.reliability.compounding import percent
from tests.site.calculator_page import ORDINARY, PAGE, SHARES, address_of, field, go, pipelines, shown
from tests.site.pages import PAGES, opened

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


def test_it_works_from_a_folder(browser: Browser, html: Path) -> None:
    url = (html / PAGE).resolve().as_uri()
    with opened(browser, url + address_of(ORDINARY)) as (page, faults):
        field(page, "n").fill("9")
        page.wait_for_timeout(400)
        assert shown(page)["setting"]["success"] == pytest.approx(
            pipelines(ORDINARY | {"n": 9})["setting"].evaluate().success, abs=1e-9
        )
        assert faults == []


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
