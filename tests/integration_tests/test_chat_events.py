"""``stream_events(version="v3")``: the events are ours, a block ends when the next one begins, and
the message that langchain-core makes of them is that of a plain stream."""

from __future__ import annotations

from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core import exceptions as core
from langchain_core.language_models._compat_bridge import chunks_to_events
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tracers._streaming import _V2StreamingCallbackHandler
from langchain_tests.utils.stream_lifecycle import assert_valid_event_stream

from langchain_aimlapi import ChatAimlapi
from langchain_aimlapi.emulator import Emulator, Fault, Say, ToolUse
from langchain_aimlapi.errors import RateLimitError
from tests.harness.benchmarks.counting import calls
from tests.integration_tests.test_chat_order import (
    BLOCKS,
    CLAUDE,
    CODEX,
    ITEM_KINDS,
    ITEMS,
    KINDS,
    RESULTS,
    claude,
    cut,
    replayed,
    responses,
)
from tests.unit_tests.langchain.helpers import (
    MODEL,
    Recorder,
    Wire,
    add_up,
    ask,
    delta,
    make,
    refusal_middleware,
    sse,
    stream,
    whole,
)

pytestmark = pytest.mark.filterwarnings(
    "ignore::langchain_core._api.beta_decorator.LangChainBetaWarning"
)
WORDS = "I cannot help with that."


async def play(model: ChatAimlapi, colour: str, **options: Any) -> tuple[list[Any], AIMessage]:
    """All events of one answer, and the message that langchain-core makes of them."""
    if colour == "sync":
        played = model.stream_events("hi", version="v3", **options)
        events = list(played)
        message = played.output
    else:
        astream = await model.astream_events("hi", version="v3", **options)
        events = [event async for event in astream]
        message = await astream.output
    assert_valid_event_stream(events)
    assert isinstance(message, AIMessage)
    return events, message


def outline(events: list[Any]) -> list[str]:
    """What begins and ends, in its order."""
    lines = []
    for event in events:
        kind = event["event"].removeprefix("content-block-")
        if kind in ("start", "finish"):
            lines.append(f"{kind} {event['index']} {event['content']['type']}")
    return lines


# --- order and ends -----


async def test_a_block_ends_when_the_next_one_begins(colour: str) -> None:
    frames = [
        delta({"reasoning_content": "I "}), delta({"reasoning_content": "think."}),
        delta({"content": "Hel"}), delta({"content": "lo."}),
        *(delta({"tool_calls": [{"index": place, "id": f"c{place}", "function": function}]})
          for place, function in (
              (0, {"name": "w", "arguments": '{"x"'}), (0, {"arguments": ': 1}'}),
              (1, {"name": "v", "arguments": "{}"}))),
        delta({}, finish="tool_calls"),
    ]  # fmt: skip
    events, message = await play(Wire(sse(*frames)).model("deepseek/deepseek-v4-flash"), colour)
    assert outline(events) == [
        "start 0 reasoning", "finish 0 reasoning", "start 1 text", "finish 1 text",
        "start 2 tool_call_chunk", "finish 2 tool_call", "start 3 tool_call_chunk",
        "finish 3 tool_call",
    ]  # fmt: skip
    assert [block["type"] for block in message.content_blocks] == [
        "reasoning", "text", "tool_call", "tool_call",
    ]  # fmt: skip
    assert [call["args"] for call in message.tool_calls] == [{"x": 1}, {}]


async def test_calls_whose_fragments_come_in_turn_end_together(colour: str) -> None:
    fragments = [
        (0, "c0", {"name": "w", "arguments": '{"x"'}),
        (1, "c1", {"name": "v", "arguments": '{"y"'}),
        (0, None, {"arguments": ": 1}"}),
        (1, None, {"arguments": ": 2}"}),
    ]
    frames = [
        delta({"tool_calls": [{"index": i, "id": id, "function": f}]}) for i, id, f in fragments
    ]
    wire = Wire(sse(*frames, delta({}, finish="tool_calls")))
    events, message = await play(wire.model(), colour)
    assert outline(events) == [
        "start 0 tool_call_chunk", "start 1 tool_call_chunk", "finish 0 tool_call",
        "finish 1 tool_call",
    ]  # fmt: skip
    assert [call["args"] for call in message.tool_calls] == [{"x": 1}, {"y": 2}]


