"""POST /v1/responses: items in, items out, whole and as typed events."""

from __future__ import annotations

import itertools
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from langchain_aimlapi.emulator._author import Prompt, Say, Turn
from langchain_aimlapi.emulator._core import (
    Answer,
    Call,
    Json,
    Refusal,
    event,
    json_answer,
    kind_of,
    sse_answer,
)
from langchain_aimlapi.emulator._fits import enum_problem, problems
from langchain_aimlapi.emulator._history import refuse_upstream
from langchain_aimlapi.emulator._ledger import Cost, Tokens, cut_pieces, seal, sealed
from langchain_aimlapi.emulator._reading import read_choice, read_format, read_tools, text_of
from langchain_aimlapi.emulator._reasoning import reasons
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State, charged
from langchain_aimlapi.emulator._validate import check_format, check_params, find_model, refuse

PATH = "/v1/responses"
MIN_OUTPUT_TOKENS = 16
_ROLES = ("user", "assistant", "system", "developer")
_MEDIA = {"input_image": "image", "input_file": "file", "input_audio": "audio"}


@dataclass(frozen=True, slots=True)
class _Draft:
    id: str
    model: str
    created: int
    body: Json
    say: Say
    items: list[Json]
    tokens: Tokens
    cost: Cost


@route("POST", PATH, "/responses")
def create(call: Call, state: State) -> Answer:
    """A response object, or its events."""
    body = call.json()
    model = find_model(state.models, body, PATH)
    refuse(_issues(body, model.shape(PATH) or {}))
    items = _history(body, state)
    if state.checks_history:
        _check_pairs(items)
    if state.checks_signatures:
        _check_seals(items)
    prompt = _prompt(body, items, thinks=reasons(model, PATH, body))
    say = state.answers(call, body, prompt)[0]
    tokens = state.measure(prompt, (say,))
    draft = _Draft(
        id=f"resp_{state.ids.hex(48)}",
        model=state.served(model.id),
        created=state.now(),
        body=body,
        say=say,
        items=_output(say, body, state),
        tokens=tokens,
        cost=state.ledger.charge(tokens.cost()),
    )
    if body.get("store"):
        state.stored[draft.id] = [*items, *draft.items]
    if body.get("stream"):
        return sse_answer(_stream(draft))
    return charged(json_answer(_response(draft)), draft.cost.headers())


# --- reading ---------------------------------------------------------------------------------


def _issues(body: Json, shape: Mapping[str, Any]) -> Iterator[str]:
    given = body.get("input")
    if not isinstance(given, str | list):
        received = kind_of(given) if "input" in body else "undefined"
        yield f"input: Expected string | array, received {received}"
        return
    for place, item in enumerate(given if isinstance(given, list) else ()):
        yield from _item_issues(f"input.{place}", item, shape.get("items"))
    yield from check_params(body, shape, without=("input", "text"))
    limit = body.get("max_output_tokens")
    if isinstance(limit, int) and limit < MIN_OUTPUT_TOKENS:
        yield f"max_output_tokens: Number must be greater than or equal to {MIN_OUTPUT_TOKENS}"
    text = body.get("text")
    if text is not None and not isinstance(text, dict):
        yield f"text: Expected object, received {kind_of(text)}"
    elif text is not None:
        yield from check_format("text.format", text.get("format"), shape)
    for place, tool in enumerate(body.get("tools") or ()):
        yield from _tool_issues(f"tools.{place}", tool, shape)


def _item_issues(path: str, item: Any, rows: Mapping[str, Any] | None) -> Iterator[str]:
    if not isinstance(item, dict):
        yield f"{path}: Expected object, received {kind_of(item)}"
        return
    kind = item.get("type", "message")
    if kind == "message" and item.get("role") not in _ROLES:
        yield f"{path}.role: {enum_problem(_ROLES, item.get('role'))}"
    elif rows is not None:
        names = [kind, "output_message"] if kind == "message" else [kind]
        found = [list(problems(path, item, rows[name])) for name in names if name in rows]
        if not found:
            yield f"{path}.type: {enum_problem(sorted(rows), kind)}"
        elif all(found):
            yield from min(found, key=len)


