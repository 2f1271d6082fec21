"""Simulated windows whose truth is known."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

Simulate = Callable[..., pd.DataFrame]


def simulate_windows(
    events: int,
    seed: int,
    effects: dict[int, float] | None = None,
    alpha: float = 0.0002,
    beta: float = 1.3,
    noise: float = 0.015,
    span: tuple[int, int] = (-111, 10),
) -> pd.DataFrame:
    """Make prices whose returns follow a market model, with `effects` added at their offsets."""
    random = np.random.default_rng(seed)
    offsets = np.arange(span[0], span[1] + 1)
    frames = []
    for event in range(events):
        market = random.normal(0.0004, 0.01, len(offsets))
        asset = alpha + beta * market + random.normal(0, noise, len(offsets))
        for offset, effect in (effects or {}).items():
            asset[offsets == offset] += effect
        frames.append(
            pd.DataFrame(
                {
                    "event_id": f"event-{event}",
                    "offset": offsets,
                    "googl": 100 * np.cumprod(1 + asset),
                    "spy": 400 * np.cumprod(1 + market),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(name="simulate", scope="session")
def _simulate() -> Simulate:
    return simulate_windows
