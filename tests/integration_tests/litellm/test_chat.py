"""Chat through ``aimlapi/...``: every shape of model, both colours, whole and streamed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from langchain_aimlapi.emulator import Emulator, Fault, Say, ToolUse

from .helpers import GPT, HI, TIME, WEATHER, Asker, litellm, text_of

# One id of every way to be spoken to: OpenAI's shape in several strictnesses, Claude's on the chat
# path, Claude's with both, only /v1/responses, only /v1/messages, inline <think>, user-only roles.
MODELS = [
    GPT,
    "alibaba/qwen3-32b",
    "deepseek/deepseek-v4-pro",
    "google/gemini-3-5-flash",
    "mistralai/mistral-large-2512",
    "anthropic/claude-opus-4.1",
    "anthropic/claude-opus-4-8",
    "openai/gpt-5-2-pro",
    "anthropic/claude-opus-4.5",
    "minimax/m2",
    "google/gemma-3-4b-it",
    "perplexity/sonar",
    "nvidia/nemotron-3-ultra-550b-a55b",
]
SYSTEM = [{"role": "system", "content": "Be brief."}, *HI]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.filterwarnings("ignore::langchain_aimlapi.errors.UnsupportedParameterWarning")
def test_every_shape_of_model_answers_alike_whole_and_streamed(ask: Asker, model: str) -> None:
    whole = ask.chat(model, messages=SYSTEM)
    chunks = ask.chunks(model, messages=SYSTEM)
    assert whole.choices[0].message.content
    assert text_of(chunks) == whole.choices[0].message.content
    assert whole.choices[0].finish_reason == chunks[-1].choices[0].finish_reason == "stop"
    assert whole.usage.total_tokens > 0
    assert whole._hidden_params["custom_llm_provider"] == "aimlapi"
    assert {request.status for request in ask.api.requests} == {200}


def test_stream_tells_usage_with_details_where_it_was_asked_for(ask: Asker) -> None:
    ask.api.say(Say("Hello.", usage={"input": 100, "output": 7, "cached": 40, "reasoning": 3}))
    chunks = ask.chunks(stream_options={"include_usage": True})
    (usage,) = [u for chunk in chunks if (u := getattr(chunk, "usage", None)) is not None]
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (100, 7, 107)
    assert usage.prompt_tokens_details.cached_tokens == 40
    assert usage.completion_tokens_details.reasoning_tokens == 3
    assert usage.cost > 0


def test_stream_keeps_usage_to_itself_where_it_was_not_asked_for(ask: Asker) -> None:
    chunks = ask.chunks()
    assert [c for c in chunks if getattr(c, "usage", None) is not None] == []


def test_stream_has_one_id_one_model_and_one_finish_reason(ask: Asker) -> None:
    chunks = ask.chunks("anthropic/claude-opus-4-8")
    assert len({chunk.id for chunk in chunks}) == 1
    assert {chunk.model for chunk in chunks} == {"anthropic/claude-opus-4-8"}
    reasons = [c.choices[0].finish_reason for c in chunks if c.choices[0].finish_reason]
    assert reasons == ["stop"]
    assert chunks[0].choices[0].delta.role == "assistant"


def test_id_and_fingerprint_are_the_servers(ask: Asker) -> None:
    ask.api.replay(
        'data: {"id": "gen-7", "created": 1700000000, "model": "served", '
        '"system_fingerprint": "fp_1", "choices": [{"index": 0, "delta": {"content": "Hi"}}]}\n\n'
        'data: {"id": "gen-7", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\n'
        "data: [DONE]\n\n"
    )
    chunks = ask.chunks()
    assert {chunk.id for chunk in chunks} == {"gen-7"}
    assert chunks[0].system_fingerprint == "fp_1"
    assert {chunk.created for chunk in chunks} == {1700000000}


@pytest.mark.parametrize("stream", [False, True])
def test_parallel_tool_calls_arrive_whole(ask: Asker, stream: bool) -> None:
    calls = (ToolUse("get_weather", {"location": "Oslo"}), ToolUse("get_time", {"location": "Rom"}))
    ask.api.say(Say(calls=calls))
    answer = ask.both(stream=stream, tools=[WEATHER, TIME], parallel_tool_calls=True)
    choice = answer.choices[0]
    assert choice.finish_reason == "tool_calls"
    made = [(c.function.name, json.loads(c.function.arguments)) for c in choice.message.tool_calls]
    assert made == [("get_weather", {"location": "Oslo"}), ("get_time", {"location": "Rom"})]
    assert len({call.id for call in choice.message.tool_calls}) == 2


@pytest.mark.parametrize("model", [GPT, "anthropic/claude-opus-4.1", "openai/gpt-5-2-pro"])
def test_tool_loop_ends_in_an_answer(ask: Asker, model: str) -> None:
    turns: list[Any] = [{"role": "user", "content": "What is the weather in Oslo?"}]
    first = ask.chat(model, messages=turns, tools=[WEATHER])
    (call,) = first.choices[0].message.tool_calls
    turns.append(first.choices[0].message.model_dump())
    turns.append({"role": "tool", "tool_call_id": call.id, "content": "4 degrees, rain"})
    last = ask.chat(model, messages=turns, tools=[WEATHER])
    assert "rain" in last.choices[0].message.content
    assert {request.status for request in ask.api.requests} == {200}


@pytest.mark.parametrize(
    "choice", ["required", {"type": "function", "function": {"name": "get_time"}}]
)
def test_tool_choice_is_obeyed(ask: Asker, choice: Any) -> None:
    answer = ask.chat(tools=[WEATHER, TIME], tool_choice=choice)
    assert answer.choices[0].message.tool_calls
    assert ask.api.requests[-1].body["tool_choice"] == choice


@pytest.mark.parametrize("stream", [False, True])
def test_reasoning_is_apart_from_the_answer(ask: Asker, stream: bool) -> None:
    ask.api.say(Say("Four.", reasoning="Two and two."), model="deepseek/deepseek-v4-pro")
    message = ask.both("deepseek/deepseek-v4-pro", stream=stream).choices[0].message
    assert (message.content, message.reasoning_content) == ("Four.", "Two and two.")


@pytest.mark.parametrize("stream", [False, True])
def test_inline_thoughts_become_reasoning(ask: Asker, stream: bool) -> None:
    ask.api.say(Say("Four.", reasoning="Two and two."))
    message = ask.both("minimax/m2", stream=stream).choices[0].message
    assert message.content.strip() == "Four."
    assert message.reasoning_content.strip() == "Two and two."


@pytest.mark.parametrize("stream", [False, True])
def test_thinking_blocks_come_signed_and_go_back_unchanged(ask: Asker, stream: bool) -> None:
    model = "anthropic/claude-opus-4-5"
    turns: list[Any] = [{"role": "user", "content": "What is the weather in Oslo?"}]
    thinking = {"type": "enabled", "budget_tokens": 2048}
    given: dict[str, Any] = {"tools": [WEATHER], "thinking": thinking, "max_tokens": 4096}
    first = ask.both(model, stream=stream, messages=turns, **given).choices[0].message
    (block,) = first.thinking_blocks
    assert block["type"] == "thinking"
    assert block["thinking"] == first.reasoning_content
    assert block["signature"]
    (call,) = first.tool_calls
    turns += [first.model_dump(), {"role": "tool", "tool_call_id": call.id, "content": "rain"}]
    last = ask.chat(model, messages=turns, **given)  # the emulator refuses a changed thought
    assert "rain" in last.choices[0].message.content


@pytest.mark.parametrize("stream", [False, True])
def test_opaque_reasoning_details_go_back_unchanged(ask: Asker, stream: bool) -> None:
    model = "google/gemini-3-5-flash"
    turns: list[Any] = [{"role": "user", "content": "What is the weather in Oslo?"}]
    first = ask.both(model, stream=stream, messages=turns, tools=[WEATHER]).choices[0].message
    (call,) = first.tool_calls
    turns += [first.model_dump(), {"role": "tool", "tool_call_id": call.id, "content": "rain"}]
    last = ask.chat(model, messages=turns, tools=[WEATHER])
    assert "rain" in last.choices[0].message.content
    sent = ask.api.requests[-1].body["messages"][1]
    told = first.provider_specific_fields or {}
    opaque = {k: v for k, v in told.items() if k in ("extra_content", "reasoning_details")}
    assert {k: sent[k] for k in opaque} == opaque


@pytest.mark.parametrize("stream", [False, True])
def test_two_answers_are_kept_apart(ask: Asker, stream: bool) -> None:
    if stream:
        chunks = ask.chunks(n=2)
        texts = {0: "", 1: ""}
        ends: dict[int, str] = {}
        for chunk in chunks:
            for choice in chunk.choices:
                texts[choice.index] += choice.delta.content or ""
                if choice.finish_reason:
                    ends[choice.index] = choice.finish_reason
        assert ends == {0: "stop", 1: "stop"}
    else:
        answer = ask.chat(n=2)
        texts = {choice.index: choice.message.content for choice in answer.choices}
    assert set(texts) == {0, 1}
    assert all(texts.values())


@pytest.mark.parametrize("stream", [False, True])
def test_logprobs_arrive(ask: Asker, stream: bool) -> None:
    if stream:
        chunks = ask.chunks(logprobs=True)
        told = [c.choices[0].logprobs for c in chunks if c.choices[0].logprobs]
        tokens = [entry["token"] for each in told for entry in each["content"]]
    else:
        tokens = [e["token"] for e in ask.chat(logprobs=True).choices[0].logprobs["content"]]
    assert tokens
    assert all(tokens)


@pytest.mark.parametrize("stream", [False, True])
def test_refusal_is_kept(ask: Asker, stream: bool) -> None:
    ask.api.say(Say(refusal="I will not."))
    if stream:
        chunks = ask.chunks()
        said = "".join(getattr(c.choices[0].delta, "refusal", None) or "" for c in chunks)
    else:
        said = ask.chat().choices[0].message.refusal
    assert said == "I will not."


@pytest.mark.parametrize("stream", [False, True])
def test_citations_stand_at_the_top(ask: Asker, stream: bool) -> None:
    urls = ("https://example.org/a", "https://example.org/b")
    ask.api.say(Say("See there.", citations=urls))
    if stream:
        chunks = ask.chunks("perplexity/sonar")
        told = [c.citations for c in chunks if getattr(c, "citations", None)]
        found = [url for each in told for url in each]
    else:
        found = ask.chat("perplexity/sonar").citations
    assert found == list(urls)


@pytest.mark.parametrize("stream", [False, True])
def test_annotations_are_kept(ask: Asker, stream: bool) -> None:
    ask.api.say(Say("See there.", citations=("https://example.org/a",)))
    if stream:
        chunks = ask.chunks()
        told = [getattr(c.choices[0].delta, "annotations", None) or [] for c in chunks]
        found = [note for each in told for note in each]
    else:
        found = ask.chat().choices[0].message.annotations
    assert [note["url_citation"]["url"] for note in found] == ["https://example.org/a"]


@pytest.mark.parametrize("stream", [False, True])
def test_pictures_in_the_answer_are_kept(ask: Asker, stream: bool) -> None:
    ask.api.say(Say("Look.", images=("data:image/png;base64,AAAA",)))
    if stream:
        chunks = ask.chunks()
        told = [getattr(c.choices[0].delta, "images", None) or [] for c in chunks]
        found = [picture for each in told for picture in each]
    else:
        found = ask.chat().choices[0].message.images
    assert [picture["image_url"]["url"] for picture in found] == ["data:image/png;base64,AAAA"]


@pytest.mark.parametrize("stream", [False, True])
def test_spoken_answer_is_kept(ask: Asker, stream: bool) -> None:
    ask.api.say(Say("Hello.", audio="AAAABBBB"))
    message = ask.both(stream=stream).choices[0].message
    assert message.audio["data"] == "AAAABBBB"


@pytest.mark.parametrize(
    ("finish", "shown"),
    [("length", "length"), ("content_filter", "content_filter"), ("stop", "stop")],
)
@pytest.mark.parametrize("stream", [False, True])
def test_finish_reason_is_told(ask: Asker, stream: bool, finish: Any, shown: str) -> None:
    ask.api.say(Say("Well", finish=finish))
    assert ask.both(stream=stream).choices[0].finish_reason == shown


def test_parameters_of_openai_and_of_the_model_go_out(ask: Asker) -> None:
    ask.chat(
        "alibaba/qwen3-32b",
        temperature=0.5,
        max_completion_tokens=5000,
        stop="END",
        seed=3,
        thinking={"type": "enabled", "budget_tokens": 1024},
        enable_search=True,
        extra_body={"top_k": 4},
    )
    body = ask.api.requests[-1].body
    sent = {k: v for k, v in body.items() if k not in ("model", "messages")}
    assert sent == {
        "temperature": 0.5, "max_tokens": 5000, "stop": ["END"], "seed": 3, "top_k": 4,
        "enable_thinking": True, "thinking_budget": 1024, "enable_search": True,
    }  # fmt: skip


def test_reasoning_effort_reaches_a_reasoning_model(ask: Asker) -> None:
    ask.chat("openai/gpt-5-mini-2025-08-07", reasoning_effort="low", max_tokens=64)
    body = ask.api.requests[-1].body
    assert body["reasoning_effort"] == "low"
    assert body["max_completion_tokens"] == 64


def test_user_and_unknown_parameters_reach_a_model_that_nothing_is_known_about(ask: Asker) -> None:
    with pytest.raises(litellm.NotFoundError):
        ask.chat("new/model-9", user="u-1", verbosity="low", some_new_switch=True)
    body = ask.api.requests[-1].body
    assert (body["user"], body["verbosity"], body["some_new_switch"]) == ("u-1", "low", True)


def test_metadata_of_litellm_stays_here(ask: Asker) -> None:
    ask.chat(metadata={"trace": "t-1"}, tags=["a"])
    assert set(ask.api.requests[-1].body) == {"model", "messages"}


def test_headers_go_out(ask: Asker) -> None:
    ask.chat(extra_headers={"x-team": "blue"})
    headers = ask.api.requests[-1].headers
    assert headers["x-team"] == "blue"
    assert headers["x-client-request-id"]


def test_key_of_an_authorization_header_is_the_one_that_is_used(ask: Asker) -> None:
    bearer = f"Bearer {ask.api.api_key}"
    assert ask.chat(api_key="not-a-key", extra_headers={"Authorization": bearer}).choices
    with pytest.raises(litellm.BadRequestError, match="must be 'Bearer <key>'") as caught:
        ask.chat(extra_headers={"authorization": "Basic dXNlcjpzZWNyZXQ="})
    assert "dXNl" not in str(caught.value)
    assert len(ask.api.requests) == 1


def test_litellm_call_id_is_the_client_request_id(ask: Asker) -> None:
    answer = ask.chat(litellm_call_id="call-123")
    assert ask.api.requests[-1].headers["x-client-request-id"] == "call-123"
    told = answer._hidden_params["additional_headers"]
    assert told["llm_provider-x-client-request-id"] == "call-123"


def test_response_headers_come_with_streams_too(ask: Asker) -> None:
    stream = ask.chat(stream=True)
    assert stream._hidden_params["additional_headers"]["llm_provider-x-inference-id"]
    ask.drain(stream)


def test_structured_output_follows_the_schema(ask: Asker) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "place", "schema": schema}}
    answer = ask.chat(response_format=wanted)
    assert isinstance(json.loads(answer.choices[0].message.content)["city"], str)
    assert ask.api.requests[-1].body["response_format"]["type"] == "json_schema"


def test_picture_in_the_question_reaches_claude_in_its_own_form(ask: Asker) -> None:
    url = "data:image/png;base64,iVBORw0KGgo="
    content = [{"type": "text", "text": "What?"}, {"type": "image_url", "image_url": {"url": url}}]
    ask.chat("claude-sonnet-4-20250514", messages=[{"role": "user", "content": content}])
    (_, picture) = ask.api.requests[-1].body["messages"][0]["content"]
    assert picture["source"] == {
        "type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="
    }  # fmt: skip


def test_model_that_refuses_to_stream_answers_in_one_piece(ask: Asker) -> None:
    ask.api.fault(Fault(refuse_stream=True))
    ask.api.say(Say("Whole.", calls=(ToolUse("get_time", {"location": "Rom"}),)), times=None)
    chunks = ask.chunks(tools=[TIME])
    assert text_of(chunks) == "Whole."
    assert chunks[-1].choices[0].finish_reason == "tool_calls"
    assert [bool(r.body.get("stream")) for r in ask.api.requests] == [True, False]


def test_server_that_answers_a_stream_with_json_is_understood(ask: Asker) -> None:
    ask.api.fault(Fault(as_json=True)).say("Whole.")
    assert text_of(ask.chunks()) == "Whole."


def test_drop_params_leaves_out_in_silence(ask: Asker, recwarn: pytest.WarningsRecorder) -> None:
    ask.chat("openai/gpt-5-mini-2025-08-07", temperature=0.3, drop_params=True)
    assert "temperature" not in ask.api.requests[-1].body
    assert [str(w.message) for w in recwarn if "temperature" in str(w.message)] == []


def test_unsupported_parameter_is_said_once(ask: Asker) -> None:
    from langchain_aimlapi._litellm.calls import WARNED
    from langchain_aimlapi.errors import UnsupportedParameterWarning

    WARNED.clear()
    with pytest.warns(UnsupportedParameterWarning, match="temperature"):
        ask.chat("o3-mini", temperature=0.3)
    ask.chat("o3-mini", temperature=0.3)  # warnings are errors here


def test_unsupported_parameter_can_be_an_error(ask: Asker) -> None:
    with pytest.raises(litellm.BadRequestError, match="temperature"):
        ask.chat("o3-mini", temperature=0.3, on_unsupported="error")
    assert ask.api.requests == []


THINKING: dict[str, Any] = {"type": "enabled", "budget_tokens": 1024}


def test_thinking_is_left_out_where_a_model_has_no_such_control(
    ask: Asker, recwarn: pytest.WarningsRecorder
) -> None:
    ask.chat("openai/gpt-4o", thinking=THINKING, drop_params=True)
    assert not {"thinking", "reasoning", "reasoning_effort"} & set(ask.api.requests[-1].body)
    assert [w for w in recwarn if "thinking" in str(w.message)] == []
    with pytest.raises(litellm.BadRequestError, match="thinking"):
        ask.chat("openai/gpt-4o", thinking=THINKING, on_unsupported="error")
    assert len(ask.api.requests) == 1


def test_thinking_is_said_in_the_models_own_words(ask: Asker) -> None:
    ask.chat("o3-mini", thinking=THINKING, drop_params=True)
    body = ask.api.requests[-1].body
    assert body["reasoning_effort"] == "low"
    assert "thinking" not in body


def test_forced_dialect_is_spoken(ask: Asker) -> None:
    ask.chat("openai/gpt-4o", dialect="responses")
    assert ask.api.requests[-1].path == "/v1/responses"


@pytest.mark.parametrize("option", ["dialect", "on_unsupported"])
def test_option_that_is_none_is_refused_with_what_there_is(ask: Asker, option: str) -> None:
    with pytest.raises(litellm.BadRequestError, match=f"{option} must be one of .*not 'loudly'"):
        ask.chat(**{option: "loudly"})
    assert ask.api.requests == []


def test_two_retries_of_the_callers_are_made_here_and_nowhere_else(
    ask: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("langchain_aimlapi._wire.retry.BASE_DELAY", 0.01)
    ask.api.fault(Fault(status=503), times=2)
    assert ask.chat(max_retries=2).choices[0].message.content
    assert [r.status for r in ask.api.requests] == [503, 503, 200]


def test_litellms_retries_are_one_layer(ask: Asker) -> None:
    ask.api.fault(Fault(status=503), times=None)
    with pytest.raises(litellm.ServiceUnavailableError):
        ask.chat(num_retries=2)
    assert len(ask.api.requests) == 3


def test_text_completion_goes_over_chat(ask: Asker) -> None:
    given = ask.options(GPT, prompt="Say hi.")
    answer = ask.call(litellm.text_completion, litellm.atext_completion, given)
    assert answer.choices[0].text
    assert ask.api.requests[-1].path == "/v1/chat/completions"


def test_text_completion_streams(ask: Asker) -> None:
    given = ask.options(GPT, prompt="Say hi.", stream=True)
    stream = ask.call(litellm.text_completion, litellm.atext_completion, given)
    assert "".join(chunk.choices[0].text or "" for chunk in ask.drain(stream))


def test_responses_bridge_answers(ask: Asker) -> None:
    given = ask.options(GPT, input="Say hi.")
    answer = ask.call(litellm.responses, litellm.aresponses, given)
    assert answer.output[0].content[0].text
    assert answer.usage.total_tokens > 0


def test_responses_bridge_streams(ask: Asker) -> None:
    given = ask.options(GPT, input="Say hi.", stream=True)
    stream = ask.call(litellm.responses, litellm.aresponses, given)
    events = ask.drain(stream)
    kinds = [getattr(event.type, "value", event.type) for event in events]
    assert "response.output_text.delta" in kinds
    assert kinds[-1] == "response.completed"
    assert events[-1].response.usage.total_tokens > 0


@pytest.mark.slow
def test_anthropic_bridge_answers(api: Emulator, runner: Any) -> None:
    given: dict[str, Any] = {
        "model": f"aimlapi/{GPT}", "messages": HI, "max_tokens": 64, "api_key": api.api_key,
        "api_base": api.base_url,
    }  # fmt: skip
    answer = runner.run(litellm.anthropic_messages(**given))
    assert answer["content"][0]["text"]
    assert answer["stop_reason"] == "end_turn"


def test_batch_completion_answers_each(api: Emulator) -> None:
    api.say("One.", times=None)
    answers = litellm.batch_completion(
        model=f"aimlapi/{GPT}", messages=[HI, HI, HI], api_key=api.api_key, api_base=api.base_url
    )
    assert [answer.choices[0].message.content for answer in answers] == ["One."] * 3
