"""The page on evidence: its numbers counted again by hand, its figures drawn, its prose under every edition."""

import csv
import itertools
import math
import re
from collections import defaultdict
from typing import Any

import jupytext
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from coordination_gap import conditions, facts, figures, paths, tables
from coordination_gap.press import wording
from coordination_gap.reliability import Pipeline, Step, evidence, evidence_plots, horizons, leaderboard
from coordination_gap.reliability.measured import beta_power_mean, fit_beta_binomial

LAST, ARTICLE = "2026-09-10", "2026-06-20"
DRAWS: dict[str, Any] = {"confidence": 0.9, "resamples": 2000, "seed": 3}


def read_csv(name: str) -> list[dict[str, str]]:
    with (paths.data() / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module", name="counts")
def _counts() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    return evidence.task_successes(tables.load("taubench_trials", LAST))


@pytest.fixture(scope="module", name="by_length")
def _by_length() -> pd.DataFrame:
    return tables.load("metr_success_by_length", LAST)


def by_hand(within: bool) -> dict[int, float]:
    """Count, over all choices of k tries of every task, those that all succeed, or of which one does."""
    outcomes = defaultdict(list)
    for row in read_csv("taubench_trials"):
        outcomes[row["task_id"]].append(row["success"] == "1")
    judged = any if within else all
    return {
        k: sum(
            sum(judged(chosen) for chosen in itertools.combinations(task, k)) / math.comb(len(task), k)
            for task in outcomes.values()
        )
        / len(outcomes)
        for k in (1, 2, 3, 4)
    }


@pytest.mark.parametrize("within", [False, True])
def test_repeated_tries_are_those_counted_by_hand(
    within: bool, counts: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]
) -> None:
    fit = fit_beta_binomial(*counts)
    frame = evidence.repeated(*counts, fit, 8, within=within, **DRAWS).set_index("tries")
    for k, share in by_hand(within).items():
        row = frame.loc[k]
        assert row["measured"] == pytest.approx(share, abs=1e-12)
        assert row["low"] < share < row["high"]
        assert row["independent"] == pytest.approx(1 - 0.58**k if within else 0.42**k)
    assert frame.loc[5:, ["measured", "low", "high"]].isna().all(axis=None)
    assert len(frame) == 8
    gap = frame["measured"] - frame["independent"]
    assert (gap.loc[2:4] < 0).all() if within else (gap.loc[2:4] > 0).all()


def test_laws_are_carried_on_at_least_as_far_as_was_measured(
    counts: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]],
) -> None:
    assert len(evidence.repeated(*counts, fit_beta_binomial(*counts), 1, **DRAWS)) == 4


def test_success_after_a_failure_is_counted_by_hand(
    counts: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]],
) -> None:
    outcomes = defaultdict(list)
    for row in read_csv("taubench_trials"):
        outcomes[row["task_id"]].append(int(row["success"]))
    pairs = [pair for task in outcomes.values() for pair in itertools.permutations(task, 2)]
    after = [second for first, second in pairs if first == 0]
    value, (low, high) = evidence.success_after_failure(*counts, **DRAWS)
    assert value == pytest.approx(sum(after) / len(after))
    assert low < value < high < 0.42
    with pytest.raises(ValueError, match="no failed try"):
        evidence.success_after_failure(np.array([2, 2]), np.array([2, 2]), **DRAWS)
    with pytest.raises(ValueError, match="tries has a task with 1"):
        evidence.success_after_failure(np.array([1, 0]), np.array([2, 1]), **DRAWS)


