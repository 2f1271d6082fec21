"""How parts are named and put together, what is refused, and that a part stays as it was made."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest

from coordination_gap.reliability import Pipeline
from coordination_gap.reliability.parts import Branch, Gate, Step, Vote, Way

A, B, C = Step("a", 0.9), Step("b", 0.9), Step("c", 0.8)
GOOD_VOTERS = (A, B)
#: The parts, for what their types forbid.
make_step: Any = Step
make_vote: Any = Vote
make_branch: Any = Branch
make_way: Any = Way
make_pipeline: Any = Pipeline


@pytest.mark.parametrize("name", ["", "  ", None, 3, b"a"])
@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda name: Step(name, 0.9), "step"),
        (lambda name: Vote(name, GOOD_VOTERS, 1), "vote"),
        (lambda name: Branch(name, [Way(1.0)]), "branch"),
    ],
    ids=["step", "vote", "branch"],
)
def test_a_part_needs_a_name(make: Callable[[object], object], kind: str, name: object) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011
        make(name)
    assert str(refusal.value) == f"{kind}: name is {name!r}: give a text that is not empty"


@pytest.mark.parametrize("control", ["\n", "\r", "\t", "\0", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"])
@pytest.mark.parametrize("make", [lambda name: Step(name, 0.9), lambda name: Branch(name, [Way(1.0)])])
def test_a_name_stays_on_one_line(make: Callable[[str], Step | Branch], control: str) -> None:
    kind = type(make("a")).__name__.lower()
    with pytest.raises(ValueError) as refusal:  # noqa: PT011 # compared whole below
        make(f"a{control}b")
    name = f"a{control}b"
    assert str(refusal.value) == (
        f"{kind}: name is {name!r}, which holds the control character {control!r}: take it out"
    )


@pytest.mark.parametrize("name", ["a.b", "a=b", "é 步 😀", "a\u200db", '"a"', "x" * 500])
def test_other_names_are_taken(name: str) -> None:
    assert Pipeline([Step(name, 0.9)]).importance()["step"].to_list() == [name]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: make_step("x", 0.9, gate=0.9), "step 'x': gate is 0.9: give a Gate, or None for no gate"),
        (lambda: make_step("x", 0.9, gate=Gate), "step 'x': gate is <class"),
        (lambda: make_step("x", 0.9, fallback="a"), "step 'x': fallback is 'a': give a Step or a Vote, or None"),
        (lambda: make_step("x", 0.9, fallback=[A]), "step 'x': fallback is [Step"),
        (lambda: make_step("x", 0.9, fallback=Branch("y", [Way(1.0)])), "step 'x': fallback is Branch"),
        (lambda: make_vote("v", "ab", 1), "vote 'v': voters is 'ab': give a list of Step"),
        (lambda: make_vote("v", A, 1), "vote 'v': voters is Step"),
        (lambda: make_vote("v", None, 1), "vote 'v': voters is None: give a list of Step"),
        (lambda: make_vote("v", [], 1), "vote 'v': voters is empty: give at least one Step"),
        (lambda: make_vote("v", [A, "b"], 1), "vote 'v': voter 2 is 'b': give a Step"),
        (lambda: make_vote("v", [Vote("w", [A], 1)], 1), "vote 'v': voter 1 is Vote"),
        (lambda: make_vote("v", [A, B], 3), "vote 'v': needed is 3: there are 2 voters, give at most that"),
        (lambda: make_vote("v", [A, C], 1, correlation=0.1), "vote 'v': correlation is 0.1, but the voters' success"),
        (lambda: make_vote("v", [A, C], 1, common_cause=0.1), "vote 'v': common_cause is 0.1, but the voters' success"),
        (lambda: make_vote("v", [A], 1, gate="g"), "vote 'v': gate is 'g': give a Gate, or None"),
        (lambda: make_vote("v", [A], 1, fallback=0.5), "vote 'v': fallback is 0.5: give a Step or a Vote, or None"),
        (lambda: make_branch("b", "ab"), "branch 'b': ways is 'ab': give a list of Way"),
        (lambda: make_branch("b", 0.5), "branch 'b': ways is 0.5: give a list of Way"),
        (lambda: make_branch("b", [Way(1.0), A]), "branch 'b': way 2 is Step"),
        (lambda: make_branch("b", []), "branch 'b': the probabilities of the ways sum to 0: make them sum to 1"),
        (lambda: make_branch("b", [Way(0.5), Way(0.4)]), "branch 'b': the probabilities of the ways sum to 0.9: make"),
        (
            lambda: make_branch("b", [Way(1.0), Way(1e-8)]),
            "branch 'b': the probabilities of the ways sum to 1.0000",
        ),
        (lambda: make_way(1.0, A), "way: steps is Step"),
        (lambda: make_way(1.0, 3), "way: steps is 3: give a list of Step, Vote or Branch"),
        (lambda: make_way(1.0, [A, Way(1.0)]), "way: step 2 is Way"),
        (lambda: make_pipeline([]), "pipeline: steps is empty: give at least one Step"),
        (lambda: make_pipeline(A), "pipeline: steps is Step"),
        (lambda: make_pipeline(None), "pipeline: steps is None: give a list of Step, Vote or Branch"),
        (lambda: make_pipeline("ab"), "pipeline: step 1 is 'a': give a Step, a Vote or a Branch"),
        (lambda: make_pipeline([A, [B]]), "pipeline: step 2 is [Step"),
        (lambda: make_pipeline([A, Way(1.0, [B])]), "pipeline: step 2 is Way"),
        (lambda: Pipeline.repeat(A, 0), "times is 0: give a whole number of at least 1"),
        (lambda: Pipeline.repeat(A, True), "times is True"),
    ],
)
def test_a_bad_structure_is_named_with_its_place(make: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011
        make()
    assert str(refusal.value).startswith(message)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "given",
    [
        {"attempts": 2},
        {"gate": Gate(0.9, 0.1)},
        {"correlation": 0.1},
        {"common_cause": 0.1},
        {"backoff_seconds": 1.0},
        {"backoff_factor": 2.0},
        {"fallback": A},
    ],
    ids=lambda given: next(iter(given)),
)
def test_a_voter_answers_once_and_has_nothing_of_a_vote(given: dict[str, Any]) -> None:
    field = next(iter(given))
    with pytest.raises(ValueError, match=rf"^vote 'v': voter 'x' has {field} .*: a voter answers once"):
        Vote("v", [A, Step("x", 0.9, **given)], 1)


@pytest.mark.parametrize(
    "parts",
    [
        [A, B, replace(C, name="a")],
        [A, replace(B, fallback=A)],
        [replace(A, fallback=replace(B, fallback=A))],
        [Vote("a", [A], 1)],
        [Vote("v", [A, A], 1)],
        [Vote("v", [B], 1, fallback=Vote("w", [A, B], 1)), A],
        [Branch("ways", [Way(0.5, [A]), Way(0.5, [A])])],
        [Branch("a", [Way(1.0, [A])])],
        [A, Branch("ways", [Way(0.5, [Branch("more", [Way(1.0, [B, replace(C, fallback=A)])])]), Way(0.5)])],
    ],
)
def test_each_part_needs_a_name_of_its_own(parts: list[Any]) -> None:
    with pytest.raises(ValueError, match=r"^pipeline: two parts have the name '[ab]': give each part its own name$"):
        Pipeline(parts)


def test_parts_keep_what_they_were_given() -> None:
    given_steps, voters = [A, B], list(GOOD_VOTERS)
    ways = [Way(1.0, given_steps)]
    branch, vote = Branch("branch", ways), Vote("vote", voters, 1)
    pipeline = make_pipeline(step for step in given_steps)
    for given_list in (ways, voters, given_steps):
        given_list.clear()
    assert pipeline.steps == (A, B)
    assert branch.ways == (Way(1.0, (A, B)),)
    assert vote.voters == GOOD_VOTERS


FROZEN = [A, Gate(0.9, 0.1), Vote("v", [A], 1), Way(1.0), Branch("b", [Way(1.0)]), Pipeline([A])]


@pytest.mark.parametrize("part", FROZEN, ids=lambda part: type(part).__name__)
def test_parts_are_frozen(part: Any) -> None:
    for field in fields(part):
        with pytest.raises(FrozenInstanceError):
            setattr(part, field.name, None)


def test_fields_behind_the_first_are_given_by_name() -> None:
    with pytest.raises(TypeError):
        make_step("step", 0.9, 3)
    with pytest.raises(TypeError):
        make_pipeline([A], 0.1)
