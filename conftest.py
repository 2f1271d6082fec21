"""What pytest needs to know when nbval compares the notebooks with their committed outputs."""

import pytest

from coordination_gap import media_types


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave facts and figure data to tests/notebooks, which compares them with a numeric tolerance.

    nbval still compares what is printed of them: a fact's display, a figure's alt text.
    """
    for item in items:
        skipped = getattr(item.parent, "skip_compare", None)
        if skipped is not None and media_types.FACT not in skipped:
            item.parent.skip_compare = (*skipped, media_types.FACT, media_types.FIGURE)  # type: ignore[union-attr] # nbval's
