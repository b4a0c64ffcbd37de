"""Deltas -> the content-block events of ``stream_events(version="v3")``.

langchain-core can make these events of chunks. That costs a chunk and its content blocks for every
delta, and a block ends only when the message does. Here a block ends when the next one begins.

Wire: ``message-start``; for each block ``content-block-start``, ``content-block-delta``,
``content-block-finish``; ``message-finish``.
Source: langchain-core's bridge and langchain-protocol, read 2026-11-27.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler, BaseRunManager
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatResult
from langchain_core.tracers._streaming import _V2StreamingCallbackHandler
from langchain_core.utils._merge import merge_dicts
from langchain_core.utils.utils import LC_ID_PREFIX
from langchain_core.version import VERSION

from langchain_aimlapi._domain.values import ChatResponse, Choice, Delta, StreamEnd, ToolDelta
from langchain_aimlapi._json import json_object
from langchain_aimlapi._langchain.blocks import message_to_blocks, piece_to_blocks
from langchain_aimlapi._langchain.chunks import (
    PROVIDER,
    choice_to_kwargs,
    choice_to_message,
    end_metadata,
    usage_to_metadata,
)
from langchain_aimlapi._langchain.refusals import refusal_block

Event = dict[str, Any]

_GROWING = {"text": "text", "reasoning": "reasoning", "refusal": "refusal", "audio": "base64"}
_LEFT_WITH_OTHERS = frozenset({"audio", "refusal"})
"""Blocks that other blocks may come in between of: they end with the message."""
_HEAVY = frozenset({"args", "output", "value", "base64", "annotations", *_GROWING.values()})
_EMPTY: dict[str, dict[str, object]] = {
    "text": {"text": ""},
    "reasoning": {"reasoning": ""},
    "refusal": {"refusal": ""},
    "tool_call": {"args": {}},
    "server_tool_call": {"args": {}},
    "non_standard": {"value": {}},
}


class _Open:
    """A block that has begun and not ended."""

    __slots__ = ("block", "field", "index", "pieces")

    def __init__(self, index: int, block: dict[str, Any], field: str) -> None:
        self.index = index
        self.block = block  # without the field that grows
        self.field = field
        self.pieces: list[str] = []

    def value(self) -> dict[str, Any]:
        return {**self.block, self.field: "".join(self.pieces)}


class EventWriter:
    """Writes the events of one answer.

    Args:
        model: The id of the request.
        run_id: Id of LangChain's run, of which the message gets its own.
        with_headers: Put the response headers into the metadata.
    """

    def __init__(self, *, model: str, run_id: str | None, with_headers: bool = False) -> None:
        self._model = model
        self._id = f"{LC_ID_PREFIX}-{run_id}" if run_id else ""
        self._with_headers = with_headers
        self._is_started = False
        self._begun = 0  # blocks so far
        self._open: dict[str, _Open] = {}  # by the mark that tells blocks apart
        self._closed: set[str] = set()

    def events(self, item: Delta | StreamEnd) -> list[Event]:
        """The events of one item of a stream."""
        out = [] if self._is_started else [self._start()]
        if type(item) is StreamEnd:
            return self._end(item, out)
        assert type(item) is Delta  # noqa: S101 - a reader gives nothing else
        if item.extra is None and item.logprobs is None:
            if item.text:
                self._grow(out, "lc_txt", "text", item.text)
            elif item.reasoning:
                self._grow(out, "lc_rs", "reasoning", item.reasoning)
        elif item.extra is not None:
            order = item.extra.get("block_order")
            kwargs = {**item.extra, "reasoning_content": item.reasoning}
            for block in piece_to_blocks(item.text, kwargs, order[-1] if order else {}):
                self._add(out, block)
        for tool in item.tools:
            self._add_tool(out, tool)
        return out

    def whole(self, result: ChatResult) -> list[Event]:
        """The events of an answer that came in one piece."""
        message = result.generations[0].message
        assert isinstance(message, AIMessage)  # noqa: S101 - made by choice_to_message
        out = [self._start()]
        for block in message.content_blocks:
            self._whole_block(out, {**block})
        event = _finish(dict(message.response_metadata))
        if message.usage_metadata is not None:
            event["usage"] = dict(message.usage_metadata)
        if message.additional_kwargs:
            event["additional_kwargs"] = dict(message.additional_kwargs)
        return [*out, event]

    @staticmethod
    def hears_tokens(run_manager: BaseRunManager | None) -> bool:
        """Whether some callback handler wants each token, beside the events or in their place."""
        return run_manager is not None and any(
            type(handler).on_llm_new_token is not BaseCallbackHandler.on_llm_new_token
            and not isinstance(handler, _V2StreamingCallbackHandler)
            for handler in run_manager.handlers
        )

    # --- blocks -----

    def _start(self) -> Event:
        self._is_started = True
        metadata = {"provider": PROVIDER, "model": self._model}
        return {"event": "message-start", "role": "ai", "id": self._id, "metadata": metadata}

    def _grow(self, out: list[Event], mark: str, kind: str, text: str) -> None:
        """A piece of text or of reasoning."""
        known = self._open.get(mark) or self._begin(out, mark, {"type": kind}, kind)
        known.pieces.append(text)
        delta = {"type": f"{kind}-delta", kind: text}
        out.append({"event": "content-block-delta", "index": known.index, "delta": delta})

    def _add(self, out: list[Event], block: dict[str, Any]) -> None:
        """A content block as a chunk would show it: a whole one, or a piece."""
        kind, mark = block["type"], str(block.pop("index", ""))
        field = _GROWING.get(kind)
        if field is None:
            if mark not in self._closed:
                self._closed.add(mark)
                self._whole_block(out, block)
            return
        text = block.pop(field, "")
        if text and kind in ("text", "reasoning"):
            self._grow(out, mark, kind, text)
        elif mark not in self._open and mark in self._closed and not text:
            return  # what belongs to a block that has ended already is in additional_kwargs
        known = self._open.get(mark) or self._begin(out, mark, {"type": kind}, field)
        if text and kind not in ("text", "reasoning"):
            known.pieces.append(text)
        fields = {k: v for k, v in block.items() if k != "type" and v is not None}
        known.block = merge_dicts(known.block, fields)

    def _begin(self, out: list[Event], mark: str, block: dict[str, Any], field: str) -> _Open:
        self._close_others(out)
        known = self._open[mark] = _Open(self._begun, block, field)
        out.append(self._started_block(block))
        return known

    def _whole_block(self, out: list[Event], block: dict[str, Any]) -> None:
        """A block that comes in one piece."""
        self._close_others(out)
        index = self._begun
        out.append(self._started_block(block))
        kind = block["type"]
        if kind in ("text", "reasoning") and block.get(kind):
            delta = {"type": f"{kind}-delta", kind: block[kind]}
            out.append({"event": "content-block-delta", "index": index, "delta": delta})
        out.append({"event": "content-block-finish", "index": index, "content": block})

    def _started_block(self, block: Mapping[str, Any]) -> Event:
        light = {k: v for k, v in block.items() if k not in _HEAVY}
        content = {**light, **_EMPTY.get(block["type"], {})}
        index, self._begun = self._begun, self._begun + 1
        return {"event": "content-block-start", "index": index, "content": content}

    def _close_others(self, out: list[Event]) -> None:
        """Another block begins: end those that nothing can come to any more."""
        for mark, known in list(self._open.items()):
            kind = known.block["type"]
            if kind == "tool_call_chunk":
                arguments = json_object("".join(known.pieces) or "{}")
                if arguments is None:
                    continue  # fragments of several calls may come in turn
                value = _called(known.block, arguments)
            elif kind in _LEFT_WITH_OTHERS:
                continue
            else:
                value = known.value()
            del self._open[mark]
            self._closed.add(mark)
            out.append({"event": "content-block-finish", "index": known.index, "content": value})

    # --- tool calls -----

    def _add_tool(self, out: list[Event], tool: ToolDelta) -> None:
        mark = f"lc_tc_{tool.position}"
        known = self._open.get(mark)
        if known is None:
            if mark in self._closed:
                return  # white space behind complete arguments
            block = {"type": "tool_call_chunk", "id": tool.id, "name": tool.name, "index": mark}
            known = self._begin(out, mark, block, "args")
            out[-1]["content"]["args"] = ""
        if not tool.arguments:
            return
        known.pieces.append(tool.arguments)
        delta: Event = {"type": "tool-call-delta", "args": tool.arguments}
        if not _has_tool_deltas():
            delta = {"type": "block-delta", "fields": known.value()}
        out.append({"event": "content-block-delta", "index": known.index, "delta": delta})

    # --- the end -----

    def _end(self, end: StreamEnd, out: list[Event]) -> list[Event]:
        choice = end.reply.choices[0]
        metadata = end_metadata(end.reply, model=self._model)
        refusal = refusal_block(choice.extra, metadata)
        if refusal is not None and "lc_refusal" not in self._open:
            self._whole_block(out, refusal)
        calls = _calls(choice, end.reply, self._model)
        for mark, known in sorted(self._open.items(), key=lambda item: item[1].index):
            value = known.value()
            if known.block["type"] == "tool_call_chunk":
                value = calls[int(mark.removeprefix("lc_tc_"))]
            out.append({"event": "content-block-finish", "index": known.index, "content": value})
        self._open.clear()
        out.append(self._message_finish(end.reply))
        return out

    def _message_finish(self, response: ChatResponse) -> Event:
        metadata = end_metadata(response, model=self._model, with_headers=self._with_headers)
        choice, usage = response.choices[0], response.meta.usage
        if choice.logprobs:
            metadata["logprobs"] = dict(choice.logprobs)
        event = _finish(metadata)
        if usage is not None:
            event["usage"] = dict(usage_to_metadata(usage))
        kwargs = choice_to_kwargs(choice)
        return {**event, "additional_kwargs": kwargs} if kwargs else event


def _finish(metadata: dict[str, object]) -> Event:
    """The last event; langchain-core 1.8.4 reads why the answer ended from beside the metadata."""
    reasons = ("finish_reason", "normalized_finish_reason")
    ends = {name: metadata[name] for name in reasons if metadata.get(name)}
    return {"event": "message-finish", **ends, "metadata": metadata}


def _called(chunk: Mapping[str, object], arguments: Mapping[str, object]) -> dict[str, object]:
    return {
        "type": "tool_call",
        "id": chunk["id"],
        "name": chunk["name"] or "",
        "args": dict(arguments),
    }


def _calls(choice: Choice, response: ChatResponse, model: str) -> list[dict[str, Any]]:
    """The calls of an answer as blocks, in their order."""
    message = choice_to_message(choice, response.meta, model=model)
    blocks = [
        dict(block)
        for block in message_to_blocks(message)
        if block["type"] in ("tool_call", "invalid_tool_call")
    ]
    places = {call.id: place for place, call in enumerate(choice.tool_calls)}
    return sorted(blocks, key=lambda block: places[block["id"]])


@lru_cache(maxsize=1)
def _has_tool_deltas() -> bool:
    """Whether langchain-core knows ``tool-call-delta`` (1.7 and later)."""
    numbers = re.findall(r"\d+", VERSION)
    return [int(number) for number in numbers[:2]] >= [1, 7]
