"""Arguments of a constructor and of a call: none is lost in silence, and no secret is sent.

A name that nobody knows may be a parameter of a vendor, so it is sent, with a warning. One that
looks misspelt, or like the credential or the address of another API, is refused: sending it would
show a secret to a server that it was not meant for, and to every trace of the call.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.prompt_values import PromptValue
from pydantic import BaseModel, SecretStr

from langchain_aimlapi._connection.fields import alias_groups, argument_names, refuse_twins
from langchain_aimlapi._fitting.callers import warn_caller
from langchain_aimlapi._json import object_in
from langchain_aimlapi._langchain.params import IGNORED_OPTIONS, RequestFields
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.catalog.nearest import nearest_word
from langchain_aimlapi.errors import InvalidRequestError, is_key_like

_CREDENTIAL = re.compile(
    r"(^|_)(api_?key|management_?key|access_?key(_id)?|key_?id|secret|secret_?key|token|password|passwd|"
    r"credentials?|authorization|bearer)$"
)
_ADDRESS = re.compile(r"(^|_)(api_base|base_url|api_url|base|endpoint|host)$")
_HEADERS = re.compile(r"(^|_)headers$")
# What is meant by it. The first two may hold secrets wherever they stand.
_MEANT: tuple[tuple[re.Pattern[str], str], ...] = (
    (_CREDENTIAL, "it looks like a credential; the key of AI/ML API is api_key=..."),
    (_HEADERS, "headers of every request are default_headers={...}, those of one call are its "
     "extra_headers={...}"),
    (re.compile(r"(^|_)(organization|org_id|project)$"), "AI/ML API has no such thing; leave it "
     "out"),
    (re.compile(r"(^|_)proxy$"), "the proxy is proxy=..."),
    (re.compile(r"^(\w+_)?client$"), "api_key=..., base_url=... and the like are arguments of the "
     "model itself, and a client of httpx is http_client=... or http_async_client=..."),
    (_ADDRESS, "it looks like an address; the address of AI/ML API is base_url=..."),
)  # fmt: skip
# Arguments of ChatOpenAI and of classes made of it that mean nothing here.
_WITHOUT_EFFECT = {
    "use_responses_api": "the wire format is the model's; dialect='responses' forces one",
    "use_previous_response_id": "the whole conversation is sent each time",
    "tiktoken_model_name": "tokens are counted for the model itself",
    "disabled_params": "what a model does not take is left out by itself",
    **dict.fromkeys(
        ("client", "async_client", "root_client", "root_async_client"),
        "there is no client of another package inside; see http_client and http_async_client",
    ),
}
# What a call takes beside the parameters of a request.
_CALL_OPTIONS = frozenset(
    {
        "model", "model_name", "stream", "stream_usage", "tools", "tool_choice", "response_format",
        "functions", "function_call", "extra_body", "extra_headers", "client_request_id", "strict",
    }
)  # fmt: skip


def sort_arguments(cls: type[BaseModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a constructor; one that is no field goes into ``model_kwargs``, with a
    warning where no model of the catalog has such a parameter.

    Raises:
        ValueError: an argument looks like a misspelt field, a credential or an address, is given
            twice, or can mean nothing (``max_tokens=-1``).
    """
    refuse_twins(cls, values)
    known = argument_names(cls)
    for name in ("max_tokens", "max_completion_tokens"):
        check_max_tokens(values.get(name), name)
    for name, value in object_in(values.get("model_kwargs")).items():
        refuse_private(name, value, _MEANT[:2])
    idle = [name for name in values if name in _WITHOUT_EFFECT and name not in known]
    for name in idle:
        if isinstance(values[name], str | SecretStr):  # a text is no client, but may be a key
            refuse_private(name, values[name])
        if values[name] not in (None, False):
            warn_caller(f"{name} has no effect: {_WITHOUT_EFFECT[name]}", UserWarning)
    values = {name: value for name, value in values.items() if name not in idle}
    unknown = [name for name in values if name not in known]
    if not unknown:
        return values
    kept = {name: value for name, value in values.items() if name in known}
    extra = dict(kept.get("model_kwargs") or {})
    for name in unknown:
        _refuse(name, values[name], known)
        if name in extra:
            raise ValueError(f"{name!r} is given twice, as an argument and in model_kwargs")
        extra[name] = values[name]
    _warn_undocumented(cls, unknown)
    return {**kept, "model_kwargs": extra}