async def test_a_call_that_its_vendor_names_late_is_named_by_its_start(colour: str) -> None:
    frames = [
        delta({"tool_calls": [{"index": 0, "function": {"name": "w", "arguments": ""}}]}),
        delta({"tool_calls": [{"index": 0, "id": "c0", "function": {"arguments": '{"x": 1}'}}]}),
        delta({}, finish="tool_calls"),
    ]
    events, _ = await play(Wire(sse(*frames)).model(), colour)
    [start] = [event for event in events if event["event"] == "content-block-start"]
    assert (start["content"]["id"], start["content"]["name"]) == ("c0", "w")


async def test_an_interleaved_answer_keeps_its_order_and_goes_back_as_it_came(colour: str) -> None:
    events, message = await play(Wire(claude("stream", BLOCKS)).model(CLAUDE), colour)
    assert [block["type"] for block in message.content_blocks] == KINDS
    kinds = [kind.replace("tool_call", "tool_call_chunk") if kind == "tool_call" else kind
             for kind in KINDS]  # fmt: skip
    expected = [f"{what} {place} {kind}" for place, kind in enumerate(kinds)
                for what in ("start", "finish")]  # fmt: skip
    found = [line.replace("finish 9 tool_call", "finish 9 tool_call_chunk")
             .replace("finish 11 tool_call", "finish 11 tool_call_chunk")
             for line in outline(events)]  # fmt: skip
    assert found == expected, "each block ends before the next one begins"
    body = await replayed(message, CLAUDE, colour, *RESULTS)
    assert body["messages"][1]["content"] == BLOCKS


async def test_interleaved_items_keep_their_order_and_go_back(colour: str) -> None:
    _, message = await play(Wire(responses("stream", ITEMS)).model(CODEX), colour)
    assert [block["type"] for block in message.content_blocks] == ITEM_KINDS
    body = await replayed(message, CODEX, colour, store=False)
    sent = [item for item in body["input"] if item["type"] in ("reasoning", "web_search_call")]
    assert sent == [item for item in ITEMS if item["type"] in ("reasoning", "web_search_call")]


# --- the message is that of a plain stream -----

SAYS = {
    "text": Say("Hello there."),
    "reasoning": Say("The answer.", reasoning="First I think."),
    "calls": Say(calls=(ToolUse("w", {"x": 1}), ToolUse("v", {}))),
    "cut call": Say(calls=(ToolUse("w", '{"x": 1'),), finish="length"),
    "citations": Say("So it is.", citations=("https://a.example", "https://b.example")),
    "images": Say("Here.", images=("https://a.example/cat.jpg",)),
    "audio": Say("Spoken.", audio="AAECAwQFBgcICQ=="),
    "refusal": Say(refusal=WORDS),
    "nothing": Say(""),
}


@pytest.mark.parametrize("case", SAYS)
@pytest.mark.parametrize("name", [MODEL, CLAUDE, CODEX, "anthropic/claude-opus-4.5"])
async def test_the_message_is_that_of_a_plain_stream(name: str, case: str, colour: str) -> None:
    with Emulator() as api:
        api.say(SAYS[case], times=None)
        model = make(model=name, **api.settings())
        summed = add_up(await stream(model, "hi", colour))
        _, message = await play(model, colour)
    assert message.text == summed.text
    assert [_bare(call) for call in message.tool_calls] == [_bare(c) for c in summed.tool_calls]
    broken = [_bare(call) for call in message.invalid_tool_calls]
    assert [b["name"] for b in broken] == [c["name"] for c in summed.invalid_tool_calls]
    assert message.usage_metadata == summed.usage_metadata
    shown = [_bare(block) for block in message.content_blocks]
    if not broken:
        assert shown == [_bare(block) for block in summed.content_blocks]
    same = ("finish_reason", "native_finish_reason", "normalized_finish_reason", "model_provider")
    for key in (*same, "cost"):
        assert message.response_metadata[key] == summed.response_metadata[key]
    assert message.additional_kwargs.keys() == summed.additional_kwargs.keys()


def _bare(block: Any) -> dict[str, Any]:
    """A block without what differs from answer to answer."""
    return {k: v for k, v in block.items() if k not in ("index", "id", "extras", "error")}


