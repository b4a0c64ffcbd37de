"""The bytes that the benchmark's server sends: made once, the same for everybody.

A scenario is asked for inside the prompt (``scenario=text.3000.0.1``), so that one model object
can play all of them and no client needs to know more than a base URL.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

WORDS = (" the", " cheapest", " token", " in", " a", " world", " of", " chains", ",", " measured")
KINDS = ("text", "reasoning", "tools", "event", "plain", "first")
_MARK = re.compile(rb"scenario=([a-z]+)\.(\d+)\.(\d+)\.(\d+)")
_HEAD = {
    "id": "chatcmpl-BmK3sxVVgFq0hZP2yQ1c7oJ4uT9wE",
    "object": "chat.completion.chunk",
    "created": 1771000000,
    "model": "gpt-4o-2024-08-06",
    "service_tier": "default",
    "system_fingerprint": "fp_a1b2c3d4e5",
}
USAGE = {
    "prompt_tokens": 12,
    "completion_tokens": 3000,
    "total_tokens": 3012,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
}
META = {"usage": {"credits_used": 46, "usd_spent": 0.000023}}
BLOCK_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the server shall answer.

    Attributes:
        kind: ``text``, ``reasoning``, ``tools``: a stream of that many pieces; ``first``: a piece
            at once and the rest later; ``event``: one event of that many bytes; ``plain``: JSON.
        count: Pieces, or bytes for ``event``.
        pause_ms: 0 to send everything at once, in blocks as a busy gateway does; else each event
            alone, that many milliseconds apart, as a slow model does.
        gate: Streams that must be open before any of them goes on after its first piece.
    """

    kind: str
    count: int
    pause_ms: int = 0
    gate: int = 1

    @property
    def prompt(self) -> str:
        """The text that asks for this scenario."""
        return f"scenario={self.kind}.{self.count}.{self.pause_ms}.{self.gate} please"


def find_scenario(body: bytes) -> Scenario:
    """The scenario that a request asks for. Raises ValueError where it names none."""
    found = _MARK.search(body)
    if found is None:
        raise ValueError("the request names no scenario")
    kind, *numbers = (group.decode() for group in found.groups())
    return Scenario(kind, *map(int, numbers))


def piece(position: int) -> str:
    """The text of one piece of a stream."""
    return WORDS[position % len(WORDS)]


def told(kind: str, count: int) -> str:
    """What all pieces of a stream add up to."""
    if kind == "event":
        return "x" * count
    if kind == "tools":
        return '{"text": "' + "".join(piece(i) for i in range(count - 2)) + '"}'
    return "".join(piece(i) for i in range(count))


@cache
def events(scenario: Scenario) -> tuple[bytes, ...]:
    """The events of a stream: one per piece, then the end, the usage and ``[DONE]``."""
    kind, count = scenario.kind, scenario.count
    if kind == "event":
        deltas: list[dict[str, Any]] = [{"content": "x" * count}]
    elif kind == "tools":
        deltas = _tool_deltas(count)
    else:
        name = "reasoning_content" if kind == "reasoning" else "content"
        deltas = [{name: piece(i)} for i in range(count)]
    deltas[0] = {"role": "assistant", **deltas[0]}
    finish = "tool_calls" if kind == "tools" else "stop"
    last = {**_HEAD, "choices": [], "usage": USAGE, "meta": META}
    return (
        *(_event(delta, position) for position, delta in enumerate(deltas)),
        _event({}, count, finish),
        b"data: " + _json(last) + b"\n\n",
        b"data: [DONE]\n\n",
    )


def _event(delta: dict[str, Any], position: int, finish: str | None = None) -> bytes:
    frame = {
        **_HEAD,
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
        "usage": None,
        "obfuscation": "Xq8Pb2Lk"[: 1 + position % 8],
    }
    return b"data: " + _json(frame) + b"\n\n"


def _tool_deltas(count: int) -> list[dict[str, Any]]:
    """One call whose arguments come in ``count`` fragments."""
    first = {
        "index": 0,
        "id": "call_Zx81kq0",
        "type": "function",
        "function": {"name": "write", "arguments": '{"text": "'},
    }
    texts = [*(piece(i) for i in range(count - 2)), '"}']
    rest = [{"index": 0, "function": {"arguments": text}} for text in texts]
    return [{"tool_calls": [call]} for call in (first, *rest)]


@cache
def blocks(scenario: Scenario) -> tuple[bytes, ...]:
    """The same bytes cut at 16 KB, wherever that falls."""
    joined = b"".join(events(scenario))
    return tuple(joined[i : i + BLOCK_BYTES] for i in range(0, len(joined), BLOCK_BYTES))


@cache
def answer(scenario: Scenario) -> bytes:
    """A whole answer as JSON."""
    message = {"role": "assistant", "content": told("text", scenario.count), "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    body = {**_HEAD, "object": "chat.completion", "choices": [choice], "usage": USAGE, "meta": META}
    return _json(body)


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
