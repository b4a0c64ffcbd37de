"""The signature and the docstring of an endpoint -> the arguments of a tool."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model

from langchain_aimlapi.endpoints import Calls, Check, Method
from langchain_aimlapi.errors import UnsupportedFeatureError

# What a caller decides, never a model that uses the tool.
_CALLERS = frozenset({"model", "timeout", "progress", "params", "extra_body", "response_format",
                      "encoding_format", "user"})  # fmt: skip
_ELSEWHERE = re.compile(r"those of\s+`(\w+)\.(\w+)`")
_FIRST_WORDS = re.compile(r":|\. |, as in ")
_LINK = "https://example.com/file"
_TEXT = "one two three, one two three"

Look = Callable[[Mapping[str, object]], Check]


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a tool.

    Attributes:
        name: Its name in the endpoint's signature.
        hint: Its type, as far as JSON can spell it.
        description: What it means, for the model.
        is_required: Whether a call needs it.
        is_file: Whether it is a file, of which a model can write the address.
    """

    name: str
    hint: Any
    description: str
    is_required: bool
    is_file: bool


# --- from Python -----


def endpoint_arguments(calls: type[Calls] | None, method: Method[..., object]) -> list[Argument]:
    """The arguments of an endpoint that a model can write, in the order of its signature.

    Args:
        calls: What the method hangs on, where its docstring refers to its neighbours.
        method: The endpoint.

    Returns:
        None at all for an endpoint that needs something which no model can write.
    """
    texts = _texts(calls, method)
    hints = get_type_hints(method.function)
    found = []
    for name, parameter in method.__signature__.parameters.items():
        hint = None if name in _CALLERS else json_type(hints[name])
        is_required = parameter.default is inspect.Parameter.empty
        if hint is None:
            if is_required and name not in _CALLERS:
                return []
            continue
        is_file = bytes in _members(hints[name])
        text = texts.get(name, "")
        if is_file:
            text = f"{_FIRST_WORDS.split(text)[0].rstrip('.')}: its https address."
        found.append(Argument(name, hint, text, is_required, is_file))
    return found


def json_type(hint: object) -> object | None:
    """The part of a type that JSON can spell; None where there is no such part."""
    if hint in (str, int, float, bool):
        return hint
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return hint
    if origin in (Union, types.UnionType):
        kept = [found for each in inner if (found := json_type(each)) is not None]
        return Union[tuple(dict.fromkeys(kept))] if kept else None  # noqa: UP007 - made of values
    if origin in (list, Sequence):
        item = json_type(inner[0])
        return None if item is None else list[item]  # type: ignore[valid-type]  # made of values
    return None


def _members(hint: object) -> set[object]:
    """All types that a union is made of, unions inside it too."""
    if get_origin(hint) in (Union, types.UnionType):
        return {each for inner in get_args(hint) for each in _members(inner)}
    return {hint}


def endpoint_description(method: Method[..., object]) -> str:
    """What an endpoint does: the first paragraph of its docstring."""
    return _plain(inspect.cleandoc(method.__doc__ or "").partition("\n\n")[0])


def _texts(calls: type[Calls] | None, method: Method[..., object]) -> dict[str, str]:
    """Argument -> what the docstring says about it; of a neighbour, where it refers to one."""
    doc = inspect.cleandoc(method.__doc__ or "")
    elsewhere = _ELSEWHERE.search(doc)
    texts: dict[str, str] = {}
    if elsewhere and calls is not None and elsewhere[2] in calls.methods():
        neighbour = calls.methods()[elsewhere[2]]
        if neighbour.function is not method.function:
            texts = _texts(calls, neighbour)
    return {**texts, **_written(doc)}


def _written(doc: str) -> dict[str, str]:
    """The ``Args`` of a docstring."""
    lines = doc.splitlines()
    if "Args:" not in lines:
        return {}
    texts: dict[str, str] = {}
    names: list[str] = []
    for line in lines[lines.index("Args:") + 1 :]:
        if line and not line.startswith(" "):
            break
        began = re.match(r"    (\w+(?:, \w+)*): (.*)", line)
        if began:
            names = began[1].split(", ")
            texts.update(dict.fromkeys(names, began[2]))
        elif line.strip():
            texts.update({name: f"{texts[name]} {line.strip()}" for name in names})
    return {name: _plain(text) for name, text in texts.items()}


def _plain(text: str) -> str:
    """A docstring's text without its marks."""
    return " ".join(text.replace("``", "").replace("`", "").split())


# --- what the catalog knows -----


def fitted(arguments: Sequence[Argument], look: Look) -> list[Argument]:
    """The same arguments without files that the model does not take, and with all that it needs
    marked as required.

    Args:
        arguments: Of the endpoint.
        look: What a call with these arguments would do; it sends nothing.

    Raises:
        ValueError: the endpoint needs a file that the model does not take as an address.
    """
    always = {each.name: _sample(each) for each in arguments if each.is_required}
    if any(each.name == "prompt" for each in arguments):
        always["prompt"] = _TEXT
    kept = []
    for each in arguments:
        error = look({**always, each.name: _LINK}).error if each.is_file else None
        if not isinstance(error, UnsupportedFeatureError) or error.field != each.name:
            kept.append(each)
        elif each.is_required:
            raise ValueError(f"no tool can be made of it: {error}")
    needed = set(_needed(kept, look))
    return [replace(each, is_required=each.name in needed) for each in kept]


def _needed(arguments: Sequence[Argument], look: Look) -> Iterator[str]:
    """The names of the arguments without which a call is refused."""
    samples = {each.name: _sample(each) for each in arguments}
    call = {each.name: samples[each.name] for each in arguments if each.is_required}
    yield from call
    while (error := look(call).error) is not None and error.field in samples.keys() - call.keys():
        call[error.field] = samples[error.field]
        yield error.field


def _sample(argument: Argument) -> str:
    return _LINK if argument.is_file else _TEXT


def arguments_model(name: str, arguments: Sequence[Argument]) -> type[BaseModel]:
    """The arguments as a pydantic model."""
    fields: dict[str, Any] = {
        each.name: (
            each.hint if each.is_required else each.hint | None,
            Field(... if each.is_required else None, description=each.description or None),
        )
        for each in arguments
    }
    title = "".join(word.capitalize() for word in name.split("_"))
    return create_model(title, __config__=ConfigDict(extra="forbid"), **fields)
