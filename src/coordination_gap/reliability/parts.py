"""The parts of a pipeline: a step, and the gate that inspects what the step puts out."""

from dataclasses import dataclass

from coordination_gap.reliability import checks


@dataclass(frozen=True)
class Gate:
    """A check of a step's output before it is passed on.

    Attributes
    ----------
    detection
        Probability that it catches a silent failure.
    false_alarm
        Probability that it rejects a good output.

    Raises
    ------
    ValueError
        If either is not a probability; the message names the field.
    """

    detection: float
    false_alarm: float

    def __post_init__(self) -> None:
        for field in ("detection", "false_alarm"):
            object.__setattr__(self, field, checks.probability(getattr(self, field), f"gate: {field}"))


@dataclass(frozen=True)
class Step:
    """One step of a pipeline. What happens in it is defined in :mod:`coordination_gap.reliability`.

    Attributes
    ----------
    name
        Names the step in messages; unique within a pipeline.
    success
        Probability that one attempt succeeds.
    attempts
        The most attempts that are made, the first included.
    gate
        Inspects the output of each attempt that did not fail loudly; None for no gate.
    loud
        Share of failed attempts that are seen at once. The default 0 is the worst case:
        no failure shows itself, so that without a gate nothing is ever tried again.
    cost
        US dollars for each attempt, its gate included.
    seconds
        Time for each attempt, its gate included.

    Raises
    ------
    ValueError
        If a field is not what it has to be; the message names step and field.
    """

    name: str
    success: float
    attempts: int = 1
    gate: Gate | None = None
    loud: float = 0.0
    cost: float = 0.0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ValueError(f"step: name is {self.name!r}: give a text that is not empty")
        where = f"step {self.name!r}: "
        if self.gate is not None and not isinstance(self.gate, Gate):
            raise ValueError(f"{where}gate is {self.gate!r}: give a Gate, or None for no gate")
        checked = {
            "success": checks.probability(self.success, f"{where}success"),
            "attempts": checks.count(self.attempts, f"{where}attempts"),
            "loud": checks.probability(self.loud, f"{where}loud"),
            "cost": checks.amount(self.cost, f"{where}cost", "US dollars"),
            "seconds": checks.amount(self.seconds, f"{where}seconds", "seconds"),
        }
        for field, value in checked.items():
            object.__setattr__(self, field, value)
