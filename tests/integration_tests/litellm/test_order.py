"""The order of an answer's blocks survives LiteLLM's messages."""

from __future__ import annotations

import json
from typing import Any

from langchain_aimlapi._domain.values import (
    ChatResponse,
    Choice,
    ReasoningPart,
    ServerToolPart,
    TextPart,
    ToolCall,
    ToolCallPart,
)
from langchain_aimlapi._litellm.messages import openai_to_messages
from langchain_aimlapi._litellm.replies import reply_to_response

SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
CITED = {"type": "web_search_result_location", "url": "u", "encrypted_index": "e"}
ANSWER = Choice(
    text="I search.Ice.",
    reasoning="One.\n\nTwo.",
    tool_calls=(ToolCall("c1", "w", "{}"), ToolCall("c2", "w", "{}")),
    extra={
        "thinking_blocks": [
            {"index": 0, "type": "thinking", "thinking": "One.", "signature": "a"},
            {"index": 1, "type": "thinking", "thinking": "Two.", "signature": "b"},
        ],
        "server_tool_calls": [SEARCH],
        "annotations": [{"type": "url_citation", "url_citation": {}, "anthropic": CITED}],
        "block_order": [
            {"index": 0, "type": "reasoning", "start": 0},
            {"index": 1, "type": "text", "start": 0},
            {"index": 2, "type": "reasoning", "start": 4},
            {"index": 3, "type": "server_tool"},
            {"index": 4, "type": "tool_call"},
            {"index": 5, "type": "text", "start": 9, "annotations": [0]},
            {"index": 6, "type": "tool_call"},
        ],
    },
    finish_reason="tool_calls",
)


def test_a_message_of_litellm_goes_back_in_order() -> None:
    response: Any = reply_to_response(ChatResponse((ANSWER,)), model="claude")
    stored = json.loads(json.dumps(response.choices[0].message.model_dump()))
    for message in (response.choices[0].message, stored):
        [found] = openai_to_messages([message])
        assert found.parts == (
            ReasoningPart("One.", signature="a"),
            TextPart("I search."),
            ReasoningPart("Two.", signature="b"),
            ServerToolPart(SEARCH),
            ToolCallPart("c1"),
            TextPart("Ice.", {"citations": [CITED]}),
        )
        assert [call.id for call in found.tool_calls] == ["c1", "c2"]
