"""The API beside chat: one URL family a file, found by being here.

An endpoint is a function ``(Context, arguments) -> Plan``. A `Plan` is what has to be sent and how
the answers become one frozen value; it performs nothing. `Calls` hangs endpoints on
`AimlapiClient`, in both colours. A new endpoint is a new file of this folder: no other file names
it::

    def read_page(context: Context, *, model: str, document: str) -> Plan[Page]: ...

    class OcrCalls(Calls):
        ocr = SyncCall(read_page)
        aocr = AsyncCall(read_page)
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, ClassVar, Concatenate, Generic, ParamSpec, Protocol, TypeVar
from urllib.parse import urlencode

from langchain_aimlapi import errors
from langchain_aimlapi._answers.usage import read_cost, read_usage
from langchain_aimlapi._domain.values import Cost, Meta, Usage
from langchain_aimlapi._fitting.notes import Notes, OnUnsupported
from langchain_aimlapi._json import BadJsonError, encode, parse_clean_json
from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.explain import explain_frame, is_error_body, read_body
from langchain_aimlapi._wire.flow import Flow, Policy
from langchain_aimlapi._wire.request import Request, Response
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.catalog.facts import Facts, Shape

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Json = Mapping[str, Any]
Step = Callable[[Policy], Flow[T]]
"""One flow of a plan, made at the moment when it is run (so that no body waits in memory)."""


# --- what comes back -----


@dataclass(frozen=True, slots=True)
class Answer:
    """What every answer of an endpoint says beside its content.

    Attributes:
        meta: Ids, token usage and the real charge; sums where one call took several requests
            (``meta.extra["inference_ids"]`` then names them all).
    """

    meta: Meta = field(default_factory=Meta, kw_only=True, repr=False)

    @property
    def usage(self) -> Usage | None:
        """Token counts, where the API gave any."""
        return self.meta.usage

    @property
    def cost(self) -> Cost | None:
        """The real charge in US dollars and credits, where the API said it."""
        return self.meta.cost

    @property
    def inference_id(self) -> str | None:
        """The id of the call in the usage log."""
        return self.meta.inference_id

    @property
    def client_request_id(self) -> str | None:
        """The id that the call was sent with."""
        return self.meta.client_request_id


# --- what is done -----


@dataclass(frozen=True, slots=True)
class Plan(Generic[T_co]):
    """A call that is ready to be made.

    Attributes:
        steps: Flows that do not depend on each other; an async runner may overlap them.
        join: Their results, in order -> the value of the call.
        model: The model id, for error messages.
        notes: What was fitted to the model, to be said once.
        needs_key: False where the API asks for none; it is sent all the same where there is one.
    """

    steps: Sequence[Step[Any]]
    join: Callable[[list[Any]], T_co]
    model: str | None = None
    notes: Notes | None = None
    needs_key: bool = True


def only(results: list[Any]) -> Any:
    """The ``join`` of a plan with one step."""
    (result,) = results
    return result


def once(request: Request, parse: Callable[[Response, Policy], T]) -> Step[T]:
    """The step that sends one request, with the retries of the policy."""
    return lambda policy: flow.call(request, lambda answer: parse(answer, policy), policy)


@dataclass(frozen=True, slots=True)
class Context:
    """What an endpoint may know of its caller: the address, the headers, the catalog.

    ``root`` is the API's address without ``/v1``; the key is not here, the driver adds it.
    """

    root: str
    catalog: Catalog
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    on_unsupported: OnUnsupported = "warn"

    def facts(self, model: str) -> Facts:
        """What is known about a model."""
        return self.catalog.find(model)

    def notes(self, model: str) -> Notes:
        """Where what a model does not take is reported."""
        return Notes(model, self.on_unsupported)

    def post(self, path: str, body: Json, *, model: str) -> Request:
        """A JSON request. Raises InvalidRequestError for what is no JSON."""
        return self.send(path, encode(body, model), "application/json")

    def send(self, path: str, body: bytes, media_type: str) -> Request:
        """A POST with a body of any media type."""
        headers = {"content-type": media_type, "accept": "application/json", **self.headers}
        return Request("POST", self.root + path, headers, body)

    def get(
        self,
        path: str,
        query: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Request:
        """A GET; a name that stands several times in ``query`` is repeated."""
        text = urlencode(list(query))
        url = f"{self.root}{path}?{text}" if text else self.root + path
        return Request(
            "GET", url, {"accept": "application/json", **self.headers, **(headers or {})}
        )


def shape_at(facts: Facts, path: str) -> Shape:
    """What a path accepts for a model; permissive where the catalog does not know."""
    return facts.shapes.get(path) or Shape(path=path, dialect="none")


# --- reading answers -----


def read_object(response: Response, policy: Policy, what: str) -> Json:
    """The JSON object of a 2xx answer.

    Args:
        response: The answer.
        policy: Gives the model and the secret for messages.
        what: What was expected ("embeddings"), for messages.

    Raises:
        InvalidResponseError: it is no JSON object.
        AimlapiError: it is an error, told with a success status.
    """
    error: errors.AimlapiError
    try:
        value = parse_clean_json(response.body)
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        if isinstance(value, Mapping) and not is_error_body(value):
            return value
        if isinstance(value, Mapping):
            error = explain_frame(value, model=policy.model, secret=policy.secret)
            error.status_code = error.status_code or response.status
            error.inference_id = response.headers.get("x-inference-id")
            raise error
        told = f"JSON that is no object ({type(value).__name__})"
    except BadJsonError:
        text = read_body(response.body[:4096].decode("utf-8", "replace")).message[:300]
        told = f"no JSON: {text!r}" if response.body.strip() else "an empty body"
    raise no_answer(response, policy, f"{told} instead of {what}")


def no_answer(response: Response, policy: Policy, said: str) -> errors.InvalidResponseError:
    """The error for a success that holds no answer."""
    error = errors.InvalidResponseError(
        errors.mask(f"the server said success but sent no answer: {said}", policy.secret),
        advice="check base_url and the model's kind; a proxy or login page may stand in between",
        status_code=response.status,
        model=policy.model,
    )
    error.inference_id = response.headers.get("x-inference-id")
    return error


def read_meta(response: Response, body: Json, *, known: Iterable[str] = ()) -> Meta:
    """Ids, usage and charge of an answer.

    Args:
        known: Keys of the body that are content; what is left goes into ``extra``.
    """
    taken = {*known, "id", "object", "model", "created", "usage", "meta"}
    created = body.get("created")
    return Meta(
        id=_text(body.get("id")),
        model=_text(body.get("model")),
        created=_seconds(created),
        inference_id=response.headers.get("x-inference-id"),
        client_request_id=response.headers.get("x-client-request-id"),
        usage=read_usage(body.get("usage")),
        cost=read_cost(body.get("meta"), response.headers),
        headers=response.headers,
        extra={name: value for name, value in body.items() if name not in taken},
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _seconds(created: Any) -> int | None:
    """Unix seconds; some vendors' pictures say milliseconds (``1777511878231``)."""
    if isinstance(created, bool) or not isinstance(created, int | float) or not 0 < created < 1e15:
        return None
    return int(created / 1000 if created > 1e11 else created)


