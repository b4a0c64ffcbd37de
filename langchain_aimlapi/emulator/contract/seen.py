"""What was seen of chat groups that were read in part, where August's schema says otherwise.

From the gateway's own OpenAPI of 30 August 2026: roles beside user and assistant, parts of a user
message, whether tools are declared, the answer formats, the reasoning parameters. None: not seen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from langchain_aimlapi.emulator.contract.group import Schema, record, words

ALL_FORMATS = ("text", "json_object", "json_schema")
REASONING: Mapping[str, Schema] = {
    "thinking": record((), type=words("enabled", "disabled")),
    "reasoning": record(
        (),
        effort=words("low", "medium", "high"),
        max_tokens={"type": "integer", "minimum": 1},
        exclude={"type": "boolean"},
    ),
}
REASONING_NAMES = ("reasoning_effort", *REASONING, "enable_thinking", "thinking_budget")
SOUND_FORMATS = (
    "wav", "mp3", "audio/x-aac", "audio/flac", "audio/mp3", "audio/m4a", "audio/mpeg",
    "audio/mpga", "audio/mp4", "audio/ogg", "audio/pcm", "audio/webm",
)  # fmt: skip
SOUND = record(
    ("type", "input_audio"),
    type=words("input_audio"),
    input_audio=record(("data", "format"), data={"type": "string"}, format=words(*SOUND_FORMATS)),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """One group."""

    ids: str
    roles: tuple[str, ...] | None = None
    parts: tuple[str | Schema, ...] = ()
    tools: bool | None = None
    formats: tuple[str, ...] | None = None
    reasoning: tuple[str, ...] | None = None


_DSR = ("developer", "system", "tool")
_ALL_PARTS = ("text", "image_url", "file")
GROUPS = (
    Seen("o1 openai/o1 o1-2024-12-17 openai/o1-2024-12-17", roles=_DSR, parts=("text",)),
    Seen(
        "deepseek/deepseek-chat-v3-0324 deepseek-chat-v3-0324",
        roles=_DSR,
        parts=("text", "file"),
        tools=True,
        formats=ALL_FORMATS,
        reasoning=(),
    ),
    Seen("google/gemma-3-12b-it gemma-3-12b-it", formats=ALL_FORMATS),
    Seen(
        "mistralai/devstral-2512 devstral-2512",
        roles=_DSR,
        parts=("text", "file"),
        tools=True,
        reasoning=(),
    ),
    Seen(
        "glm-5.3 zhipu/glm-5.3 zhipu/glm-5-3 glm-5.2 zhipu/glm-5.2 zhipu/glm-5-2 glm-5.1 "
        "zhipu/glm-5.1 zhipu/glm-5-1 glm-5 zhipu/glm-5 glm-5-turbo z-ai/glm-5-turbo glm-5v-turbo "
        "z-ai/glm-5v-turbo",
        roles=_DSR,
        parts=_ALL_PARTS,
        tools=True,
        formats=ALL_FORMATS,
        reasoning=("thinking",),
    ),
    Seen(
        "minimax/minimax-m3 MiniMax-M3",
        roles=_DSR,
        parts=_ALL_PARTS,
        tools=True,
        formats=ALL_FORMATS,
        reasoning=("reasoning",),
    ),
    Seen("stepfun/step-3.7-flash step-3.7-flash", parts=("text", "image_url")),
    Seen("sakana/fugu-ultra fugu-ultra sakana/sakana-namazu sakana-namazu", parts=_ALL_PARTS),
    Seen(
        "openai/gpt-audio gpt-audio openai/gpt-audio-2025-08-28 gpt-audio-2025-08-28 "
        "openai/gpt-audio-mini gpt-audio-mini openai/gpt-audio-mini-2025-10-06 "
        "gpt-audio-mini-2025-10-06",
        roles=_DSR,
        parts=("text", "file", SOUND),
    ),
)


def _by_id() -> Iterator[tuple[str, Seen]]:
    for group in GROUPS:
        for name in group.ids.split():
            yield name, group


BY_ID: Mapping[str, Seen] = dict(_by_id())
NOTHING = Seen("")


def roles_of(group: Seen, roles: Mapping[str, list[str | Schema]]) -> dict[str, list[str | Schema]]:
    """The roles of August's schema with what was seen of the group."""
    found = dict(roles)
    if group.roles is not None:
        kept = ("user", "assistant")
        found = {role: parts for role, parts in found.items() if role in (*kept, *group.roles)}
        for role in group.roles:
            found.setdefault(role, ["text"])
    if group.parts:
        found["user"] = list(group.parts)
    return found


def with_reasoning(group: Seen, params: Mapping[str, Schema]) -> dict[str, Schema]:
    """The parameters with the group's own for reasoning, and without all others of that kind."""
    if group.reasoning is None:
        return dict(params)
    kept = {name: one for name, one in params.items() if name not in REASONING_NAMES}
    return kept | {name: REASONING[name] for name in group.reasoning}
