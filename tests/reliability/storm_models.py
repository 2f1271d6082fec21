"""The same pipeline as a Markov chain in the PRISM language, solved by the model checker Storm in exact fractions."""

import importlib
import platform
import sys
import tempfile
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from coordination_gap.reliability import Pipeline
from coordination_gap.reliability.parts import Branch, Gate, Part, Step, Vote

_DONE, _HALTED = 0, 1


def storm() -> Any:
    """Import Storm; where it is published, on Linux on x86-64, its absence is an error and not a reason to skip."""
    if sys.platform == "linux" and platform.machine() == "x86_64":
        return importlib.import_module("stormpy")
    return pytest.importorskip("stormpy")


def example_models() -> Path:
    """Return the folder of the models that come with Storm."""
    return Path(importlib.import_module(f"{storm().__name__}.examples").__file__ or "").parent / "files"


def solve(source: str | Path, properties: Iterable[str], constants: str = "") -> list[Fraction]:
    """Return the exact value, at the start, of each of the `properties` of a model.

    Parameters
    ----------
    source
        The model in the PRISM language, or the path of a file with it.
    properties
        Formulas such as ``P=? [F "halted"]``.
    constants
        Values of the model's open constants, such as ``N=16,MAX=2``.
    """
    stormpy = storm()
    if isinstance(source, str):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.prism"
            path.write_text(source, encoding="utf-8")
            program = stormpy.parse_prism_program(str(path))
    else:
        program = stormpy.parse_prism_program(str(source))
    if constants:
        program, _ = stormpy.instantiate_constants(program, constants)
    formulas = stormpy.parse_properties("; ".join(properties), program)
    model = stormpy.build_model[stormpy.Rational](program, formulas)
    start = model.initial_states[0]
    return [Fraction(str(stormpy.model_checking(model, each).get_value(start))) for each in formulas]


def outcome(pipeline: Pipeline) -> dict[str, float]:
    """Return how runs of `pipeline` end and what they take, as Storm computes it.

    Steps are independent; votes, whose voters take constant times, included.
    """
    fields = {
        "success": 'P=? [F "success"]',
        "silent_failure": 'P=? [F "silent_failure"]',
        "halted": 'P=? [F "halted"]',
        "attempts": 'R{"attempts"}=? [F "ended"]',
        "cost": 'R{"cost"}=? [F "ended"]',
        "seconds": 'R{"seconds"}=? [F "ended"]',
    }
    values = solve(prism_program(pipeline), fields.values())
    return {field: float(value) for field, value in zip(fields, values, strict=True)}


def prism_program(pipeline: Pipeline) -> str:
    """Return `pipeline` in the PRISM language.

    The variable `at` is the place in the pipeline, `attempt` that of the step there,
    `good` and `bad` count a vote's answers, and `carrying` is a silent failure passed on.
    """
    writer = _Writer()
    first = writer.series(pipeline.steps, _DONE)
    rewards = [
        f'rewards "{name}"\n' + "".join(f"  {guard} : {value};\n" for guard, value in earned) + "endrewards"
        for name, earned in writer.rewards.items()
    ]
    return "\n".join(
        [
            "dtmc",
            "module run",
            f"  at : [0..{writer.places}] init {first};",
            f"  attempt : [1..{max(writer.most_attempts, 2)}] init 1;",
            f"  good : [0..{max(writer.most_voters, 1)}] init 0;",
            f"  bad : [0..{max(writer.most_voters, 1)}] init 0;",
            "  carrying : bool init false;",
            *(f"  {command}" for command in writer.commands),
            f"  [] at<={_HALTED} -> true;",
            "endmodule",
            f'label "success" = at={_DONE} & !carrying;',
            f'label "silent_failure" = at={_DONE} & carrying;',
            f'label "halted" = at={_HALTED};',
            f'label "ended" = at<={_HALTED};',
            *rewards,
        ]
    )


