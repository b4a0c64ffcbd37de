"""The neutral vocabulary that every room speaks: requests, and what comes back.

LangChain messages and LiteLLM's OpenAI-style dictionaries become these values; a dialect turns
them into one dialect and turns its answers back into them. Nothing here knows a vendor.
Values are immutable. Each one has a single ``extra`` slot for what has no name of its own and
must still survive the round trip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

Json = Mapping[str, Any]
"""A JSON object; its values are looked at before they are used."""

Role = Literal["system", "developer", "user", "assistant", "tool"]
MediaKind = Literal["image", "audio", "video", "file"]
FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]

FREE_TEXT_KEY = "__arg1"
"""Where free text stands in a function call (LangChain's own key for a lone string)."""


# --- requests -----


@dataclass(frozen=True, slots=True)
class TextPart:
    """Plain text. ``extra`` holds ``cache_control``, and Anthropic's ``citations``."""

    text: str
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MediaPart:
    """An image, a sound, a video or a document: exactly one of ``url``, ``data`` and ``file_id``.

    ``data`` is base64 without a ``data:`` prefix; for a plain-text document it is the text itself
    and ``mime_type`` is ``text/plain`` with ``is_text`` set.
    """

    kind: MediaKind
    url: str | None = None
    data: str | None = None
    file_id: str | None = None
    mime_type: str | None = None
    filename: str | None = None
    detail: str | None = None
    is_text: bool = False
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReasoningPart:
    """A thought of the model, in the order it stood in.

    ``signature`` is Anthropic's; ``data`` is redacted or encrypted thought (Anthropic's
    ``redacted_thinking``, the Responses API's ``encrypted_content``); ``id`` is the Responses
    API's item id.
    """

    text: str = ""
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RefusalPart:
    """The model's own words of refusal."""

    text: str


@dataclass(frozen=True, slots=True)
class RawPart:
    """A vendor's own content block, sent as it is where the model takes that block type."""

    value: Json


@dataclass(frozen=True, slots=True)
class ServerToolPart:
    """A call of a server-side tool, or its result, as the vendor wrote it."""

    value: Json


@dataclass(frozen=True, slots=True)
class ToolCallPart:
    """The place of a call among the other parts, where something follows it. The call itself is in
    ``Message.tool_calls``, under this id."""

    id: str | None


Part = TextPart | MediaPart | ReasoningPart | RefusalPart | RawPart | ServerToolPart | ToolCallPart


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the model made. ``arguments`` is JSON text (free text for ``custom``)."""

    id: str | None
    name: str
    arguments: str
    kind: Literal["function", "custom"] = "function"
    valid: bool = True
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """One turn. ``extra`` holds what the provider signed and wants back unchanged
    (``reasoning_content``, ``reasoning_details``, ``extra_content``, ``encrypted_content``).

    ``model`` and ``vendor`` name who gave an answer, where that is known; ``elsewhere`` is set
    where it did not come through this API, so that nothing in it is encrypted for this account.
    """

    role: Role
    parts: tuple[Part, ...] = ()
    name: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    is_error: bool = False
    extra: Json = field(default_factory=dict)
    model: str | None = None
    vendor: str | None = None
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool the model may call.

    ``kind`` is ``function`` (JSON schema), ``custom`` (free text, optional grammar in ``extra``)
    or ``builtin``: a server-side tool that goes out exactly as ``raw``.
    """

    name: str
    description: str = ""
    parameters: Mapping[str, object] = field(default_factory=dict)
    strict: bool | None = None
    kind: Literal["function", "custom", "builtin"] = "function"
    raw: Json = field(default_factory=dict)
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """``named`` needs ``name``; ``raw`` goes out as it is."""

    mode: Literal["auto", "none", "required", "named", "raw"]
    name: str | None = None
    raw: Any = None


@dataclass(frozen=True, slots=True)
class ResponseFormat:
    """The shape the answer must have."""

    kind: Literal["text", "json_object", "json_schema"]
    name: str = "answer"
    description: str | None = None
    schema: Json = field(default_factory=dict)
    strict: bool | None = None


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One chat request in neutral terms.

    ``params`` uses OpenAI's names (``max_tokens``, ``temperature``, ``stop`` as a list, ``seed``,
    ``n``, ``reasoning`` as ``{"effort": ..., "budget_tokens": ..., "summary": ...}``, ...).
    Unknown names go out under their own name. ``extra_body`` goes out verbatim, last. ``written``
    has the names under which the user wrote parameters of ``params``, where they differ.
    """

    model: str
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    response_format: ResponseFormat | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    extra_body: Mapping[str, object] = field(default_factory=dict)
    stream: bool = False
    stream_usage: bool = True
    written: Mapping[str, str] = field(default_factory=dict)


# --- what comes back -----


class ToolDelta(NamedTuple):
    """A piece of a tool call. ``position`` is ours: stable, from 0. ``id`` and ``name`` come
    once."""

    position: int
    id: str | None
    name: str | None
    arguments: str


class Delta(NamedTuple):
    """What one stream event adds to one choice.

    ``extra`` uses the keys of `ExtraKey` and merges like LangChain merges
    ``additional_kwargs``: strings append, lists append or merge by integer ``index``.
    """

    text: str = ""
    reasoning: str = ""
    tools: tuple[ToolDelta, ...] = ()
    extra: Json | None = None
    logprobs: Mapping[str, object] | None = None
    choice: int = 0


ExtraKey = Literal[
    "refusal",  # str
    "annotations",  # list of url_citation annotations, OpenAI's shape
    "citations",  # list of URLs (Perplexity)
    "search_results",  # list of {title, url, date} (Perplexity)
    "related_questions",  # list of str (Perplexity)
    "images",  # list of {"type": "image_url", "image_url": {"url": ...}}
    "audio",  # {"id", "data" (base64), "transcript", "expires_at", "format"}
    "reasoning_details",  # list, OpenRouter's shape, each with an integer index
    "thinking_blocks",  # list of Anthropic thinking blocks, each with an integer index
    "reasoning_items",  # list of Responses API reasoning items, each with an integer index
    "encrypted_content",  # str
    "extra_content",  # dict, opaque (Gemini thought signatures)
    "tool_call_extras",  # {call id: {"extra_content": ...}}, opaque
    "server_tool_calls",  # list of hosted tool calls and results, verbatim
    "block_order",  # list of {"index", "type", ...}, where blocks come in an unusual order
]
"""What an answer may hold beside text, reasoning and tool calls. Readers can add no other key."""
EXTRA_KEYS: tuple[str, ...] = get_args(ExtraKey)


BlockKind = Literal[
    "reasoning", "server_tool", "text", "image", "audio", "refusal", "tool_call"
]  # fmt: skip
BLOCK_KINDS: tuple[BlockKind, ...] = get_args(BlockKind)
"""The usual order of an answer's blocks; see `langchain_aimlapi._domain.order`."""

