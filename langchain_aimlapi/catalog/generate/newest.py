"""The newest contract of every model and path: the gateway's own OpenAPI over the documentation.

In order of strength: a group that was read whole; a group of which a part was read (`groups`),
over the model's documented schema; what all groups of the OpenAPI have in common, over the
documented schema of a live chat model that was not seen; the documented schema alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from langchain_aimlapi.catalog.generate import blocks, groups, transcript
from langchain_aimlapi.catalog.generate.blocks import Schema
from langchain_aimlapi.catalog.generate.groups import Group
from langchain_aimlapi.catalog.generate.published import (
    DOCS,
    PART,
    PART_LATER,
    RULE,
    WHOLE,
    Published,
)
from langchain_aimlapi.catalog.schema import branches, flatten, words
from langchain_aimlapi.catalog.shape import CHAT, MESSAGES, RESPONSES
from langchain_aimlapi.catalog.shapes import UNREAD

EMBEDDINGS = "/v1/embeddings"
_REASONING = ("reasoning_effort", "reasoning", "thinking", "enable_thinking", "thinking_budget")
_LETTERS = {word: letter for letter, word in blocks.PART_LETTERS.items()}


class Newest:
    """What is newest for a model, given what the documentation prints for it."""

    def __init__(self, live: Path | None, claude: Mapping[str, Published]) -> None:
        """``claude``: path -> the documented schema of Claude's newest generation."""
        self._whole: dict[tuple[str, str], Published] = {}
        self._mates: dict[str, tuple[str, ...]] = {}
        self.same: dict[str, str] = {}
        later: dict[str, Group] = {}
        if live is not None:
            self.same = transcript.same(live)
            for ids, path, published in transcript.read(live):
                self._whole |= {(name, path): published for name in ids}
                self._mates |= dict.fromkeys(ids, ids)
            later = {name: group for group in transcript.seen(live) for name in group.ids}
            for group in (*later.values(), *groups.GROUPS):
                self._mates |= dict.fromkeys(group.ids, group.ids)
            for ids in (groups.AUDIO_IDS, groups.CLAUDE_SAMPLED, groups.CLAUDE_PLAIN):
                self._mates |= dict.fromkeys(ids, ids)
        self._other_paths: dict[str, list[str]] = {}
        for name, path in self._whole:
            if path != CHAT:
                self._other_paths.setdefault(name, []).append(path)
        self._by_hand = {name: group for group in groups.GROUPS for name in group.ids}
        self._groups = later | self._by_hand
        self._claude = claude
        self._active = live is not None

    def ids(self) -> Iterable[str]:
        """Every id of the OpenAPI that was seen in a group."""
        return self._mates

    def mates(self, model: str) -> tuple[str, ...]:
        """The ids that share the group of ``model``."""
        return self._mates.get(model, ())

    def paths_beside_chat(self, model: str) -> Iterable[str]:
        """The paths beside chat whose group of ``model`` was read whole."""
        return self._other_paths.get(model, ())

    def like(self, model: str) -> str | None:
        """The id whose documented schema stands in for that of ``model``."""
        if model in (*groups.CLAUDE_SAMPLED, *groups.CLAUDE_PLAIN):
            return groups.CLAUDE_LIKE
        return self._groups[model].like if model in self._groups else None

    def of(
        self, model: str, documented: Mapping[str, Published], *, live: bool
    ) -> dict[str, Published]:
        """Path -> schema, the preferred path first.

        Args:
            model: The id.
            documented: Path -> the documentation's schema, the preferred path first.
            live: Whether the model is served, so that what holds for all groups holds for it.
        """
        if not self._active:
            return dict(documented)
        if model in groups.CLAUDE_SAMPLED or model in groups.CLAUDE_PLAIN:
            return {path: Published(s, PART) for path, s in self._native_claude(model).items()}
        found = dict(documented)
        chat = self._chat(model, documented.get(CHAT), live=live)
        if chat is not None:
            if CHAT in found or set(found) <= {MESSAGES, RESPONSES}:
                found = {CHAT: chat, **{p: s for p, s in found.items() if p != CHAT}}
            else:
                found[CHAT] = chat  # an image model that also answers in a conversation
            if chat.source == WHOLE:
                found.pop(MESSAGES, None)  # a dotted Claude id: another route, in one form only
        for path in self._other_paths.get(model, ()):
            found[path] = self._whole[model, path]
        return {p: _relaxed(p, s) if live else s for p, s in found.items()}

    def _chat(self, model: str, printed: Published | None, *, live: bool) -> Published | None:
        if (model, CHAT) in self._whole:
            return self._whole[model, CHAT]
        if model in groups.AUDIO_IDS:
            return Published(_only_messages("DST", "tfa"), PART)
        if printed is None:
            return None
        documented = flatten(printed.schema)
        if model in self._groups:
            source = PART if model in self._by_hand else PART_LATER
            return Published(renew(documented, self._groups[model]), source)
        if live and _is_openai_shaped(documented):
            return Published(renew(documented, Group(())), RULE)
        return None

    def _native_claude(self, model: str) -> dict[str, Schema]:
        found = {}
        for path in (CHAT, MESSAGES):
            schema = flatten(self._claude[path].schema)
            properties = dict(schema["properties"])
            if model in groups.CLAUDE_SAMPLED:
                unit = {"maximum": 1, "minimum": 0, "type": "number"}
                properties |= {"temperature": unit, "top_p": unit}
                properties["top_k"] = {"minimum": 0, "type": "number"}
                properties["max_tokens"] = {**properties["max_tokens"], "default": 32000}
            found[path] = {**schema, "properties": properties}
        return found


