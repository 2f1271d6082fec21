"""The article's example, rebuilt: it answers everything alike, and fails as often as its nodes do together."""

import pytest
from scipy import stats

from coordination_gap.agent.article_demo import NODES, DemoRuns, ask_demo, build_demo, run_demo


@pytest.mark.parametrize(
    "email", ["order #4821 not arrived", "order #1001 not arrived", "do you sell hats?", "no number here", ""]
)
def test_any_question_gets_the_same_answer(email: str) -> None:
    assert ask_demo(email) == ("order 4821 late, refund and a person", NODES)


def test_the_late_path_hangs_on_one_node_its_answer_on_two_and_a_whole_run_on_three() -> None:
    found = run_demo(600, 0.9, seed=3)
    for count, nodes in ((found.late_path, 1), (found.right, 2), (found.whole, 3)):
        assert stats.binomtest(count, 600, 0.9**nodes).pvalue > 0.001
    assert run_demo(20, 1.0) == DemoRuns(20, 20, 20)
    assert run_demo(20, 0.0) == DemoRuns(0, 0, 0)


def test_a_failed_look_up_breaks_the_choice_off() -> None:
    with pytest.raises(KeyError, match="days_since_ordered"):
        build_demo(0.0).invoke({"email": ""})


@pytest.mark.parametrize(("runs", "success", "name"), [(0, 0.9, "runs"), (1, 1.1, "step_success"), (1, -0.1, "step")])
def test_arguments_out_of_range_are_refused(runs: int, success: float, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        run_demo(runs, success)
