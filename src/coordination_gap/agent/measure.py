"""Measure what faults do to the support agent: ``python -m coordination_gap.agent.measure FOLDER``.

Writes ``agent_faults.csv`` and ``agent_fault_runs.csv``. It takes some ten minutes, which is why the book reads the
tables; each row has the hash of what it was measured with, and a check finds rows of another agent.
"""

import argparse
import asyncio
import hashlib
import os
import sys
import tempfile
from pathlib import Path

import pandas as pd

from coordination_gap import tables
from coordination_gap.agent import fault_runs
from coordination_gap.agent.made_up_orders import SHOP_DAY
from coordination_gap.agent.trial import right_by_step, trial

SEED = 1
RUNS_EACH_FAULT = 30
RUNS_EACH_MIX = 750
RATE = 0.03
"""Chance that a fault hits an attempt: what the article's 97 % leaves."""
MEASURED_WITH = ("orders", "support_emails", "support_replies", "support_training")
_NOT_THE_AGENT = {"article_demo.py", "measure.py", "plots.py"}


def agent_sha256() -> str:
    """Return the SHA-256 of what a measurement depends on: the agent's modules and the tables it works with."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.name not in _NOT_THE_AGENT:
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    for name in MEASURED_WITH:
        digest.update(f"{name} {tables.sha256(name)}\n".encode())
    return digest.hexdigest()


def require_current(*measured: pd.DataFrame) -> None:
    """Refuse tables that were measured with another agent than the one that is here.

    Raises
    ------
    ValueError
        If a row has another hash.
    """
    now = agent_sha256()
    for frame in measured:
        stale = frame[frame["agent_sha256"] != now]
        if len(stale):
            raise ValueError(
                f"data/{frame.attrs['table']}.csv, line {stale.index[0] + 1}: measured with agent "
                f"{stale['agent_sha256'].iloc[0][:12]}, and the agent here is {now[:12]}: run 'make agent-runs'"
            )


async def measure(each_fault: int, each_mix: int, seed: int = SEED) -> dict[str, pd.DataFrame]:
    """Run both experiments.

    Parameters
    ----------
    each_fault
        Runs of each fault, way to last and defence.
    each_mix
        Runs of each defence and way to last with faults at random.
    seed
        Of everything drawn.

    Returns
    -------
    dict of pandas.DataFrame
        The tables ``agent_faults`` and ``agent_fault_runs``.

    Raises
    ------
    RuntimeError
        If a step failed where no fault had been put in, or the agent changed meanwhile.
    """
    measured_with = agent_sha256()
    emails, orders = (tables.load(name, SHOP_DAY) for name in ("support_emails", "orders"))
    async with trial(emails, orders) as tried:
        undisturbed = await tried.undisturbed(fault_runs.DEFENCES["all"])
        right = right_by_step(undisturbed, fault_runs.DUE)
        answered = [run.label for run in undisturbed if run.label.decision == "reply" and run.end == "success"]
        single = await fault_runs.measure_single(tried.run, right, each_fault, seed)
        mixed = await fault_runs.measure_mixed(tried.run, answered, each_mix, RATE, seed)
    if agent_sha256() != measured_with:
        raise RuntimeError("the agent's modules or tables changed while it was measured; leave them and run it again")
    return {
        "agent_faults": _as_table(single, 5, measured_with),
        "agent_fault_runs": _as_table(mixed, 5, measured_with),
    }


def _as_table(frame: pd.DataFrame, key_columns: int, measured_with: str) -> pd.DataFrame:
    """Return a frame as it stands in ``data/``: sorted by its key, the first columns, and with the hash."""
    words = frame.assign(lasting=frame["lasting"].map({True: "true", False: "false"}), agent_sha256=measured_with)
    return words.sort_values(list(words.columns[:key_columns]), ignore_index=True)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description="Measure what faults do to the support agent.")
    parser.add_argument("folder", type=Path, help="where the two tables are written")
    folder = parser.parse_args().folder
    if not folder.is_dir():
        sys.exit(f"measure: {folder} is no folder: name the one that the tables stand in")
    try:
        measured = asyncio.run(measure(RUNS_EACH_FAULT, RUNS_EACH_MIX))
    except RuntimeError as error:
        sys.exit(f"measure: {error}; nothing was written")
    for name, frame in measured.items():
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, newline="", encoding="utf-8") as file:
            frame.to_csv(file, index=False, lineterminator="\n")
        Path(file.name).chmod(0o644)
        os.replace(file.name, folder / f"{name}.csv")  # noqa: PTH105 - put in place at once
        print(f"{name}: {len(frame)} rows, {int(frame['runs'].sum())} runs")


if __name__ == "__main__":
    main()
