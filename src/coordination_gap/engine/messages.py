"""What is said between the process that asks for a run, the warm process, and the run itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: How a kernel shows plots, unless the environment has another ``MPLBACKEND``.
BACKEND = "module://matplotlib_inline.backend_inline"

#: Said by the warm process when it can take runs, and of a run that has ended.
READY, ENDED = "ready", "ended"
#: Said to the warm process while a run lasts: end it now.
STOP = "stop"


@dataclass(frozen=True)
class Request:
    """One run.

    Attributes
    ----------
    cells
        The code of the cells to run, in order.
    going_on
        For each cell, whether the next one runs even where it raises.
    modules
        Modules of this package that the cells import: the warm process loads them once, before the fork.
    folder
        The working folder of the run.
    environment
        The whole environment of the run.
    drawn
        Whether figures are drawn, or only made.
    """

    cells: tuple[str, ...]
    going_on: tuple[bool, ...]
    modules: tuple[str, ...]
    folder: str
    environment: Mapping[str, str]
    drawn: bool = True


@dataclass(frozen=True)
class CellRun:
    """What one cell did: its kernel messages, and whether and how it failed."""

    status: str
    execution_count: int
    messages: list[dict[str, Any]]
