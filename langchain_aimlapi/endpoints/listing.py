"""The API's list of models, one model, and which models end, as the API words them now.

`AimlapiClient.models` is about what the package knows of models; this is the API's own answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

from langchain_aimlapi._answers.usage import number
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.endpoints import (
    Context,
    Json,
    Plan,
    Result,
    no_answer,
    once,
    only,
    read_object,
)
from langchain_aimlapi.endpoints._values import object_in, objects, text_or_none, texts, whole

LIST = "/v1/models"
ENDS = "/v1/models/deprecations"
EndStatus = Literal["deprecated", "superseded", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Unit:
    """One line of a price: ``price`` US dollars for ``per`` units.

    Attributes:
        name: What is counted, such as ``"token"``.
        price: In the currency of the price list.
        per: How many units that buys.
        origin: ``"provided"`` (input), ``"generated"`` (output), ``"cached"``, ``"cache_write"``.
        when: The settings that this line is for, such as a resolution.
    """

    name: str
    price: float
    per: float = 1.0
    origin: str | None = None
    when: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ListedModel(Result):
    """A row of the model list: one id on one kind of endpoint.

    Attributes:
        id: The id to call it by.
        type: The kind of endpoint, such as ``"openai/chat-completions"``.
        aliases: Other names that are served.
        name, developer, description: For readers.
        context_tokens, output_tokens: Limits; 0 where the list names none.
        tags, capabilities: Words of the list.
        inputs, outputs: Modalities: ``text``, ``image``, ``audio``, ``video``, ``pdf``.
        currency, units: What it costs.
        deprecated_at, shutdown_at: Dates (YYYY-MM-DD) of a model that ends.
    """

    id: str = ""
    type: str = ""
    aliases: tuple[str, ...] = ()
    name: str | None = None
    developer: str | None = None
    description: str | None = None
    context_tokens: int = 0
    output_tokens: int = 0
    tags: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    currency: str | None = None
    units: tuple[Unit, ...] = ()
    deprecated_at: str | None = None
    shutdown_at: str | None = None


@dataclass(frozen=True, slots=True)
class Deprecation:
    """A model that has been switched off, or will be.

    Attributes:
        id: The model.
        status: ``deprecated`` still serves, ``superseded`` serves as another name for good,
            ``withdrawn`` does not.
        aliases: Its other names.
        deprecated_at, shutdown_at: Dates (YYYY-MM-DD), where they are known.
        replaced_by: What the API recommends in its place.
        reason: The API's word.
    """

    id: str
    status: str
    aliases: tuple[str, ...] = ()
    deprecated_at: str | None = None
    shutdown_at: str | None = None
    replaced_by: str | None = None
    reason: str | None = None


def plan_listed(
    context: Context,
    *,
    type: str | None = None,
    capabilities: Iterable[str] = (),
    inputs: Iterable[str] = (),
    outputs: Iterable[str] = (),
    tags: Iterable[str] = (),
    ids: Iterable[str] = (),
) -> Plan[tuple[ListedModel, ...]]:
    """The current model list, with prices; one row for each id and kind of endpoint.

    Args:
        type: A kind of endpoint, such as ``"openai/chat-completions"``.
        capabilities, inputs, outputs, tags: Only models with one of these words of each.
        ids: Only these, by id or alias.

    Wire: GET ``/v1/models?include=all&type=&capabilities=&...``; no key is needed.
    Source: the model list page of docs.aimlapi.com, read 2026-08-21.
    """
    filters = {
        "type": [type] if type else [],
        "capabilities": list(capabilities),
        "input_modalities": list(inputs),
        "output_modalities": list(outputs),
        "tags": list(tags),
        "id": list(ids),
    }
    query = [(name, word) for name, words in filters.items() for word in words]
    request = context.request("GET", LIST, query=[("include", "all"), *query])
    return Plan([once(request, _parse_list)], only, needs_key=False)


def plan_model(context: Context, model: str) -> Plan[ListedModel]:
    """One model by id or alias, also one that is deprecated and still serves.

    Args:
        model: The id.

    Raises:
        ModelNotFoundError: there is none, or it is withdrawn.

    Wire: GET ``/model/<id>``; the slashes of an id stay. No key is needed.
    Source: the model list page of docs.aimlapi.com, read 2026-08-21.
    """
    request = context.request("GET", f"/model/{quote(model, safe='/')}")
    return Plan([once(request, _parse_model)], only, model=model, needs_key=False)


def plan_deprecations(
    context: Context, *, status: EndStatus | None = None, since: str | None = None
) -> Plan[tuple[Deprecation, ...]]:
    """Models that have been switched off or will be, the latest date first.

    Args:
        status: Only these.
        since: Only those with a date from this one (YYYY-MM-DD).

    Wire: GET ``/v1/models/deprecations?status=&since=``; no key is needed.
    Source: the deprecations page of docs.aimlapi.com, read 2026-11-26.
    """
    query = [("status", status or ""), ("since", since or "")]
    request = context.request("GET", ENDS, query=[each for each in query if each[1]])
    return Plan([once(request, _parse_ends)], only, needs_key=False)


# --- what comes back -----


def _rows(response: Response, policy: Policy) -> list[Json]:
    body = read_object(response, policy, "a list of models")
    if not isinstance(body.get("data"), list):
        raise no_answer(response, policy, "no list of models")
    return [row for row in objects(body["data"]) if text_or_none(row.get("id"))]


def _parse_list(response: Response, policy: Policy) -> tuple[ListedModel, ...]:
    return tuple(_listed(row) for row in _rows(response, policy))


def _parse_ends(response: Response, policy: Policy) -> tuple[Deprecation, ...]:
    return tuple(
        Deprecation(
            id=str(row["id"]),
            status=str(row.get("status") or "deprecated"),
            aliases=texts(row.get("aliases")),
            deprecated_at=text_or_none(row.get("deprecated_at")),
            shutdown_at=text_or_none(row.get("shutdown_at")),
            replaced_by=text_or_none(row.get("replaced_by")),
            reason=text_or_none(row.get("reason")),
        )
        for row in _rows(response, policy)
    )


def _parse_model(response: Response, policy: Policy) -> ListedModel:
    row = object_in(read_object(response, policy, "a model").get("data"))
    if not text_or_none(row.get("id")):
        raise no_answer(response, policy, "no model")
    return _listed(row)


def _listed(row: Json) -> ListedModel:
    info, modalities = object_in(row.get("info")), object_in(row.get("modalities"))
    pricing = object_in(row.get("pricing"))
    return ListedModel(
        id=str(row["id"]),
        type=str(row.get("type") or ""),
        aliases=texts(row.get("aliases")),
        name=text_or_none(info.get("name")),
        developer=text_or_none(info.get("developer")),
        description=text_or_none(info.get("description")),
        context_tokens=whole(info.get("contextLength")),
        output_tokens=whole(info.get("outputMax")),
        tags=texts(row.get("tags")),
        capabilities=texts(row.get("capabilities")),
        inputs=texts(modalities.get("input")),
        outputs=texts(modalities.get("output")),
        currency=text_or_none(pricing.get("currency")),
        units=tuple(map(_unit, objects(pricing.get("units") or pricing.get("variants")))),
        deprecated_at=text_or_none(row.get("deprecated_at")),
        shutdown_at=text_or_none(row.get("shutdown_at")),
        raw=row,
    )


def _unit(row: Json) -> Unit:
    return Unit(
        name=str(row.get("name") or row.get("unit") or ""),
        price=number(row.get("price")) or 0.0,
        per=number(row.get("per")) or 1.0,
        origin=text_or_none(row.get("origin")),
        when=object_in(row.get("when")),
    )
