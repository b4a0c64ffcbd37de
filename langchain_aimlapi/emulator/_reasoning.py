"""Does this model think before this answer? From what it is, and from what it was asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from langchain_aimlapi.emulator._core import Json
from langchain_aimlapi.emulator._models import Model

# Families that always think, whether or not their schema has a control for it.
_ALWAYS = re.compile(
    r"(?<!non-)thinking|(?<!non-)reason|(^|-)(r1|o1|o3|o4)([.-]|$)|gpt-5|gpt-oss|"
    r"(^|-)m[123](-[157]|$)|gemini-(2\.5-pro|3)|deepseek-v4|kimi-k2[-.][567]|glm-(4\.[67]|5)|"
    r"nemotron|qwq|x1-turbo",
    re.IGNORECASE,
)
_OFF = frozenset({"none", "off", "disabled", False})
CONTROLS = ("reasoning_effort", "reasoning", "thinking", "enable_thinking")


def reasons(model: Model, path: str, body: Json) -> bool:
    """Whether the answer begins with a thought."""
    asked = _asked(model, path, body)
    if asked is not None:
        return asked
    return _ALWAYS.search(model.id.rpartition("/")[2]) is not None


def _asked(model: Model, path: str, body: Json) -> bool | None:
    """True or False where a control that the model has says so, else None."""
    for name in CONTROLS:
        if body.get(name) is None or model.declares(path, name) is False:
            continue
        wish = _wish(body[name])
        if wish is not None:
            return wish
    return None


def _wish(value: Any) -> bool | None:
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
