"""The Responses API's objects: items, the response around them, its typed events. Pure."""

from __future__ import annotations

import itertools
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from langchain_aimlapi.emulator._author import Say
from langchain_aimlapi.emulator._core import Json, event
from langchain_aimlapi.emulator._forms import Ids
from langchain_aimlapi.emulator._ledger import Tokens, cut_pieces, seal, sealed


@dataclass(frozen=True, slots=True)
class Draft:
    """A response before it has a shape."""

    id: str
    model: str
    created: int
    body: Json
    say: Say
    items: list[Json]
    tokens: Tokens
    thinks: bool


def locked(text: str) -> str:
    """A thought that only the emulator can read."""
    return f"{seal('reasoning', text)}.{b64encode(text.encode('utf-8', 'replace')).decode()}"


def opens(secret: object) -> bool:
    """Whether a locked thought is whole."""
    signature, _, hidden = str(secret).partition(".")
    try:
        text = b64decode(hidden, validate=True).decode()
    except ValueError:
        return False
    return sealed("reasoning", text, signature)


def output_items(say: Say, body: Json, ids: Ids) -> list[Json]:
    items = []
    if say.reasoning:
        items.append(_reasoning_item(say, body, ids))
    if say.text or say.refusal or not say.calls:
        items.append(_message_item(say, ids))
    for use in say.calls:
        call = {"call_id": use.id or f"call_{ids.base62(24)}", "name": use.name}
        kind, key = (
            ("custom_tool_call", "input")
            if use.kind == "custom"
            else ("function_call", "arguments")
        )
        prefix = "ctc_" if use.kind == "custom" else "fc_"
        items.append(
            {
                "id": f"{prefix}{ids.hex(48)}",
                "type": kind,
                "status": "completed",
                key: use.text(),
                **call,
            }
        )
    return items


def _reasoning_item(say: Say, body: Json, ids: Ids) -> Json:
    """The summary only where it was requested, the sealed thought only where included."""
    item: Json = {"id": f"rs_{ids.hex(48)}", "type": "reasoning", "summary": []}
    control = _mapping(body.get("reasoning"))
    if control.get("summary") or control.get("generate_summary"):
        item["summary"] = [{"type": "summary_text", "text": say.reasoning}]
    include = body.get("include")
    if isinstance(include, list) and "reasoning.encrypted_content" in include:
        item["encrypted_content"] = locked(say.reasoning)
    return item


def _message_item(say: Say, ids: Ids) -> Json:
    notes = [
        {
            "type": "url_citation",
            "url": url,
            "title": f"Result {place}",
            "start_index": 0,
            "end_index": len(say.text),
        }
        for place, url in enumerate(say.citations, 1)
    ]
    part: Json = {"type": "output_text", "annotations": notes, "logprobs": [], "text": say.text}
    if say.refusal is not None:
        part = {"type": "refusal", "refusal": say.refusal}
    return {
        "id": f"msg_{ids.hex(48)}",
        "type": "message",
        "status": "completed",
        "content": [part],
        "phase": "final_answer",
        "role": "assistant",
    }


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def response(draft: Draft, status: str | None = None) -> Json:
    """The response object; ``status`` is named while it is not finished."""
    body, tokens = draft.body, draft.tokens
    short = draft.say.ending == "length"
    control = _mapping(body.get("reasoning"))
    text = _mapping(body.get("text"))
    usage = {
        "input_tokens": tokens.input,
        "input_tokens_details": {"cached_tokens": tokens.cached},
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": tokens.total,
    }
    return {
        "id": draft.id,
        "object": "response",
        "created_at": draft.created,
        "status": status or ("incomplete" if short else "completed"),
        "background": body.get("background") is True,
        "billing": {"payer": "developer"},
        "completed_at": None if status else draft.created,
        "error": None,
        "frequency_penalty": 0,
        "incomplete_details": {"reason": "max_output_tokens"} if short and not status else None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "max_tool_calls": None,
        "model": draft.model,
        "moderation": None,
        "output": [] if status else draft.items,
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "presence_penalty": 0,
        "previous_response_id": body.get("previous_response_id"),
        "prompt_cache_key": body.get("prompt_cache_key"),
        "prompt_cache_retention": body.get("prompt_cache_retention"),
        "reasoning": {
            "effort": control.get("effort", "medium" if draft.thinks else "none"),
            "summary": control.get("summary"),
        },
        "safety_identifier": body.get("safety_identifier"),
        "service_tier": "default",
        "store": bool(body.get("store")),
        "temperature": body.get("temperature", 1),
        "text": {"format": {"type": "text"}, "verbosity": "medium", **text},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools") or [],
        "top_logprobs": 0,
        "top_p": body.get("top_p", 1),
        "truncation": body.get("truncation", "disabled"),
        "usage": None if status else usage,
        "user": body.get("user"),
        "metadata": body.get("metadata") or {},
        "output_text": "" if status else draft.say.text,
    }