RETURNED_KEYS = (
    "reasoning_content",
    "reasoning_details",
    "thinking_blocks",
    "reasoning_items",
    "extra_content",
    "encrypted_content",
    "server_tool_calls",
)
"""What a provider gave with an answer and wants back with the next request, unchanged."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call. ``output`` includes reasoning; ``input`` includes cached tokens."""

    input: int
    output: int
    total: int
    cache_read: int | None = None
    cache_creation: int | None = None
    audio_input: int | None = None
    reasoning: int | None = None
    audio_output: int | None = None
    raw: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cost:
    """The real charge, in US dollars and in credits (1 USD = 2,000,000 credits).

    ``source`` is where it stood: ``meta.usage`` of the answer, or its ``headers``.
    """

    usd: float | None
    credits: int | None
    source: Literal["meta.usage", "headers"] = "meta.usage"


@dataclass(frozen=True, slots=True)
class Meta:
    """What stands once in an answer."""

    id: str | None = None
    model: str | None = None
    created: int | None = None
    system_fingerprint: str | None = None
    service_tier: str | None = None
    inference_id: str | None = None
    client_request_id: str | None = None
    usage: Usage | None = None
    cost: Cost | None = None
    served_model: str | None = None
    served_provider: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer: what all its deltas add up to."""

    index: int = 0
    text: str = ""
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    extra: Json = field(default_factory=dict)
    logprobs: Mapping[str, object] | None = None
    finish_reason: FinishReason | None = None
    native_finish_reason: str | None = None


@dataclass(frozen=True, slots=True)
class ChatResponse:
    """A whole answer."""

    choices: tuple[Choice, ...]
    meta: Meta = field(default_factory=Meta)


class StreamEnd(NamedTuple):
    """The end of a stream: what stands once in it, and how each choice ended.

    ``reply`` is everything that was delivered, assembled.
    """

    reply: ChatResponse
