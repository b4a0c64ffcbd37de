"""Moderation: guards over whatever the API has, a moderation, a decision or a chat model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from langchain_core.runnables import RunnableConfig, RunnableSerializable
from pydantic import BaseModel, Field

from langchain_aimlapi._langchain.by_client import ByClient, KnownArguments
from langchain_aimlapi._langchain.moderating import (
    CATEGORIES,
    Verdict,
    guard_prompt,
    judged,
    policy_prompt,
    questions_of,
    read_verdict,
    text_of,
)
from langchain_aimlapi.chat_models import ChatAimlapi
from langchain_aimlapi.client import AimlapiClient
from langchain_aimlapi.endpoints.decisions import Decisions, NoulAnswer
from langchain_aimlapi.errors import ContentPolicyError, UnsupportedFeatureError

__all__ = ["AimlapiGuard", "AimlapiModeration", "ContentFlaggedError", "Verdict"]

Method = Literal["llama_guard", "policy", "decisions"]


class ContentFlaggedError(ContentPolicyError):
    """A guard does not let a text pass. ``verdict`` says why; the text is not in the message."""

    verdict: Verdict


class AimlapiModeration(ByClient, RunnableSerializable[Any, Verdict]):
    """Judges a text: ``AimlapiModeration(model="typesafe/jev").invoke("...")`` -> a `Verdict`.

    Three kinds of guards: Llama Guard (``safe``, or ``unsafe`` with codes), models that judge by a
    ``policy`` (gpt-oss-safeguard, or any chat model), and decision models (a probability for each
    category). Which one a model is, the catalog knows; ``method`` overrides it. A guard whose
    answer cannot be read is an error: nothing passes by mistake.

    Raises:
        UnsupportedFeatureError: no model is named, and the API lists no moderation model.

    Wire: POST ``/v1/chat/completions`` or ``/v1/decisions``.
    Source: the content moderation page of docs.aimlapi.com, read 2026-08-21.
    """

    model: str | None = None
    """The guard. Default: the first moderation model that the API lists."""
    client: AimlapiClient = Field(default_factory=AimlapiClient, exclude=True)
    """How to reach the API."""
    categories: Mapping[str, str] = Field(default_factory=lambda: dict(CATEGORIES))
    """Name -> what is not allowed; Llama Guard has its own."""
    policy: str | None = None
    """A policy in your own words, in place of the categories, for guards that judge by one."""
    threshold: float = Field(default=0.5, gt=0, le=1)
    """From which probability a category counts, for decision models."""
    method: Method | None = None
    """How to ask. Default: what the catalog says of the model."""

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Verdict:
        """The verdict on a text, a message, or the last of several messages.

        Args:
            input: What to judge.
            config: LangChain's configuration.
            kwargs: ``by_model=True``: it was written by a model (Llama Guard judges these by
                other rules).
        """
        return self._call_with_config(self._judge, input, config, **kwargs)

    async def ainvoke(
        self, input: Any, config: RunnableConfig | None = None, **kwargs: Any
    ) -> Verdict:
        """Like `invoke`, on the running event loop."""
        return await self._acall_with_config(self._ajudge, input, config, **kwargs)

    def _judge(self, input: Any, *, by_model: bool = False) -> Verdict:
        model, method, text = *self._guard(), text_of(input)
        if method == "decisions":
            questions = questions_of(self.categories)
            found = self.client.decisions.decide(model=model, state=text, questions=questions)
            return self._judged(found, model)
        messages = self._messages(text, method, by_model)
        return read_verdict(self._chat(model).invoke(messages), model)

    async def _ajudge(self, input: Any, *, by_model: bool = False) -> Verdict:
        model, method, text = *self._guard(), text_of(input)
        if method == "decisions":
            questions = questions_of(self.categories)
            decided = self.client.decisions.adecide(model=model, state=text, questions=questions)
            return self._judged(await decided, model)
        messages = self._messages(text, method, by_model)
        return read_verdict(await self._chat(model).ainvoke(messages), model)

    # --- who judges, and how -----

    def _guard(self) -> tuple[str, Method]:
        catalog = self.client._catalog()
        if self.model is None:
            listed = catalog.models(kind="moderation") if "moderation" in _kinds(catalog) else []
            if not listed:
                raise UnsupportedFeatureError(
                    "the API lists no moderation model at present",
                    advice="name a guard: a decision model (model='typesafe/jev'), or a chat model "
                    "that judges by a policy (model='openai/gpt-oss-safeguard-20b')",
                )
            return listed[0].id, self._method(listed[0].kind, listed[0].vendor)
        facts = catalog.find(self.model)
        return self.model, self._method(facts.kind, facts.vendor)

    def _method(self, kind: str | None, vendor: str | None) -> Method:
        if self.method is not None:
            return self.method
        if kind == "decision":
            return "decisions"
        is_llama = kind == "moderation" and (vendor or "").startswith("meta")
        return "llama_guard" if is_llama else "policy"

    def _messages(self, text: str, method: Method, by_model: bool) -> Any:
        if method == "llama_guard":
            return guard_prompt(text, by_model=by_model)
        return policy_prompt(text, self.categories, self.policy)

    def _judged(self, found: Decisions, model: str) -> Verdict:
        answers = found.answers.items()
        scores = {name: each.noul for name, each in answers if isinstance(each, NoulAnswer)}
        return judged(scores, self.threshold, model)

    def _chat(self, model: str) -> ChatAimlapi:
        names = self.client.model_fields_set & set(ChatAimlapi.model_fields)
        settings = {name: getattr(self.client, name) for name in names}
        chat = ChatAimlapi(**{**settings, "model": model})
        chat._holder = self.client._holder
        return chat


def _kinds(catalog: Any) -> set[str | None]:
    return {facts.kind for facts in catalog.models(status=None)}


class AimlapiGuard(KnownArguments, RunnableSerializable[Any, Any]):
    """Lets its input pass, or raises: ``AimlapiGuard(moderation=...) | model``.

    Raises:
        ContentFlaggedError: the guard does not let it pass.
    """

    takers: ClassVar[tuple[tuple[type[BaseModel], str], ...]] = (
        (AimlapiModeration, "moderation=AimlapiModeration({})"),
        (AimlapiClient, "moderation=AimlapiModeration(client=AimlapiClient({}))"),
    )

    moderation: AimlapiModeration = Field(default_factory=AimlapiModeration)
    """Who judges."""
    by_model: bool = False
    """It stands behind a model and judges what that has written."""

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """The input itself, where it passes.

        Args:
            input: A text, a message, messages, or a prompt's value.
            config: LangChain's configuration.
            kwargs: Nothing is done with them.
        """
        return checked(input, self.moderation.invoke(input, config, by_model=self.by_model))

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:
        """Like `invoke`, on the running event loop."""
        verdict = await self.moderation.ainvoke(input, config, by_model=self.by_model)
        return checked(input, verdict)


def checked(value: object, verdict: Verdict) -> object:
    """The value, where the verdict lets it pass.

    Raises:
        ContentFlaggedError: it does not.
    """
    if not verdict.flagged:
        return value
    raise flagged(verdict)


def flagged(verdict: Verdict) -> ContentFlaggedError:
    """The error of a verdict."""
    why = ", ".join(verdict.categories) or "no category is named"
    error = ContentFlaggedError(f"the guard {verdict.model} flags the content: {why}")
    error.verdict = verdict
    error.is_retryable = False
    return error
