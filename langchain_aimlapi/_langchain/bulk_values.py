"""Inputs and answers of a bulk run as JSON and back, and what tells two runs apart."""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast

from langchain_core.load import dumpd
from langchain_core.messages import BaseMessage, message_to_dict, messages_from_dict
from langchain_core.prompt_values import PromptValue
from langchain_core.runnables import Runnable
from pydantic import BaseModel

from langchain_aimlapi._connection.fields import ConnectionFields

_MESSAGE, _MODEL, _PLAIN = "$message", "$model", "$plain"


def value_to_json(value: object) -> object:
    """A message, a pydantic model, a JSON value, or lists and dictionaries of these, as JSON.

    Raises:
        TypeError: it is something else.
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, BaseMessage):
        return {_MESSAGE: message_to_dict(value)}
    if isinstance(value, BaseModel):
        return {_MODEL: _name(type(value)), "value": value.model_dump(mode="json")}
    if isinstance(value, Mapping):
        plain = {_key(name): value_to_json(each) for name, each in value.items()}
        return {_PLAIN: plain} if any(name.startswith("$") for name in plain) else plain
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [value_to_json(each) for each in value]
    raise TypeError(
        f"an answer of type {type(value).__name__} cannot be recorded; let the chain end with "
        "messages, pydantic models, or JSON values"
    )


def _key(name: object) -> str:
    if isinstance(name, str):
        return name
    raise TypeError(f"a dictionary with the key {name!r} cannot be recorded; use texts as keys")


def _name(kind: type[BaseModel]) -> str:
    if "<locals>" in kind.__qualname__:
        raise TypeError(
            f"{kind.__qualname__} cannot be found again; define the class outside of functions"
        )
    return f"{kind.__module__}:{kind.__qualname__}"


def json_to_value(found: object) -> object:
    """What `value_to_json` made, as the value that it was."""
    if isinstance(found, list):
        return [json_to_value(each) for each in found]
    if not isinstance(found, dict):
        return found
    if _MESSAGE in found:
        return messages_from_dict([found[_MESSAGE]])[0]
    if _MODEL in found:
        return _class(str(found[_MODEL])).model_validate(found["value"])
    return {name: json_to_value(each) for name, each in found.get(_PLAIN, found).items()}


def _class(name: str) -> type[BaseModel]:
    module, _, path = name.partition(":")
    found: object = importlib.import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    if isinstance(found, type) and issubclass(found, BaseModel):
        return found
    raise TypeError(f"{name} is recorded as a pydantic model, and is none")


# --- what tells inputs and runs apart -----


def keys_of(inputs: Iterable[object], names: Iterable[object] | None = None) -> list[str]:
    """A key for each input: of its content, and of how many equal ones came before it.

    Args:
        inputs: Prompts, messages, or whatever a chain takes.
        names: What tells equal inputs apart, in place of their order.
    """
    seen: dict[str, int] = {}
    keys = []
    for value, name in zip(inputs, names if names is not None else _nothing(), strict=False):
        digest = _digest(_input_to_json(value) if name is None else [_input_to_json(value), name])
        number = seen[digest] = seen.get(digest, -1) + 1
        keys.append(f"{digest}-{number}")
    return keys


def _nothing() -> Iterator[None]:
    while True:
        yield None


def _input_to_json(value: object) -> object:
    """An input as JSON; the ids of messages are left out, which the API never sees."""
    if isinstance(value, PromptValue):
        return _input_to_json(value.to_messages())
    if isinstance(value, BaseMessage):
        message = message_to_dict(value)
        message["data"].pop("id", None)
        return message
    if isinstance(value, Mapping):
        return {str(name): _input_to_json(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_input_to_json(each) for each in value]
    return value_to_json(value)


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


_CONNECTION = frozenset(ConnectionFields.model_fields) | {"repr", "name", "config"}


def fingerprint(chain: Runnable[object, object]) -> str:
    """What a chain answers with, as a digest: its models, prompts and tools, the addresses of its
    models, but not time-outs, retries and the like."""
    addresses = sorted({model.base_url or "" for model in _models(chain, set())})
    return _digest([_without_connection(dumpd(chain)), addresses])


def _without_connection(found: object) -> object:
    if isinstance(found, dict):
        kept = {name: each for name, each in found.items() if name not in _CONNECTION}
        return {name: _without_connection(each) for name, each in kept.items()}
    return [_without_connection(each) for each in found] if isinstance(found, list) else found


def _models(value: object, seen: set[int]) -> Iterator[ConnectionFields]:
    """The models of this package that a chain is made of."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, ConnectionFields):
        yield value
    elif isinstance(value, Runnable):
        yield from _models(vars(value), seen)
    elif isinstance(value, dict):
        for each in cast("dict[object, object]", value).values():
            yield from _models(each, seen)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _models(each, seen)
