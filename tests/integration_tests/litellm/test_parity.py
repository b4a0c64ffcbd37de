"""Side by side with LiteLLM's built-in ``aiml/``: what it tells, ``aimlapi/`` tells too."""

from __future__ import annotations

from typing import Any

import pytest

from langchain_aimlapi.emulator import Fault, Say, ToolUse

from .helpers import GPT, TIME, WEATHER, Asker, litellm, text_of

pytestmark = pytest.mark.peer
CALLS = (ToolUse("get_weather", {"location": "Oslo"}, id="c1"),
         ToolUse("get_time", {"location": "Rom"}, id="c2"))  # fmt: skip
SCENES: dict[str, tuple[str, Say, dict[str, Any]]] = {
    "text": (GPT, Say("Rivers run."), {}),
    "parallel tool calls": (GPT, Say(calls=CALLS), {"tools": [WEATHER, TIME]}),
    "text beside a tool call": (GPT, Say("Let me see.", calls=CALLS[:1]), {"tools": [WEATHER]}),
    "reasoning_content": ("deepseek/deepseek-v4-pro", Say("4.", reasoning="2 and 2."), {}),
    "reasoning": ("google/gemini-3-5-flash", Say("4.", reasoning="2 and 2."), {}),
    "logprobs": (GPT, Say("Rivers run."), {"logprobs": True, "top_logprobs": 2}),
    "audio": (GPT, Say("Hello.", audio="AAAABBBB"), {}),
    "images": (GPT, Say("Look.", images=("data:image/png;base64,AAAA",)), {}),
    "citations": ("perplexity/sonar", Say("There.", citations=("https://e.org",)), {}),
    "annotations": (GPT, Say("There.", citations=("https://e.org",)), {}),
    "refusal": (GPT, Say(refusal="I will not."), {}),
    "length": (GPT, Say("Riv", finish="length"), {}),
    "content filter": (GPT, Say("Riv", finish="content_filter"), {}),
    "two answers": (GPT, Say("Rivers run."), {"n": 2}),
    "cached tokens": (GPT, Say("Hi.", usage={"input": 50, "output": 3, "cached": 40}), {}),
    "claude": ("anthropic/claude-opus-4-8", Say("Rivers run."), {}),
}
# What a message may hold; ids and times differ from call to call.
COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")
FIELDS = ("role", "content", "reasoning_content", "refusal", "annotations", "images", "audio")


@pytest.mark.parametrize("name", SCENES)
@pytest.mark.parametrize("stream", [False, True])
def test_whatever_the_built_in_provider_tells_is_told_here_too(
    ask: Asker, name: str, stream: bool
) -> None:
    model, say, more = SCENES[name]
    theirs = told(ask, f"aiml/{model}", say, stream=stream, **more)
    ours = told(ask, f"aimlapi/{model}", say, stream=stream, **more)
    if stream:  # aiml/ estimates some counts of streams: a whole answer has the server's own
        whole = told(ask, f"aiml/{model}", say, stream=False, **more)
        theirs |= {key: whole[key] for key in COUNTS}
    if name == "reasoning":
        # this vendor counts thoughts beside the completion; here they are always part of it
        assert ours.pop("completion_tokens") > theirs.pop("completion_tokens")
        theirs.pop("total_tokens")
    lost = {key: value for key, value in theirs.items() if ours.get(key) != value}
    assert theirs
    assert lost == {}


def told(ask: Asker, model: str, say: Say, *, stream: bool, **more: Any) -> dict[str, Any]:
    """Everything that an answer tells, flat."""
    ask.api.say(say)
    if stream:
        chunks = ask.chunks(model, stream_options={"include_usage": True}, **more)
        return {**_of_chunks(chunks), **_usage(getattr(chunks[-1], "usage", None))}
    answer = ask.chat(model, **more)
    found = {"citations": getattr(answer, "citations", None)}
    for choice in answer.choices:
        place = choice.index
        found[f"{place}.finish"] = choice.finish_reason
        found |= {f"{place}.{k}": _plain(choice.message.get(k)) for k in FIELDS}
        found[f"{place}.calls"] = _calls(choice.message.tool_calls)
        logprobs = getattr(choice, "logprobs", None)
        found[f"{place}.tokens"] = _tokens(logprobs)
    return _said({**found, **_usage(answer.usage)})


