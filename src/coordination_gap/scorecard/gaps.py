r"""How far the best model of one lab lies above the best of its rivals, on an arena's boards and on an index.

A gap is a rating less a rating, in the board's or the index's own points; below zero the lab
trails. Ratings of two boards, or of two snapshots, are never subtracted from each other.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from coordination_gap import checks

Array = npt.NDArray[np.float64]


def refreshed(arena: pd.DataFrame) -> pd.DataFrame:
    """Return the snapshots of each board that differ from the one before on the same board.

    A snapshot in which no lab's best model, rating or interval changed shows the same estimate once more. It says
    nothing of what happened since, and is left out whole. The first snapshot of a board is always kept.

    Parameters
    ----------
    arena
        Rows of the table ``arena_weekly``.

    Returns
    -------
    pandas.DataFrame
        The rows of the snapshots that are kept, in the order of `arena`.
    """
    shown = ["model", "rating_points", "rating_points_low", "rating_points_high"]
    repeats = set()
    for board, rows in arena.groupby("board_id"):
        before: pd.DataFrame | None = None
        for day, snapshot in rows.groupby("snapshot_date", sort=True):
            now = snapshot.set_index("lab")[shown].sort_index()
            if before is not None and now.equals(before):
                repeats.add((board, day))
            before = now
    kept = [place not in repeats for place in zip(arena["board_id"], arena["snapshot_date"], strict=True)]
    return arena[kept]


def arena_gaps(arena: pd.DataFrame, lab: str = "Google") -> pd.DataFrame:
    r"""Return the gap of a lab to its rivals in each snapshot of each board.

    The interval of a difference is put together from the stated ones,
    :math:`\hat g - \sqrt{(a - a_l)^2 + (b_u - b)^2}` to :math:`\hat g + \sqrt{(a_u - a)^2 + (b - b_l)^2}`:
    Zou and Donner (2008), Statistics in Medicine 27:1693-1702. It takes the errors of the two
    ratings as independent, and has the level of the stated ones. That the best model of a lab is the
    best of several, picked after the votes, is not allowed for.

    Parameters
    ----------
    arena
        Rows of the table ``arena_weekly``: the best model of each lab in each snapshot.
    lab
        Whose gap.

    Returns
    -------
    pandas.DataFrame
        A row for each ``board_id`` and ``day``, in this order: ``rival`` (the best one's lab), ``gap``, its
        ends ``low`` and ``high`` (missing where a rating has no interval), and ``gap_to_each``, to the
        ``weakest`` rival: below zero only where the lab trails them all. Snapshots without the lab
        or without a rival are left out.

    Raises
    ------
    ValueError
        If a snapshot has a lab twice.
    """
    twice = arena.duplicated(["board_id", "snapshot_date", "lab"])
    if twice.any():
        row = arena[twice].iloc[0]
        raise ValueError(
            f"arena has {row['lab']} twice in the snapshot of {row['snapshot_date']:%Y-%m-%d} of {row['board_id']}: "
            "keep its best model"
        )
    found = []
    for (board, day), rows in arena.groupby(["board_id", "snapshot_date"], sort=True):
        own, others = rows[rows["lab"] == lab], rows[rows["lab"] != lab]
        if len(own) and len(others):
            found.append((board, day, *_difference(own.iloc[0], others)))
    columns = ["board_id", "day", "rival", "gap", "low", "high", "weakest", "gap_to_each"]
    return pd.DataFrame(found, columns=columns)


def _difference(own: "pd.Series[Any]", others: pd.DataFrame) -> tuple[object, ...]:
    ranked = others.sort_values("rating_points", kind="stable")
    weakest, best = ranked.iloc[0], ranked.iloc[-1]
    a, a_low, a_high = (float(own[f"rating_points{end}"]) for end in ("", "_low", "_high"))
    b, b_low, b_high = (float(best[f"rating_points{end}"]) for end in ("", "_low", "_high"))
    gap = a - b
    low, high = gap - np.hypot(a - a_low, b_high - b), gap + np.hypot(a_high - a, b - b_low)
    return best["lab"], gap, low, high, weakest["lab"], a - float(weakest["rating_points"])


def index_gaps(
    index: pd.DataFrame, lab: str = "Google", draws: int = 4000, seed: int = 1, confidence: float = 0.95
) -> pd.DataFrame:
    """Return the gap of a lab's best so far to its rivals' best so far, after each release.

    All scores are those of one estimate; only the days are those of the releases. So the gap of an
    early day is not what could be read on that day.

    The interval comes from drawing every model's score anew, each from two half normal laws that meet
    at the estimate and have the stated ends as their quantiles at `confidence`, and from taking
    the best of each draw. Errors are taken as independent. Since the stated ends and the ends of the gap
    are of one level, the result hardly depends on which. A model without an interval, such as one that
    sets the scale, is held fixed.

    Parameters
    ----------
    index
        Rows of the table ``epoch_index``.
    lab
        Whose gap, as in ``lab_group``.
    draws, seed
        Draws behind an interval, and their seed.
    confidence
        Of the stated intervals and of that of the gap, between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        A row for each ``day`` with a release from when on both sides have a model: ``gap``, ``low``, ``high``,
        ``gap_to_each`` (to the weakest rival that has a model), ``best`` and ``best_rival`` (models).

    Raises
    ------
    ValueError
        If `draws` is below 100 or `confidence` not between 0 and 1.
    """
    checks.count(draws, "draws", least=100)
    checks.inner_probability(confidence, "confidence")
    rows = index.sort_values(["release_date", "model"]).reset_index(drop=True)
    drawn = _drawn(rows, draws, seed, confidence)
    columns = ["day", "gap", "low", "high", "gap_to_each", "best", "best_rival"]
    return pd.DataFrame(list(_steps(rows, drawn, lab, confidence)), columns=columns)


def index_change(
    index: pd.DataFrame,
    since: pd.Timestamp,
    lab: str = "Google",
    draws: int = 4000,
    seed: int = 1,
    confidence: float = 0.95,
) -> tuple[float, float, float] | None:
    """Return by how much the gap among all models differs from that among models out by a day, with its interval.

    Both gaps are taken from the same draws of :func:`index_gaps`, since the models out by the day are in both.

    Parameters
    ----------
    index, lab, draws, seed, confidence
        As of :func:`index_gaps`.
    since
        The day.

    Returns
    -------
    tuple of float or None
        The gap now less the gap then, and the ends of its interval; None where one of the two gaps is missing.

    Raises
    ------
    ValueError
        As :func:`index_gaps` does.
    """
    checks.count(draws, "draws", least=100)
    checks.inner_probability(confidence, "confidence")
    rows = index.sort_values(["release_date", "model"]).reset_index(drop=True)
    own, score = (rows["lab_group"] == lab).to_numpy(), rows["eci_index_points"].to_numpy(float)[:, None]
    early = (rows["release_date"] <= since).to_numpy()
    if not (own & early).any() or not (~own & early).any():
        return None

    def moved(values: Array) -> Array:
        now = values[own].max(axis=0) - values[~own].max(axis=0)
        return np.asarray(now - (values[own & early].max(axis=0) - values[~own & early].max(axis=0)))

    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(moved(_drawn(rows, draws, seed, confidence)), tails)
    return float(moved(score)[0]), float(low), float(high)


def _drawn(rows: pd.DataFrame, draws: int, seed: int, confidence: float) -> Array:
    """Return draws of each model's score, a row a model."""
    score = rows["eci_index_points"].to_numpy(float)
    quantile = stats.norm.ppf((1 + confidence) / 2)
    below = np.nan_to_num((score - rows["eci_index_points_low"].to_numpy(float)) / quantile)
    above = np.nan_to_num((rows["eci_index_points_high"].to_numpy(float) - score) / quantile)
    errors = np.random.default_rng(seed).standard_normal((len(rows), draws))
    return np.asarray(score[:, None] + errors * np.where(errors < 0, below[:, None], above[:, None]))


def _steps(rows: pd.DataFrame, drawn: Array, lab: str, confidence: float) -> Iterator[tuple[object, ...]]:
    scores, models = rows["eci_index_points"].to_numpy(float), rows["model"].to_numpy()
    days, labs = rows["release_date"].to_numpy(), rows["lab_group"].to_numpy()
    for day in np.unique(days):
        out = days <= day
        own, others = np.flatnonzero(out & (labs == lab)), np.flatnonzero(out & (labs != lab))
        if not len(own) or not len(others):
            continue
        best, rival = own[scores[own].argmax()], others[scores[others].argmax()]
        weakest = min(scores[others[labs[others] == name]].max() for name in set(labs[others]))
        gaps = drawn[own].max(axis=0) - drawn[others].max(axis=0)
        low, high = np.quantile(gaps, [(1 - confidence) / 2, (1 + confidence) / 2])
        gap = float(scores[best] - scores[rival])
        yield (
            pd.Timestamp(day),
            gap,
            float(low),
            float(high),
            float(scores[best] - weakest),
            models[best],
            models[rival],
        )


def at_day(gaps: pd.DataFrame, day: pd.Timestamp) -> "pd.Series[Any] | None":
    """Return the last row of one board's, or the index's, gaps up to and including a day; None if there is none."""
    seen = gaps[gaps["day"] <= day]
    return None if seen.empty else seen.sort_values("day", kind="stable").iloc[-1]
