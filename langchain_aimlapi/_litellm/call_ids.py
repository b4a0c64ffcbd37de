"""Histories whose tool calls or results have lost their ids get them back, in order.

Agents that rebuild a streamed answer drop the ids of its calls (crewai 1.15), OpenAI's legacy
``function`` messages never had any, and models refuse a result that belongs to no call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from langchain_aimlapi._domain.values import Message, ToolCall


def repair_call_ids(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The conversation with an id on every call and on every result that answers one.

    A result without an id answers the first open call of its name, else the first open call. Ids
    that are there are never changed.
    """
    if not any(map(_lacks_id, messages)):
        return tuple(messages)
    repaired: list[Message] = []
    place = 0
    while place < len(messages):
        message = messages[place]
        place += 1
        if not message.tool_calls:
            repaired.append(_orphan(message) if message.role == "tool" else message)
            continue
        end = place
        while end < len(messages) and messages[end].role == "tool":
            end += 1
        repaired += _repair_turn(message, messages[place:end], len(repaired))
        place = end
    return tuple(repaired)


def _lacks_id(message: Message) -> bool:
    if message.role == "tool":
        return not message.tool_call_id
    return any(not call.id for call in message.tool_calls)


def _repair_turn(caller: Message, results: Sequence[Message], turn: int) -> list[Message]:
    """One answer with calls, and the results that follow it."""
    answered = {result.tool_call_id for result in results if result.tool_call_id}
    open_calls = [
        place
        for place, call in enumerate(caller.tool_calls)
        if not call.id or call.id not in answered
    ]
    known = {call.id for call in caller.tool_calls}
    calls = list(caller.tool_calls)
    repaired: list[Message] = []
    for result in results:
        if result.tool_call_id in known and result.tool_call_id:
            repaired.append(result)
            continue
        place = _answered_call(result, calls, open_calls)
        if place is None:
            repaired.append(_orphan(result))
            continue
        open_calls.remove(place)
        shared = result.tool_call_id or calls[place].id or _new_id(turn, place)
        calls[place] = replace(calls[place], id=shared)
        repaired.append(replace(result, tool_call_id=shared))
    for place, call in enumerate(calls):
        if not call.id:
            calls[place] = replace(call, id=_new_id(turn, place))
    return [replace(caller, tool_calls=tuple(calls)), *repaired]


def _orphan(result: Message) -> Message:
    """A result of a call that is not in the conversation: it has only its name."""
    return result if result.tool_call_id else replace(result, tool_call_id=result.name)


def _answered_call(
    result: Message, calls: Sequence[ToolCall], open_calls: Sequence[int]
) -> int | None:
    """The open call that a result without a known id answers."""
    free = [
        place for place in open_calls if not result.tool_call_id or not calls[place].id
    ]  # two different ids are two different calls
    named = [place for place in free if result.name and calls[place].name == result.name]
    return next(iter(named or free), None)


def _new_id(turn: int, place: int) -> str:
    """The same for the same history each time, so that a prompt cache still fits."""
    return f"call_{turn}_{place}"