class _Writer:
    """Writes the commands of each part, which leads to a place that is already known."""

    def __init__(self) -> None:
        self.places = _HALTED
        self.most_attempts = 1
        self.most_voters = 0
        self.commands: list[str] = []
        # Each has a reward of nothing, since Storm asks for one.
        self.rewards: dict[str, list[tuple[str, str]]] = {
            name: [("false", "0")] for name in ("attempts", "cost", "seconds")
        }

    def series(self, parts: Iterable[Part], then: int) -> int:
        """Write `parts` and return the place where they start."""
        for part in reversed(tuple(parts)):
            then = self.part(part, then)
        return then

    def part(self, part: Part, then: int) -> int:
        if isinstance(part, Step):
            return self.step(part, then)
        return self.vote(part, then) if isinstance(part, Vote) else self.branch(part, then)

    def branch(self, branch: Branch, then: int) -> int:
        here = self.new_place()
        *others, last = [(_text(way.probability), f"(at'={self.series(way.steps, then)})") for way in branch.ways]
        # Decimals of weights such as 1/3 do not sum to 1, so the last is what is left.
        rest = " - ".join(["1", *(probability for probability, _ in others)])
        self.go(f"at={here}", *others, (rest, last[1]))
        return here

    def step(self, step: Step, then: int) -> int:
        place = self.new_place()
        seen, good, bad = self.endings(step.gate, then, "attempt'=1")
        p, loud, most = _text(step.success), _text(step.loud), step.attempts
        self.most_attempts = max(self.most_attempts, most)
        self.go(
            f"at={place}",
            (p, good),
            (f"(1-{p})*{loud}", f"(at'={seen})"),
            (f"(1-{p})*(1-{loud})", bad),
        )
        if most > 1:
            self.go(f"at={seen} & attempt<{most}", ("1", f"(at'={place}) & (attempt'=attempt+1)"))
        self.go(f"at={seen} & attempt={most}", ("1", f"(at'={self.fallback(step, then)}) & (attempt'=1)"))
        self.earn(f"at={place}", attempts="1", cost=_text(step.cost), seconds=_text(step.seconds))
        for attempt in range(2, most + 1):
            factors = "*".join([_text(step.backoff_seconds), *[_text(step.backoff_factor)] * (attempt - 2)])
            self.earn(f"at={place} & attempt={attempt}", seconds=factors)
        return place

    def vote(self, vote: Vote, then: int) -> int:
        places = [self.new_place() for _ in vote.voters]
        count, alike, differing = (self.new_place() for _ in range(3))
        self.most_voters = max(self.most_voters, len(places))
        for voter, here, following in zip(vote.voters, places, [*places[1:], count], strict=True):
            p, loud = _text(voter.success), _text(voter.loud)
            self.go(
                f"at={here}",
                (p, f"(at'={following}) & (good'=good+1)"),
                (f"(1-{p})*(1-{loud})", f"(at'={following}) & (bad'=bad+1)"),
                (f"(1-{p})*{loud}", f"(at'={following})"),
            )
            self.earn(f"at={here}", attempts="1", cost=_text(voter.cost))
        self.earn(f"at={count}", seconds=_text(max(voter.seconds for voter in vote.voters)))
        agreement = _text(vote.agreement)
        self.go(f"at={count}", (agreement, f"(at'={alike})"), (f"1-{agreement}", f"(at'={differing})"))
        forget = "good'=0) & (bad'=0"
        seen, good, bad = self.endings(vote.gate, then, forget)
        enough = f"good>={vote.needed}"
        for here, wrong in ((alike, f"bad>={vote.needed}"), (differing, "bad>=1" if vote.needed == 1 else "false")):
            self.go(f"at={here} & ({wrong})", ("1", bad))
            self.go(f"at={here} & !({wrong}) & {enough}", ("1", good))
            self.go(f"at={here} & !({wrong}) & !({enough})", ("1", f"(at'={seen})"))
        self.go(f"at={seen}", ("1", f"(at'={self.fallback(vote, then)}) & ({forget})"))
        return places[0]

    def endings(self, gate: Gate | None, then: int, forget: str) -> tuple[int, str, str]:
        """Return the place of an output that was seen to be bad, and what makes of a good and of a bad one."""
        seen = self.new_place()
        passes_good, passes_bad = f"(at'={then}) & ({forget})", f"(at'={then}) & ({forget}) & (carrying'=true)"
        if gate is None:
            return seen, passes_good, passes_bad
        good, bad = self.new_place(), self.new_place()
        for here, refused, passes in ((good, gate.false_alarm, passes_good), (bad, gate.detection, passes_bad)):
            self.go(f"at={here}", (_text(refused), f"(at'={seen})"), (f"1-{_text(refused)}", passes))
            self.earn(f"at={here}", cost=_text(gate.cost), seconds=_text(gate.seconds))
        return seen, f"(at'={good})", f"(at'={bad})"

    def fallback(self, part: Step | Vote, then: int) -> int:
        return _HALTED if part.fallback is None else self.part(part.fallback, then)

    def new_place(self) -> int:
        self.places += 1
        return self.places

    def go(self, guard: str, *updates: tuple[str, str]) -> None:
        self.commands.append(f"[] {guard} -> " + " + ".join(f"{chance} : {update}" for chance, update in updates) + ";")

    def earn(self, guard: str, **amounts: str) -> None:
        for name, amount in amounts.items():
            self.rewards[name].append((guard, amount))


def _text(number: float) -> str:
    """Return `number` as a plain decimal, which Storm reads as an exact fraction."""
    return f"{Decimal(repr(number)):f}"
