"""``/v1/responses``: an answer, or an event of one -> what it says.

Wire: ``{"object": "response", "status", "output": [items], "output_text", "usage"}``, or the 53
typed events (``response.output_text.delta``, ``response.output_item.done``, ...). What an event of
the end repeats (``*.done``, ``response.completed``) only fills in what its deltas have not told.
Source: the API's schemas and examples of this path, read 2026-08-21.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from langchain_aimlapi._answers.assembly import Assembly, ChoiceState
from langchain_aimlapi._domain.values import Delta
from langchain_aimlapi._wire.explain import explain_frame

_FINAL = frozenset({"response.completed", "response.incomplete"})
_FAILED = frozenset({"response.failed", "response.cancelled"})
_HINTS = ("output_index", "sequence_number", "item_id")


class _Item:
    """An output item while it is being told."""

    __slots__ = ("done", "id", "kind", "number", "partial", "told", "where")

    def __init__(self, number: int, kind: str | None) -> None:
        self.number = number
        self.kind = kind
        self.id: str | None = None
        self.where: int | None = None  # its place in the output
        self.told: dict[tuple[str, int], list[str]] = {}  # (field, part) -> what was told of it
        self.partial: str | None = None  # the newest partial image
        self.done = False


class _Book:
    """The items of one answer, found by their place, their id, or their turn."""

    __slots__ = ("items",)

    def __init__(self) -> None:
        self.items: list[_Item] = []

    def at(self, frame: Mapping[str, Any], kind: str | None) -> _Item:
        """The item that an event speaks of; a new one where it was not heard of yet."""
        where, name = frame.get("output_index"), frame.get("item_id")
        where = where if isinstance(where, int) and not isinstance(where, bool) else None
        found = None
        if where is not None:  # some gateways give every item the place 0: the type must fit too
            fitting = (i for i in self.items if kind in (None, i.kind) or i.kind is None)
            found = next((i for i in fitting if i.where == where), None)
        elif isinstance(name, str) and name:
            found = next((i for i in self.items if i.id == name), None)
        elif self.items and kind in (None, self.items[-1].kind):
            found = self.items[-1]
        return self._known(found, kind, name, where)

    def match(self, item: Mapping[str, Any], kind: str | None, turn: int, where: int) -> _Item:
        """The item of a whole output that was told before: by id, else the n-th of its type."""
        name = item.get("id")
        found = next((i for i in self.items if name and i.id == name), None)
        if found is None:
            same = [i for i in self.items if i.kind == kind]
            found = same[turn] if turn < len(same) else None
        return self._known(found, kind, name, where)

    def _known(self, found: _Item | None, kind: str | None, name: Any, where: int | None) -> _Item:
        if found is None:
            found = _Item(len(self.items), kind)
            self.items.append(found)
        found.kind = found.kind or kind
        if found.id is None and isinstance(name, str) and name:
            found.id = name
        if found.where is None:
            found.where = where
        return found


def speaks(frame: Mapping[str, Any]) -> bool:
    """Whether a frame or a body is of this dialect."""
    kind = frame.get("type")
    if isinstance(kind, str) and kind:
        return kind.startswith("response.")
    if frame.get("object") == "response":
        return True
    return any(key in frame for key in _HINTS) or isinstance(frame.get("output"), list)


def take(assembly: Assembly, event: str, frame: Mapping[str, Any], out: list[Delta]) -> None:
    """Read one event, or a whole answer.

    Raises:
        AimlapiError: the response has failed.
    """
    kind = frame.get("type")
    kind = kind if isinstance(kind, str) and kind else event
    response = frame.get("response")
    if not kind.startswith("response."):
        if frame.get("object") == "response" or "output" in frame:
            _whole(assembly, frame, out)
    elif isinstance(response, Mapping):
        _state(assembly, kind, response, out)
    else:
        assembly.started = True
        handler = _HANDLERS.get(kind)
        if handler is not None:
            handler(assembly, assembly.choice(0), frame, out)
        if kind in _FAILED:
            raise explain_frame({"error": frame.get("error") or _unsaid(kind)})
        if kind in _FINAL:
            _finish(assembly, "completed" if kind == "response.completed" else "incomplete", None)
    assembly.add_charge(frame.get("meta"))
    assembly.add_usage(frame.get("usage"))


# --- the response as a whole -------------------------------------------------------------------


def _state(assembly: Assembly, kind: str, response: Mapping[str, Any], out: list[Delta]) -> None:
    """``response.created``, ``.in_progress``, ``.queued``, ``.completed``, ``.incomplete``, ..."""
    assembly.started = True
    _facts(assembly, response)
    if kind in _FAILED or response.get("error"):
        raise explain_frame({"error": response.get("error") or _unsaid(kind)})
    if kind in _FINAL:
        _output(assembly, response, out)
        status = response.get("status")
        if status not in ("completed", "incomplete"):
            status = "completed" if kind == "response.completed" else "incomplete"
        _closing_facts(assembly, response)
        _finish(assembly, status, response.get("incomplete_details"))
        assembly.terminal = True


def _whole(assembly: Assembly, body: Mapping[str, Any], out: list[Delta]) -> None:
    status = body.get("status")
    told = isinstance(body.get("output"), list) or isinstance(body.get("output_text"), str)
    if status in ("failed", "cancelled"):
        raise explain_frame({"error": body.get("error") or _unsaid(str(status))})
    if not told and not status:
        return
    assembly.started = True
    _facts(assembly, body)
    _output(assembly, body, out)
    _closing_facts(assembly, body)
    # Answers of 2025 have no status; with `background` there is one and no answer yet.
    _finish(assembly, status if isinstance(status, str) else "completed", body.get(_WHY))


_WHY = "incomplete_details"


def _unsaid(what: str) -> dict[str, str]:
    word = "cancelled" if what.endswith("cancelled") else "failed"
    return {"code": "server_error", "message": f"the response was {word} without saying why"}


def _facts(assembly: Assembly, response: Mapping[str, Any]) -> None:
    for name, key in (("id", "id"), ("model", "model"), ("created", "created_at")):
        value = response.get(key)
        if isinstance(value, float) and math.isfinite(value):
            value = int(value)
        assembly.note(name, value)
    assembly.add_usage(response.get("usage"))
    assembly.add_charge(response.get("meta"))


def _closing_facts(assembly: Assembly, response: Mapping[str, Any]) -> None:
    # A beginning says "auto" here; the end says which tier it was.
    assembly.note("service_tier", response.get("service_tier"))
    if response.get(_WHY):
        assembly.meta_extra[_WHY] = response[_WHY]


def _finish(assembly: Assembly, status: str, why: Any) -> None:
    state = assembly.choice(0)
    if status == "incomplete":
        reason = why.get("reason") if isinstance(why, Mapping) else None
        assembly.end(state, reason if isinstance(reason, str) and reason else "length")
    else:
        assembly.end(state, "tool_calls" if state.tools.calls else "stop", status)
    assembly.terminal = True


def _output(assembly: Assembly, response: Mapping[str, Any], out: list[Delta]) -> None:
    """The items of a whole output; what events have told already is not told again."""
    state = assembly.choice(0)
    turns: dict[str | None, int] = {}
    output = response.get("output")
    for where, item in enumerate(output if isinstance(output, list) else ()):
        if isinstance(item, Mapping):
            kind = _string(item.get("type"))
            known = _book(assembly).match(item, kind, turns.get(kind, 0), where)
            turns[kind] = turns.get(kind, 0) + 1
            _take_item(assembly, state, known, item, out)
    for known in _book(assembly).items:
        if known.partial is not None and not known.done:  # its final form never came
            known.done = True
            _add_image(assembly, state, known.partial, None, out)
    text = response.get("output_text")
    if isinstance(text, str) and text and not state.text and "refusal" not in state.extra:
        assembly.add_text(state, text, out)


# --- items -------------------------------------------------------------------------------------


def _book(assembly: Assembly) -> _Book:
    book: _Book = assembly.blocks.setdefault("responses", _Book())
    return book


def _take_item(
    assembly: Assembly, state: ChoiceState, known: _Item, item: Mapping[str, Any], out: list[Delta]
) -> None:
    """An item that is complete."""
    kind = known.kind
    if kind == "message":
        for number, part in _parts(item.get("content")):
            _take_part(assembly, state, known, number, part, out)
    elif kind == "function_call":
        _begin_call(assembly, state, known, item, out)
        _grow(assembly, state, known, "arguments", 0, item.get("arguments"), out)
    elif kind == "custom_tool_call":
        _begin_call(assembly, state, known, item, out)
        _grow(assembly, state, known, "input", 0, item.get("input"), out)
    elif kind == "reasoning":
        _take_reasoning(assembly, state, known, item, out)
    elif kind == "image_generation_call":
        result = item.get("result")
        if isinstance(result, str) and result and not known.done:
            known.done = True
            _add_image(assembly, state, result, item.get("output_format"), out)
    elif not known.done and len(item) > 1:
        known.done = True
        assembly.add_unique(state, "server_tool_calls", [dict(item)], out)


def _parts(content: Any) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if isinstance(content, str):
        yield 0, {"type": "output_text", "text": content}
    for number, part in enumerate(content if isinstance(content, list) else ()):
        if isinstance(part, Mapping):
            yield number, part


def _take_part(
    assembly: Assembly,
    state: ChoiceState,
    known: _Item,
    number: int,
    part: Mapping[str, Any],
    out: list[Delta],
) -> None:
    kind = part.get("type")
    if kind == "refusal":
        _grow(assembly, state, known, "refusal", number, part.get("refusal"), out)
    elif kind == "reasoning_text":
        _grow(assembly, state, known, "reasoning_text", number, part.get("text"), out)
    elif kind == "summary_text":
        _grow(assembly, state, known, "reasoning_summary", number, part.get("text"), out)
    else:
        fresh = ("text", number) not in known.told
        _grow(assembly, state, known, "text", number, part.get("text"), out)
        if fresh:
            _add_logprobs(assembly, state, part, out)
        cited = part.get("annotations")
        for item in cited if isinstance(cited, list) else ():
            _add_annotation(assembly, state, item, out)


def _take_reasoning(
    assembly: Assembly, state: ChoiceState, known: _Item, item: Mapping[str, Any], out: list[Delta]
) -> None:
    """Its text as reasoning, and the whole item, which has to go back unchanged."""
    for number, part in _parts(item.get("content")):
        _grow(assembly, state, known, "reasoning_text", number, part.get("text"), out)
    for number, part in _parts(item.get("summary")):
        _grow(assembly, state, known, "reasoning_summary", number, part.get("text"), out)
    if not known.done:
        known.done = True
        whole = {name: value for name, value in item.items() if value is not None}
        whole["output_index"] = known.where if known.where is not None else known.number
        assembly.add_block(state, "reasoning_items", known.number, whole, out)


def _begin_call(
    assembly: Assembly, state: ChoiceState, known: _Item, item: Mapping[str, Any], out: list[Delta]
) -> None:
    custom = known.kind == "custom_tool_call"
    tool = state.tools.add(
        wire=f"item {known.number}",
        id=_string(item.get("call_id")) or _string(item.get("id")),
        name=_string(item.get("name")),
        arguments="",
        kind="custom" if custom else "function",
    )
    assembly.add_tool(state, tool, out)


# --- telling each thing once -------------------------------------------------------------------


def _grow(
    assembly: Assembly,
    state: ChoiceState,
    known: _Item,
    field: str,
    number: int,
    whole: Any,
    out: list[Delta],
) -> None:
    """Tell what is new in the whole text of a field; a text that does not go on from what was
    told can not be mended any more, and stays as it was told."""
    if not isinstance(whole, str):
        return
    told = "".join(known.told.get((field, number), ()))
    if whole.startswith(told) and len(whole) > len(told):
        _tell(assembly, state, known, field, number, whole[len(told) :], out)


def _tell(
    assembly: Assembly,
    state: ChoiceState,
    known: _Item,
    field: str,
    number: int,
    piece: Any,
    out: list[Delta],
) -> None:
    """The next piece of a field."""
    if not isinstance(piece, str) or not piece:
        return
    told = known.told.setdefault((field, number), [])
    first = not told
    told.append(piece)
    if field == "text":
        assembly.add_text(state, piece, out)
    elif field == "refusal":
        assembly.add_extra(state, "refusal", piece, out)
    elif field in ("arguments", "input"):
        kind = "custom" if field == "input" else "function"
        wire = f"item {known.number}"
        tool = state.tools.add(wire=wire, id=None, name=None, arguments=piece, kind=kind)
        assembly.add_tool(state, tool, out)
    else:
        text = f"\n\n{piece}" if first and state.reasoning else piece
        assembly.add_reasoning(state, text, out, source=field)


def _add_logprobs(
    assembly: Assembly, state: ChoiceState, told: Mapping[str, Any], out: list[Delta]
) -> None:
    if isinstance(told.get("logprobs"), list):
        assembly.add_logprobs(state, {"content": told["logprobs"]}, out)


def _add_annotation(assembly: Assembly, state: ChoiceState, cited: Any, out: list[Delta]) -> None:
    """In the shape of chat completions, where the details stand one level deeper."""
    if not isinstance(cited, Mapping):
        return
    item = dict(cited)
    if cited.get("type") == "url_citation" and "url_citation" not in cited:
        inner = {name: value for name, value in cited.items() if name != "type"}
        item = {"type": "url_citation", "url_citation": inner}
    assembly.add_unique(state, "annotations", [item], out)


def _add_image(
    assembly: Assembly, state: ChoiceState, data: str, form: Any, out: list[Delta]
) -> None:
    url = f"data:image/{form if isinstance(form, str) and form else 'png'};base64,{data}"
    item = {"type": "image_url", "image_url": {"url": url}}
    assembly.add_unique(state, "images", [item], out)


# --- events ------------------------------------------------------------------------------------

Handler = Callable[[Assembly, ChoiceState, Mapping[str, Any], list[Delta]], None]


def _number(frame: Mapping[str, Any], key: str) -> int:
    value = frame.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _piece(item_kind: str, field: str, key: str, index: str = "content_index") -> Handler:
    """An event with the next piece of a field."""

    def handle(
        assembly: Assembly, state: ChoiceState, frame: Mapping[str, Any], out: list[Delta]
    ) -> None:
        known = _book(assembly).at(frame, item_kind)
        _tell(assembly, state, known, field, _number(frame, index), frame.get(key), out)
        if field == "text":
            _add_logprobs(assembly, state, frame, out)

    return handle


def _rest(item_kind: str, field: str, key: str, index: str = "content_index") -> Handler:
    """An event with the whole of a field."""

    def handle(
        assembly: Assembly, state: ChoiceState, frame: Mapping[str, Any], out: list[Delta]
    ) -> None:
        known = _book(assembly).at(frame, item_kind)
        number = _number(frame, index)
        fresh = (field, number) not in known.told
        _grow(assembly, state, known, field, number, frame.get(key), out)
        if field == "text" and fresh:
            _add_logprobs(assembly, state, frame, out)

    return handle


def _item_added(
    assembly: Assembly, state: ChoiceState, frame: Mapping[str, Any], out: list[Delta]
) -> None:
    item = frame.get("item")
    if not isinstance(item, Mapping):
        return
    kind = _string(item.get("type"))
    known = _Item(len(_book(assembly).items), kind)
    if "output_index" in frame:
        known = _book(assembly).at({**frame, "item_id": item.get("id")}, kind)
    else:
        known.id = _string(item.get("id"))
        _book(assembly).items.append(known)
    if kind in ("function_call", "custom_tool_call"):
        _begin_call(assembly, state, known, item, out)


def _item_done(
    assembly: Assembly, state: ChoiceState, frame: Mapping[str, Any], out: list[Delta]
) -> None:
    item = frame.get("item")
    if isinstance(item, Mapping):
        named = {**frame, "item_id": item.get("id")}
        known = _book(assembly).at(named, _string(item.get("type")))
        _take_item(assembly, state, known, item, out)


def _part_done(
    assembly: Assembly, state: ChoiceState, frame: Mapping[str, Any], out: list[Delta]
) -> None:
    part = frame.get("part")
    if isinstance(part, Mapping):
        kind = "reasoning" if part.get("type") in ("reasoning_text", "summary_text") else "message"
        known = _book(assembly).at(frame, kind)
        index = "summary_index" if part.get("type") == "summary_text" else "content_index"
        _take_part(assembly, state, known, _number(frame, index), part, out)


def _annotation(
    assembly: Assembly, state: ChoiceState, frame: Mapping[str, Any], out: list[Delta]
) -> None:
    _add_annotation(assembly, state, frame.get("annotation"), out)


def _partial_image(
    assembly: Assembly, state: ChoiceState, frame: Mapping[str, Any], out: list[Delta]
) -> None:
    data = frame.get("partial_image_b64")
    if isinstance(data, str) and data:
        _book(assembly).at(frame, "image_generation_call").partial = data


def _sound(key: str) -> Handler:
    def handle(
        assembly: Assembly, state: ChoiceState, frame: Mapping[str, Any], out: list[Delta]
    ) -> None:
        if isinstance(frame.get("delta"), str):
            assembly.add_audio(state, {key: frame["delta"]}, out)

    return handle


# The other events tell how far a hosted tool has got; its item is told whole at its end.
_HANDLERS: dict[str, Handler] = {
    "response.output_item.added": _item_added,
    "response.output_item.done": _item_done,
    "response.content_part.done": _part_done,
    "response.reasoning_summary_part.done": _part_done,
    "response.output_text.delta": _piece("message", "text", "delta"),
    "response.output_text.done": _rest("message", "text", "text"),
    "response.output_text.annotation.added": _annotation,
    "response.refusal.delta": _piece("message", "refusal", "delta"),
    "response.refusal.done": _rest("message", "refusal", "refusal"),
    "response.function_call_arguments.delta": _piece("function_call", "arguments", "delta", "-"),
    "response.function_call_arguments.done": _rest("function_call", "arguments", "arguments", "-"),
    "response.custom_tool_call_input.delta": _piece("custom_tool_call", "input", "delta", "-"),
    "response.custom_tool_call_input.done": _rest("custom_tool_call", "input", "input", "-"),
    "response.reasoning_text.delta": _piece("reasoning", "reasoning_text", "delta"),
    "response.reasoning_text.done": _rest("reasoning", "reasoning_text", "text"),
    "response.reasoning_summary_text.delta": _piece(
        "reasoning", "reasoning_summary", "delta", "summary_index"
    ),
    "response.reasoning_summary_text.done": _rest(
        "reasoning", "reasoning_summary", "text", "summary_index"
    ),
    "response.image_generation_call.partial_image": _partial_image,
    "response.audio.delta": _sound("data"),
    "response.audio.transcript.delta": _sound("transcript"),
}


def _string(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