def _of_chunks(chunks: list[Any]) -> dict[str, Any]:
    whole = litellm.stream_chunk_builder(chunks)
    found: dict[str, Any] = {"role": chunks[0].choices[0].delta.role, "text": text_of(chunks)}
    found["calls"] = _calls(whole.choices[0].message.tool_calls)
    for chunk in chunks:
        if getattr(chunk, "citations", None):
            found["citations"] = chunk.citations
        for choice in chunk.choices:
            place = choice.index
            if choice.finish_reason and place == 0:  # aiml/ loses that of the others
                found["finish"] = choice.finish_reason
            for key in ("reasoning_content", "refusal"):
                found[f"{place}.{key}"] = found.get(f"{place}.{key}", "") + (
                    choice.delta.get(key) or ""
                )
            for key in ("annotations", "images"):
                found[f"{place}.{key}"] = found.get(f"{place}.{key}", []) + _plain(
                    choice.delta.get(key) or []
                )
            audio = choice.delta.get("audio")
            if audio:
                found["audio"] = found.get("audio", "") + (_plain(audio).get("data") or "")
            found["tokens"] = [*found.get("tokens", []), *(_tokens(choice.logprobs) or [])]
    return _said(found)


def _said(found: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in found.items() if value not in (None, "", [], {})}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        value = dump()
    if isinstance(value, dict):
        kept = {k: _plain(v) for k, v in value.items() if v is not None}
        return {k: v for k, v in kept.items() if k not in ("id", "expires_at")}
    return value


def _calls(calls: Any) -> list[tuple[str, str, str]]:
    return [(c.id, c.function.name, c.function.arguments) for c in calls or ()]


def _tokens(logprobs: Any) -> list[str] | None:
    plain = _plain(logprobs)
    return [entry["token"] for entry in plain["content"]] if plain else None


def _usage(usage: Any) -> dict[str, Any]:
    if usage is None:
        return {}
    plain = _plain(usage)
    counts = {key: plain.get(key) for key in COUNTS}
    details = plain.get("prompt_tokens_details") or {}
    return _said({**counts, "cached": details.get("cached_tokens")})


# --- what only aimlapi/ tells -----


def test_only_here_the_charge_is_told(ask: Asker) -> None:
    theirs, ours = ask.chat(f"aiml/{GPT}"), ask.chat(f"aimlapi/{GPT}")
    assert not getattr(theirs.usage, "cost", None)
    assert ours.usage.cost > 0


def test_only_here_reasoning_effort_is_sent(ask: Asker) -> None:
    model = "openai/gpt-5-mini-2025-08-07"
    ask.chat(f"aiml/{model}", reasoning_effort="low", drop_params=True)
    ask.chat(f"aimlapi/{model}", reasoning_effort="low", drop_params=True)
    theirs, ours = [request.body for request in ask.api.requests]
    assert "reasoning_effort" not in theirs
    assert ours["reasoning_effort"] == "low"


def test_only_here_there_are_embeddings(ask: Asker) -> None:
    def embed(provider: str) -> Any:
        given = ask.options(f"{provider}/text-embedding-3-small", input=["one"])
        return ask.call(litellm.embedding, litellm.aembedding, given)

    with pytest.raises(litellm.BadRequestError):
        embed("aiml")
    assert embed("aimlapi").data


@pytest.mark.parametrize("model", ["claude-sonnet-4-20250514", "openai/gpt-5-2-pro"])
def test_only_here_models_of_other_shapes_answer(ask: Asker, model: str) -> None:
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi."}]
    with pytest.raises((litellm.BadRequestError, litellm.NotFoundError)):
        ask.chat(f"aiml/{model}", messages=turns)
    assert ask.chat(f"aimlapi/{model}", messages=turns).choices[0].message.content


def test_only_here_out_of_credit_has_a_class_of_its_own(ask: Asker) -> None:
    ask.api.fault(Fault(status=403), times=2)
    with pytest.raises(litellm.APIError):
        ask.chat(f"aiml/{GPT}", max_retries=0)
    with pytest.raises(litellm.PermissionDeniedError, match="top up"):
        ask.chat(f"aimlapi/{GPT}")