def renew(documented: Schema, group: Group) -> Schema:
    """The documented schema with what was seen of its group, and what all groups have in common."""
    properties = dict(documented["properties"])
    roles, parts = _spoken(properties["messages"])
    roles = roles if group.roles is None else group.roles
    forms = _special_tools(properties.get("tools", {}))
    has_tools = group.tools if group.tools is not None else "tools" in properties or None
    if has_tools and "T" not in roles:
        roles += "T"
    properties["messages"] = blocks.messages(
        [blocks.ROLE_LETTERS[letter] for letter in "DST" if letter in roles],
        [blocks.PART_LETTERS[letter] for letter in group.parts or parts],
    )
    properties |= {"provider": blocks.STRING, "stream_options": blocks.STREAM_OPTIONS}
    properties.setdefault("stream", blocks.PARAMS["stream"])
    _set_tools(properties, has_tools, group.parallel, forms)
    _set_formats(properties, group.formats)
    _set_reasoning(properties, group.reasoning)
    _set_params(properties, group)
    unread = [] if has_tools is not None else ["tools"]
    schema = {**documented, "properties": properties}
    return {**schema, UNREAD: unread} if unread else schema


def _special_tools(tools: Schema) -> list[Schema]:
    """Documented tool forms of a vendor's own (Kimi's ``builtin_function``, GLM's search)."""
    found = []
    for form in (f for each in branches(tools) for f in branches(each.get("items", {}))):
        own = [name for name in words(form, "type") if name not in ("function", "custom")]
        if own:
            kind = {"type": blocks.one_of(*own)}
            found.append({**form, "properties": {**form["properties"], **kind}})
    return found


def _set_tools(
    properties: Schema, has_tools: bool | None, parallel: bool | None, forms: list[Schema]
) -> None:
    for name in ("tools", "tool_choice"):
        properties.pop(name, None)
    if has_tools:
        properties["tools"] = blocks.tools([*blocks.TOOL_FORMS.values(), *forms])
        properties["tool_choice"] = blocks.tool_choice()
        properties["normalize_tool_schemas"] = blocks.BOOLEAN
    if parallel:
        properties["parallel_tool_calls"] = blocks.BOOLEAN
    elif parallel is False or has_tools is False:
        properties.pop("parallel_tool_calls", None)


