"""What is said in the conversations, and the same words on the three wires."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
PDF = "JVBERi0xLjQKMSAwIG9iajw8Pj5lbmRvYmoKJSVFT0YK"
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEA"
MP4 = "AAAAIGZ0eXBpc29tAAACAGlzb21pc28y"
IMAGE_URL = "https://pictures.example/cat.png"
PDF_URL = "https://papers.example/one.pdf"
AUDIO_URL = "https://sounds.example/one.wav"
VIDEO_URL = "https://films.example/one.mp4"

SCHEMA: dict[str, Any] = {
    "title": "Weather",
    "description": "The weather of a city.",
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}


@tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return city


@tool
def get_time() -> str:
    """The time."""
    return "noon"


CALL = {"name": "get_weather", "args": {"city": "Oslo"}, "id": "call_1", "type": "tool_call"}
SECOND = {"name": "get_time", "args": {}, "id": "call_2", "type": "tool_call"}
ASKED = HumanMessage("Weather of Oslo?")


def called(content: Any = "", *calls: Any, **more: Any) -> AIMessage:
    """An answer that calls tools."""
    return AIMessage(content=content, tool_calls=list(calls or (CALL,)), **more)


def result(content: Any = "rain", call_id: str = "call_1", **more: Any) -> ToolMessage:
    """A tool's result."""
    return ToolMessage(content=content, tool_call_id=call_id, **more)


# --- on the wires -----

Wire = dict[str, Any]


def said(role: str, content: Any, **more: Any) -> Wire:
    """A message of the chat wires."""
    return {"role": role, "content": content, **more}


def text(value: str, **more: Any) -> Wire:
    """A text part."""
    return {"type": "text", "text": value, **more}


HI = said("user", "hi")


def chat(*messages: Wire, **params: Any) -> Wire:
    """A body for ``/v1/chat/completions`` or ``/v1/messages``."""
    return {"messages": list(messages) or [HI], **params}


def responses(*items: Wire, **params: Any) -> Wire:
    """A body for ``/v1/responses``."""
    return {"input": list(items) or [HI], **params}


def function(name: str, **more: Any) -> Wire:
    """A tool in OpenAI's form."""
    inner = {"name": name, "parameters": {"type": "object", "properties": {}}, **more}
    return {"type": "function", "function": inner}


def claude_tool(name: str, **more: Any) -> Wire:
    """A tool in Anthropic's form."""
    return {"name": name, "input_schema": {"type": "object", "properties": {}}, **more}


def flat_tool(name: str, **more: Any) -> Wire:
    """A tool in the form of ``/v1/responses``."""
    schema = {"type": "object", "properties": {}}
    return {"type": "function", "name": name, "parameters": schema, "strict": False, **more}


BOTH = ("get_weather", "get_time")
TOOLS = [function(name) for name in BOTH]
CLAUDE_TOOLS = [claude_tool(name) for name in BOTH]
FLAT_TOOLS = [flat_tool(name) for name in BOTH]
WIRE_CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'},
}
USE = {"type": "tool_use", "id": "call_1", "name": "get_weather", "input": {"city": "Oslo"}}
FLAT_CALL = {
    "type": "function_call",
    "call_id": "call_1",
    "name": "get_weather",
    "arguments": '{"city": "Oslo"}',
}