@pytest.mark.parametrize(("day", "rows"), [(LAST, 77), (ARTICLE, 46)])
def test_the_leaderboard_is_counted_by_hand(day: str, rows: int) -> None:
    figures_of: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for row in read_csv("taubench_pass_k"):
        if row["benchmark"] != "tau-bench" and row["published_on"] <= day:
            figures_of[row["submission_id"], row["domain"]][row["k"]] = float(row["pass_hat_k"])
    gaps = sorted(found["4"] - found["1"] ** 4 for found in figures_of.values() if {"1", "4"} <= found.keys())
    frame = leaderboard.rows_with_ends(tables.load("taubench_pass_k", day))
    assert len(gaps) == len(frame) == rows
    assert sorted(frame["gap"]) == pytest.approx(gaps)
    assert min(gaps) > 0
    assert frame["gap"].median() == pytest.approx((gaps[rows // 2] + gaps[(rows - 1) // 2]) / 2)
    assert not (frame["section"] == "voice").any()
    pairs = frame[["pass_1", "correlation"]].to_numpy(dtype=float).tolist()
    implied = [beta_power_mean(single, correlation, 4) for single, correlation in pairs]
    assert implied == pytest.approx(frame["pass_4"].tolist(), abs=1e-9)


def test_a_row_below_the_law_is_kept_without_a_correlation() -> None:
    pass_k = tables.load("taubench_pass_k", LAST)
    first = pass_k["submission_id"].eq("gpt-5_sierra_2025-08-09") & pass_k["domain"].eq("airline")
    pass_k.loc[first & pass_k["k"].eq(4), "pass_hat_k"] = 0.1
    rows = leaderboard.rows_with_ends(pass_k)
    assert len(rows) == 77
    assert rows.loc[rows["gap"] < 0, "correlation"].isna().tolist() == [True]
    assert int((rows["gap"] > 0).sum()) == 76


def test_the_table_by_domain_adds_up_to_the_rows() -> None:
    rows = leaderboard.rows_with_ends(tables.load("taubench_pass_k", LAST))
    table = leaderboard.by_domain(rows)
    assert table["rows"].astype(int).sum() == 77
    assert "banking knowledge, current" in set(table["domain, section"])
    assert leaderboard.repeated_rows(rows) == 2


def test_models_are_compared_within_one_section_and_domain() -> None:
    pass_k = tables.load("taubench_pass_k", LAST)
    rows = leaderboard.spread(pass_k, "current", "telecom")
    assert (len(rows), rows["pass_hat_k"].iloc[0], rows["pass_hat_k"].iloc[-1]) == (8, 0.5724, 0.9781)
    assert leaderboard.as_submitted(rows.iloc[0]) == "GPT-5.2 (reasoning: none)"
    legacy = leaderboard.spread(pass_k, "legacy", "telecom")
    assert (legacy["pass_hat_k"].iloc[0], legacy["pass_hat_k"].iloc[-1]) == (0.34, 0.9825)
    assert leaderboard.as_submitted(legacy.iloc[0]) == "GPT-4.1"
    assert tables.rows(rows).table == "taubench_pass_k"
    assert len(leaderboard.spread(tables.load("taubench_pass_k", ARTICLE), "current", "banking_knowledge")) == 0


def test_lengths_leave_out_humans_and_models_that_cannot_be_fitted(by_length: pd.DataFrame) -> None:
    fits = evidence.fitted_models(horizons.horizon_fits(by_length))
    assert set(by_length["model"]) - set(fits["model"]) == {"human", "davinci-002", "gpt-3.5-turbo-instruct"}
    assert len(fits) == 16


@pytest.mark.parametrize("unit", ["run", "task"])
def test_lengths_hold_every_bin_and_both_laws(unit: str, by_length: pd.DataFrame) -> None:
    fits = evidence.fitted_models(horizons.horizon_fits(by_length, unit=unit))
    frame = evidence.lengths(by_length, fits, unit, 0.95)
    o1 = frame[frame["model"] == "o1"]
    seen = o1[o1["kind"] == "measured"]
    column = "success_rate" if unit == "run" else "task_mean_success_rate"
    assert seen["success"].tolist() == pytest.approx(by_length.loc[by_length["model"] == "o1", column], abs=6e-5)
    assert seen["low"].isna().all() == (unit == "task")
    for law, curve in o1[o1["kind"] != "measured"].groupby("kind"):
        t50 = fits.loc[(fits["model"] == "o1") & (fits["law"] == law), "t50_minutes"].iloc[0]
        middle = np.interp(math.log(t50), np.log(curve["human_minutes"]), curve["success"])
        assert middle == pytest.approx(0.5, abs=0.01)
    if unit == "run":
        assert seen[["low", "high"]].to_numpy() == pytest.approx(
            by_length.loc[by_length["model"] == "o1", ["wilson_low", "wilson_high"]].to_numpy(), abs=6e-5
        )


def test_short_tasks_make_the_law_pessimistic_about_long_ones(by_length: pd.DataFrame) -> None:
    row = evidence.short_to_long(by_length, ["o1"], "run").iloc[0]
    assert (row["minutes_short"], row["minutes_long"]) == (2, 105)
    assert row["law_long"] == pytest.approx((66 / 79) ** 52.5, rel=1e-3)
    assert row["law_short"] == pytest.approx((80 / 144) ** (2 / 105), rel=1e-4)
    assert row["long"] > row["law_long"]
    assert row["short"] < row["law_short"]


def test_the_table_by_length_names_every_model_once(by_length: pd.DataFrame) -> None:
    fits = evidence.fitted_models(horizons.horizon_fits(by_length))
    models = fits["model"].unique().tolist()
    table = evidence.lengths_table(fits, evidence.short_to_long(by_length, models, "run"))
    assert table["model"].tolist() == models
    assert "<0.0001%" in set(table["long tasks by the law"])
    assert evidence.minutes_between(pd.Series([2.0, 2.5])) == "2 to 2.5 minutes"
    assert evidence.minutes_between(pd.Series([105.0, 105.0])) == "105 minutes"


@pytest.mark.parametrize(("steps", "p", "least"), [(6, 0.97, 0.82), (1, 0.3, 0.3), (10, 0.5, 0.0), (3, 1.0, 1.0)])
def test_no_dependence_leads_out_of_the_bounds(steps: int, p: float, least: float) -> None:
    assert evidence.dependence_bounds(steps, p) == pytest.approx((least, p))
    curve = evidence.success_by_correlation(steps, p, {"a mark": 0.4})
    assert curve["success"].between(least - 1e-12, p + 1e-12).all()
    assert curve["success"].is_monotonic_increasing
    assert curve["success"].iloc[0] == pytest.approx(p**steps)
    assert curve["success"].iloc[-1] == pytest.approx(p)
    assert curve.loc[curve["point"] == "a mark", "correlation"].tolist() == [0.4]


@pytest.mark.parametrize("correlation", [0.0, 0.05, 0.4, 1.0])
def test_the_curve_is_that_of_the_pipeline_with_shared_luck(correlation: float) -> None:
    pipeline = Pipeline.repeat(Step("step", 0.97), 6, correlation=correlation)
    curve = evidence.success_by_correlation(6, 0.97, {"here": correlation})
    at = curve.loc[curve["point"] == "here", "success"].iloc[0]
    assert at == pytest.approx(pipeline.evaluate().success, abs=1e-8)


def test_how_far_the_law_can_be_off() -> None:
    off = evidence.off_the_law(6, 0.97, 0.4)
    law = 0.97**6
    assert off == pytest.approx({"up": 0.97 - law, "down": law - 0.82, "change": 0.916882 - law}, abs=1e-6)


@pytest.mark.parametrize(
    ("theme", "size"), [(figures.LIGHT, (6.6, 4.4)), (figures.DARK, (3.7, 5.0))], ids=["light wide", "dark narrow"]
)
def test_figures_name_their_axes_at_every_size(
    theme: figures.Theme,
    size: tuple[float, float],
    counts: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]],
    by_length: pd.DataFrame,
) -> None:
    fit = fit_beta_binomial(*counts)
    fits = evidence.fitted_models(horizons.horizon_fits(by_length))
    drawn = {
        evidence_plots.draw_all_succeed: evidence.repeated(*counts, fit, 8, **DRAWS),
        evidence_plots.draw_one_succeeds: evidence.repeated(*counts, fit, 8, within=True, **DRAWS),
        evidence_plots.draw_leaderboard: leaderboard.rows_with_ends(tables.load("taubench_pass_k", LAST)),
        evidence_plots.draw_lengths: evidence.lengths(by_length, fits, "run", 0.95),
        evidence_plots.draw_pipeline: evidence.success_by_correlation(6, 0.97, {"a mark": 0.4, "another": 0.1}),
    }
    for draw, data in drawn.items():
        with plt.rc_context(figures.style(theme)):
            figure = plt.figure(figsize=size)
            draw(figure, data)
            figure.canvas.draw()
            assert figure.get_supylabel() or all(axes.get_ylabel() and axes.get_xlabel() for axes in figure.axes)
            assert all(axes.get_title() == "" for axes in figure.axes)
            plt.close(figure)


def test_the_leaderboard_figure_draws_every_row() -> None:
    rows = leaderboard.rows_with_ends(tables.load("taubench_pass_k", LAST))
    figure = plt.figure(figsize=figures.SIZES["wide"])
    evidence_plots.draw_leaderboard(figure, rows)
    marks = [line.get_xydata() for line in figure.axes[0].get_lines() if line.get_linestyle() == "None"]
    plt.close(figure)
    drawn = sorted(map(tuple, np.concatenate(marks).tolist()))
    assert drawn == sorted(map(tuple, rows[["pass_1", "pass_4"]].to_numpy().tolist()))


SOURCE = paths.notebooks() / "06_evidence.md"
EDITIONS: dict[str, dict[str, object]] = {
    "base": {},
    "article's day": {"as_of": ARTICLE},
    "first day, voice": {"as_of": "2026-06-18", "section": "voice", "domain": "banking_knowledge"},
    "least": {
        "confidence": 0.5, "resamples": 1000, "tries_shown": 4, "steps": 2, "step_success": 0.0, "near": 0.001,
        "section": "legacy", "domain": "airline", "counted": "task", "results_version": "v1.0", "model": "GPT-4 0314",
    },
    "most": {
        "confidence": 0.999, "tries_shown": 50, "steps": 1000, "step_success": 1.0, "near": 0.2, "counted": "task",
        "model": "Claude 3.5 Sonnet (Old)",
    },
}  # fmt: skip


def run_page(given: dict[str, object], *, drawing: bool) -> tuple[facts.Page, dict[str, pd.DataFrame]]:
    """Run the page's cells here, with parameters; draw each figure once, or not at all."""
    shown: dict[str, pd.DataFrame] = {}

    def publish(figure_id: str, draw: Any, data: pd.DataFrame, *, alt: str, **_: object) -> None:
        assert "nan" not in alt
        shown[figure_id] = data
        if drawing:
            figures.draw_svg(draw, data, figures.LIGHT, figures.SIZES["narrow"])

    space: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures, "publish", publish)
        patch.setattr(figures, "show_table", lambda frame, caption: shown.update({caption: frame}))
        for cell in jupytext.read(SOURCE).cells:
            if cell.cell_type == "code":
                exec(compile(cell.source, str(SOURCE), "exec"), space)  # noqa: S102 # the page's own code
                if "parameters" in cell.metadata.get("tags", []):
                    assert given.keys() <= space.keys()
                    space.update(given)
    return space["page"], shown


