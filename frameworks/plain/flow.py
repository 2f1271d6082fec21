"""The order flow in plain Python: what the frameworks are measured beside."""

from collections.abc import Callable
from pathlib import Path

import common


def order_flow(message: str, journal: common.Journal, store: str | None = None, folder: Path | None = None) -> dict:
    """Run the flow; there is no store."""
    state: dict = {"message": message}
    journal.write("classify")
    state |= common.classify(message)
    journal.write("look_up")
    state["order"] = common.look_up(state["order_id"])
    journal.write("decide")
    state["decision"] = common.decide(state["intent"], state["order"])
    journal.write("answer")
    state["text"] = common.answer(state["decision"], state["order"])
    return state


def empty_flow(steps: int) -> Callable[[], Callable[[], object]]:
    """Return a call that gives the call of `steps` functions which do nothing but hand on a dictionary."""

    def nothing(state: dict) -> dict:
        return state | {"text": "x"}

    works = [nothing] * steps

    def run() -> dict:
        state = {"message": "x"}
        for work in works:
            state = work(state)
        return state

    return lambda: run


def failing_flow(step: Callable[[], str], seen: list[str]) -> None:
    """Run three steps of which the second is `step`; `seen` takes what the third was handed."""
    seen.append(step())


def wrong_key(case: str) -> dict:
    """Write the misspelt key ``decison`` into a dictionary; return what the next step was handed."""
    return {"decison": "reply"} if case == "misspelt alone" else {"decison": "reply", "text": "x"}
