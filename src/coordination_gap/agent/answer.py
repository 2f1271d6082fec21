"""The ends of a run: its first state, and its answer."""

import hashlib
from dataclasses import dataclass

from langgraph.types import StateSnapshot

from coordination_gap.agent.email import MOST_CHARACTERS, Email
from coordination_gap.agent.outbox import Done
from coordination_gap.agent.state import State


@dataclass(frozen=True)
class Answer:
    """What became of an e-mail.

    Attributes
    ----------
    run_id
        Of the run.
    decision
        ``reply``, ``ask`` or ``escalate``.
    reply
        What was sent, by the agent or, after ``escalate``, by the person; None where nothing was.
    reason
        Why.
    path
        The steps taken, in order.
    refund_usd
        US dollars refunded; 0.0 unless a person approved it.
    rule
        Which rule, or which failed step, decided.
    seconds
        How long each step of ``path`` took, attempts and waits included.
    waits
        Whether the run still waits for a person.
    """

    run_id: str
    decision: str
    reply: str | None
    reason: str
    path: tuple[str, ...]
    refund_usd: float
    rule: str = ""
    seconds: tuple[float, ...] = ()
    waits: bool = False


def new_state(email: Email, run_id: str) -> State:
    """Return the state of a run that begins, cut to what can be kept; the first step finds fault with the rest."""
    body = email.body
    if isinstance(body, str):
        body = body[: MOST_CHARACTERS + 1]
        try:
            body.encode()
        except UnicodeEncodeError:
            body = body.encode("utf-8", "surrogatepass")  # no text, as the first step will find
    else:
        body = bytes(body[: 4 * MOST_CHARACTERS + 1])
    sender, subject = (part[:1000].encode("utf-8", "replace").decode() for part in (email.sender, email.subject))
    marks = [sender, subject, body if isinstance(body, str) else body.hex(), type(body).__name__]
    fingerprint = hashlib.sha256("\0".join(marks).encode()).hexdigest()
    return {"run_id": run_id, "fingerprint": fingerprint, "sender": sender, "subject": subject, "body": body,
            "order": None, "draft": None, "path": [], "seconds": []}  # fmt: skip


def waits(found: StateSnapshot) -> bool:
    """Tell whether a run waits for a person."""
    return found.next == ("escalate",)


def answer_of(found: StateSnapshot, done: Done) -> Answer:
    """Return the answer of a run that has ended or waits for a person, with what the outbox says it has done."""
    values, waiting = found.values, waits(found)
    return Answer(
        run_id=values["run_id"],
        decision=values["kind"],
        reply=done.reply,
        reason=values["reason"],
        path=(*values["path"], *(["escalate"] if waiting else [])),
        refund_usd=done.refund_usd,
        rule=values["rule"],
        seconds=(*values["seconds"], *([0.0] if waiting else [])),
        waits=waiting,
    )
