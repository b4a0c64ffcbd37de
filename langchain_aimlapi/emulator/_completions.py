"""Chat-completion bodies and chunks in every vendor's style. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from langchain_aimlapi.emulator._author import Say, ToolUse
from langchain_aimlapi.emulator._core import Json, event
from langchain_aimlapi.emulator._ledger import Cost, Tokens, count_tokens, cut_pieces, seal
from langchain_aimlapi.emulator._styles import Style, thought_signature


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer before it has a shape."""

    id: str
    model: str
    created: int
    style: Style
    says: Sequence[Say]
    tokens: Tokens
    cost: Cost
    call_ids: Sequence[Sequence[str]]
    meta: Json
    logprobs: bool = False
    usage_wanted: bool = False


def whole(draft: Draft) -> Json:
    """The JSON answer."""
    return {
        "id": draft.id,
        "object": "chat.completion",
        "created": draft.created,
        "model": draft.model,
        "choices": [_choice(draft, place) for place in range(len(draft.says))],
        "usage": draft.style.usage_json(draft.tokens),
        **({draft.style.echo: draft.id} if draft.style.echo else {}),
        **draft.style.body(draft.says[0]),
        **draft.meta,
    }


def _choice(draft: Draft, place: int) -> Json:
    say, style = draft.says[place], draft.style
    choice: Json = {
        "index": place,
        **style.choice(say),
        "message": _message(draft, place),
        "finish_reason": style.ending(say.ending),
    }
    if draft.logprobs:
        choice["logprobs"] = _logprobs(cut_pieces(say.text))
    return choice


def _message(draft: Draft, place: int) -> Json:
    say, style = draft.says[place], draft.style
    content: str | None = _inline(say) + say.text if style.reasoning == "inline" else say.text
    if not content and (say.calls or say.refusal):
        content = None
    message: Json = {"role": "assistant", "content": content, **style.message(say)}
    if say.reasoning and style.reasoning == "content":
        message["reasoning_content"] = say.reasoning
    if style.reasoning == "details":
        message |= _details(say)
    if say.refusal is not None:
        message["refusal"] = say.refusal
    if say.calls:
        message["tool_calls"] = [
            tool_call(use, call, style)
            for use, call in zip(say.calls, draft.call_ids[place], strict=True)
        ]
    if say.images:
        message["images"] = _images(say)
    if say.audio is not None:
        message["audio"] = _audio(draft, say)
        message["content"] = None
    return message


def _inline(say: Say) -> str:
    return f"<think>\n{say.reasoning}\n</think>\n\n" if say.reasoning else ""


def _details(say: Say) -> Json:
    if not say.reasoning:
        return {"reasoning": None}
    detail = {
        "type": "reasoning.text",
        "text": say.reasoning,
        "format": "unknown",
        "index": 0,
        "signature": seal("details", say.reasoning),
    }
    return {"reasoning": say.reasoning, "reasoning_details": [detail]}


def tool_call(use: ToolUse, call: str, style: Style) -> Json:
    """One whole call, as it stands in a message."""
    made: Json = {"id": call, "type": use.kind}
    if use.kind == "custom":
        made["custom"] = {"name": use.name, "input": use.text()}
    else:
        made["function"] = {"name": use.name, "arguments": use.text()}
    if style.name == "gemini":
        made["extra_content"] = thought_signature(call)
    return made


def _images(say: Say) -> list[Json]:
    return [
        {"type": "image_url", "image_url": {"url": url}, "index": place}
        for place, url in enumerate(say.images)
    ]


def _audio(draft: Draft, say: Say) -> Json:
    return {
        "id": f"audio_{draft.id[-12:]}",
        "data": say.audio,
        "transcript": say.text,
        "expires_at": draft.created + 3600,
    }


def _logprobs(pieces: Sequence[str]) -> Json:
    return {
        "content": [
            {
                "token": piece,
                "logprob": -0.01 * (1 + len(piece) % 7),
                "bytes": list(piece.encode("utf-8", "replace")),
                "top_logprobs": [],
            }
            for piece in pieces
        ],
        "refusal": None,
    }


# --- streams -----


def stream(draft: Draft) -> Iterator[bytes]:
    """The same answer as server-sent events."""
    if draft.style.name == "claude":
        yield from _claude(draft)
        return
    style = draft.style
    sends_usage = draft.usage_wanted or style.usage_always
    per_choice = [list(_deltas(draft, place)) for place in range(len(draft.says))]
    for step in range(max(map(len, per_choice))):
        for place, deltas in enumerate(per_choice):
            if step < len(deltas):
                yield event(_chunk(draft, [_stream_choice(draft, place, deltas[step])]))
    for place, say in enumerate(draft.says):
        chunk = _chunk(draft, [_stream_choice(draft, place, dict(style.last), say.ending)])
        final = place == len(draft.says) - 1 and not sends_usage
        yield event({**chunk, **draft.meta} if final else chunk)
    if sends_usage:
        usage = {"usage": style.usage_json(draft.tokens), **draft.meta}
        yield event({**_chunk(draft, []), **usage})
    if style.done:
        yield b"data: [DONE]\n\n"


