"""The API key: what it may be, and how it is checked before it goes into a header."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pydantic import SecretStr

Key: TypeAlias = "SecretStr | Callable[[], str | Awaitable[str]]"
"""A key, or a function (plain or async) that returns one when a request leaves."""

_KEY = re.compile(r"[!-~]*")  # printable ASCII without a space


def clean_key(value: str) -> str:
    """The key without surrounding white space.

    Raises:
        ValueError: it holds a character that no HTTP header may hold (the key is not quoted).
    """
    key = value.strip()
    if not _KEY.fullmatch(key):
        raise ValueError(
            "the API key holds white space, a control character or a non-ASCII character; "
            "copy it again from https://aimlapi.com/app/keys"
        )
    return key


def secret_of(key: Key) -> str | None:
    """The key as text where it is known without a call, to mask it in messages."""
    return None if callable(key) else key.get_secret_value()
