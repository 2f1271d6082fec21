"""The made-up shop, the stub model and the four steps that every framework here runs.

Standard library only: it is imported in environments that hold one framework and nothing else.
"""

import json
import os
import signal
from pathlib import Path

#: Environment variable that names the step in which the process is killed, once.
KILL_VARIABLE = "FLOW_KILL_AT"

STEPS = ("classify", "look_up", "decide", "answer")
SHOP_DAY = "2026-06-20"
MESSAGES = {
    "late": "Order 4821 was due days ago. Where is it?",
    "on time": "When does order 5150 arrive?",
    "other": "Do you sell umbrellas?",
}
#: What the stub model answers, by message: there is no model and no network.
STUB_MODEL = {
    MESSAGES["late"]: {"intent": "order_status", "order_id": "4821"},
    MESSAGES["on time"]: {"intent": "order_status", "order_id": "5150"},
    MESSAGES["other"]: {"intent": "product_question", "order_id": ""},
}
ORDERS = {
    "4821": {"item": "blue jacket", "status": "shipped", "promised_on": "2026-06-16"},
    "5150": {"item": "grey scarf", "status": "shipped", "promised_on": "2026-06-24"},
}


class Journal:
    """A file of the steps that ran, flushed line by line so that it outlives a killed process."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, step: str) -> None:
        """Add a step, and kill the process if this is the step in which it is to die."""
        first_time = step not in self.read()
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, "process": os.getpid()}) + "\n")
            file.flush()
            os.fsync(file.fileno())
        if first_time and os.environ.get(KILL_VARIABLE) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def read(self) -> list[str]:
        """Return the steps that ran, in order."""
        if not self.path.exists():
            return []
        return [json.loads(line)["step"] for line in self.path.read_text(encoding="utf-8").splitlines()]


def classify(message: str) -> dict[str, str]:
    """Return the intent and the order number that the stub model gives for a message."""
    return STUB_MODEL[message]


def look_up(order_id: str) -> dict[str, str]:
    """Return the order, or an empty one where none was named."""
    return ORDERS.get(order_id, {})


def decide(intent: str, order: dict[str, str]) -> str:
    """Return ``reply`` for an order on its way in time, otherwise ``escalate``."""
    if intent != "order_status" or not order:
        return "escalate"
    return "reply" if order["promised_on"] >= SHOP_DAY else "escalate"


def reply(order: dict[str, str]) -> str:
    """Return what the customer is told."""
    return f"Your {order['item']} is {order['status']} and is promised for {order['promised_on']}."


def escalate() -> str:
    """Return what the customer is told where a person takes over."""
    return "A person will look at this and write to you."


def answer(decision: str, order: dict[str, str]) -> str:
    """Return the text of the last step."""
    return reply(order) if decision == "reply" else escalate()


class FailsOnce:
    """A step that raises an error the first time it is called and works from then on."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.calls = 0

    def __call__(self) -> str:
        """Raise the error, or return a word that the next step can see."""
        self.calls += 1
        if self.calls == 1:
            raise self.error
        return "worked"


def error_of(name: str) -> Exception:
    """Return the error that a probe names."""
    errors = {
        "exception": RuntimeError("made-up fault"),
        "ValueError": ValueError("made-up bad value"),
        "time-out": TimeoutError("made-up time-out"),
    }
    if name not in errors:
        raise ValueError(f"error is {name!r}: name one of {', '.join(errors)}")
    return errors[name]
