"""What each step computes, and what is kept of it.

========== ============================= ==================================================================
step       its value                     what it is
========== ============================= ==================================================================
read       :class:`Reading`              the e-mail, decoded, and the orders that it names
classify   ``Classification``            what the sender wants, by the model
look up    ``Order``                     the record, by the order service; ``UnknownOrder`` if there is none
decide     ``Decision``                  what is done, by the rules
draft      ``str``                       a reply, by the model
check      ``list[str]``                 what the gate finds wrong with the draft; empty lets it through
send       ``str``                       the reply that went out
========== ============================= ==================================================================

A value is checked for its form before it is kept. ``plain reply`` is no step of its own but a fallback: it makes a
reply from the record by code, holds it against the gate, and gives ``(text, faults)``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from opentelemetry import trace
from opentelemetry.trace import Tracer

from coordination_gap.agent import prompts, spans
from coordination_gap.agent.decide import ASK, KINDS, Decision, decide
from coordination_gap.agent.email import ORDER_NUMBER, Email, References, order_references, read_email
from coordination_gap.agent.failures import ModelAnswerError, StepValueError
from coordination_gap.agent.gate import draft_faults
from coordination_gap.agent.intents import Classification
from coordination_gap.agent.order_client import OrderClient
from coordination_gap.agent.orders import Order, UnknownOrder
from coordination_gap.agent.outbox import Outbox
from coordination_gap.agent.plain import plain_reply
from coordination_gap.agent.settings import Settings, StepFunction
from coordination_gap.agent.state import State, classification_of, order_as_data, order_of, references_of

TOOL = "look_up_order"
Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Reading:
    """An e-mail and the orders that it names."""

    email: Email
    references: References


@dataclass(frozen=True)
class Step:
    """How a step gets its value, and what of it is kept in the state."""

    compute: StepFunction
    keep: Callable[[State, Any], State]


class Steps:
    """The steps of an agent, over what it works with."""

    def __init__(
        self,
        orders: OrderClient,
        model: BaseChatModel,
        outbox: Outbox,
        today: date,
        settings: Settings,
        tracer: Tracer,
    ) -> None:
        self._orders = orders
        self._model = model
        self._outbox = outbox
        self._today = today
        self._settings = settings
        self._tracer = tracer

    def all(self) -> Mapping[str, Step]:
        """Return the steps by name."""
        return {
            "read": Step(self.read, self.keep_reading),
            "classify": Step(self.classify, self.keep_classification),
            "look up": Step(self.look_up, self.keep_order),
            "decide": Step(self.decide, self.keep_decision),
            "draft": Step(self.draft, self.keep_draft),
            "plain reply": Step(self.plain_reply, self.keep_plain_reply),
            "check": Step(self.check, self.keep_check),
            "send": Step(self.send, self.keep_sent),
        }

    async def read(self, state: State) -> Reading:
        """Decode the e-mail and find the orders that it names."""
        email = read_email(state["body"], sender=state["sender"], subject=state["subject"])
        return Reading(email, order_references(f"{email.subject}\n{email.body!s}"))

    def keep_reading(self, _state: State, value: Any) -> State:
        """Keep the e-mail as text, and the numbers."""
        reading = _of_type(value, Reading, "read")
        email, references = _of_type(reading.email, Email, "read"), _of_type(reading.references, References, "read")
        if not isinstance(email.body, str) or not all(
            ORDER_NUMBER.fullmatch(number) for number in (*references.orders, *references.unmarked)
        ):
            raise StepValueError(f"read gave {reading!r:.80}: the body is no text, or a number is no order number")
        return {
            "sender": email.sender,
            "subject": email.subject,
            "body": email.body,
            "orders": list(references.orders),
            "malformed": list(references.malformed),
            "unmarked": list(references.unmarked),
        }

    async def classify(self, state: State) -> Classification:
        """Ask the model what the sender wants."""
        answer = await self._chat(prompts.classification_messages(state["subject"], _body(state)))
        try:
            return prompts.read_classification(answer)
        except ValueError as error:
            raise ModelAnswerError(f"the model's answer is no classification: {error}") from error

    def keep_classification(self, _state: State, value: Any) -> State:
        """Keep the intent and how sure it is."""
        found = _of_type(value, Classification, "classify")
        return {"intent": found.intent, "confidence": float(found.confidence)}

    async def look_up(self, state: State) -> Order:
        """Ask the order service for the one order that the e-mail names, or by an unmarked number the sender's own."""
        if state["orders"]:
            return await self._record(state["orders"][0])
        own = []
        for number in state["unmarked"]:
            try:
                order = await self._record(number)
            except UnknownOrder:
                continue
            own += [order] if order.customer.strip().lower() == state["sender"].lower() else []
        if len(own) != 1:
            raise UnknownOrder(f"{len(own)} of the unmarked numbers are orders of the sender: one is wanted")
        return own[0]

    async def _record(self, number: str) -> Order:
        with spans.tool_span(self._tracer, TOOL) as span:
            try:
                return await self._orders.look_up(number)
            except UnknownOrder:
                span.set_attribute("support.order.known", False)
                raise

    def keep_order(self, state: State, value: Any) -> State:
        """Keep the record, if it is that of the order asked for."""
        order, asked = _of_type(value, Order, "look up"), state["orders"][:1] or state["unmarked"]
        if order.order_id not in asked:
            raise StepValueError(f"look up gave order {order.order_id}, and {', '.join(asked)} was asked for")
        return {"order": order_as_data(order)}

    async def decide(self, state: State) -> Decision:
        """Apply the rules."""
        return decide(
            classification_of(state),
            references_of(state),
            order_of(state),
            sender=state["sender"],
            today=self._today,
            least_confidence=self._settings.least_confidence,
        )

    def keep_decision(self, state: State, value: Any) -> State:
        """Keep the decision; a reply needs an order to be about."""
        found = _of_type(value, Decision, "decide")
        if found.kind not in KINDS or not isinstance(found.reason, str) or not isinstance(found.rule, str):
            raise StepValueError(f"decide gave {found!r:.80}: that is no decision")
        order = order_of(state)
        if found.kind == "reply" and (order is None or order.status not in ("processing", "shipped")):
            raise StepValueError("decide gave a reply, and there is no order in processing or shipped to reply about")
        return {"kind": found.kind, "reason": found.reason, "rule": found.rule}

    async def draft(self, state: State) -> str:
        """Ask the model for a reply."""
        order = self._subject_of(state)
        messages = prompts.draft_messages(
            state["subject"],
            _body(state),
            order,
            state["kind"],
            self._today,
            not_found=state["kind"] == "ask" and state["rule"] == ASK[2],
        )
        answer = await self._chat(messages)
        try:
            return prompts.read_draft(answer)
        except ValueError as error:
            raise ModelAnswerError(f"the model's answer is no draft: {error}") from error

    def keep_draft(self, _state: State, value: Any) -> State:
        """Keep the text."""
        text = _of_type(value, str, "draft")
        if not text.strip():
            raise StepValueError("draft gave a blank text")
        return {"draft": _storable(text), "written_by": "model"}

    async def plain_reply(self, state: State) -> tuple[str, list[str]]:
        """Make a reply from the record, and hold it against the gate."""
        text = plain_reply(self._subject_of(state), state["kind"], state["rule"])
        return text, self._faults(state, text)

    def keep_plain_reply(self, _state: State, value: Any) -> State:
        """Keep the text, and why a person has to answer where even this is rejected."""
        text, faults = value
        return {"draft": text, "written_by": "code", "faults": faults, **_rejection("the plain reply", faults)}

    async def check(self, state: State) -> list[str]:
        """Hold the draft against the record, unless the gate is off."""
        return self._faults(state, state["draft"] or "")

    def keep_check(self, state: State, value: Any) -> State:
        """Keep what is wrong, and why a person has to answer where nothing takes the draft's place."""
        faults = _of_type(value, list, "check")
        if not all(isinstance(fault, str) for fault in faults):
            raise StepValueError(f"check gave {faults!r:.80}: that is no list of sentences")
        if self._settings.fallback and state["written_by"] == "model":
            return {"faults": faults}
        return {"faults": faults, **_rejection("the draft", faults)}

    async def send(self, state: State) -> str:
        """Send the draft, once."""
        return self._outbox.send(state["run_id"], state["sender"], state["draft"] or "")

    def keep_sent(self, _state: State, value: Any) -> State:
        """Keep that it was sent; what was, the outbox knows."""
        _of_type(value, str, "send")
        return {"sent": True}

    def _subject_of(self, state: State) -> Order | None:
        """Return the order that a reply is about; a question for the number is about none."""
        return order_of(state) if state["kind"] == "reply" else None

    def _faults(self, state: State, text: str) -> list[str]:
        if not self._settings.gate:
            return []
        return draft_faults(text, self._subject_of(state), state["kind"], self._today)

    async def _chat(self, messages: list[BaseMessage]) -> str:
        with spans.chat_span(self._tracer, self._model) as span:
            answer = await self._model.ainvoke(messages)
            tokens = spans.say_usage(span, answer)
        if tokens is not None and (prices := self._settings.usd_per_million_tokens) is not None:
            cost = sum(count * price for count, price in zip(tokens, prices, strict=True)) / 1e6
            trace.get_current_span().set_attribute("gap.cost_usd", cost)
        return str(answer.text)


def _rejection(what: str, faults: list[str]) -> State:
    if not faults:
        return {}
    reason = f"{what} was rejected ({faults[0]}): a person answers"
    return {"kind": "escalate", "reason": reason, "rule": "rejected draft"}


def _body(state: State) -> str:
    body = state["body"]
    return body if isinstance(body, str) else body.decode("utf-8", "replace")


def _storable(text: str) -> str:
    """Return a text that can be kept: lone surrogates, which are no characters, cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _of_type(value: Any, kind: type[Kind], step: str) -> Kind:
    if not isinstance(value, kind):
        raise StepValueError(f"{step} gave {value!r:.80}, a {type(value).__name__}: a {kind.__name__} is wanted")
    return value
