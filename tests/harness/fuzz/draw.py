"""JSON values drawn from bytes: each byte decides something, a mutated byte changes little."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

T = TypeVar("T")

_KEYS = """
type text content role id index name arguments function tool_calls tool_call_id image_url url source
data media_type base64 mime_type file file_data file_id filename input_audio format image audio
video document title cache_control thinking signature reasoning summary encrypted_content refusal
annotations citations citation input output call_id status usage prompt_tokens completion_tokens
total_tokens input_tokens output_tokens details delta choices message finish_reason error code param
requestId statusCode meta credits_used usd_spent model extras value non_standard source_type
reasoning_content reasoning_details extra_content google thought_signature response item part
output_index content_index partial_json stop_reason logprobs properties required items anyOf $ref
$defs enum additionalProperties parameters description json_schema schema strict pricing units price
per origin aliases info contextLength object embedding b64_json detail container caller lc kwargs
"""
_VALUES = """
user assistant system developer tool human ai image input_image input_text output_text input_file
video_url tool_use tool_result redacted_thinking function_call function_call_output custom
non_standard text-plain server_tool_use web_search_tool_result message_start content_block_delta
content_block_start content_block_stop message_delta message_stop text_delta input_json_delta
thinking_delta response.output_text.delta response.completed response.output_item.added
response.output_item.done response.function_call_arguments.delta response.failed stop length
content_filter end_turn max_tokens auto required none any object array string integer number boolean
null image/png application/pdf audio/wav wav mp3 https://example.com/a.png iVBORw0KGgo= data:,x
data:image/png;base64,iVBORw0KGgo= application/json text/event-stream gpt-4o
"""
KEYS = tuple(_KEYS.split())
WORDS = (*KEYS, *_VALUES.split())
ODD = (
    "", " ", "\n", "\ud800", "\udfff", "🙂", "é", "\0", "\u2028", "<think>", "</think>", "{", "[1,",
    '{"a": 1}', "```json", "-1", "1e999", "NaN", "x" * 300, "Bearer sk-secret",
)  # fmt: skip
NUMBERS = (0, 1, -1, 2, 0.5, 1e300, float("inf"), float("nan"), 2**53, -(2**63), 10**30, 400, 429)


class Draw:
    """Decisions from bytes; zeros when they are used up."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, below: int) -> int:
        """A number from 0."""
        if self._at >= len(self._data):
            return 0
        self._at += 1
        return self._data[self._at - 1] % below

    def pick(self, choices: Sequence[T]) -> T:
        """One of them."""
        return choices[self.number(len(choices))]

    def chance(self, of: int = 2) -> bool:
        """True once in ``of``; False when the bytes are used up."""
        return self.number(of) == of - 1

    def raw(self) -> bytes:
        """Bytes as they are."""
        size = self.number(64)
        piece = self._data[self._at : self._at + size]
        self._at += size
        return piece

    def text(self) -> str:
        """A known word, an odd string, or anything."""
        kind = self.number(8)
        if kind < 4:
            return self.pick(WORDS)
        if kind < 6:
            return self.pick(ODD)
        return self.raw().decode("utf-8", "surrogateescape" if kind == 6 else "replace")

    def value(self, depth: int = 0) -> Any:
        """Any JSON value, the keys mostly those that the package knows."""
        kind = self.number(12)
        if kind < 4 or depth > 4:
            return self.text()
        if kind < 7:
            return self.mapping(depth + 1)
        if kind < 9:
            return [self.value(depth + 1) for _ in range(self.number(4))]
        return self.pick((None, True, False, *NUMBERS))

    def mapping(self, depth: int = 0) -> dict[str, Any]:
        """An object."""
        return {self.key(): self.value(depth) for _ in range(self.number(6))}

    def key(self) -> str:
        """A key, in one of ten unknown."""
        return self.text() if self.chance(10) else self.pick(KEYS)

    def block(self) -> dict[str, Any]:
        """A content block: an object with a type, mostly."""
        made = self.mapping(1)
        if not self.chance(8):
            made["type"] = self.pick(WORDS)
        if not self.chance(8):
            made[str(made.get("type", "text"))] = self.value(2)
        return made

    def content(self) -> Any:
        """What stands under ``content``."""
        kind = self.number(4)
        if kind == 0:
            return self.text()
        if kind == 3:
            return self.value()
        return [self.text() if self.chance(5) else self.block() for _ in range(self.number(4))]
