"""Small questions that show what a chat model takes: one a feature, with what the catalog says.

The gateway answers 200 and drops a parameter that it does not know. So a probe counts as taken only
where its answer shows the effect, or where the form that was sent could not have been dropped.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from langchain_aimlapi.catalog.check import fits
from langchain_aimlapi.catalog.facts import Facts, RoleFacts, Shape
from langchain_aimlapi.catalog.shape import CHAT

Body = Mapping[str, Any]
Outcome = Literal["taken", "refused", "unproven", "failed"]
MAX_TOKENS = 64
INPUT_TOKENS = 120
"""The most that a probe's input counts, for the estimate."""

_HI = {"role": "user", "content": "Say hi."}
_PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
    "WjR9awAAAABJRU5ErkJggg=="
)
_PDF = "data:application/pdf;base64,JVBERi0xLjAKJSVFT0YK"
_SCHEMA = {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}
_TOOL = {"type": "function", "function": {"name": "look", "parameters": _SCHEMA}}
_CALL = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"x": "a"}'}}
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True)
class Probe:
    """One question.

    Attributes:
        name: What it asks: ``tools``, ``role developer``, ``effort none``.
        body: What is sent beside ``model`` and ``max_tokens``.
        says: What a shape says of it: taken, refused, or None where it does not know.
        learn: The shape with an outcome in it.
        shows: Whether an answer shows the effect; None: the form itself cannot be dropped.
    """

    name: str
    body: Body
    says: Callable[[Shape], bool | None]
    learn: Callable[[Shape, bool], Shape]
    shows: Callable[[Any], bool] | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a probe, beside what the catalog says."""

    probe: str
    outcome: Outcome
    catalog: bool | None
    message: str = ""

    @property
    def differs(self) -> bool:
        """Whether the API proved the catalog wrong."""
        proved = {"taken": True, "refused": False}.get(self.outcome)
        return proved is not None and self.catalog is not None and proved is not self.catalog


# --- roles, contents, parts -----


def _role(role: str, *, content: object = "Be brief.", form: str = "string") -> Probe:
    def says(shape: Shape) -> bool | None:
        if not shape.roles:
            return None
        found = shape.roles.get(role)
        return found is not None and bool(getattr(found, form))

    def learn(shape: Shape, taken: bool) -> Shape:
        known = shape.roles.get(role)
        if known is None:
            return _with_role(shape, role, RoleFacts(null=False)) if taken else shape
        if not taken and form == "string":
            return dataclasses.replace(
                shape, roles={name: facts for name, facts in shape.roles.items() if name != role}
            )
        return _with_role(shape, role, _REPLACE[form](known, taken))

    name = f"role {role}" if form == "string" else f"{role} content as {form}"
    return Probe(name, {"messages": _history(role, content)}, says, learn)


_REPLACE: Mapping[str, Callable[[RoleFacts, bool], RoleFacts]] = {
    "string": lambda role, taken: dataclasses.replace(role, string=taken),
    "list": lambda role, taken: dataclasses.replace(role, list=taken),
    "null": lambda role, taken: dataclasses.replace(role, null=taken),
}


def _with_role(shape: Shape, role: str, facts: RoleFacts) -> Shape:
    return dataclasses.replace(shape, roles={**shape.roles, role: facts})


def _history(role: str, content: object) -> list[Body]:
    if role == "tool":
        return [
            _HI,
            {"role": "assistant", "content": "", "tool_calls": [_CALL]},
            {"role": "tool", "tool_call_id": "c1", "content": content},
        ]
    if role == "assistant":
        answer = {"role": "tool", "tool_call_id": "c1", "content": "b"}
        return [_HI, {"role": "assistant", "content": content, "tool_calls": [_CALL]}, answer]
    return [{"role": role, "content": content}, _HI]


def _part(kind: str, part: Body) -> Probe:
    def says(shape: Shape) -> bool | None:
        user = shape.roles.get("user")
        return None if user is None or user.parts is None else kind in user.parts

    def learn(shape: Shape, taken: bool) -> Shape:
        user = shape.roles.get("user", RoleFacts())
        parts = (user.parts or frozenset()) - {kind}
        user = dataclasses.replace(user, parts=parts | {kind} if taken else parts)
        return _with_role(shape, "user", user)

    content = [{"type": "text", "text": "Say hi."}, part]
    return Probe(f"part {kind}", {"messages": [{"role": "user", "content": content}]}, says, learn)


def _cache_mark() -> Probe:
    def says(shape: Shape) -> bool | None:
        text = shape.parts.get("text")
        return None if text is None else "cache_control" in text["keys"] or not text.get("closed")

    def learn(shape: Shape, taken: bool) -> Shape:
        text = {
            "keys": ["text", "type"],
            "required": ["text", "type"],
            **shape.parts.get("text", {}),
        }
        keys = {*text["keys"]} - {"cache_control"} | ({"cache_control"} if taken else set())
        text = {**text, "keys": sorted(keys), **({} if taken else {"closed": True})}
        return dataclasses.replace(shape, parts={**shape.parts, "text": text})

    part = {"type": "text", "text": "Say hi.", "cache_control": {"type": "ephemeral"}}
    body = {"messages": [{"role": "user", "content": [part]}]}
    return Probe("cache mark", body, says, learn)


# --- tools, formats, parameters -----


def _tools() -> Probe:
    def says(shape: Shape) -> bool | None:
        return None if shape.tools is None else "function" in shape.tools

    def learn(shape: Shape, taken: bool) -> Shape:
        forms = (shape.tools or frozenset()) | {"function"} if taken else frozenset()
        return dataclasses.replace(shape, tools=forms)

    messages = [{"role": "user", "content": "Look at 'a' with the tool."}]
    body = {"messages": messages, "tools": [_TOOL], "tool_choice": "required"}
    return Probe(
        "tools", body, says, learn, lambda answer: bool(_message(answer).get("tool_calls"))
    )


def _format(kind: str) -> Probe:
    value: Body = {"type": kind}
    if kind == "json_schema":
        value = {"type": kind, kind: {"name": "answer", "schema": _SCHEMA}}

    def says(shape: Shape) -> bool | None:
        return None if shape.response_formats is None else kind in shape.response_formats

    def learn(shape: Shape, taken: bool) -> Shape:
        others = (shape.response_formats or frozenset()) - {kind}
        return dataclasses.replace(shape, response_formats=others | {kind} if taken else others)

    messages = [{"role": "user", "content": "Answer in JSON, with a key x."}]
    body = {"messages": messages, "response_format": value}
    return Probe(f"format {kind}", body, says, learn, _is_json)


def _param(name: str, value: object, shows: Callable[[object], bool] | None) -> Probe:
    def says(shape: Shape) -> bool | None:
        if shape.params is None or name not in shape.params:
            return None  # what is not mentioned is dropped, not refused
        return fits(shape.params[name], value)

    def learn(shape: Shape, taken: bool) -> Shape:
        if shape.params is None or name not in shape.params:
            return shape
        known = shape.params[name]
        if known.enum is None:
            return shape
        levels = [each for each in known.enum if each != value] + ([value] if taken else [])
        param = dataclasses.replace(known, enum=tuple(levels))
        return dataclasses.replace(shape, params={**shape.params, name: param})

    text = f"{name} {value}" if isinstance(value, str) else name
    return Probe(text, {"messages": [_HI], name: value}, says, learn, shows)


def _unproven(answer: object) -> bool:
    return False


def _calls_a_tool(answer: object) -> bool:
    return bool(_message(answer).get("tool_calls"))


def _message(answer: Any) -> Mapping[str, Any]:
    try:
        found = answer["choices"][0]["message"]
    except (KeyError, IndexError, TypeError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _is_json(answer: Any) -> bool:
    try:
        return isinstance(json.loads(_message(answer).get("content") or ""), dict)
    except (TypeError, ValueError):
        return False


def _choices(answer: object) -> int:
    choices = answer.get("choices") if isinstance(answer, Mapping) else None
    return len(choices) if isinstance(choices, list) else 0


PROBES: tuple[Probe, ...] = (
    _role("user"),
    _role("system"),
    _role("developer"),
    _role("tool", content="b"),
    _role("tool", content=[{"type": "text", "text": "b"}], form="list"),
    _role("assistant", content=None, form="null"),
    _part("image_url", {"type": "image_url", "image_url": {"url": _PIXEL}}),
    _part("file", {"type": "file", "file": {"filename": "a.pdf", "file_data": _PDF}}),
    _cache_mark(),
    _tools(),
    _format("json_object"),
    _format("json_schema"),
    _param("n", 2, lambda answer: _choices(answer) == 2),
    _param("temperature", 0, _unproven),
    _param("top_p", 0.9, _unproven),
    _param("seed", 7, _unproven),
    *(_param("reasoning_effort", level, _unproven) for level in EFFORTS),
)


def request_body(probe: Probe, model: str) -> dict[str, Any]:
    """The body to send."""
    return {"model": model, "max_tokens": MAX_TOKENS, **probe.body}


def judge(probe: Probe, shape: Shape, status: int, answer: object, message: str) -> Result:
    """What an answer shows.

    Args:
        probe: The question.
        shape: What the catalog says of the model.
        status: The answer's status.
        answer: Its JSON.
        message: The API's message, where it refused.
    """
    catalog = probe.says(shape)
    if status in (400, 422):
        return Result(probe.name, "refused", catalog, message)
    if not 200 <= status < 300:
        return Result(probe.name, "failed", catalog, message or f"status {status}")
    proved = probe.shows is None or probe.shows(answer) or _validated(probe, shape)
    return Result(probe.name, "taken" if proved else "unproven", catalog)


def _validated(probe: Probe, shape: Shape) -> bool:
    """A value of a declared closed set that passes was checked, not dropped."""
    (name,) = set(probe.body) - {"messages", "tools", "tool_choice", "response_format"} or {""}
    param = (shape.params or {}).get(name)
    return param is not None and param.enum is not None


def apply(shape: Shape, outcomes: Mapping[str, bool]) -> Shape:
    """The shape with what was proved: probe -> whether it was taken."""
    for probe in PROBES:
        if probe.name in outcomes and probe.says(shape) is not outcomes[probe.name]:
            shape = probe.learn(shape, outcomes[probe.name])
    return shape


def proved(results: Iterable[Result]) -> dict[str, bool]:
    """Probe -> whether it was taken, of those that show it."""
    return {
        each.probe: each.outcome == "taken"
        for each in results
        if each.outcome in ("taken", "refused")
    }


def chat_shape(facts: Facts) -> Shape:
    """What the catalog says of the path that is probed."""
    return facts.shapes.get(CHAT, Shape())
