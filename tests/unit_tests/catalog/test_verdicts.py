"""The facts must say exactly what the published schemas say: the same verdict on every probe."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import pytest

from langchain_aimlapi.catalog.check import fits
from langchain_aimlapi.catalog.facts import RoleFacts, Shape
from langchain_aimlapi.catalog.generate.documentation import Documentation
from langchain_aimlapi.catalog.schema import param_of
from langchain_aimlapi.catalog.shape import CHAT, MESSAGES, RESPONSES
from langchain_aimlapi.catalog.shapes import shape_of
from tests.harness import contract
from tests.harness.paths import BESIDE
from tests.harness.paths import PUBLISHED as SOURCE

Body = dict[str, Any]
# One schema in four; `make test-all` probes the others, too.
PARTS = (0, *(pytest.param(part, marks=pytest.mark.table) for part in (1, 2, 3)))

# --- the verdict of the facts -----


def accepts(shape: Shape, body: Body) -> bool:
    """Whether the facts say that the path takes ``body``."""
    forms = [shape] if shape.other is None else [shape, shape.other]
    if shape.closed and not set(body) <= {*(shape.params or {}), "model", "messages", "input"}:
        return False
    if not shape.required <= set(body):
        return False
    talk = (
        _input(shape, body.get("input"))
        if shape.dialect == "responses"
        else any(all(_message(form, m) for m in body.get("messages", ())) for form in forms)
    )
    declared = shape.params or {}
    structured = {
        "tools": lambda value: any(all(_tool(f, tool) for tool in value) for f in forms),
        "tool_choice": lambda value: any(_choice(form, value) for form in forms),
        "response_format": lambda value: (
            shape.response_formats is None or value["type"] in shape.response_formats
        ),
    }
    return talk and all(
        structured[name](value) if name in structured else fits(declared[name], value)
        for name, value in body.items()
        if name in declared
    )


def _message(shape: Shape, message: Body) -> bool:
    if not shape.roles:
        return True  # nothing is known of messages
    role = shape.roles.get(message["role"])
    if role is None or not role.required <= set(message):
        return False
    if role.closed and not set(message) <= (role.keys or frozenset()):
        return False
    calls = message.get("tool_calls", ()) if "tool_calls" in (role.keys or ()) else ()
    if not all(
        call["type"] in shape.call_defs and fits(shape.call_defs[call["type"]], call)
        for call in calls
    ):
        return False
    return _content(shape, role, message)


def _content(shape: Shape, role: RoleFacts, message: Body) -> bool:
    if "content" not in message:
        return role.absent
    content = message["content"]
    if content is None:
        return role.null
    if isinstance(content, str):
        return role.string
    if not role.list or len(content) > (role.max_parts or len(content)):
        return False
    return all(part["type"] in (role.parts or ()) and _part(shape, part) for part in content)


def _part(shape: Shape, part: Body) -> bool:
    facts = shape.parts[part["type"]]
    if not set(facts["required"]) <= set(part):
        return False
    if facts.get("closed") and not set(part) <= set(facts["keys"]):
        return False
    value = part.get(part["type"])
    if "format" in facts and isinstance(value, dict) and value.get("format") not in facts["format"]:
        return False
    if "sources" in facts:
        source = facts["sources"].get(part["source"]["type"])
        if source is None or not set(source["required"]) <= set(part["source"]):
            return False
        media = source.get("media_types")
        if media and part["source"].get("media_type") not in media:
            return False
    if "content_parts" in facts and isinstance(part.get("content"), list):
        return all(each["type"] in facts["content_parts"] for each in part["content"])
    return True


def _tool(shape: Shape, tool: Body) -> bool:
    if shape.tools is None:
        return True
    if "*" in shape.tools and tool.get("type"):
        return True
    name = "anthropic" if "input_schema" in tool else tool.get("type", "")
    return name in shape.tools and fits(shape.tool_defs[name], tool)


def _choice(shape: Shape, choice: Any) -> bool:
    if shape.tool_choice_strings is None:
        return True
    if isinstance(choice, str):
        return choice in (shape.tool_choice_strings or ())
    objects = shape.tool_choice_objects or frozenset()
    if shape.dialect == "responses" and choice["type"] == "function" and "name" not in choice:
        return False
    return choice["type"] in objects or "*" in objects


def _input(shape: Shape, given: Any) -> bool:
    assert shape.items is not None
    if isinstance(given, str):
        return True
    for item in given:
        kind = item.get("type", "message")
        if kind == "message" and "id" not in item:
            if not _message(shape, item):
                return False
            continue
        kind = "output_message" if kind == "message" else kind
        if kind not in shape.items or not fits(shape.items[kind], item):
            return False
    return True


# --- probes -----

PIXEL = "iVBORw0KGgo="
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
SPEC = {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]}
FUNCTION = {"name": "f", "description": "d", "parameters": SPEC}
TOOL = {"type": "function", "function": FUNCTION}
ANTHROPIC_TOOL = {"name": "f", "description": "d", "input_schema": SPEC}


def user(*parts: Body, **rest: Any) -> Body:
    return {"role": "user", "content": list(parts) or "hi", **rest}


def text(value: str = "hi", **rest: Any) -> Body:
    return {"type": "text", "text": value, **rest}


def asked(*messages: Body, **params: Any) -> Body:
    return {"model": "m", "messages": list(messages) or [user()], **params}


def called(reply: Body | None = None, **message: Any) -> Body:
    """A finished tool call in the history."""
    answer = {"role": "tool", "tool_call_id": "c1", "content": "ok", **(reply or {})}
    return asked(user(), {"role": "assistant", "tool_calls": [CALL], **message}, answer)


def image(source: Body) -> Body:
    return {"type": "image", "source": source}


BASE64 = {"type": "base64", "media_type": "image/png", "data": PIXEL}
PDF = {"type": "base64", "media_type": "application/pdf", "data": PIXEL}
URL = "https://example.com/a.png"

# Named as the documentation data names them, so that its own verdicts can be compared.
FLAGGED: dict[str, Body] = {
    "system_text": asked({"role": "system", "content": "s"}, user()),
    "system_list": asked({"role": "system", "content": [text()]}, user()),
    "developer_text": asked({"role": "developer", "content": "s"}, user()),
    "user_list_text": asked(user(text())),
    "user_name": asked(user(name="bob")),
    "user_image_url": asked(user(text(), {"type": "image_url", "image_url": {"url": URL}})),
    "user_image_anthropic_b64": asked(user(text(), image(BASE64))),
    "user_image_anthropic_url": asked(user(text(), image({"type": "url", "url": URL}))),
    "user_input_audio_wav": asked(
        user({"type": "input_audio", "input_audio": {"data": PIXEL, "format": "wav"}})
    ),
    "user_file_b64": asked(
        user(text(), {"type": "file", "file": {"filename": "a.pdf", "file_data": PIXEL}})
    ),
    "user_file_id": asked(user(text(), {"type": "file", "file": {"file_id": "f1"}})),
    "user_video_url": asked(user(text(), {"type": "video_url", "video_url": {"url": URL}})),
    "assistant_text": asked(user(), {"role": "assistant", "content": "a"}, user()),
    "assistant_list": asked(user(), {"role": "assistant", "content": [text()]}, user()),
    "assistant_name": asked(user(), {"role": "assistant", "content": "a", "name": "n"}, user()),
    "assistant_reasoning_content": asked(
        user(), {"role": "assistant", "content": "a", "reasoning_content": "r"}, user()
    ),
    "toolcall_null_content": called(content=None),
    "toolcall_empty_content": called(content=""),
    "toolcall_no_content": called(),
    "tool_list_content": called({"content": [text()]}, content=""),
    "tool_name": called({"name": "f"}, content=""),
    "anthropic_tool_roundtrip": asked(
        user(),
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "c", "name": "f", "input": {}}],
        },
        user({"type": "tool_result", "tool_use_id": "c", "content": "ok"}),
    ),
    "anthropic_thinking_block": asked(
        user(),
        {
            "role": "assistant",
            "content": [{"type": "thinking", "thinking": "t", "signature": "s"}, text()],
        },
        user(),
    ),
    "function_role": asked(user(), {"role": "function", "name": "f", "content": "ok"}),
    "tools_openai": asked(tools=[TOOL]),
    "tools_openai_strict": asked(
        tools=[{"type": "function", "function": {**FUNCTION, "strict": True}}]
    ),
    "tools_anthropic": asked(tools=[ANTHROPIC_TOOL]),
    "tool_choice_auto": asked(tool_choice="auto"),
    "tool_choice_required": asked(tool_choice="required"),
    "tool_choice_any_str": asked(tool_choice="any"),
    "tool_choice_named": asked(tool_choice={"type": "function", "function": {"name": "f"}}),
    "tool_choice_anthropic_auto": asked(tool_choice={"type": "auto"}),
    "tool_choice_anthropic_tool": asked(tool_choice={"type": "tool", "name": "f"}),
    "parallel_tool_calls": asked(tools=[TOOL], parallel_tool_calls=False),
    "response_format_text": asked(response_format={"type": "text"}),
    "response_format_json_object": asked(response_format={"type": "json_object"}),
    "response_format_json_schema": asked(
        response_format={"type": "json_schema", "json_schema": {"name": "a", "schema": SPEC}}
    ),
    "stream": asked(stream=True),
    "stream_usage": asked(stream=True, stream_options={"include_usage": True}),
    "temperature_0": asked(temperature=0),
    "temperature_0.7": asked(temperature=0.7),
    "temperature_1.5": asked(temperature=1.5),
    "top_p_1": asked(top_p=1),
    "top_p_0": asked(top_p=0),
    "seed_0": asked(seed=0),
    "seed_42": asked(seed=42),
    "n_2": asked(n=2),
    "stop_str": asked(stop="x"),
    "stop_list": asked(stop=["x"]),
    "max_tokens": asked(max_tokens=64),
    "max_completion_tokens": asked(max_completion_tokens=64),
    "logprobs": asked(logprobs=True, top_logprobs=2),
    "user_param": asked(user="u"),
    "effort_low": asked(reasoning_effort="low"),
    "effort_minimal": asked(reasoning_effort="minimal"),
    "effort_none": asked(reasoning_effort="none"),
    "effort_xhigh": asked(reasoning_effort="xhigh"),
    "system_param": asked(system="s"),
    "unknown_param": asked(zz_unknown=1),
    "unknown_message_key": asked(user(zz_unknown=1)),
    "unknown_system_key": asked({"role": "system", "content": "s", "zz_unknown": 1}, user()),
    "unknown_tool_msg_key": called({"zz_unknown": 1}, content=""),
}

OTHER: dict[str, Body] = {
    "plain": asked(),
    "six parts": asked(user(*(text(str(n)) for n in range(6)))),
    "five parts": asked(user(*(text(str(n)) for n in range(5)))),
    "cache control": asked(user(text(cache_control={"type": "ephemeral"}))),
    "pdf document": asked(user(text(), {"type": "document", "source": PDF})),
    "text document": asked(
        user(text(), {"type": "document", "source": {"type": "text", "data": "t"}})
    ),
    "document by url": asked(
        user(text(), {"type": "document", "source": {"type": "url", "url": URL}})
    ),
    "document with title": asked(user({"type": "document", "title": "t", "source": PDF})),
    "bmp image": asked(user(image({**BASE64, "media_type": "image/bmp"}))),
    "m4a audio": asked(
        user({"type": "input_audio", "input_audio": {"data": PIXEL, "format": "audio/m4a"}})
    ),
    "audio without format": asked(user({"type": "input_audio", "input_audio": {"data": PIXEL}})),
    "image in a tool result": asked(
        user(), user({"type": "tool_result", "tool_use_id": "c", "content": [image(BASE64)]})
    ),
    "document in a tool result": asked(
        user(),
        user(
            {
                "type": "tool_result",
                "tool_use_id": "c",
                "content": [{"type": "document", "source": PDF}],
            }
        ),
    ),
    # both forms in one message list: refused where the forms are lists of their own
    "mixed forms": asked(
        {"role": "system", "content": "s"},
        user({"type": "tool_result", "tool_use_id": "c", "content": "ok"}),
    ),
    "mixed tools": asked(tools=[TOOL, ANTHROPIC_TOOL]),
    "custom call": asked(
        user(),
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "f", "input": "x"}}],
        },
    ),
    "call without id": asked(
        user(),
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"type": "function", "function": CALL["function"]}],
        },
    ),
    "tool without parameters": asked(tools=[{"type": "function", "function": {"name": "f"}}]),
    "tool with an extra key": asked(tools=[{**TOOL, "zz": 1}]),
    "builtin tool": asked(tools=[{"type": "web_search_20250305", "name": "web_search"}]),
    "custom tool": asked(
        tools=[{"type": "custom", "custom": {"name": "f", "format": {"type": "text"}}}]
    ),
    "named custom tool": asked(tool_choice={"type": "custom", "custom": {"name": "f"}}),
    "any tool": asked(tool_choice={"type": "any"}),
    "refusal": asked(
        user(), {"role": "assistant", "content": [{"type": "refusal", "refusal": "r"}]}
    ),
    "tool message without id": asked(user(), {"role": "tool", "content": "ok"}),
    "thinking budget": asked(thinking={"type": "enabled", "budget_tokens": 1024}),
    "thinking budget too small": asked(thinking={"type": "enabled", "budget_tokens": 100}),
    "thinking adaptive": asked(thinking={"type": "adaptive"}),
    "thinking disabled": asked(thinking={"type": "disabled"}),
    "thinking enabled": asked(thinking={"type": "enabled"}),
    "reasoning effort": asked(reasoning={"effort": "high", "exclude": True}),
    "wrong type": asked(temperature="hot"),
}


def item(kind: str, **rest: Any) -> Body:
    return {"type": kind, **rest}


def posed(*items: Body, **params: Any) -> Body:
    return {"model": "m", "input": list(items) if items else "hi", **params}


SAID: Body = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "a", "annotations": []}],
}
RESPONSE_PROBES: dict[str, Body] = {
    "string": posed(),
    "message": posed(user()),
    "typed message": posed({"type": "message", **user()}),
    "developer": posed({"role": "developer", "content": "d"}, user()),
    "tool role": posed({"role": "tool", "content": "d"}),
    "assistant text": posed(user(), {"role": "assistant", "content": "a"}),
    "input text": posed(user(item("input_text", text="t"))),
    "input image": posed(user(item("input_image", image_url=URL, detail="auto"))),
    "input file": posed(user(item("input_file", filename="a.pdf", file_data=PIXEL))),
    "input audio": posed(user(item("input_audio", data=PIXEL))),
    "chat text part": posed(user(text())),
    "output message": posed(user(), SAID),
    "output message without id": posed(user(), {k: v for k, v in SAID.items() if k != "id"}),
    "reasoning": posed(user(), item("reasoning", id="rs_1", summary=[], encrypted_content="e")),
    "reasoning without id": posed(user(), item("reasoning", summary=[])),
    "function call": posed(user(), item("function_call", call_id="c", name="f", arguments="{}")),
    "function call output": posed(user(), item("function_call_output", call_id="c", output="ok")),
    "function call output as list": posed(
        user(), item("function_call_output", call_id="c", output=[])
    ),
    "function tool": posed(tools=[item("function", name="f", parameters=SPEC, strict=True)]),
    "function tool, not strict": posed(tools=[item("function", name="f", parameters=SPEC)]),
    "web search tool": posed(tools=[item("web_search_preview")]),
    "code tool": posed(tools=[item("code_interpreter", container={"type": "auto"})]),
    "mcp tool": posed(tools=[item("mcp", server_label="l", server_url=URL)]),
    "choice": posed(tool_choice="required"),
    "choice by name": posed(tool_choice={"type": "function", "name": "f"}),
    "choice nested": posed(tool_choice={"type": "function", "function": {"name": "f"}}),
    "any": posed(tool_choice="any"),
    "json schema": posed(text={"format": item("json_schema", name="a", schema=SPEC)}),
    "json object": posed(text={"format": item("json_object")}),
    "few tokens": posed(max_output_tokens=4),
    "tokens": posed(max_output_tokens=64),
    "effort": posed(reasoning={"effort": "low", "summary": "auto"}),
    "effort none": posed(reasoning={"effort": "none"}),
    "include": posed(include=["reasoning.encrypted_content"]),
    "include unknown": posed(include=["zz"]),
    "temperature": posed(temperature=0),
    "top_p": posed(top_p=0),
    "store": posed(store=None),
}


# --- the schemas -----


@lru_cache(maxsize=1)
def documentation() -> Documentation:
    return Documentation(SOURCE)


def schemas(*paths: str) -> Iterator[tuple[str, str, Body]]:
    """(path, name, schema): every one that some model is held to, documented or newer."""
    docs, seen = documentation(), set()
    found = [
        *(docs.published(model["id"]) for model in docs.models),
        *contract.rows().published.values(),
    ]
    for published in found:
        for path, each in published.items():
            name = each.named()
            if (path in paths or not paths) and (path, name) not in seen:
                seen.add((path, name))
                yield path, name, each.schema


def validator(schema: Mapping[str, Any]) -> Any:
    # not a plain import: the library has no types of its own
    return importlib.import_module("jsonschema").Draft202012Validator(schema)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.slow
def test_chat_facts_and_schemas_agree_on_every_probe(part: int) -> None:
    wrong, checked = [], 0
    for path, name, schema in list(schemas(CHAT, MESSAGES))[part :: len(PARTS)]:
        shape, real = shape_of(path, schema), validator(schema)
        for probe, body in {**FLAGGED, **OTHER}.items():
            checked += 1
            verdict = real.is_valid(body)
            if accepts(shape, body) is not verdict:
                wrong.append(f"{path} {name} {probe!r}: the schema says {verdict}")
    assert not wrong, "\n".join(wrong[:40])
    assert checked > 10_000 / len(PARTS)


def test_chat_facts_agree_with_the_flags_of_the_documentation_data() -> None:
    if not BESIDE.is_dir():
        pytest.skip("compares with the documentation's data, which is kept elsewhere")
    flags = json.loads((BESIDE / "models.json").read_text(encoding="utf-8"))["chat_flags"]
    docs, wrong = documentation(), []
    for path, name, schema in schemas(CHAT):
        original = next((k for k, v in docs.index["repaired"].items() if v == name), name)
        if original not in flags:
            continue
        said = {**flags[original]["accepts"], **flags[original].get("accepts_repaired", {})}
        assert set(said) <= set(FLAGGED)
        shape = shape_of(path, schema)
        for probe, verdict in said.items():
            if accepts(shape, FLAGGED[probe]) is not (verdict != "no"):
                wrong.append(f"{name} {probe}: the flags say {verdict}")
    assert not wrong, "\n".join(wrong[:40])


def test_responses_facts_and_schemas_agree_on_every_probe() -> None:
    wrong = []
    for path, name, schema in schemas(RESPONSES):
        shape, real = shape_of(path, schema), validator(schema)
        for probe, body in RESPONSE_PROBES.items():
            verdict = real.is_valid(body)
            if accepts(shape, body) is not verdict:
                wrong.append(f"{name} {probe!r}: the schema says {verdict}")
    assert not wrong, "\n".join(wrong[:40])


# --- parameters -----

ANYTHING: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 5, 0.5, 1.5, 2.5, 100, 1024, 10**9, -5.5, 3.0,
    "", "x", "auto", "low", "1", "x" * 900, "https://example.com/a.png", "01/02/2025",
    [], ["x"], [1], [{}], ["x"] * 20, [None],
    {}, {"x": 1}, {"x": "y"}, {"type": "enabled"}, {"type": "adaptive"}, {"type": "text"},
)  # fmt: skip


def samples(schema: Any, depth: int = 0) -> list[Any]:
    """Values near the limits of a schema, good and bad."""
    if not isinstance(schema, dict) or depth > 5:
        return ["x"]
    for word in ("anyOf", "oneOf"):
        if word in schema:
            return [v for each in schema[word] for v in samples(each, depth)]
    found: list[Any] = list(schema.get("enum", ()))
    for word in ("minimum", "maximum", "exclusiveMinimum"):
        if word in schema:
            found += [schema[word], schema[word] - 1, schema[word] + 1, schema[word] + 0.5]
    for word in ("minLength", "maxLength"):
        if word in schema:
            found += ["x" * schema[word], "x" * (schema[word] + 1)]
    if "items" in schema:
        inner = samples(schema["items"], depth + 1)
        found += [inner[:1], inner[:1] * (schema.get("maxItems", 3) + 1), inner[-1:]]
        found += [[each] for each in inner[:12]]
    if "properties" in schema:
        found += _objects(schema, depth)
    return found or [{"string": "x", "integer": 1, "number": 0.5, "boolean": True}.get(
        str(schema.get("type")), {}
    )]  # fmt: skip


def _objects(schema: Body, depth: int) -> list[Any]:
    choices = {k: samples(v, depth + 1) or ["x"] for k, v in schema["properties"].items()}
    full = {k: values[0] for k, values in choices.items()}
    needed = {k: full[k] for k in schema.get("required", ()) if k in full}
    found: list[Any] = [full, needed, {**needed, "zz_unknown": 1}]
    found += [{k: v for k, v in needed.items() if k != gone} for gone in needed]
    found += [{**needed, k: v} for k, values in choices.items() for v in values[:12]]
    return found


@pytest.mark.slow
def test_every_parameter_of_every_endpoint_is_judged_as_its_schema_judges_it() -> None:
    wrong, seen = [], set()
    for path, name, schema in schemas():
        properties = schema.get("properties", {})
        for key, inner in properties.items():
            text_of_it = json.dumps(inner, sort_keys=True)
            if key in ("messages", "input") or text_of_it in seen:
                continue
            seen.add(text_of_it)
            real, param = validator(inner), param_of(inner)
            for value in (*ANYTHING, *samples(inner)):
                verdict = real.is_valid(value)
                if fits(param, value) is not verdict:
                    wrong.append(f"{path} {name} {key}: {value!r} is {verdict}")
    assert not wrong, "\n".join(wrong[:40])
    assert len(seen) > 400
