"""Facts -> the keys of langchain-core's ``ModelProfile``. Only what is known is said."""

from __future__ import annotations

import re
from typing import Any

from langchain_aimlapi.catalog.capabilities import (
    capabilities,
    effort_levels,
    forms,
    preferred,
)
from langchain_aimlapi.catalog.facts import Facts, Shape
from langchain_aimlapi.catalog.families import TEXT_KINDS

_STATUS = {"listed": "active", "documented": "active", "deprecated": "deprecated"}
_INPUTS = {
    "image_inputs": "images",
    "pdf_inputs": "pdf",
    "audio_inputs": "audio_input",
    "video_inputs": "video_input",
}
# Names of models that think. The schema of one template is printed for 87 ids with reasoning
# parameters, thinkers or not, so that a declared parameter alone proves nothing there.
_THINKERS = re.compile(
    r"(^|/)o\d(-|$)|gpt-5|gpt-oss|think|reason|-r1|(^|/)grok-[4-9]|claude-(opus|sonnet|fable)|"
    r"claude-haiku-([4-9]|latest)|gemini-(2\.5|[3-9])|glm-(4\.[5-9]|[5-9])|kimi-k(2-[5-9]|[3-9])",
    re.IGNORECASE,
)
_NOT_THINKERS = re.compile(r"non-(thinking|reason)|(^|/)gpt-5.*-chat|instruct", re.IGNORECASE)


def profile_of(facts: Facts) -> dict[str, Any]:
    """A fresh dictionary for ``BaseChatModel.profile``."""
    found: dict[str, Any] = {"name": facts.name} if facts.name else {}
    if facts.status in _STATUS:
        found["status"] = _STATUS[facts.status]
    if facts.released:
        found["release_date"] = facts.released
    if facts.context:
        found["max_input_tokens"] = facts.context
    if facts.max_output:
        found["max_output_tokens"] = facts.max_output
    shape = preferred(facts)
    if not facts.known or shape is None or facts.kind not in TEXT_KINDS or not shape.roles:
        return found
    return {**found, **_inputs(facts, shape), **_abilities(facts, shape), **_reasoning(facts)}


def _inputs(facts: Facts, shape: Shape) -> dict[str, Any]:
    able = capabilities(facts)
    user_parts = {
        part
        for form in forms(shape)
        for part in (form.roles["user"].parts or () if "user" in form.roles else ())
    }
    found: dict[str, Any] = {key: word in able for key, word in _INPUTS.items()}
    found["text_inputs"] = bool(user_parts & {"text", "input_text"}) or any(
        form.roles["user"].string for form in forms(shape) if "user" in form.roles
    )
    found["image_url_inputs"] = bool(user_parts & {"image_url", "input_image"}) or any(
        "url" in form.parts.get("image", {}).get("source_types", ()) for form in forms(shape)
    )
    inside = {
        part
        for form in forms(shape)
        for part in form.parts.get("tool_result", {}).get("content_parts", ())
    }
    found["image_tool_message"] = "image" in inside
    found["pdf_tool_message"] = "document" in inside
    return found


def _abilities(facts: Facts, shape: Shape) -> dict[str, Any]:
    able = capabilities(facts)
    tools = "tools" in able
    params = shape.params or {}
    return {
        "text_outputs": True,
        "image_outputs": "image_output" in able,
        "audio_outputs": "audio_output" in able,
        "tool_calling": tools,
        "tool_choice": tools and "tool_choice" in able,
        "structured_output": "structured_output" in able,
        "temperature": "temperature" in params,
        **({"tool_call_streaming": True} if tools and shape.streams else {}),
    }


def _reasoning(facts: Facts) -> dict[str, Any]:
    if _NOT_THINKERS.search(facts.id):
        return {"reasoning_output": False}
    if not (facts.thinks_inline or _THINKERS.search(facts.id)):
        return {}
    levels = effort_levels(facts)
    return {
        "reasoning_output": True,
        **({"reasoning_effort_levels": list(levels)} if levels else {}),
    }
