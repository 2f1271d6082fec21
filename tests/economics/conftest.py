"""A workflow to test on: the page's own ranges, written out."""

from collections.abc import Callable

import pytest

from coordination_gap import economics as ec

ENDS = {
    "hours_saved": (10.0, 15.0),
    "wage": (46.0, 62.0),
    "minutes_a_task": (4.0, 8.0),
    "inference": (50.0, 500.0),
    "platform": (100.0, 200.0),
    "build_weeks": (2.0, 4.0),
    "engineer": (60.0, 150.0),
    "maintenance": (2.0, 8.0),
    "tracing": (0.0, 100.0),
    "review_share": (0.05, 0.2),
    "failure": (5.0, 50.0),
    "by_hand_failure": (0.01, 0.03),
    "step_success": (0.95, 0.99),
}
MakeRanges = Callable[..., dict[str, ec.Range]]


@pytest.fixture(scope="session")
def make_ranges() -> MakeRanges:
    """Return a maker of the ranges, some of them replaced by (low, high)."""

    def make(**changed: tuple[float, float]) -> dict[str, ec.Range]:
        ends = {**ENDS, **changed}
        return {name: ec.Range(name, *ends[name], unit=ec.INPUTS[name]) for name in ec.INPUTS}

    return make


@pytest.fixture(scope="session")
def middle(make_ranges: MakeRanges) -> dict[str, float]:
    return ec.middles(make_ranges())


@pytest.fixture(scope="session")
def settings() -> ec.Settings:
    return ec.Settings(months=24, discount_rate=0.1, review_minutes=2.0, handling=1.2)


@pytest.fixture(scope="session")
def alone() -> ec.Design:
    return ec.Design("alone", 6, loud=0.5)


@pytest.fixture(scope="session")
def layered() -> ec.Design:
    return ec.Design("layered", 6, 3, 0.5, 0.9, 0.02, 0.25, 0.4)
