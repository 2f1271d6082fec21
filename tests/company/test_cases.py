"""Published and filed figures as known answers, and a second computation straight from the file."""

import csv
from collections.abc import Callable

import pandas as pd
import pytest

from coordination_gap import company, paths

Row = dict[str, str]


def cases() -> list[Row]:
    with (paths.root() / "tests" / "cases" / "company_cases.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def numbers(text: str) -> dict[str, float]:
    return {name: float(value) for name, value in (part.split("=") for part in text.split(","))}


FILED = [case for case in cases() if case["topic"] != "multiples"]
MULTIPLES = [case for case in cases() if case["topic"] == "multiples"]


@pytest.mark.parametrize("case", FILED, ids=lambda case: case["id"])
def test_a_filed_figure_is_the_known_answer(case: Row, alphabet: pd.DataFrame) -> None:
    reading = company.read(alphabet, company.QUARTERLY[case["subject"]], case["inputs"])
    assert reading.number == pytest.approx(float(case["expected"]), abs=float(case["tolerance"]))


@pytest.mark.parametrize("case", MULTIPLES, ids=lambda case: case["id"])
def test_a_published_multiple_is_the_known_answer(case: Row, alphabet: pd.DataFrame) -> None:
    given = numbers(case["inputs"])
    if case["subject"] == "price_to_earnings":
        earnings = company.Reading(company.QUARTERLY["eps_trailing"], "2026Q1", given["eps"], None, ())
        found = company.price_to_earnings(given["price"], earnings).number
    elif case["subject"] == "implied_earnings":
        found = company.implied_earnings(given["price"], given["multiple"])
    else:
        # The published reading is consistent in itself, and above ours, which takes out more than the gains.
        found = given["eps"] - given["gains"]
        assert company.read(alphabet, company.QUARTERLY["eps_without_other_income"], "2026Q1").number < found
    assert found == pytest.approx(float(case["expected"]), abs=float(case["tolerance"]))


@pytest.fixture(scope="module")
def plain() -> Callable[[str, str], float]:
    """Return a lookup of a cell in the file itself, read without pandas: quarter and column to number."""
    with (paths.data() / "alphabet_quarterly.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["fiscal_quarter"]: row for row in csv.DictReader(file)}

    def cell(quarter: str, column: str) -> float:
        return float(rows[quarter][column])

    return cell


def before(quarter: str, count: int) -> str:
    number = int(quarter[:4]) * 4 + int(quarter[-1]) - 1 - count
    return f"{number // 4}Q{number % 4 + 1}"


def direct(cell: Callable[[str, str], float], name: str, q: str) -> float:
    """Compute a measure of a quarter from the file's cells, without any of the code under test."""
    four = [before(q, back) for back in range(4)]
    year = before(q, 4)
    total = {
        short: sum(cell(one, column) for one in four)
        for short, column in {
            "revenue": "revenue_usd",
            "operating": "operating_income_usd",
            "net": "net_income_usd",
            "eps": "eps_diluted_usd",
            "cash": "operating_cash_flow_usd",
            "capex": "capital_expenditure_usd",
        }.items()
    }

    def left(one: str, column: str) -> float:
        """Take out other income the long way: at the effective rate, from net income, then per share."""
        operating, other, net = (
            cell(one, c) for c in ("operating_income_usd", "other_income_net_usd", "net_income_usd")
        )
        rate = 1 - net / (operating + other)
        shares = net / cell(one, column)
        return (net - other * (1 - rate)) / shares

    e = "eps_diluted_usd"
    mean_equity = (cell(q, "equity_usd") + cell(year, "equity_usd")) / 2
    answers: dict[str, Callable[[], float]] = {
        "revenue_growth": lambda: cell(q, "revenue_usd") / cell(year, "revenue_usd") - 1,
        "revenue_trailing": lambda: total["revenue"],
        "operating_margin_trailing": lambda: total["operating"] / total["revenue"],
        "net_margin": lambda: cell(q, "net_income_usd") / cell(q, "revenue_usd"),
        "eps_trailing": lambda: total["eps"],
        "eps_without_other_income": lambda: left(q, e),
        "eps_without_other_income_growth": lambda: left(q, e) / left(year, e) - 1,
        "eps_without_other_income_trailing": lambda: sum(left(one, e) for one in four),
        "roe_average": lambda: total["net"] / mean_equity,
        "roe_closing": lambda: total["net"] / cell(q, "equity_usd"),
        "roe_average_without_other_income": lambda: (
            sum(cell(one, "net_income_usd") * left(one, e) / cell(one, e) for one in four) / mean_equity
        ),
        "free_cash_flow_trailing": lambda: total["cash"] - total["capex"],
        "capital_intensity": lambda: cell(q, "capital_expenditure_usd") / cell(q, "revenue_usd"),
        "backlog_growth_year": lambda: (
            cell(q, "remaining_performance_obligation_usd") / cell(year, "remaining_performance_obligation_usd") - 1
        ),
        "cloud_operating_margin": lambda: cell(q, "cloud_operating_income_usd") / cell(q, "cloud_revenue_usd"),
    }
    return answers[name]()


@pytest.mark.parametrize("quarter", ["2024Q3", "2025Q4", "2026Q1"])
@pytest.mark.parametrize(
    "name",
    [
        "revenue_growth", "revenue_trailing", "operating_margin_trailing", "net_margin", "eps_trailing",
        "eps_without_other_income", "eps_without_other_income_growth", "eps_without_other_income_trailing",
        "roe_average", "roe_closing", "roe_average_without_other_income", "free_cash_flow_trailing",
        "capital_intensity", "backlog_growth_year", "cloud_operating_margin",
    ],
)  # fmt: skip
def test_a_measure_agrees_with_a_direct_computation(
    name: str, quarter: str, alphabet: pd.DataFrame, plain: Callable[[str, str], float]
) -> None:
    found = company.read(alphabet, company.QUARTERLY[name], quarter).number
    assert found == pytest.approx(direct(plain, name, quarter), rel=1e-12)


def test_the_year_is_the_sum_of_its_quarters(alphabet: pd.DataFrame) -> None:
    with (paths.data() / "alphabet_annual.csv").open(encoding="utf-8", newline="") as file:
        years = {row["fiscal_year"]: row for row in csv.DictReader(file)}
    for year in range(2016, 2026):
        for name, column in (("revenue_trailing", "revenue_usd"), ("net_income_trailing", "net_income_usd")):
            found = company.read(alphabet, company.QUARTERLY[name], f"{year}Q4").number
            # The fourth quarter is the year less nine months as filed, and those may differ from their sum by rounding.
            assert found == pytest.approx(float(years[str(year)][column]), abs=1e6), (year, name)
