"""Words that an argument may be, as types. Importing this costs nothing."""

from __future__ import annotations

from typing import Literal, get_args

Method = Literal["function_calling", "json_schema", "json_mode"]
"""How ``with_structured_output`` asks for the structure."""

METHODS: tuple[str, ...] = get_args(Method)
