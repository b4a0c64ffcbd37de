"""The public door: a conversation through `ChatAimlapi`, and the request that leaves."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx

from langchain_aimlapi import ChatAimlapi
from langchain_aimlapi.errors import (
    UnsupportedFeatureError,
    UnsupportedParameterWarning,
)
from tests.harness.conformance.published import CHAT, MESSAGES, RESPONSES, Body

USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
ANSWERS: dict[str, Body] = {
    CHAT: {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "finish_reason": "stop",
                     "message": {"role": "assistant", "content": "{}"}}],
        "usage": USAGE,
    },
    MESSAGES: {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m",
        "content": [{"type": "text", "text": "{}"}], "stop_reason": "end_turn",
        "usage": {"input_tokens": 1, "output_tokens": 1},
    },
    RESPONSES: {
        "id": "resp_1", "object": "response", "created_at": 1, "model": "m",
        "status": "completed",
        "output": [{"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                    "content": [{"type": "output_text", "text": "{}", "annotations": []}]}],
        "usage": {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2},
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sent:
    """What one call did: the request that left, or the error before it; and every warning."""

    path: str | None
    body: Body | None
    warned: tuple[str, ...] = ()
    refused: str | None = None
    crashed: str | None = None


class Door:
    """Makes calls whose requests are caught and answered on the spot."""

    def __init__(self) -> None:
        self._caught: list[httpx.Request] = []
        self._client = httpx.Client(transport=httpx.MockTransport(self._answer))

    def close(self) -> None:
        """Close the client."""
        self._client.close()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        # The first request is the one that counts. A stream is answered whole, which the model
        # takes as well; what it would then read is no matter of this command.
        self._caught.append(request)
        return httpx.Response(200, json=ANSWERS.get(request.url.path, {}))

    def model(self, model: str, **fields: Any) -> ChatAimlapi:
        """A model whose calls end here."""
        return ChatAimlapi(
            model=model,
            api_key="k",
            base_url="http://127.0.0.1:9/v1",
            http_client=self._client,
            max_retries=0,
            **fields,
        )

    def send(
        self, model: str, speak: Callable[[ChatAimlapi, bool], Any], *, stream: bool, **fields: Any
    ) -> Sent:
        """Let ``speak`` use the model; what left."""
        self._caught.clear()
        refused = crashed = None
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            try:
                speak(self.model(model, **fields), stream)
            except UnsupportedFeatureError as error:
                refused = str(error)
            except Exception as error:  # any other class is a finding: pydantic's, too
                crashed = f"{type(error).__name__}: {error}"
        said = [str(w.message) for w in told if w.category is UnsupportedParameterWarning]
        if not self._caught:
            return Sent(None, None, tuple(said), refused, crashed)
        request = self._caught[0]
        body: Any = None
        with suppress(ValueError):
            body = json.loads(request.content)
        # Once a request left, what comes after (reading "{}" as an answer) is not looked at.
        return Sent(request.url.path, body, tuple(said), refused)
