"""One chat call, from a `ChatRequest` to flows: what ChatAimlapi and the LiteLLM provider share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from langchain_aimlapi._dialects import choose
from langchain_aimlapi._dialects.reader import AnswerReader, parse_answer
from langchain_aimlapi._domain.values import ChatRequest, ChatResponse
from langchain_aimlapi._fitting.learn import Learner
from langchain_aimlapi._fitting.lessons import MEMORY, Key, Memory
from langchain_aimlapi._fitting.notes import Notes, OnUnsupported
from langchain_aimlapi._fitting.params import Body
from langchain_aimlapi._json import encode
from langchain_aimlapi._version import USER_AGENT
from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.flow import Flow, Policy
from langchain_aimlapi._wire.request import Request, Response
from langchain_aimlapi.catalog.advice import ending_notice, withdrawn_error
from langchain_aimlapi.catalog.facts import DialectName, Facts, Shape
from langchain_aimlapi.errors import (
    InvalidRequestError,
    StreamingUnsupportedError,
    UnsupportedFeatureError,
)

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_aimlapi._dialects.answer_tool import AnswerTool


_STREAMED = "?stream"  # behind a path: what the API has answered about streams there


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is ready to be made."""

    request: Request
    shape: Shape
    policy: Policy
    coalesce: bool = False
    answer_tool: AnswerTool | None = None
    mend: flow.Mend | None = None

    def whole(self) -> Flow[ChatResponse]:
        """The flow of a whole answer."""
        return flow.call(self.request, self._parse, self.policy, mend=self.mend)

    def stream(self) -> Flow[None]:
        """The flow of a streamed answer: `Delta`s, then one `StreamEnd`."""
        return flow.stream(self.request, self.reader, self.policy, mend=self.mend)

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
    chat: ChatRequest,
    facts: Facts,
    *,
    root: str,
    headers: Mapping[str, str],
    policy: Policy,
    dialect: DialectName | None = None,
    on_unsupported: OnUnsupported = "warn",
    seen: set[tuple[str, str]] | None = None,
    coalesce: bool = False,
    learn: bool = True,
    folder: Path | None = None,
) -> Call:
    """Build the request for ``chat``.

    Args:
        root: The API's address without ``/v1``.
        seen: (model, parameter) pairs that were warned about before; extended here.
        coalesce: Join neighbouring text deltas that one read has brought.
        learn: Put a request right, once, that the API refuses for a parameter, and remember it.
        folder: Where it is remembered beyond this process; None: nowhere.

    Raises:
        ModelNotFoundError: the model was withdrawn; the advice names its replacement.
        UnsupportedFeatureError: the model cannot take the request in any form.
        InvalidRequestError: something in it cannot be written as JSON.
    """
    gone = withdrawn_error(facts)
    if gone is not None and on_unsupported != "send":
        raise gone
    answer_tool: AnswerTool | None = None
    if chat.tools and chat.response_format is not None and on_unsupported != "send":
        from langchain_aimlapi._dialects.answer_tool import fit_answer_tool

        chat, answer_tool = fit_answer_tool(chat, facts, dialect)
    notes = Notes(chat.model, on_unsupported, chat.written)
    ending = ending_notice(facts)
    if ending is not None:
        notes.adapted("model", ending)
    warned = set() if seen is None else seen
    memory = MEMORY if folder is None else _kept(folder)
    build = _Build(chat, facts, dialect, root, headers, notes, warned, memory)
    shape, body = build.form(learn=learn)
    build.notes.warn(build.seen)
    mend = build.mender(shape, body) if learn else None
    request = build.request(shape, body)
    return Call(request, shape, policy, coalesce, answer_tool, mend)


def _kept(folder: Path) -> Memory:
    from langchain_aimlapi._fitting.kept_lessons import memory_in

    return memory_in(folder)


@dataclass(frozen=True, slots=True)
class _Build:
    """Makes the request of one call, and another one where the API refuses it for its form."""

    chat: ChatRequest
    facts: Facts
    dialect: DialectName | None
    root: str
    headers: Mapping[str, str]
    notes: Notes
    seen: set[tuple[str, str]]
    memory: Memory

    def form(self, *, learn: bool) -> tuple[Shape, Body]:
        """The shape to speak in and the body, as everything that was learned wants them."""
        facts = self._served() if learn else self.facts
        shape, body = choose.choose_and_build(facts, self.chat, self.dialect, self.notes)
        if (
            learn
            and self.memory.has_closed
            and self.memory.is_closed(self._key(shape.path + _STREAMED))
        ):
            shape = replace(shape, streams=False)
        return shape, self._learner(shape).known(body) if learn else body

    def request(self, shape: Shape, body: Body) -> Request:
        """The request that carries a body."""
        named = {
            "content-type": "application/json",
            "accept": "text/event-stream" if self.chat.stream else "application/json",
            "user-agent": USER_AGENT,
            **self.headers,
        }
        return Request("POST", self.root + shape.path, named, encode(body, self.chat.model))

    def mender(self, shape: Shape, body: Body) -> flow.Mend:
        """What makes the request that a refusal asks for."""

        def mend(error: InvalidRequestError) -> Request | None:
            from langchain_aimlapi._fitting.refusals import is_elsewhere

            if isinstance(error, StreamingUnsupportedError):
                self.memory.close(self._key(shape.path + _STREAMED))
                return None  # the caller takes a whole answer
            learner = self._learner(shape)
            if not learner.is_active:
                return None
            if is_elsewhere(error) and self.dialect is None:
                return self._on_another_path(shape)
            changed = learner.mend(error, body)
            return None if changed is None else self.request(shape, changed)

        return mend

    def _learner(self, shape: Shape) -> Learner:
        return Learner(self._key(shape.path), self.notes, self.seen, self.memory)

    def _key(self, path: str) -> Key:
        return self.root, self.chat.model, path

    def _served(self) -> Facts:
        """The facts without the paths that the API has refused for this model."""
        if not self.memory.has_closed:
            return self.facts
        kept = {
            p: s for p, s in self.facts.shapes.items() if not self.memory.is_closed(self._key(p))
        }
        return self.facts if not kept or self.dialect else replace(self.facts, shapes=kept)

    def _on_another_path(self, refused: Shape) -> Request | None:
        self.memory.close(self._key(refused.path))
        served = self._served()
        if refused.path in served.shapes:
            return None  # there is no other
        notes = self.notes.trial()
        try:
            shape, body = choose.choose_and_build(served, self.chat, None, notes)
        except UnsupportedFeatureError:
            return None
        notes.warn(self.seen)
        return self.request(shape, self._learner(shape).known(body))
