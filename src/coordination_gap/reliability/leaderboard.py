"""The frames of the page on evidence: a leaderboard's rows beside what independent, equally hard tries would give."""

import math
from typing import Any

import numpy as np
import pandas as pd

from coordination_gap.facts import format_number
from coordination_gap.reliability.compounding import two_digits
from coordination_gap.reliability.measured import correlation_from_pass

#: Sections of the leaderboard, whose harnesses differ, by the words of this page.
SECTIONS = {"current": "submissions", "legacy": "legacy_submissions", "voice": "voice_submissions"}
#: Tries of a leaderboard's row.
ROW_TRIES = 4


def rows_with_ends(pass_k: pd.DataFrame) -> pd.DataFrame:
    """Return the leaderboard's rows with pass^1 and pass^4, beside what independent tries would give.

    Parameters
    ----------
    pass_k
        The table ``taubench_pass_k``; its rows of the first benchmark are left out.

    Returns
    -------
    pandas.DataFrame
        ``submission_id``, ``model``, ``reasoning`` (missing where it is not stated),
        ``section`` (a key of :data:`SECTIONS`, or ``"none"``),
        ``domain``, ``pass_1``, ``pass_4``, ``law`` (pass^1 to the power of 4), ``gap``
        (pass^4 less the law) and ``correlation``, the one that both imply under a
        beta-binomial law; missing where none does, as where pass^4 lies below the law.
    """
    rows = both_ends(pass_k)
    keys = ["submission_id", "domain"]
    wide = rows[rows["k"] == 1].rename(columns={"pass_hat_k": "pass_1"})
    last = rows[rows["k"] == ROW_TRIES].rename(columns={"pass_hat_k": "pass_4"})
    wide = wide.merge(last[[*keys, "pass_4"]], on=keys)
    words = {name: word for word, name in SECTIONS.items()}
    wide["section"] = wide["leaderboard_section"].map(words).fillna("none")
    wide["law"] = wide["pass_1"] ** ROW_TRIES
    wide["gap"] = wide["pass_4"] - wide["law"]
    pairs = wide[["pass_1", "pass_4"]].to_numpy(dtype=float).tolist()
    wide["correlation"] = [_implied(*pair) for pair in pairs]
    columns = [
        "submission_id",
        "model",
        "reasoning",
        "section",
        "domain",
        "pass_1",
        "pass_4",
        "law",
        "gap",
        "correlation",
    ]
    return wide[columns].reset_index(drop=True)


def both_ends(pass_k: pd.DataFrame) -> pd.DataFrame:
    """Return all rows of the leaderboard's submissions and domains that have both pass^1 and pass^4."""
    rows = pass_k[pass_k["benchmark"] != "tau-bench"]
    ends = rows["k"].isin([1, ROW_TRIES])
    return rows[ends.groupby([rows["submission_id"], rows["domain"]]).transform("sum") == 2]


def all_rows(pass_k: pd.DataFrame) -> int:
    """Return how many submissions and domains the leaderboard has, whatever they state."""
    return len(pass_k[pass_k["benchmark"] != "tau-bench"].drop_duplicates(["submission_id", "domain"]))


def contradictory_rows(pass_k: pd.DataFrame) -> int:
    """Return how many rows with all four pass^k cannot all be right.

    Whatever the tasks are, pass^k falls from each k to the next by no more than it did before:
    the falls are means of P^k (1 - P). Two thousandths are left for rounding.
    """
    wide = both_ends(pass_k).pivot_table(index=["submission_id", "domain"], columns="k", values="pass_hat_k")
    falls = -np.diff(wide.reindex(columns=range(1, ROW_TRIES + 1)).dropna().to_numpy(dtype=float), axis=1)
    return int((np.diff(falls, axis=1) > 2e-3).any(axis=1).sum())


def _implied(pass_1: float, pass_4: float) -> float:
    try:
        return correlation_from_pass(pass_1, pass_4, ROW_TRIES)
    except ValueError:
        return math.nan


def by_domain(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the frame of :func:`rows_with_ends` by domain and section, as text for the page."""
    return pd.DataFrame(
        {
            "domain, section": f"{str(domain).replace('_', ' ')}, {'no section' if section == 'none' else section}",
            "rows": format_number(len(part), "count"),
            "median gap, points": format_number(100 * part["gap"].median(), "ratio", 1, signed=True),
            "implied correlation": two_digits(part["correlation"].median()),
            "lowest to highest": " to ".join(two_digits(part["correlation"].agg(end)) for end in ("min", "max")),
        }
        for (domain, section), part in rows.groupby(["domain", "section"])
    )


def gaps_by_model(rows: pd.DataFrame, section: str) -> pd.DataFrame:
    """Return the gap of each submission of a section in each domain, as text for the page, in points.

    Parameters
    ----------
    rows
        As of :func:`rows_with_ends`.
    section
        A key of :data:`SECTIONS`.
    """
    of_section = rows[rows["section"] == section].sort_values(["model", "submission_id"], kind="stable")
    domains = sorted(of_section["domain"].unique())
    found = []
    for _, submitted in of_section.groupby("submission_id", sort=False):
        gaps = dict(zip(submitted["domain"], submitted["gap"], strict=True))
        words = {
            domain.replace("_", " "): format_number(100 * gaps[domain], "ratio", 1, signed=True)
            if domain in gaps
            else "–"
            for domain in domains
        }
        found.append({"submission": as_submitted(submitted.iloc[0])} | words)
    return pd.DataFrame(found, columns=["submission", *(domain.replace("_", " ") for domain in domains)])


def repeated_rows(rows: pd.DataFrame) -> int:
    """Return how many rows of :func:`rows_with_ends` state what another row of their domain states."""
    return int(rows.duplicated(["domain", "pass_1", "pass_4"], keep=False).sum())


def spread(pass_k: pd.DataFrame, section: str, domain: str) -> pd.DataFrame:
    """Return the rows of pass^1 of one section and domain, lowest first.

    Parameters
    ----------
    pass_k
        The table ``taubench_pass_k``.
    section
        A key of :data:`SECTIONS`.
    domain
        A domain of the table.
    """
    wanted = (pass_k["leaderboard_section"] == SECTIONS[section]) & (pass_k["domain"] == domain) & (pass_k["k"] == 1)
    return pass_k[wanted].sort_values("pass_hat_k", kind="stable")


def as_submitted(row: "pd.Series[Any]") -> str:
    """Return a submission's model with its reasoning effort, where that is stated."""
    return str(row["model"]) if pd.isna(row["reasoning"]) else f"{row['model']} (reasoning: {row['reasoning']})"
