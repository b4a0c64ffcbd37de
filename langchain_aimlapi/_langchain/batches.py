"""Half-price batches of chat calls: LangChain messages in, `AIMessage`s out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from langchain_core.language_models import LanguageModelInput

from langchain_aimlapi._connection.connection import Carrier
from langchain_aimlapi._connection.runner import AsyncItems, SyncItems
from langchain_aimlapi._dialects.choose import MESSAGES_PATH, build
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import param
from langchain_aimlapi._langchain.arguments import check_inputs
from langchain_aimlapi._langchain.identity import Identity
from langchain_aimlapi._langchain.params import written
from langchain_aimlapi._langchain.requests import chat_request
from langchain_aimlapi.catalog.facts import Shape
from langchain_aimlapi.endpoints import Job
from langchain_aimlapi.endpoints.batches import BatchCalls, BatchInfo, plan_rows

Row = tuple[str, dict[str, Any]]
_MARK = "text"


# --- what goes out -----


def submit(model: Identity, rows: Iterable[Row]) -> Job[BatchInfo]:
    """Order a batch of rows that `rows_of` made."""
    return BatchCalls(Carrier(model)).submit(model=model.model, requests=rows)


async def asubmit(model: Identity, rows: Iterable[Row]) -> Job[BatchInfo]:
    """Like `submit`, on the running event loop."""
    return await BatchCalls(Carrier(model)).asubmit(model=model.model, requests=rows)


def resume(model: Identity, id: str) -> Job[BatchInfo]:
    """A batch that was ordered before. Nothing is sent."""
    return BatchCalls(Carrier(model)).resume(id, model=model.model)


def rows_of(
    model: Identity,
    inputs: Sequence[LanguageModelInput],
    stop: list[str] | None,
    options: Mapping[str, object],
) -> Iterator[Row]:
    """The inputs as rows of a batch, named by their place and made one by one.

    Raises:
        InvalidRequestError: one input in the place of many.
        UnsupportedFeatureError: the model has no batches, or cannot take an input in any form.
    """
    check_inputs(inputs)
    names = written({**options, "stop": stop}, written(model.model_kwargs, model._written))
    notes = Notes(model.model, model.on_unsupported, names)
    shape = _shape(model, notes)
    pattern = None
    if len(inputs) > 1 and all(isinstance(each, str) and each.strip() for each in inputs):
        pattern = _pattern(_params(model, shape, notes, _MARK, stop, options))
    for place, each in enumerate(inputs):
        if pattern is not None:
            yield str(place), {**pattern, "messages": [{"role": "user", "content": each}]}
        else:
            yield str(place), _params(model, shape, notes, each, stop, options)
    notes.warn(model._holder.warned)


def _pattern(params: dict[str, object]) -> dict[str, object] | None:
    """What rows of plain texts have in common, where they differ in nothing but the text: building
    each as a conversation takes many times as long as writing it."""
    return params if params.get("messages") == [{"role": "user", "content": _MARK}] else None


def params_of(
    model: Identity, messages: Sequence[Any], stop: list[str] | None, options: Mapping[str, Any]
) -> dict[str, Any]:
    """The parameters of one call of a batch."""
    (row,) = rows_of(model, [list(messages)], stop, options)
    return row[1]


def _shape(model: Identity, notes: Notes) -> Shape:
    facts = model._facts(model.model)
    shape = facts.shapes.get(MESSAGES_PATH)
    if shape is None and facts.known and notes.policy != "send":
        able = [each.id for each in model._catalog().models() if MESSAGES_PATH in each.shapes]
        raise notes.impossible(
            "batches", "only Claude's models do", f"choose one of these: {', '.join(able[:5])}"
        )
    return shape or Shape(path=MESSAGES_PATH, dialect="messages")


def _params(
    model: Identity,
    shape: Shape,
    notes: Notes,
    value: LanguageModelInput,
    stop: list[str] | None,
    options: Mapping[str, object],
) -> dict[str, object]:
    messages = model._convert_input(value).to_messages()
    params = build(chat_request(model, messages, stop, options, stream=False), shape, notes)
    if "max_tokens" not in params:
        # The API's default of 1024 would cut answers that a plain call gives whole.
        default = param(shape, "max_tokens").default or model._facts(model.model).max_output
        if isinstance(default, int | float):
            params["max_tokens"] = int(default)
    return params


# --- what comes back -----


def rows(model: Identity, id: str) -> SyncItems[dict[str, Any]]:
    """The rows of a batch that has ended."""
    return Carrier(model).stream(lambda context: plan_rows(context, id=id))


def arows(model: Identity, id: str) -> AsyncItems[dict[str, object]]:
    """Like `rows`, on the running event loop."""
    return Carrier(model).astream(lambda context: plan_rows(context, id=id))
