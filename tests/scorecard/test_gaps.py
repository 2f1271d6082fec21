"""Gaps between labs: by hand, and their intervals."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coordination_gap import tables
from coordination_gap.scorecard import arena_gaps, at_day, index_change, index_gaps, refreshed

BOARD = "text-style-control-default"


def snapshot(day: str, board: str = BOARD, **ratings: tuple[float, float, float]) -> pd.DataFrame:
    rows = [(pd.Timestamp(day), board, lab, *values) for lab, values in ratings.items()]
    columns = ["snapshot_date", "board_id", "lab", "rating_points", "rating_points_low", "rating_points_high"]
    return pd.DataFrame(rows, columns=columns)


def test_gap_and_interval_by_hand() -> None:
    arena = snapshot("2026-06-17", Google=(1486, 1482, 1490), Anthropic=(1508, 1499, 1517), OpenAI=(1481, 1470, 1490))
    row = arena_gaps(arena).iloc[0]
    assert (row["gap"], row["rival"], row["gap_to_each"], row["weakest"]) == (-22, "Anthropic", 5, "OpenAI")
    half = math.hypot(4, 9)
    assert (row["low"], row["high"]) == (pytest.approx(-22 - half), pytest.approx(-22 + half))
    assert arena_gaps(arena, "OpenAI")["gap"].tolist() == [-27]


def test_unequal_sides_go_crosswise() -> None:
    # The gap is least where the own rating is low and the rival's high.
    row = arena_gaps(snapshot("2026-06-17", Google=(10, 7, 10), OpenAI=(10, 10, 14))).iloc[0]
    assert (row["low"], row["high"]) == (pytest.approx(-5), pytest.approx(0))


def test_without_an_interval_there_is_no_interval() -> None:
    row = arena_gaps(snapshot("2026-06-17", Google=(10, math.nan, math.nan), OpenAI=(8, 7, 9))).iloc[0]
    assert row["gap"] == 2
    assert math.isnan(row["low"])
    assert math.isnan(row["high"])


def test_boards_and_days_are_not_mixed() -> None:
    arena = pd.concat(
        [
            snapshot("2026-06-17", "text", Google=(10, 9, 11)),
            snapshot("2026-06-17", "other", OpenAI=(8, 7, 9)),
            snapshot("2026-06-18", "text", OpenAI=(8, 7, 9)),
        ]
    )
    assert arena_gaps(arena).empty


def test_a_lab_twice_is_refused() -> None:
    arena = pd.concat([snapshot("2026-06-17", Google=(10, 9, 11), OpenAI=(8, 7, 9))] * 2)
    with pytest.raises(ValueError, match="twice in the snapshot of 2026-06-17"):
        arena_gaps(arena)


def test_repeats_are_dropped_whole_and_board_by_board() -> None:
    first: dict[str, tuple[float, float, float]] = {"Google": (10, 9, 11), "OpenAI": (8, 7, 9)}
    moved = first | {"OpenAI": (8, 7, 10)}
    without = {lab: (rating, math.nan, math.nan) for lab, (rating, _, _) in first.items()}
    arena = pd.concat(
        [
            snapshot("2026-06-01", BOARD, **first),
            snapshot("2026-06-02", BOARD, **first),
            snapshot("2026-06-03", BOARD, **moved),  # an end of an interval moved
            snapshot("2026-06-04", BOARD, **first),  # as two before, but not as the one before
            snapshot("2026-06-05", BOARD, **without),
            snapshot("2026-06-06", BOARD, **without),
            snapshot("2026-06-02", "text", **first),
        ]
    ).assign(model="m")
    assert refreshed(arena)["snapshot_date"].dt.day.tolist() == [1, 1, 3, 3, 4, 4, 5, 5, 2, 2]
    renamed = arena.assign(model=[f"m{number // 2}" for number in range(len(arena))])
    assert len(refreshed(renamed)) == len(arena)
    fewer = pd.concat([snapshot("2026-06-01", BOARD, **first), snapshot("2026-06-02", Google=(10, 9, 11))]).assign(
        model="m"
    )
    assert len(refreshed(fewer)) == 3
    assert refreshed(arena.iloc[:0]).empty


def test_the_tables_own_repeats() -> None:
    arena = tables.load("arena_weekly", "2026-09-10")
    board = arena[arena["board_id"] == BOARD]
    kept = refreshed(board)["snapshot_date"].unique()
    assert [f"{day:%m-%d}" for day in board["snapshot_date"].unique() if day not in kept] == ["06-18", "06-21", "06-25"]


def test_the_tables_own_gaps() -> None:
    gaps = arena_gaps(tables.load("arena_weekly", "2026-09-10"))
    board = gaps[gaps["board_id"] == BOARD]
    assert at_day(board, pd.Timestamp("2026-06-17"))["gap"] == -22  # type: ignore[index]
    assert at_day(board, pd.Timestamp("2026-09-10"))["gap"] == -18  # type: ignore[index]
    assert at_day(board, pd.Timestamp("2026-01-01")) is None
    index = index_gaps(tables.load("epoch_index", "2026-09-10"))
    assert at_day(index, pd.Timestamp("2026-06-17"))["gap"] == pytest.approx(155.0 - 163.41)  # type: ignore[index]
    assert at_day(index, pd.Timestamp("2026-09-10"))["gap"] == pytest.approx(-9.13)  # type: ignore[index]


def models(*rows: tuple[str, str, str, float, float, float]) -> pd.DataFrame:
    columns = [
        "model",
        "lab_group",
        "release_date",
        "eci_index_points",
        "eci_index_points_low",
        "eci_index_points_high",
    ]
    return pd.DataFrame(rows, columns=columns).assign(release_date=lambda frame: pd.to_datetime(frame["release_date"]))


def test_index_steps_by_hand() -> None:
    gaps = index_gaps(
        models(
            ("g1", "Google", "2026-01-01", 100, 98, 102),
            ("o1", "OpenAI", "2026-02-01", 104, 102, 106),
            ("a1", "Anthropic", "2026-02-15", 101, 100, 102),
            ("g0", "Google", "2026-03-01", 90, 88, 92),
            ("g2", "Google", "2026-04-01", 105, 103, 107),
        )
    )
    assert gaps["day"].dt.strftime("%m-%d").tolist() == ["02-01", "02-15", "03-01", "04-01"]
    assert gaps["gap"].tolist() == [-4, -4, -4, 1]
    assert gaps["gap_to_each"].tolist() == [-4, -1, -1, 4]
    assert gaps["best"].tolist() == ["g1", "g1", "g1", "g2"]


def test_index_interval_of_two_models_is_that_of_a_difference() -> None:
    gaps = index_gaps(
        models(("g", "Google", "2026-01-01", 100, 97, 103), ("o", "OpenAI", "2026-01-01", 104, 100, 108)), draws=200_000
    )
    assert gaps["low"].iloc[0] == pytest.approx(-4 - 5, abs=0.05)
    assert gaps["high"].iloc[0] == pytest.approx(-4 + 5, abs=0.05)


def test_index_interval_keeps_stated_ends_and_hardly_depends_on_their_level() -> None:
    rows = models(("g", "Google", "2026-01-01", 100, 98, 106), ("o", "OpenAI", "2026-01-01", 104, math.nan, math.nan))
    for confidence in (0.8, 0.95):
        gaps = index_gaps(rows, draws=200_000, confidence=confidence)
        assert gaps["low"].iloc[0] == pytest.approx(-6, abs=0.06)
        assert gaps["high"].iloc[0] == pytest.approx(2, abs=0.15)


def test_change_of_two_gaps_by_hand() -> None:
    rows = models(
        ("g", "Google", "2026-01-01", 100, 100, 100),
        ("o", "OpenAI", "2026-01-01", 104, 104, 104),
        ("o2", "OpenAI", "2026-03-01", 110, 107, 113),
    )
    change = index_change(rows, pd.Timestamp("2026-02-01"), draws=200_000)
    assert change is not None
    assert change[0] == -6
    # Google's model and the early rival are in both gaps and cancel; only the late one's error is left.
    assert change[1:] == pytest.approx((-9, -3), abs=0.05)
    assert index_change(rows, pd.Timestamp("2025-12-31")) is None
    assert index_change(rows, pd.Timestamp("2026-03-01")) == (0, 0, 0)


def test_change_of_two_gaps_is_the_difference_of_the_steps() -> None:
    index = tables.load("epoch_index", "2026-09-10")
    change = index_change(index, pd.Timestamp("2026-06-17"))
    assert change is not None
    assert change[0] == pytest.approx(-9.13 - (155.0 - 163.41))
    assert change[1] < change[0] < change[2]


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(50, 150), st.booleans(), st.integers(0, 300)), min_size=2, max_size=8))
def test_gap_is_best_so_far_less_best_so_far(drawn: list[tuple[float, bool, int]]) -> None:
    rows = models(
        *(
            (f"m{number}", "Google" if own else "OpenAI", str(pd.Timestamp("2025-01-01") + pd.Timedelta(days=day)),
             score, score - 1, score + 1)
            for number, (score, own, day) in enumerate(drawn)
        )
    )  # fmt: skip
    gaps = index_gaps(rows, draws=100)
    for _, row in gaps.iterrows():
        out = rows[rows["release_date"] <= row["day"]]
        best = out.groupby("lab_group")["eci_index_points"].max()
        assert row["gap"] == pytest.approx(best["Google"] - best["OpenAI"])
        assert row["low"] <= row["high"]


def test_refused() -> None:
    rows = models(("g", "Google", "2026-01-01", 100, 98, 106), ("o", "OpenAI", "2026-01-01", 104, 103, 105))
    with pytest.raises(ValueError, match="draws is 10"):
        index_gaps(rows, draws=10)
    with pytest.raises(ValueError, match="confidence is 1"):
        index_gaps(rows, confidence=1.0)
    with pytest.raises(ValueError, match="draws is 10"):
        index_change(rows, pd.Timestamp("2026-02-01"), draws=10)
    with pytest.raises(ValueError, match="confidence is 1"):
        index_change(rows, pd.Timestamp("2026-02-01"), confidence=1.0)
    assert np.isfinite(index_gaps(rows)["gap"]).all()
