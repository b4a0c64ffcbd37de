"""What LiteLLM does to the chunks of its own providers, done for this one too."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest
from litellm.litellm_core_utils.streaming_handler import CustomStreamWrapper

from langchain_aimlapi._litellm.stream_wrapper import AimlapiStreamWrapper
from langchain_aimlapi.emulator import Fault, Say, ToolUse

from .helpers import GPT, WEATHER, Asker, litellm, text_of

pytestmark = pytest.mark.slow

THINKER = "deepseek/deepseek-r1"
THINKER_WITH_TOOLS = "zhipu/glm-4.5"


def reasoning_of(chunks: list[Any]) -> str:
    deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
    return "".join(getattr(delta, "reasoning_content", None) or "" for delta in deltas)


def test_thoughts_are_merged_into_the_text_where_litellm_is_to_merge_them(ask: Asker) -> None:
    ask.api.say(Say("The answer is four.", reasoning="Two and two."))
    chunks = ask.chunks(THINKER, merge_reasoning_content_in_choices=True)
    assert text_of(chunks) == "<think>Two and two.</think>The answer is four."
    assert reasoning_of(chunks) == ""


def test_thoughts_before_a_tool_call_are_closed(ask: Asker) -> None:
    call = ToolUse("get_weather", {"location": "Oslo"})
    ask.api.say(Say(reasoning="I need the weather.", calls=(call,)))
    chunks = ask.chunks(
        THINKER_WITH_TOOLS, merge_reasoning_content_in_choices=True, tools=[WEATHER]
    )
    assert text_of(chunks) == "<think>I need the weather.</think>"
    whole = litellm.stream_chunk_builder(chunks)
    assert whole.choices[0].message.tool_calls[0].function.name == "get_weather"


def test_thoughts_stay_apart_where_nobody_merges_them(ask: Asker) -> None:
    ask.api.say(Say("Four.", reasoning="Two and two."))
    chunks = ask.chunks(THINKER)
    assert (text_of(chunks), reasoning_of(chunks)) == ("Four.", "Two and two.")


def test_a_model_in_a_loop_is_stopped(ask: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(litellm, "REPEATED_STREAMING_CHUNK_LIMIT", 10)
    ask.api.say("again " * 40)
    delivered: list[Any] = []
    with pytest.raises(Exception, match="repeating the same chunk") as caught:  # noqa: PT012
        stream = ask.chat(stream=True)
        _take(ask, stream, delivered)
    error: Any = caught.value
    assert isinstance(getattr(error, "original_exception", error), litellm.InternalServerError)
    assert len(delivered) < 15
    assert ask.later(lambda: ask.api.requests[-1].ended != "open")


def test_short_pieces_may_repeat(ask: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """LiteLLM does not count pieces of one or two characters: tables, dots, white space."""
    monkeypatch.setattr(litellm, "REPEATED_STREAMING_CHUNK_LIMIT", 10)
    ask.api.say("a " * 30)
    assert text_of(ask.chunks()) == "a " * 30


def _take(ask: Asker, stream: Any, delivered: list[Any]) -> None:
    async def read() -> None:
        async for chunk in stream:
            delivered.append(chunk)

    if ask.is_async:
        ask.runner.run(read())
    else:
        delivered.extend(stream)


# --- time -----


@pytest.mark.parametrize("stream", [False, True])
def test_litellm_knows_how_much_of_the_time_is_its_own(ask: Asker, stream: bool) -> None:
    ask.api.fault(Fault(delay=0.3))
    answer = ask.chat(stream=stream)
    if stream:
        log = answer.logging_obj
        ask.drain(answer)
        assert log.model_call_details["llm_api_duration_ms"] >= 300
    else:
        assert answer._hidden_params["litellm_overhead_time_ms"] > 0
        assert answer._response_ms - answer._hidden_params["litellm_overhead_time_ms"] >= 299


# --- the short way of plain text -----


class Case(NamedTuple):
    """An answer, and how it is asked for."""

    model: str
    say: Say
    more: dict[str, Any] = {}  # noqa: RUF012 - never changed


CASES = {
    "text": Case(GPT, Say("One two three four five six.")),
    "usage": Case(GPT, Say("One two three."), {"stream_options": {"include_usage": True}}),
    "several": Case(GPT, Say("One two three."), {"n": 2}),
    "thoughts": Case(THINKER, Say("The answer is four.", reasoning="Two and two make four.")),
    "merged": Case(
        THINKER, Say("It is four.", reasoning="Two and two."),
        {"merge_reasoning_content_in_choices": True},
    ),
    "call": Case(
        GPT, Say("I shall look.", calls=(ToolUse("get_weather", {"location": "Oslo"}),)),
        {"tools": [WEATHER]},
    ),
    "claude": Case("anthropic/claude-opus-4.1", Say("One two three four."), {"max_tokens": 64}),
    "cut short": Case(GPT, Say("One two three four.", finish="length")),
    "one word": Case(GPT, Say("Yes")),
    "nothing": Case(GPT, Say("")),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_plain_text_takes_a_short_way_that_changes_nothing(
    ask: Asker, monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    """What LiteLLM's own wrapper would have made of each chunk is what comes."""

    def shown() -> list[str]:
        ask.api.reset()
        ask.api.say(case.say)
        chunks = ask.chunks(case.model, **case.more)
        varying = {"id", "created", "obfuscation"}
        dumps = [str(chunk.model_dump(exclude=varying)) for chunk in chunks]
        return [re.sub(r"call_\w+", "call", dump) for dump in dumps]

    short = shown()
    own = CustomStreamWrapper.chunk_creator
    monkeypatch.setattr(AimlapiStreamWrapper, "chunk_creator", own)
    assert short == shown()
    assert short