def check_options(
    cls: type[BaseModel], options: Mapping[str, object], warned: set[tuple[str, str]]
) -> None:
    """Check the arguments of one call as those of a constructor are checked.

    Args:
        warned: (class, argument) pairs that were warned about before; extended here.

    Raises:
        ValueError: an argument looks misspelt, like a credential or an address, or belongs to the
            constructor.
    """
    unknown = [name for name in options if name not in _call_names() and name[:3] != "ls_"]
    for name in unknown:
        if name in _documented():
            continue
        if name in argument_names(cls):
            raise ValueError(
                f"{name!r} is set where the model is made, not at a call: "
                f"{cls.__name__}(..., {name}=...)"
            )
        _refuse(name, options[name], _call_names())
    new = [name for name in unknown if (cls.__name__, name) not in warned]
    warned.update((cls.__name__, name) for name in new)
    _warn_undocumented(cls, new)


def check_max_tokens(value: object, name: str = "max_tokens") -> None:
    """Refuse a limit below 1. "-1" means "no limit" elsewhere; here it would be sent."""
    if isinstance(value, int) and not isinstance(value, bool) and value < 1:
        raise ValueError(
            f"{name}={value}: give a number of tokens from 1, or leave it out for no limit"
        )


@cache
def _call_names() -> frozenset[str]:
    return frozenset(RequestFields.model_fields).union(
        *alias_groups(RequestFields), _CALL_OPTIONS, IGNORED_OPTIONS
    )


@cache
def _documented() -> frozenset[str]:
    """Parameters that some chat model of the catalog declares: worth no warning."""
    catalog = Catalog.default()
    shapes = [
        form
        for model in catalog.ids()
        for shape in catalog.find(model).shapes.values()
        if shape.dialect != "none"
        for form in (shape, shape.other)
        if form is not None
    ]
    return frozenset().union(*(shape.params or () for shape in shapes))


def _refuse(name: str, value: object, known: frozenset[str]) -> None:
    if name in _documented():
        return
    if _nearest(name, known, 0.9) is None:  # "max_token" is no token
        refuse_private(name, value)
    close = _nearest(name, known, 0.8)
    if close is not None:
        raise ValueError(f"unknown argument {name!r}: did you mean {close!r}?")


def refuse_private(
    name: str, value: object, patterns: Iterable[tuple[re.Pattern[str], str]] = _MEANT
) -> None:
    """Refuse what names a credential or an address, or is a key by its look."""
    meant = next((text for pattern, text in patterns if pattern.search(name.lower())), None)
    if isinstance(value, SecretStr) or (isinstance(value, str) and is_key_like(value)):
        meant = meant or _MEANT[0][1]
    if meant is not None:
        raise ValueError(
            f"{name!r} is not sent: {meant} (a parameter of that name goes into extra_body)"
        )


@lru_cache(maxsize=1024)  # a call asks again each time, and names are few
def _nearest(name: str, known: frozenset[str], cutoff: float) -> str | None:
    return nearest_word(name, known, cutoff)


def _warn_undocumented(cls: type[BaseModel], names: Iterable[str]) -> None:
    rest = [name for name in names if name not in _documented()]
    if rest:
        warn_caller(
            f"{', '.join(map(repr, rest))} is no argument of {cls.__name__} and no parameter of "
            "any model in the catalog; it is sent as a parameter of the request (put it into "
            "model_kwargs or extra_body to say that you mean it)",
            UserWarning,
        )


def check_inputs(inputs: object) -> None:
    """Refuse one input in the place of many: every letter of a text would be a call, and paid for.

    Raises:
        InvalidRequestError: it is one text, message, prompt or mapping.
    """
    if isinstance(inputs, str | bytes | BaseMessage | PromptValue | Mapping):
        raise InvalidRequestError(
            f"inputs is one value of type {type(inputs).__name__}, not a list of inputs",
            advice="give a list, [...], with one item a call",
            field="inputs",
        )
