"""Token counts without a tokenizer: no download, any model, within a few per cent for prose.

Latin prose has about four characters a token, code and numbers fewer, and scripts without
spaces (Chinese, Japanese, Thai) about one token a character.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from langchain_aimlapi._dialects.parts import part_text
from langchain_aimlapi._domain.content import content_to_parts
from langchain_aimlapi._domain.values import MediaPart

# A word with its leading space is a token up to about six letters, two up to twelve, and so on.
_PIECES = re.compile(r"[A-Za-z]+|\d{1,3}|[^\sA-Za-z\d]|\s{2,}")
MESSAGE_TOKENS = 4  # role and separators, in every chat template that we know
MEDIA_TOKENS = {"image": 765, "audio": 500, "video": 2000, "file": 1500}


def count_text(text: str) -> int:
    """About how many tokens a text is."""
    total = 0
    for piece in _PIECES.findall(text):
        total += (len(piece) + 5) // 6 if piece[0].isalpha() and piece.isascii() else 1
    return total


def count_messages(
    messages: Sequence[BaseMessage],
    tools: Sequence[Mapping[str, Any]],
    count: Callable[[str], int],
) -> int:
    """About how many tokens a conversation is, tools and media included."""
    total = sum(count(json.dumps(tool, ensure_ascii=False)) for tool in tools)
    for message in messages:
        total += MESSAGE_TOKENS
        for part in content_to_parts(message.content):
            text = part_text(part)
            if text is not None:
                total += count(text)
            elif isinstance(part, MediaPart):
                total += MEDIA_TOKENS[part.kind]
        if isinstance(message, AIMessage):
            for call in message.tool_calls:
                total += count(call["name"]) + count(json.dumps(call["args"]))
        if message.name:
            total += count(message.name)
    return total
