import math
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from coordination_gap import figures
from coordination_gap.reliability import Pipeline, Step, compounding, plots
from tests.reliability.drawn import check

STEP = Step("step", success=0.97, loud=0.5)


@pytest.mark.parametrize(
    ("share", "decimals"), [(0.97, 0), (0.975, 1), (0.99991, 3), (0.0, 0), (1.0, 0), (1 / 3, 8), (0.07, 0)]
)
def test_exact_decimals(share: float, decimals: int) -> None:
    assert compounding.exact_decimals(share) == decimals


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.83297, "83.3%"),
        (0.0094, "0.94%"),
        (0.00066, "0.066%"),
        (0.9999934, "99.99934%"),
        (0.0, "0.0%"),
        (1.0, "100.0%"),
        (1e-13, "0.0%"),
    ],
)
def test_percent_keeps_apart_what_is_not_certain(share: float, text: str) -> None:
    assert compounding.percent(share) == text


@given(st.floats(1e-8, 1 - 1e-8))
def test_percent_never_rounds_to_certainty(share: float) -> None:
    assert 0.0 < float(compounding.percent(share).rstrip("%")) < 100.0


def test_success_by_steps_marks_article_and_setting() -> None:
    curves = compounding.success_by_steps([0.9], steps=40, step_success=0.5, article=(6, 0.97))
    assert sorted(curves["step_success"].unique()) == [0.5, 0.9, 0.97]
    assert curves["steps"].max() == 40
    np.testing.assert_allclose(curves["success"], curves["step_success"] ** curves["steps"], rtol=1e-12)
    marked = curves[curves["point"] != ""].set_index("point")
    assert marked.loc["article", "success"] == pytest.approx(0.97**6)
    assert marked.loc["setting", "success"] == pytest.approx(0.5**40)


def test_the_articles_own_setting_is_marked_once() -> None:
    curves = compounding.success_by_steps([0.97], steps=6, step_success=0.97, article=(6, 0.97))
    assert curves["point"].tolist().count("article") == 1
    assert "setting" not in set(curves["point"])
    assert curves["steps"].max() == 30


def test_without_the_article_only_the_setting_is_marked() -> None:
    curves = compounding.success_by_steps([0.9], steps=6, step_success=0.95)
    assert sorted(curves["step_success"].unique()) == [0.9, 0.95]
    assert curves["point"].value_counts().to_dict() == {"": 59, "setting": 1}


def test_a_long_example_of_the_article_is_on_its_curve() -> None:
    curves = compounding.success_by_steps([0.9], steps=6, step_success=0.9, article=(45, 0.97))
    assert curves.loc[curves["point"] == "article", "steps"].tolist() == [45]


def test_allowance_by_steps_meets_its_targets() -> None:
    allowed = compounding.allowance_by_steps([0.9, 0.99], steps=6, target=0.95)
    assert sorted(allowed["target"].unique()) == [0.9, 0.95, 0.99]
    np.testing.assert_allclose(allowed["required_step_success"] ** allowed["steps"], allowed["target"], rtol=1e-12)
    np.testing.assert_allclose(allowed["failures_per_1000"], 1000 * (1 - allowed["required_step_success"]), rtol=1e-9)
    assert allowed.loc[allowed["point"] == "setting", "required_step_success"].tolist() == [0.95 ** (1 / 6)]


@pytest.mark.parametrize("target", [0.0, 1.0])
def test_targets_that_no_axis_can_hold_are_left_out(target: float) -> None:
    assert sorted(compounding.allowance_by_steps([0.9], 6, target)["target"].unique()) == [0.9]


def test_longest_series() -> None:
    table = compounding.longest_series([1.0, 0.97, 0.999], [0.9, 0.95])
    assert table["one step succeeds"].tolist() == ["97%", "99.9%", "100%"]
    assert table["steps for 95%"].tolist() == ["1", "51", "no limit"]
    assert table["steps for 90%"].tolist() == ["3", "105", "no limit"]


def test_simulation_table_has_a_row_for_each_outcome() -> None:
    pipelines = {"bare": Pipeline([STEP]), "sure": Pipeline([Step("sure", 1.0)])}
    table = compounding.simulation_table(pipelines, runs=10_000, seed=1)
    assert table["pipeline"].tolist()[1] == "bare, silent failure"
    assert table["exact"].tolist()[:4] == ["97.000%", "1.500%", "1.500%", "100.000%"]
    assert table["off by, standard errors"].tolist()[3] == "–"


def test_outcomes_by_loud_share() -> None:
    outcomes = compounding.outcomes_by_loud(Step("step", 0.97, loud=0.123), steps=6)
    np.testing.assert_allclose(outcomes["success"], 0.97**6, rtol=1e-12)
    np.testing.assert_allclose(outcomes["silent_failure"], (1 - 0.03 * outcomes["loud"]) ** 6 - 0.97**6, atol=1e-12)
    assert outcomes.loc[outcomes["point"] == "setting", "loud"].tolist() == [0.123]