@pytest.fixture(scope="module", name="base")
def _base() -> tuple[facts.Page, dict[str, pd.DataFrame]]:
    return run_page({}, drawing=False)


@pytest.mark.parametrize("name", EDITIONS)
def test_the_page_can_be_read_under_every_edition(name: str, base: tuple[facts.Page, dict[str, pd.DataFrame]]) -> None:
    page, shown = run_page(EDITIONS[name], drawing=name in ("least", "most")) if EDITIONS[name] else base
    known = {fact_id: fact.record() for fact_id, fact in page.facts.items()}
    text = SOURCE.read_text(encoding="utf-8")
    said = set(re.findall(r"\{fact\}`([^`]+)`", text))
    for sentence in re.findall(r"\{wording\}`([^`]+)`", text):
        pieces = wording.choose(sentence, known)
        assert not any(piece["value"] is None for piece in pieces if not isinstance(piece, str)), sentence
        said |= set(wording.referenced(sentence))
    for fact_id, condition in re.findall(r"\{when\} (\S+) (.+)", text):
        conditions.holds(condition, known[fact_id], known)
        said.add(fact_id)
    assert said == known.keys()
    assert set(re.findall(r"\{computed-figure\} (\S+)", text)) <= shown.keys()
    hidden = {"evidence.article_up", "evidence.with_near", "evidence.spread_low"} & {
        fact_id for fact_id, fact in known.items() if fact["value"] is None
    }
    gone = {"first day, voice": {"evidence.article_up", "evidence.spread_low"}, "least": {"evidence.with_near"}}
    assert hidden == gone.get(name, set())


