"""Does the answer to this request begin with a thought?

A model thinks if a control that it has says so, or its row (``models.add(name, thinks=True)``),
or if it was recorded thinking without being told to, or if its family always does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from langchain_aimlapi.emulator._core import Json
from langchain_aimlapi.emulator._models import Model
from langchain_aimlapi.emulator._state import State

_ALWAYS = re.compile(
    r"thinking|reasoner|(?<!non-)reason|(^|-)(r1|o1|o3|o4)([.-]|$)|gpt-5|gpt-oss|"
    r"(^|-)m[123](-[157]|$|\.)|gemini-(2\.5-pro|3)|deepseek-v4|kimi-k(2[-.][567]|3)|"
    r"glm-(4\.[67]|5)|nemotron|qwq|x1-turbo|qwen3\.[678]|seed-2|omni|fable|sonnet-5|opus-5|"
    r"hy4|mimo-v2|inkling",
    re.IGNORECASE,
)
# Where recorded answers, which nobody had asked to think, differ from their family.
_RECORDED = {
    "qwen3.5-flash": True,
    "gemini-2.5-flash": True,
    "grok-build-0-1": True,
    "grok-code-fast-1": True,
    "glm-4.5-air": True,
    "qwen3.5-omni-flash": False,
    "qwen3.5-omni-plus": False,
    "qwen3.7-plus": False,
    "deepseek-non-reasoner-v3.1-terminus": False,
    "gemini-3-1-flash-lite": False,
    "gemini-3.1-flash-lite": False,
    "gemini-3-1-flash-lite-preview": False,
    "gemini-3.1-flash-lite-preview": False,
    "gemini-3-flash-preview": False,
    "m1": False,
    "gpt-5-2": False,
    "gpt-5.2": False,
}
_OFF = frozenset({"none", "off", "disabled"})
CONTROLS = ("reasoning_effort", "reasoning", "thinking", "enable_thinking")


def reasons(state: State, model: Model, path: str, body: Json) -> bool:
    """Whether the answer begins with a thought."""
    chosen = _chosen(state, model, path, body)
    if chosen is not None:
        return chosen
    own = model.row.get("thinks")
    if isinstance(own, bool):
        return own
    return _is_known_to_think(model.name.rpartition("/")[2])


@cache
def _is_known_to_think(name: str) -> bool:
    return _RECORDED.get(name, _ALWAYS.search(name) is not None)


def _chosen(state: State, model: Model, path: str, body: Json) -> bool | None:
    """True or False where a control that the model has says so, else None."""
    for name in CONTROLS:
        if body.get(name) is None or state.models.declares(model, path, name) is False:
            continue
        switch = _switch(body[name])
        if switch is not None:
            return switch
    return None


def _switch(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value not in _OFF
    if not isinstance(value, Mapping):
        return None
    for key in ("type", "effort"):
        if isinstance(value.get(key), str):
            return value[key] not in _OFF
    if "enabled" in value:
        return bool(value["enabled"])
    return True if value.keys() & {"max_tokens", "budget_tokens", "summary"} else None
