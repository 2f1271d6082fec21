"""A chat model is chosen by its name, and what keeps it from being had is told in one sentence.

No provider's package is installed and no connection made: a made-up package stands in where one is needed.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from langchain.chat_models import base
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.messages.ai import UsageMetadata
from pydantic import Field, SecretStr, model_validator

from coordination_gap.agent import prompts
from coordination_gap.agent.intents import Classification
from coordination_gap.agent.local_model import LocalChatModel
from coordination_gap.agent.models import ModelError, chat_model

Answers = list[AIMessage]


class HostedModel(GenericFakeChatModel):
    """Answers in turn, as a hosted model's class does."""

    model: str
    api_key: SecretStr | None = Field(default=None)

    @property
    def lc_secrets(self) -> dict[str, str]:
        # A second name of the key that is no field, and no key at all: packages declare both sorts.
        return {"api_key": "OPENAI_API_KEY", "other_api_key": "OTHER_API_KEY", "servers": "OPENAI_SERVERS"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name == "AGENT_MODEL" or name.endswith(("_KEY", "_TOKEN")):
            monkeypatch.delenv(name)


@pytest.fixture
def provide(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[..., Any]], None]]:
    """Return a function that makes something the class of provider ``openai``."""
    forget = base._get_chat_model_creator.cache_clear

    def as_package(build: Callable[..., Any]) -> None:
        package = ModuleType("langchain_openai")
        package.ChatOpenAI = build  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "langchain_openai", package)
        forget()

    yield as_package
    forget()


@pytest.mark.parametrize("variable", [None, "", "  ", "local"])
def test_the_local_model_is_had_by_name_and_by_default(variable: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if variable is not None:
        monkeypatch.setenv("AGENT_MODEL", variable)
    assert isinstance(chat_model(), LocalChatModel)
    assert isinstance(chat_model("local"), LocalChatModel)


def test_the_environment_names_a_model_and_is_named_where_it_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_MODEL", "gpt-5")
    with pytest.raises(
        ModelError, match=r"^the model \(from AGENT_MODEL\) is 'gpt-5': give 'local' or 'provider:name'"
    ):
        chat_model()
    assert isinstance(chat_model("local"), LocalChatModel)


@pytest.mark.parametrize("name", ["", "gpt-5", ":gpt-5", "openai:", "openai: gpt", "Local", "a b:c", "openai:x\n", 5])
def test_a_malformed_name_is_refused(name: Any) -> None:
    with pytest.raises(ModelError, match=r"^the model is .*: give 'local' or 'provider:name', such as 'openai:gpt-5'$"):
        chat_model(name)


def test_an_unknown_provider_is_refused_with_the_known_ones() -> None:
    with pytest.raises(
        ModelError, match=r"^the model 'acme:one' has an unknown provider: LangChain knows .*openai"
    ) as e:
        chat_model("acme:one")
    assert "\n" not in str(e.value)


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("openai:gpt-5", "langchain-openai"),
        ("anthropic:claude", "langchain-anthropic"),
        ("azure_ai:phi", "langchain-azure-ai"),
        ("google_anthropic_vertex:claude", "langchain-google-vertexai"),
        ("ollama:llama3:8b", "langchain-ollama"),
    ],
)
def test_a_missing_package_is_named(name: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package.replace("-", "_"), None)
    base._get_chat_model_creator.cache_clear()
    told = f"^the model '{name}' cannot be used: the package {package} is not installed: pip install {package}$"
    with pytest.raises(ModelError, match=told):
        chat_model(name)


def _without_key(**_: Any) -> BaseChatModel:
    raise LookupError(
        "Missing credentials. Please pass an `api_key`,\nor set the `OPENAI_API_KEY` environment variable."
    )


class _ChecksKey(HostedModel):
    @model_validator(mode="before")
    @classmethod
    def check(cls, values: dict[str, Any]) -> dict[str, Any]:
        raise ValueError("If using the default base, OPENAI_API_KEY must be set.")


