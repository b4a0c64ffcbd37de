"""The fault suite of ``tests/integration_tests/faults``, through LiteLLM: every scenario ends in
the right answer or in LiteLLM's proper class, whole and streamed, in both colours.

`make test` plays one scenario of each family, by one kind of call in turn."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.harness.faults.cases import ANY, CALLS, STREAMED, Answer, Call, Case, Failure
from tests.harness.faults.families import KEY, PROMPT
from tests.harness.faults.raw_server import Hub
from tests.harness.faults.runner import quick_retries
from tests.harness.faults.scenarios import SAMPLE, SCENARIOS

from .helpers import litellm

# Class of this package -> LiteLLM's for the same thing.
CLASSES: dict[str, set[str]] = {
    "AuthenticationError": {"AuthenticationError"},
    "PermissionDeniedError": {"PermissionDeniedError"},
    "OutOfCreditError": {"PaymentRequiredError", "PermissionDeniedError", "RateLimitError"},
    "InvalidRequestError": {"BadRequestError", "UnprocessableEntityError", "APIError"},
    "UnsupportedFeatureError": {"BadRequestError"},
    "StreamingUnsupportedError": {"BadRequestError"},
    "ContextOverflowError": {"ContextWindowExceededError"},
    "ContentPolicyError": {"ContentPolicyViolationError"},
    "ModelNotFoundError": {"NotFoundError"},
    "RateLimitError": {"RateLimitError"},
    "APIError": {
        "APIError", "BadGatewayError", "InternalServerError", "ServiceUnavailableError", "Timeout",
    },
    "InvalidResponseError": {"BadGatewayError"},
    "APIConnectionError": {"APIConnectionError"},
    "StreamInterrupted": {"APIConnectionError"},
    "APITimeoutError": {"Timeout"},
    "StreamTimeoutError": {"Timeout"},
}  # fmt: skip
# LiteLLM has one time-out, and no limits of size.
TAKEN = {"max_retries", "timeout", "stream_timeout"}


def runs() -> Iterator[Any]:
    for number, scenario in enumerate(SCENARIOS):
        calls = [call for call in CALLS if _applies(scenario.case(call))]
        sampled = calls[number % max(1, len(calls)) :][:1] if scenario in SAMPLE else []
        for call in calls:
            marks = () if call in sampled else pytest.mark.table
            yield pytest.param(scenario.case(call), call, id=f"{scenario.id}-{call}", marks=marks)


def _applies(case: Case | None) -> bool:
    return case is not None and case.scheme == "http" and set(case.options) <= TAKEN


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with Hub() as running, quick_retries():
        yield running


@pytest.mark.parametrize(("case", "call"), list(runs()))
def test_call_ends_as_required(hub: Hub, runner: asyncio.Runner, case: Case, call: Call) -> None:
    with hub.serve(case.script) as server:
        given = {
            "model": "aimlapi/openai/gpt-4o",
            "messages": [{"role": "user", "content": PROMPT}],
            "api_key": KEY,
            "api_base": f"{server.url}/v1",
            "max_retries": case.options.get("max_retries", 2),
            "timeout": min(
                case.options.get("timeout", 20.0), case.options.get("stream_timeout", 20.0)
            ),
        }
        seen = Seen()
        for number in range(case.calls):
            time.sleep(case.between if number else 0.0)
            seen = runner.run(asked_async(call, given)) if call[0] == "a" else asked(call, given)
        problems = [judge(outcome, seen) for outcome in case.outcomes]
        fewest, most = case.requests
        assert [] in problems, min(problems, key=len)
        assert fewest <= len(server.requests) <= most


class Seen:
    """What came of a call."""

    def __init__(self) -> None:
        self.answer: Any = None
        self.error: Any = None
        self.delivered = ""


def asked(call: Call, given: dict[str, Any]) -> Seen:
    seen, chunks = Seen(), []
    try:
        if call in STREAMED:
            more = {"stream": True, "stream_options": {"include_usage": True}}
            for chunk in litellm.completion(**given, **more):
                chunks.append(chunk)
                seen.delivered += text_in(chunk)
            seen.answer = litellm.stream_chunk_builder(chunks)
        else:
            seen.answer = litellm.completion(**given)
    except Exception as error:
        seen.error = getattr(error, "original_exception", None) or error
    return seen


async def asked_async(call: Call, given: dict[str, Any]) -> Seen:
    seen, chunks = Seen(), []
    try:
        if call in STREAMED:
            more = {"stream": True, "stream_options": {"include_usage": True}}
            stream = await litellm.acompletion(**given, **more)
            async for chunk in stream:
                chunks.append(chunk)
                seen.delivered += text_in(chunk)
            seen.answer = litellm.stream_chunk_builder(chunks)
        else:
            seen.answer = await litellm.acompletion(**given)
    except Exception as error:
        seen.error = getattr(error, "original_exception", None) or error
    return seen


def text_in(chunk: Any) -> str:
    return "".join(c.delta.content or "" for c in chunk.choices if c.index == 0)


# --- what has to be so -----


def judge(due: Answer | Failure, seen: Seen) -> list[str]:
    """What is not as required."""
    if isinstance(due, Failure):
        return [*_judge_failure(due, seen)]
    if seen.error is not None:
        return [f"raised {type(seen.error).__name__}: {str(seen.error)[:300]}"]
    return [*_judge_answer(due, seen.answer)]


def _judge_failure(due: Failure, seen: Seen) -> Iterator[str]:
    allowed = {name for own in due.classes for name in CLASSES[own]}
    error = seen.error
    if error is None:
        yield f"an answer where one of {sorted(allowed)} was due"
        return
    if type(error).__name__ not in allowed:
        yield f"raised {type(error).__name__}, not one of {sorted(allowed)}: {str(error)[:300]}"
    shown = f"{error!s} {error!r} {vars(error)!r}"
    yield from (f"shows {secret!r}" for secret in (KEY, PROMPT) if secret in shown)
    if due.partial is not ANY and seen.delivered != due.partial:
        yield f"{seen.delivered[:100]!r} was delivered, not {due.partial!r}"


def _judge_answer(due: Answer, answer: Any) -> Iterator[str]:
    choice = answer.choices[0]
    message = choice.message
    calls = message.tool_calls or []
    is_open = due.tools is ANY or due.invalid_tools is ANY
    wanted = () if is_open else (*due.tools, *due.invalid_tools)
    names = ANY if is_open else tuple(name for name, _ in wanted)
    for name, is_so, should in (
        ("text", message.content or "", due.text),
        ("finish_reason", choice.finish_reason, due.finish),
        ("reasoning", message.get("reasoning_content") or "", due.reasoning),
        ("names of calls", tuple(call.function.name for call in calls), names),
        ("ids of calls", tuple(call.id for call in calls), due.ids),
    ):
        if should is not ANY and is_so != should and not _same(is_so, should):
            yield f"{name} is {is_so!r:.200}, not {should!r:.200}"
    for call, (name, arguments) in zip(calls, wanted, strict=False):
        if arguments is not ANY and _loaded(call.function.arguments) != _loaded(arguments):
            yield f"{name} has {call.function.arguments!r}, not {arguments!r}"
    if due.usage not in (ANY, None):  # without usage LiteLLM estimates it
        usage = answer.usage
        counts = (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens)
        if counts != due.usage:
            yield f"usage is {counts}, not {due.usage}"


def _same(is_so: Any, should: Any) -> bool:
    """Equal as far as the requirement goes: parts of a tuple may be open."""
    return (
        isinstance(is_so, tuple | list)
        and isinstance(should, tuple | list)
        and len(is_so) == len(should)
        and all(s is ANY or a == s for a, s in zip(is_so, should, strict=True))
    )


def _loaded(arguments: Any) -> Any:
    if not isinstance(arguments, str):
        return arguments
    try:
        return json.loads(arguments or "{}")
    except ValueError:
        return arguments
