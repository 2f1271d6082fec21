"""The article's figures beside the filings: the verdict follows from stated tolerances."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination_gap import company, tables


@pytest.mark.parametrize(
    ("stated", "computed", "resolution", "relation", "without", "expected"),
    [
        (0.218, 0.21790, 0.001, "equals", None, "agrees"),
        (0.218, 0.21851, 0.001, "equals", None, "loosely"),
        (0.218, 0.23, 0.001, "equals", None, "differs"),
        (13.10, 13.11, 0.01, "equals", 9.38, "loosely"),
        (0.82, 0.8185, 0.01, "equals", 0.273, "misleading"),
        (0.82, 0.8185, 0.01, "equals", 0.42, "agrees"),
        (0.82, 0.5, 0.01, "equals", 0.1, "differs"),
        (460e9, 467.6e9, 1e9, "more than", None, "agrees"),
        (460e9, 459e9, 1e9, "more than", None, "loosely"),
        (460e9, 400e9, 1e9, "more than", None, "differs"),
        (1.0, 0.93, 0.01, "nearly", None, "agrees"),
        (1.0, 0.9, 0.01, "nearly", None, "agrees"),
        (1.0, 1.005, 0.01, "nearly", None, "loosely"),
        (1.0, 0.7, 0.01, "nearly", None, "differs"),
        (1.0, None, 0.01, "equals", None, "cannot be checked"),
    ],
)
def test_a_verdict_follows_from_the_tolerances(
    stated: float, computed: float | None, resolution: float, relation: str, without: float | None, expected: str
) -> None:
    found = company.verdict(stated, computed, resolution=resolution, relation=relation, without_other_income=without)
    assert found == expected
    assert found in company.VERDICTS


@settings(max_examples=60, deadline=None)
@given(st.floats(-0.99, 20.0), st.integers(0, 4))
def test_a_correctly_rounded_figure_always_agrees(computed: float, digits: int) -> None:
    assert company.verdict(round(computed, digits), computed, resolution=10.0**-digits) == "agrees"


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="stated is nan"):
        company.verdict(float("nan"), 1.0, resolution=0.1)
    with pytest.raises(ValueError, match="resolution is 0"):
        company.verdict(1.0, 1.0, resolution=0.0)
    with pytest.raises(ValueError, match="relation is 'about'"):
        company.verdict(1.0, 1.0, resolution=0.1, relation="about")
    with pytest.raises(ValueError, match="loose is 2"):
        company.Tolerances(loose=2.0)
    with pytest.raises(ValueError, match="misleading_below is -1"):
        company.Tolerances(misleading_below=-1.0)


EXPECTED = {
    "revenue-growth": ("21.8%", "21.79%", "agrees"),
    "revenue-trailing": ("$422.5 billion", "$422.50 billion", "agrees"),
    "eps-trailing": ("$13.10", "$13.11", "loosely"),
    "earnings-growth": ("82%", "81.9%", "misleading"),
    "cloud-revenue": ("$20.03 billion", "$20.028 billion", "agrees"),
    "cloud-growth": ("63%", "63.4%", "agrees"),
    "backlog": ("more than $460 billion", "$467.6 billion", "agrees"),
    "backlog-growth": ("nearly 100%", "92.6%", "agrees"),
    "operating-margin": ("36.1%", "36.12%", "agrees"),
    "return-on-equity": ("38.9%", "38.88%", "agrees"),
}


def test_the_article_s_figures_get_the_verdicts_that_were_found_by_hand(alphabet: pd.DataFrame) -> None:
    compared = company.compare(tables.load("article_figures", "2026-06-20"), alphabet)
    found = {
        row["id"]: (row["stated"].replace("\xa0", " "), row["computed"].replace("\xa0", " "), row["verdict"])
        for row in compared.to_dict("records")
    }
    assert found == EXPECTED
    beside = dict(zip(compared["id"], compared["beside"].str.replace("\xa0", " "), strict=True))
    assert beside["return-on-equity"] == "Return on equity, closing: 33.5%"
    assert beside["backlog"] == ""


def test_no_article_no_comparison(alphabet: pd.DataFrame) -> None:
    figures = tables.load("article_figures", "2026-06-19")
    compared = company.compare(figures, alphabet)
    assert compared.empty


def test_a_quarter_that_cannot_be_seen_cannot_be_checked() -> None:
    early = company.by_quarter(tables.load("alphabet_quarterly", "2026-02-10"))
    compared = company.compare(tables.load("article_figures", "2026-06-20"), early)
    assert set(compared["verdict"]) == {"cannot be checked"}
    assert set(compared["computed"]) == {"not in the table"}


def test_an_unknown_measure_is_named(alphabet: pd.DataFrame) -> None:
    figures = tables.load("article_figures", "2026-06-20").assign(measure="sales")
    with pytest.raises(ValueError, match="article figure revenue-growth names the measure 'sales'"):
        company.compare(figures, alphabet)
