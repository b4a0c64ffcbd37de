"""Where the key, the address and the headers come from: argument > environment > default.

The environment is read when a model is constructed, as LangChain's other models do it (their
standard tests ask for it), and again at the first call where it was not set by then.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from pydantic import SecretStr

from langchain_aimlapi._wire.key import Key, clean_key
from langchain_aimlapi.errors import AuthenticationError, is_key_like

DEFAULT_BASE_URL = "https://api.aimlapi.com/v1"
KEY_VARIABLE = "AIMLAPI_API_KEY"
MANAGEMENT_VARIABLE = "AIMLAPI_MANAGEMENT_KEY"
BASE_VARIABLE = "AIMLAPI_API_BASE"

_VERSION_SUFFIX = re.compile(r"/v[12]$")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")


def key_from_environment() -> SecretStr | None:
    """``AIMLAPI_API_KEY`` where it is set and could be sent."""
    try:
        value = clean_key(os.environ.get(KEY_VARIABLE, ""))
    except ValueError:
        return None  # the first call reports it, as an error
    return SecretStr(value) if value else None


def base_from_environment() -> str | None:
    """``AIMLAPI_API_BASE`` where it is set."""
    return os.environ.get(BASE_VARIABLE, "").strip() or None


def resolve_key(key: Key | None) -> Key:
    """The key to use: the argument, else ``AIMLAPI_API_KEY``.

    Raises:
        AuthenticationError: there is none. There is no mock mode.
    """
    return _resolved(key, KEY_VARIABLE, "no API key: neither api_key=...")


def resolve_management_key(key: Key | None) -> Key:
    """The key that manages the account: the argument, else ``AIMLAPI_MANAGEMENT_KEY``.

    Raises:
        AuthenticationError: there is none. The key for models is never sent in its place.
    """
    return _resolved(key, MANAGEMENT_VARIABLE, "no management key: neither management_key=...")


def _resolved(key: Key | None, variable: str, missing: str) -> Key:
    if key is not None and not isinstance(key, SecretStr):
        return key
    value = clean_key(key.get_secret_value()) if key is not None else ""
    if not value:
        try:
            value = clean_key(os.environ.get(variable, ""))
        except ValueError as error:
            raise AuthenticationError(f"{variable}: {error}") from None
    if not value:
        raise AuthenticationError(
            f"{missing} nor the environment variable {variable} is set",
            advice="create a key at https://aimlapi.com/app/keys",
        )
    return SecretStr(value)


def resolve_root(base_url: str | None, *, allow_http: bool) -> str:
    """The address without its ``/v1``: paths of the API are written in full after it.

    Raises:
        ValueError: not an http(s) URL, or plain http to another machine without ``allow_http``.
    """
    url = (base_url or base_from_environment() or DEFAULT_BASE_URL).strip()
    check_base_url(url, allow_http=allow_http)
    return _VERSION_SUFFIX.sub("", url.rstrip("/"))


@lru_cache(maxsize=64)  # every call asks; the answer depends on nothing else
def check_base_url(url: str, *, allow_http: bool) -> None:
    """Refuse an address that could not work, or would show the key to the network."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        shown = "a key" if is_key_like(url) else repr(url.rpartition("@")[2])  # no credentials
        raise ValueError(f"base_url must be an http(s) URL such as {DEFAULT_BASE_URL}, not {shown}")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("base_url must not hold credentials, a query or a fragment")
    if any(ord(char) <= 32 or ord(char) == 127 for char in url):
        raise ValueError("base_url holds white space or a control character")
    if parts.scheme == "http" and not allow_http and not is_loopback(parts.hostname):
        raise ValueError(
            f"base_url {url!r} would send the key unencrypted; use https, "
            "or allow_http=True if you are sure"
        )


def is_loopback(host: str) -> bool:
    """Whether ``host`` names this machine without asking the network."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_headers(headers: Mapping[str, object]) -> dict[str, str]:
    """Header values as text, refusing what could start a second header line.

    Raises:
        ValueError: names the header; its value is not quoted, since it may be a secret.
    """
    checked: dict[str, str] = {}
    for name, value in headers.items():
        text = str(value).strip()
        if not _HEADER_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a valid HTTP header name")
        if any((ord(c) < 32 and c != "\t") or ord(c) > 126 for c in text):
            raise ValueError(f"the value of header {name!r} holds a character no header may hold")
        checked[name] = text
    return checked


def check_request_id(value: str) -> str:
    """A client request id as the API takes it: 1-128 of ``A-Za-z0-9._:-``.

    The API ignores any other in silence, so it is refused here.
    """
    if not _REQUEST_ID.fullmatch(value):
        raise ValueError(
            f"client_request_id {value[:140]!r} must be 1 to 128 characters of A-Z a-z 0-9 . _ : -"
        )
    return value
