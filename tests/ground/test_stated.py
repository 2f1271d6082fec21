"""What the article and a review state: rows like others, with their day, their digits and their place."""

import pytest

from coordination_gap import facts, stated, tables
from coordination_gap.press import notebooks
from coordination_gap.reliability import series

ARTICLE_DAY = "2026-06-20"


def test_a_stated_figure_is_its_row() -> None:
    price = stated.read(tables.load("article_figures", ARTICLE_DAY), "price")
    assert (price.value, price.resolution, price.period, price.gap) == (368.03, 0.01, "2026Q1", None)
    assert price.sources == (tables.Source("article_figures", ("price",)),)


def test_before_its_day_a_stated_figure_is_a_gap() -> None:
    price = stated.read(tables.load("article_figures", "2026-06-19"), "price")
    assert (price.value, price.sources) == (None, ())
    assert price.gap == "the stated figure price is not public as of this day"
    fact = stated.record(facts.Page("page", as_of="2026-06-19"), "price", price, unit="usd_per_share")
    assert (fact.value, fact.gap) == (None, price.gap)
    with pytest.raises(ValueError, match="nothing is stated to round like: the stated figure price is not public"):
        price.as_printed(1.0)


def test_a_stated_figure_speaks_of_its_quarter() -> None:
    figures = tables.load("article_figures", ARTICLE_DAY)
    assert stated.read(figures, "review-eps-without-gains", "2026Q1").value == 2.76
    other = stated.read(figures, "review-eps-without-gains", "2025Q4")
    assert (other.value, other.gap) == (None, "the stated figure speaks of 2026Q1")
    none = stated.read(figures, "pipeline-steps", "2026Q1")
    assert (none.value, none.period, none.gap) == (None, None, "the stated figure speaks of no quarter")


@pytest.mark.parametrize(
    ("figure_id", "unit", "display"),
    [
        ("price", "usd_per_share", "$368.03"),
        ("forward-price-to-earnings", "ratio", "26"),
        ("operating-margin", "fraction", "36.1%"),
        ("pipeline-steps", "count", "6"),
        ("pipeline-step-success", "probability", "97%"),
        ("pipeline-success", "probability", "83%"),
    ],
)
def test_a_stated_figure_shows_the_digits_it_was_printed_with(figure_id: str, unit: str, display: str) -> None:
    figures = tables.load("article_figures", ARTICLE_DAY)
    assert figures.set_index("id").loc[figure_id, "unit"] == unit
    fact = stated.record(facts.Page("page", as_of=ARTICLE_DAY), "figure", stated.read(figures, figure_id), unit=unit)
    assert fact.display == display
    assert fact.sources == (tables.Source("article_figures", (figure_id,)),)


def test_a_number_is_rounded_as_the_stated_one_was() -> None:
    figures = tables.load("article_figures", ARTICLE_DAY)
    assert stated.read(figures, "pipeline-success").as_printed(0.97**6) == 0.83
    assert stated.read(figures, "pipeline-runs-per-failure").as_printed(5.987) == 6
    assert stated.read(figures, "backlog").as_printed(467.6e9) == 468e9


def test_the_example_adds_up_and_is_the_page_s_default_setting() -> None:
    figures = tables.load("article_figures", ARTICLE_DAY)
    steps, success, claim, one_in = (
        stated.read(figures, f"pipeline-{name}") for name in ("steps", "step-success", "success", "runs-per-failure")
    )
    assert steps.value is not None
    assert success.value is not None
    law = series([success.value] * int(steps.value))
    assert claim.as_printed(law) == claim.value
    assert one_in.as_printed(1 / (1 - law)) == one_in.value
    setting = notebooks.parameters("05_compounding")
    assert (setting["steps"].default, setting["step_success"].default) == (steps.value, success.value)
