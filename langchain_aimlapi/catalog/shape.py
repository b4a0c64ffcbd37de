"""What one URL path accepts for one model, as values.

The empty `Shape` is permissive: everything that it does not mention is taken to be accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

# "none": a path that carries no conversation (images, video, speech, ...).
DialectName = Literal["completions", "messages", "responses", "none"]
CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"
TEXT_KINDS = ("chat", "responses", "messages")


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a request body: its JSON type(s), range, closed set and nested fields.

    ``types`` is empty where the schema does not say. ``minimum`` and ``maximum`` are inclusive.
    ``properties`` and ``required`` describe a nested object (``thinking``, ``audio``, ...);
    ``items`` the members of a list, ``values`` the values of an object with free keys.
    ``variants``: a union that the other fields cannot say exactly. The value must fit at least one
    of them; the other fields are then only a summary (every property that some variant names).
    """

    types: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    enum: tuple[Any, ...] | None = None
    default: Any = None
    properties: Mapping[str, Param] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    closed: bool = False
    max_items: int | None = None
    max_length: int | None = None
    min_items: int | None = None
    min_length: int | None = None
    above: float | None = None  # an exclusive minimum
    pattern: str | None = None
    items: Param | None = None
    values: Param | None = None
    variants: tuple[Param, ...] = ()


@dataclass(frozen=True, slots=True)
class RoleFacts:
    """What a message of one role may hold.

    ``string``/``list``/``null``: the accepted forms of ``content``; ``absent``: the key may be
    left out. ``parts``: part types accepted in a list. ``keys``: the declared keys; where
    ``closed``, no other key may be sent. ``max_parts`` limits a content list. ``required``: keys
    that must be there beside ``role`` and ``content`` (``tool_call_id``).
    """

    string: bool = True
    list: bool = True
    null: bool = True
    absent: bool = True
    parts: frozenset[str] | None = None
    keys: frozenset[str] | None = None
    closed: bool = False
    max_parts: int | None = None
    required: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Shape:
    """What one path accepts for one model. None or empty always means "not known: allow".

    Attributes:
        path: ``/v1/chat/completions``, ``/v1/messages`` or ``/v1/responses``.
        dialect: The wire family spoken there. Cluster D speaks ``messages`` on the chat path.
        accepts_anthropic: OpenAI-shaped path that also takes Anthropic blocks and tools.
        other: The second form of a path that takes two, as a shape of its own. A message list, and
            a tool list, is wholly of one form or wholly of the other, never mixed.
        roles: Accepted roles -> what each may hold; empty: any role, any content.
        parts: Facts of a part type: ``keys``, ``required``, ``closed``, ``value_keys`` (of the
            nested object), ``format``, ``source_types``, ``media_types``, ``sources`` (source
            type -> required, keys, media_types) and, in a ``tool_result``, ``content_parts``.
        tools: Accepted tool forms (``function``, ``custom``, ``anthropic``, ...). None: not known,
            or the contract that was read does not mention tools, so that the API decides. Empty
            set: the newest contract declares that the model has none. ``*``: anything with a
            ``type``.
        tool_defs: Tool form -> facts of the whole tool object.
        call_defs: ``tool_calls[].type`` -> facts of the whole call object in a history.
        function_keys: Keys allowed inside an OpenAI function definition (inside an Anthropic tool
            where the dialect is ``messages``); None: any.
        tool_choice_strings / tool_choice_objects: Accepted spellings; None: unknown.
        response_formats: Accepted ``response_format`` (or ``text.format``) types; None: unknown.
        params: Declared body parameters -> facts; None: unknown, send everything. ``tools``,
            ``tool_choice`` and ``response_format`` stand here by name only.
        required: Body parameters that must be sent beside ``model`` and the messages.
        closed: No undeclared body parameter may be sent.
        items: ``/v1/responses``: accepted input items (``message``, ``output_message``,
            ``function_call``, ...) -> facts of the whole item; None: unknown.
        streams: The path answers ``stream: true`` with events.
    """

    path: str = "/v1/chat/completions"
    dialect: DialectName = "completions"
    accepts_anthropic: bool = False
    roles: Mapping[str, RoleFacts] = field(default_factory=dict, repr=False)
    parts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    tools: frozenset[str] | None = field(default=None, repr=False)
    function_keys: frozenset[str] | None = None
    tool_choice_strings: frozenset[str] | None = None
    tool_choice_objects: frozenset[str] | None = None
    response_formats: frozenset[str] | None = None
    params: Mapping[str, Param] | None = field(default=None, repr=False)
    streams: bool = True
    other: Shape | None = field(default=None, repr=False)
    tool_defs: Mapping[str, Param] = field(default_factory=dict, repr=False)
    call_defs: Mapping[str, Param] = field(default_factory=dict, repr=False)
    required: frozenset[str] = frozenset()
    closed: bool = False
    items: Mapping[str, Param] | None = field(default=None, repr=False)

    @property
    def declares_strict(self) -> bool:
        """Whether a function tool is documented to have ``strict``, so that the model may be kept
        to its schema. What an open object lets pass unread is no promise."""
        tool = self.tool_defs.get("function", Param())
        function = tool.properties.get("function", tool)
        return "strict" in function.properties
