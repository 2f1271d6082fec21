"""The agent set to work on the labelled e-mails: with its own order server, its own database, and nothing kept."""

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pandas as pd
from langchain_core.caches import InMemoryCache
from langchain_core.language_models import BaseChatModel

from coordination_gap.agent.decide import Decision
from coordination_gap.agent.email import order_references
from coordination_gap.agent.faults import Others
from coordination_gap.agent.judged_runs import Plan, Run, run_all
from coordination_gap.agent.labels import Label, read_labels, read_orders
from coordination_gap.agent.local_model import LocalChatModel
from coordination_gap.agent.made_up_orders import SHOP_DAY
from coordination_gap.agent.models import chat_model
from coordination_gap.agent.order_client import OrderClient, order_session
from coordination_gap.agent.orders import Order, make_database
from coordination_gap.agent.right_texts import right_texts
from coordination_gap.agent.settings import Settings
from coordination_gap.agent.steps import Reading

UNDISTURBED: Plan = lambda step, attempt: None  # noqa: E731 - a plan is a function


class Trial:
    """Runs the agent on labelled e-mails."""

    def __init__(self, session: OrderClient, model: BaseChatModel, labels: Sequence[Label], others: Others) -> None:
        self._session = session
        self._model = model
        self.labels = tuple(labels)
        self._others = others

    async def run(self, runs: Sequence[tuple[Label, Plan]], settings: Settings, seed: int) -> list[Run]:
        """Run the agent; see :func:`~coordination_gap.agent.judged_runs.run_all`."""
        return await run_all(
            self._session,
            self._model,
            runs,
            today=SHOP_DAY,
            settings=settings,
            right_texts=right_texts,
            others=self._others,
            seed=seed,
        )

    async def undisturbed(self, settings: Settings) -> list[Run]:
        """Run the agent on every e-mail, without a fault."""
        return await self.run([(label, UNDISTURBED) for label in self.labels], settings, 0)


@asynccontextmanager
async def trial(emails: pd.DataFrame, orders: pd.DataFrame, model: str | None = "local") -> AsyncIterator[Trial]:
    """Open an order server over the orders, and a model.

    Parameters
    ----------
    emails, orders
        The tables ``support_emails`` and ``orders``.
    model
        Its name; None for what ``AGENT_MODEL`` says.

    Yields
    ------
    Trial
        While the server runs.
    """
    labels = read_labels(emails, orders)
    records = read_orders(orders)
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "orders.sqlite"
        make_database(database, orders)
        async with order_session(database, call_timeout_s=120.0) as session:
            chosen = chat_model(model)
            if isinstance(chosen, LocalChatModel):
                chosen.prepare()  # its training is no part of a step's time
            # The same few hundred e-mails are put to the model thousands of times.
            chosen.cache = InMemoryCache()
            yield Trial(session, chosen, labels, others_of(labels, records))


def others_of(labels: Sequence[Label], records: Sequence[Order]) -> Others:
    """Return what wrong records are drawn from: readings, orders, decisions and replies of all e-mails."""
    about = [label for label in labels if label.decision == "reply" and label.order is not None]
    decisions = [
        Decision("reply", "another e-mail's", "on time"),
        Decision("ask", "another e-mail's", "no order named"),
        Decision("escalate", "another e-mail's", "late order"),
    ]
    return Others(
        readings=[
            Reading(label.email, order_references(f"{label.email.subject}\n{label.email.body!s}")) for label in labels
        ],
        orders=list(records),
        decisions=decisions,
        drafts=sorted({min(right_texts("reply", label.order, "")) for label in about}),
    )


def answers_frame(runs: Sequence[Run]) -> pd.DataFrame:
    """Return what became of each e-mail.

    Returns
    -------
    pandas.DataFrame
        A row a run: ``email_id``, ``case``, ``intent`` and ``intent_found``, ``confidence``, ``decision`` and
        ``decision_made``, ``rule``, ``end``, ``path`` (steps parted by arrows).
    """
    return pd.DataFrame(
        [
            {
                "email_id": run.label.email_id,
                "case": run.label.case,
                "intent": run.label.intent,
                "intent_found": run.intent,
                "confidence": run.confidence,
                "decision": run.label.decision,
                "decision_made": run.answer.decision,
                "rule": run.answer.rule,
                "end": run.end,
                "path": " → ".join(run.answer.path),
            }
            for run in runs
        ]
    )


def right_by_step(runs: Sequence[Run], due: Sequence[str]) -> dict[tuple[str, str], list[Label]]:
    """Return, by what is due and step, the e-mails that were answered right on a way that took the step."""
    found: dict[tuple[str, str], list[Label]] = {}
    for run in runs:
        if run.end == "success" and run.label.decision in due:
            for step in run.answer.path:
                found.setdefault((run.label.decision, step), []).append(run.label)
    return found
