"""Plays one scenario with one kind of call and says what was not as required."""

from __future__ import annotations

import asyncio
import json
import pickle
import ssl
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from langchain_core.exceptions import ModelError
from langchain_core.messages import AIMessage, AIMessageChunk

from langchain_aimlapi import ChatAimlapi
from langchain_aimlapi._wire import retry
from langchain_aimlapi.errors import MAX_MESSAGE_CHARS, AimlapiError

from .cases import ANY, STREAMED, Answer, Call, Case, Failure, Scenario
from .families import KEY, PROMPT
from .raw_server import Hub, RawServer, Script
from .wire import JSON_OK

DEFAULTS: dict[str, Any] = {
    "model": "openai/gpt-4o",
    "api_key": KEY,
    "max_retries": 2,
    "timeout": 20.0,
    "stream_timeout": 20.0,
    # one context for all: reading the certificate authorities takes 24 of a run's 36 ms
    "verify": ssl.create_default_context(),
}
FREED = 30.0  # seconds after which no connection may be open once the model is closed


@dataclass(slots=True, repr=False)  # asyncio.run prints its result: seconds, with 20,000 chunks
class Seen:
    """What came of the last call of a case."""

    message: AIMessage | None = None
    chunks: list[AIMessageChunk] = field(default_factory=list)
    error: BaseException | None = None
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True)
class Result:
    """What was played, and what was wrong with it (nothing, if ``problems`` is empty)."""

    scenario: Scenario
    call: Call
    problems: tuple[str, ...]
    requests: int
    elapsed: float


@contextmanager
def quick_retries(seconds: float = 0.01) -> Iterator[None]:
    """Shorten the wait before a retry, so that 2,000 runs take a minute."""
    before, retry.BASE_DELAY = retry.BASE_DELAY, seconds
    try:
        yield
    finally:
        retry.BASE_DELAY = before


def play(hub: Hub, scenario: Scenario, call: Call, **options: Any) -> Result:
    """Run the scenario's case for this kind of call on servers of its own; ``options`` go to the
    model."""
    case = scenario.case(call)
    assert case is not None, f"{scenario.id} has no case for {call}"
    with ExitStack() as stack:
        other: RawServer = stack.enter_context(hub.serve(Script((JSON_OK,))))
        server: RawServer = stack.enter_context(hub.serve(case.script, elsewhere=other.url))
        url = server.url.replace("http:", f"{case.scheme}:")
        begun = time.perf_counter()
        seen = _call(case, call, {**DEFAULTS, "base_url": url + "/v1", **case.options, **options})
        elapsed = time.perf_counter() - begun
        problems = [*_judge(case, seen), *_judge_wire(case, call, server, other, elapsed)]
        return Result(scenario, call, tuple(problems), len(server.requests), elapsed)


def _call(case: Case, call: Call, options: dict[str, Any]) -> Seen:
    if call.startswith("a"):
        return asyncio.run(_call_async(case, call, options))
    model = ChatAimlapi(**options)
    seen = Seen()
    for number in range(case.calls):
        time.sleep(case.between if number else 0.0)
        seen = Seen()
        try:
            if call == "invoke":
                seen.message = model.invoke(PROMPT)
            else:
                for chunk in model.stream(PROMPT):
                    seen.chunks.append(_chunk(chunk))
        except Exception as error:
            seen.error = error
    model.close()
    return seen


async def _call_async(case: Case, call: Call, options: dict[str, Any]) -> Seen:
    model = ChatAimlapi(**options)
    seen = Seen()
    for number in range(case.calls):
        await asyncio.sleep(case.between if number else 0.0)
        seen = Seen()
        try:
            if call == "ainvoke":
                seen.message = await model.ainvoke(PROMPT)
            else:
                async for chunk in model.astream(PROMPT):
                    seen.chunks.append(_chunk(chunk))
        except Exception as error:
            seen.error = error
    await model.aclose()
    return seen


def _chunk(chunk: Any) -> AIMessageChunk:
    assert isinstance(chunk, AIMessageChunk), f"{type(chunk).__name__} was streamed"
    return chunk


