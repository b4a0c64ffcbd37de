"""From a chat body, in OpenAI's or Anthropic's spelling, to a `Prompt`.

The newest Claude ids take both spellings on one path, so one tolerant reader serves both; what a
schema does not take was refused before, what it leaves open may have any shape here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from langchain_aimlapi.emulator._author import Prompt, ToolSpec, Turn, Use
from langchain_aimlapi.emulator._core import Json, records

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


def text_of(content: object) -> str:
    """The text inside any form of message content."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return "\n".join(filter(None, (_block_text(block) for block in content)))


def _block_text(block: object) -> str:
    if isinstance(block, str):
        return block
    if not isinstance(block, dict):
        return ""
    if isinstance(block.get("text"), str):
        return str(block["text"])
    if block.get("type") == "refusal":
        return str(block.get("refusal", ""))
    return ""


def media_of(content: object) -> Iterator[str]:
    """The kinds of media in a message's content."""
    for block in records(content):
        kind = block.get("type")
        if isinstance(kind, str) and kind in _MEDIA:
            yield _MEDIA[kind]


def read_chat(body: Json, *, reasons: bool, searches: bool = False) -> Prompt:
    """The prompt of a chat-completions or messages body."""
    turns: list[Turn] = []
    system = text_of(body.get("system"))
    if system:
        turns.append(Turn("system", system))
    messages = records(body.get("messages"))
    for message in messages:
        turns.extend(_turns(message))
    choice, named = read_choice(body.get("tool_choice"))
    schema, json_mode = read_format(body.get("response_format"))
    modalities = body.get("modalities")
    return Prompt(
        model=str(body.get("model")),
        turns=tuple(turns),
        tools=tuple(read_tools(body.get("tools"))),
        choice=choice,
        named=named,
        parallel=_parallel(body),
        schema=schema,
        json_mode=json_mode,
        reasons=reasons,
        searches=searches or isinstance(body.get("web_search_options"), dict),
        speaks=isinstance(modalities, list) and "audio" in modalities,
        logprobs=body.get("logprobs") is True,
        stop=_stops(body),
        max_tokens=whole(body.get("max_completion_tokens", body.get("max_tokens"))),
        n=min(whole(body.get("n")) or 1, 128),
        media=tuple(kind for message in messages for kind in media_of(message.get("content"))),
        cache_marked=_marks_cache(body, messages),
    )


def _turns(message: Mapping[str, object]) -> Iterator[Turn]:
    role, content = str(message.get("role")), message.get("content")
    blocks = records(content)
    results = [block for block in blocks if block.get("type") == "tool_result"]
    uses = [block for block in blocks if block.get("type") == "tool_use"]
    text = text_of(content)
    for result in results:
        yield Turn("tool", text_of(result.get("content")))
    if text or not results:
        calls = (_use(call) for call in [*records(message.get("tool_calls")), *uses])
        yield Turn(role, text, tuple(calls))


def _use(call: Json) -> Use:
    """A call in either spelling: the tool's name and its arguments as text."""
    for key, inner in (("function", "arguments"), ("custom", "input")):
        home = call.get(key)
        if isinstance(home, dict):
            return Use(str(home.get("name")), str(home.get(inner)))
    return Use(str(call.get("name")), str(call.get("input")))


def read_tools(tools: object) -> Iterator[ToolSpec]:
    """Tools in OpenAI's nested, Anthropic's and the Responses API's flat spelling."""
    for tool in records(tools):
        inner = tool.get("function")
        if isinstance(inner, dict):
            yield ToolSpec(str(inner.get("name")), _schema(inner.get("parameters")))
        elif tool.get("type") == "custom" and "input_schema" not in tool:
            custom = tool.get("custom")
            home = custom if isinstance(custom, dict) else tool
            yield ToolSpec(str(home.get("name")), {}, "custom")
        elif "input_schema" in tool:
            yield ToolSpec(str(tool.get("name")), _schema(tool["input_schema"]))
        elif tool.get("type") == "function":
            yield ToolSpec(str(tool.get("name")), _schema(tool.get("parameters")))


def _schema(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def read_choice(value: object) -> tuple[Literal["auto", "none", "required"], str | None]:
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
    if kind == "allowed_tools":
        inner = value.get("allowed_tools")
        home = inner if isinstance(inner, dict) else value
        return ("required" if home.get("mode") == "required" else "auto"), None
    for named in (value.get("function"), value.get("custom"), value):
        if isinstance(named, dict) and isinstance(named.get("name"), str):
            return "required", named["name"]
    return "auto", None


def _parallel(body: Json) -> bool:
    choice = body.get("tool_choice")
    off = isinstance(choice, dict) and choice.get("disable_parallel_tool_use") is True
    return body.get("parallel_tool_calls") is not False and not off


def read_format(value: object) -> tuple[Mapping[str, object] | None, bool]:
    """The schema that the answer must follow, and whether it must be JSON at all."""
    if not isinstance(value, dict):
        return None, False
    if value.get("type") == "json_schema":
        inner = value.get("json_schema")
        home = inner if isinstance(inner, dict) else value
        schema = home.get("schema")
        return (schema if isinstance(schema, Mapping) and schema else {"type": "object"}), False
    return None, value.get("type") == "json_object"


def _stops(body: Json) -> tuple[str, ...]:
    value = body.get("stop", body.get("stop_sequences"))
    if isinstance(value, str):
        return (value,)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def whole(value: Any) -> int | None:
    """A whole number out of a JSON value; None where there is none."""
    good = isinstance(value, int | float) and not isinstance(value, bool)
    return int(value) if good and abs(value) < 1e15 else None


def _marks_cache(body: Json, messages: list[Json]) -> bool:
    marked = [*records(body.get("system")), *records(body.get("tools"))]
    marked += [block for message in messages for block in records(message.get("content"))]
    return any("cache_control" in one for one in marked)
