"""The steps of a pipeline whose success can be changed one by one, and pipelines with parts replaced."""

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

from coordination_gap.reliability.parts import Branch, Part, Step, Vote, Way, walk

_Worker: TypeAlias = Step | Vote
_Changed = TypeVar("_Changed", bound=_Worker)


@dataclass(frozen=True)
class Leaf:
    """A step; or the voters of one vote, where a correlation or a common cause ties them to one success.

    Attributes
    ----------
    owner
        The step, or the vote whose voters these are.
    steps
        The steps whose success is this leaf's.
    in_vote
        Whether they are voters, which answer once.
    """

    owner: Step | Vote
    steps: tuple[Step, ...]
    in_vote: bool

    @property
    def name(self) -> str:
        """The name of the step, or of the vote."""
        return self.owner.name

    @property
    def success(self) -> float:
        """Success of one attempt."""
        return self.steps[0].success

    @property
    def draws(self) -> int:
        """How often a run draws on this success at most: the attempts, or the voters."""
        return self.owner.attempts if isinstance(self.owner, Step) else len(self.steps)

    def with_success(self, success: float) -> Step | Vote:
        """Return the owner with this success."""
        if isinstance(self.owner, Step):
            return replace(self.owner, success=success)
        return replace(self.owner, voters=[replace(voter, success=success) for voter in self.steps])


def leaves(parts: Iterable[Part]) -> list[Leaf]:
    """Return the leaves of `parts` in the order in which they stand: ways, voters and fallbacks included."""
    found: list[Leaf] = []
    voters: set[str] = set()
    tied: set[str] = set()
    for part in walk(parts):
        if isinstance(part, Vote):
            if part.correlation > 0.0 or part.common_cause > 0.0:
                found.append(Leaf(part, tuple(part.voters), in_vote=True))
                tied.update(voter.name for voter in part.voters)
            voters.update(voter.name for voter in part.voters)
        elif isinstance(part, Step) and part.name not in tied:
            found.append(Leaf(part, (part,), in_vote=part.name in voters))
    return found


def with_parts(parts: Iterable[Part], changes: Mapping[str, Part]) -> tuple[Part, ...]:
    """Return `parts` with those that `changes` names replaced, at any depth.

    What is inside a part that is replaced is not looked at: the new part brings its own.
    """
    return tuple(_with(part, changes) for part in parts)


def _with(part: Part, changes: Mapping[str, Part]) -> Part:
    if part.name in changes:
        return changes[part.name]
    if isinstance(part, Branch):
        return replace(part, ways=[Way(way.probability, with_parts(way.steps, changes)) for way in part.ways])
    # A chain of fallbacks may be long, so it is taken apart and put together without recursion.
    chain: list[_Worker] = [part]
    while (after := chain[-1].fallback) is not None and chain[-1].name not in changes:
        chain.append(after)
    changed: Part = changes.get(chain[-1].name) or _with_voters(chain[-1], changes)
    for worker in reversed(chain[:-1]):
        changed = _with_voters(replace(worker, fallback=changed), changes)  # type: ignore[arg-type] # the part checks it
    return changed


def _with_voters(worker: _Changed, changes: Mapping[str, Part]) -> _Changed:
    if isinstance(worker, Step) or not any(voter.name in changes for voter in worker.voters):
        return worker
    return replace(worker, voters=[changes.get(voter.name, voter) for voter in worker.voters])  # type: ignore[misc] # checked


def unknown_name(name: object, known: Collection[str]) -> str:
    """Return the sentence part that says what else could be meant by a name that is not `known`."""
    close = difflib.get_close_matches(str(name), known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"give one of {', '.join(map(repr, known))}"
