"""What the page of fundamentals shows: its tables, its facts, its figures, with and without gaps."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from coordination_gap import company, facts, figures, stated, tables

FIGURES = {
    "growth": (
        company.draw_growth_and_margin,
        company.describe_growth_and_margin,
        ["revenue_growth", "operating_margin"],
    ),
    "eps": (company.draw_eps, company.describe_eps, ["eps", "eps_without_other_income"]),
    "cash": (
        company.draw_cash,
        company.describe_cash,
        ["operating_cash_flow_trailing", "capital_expenditure_trailing", "free_cash_flow_trailing"],
    ),
    "cloud": (company.draw_cloud, company.describe_cloud, ["cloud_revenue", "backlog"]),
}


def quarters_as_of(day: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.Period]:
    filed = tables.load("alphabet_quarterly", day)
    frame = company.by_quarter(filed)
    last = company.last_period(frame)
    assert last is not None
    return filed, frame, last


def plain(frame: pd.DataFrame) -> list[list[str]]:
    return [[str(value).replace("\xa0", " ") for value in row] for row in frame.to_numpy()]


def test_the_last_quarters_are_the_last_in_order(alphabet: pd.DataFrame) -> None:
    rows = company.last_quarters(alphabet, company.parse_quarter("2025Q2"), 3, ["revenue"])
    assert rows["quarter"].tolist() == ["2024Q4", "2025Q1", "2025Q2"]
    assert rows["revenue"].tolist() == [96_469e6, 90_234e6, 96_428e6]
    assert len(company.last_quarters(alphabet, alphabet.index[2], 12, ["revenue"])) == 3
    with pytest.raises(ValueError, match="count is 0"):
        company.last_quarters(alphabet, alphabet.index[2], 0, ["revenue"])
    with pytest.raises(ValueError, match="name is 'sales'"):
        company.last_quarters(alphabet, alphabet.index[2], 3, ["sales"])


def test_return_on_equity_stands_under_each_definition(alphabet: pd.DataFrame) -> None:
    rows = plain(company.return_on_equity(alphabet, company.parse_quarter("2026Q1")))
    assert [row[1] for row in rows] == ["38.9%", "33.5%", "27.8%"]


def test_multiples_stand_at_each_price(alphabet: pd.DataFrame) -> None:
    rows = plain(company.multiples(alphabet, company.parse_quarter("2026Q1"), [("close", 368.03)]))
    assert rows == [["close: $368.03", "28.1", "39.2"]]


def test_two_companies_stand_side_by_side_with_marks_and_gaps(alphabet: pd.DataFrame) -> None:
    microsoft = company.by_quarter(tables.load("microsoft_quarterly", "2026-09-10"))
    years = (
        company.by_year(tables.load("alphabet_annual", "2026-09-10")),
        company.by_year(tables.load("microsoft_annual", "2026-09-10"), 6),
    )
    at = company.parse_quarter("2026Q1")
    frame = company.beside_peer(
        alphabet, microsoft, at, company.parse_quarter("FY26Q3"), years, ("Alphabet", "Microsoft")
    )
    assert list(frame.columns)[1:] == ["Alphabet, first quarter of 2026", "Microsoft, third quarter of fiscal 2026"]
    rows = {row[0]: row[1:] for row in plain(frame)}
    assert rows["Operating margin"] == ["36.1%", "≈ 46.3%"]
    assert rows["Other income, share of pre-tax income"] == ["48.7%", "not in the table"]
    assert rows["Return on closing equity, last fiscal year"] == ["31.8% (2025)", "≈ 29.6% (fiscal 2025)"]
    cash = rows["Operating cash flow over net income, last fiscal year"]
    assert cash == ["1.25× (2025)", "≈ 1.34× (fiscal 2025)"]
    # Equity at the end of fiscal 2024 is not in the table: no earlier year takes the place of fiscal 2025.
    average = rows["Return on average equity, last fiscal year"]
    assert average == ["35.7% (2025)", "not in the table (fiscal 2025)"]
    without = company.beside_peer(alphabet, microsoft, at, None, years, ("Alphabet", "Microsoft"))
    assert set(without["Microsoft"].iloc[:-4]) == {"not in the table"}


def test_exact_microsoft_figures_carry_no_mark() -> None:
    microsoft = company.by_quarter(tables.load("microsoft_quarterly", "2026-09-10"))
    reading = company.read(microsoft, company.QUARTERLY["eps_growth"], "FY25Q1")
    assert not reading.rounded
    assert reading.number == pytest.approx(3.30 / 2.99 - 1)


def test_growth_and_margins_name_their_quarter(alphabet: pd.DataFrame) -> None:
    frame = company.growth_and_margins(alphabet, company.parse_quarter("2026Q1"))
    assert list(frame.columns) == ["Measure", "first quarter of 2026", "four quarters"]
    assert ["Operating margin", "36.1%", "32.7%"] in plain(frame)


def test_definitions_are_those_of_the_measures() -> None:
    frame = company.definitions(["roe_average"])
    assert frame.to_dict("records") == [
        {
            "Measure": "Return on equity, average",
            "Definition": company.QUARTERLY["roe_average"].formula,
        }
    ]


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("size", figures.SIZES)
def test_a_figure_has_named_axes_and_the_rows_given(name: str, size: str, alphabet: pd.DataFrame) -> None:
    draw, describe, names = FIGURES[name]
    data = company.last_quarters(alphabet, company.parse_quarter("2026Q1"), 12, names)
    figure = plt.figure(figsize=figures.SIZES[size])
    draw(figure, data)
    for axes in figure.axes:
        assert "dollar" in axes.get_ylabel() or "per cent" in axes.get_ylabel()
        assert axes.get_title() == ""
        assert axes.get_xticklabels()[-1].get_text() == "2026Q1"
    drawn = drawn_heights(figure)
    for column in names:
        expected = data[column].to_numpy()
        assert any(np.allclose(heights, expected) for heights in drawn), column
    plt.close(figure)
    assert "2026Q1" in describe(data)


def drawn_heights(figure: Figure) -> list["np.ndarray[tuple[int], np.dtype[np.float64]]"]:
    """Return what was drawn, in each of the units that the axes may be in."""
    found = []
    for axes in figure.axes:
        shapes = [np.asarray(line.get_ydata(), dtype=float) for line in axes.get_lines()]
        shapes += [np.array([bar.get_height() for bar in group]) for group in axes.containers]
        found += [heights * scale for heights in shapes if len(heights) == 12 for scale in (1.0, 0.01, 1e9)]
    return found


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_without_any_value_is_still_drawn_and_says_so(name: str) -> None:
    draw, describe, names = FIGURES[name]
    data = pd.DataFrame({"quarter": ["2025Q4", "2026Q1"], **{column: [np.nan, np.nan] for column in names}})
    svg = figures.draw_svg(draw, data, figures.LIGHT, figures.SIZES["wide"])
    assert svg.startswith("<?xml")
    assert "No value of" in describe(data)


def test_alt_text_names_the_holes() -> None:
    data = pd.DataFrame({"quarter": ["2025Q3", "2025Q4", "2026Q1"], "cloud_revenue": [1e9, np.nan, 3e9]})
    data["backlog"] = 5e9
    text = company.describe_cloud(data).replace("\xa0", " ")
    assert "Cloud revenue: $1.0 billion in 2025Q3, $3.0 billion in 2026Q1; not known: 2025Q4." in text


def record_all(day: str, price: float = 0.0) -> facts.Page:
    """Record every fact of the page as of a day."""
    page = facts.Page("fundamentals", as_of=day)
    filed, frame, last = quarters_as_of(day)
    article = tables.load("article_figures", day)
    share = company.price_of_share(tables.load("event_windows", day), "shazeer-2026", "googl", given=price)
    peer = tables.load("microsoft_quarterly", day)
    quarters = company.by_quarter(peer)
    company.record_quarter(page, last, filed)
    names = [name for name in company.QUARTERLY if name != "cloud_revenue_growth"]
    company.record_measures(page, names, frame, last, filed)
    company.record_bounds(page, "cloud_revenue_growth", frame, last, filed)
    company.record_price(page, share)
    company.record_multiples(page, "", share, frame, last, filed)
    company.record_article_price(page, article, frame, filed)
    company.record_peer(page, quarters, company.period_ending(quarters, last.end_time.date()), peer)
    company.record_peer_other_income(page, quarters, company.period_ending(quarters, last.end_time.date()), peer)
    company.record_stated_over_quarter(page, "article_eps", article, "eps-trailing", "eps", frame, filed)
    review = stated.read(article, "review-eps-without-gains", company.period_label(last))
    stated.record(page, "review_eps", review, unit="usd_per_share")
    limits = company.Tolerances()
    company.record_verdicts(page, company.compare(article, frame, limits), article, filed, limits)
    return page


def test_the_facts_of_the_last_day() -> None:
    found = record_all("2026-09-10").facts
    shown = {name.removeprefix("fundamentals."): fact.display.replace("\xa0", " ") for name, fact in found.items()}
    assert shown["quarter"] == "first quarter of 2026"
    assert shown["quarters_due"] == "1"
    assert shown["revenue_growth"] == "+21.8%"
    assert (shown["price"], shown["price_session"]) == ("$344.82", "21 August 2026")
    assert (shown["pe"], shown["pe_without_other_income"]) == ("26.3", "36.8")
    assert (shown["article_pe"], shown["article_pe_without_other_income"]) == ("28.1", "39.2")
    assert (shown["implied_eps"], shown["implied_eps_growth"]) == ("$14.15", "+8%")
    assert shown["implied_eps_growth_without_other_income"] == "+51%"
    assert shown["cloud_revenue_growth_margin"] == "$10 million"
    assert (shown["cloud_revenue_growth_low"], shown["cloud_revenue_growth_high"]) == ("+63.2%", "+63.5%")
    assert (shown["peer_other_income"], shown["peer_other_income_quarters"]) == ("$10.0 billion", "1")
    assert (shown["article_eps"], shown["article_eps_over_quarter"]) == ("$13.10", "2.6×")
    assert shown["article_misleading_names"] == "earnings growth of the quarter"
    assert found["fundamentals.roe_average"].sources[0].rows == ("2025Q1 .. 2026Q1",)


def test_the_article_s_day_sees_its_price_and_nothing_later() -> None:
    found = record_all("2026-06-20").facts
    assert found["fundamentals.price"].value == 368.03
    assert found["fundamentals.price_session"].value == "2026-06-18"
    assert found["fundamentals.quarters_due"].value == 0
    assert found["fundamentals.pe"].value == pytest.approx(368.03 / 13.11)


@pytest.mark.parametrize("day", ["2025-09-01", "2025-12-31", "2026-02-01", "2026-02-10", "2026-04-29", "2026-04-30"])
def test_an_earlier_day_has_gaps_with_reasons_and_the_same_facts(day: str) -> None:
    early, late = record_all(day).facts, record_all("2026-09-10").facts
    assert set(early) == set(late)
    gaps = {name: fact.gap for name, fact in early.items() if fact.value is None}
    assert all(gaps.values())
    assert "fundamentals.article_price" in gaps
    if day < "2026-04-30":
        assert re.match(r"no figure for eps_diluted_usd in 20", gaps["fundamentals.pe"] or "")


def test_a_price_given_by_hand_is_named_as_one() -> None:
    found = record_all("2026-09-10", price=131.1).facts
    assert found["fundamentals.pe"].value == pytest.approx(10.0)
    assert found["fundamentals.price_session"].gap == "the price was given by hand"
    assert found["fundamentals.price"].sources == (tables.parameters(price=131.1),)


def test_no_close_no_multiple(alphabet: pd.DataFrame, filed: pd.DataFrame) -> None:
    page = facts.Page("fundamentals", as_of="2026-09-10")
    nothing = company.price_of_share(tables.load("event_windows", "2020-01-01"), "shazeer-2026", "googl")
    company.record_price(page, nothing)
    company.record_multiples(page, "", nothing, alphabet, company.parse_quarter("2026Q1"), filed)
    assert all(fact.gap == nothing.gap for fact in page.facts.values())


def test_the_names_of_prices_are_those_that_can_be_seen() -> None:
    windows = tables.load("event_windows", "2026-06-20")
    share = company.price_of_share(windows, "shazeer-2026", "googl")
    both = company.named_prices(share, tables.load("article_figures", "2026-06-20"))
    assert [(name.replace("\xa0", " "), usd) for name, usd in both] == [
        ("close of 18 June 2026", 368.03),
        ("the article's", 368.03),
    ]
    assert len(company.named_prices(share, tables.load("article_figures", "2026-06-19"))) == 1


def test_every_column_of_every_table_has_a_head(alphabet: pd.DataFrame) -> None:
    at = company.parse_quarter("2026Q1")
    compared = company.compare(tables.load("article_figures", "2026-06-20"), alphabet)
    shown = [
        company.growth_and_margins(alphabet, at),
        company.return_on_equity(alphabet, at),
        company.multiples(alphabet, at, [("close", 368.03)]),
        company.comparison(compared),
        company.definitions(["eps"]),
    ]
    for frame in shown:
        assert all(str(column).strip() for column in frame.columns)
        assert frame.notna().all().all()