# --- what has to be so -----


def _judge(case: Case, seen: Seen) -> list[str]:
    always = [*_judge_error(seen.error)] if seen.error else [*_judge_chunks(seen)]
    attempts: list[list[str]] = [[*_judge_outcome(item, seen)] for item in case.outcomes]
    if [] not in attempts:
        nearest: list[str] = min(attempts, key=len)
        always += nearest
    return always


def _judge_outcome(outcome: Answer | Failure, seen: Seen) -> Iterator[str]:
    if isinstance(outcome, Failure):
        yield from _judge_failure(outcome, seen)
    elif seen.error is not None:
        yield f"raised {type(seen.error).__name__}: {str(seen.error)[:200]}; an answer was due"
    else:
        yield from _judge_answer(outcome, _whole(seen))


def _whole(seen: Seen) -> AIMessage:
    if seen.message is not None:
        return seen.message
    if not seen.chunks:
        return AIMessage("(nothing was streamed)")
    joined = seen.chunks[0] + list[Any](seen.chunks[1:])
    assert isinstance(joined, AIMessageChunk)
    return joined


def _judge_answer(due: Answer, message: AIMessage) -> Iterator[str]:
    usage = message.usage_metadata
    counted = None if usage is None else tuple(
        usage[key] for key in ("input_tokens", "output_tokens", "total_tokens")
    )  # fmt: skip
    calls = tuple((call["name"], call["args"]) for call in message.tool_calls)
    broken = tuple((call["name"], call["args"]) for call in message.invalid_tool_calls)
    ids = tuple(call["id"] for call in [*message.tool_calls, *message.invalid_tool_calls])
    for name, is_so, should in (
        ("text", str(message.text), due.text),
        ("finish_reason", message.response_metadata.get("finish_reason"), due.finish),
        ("tool calls", calls, due.tools),
        ("invalid tool calls", broken, due.invalid_tools),
        ("ids of tool calls", ids, due.ids),
        ("usage", counted, due.usage),
        ("reasoning", _reasoning(message), due.reasoning),
    ):
        if not _matches(is_so, should):
            yield f"{name} is {is_so!r:.200}, not {should!r:.200}"
    try:
        json.dumps(message.model_dump(), ensure_ascii=False, default=str).encode("utf-8")
    except ValueError as error:
        yield f"the message is not encodable: {error!r:.200}"


def _matches(is_so: Any, should: Any) -> bool:
    if should is ANY:
        return True
    if isinstance(should, tuple) and isinstance(is_so, tuple):
        return len(is_so) == len(should) and all(map(_matches, is_so, should))
    return bool(is_so == should)


def _reasoning(message: AIMessage) -> str:
    blocks = message.content_blocks
    return "".join(str(b.get("reasoning", "")) for b in blocks if b["type"] == "reasoning")


def _judge_chunks(seen: Seen) -> Iterator[str]:
    """What is said once per stream is said on one chunk only."""
    marks: dict[str, Callable[[AIMessageChunk], bool]] = {
        "usage": lambda chunk: chunk.usage_metadata is not None,
        "finish_reason": lambda chunk: "finish_reason" in chunk.response_metadata,
        "model_name": lambda chunk: "model_name" in chunk.response_metadata,
    }
    for name, has in marks.items():
        count = sum(1 for chunk in seen.chunks if has(chunk))
        if count > 1:
            yield f"{name} stands on {count} chunks"


def _judge_failure(due: Failure, seen: Seen) -> Iterator[str]:
    error = seen.error
    if error is None:
        text = str(_whole(seen).text)
        yield f"returned {text!r:.100}; {' or '.join(due.classes)} was due"
        return
    name = type(error).__name__
    if name not in due.classes:
        yield f"raised {name}, not {' or '.join(due.classes)}: {str(error)[:200]}"
    told = {"status_code": due.status, **due.attributes}
    for attribute, should in told.items():
        is_so = getattr(error, attribute, None)
        if not _matches(is_so, should):
            yield f"error.{attribute} is {is_so!r:.100}, not {should!r:.100}"
    message = str(getattr(error, "message", ""))
    if due.says not in message:
        yield f"the message {message!r:.200} does not say {due.says!r}"
    if due.hides and due.hides in str(error):
        yield f"the message {message!r:.200} holds {due.hides!r}"
    yield from _judge_partial(due.partial, seen)