def _set_formats(properties: Schema, formats: int | None) -> None:
    if formats is not None:
        properties.pop("response_format", None)
    if formats:
        properties["response_format"] = blocks.response_format(blocks.FORMATS[formats])


def _set_reasoning(properties: Schema, names: str | None) -> None:
    if names is None:
        effort = properties.get("reasoning_effort")
        if effort is not None:
            known = [*blocks.EFFORTS, *effort.get("enum", ())]
            properties["reasoning_effort"] = blocks.one_of(*dict.fromkeys(known))
        return
    for name in _REASONING:
        if name not in names.split("+"):
            properties.pop(name, None)
        elif name == "reasoning_effort" or name not in properties:
            properties[name] = blocks.PARAMS[name]


def _set_params(properties: Schema, group: Group) -> None:
    if group.both_limits is not None:
        properties["max_tokens"] = blocks.PARAMS["max_tokens"]
        properties.pop("max_completion_tokens", None)
    if group.both_limits:
        properties["max_completion_tokens"] = blocks.PARAMS["max_completion_tokens"]
    if group.only is not None:
        for name in groups.SAMPLING - set(group.only):
            properties.pop(name, None)
        for name in group.only:
            properties.setdefault(name, blocks.PARAMS[name])


def _spoken(messages: Schema) -> tuple[str, str]:
    """Letters of the roles beside user and assistant, and of the user's parts."""
    roles, parts = "", ""
    for form in branches(messages):
        for message in branches(form.get("items", {})):
            names = words(message, "role")
            roles += "".join(k for k, v in blocks.ROLE_LETTERS.items() if v in names)
            if "user" in names:
                parts = "".join(_part_letters(message["properties"]["content"]))
    return roles, parts or "t"


def _part_letters(content: Schema) -> Iterable[str]:
    kinds = [
        kind
        for form in branches(content)
        if "items" in form
        for part in branches(form["items"])
        for kind in words(part, "type")
    ]
    return (_LETTERS[kind] for kind in kinds)


def _is_openai_shaped(schema: Schema) -> bool:
    """Not Claude's blocks, and not the captioner that takes nothing but a list with sound."""
    messages = schema["properties"].get("messages", {})
    lists = [form for form in branches(messages) if "items" in form]
    if len(lists) != 1:
        return False
    texts = [
        content
        for message in branches(lists[0]["items"])
        if "user" in words(message, "role")
        for content in branches(message["properties"]["content"])
        if content.get("type") == "string"
    ]
    parts = {
        kind
        for message in branches(lists[0]["items"])
        for content in branches(message["properties"].get("content", {}))
        if "items" in content
        for part in branches(content["items"])
        for kind in words(part, "type")
    }
    return bool(texts) and parts <= {*_LETTERS, "refusal"}


def _only_messages(roles: str, parts: str) -> Schema:
    """A group of which nothing but the messages was read."""
    schema = blocks.obj(
        ("model", "messages"),
        model=blocks.STRING,
        messages=blocks.messages(
            [blocks.ROLE_LETTERS[letter] for letter in roles],
            [blocks.PART_LETTERS[letter] for letter in parts],
        ),
    )
    return {**schema, UNREAD: ["tools", "response_format", "params"]}


def _relaxed(path: str, published: Published) -> Published:
    """What the OpenAPI no longer demands on the other paths."""
    if published.source != DOCS:
        return published
    if path == EMBEDDINGS and published.schema.get("additionalProperties") is False:
        schema = {k: v for k, v in published.schema.items() if k != "additionalProperties"}
        return Published(schema, PART)
    if path == RESPONSES:
        return Published(_without_strict(published.schema), PART)
    return published


def _without_strict(schema: Any) -> Any:
    """A function tool need not say ``strict``, and may say null."""
    if isinstance(schema, list):
        return [_without_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _without_strict(value) for key, value in schema.items()}
    if words(found, "type") == ["function"] and "strict" in found.get("required", ()):
        found["required"] = [name for name in found["required"] if name != "strict"]
        found["properties"]["strict"] = {"type": ["boolean", "null"]}
    return found
