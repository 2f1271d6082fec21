"""One run of the agent with what it works with made up, and steps that can be intercepted."""

import asyncio
from collections.abc import Callable
from typing import Any

from coordination_gap.agent import Answer, Email, Settings, SupportAgent
from coordination_gap.agent.settings import StepFunction
from coordination_gap.agent.state import State
from tests.agent.fakes import (
    DAN,
    ON_TIME,
    TODAY,
    Orders,
    Script,
    classified,
    good_draft,
)  # fmt: skip

QUICK = Settings(first_wait_s=0.0)
MAIL = Email(DAN, "My shirt", "Where is my order #1440?")
FULL = ("read", "classify", "look up", "decide", "draft", "check", "send")


def run(
    email: Email = MAIL,
    *,
    answers: list[Any] | None = None,
    orders: Orders | None = None,
    settings: Settings = QUICK,
    word: dict[str, Any] | None = None,
) -> Answer:
    """Return what becomes of an e-mail in memory, and of a person's word on it."""

    async def answered() -> Answer:
        script = Script(answers=[classified(), good_draft(ON_TIME)] if answers is None else answers)
        async with SupportAgent(orders or Orders(), script, today=TODAY, state=None, settings=settings) as agent:
            answer = await agent.answer(email, "run")
            return answer if word is None else await agent.approve("run", **word)

    return asyncio.run(answered())


def intercepting(step: str, value: Callable[[StepFunction, State], Any]) -> Settings:
    """Return settings under which a step's value is computed by `value`."""

    def intercept(name: str, function: StepFunction) -> StepFunction:
        async def replaced(state: State) -> Any:
            found = value(function, state)
            return await found if asyncio.iscoroutine(found) else found

        return replaced if name == step else function

    return Settings(first_wait_s=0.0, intercept=intercept)
