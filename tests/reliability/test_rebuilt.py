"""Counts behind a leaderboard's rows: made-up rows whose counts are known, and the public ones."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from coordination_gap import tables
from coordination_gap.reliability import fit_beta_binomial, leaderboard, pass_hat_k, rebuilt

LAST = "2026-09-10"


def made(counts: Sequence[tuple[int, ...]], digits: int, domain: str = "made") -> pd.DataFrame:
    """Return a table of pass^k of four tries, of so many tasks with 0 to 4 successes each."""
    rows = []
    for place, row in enumerate(counts):
        successes = np.repeat(np.arange(5), row)
        for k in (1, 2, 3, 4):
            share = pass_hat_k(successes, np.full(len(successes), 4), k)
            rows.append((f"s{place}", domain, k, "tau2", "model", round(share, digits), None))
    columns = ["submission_id", "domain", "k", "benchmark", "model", "pass_hat_k", "reasoning"]
    return pd.DataFrame(rows, columns=columns)


def test_counts_come_back_from_their_figures() -> None:
    rng = np.random.default_rng(3)
    counts = [tuple(int(n) for n in rng.multinomial(113, rng.dirichlet(np.ones(5)))) for _ in range(12)]
    found = rebuilt.rebuilt_counts(made(counts, digits=4))
    assert set(found["tasks"]) == {113}
    assert sorted(found[rebuilt.COUNTS].itertuples(index=False, name=None)) == sorted(counts)


def test_a_row_that_contradicts_itself_is_left_out() -> None:
    counts = [(3, 5, 7, 11, 24), (1, 2, 3, 4, 40), (10, 10, 10, 10, 10), (0, 0, 1, 9, 40)]
    table = made(counts, digits=4)
    table.loc[(table["submission_id"] == "s1") & (table["k"] == 3), "pass_hat_k"] += 0.05
    found = rebuilt.rebuilt_counts(table)
    assert found["submission_id"].tolist() == ["s0", "s2", "s3"]


def test_a_domain_whose_rows_share_no_number_of_tasks_has_no_row() -> None:
    sizes = [(3, 5, 7, 11, 25), (1, 2, 3, 4, 43), (10, 10, 10, 10, 19), (0, 0, 1, 9, 57)]
    assert rebuilt.rebuilt_counts(made(sizes, digits=4)).empty
    assert rebuilt.rebuilt_counts(made(sizes[:2], digits=4)).empty


def test_public_rows_come_back_to_their_digits_and_are_fitted_like_the_trials() -> None:
    pass_k = tables.load("taubench_pass_k", LAST)
    counts = rebuilt.rebuilt_counts(pass_k)
    # Half or more of the rows of each domain agree on them; the table does not state any.
    assert counts.groupby("domain")["tasks"].first().to_dict() == {
        "airline": 50, "banking_knowledge": 97, "retail": 114, "telecom": 114,
    }  # fmt: skip
    assert (counts[rebuilt.COUNTS].sum(axis=1) == counts["tasks"]).all()
    stated = pass_k.set_index(["submission_id", "domain", "k"])["pass_hat_k"]
    for row in counts.to_dict("records"):
        successes = np.repeat(np.arange(5), [row[name] for name in rebuilt.COUNTS])
        for k in (1, 2, 3, 4):
            share = pass_hat_k(successes, np.full(len(successes), 4), k)
            assert share == pytest.approx(stated[row["submission_id"], row["domain"], k], abs=5.1e-4)
    fits = rebuilt.fitted(counts, 0.95)
    first = fits.iloc[0]
    successes = np.repeat(np.arange(5), [first[name] for name in rebuilt.COUNTS])
    expected = fit_beta_binomial(successes, np.full(len(successes), 4), 0.95)
    assert (first["correlation"], first["low"]) == (expected.correlation, expected.correlation_interval.low)


def test_rows_without_failure_have_no_correlation_and_copies_count_once() -> None:
    counts = pd.DataFrame(
        [("a", "d", 9, 0, 0, 0, 0, 9), ("b", "d", 9, 1, 0, 2, 0, 6), ("c", "d", 9, 1, 0, 2, 0, 6)],
        columns=["submission_id", "domain", "tasks", *rebuilt.COUNTS],
    )
    fits = rebuilt.fitted(counts, 0.9)
    assert math.isnan(fits["correlation"].iloc[0])
    together = rebuilt.fit_together(counts, 0.9)
    assert together is not None
    assert together.tasks == 18
    assert rebuilt.fit_together(counts.iloc[:1], 0.9) is None


def test_the_table_of_near_rows_has_a_dash_where_no_counts_were_found() -> None:
    pass_k = tables.load("taubench_pass_k", LAST)
    rows = leaderboard.rows_with_ends(pass_k).head(3)
    table = rebuilt.near_table(rows, rebuilt.fitted(rebuilt.rebuilt_counts(pass_k).iloc[:0], 0.95))
    assert table["correlation"].tolist() == table["tasks"].tolist() == ["–"] * 3
    assert rebuilt.near_table(rows.iloc[:0], pd.DataFrame()).columns.tolist()[0] == "submission"
