"""From a chat body, in OpenAI's or Anthropic's spelling, to a `Prompt`.

Cluster D models take Anthropic's spelling on the chat path and the newest Claude ids take both,
so one tolerant reader serves both; what is not allowed was refused before (`_validate`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from langchain_aimlapi.emulator._author import Prompt, ToolSpec, Turn
from langchain_aimlapi.emulator._core import Json

_MEDIA = {
    "image_url": "image",
    "image": "image",
    "input_image": "image",
    "input_audio": "audio",
    "video_url": "video",
    "file": "file",
    "document": "file",
    "input_file": "file",
}


def text_of(content: Any) -> str:
    """The text inside any form of message content."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "\n".join(filter(None, (_block_text(block) for block in content)))


def _block_text(block: Any) -> str:
    if isinstance(block, str):
        return block
    if not isinstance(block, dict):
        return ""
    if isinstance(block.get("text"), str):
        return str(block["text"])
    if block.get("type") == "refusal":
        return str(block.get("refusal", ""))
    return ""


def blocks_of(messages: Any) -> Iterator[Mapping[str, Any]]:
    """Every content block of every message."""
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, dict) else None
        for block in content if isinstance(content, list) else ():
            if isinstance(block, dict):
                yield block


def read_chat(body: Json, *, reasons: bool, searches: bool = False) -> Prompt:
    """The prompt of a chat-completions or messages body."""
    turns: list[Turn] = []
    system = text_of(body.get("system"))
    if system:
        turns.append(Turn("system", system))
    for message in body["messages"]:
        turns.extend(_turns(message))
    choice, named = _choice(body.get("tool_choice"))
    schema, json_mode = _format(body.get("response_format"))
    return Prompt(
        model=str(body["model"]),
        turns=tuple(turns),
        tools=tuple(read_tools(body.get("tools"))),
        choice=choice,
        named=named,
        parallel=_parallel(body),
        schema=schema,
        json_mode=json_mode,
        reasons=reasons,
        searches=searches or isinstance(body.get("web_search_options"), dict),
        speaks="audio" in (body.get("modalities") or ()),
        logprobs=body.get("logprobs") is True,
        stop=_stops(body),
        max_tokens=_whole(body.get("max_completion_tokens", body.get("max_tokens"))),
        n=_whole(body.get("n")) or 1,
        media=tuple(
            _MEDIA[block["type"]]
            for block in blocks_of(body["messages"])
            if block.get("type") in _MEDIA
        ),
        cache_asked=_marks_cache(body),
    )


def _turns(message: Mapping[str, Any]) -> Iterator[Turn]:
    role, content = str(message["role"]), message.get("content")
    blocks = content if isinstance(content, list) else []
    results = [b for b in blocks if isinstance(b, dict) and b.get("type") == "tool_result"]
    uses = [b for b in blocks if isinstance(b, dict) and b.get("type") == "tool_use"]
    calls = [*(message.get("tool_calls") or ()), *uses]
    text = text_of(content)
    for result in results:
        yield Turn("tool", text_of(result.get("content")), answers=str(result.get("tool_use_id")))
    if text or not results:
        ids = tuple(str(call.get("id")) for call in calls if isinstance(call, dict))
        named = message.get("tool_call_id")
        yield Turn(role, text, ids, None if named is None else str(named))


def read_tools(tools: Any) -> Iterator[ToolSpec]:
    """Tools in OpenAI's nested, Anthropic's and the Responses API's flat spelling."""
    for tool in tools if isinstance(tools, list) else ():
        if not isinstance(tool, dict):
            continue
        inner = tool.get("function") if isinstance(tool.get("function"), dict) else None
        if inner is not None:
            yield ToolSpec(str(inner.get("name")), inner.get("parameters") or {})
        elif tool.get("type") == "custom" and "input_schema" not in tool:
            custom = tool.get("custom") if isinstance(tool.get("custom"), dict) else tool
            yield ToolSpec(str((custom or {}).get("name")), {}, "custom")
        elif "input_schema" in tool:
            yield ToolSpec(str(tool.get("name")), tool["input_schema"])
        elif tool.get("type") == "function":
            yield ToolSpec(str(tool.get("name")), tool.get("parameters") or {})


def _choice(value: Any) -> tuple[Literal["auto", "none", "required"], str | None]:
    """The mode and, where one tool is forced, its name."""
    if isinstance(value, str):
        return ("none" if value == "none" else "required" if value == "required" else "auto"), None
    if not isinstance(value, dict):
        return "auto", None
    kind = value.get("type")
    if kind == "none":
        return "none", None
    if kind in ("any", "required"):
        return "required", None
    for home in (value.get("function"), value.get("custom"), value):
        if isinstance(home, dict) and isinstance(home.get("name"), str):
            return "required", home["name"]
    return "auto", None


read_choice = _choice


def _parallel(body: Json) -> bool:
    choice = body.get("tool_choice")
    off = isinstance(choice, dict) and choice.get("disable_parallel_tool_use") is True
    return body.get("parallel_tool_calls") is not False and not off


def _format(value: Any) -> tuple[Mapping[str, Any] | None, bool]:
    if not isinstance(value, dict):
        return None, False
    if value.get("type") == "json_schema":
        home = value.get("json_schema") if isinstance(value.get("json_schema"), dict) else value
        return (home or {}).get("schema") or {"type": "object"}, False
    return None, value.get("type") == "json_object"


read_format = _format


def _stops(body: Json) -> tuple[str, ...]:
    value = body.get("stop", body.get("stop_sequences"))
    if isinstance(value, str):
        return (value,)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _marks_cache(body: Json) -> bool:
    return '"cache_control"' in json.dumps(
        [body.get("messages"), body.get("system"), body.get("tools")]
    )
