"""Words that an argument may be, as types. Importing this costs nothing."""

from __future__ import annotations

from typing import Literal, get_args

Method = Literal["function_calling", "json_schema", "json_mode"]
"""How ``with_structured_output`` asks for the structure."""

Effort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
"""How much a model thinks. A model may know other words; they are sent as they are."""

Verbosity = Literal["low", "medium", "high"]
"""How long the answers of a model are that knows it."""

METHODS: tuple[str, ...] = get_args(Method)
