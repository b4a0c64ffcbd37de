"""Parameters of a call: the model's fields, ``model_kwargs`` and what one call adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, PrivateAttr

from langchain_aimlapi._connection.fields import alias_groups
from langchain_aimlapi._fitting.gather import gather_params, written_names

if TYPE_CHECKING:  # editors complete the known words; any other text is taken as well
    from dataclasses import InitVar

    from langchain_aimlapi._langchain.literals import Effort, Verbosity

    EffortText = Effort | str
    VerbosityText = Verbosity | str
else:
    EffortText = VerbosityText = str


class RequestFields(BaseModel):
    """The constructor fields that are parameters of every request."""

    model_config = ConfigDict(defer_build=True)

    if TYPE_CHECKING:  # the other names of fields, which are arguments and no attributes
        max_completion_tokens: InitVar[int | None] = None
        stop_sequences: InitVar[list[str] | str | None] = None

    temperature: float | None = None
    """Sampling temperature, 0 to 2 (0 to 1 for some models)."""
    max_tokens: int | None = Field(
        default=None, validation_alias=AliasChoices("max_tokens", "max_completion_tokens")
    )
    """Longest answer in tokens, reasoning included."""
    top_p: float | None = None
    """Nucleus sampling, 0 to 1."""
    top_k: int | None = None
    """Sample from the k likeliest tokens."""
    stop: list[str] | str | None = Field(
        default=None, validation_alias=AliasChoices("stop", "stop_sequences")
    )
    """Texts at which the answer ends."""
    seed: int | None = None
    """Seed for repeatable sampling, from 1."""
    n: int | None = Field(default=None, ge=1)
    """Number of answers (``generate`` returns all; a stream has one)."""
    logprobs: bool | None = None
    """Return log-probabilities, in ``response_metadata["logprobs"]``."""
    top_logprobs: int | None = Field(default=None, ge=0, le=20)
    """Number of likeliest tokens per position, 0 to 20."""
    logit_bias: dict[str, float] | None = None
    """Token id -> bias, -100 to 100."""
    presence_penalty: float | None = None
    """-2 to 2."""
    frequency_penalty: float | None = None
    """-2 to 2."""
    reasoning: dict[str, Any] | None = None
    """Reasoning control for every family: ``{"effort": "low"}``, ``{"budget_tokens": 4096}``,
    ``{"effort": "none"}`` to switch it off where the model can."""
    reasoning_effort: EffortText | None = None
    """Short for ``reasoning={"effort": ...}``: none, minimal, low, medium, high or xhigh."""
    verbosity: VerbosityText | None = None
    """``low``, ``medium`` or ``high``, for models that know it."""
    web_search: bool | dict[str, Any] | None = None
    """Let the model search the web, where it can; a dictionary gives the vendor's options."""
    modalities: list[str] | None = None
    """Kinds of output, such as ``["text", "audio"]``."""
    audio: dict[str, Any] | None = None
    """Spoken answers: ``{"voice": "alloy", "format": "wav"}``."""
    parallel_tool_calls: bool | None = None
    """Whether one answer may call several tools."""
    service_tier: str | None = None
    """Vendor's service tier."""
    user: str | None = None
    """Your own id of the end user."""

    _written: Mapping[str, str] = PrivateAttr(default_factory=dict)
    """Field -> the other name under which the user set it."""


FIELD_PARAMS = tuple(RequestFields.model_fields)
_ALIASES = {other: name for name, *others in alias_groups(RequestFields) for other in others}
FORMAT_AS = "ls_response_format_as"
"""Among the arguments of a call: how the user wrote the format of the answer (``method=...``, or
nothing where the best method was chosen), for warnings. Never sent."""
# Bookkeeping of LangChain that some versions leave among the arguments of a call.
IGNORED_OPTIONS = frozenset(
    {"ls_structured_output_format", "structured_output_format", "streaming", FORMAT_AS}
)


def written(options: Mapping[str, Any], earlier: Mapping[str, str]) -> dict[str, str]:
    """Field -> the name under which the user wrote it, where that is another one.

    Args:
        options: The arguments of a constructor or of a call.
        earlier: The same for what they win over.
    """
    return written_names(earlier, options, _ALIASES)


def gather(
    settings: Mapping[str, object], options: Mapping[str, object], stop: object, *, stream: bool
) -> dict[str, object]:
    """Parameters in neutral terms; an argument of the call wins over a setting of the model."""
    own = {k: v for k, v in settings.items() if k not in IGNORED_OPTIONS}
    call = {k: v for k, v in options.items() if k not in IGNORED_OPTIONS}
    return gather_params(own, call, stop, stream=stream, aliases=_ALIASES)
