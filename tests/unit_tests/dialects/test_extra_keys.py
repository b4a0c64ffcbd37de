"""The keys of `ExtraKey`: every one of them comes from some answer, and no other does."""

from __future__ import annotations

from typing import Any

from langchain_aimlapi._domain.values import EXTRA_KEYS
from tests.harness.streams import read, sse

COMPLETIONS = {
    "object": "chat.completion.chunk",
    "citations": ["https://a.example"],
    "search_results": [{"url": "https://a.example"}],
    "related_questions": ["Why?"],
    "images": [{"type": "image_url", "image_url": {"url": "https://a.example/a.png"}}],
    "choices": [
        {
            "index": 0,
            "delta": {
                "content": [{"type": "refusal", "refusal": "No."}],
                "reasoning_details": [{"type": "reasoning.text", "text": "Hm."}],
                "thinking_blocks": [{"type": "thinking", "thinking": "Hm."}],
                "annotations": [{"type": "url_citation", "url_citation": {"url": "u"}}],
                "audio": {"id": "a"},
                "tool_calls": [
                    {
                        "index": 0,
                        "id": "c",
                        "function": {"name": "w", "arguments": "{}"},
                        "extra_content": {"google": {}},
                    }
                ],
                "encrypted_content": "c2VjcmV0",
                "extra_content": {"google": {"thought_signature": "c2ln"}},
            },
            "finish_reason": "stop",
        }
    ],
}
RESPONSES = {
    "type": "response.completed",
    "response": {
        "id": "r",
        "object": "response",
        "status": "completed",
        "output": [
            {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"},
            {"type": "web_search_call", "id": "ws_1", "status": "completed"},
            {"type": "message", "id": "m", "content": [{"type": "output_text", "text": "Hi"}]},
        ],
    },
}


def keys_of(frame: dict[str, Any]) -> set[str]:
    _, deltas = read(sse([frame]))
    return {key for delta in deltas for key in delta.extra or ()}


def test_every_key_is_in_use_and_no_other_is() -> None:
    assert keys_of(COMPLETIONS) | keys_of(RESPONSES) == set(EXTRA_KEYS)