def _tool_issues(path: str, tool: Any, shape: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(tool, dict):
        yield f"{path}: Expected object, received {kind_of(tool)}"
        return
    forms, kind = shape.get("tools"), tool.get("type")
    if kind == "function" and not isinstance(tool.get("name"), str):
        yield f"{path}.name: Required"  # the flat spelling, not chat completions' nested one
    elif forms and kind not in forms and "*" not in forms:
        yield f"{path}.type: {enum_problem(forms, kind)}"
    elif kind in (shape.get("tool_defs") or {}):
        yield from problems(path, tool, shape["tool_defs"][kind])


def _history(body: Json, state: State) -> list[Json]:
    """The stored conversation, if one is continued, and the new input."""
    before: list[Json] = []
    earlier = body.get("previous_response_id")
    if earlier is not None:
        if earlier not in state.stored:
            raise Refusal(404, f"Previous response with id '{earlier}' not found.")
        before = state.stored[earlier]
    given = body["input"]
    if isinstance(given, str):
        given = [{"type": "message", "role": "user", "content": given}]
    return [*before, *given]


def _check_pairs(items: list[Json]) -> None:
    called = {item.get("call_id") for item in items if str(item.get("type")).endswith("_call")}
    answered = {item.get("call_id") for item in items if str(item.get("type")).endswith("_output")}
    for call in answered - called:
        refuse_upstream(f"No tool call found for function call output {call}.", anthropic=False)
    for call in called - answered - {None}:
        refuse_upstream(f"No tool output found for function call {call}.", anthropic=False)


def _check_seals(items: list[Json]) -> None:
    for place, item in enumerate(items):
        secret = item.get("encrypted_content") if item.get("type") == "reasoning" else None
        if secret is not None and not _opens(secret):
            refuse_upstream(
                f"input.{place}: the encrypted content could not be verified", anthropic=False
            )


def _locked(text: str) -> str:
    return f"{seal('reasoning', text)}.{b64encode(text.encode('utf-8', 'replace')).decode()}"


def _opens(secret: Any) -> bool:
    signature, _, hidden = str(secret).partition(".")
    try:
        text = b64decode(hidden, validate=True).decode()
    except ValueError:
        return False
    return sealed("reasoning", text, signature)


def _prompt(body: Json, items: list[Json], *, thinks: bool) -> Prompt:
    turns = [Turn("system", body["instructions"])] if body.get("instructions") else []
    turns += [turn for item in items for turn in _turns(item)]
    choice, named = read_choice(body.get("tool_choice"))
    schema, json_mode = read_format((body.get("text") or {}).get("format"))
    tools = body.get("tools") or ()
    return Prompt(
        model=str(body["model"]),
        turns=tuple(turns),
        tools=tuple(read_tools(list(tools))),
        choice=choice,
        named=named,
        parallel=body.get("parallel_tool_calls") is not False,
        schema=schema,
        json_mode=json_mode,
        reasons=thinks,
        searches=any(str(tool.get("type")).startswith("web_search") for tool in tools),
        max_tokens=body.get("max_output_tokens"),
        media=tuple(_MEDIA[part] for item in items for part in _part_types(item) if part in _MEDIA),
    )


def _part_types(item: Json) -> list[str]:
    content = item.get("content")
    parts = content if isinstance(content, list) else []
    return [str(part.get("type")) for part in parts if isinstance(part, dict)]


def _turns(item: Json) -> Iterator[Turn]:
    kind = str(item.get("type", "message"))
    if kind == "message":
        yield Turn(str(item["role"]), text_of(item.get("content")))
    elif kind.endswith("_call_output"):
        output = item.get("output")
        text = output if isinstance(output, str) else text_of(output)
        yield Turn("tool", text, answers=str(item.get("call_id")))
    elif kind in ("function_call", "custom_tool_call"):
        yield Turn("assistant", "", (str(item.get("call_id")),))


# --- writing ---------------------------------------------------------------------------------


def _output(say: Say, body: Json, state: State) -> list[Json]:
    items = []
    if say.reasoning:
        items.append(_reasoning_item(say, body, state))
    if say.text or say.refusal or not say.calls:
        items.append(_message_item(say, state))
    for use in say.calls:
        call = {"call_id": use.id or f"call_{state.ids.hex(24)}", "name": use.name}
        kind, key = (
            ("custom_tool_call", "input")
            if use.kind == "custom"
            else ("function_call", "arguments")
        )
        prefix = "ctc_" if use.kind == "custom" else "fc_"
        items.append(
            {
                "id": f"{prefix}{state.ids.hex(48)}",
                "type": kind,
                "status": "completed",
                key: use.text(),
                **call,
            }
        )
    return items


def _reasoning_item(say: Say, body: Json, state: State) -> Json:
    """The summary only where it was asked for, the sealed thought only where included."""
    item: Json = {"id": f"rs_{state.ids.hex(48)}", "type": "reasoning", "summary": []}
    wish = body.get("reasoning") or {}
    if wish.get("summary") or wish.get("generate_summary"):
        item["summary"] = [{"type": "summary_text", "text": say.reasoning}]
    if "reasoning.encrypted_content" in (body.get("include") or ()):
        item["encrypted_content"] = _locked(say.reasoning)
    return item


def _message_item(say: Say, state: State) -> Json:
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
        "id": f"msg_{state.ids.hex(48)}",
        "type": "message",
        "status": "completed",
        "content": [part],
        "phase": "final_answer",
        "role": "assistant",
    }


