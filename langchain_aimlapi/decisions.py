"""Decision models for LangChain's routers and guards (beta, as LangChain's own interface is).

They need langchain-core with ``langchain_core.decisions`` (1.8 has it); without it importing this
module says so. `AimlapiClient.decisions` needs no LangChain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.messages.ai import add_usage
from pydantic import ConfigDict, Field

from langchain_aimlapi._langchain.judging import (
    LETTERS,
    JudgeQuestion,
    answer_of,
    json_prompt,
    json_schema,
    json_shares,
    letter_prompt,
    letter_shares,
    read_question,
    state_to_json,
)
from langchain_aimlapi.chat_models import ChatAimlapi
from langchain_aimlapi.client import AimlapiClient
from langchain_aimlapi.endpoints.decisions import Decisions
from langchain_aimlapi.errors import InvalidResponseError

try:
    from langchain_core.decisions import BaseDecisionModel, ClassifierResponse
except ImportError as error:
    raise ImportError(
        "langchain_aimlapi.decisions needs a langchain-core that has decision models: "
        "pip install -U 'langchain-core>=1.8'"
    ) from error

if TYPE_CHECKING:
    from langchain_core.decisions import Question, State

Method = Literal["auto", "logprobs", "json"]


class AimlapiDecisionModel(BaseDecisionModel):
    """A decision model of AI/ML API: ``AimlapiDecisionModel(model="typesafe/jev")``. Beta.

    It reads text: media in the state are an error. Messages in the state are sent as role and
    text, with the calls of tools.

    Wire: POST ``/v1/decisions``.
    Source: the decisions page of docs.aimlapi.com, read 2026-11-26.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, hide_input_in_errors=True)

    model: str = Field(default="typesafe/jev", min_length=1)
    """Id of a decision model."""
    client: AimlapiClient = Field(default_factory=AimlapiClient, exclude=True)
    """How to reach the API."""

    @property
    def _provider(self) -> str:
        return "aimlapi"

    def _classify(self, state: State, questions: dict[str, Question]) -> ClassifierResponse:
        found = self.client.decisions.decide(model=self.model, **_request(state, questions))
        return _response(found)

    async def _aclassify(self, state: State, questions: dict[str, Question]) -> ClassifierResponse:
        found = await self.client.decisions.adecide(model=self.model, **_request(state, questions))
        return _response(found)


def _request(state: State, questions: Mapping[str, Question]) -> dict[str, Any]:
    wires = {name: question.model_dump(exclude_none=True) for name, question in questions.items()}
    for name, wire in wires.items():
        read_question(name, wire)  # a kind that the API has not is refused
    return {"state": state_to_json(state, None), "questions": wires}


def _response(found: Decisions) -> ClassifierResponse:
    return ClassifierResponse.model_validate(
        {
            "model": found.model,
            "answers": dict((found.raw or {}).get("answers") or {}),
            "usage": (found.raw or {}).get("usage"),
            "request_id": found.inference_id,
        }
    )


class ChatDecisionModel(BaseDecisionModel):
    """A decision model made of any chat model: ``ChatDecisionModel(chat=ChatAimlapi(...))``. Beta.

    With ``logprobs`` each question is a call that is answered with one letter, and the
    probabilities are those of the letters. With ``json`` all questions are one call, and the
    probabilities are the model's own estimate in closed JSON. ``auto`` takes the first where the
    catalog knows that the model has log-probabilities. The confidence of an answer is its largest
    probability. Media in the state go to the chat model as they are.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, hide_input_in_errors=True)

    chat: BaseChatModel
    """Who judges."""
    model: str = ""
    """Its name. Default: that of the chat model."""
    method: Method = "auto"
    """How probabilities are found."""

    @property
    def _provider(self) -> str:
        return "aimlapi" if isinstance(self.chat, ChatAimlapi) else "chat"

    def model_post_init(self, context: object, /) -> None:
        """Takes over the chat model's name."""
        super().model_post_init(context)
        if not self.model:
            chat = self.chat
            self.model = str(
                getattr(chat, "model", "") or getattr(chat, "model_name", "") or "chat"
            )

    # --- sync and async -----

    def _classify(self, state: State, questions: dict[str, Question]) -> ClassifierResponse:
        wanted = _read_questions(questions)
        if self._uses_letters(wanted):
            messages = self._letters().batch([letter_prompt(state, each) for each in wanted])
            return self._by_letters(wanted, messages)
        return self._by_json(wanted, self._structured(wanted).invoke(json_prompt(state, wanted)))

    async def _aclassify(self, state: State, questions: dict[str, Question]) -> ClassifierResponse:
        wanted = _read_questions(questions)
        if self._uses_letters(wanted):
            prompts = [letter_prompt(state, each) for each in wanted]
            return self._by_letters(wanted, await self._letters().abatch(prompts))
        found = await self._structured(wanted).ainvoke(json_prompt(state, wanted))
        return self._by_json(wanted, found)

    # --- what goes out -----

    def _uses_letters(self, wanted: Sequence[JudgeQuestion]) -> bool:
        if self.method != "auto":
            return self.method == "logprobs"
        fits = all(len(each.options) <= len(LETTERS) for each in wanted)
        return fits and isinstance(self.chat, ChatAimlapi) and _has_logprobs(self.chat)

    def _letters(self) -> Any:
        return self.chat.bind(logprobs=True, top_logprobs=20, max_tokens=16, temperature=0)

    def _structured(self, wanted: Sequence[JudgeQuestion]) -> Any:
        return self.chat.with_structured_output(json_schema(wanted), include_raw=True)

    # --- what comes back -----

    def _by_letters(
        self, wanted: Sequence[JudgeQuestion], messages: list[AIMessage]
    ) -> ClassifierResponse:
        answers = {}
        for each, message in zip(wanted, messages, strict=True):
            shares = letter_shares(message, each)
            if shares is None:
                raise InvalidResponseError(
                    f"the answer to {each.name!r} has no log-probabilities of its options",
                    advice="use method='json'",
                    model=self.model,
                )
            answers[each.name] = answer_of(each, shares)
        return self._answered(answers, messages)

    def _by_json(self, wanted: Sequence[JudgeQuestion], found: Any) -> ClassifierResponse:
        if found.get("parsing_error") is not None:
            raise found["parsing_error"]
        shares = json_shares(found["parsed"], wanted)
        answers = {
            each.name: answer_of(each, share) for each, share in zip(wanted, shares, strict=True)
        }
        return self._answered(answers, [found["raw"]])

    def _answered(
        self, answers: Mapping[str, object], messages: Sequence[AIMessage]
    ) -> ClassifierResponse:
        usage = None
        for message in messages:
            usage = add_usage(usage, message.usage_metadata)
        first = messages[0].response_metadata
        return ClassifierResponse.model_validate(
            {
                "model": str(first.get("model_name") or self.model),
                "answers": answers,
                "usage": cast("Any", usage),
                "request_id": first.get("inference_id"),
            }
        )


def _read_questions(questions: Mapping[str, Question]) -> list[JudgeQuestion]:
    if not questions:
        raise ValueError("there is no question")
    return [read_question(name, each.model_dump()) for name, each in questions.items()]


def _has_logprobs(chat: ChatAimlapi) -> bool:
    shapes = chat._facts(chat.model).shapes.values()
    return any(
        shape.dialect == "completions" and {"logprobs", "top_logprobs"} <= set(shape.params or ())
        for shape in shapes
    )
