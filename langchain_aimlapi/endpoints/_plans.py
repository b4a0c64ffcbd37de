"""What an endpoint is: a function from a `Context` and arguments to a plan, hung on a client.

A plan holds what has to be sent and how the answers become one value; it performs nothing. A
runner carries it out (`langchain_aimlapi._connection.runner`), sync and async.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import (
    AsyncIterator,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import TracebackType
from typing import Any, ClassVar, Concatenate, Generic, ParamSpec, Protocol, Self, TypeVar, overload
from urllib.parse import urlencode

from langchain_aimlapi._fitting.learn import Learner
from langchain_aimlapi._fitting.notes import Notes, OnUnsupported
from langchain_aimlapi._json import encode
from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.flow import Flow, Policy, StreamReader
from langchain_aimlapi._wire.multipart import Form
from langchain_aimlapi._wire.request import Limits, Request, Response
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.catalog.advice import ending_notice, withdrawn_error
from langchain_aimlapi.catalog.facts import Facts, Shape
from langchain_aimlapi.catalog.nearest import hint
from langchain_aimlapi.errors import InvalidRequestError

P = ParamSpec("P")
T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Json = Mapping[str, object]
Step = Callable[[Policy], Flow[T]]
"""One flow of a plan, made at the moment when it is run (so that no body waits in memory)."""


@dataclass(frozen=True, slots=True)
class Plan(Generic[T_co]):
    """A call that is ready to be made.

    Attributes:
        steps: Flows that do not depend on each other; an async runner may overlap them. Steps
            that do depend on each other are one flow.
        join: Their results, in order -> the value of the call.
        model: The model id, for error messages.
        notes: What was fitted to the model, for one warning each.
        needs_key: False where the API asks for none; it is sent all the same where there is one.
        is_free: The call costs nothing, or what was charged before.
        is_management: It is sent with the management key.
    """

    steps: Sequence[Step[Any]]
    join: Callable[[list[Any]], T_co]
    model: str | None = None
    notes: Notes | None = None
    needs_key: bool = True
    is_free: bool = False
    is_management: bool = False


class ItemsPlan(Protocol[T_co]):
    """A call whose answer comes in items of any origin; a `StreamPlan` is one. What
    hangs on a client names it as its base, so that type checkers know the type of its items."""

    @property
    def model(self) -> str | None: ...

    @property
    def notes(self) -> Notes | None: ...

    @property
    def needs_key(self) -> bool: ...

    @property
    def is_management(self) -> bool: ...

    def flow(self, policy: Policy) -> Flow[None]:
        """The flow that yields the items."""
        ...


@dataclass(frozen=True, slots=True)
class StreamPlan(ItemsPlan[T_co]):
    """A call whose answer comes in items: events, or pieces of bytes.

    Attributes:
        request: What to send; sent again only while no item has come.
        reader: Headers of the answer and the policy -> a new reader of its bytes.
    """

    request: Request
    reader: Callable[[Response, Policy], StreamReader]
    model: str | None = None
    notes: Notes | None = None
    needs_key: bool = True
    is_management: bool = False

    def flow(self, policy: Policy) -> Flow[None]:
        """The flow that yields the items."""
        return flow.stream(self.request, lambda head: self.reader(head, policy), policy)


def only(results: list[Any]) -> Any:
    """The ``join`` of a plan with one step."""
    (result,) = results
    return result


def once(
    request: Request,
    parse: Callable[[Response, Policy], T],
    *,
    repeatable: bool = True,
    repeat_lost: bool = True,
    mend: flow.Mend | None = None,
) -> Step[T]:
    """The step that sends one request, with the retries of the policy.

    Args:
        repeatable: False for a request that orders something: see `flow.call`.
        repeat_lost: False for a request whose answer is paid for: see `flow.call`.
        mend: What puts a request right that is refused for a parameter: see `Context.mend`.
    """
    return lambda policy: flow.call(
        request,
        lambda answer: parse(answer, policy),
        policy,
        repeatable=repeatable,
        repeat_lost=repeat_lost,
        mend=mend,
    )


def patient(step: Step[T], seconds: float) -> Step[T]:
    """The same step, waiting that long for an answer where the caller has set no time-out."""

    def waiting(policy: Policy) -> Flow[T]:
        limits = policy.limits
        if limits.read == Limits().read:
            policy = replace(policy, limits=replace(limits, read=seconds))
        return step(policy)

    return waiting


@dataclass(frozen=True, slots=True)
class Context:
    """What an endpoint may know of its caller: the address, the headers, the catalog.

    ``root`` is the API's address without ``/v1``; the key is not here, the driver adds it.
    """

    root: str
    catalog: Catalog
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    on_unsupported: OnUnsupported = "warn"
    learn: bool = True
    warned: set[tuple[str, str]] = field(default_factory=set, repr=False)

    def facts(self, model: str) -> Facts:
        """What is known about a model."""
        return self.catalog.find(model)

    def notes(self, model: str) -> Notes:
        """Where what a model does not take is reported; its end, where one is known, is there.

        Raises:
            ModelNotFoundError: the model was withdrawn; the advice names its replacement.
        """
        facts = self.facts(model)
        gone = withdrawn_error(facts)
        if gone is not None and self.on_unsupported != "send":
            raise gone
        notes = Notes(model, self.on_unsupported)
        ending = ending_notice(facts)
        if ending is not None:
            notes.adapted("model", ending)
        return notes

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Request:
        """A request without a body; a name that stands several times in ``query`` is repeated."""
        text = urlencode(list(query))
        url = f"{self.root}{path}?{text}" if text else self.root + path
        return Request(
            method, url, {"accept": "application/json", **self.headers, **(headers or {})}
        )

    def json_request(
        self,
        path: str,
        body: Json,
        *,
        model: str = "",
        method: str = "POST",
        accept: str = "application/json",
        headers: Mapping[str, str] | None = None,
        notes: Notes | None = None,
    ) -> Request:
        """A request with a JSON body.

        Args:
            notes: What was fitted to the model, for a request that learns from refusals: what was
                learned before is applied, and noted.

        Raises:
            InvalidRequestError: something in the body is no JSON.
        """
        if notes is not None and self.learn:
            body = self._learner(path, notes).known(dict(body))
        fields = {"content-type": "application/json", "accept": accept, **self.headers}
        fields |= headers or {}
        return Request(method, self.root + path, fields, encode(body, model))

    def mend(self, request: Request, notes: Notes) -> flow.Mend | None:
        """What puts a JSON request or a form right, once, that is refused for a parameter; None
        where the user does not want that."""
        learner = self._learner(request.url.removeprefix(self.root), notes)
        if not self.learn or not learner.is_active:
            return None

        def mended(error: InvalidRequestError) -> Request | None:
            if isinstance(request.body, Form):
                fields = learner.mend(error, dict(request.body.fields))
                return None if fields is None else _with_fields(request, request.body, fields)
            body = json.loads(request.body) if isinstance(request.body, bytes) else {}
            changed = learner.mend(error, body)
            return None if changed is None else replace(request, body=encode(changed, notes.model))

        return mended

    def _learner(self, path: str, notes: Notes) -> Learner:
        key = (self.root, notes.model, path)
        if self.catalog.folder is None:
            return Learner(key, notes, self.warned)
        from langchain_aimlapi._fitting.kept_lessons import memory_in

        return Learner(key, notes, self.warned, memory_in(self.catalog.folder))

    def form_request(self, path: str, form: Form, *, notes: Notes | None = None) -> Request:
        """A request with a form, files among its fields; ``notes`` as for `json_request`."""
        if notes is not None and self.learn:
            form = form.with_fields(self._learner(path, notes).known(dict(form.fields)))
        headers = {"content-type": form.media_type, "accept": "application/json", **self.headers}
        return Request("POST", self.root + path, headers, form)


def _with_fields(request: Request, form: Form, fields: Mapping[str, object]) -> Request:
    return replace(request, body=form.with_fields(fields))


def shape_at(facts: Facts, path: str) -> Shape:
    """What a path accepts for a model; permissive where the catalog does not know."""
    return facts.shapes.get(path) or Shape(path=path, dialect="none")


# --- hanging endpoints on a client -----


class Stream(Protocol[T_co]):
    """Items as they come, sync. Closes its connection when it ends, is closed or is left."""

    def __iter__(self) -> Iterator[T_co]: ...

    def __next__(self) -> T_co: ...

    def close(self) -> None:
        """Stop reading; nothing happens where it has ended."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class AsyncStream(Protocol[T_co]):
    """Items as they come, on an event loop. Left with ``break``, close it: ``async with``."""

    def __aiter__(self) -> AsyncIterator[T_co]: ...

    def __anext__(self) -> Coroutine[object, object, T_co]: ...

    def aclose(self) -> Coroutine[object, object, None]:
        """Stop reading; nothing happens where it has ended."""
        ...

    def __aenter__(self) -> Coroutine[object, object, Self]: ...

    def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> Coroutine[object, object, None]: ...


