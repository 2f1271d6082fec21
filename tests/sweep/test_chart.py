"""The chart of a sweep: which fact, and by which parameters."""

from pathlib import Path

import pandas as pd
import pytest

from coordination_gap.press.parameters import read_parameters
from coordination_gap.sweep import chart

DECLARED = read_parameters(
    "draws: int = 5  # [1 to 9, count] fixed\nprice: float = 1.0  # [0 to 9, US dollars] varied\n"
    "growth: float = 0.1  # [0 to 1, rate a year] varied too",
    "n",
)


@pytest.mark.parametrize("order", [("price", "growth", "draws"), ("draws", "price", "growth")])
def test_a_parameter_of_one_value_is_no_axis(tmp_path: Path, order: tuple[str, ...]) -> None:
    table = tmp_path / "facts.parquet"
    pd.DataFrame(
        {"draws": [5] * 4, "price": [1.0, 1.0, 2.0, 2.0], "growth": [0.1, 0.2] * 2, "v.value": [1.0, 2.0, 3.0, 4.0]}
    ).to_parquet(table)
    svg, _ = chart.draw(table, [DECLARED[name] for name in order], "v.value", False, tmp_path)
    drawn = svg.read_text(encoding="utf-8")
    assert "growth = 0.1" in drawn
    assert "growth = 0.2" in drawn
    assert "price (US dollars)" in drawn
