"""The calculator on the page on compounding: what it shows and holds, and the pipelines it stands for."""

from dataclasses import replace
from typing import Any

from playwright.sync_api import Page

from coordination_gap.reliability import Gate, Pipeline, Step

PAGE = "notebooks/05_compounding.html"
SHARES = ("success", "silent_failure", "halted")
COLUMNS = ("setting", "independent", "bare")
#: A setting in the reach of every edition; tests change it in one place or two.
ORDINARY = {"n": 6, "p": 0.97, "rs": 0.1, "a": 3, "l": 0.5, "ra": 0.2, "g": 1, "d": 0.9, "f": 0.02, "c": 0.01, "s": 2}


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
