"""Orders, order services and models that do as they are told."""

import json
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from coordination_gap.agent.made_up_orders import SHOP_DAY
from coordination_gap.agent.orders import Order, UnknownOrder

DAN = "dan.69@example.org"
SAM = "sam@example.org"
BLUE_JACKET = {
    "order_id": "4821",
    "customer": "sam@example.org",
    "item": "blue jacket",
    "price_usd": 89.0,
    "ordered_on": "2026-06-06",
    "status": "shipped",
    "promised_on": "2026-06-16",
    "shipped_on": "2026-06-09",
    "delivered_on": None,
}
"""An order as the server tells it."""


def order(
    order_id: str = "1440",
    customer: str = DAN,
    item: str = "linen shirt",
    status: str = "shipped",
    promised_in: int = 5,
    price_usd: float = 49.0,
) -> Order:
    """Return an order of two days before SHOP_DAY, or of a week before the promised day if that is earlier."""
    promised = SHOP_DAY + timedelta(promised_in)
    ordered = min(SHOP_DAY - timedelta(2), promised - timedelta(7))
    shipped = ordered + timedelta(1) if status in ("shipped", "delivered") else None
    delivered = ordered + timedelta(2) if status == "delivered" else None
    return Order(order_id, customer, item, price_usd, ordered, status, promised, shipped, delivered)


ON_TIME = order()
PROCESSING = order("1073", "cleo.31@example.org", "leather belt", "processing", 5, 39.5)
LATE = order("4821", SAM, "blue jacket", "shipped", -4, 89.0)
DELIVERED = order("1030", "quin.82@example.org", "rain boots", "delivered", -1, 64.5)
CANCELLED = order("1129", "nils.81@example.org", "canvas backpack", "cancelled", 9, 72.0)


class Orders:
    """An order service with some orders; `faults` are raised one by one before it answers."""

    def __init__(self, *, faults: Iterable[BaseException] = ()) -> None:
        self.orders = {each.order_id: each for each in (ON_TIME, PROCESSING, LATE, DELIVERED, CANCELLED)}
        self.faults = list(faults)
        self.asked: list[str] = []

    async def look_up(self, order_id: str) -> Order:
        self.asked.append(order_id)
        if self.faults:
            raise self.faults.pop(0)
        if order_id not in self.orders:
            raise UnknownOrder(f"there is no order {order_id}")
        return self.orders[order_id]


def classified(intent: str = "order_status", confidence: float = 0.9) -> str:
    """Return a model's answer that is a classification."""
    return json.dumps({"intent": intent, "confidence": confidence})


def good_draft(about: Order) -> str:
    """Return a draft that is right about an order."""
    said = "is being processed" if about.status == "processing" else "has been shipped"
    return f"Hello,\n\nyour order {about.order_id} {said} and is promised for {about.promised_on}."


class Script(BaseChatModel):
    """A chat model that gives the answers of a list, one a call; exceptions among them are raised."""

    answers: list[Any]
    calls: list[list[BaseMessage]] = []  # noqa: RUF012 # copied by pydantic
    usage: tuple[int, int] | None = None

    @property
    def _llm_type(self) -> str:
        return "script"

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> ChatResult:
        self.calls.append(messages)
        answer = self.answers.pop(0) if self.answers else AssertionError("the script is at its end")
        if isinstance(answer, BaseException):
            raise answer
        text = answer() if isinstance(answer, Callable) else answer  # type: ignore[arg-type] # typing's, for isinstance
        message = AIMessage(text)
        if self.usage is not None:
            into, out = self.usage
            message.usage_metadata = {"input_tokens": into, "output_tokens": out, "total_tokens": into + out}
        return ChatResult(generations=[ChatGeneration(message=message)])


TODAY: date = SHOP_DAY
