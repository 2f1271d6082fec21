"""Known answers from print, one row of ``tests/cases/reliability_cases.csv`` each."""

import csv
import re
from pathlib import Path

import pytest

from coordination_gap.reliability import Pipeline, Step, expected_attempts, gate_posterior, k_out_of_n, series

CASES = Path(__file__).parents[1] / "cases" / "reliability_cases.csv"


def _rows() -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _number(inputs: str, name: str) -> float:
    found = re.search(rf"(?:^|,){re.escape(name)}=([0-9.]+)", inputs)
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


COMPUTED_BY = {
    "R01": _series,
    "R02": _series,
    "R04": _series,
    "R05": _series,
    "R10": _k_out_of_n,
    "R20": _bounded_retransmission,
    "R21": _retry_cost,
    "R30": _gate,
    "R32": _gate,
}


@pytest.mark.parametrize("case", _rows(), ids=lambda case: case["id"])
def test_published_value_is_met(case: dict[str, str]) -> None:
    value = COMPUTED_BY[case["id"].split(".")[0]](case["inputs"])
    expected, tolerance = float(case["expected"]), case["tolerance"]
    if tolerance.startswith("rel "):
        assert value == pytest.approx(expected, rel=float(tolerance.removeprefix("rel ")), abs=0.0)
    else:
        assert value == pytest.approx(expected, rel=0.0, abs=float(tolerance))


def test_every_kind_of_case_is_there() -> None:
    assert {row["id"].split(".")[0] for row in _rows()} == set(COMPUTED_BY)
    assert sum(row["id"].startswith("R20.") for row in _rows()) == 16
