"""Refuses what the published schema of a model refuses, in the API's words (400).

Two layers: rules that hold for every model (the loose ones of the upstream vendors too), then the
model's own facts from the catalog. Nothing of this is shared with the client.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from langchain_aimlapi.emulator._core import Json, Refusal, kind_of
from langchain_aimlapi.emulator._fits import enum_problem, problems
from langchain_aimlapi.emulator._models import Model, Models
from langchain_aimlapi.emulator._parts import check_part, received

Row = Mapping[str, Any]
ROLES = ("user", "assistant", "system", "developer", "tool", "function")
MAX_ISSUES = 8

# Rules of nearly every chat schema; used as they are where a model has none of its own.
COMMON: Row = {
    "temperature": {"types": ["number", "null"], "minimum": 0, "maximum": 2},
    "top_p": {"types": ["number", "null"], "minimum": 0.01, "maximum": 1},
    "seed": {"types": ["integer", "null"], "minimum": 1},
    "n": {"types": ["integer", "null"], "minimum": 1},
    "max_tokens": {"types": ["number", "null"], "minimum": 1},
    "max_completion_tokens": {"types": ["integer", "null"], "minimum": 1},
    "stream": {"types": ["boolean", "null"]},
    "stream_options": {
        "types": ["object", "null"],
        "required": ["include_usage"],
        "properties": {"include_usage": {"types": ["boolean"]}},
    },
    "logprobs": {"types": ["boolean", "null"]},
    "parallel_tool_calls": {"types": ["boolean"]},
}
APART = frozenset({"tools", "tool_choice", "response_format"})


def refuse(issues: Iterable[str]) -> None:
    """Raises the documented 400 if there is any issue."""
    found = [issue for _, issue in zip(range(MAX_ISSUES), issues, strict=False)]
    if found:
        raise Refusal(400, f"Body validation error: {'; '.join(found)}")


def find_model(models: Models, body: Json, path: str) -> Model:
    """The model that a body names. Raises `Refusal`: 400 without one, 404 for an unknown one."""
    name = body.get("model")
    if not isinstance(name, str) or not name:
        wrong = "undefined" if "model" not in body else kind_of(name)
        refuse([f"model: Expected string, received {wrong}"])
    model = models.find(str(name))
    if model is None:
        raise Refusal(404, f"The model '{name}' does not exist or you do not have access to it.")
    if model.row.get("status") == "deprecated":
        other = models.replacement(model.id)
        hint = f" Use '{other}' instead." if other else ""
        raise Refusal(404, f"The model '{name}' is deprecated and no longer available.{hint}")
    if model.shapes and path not in model.shapes:
        served = ", ".join(model.shapes)
        refuse([f"model: '{name}' is not served at {path}; it is served at {served}"])
    return model


def check_params(body: Json, shape: Row | None, *, without: Iterable[str] = ()) -> Iterator[str]:
    """Problems of the top-level parameters."""
    known = (shape or {}).get("params")
    rows = COMMON if known is None else known
    own = {*without, *APART, "model"}
    for name in (shape or {}).get("required") or ():
        if name not in body:
            yield f"{name}: Required"
    for name, value in body.items():
        if name in own:
            continue
        if name in rows:
            yield from problems(name, value, rows[name])
        elif (shape or {}).get("closed") or name.startswith(("ls_", "lc_")):
            yield f"Unrecognized key(s) in object: '{name}'"


def check_chat(body: Json, shape: Row | None) -> None:
    """Refuses a chat-completions or messages body that the model does not take."""
    other = (shape or {}).get("other")
    issues = list(_chat_issues(body, shape or {}))
    if issues and other:
        second = list(_chat_issues(body, other))
        issues = second if len(second) < len(issues) else issues
    refuse(issues)


def _chat_issues(body: Json, shape: Row) -> Iterator[str]:
    messages = body.get("messages")
    if not isinstance(messages, list):
        yield f"messages: Expected array, received {received(body, 'messages')}"
        return
    if not messages:
        yield "messages: Array must contain at least 1 element(s)"
    for place, message in enumerate(messages):
        yield from _message(f"messages.{place}", message, shape)
    yield from check_params(body, shape, without=("messages",))
    if body.get("stop") == [] or body.get("stop") == "":
        yield "stop: Array must contain at least 1 element(s)"
    yield from _tools(body, shape)
    yield from _tool_choice(body.get("tool_choice"), body, shape)
    yield from check_format("response_format", body.get("response_format"), shape)


# --- messages --------------------------------------------------------------------------------


def _message(path: str, message: Any, shape: Row) -> Iterator[str]:
    if not isinstance(message, dict):
        yield f"{path}: Expected object, received {kind_of(message)}"
        return
    role: Any = message.get("role")
    roles = shape.get("roles") or {}
    if role not in (roles or ROLES):
        yield f"{path}.role: {enum_problem(roles or ROLES, role)}"
        return
    facts = roles.get(role) or {}
    for name in facts.get("required") or (("tool_call_id",) if role == "tool" else ()):
        if name not in message:
            yield f"{path}.{name}: Required"
    keys = facts.get("keys")
    if facts.get("closed") and keys is not None:
        for name in message:
            if name not in keys and name not in ("role", "content"):
                yield f"{path}: Unrecognized key(s) in object: '{name}'"
    yield from _content(path, message, facts, shape)
    if message.get("tool_calls") is not None:
        yield from _tool_calls(f"{path}.tool_calls", message["tool_calls"], shape)


def _content(path: str, message: Json, facts: Row, shape: Row) -> Iterator[str]:
    here = f"{path}.content"
    if "content" not in message:
        if not facts.get("absent", message.get("role") == "assistant"):
            yield f"{here}: Required"
        return
    content = message["content"]
    form = {"string": "string", "array": "list", "null": "null"}.get(kind_of(content))
    if form is None or not facts.get(form, form != "null" or message["role"] == "assistant"):
        wanted = [n for n, f in (("string", "string"), ("array", "list")) if facts.get(f, True)]
        yield f"{here}: Expected {' | '.join(wanted)}, received {kind_of(content)}"
        return
    if not isinstance(content, list):
        return
    limit = facts.get("max_parts")
    if limit is not None and len(content) > limit:
        yield f"{here}: Array must contain at most {limit} element(s)"
    for place, part in enumerate(content):
        yield from check_part(f"{here}.{place}", part, facts.get("parts"), shape.get("parts") or {})


def _tool_calls(path: str, calls: Any, shape: Row) -> Iterator[str]:
    if not isinstance(calls, list):
        yield f"{path}: Expected array, received {kind_of(calls)}"
        return
    if not calls:
        yield f"{path}: Array must contain at least 1 element(s)"
    defs = shape.get("call_defs") or _CALLS
    for place, call in enumerate(calls):
        kind: Any = call.get("type") if isinstance(call, dict) else None
        if kind not in defs:
            yield f"{path}.{place}.type: {enum_problem(sorted(defs), kind)}"
        else:
            yield from problems(f"{path}.{place}", call, defs[kind])


_STRING: Row = {"types": ["string"]}
_CALLS: Row = {
    "function": {
        "types": ["object"],
        "required": ["id", "type", "function"],
        "properties": {
            "id": _STRING,
            "function": {
                "types": ["object"],
                "required": ["name", "arguments"],
                "properties": {"name": _STRING, "arguments": _STRING},
            },
        },
    },
    "custom": {"types": ["object"], "required": ["id", "type", "custom"]},
}


# --- tools and formats -----------------------------------------------------------------------


def _tools(body: Json, shape: Row) -> Iterator[str]:
    tools, forms = body.get("tools"), shape.get("tools")
    if tools is None:
        return
    if not isinstance(tools, list):
        yield f"tools: Expected array, received {kind_of(tools)}"
        return
    if forms == [] and shape.get("params") is not None and tools:
        return  # an open schema that does not list tools drops them
    for place, tool in enumerate(tools):
        yield from _tool(f"tools.{place}", tool, forms, shape.get("tool_defs") or {})


def tool_form(tool: Json) -> str:
    """``anthropic`` for a definition with an input schema, else the tool's ``type``."""
    return "anthropic" if "input_schema" in tool else str(tool.get("type"))


