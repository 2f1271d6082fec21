"""Settings of the agent say what is allowed."""

from typing import Any

import pytest

from coordination_gap.agent import Settings


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("attempts", 0, "a whole number from 1 to 100"),
        ("attempts", 2.0, "a whole number from 1 to 100"),
        ("attempts", True, "a whole number"),
        ("first_wait_s", -1, "seconds from 0 to 3600"),
        ("first_wait_s", float("nan"), "seconds from 0 to 3600"),
        ("step_timeout_s", 0, "seconds from 0.001 to 86400"),
        ("least_confidence", 1.5, "a probability from 0 to 1"),
        ("usd_per_million_tokens", (1.0, -1.0), "two prices of 0 or more, or None"),
        ("usd_per_million_tokens", (1.0,), "two prices"),
    ],
)
def test_settings_say_what_is_allowed(name: str, value: Any, allowed: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is .*: give {allowed}"):
        Settings(**{name: value})
