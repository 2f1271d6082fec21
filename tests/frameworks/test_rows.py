"""What the probes gave, as rows: known answers first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordination_gap.frameworks import rows


def test_summary_is_median_and_quartiles() -> None:
    assert rows.summary([4.0, 1.0, 3.0, 2.0, 5.0]) == {"value": 3.0, "low": 2.0, "high": 4.0, "repetitions": 5}


def test_summary_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="values is empty"):
        rows.summary([])


def test_cost_of_a_step_is_the_difference_over_the_steps_between() -> None:
    assert rows.per_step([1.0, 2.0], [9.0, 18.0], 4, 12) == [1.0, 2.0]


@given(
    st.lists(st.floats(0, 10), min_size=1, max_size=5),
    st.floats(0, 1),
    st.floats(0, 100),
)
def test_cost_of_a_step_does_not_depend_on_what_every_run_costs(short: list[float], step: float, start: float) -> None:
    long = [each + 8 * step for each in short]
    moved = rows.per_step([each + start for each in short], [each + start for each in long], 4, 12)
    assert moved == pytest.approx([step] * len(short), abs=1e-9)


def test_runs_that_do_not_pair_up_are_refused() -> None:
    with pytest.raises(ValueError, match="short has 1 runs and long has 2"):
        rows.per_step([1.0], [1.0, 2.0], 4, 12)
    with pytest.raises(ValueError, match="long_steps is 4"):
        rows.per_step([1.0], [1.0], 4, 4)


@pytest.mark.parametrize(
    ("result", "outcome", "calls"),
    [
        ({"calls": 1, "raised": "RuntimeError: x", "handed_on": []}, rows.STOPPED, 1),
        ({"calls": 2, "raised": "", "handed_on": ["worked"]}, rows.RETRIED, 2),
        ({"calls": 1, "raised": "", "handed_on": ["Error: x"]}, rows.PASSED_ON, 1),
    ],
)
def test_failure_stops_retries_or_passes_on(result: dict[str, object], outcome: str, calls: int) -> None:
    assert rows.failure_outcome(result)[:2] == (outcome, calls)


@pytest.mark.parametrize(
    ("result", "outcome"),
    [
        ({"raised": "ValueError: no such field", "handed_on": {}}, rows.REFUSED),
        ({"raised": "", "handed_on": {"message": "x"}}, rows.DROPPED),
        ({"raised": "", "handed_on": {"decison": "reply"}}, rows.HANDED_ON),
        ({"is_error": True, "handed_on": ["field required"]}, rows.REFUSED),
        ({"is_error": False, "handed_on": ["{}"]}, rows.DROPPED),
    ],
)
def test_misspelt_key_is_refused_dropped_or_handed_on(result: dict[str, object], outcome: str) -> None:
    assert rows.wrong_key_outcome(result)[0] == outcome


@pytest.mark.parametrize(
    ("steps", "outcome", "again"),
    [
        (["a", "b", "c", "c", "d"], rows.RESUMED, 0),
        (["a", "b", "c", "a", "b", "c", "d"], rows.RAN_AGAIN, 2),
        (["a", "b", "c", "b", "c", "d"], "ran 1 again", 1),
    ],
)
def test_kill_counts_finished_steps_that_ran_again(steps: list[str], outcome: str, again: int) -> None:
    assert rows.kill_outcome(steps, "c")[:2] == (outcome, again)


def test_kill_shows_where_the_run_died() -> None:
    assert rows.kill_outcome(["a", "c", "c"], "c")[2] == "a > c > killed > c"


def test_kill_without_the_killed_step_is_refused() -> None:
    with pytest.raises(ValueError, match="steps has no 'c'"):
        rows.kill_outcome(["a"], "c")


def test_trace_says_who_made_the_spans() -> None:
    steps = ("classify", "decide")
    assert rows.trace_outcome({"spans": [], "package": "none"}, steps)[:2] == ("no spans", 0)
    outcome, count, detail = rows.trace_outcome({"spans": ["run classify", "run"], "package": "none"}, steps)
    assert (outcome, count) == ("spans by itself", 2)
    assert "steps named: classify;" in detail
    assert rows.trace_outcome({"spans": ["x"], "package": "other"}, steps)[0] == "spans by other"
