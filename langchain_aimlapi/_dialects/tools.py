"""Tools and their calls, as more than one dialect writes them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace

from langchain_aimlapi._dialects.parts import text_of
from langchain_aimlapi._domain.values import FREE_TEXT_KEY, Message, Tool, ToolCall
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import Body
from langchain_aimlapi._json import json_object
from langchain_aimlapi.catalog.facts import Shape
from langchain_aimlapi.errors import UnsupportedFeatureError

_NOT_IN_ID = re.compile(r"[^A-Za-z0-9_-]")


# --- which tools a model takes -----


def takes_tool(shape: Shape, kind: str, *, exactly: bool = False) -> bool:
    """Whether the shape takes tools of this form (an unknown shape takes every one).

    Args:
        exactly: The form has to be listed by its name; "anything with a type" is not enough.
    """
    return shape.tools is None or kind in shape.tools or (not exactly and "*" in shape.tools)


def no_tools(notes: Notes, where: str = "") -> UnsupportedFeatureError:
    """The error for tools on a model that has none."""
    advice = "choose a model with tool calling: Catalog.models(capability='tools')"
    return notes.impossible("tools", f"it has no tool calling{where}", advice)


def hosted_tool(tool: Tool, shape: Shape, notes: Notes) -> Body:
    """A server-side tool as it is.

    Raises:
        UnsupportedFeatureError: the model does not have it.
    """
    kind = str(tool.raw.get("type", ""))
    if takes_tool(shape, kind) or notes.policy == "send":
        return dict(tool.raw)
    known = ", ".join(sorted(shape.tools or ())) or "none"
    advice = "choose a model that has it, or leave it out"
    raise notes.impossible(f"tools.{kind}", f"its tools are {known}", advice)


# --- their definitions -----


def object_schema(tool: Tool) -> Body:
    """The tool's parameters as an object schema; no parameters is an empty object."""
    schema = dict(tool.parameters)
    if schema.get("type") != "object" and "$ref" not in schema and "anyOf" not in schema:
        schema = {"type": "object", **schema}
    schema.setdefault("properties", {})
    return schema


def as_function(tool: Tool, notes: Notes) -> Tool:
    """A free-text tool as a function with one text, for a model that only knows JSON tools; its
    grammar is kept in the description. A function is what it was."""
    if tool.kind != "custom":
        return tool
    notes.adapted("tools.custom", f"the free-text tool {tool.name} was sent as a JSON tool")
    text = {"type": "string", "description": "The text of the input."}
    schema = {"type": "object", "properties": {FREE_TEXT_KEY: text}, "required": [FREE_TEXT_KEY]}
    return replace(tool, kind="function", description=_with_grammar(tool), parameters=schema)


def _with_grammar(tool: Tool) -> str:
    grammar = tool.extra.get("format") or tool.raw.get("format")
    if isinstance(grammar, Mapping) and isinstance(grammar.get("grammar"), Mapping):
        grammar = grammar["grammar"]
    if not isinstance(grammar, Mapping) or not grammar.get("definition"):
        return tool.description
    rule = f"The text follows this {grammar.get('syntax', '')} grammar:\n{grammar['definition']}"
    return f"{tool.description}\n\n{rule}".strip()


# --- their calls -----


def call_arguments(call: ToolCall) -> str:
    """A call's arguments as the text of a JSON object, whatever they were. Free text stands under
    `FREE_TEXT_KEY`; what cannot be read is kept under ``__invalid_arguments__``, so that the model
    sees what it wrote."""
    if call.kind == "custom":
        return json.dumps({FREE_TEXT_KEY: call.arguments}, ensure_ascii=False)
    if not call.arguments.strip():
        return "{}"
    if json_object(call.arguments) is not None:
        return call.arguments
    return json.dumps({"__invalid_arguments__": call.arguments}, ensure_ascii=False)


def take_call(waiting: list[tuple[str | None, Body]], id: str | None) -> list[Body]:
    """The call of this id, taken out of those that have no place yet; empty if it has one.

    Args:
        waiting: (id of the call, the call as it goes out), in order.
    """
    found = next((each for each in waiting if each[0] == id), None)
    if found is None:
        return []
    waiting.remove(found)
    return [found[1]]


def calls_as_text(message: Message) -> str:
    """Tool calls of a history as text, for a model that has no tools."""
    return "\n".join(f"[called {call.name} with {call.arguments}]" for call in message.tool_calls)


def result_as_text(message: Message, name: str | None) -> str:
    """A tool's result as text, for a model that has no tools."""
    status = " (it failed)" if message.is_error else ""
    return f"[result of {name or message.tool_call_id}{status}]: {text_of(message.parts)}"


def safe_id(call_id: str, *, limit: int) -> str:
    """A tool-call id that every vendor takes; the same one for the same id, never two alike.

    Anthropic takes ``[A-Za-z0-9_-]`` only, OpenAI 64 characters; other vendors' ids
    (``functions.search:0``) come along in a history.
    """
    if len(call_id) <= limit and not _NOT_IN_ID.search(call_id):
        return call_id
    mark = hashlib.sha256(call_id.encode("utf-8", "replace")).hexdigest()[:10]
    return f"{_NOT_IN_ID.sub('_', call_id)[: limit - 11]}_{mark}"
