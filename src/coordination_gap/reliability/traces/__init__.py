"""Recorded runs: what each attempt came to, the pipeline behind it, and the measured coordination gap.

``frame`` has the frame of attempts and its checks; ``files``, ``otlp``, ``spans`` and ``texts``
read it from files. ``path`` follows the runs through a template, ``data`` counts them by kind, and
``rates`` and ``amounts`` estimate the parameters, to which ``rows`` gives intervals;
``codes`` numbers outcomes and ends for them. ``estimate`` puts the pipeline together; ``gap``
and ``pairs`` hold it against how the runs ended. ``docs/traces.md`` has formats and examples.
"""

from coordination_gap.reliability.traces.estimate import EstimatedPipeline, estimate_pipeline
from coordination_gap.reliability.traces.files import read_csv, read_traces, write_csv
from coordination_gap.reliability.traces.frame import (
    COLUMNS,
    OUTCOMES,
    PASSED_ON,
    RUN_OUTCOMES,
    TraceError,
    check_attempts,
    check_incomplete,
)
from coordination_gap.reliability.traces.gap import Gap, Measured, coordination_gap
from coordination_gap.reliability.traces.otlp import read_otlp

__all__ = [
    "COLUMNS",
    "OUTCOMES",
    "PASSED_ON",
    "RUN_OUTCOMES",
    "EstimatedPipeline",
    "Gap",
    "Measured",
    "TraceError",
    "check_attempts",
    "check_incomplete",
    "coordination_gap",
    "estimate_pipeline",
    "read_csv",
    "read_otlp",
    "read_traces",
    "write_csv",
]
