"""What LiteLLM hands to a custom provider -> a prepared call."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import litellm
from pydantic import SecretStr

from langchain_aimlapi._connection.settings import (
    KEY_VARIABLE,
    check_headers,
    resolve_key,
    resolve_root,
)
from langchain_aimlapi._dialects.call import Call, prepare
from langchain_aimlapi._domain.values import ChatRequest
from langchain_aimlapi._langchain.params import gather
from langchain_aimlapi._langchain.tools import choice_to_domain, format_to_domain, tools_to_domain
from langchain_aimlapi._litellm.messages import openai_to_messages
from langchain_aimlapi._transport import Drivers, TransportOptions, drivers_for
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.key import Key, clean_key, secret_of
from langchain_aimlapi._wire.request import Limits
from langchain_aimlapi.catalog import Catalog

BUILT_IN_KEY_VARIABLE = "AIML_API_KEY"  # what LiteLLM's own ``aiml/`` provider reads
# Arguments of this provider, given beside the model's own: ``completion(..., dialect="messages")``.
OPTIONS = ("allow_http", "client_request_id", "dialect", "on_unsupported")
# Arguments that are LiteLLM's business or are built anew from the neutral request.
NOT_PARAMS = frozenset({"stream", "stream_options", "max_retries", "extra_headers", *OPTIONS})


class _Everything(set[tuple[str, str]]):
    """A set that holds all: with ``drop_params`` nothing is said about what is left out."""

    def __contains__(self, item: object) -> bool:
        return True


SILENT = _Everything()
WARNED: set[tuple[str, str]] = set()
_held: dict[TransportOptions, Drivers] = {}


@dataclass(frozen=True, slots=True)
class Access:
    """Who asks, where, for how long."""

    key: Key
    root: str
    headers: Mapping[str, str]
    policy: Policy
    drivers: Drivers


@dataclass(frozen=True, slots=True)
class Prepared:
    """A chat call that is ready to be made."""

    call: Call
    ask: ChatRequest
    access: Access


def prepare_chat(given: Mapping[str, Any], catalog: Catalog, *, stream: bool) -> Prepared:
    """The chat call that LiteLLM's arguments describe.

    Args:
        given: The keyword arguments of ``CustomLLM.completion``; never changed.

    Raises:
        AimlapiError: no key, or the model can not take the request in any form.
        ValueError: a setting or a message that can not be right.
    """
    model = str(given["model"])
    params = dict(given.get("optional_params") or {})
    access = resolve_access(given, params)
    ask = _ask(model, given.get("messages") or (), params, stream=stream)
    dropping = litellm.drop_params or (given.get("litellm_params") or {}).get("drop_params")
    call = prepare(
        ask,
        catalog.find(model),
        root=access.root,
        headers=access.headers,
        policy=access.policy,
        dialect=params.get("dialect"),
        on_unsupported=params.get("on_unsupported") or "warn",
        seen=SILENT if dropping else WARNED,
    )
    return Prepared(call, ask, access)


def _ask(model: str, messages: Any, params: Mapping[str, Any], *, stream: bool) -> ChatRequest:
    rest = {k: v for k, v in params.items() if k not in NOT_PARAMS}
    extra_body = rest.pop("extra_body", None) or {}
    tools = rest.pop("tools", None) or [
        {"type": "function", "function": f} for f in rest.pop("functions", None) or ()
    ]
    choice = rest.pop("tool_choice", None) or _legacy_choice(rest.pop("function_call", None))
    wanted = rest.pop("response_format", None)
    web_search = rest.pop("web_search_options", None)
    if web_search is not None:
        rest["web_search"] = dict(web_search) or True
    return ChatRequest(
        model=model,
        messages=openai_to_messages(messages),
        tools=tools_to_domain(tools),
        tool_choice=choice_to_domain(choice),
        response_format=format_to_domain(wanted),
        params=gather(rest, {}, None, stream=stream),
        extra_body=extra_body,
        stream=stream,
    )


def _legacy_choice(choice: Any) -> Any:
    if isinstance(choice, Mapping) and choice.get("name"):
        return {"type": "function", "function": {"name": choice["name"]}}
    return choice


def resolve_access(given: Mapping[str, Any], params: Mapping[str, Any]) -> Access:
    """Key, address, headers and limits: argument, then LiteLLM's globals, then environment.

    LiteLLM does not hand ``litellm.api_key`` and ``litellm.api_base`` to a custom provider
    (1.106.2), as it does to its own, so they are read here.
    """
    key = find_key(given.get("api_key"))
    timeout = _seconds(given.get("timeout"))
    limits = Limits(
        connect=min(timeout, 10.0) if timeout else 10.0, read=timeout, write=timeout, idle=timeout
    )
    model = str(given["model"])
    return Access(
        key=key,
        root=resolve_root(
            given.get("api_base") or litellm.api_base or None,
            allow_http=bool(params.get("allow_http")),
        ),
        headers=_headers(given, params),
        policy=Policy(int(params.get("max_retries") or 0), limits, model, secret_of(key)),
        drivers=_drivers(given.get("client")),
    )


def find_key(given: Any) -> Key:
    """The key to use.

    Raises:
        AuthenticationError: there is none.
    """
    if given:
        return SecretStr(clean_key(str(given)))
    for value in (litellm.api_key, _secret(KEY_VARIABLE), _secret(BUILT_IN_KEY_VARIABLE)):
        if isinstance(value, str) and value.strip():
            return SecretStr(clean_key(value))
    return resolve_key(None)  # raises, and says how to get one


def _secret(name: str) -> str | None:
    """A variable of the environment, or of the secret manager that LiteLLM was given."""
    value = os.environ.get(name)
    if value or litellm.secret_manager_client is None:
        return value
    from litellm.secret_managers.main import get_secret_str

    return get_secret_str(name)


def _headers(given: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, str]:
    call_id = (given.get("litellm_params") or {}).get("litellm_call_id")
    request_id = params.get("client_request_id") or call_id or uuid.uuid4()
    extra = {**(given.get("headers") or {}), **(params.get("extra_headers") or {})}
    named = {k: v for k, v in extra.items() if str(k).lower() != "authorization" and v is not None}
    return {"x-client-request-id": str(request_id), **check_headers(named)}


def _seconds(timeout: Any) -> float | None:
    if isinstance(timeout, httpx.Timeout):
        timeout = timeout.read
    return float(timeout) if timeout is not None else None


def _drivers(client: Any) -> Drivers:
    """Drivers over the caller's client (httpx's, or LiteLLM's own around one), else shared ones."""
    inner = getattr(client, "client", client)
    options = _transport_options()
    if isinstance(inner, httpx.Client):
        return drivers_for(options, inner, None)
    if isinstance(inner, httpx.AsyncClient):
        return drivers_for(options, None, inner)
    drivers = _held.get(options)
    if drivers is None:
        drivers = _held[options] = drivers_for(options)
    return drivers


def _transport_options() -> TransportOptions:
    verify = litellm.ssl_verify
    return TransportOptions(verify=verify if isinstance(verify, bool | str) else True)
