"""The chat model that the agent is to use, chosen by its name: the local one, or a hosted one by way of LangChain."""

import os
import re
from collections.abc import Iterable

from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr, ValidationError

from coordination_gap.agent.intents import shortened
from coordination_gap.agent.local_model import MODEL_NAME, LocalChatModel

VARIABLE = "AGENT_MODEL"
"""The environment variable that names the model where nothing else does."""


class ModelError(RuntimeError):
    """A chat model cannot be had; the message says why in one sentence, and what to do."""


def chat_model(name: str | None = None) -> BaseChatModel:
    """Return the chat model of this name. No connection is made before it is first asked.

    Parameters
    ----------
    name
        ``"local"``, or ``"provider:model"`` as LangChain names providers, such as ``"openai:gpt-5"``. None takes the
        environment variable ``AGENT_MODEL``, and the local model where that is not set or blank.

    Returns
    -------
    BaseChatModel
        A hosted model has its provider's defaults; that it may try again by itself is not counted as an attempt of
        the agent's. What it says of tokens is passed on as it comes.

    Raises
    ------
    ModelError
        If the name is malformed, the provider unknown, its package not installed, its key not set, or the model cannot
        be set up for another reason.
    """
    where = "the model"
    if name is None:
        name, where = os.environ.get(VARIABLE, "").strip() or MODEL_NAME, f"the model (from {VARIABLE})"
    if name == MODEL_NAME:
        return LocalChatModel()
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_-]+:\S+", name):
        raise ModelError(f"{where} is {shortened(name)}: give 'local' or 'provider:name', such as 'openai:gpt-5'")
    provider, _, model = name.partition(":")
    where = f"{where} {shortened(name)}"
    return _checked(_hosted(provider, model, where), where)


def _hosted(provider: str, model: str, where: str) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    try:
        return init_chat_model(model, model_provider=provider)
    except ImportError as error:
        raise ModelError(f"{where} cannot be used: {_package_missing(error)}") from error
    except ValidationError as error:
        # Without the input: it can hold a key.
        told = "; ".join(fault["msg"] for fault in error.errors(include_input=False, include_url=False))
        raise ModelError(_set_up_failed(where, told)) from None
    except ValueError as error:
        if str(error).startswith("Unsupported provider"):
            known = str(error).rpartition(": ")[2]
            raise ModelError(f"{where} has an unknown provider: LangChain knows {known}") from None
        raise ModelError(_set_up_failed(where, str(error))) from error
    except Exception as error:  # each provider's package raises its own
        raise ModelError(_set_up_failed(where, str(error) or type(error).__name__)) from error


def _package_missing(error: ImportError) -> str:
    """Say which package to install: LangChain's error is caused by the import that failed."""
    cause = error.__cause__ if isinstance(error.__cause__, ImportError) else error
    package = (cause.name or "").partition(".")[0].replace("_", "-")
    if not package:
        named = re.search(r"pip install ([\w-]+)", str(error))
        if not named:
            return f"its package does not load ({_one_line(str(error))})"
        package = named[1]
    return f"the package {package} is not installed: pip install {package}"


def _set_up_failed(where: str, told: str) -> str:
    variable = re.search(r"\b[A-Z][A-Z0-9_]*_KEY\b", told)
    if variable:
        return f"{where} has no key: set the environment variable {variable[0]}"
    return f"{where} cannot be set up: {_one_line(told)}"


def _checked(model: BaseChatModel, where: str) -> BaseChatModel:
    """Return `model` unless its key is missing, which some packages notice only when it is first asked."""
    keys = {variable: name for name, variable in model.lc_secrets.items() if variable.endswith("_API_KEY")}
    if keys and not any(_secret(getattr(model, name, None)) for name in keys.values()) and not _other_key(keys):
        raise ModelError(f"{where} has no key: set the environment variable {next(iter(keys))}")
    return model


def _secret(value: object) -> str:
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    return text if isinstance(text, str) else ""


def _other_key(variables: Iterable[str]) -> bool:
    """Whether the provider's package may have found another kind of key, such as an OPENAI_ADMIN_KEY."""
    vendors = tuple(variable.partition("_")[0] + "_" for variable in variables)
    return any(
        value and name.startswith(vendors) and name.endswith(("_KEY", "_TOKEN")) for name, value in os.environ.items()
    )


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 200 else line[:197] + "..."
