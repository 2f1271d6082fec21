"""What holds for every pipeline that is estimated: no gap where none can be, and names and order say nothing."""

import random
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from coordination_gap.reliability.parts import Gate, Step
from coordination_gap.reliability.pipeline import Pipeline
from coordination_gap.reliability.traces import coordination_gap
from tests.reliability.traced_runs import BOTH, simulated

few = settings(max_examples=10, deadline=None)


@few
@given(
    st.lists(st.floats(0.3, 0.95), min_size=2, max_size=4),
    st.integers(0, 2**16),
    st.floats(-0.3, 0.3),
)
def test_a_series_that_halts_at_every_failure_has_no_gap(rates: list[float], seed: int, luck: float) -> None:
    """The chain rule: shares among the runs that get so far multiply to the share of those that arrive."""
    pipeline = Pipeline([Step(f"s{place}", rate, loud=1.0) for place, rate in enumerate(rates)])
    found = simulated(pipeline, 60, seed, luck=lambda rng: rng.choice([-luck, luck]))
    assume(found["step"].nunique() == len(rates))  # some run has reached the last step
    gap = coordination_gap(found, resamples=100)
    for prediction in BOTH:
        assert gap.of("success", prediction).value == pytest.approx(0.0, abs=1e-12)


@few
@given(st.integers(0, 2**16), st.randoms(use_true_random=False))
def test_names_and_the_order_of_rows_change_nothing(seed: int, shuffle: random.Random) -> None:
    pipeline = Pipeline([Step("a", 0.7, attempts=2, loud=0.6, gate=Gate(0.5, 0.1)), Step("b", 0.8)])
    found = simulated(pipeline, 40, seed)
    gap = coordination_gap(found, pipeline, resamples=100)
    order = list(range(len(found)))
    shuffle.shuffle(order)
    other = found.iloc[order].replace({"step": {"a": "z", "b": "y"}}).assign(run=lambda rows: rows["run"] + "!")
    template = Pipeline([replace(part, name={"a": "z", "b": "y"}[part.name]) for part in pipeline.all_steps()])
    renamed = coordination_gap(other, template, resamples=100)
    # The samples of runs are other ones, as the runs stand in another order.
    columns = ["predicted", "observed", "gap"]
    pd.testing.assert_frame_equal(renamed.table[columns], gap.table[columns])
    numbers = ["estimate", "low", "high", "successes", "trials"]
    pd.testing.assert_frame_equal(renamed.estimated.steps[numbers], gap.estimated.steps[numbers])
