"""``/v1/responses``: an answer, or an event of one -> its content.

Wire: ``{"object": "response", "status", "output": [items], "output_text", "usage"}``, or the 53
typed events (``response.output_text.delta``, ``response.output_item.done``, ...). What an event of
the end repeats (``*.done``, ``response.completed``) only fills in what its deltas left out.
Source: the API's schemas and examples of this path, read 2026-08-21.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from langchain_aimlapi._answers.assembly import Assembly
from langchain_aimlapi._dialects.responses.items import Item, ItemBook
from langchain_aimlapi._json import text_or_none
from langchain_aimlapi._wire.explain import explain_frame

_FINAL = frozenset({"response.completed", "response.incomplete"})
_FAILED = frozenset({"response.failed", "response.cancelled"})
_HINTS = ("output_index", "sequence_number", "item_id")
_WHY = "incomplete_details"


class Reader:
    """Reads the frames of one answer."""

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._choice = assembly.choice(0)
        self._items = ItemBook()

    def take(self, event: str, frame: Mapping[str, Any]) -> bool:
        """Read one event, or a whole answer; False where it is of another dialect.

        Raises:
            AimlapiError: the response has failed.
        """
        kind = frame.get("type")
        if not isinstance(kind, str) or not kind:
            if not _has_hints(frame):
                return False
            kind = event
        elif not kind.startswith("response."):
            return False
        response = frame.get("response")
        if not kind.startswith("response."):
            if frame.get("object") == "response" or "output" in frame:
                self._whole(frame)
        elif isinstance(response, Mapping):
            self._state(kind, response)
        else:
            self._event(kind, frame)
        self._assembly.add_charge(frame.get("meta"))
        self._assembly.add_usage(frame.get("usage"))
        return True

    def _event(self, kind: str, frame: Mapping[str, object]) -> None:
        self._assembly.started = True
        handler = _EVENTS.get(kind)
        if handler is not None:
            handler(self, frame)
        elif kind in _FAILED:
            raise explain_frame({"error": frame.get("error") or _no_reason(kind)})
        elif kind in _FINAL:
            self._finish("completed" if kind == "response.completed" else "incomplete", None)

    # --- the response as a whole -----

    def _state(self, kind: str, response: Mapping[str, object]) -> None:
        """``response.created``, ``.in_progress``, ``.queued``, ``.completed``, ..."""
        self._assembly.started = True
        self._facts(response)
        if kind in _FAILED or response.get("error"):
            raise explain_frame({"error": response.get("error") or _no_reason(kind)})
        if kind in _FINAL:
            self._output(response)
            status = response.get("status")
            if status not in ("completed", "incomplete"):
                status = "completed" if kind == "response.completed" else "incomplete"
            self._closing_facts(response)
            self._finish(status, response.get(_WHY))

    def _whole(self, body: Mapping[str, object]) -> None:
        status = body.get("status")
        if status in ("failed", "cancelled"):
            raise explain_frame({"error": body.get("error") or _no_reason(str(status))})
        has_output = isinstance(body.get("output"), list)
        if not has_output and not isinstance(body.get("output_text"), str) and not status:
            return
        self._assembly.started = True
        self._facts(body)
        self._output(body)
        self._closing_facts(body)
        # Answers of 2025 have no status; with `background` there is one and no answer yet.
        self._finish(status if isinstance(status, str) else "completed", body.get(_WHY))

    def _facts(self, response: Mapping[str, object]) -> None:
        for name, key in (("id", "id"), ("model", "model"), ("created", "created_at")):
            value = response.get(key)
            if isinstance(value, float) and math.isfinite(value):
                value = int(value)
            self._assembly.add_meta(name, value)
        self._assembly.add_usage(response.get("usage"))
        self._assembly.add_charge(response.get("meta"))

    def _closing_facts(self, response: Mapping[str, object]) -> None:
        # A beginning says "auto" here; the end says which tier it was.
        self._assembly.add_meta("service_tier", response.get("service_tier"))
        if response.get(_WHY):
            self._assembly.meta_extra[_WHY] = response[_WHY]

    def _finish(self, status: str, why: object) -> None:
        if status == "incomplete":
            reason = why.get("reason") if isinstance(why, Mapping) else None
            self._assembly.finish(self._choice, text_or_none(reason) or "length")
        else:
            reason = "tool_calls" if self._choice.tools.calls else "stop"
            self._assembly.finish(self._choice, reason, status)
        self._assembly.terminal = True

    def _output(self, response: Mapping[str, object]) -> None:
        """The items of a whole output; what events have brought already is not added again."""
        turns: dict[str | None, int] = {}
        output = response.get("output")
        for place, raw in enumerate(output if isinstance(output, list) else ()):
            if isinstance(raw, Mapping):
                kind = text_or_none(raw.get("type"))
                item = self._items.match(raw, kind, turns.get(kind, 0), place)
                turns[kind] = turns.get(kind, 0) + 1
                self._take_item(item, raw)
        for item in self._items.items:
            if item.partial_image is not None and not item.done:  # its final form never came
                item.done = True
                self._add_image(item.partial_image, None)
        text = response.get("output_text")
        if isinstance(text, str) and text and not self._choice.text and not self._choice.refused:
            self._choice.add_text(text)

    # --- items -----

    def _take_item(self, item: Item, raw: Mapping[str, object]) -> None:
        """An item that is complete."""
        taker = _ITEMS.get(item.kind or "")
        if taker is not None:
            taker(self, item, raw)
        elif not item.done and len(raw) > 1:
            item.done = True
            self._choice.add_unique("server_tool_calls", [dict(raw)])

    def _take_message(self, item: Item, raw: Mapping[str, object]) -> None:
        for number, part in _parts(raw.get("content")):
            self._take_part(item, number, part)

    def _take_call(self, item: Item, raw: Mapping[str, object]) -> None:
        self._begin_call(item, raw)
        field = "input" if item.kind == "custom_tool_call" else "arguments"
        self._add_rest(item, field, 0, raw.get(field))

    def _take_image(self, item: Item, raw: Mapping[str, object]) -> None:
        result = raw.get("result")
        if isinstance(result, str) and result and not item.done:
            item.done = True
            self._add_image(result, raw.get("output_format"))

    def _take_reasoning(self, item: Item, raw: Mapping[str, object]) -> None:
        """Its text as reasoning, and the whole item, which has to go back unchanged."""
        self._begin_reasoning(item)
        for number, part in _parts(raw.get("content")):
            self._add_rest(item, "reasoning_text", number, part.get("text"))
        for number, part in _parts(raw.get("summary")):
            self._add_rest(item, "reasoning_summary", number, part.get("text"))
        if not item.done:
            item.done = True
            whole = {name: value for name, value in raw.items() if value is not None}
            whole["output_index"] = item.place if item.place is not None else item.number
            self._choice.add_block("reasoning_items", item.number, whole)

    def _take_part(self, item: Item, number: int, part: Mapping[str, object]) -> None:
        field, key = _PARTS.get(str(part.get("type")), ("text", "text"))
        is_new = (field, number) not in item.texts
        self._add_rest(item, field, number, part.get(key))
        if field != "text":
            return
        if is_new:
            self._add_logprobs(part)
        cited = part.get("annotations")
        for annotation in cited if isinstance(cited, list) else ():
            self._add_annotation(annotation)

    def _begin_call(self, item: Item, raw: Mapping[str, object]) -> None:
        self._choice.add_tool(
            item.name,
            id=text_or_none(raw.get("call_id")) or text_or_none(raw.get("id")),
            name=text_or_none(raw.get("name")),
            kind="custom" if item.kind == "custom_tool_call" else "function",
        )

    # --- each text once -----

    def _add_rest(self, item: Item, field: str, number: int, whole: object) -> None:
        """Add what is new in the whole text of a field. A text that does not go on from its
        pieces cannot be mended any more, and stays as they were."""
        if not isinstance(whole, str):
            return
        known = "".join(item.texts.get((field, number), ()))
        if whole.startswith(known) and len(whole) > len(known):
            self._add_piece(item, field, number, whole[len(known) :])

    def _add_piece(self, item: Item, field: str, number: int, piece: object) -> None:
        """The next piece of a field."""
        if not isinstance(piece, str) or not piece:
            return
        pieces = item.texts.setdefault((field, number), [])
        pieces.append(piece)
        choice = self._choice
        if field == "text":
            if len(pieces) == 1:
                choice.end_block()
            choice.add_text(piece)
        elif field == "refusal":
            choice.add_refusal(piece)
        elif field in ("arguments", "input"):
            kind = "custom" if field == "input" else "function"
            choice.add_tool(item.name, arguments=piece, kind=kind)
        else:
            self._begin_reasoning(item)
            separate = len(pieces) == 1 and choice.reasoning
            choice.add_reasoning(f"\n\n{piece}" if separate else piece, source=field)

    def _begin_reasoning(self, item: Item) -> None:
        """An item of reasoning is one block, though it may hold no text."""
        if not item.begun:
            item.begun = True
            self._choice.begin_reasoning()

    def _add_logprobs(self, part: Mapping[str, object]) -> None:
        if isinstance(part.get("logprobs"), list):
            self._choice.add_logprobs({"content": part["logprobs"]})

    def _add_annotation(self, cited: object) -> None:
        """In the shape of chat completions, where the details stand one level deeper."""
        if not isinstance(cited, Mapping):
            return
        item = dict(cited)
        if cited.get("type") == "url_citation" and "url_citation" not in cited:
            inner = {name: value for name, value in cited.items() if name != "type"}
            item = {"type": "url_citation", "url_citation": inner}
        self._choice.add_unique("annotations", [item])

    def _add_image(self, data: str, format: object) -> None:
        url = f"data:image/{text_or_none(format) or 'png'};base64,{data}"
        self._choice.add_unique("images", [{"type": "image_url", "image_url": {"url": url}}])

    # --- events -----

    def _item_added(self, frame: Mapping[str, object]) -> None:
        raw = frame.get("item")
        if not isinstance(raw, Mapping):
            return
        kind = text_or_none(raw.get("type"))
        if "output_index" in frame:
            item = self._items.at({**frame, "item_id": raw.get("id")}, kind)
        else:
            item = self._items.new(kind, text_or_none(raw.get("id")))
        if kind in ("function_call", "custom_tool_call"):
            self._begin_call(item, raw)
        elif kind == "reasoning":
            self._begin_reasoning(item)

    def _item_done(self, frame: Mapping[str, object]) -> None:
        raw = frame.get("item")
        if isinstance(raw, Mapping):
            named = {**frame, "item_id": raw.get("id")}
            self._take_item(self._items.at(named, text_or_none(raw.get("type"))), raw)

    def _part_done(self, frame: Mapping[str, object]) -> None:
        part = frame.get("part")
        if isinstance(part, Mapping):
            kind = part.get("type")
            is_reasoning = kind in ("reasoning_text", "summary_text")
            item = self._items.at(frame, "reasoning" if is_reasoning else "message")
            index = "summary_index" if kind == "summary_text" else "content_index"
            self._take_part(item, _number(frame, index), part)

    def _annotation_added(self, frame: Mapping[str, object]) -> None:
        self._add_annotation(frame.get("annotation"))

    def _partial_image(self, frame: Mapping[str, object]) -> None:
        data = frame.get("partial_image_b64")
        if isinstance(data, str) and data:
            self._items.at(frame, "image_generation_call").partial_image = data


Handler = Callable[[Reader, Mapping[str, object]], None]


def _piece(item_kind: str, field: str, index: str = "content_index") -> Handler:
    """An event with the next piece of a field."""

    def handle(reader: Reader, frame: Mapping[str, object]) -> None:
        item = reader._items.at(frame, item_kind)
        reader._add_piece(item, field, _number(frame, index), frame.get("delta"))
        if field == "text":
            reader._add_logprobs(frame)

    return handle


def _rest(item_kind: str, field: str, key: str, index: str = "content_index") -> Handler:
    """An event with the whole of a field."""

    def handle(reader: Reader, frame: Mapping[str, object]) -> None:
        item = reader._items.at(frame, item_kind)
        number = _number(frame, index)
        is_new = (field, number) not in item.texts
        reader._add_rest(item, field, number, frame.get(key))
        if field == "text" and is_new:
            reader._add_logprobs(frame)

    return handle


def _sound(key: str) -> Handler:
    def handle(reader: Reader, frame: Mapping[str, object]) -> None:
        if isinstance(frame.get("delta"), str):
            reader._choice.add_audio({key: frame["delta"]})

    return handle


# The other events report how far a hosted tool has got; its item comes whole at its end.
_EVENTS: dict[str, Handler] = {
    "response.output_item.added": Reader._item_added,
    "response.output_item.done": Reader._item_done,
    "response.content_part.done": Reader._part_done,
    "response.reasoning_summary_part.done": Reader._part_done,
    "response.output_text.delta": _piece("message", "text"),
    "response.output_text.done": _rest("message", "text", "text"),
    "response.output_text.annotation.added": Reader._annotation_added,
    "response.refusal.delta": _piece("message", "refusal"),
    "response.refusal.done": _rest("message", "refusal", "refusal"),
    "response.function_call_arguments.delta": _piece("function_call", "arguments", "-"),
    "response.function_call_arguments.done": _rest("function_call", "arguments", "arguments", "-"),
    "response.custom_tool_call_input.delta": _piece("custom_tool_call", "input", "-"),
    "response.custom_tool_call_input.done": _rest("custom_tool_call", "input", "input", "-"),
    "response.reasoning_text.delta": _piece("reasoning", "reasoning_text"),
    "response.reasoning_text.done": _rest("reasoning", "reasoning_text", "text"),
    "response.reasoning_summary_text.delta": _piece(
        "reasoning", "reasoning_summary", "summary_index"
    ),
    "response.reasoning_summary_text.done": _rest(
        "reasoning", "reasoning_summary", "text", "summary_index"
    ),
    "response.image_generation_call.partial_image": Reader._partial_image,
    "response.audio.delta": _sound("data"),
    "response.audio.transcript.delta": _sound("transcript"),
}
_ITEMS: dict[str, Callable[[Reader, Item, Mapping[str, object]], None]] = {
    "message": Reader._take_message,
    "function_call": Reader._take_call,
    "custom_tool_call": Reader._take_call,
    "reasoning": Reader._take_reasoning,
    "image_generation_call": Reader._take_image,
}
# type of a part -> (the field that it is, the key that holds its text); any other is text
_PARTS = {
    "refusal": ("refusal", "refusal"),
    "reasoning_text": ("reasoning_text", "text"),
    "summary_text": ("reasoning_summary", "text"),
}


def _has_hints(frame: Mapping[str, object]) -> bool:
    """Whether a frame without a type is of this dialect."""
    if frame.get("object") == "response":
        return True
    return any(key in frame for key in _HINTS) or isinstance(frame.get("output"), list)


def _parts(content: object) -> Iterator[tuple[int, Mapping[str, object]]]:
    if isinstance(content, str):
        yield 0, {"type": "output_text", "text": content}
    for number, part in enumerate(content if isinstance(content, list) else ()):
        if isinstance(part, Mapping):
            yield number, part


def _no_reason(what: str) -> dict[str, str]:
    word = "cancelled" if what.endswith("cancelled") else "failed"
    return {"code": "server_error", "message": f"the response was {word} without saying why"}


def _number(frame: Mapping[str, object], key: str) -> int:
    value = frame.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
