"""What is known of gate and retries from small tests, beside nested sampling of the model's own algebra."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from coordination_gap.reliability import Gate, Pipeline, Step, tested_rates
from coordination_gap.reliability.remedies import GATE_RETRIES, Remedies

WAYS = Remedies(Step("step", 0.9, loud=0.4), 4, 2, Gate(0.8, 0.1), fallback_success=0.9, voters=3, agreement=1.0)
RUNS = 20


def ends(rates: npt.NDArray[np.float64]) -> dict[str, npt.NDArray[np.float64]]:
    """Return the ends of four gated steps with one retry, written out."""
    p, loud, detection, false_alarm = rates.T
    good, bad = p * (1 - false_alarm), (1 - p) * (1 - loud) * (1 - detection)
    again = 1 + (1 - good - bad)
    success = (good * again) ** 4
    return {"success": success, "silent_failure": ((good + bad) * again) ** 4 - success}


def draw(rng: np.random.Generator, size: int) -> npt.NDArray[np.float64]:
    given = np.array([0.9, 0.4, 0.8, 0.1])
    return rng.beta(RUNS * given + 0.5, RUNS * (1 - given) + 0.5, size=(size, 4))


def shares(ways: Remedies, test_runs: int, outcome: str, **given: Any) -> pd.DataFrame:
    found = tested_rates.rate_shares(ways, test_runs, outcome, **given)
    assert found is not None
    return found


@pytest.mark.parametrize("outcome", ["success", "silent_failure"])
def test_shares_and_interval_are_those_of_nested_sampling(outcome: str) -> None:
    found = shares(WAYS, RUNS, outcome, confidence=0.9, samples=8192)
    rng = np.random.default_rng(4)
    drawn = ends(draw(rng, 400_000))[outcome]
    assert found.attrs["mean"] == pytest.approx(drawn.mean(), abs=2e-3)
    expected = np.quantile(drawn, [0.05, 0.95])
    np.testing.assert_allclose([found.attrs["low"], found.attrs["high"]], expected, atol=0.01)
    for place, rate in enumerate(tested_rates.RATES):
        # What varies if all but this rate are known, on average; and if this one alone is.
        outer, inner = draw(rng, 1500), draw(rng, 1500)
        others = np.repeat(outer[:, None, :], 300, axis=1)
        others[:, :, place] = draw(rng, 1500 * 300).reshape(1500, 300, 4)[:, :, place]
        left = ends(others.reshape(-1, 4))[outcome].reshape(1500, 300).var(axis=1).mean()
        own = draw(rng, 1500 * 300).reshape(1500, 300, 4)
        own[:, :, place] = inner[:, None, place]
        explained = ends(own.reshape(-1, 4))[outcome].reshape(1500, 300).mean(axis=1).var()
        row = found.set_index("input").loc[rate]
        assert row["total"] == pytest.approx(left / drawn.var(), abs=0.05), rate
        assert row["first_order"] == pytest.approx(explained / drawn.var(), abs=0.05), rate


def test_many_tests_leave_the_exact_outcome() -> None:
    exact = WAYS.pipelines()[GATE_RETRIES].evaluate()
    for outcome in ("success", "silent_failure"):
        found = shares(WAYS, 10**9, outcome)
        assert found.attrs["low"] <= getattr(exact, outcome) <= found.attrs["high"]
        assert found.attrs["high"] - found.attrs["low"] < 1e-3


def test_one_step_without_retries_is_the_pipeline_too() -> None:
    once = replace(WAYS, steps=1, attempts=1)
    expected = Pipeline([replace(WAYS.step, gate=WAYS.gate)]).evaluate().success
    assert shares(once, 10**9, "success").attrs["mean"] == pytest.approx(expected, abs=1e-4)


def test_what_cannot_be_asked_for_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^outcome is 'halted': give one of success, silent_failure$"):
        tested_rates.rate_shares(WAYS, RUNS, "halted")
    with pytest.raises(ValueError, match=r"^test_runs is 0: give a whole number of at least 1$"):
        tested_rates.rate_shares(WAYS, 0, "success")


def test_the_table_has_a_row_for_each_rate() -> None:
    table = tested_rates.shares_table(shares(WAYS, RUNS, "success"), shares(WAYS, RUNS, "silent_failure"))
    assert table["rate"].tolist() == list(tested_rates.RATES)
    assert table["of the variance of success"].str.match(r"^\d+% \(\d+% to \d+%\)$").all()


def test_what_does_not_vary_has_no_shares() -> None:
    hopeless = replace(WAYS, step=replace(WAYS.step, success=0.0), steps=1000)
    assert tested_rates.rate_shares(hopeless, RUNS, "success") is None
    assert tested_rates.shares_table(None, None)["of the variance of success"].eq("does not vary").all()
