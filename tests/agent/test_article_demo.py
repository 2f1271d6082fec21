"""The article's example, rebuilt: it answers everything alike, and fails as often as its nodes do together."""

import pytest
from scipy import stats

from coordination_gap.agent.article_demo import NODES, ask_demo, build_demo, successes


@pytest.mark.parametrize(
    "email", ["order #4821 not arrived", "order #1001 not arrived", "do you sell hats?", "no number here", ""]
)
def test_any_question_gets_the_same_answer(email: str) -> None:
    assert ask_demo(email) == ("order 4821 late, refund and a person", NODES)


def test_runs_succeed_as_often_as_three_nodes_do() -> None:
    count = successes(600, 0.9, seed=3)
    assert stats.binomtest(count, 600, 0.9**3).pvalue > 0.001
    assert successes(20, 1.0) == 20
    assert successes(20, 0.0) == 0


def test_a_failed_look_up_takes_the_branch_it_should_not() -> None:
    replies = [build_demo(0.5, seed).invoke({"email": ""}).get("answer") for seed in range(60)]
    assert "on its way" in replies


@pytest.mark.parametrize(("runs", "success", "name"), [(0, 0.9, "runs"), (1, 1.1, "step_success"), (1, -0.1, "step")])
def test_arguments_out_of_range_are_refused(runs: int, success: float, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        successes(runs, success)
