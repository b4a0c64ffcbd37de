"""The catalog against every group of chat models that was read of the gateway's own OpenAPI: roles,
parts, tools, parameters and closed sets, id by id."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from langchain_aimlapi.catalog import Shape
from langchain_aimlapi.catalog.shape import CHAT
from tests.harness.evidence import catalog_of_evidence
from tests.harness.paths import PUBLISHED

Json = dict[str, Any]
# The messages of the group of 293 names were not printed a second time: they are as in all others.
ALL_ROLES = {"user", "assistant", "developer", "system", "tool"}
# They stand in every group, or are compared by themselves.
APART = {"provider", "response_format", "tools", "tool_choice", "model", "messages"}
# Measured on production in September: more efforts are taken than the OpenAPI of August prints.
MEASURED = {"xhigh", "max", "minimal"}
catalog = catalog_of_evidence()


def groups(name: str) -> Iterator[tuple[str, Json]]:
    """(id, group) of a file, without the gateway's own models, which take any messages."""
    for line in (PUBLISHED / "live" / name).read_text(encoding="utf-8").splitlines():
        group = json.loads(line)
        for model in group["ids"]:
            if "dummy" not in model:
                yield model, {**group, **group.get("partial_seen", {})}


def shape_of(model: str) -> Shape:
    facts = catalog.find(model)
    assert facts.known, model
    return facts.shapes[CHAT]


def parts_of(message: Json) -> set[str]:
    forms = (form for form in message.get("content", ()) if isinstance(form, dict))
    return {part for form in forms for part in form["parts"]}


def differing_sets(model: str, params: Json) -> list[str]:
    """Parameters whose closed set is another one."""
    found = []
    for name, row in params.items():
        known = (shape_of(model).params or {}).get(name)
        values = row.get("enum") if isinstance(row, dict) else None
        if known is not None and values and set(known.enum or ()) - MEASURED != set(values):
            found.append(f"{model}: {name}")
    return found


def test_a_group_that_was_read_whole_stands_in_the_catalog_as_it_is() -> None:
    found: list[str] = []
    rows = list(groups("chat.jsonl"))
    for model, group in rows:
        shape, messages = shape_of(model), group.get("messages")
        if set(shape.roles) != (ALL_ROLES if messages is None else set(messages)):
            found.append(f"{model}: roles")
        if messages is not None and set(shape.roles["user"].parts or ()) != parts_of(
            messages["user"]
        ):
            found.append(f"{model}: parts")
        if bool(shape.tools) is not bool(group.get("tools")):
            found.append(f"{model}: tools")
        if (set(shape.params or ()) ^ set(group["params"])) - APART:
            found.append(f"{model}: parameters")
        found += differing_sets(model, group["params"])
    assert found == []
    assert len(rows) > 300


def test_what_was_seen_of_a_group_that_was_read_in_part_stands_in_the_catalog() -> None:
    found: list[str] = []
    rows = list(groups("chat.partial.jsonl"))
    for model, group in rows:
        shape = shape_of(model)
        for role, message in group.get("messages", {}).items():
            if role != "?" and role not in shape.roles:
                found.append(f"{model}: {role}")
            if role == "user" and not parts_of(message) - {"?"} <= set(
                shape.roles[role].parts or ()
            ):
                found.append(f"{model}: parts")
        if isinstance(group.get("tools"), dict) and not shape.tools:
            found.append(f"{model}: tools")
        seen = {name: row for name, row in group.get("params", {}).items() if name not in ("?",)}
        if shape.params is not None and set(seen) - set(shape.params) - APART:
            found.append(f"{model}: parameters")
        found += differing_sets(model, seen)
    assert found == []
    assert len(rows) > 40


# Two searching parameters of the documentation stand in no group of these ids, and the rule is to
# send what the API drops; the description of ``temperature`` takes the default alone.
NOT_PRINTED, DEFAULT_ALONE = {"enable_search", "search_options"}, {"temperature"}
BEFORE_TOOLS = APART | {
    "max_tokens", "max_completion_tokens", "stream", "stream_options", "normalize_tool_schemas"
}  # fmt: skip


def test_what_was_seen_of_the_heads_and_ends_of_further_groups_stands_in_the_catalog() -> None:
    found: list[str] = []
    rows = list(groups("chat.later.partial.jsonl"))
    for model, group in rows:
        shape = shape_of(model)
        params = set(shape.params or ()) - BEFORE_TOOLS
        for role, message in group.get("messages", {}).items():
            if role not in shape.roles:
                found.append(f"{model}: {role}")
            parts = parts_of(message)
            known = set(shape.roles[role].parts or ())
            if parts - {"?"} - known or ("?" not in parts and parts and parts != known):
                found.append(f"{model}: parts {parts ^ known}")
        named = {*group.get("params_before_tools", ()), *group.get("last_params", ())}
        if named - params - APART:
            found.append(f"{model}: named parameters {named - params}")
        if group.get("tools") is False and shape.tools:
            found.append(f"{model}: tools")
        after = set(group.get("params_after_tools", params)) - APART
        if (after - params) - DEFAULT_ALONE or (params - after) - NOT_PRINTED:
            found.append(f"{model}: parameters {after ^ params}")
    assert found == []
    assert len(rows) > 100


def test_a_row_by_rule_has_what_all_groups_have_in_common() -> None:
    """Ids that no group of the OpenAPI names: the documentation, with what no group lacked."""
    rows = [
        facts
        for facts in catalog.models(kind="chat", status=None)
        if "have in common" in facts.sources.get(CHAT, "")
    ]
    for facts in rows:
        shape = facts.shapes[CHAT]
        assert not any(role.closed for role in shape.roles.values()), facts.id
        assert shape.roles["assistant"].null, facts.id
        assert "tool" not in shape.roles or shape.roles["tool"].list, facts.id
        marked = [part for part in ("text", "image_url", "file") if part in shape.parts]
        assert all("cache_control" in shape.parts[part]["keys"] for part in marked), facts.id
        effort = (shape.params or {}).get("reasoning_effort")
        assert effort is None or "none" in (effort.enum or ("none",)) or facts.efforts, facts.id
    assert rows
