"""Figures of organisations."""

import functools

import pandas as pd
import pytest

from coordination_gap.organisation import chain, draw_backup, draw_span, draw_stack, loss_by_backup, loss_by_span
from tests.reliability.drawn import check


@pytest.mark.parametrize("size", ["wide", "narrow"])
def test_every_figure(size: str) -> None:
    stack = chain(["design", "train", "serve"], ["one person"])
    rows = pd.DataFrame(
        {
            "person": [*stack.connectors, *stack.specialists],
            "role": ["connector", *["specialist"] * 3],
            "label": ["one person", "design", "serve", "train"],
        }
    )
    check(functools.partial(draw_stack, organisation=stack), rows, size)
    check(draw_span, loss_by_span(4, 20, 1), size)
    check(draw_backup, loss_by_backup(4, 1, [0.0, 0.5, 1.0], 20, 1), size)
