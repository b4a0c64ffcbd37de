"""Facts -> the keys of langchain-core's ``ModelProfile``. Only what is known stands in it."""

from __future__ import annotations

from typing import Any

from langchain_aimlapi.catalog.capabilities import (
    capabilities,
    effort_levels,
    forms,
    preferred,
)
from langchain_aimlapi.catalog.facts import Facts, Shape
from langchain_aimlapi.catalog.shape import TEXT_KINDS

_STATUS = {
    "listed": "active",
    "documented": "active",
    "deprecated": "deprecated",
    "superseded": "deprecated",
    "withdrawn": "deprecated",
}
_INPUTS = {
    "image_inputs": "images",
    "pdf_inputs": "pdf",
    "audio_inputs": "audio_input",
    "video_inputs": "video_input",
}


def profile_of(facts: Facts) -> dict[str, Any]:
    """A fresh dictionary for ``BaseChatModel.profile``."""
    found: dict[str, Any] = {"name": facts.name} if facts.name else {}
    if facts.status in _STATUS:
        found["status"] = _STATUS[facts.status]
    if facts.released:
        found["release_date"] = facts.released
    if facts.context:
        found["max_input_tokens"] = facts.max_input or facts.context
    if facts.max_output:
        found["max_output_tokens"] = facts.max_output
    shape = preferred(facts)
    if not facts.known or shape is None or facts.kind not in TEXT_KINDS or not shape.roles:
        return found
    return {**found, **_inputs(facts, shape), **_abilities(facts, shape), **_reasoning(facts)}


def _inputs(facts: Facts, shape: Shape) -> dict[str, object]:
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


def _abilities(facts: Facts, shape: Shape) -> dict[str, object]:
    able = capabilities(facts)
    tools = "tools" in able
    found: dict[str, Any] = {
        "text_outputs": True,
        "image_outputs": "image_output" in able,
        "audio_outputs": "audio_output" in able,
    }
    # What was not read, and what the API decides, is left out.
    if tools or shape.tools is not None:
        found |= {"tool_calling": tools, "tool_choice": tools and "tool_choice" in able}
    if shape.response_formats is not None:
        found["structured_output"] = "structured_output" in able
    if shape.params is not None:
        found["temperature"] = "temperature" in shape.params
    return {**found, **({"tool_call_streaming": True} if tools and shape.streams else {})}


def _reasoning(facts: Facts) -> dict[str, object]:
    thinks = facts.reasons or facts.thinks_inline
    if facts.reasons is None and not thinks:
        return {}
    levels = effort_levels(facts) if thinks else ()
    return {
        "reasoning_output": bool(thinks),
        **({"reasoning_effort_levels": list(levels)} if levels else {}),
    }
