"""A feature: a conversation, what must be found in the body, and bodies that would say it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import BaseMessage

from langchain_aimlapi import ChatAimlapi
from tests.harness.conformance.published import Body

Arrived = Callable[[Body, frozenset[str]], bool]
"""(body, the keys that the schema names) -> the user's meaning is in the body."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing that LangChain users do.

    Attributes:
        messages: The conversation.
        fields: Arguments of the model.
        bind: What is made of the model before it is called.
        call: Arguments of the call.
        arrived: Whether the meaning is in a body.
        witnesses: Bodies that say it; one that a schema takes, and whose keys it names, shows that
            the schema can express the feature. Empty: every schema can.
        droppable: Where the schema cannot say it, leaving it out in silence is right.
        modes: ``whole`` and ``stream``.
    """

    name: str
    messages: Sequence[BaseMessage | dict[str, Any]]
    arrived: Arrived
    witnesses: tuple[Body, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    bind: Callable[[ChatAimlapi], Any] | None = None
    call: Mapping[str, Any] = field(default_factory=dict)
    droppable: bool = False
    modes: tuple[str, ...] = ("whole", "stream")

    def speak(self, model: ChatAimlapi, stream: bool) -> None:
        """Use the model as a program would."""
        runnable = self.bind(model) if self.bind is not None else model
        if stream:
            for _ in runnable.stream(list(self.messages), **self.call):
                pass
        else:
            runnable.invoke(list(self.messages), **self.call)


# --- looking into a body -----

_PLACES = ("system", "instructions", "messages", "input")
_TEXT_KEYS = frozenset(
    {
        "text", "content", "system", "instructions", "input", "output", "refusal", "arguments",
        "thinking", "reasoning_content", "signature", "encrypted_content", "data",
    }
)  # fmt: skip
_MEDIA_TYPES = {
    "image": ("image_url", "image", "input_image"),
    "file": ("file", "document", "input_file"),
    "audio": ("input_audio",),
    "video": ("video_url",),
}


def strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """(key, string) of everything inside ``value``, in order."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from strings(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner, key)


def objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every object inside ``value``, in order."""
    if isinstance(value, Mapping):
        yield value
        for inner in value.values():
            yield from objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner)


def conversation(body: Body) -> list[Any]:
    """What is said, in order."""
    return [body[place] for place in _PLACES if place in body]


def prose(body: Body) -> str:
    """The texts of the conversation."""
    found: list[str] = []
    for place in _PLACES:
        if place in body:
            found += [text for key, text in strings(body[place], place) if key in _TEXT_KEYS]
    return "\n".join(found)


def says(*words: str) -> Arrived:
    """The words are in the conversation's texts, in this order."""

    def look(body: Body, takes: frozenset[str]) -> bool:
        text, at = prose(body), 0
        for word in words:
            at = text.find(word, at)
            if at < 0:
                return False
            at += len(word)
        return True

    return look


def mentions(*words: str) -> Arrived:
    """The words stand anywhere in the conversation, in any order, as text or as a name."""

    def look(body: Body, takes: frozenset[str]) -> bool:
        told = [text for place in conversation(body) for _, text in strings(place)]
        return all(any(word in text for text in told) for word in words)

    return look


def everything(*tests: Arrived) -> Arrived:
    """All of them."""
    return lambda body, takes: all(test(body, takes) for test in tests)


def either(*tests: Arrived) -> Arrived:
    """One of them."""
    return lambda body, takes: any(test(body, takes) for test in tests)


def holds(**params: Any) -> Arrived:
    """Parameters of the body with exactly these values (False is not 0)."""

    def look(body: Body, takes: frozenset[str]) -> bool:
        return all(
            name in body
            and body[name] == value
            and isinstance(body[name], bool) is isinstance(value, bool)
            for name, value in params.items()
        )

    return look


def has(*names: str) -> Arrived:
    """Parameters are there, whatever their value."""
    return lambda body, takes: all(name in body for name in names)


def carries(kind: str, payload: str) -> Arrived:
    """A medium of that kind, holding the payload, is part of the conversation."""

    def look(body: Body, takes: frozenset[str]) -> bool:
        return any(
            block.get("type") in _MEDIA_TYPES[kind]
            and any(payload in text for _, text in strings(block))
            for place in conversation(body)
            for block in objects(place)
        )

    return look


def has_keys(**wanted: Any) -> Arrived:
    """Some object of the conversation or of a tool holds these keys with these values."""

    def look(body: Body, takes: frozenset[str]) -> bool:
        return any(
            all(held.get(key) == value for key, value in wanted.items())
            for place in (*conversation(body), body.get("tools", []))
            for held in objects(place)
        )

    return look


# --- tools in a body -----


def tools_of(body: Body) -> list[Mapping[str, Any]]:
    """The tools on the wire, without their wrapping."""
    found = []
    for tool in body.get("tools") or ():
        inner = tool.get("function") or tool.get("custom")
        found.append(inner if isinstance(inner, Mapping) else tool)
    return found


def offers(*names: str) -> Arrived:
    """Tools of these names, in this order."""
    return lambda body, takes: [t.get("name") for t in tools_of(body)] == list(names)


def choice_of(body: Body) -> Any:
    """``auto``, ``none``, ``required`` or ``("named", name)``."""
    choice = body.get("tool_choice")
    if not isinstance(choice, Mapping):
        return "required" if choice == "any" else choice
    kind = choice.get("type")
    if kind in ("auto", "none", "any", "required"):
        return "required" if kind == "any" else kind
    inner = choice.get("function") or choice.get("custom") or choice
    return ("named", inner.get("name"))


def chooses(choice: Any) -> Arrived:
    """The choice is said; a named tool may also be the only one, and required."""

    def look(body: Body, takes: frozenset[str]) -> bool:
        found = choice_of(body)
        if isinstance(choice, tuple) and found == "required":
            return [t.get("name") for t in tools_of(body)] == [choice[1]]
        return bool(found == choice)

    return look


def no_tools(body: Body, takes: frozenset[str]) -> bool:
    """No tool is offered, so none can be called."""
    return not body.get("tools")