@pytest.mark.parametrize(
    "build",
    [
        _without_key,
        _ChecksKey,
        lambda **given: HostedModel(messages=iter([]), **given),
        lambda **given: HostedModel(messages=iter([]), api_key=SecretStr(""), **given),
    ],
    ids=["raises", "fails validation", "goes without", "takes a blank one"],
)
def test_a_missing_key_is_told_however_a_package_takes_it(
    build: Callable[..., Any], provide: Callable[[Callable[..., Any]], None]
) -> None:
    provide(build)
    told = "^the model 'openai:gpt-5' has no key: set the environment variable OPENAI_API_KEY$"
    with pytest.raises(ModelError, match=told):
        chat_model("openai:gpt-5")


def test_another_kind_of_key_will_do(
    provide: Callable[[Callable[..., Any]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "made-up")
    provide(lambda **given: HostedModel(messages=iter([]), **given))
    assert isinstance(chat_model("openai:gpt-5"), HostedModel)


@pytest.mark.parametrize("error", [ValueError, RuntimeError, TypeError])
def test_another_fault_is_told_in_one_line(
    error: type[Exception], provide: Callable[[Callable[..., Any]], None]
) -> None:
    def fail(**_: Any) -> BaseChatModel:
        raise error("the region\n is unknown " + "x" * 500)

    provide(fail)
    with pytest.raises(
        ModelError, match=r"^the model 'openai:gpt-5' cannot be set up: the region is unknown x+\.\.\.$"
    ):
        chat_model("openai:gpt-5")


def test_a_key_is_never_told(provide: Callable[[Callable[..., Any]], None]) -> None:
    class Leaky(HostedModel):
        @model_validator(mode="before")
        @classmethod
        def check(cls, values: dict[str, Any]) -> dict[str, Any]:
            values["api_key"] = "made-up-secret"
            raise ValueError("no such region")

    provide(Leaky)
    with pytest.raises(ModelError, match=r"cannot be set up: Value error, no such region$") as caught:
        chat_model("openai:gpt-5")
    assert "made-up-secret" not in str(caught.value)
    assert caught.value.__cause__ is None  # pydantic's own error would show it in a traceback


def _hosted(provide: Callable[[Callable[..., Any]], None], answers: Answers) -> BaseChatModel:
    provide(lambda **given: HostedModel(messages=iter(answers), api_key=SecretStr("made-up"), **given))
    return chat_model("openai:gpt-5")


def test_a_hosted_model_is_asked_and_read_like_the_local_one(
    provide: Callable[[Callable[..., Any]], None],
) -> None:
    # Made-up answers in the manner of hosted models: one in a block, one with prose around it.
    used = UsageMetadata(input_tokens=301, output_tokens=17, total_tokens=318)
    answers = [
        AIMessage('```json\n{"intent": "order_status", "confidence": 0.97}\n```', usage_metadata=used),
        AIMessage('Here is the JSON:\n{"intent": "order_status", "confidence": 0.97}'),
        AIMessage([{"type": "text", "text": '{"intent": "other", "confidence": 0.5}'}]),
    ]
    model = _hosted(provide, answers)
    assert getattr(model, "model", None) == "gpt-5"
    messages = prompts.classification_messages("Late", "Where is order 2222?")
    answer = asyncio.run(model.ainvoke(messages))
    assert prompts.read_classification(str(answer.text)) == Classification("order_status", 0.97)
    assert answer.usage_metadata == used
    with pytest.raises(ValueError, match="not one JSON object and nothing else"):
        prompts.read_classification(str(model.invoke(messages).text))
    assert prompts.read_classification(str(model.invoke(messages).text)) == Classification("other", 0.5)


def test_a_name_keeps_its_further_colons(provide: Callable[[Callable[..., Any]], None]) -> None:
    provide(lambda **given: HostedModel(messages=iter([]), api_key=SecretStr("made-up"), **given))
    assert getattr(chat_model("openai:ft:gpt:acme"), "model", None) == "ft:gpt:acme"
