"""Ordinary LangChain traffic as neutral requests, and the published schemas to hold it against."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import replace
from typing import Any

from langchain_aimlapi._domain.values import (
    ChatRequest,
    MediaPart,
    Message,
    RawPart,
    ReasoningPart,
    RefusalPart,
    ResponseFormat,
    TextPart,
    Tool,
    ToolCall,
    ToolChoice,
)
from langchain_aimlapi.catalog.facts import Shape
from langchain_aimlapi.catalog.lookup import Catalog
from tests.harness import contract

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
PDF = "JVBERi0xLjQKJeLjz9MK"
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city"],
}


def text(said: str, **extra: Any) -> TextPart:
    return TextPart(said, extra)


def system(*said: str) -> Message:
    return Message("system", tuple(map(TextPart, said)))


def user(*parts: Any) -> Message:
    return Message("user", tuple(TextPart(p) if isinstance(p, str) else p for p in parts))


def answer(*parts: Any, calls: tuple[ToolCall, ...] = (), **extra: Any) -> Message:
    held = tuple(TextPart(p) if isinstance(p, str) else p for p in parts)
    return Message("assistant", held, tool_calls=calls, extra=extra)


def result(call_id: str, *parts: Any, is_error: bool = False) -> Message:
    held = tuple(TextPart(p) if isinstance(p, str) else p for p in parts)
    return Message("tool", held, tool_call_id=call_id, is_error=is_error)


def ask(*messages: Message, **options: Any) -> ChatRequest:
    return ChatRequest("a/model", messages or (user("hi"),), **options)


WEATHER = Tool("get_weather", "Weather of a city.", SCHEMA)
CLOCK = Tool("get_time", "The time.")
CALL = ToolCall("call_1", "get_weather", '{"city": "Oslo"}')
OTHER_CALL = ToolCall("call_2", "get_time", "")
HISTORY = (user("Weather?"), answer(calls=(CALL,)), result("call_1", "rain"))
TOOLS: dict[str, Any] = {"tools": (WEATHER, CLOCK)}
THOUGHT = {"type": "thinking", "thinking": "Let me see.", "signature": "c2ln", "index": 0}
REASONED = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [{"type": "summary_text", "text": "Let me see."}],
    "encrypted_content": "gAAAA",
    "index": 0,
    "output_index": 0,
}
NAMED = replace(user("hi"), name="ann")


def _params(**params: Any) -> Callable[[], ChatRequest]:
    return lambda: ask(params=params)


def _tools(**options: Any) -> Callable[[], ChatRequest]:
    return lambda: ask(**TOOLS, **options)


def _chosen(mode: Any, name: str | None = None, raw: Any = None) -> Callable[[], ChatRequest]:
    return lambda: ask(**TOOLS, tool_choice=ToolChoice(mode, name, raw))


FEATURES: dict[str, Callable[[], ChatRequest]] = {
    "plain": lambda: ask(),
    "system": lambda: ask(system("Be brief."), user("hi")),
    "system list": lambda: ask(system("Be brief.", "Be kind."), user("hi")),
    "system cached": lambda: ask(
        Message("system", (text("Long.", cache_control={"type": "ephemeral"}),)), user("hi")
    ),
    "system alone": lambda: ask(system("Say hi.")),
    "system late": lambda: ask(user("hi"), answer("hello"), system("Be brief."), user("so?")),
    "developer": lambda: ask(Message("developer", (TextPart("Be brief."),)), user("hi")),
    "two systems": lambda: ask(system("a"), system("b"), user("hi")),
    "user list": lambda: ask(user("one", "two")),
    "user cached": lambda: ask(user(text("one", cache_control={"type": "ephemeral"}))),
    "seven parts": lambda: ask(user(*(f"part {i}" for i in range(7)))),
    "seven images": lambda: ask(
        user(*(MediaPart("image", data=PNG, mime_type="image/png") for _ in range(7)))
    ),
    "empty user": lambda: ask(user("")),
    "empty user between": lambda: ask(user("hi"), answer("hello"), user(""), user("so?")),
    "multi-turn": lambda: ask(user("hi"), answer("hello"), user("so?")),
    "two users": lambda: ask(user("hi"), user("there")),
    "answer list": lambda: ask(user("hi"), answer("he", "llo"), user("so?")),
    "answer first": lambda: ask(answer("hello"), user("hi")),
    "prefill": lambda: ask(user("hi"), answer("Once upon ")),
    "refusal history": lambda: ask(user("hi"), answer(RefusalPart("No.")), user("so?")),
    "named user": lambda: ask(NAMED),
    "named answer": lambda: ask(user("hi"), replace(answer("hello"), name="bot"), user("so?")),
    "tools": _tools(),
    "tool strict": lambda: ask(tools=(replace(WEATHER, strict=True),)),
    "tool cached": lambda: ask(
        tools=(replace(WEATHER, extra={"cache_control": {"type": "ephemeral"}}),)
    ),
    "tool custom": lambda: ask(tools=(Tool("run", "Run code.", kind="custom"),)),
    "tool choice auto": _chosen("auto"),
    "tool choice none": _chosen("none"),
    "tool choice required": _chosen("required"),
    "tool choice named": _chosen("named", "get_weather"),
    "tool choice any": _chosen("raw", raw="any"),
    "tool choice openai": _chosen(
        "raw", raw={"type": "function", "function": {"name": "get_weather"}}
    ),
    "parallel off": _tools(params={"parallel_tool_calls": False}),
    "parallel on": _tools(params={"parallel_tool_calls": True}),
    "tool history": lambda: ask(*HISTORY, **TOOLS),
    "tool history without tools": lambda: ask(*HISTORY),
    "tool history with text": lambda: ask(
        user("Weather?"), answer("I look.", calls=(CALL,)), result("call_1", "rain"), **TOOLS
    ),
    "tool result list": lambda: ask(
        user("?"), answer(calls=(CALL,)), result("call_1", "rain", "cold"), **TOOLS
    ),
    "tool result empty": lambda: ask(user("?"), answer(calls=(CALL,)), result("call_1"), **TOOLS),
    "tool result error": lambda: ask(
        user("?"), answer(calls=(CALL,)), result("call_1", "no city", is_error=True), **TOOLS
    ),
    "tool result image": lambda: ask(
        user("?"),
        answer(calls=(CALL,)),
        result("call_1", "a map", MediaPart("image", data=PNG, mime_type="image/png")),
        **TOOLS,
    ),
    "parallel results": lambda: ask(
        user("?"),
        answer(calls=(CALL, OTHER_CALL)),
        result("call_1", "rain"),
        result("call_2", "noon"),
        user("thanks"),
        **TOOLS,
    ),
    "eight results": lambda: ask(
        user("?"),
        answer("I look.", calls=tuple(replace(CALL, id=f"c{i}") for i in range(8))),
        *(result(f"c{i}", "rain") for i in range(8)),
        **TOOLS,
    ),
    "broken arguments": lambda: ask(
        user("?"),
        answer(calls=(replace(CALL, arguments='{"city": "Os', valid=False),)),
        result("call_1", "invalid"),
        **TOOLS,
    ),
    "custom history": lambda: ask(
        user("?"),
        answer(calls=(ToolCall("call_1", "run", "print(1)", "custom"),)),
        result("call_1", "1"),
        tools=(Tool("run", "Run code.", kind="custom"),),
    ),
    "foreign call ids": lambda: ask(
        user("?"),
        answer(calls=(replace(CALL, id="functions.get_weather:0"),)),
        result("functions.get_weather:0", "rain"),
        **TOOLS,
    ),
    "json schema": lambda: ask(
        response_format=ResponseFormat("json_schema", "weather", "A weather.", SCHEMA, True)
    ),
    "json object": lambda: ask(response_format=ResponseFormat("json_object")),
    "text format": lambda: ask(response_format=ResponseFormat("text")),
    "image data": lambda: ask(user("?", MediaPart("image", data=PNG, mime_type="image/png"))),
    "image data untyped": lambda: ask(user("?", MediaPart("image", data=PNG))),
    "image data url": lambda: ask(
        user("?", MediaPart("image", url=f"data:image/jpg;base64,{PNG}", detail="low"))
    ),
    "image url": lambda: ask(user("?", MediaPart("image", url="https://a.example/b.png"))),
    "pdf": lambda: ask(
        user("?", MediaPart("file", data=PDF, mime_type="application/pdf", filename="a.pdf"))
    ),
    "pdf url": lambda: ask(user("?", MediaPart("file", url="https://a.example/b.pdf"))),
    "text document": lambda: ask(
        user("?", MediaPart("file", data="words", mime_type="text/plain", is_text=True))
    ),
    "audio": lambda: ask(user("?", MediaPart("audio", data="UklGRg==", mime_type="audio/wav"))),
    "video": lambda: ask(user("?", MediaPart("video", url="https://a.example/b.mp4"))),
    "raw block": lambda: ask(user("?", RawPart({"type": "mystery", "x": 1}))),
    "temperature 0": _params(temperature=0),
    "temperature 1.5": _params(temperature=1.5),
    "top_p 0": _params(top_p=0),
    "top_k": _params(top_k=5),
    "seed 0": _params(seed=0),
    "n": _params(n=2),
    "stop": _params(stop=["END", "\n"]),
    "max_tokens": _params(max_tokens=100),
    "max_tokens 1": _params(max_tokens=1),
    "logprobs": _params(logprobs=True, top_logprobs=2),
    "penalties": _params(frequency_penalty=0.5, presence_penalty=0.5),
    "user": _params(user="u-1"),
    "metadata": _params(metadata={"a": "b", "n": 1}),
    "stream": lambda: ask(stream=True),
    "effort low": _params(reasoning={"effort": "low"}),
    "effort minimal": _params(reasoning={"effort": "minimal"}),
    "effort xhigh": _params(reasoning={"effort": "xhigh", "summary": "auto"}),
    "effort none": _params(reasoning={"effort": "none"}),
    "thinking budget": _params(reasoning={"budget_tokens": 4000}, max_tokens=8000),
    "thinking large budget": _params(reasoning={"budget_tokens": 200_000}),
    "thinking small limit": _params(reasoning={"effort": "high"}, max_tokens=900),
    "thinking sampled": _params(reasoning={"effort": "high"}, temperature=0, top_p=0.5, top_k=3),
    "thinking forced tool": _tools(
        tool_choice=ToolChoice("required"), params={"reasoning": {"effort": "low"}}
    ),
    "thinking native": _params(thinking={"type": "enabled", "budget_tokens": 2000}),
    "thinking adaptive": _params(thinking={"type": "adaptive", "display": "omitted"}),
    "thinking off": _params(thinking={"type": "disabled"}),
    "verbosity": _params(verbosity="low"),
    "web search": _params(web_search=True),
    "reasoning round trip": lambda: ask(
        user("?"),
        answer(calls=(CALL,), thinking_blocks=[THOUGHT], reasoning_items=[REASONED]),
        result("call_1", "rain"),
        params={"reasoning": {"effort": "low"}},
        **TOOLS,
    ),
    "reasoning parts": lambda: ask(
        user("?"),
        answer(
            ReasoningPart("Hm.", signature="c2ln"),
            ReasoningPart(data="cmVk"),
            ReasoningPart("Hm.", id="rs_1", data="gAAAA"),
            ReasoningPart("not signed"),
            "Hello.",
        ),
        user("so?"),
    ),
    "hosted history": lambda: ask(
        user("?"),
        answer(
            "Found.",
            server_tool_calls=[
                {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"q": "a"}},
                {"type": "web_search_tool_result", "tool_use_id": "s1", "content": []},
                {"type": "web_search_call", "id": "ws_1", "status": "completed"},
            ],
        ),
        user("so?"),
    ),
}


# --- the published schemas -----


def request_schema(path: str, model: str) -> Any:
    """The newest published request schema of a model at a path."""
    return contract.schema(contract.keys(model)[path])


def shapes(dialect: str) -> Iterator[tuple[str, Shape]]:
    """(model, shape) of everything that speaks a dialect, also as its second form."""
    catalog = Catalog.default()
    for model in catalog.ids():
        facts = catalog.find(model)
        if facts.status not in ("listed", "documented"):
            continue
        for shape in facts.shapes.values():
            for each in (shape, shape.other):
                if each is not None and each.dialect == dialect and each.params is not None:
                    yield model, each


def problems(schema: Any, body: Any, own: Container[str] = ()) -> list[str]:
    """Why a body does not fit a published schema: what the schema says, and keys that it only
    lets pass because it is open, but for those that the user wrote."""
    import jsonschema

    found: list[str] = []
    for branch in schema.get("anyOf") or [schema]:
        wrong = [e.message[:300] for e in jsonschema.Draft202012Validator(branch).iter_errors(body)]
        wrong += [
            f"{key} is not declared"
            for key in set(body) - set(branch["properties"])
            if key not in own
        ]
        if not wrong:
            return []
        found = found or wrong
    return found
