"""One chat call, from a neutral `Ask` to flows: what ChatAimlapi and the LiteLLM provider share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from langchain_aimlapi import _dialects
from langchain_aimlapi._dialects.notes import Notes, OnUnsupported
from langchain_aimlapi._dialects.reader import AnswerReader, parse_answer
from langchain_aimlapi._domain import Ask, Reply
from langchain_aimlapi._json import mend_text
from langchain_aimlapi._settings import USER_AGENT
from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.flow import Flow, Policy
from langchain_aimlapi._wire.request import Request, Response
from langchain_aimlapi.catalog.facts import DialectName, Facts, Shape
from langchain_aimlapi.errors import InvalidRequestError


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is ready to be made."""

    request: Request
    shape: Shape
    policy: Policy
    coalesce: bool = False

    def whole(self) -> Flow[Reply]:
        """The flow of a whole answer."""
        return flow.call(self.request, self._parse, self.policy)

    def stream(self) -> Flow[None]:
        """The flow of a streamed answer: `Delta`s, then one `Final`."""
        return flow.stream(self.request, self.reader, self.policy)

    def _parse(self, response: Response) -> Reply:
        return parse_answer(response, model=self.policy.model, secret=self.policy.secret)

    def reader(self, head: Response) -> AnswerReader:
        """What reads the answer that begins with ``head``."""
        limits = self.policy.limits
        return AnswerReader(
            head.headers,
            model=self.policy.model,
            secret=self.policy.secret,
            max_event_bytes=limits.max_event_bytes,
            max_response_bytes=limits.max_response_bytes,
            coalesce=self.coalesce,
        )


def prepare(
    ask: Ask,
    facts: Facts,
    *,
    root: str,
    headers: Mapping[str, str],
    policy: Policy,
    dialect: DialectName | None = None,
    on_unsupported: OnUnsupported = "warn",
    seen: set[tuple[str, str]] | None = None,
    coalesce: bool = False,
) -> Call:
    """Build the request for ``ask``.

    Args:
        root: The API's address without ``/v1``.
        seen: (model, parameter) pairs that were warned about before; extended here.
        coalesce: Join neighbouring text deltas that one read has brought.

    Raises:
        UnsupportedFeatureError: the model can not take the request in any form.
        InvalidRequestError: something in it can not be written as JSON.
    """
    notes = Notes(ask.model, on_unsupported)
    shape, body = _dialects.choose_and_build(facts, ask, dialect, notes)
    notes.warn(seen if seen is not None else set(), stacklevel=6)
    request = Request(
        "POST",
        root + shape.path,
        {
            "content-type": "application/json",
            "accept": "text/event-stream" if ask.stream else "application/json",
            "user-agent": USER_AGENT,
            **headers,
        },
        encode(body, ask.model),
    )
    return Call(request, shape, policy, coalesce)


def encode(body: Mapping[str, Any], model: str) -> bytes:
    """The body as UTF-8 JSON; lone surrogates in a prompt are replaced, not refused."""
    try:
        return to_json(body, inf_nan_mode="constants")
    except (PydanticSerializationError, UnicodeEncodeError, ValueError):
        pass  # a lone surrogate, or a value that is no JSON: told apart below
    try:
        return mend_text(json.dumps(body, ensure_ascii=False)).encode()
    except (TypeError, ValueError) as error:
        reason = str(error)
    raise InvalidRequestError(
        f"the request can not be written as JSON: {reason}",
        advice="parameters must be plain JSON values",
        model=model,
    )