class PlanRunner(Protocol):
    """Whoever owns the drivers: `AimlapiClient` and its like."""

    def run(self, build: Callable[[Context], Plan[T]]) -> T:
        """Carry out a plan."""
        ...

    def arun(self, build: Callable[[Context], Plan[T]]) -> Coroutine[object, object, T]:
        """Carry out a plan on the running event loop."""
        ...

    def stream(self, build: Callable[[Context], ItemsPlan[T]]) -> Stream[T]:
        """Carry out a plan whose answer comes in items."""
        ...

    def astream(self, build: Callable[[Context], ItemsPlan[T]]) -> AsyncStream[T]:
        """Carry out a plan whose answer comes in items, on the running event loop."""
        ...


Endpoint = Callable[Concatenate[Context, P], Plan[T]]
StreamEndpoint = Callable[Concatenate[Context, P], ItemsPlan[T]]


class Method(Generic[P, T]):
    """A function of endpoints as a method of `Calls` (or of a client): with the function's own
    signature and docstring, and the name of the attribute."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__

    def __set_name__(self, owner: type, name: str) -> None:
        self.__name__ = name

    @overload
    def __get__(self, calls: None, owner: object = None) -> Self: ...

    @overload
    def __get__(self, calls: object, owner: object = None) -> Callable[P, T]: ...

    def __get__(self, calls: Any, owner: object = None) -> object:
        if calls is None:
            return self
        runner: PlanRunner = calls.runner if isinstance(calls, Calls) else calls

        def method(*args: Any, **kwargs: Any) -> Any:
            known = self.__signature__.parameters
            if args or not self._needed <= kwargs.keys() <= known.keys():
                self._check_arguments(method.__qualname__, args, kwargs)
            return self.carry_out(runner, args, kwargs)

        method.__name__ = self.__name__
        method.__qualname__ = f"{type(calls).__name__}.{self.__name__}"
        method.__doc__ = self.__doc__
        method.__module__ = self.function.__module__
        method.__signature__ = self.__signature__  # type: ignore[attr-defined]  # of functions
        return method

    @cached_property  # of every call: inspecting a function costs more than planning a request
    def __signature__(self) -> inspect.Signature:
        """The function's signature without its context, with what the method returns."""
        whole = inspect.signature(self.function)
        _, *parameters = whole.parameters.values()
        return whole.replace(parameters=parameters, return_annotation=self.returns())

    @cached_property
    def _needed(self) -> frozenset[str]:
        """The arguments by name that the function cannot do without."""
        parameters = self.__signature__.parameters.values()
        named = (each for each in parameters if each.kind is each.KEYWORD_ONLY)
        return frozenset(each.name for each in named if each.default is each.empty)

    def _check_arguments(
        self, name: str, args: tuple[object, ...], kwargs: Mapping[str, object]
    ) -> None:
        """Refuse arguments that the method does not have, and the lack of those that it needs, by
        its public name, with the cure.

        Raises:
            TypeError: as Python's own.
        """
        known = self.__signature__.parameters
        takes = [each for each in known.values() if each.kind is not each.KEYWORD_ONLY]
        several = any(each.kind is each.VAR_POSITIONAL for each in takes)
        if len(args) > len(takes) and not several:
            shown = ", ".join(f"{each}=..." for each in list(known)[: len(args)])
            raise TypeError(f"{name}() takes its arguments by name: give {shown}")
        is_open = any(each.kind is each.VAR_KEYWORD for each in known.values())
        for wrong in (each for each in kwargs if each not in known and not is_open):
            own = "; the model's own parameters go into params={...}" if "params" in known else ""
            cure = hint(wrong, known, otherwise=own)
            raise TypeError(f"{name}() has no argument {wrong!r}{cure}")
        missing = [f"{each}=..." for each in known if each in self._needed - kwargs.keys()]
        if missing:
            raise TypeError(f"{name}() needs {' and '.join(missing)}")

    wrapper: ClassVar = "{}"
    """What the method returns, around the value of the function's plan."""

    def returns(self) -> str:
        """What the method returns, as an annotation."""
        plan = str(inspect.signature(self.function).return_annotation)
        return self.wrapper.format(plan.partition("[")[2].removesuffix("]"))

    def carry_out(self, runner: PlanRunner, args: object, kwargs: object) -> object:
        """Call the function and have its plan carried out."""
        raise NotImplementedError


