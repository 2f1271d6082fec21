"""The benchmark of a long sweep: what it makes of what it sees."""

import pytest

from benchmarks.sweep import Look, Outcome, Quarter, quarters


def test_quarters_are_timed_between_two_looks() -> None:
    looks = [Look(0.0, 0, 100, 50, 40), Look(10.0, 50, 120, 60, 40), Look(30.0, 100, 110, 55, 45)]
    assert quarters(looks, 100) == [
        Quarter(5.0, 100, 50, 40),
        Quarter(5.0, 120, 60, 40),
        Quarter(10.0, 120, 60, 40),
        Quarter(10.0, 110, 55, 45),
    ]


@pytest.mark.parametrize(("rows", "distinct", "right"), [(9, 9, 9), (11, 10, 10), (10, 10, 9)])
def test_a_run_that_is_lost_doubled_or_wrong_is_seen(rows: int, distinct: int, right: int) -> None:
    assert Outcome(10, 1.0, 0, 10, 10, 10, 0).is_exact
    assert not Outcome(10, 1.0, 0, rows, distinct, right, 0).is_exact