def _judge_partial(should: Any, seen: Seen) -> Iterator[str]:
    if should is ANY:
        return
    partial = getattr(seen.error, "partial", None)
    text = "" if partial is None else str(partial.text)
    delivered = "".join(str(chunk.text) for chunk in seen.chunks)
    if text != should:
        yield f"error.partial has the text {text!r:.100}, not {should!r}"
    if delivered != should:
        yield f"{delivered!r:.100} was delivered, not {should!r}"
    if partial is not None and not isinstance(partial, AIMessage):
        yield f"error.partial is a {type(partial).__name__}"
    if should and text and text in str(seen.error):
        yield "the error's message quotes the answer"


def _judge_error(error: BaseException) -> Iterator[str]:
    """What every error of the package promises."""
    if not (isinstance(error, AimlapiError) and isinstance(error, ModelError)):
        yield f"{type(error).__name__} is outside the tree: {str(error)[:200]}"
        return
    shown = [str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)]
    for name, secret in (("key", KEY), ("prompt", PROMPT)):
        if any(secret in text for text in shown):
            yield f"the {name} stands in the error"
    if len(error.message) > MAX_MESSAGE_CHARS + 100 or "\n" in error.message:
        yield f"the message is not one bounded line ({len(error.message)} characters)"
    try:
        str(error).encode("utf-8")
    except UnicodeEncodeError:
        yield "the message is not encodable"
    yield from _judge_chain(error)
    yield from _judge_pickle(error)


def _judge_chain(error: BaseException) -> Iterator[str]:
    """No exception behind this one holds the HTTP request, and with it key and prompt."""
    at: BaseException | None = error
    while at is not None:
        if getattr(at, "_request", None) is not None:
            yield f"{type(at).__name__} in the chain of causes holds the request"
        at = at.__cause__ or at.__context__


def _judge_pickle(error: AimlapiError) -> Iterator[str]:
    data = pickle.dumps(error)
    for name, secret in (("key", KEY), ("prompt", PROMPT)):
        if secret.encode() in data:
            yield f"the {name} stands in the pickled error"
    again = pickle.loads(data)
    if type(again) is not type(error) or str(again) != str(error):
        yield f"pickling changed the error to {again!r:.200}"
    for name in ("message", "status_code", "retry_after", "request_id", "partial", "is_retryable"):
        if getattr(again, name) != getattr(error, name):
            yield f"pickling changed error.{name}"


def _judge_wire(
    case: Case, call: Call, server: RawServer, other: RawServer, elapsed: float
) -> Iterator[str]:
    for oops in (*server.log.errors, *other.log.errors):
        yield f"the test server failed: {oops!r}"
    fewest, most = case.requests
    count = len(server.requests)
    if not fewest <= count <= most:
        due = str(fewest) if fewest == most else f"{fewest} to {most}"
        yield f"{count} requests were sent, not {due}"
    if elapsed > case.within:
        yield f"it hung: {elapsed:.0f} s"
    if elapsed < case.at_least:
        yield f"it took {elapsed:.2f} s, less than {case.at_least} s"
    if other.connections:
        yield f"another server was connected to {len(other.connections)} times"
    if not server.wait_until(lambda s: s.open_connections == 0, FREED):
        yield f"{server.open_connections} connections are still open after close()"
    for request in server.requests:
        yield from _judge_request(call, request.header, request.path, request.json)


def _judge_request(
    call: Call, header: Callable[[str], str | None], path: str, body: Callable[[], Any]
) -> Iterator[str]:
    if header("authorization") != f"Bearer {KEY}":
        yield "a request went out without the right key"
    if path != "/v1/chat/completions":
        yield f"a request went to {path}"
    if bool(body().get("stream")) != (call in STREAMED):
        yield f"stream was {body().get('stream')!r}"
