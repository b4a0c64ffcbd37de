"""The vendors' shapes: whole answers and streams of chat completions, messages and responses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from langchain_aimlapi.emulator import Emulator, Say, ToolUse
from langchain_aimlapi.emulator._styles import STYLES
from tests.harness.paths import PUBLISHED

HI = [{"role": "user", "content": "hi"}]
SAY = Say(
    "It is sunny in Paris.",
    reasoning="Let me think about it.",
    calls=(ToolUse("f", {"city": "Paris, Île"}), ToolUse("g", {})),
)
Json = dict[str, Any]


def recorded_answer(file: str, number: int = 1) -> Any:
    """An answer on the page of a chat model."""
    path = PUBLISHED / "responses" / f"chat__text-models-llm-{file}__{number}.json"
    return json.loads(path.read_text())


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def post(api: Emulator, path: str, body: Json) -> httpx.Response:
    answer = api.client().post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer


def chat(model: str, **more: Any) -> Json:
    return {"model": model, "messages": HI, **more}


def events(answer: httpx.Response) -> list[Json]:
    lines = [line[5:].strip() for line in answer.text.splitlines() if line.startswith("data:")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def folded(chunks: list[Json]) -> Json:
    """A reader of its own: what all deltas of choice 0 add up to."""
    text = thought = ""
    calls: dict[int, Json] = {}
    for chunk in chunks:
        for choice in chunk["choices"]:
            delta = choice.get("delta") or {}
            text += delta.get("content") or ""
            thought += delta.get("reasoning_content") or delta.get("reasoning") or ""
            for part in delta.get("tool_calls", ()):
                call = calls.setdefault(part["index"], {"id": None, "name": None, "arguments": ""})
                call["id"] = call["id"] or part.get("id")
                call["name"] = call["name"] or part["function"].get("name")
                call["arguments"] += part["function"]["arguments"]
    return {"text": text, "thought": thought, "calls": [calls[key] for key in sorted(calls)]}


@pytest.mark.parametrize("style", sorted(STYLES))
def test_stream_adds_up_to_the_whole_answer(style: str) -> None:
    with Emulator(stream_style=style) as api:
        api.say(SAY, times=2)
        whole = post(api, "/chat/completions", chat("openai/gpt-4o")).json()
        asked = chat("openai/gpt-4o", stream=True, stream_options={"include_usage": True})
        chunks = events(post(api, "/chat/completions", asked))
    message, found = whole["choices"][0]["message"], folded(chunks)
    assert found["text"] == message["content"]
    assert found["thought"] == (message.get("reasoning_content") or message.get("reasoning") or "")
    told = [
        (call["function"]["name"], call["function"]["arguments"]) for call in message["tool_calls"]
    ]
    assert [(call["name"], call["arguments"]) for call in found["calls"]] == told
    assert len({call["id"] for call in found["calls"]}) == 2
    usages = [chunk["usage"] for chunk in chunks if chunk.get("usage")]
    assert usages == [whole["usage"]]


@pytest.mark.parametrize("style", sorted(STYLES))
def test_tool_fragments_name_the_call_once(style: str) -> None:
    with Emulator(stream_style=style) as api:
        chunks = events(post(api.say(SAY), "/chat/completions", chat("openai/gpt-4o", stream=True)))
    parts = [
        part
        for chunk in chunks
        for choice in chunk["choices"]
        for part in (choice.get("delta") or {}).get("tool_calls", ())
    ]
    assert sum("id" in part for part in parts) == 2
    assert sum("name" in part["function"] for part in parts) == 2
    assert len([part for part in parts if part["index"] == 0]) > 2


def test_claude_stream_is_as_recorded(api: Emulator) -> None:
    answer = post(
        api.say("A b."), "/chat/completions", chat("anthropic/claude-sonnet-4.5", stream=True)
    )
    chunks = events(answer)
    assert chunks[0]["id"].startswith("msg_")
    assert {chunk["id"] for chunk in chunks[1:]} == {""}
    assert all(
        choice["delta"]["role"] == "assistant" and choice["delta"]["refusal"] is None
        for chunk in chunks[:-1]
        for choice in chunk["choices"]
    )
    finishes = [chunk for chunk in chunks if "finish_reason" in chunk["choices"][0]]
    assert finishes == chunks[-2:]
    assert finishes[0]["usage"]["total_tokens"] > 0
    assert "delta" not in finishes[1]["choices"][0]
    assert "[DONE]" not in answer.text


def test_qwen_stream_is_as_recorded() -> None:
    with Emulator(stream_style="qwen") as api:
        chunks = events(
            post(api.say(SAY), "/chat/completions", chat("alibaba/qwen3-32b", stream=True))
        )
    first = chunks[0]["choices"][0]["delta"]
    assert first == {"content": None, "role": "assistant", "refusal": None, "reasoning_content": ""}
    thinking = chunks[1]["choices"][0]["delta"]
    assert thinking["content"] is None
    assert thinking["reasoning_content"]
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["completion_tokens_details"]["reasoning_tokens"] > 0


def test_openai_stream_is_as_recorded(api: Emulator) -> None:
    answer = post(api.say("A b."), "/chat/completions", chat("openai/gpt-4o", stream=True))
    chunks = events(answer)
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert chunks[1]["choices"][0]["delta"] == {"content": "A"}
    assert chunks[-2]["choices"][0]["delta"] == {}
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]
    for key in ("service_tier", "system_fingerprint", "obfuscation"):
        assert key in chunks[0]
    assert "[DONE]" not in answer.text


def test_unasked_usage_follows_the_vendor() -> None:
    told = {}
    for style in STYLES:
        with Emulator(stream_style=style) as api:
            chunks = events(post(api, "/chat/completions", chat("openai/gpt-4o", stream=True)))
        told[style] = any(chunk["usage"] for chunk in chunks)
    assert {style for style, usage in told.items() if usage} == {
        "claude",
        "qwen",
        "openai",
        "perplexity",
    }


def test_reasoning_outside_completion_tokens() -> None:
    for style, outside in (("xai", True), ("gemini", True), ("deepseek", False), ("openai", False)):
        with Emulator(stream_style=style) as api:
            usage = post(api.say(SAY), "/chat/completions", chat("openai/gpt-4o")).json()["usage"]
        thought = usage["completion_tokens_details"]["reasoning_tokens"]
        counted = usage["prompt_tokens"] + usage["completion_tokens"]
        assert usage["total_tokens"] == counted + (thought if outside else 0)
        assert thought > 0


def test_vendor_fields_of_whole_answers() -> None:
    bodies = {}
    for style in STYLES:
        with Emulator(stream_style=style) as api:
            say = Say("x", reasoning="y", citations=("https://a.example",))
            bodies[style] = post(api.say(say), "/chat/completions", chat("openai/gpt-4o")).json()
    messages = {style: body["choices"][0]["message"] for style, body in bodies.items()}
    assert messages["minimax"]["content"] == "<think>\ny\n</think>\n\nx"
    assert bodies["minimax"]["base_resp"] == {"status_code": 0, "status_msg": ""}
    assert messages["openrouter"]["reasoning_details"][0]["text"] == "y"
    assert bodies["openrouter"]["choices"][0]["native_finish_reason"] == "stop"
    assert bodies["deepseek"]["usage"]["prompt_cache_miss_tokens"] > 0
    assert bodies["perplexity"]["citations"] == ["https://a.example"]
    assert bodies["perplexity"]["choices"][0]["delta"]["role"] == "assistant"
    assert messages["gemini"]["extra_content"]["google"]["thought_signature"]
    assert messages["openai"]["annotations"][0]["url_citation"]["url"] == "https://a.example"
    assert bodies["claude"]["choices"][0]["finish_reason"] == "end_turn"


RECORDED = ("claude-4-5-sonnet__1", "claude-4-5-haiku__1", "claude-4-opus__1", "qwen3-32b__1")


@pytest.mark.parametrize("name", RECORDED)
def test_chunks_have_the_keys_of_the_recorded_ones(name: str) -> None:
    recorded = events(
        httpx.Response(200, text=(PUBLISHED / "transcripts" / f"{name}.sse").read_text())
    )
    qwen = name.startswith("qwen")
    with Emulator(stream_style="qwen" if qwen else "claude") as api:
        api.say(Say("A b c.", reasoning="Hm, hm." if qwen else ""))
        made = events(post(api, "/chat/completions", chat("openai/gpt-4o", stream=True)))

    def outline(chunk: Json) -> str:
        choices = [
            (sorted(choice), sorted(choice["delta"]) if "delta" in choice else None)
            for choice in chunk["choices"]
        ]
        # The cost is stated for the last chunk and in no recording.
        return json.dumps([sorted(set(chunk) - {"meta"}), choices])

    assert {outline(chunk) for chunk in made} == {outline(chunk) for chunk in recorded}


@pytest.mark.parametrize(
    ("file", "model", "style"),
    [
        ("anthropic-claude-4.7-opus", "anthropic/claude-opus-4-7", None),
        ("openai-gpt-5.2", "openai/gpt-5-2", None),
        ("deepseek-deepseek-v4-pro", "deepseek/deepseek-v4-pro", None),
        ("xai-grok-4-20-reasoning", "x-ai/grok-4-20-0309-reasoning", None),
        ("google-gemini-3-5-flash", "google/gemini-3-5-flash", None),
        ("nvidia-nemotron-3-nano-30b-a3b", "nvidia/nemotron-3-nano-30b-a3b", None),
        ("google-gemma-3-27b", "google/gemma-3-27b-it", None),
        ("minimax-m3", "minimax/minimax-m3", None),
        ("alibaba-cloud-qwen3.7-plus", "alibaba/qwen3.7-plus", "qwen"),
    ],
)
def test_whole_answers_hold_every_key_of_the_recorded_ones(
    file: str, model: str, style: str | None
) -> None:
    recorded = recorded_answer(file)
    with Emulator(stream_style=style) as api:
        made = post(api, "/chat/completions", chat(model)).json()

    def outline(value: Any, path: str = "") -> set[str]:
        if isinstance(value, list):
            return {key for item in value for key in outline(item, f"{path}[]")}
        if isinstance(value, dict):
            inner = (outline(held, f"{path}.{key}") for key, held in value.items())
            return {f"{path}.{key}" for key in value}.union(*inner)
        return set()

    gone = outline(recorded) - outline(made)
    assert gone == set()


@pytest.mark.parametrize(
    ("file", "model"),
    [
        ("zhipu-glm-5.1", "zhipu/glm-5.1"),
        ("bytedance-seed-1.8", "bytedance/seed-1-8"),
        ("bytedance-dola-seed-2.0-mini", "bytedance/dola-seed-2-0-mini"),
        ("moonshot-kimi-k2-5", "moonshot/kimi-k2-5"),
        ("minimax-m3", "minimax/minimax-m3"),
        ("deepseek-deepseek-chat-v3.1", "deepseek/deepseek-chat-v3.1"),
        ("openai-gpt-5.2", "openai/gpt-5-2"),
        ("anthropic-claude-4.5-opus", "anthropic/claude-opus-4-5"),
        ("alibaba-cloud-qwen3.7-plus", "alibaba/qwen3.7-plus"),
        ("google-gemini-3-1-flash-lite", "google/gemini-3-1-flash-lite"),
        ("nvidia-nemotron-3-nano-30b-a3b", "nvidia/nemotron-3-nano-30b-a3b"),
    ],
)
def test_an_answer_has_the_id_and_the_name_of_the_recorded_one(
    api: Emulator, file: str, model: str
) -> None:
    recorded = recorded_answer(file)
    made = post(api, "/chat/completions", chat(model)).json()
    assert made["model"] == recorded["model"]
    if not file.startswith("google"):  # whose ids have no fixed length
        assert len(made["id"]) == len(recorded["id"])
        marks = [re.sub(r"[0-9A-Za-z]{8,}.*", "", answer["id"]) for answer in (made, recorded)]
        assert marks[0] == marks[1]
    assert ("request_id" in recorded) is (made.get("request_id") == made["id"])


@pytest.mark.parametrize(
    ("file", "style", "form"),
    [
        ("baidu-ernie-4.5-turbo-128k", "baidu", r"as-[0-9a-z]{10}"),
        ("baidu-ernie-4.5-300b-a47b", "ernie", r"[0-9a-f]{32}"),
    ],
)
def test_an_id_of_baidu_tells_who_hosts_the_model(file: str, style: str, form: str) -> None:
    with Emulator(stream_style=style) as api:
        made = post(api, "/chat/completions", chat("openai/gpt-4o")).json()
    for answer in (made, recorded_answer(file)):
        assert re.fullmatch(form, answer["id"])


@pytest.mark.parametrize(
    ("file", "model"),
    [
        ("alibaba-cloud-qwen3.5-flash", "alibaba/qwen3.5-flash"),
        ("alibaba-cloud-qwen3.5-omni-plus", "alibaba/qwen3.5-omni-plus"),
        ("alibaba-cloud-qwen3.7-plus", "alibaba/qwen3.7-plus"),
        ("google-gemini-2.5-flash", "google/gemini-2.5-flash"),
        ("google-gemini-3-1-flash-lite", "google/gemini-3-1-flash-lite"),
        ("google-gemini-3-1-pro-preview", "google/gemini-3-1-pro-preview"),
        ("minimax-m1", "minimax/m1"),
        ("openai-gpt-5.2", "openai/gpt-5-2"),
        ("xai-grok-code-fast-1", "x-ai/grok-code-fast-1"),
        ("zhipu-glm-4.5-air", "zhipu/glm-4.5-air"),
        ("zhipu-glm-5.1", "zhipu/glm-5.1"),
    ],
)
def test_a_model_thinks_without_being_told_to_where_it_was_recorded_thinking(
    api: Emulator, file: str, model: str
) -> None:
    made = post(api, "/chat/completions", chat(model)).json()
    recorded = recorded_answer(file)
    thoughts = []
    for answer in (made, recorded):
        details = answer["usage"].get("completion_tokens_details") or {}
        message = answer["choices"][0]["message"]
        told = message.get("reasoning_content") or message.get("reasoning")
        thoughts.append(bool(told or details.get("reasoning_tokens")))
    assert thoughts[0] is thoughts[1]


def test_the_three_recordings_that_say_otherwise_are_no_difference(api: Emulator) -> None:
    # Jamba's page prints the answer that the documentation prints for many other models too (the
    # same id, gen-1777366507-..., and thoughts): it says nothing of Jamba, which does not reason.
    jamba = post(api, "/chat/completions", chat("ai21/jamba-large-1.7")).json()
    assert jamba["choices"][0]["message"]["reasoning"] is None
    # o1 hides its thoughts: ten words cost 2,646 tokens there, of which it called none reasoning.
    for answer in (recorded_answer("OpenAI-o1"), post(api, "/chat/completions", chat("o1")).json()):
        assert not {"reasoning", "reasoning_content"} & answer["choices"][0]["message"].keys()
        assert answer["usage"]["completion_tokens"] > 50
    # This page shows the answer to a request for thoughts.
    body = {**chat("anthropic/claude-opus-4-1-20250805"), **THINK}
    for answer in (
        recorded_answer("anthropic-claude-opus-4.1", 2),
        post(api, "/chat/completions", body).json(),
    ):
        assert answer["choices"][0]["message"]["reasoning_content"]


def test_a_name_of_ones_own_is_carried() -> None:
    with Emulator(served_model=lambda name: f"{name}@today") as api:
        made = post(api, "/chat/completions", chat("openai/gpt-4o")).json()
    assert made["model"] == "openai/gpt-4o@today"


# --- messages -----

CLAUDE = "claude-sonnet-4-6"
THINK = {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 4096}


def test_message_events_add_up_to_the_whole_message(api: Emulator) -> None:
    api.say(SAY, times=2)
    whole = post(api, "/messages", chat(CLAUDE)).json()
    answer = post(api, "/messages", chat(CLAUDE, stream=True))
    told = events(answer)
    names = [line[7:] for line in answer.text.splitlines() if line.startswith("event: ")]
    assert names == [one["type"] for one in told]
    assert (names[0], names[-2], names[-1]) == ("message_start", "message_delta", "message_stop")
    blocks = [one["content_block"] for one in told if one["type"] == "content_block_start"]
    arguments = [""] * len(blocks)
    for one in told:
        if one["type"] != "content_block_delta":
            continue
        delta, block = one["delta"], blocks[one["index"]]
        if delta["type"] == "input_json_delta":
            arguments[one["index"]] += delta["partial_json"]
        else:
            key = delta["type"].removesuffix("_delta")
            block[key] += delta[key]
    for block, text in zip(blocks, arguments, strict=True):
        if block["type"] == "tool_use":
            block["input"] = json.loads(text)
    for block in (*blocks, *whole["content"]):
        block.pop("id", None)
    assert blocks == whole["content"]
    assert [block["type"] for block in blocks] == ["thinking", "text", "tool_use", "tool_use"]
    assert whole["stop_reason"] == "tool_use"
    assert told[-1]["meta"]["usage"]["credits_used"] > 0


def test_thinking_signature_must_come_back_unchanged(api: Emulator) -> None:
    thought = post(api, "/messages", chat(CLAUDE, **THINK)).json()["content"][0]
    assert thought["type"] == "thinking"

    def again(block: Json) -> httpx.Response:
        turns = [*HI, {"role": "assistant", "content": [block]}, *HI]
        return api.client().post("/messages", json=chat(CLAUDE, messages=turns, **THINK))

    assert again(thought).status_code == 200
    altered = again({**thought, "thinking": thought["thinking"] + "!"})
    assert altered.status_code == 400
    assert "Invalid `signature` in `thinking` block" in altered.json()["message"]


def test_budget_must_leave_room_for_the_answer(api: Emulator) -> None:
    answer = api.client().post("/messages", json=chat(CLAUDE, **{**THINK, "max_tokens": 1024}))
    assert answer.status_code == 400


def test_claude_prompt_cache_is_written_then_read(api: Emulator) -> None:
    text = {"type": "text", "text": "A long story. " * 50, "cache_control": {"type": "ephemeral"}}
    body = chat(CLAUDE, messages=[{"role": "user", "content": [text]}])
    first = post(api, "/messages", body).json()["usage"]
    second = post(api, "/messages", body).json()["usage"]
    assert first["cache_creation_input_tokens"] > 0
    assert first["cache_read_input_tokens"] == 0
    assert second["cache_read_input_tokens"] == first["cache_creation_input_tokens"]


def test_stop_sequence_and_token_limit_are_reported(api: Emulator) -> None:
    api.say("one two STOP three")
    stopped = post(api, "/messages", chat(CLAUDE, stop_sequences=["STOP"])).json()
    assert (stopped["stop_reason"], stopped["stop_sequence"]) == ("stop_sequence", "STOP")
    assert stopped["content"][0]["text"] == "one two "
    long = [{"role": "user", "content": "Write ten sentences."}]
    short = post(api, "/messages", chat(CLAUDE, messages=long, max_tokens=5)).json()
    assert short["stop_reason"] == "max_tokens"


# --- responses -----

GPT = "openai/gpt-5-4"


def test_response_events_add_up_to_the_whole_response(api: Emulator) -> None:
    api.say(SAY)
    body = {"model": GPT, "input": "hi", "stream": True, "reasoning": {"summary": "auto"}}
    told = events(post(api, "/responses", body))
    assert [one["sequence_number"] for one in told] == list(range(len(told)))
    assert told[0]["type"] == "response.created"
    final = told[-1]["response"]
    assert (told[-1]["type"], final["status"]) == ("response.completed", "completed")
    kinds = [item["type"] for item in final["output"]]
    assert kinds == ["reasoning", "message", "function_call", "function_call"]

    def joined(kind: str) -> str:
        return "".join(one["delta"] for one in told if one["type"] == f"response.{kind}.delta")

    assert joined("output_text") == SAY.text == final["output_text"]
    assert joined("reasoning_summary_text") == SAY.reasoning
    calls = [item["arguments"] for item in final["output"] if item["type"] == "function_call"]
    assert joined("function_call_arguments") == "".join(calls)
    assert told[-1]["meta"]["usage"]["usd_spent"] > 0
    assert final["usage"]["output_tokens_details"]["reasoning_tokens"] > 0


def test_encrypted_reasoning_must_come_back_unchanged(api: Emulator) -> None:
    body = {"model": GPT, "input": "hi", "include": ["reasoning.encrypted_content"]}
    item = post(api, "/responses", body).json()["output"][0]
    assert item["encrypted_content"]

    def again(secret: str) -> int:
        turns = [{**item, "encrypted_content": secret}, {"role": "user", "content": "and?"}]
        return api.client().post("/responses", json={"model": GPT, "input": turns}).status_code

    assert again(item["encrypted_content"]) == 200
    assert again("x" + item["encrypted_content"]) == 400


def test_stored_response_is_continued(api: Emulator) -> None:
    first = {"model": GPT, "input": "My name is Ada.", "store": True}
    name = post(api, "/responses", first).json()["id"]
    body = {"model": GPT, "input": "What is my name?", "previous_response_id": name}
    assert post(api, "/responses", body).json()["output_text"] == "Your name is Ada."
    lost = api.client().post("/responses", json={**body, "previous_response_id": "resp_x"})
    assert lost.status_code == 404


def test_too_short_response_is_incomplete(api: Emulator) -> None:
    body = {"model": GPT, "input": "Write ten sentences.", "max_output_tokens": 16, "stream": True}
    told = events(post(api, "/responses", body))
    assert told[-1]["type"] == "response.incomplete"
    assert told[-1]["response"]["incomplete_details"] == {"reason": "max_output_tokens"}


def test_function_call_output_is_told(api: Emulator) -> None:
    call = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c1", "output": "42"}
    body = {"model": GPT, "input": [{"role": "user", "content": "f?"}, call, output]}
    assert post(api, "/responses", body).json()["output_text"] == "The tools say: 42"
    orphan = api.client().post("/responses", json={"model": GPT, "input": [output]})
    assert orphan.status_code == 400
