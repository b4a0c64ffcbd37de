"""Checks of a call before anything is sent: what no API could take, and what the model's schema
forbids. Each error names the argument and the cure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from langchain_aimlapi._fitting.notes import Notes, short
from langchain_aimlapi.catalog.check import problem
from langchain_aimlapi.catalog.facts import Facts, Param, Shape
from langchain_aimlapi.catalog.nearest import nearest_word
from langchain_aimlapi.errors import InvalidRequestError


def check_model(model: object) -> None:
    """Refuse what is no model id."""
    if not isinstance(model, str) or not model.strip() or any(c.isspace() for c in model.strip()):
        raise InvalidRequestError(
            f"model is {short(model)}, which is not a model id",
            advice="give an id such as those that client.models() lists",
            field="model",
        )


def check_spelling(name: str, known: Iterable[str], facts: Facts) -> None:
    """Refuse an argument that looks like another one, misspelt: not where the model itself has a
    parameter of that name."""
    close = nearest_word(name, known, 0.8)
    if close and not any(name in (shape.params or {}) for shape in facts.shapes.values()):
        raise InvalidRequestError(
            f"there is no argument {name!r}: did you mean {close!r}?",
            advice=f"write {close}, or give the model's own as params={{{name!r}: ...}}",
            model=facts.id,
            field=name,
        )


def check_text(name: str, value: object, model: str) -> None:
    """Refuse what is no text, and text that says nothing. None means: not given."""
    if value is None or (isinstance(value, str) and value.strip()):
        return
    what = "empty" if isinstance(value, str) else f"a value of type {type(value).__name__}"
    raise InvalidRequestError(
        f"{name} is {what}", advice=f"give the {name} as text", model=model, field=name
    )


def check_number(
    name: str, value: object, model: str, *, unit: str = "", is_whole: bool = False
) -> float | None:
    """A number, also where it is written as a text; None means: not given."""
    if value is None:
        return None
    number: float | None = None
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            number = float(value)
        except ValueError:
            number = None
    if number is None or not math.isfinite(number):
        raise InvalidRequestError(
            f"{name} is {short(value)}, not a number{unit and ' of ' + unit}",
            advice=f"give {name} as a number{unit and ' of ' + unit}",
            model=model,
            field=name,
        )
    if isinstance(value, int):
        return value
    if is_whole and not number.is_integer():
        raise InvalidRequestError(
            f"{name} is {short(value)}, not a whole number",
            advice=f"give {name} as a whole number",
            model=model,
            field=name,
        )
    return int(number) if number.is_integer() else number


def check_values(
    body: Mapping[str, object], shape: Shape, notes: Notes, arguments: Mapping[str, str]
) -> None:
    """Refuse values of a type or form that the schema forbids.

    Args:
        body: What is about to be sent, without the user's ``extra_body``.
        shape: What the path takes.
        notes: Its policy ``"send"`` lets everything through.
        arguments: Key of the body -> the caller's name for it, where they differ.
    """
    if notes.policy == "send":
        return
    for key, value in body.items():
        facts = (shape.params or {}).get(key)
        found = problem(facts, value) if facts is not None else None
        if found:
            name = arguments.get(key, key)
            # of the user's words and files nothing stands in a message
            shown = f"{name}={value!r}" if isinstance(value, int | float) else name
            raise InvalidRequestError(
                f"{notes.model} does not take {shown}: it {found}",
                advice="change it, or set on_unsupported='send' to send it as it is",
                model=notes.model,
                field=name,
            )


def check_required(
    body: Mapping[str, object],
    shape: Shape,
    notes: Notes,
    arguments: Mapping[str, str],
    *,
    able: Callable[[str], str | None] = lambda _: None,
) -> None:
    """Refuse a call without what the model needs.

    Args:
        body: What is about to be sent, whole.
        shape: What the path takes.
        notes: Its policy ``"send"`` lets everything through.
        arguments: Key of the body -> the caller's name for it. What has none is given by
            ``params``.
        able: Argument -> a model that does without it, for the cure.
    """
    if notes.policy == "send":
        return
    for key in sorted(shape.required - set(body) - {"model"}):
        facts = (shape.params or {}).get(key) or Param()
        options = f": one of {', '.join(map(repr, facts.enum[:8]))}" if facts.enum else ""
        name = arguments.get(key)
        cure = f"give {name}=..." if name else f"give it as params={{{key!r}: ...}}"
        without = able(name) if name else None
        raise InvalidRequestError(
            f"{notes.model} needs {name or key}{options}",
            advice=cure + (f"; without it, {without} can do it" if without else ""),
            model=notes.model,
            field=name or key,
        )