class SyncCall(Method[P, T]):
    """An endpoint as a method that blocks."""

    def __init__(self, function: Endpoint[P, T]) -> None:
        super().__init__(function)

    def carry_out(self, runner: PlanRunner, args: Any, kwargs: Any) -> Any:
        """The value of the plan."""
        return runner.run(lambda context: self.function(context, *args, **kwargs))


class AsyncCall(Method[P, Coroutine[Any, Any, T]], Generic[P, T]):
    """An endpoint as a method to be awaited."""

    wrapper = "Coroutine[Any, Any, {}]"

    def __init__(self, function: Endpoint[P, T]) -> None:
        super().__init__(function)

    def carry_out(self, runner: PlanRunner, args: Any, kwargs: Any) -> Any:
        """A coroutine of the value of the plan."""
        return runner.arun(lambda context: self.function(context, *args, **kwargs))


class SyncStreamCall(Method[P, Stream[T]], Generic[P, T]):
    """An endpoint as a method that returns a `Stream`."""

    wrapper = "Stream[{}]"

    def __init__(self, function: StreamEndpoint[P, T]) -> None:
        super().__init__(function)

    def carry_out(self, runner: PlanRunner, args: Any, kwargs: Any) -> Any:
        """The items of the plan."""
        return runner.stream(lambda context: self.function(context, *args, **kwargs))


