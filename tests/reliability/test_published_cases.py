"""Known answers from print, one row of ``tests/cases/reliability_cases.csv`` each.

A row is computed, or says in ``out_of_scope`` why it is not.
"""

import csv
import itertools
import math
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from coordination_gap import tables
from coordination_gap.reliability import Pipeline, Step, expected_attempts, gate_posterior, series
from coordination_gap.reliability.demonstration import runs_to_claim
from coordination_gap.reliability.horizons import horizon_ratio
from coordination_gap.reliability.laws import apportion, k_out_of_n, retry_amplification, success_with_attempts
from coordination_gap.reliability.measured import pass_hat_k
from coordination_gap.reliability.uncertainty import SystemInterval, binomial_interval, system_interval

CASES = Path(__file__).parents[1] / "cases" / "reliability_cases.csv"


def _rows() -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _number(inputs: str, name: str) -> float:
    found = re.search(rf"(?:^|[,;] ?){re.escape(name)}=([0-9.]+(?:e-?[0-9]+)?)", inputs)
    assert found, f"{name} is not in {inputs!r}"
    return float(found[1])


def _series(inputs: str) -> float:
    if inputs.startswith("R="):
        return series(float(part) for part in inputs.removeprefix("R=").split(","))
    return series([_number(inputs, "p")] * int(_number(inputs, "n")))


def _k_out_of_n(inputs: str) -> float:
    k, n = inputs.split(",")[0].split("-of-")
    return k_out_of_n(_number(inputs, "R"), int(k), int(n))


def _bounded_retransmission(inputs: str) -> float:
    """PRISM's protocol: a chunk gets through if frame and acknowledgement do; a lost one is always noticed."""
    chunk = Step(
        "chunk",
        success=_number(inputs, "p_frame") * _number(inputs, "p_ack"),
        attempts=int(_number(inputs, "MAX")) + 1,
        loud=1.0,
    )
    protocol = Pipeline.repeat(chunk, int(_number(inputs, "N")))
    if inputs.endswith("property=p1"):  # the sender gives up
        return protocol.evaluate().halted
    assert inputs.endswith("property=p2")  # it gives up on the last chunk
    return float(protocol.halted_by_step()[-1])


def _retry_cost(inputs: str) -> float:
    return expected_attempts(1 - _number(inputs, "p_fail"), int(_number(inputs, "max attempts")))


def _gate(inputs: str) -> float:
    prior = _number(inputs, "defect prior" if "defect prior" in inputs else "prior")
    posterior = gate_posterior(prior, _number(inputs, "detection"), _number(inputs, "false alarm"))
    assert posterior.defective_if_flagged is not None
    return posterior.defective_if_flagged


def _amplification(inputs: str) -> float:
    layers, attempts = (int(number) for number in re.findall("[0-9]+", inputs))
    return retry_amplification([attempts] * layers)


def _failure_with_common_cause(inputs: str) -> float:
    k, n = inputs.split(",")[0].split("-of-")
    return 1 - k_out_of_n(1 - _number(inputs, "p"), int(k), int(n), common_cause=_number(inputs, "beta"))


HANDBOOK_RATES = ".003,.001,.004"


def _apportioned_rate(inputs: str) -> float:
    assert inputs.startswith(f"lambda={HANDBOOK_RATES};")
    apportioned = apportion(_number(inputs, "R*"), map(float, HANDBOOK_RATES.split(",")))
    return -math.log(series(apportioned)) / _number(inputs, "t")


def _apportioned_shares(inputs: str) -> list[float]:
    assert inputs.startswith(f"lambda={HANDBOOK_RATES}:")
    return [math.log(p) / math.log(0.9) for p in apportion(0.9, map(float, HANDBOOK_RATES.split(",")))]


def _apportioned_by_parts(inputs: str) -> list[float]:
    """A FIT is one failure in 1e9 hours; here in one hour."""
    goal, *parts = (int(number) for number in re.findall("[0-9]+", inputs))
    return [-1e9 * math.log(p) for p in apportion(math.exp(-1e-9 * goal), parts)]


def _clopper_pearson(inputs: str) -> list[float]:
    successes, trials, percent = (int(number) for number in re.findall("[0-9]+", inputs))
    interval = binomial_interval(successes, trials, confidence=percent / 100, method="beta")
    return [interval.low] if inputs.endswith("lower") else list(interval)


def _runs_to_claim(inputs: str) -> float:
    return runs_to_claim(_number(inputs, "R"), confidence=_number(inputs, "CL"))


def _system(inputs: str) -> SystemInterval:
    failed_of = re.findall("([0-9]+)/([0-9]+)", inputs)
    assert len(failed_of) == 3
    return system_interval([(int(n) - int(failed), int(n)) for failed, n in failed_of])


def _trials(inputs: str) -> list[float]:
    assert inputs == "airline TC gpt-4o"
    by_task = tables.load("taubench_trials", as_of="2026-03-18").groupby("task_id")["success"]
    successes, trials = by_task.sum().to_numpy(dtype=int), by_task.count().to_numpy(dtype=int)
    return [pass_hat_k(successes, trials, k) for k in (1, 2, 3, 4)]


