"""The emulator's front: settings, scripts, faults, records, and one method that answers a call."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from langchain_aimlapi.emulator import _faults
from langchain_aimlapi.emulator._core import (
    Answer,
    Break,
    Call,
    Json,
    Pause,
    Recorded,
    Refusal,
    Step,
    json_answer,
)
from langchain_aimlapi.emulator._faults import MESSAGES, Fault
from langchain_aimlapi.emulator._jobs import Jobs
from langchain_aimlapi.emulator._ledger import Ledger
from langchain_aimlapi.emulator._models import Models
from langchain_aimlapi.emulator._state import Planned, Script, State, named_style
from langchain_aimlapi.emulator.endpoints import load

if TYPE_CHECKING:
    import httpx

    from langchain_aimlapi.emulator._asgi import App, Server
    from langchain_aimlapi.emulator._transport import EmulatorTransport

ORIGIN = "https://aimlapi.emulator"
CLIENT_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "x-api-key", "cookie"})


class Emulator:
    """A local AI/ML API.

    Args:
        key: The API key that callers must send as ``Authorization: Bearer``.
        out_of_credit: Keys that are valid and have no credit: 403.
        balance: US dollars on the account; calls are charged to it, at 0 they end with 403.
        catalog: Another catalog file or its data; default: the package's ``models.json``.
        stream_style: One vendor's shapes for every model (``claude``, ``qwen``, ``openai``,
            ``openrouter``, ``deepseek``, ``minimax``, ``perplexity``, ``xai``, ``gemini``,
            ``plain``); default: by the model's vendor.
        served_model: Gives the ``model`` name that answers carry; default: the one asked for.
        pace: Seconds between two events of a stream.
        check_history: Refuse histories that upstream vendors refuse (unanswered tool calls).
        check_signatures: Refuse thoughts that were changed since the emulator signed them.
        clock: Seconds since the epoch.

    Use it as a context manager; clients and the server that it made are closed at its end.
    """

    def __init__(
        self,
        *,
        key: str = "emulator-key",
        out_of_credit: frozenset[str] | set[str] = frozenset(),
        balance: float | Decimal = 100,
        catalog: Path | str | Mapping[str, Any] | None = None,
        stream_style: str | None = None,
        served_model: Callable[[str], str] | None = None,
        pace: float = 0.0,
        check_history: bool = True,
        check_signatures: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.api_key = key
        self.base_url = f"{ORIGIN}/v1"
        self.pace = pace
        self.requests: list[Recorded] = []
        self._out_of_credit = frozenset(out_of_credit)
        self._lock = threading.Lock()
        self._state = State(
            models=Models.load(catalog),
            ledger=Ledger(Decimal(str(balance))),
            clock=clock,
            stream_style=named_style(stream_style),
            served_model=served_model,
            checks_history=check_history,
            checks_signatures=check_signatures,
        )
        self._transport: EmulatorTransport | None = None
        self._clients: list[httpx.Client] = []
        self._async_clients: list[httpx.AsyncClient] = []
        self._server: Server | None = None

    @property
    def jobs(self) -> Jobs:
        """Videos, music, transcripts and batches in the making; `Jobs.plan` says how they run."""
        return self._state.jobs

    def __repr__(self) -> str:
        return f"Emulator({self.base_url!r})"

    # --- scripts and faults ------------------------------------------------------------------

    def say(
        self,
        script: Script,
        *,
        times: int | None = 1,
        model: str | None = None,
        when: Callable[[Call], bool] | None = None,
    ) -> Self:
        """The next answer of a chat model: a text, a `Say`, or a function of the request body.

        Args:
            script: What is said. A function gets the parsed body and returns text or a `Say`.
            times: For how many calls; None: for all.
            model: Only where this model is asked for.
            when: Only for calls for which this returns True.
        """
        self._state.scripts.add(Planned(script, times, None, model, when))
        return self

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
            model: Only where this model is asked for.
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
            model: Only where this model is asked for.
        """
        answer = _faults.replay(data, status=status, split=split)
        self._state.replays.add(Planned(answer, times, path, model))
        return self

    def reset(self) -> Self:
        """Forgets all requests, scripts, faults, replays and jobs."""
        self._state.jobs.clear()
        for plan in (self._state.scripts, self._state.faults, self._state.replays):
            plan.clear()
        with self._lock:
            self.requests.clear()
        return self

    # --- answering ---------------------------------------------------------------------------

    def handle(self, call: Call) -> tuple[Answer, Recorded]:
        """The answer to one call, and its record. Performs no I/O."""
        body = _decoded(call)
        model = body.get("model") if isinstance(body, dict) else None
        record = Recorded(call.method, call.path, _masked(call.headers), body)
        with self._lock:
            self.requests.append(record)
        name = model if isinstance(model, str) else None
        fault = self._state.faults.take(call, name)
        if fault is None:
            answer = self._answer(call, name)
        else:
            flat = lambda status, message: self._flat(call, status, message)  # noqa: E731
            answer = _faults.apply(fault, call, flat, lambda one: self._answer(one, name))
        record.status = None if Break("refused") in answer.before else answer.status
        return self._finished(call, answer), record

    def _answer(self, call: Call, model: str | None) -> Answer:
        try:
            route = load().find(call.method, call.path)
            if route is None:
                raise Refusal(404, f"Cannot {call.method} {call.path}")
            if route.needs_key:
                self._admit(call)
            answer = route.handler(call, self._state)
            replay: Answer | None = self._state.replays.take(call, model)
            return replay or answer
        except Refusal as refusal:
            body = self._flat(call, refusal.status, refusal.message)
            return json_answer(body, status=refusal.status, headers=refusal.headers)

    def _admit(self, call: Call) -> None:
        scheme, _, key = call.headers.get("authorization", "").partition(" ")
        key = key.strip()
        if scheme.lower() == "bearer" and key in self._out_of_credit:
            raise Refusal(403, MESSAGES[403])
        if scheme.lower() != "bearer" or key != self.api_key:
            raise Refusal(401, MESSAGES[401])
        if call.method == "POST" and self._state.ledger.balance <= 0:
            raise Refusal(403, MESSAGES[403])

    def _flat(self, call: Call, status: int, message: str) -> Json:
        now = datetime.fromtimestamp(self._state.clock(), UTC)
        return {
            "requestId": self._state.ids.uuid(),
            "statusCode": status,
            "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "path": call.path,
            "message": message,
        }

    def _finished(self, call: Call, answer: Answer) -> Answer:
        headers = {"x-inference-id": self._state.ids.uuid(), **answer.headers}
        told = call.headers.get("x-client-request-id", "")
        if CLIENT_ID.fullmatch(told):  # anything else is ignored in silence
            headers["x-client-request-id"] = told
        steps = _paced(answer, self.pace) if self.pace and answer.streams else answer.steps
        return replace(answer, headers=headers, steps=steps)

    # --- transports ------------------------------------------------------------------------------

    @property
    def transport(self) -> EmulatorTransport:
        """An httpx transport, sync and async, that needs no socket."""
        if self._transport is None:
            from langchain_aimlapi.emulator._transport import EmulatorTransport

            self._transport = EmulatorTransport(self.handle)
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

    def async_client(self, **options: Any) -> httpx.AsyncClient:
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


def _decoded(call: Call) -> Any:
    if call.media_type() == "multipart/form-data":
        fields, files = call.form()
        return {**fields, "files": [(file.field, file.filename, len(file.data)) for file in files]}
    try:
        return json.loads(call.body) if call.body else None
    except (ValueError, RecursionError):
        return None


def _masked(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: "***" if name in SECRET_HEADERS else value for name, value in headers.items()}


def _paced(answer: Answer, seconds: float) -> Iterator[Step]:
    for step in answer.steps:
        yield step
        yield Pause(seconds)
