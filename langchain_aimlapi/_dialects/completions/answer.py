"""``/v1/chat/completions``: an answer, or a chunk of one -> what it says.

Wire: ``{"id", "object", "created", "model", "choices": [{"index", "delta" | "message",
"finish_reason"}], "usage", "meta"}``. Any key may be missing, null or empty.
Source: the API's own recorded streams and responses, read 2026-08-21.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from langchain_aimlapi._answers.assembly import Assembly, ChoiceState
from langchain_aimlapi._domain.values import Delta

_META = frozenset({"id", "model", "created", "system_fingerprint", "service_tier", "provider"})
_THOUGHTS = ("reasoning_content", "reasoning", "reasoning_details", "thinking_blocks")
_TOP_LISTS = ("citations", "search_results", "related_questions")

Handler = Callable[[Assembly, ChoiceState, Any, list[Delta]], None]


def speaks(frame: Mapping[str, Any]) -> bool:
    """Whether a frame or a body is of this dialect."""
    return "choices" in frame or str(frame.get("object", "")).startswith("chat.completion")


def take(assembly: Assembly, event: str, frame: Mapping[str, Any], out: list[Delta]) -> None:
    """Read one chunk, or a whole answer."""
    choices = frame.get("choices")
    if isinstance(choices, list):
        for choice in choices:
            if isinstance(choice, dict):
                _take_choice(assembly, choice, out)
    told = assembly.told
    for name, value in frame.items():
        if value and name not in told:
            _take_top(assembly, name, value, out)


def _take_choice(assembly: Assembly, choice: Mapping[str, Any], out: list[Delta]) -> None:
    state = assembly.choice(choice.get("index"))
    delta = choice.get("delta")
    message = choice.get("message")
    if isinstance(message, dict) and not (
        # Perplexity sends `message` (everything so far) beside `delta`, also where the delta is
        # empty: it counts only while nothing was said yet.
        isinstance(delta, dict) and (delta.get("content") or state.text or state.reasoning)
    ):
        delta = message
    if isinstance(delta, dict):
        assembly.started = True
        for name in _THOUGHTS:  # thought before it was said, whatever the order of the keys
            if value := delta.get(name):
                _DELTA[name](assembly, state, value, out)
        for name, value in delta.items():
            if value and name not in _THOUGHTS:
                handler = _DELTA.get(name)
                if handler is not None:
                    handler(assembly, state, value, out)
    elif isinstance(choice.get("text"), str) and choice["text"]:
        assembly.started = True
        assembly.add_text(state, choice["text"], out)
    if choice.get("logprobs"):
        assembly.add_logprobs(state, choice["logprobs"], out)
    reason = choice.get("finish_reason")
    if choice.get("error") or reason == "error":
        # A gateway in front of a vendor that broke off tells it inside the choice.
        assembly.failure = choice if choice.get("error") else {"error": "the vendor broke off"}
    elif reason:
        assembly.end(state, reason, choice.get("native_finish_reason"))


def _take_top(assembly: Assembly, name: str, value: Any, out: list[Delta]) -> None:
    if name in _META:
        assembly.note(name, value)
        assembly.told.add(name)
    elif name == "usage":
        assembly.add_usage(value)
    elif name == "meta":
        assembly.add_charge(value)
    elif name in _TOP_LISTS or (name == "images" and isinstance(value, list)):
        assembly.add_unique(assembly.choice(0), name, value, out)


# --- what stands in a delta or a message -----


def _content(assembly: Assembly, state: ChoiceState, value: Any, out: list[Delta]) -> None:
    if isinstance(value, str):
        assembly.add_text(state, value, out)
    elif isinstance(value, list):
        for part in value:
            _part(assembly, state, part, out)
    elif isinstance(value, Mapping):
        _part(assembly, state, value, out)


def _part(assembly: Assembly, state: ChoiceState, part: Any, out: list[Delta]) -> None:
    if isinstance(part, str):
        if part:
            assembly.add_text(state, part, out)
        return
    if not isinstance(part, Mapping):
        return
    kind = part.get("type")
    text = part.get("text")
    if kind in ("thinking", "reasoning"):
        thought = part.get("thinking") or part.get("reasoning") or text
        if isinstance(thought, list):  # Mistral nests text parts in a thinking part
            thought = "".join(p.get("text", "") for p in thought if isinstance(p, Mapping))
        if isinstance(thought, str) and thought:
            assembly.add_reasoning(state, thought, out, source="part")
    elif kind in ("image_url", "image", "output_image"):
        assembly.add_unique(state, "images", [dict(part)], out)
    elif kind == "refusal" and isinstance(part.get("refusal"), str):
        assembly.add_extra(state, "refusal", part["refusal"], out)
    elif isinstance(text, str) and text:
        assembly.add_text(state, text, out)
        if part.get("annotations"):
            assembly.add_unique(state, "annotations", part["annotations"], out)


def _reasoning(source: str) -> Handler:
    def handle(assembly: Assembly, state: ChoiceState, value: Any, out: list[Delta]) -> None:
        if isinstance(value, str):
            assembly.add_reasoning(state, value, out, source=source)
        elif isinstance(value, Mapping) and isinstance(value.get("content"), str):
            assembly.add_reasoning(state, value["content"], out, source=source)

    return handle


def _details(assembly: Assembly, state: ChoiceState, value: Any, out: list[Delta]) -> None:
    if not isinstance(value, list):
        return
    for position, item in enumerate(value):
        if not isinstance(item, Mapping):
            continue
        kind = item.get("type")
        wire = (kind if isinstance(kind, str) else None, _wire_index(item, position))
        assembly.add_block(state, "reasoning_details", wire, item, out)
        text = item.get("text") or item.get("summary")
        if isinstance(text, str) and text:
            assembly.add_reasoning(state, text, out, source="reasoning_details")


def _wire_index(item: Mapping[str, Any], position: int) -> int | str:
    index = item.get("index", position)
    return index if isinstance(index, int | str) else position


def _thinking_blocks(assembly: Assembly, state: ChoiceState, value: Any, out: list[Delta]) -> None:
    if isinstance(value, list):
        for position, item in enumerate(value):
            if isinstance(item, Mapping):
                wire = _wire_index(item, position)
                assembly.add_block(state, "thinking_blocks", wire, item, out)


def _tools(assembly: Assembly, state: ChoiceState, value: Any, out: list[Delta]) -> None:
    assembly.add_tools(state, value, out)


def _function_call(assembly: Assembly, state: ChoiceState, value: Any, out: list[Delta]) -> None:
    if isinstance(value, Mapping):
        assembly.add_tools(state, [{"index": "function_call", "function": value}], out)


def _refusal(assembly: Assembly, state: ChoiceState, value: Any, out: list[Delta]) -> None:
    if isinstance(value, str):
        assembly.add_extra(state, "refusal", value, out)


def _unique(key: str) -> Handler:
    def handle(assembly: Assembly, state: ChoiceState, value: Any, out: list[Delta]) -> None:
        assembly.add_unique(state, key, value, out)

    return handle


def _audio(assembly: Assembly, state: ChoiceState, value: Any, out: list[Delta]) -> None:
    assembly.add_audio(state, value, out)


def _hold(key: str) -> Handler:
    def handle(assembly: Assembly, state: ChoiceState, value: Any, out: list[Delta]) -> None:
        assembly.hold(state, key, value)

    return handle


_DELTA: dict[str, Handler] = {
    "content": _content,
    "reasoning_content": _reasoning("reasoning_content"),
    "reasoning": _reasoning("reasoning"),
    "reasoning_details": _details,
    "thinking_blocks": _thinking_blocks,
    "tool_calls": _tools,
    "function_call": _function_call,
    "refusal": _refusal,
    "annotations": _unique("annotations"),
    "citations": _unique("citations"),
    "search_results": _unique("search_results"),
    "images": _unique("images"),
    "audio": _audio,
    "encrypted_content": _hold("encrypted_content"),
    "extra_content": _hold("extra_content"),
}
