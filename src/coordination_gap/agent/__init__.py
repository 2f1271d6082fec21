"""A support agent that answers an e-mail about an order, or hands it to a person.

``runtime`` has the agent, ``settings`` how it works, ``email`` what comes in, ``decide`` the rules, ``gate`` what a
draft is held against, ``outbox`` what it does, and ``tracing`` where its spans go. ``docs/agent.md`` says how to run
it. The names below are loaded when they are first used, for the order server imports this package and has to start
quickly.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coordination_gap.agent.answer import Answer
    from coordination_gap.agent.decide import Decision
    from coordination_gap.agent.email import Email
    from coordination_gap.agent.failures import AgentError
    from coordination_gap.agent.orders_on_demand import OrdersOnDemand
    from coordination_gap.agent.outbox import OutboxError
    from coordination_gap.agent.runtime import SupportAgent
    from coordination_gap.agent.settings import Settings
    from coordination_gap.agent.tracing import Tracing

__all__ = [
    "AgentError",
    "Answer",
    "Decision",
    "Email",
    "OrdersOnDemand",
    "OutboxError",
    "Settings",
    "SupportAgent",
    "Tracing",
]

_HOMES = {
    "AgentError": "failures",
    "Answer": "answer",
    "Decision": "decide",
    "Email": "email",
    "OrdersOnDemand": "orders_on_demand",
    "OutboxError": "outbox",
    "Settings": "settings",
    "SupportAgent": "runtime",
    "Tracing": "tracing",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
