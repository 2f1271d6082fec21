"""A pipeline with retries, and whether what was simulated of one agrees with what is exact."""

from coordination_gap.reliability import Gate, Pipeline, Simulated, Step
from tests.reliability.one_by_one import FIELDS

RETRIED = Pipeline(
    [
        Step("look up", success=0.97, attempts=3, gate=Gate(0.9, 0.02), loud=0.6, cost=0.002, seconds=1.2),
        Step("decide", success=0.9, loud=0.3, cost=0.01, seconds=4.0),
        Step("draft", success=0.8, attempts=4, loud=1.0, cost=0.03, seconds=9.0),
        Step("send", success=0.95, attempts=2, gate=Gate(0.5, 0.2), cost=0.001, seconds=0.5),
    ]
)


def assert_agrees(simulated: Simulated, exact: object, errors: float = 5.0) -> None:
    for field in FIELDS:
        error = getattr(simulated.standard_error, field)
        # Where nothing varies there is only rounding.
        allowed = max(errors * error, 1e-12 * abs(getattr(exact, field)))
        assert abs(getattr(simulated, field) - getattr(exact, field)) <= allowed, field
