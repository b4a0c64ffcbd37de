"""Key, address, headers, connections and limits of a call: argument, then LiteLLM's globals, then
environment.

LiteLLM does not hand ``litellm.api_key``, ``litellm.api_base`` and ``litellm.client_session`` to a
custom provider (1.100.0 to 1.110.2), as it does to its own, so they are read here.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import litellm
from pydantic import SecretStr

from langchain_aimlapi._connection.settings import (
    KEY_VARIABLE,
    base_from_environment,
    check_headers,
    resolve_key,
    resolve_root,
)
from langchain_aimlapi._transport import Drivers, TransportOptions, drivers_for
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.key import Key, clean_key, secret_of
from langchain_aimlapi._wire.request import Limits

if TYPE_CHECKING:
    from langchain_aimlapi._connection.runner import Runner

C = TypeVar("C")
Arguments = Mapping[str, Any]
"""The keyword arguments of a `CustomLLM` method; never changed."""

# What LiteLLM's own ``aiml/`` provider reads. The two belong together: an address that was set for
# that provider never receives a key that was set for this one.
BUILT_IN_KEY_VARIABLE = "AIML_API_KEY"
BUILT_IN_BASE_VARIABLE = "AIML_API_BASE"
DEFAULT_RETRIES = 2
"""Retries of a call for which neither the caller nor LiteLLM asks for any: those of the OpenAI SDK
beneath LiteLLM's own providers."""

_shared: dict[TransportOptions, Drivers] = {}


@dataclass(frozen=True, slots=True)
class Access:
    """Who calls, where, over which connections, for how long."""

    key: Key | None
    root: str
    headers: Mapping[str, str]
    limits: Limits
    max_retries: int
    drivers: Drivers

    def find_key(self) -> Key:
        """The key.

        Raises:
            AuthenticationError: there is none.
        """
        return self.key if self.key is not None else resolve_key(None)

    def policy(self, model: str) -> Policy:
        """What the flow of a call of this model needs to know."""
        return Policy(self.max_retries, self.limits, model, secret_of(self.find_key()))

    def runner(self) -> Runner:
        """Carries out plans of endpoints."""
        from langchain_aimlapi._connection.runner import Runner

        return Runner(self.drivers, self.find_key, self.limits, self.max_retries)


def resolve_access(arguments: Arguments, params: Mapping[str, object]) -> Access:
    """How to reach the API for one call.

    Raises:
        ValueError: a key, an address or a header that cannot be right.
    """
    headers, bearer = _headers(arguments, params)
    key, variable = _key(bearer or arguments.get("api_key"))
    timeout = _seconds(arguments.get("timeout"))
    limits = Limits(
        connect=min(timeout, 10.0) if timeout else 10.0, read=timeout, write=timeout, idle=timeout
    )
    return Access(
        key=key,
        root=resolve_root(
            arguments.get("api_base") or litellm.api_base or _base(variable) or None,
            allow_http=bool(params.get("allow_http")),
        ),
        headers=headers,
        limits=limits,
        max_retries=retries_of(arguments, params),
        drivers=_drivers(arguments.get("client")),
    )


def _key(argument: object) -> tuple[Key | None, str | None]:
    """The key to use, and the environment variable that it stands in."""
    if argument:
        return SecretStr(clean_key(str(argument))), None
    variables = (KEY_VARIABLE, BUILT_IN_KEY_VARIABLE)
    found = [(litellm.api_key, None), *((_secret(name), name) for name in variables)]
    for value, variable in found:
        if isinstance(value, str) and value.strip():
            return SecretStr(clean_key(value)), variable
    return None, None


def _base(key_variable: str | None) -> str | None:
    base = base_from_environment()
    if base is None and key_variable != KEY_VARIABLE:
        base = (_secret(BUILT_IN_BASE_VARIABLE) or "").strip()
    return base


