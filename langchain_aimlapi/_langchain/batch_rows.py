"""The rows of a finished batch as LangChain's messages and results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatResult

from langchain_aimlapi import errors
from langchain_aimlapi._dialects.messages.plain import read_plain
from langchain_aimlapi._dialects.reader import parse_answer
from langchain_aimlapi._json import encode
from langchain_aimlapi._langchain.chunks import (
    choice_to_message,
    estimate_to_metadata,
    message_like,
    message_to_result,
)
from langchain_aimlapi._langchain.identity import Identity
from langchain_aimlapi._wire.explain import explain_frame
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.catalog.estimate import token_rates
from langchain_aimlapi.endpoints.batches import BatchCounts

Outcome = ChatResult | errors.AimlapiError
Answer = AIMessage | errors.AimlapiError
Rates = Mapping[str, float]
_SHARE = 0.5
"""Of the list price, which is what a batch costs (the batch processing page of docs.aimlapi.com,
read 2026-08-21)."""


class Tally:
    """Reads rows and counts them."""

    def __init__(self, model: Identity) -> None:
        self._model = model.model
        self._facts = model._facts
        self._kinds: dict[str, int] = {}
        self._read: dict[tuple[object, ...], AIMessage] = {}  # the first of each kind
        self._rates: dict[str, Rates | None] = {}  # of each model that has answered

    def outcome(self, row: Mapping[str, Any]) -> tuple[int, Outcome]:
        """The place of a row, and LangChain's result or the error."""
        place, answer = self.message(row)
        if isinstance(answer, errors.AimlapiError):
            return place, answer
        return place, message_to_result(answer)

    def message(self, row: Mapping[str, Any]) -> tuple[int, Answer]:
        """The place of a row, and the message or the error."""
        result = row.get("result")
        result = result if isinstance(result, dict) else {}
        kind = str(result.get("type"))
        self._kinds[kind] = self._kinds.get(kind, 0) + 1
        name = str(row.get("custom_id"))
        place = int(name) if name.isdecimal() else sum(self._kinds.values()) - 1
        message = result.get("message")
        if kind == "succeeded" and isinstance(message, dict):
            if "meta" in result:
                message = {**message, "meta": result["meta"]}
            return place, self._answer(message)
        return place, self._failure(kind, result)

    def counts(self) -> BatchCounts:
        """How many of each kind there were."""
        return BatchCounts(**{n: self._kinds.get(n, 0) for n in BatchCounts.__slots__})

    def _answer(self, body: dict[str, Any]) -> Answer:
        plain = read_plain(body)
        pattern = self._read.get(plain.kind) if plain is not None else None
        if plain is not None and pattern is not None:
            return self._priced(message_like(pattern, plain))
        try:
            answer = parse_answer(Response(200, {}, encode(body, self._model)), model=self._model)
        except errors.AimlapiError as error:
            return error
        message = choice_to_message(answer.choices[0], answer.meta, model=self._model)
        if plain is not None and message_like(message, plain) == message:
            self._read[plain.kind] = message.model_copy(deep=True)
        return self._priced(message)

    def _priced(self, message: AIMessage) -> AIMessage:
        """The message with its cost by the list, where the API has not named the charge."""
        metadata, usage = message.response_metadata, message.usage_metadata
        if usage is None or "cost" in metadata:
            return message
        name = str(metadata["model_name"])
        if name not in self._rates:
            self._rates[name] = self._rates_of(name)
        rates = self._rates[name]
        if rates is not None:
            metadata.update(estimate_to_metadata(usage, rates))
        return message

    def _rates_of(self, name: str) -> Rates | None:
        """US dollars a token: of the model that was ordered, else of the one that has answered."""
        facts = (self._facts(each) for each in (self._model, name))
        listed = next((rates for each in facts if (rates := token_rates(each))), None)
        return {name: usd * _SHARE for name, usd in listed.items()} if listed else None

    def _failure(self, kind: str, result: Mapping[str, object]) -> errors.AimlapiError:
        if kind == "errored":
            return explain_frame(result.get("error") or result, model=self._model)
        reason = f"this call of the batch ended as {kind!r}, without an answer"
        return errors.APIError(reason, advice="submit it again", model=self._model)