def join_meta(metas: Sequence[Meta]) -> Meta:
    """The metas of several requests as those of one call: counts and charges are added up."""
    first = metas[0]
    if len(metas) == 1:
        return first
    ids = [meta.inference_id for meta in metas if meta.inference_id]
    return replace(
        first,
        usage=_add_usage([meta.usage for meta in metas if meta.usage]),
        cost=_add_cost([meta.cost for meta in metas if meta.cost]),
        extra={**first.extra, "inference_ids": ids},
    )


def _add_usage(usages: Sequence[Usage]) -> Usage | None:
    if not usages:
        return None
    return Usage(
        input=sum(usage.input for usage in usages),
        output=sum(usage.output for usage in usages),
        total=sum(usage.total for usage in usages),
    )


def _add_cost(costs: Sequence[Cost]) -> Cost | None:
    if not costs:
        return None
    return Cost(
        usd=sum(cost.usd or 0.0 for cost in costs), credits=sum(cost.credits or 0 for cost in costs)
    )


# --- hanging endpoints on a client -----


class Runner(Protocol):
    """Whoever owns the drivers: `AimlapiClient` and its like."""

    def run(self, build: Callable[[Context], Plan[T]]) -> T:
        """Carry out a plan."""
        ...

    def arun(self, build: Callable[[Context], Plan[T]]) -> Coroutine[Any, Any, T]:
        """Carry out a plan on the running event loop."""
        ...


Endpoint = Callable[Concatenate[Context, P], Plan[T]]


class SyncCall(Generic[P, T]):
    """An endpoint as a method that blocks."""

    def __init__(self, endpoint: Endpoint[P, T]) -> None:
        self.endpoint = endpoint
        self.__doc__ = endpoint.__doc__

    def __get__(self, calls: Calls, owner: Any = None) -> Callable[P, T]:
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            return calls._runner.run(lambda context: self.endpoint(context, *args, **kwargs))

        call.__doc__ = self.__doc__
        return call


class AsyncCall(Generic[P, T]):
    """An endpoint as a method to be awaited."""

    def __init__(self, endpoint: Endpoint[P, T]) -> None:
        self.endpoint = endpoint
        self.__doc__ = endpoint.__doc__

    def __get__(self, calls: Calls, owner: Any = None) -> Callable[P, Coroutine[Any, Any, T]]:
        def call(*args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
            return calls._runner.arun(lambda context: self.endpoint(context, *args, **kwargs))

        call.__doc__ = self.__doc__
        return call


class Calls:
    """The endpoints of one file, as methods.

    With ``mount = "images"`` they are ``client.images.generate``; without, ``client.embeddings``.
    """

    mount: ClassVar[str | None] = None
    __slots__ = ("_runner",)

    def __init__(self, runner: Runner) -> None:
        self._runner = runner


@cache
def mounts() -> Mapping[str, type[Calls]]:
    """Every name that hangs on a client -> the class that provides it; imports all endpoints."""
    found: dict[str, type[Calls]] = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("_"):
            continue  # a helper of its neighbour
        held = vars(importlib.import_module(f"{__name__}.{module.name}")).values()
        for cls in held:
            if isinstance(cls, type) and issubclass(cls, Calls) and cls is not Calls:
                names = [cls.mount] if cls.mount else call_names(cls)
                found.update(dict.fromkeys(names, cls))
    return found


def call_names(cls: type[Calls]) -> list[str]:
    """The methods of a class of calls, both colours."""
    return [name for name, held in vars(cls).items() if isinstance(held, SyncCall | AsyncCall)]


def mounted(name: str, runner: Runner) -> Any:
    """What hangs under ``name`` on a client. Raises KeyError where there is nothing."""
    cls = mounts()[name]
    calls = cls(runner)
    return calls if cls.mount else getattr(calls, name)
