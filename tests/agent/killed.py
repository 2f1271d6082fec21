"""A process that answers an e-mail until it is killed at a step; started by test_runtime."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from coordination_gap.agent import Email, Settings, SupportAgent
from coordination_gap.agent.settings import StepFunction
from coordination_gap.agent.state import State
from tests.agent.fakes import DAN, ON_TIME, TODAY, Orders, Script, classified, good_draft


async def main(folder: Path, at: str, when: str) -> None:
    """Answer an e-mail, note which steps are begun, and be killed before or after one has done its work."""

    def intercept(name: str, function: StepFunction) -> StepFunction:
        async def noted(state: State) -> Any:
            with (folder / "begun").open("a", encoding="utf-8") as begun:
                begun.write(f"{name}\n")
            if name == at and when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            value = await function(state)
            if name == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return value

        return noted

    script = Script(answers=[classified(), good_draft(ON_TIME)])
    how = Settings(first_wait_s=0.0, intercept=intercept)
    async with SupportAgent(Orders(), script, today=TODAY, state=folder, settings=how) as agent:
        await agent.answer(Email(DAN, "", "order #1440"), "run")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