def stream(draft: Draft, meta: Json) -> Iterator[bytes]:
    """The same response as its typed events."""
    numbers = itertools.count()

    def typed(kind: str, **fields: object) -> bytes:
        return event({"type": kind, "sequence_number": next(numbers), **fields}, kind)

    yield typed("response.created", response=response(draft, "in_progress"))
    yield typed("response.in_progress", response=response(draft, "in_progress"))
    for place, item in enumerate(draft.items):
        opened = {**item, **_EMPTY[item["type"]]}
        yield typed("response.output_item.added", output_index=place, item=opened)
        for kind, fields in _filling(item):
            yield typed(kind, item_id=item["id"], output_index=place, **fields)
        yield typed("response.output_item.done", output_index=place, item=item)
    final = response(draft)
    # The documentation puts a stream's cost into its last chunk.
    yield typed(f"response.{final['status']}", response=final, **meta)


_EMPTY: Mapping[str, Json] = {
    "message": {"status": "in_progress", "content": []},
    "reasoning": {"summary": []},
    "function_call": {"status": "in_progress", "arguments": ""},
    "custom_tool_call": {"status": "in_progress", "input": ""},
}


def _filling(item: Json) -> Iterator[tuple[str, Json]]:
    """The events between an item's "added" and "done"."""
    if item["type"] == "message":
        yield from _message_events(item["content"][0])
    elif item["type"] == "reasoning":
        for place, part in enumerate(item["summary"]):
            yield from _summary_events(place, part)
    elif item["type"] == "function_call":
        for piece in cut_pieces(item["arguments"]):
            yield "response.function_call_arguments.delta", {"delta": piece}
        done = {"arguments": item["arguments"], "name": item["name"]}
        yield "response.function_call_arguments.done", done
    else:
        for piece in cut_pieces(item["input"]):
            yield "response.custom_tool_call_input.delta", {"delta": piece}
        yield "response.custom_tool_call_input.done", {"input": item["input"]}


def _message_events(part: Json) -> Iterator[tuple[str, Json]]:
    name, key = ("refusal", "refusal") if part["type"] == "refusal" else ("output_text", "text")
    here: Json = {"content_index": 0}
    empty = {**part, key: "", **({"annotations": []} if name == "output_text" else {})}
    probs: Json = {"logprobs": []} if name == "output_text" else {}
    yield "response.content_part.added", {**here, "part": empty}
    for piece in cut_pieces(part[key]):
        yield f"response.{name}.delta", {**here, "delta": piece, **probs}
    for place, note in enumerate(part.get("annotations", ())):
        added = {**here, "annotation_index": place, "annotation": note}
        yield "response.output_text.annotation.added", added
    yield f"response.{name}.done", {**here, key: part[key], **probs}
    yield "response.content_part.done", {**here, "part": part}


def _summary_events(place: int, part: Json) -> Iterator[tuple[str, Json]]:
    here = {"summary_index": place}
    yield "response.reasoning_summary_part.added", {**here, "part": {**part, "text": ""}}
    for piece in cut_pieces(part["text"]):
        yield "response.reasoning_summary_text.delta", {**here, "delta": piece}
    yield "response.reasoning_summary_text.done", {**here, "text": part["text"]}
    yield "response.reasoning_summary_part.done", {**here, "part": part}