def _tool(path: str, tool: Any, forms: Any, defs: Row) -> Iterator[str]:
    if not isinstance(tool, dict):
        yield f"{path}: Expected object, received {kind_of(tool)}"
        return
    form = tool_form(tool)
    if forms is not None and form not in forms:
        if "*" not in forms:
            yield f"{path}.type: {enum_problem(forms, form)}"
        elif not tool.get("type"):  # any tool that says its type
            yield f"{path}.type: Required"
        return
    if form in defs:
        yield from problems(path, tool, defs[form])
    if form == "function" and "function" in tool:
        inner = tool["function"]
        if not isinstance(inner, dict) or not isinstance(inner.get("name"), str):
            yield f"{path}.function.name: Expected string, received undefined"
        elif not isinstance(inner.get("parameters", {}), dict):
            yield f"{path}.function.parameters: Expected object, received other"
    elif form == "anthropic" and not isinstance(tool.get("name"), str):
        yield f"{path}.name: Expected string, received {received(tool, 'name')}"


def _tool_choice(choice: Any, body: Json, shape: Row) -> Iterator[str]:
    if choice is None or (shape.get("tools") == [] and shape.get("params") is not None):
        return
    if isinstance(choice, str):
        strings = shape.get("tool_choice_strings")
        allowed = ("none", "auto", "required") if strings is None else strings
        if choice not in allowed:
            yield f"tool_choice: {enum_problem(allowed, choice)}"
        return
    if not isinstance(choice, dict):
        yield f"tool_choice: Expected string | object, received {kind_of(choice)}"
        return
    kind, objects = choice.get("type"), shape.get("tool_choice_objects")
    if objects is not None and kind not in objects and "*" not in objects:
        yield f"tool_choice.type: {enum_problem(objects, kind)}"
        return
    home = choice.get("function") if kind == "function" and "function" in choice else choice
    if kind in ("function", "tool"):
        name = home.get("name") if isinstance(home, dict) else None
        if name not in _tool_names(body.get("tools")):
            yield f"tool_choice: the tool '{name}' is not among the tools"


def _tool_names(tools: Any) -> set[Any]:
    names = set()
    for tool in tools if isinstance(tools, list) else ():
        if isinstance(tool, dict):
            inner = tool.get("function") if isinstance(tool.get("function"), dict) else tool
            names.add((inner or {}).get("name"))
    return names


def check_format(path: str, value: Any, shape: Row | None) -> Iterator[str]:
    """Problems of ``response_format``, or of ``text.format``."""
    if value is None:
        return
    if not isinstance(value, dict):
        yield f"{path}: Expected object, received {kind_of(value)}"
        return
    allowed = (shape or {}).get("response_formats")
    if allowed == [] and (shape or {}).get("params") is not None:
        return
    kind, kinds = value.get("type"), allowed or ("text", "json_object", "json_schema")
    if kind not in kinds:
        yield f"{path}.type: {enum_problem(kinds, kind)}"
    elif kind == "json_schema":
        home = value if "schema" in value else value.get("json_schema")
        if not isinstance(home, dict) or not isinstance(home.get("name"), str):
            yield f"{path}.json_schema.name: Expected string, received undefined"
        elif not isinstance(home.get("schema", {}), dict):
            yield f"{path}.json_schema.schema: Expected object, received other"