def _secret(name: str) -> str | None:
    """A variable of the environment, or of the secret manager that LiteLLM uses."""
    value = os.environ.get(name)
    if value or litellm.secret_manager_client is None:
        return value
    from litellm.secret_managers.main import get_secret_str

    return get_secret_str(name)


def _headers(arguments: Arguments, params: Mapping[str, Any]) -> tuple[dict[str, str], str | None]:
    """(headers, the key of an ``Authorization`` header among them)."""
    request_id = params.get("client_request_id") or litellm_params(arguments).get("litellm_call_id")
    merged = {**(arguments.get("headers") or {}), **(params.get("extra_headers") or {})}
    bearer: str | None = None
    named: dict[str, Any] = {}
    for name, value in merged.items():
        if str(name).lower() == "authorization" and value is not None:
            bearer = _bearer(str(value))
        elif value is not None:
            named[name] = value
    return {"x-client-request-id": str(request_id or uuid.uuid4()), **check_headers(named)}, bearer


def _bearer(value: str) -> str:
    scheme, _, key = value.strip().partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise ValueError(
            "the header Authorization must be 'Bearer <key>', the only form that the API takes; "
            "leave it out to use api_key"
        )
    return key.strip()


def _seconds(timeout: Any) -> float | None:
    if isinstance(timeout, httpx.Timeout):
        timeout = timeout.read
    return float(timeout) if timeout is not None else None


# --- retries -----


def retries_of(arguments: Arguments, params: Mapping[str, Any]) -> int:
    """How often this package retries: never where LiteLLM does so itself, in a router and chat
    for ``num_retries``; else ``max_retries``, else `DEFAULT_RETRIES`."""
    settings = litellm_params(arguments)
    if is_router_call(settings) or ("messages" in arguments and litellm.num_retries):
        return 0
    for source in (params, settings):
        if source.get("max_retries") is not None:
            return int(source["max_retries"])
    return int(litellm.num_retries or DEFAULT_RETRIES)


def litellm_params(arguments: Arguments) -> Mapping[str, Any]:
    """LiteLLM's own parameters of the call. It gives them to a handler for chat and embeddings
    only; for the rest they stand in its log object."""
    params = arguments.get("litellm_params")
    if params:
        return dict(params)
    logged = getattr(arguments.get("logging_obj"), "litellm_params", None)
    return logged if isinstance(logged, Mapping) else {}


def is_router_call(settings: Mapping[str, object]) -> bool:
    """Whether a router makes the call."""
    places = (settings.get("metadata"), settings.get("litellm_metadata"))
    return any(isinstance(place, Mapping) and "model_group" in place for place in places)


def is_proxy_call(settings: Mapping[str, object]) -> bool:
    """Whether a client of a proxy makes the call: what fails is then shown to a stranger."""
    if settings.get("proxy_server_request"):
        return True
    places = (settings.get("metadata"), settings.get("litellm_metadata"))
    return any(isinstance(place, Mapping) and "user_api_key" in place for place in places)


# --- connections -----


def _drivers(client: object) -> Drivers:
    """Drivers over the caller's client (httpx's, or LiteLLM's own around one), over the sessions
    that the program gave LiteLLM, else shared ones."""
    inner = getattr(client, "client", client)
    sync = _first((inner, litellm.client_session), httpx.Client)
    asynchronous = _first((inner, litellm.aclient_session), httpx.AsyncClient)
    options = _transport_options()
    if sync is not None or asynchronous is not None:
        return drivers_for(options, sync, asynchronous)
    drivers = _shared.get(options)
    if drivers is None:
        drivers = _shared[options] = drivers_for(options)
    return drivers


def _first(clients: Iterable[object], cls: type[C]) -> C | None:
    return next((each for each in clients if isinstance(each, cls)), None)


def _transport_options() -> TransportOptions:
    verify = litellm.ssl_verify
    return TransportOptions(verify=verify if isinstance(verify, bool | str) else True)
