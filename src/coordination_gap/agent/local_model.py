"""A chat model that runs in this process: small, trained on made-up e-mails, and honest about it."""

import json
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.base import LangSmithParams
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import PrivateAttr

from coordination_gap.agent.local_classifier import IntentClassifier, trained_classifier
from coordination_gap.agent.local_drafts import Drafter
from coordination_gap.agent.prompts import read_request

MODEL_NAME = "local"


class LocalChatModel(BaseChatModel):
    """Answers the two prompts of :mod:`coordination_gap.agent.prompts`, and nothing else.

    It can tell eight intents apart by the words that go with them, and choose between wordings that people wrote. It
    cannot read: it knows no word that its made-up training e-mails do not have, follows no argument, no irony and no
    negation, and takes up one intent where an e-mail has two. It knows no language but English. Its confidence is the
    probability of a logistic regression, which says little about an e-mail unlike those it was fitted to.

    Text in an e-mail cannot instruct it. A classification counts words; a draft is one of the wordings of the table
    ``support_replies``, filled from the record that the system message holds.

    The first call trains it, about a second of computing after scikit-learn has been imported; :meth:`prepare` does so
    beforehand. The same messages always get the same answer. It has no tokens, so it reports no token usage;
    ``response_metadata`` counts words between blanks. Stop words and further options have no effect.
    """

    model: str = MODEL_NAME
    _trained: tuple[IntentClassifier, Drafter] | None = PrivateAttr(default=None)

    @property
    def _llm_type(self) -> str:
        return "coordination-gap-local"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model": self.model}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        return LangSmithParams(ls_provider="local", ls_model_name=self.model, ls_model_type="chat")

    def prepare(self) -> None:
        """Train the model now rather than at the first call.

        Raises
        ------
        coordination_gap.tables.TableError
            If a table that it is trained from is missing or malformed.
        """
        self._ready()

    def _ready(self) -> tuple[IntentClassifier, Drafter]:
        if self._trained is None:
            classifier = trained_classifier()
            self._trained = classifier, Drafter(classifier)
        return self._trained

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        request = read_request(messages)
        classifier, drafter = self._ready()
        if request.situation is None:
            found = classifier.classify(request.subject, request.body)
            text = json.dumps({"intent": found.intent, "confidence": found.confidence})
        else:
            text = drafter.draft(request.subject, request.body, request.situation)
        counted = {
            "model_name": self.model,
            "input_words": sum(len(str(message.text).split()) for message in messages),
            "output_words": len(text.split()),
        }
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text, response_metadata=counted))])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        # A few milliseconds: a thread would cost more than it saves.
        return self._generate(messages, stop, **kwargs)
