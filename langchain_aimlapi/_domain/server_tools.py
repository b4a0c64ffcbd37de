"""Calls of server-side tools and their results: vendors' own blocks <-> LangChain's standard ones.

Anthropic writes a call and a result as two blocks. The Responses API writes one item, which becomes
two standard blocks and stays in the call's ``extras["item"]``, so that it goes back unchanged.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

Raw = Mapping[str, object]
StandardBlock = dict[str, object]

_RENAMED = {"code_execution": "code_interpreter"}  # Anthropic's name -> LangChain's
_ORIGINAL = {ours: theirs for theirs, ours in _RENAMED.items()}
_ANTHROPIC_IDS = ("srvtoolu_", "mcptoolu_")
_STATUS = {"completed": "success", "failed": "error"}
# type of an item of the Responses API -> (name of the tool, key of its result)
_ITEMS = {
    "web_search_call": ("web_search", "sources"),
    "file_search_call": ("file_search", "results"),
    "code_interpreter_call": ("code_interpreter", "outputs"),
    "mcp_call": ("remote_mcp", "output"),
    "mcp_list_tools": ("mcp_list_tools", "tools"),
}


def is_anthropic(raw: Raw) -> bool:
    """Whether it is a block of ``/v1/messages``."""
    kind = str(raw.get("type"))
    is_result = kind.endswith("_tool_result") and "tool_use_id" in raw
    return kind in ("server_tool_use", "mcp_tool_use") or is_result


def is_server_tool(raw: Raw) -> bool:
    """Whether it is a vendor's own block or item of a server-side tool."""
    kind = str(raw.get("type"))
    if kind in ("tool_call", "function_call", "custom_tool_call", "invalid_tool_call"):
        return False
    is_item = kind.endswith(("_call", "_list_tools", "_approval_request")) and bool(raw.get("id"))
    return is_anthropic(raw) or (is_item and kind != "server_tool_call")


def server_tool_to_blocks(raw: Raw) -> list[StandardBlock]:
    """The standard blocks of a vendor's own one; a type that has none is ``non_standard``."""
    kind = str(raw.get("type"))
    if kind in _ITEMS:
        return _from_item(raw, *_ITEMS[kind])
    if not is_anthropic(raw):
        return [{"type": "non_standard", "value": dict(raw)}]
    if kind.endswith("_tool_result"):
        return [_from_result(raw)]
    name = str(raw.get("name") or "")
    extras = _without(raw, "type", "id", "name", "input", "index")
    if kind == "mcp_tool_use":
        extras, name = {"tool_name": name, **extras}, "remote_mcp"
    block: StandardBlock = {
        "type": "server_tool_call",
        "id": str(raw.get("id") or ""),
        "name": _RENAMED.get(name, name),
        "args": raw.get("input") if isinstance(raw.get("input"), Mapping) else {},
    }
    return [{**block, "extras": extras} if extras else block]


def _from_result(raw: Raw) -> StandardBlock:
    content = raw.get("content")
    failed = raw.get("is_error") or (isinstance(content, Mapping) and content.get("error_code"))
    block: StandardBlock = {
        "type": "server_tool_result",
        "tool_call_id": str(raw.get("tool_use_id") or ""),
        "status": "error" if failed else "success",
        "extras": {
            "block_type": raw["type"],
            **_without(raw, "type", "tool_use_id", "content", "index"),
        },
    }
    return {**block, "output": content} if "content" in raw else block


def _from_item(item: Raw, name: str, output_key: str) -> list[StandardBlock]:
    action = item.get("action")
    source = action if isinstance(action, Mapping) else item
    args: object = {}
    if name == "web_search":
        args = _without(source, "sources") if source is action else {}
    elif name == "remote_mcp":
        args = _json_object(item.get("arguments"))
    else:
        args = {key: item[key] for key in ("queries", "code") if item.get(key) is not None}
    id = str(item.get("id") or "")
    call: StandardBlock = {"type": "server_tool_call", "id": id, "name": name, "args": args}
    result: StandardBlock = {"type": "server_tool_result", "tool_call_id": id}
    status = item.get("status")
    if item.get("error"):
        result |= {"status": "error", "extras": {"error": item["error"]}}
    elif status in _STATUS:
        result["status"] = _STATUS[status]
    elif name in ("remote_mcp", "mcp_list_tools"):
        result["status"] = "success"
    elif status:
        result["extras"] = {"status": status}
    output = source.get(output_key)
    if output:
        result["output"] = {"sources": output} if name == "web_search" else output
    return [{**call, "extras": {"item": dict(item)}}, result]


def _json_object(text: object) -> object:
    try:
        value = json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, Mapping) else {}


def _without(raw: Raw, *names: str) -> dict[str, object]:
    return {name: value for name, value in raw.items() if name not in names}


# --- and back -----


def block_to_server_tool(block: Raw, known_ids: Collection[str] = ()) -> Raw | None:
    """The vendor's own block of a standard one; None where it cannot be known.

    Args:
        known_ids: Calls of which a result is known to be Anthropic's.
    """
    found = block.get("extras")
    extras: Raw = found if isinstance(found, Mapping) else {}
    if block.get("type") == "server_tool_result":
        kind = extras.get("block_type")
        if not kind:
            return None
        raw = {"type": kind, "tool_use_id": block.get("tool_call_id")}
        if "output" in block:
            raw["content"] = block["output"]
        return {**raw, **_without(extras, "block_type")}
    item = extras.get("item")
    if isinstance(item, Mapping):
        return item
    id = str(block.get("id") or "")
    if id not in known_ids and not id.startswith(_ANTHROPIC_IDS):
        return None  # another vendor's
    name = str(block.get("name") or "")
    kind = "server_tool_use"
    if name == "remote_mcp":
        kind, name = "mcp_tool_use", str(extras.get("tool_name") or name)
    return {
        "type": kind,
        "id": id,
        "name": _ORIGINAL.get(name, name),
        "input": block.get("args") or {},
        **_without(extras, "tool_name"),
    }


def ids_with_results(blocks: Any) -> set[str]:
    """Ids of calls whose result, among these standard blocks, is Anthropic's."""
    return {
        str(block.get("tool_call_id"))
        for block in blocks
        if isinstance(block, Mapping)
        and block.get("type") == "server_tool_result"
        and isinstance(block.get("extras"), Mapping)
        and block["extras"].get("block_type")
    }
