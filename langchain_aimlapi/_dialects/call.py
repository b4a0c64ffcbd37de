"""One chat call, from a `ChatRequest` to flows: what ChatAimlapi and the LiteLLM provider share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_aimlapi._dialects import choose
from langchain_aimlapi._dialects.reader import AnswerReader, parse_answer
from langchain_aimlapi._domain.values import ChatRequest, ChatResponse
from langchain_aimlapi._fitting.notes import Notes, OnUnsupported
from langchain_aimlapi._json import encode
from langchain_aimlapi._version import USER_AGENT
from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.flow import Flow, Policy
from langchain_aimlapi._wire.request import Request, Response
from langchain_aimlapi.catalog.advice import ending_notice, withdrawn_error
from langchain_aimlapi.catalog.facts import DialectName, Facts, Shape

if TYPE_CHECKING:
    from langchain_aimlapi._dialects.answer_tool import AnswerTool


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is ready to be made."""

    request: Request
    shape: Shape
    policy: Policy
    coalesce: bool = False
    answer_tool: AnswerTool | None = None

    def whole(self) -> Flow[ChatResponse]:
        """The flow of a whole answer."""
        return flow.call(self.request, self._parse, self.policy)

    def stream(self) -> Flow[None]:
        """The flow of a streamed answer: `Delta`s, then one `StreamEnd`."""
        return flow.stream(self.request, self.reader, self.policy)

    def _parse(self, response: Response) -> ChatResponse:
        reply = parse_answer(response, model=self.policy.model, secret=self.policy.secret)
        return reply if self.answer_tool is None else self.answer_tool.as_text(reply)

    def reader(self, head: Response) -> AnswerReader:
        """What reads the answer that begins with ``head``."""
        limits = self.policy.limits
        options: dict[str, Any] = {
            "model": self.policy.model,
            "secret": self.policy.secret,
            "max_event_bytes": limits.max_event_bytes,
            "max_response_bytes": limits.max_response_bytes,
            "coalesce": self.coalesce,
        }
        if self.answer_tool is not None:
            return self.answer_tool.reader(head.headers, **options)
        return AnswerReader(head.headers, **options)


def prepare(
    ask: ChatRequest,
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
        ModelNotFoundError: the model was withdrawn; the advice names its replacement.
        UnsupportedFeatureError: the model can not take the request in any form.
        InvalidRequestError: something in it can not be written as JSON.
    """
    gone = withdrawn_error(facts)
    if gone is not None and on_unsupported != "send":
        raise gone
    answer_tool: AnswerTool | None = None
    if ask.tools and ask.response_format is not None and on_unsupported != "send":
        from langchain_aimlapi._dialects.answer_tool import fit_answer_tool

        ask, answer_tool = fit_answer_tool(ask, facts, dialect)
    notes = Notes(ask.model, on_unsupported)
    ending = ending_notice(facts)
    if ending is not None:
        notes.adapted("model", ending)
    shape, body = choose.choose_and_build(facts, ask, dialect, notes)
    notes.warn(seen if seen is not None else set())
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
    return Call(request, shape, policy, coalesce, answer_tool)
