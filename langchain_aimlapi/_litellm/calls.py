"""What LiteLLM hands to a custom provider -> a prepared chat call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

import litellm

from langchain_aimlapi._dialects.call import Call, prepare
from langchain_aimlapi._domain.tools import choice_to_domain, format_to_domain, tool_to_domain
from langchain_aimlapi._domain.values import ChatRequest
from langchain_aimlapi._fitting.gather import gather_params
from langchain_aimlapi._fitting.notes import OnUnsupported
from langchain_aimlapi._litellm.access import Access, Arguments, litellm_params, resolve_access
from langchain_aimlapi._litellm.messages import openai_to_messages
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.catalog.facts import DialectName

# Arguments of this provider, given beside the model's own: ``completion(..., dialect="messages")``.
OPTIONS = ("allow_http", "client_request_id", "dialect", "on_unsupported", "learn")
# Arguments that are LiteLLM's business or are built anew from the neutral request.
NOT_PARAMS = frozenset({"stream", "stream_options", "max_retries", "extra_headers", *OPTIONS})
_ALIASES = {"max_completion_tokens": "max_tokens"}
_WRITTEN = {**_ALIASES, "web_search_options": "web_search"}


WARNED: set[tuple[str, str]] = set()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A chat call that is ready to be made."""

    call: Call
    request: ChatRequest
    access: Access


def prepare_chat(arguments: Arguments, catalog: Catalog, *, stream: bool) -> Prepared:
    """The chat call that LiteLLM's arguments describe.

    Args:
        arguments: The keyword arguments of ``CustomLLM.completion``.

    Raises:
        AimlapiError: no key, or the model cannot take the request in any form.
        ValueError: a setting or a message that cannot be right.
    """
    model = str(arguments["model"])
    params = dict(arguments.get("optional_params") or {})
    _check_choice("dialect", params.get("dialect"), get_args(DialectName))
    access = resolve_access(arguments, params)
    request = chat_request(model, arguments.get("messages") or (), params, stream=stream)
    call = prepare(
        request,
        catalog.find(model),
        root=access.root,
        headers=access.headers,
        policy=access.policy(model),
        dialect=params.get("dialect"),
        on_unsupported=policy_of(arguments, params),
        seen=WARNED,
        learn=params.get("learn") is not False,
        folder=catalog.folder,
    )
    return Prepared(call, request, access)


def policy_of(arguments: Arguments, params: Mapping[str, Any]) -> OnUnsupported:
    """``on_unsupported`` of the call; ``"drop"`` where ``drop_params`` is set, for the call or for
    the program.

    Raises:
        ValueError: there is no such policy.
    """
    chosen: OnUnsupported | None = params.get("on_unsupported")
    _check_choice("on_unsupported", chosen, get_args(OnUnsupported))
    dropping = litellm.drop_params or litellm_params(arguments).get("drop_params")
    return chosen or ("drop" if dropping else "warn")


def _check_choice(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")


def chat_request(
    model: str, messages: Any, params: Mapping[str, Any], *, stream: bool
) -> ChatRequest:
    """The request in neutral terms, from messages and parameters in OpenAI's."""
    rest = {k: v for k, v in params.items() if k not in NOT_PARAMS}
    extra_body = rest.pop("extra_body", None) or {}
    tools = rest.pop("tools", None) or [
        {"type": "function", "function": f} for f in rest.pop("functions", None) or ()
    ]
    choice = rest.pop("tool_choice", None) or _legacy_choice(rest.pop("function_call", None))
    response_format = rest.pop("response_format", None)
    web_search = rest.pop("web_search_options", None)
    if web_search is not None:
        rest["web_search"] = dict(web_search) or True
    return ChatRequest(
        model=model,
        messages=openai_to_messages(messages),
        tools=tuple(map(tool_to_domain, tools)),
        tool_choice=choice_to_domain(choice),
        response_format=format_to_domain(_as_dictionary(response_format)),
        params=gather_params(rest, {}, stream=stream, aliases=_ALIASES),
        extra_body=extra_body,
        stream=stream,
        written={n: other for other, n in _WRITTEN.items() if params.get(other) is not None},
    )


def _as_dictionary(response_format: Any) -> Any:
    """A pydantic class as LiteLLM itself writes it for OpenAI."""
    if not isinstance(response_format, type):
        return response_format
    from litellm.llms.base_llm.base_utils import type_to_response_format_param

    return type_to_response_format_param(response_format)


def _legacy_choice(choice: object) -> object:
    if isinstance(choice, Mapping) and choice.get("name"):
        return {"type": "function", "function": {"name": choice["name"]}}
    return choice