async def test_log_probabilities_of_all_tokens_are_kept(colour: str) -> None:
    def logged(token: str) -> dict[str, Any]:
        frame = delta({"content": token})
        frame["choices"][0]["logprobs"] = {"content": [{"token": token, "logprob": -0.1}]}
        return frame

    wire = Wire(sse(logged("He"), logged("llo"), delta({}, finish="stop")))
    _, message = await play(wire.model(), colour)
    tokens = [each["token"] for each in message.response_metadata["logprobs"]["content"]]
    assert tokens == ["He", "llo"]


async def test_an_answer_in_one_piece_has_events_too(colour: str) -> None:
    events, message = await play(Wire(whole({"content": "Hello."})).model(), colour)
    assert message.text == "Hello."
    with Emulator() as api:
        api.say(Say("Whole.", reasoning="Hm."), times=None)
        api.fault(Fault(refuse_stream=True), times=1)
        events, message = await play(make(model=CODEX, **api.settings()), colour)
        assert [request.body.get("stream") for request in api.requests] == [True, None]
    assert message.text == "Whole."
    assert outline(events)[-2:] == ["start 1 text", "finish 1 text"]


# --- refusals -----


async def test_a_refusal_reaches_the_middleware_of_an_agent_that_streams(colour: str) -> None:
    class Handler(Recorder, _V2StreamingCallbackHandler):
        """What makes an agent's model use these events."""

    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "c2Vh"}
    refusal = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
               "content": [{"type": "refusal", "refusal": WORDS}]}  # fmt: skip
    for wire, name in (
        (Wire(sse(delta({"refusal": WORDS}), delta({}, finish="stop"))), MODEL),
        (Wire(claude("stream", [{"type": "text", "text": "I was"}], "refusal")), CLAUDE),
        (Wire(sse({"type": "response.completed", "response": {
            "id": "r", "object": "response", "status": "completed",
            "output": [reasoning, refusal]}}, done=False)), CODEX),
    ):  # fmt: skip
        agent: Any = create_agent(wire.model(name), [], middleware=[refusal_middleware()])
        config = {"callbacks": [Handler()]}
        with pytest.raises(core.ModelRefusalError):
            await ask(agent, {"messages": [HumanMessage("Do it")]}, colour, config=config)


async def test_the_words_of_a_refusal_are_events(colour: str) -> None:
    frames = [delta({"refusal": piece}) for piece in cut(WORDS)]
    events, message = await play(Wire(sse(*frames, delta({}, finish="stop"))).model(), colour)
    [finish] = [event for event in events if event["event"] == "content-block-finish"]
    assert finish["content"] == {"type": "refusal", "refusal": WORDS}
    [block] = message.content_blocks
    assert dict(block) == {"type": "refusal", "refusal": WORDS}
    assert message.response_metadata["normalized_finish_reason"] == "refusal"


# --- errors, ends, cost -----


async def test_an_error_is_raised_with_what_had_come(colour: str) -> None:
    frames = [delta({"content": "Hel"}), {"error": {"message": "Slow down", "code": 429}}]
    model = Wire(sse(*frames, done=False)).model(max_retries=0)
    with pytest.raises(RateLimitError) as caught:
        await play(model, colour)
    assert isinstance(caught.value.partial, AIMessage)
    assert caught.value.partial.text == "Hel"


@pytest.mark.parametrize("kind", ["text", "reasoning"])
def test_an_event_takes_fewer_calls_than_langchains_bridge(kind: str) -> None:
    def frames(count: int) -> bytes:
        key = "content" if kind == "text" else "reasoning_content"
        pieces = [delta({key: f"word{n} "}) for n in range(count)]
        return sse(*pieces, delta({}, finish="stop"))

    def count(bridge: bool, length: int) -> int:
        model = Wire(frames(length)).model()
        source: Any = (
            chunks_to_events(model._stream([HumanMessage("hi")]))
            if bridge
            else (model._stream_chat_model_events([HumanMessage("hi")]))
        )
        return calls(lambda: list(source))

    def per_event(bridge: bool) -> float:
        count(bridge, 10)
        return (count(bridge, 400) - count(bridge, 200)) / 200

    assert per_event(bridge=False) <= 0.6 * per_event(bridge=True)