def _constant_hazard(inputs: str) -> float:
    if inputs.endswith("/T50"):
        return horizon_ratio(int(inputs[1:3]) / 100)
    return _number(inputs, "T50") * horizon_ratio(int(inputs[-2:]) / 100)


def _independent_samples(inputs: str) -> float:
    return success_with_attempts(_number(inputs, "p"), int(_number(inputs, "samples")))


COMPUTED_BY: dict[str, Callable[[str], float | list[float]]] = {
    "R01": _series,
    "R02": _series,
    "R04": _series,
    "R05": _series,
    "R10": _k_out_of_n,
    "R20": _bounded_retransmission,
    "R21": _retry_cost,
    "R23": _amplification,
    "R30": _gate,
    "R32": _gate,
    "R40": _failure_with_common_cause,
    "R42": _failure_with_common_cause,
    "R50": _apportioned_rate,
    "R51": _apportioned_shares,
    "R53": _apportioned_by_parts,
    "R60": _clopper_pearson,
    "R62": _clopper_pearson,
    "R64": _runs_to_claim,
    "R66": lambda inputs: list(_system(inputs).step_means),
    "R67": lambda inputs: list(_system(inputs).step_variances),
    "R68": lambda inputs: _system(inputs).mean,
    "R69": lambda inputs: _system(inputs).sd ** 2,
    "R80": _trials,
    "R81": _constant_hazard,
    "R82": _constant_hazard,
    "R83": _constant_hazard,
    "R85": _constant_hazard,
    "R86": _independent_samples,
}

TESTED = [row for row in _rows() if not row["out_of_scope"]]
COUNTER_EXAMPLES = [row for row in TESTED if row["tolerance"].startswith("counter-example")]


def _computed(case: dict[str, str]) -> list[float]:
    value = COMPUTED_BY[case["id"].split(".")[0]](case["inputs"])
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize(
    "case", [row for row in TESTED if row not in COUNTER_EXAMPLES], ids=lambda case: str(case["id"])
)
def test_published_value_is_met(case: dict[str, str]) -> None:
    expected = [float(Fraction(part)) for part in case["expected"].split(";")]
    relative = case["tolerance"].startswith("rel ")
    tolerance = float(case["tolerance"].removeprefix("rel "))
    assert _computed(case) == pytest.approx(
        expected, rel=tolerance if relative else 0.0, abs=0.0 if relative else tolerance
    )


@pytest.mark.parametrize("case", COUNTER_EXAMPLES, ids=lambda case: str(case["id"]))
def test_the_simple_law_misses_what_was_measured(case: dict[str, str]) -> None:
    (value,) = _computed(case)
    stated = re.search(r"gives ~?([0-9.]+)$", case["tolerance"])
    assert stated
    assert value == pytest.approx(float(stated[1]), abs=0.05)
    assert value > 1.2 * float(case["expected"])


def test_every_published_case_is_computed_or_says_why_not() -> None:
    rows = _rows()
    assert len({row["id"] for row in rows}) == len(rows) == 67
    for row in rows:
        out_of_scope = row["out_of_scope"]
        assert (row["id"].split(".")[0] in COMPUTED_BY) or out_of_scope, (
            f"{row['id']} is neither computed nor explained"
        )
        assert not out_of_scope or (out_of_scope.endswith(".") and len(out_of_scope) > 40), row["id"]
        assert row["source"], row["id"]
        assert row["source"] != "same", row["id"]
    assert set(COMPUTED_BY) == {row["id"].split(".")[0] for row in TESTED}
    assert {row["id"].split(".")[0] for row in rows if row["out_of_scope"]} == {"R12", "R14", "R70", "R80"}
    assert sum(row["id"].startswith("R20.") for row in TESTED) == 16


@pytest.mark.parametrize("case", [row for row in _rows() if row["id"].startswith("R80.")], ids=lambda case: case["id"])
def test_the_table_of_pass_k_holds_the_published_row(case: dict[str, str]) -> None:
    domain, entry = case["inputs"].split(" ", 1)
    table = tables.load("taubench_pass_k", as_of="2026-03-18")
    submission = f"tau-bench-readme_{entry.lower().replace(' ', '-')}"
    rows = table[(table["submission_id"] == submission) & (table["domain"] == domain)].sort_values("k")
    published = [float(part) for part in case["expected"].split(";")]
    assert rows["pass_hat_k"].tolist() == pytest.approx(published, rel=0.0, abs=float(case["tolerance"]))
    # What any average of C(c, k) / C(n, k) over tasks satisfies: every difference, of any order, has the sign
    # of a probability (k trials succeed and the next j fail), up to the rounding of the published values.
    differences = [1.0, *published]
    for order in range(1, 5):
        differences = [a - b for a, b in itertools.pairwise(differences)]
        assert min(differences) > -(2**order) * 0.0005
    assert all(later > published[0] ** k for k, later in enumerate(published[1:], start=2))
