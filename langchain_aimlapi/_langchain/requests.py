"""The arguments of one LangChain call -> a `ChatRequest`, and its headers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import BaseMessage

from langchain_aimlapi._connection.settings import check_headers, check_request_id
from langchain_aimlapi._domain.tools import choice_to_domain
from langchain_aimlapi._domain.values import ChatRequest
from langchain_aimlapi._langchain.arguments import check_max_tokens
from langchain_aimlapi._langchain.fields import ChatFields
from langchain_aimlapi._langchain.headers import real_headers
from langchain_aimlapi._langchain.messages import messages_to_domain
from langchain_aimlapi._langchain.params import FIELD_PARAMS, FORMAT_AS, gather, written
from langchain_aimlapi._langchain.tools import format_to_domain, tools_to_domain


def chat_request(
    fields: ChatFields,
    messages: Sequence[BaseMessage],
    stop: list[str] | None,
    options: Mapping[str, Any],
    *,
    stream: bool,
) -> ChatRequest:
    """One call in neutral terms.

    Args:
        options: The arguments of the call; they win over ``model_kwargs``, and both over fields.

    Raises:
        ValueError: ``max_tokens`` below 1, or a message of a kind that cannot be sent.
    """
    names = written({**options, "stop": stop}, written(fields.model_kwargs, fields._written))
    options = {**fields.model_kwargs, **options}
    if uses_functions(options) or any(map(_is_legacy, messages)):
        from langchain_aimlapi._langchain.functions import functions_to_tools, pair_functions

        options, messages = functions_to_tools(options), pair_functions(messages)
    options.pop("stream", None)
    stream_usage = options.pop("stream_usage", None)
    extra = options.pop("extra_body", None) or {}
    if not isinstance(extra, Mapping):
        raise ValueError(f"extra_body is a {type(extra).__name__}; give a dictionary")
    extra_body = {**(fields.extra_body or {}), **extra}
    model = str(options.pop("model", None) or options.pop("model_name", None) or fields.model)
    offered = options.pop("tools", None) or ()
    if isinstance(offered, str | Mapping):
        raise ValueError(f"tools is a {type(offered).__name__}; give a list of tools")
    tools = tools_to_domain(offered)
    choice = choice_to_domain(options.pop("tool_choice", None))
    response_format = format_to_domain(options.pop("response_format", None))
    if FORMAT_AS in options:
        names["response_format"] = str(options[FORMAT_AS])
    own = {name: getattr(fields, name) for name in FIELD_PARAMS}
    params = gather(own, options, stop, stream=stream)
    check_max_tokens(params.get("max_tokens"))
    return ChatRequest(
        model=model,
        messages=messages_to_domain(
            messages,
            custom={tool.name for tool in tools if tool.kind == "custom"},
            vendor_of=lambda name: fields._facts(name).vendor,
        ),
        tools=tools,
        tool_choice=choice,
        response_format=response_format,
        params=params,
        extra_body=extra_body,
        stream=stream,
        stream_usage=fields.stream_usage if stream_usage is None else bool(stream_usage),
        written=names,
    )


def uses_functions(*sources: Mapping[str, object]) -> bool:
    """Whether a call offers OpenAI's ``functions`` of 2023 (see `functions`)."""
    return any("functions" in source for source in sources)


def _is_legacy(message: BaseMessage) -> bool:
    return message.type == "function" or "function_call" in message.additional_kwargs


def request_headers(
    fields: ChatFields, options: dict[str, Any], run_id: str | None
) -> dict[str, str]:
    """Headers of one request; the run id of LangChain is the client request id. Takes
    ``client_request_id`` and ``extra_headers`` out of ``options``."""
    chosen = options.pop("client_request_id", None)
    extra = real_headers(options.pop("extra_headers", None))
    request_id = str(chosen) if chosen is not None else run_id or str(uuid.uuid4())
    headers = {"x-client-request-id": request_id}
    headers |= fields.default_headers or {}
    headers |= {name.lower(): value for name, value in check_headers(extra).items()}
    check_request_id(headers["x-client-request-id"])
    return headers
