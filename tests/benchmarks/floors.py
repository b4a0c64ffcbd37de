"""The least that the work can cost: the bare HTTP loop, and loops with nothing around them."""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr
from pydantic_core import from_json

from tests.benchmarks.payloads import Scenario, find_scenario, piece
from tests.benchmarks.peers import KEY, MODEL, ModelPeer, Peer, large_body

LITELLM_FLOOR = "benchfloor"
_HEADERS = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
_LIMITS = httpx.Limits(max_connections=2000, max_keepalive_connections=2000)


def _body(prompt: str, *, stream: bool) -> bytes:
    messages = [{"role": "user", "content": prompt}]
    return json.dumps({"model": MODEL, "messages": messages, "stream": stream}).encode()


def deltas_of(data: bytes, rest: bytearray) -> list[Any]:
    """The naive parser: the deltas of the lines that ``data`` completes; keeps the others."""
    rest += data
    lines = bytes(rest).split(b"\n")
    rest[:] = lines.pop()
    found = []
    for line in lines:
        if line.startswith(b"data: {"):
            for choice in from_json(line[6:])["choices"]:
                found.append(choice["delta"])
    return found


class Lines:
    """`deltas_of` without copying: the state of one stream."""

    __slots__ = ("rest",)

    def __init__(self) -> None:
        self.rest = b""

    def feed(self, data: bytes) -> list[Any]:
        """The deltas of the lines that these bytes complete."""
        lines = (self.rest + data).split(b"\n")
        self.rest = lines.pop()
        return [
            choice["delta"]
            for line in lines
            if line.startswith(b"data: {")
            for choice in from_json(line[6:])["choices"]
        ]
