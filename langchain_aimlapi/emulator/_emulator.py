"""The emulator's front: settings, scripts, faults, records, and one method that answers a call."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from langchain_aimlapi.emulator._account import Account, Key
from langchain_aimlapi.emulator._core import (
    Answer,
    Break,
    Call,
    Pause,
    Recorded,
    Refusal,
    Step,
    check_word,
)
from langchain_aimlapi.emulator._errors import MESSAGES, Envelope, Wording
from langchain_aimlapi.emulator._faults import Fault
from langchain_aimlapi.emulator._faults import replay as replay_of
from langchain_aimlapi.emulator._jobs import Jobs
from langchain_aimlapi.emulator._models import Models
from langchain_aimlapi.emulator._planned import Planned
from langchain_aimlapi.emulator._routers import JUDGES
from langchain_aimlapi.emulator._routes import Route
from langchain_aimlapi.emulator._state import MetaForm, Script, State, XApiKey, named_style
from langchain_aimlapi.emulator._transfer import apply
from langchain_aimlapi.emulator.endpoints import load

if TYPE_CHECKING:
    import httpx

    from langchain_aimlapi.emulator._asgi import App, Server
    from langchain_aimlapi.emulator._transport import EmulatorTransport

ORIGIN = "https://aimlapi.emulator"
CLIENT_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "x-api-key", "cookie"})
CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": (
        "x-inference-id, x-client-request-id, x-aimlapi-credits-used, x-aimlapi-usd-spent"
    ),
}
PREFLIGHT = {
    "access-control-allow-methods": "GET,HEAD,PUT,PATCH,POST,DELETE",
    "access-control-allow-headers": "*",
    "access-control-max-age": "86400",
}


class Emulator:
    """A local AI/ML API.

    Args:
        key: The API key that callers must send as ``Authorization: Bearer``.
        out_of_credit: Keys that are valid and have no credit: 403.
        balance: US dollars on the account; calls are charged to it, at 0 they end with 403.
        catalog: Another contract file or its data; default: the package's own.
        stream_style: One vendor's shapes for every model (``claude``, ``qwen``, ``openai``,
            ``openrouter``, ``deepseek``, ``minimax``, ``perplexity``, ``xai``, ``gemini``,
            ``zhipu``, ``moonshot``, ``bytedance``, ``baidu``, ``ernie``, ``plain``); default: by
            the model's vendor.
        served_model: Gives the ``model`` name that answers carry, from the requested one; default:
            the vendor's own name, as it was recorded (``gpt-4o-2024-08-06`` for ``openai/gpt-4o``).
        pace: Seconds between two events of a stream.
        check_history: Refuse what upstream vendors refuse although the schema takes it
            (unanswered tool calls, a choice of a tool that is not there).
        check_signatures: Refuse thoughts that were changed since the emulator signed them.
        check_context: Refuse prompts that are longer than the model's context.
        clock: Seconds since the epoch; a `VirtualClock` makes waiting cost no time.
        errors: The envelope of errors: ``problem`` (``application/problem+json``, live since
            August 2026) or ``flat`` (as the documentation prints it).
        wording: How a refused body is described: ``fields`` names them, ``documented`` is the
            documentation's two lines, ``validation`` what was seen on production.
        meta: What answers tell under ``meta``: ``full`` (October 2026: model, provider, cost,
            speed), or as earlier answers: ``usage``, ``credits``, ``tokens``, ``none``.
        x_api_key: Where the key is also taken from ``x-api-key``: ``messages`` (as Anthropic's
            SDK sends it), ``never``, ``always``.

    Use it as a context manager; clients and the server that it made are closed at its end.
    """

    def __init__(
        self,
        *,
        key: str = "emulator-key",
        out_of_credit: frozenset[str] | set[str] = frozenset(),
        balance: float | Decimal = 100,
        catalog: Path | str | Mapping[str, object] | None = None,
        stream_style: str | None = None,
        served_model: Callable[[str], str] | None = None,
        pace: float = 0.0,
        check_history: bool = True,
        check_signatures: bool = True,
        check_context: bool = True,
        clock: Callable[[], float] = time.time,
        errors: Envelope = "problem",
        wording: Wording = "fields",
        meta: MetaForm = "full",
        x_api_key: XApiKey = "messages",
    ) -> None:
        settings = (
            ("errors", errors, Envelope), ("wording", wording, Wording), ("meta", meta, MetaForm),
            ("x_api_key", x_api_key, XApiKey),
        )  # fmt: skip
        for name, value, words in settings:
            check_word(name, value, words)
        self.api_key = key
        self.base_url = f"{ORIGIN}/v1"
        self.pace = pace
        self.requests: list[Recorded] = []
        self._lock = threading.Lock()
        self._state = State(
            models=Models.load(catalog),
            account=Account(Decimal(str(balance)), clock, _keys(key, out_of_credit)),
            clock=clock,
            stream_style=named_style(stream_style),
            served_model=served_model,
            checks_history=check_history,
            checks_signatures=check_signatures,
            checks_context=check_context,
            envelope=errors,
            wording=wording,
            meta_form=meta,
            x_api_key=x_api_key,
        )
        self._transport: EmulatorTransport | None = None
        self._clients: list[httpx.Client] = []
        self._async_clients: list[httpx.AsyncClient] = []
        self._server: Server | None = None

    def __repr__(self) -> str:
        return f"Emulator({self.base_url!r})"

    @property
    def jobs(self) -> Jobs:
        """Videos, music, transcripts and batches in the making; `Jobs.plan` says how they run."""
        return self._state.jobs

    @property
    def models(self) -> Models:
        """The models; `Models.add`, `Models.change` and `Models.remove` alter the contract."""
        return self._state.models

    @property
    def account(self) -> Account:
        """Balance, keys, charges and logs; `Account.add_key` adds a key with a limit."""
        return self._state.account

    def limit(
        self,
        requests: int | None = None,
        seconds: float = 1.0,
        *,
        concurrent: int | None = None,
        path: str | None = None,
        retry_after: float | str | None = None,
        message: str = MESSAGES[429],
    ) -> Self:
        """A rate limit: calls above it get a 429.

        Args:
            requests: How many calls may come in ``seconds``.
            seconds: The window, on the emulator's clock.
            concurrent: How many calls may be open at once.
            path: Only for paths that contain this text.
            retry_after: The ``Retry-After`` header; the real API sends none.
            message: The error's message.
        """
        self._state.limits.add(
            requests,
            seconds,
            concurrent=concurrent,
            path=path,
            retry_after=retry_after,
            message=message,
        )
        return self

    # --- scripts and faults -----

    def script(
        self,
        script: Script,
        *,
        times: int | None = 1,
        model: str | None = None,
        when: Callable[[Call], bool] | None = None,
    ) -> Self:
        """The next answer of a chat model: a text, a `Say`, or a function of the request body.

        Args:
            script: The answer. A function gets the parsed body and returns text or a `Say`.
            times: For how many calls; None: for all.
            model: Only for requests for this model.
            when: Only for calls for which this returns True.
        """
        self._state.scripts.add(Planned(script, times, None, model, when))
        return self

    say = script

    def fault(
        self,
        fault: Fault,
        *,
        times: int | None = 1,
        path: str | None = None,
        model: str | None = None,
        when: Callable[[Call], bool] | None = None,
    ) -> Self:
        """Something that goes wrong with the next calls (see `Fault`).

        Args:
            fault: What goes wrong.
            times: For how many calls; None: for all.
            path: Only for paths that contain this text.
            model: Only for requests for this model.
            when: Only for calls for which this returns True.
        """
        self._state.faults.add(Planned(fault, times, path, model, when))
        return self

    def replay(
        self,
        data: bytes | str | Mapping[str, Any] | list[Any],
        *,
        split: int | None = None,
        status: int = 200,
        times: int | None = 1,
        path: str | None = None,
        model: str | None = None,
    ) -> Self:
        """The next answer, verbatim: recorded server-sent events, or JSON.

        Args:
            data: Bytes or text; a dictionary or list is sent as JSON.
            split: Cut the body into pieces of this many bytes.
            status: The HTTP status.
            times: For how many calls; None: for all.
            path: Only for paths that contain this text.
            model: Only for requests for this model.
        """
        answer = replay_of(data, status=status, split=split)
        self._state.replays.add(Planned(answer, times, path, model))
        return self

    def reset(self) -> Self:
        """Forgets all requests, scripts, faults, replays, limits and jobs."""
        state = self._state
        for plan in (state.scripts, state.faults, state.replays):
            plan.clear()
        state.jobs.clear()
        state.limits.clear()
        with self._lock:
            self.requests.clear()
        return self

    # --- answering -----

    def handle(self, call: Call) -> tuple[Answer, Recorded]:
        """The answer to one call, and its record. Performs no I/O."""
        ids = self._state.ids
        call = call.numbered(ids.uuid(), ids.nano())
        body = _decoded(call)
        model = body.get("model") if isinstance(body, dict) else None
        record = Recorded(call.method, call.path, _masked(call.headers), body)
        with self._lock:
            self.requests.append(record)
        name = model if isinstance(model, str) else None
        route = load().find("GET" if call.method == "HEAD" else call.method, call.path)
        fault: Fault | None = self._state.faults.take(call, name)
        if fault is None:
            answer = self._answer(call, name, record, route)
        else:
            answer = apply(
                fault, call, self._state, lambda one: self._answer(one, name, record, route)
            )
        record.status = None if Break("refused") in answer.before else answer.status
        return self._finished(call, answer, route, name), record

    def _answer(
        self, call: Call, model: str | None, record: Recorded, route: Route | None
    ) -> Answer:
        try:
            return self._routed(call, model, record, route)
        except Refusal as refusal:
            return self._state.refused(call, refusal)
        except RecursionError:
            return self._state.refused(call, Refusal(400, issues=["body: nested too deeply"]))
        except Exception as error:
            # A bug of the emulator must not be thrown into the client under test.
            record.error = error
            return self._state.error(call, 500, MESSAGES[500])

    def _routed(
        self, call: Call, model: str | None, record: Recorded, route: Route | None
    ) -> Answer:
        if call.method == "OPTIONS":
            return Answer(204, PREFLIGHT, ())
        if route is None:
            raise Refusal(404, f"Cannot {call.method} {call.path}")
        if route.needs_key:
            self._state.admit(call)
        self._state.limits.check(call, record)
        call.check_encoding()
        answer = route.handler(call, self._state)
        replay: Answer | None = self._state.replays.take(call, model)
        return replay or answer

    def _finished(
        self, call: Call, answer: Answer, route: Route | None, model: str | None
    ) -> Answer:
        headers = {**CORS, "x-request-id": call.request_id}
        if route is not None and route.inference:
            headers["x-inference-id"] = call.inference
        client_id: str | None = call.headers.get("x-client-request-id", "")
        if client_id and CLIENT_ID.fullmatch(client_id):  # anything else is ignored in silence
            headers["x-client-request-id"] = client_id
        else:
            client_id = None
        if route is not None and route.inference and call.method == "POST" and model:
            self._state.account.log(call, model, answer.status, client_id)
            if model in JUDGES and answer.status < 400:
                self._state.account.log(call, JUDGES[model], answer.status, client_id)
        steps = _paced(answer, self.pace) if self.pace and answer.streams else answer.steps
        return Answer(answer.status, {**headers, **answer.headers}, steps, answer.before)

    # --- transports -----

    @property
    def transport(self) -> EmulatorTransport:
        """An httpx transport, sync and async, that needs no socket."""
        if self._transport is None:
            from langchain_aimlapi.emulator._transport import EmulatorTransport

            self._transport = EmulatorTransport(self.handle, self._state.clock)
        return self._transport

    def app(self) -> App:
        """A plain ASGI application."""
        from langchain_aimlapi.emulator._asgi import App

        return App(self.handle)

    def client(self, **options: Any) -> httpx.Client:
        """A client that carries the key, on the transport. Closed with the emulator."""
        import httpx

        made = httpx.Client(**self._options(options))
        self._clients.append(made)
        return made

    def async_client(self, **options: object) -> httpx.AsyncClient:
        """The async twin of `client`."""
        import httpx

        made = httpx.AsyncClient(**self._options(options))
        self._async_clients.append(made)
        return made

    def _options(self, options: Mapping[str, Any]) -> dict[str, Any]:
        # A proxy of the environment must not come between a test and loopback.
        own = {"trust_env": False} if self._server else {"transport": self.transport}
        headers = {"Authorization": f"Bearer {self.api_key}", **options.get("headers", {})}
        return {"base_url": self.base_url, **own, **options, "headers": headers}

    def settings(self) -> dict[str, Any]:
        """Keyword arguments that point a chat model at this emulator."""
        here: dict[str, Any] = {"api_key": self.api_key, "base_url": self.base_url}
        if self._server:
            return here
        plain: dict[str, Any] = {"transport": self.transport}
        import httpx

        sync, twin = httpx.Client(**plain), httpx.AsyncClient(**plain)
        self._clients.append(sync)
        self._async_clients.append(twin)
        return {**here, "http_client": sync, "http_async_client": twin}

    def serve(self, port: int = 0) -> Self:
        """Starts a real server on 127.0.0.1 (extra ``emulator``) and points `base_url` at it."""
        if self._server is None:
            from langchain_aimlapi.emulator._asgi import Server

            self._server = Server(self.app(), port)
            self.base_url = f"{self._server.origin}/v1"
        return self

    def close(self) -> None:
        """Closes the clients and stops the server. May be called twice."""
        while self._clients:
            self._clients.pop().close()
        while self._async_clients:
            _run_to_end(self._async_clients.pop())
        if self._server is not None:
            server, self._server = self._server, None
            server.stop()
            self.base_url = f"{ORIGIN}/v1"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _run_to_end(client: httpx.AsyncClient) -> None:
    """Closes an async client without an event loop: on our transport closing never waits.

    One that talks to the real server is left to its owner's loop.
    """
    from langchain_aimlapi.emulator._transport import EmulatorTransport

    if client.is_closed or not isinstance(client._transport, EmulatorTransport):
        return
    closing = client.aclose()
    try:
        closing.send(None)
    except StopIteration:
        return
    closing.close()


def _decoded(call: Call) -> object:
    if call.media_type() == "multipart/form-data":
        fields, files = call.form()
        return {**fields, "files": [(file.field, file.filename, len(file.data)) for file in files]}
    return call.parsed() if call.body else None


def _masked(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: "***" if name in SECRET_HEADERS else value for name, value in headers.items()}


def _paced(answer: Answer, seconds: float) -> Iterator[Step]:
    for step in answer.steps:
        yield step
        yield Pause(seconds)


def _keys(key: str, out_of_credit: Iterable[str]) -> list[Key]:
    empty = [Key(one, name="out of credit", out_of_credit=True) for one in sorted(out_of_credit)]
    return [*empty, Key(key)]
