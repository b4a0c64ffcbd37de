"""``/v1/chat/completions``: an answer, or a chunk of one -> its content.

Wire: ``{"id", "object", "created", "model", "choices": [{"index", "delta" | "message",
"finish_reason"}], "usage", "meta"}``. Any key may be missing, null or empty.
Source: the API's own recorded streams and responses, read 2026-08-21.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from langchain_aimlapi._answers.assembly import Assembly
from langchain_aimlapi._answers.choice import ChoiceState
from langchain_aimlapi._domain.values import ExtraKey

_META = frozenset({"id", "model", "created", "system_fingerprint", "service_tier", "provider"})
_REASONING = ("reasoning_content", "reasoning", "reasoning_details", "thinking_blocks")
_IS_REASONING = frozenset(_REASONING)
_TOP_LISTS: tuple[ExtraKey, ...] = ("citations", "search_results", "related_questions", "images")


class Reader:
    """Reads the frames of one answer."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        # Top-level keys that have nothing (more) to add.
        self._settled = {"object", "choices", "obfuscation"}

    def take(self, event: str, frame: Mapping[str, Any]) -> bool:
        """Read one chunk, or a whole answer; False where it is of another dialect."""
        if "choices" not in frame and not _is_chunk(frame):
            return False
        choices = frame.get("choices")
        if isinstance(choices, list):
            for choice in choices:
                if isinstance(choice, dict):
                    self._take_choice(choice)
        settled = self._settled
        for name, value in frame.items():
            if value and name not in settled:
                self._take_top(name, value)
        return True

    def _take_choice(self, choice: Mapping[str, Any]) -> None:
        state = self._assembly.choice(choice.get("index"))
        delta = choice.get("delta")
        if "message" in choice:
            delta = _message_or_delta(choice["message"], delta, state)
        if isinstance(delta, dict):
            self._assembly.started = True
            if not _IS_REASONING.isdisjoint(delta):  # it precedes text, whatever the key order
                for name in _REASONING:
                    value = delta.get(name)
                    if type(value) is str and value:
                        state.add_reasoning(value, source=name)
                    elif value:
                        _FIELDS[name](state, value)
            for name, value in delta.items():
                if not value or name in _IS_REASONING:
                    continue
                if name == "content" and type(value) is str:  # nearly every chunk
                    state.add_text(value)
                elif name in _FIELDS:
                    _FIELDS[name](state, value)
        elif isinstance(choice.get("text"), str) and choice["text"]:
            self._assembly.started = True
            state.add_text(choice["text"])
        if choice.get("logprobs"):
            state.add_logprobs(choice["logprobs"])
        if choice.get("finish_reason") or choice.get("error"):
            self._take_end(state, choice)

    def _take_end(self, state: ChoiceState, choice: Mapping[str, object]) -> None:
        reason, error = choice.get("finish_reason"), choice.get("error")
        if error or reason == "error":
            # A gateway in front of a vendor that broke off reports it inside the choice.
            self._assembly.failure = choice if error else {"error": "the vendor broke off"}
        else:
            self._assembly.finish(state, reason, choice.get("native_finish_reason"))

    def _take_top(self, name: str, value: object) -> None:
        assembly = self._assembly
        if name in _META:
            assembly.add_meta(name, value)
            self._settled.add(name)
        elif name == "usage":
            assembly.add_usage(value)
        elif name == "meta":
            assembly.add_charge(value)
        else:
            for key in _TOP_LISTS:
                if name == key:
                    assembly.choice(0).add_unique(key, value)


def _message_or_delta(message: Any, delta: Any, state: ChoiceState) -> object:
    """What to read of a choice. Perplexity sends ``message`` (everything so far) beside ``delta``,
    also where the delta is empty: it counts only while nothing has come yet."""
    if not isinstance(message, dict):
        return delta
    is_stream = isinstance(delta, dict)
    return (
        delta if is_stream and (delta.get("content") or state.text or state.reasoning) else message
    )


def _is_chunk(frame: Mapping[str, object]) -> bool:
    return str(frame.get("object", "")).startswith("chat.completion")


# --- the fields of a delta or a message -----

Handler = Callable[[ChoiceState, object], None]


def _content(state: ChoiceState, value: object) -> None:
    if isinstance(value, str):
        state.add_text(value)
    elif isinstance(value, list):
        for part in value:
            _part(state, part)
    else:
        _part(state, value)


def _part(state: ChoiceState, part: object) -> None:
    if isinstance(part, str):
        if part:
            state.add_text(part)
        return
    if not isinstance(part, Mapping):
        return
    kind = part.get("type")
    text = part.get("text")
    if kind in ("thinking", "reasoning"):
        reasoning = part.get("thinking") or part.get("reasoning") or text
        if isinstance(reasoning, list):  # Mistral nests text parts in a thinking part
            reasoning = "".join(p.get("text", "") for p in reasoning if isinstance(p, Mapping))
        if isinstance(reasoning, str) and reasoning:
            state.add_reasoning(reasoning, source="part")
    elif kind in ("image_url", "image", "output_image"):
        state.add_unique("images", [dict(part)])
    elif kind == "refusal":
        state.add_refusal(part.get("refusal"))
    elif isinstance(text, str) and text:
        state.add_text(text)
        state.add_unique("annotations", part.get("annotations"))


def _reasoning(source: str) -> Handler:
    def add(state: ChoiceState, value: object) -> None:
        text = value.get("content") if isinstance(value, Mapping) else None
        if isinstance(text, str) and text:
            state.add_reasoning(text, source=source)

    return add


def _reasoning_details(state: ChoiceState, value: object) -> None:
    if not isinstance(value, list):
        return
    for position, item in enumerate(value):
        if not isinstance(item, Mapping):
            continue
        kind = item.get("type")
        source = (kind if isinstance(kind, str) else None, _index(item, position))
        state.add_block("reasoning_details", source, item)
        text = item.get("text") or item.get("summary")
        if isinstance(text, str) and text:
            state.add_reasoning(text, source="reasoning_details")


def _index(item: Mapping[str, object], position: int) -> int | str:
    index = item.get("index", position)
    return index if isinstance(index, int | str) else position


def _thinking_blocks(state: ChoiceState, value: object) -> None:
    if isinstance(value, list):
        for position, item in enumerate(value):
            if isinstance(item, Mapping):
                state.add_block("thinking_blocks", _index(item, position), item)


def _function_call(state: ChoiceState, value: object) -> None:
    if isinstance(value, Mapping):
        state.add_tools([{"index": "function_call", "function": value}])


def _unique(key: ExtraKey) -> Handler:
    return lambda state, value: state.add_unique(key, value)


def _final(key: ExtraKey) -> Handler:
    return lambda state, value: state.set_final(key, value)


_FIELDS: dict[str, Handler] = {
    "content": _content,
    "reasoning_content": _reasoning("reasoning_content"),
    "reasoning": _reasoning("reasoning"),
    "reasoning_details": _reasoning_details,
    "thinking_blocks": _thinking_blocks,
    "tool_calls": ChoiceState.add_tools,
    "function_call": _function_call,
    "refusal": ChoiceState.add_refusal,
    "annotations": _unique("annotations"),
    "citations": _unique("citations"),
    "search_results": _unique("search_results"),
    "images": _unique("images"),
    "audio": ChoiceState.add_audio,
    "encrypted_content": _final("encrypted_content"),
    "extra_content": _final("extra_content"),
}