def _response(draft: _Draft, status: str | None = None) -> Json:
    """The response object; ``status`` is given while it is not finished."""
    body, tokens = draft.body, draft.tokens
    short = draft.say.ending == "length"
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
        "background": False,
        "billing": {"payer": "developer"},
        "completed_at": None if status else draft.created,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if short and not status else None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "model": draft.model,
        "output": [] if status else draft.items,
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "previous_response_id": body.get("previous_response_id"),
        "reasoning": {"effort": (body.get("reasoning") or {}).get("effort"), "summary": None},
        "service_tier": "default",
        "store": bool(body.get("store")),
        "temperature": body.get("temperature", 1),
        "text": body.get("text") or {"format": {"type": "text"}},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools") or [],
        "top_p": body.get("top_p", 1),
        "truncation": "disabled",
        "usage": None if status else usage,
        "metadata": body.get("metadata") or {},
        "output_text": "" if status else draft.say.text,
    }


def _stream(draft: _Draft) -> Iterator[bytes]:
    numbers = itertools.count()

    def typed(kind: str, **fields: Any) -> bytes:
        return event({"type": kind, "sequence_number": next(numbers), **fields}, kind)

    yield typed("response.created", response=_response(draft, "in_progress"))
    yield typed("response.in_progress", response=_response(draft, "in_progress"))
    for place, item in enumerate(draft.items):
        opened = {**item, **_EMPTY[item["type"]]}
        yield typed("response.output_item.added", output_index=place, item=opened)
        for kind, fields in _filling(item):
            yield typed(kind, item_id=item["id"], output_index=place, **fields)
        yield typed("response.output_item.done", output_index=place, item=item)
    final = _response(draft)
    # The documentation puts a stream's cost into its last chunk.
    yield typed(f"response.{final['status']}", response=final, meta=draft.cost.meta())


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
        told = {"arguments": item["arguments"], "name": item["name"]}
        yield "response.function_call_arguments.done", told
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
        told = {**here, "annotation_index": place, "annotation": note}
        yield "response.output_text.annotation.added", told
    yield f"response.{name}.done", {**here, key: part[key], **probs}
    yield "response.content_part.done", {**here, "part": part}


def _summary_events(place: int, part: Json) -> Iterator[tuple[str, Json]]:
    here = {"summary_index": place}
    yield "response.reasoning_summary_part.added", {**here, "part": {**part, "text": ""}}
    for piece in cut_pieces(part["text"]):
        yield "response.reasoning_summary_text.delta", {**here, "delta": piece}
    yield "response.reasoning_summary_text.done", {**here, "text": part["text"]}
    yield "response.reasoning_summary_part.done", {**here, "part": part}
