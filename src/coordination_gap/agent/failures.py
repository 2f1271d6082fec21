"""What goes wrong in a step, and whether to try again."""

import re
from collections.abc import Iterator

from langgraph.errors import NodeTimeoutError

from coordination_gap.agent.orders import OrderServiceError, UnknownOrder


class AgentError(RuntimeError):
    """The agent itself cannot work; the message says why in one sentence."""


class ModelAnswerError(RuntimeError):
    """A model's answer has not the form that was asked for."""


class StepValueError(RuntimeError):
    """A step gave something that no later step can work with."""


_TRANSIENT = (
    OrderServiceError,
    ModelAnswerError,
    StepValueError,
    NodeTimeoutError,
    TimeoutError,
    ConnectionError,
)
#: Statuses of an HTTP answer that another try may mend: a time-out, a conflict, too many requests.
_STATUSES = {408, 409, 425, 429}
#: Failures of a connection as the libraries of model providers name them; no class is common to them.
_NAMED = re.compile("(?:API)?(?:Connection|Connect|Read|Write|Pool|Network|Protocol|Timeout)(?:Error|Timeout)?")


def is_transient(error: BaseException) -> bool:
    """Tell whether another try may succeed.

    So it is for a lookup that failed, an answer without the form asked for, a time-out, a lost connection, and an HTTP
    status that says so (:data:`_STATUSES` and those from 500 on), also where one of these is the cause of another
    exception. It is not for an order that does not exist, nor for an error in the program.
    """
    if isinstance(error, UnknownOrder):
        return False
    return any(_alone(each) for each in _causes(error))


def _alone(error: BaseException) -> bool:
    if isinstance(error, _TRANSIENT):
        return True
    status = getattr(error, "status_code", None) or getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(status, int):
        return status in _STATUSES or status >= 500
    module = type(error).__module__.partition(".")[0]
    return module != "builtins" and _NAMED.fullmatch(type(error).__name__) is not None


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        yield at
        seen.add(id(at))
        at = at.__cause__


def sentence(error: BaseException) -> str:
    """Return what an error says, in one line."""
    if isinstance(error, NodeTimeoutError):
        return f"it took longer than {error.timeout:g} s"
    if isinstance(error, TimeoutError) and not str(error):
        return "it timed out"
    said = " ".join(str(error).split())
    known = isinstance(error, (*_TRANSIENT, ValueError, RuntimeError)) and said
    line = said if known else f"{type(error).__name__}{f': {said}' if said else ''}"
    return line if len(line) <= 300 else line[:299] + "…"
