"""The transcription of the gateway's own OpenAPI -> request schemas.

One JSON object a line, one line a group of ids that share a schema. Groups that were read whole
become schemas; of others that were transcribed, what was seen (`seen`). The rest: `groups`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from langchain_aimlapi.catalog.generate import blocks
from langchain_aimlapi.catalog.generate.blocks import Schema, obj
from langchain_aimlapi.catalog.generate.groups import Group
from langchain_aimlapi.catalog.generate.published import WHOLE, WHOLE_LATER, Published

NOT_HERE = ("messages.", "batches.")
"""Beginnings of files that say nothing about a shape: Claude's messages stand in the
documentation, and what may be batched is no parameter."""
Node = Mapping[str, Any]
"""An object of the transcription."""

SEEN, UNREAD_PART = "chat.later.partial.jsonl", "?"
LONGEST_DEFAULT = 200  # one default is a page of prose
_TEXT_PART = obj(("type", "text"), type=blocks.one_of("text"), text=blocks.STRING)
_LIMITS = {
    "enum": "enum",
    "default": "default",
    "min": "minimum",
    "max": "maximum",
    "pattern": "pattern",
    "format": "format",
    "maxItems": "maxItems",
    "minItems": "minItems",
    "max_items": "maxItems",
    "min_items": "minItems",
    "maxLength": "maxLength",
    "minLength": "minLength",
    "max_len": "maxLength",
    "min_len": "minLength",
}
# The group of 293 names: its messages were read in other groups that have the same text.
_GENERIC_ROLES, _GENERIC_PARTS = "DST", "tif"


def read(folder: Path) -> Iterator[tuple[tuple[str, ...], str, Published]]:
    """(ids, path, schema and its source) of every group that was read whole."""
    for file in sorted(folder.glob("*.jsonl")):
        if file.name.startswith(NOT_HERE) or ".partial." in file.name:
            continue
        for line in file.read_text(encoding="utf-8").splitlines():
            group = json.loads(line)
            if not group.get("partial"):
                source = WHOLE_LATER if "read" in group else WHOLE  # the day of those without
                yield tuple(group["ids"]), group["path"], Published(schema_of(group), source)


def seen(folder: Path) -> Iterator[Group]:
    """The chat groups of which heads and ends were read: names, parts, the nearest documented id.

    The parameters that were seen are those of the documentation (`tests` compare them name by
    name), but for groups that say which sampling parameters they have: ``only``.
    """
    letters = {word: letter for letter, word in blocks.PART_LETTERS.items()}
    for line in (folder / SEEN).read_text(encoding="utf-8").splitlines():
        group = json.loads(line)
        user = group.get("messages", {}).get("user")
        parts = _parts(user) if user else [UNREAD_PART]
        whole = UNREAD_PART not in parts
        yield Group(
            tuple(group["ids"]),
            parts="".join(letters[part] for part in parts) if whole else None,
            only=tuple(group["only"]) if "only" in group else None,
            like=group.get("like"),
        )


def same(folder: Path) -> dict[str, str]:
    """Further name -> the id of the same model, where the names differ by more than a vendor."""
    lines = (folder / SEEN).read_text(encoding="utf-8").splitlines()
    return {k: v for line in lines for k, v in json.loads(line).get("same", {}).items()}


def schema_of(group: Node) -> Schema:
    """The request schema of a group."""
    properties: dict[str, Schema] = {"model": blocks.STRING}
    if "assistant" in group or "messages" in group:
        properties |= _conversation(group)
    properties |= {name: _value(each) for name, each in group["params"].items()}
    return obj(group.get("required", ("model",)), **properties)


def _conversation(group: Node) -> dict[str, Schema]:
    messages = group.get("messages")
    provider: dict[str, Schema] = {}
    if messages is None:
        provider = {"provider": blocks.STRING}  # it stands before the messages, in every group
        roles = [blocks.ROLE_LETTERS[letter] for letter in _GENERIC_ROLES]
        parts = [blocks.PART_LETTERS[letter] for letter in _GENERIC_PARTS]
        refusals = False
    else:
        roles = [role for role in ("developer", "system", "tool") if role in messages]
        parts = _parts(messages["user"])
        refusals = "refusal" in _parts(messages["assistant"])
    found = {"messages": blocks.messages(roles, parts, refusals=refusals), **provider}
    if "tools" in group:
        found["tools"] = blocks.tools(_tool_forms(group["tools"]))
        words = group["tool_choice"]
        odd = any(name in group for name in _ODD_FORMS)
        found["tool_choice"] = blocks.tool_choice(words, odd=odd)
    if group.get("response_format"):
        found["response_format"] = blocks.response_format(group["response_format"])
    return found


_ODD_FORMS = ("tool_choice_forms", "tool_choice_odd", "tool_choice_note")


def _parts(message: Node) -> list[str]:
    for form in message["content"]:
        if isinstance(form, Mapping):
            return list(form["parts"])
    return []


def _tool_forms(node: Node) -> Iterator[Schema]:
    for form in node["forms"]:
        if form == "any-object-with-type":
            yield blocks.TOOL_FORMS["any"]
        elif form == "web_search":
            inner = {name: _value(each) for name, each in node[form]["props"].items()}
            inner_schema = obj(node[form]["required"], **inner)
            yield obj(("type", form), type=blocks.one_of(form), **{form: inner_schema})
        elif form == "function" and node.get("strict") == "absent":
            # GLM 4.5: no cache mark and no ``strict``
            function = obj(("name",), **dict.fromkeys(("name", "description"), blocks.STRING))
            function["properties"]["parameters"] = {}
            yield obj(("type", form), type=blocks.one_of(form), function=function)
        else:
            yield blocks.TOOL_FORMS[form]


def _value(node: Any) -> Schema:
    """A parameter in the transcription's own short hand."""
    if isinstance(node, str):
        return blocks.STRING if node == "string" else _TEXT_PART
    if "parts" in node:
        return _TEXT_PART
    if "any_of" in node:
        return {"anyOf": [_value(each) for each in node["any_of"]], **_default(node)}
    types = node["t"].split("|")
    if len(types) > 1:
        return {"anyOf": [_typed(each, node) for each in types]}
    return _typed(types[0], node)


def _typed(name: str, node: Mapping[str, object]) -> Schema:
    if name == "any":
        return {"type": "null"}
    found: Schema = {"type": [name, "null"] if node.get("nullable") else name}
    if name != "array":
        found |= {_LIMITS[k]: v for k, v in node.items() if k in _LIMITS and k != "default"}
    else:
        found |= {_LIMITS[key]: node[key] for key in node if "tems" in key and key in _LIMITS}
        found["items"] = _value(node["items"])
    found |= _default(node)
    if name == "object":
        found |= _object(node)
    return found


def _object(node: Node) -> Schema:
    found: Schema = {}
    if "props" in node:
        found["properties"] = {key: _value(each) for key, each in node["props"].items()}
    if node.get("required"):
        found["required"] = sorted(node["required"])
    inner = node.get("values", node.get("additional"))
    if inner is not None:
        found["additionalProperties"] = _value(inner)
    return found


def _default(node: Node) -> Schema:
    value = node.get("default")
    if value is None or (isinstance(value, str) and len(value) > LONGEST_DEFAULT):
        return {}
    # "4" stands beside an integer's closed set
    return {"default": int(value) if node.get("t") == "integer" else value}
