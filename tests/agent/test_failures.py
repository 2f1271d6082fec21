"""Which failures may pass, so that a step is tried again."""

import pytest

from coordination_gap.agent.failures import is_transient
from coordination_gap.agent.orders import OrderServiceError, UnknownOrder


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (OrderServiceError("gone"), True),
        (UnknownOrder("none"), False),
        (TimeoutError(), True),
        (ConnectionRefusedError(), True),
        (ValueError("bug"), False),
        (RuntimeError("bug"), False),
        (FileNotFoundError("bug"), False),
        (AssertionError("bug"), False),
    ],
)
def test_what_may_pass(error: Exception, transient: bool) -> None:
    assert is_transient(error) is transient
    wrapped = RuntimeError("wrapped")
    wrapped.__cause__ = error
    assert is_transient(wrapped) is transient


def test_an_unknown_order_is_an_answer_whatever_led_to_it() -> None:
    error = UnknownOrder("none")
    error.__cause__ = OrderServiceError("gone")
    assert not is_transient(error)


@pytest.mark.parametrize(("status", "transient"), [(429, True), (503, True), (408, True), (400, False), (401, False)])
def test_the_status_of_an_http_answer_counts(status: int, transient: bool) -> None:
    class RateLimitError(Exception):
        status_code = status

    assert is_transient(RateLimitError()) is transient


def test_a_lost_connection_is_known_by_name_too() -> None:
    error = type("APIConnectionError", (Exception,), {"__module__": "some_provider.errors"})()
    assert is_transient(error)
    assert not is_transient(type("InvalidRequestError", (Exception,), {"__module__": "some_provider.errors"})())