def test_the_page_says_what_the_data_say(base: tuple[facts.Page, dict[str, pd.DataFrame]]) -> None:
    found = {name.partition(".")[2]: fact.display.replace("\xa0", " ") for name, fact in base[0].facts.items()}
    expected = {
        "pass_1": "42.0%", "pass_all": "20.0%", "law_all": "3.1%", "within": "72.0%", "law_within": "88.7%",
        "correlation": "0.40", "rows": "77", "rows_above": "77", "gap_median": "+17.1 percentage points",
        "law": "83.3%", "least": "82.0%", "most": "97.0%", "with_trials": "91.7%", "models": "8", "falling": "8",
        "longer_above": "8", "published_below": "24", "ratio_constant": "0.32", "article_claim": "83%",
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected


def test_gaps_by_model_are_those_of_the_rows() -> None:
    rows = leaderboard.rows_with_ends(tables.load("taubench_pass_k", LAST))
    for section in leaderboard.SECTIONS:
        table = leaderboard.gaps_by_model(rows, section)
        part = rows[rows["section"] == section]
        assert len(table) == part["submission_id"].nunique()
        cells = table.drop(columns="submission").to_numpy().ravel().tolist()
        written = sorted(float(cell.replace("−", "-")) for cell in cells if cell != "–")
        np.testing.assert_allclose(written, np.sort(100 * part["gap"]), atol=0.051)
    assert leaderboard.gaps_by_model(rows.iloc[:0], "current").empty


def test_rows_that_cannot_all_be_right_are_counted() -> None:
    pass_k = tables.load("taubench_pass_k", LAST)
    assert leaderboard.contradictory_rows(pass_k) == 1
    one = pass_k[(pass_k["benchmark"] != "tau-bench") & pass_k["k"].le(4)]
    one = one[one["submission_id"] == leaderboard.rows_with_ends(pass_k)["submission_id"].iloc[0]]
    one = one[one["domain"] == one["domain"].iloc[0]].sort_values("k")
    for shares, expected in (([0.9, 0.8, 0.7, 0.6], 0), ([0.9, 0.85, 0.7, 0.6], 1), ([0.5, 0.25, 0.125, 0.0625], 0)):
        assert leaderboard.contradictory_rows(one.assign(pass_hat_k=shares)) == expected
    assert leaderboard.all_rows(pass_k) > len(leaderboard.rows_with_ends(pass_k))


def test_names_are_recorded_once_each_and_none_is_a_gap() -> None:
    page = facts.Page("sample", as_of=LAST)
    sources = [tables.parameters(x=1)]
    evidence.record_names(page, "some", pd.Series(["b_c", "a", "b_c"]), formula="names", sources=sources)
    evidence.record_names(page, "none", pd.Series([], dtype=str), formula="names", sources=sources)
    assert page.facts["sample.some"].value == "a, b c"
    assert page.facts["sample.none"].gap == "there is none"


def test_a_function_of_a_fit_has_an_interval_or_is_a_gap() -> None:
    page = facts.Page("sample", as_of=LAST)
    fit = fit_beta_binomial([0, 1, 3, 4, 4, 4, 2, 4], [4] * 8, 0.9)
    shown: dict[str, Any] = {"unit": "ratio", "formula": "twice", "sources": [tables.parameters(x=1)], "decimals": 2}
    evidence.record_fitted(page, "twice", fit, lambda rho: 2 * rho, **shown)
    evidence.record_fitted(page, "unknown", None, lambda rho: rho, **shown)
    low, high = (2 * end for end in fit.correlation_interval)
    assert page.facts["sample.twice"].interval == facts.Interval(low, high, 0.9)
    assert page.facts["sample.twice_high"].value == high
    assert all(page.facts[f"sample.unknown{end}"].gap for end in ("", "_low", "_high"))