class AsyncStreamCall(Method[P, AsyncStream[T]], Generic[P, T]):
    """An endpoint as a method that returns an `AsyncStream`."""

    wrapper = "AsyncStream[{}]"

    def __init__(self, function: StreamEndpoint[P, T]) -> None:
        super().__init__(function)

    def carry_out(self, runner: PlanRunner, args: Any, kwargs: Any) -> Any:
        """The items of the plan."""
        return runner.astream(lambda context: self.function(context, *args, **kwargs))


class Calls:
    """The endpoints of one file, as methods: ``client.images`` is an instance."""

    __slots__ = ("runner",)

    def __init__(self, runner: PlanRunner) -> None:
        self.runner = runner

    @classmethod
    def methods(cls) -> dict[str, Method[..., Any]]:
        """The methods by name, sync and async."""
        return {
            name: member
            for base in reversed(cls.__mro__)
            for name, member in vars(base).items()
            if isinstance(member, Method) and not name.startswith("__")
        }


C = TypeVar("C", bound=Calls)


class Mounted(Generic[C]):
    """`Calls` as an attribute of a client: ``images = Mounted(ImageCalls)``."""

    def __init__(self, calls: type[C]) -> None:
        self.calls = calls
        self.__doc__ = calls.__doc__

    @overload
    def __get__(self, client: None, owner: object = None) -> Self: ...

    @overload
    def __get__(self, client: PlanRunner, owner: object = None) -> C: ...

    def __get__(self, client: PlanRunner | None, owner: object = None) -> object:
        return self if client is None else self.calls(client)


def mounted(client: type) -> dict[str, type[Calls] | Method[..., Any]]:
    """Everything that hangs on a class of clients: attributes with calls, and methods."""
    found: dict[str, type[Calls] | Method[..., Any]] = {}
    for base in reversed(client.__mro__):
        for name, member in vars(base).items():
            if isinstance(member, Mounted):
                found[name] = member.calls
            elif isinstance(member, Method):
                found[name] = member
    return found


MOUNTS = (Mounted, Method)
"""Types that pydantic leaves alone in the body of a class."""