def _chunk(draft: Draft, choices: list[Json]) -> Json:
    style = draft.style
    chunk: Json = {
        "id": draft.id,
        "choices": choices,
        "created": draft.created,
        "model": draft.model,
        "object": "chat.completion.chunk",
        "usage": None,
        **dict(style.chunk),
    }
    if style.name == "openai":
        size = sum(len(str(choice)) for choice in choices) % 13
        chunk["obfuscation"] = seal("noise", draft.id)[5 : 6 + size]
    if style.name == "perplexity":
        chunk |= style.body(draft.says[0])
    return chunk


def _stream_choice(draft: Draft, place: int, delta: Json, finish: str | None = None) -> Json:
    delta = dict(delta)
    logprobs = delta.pop("logprobs", None)
    choice: Json = {"index": place, "delta": delta, "finish_reason": finish}
    if draft.style.name == "openai" or logprobs:
        choice["logprobs"] = logprobs
    if draft.style.name == "openrouter":
        choice["native_finish_reason"] = finish
    if draft.style.name == "perplexity":
        done = draft.says[place].text if finish else ""
        choice["message"] = {"role": "assistant", "content": done}
    return choice


def _deltas(draft: Draft, place: int) -> Iterator[Json]:
    say, style = draft.says[place], draft.style
    later = dict(style.later)
    yield dict(style.first)
    yield from _thinking(say, style)
    for piece in cut_pieces(say.text) if say.audio is None else ():
        delta = {**later, "content": piece}
        if draft.logprobs:
            delta["logprobs"] = _logprobs([piece])
        yield delta
    yield from _refusal(say)
    for number, use in enumerate(say.calls):
        for part in _fragments(use, number, draft.call_ids[place][number], style):
            yield {**later, "tool_calls": [part]}
    yield from _rest(draft, say)


def _refusal(say: Say) -> Iterator[Json]:
    for piece in cut_pieces(say.refusal or ""):
        yield {"refusal": piece}


def _thinking(say: Say, style: Style) -> Iterator[Json]:
    later = dict(style.later)
    if not say.reasoning or style.reasoning == "hidden":
        return
    if style.reasoning == "inline":
        for piece in cut_pieces(_inline(say)):
            yield {**later, "content": piece}
        return
    for piece in cut_pieces(say.reasoning):
        if style.reasoning == "content":
            yield {**later, "reasoning_content": piece}
            continue
        detail = {"type": "reasoning.text", "text": piece, "format": "unknown", "index": 0}
        yield {**later, "reasoning": piece, "reasoning_details": [detail]}
    if style.reasoning == "details":
        signed = {"type": "reasoning.text", "signature": seal("details", say.reasoning)}
        yield {**later, "reasoning_details": [{**signed, "format": "unknown", "index": 0}]}


def _fragments(use: ToolUse, number: int, call: str, style: Style) -> Iterator[Json]:
    """Id and name once, then the arguments in pieces."""
    first = tool_call(replace(use, arguments=""), call, style)
    yield {"index": number, **first}
    key, inner = ("custom", "input") if use.kind == "custom" else ("function", "arguments")
    for piece in cut_pieces(use.text()):
        yield {"index": number, key: {inner: piece}}


def _rest(draft: Draft, say: Say) -> Iterator[Json]:
    """What comes once, after the text: citations, images, sound, Gemini's signature."""
    extra: dict[str, object] = draft.style.message(say)
    if draft.style.name == "gemini":
        yield {"extra_content": extra["extra_content"]}
    if extra.get("annotations"):
        yield {"annotations": extra["annotations"]}
    if say.images:
        yield {"images": _images(say)}
    if say.audio is not None:
        audio = _audio(draft, say)
        yield {"audio": {"id": audio["id"], "transcript": ""}}
        for piece in cut_pieces(say.text):
            yield {"audio": {"transcript": piece}}
        data = str(audio["data"])
        for start in range(0, len(data), 64):
            yield {"audio": {"data": data[start : start + 64]}}
        yield {"audio": {"expires_at": audio["expires_at"]}}


def _claude(draft: Draft) -> Iterator[bytes]:
    """As recorded: the id once, the role on every chunk, two finish chunks, no ``[DONE]``."""
    total = max(1, count_tokens(draft.says[0].text) // 40)
    sent = 0

    def chunk(choice: Json, **more: object) -> bytes:
        nonlocal sent
        sent += 1
        body = {
            "id": draft.id if sent == 1 else "",
            "choices": [{"index": 0, **choice}],
            "created": draft.created + sent // (total * 40),
            "model": draft.model,
            "object": "chat.completion.chunk",
            "usage": None,
        }
        return event({**body, **more})

    say = draft.says[0]
    every = {"content": "", "role": "assistant", "refusal": None}
    yield chunk({"delta": every})
    yield chunk({"delta": every})
    for piece in cut_pieces(say.reasoning):
        yield chunk({"delta": {**every, "reasoning_content": piece}})
    for piece in cut_pieces(say.text):
        yield chunk({"delta": {**every, "content": piece}})
    for number, use in enumerate(say.calls):
        for part in _fragments(use, number, draft.call_ids[0][number], draft.style):
            yield chunk({"delta": {**every, "tool_calls": [part]}})
    yield chunk({"delta": every})
    # Claude's streams say `stop` where its whole answers say `end_turn`.
    usage = draft.style.usage_json(draft.tokens)
    yield chunk({"delta": every, "finish_reason": say.ending}, usage=usage)
    yield chunk({"finish_reason": say.ending}, **draft.meta)