@given(steps=st.integers(1, 200), p=st.floats(0.0, 0.9999))
def test_loud_share_allowed_is_where_the_sentence_stops_rounding(steps: int, p: float) -> None:
    allowed = compounding.loud_share_allowed(steps, p)
    assert allowed is not None
    assert 0.0 <= allowed < 1.0
    one_in = round(1 / (1 - p**steps))
    silent = Pipeline.repeat(Step("step", p, loud=allowed), steps).evaluate().silent_failure
    assert 1 / silent == pytest.approx(one_in + 0.5, rel=1e-6)


def test_loud_share_allowed_where_no_run_fails_and_for_the_article() -> None:
    assert compounding.loud_share_allowed(6, 1.0) is None
    allowed = compounding.loud_share_allowed(6, 0.97)
    assert allowed == pytest.approx((1 - (0.97**6 + 1 / 6.5) ** (1 / 6)) / 0.03, rel=1e-12)


SETTINGS = {
    "base": (6, 0.97, 0.95, 0.5),
    "one sure step": (1, 1.0, 1.0, 1.0),
    "many hopeless steps": (1000, 0.0, 0.0, 0.0),
    "other": (25, 0.96, 0.8, 0.3),
}


@pytest.mark.parametrize("size", figures.SIZES)
@pytest.mark.parametrize("setting", SETTINGS)
def test_figures_draw_what_the_frames_hold(setting: str, size: str) -> None:
    steps, p, target, loud = SETTINGS[setting]
    step = Step("step", p, loud=loud)
    drawn: list[tuple[Callable[[Figure, pd.DataFrame], None], pd.DataFrame]] = [
        (plots.draw_by_steps, compounding.success_by_steps([0.9, 0.99], steps, p)),
        (plots.draw_by_steps, compounding.success_by_steps([0.9, 0.99], steps, p, (6, 0.97))),
        (plots.draw_required, compounding.allowance_by_steps([0.9, 0.99], steps, target)),
        (plots.draw_silence, compounding.outcomes_by_loud(step, steps)),
    ]
    for draw, data in drawn:
        check(draw, data, size)


def test_curves_hold_the_frames_values() -> None:
    data = compounding.success_by_steps([0.9], 6, 0.97)
    figure = plt.figure()
    plots.draw_by_steps(figure, data)
    curves = [line for line in figure.axes[0].lines if len(np.asarray(line.get_xdata())) > 1]
    plt.close(figure)
    np.testing.assert_allclose(np.asarray(curves[0].get_ydata(), dtype=float)[5], 0.9**6)
    np.testing.assert_allclose(np.asarray(curves[1].get_ydata(), dtype=float)[5], 0.97**6)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=8))
def test_labels_are_spread_within_the_axes_in_their_order(values: list[float]) -> None:
    placed = plots.spread(values, 0.1, 0.0, 1.0)
    order = np.argsort(values, kind="stable")
    apart = np.diff(np.asarray(placed)[order])
    assert (apart >= 0.1 - 1e-12).all()
    assert max(placed) <= 1.0
    assert min(placed) >= 0.0 - 1e-12
    assert not math.isnan(sum(placed))


def test_a_small_test_is_the_published_calculation_with_a_prior_shared_by_the_steps() -> None:
    tested = compounding.small_test(6, 29, 30, 0.95)
    assert tested.point == pytest.approx((29 / 30) ** 6)
    assert tested.low < tested.point < tested.high
    rng = np.random.default_rng(5)
    drawn = rng.beta(29.5, 1 + 0.5 / 6, size=(400_000, 6)).prod(axis=1)
    np.testing.assert_allclose([tested.low, tested.high], np.quantile(drawn, [0.025, 0.975]), atol=2e-3)


def test_small_tests_narrow_and_mark_the_setting() -> None:
    frame = compounding.small_tests(6, 0.97, 30, 0.95)
    assert frame.loc[frame["setting"] == "setting", "trials"].tolist() == [30]
    assert (np.diff((frame["high"] - frame["low"])[frame["setting"] == ""]) < 0).all()
    # The page says of the same test what the figure marks.
    tested = compounding.small_test(6, 29, 30, 0.95)
    assert frame.iloc[-1].tolist()[:4] == [30, tested.point, tested.low, tested.high]
    assert compounding.small_tests(1, 1.0, 10, 0.9)["point"].eq(1.0).all()


def test_importance_table_has_the_steps_to_mend_first() -> None:
    pipeline = Pipeline([Step("weak", 0.8, loud=1.0, cost=0.01), Step("strong", 0.99, cost=0.01)])
    table = compounding.importance_table(pipeline.importance(), most=1)
    assert table["step"].tolist() == ["weak"]
    assert table["points gained if it never failed"].tolist() == ["+19.80"]
