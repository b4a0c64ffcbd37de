"""The two drivers against a small server on loopback: what leaves, what stays, what is closed."""

from __future__ import annotations

import asyncio
import gc
import os
import pickle
import subprocess
import sys
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

import langchain_aimlapi
from langchain_aimlapi import errors
from langchain_aimlapi._transport import (
    AsyncDriver,
    KeyAuth,
    SyncDriver,
    TransportOptions,
    drivers_for,
)
from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.key import Key
from langchain_aimlapi._wire.request import Limits, Request, Response
from langchain_aimlapi._wire.retry import RetryEvent
from tests.harness.loopback import HEAD, LAST, OK, Step, piece, serving

KEY = SecretStr("hush-hush-key")
ROOT = str(Path(langchain_aimlapi.__file__).parent.parent)


def request(url: str) -> Request:
    return Request("POST", url, {"content-type": "application/json"}, b'{"prompt": "private"}')


def policy(max_retries: int = 0, **limits: Any) -> Policy:
    return Policy(max_retries, Limits(**{"read": 5.0, "idle": 5.0, **limits}))


@dataclass
class Lines:
    """The smallest reader: items are bytes, ``end`` ends the stream."""

    done: bool = False
    delivered: bool = False
    error: errors.AimlapiError | None = None
    count: int = 0

    @property
    def finished(self) -> bool:
        return self.done

    def feed(self, data: bytes) -> list[bytes]:
        self.delivered = True
        self.count += 1
        self.done = data.endswith(b"end")
        return [data]

    def close(self) -> list[bytes]:
        if not self.done:
            self.error = errors.StreamInterrupted("cut")
        return []

    def progress(self) -> int:
        return self.count

    def attach(self, error: errors.AimlapiError) -> errors.AimlapiError:
        return error


class Caller:
    """Either driver behind one sync face; the async one keeps one loop for all its calls."""

    def __init__(self, colour: str, client: Any = None, key: Key = KEY) -> None:
        self.key = key
        self.told: list[RetryEvent] = []
        options = TransportOptions(trust_env=False)
        self.runner = asyncio.Runner() if colour == "async" else None
        self.driver: Any = (
            AsyncDriver(options, client) if self.runner else SyncDriver(options, client)
        )

    def call(self, url: str, parse: Callable[[Response], Any] | None = None, **limits: Any) -> Any:
        steps = flow.call(request(url), parse or (lambda r: r.body), policy(**limits))
        if self.runner is None:
            return self.driver.run(steps, self.key, self.told.append)
        return self.runner.run(self.driver.run(steps, self.key, self.told.append))

    def stream(self, url: str, *, most: int = 99, **limits: Any) -> list[bytes]:
        steps = flow.stream(request(url), lambda head: Lines(), policy(**limits))
        if self.runner is None:
            items = self.driver.stream(steps, self.key)
            got = [item for _, item in zip(range(most), items, strict=False)]
            items.close()
            return got
        return self.runner.run(self._stream(steps, most))

    async def _stream(self, steps: Any, most: int) -> list[bytes]:
        items = self.driver.stream(steps, self.key)
        got: list[bytes] = []
        async for item in items:
            got.append(item)
            if len(got) == most:
                break
        await items.aclose()
        return got

    def close(self) -> None:
        if self.runner is None:
            self.driver.close()
        else:
            self.runner.run(self.driver.close())

    def end(self) -> None:
        self.close()
        if self.runner is not None:
            self.runner.close()


@pytest.fixture
def caller(colour: str) -> Iterator[Caller]:
    made = Caller(colour)
    yield made
    made.end()


# --- connections -----


def test_calls_and_streams_in_a_row_use_one_connection(caller: Caller) -> None:
    stream: list[Step] = [HEAD, piece(b"a"), 0.01, piece(b"end"), 0.01, LAST]
    with serving([OK], stream, [OK], stream) as server:
        assert caller.call(server.url) == b"ok"
        assert b"".join(caller.stream(server.url)) == b"aend"
        assert caller.call(server.url) == b"ok"
        assert b"".join(caller.stream(server.url)) == b"aend"
        assert server.connections == 1
        assert len(server.asked) == 4


def test_a_connection_left_open_after_the_end_does_not_hold_the_caller(caller: Caller) -> None:
    with serving([HEAD, piece(b"end"), 30.0]) as server:
        began = time.monotonic()
        assert caller.stream(server.url) == [b"end"]
        assert time.monotonic() - began < 20.0  # less than the server waits
        assert server.gone.wait(60)


def test_a_connection_that_died_unused_is_replaced_unseen(caller: Caller) -> None:
    with serving([OK, None], [OK, None], [HEAD, piece(b"end"), LAST]) as server:
        for _ in range(2):
            assert caller.call(server.url) == b"ok"
            time.sleep(0.05)
        assert caller.stream(server.url) == [b"end"]
        assert len(server.asked) == 3
    assert caller.told == []


def test_breaking_out_of_a_stream_ends_the_connection_at_once(caller: Caller) -> None:
    with serving([HEAD, piece(b"a"), 30.0]) as server:
        assert caller.stream(server.url, most=1) == [b"a"]
        assert server.gone.wait(1)


@pytest.mark.slow
def test_a_stream_that_is_forgotten_is_closed() -> None:
    driver = SyncDriver(TransportOptions(trust_env=False))
    with serving([HEAD, piece(b"a"), 30.0]) as server:
        items = driver.stream(flow.stream(request(server.url), lambda h: Lines(), policy()), KEY)
        assert next(items) == b"a"
        del items
        gc.collect()
        assert server.gone.wait(1)
    driver.close()


def test_cancelling_a_stream_ends_the_connection_at_once() -> None:
    async def main(url: str) -> None:
        driver = AsyncDriver(TransportOptions(trust_env=False))
        started = asyncio.Event()

        async def consume() -> None:
            steps = flow.stream(request(url), lambda h: Lines(), policy())
            async for _ in driver.stream(steps, KEY):
                started.set()

        task = asyncio.create_task(consume())
        await asyncio.wait_for(started.wait(), 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(asyncio.all_tasks()) == 1

    with serving([HEAD, piece(b"a"), 30.0]) as server:
        asyncio.run(main(server.url))
        assert server.gone.wait(1)


# --- loops, threads, forks -----


def test_each_event_loop_has_its_own_client_and_takes_it_along_when_it_ends() -> None:
    driver = AsyncDriver(TransportOptions(trust_env=False))

    async def twice(url: str) -> list[bytes]:
        one = flow.call(request(url), lambda r: r.body, policy())
        two = flow.call(request(url), lambda r: r.body, policy())
        return [await driver.run(one, KEY), await driver.run(two, KEY)]

    with serving() as server:
        for count in (1, 2, 3):
            server.gone.clear()
            assert asyncio.run(twice(server.url)) == [b"ok", b"ok"]
            assert server.connections == count
            assert server.gone.wait(1)  # closed with its loop, without being asked
        assert len(server.asked) == 6


async def test_the_last_model_that_goes_takes_its_connections_along_while_the_loop_runs() -> None:
    driver = AsyncDriver(TransportOptions(trust_env=False))
    gc.disable()  # it must not need the garbage collector
    try:
        with serving() as server:
            step = flow.call(request(server.url), lambda r: r.body, policy())
            assert await driver.run(step, KEY) == b"ok"
            del driver, step
            assert await asyncio.to_thread(server.gone.wait, 5)
    finally:
        gc.enable()


@pytest.mark.filterwarnings("ignore:.*scheduled after:ResourceWarning")  # httpx's own generators
def test_a_loop_that_goes_on_after_its_generators_were_shut_down_has_a_client_again() -> None:
    driver = AsyncDriver(TransportOptions(trust_env=False))
    loop = asyncio.new_event_loop()

    def call(url: str) -> bytes:
        return loop.run_until_complete(
            driver.run(flow.call(request(url), lambda r: r.body, policy()), KEY)
        )

    with serving() as server:
        for connections in (1, 2, 2, 2):  # the second client stays, for nobody closes it any more
            assert call(server.url) == b"ok"
            assert server.connections == connections
            loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(driver.close())
        assert server.gone.wait(1)
    loop.close()


def test_a_loop_without_hooks_for_generators_leaves_no_traceback_at_exit() -> None:
    # nest_asyncio runs coroutines like that
    code = """
import asyncio, sys
from langchain_aimlapi._transport import AsyncDriver, TransportOptions
from langchain_aimlapi._wire import flow
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Limits, Request

async def main():
    sys.set_asyncgen_hooks(None, None)
    step = flow.call(Request("GET", sys.argv[1], {}, None), lambda r: r.body, Policy(0, Limits()))
    print(await AsyncDriver(TransportOptions(trust_env=False)).run(step, None))

loop = asyncio.new_event_loop()
loop.run_until_complete(main())
"""
    with serving() as server:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code, server.url],
            capture_output=True, text=True, timeout=300, env={**os.environ, "PYTHONPATH": ROOT},
        )  # fmt: skip
    assert done.stdout == "b'ok'\n"
    assert done.stderr == ""


def test_many_threads_share_one_client() -> None:
    driver = SyncDriver(TransportOptions(trust_env=False))
    got: list[bytes] = []

    def work(url: str) -> None:
        for _ in range(5):
            got.append(driver.run(flow.call(request(url), lambda r: r.body, policy()), KEY))

    with serving() as server:
        threads = [threading.Thread(target=work, args=(server.url,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        assert got == [b"ok"] * 30
        assert len(server.asked) == 30
        assert server.connections <= 6
    driver.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_uses_no_connection_of_its_parent() -> None:
    driver = SyncDriver(TransportOptions(trust_env=False))

    def ask(url: str) -> bytes:
        return driver.run(flow.call(request(url), lambda r: r.body, policy()), KEY)

    with serving() as server:
        assert ask(server.url) == b"ok"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # 3.12: fork beside threads
            child = os.fork()
        if child == 0:
            try:
                os._exit(0 if ask(server.url) == b"ok" else 1)
            finally:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert ask(server.url) == b"ok"
        assert [number for number, _ in server.asked] == [1, 2, 1]
    driver.close()


# --- sharing and closing -----


def test_equal_options_share_drivers_and_other_options_do_not() -> None:
    shared = drivers_for(TransportOptions(max_connections=7))
    assert drivers_for(TransportOptions(max_connections=7)) is shared
    assert drivers_for(TransportOptions(max_connections=8)) is not shared
    with httpx.Client() as client:
        own = drivers_for(TransportOptions(max_connections=7), client)
        assert own is not shared
        assert drivers_for(TransportOptions(max_connections=7), client) is not own


@pytest.mark.slow
def test_drivers_that_nobody_holds_are_forgotten() -> None:
    options = TransportOptions(max_connections=99)
    kept = drivers_for(options)
    seen = weakref.ref(kept)
    assert drivers_for(options) is seen()
    del kept
    gc.collect()
    assert seen() is None


def test_nothing_is_built_before_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a client was built")

    monkeypatch.setattr(httpx, "Client", refuse)
    monkeypatch.setattr(httpx, "AsyncClient", refuse)
    drivers_for(TransportOptions(max_connections=5))


def test_closing_ends_the_connections_and_the_next_call_begins_anew(caller: Caller) -> None:
    with serving() as server:
        assert caller.call(server.url) == b"ok"
        caller.close()
        assert server.gone.wait(1)
        assert caller.call(server.url) == b"ok"
        assert server.connections == 2
        caller.close()
        caller.close()


def test_closing_does_not_cut_a_stream_that_is_being_read() -> None:
    driver = SyncDriver(TransportOptions(trust_env=False))
    with serving([HEAD, piece(b"a"), 0.2, piece(b"b"), piece(b"end"), LAST]) as server:
        items = driver.stream(flow.stream(request(server.url), lambda h: Lines(), policy()), KEY)
        assert next(items) == b"a"
        driver.close()
        assert b"".join(items) == b"bend"
        assert server.gone.wait(1)  # the last user has closed the retired client


def test_a_client_of_the_user_is_used_and_never_closed(colour: str) -> None:
    client: Any = httpx.Client() if colour == "sync" else httpx.AsyncClient()
    caller = Caller(colour, client)
    with serving() as server:
        assert caller.call(server.url) == b"ok"
        caller.close()
        assert not client.is_closed
        assert caller.call(server.url) == b"ok"
        assert server.connections == 1
        if caller.runner is None:
            client.close()
        else:
            caller.runner.run(client.aclose())
    with pytest.raises(errors.APIConnectionError, match="closed"):
        caller.call("http://127.0.0.1:9/")
    caller.end()


# --- the key -----


def test_the_key_joins_the_request_at_the_last_moment(caller: Caller) -> None:
    with serving() as server:
        caller.call(server.url)
        assert "authorization: bearer hush-hush-key" in server.asked[0][1].lower()
    assert "hush" not in repr(KeyAuth(KEY)) + repr(vars(KeyAuth(KEY)))


def test_no_fault_holds_the_request(colour: str) -> None:
    seen: list[Any] = []

    def handle(sent: httpx.Request) -> httpx.Response:
        seen.append(sent.headers["authorization"])
        raise httpx.ReadError("reset", request=sent)

    transport = httpx.MockTransport(handle)
    client: Any = (
        httpx.Client(transport=transport)
        if colour == "sync"
        else httpx.AsyncClient(transport=transport)
    )
    caller = Caller(colour, client)
    with pytest.raises(errors.APIConnectionError) as caught:
        caller.call("https://api.example/v1")
    caller.end()
    assert seen == ["Bearer hush-hush-key"]
    error: BaseException | None = caught.value
    while error is not None:
        assert not hasattr(error, "request")
        assert "hush" not in repr(error) + repr(vars(error))
        error = error.__cause__ or error.__context__
    assert b"hush" not in pickle.dumps(caught.value)


def test_a_function_gives_the_key_of_each_request(colour: str) -> None:
    keys = iter(["one", "two", "three"])
    caller = Caller(colour, key=lambda: next(keys))
    with serving() as server:
        caller.call(server.url)
        caller.call(server.url)
        heads = [head.lower() for _, head in server.asked]
    caller.end()
    assert "bearer one" in heads[0]
    assert "bearer two" in heads[1]


def test_an_async_function_gives_the_key_to_async_calls_only(colour: str) -> None:
    async def give() -> str:
        return "later"

    caller = Caller(colour, key=give)
    with serving() as server:
        if colour == "async":
            caller.call(server.url)
            assert "bearer later" in server.asked[0][1].lower()
        else:
            with pytest.raises(errors.InvalidRequestError, match="async function"):
                caller.call(server.url)
            assert server.asked == []
    caller.end()


@pytest.mark.parametrize("bad", ["", " ", "hush\r\nX-Evil: 1", "hüsh", None, b"hush", 7])
def test_a_function_that_gives_no_key_is_told_so_and_nothing_leaves(bad: Any, colour: str) -> None:
    caller = Caller(colour, key=lambda: bad)
    with serving() as server, pytest.raises(errors.AuthenticationError) as caught:
        caller.call(server.url)
    caller.end()
    assert server.asked == []
    assert "sh" not in str(caught.value).replace("https", "")


# --- what may go wrong -----


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, colour: str) -> None:
    # ... not even by a client of the user that is set to follow them.
    client: Any = (httpx.Client if colour == "sync" else httpx.AsyncClient)(follow_redirects=True)
    caller = Caller(colour, client)
    with serving() as other:
        there = f"HTTP/1.1 {status} X\r\nlocation: {other.url}\r\ncontent-length: 0\r\n\r\n"
        with (
            serving([there.encode()]) as server,
            pytest.raises(errors.InvalidResponseError, match="redirect"),
        ):
            caller.call(server.url)
        assert other.asked == []
    if caller.runner is None:
        client.close()
    else:
        caller.runner.run(client.aclose())
    caller.end()


@pytest.mark.parametrize(
    "script",
    [
        [30.0],
        [b"HTTP/1.1 200 OK\r\n", 30.0],
        [b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n", 30.0],
        [HEAD, *[step for _ in range(600) for step in (piece(b"x"), 0.05)]],
    ],
)
def test_the_deadline_ends_a_call_wherever_it_waits(script: list[Step], caller: Caller) -> None:
    with serving(script) as server:
        began = time.monotonic()
        with pytest.raises(errors.APITimeoutError):
            caller.call(server.url, deadline=0.3)
        assert time.monotonic() - began < 20.0  # less than the server waits


def test_the_deadline_ends_a_stream_that_is_silent(caller: Caller) -> None:
    with serving([HEAD, piece(b"a"), 30.0]) as server:
        began = time.monotonic()
        with pytest.raises(errors.StreamTimeoutError, match="deadline"):
            caller.stream(server.url, deadline=0.3)
        assert time.monotonic() - began < 20.0  # less than the server waits


def test_silence_between_events_is_the_idle_time_not_the_read_time(caller: Caller) -> None:
    with serving([0.4, HEAD, piece(b"a"), 30.0]) as server:
        began = time.monotonic()
        with pytest.raises(errors.StreamTimeoutError):
            caller.stream(server.url, read=25.0, idle=0.2)
        assert 0.5 < time.monotonic() - began < 20.0  # the read time


def test_no_thread_stays_after_calls_with_a_deadline(caller: Caller) -> None:
    with serving() as server:
        before = threading.active_count()
        for _ in range(3):
            caller.call(server.url, deadline=60.0)
        assert threading.active_count() <= before + 1  # the server's own for the connection


def test_retries_are_told_before_the_wait(caller: Caller) -> None:
    busy = b"HTTP/1.1 503 X\r\nretry-after-ms: 20\r\ncontent-length: 0\r\n\r\n"
    with serving([busy], [busy], [OK]) as server:
        assert caller.call(server.url, max_retries=2) == b"ok"
        assert len(server.asked) == 3
        assert server.connections == 1
    assert [(event.attempt, event.delay) for event in caller.told] == [(1, 0.02), (2, 0.02)]
    assert all(isinstance(event.error, errors.APIError) for event in caller.told)


def test_an_async_listener_is_awaited() -> None:
    told: list[int] = []

    async def listen(event: RetryEvent) -> None:
        await asyncio.sleep(0)
        told.append(event.attempt)

    async def main(url: str) -> bytes:
        driver = AsyncDriver(TransportOptions(trust_env=False))
        steps = flow.call(request(url), lambda r: r.body, policy(max_retries=1))
        return await driver.run(steps, KEY, listen)

    busy = b"HTTP/1.1 429 X\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n"
    with serving([busy], [OK]) as server:
        assert asyncio.run(main(server.url)) == b"ok"
    assert told == [1]


def test_an_answer_beyond_the_limit_is_refused_and_not_read_on(caller: Caller) -> None:
    endless: list[Step] = [HEAD, *[piece(b"x" * 1000)] * 100, 30.0]
    with serving(endless) as server:
        with pytest.raises(errors.InvalidResponseError, match="5000"):
            caller.call(server.url, max_response_bytes=5000)
        assert server.gone.wait(60)


def test_an_error_beyond_the_limit_is_cut_and_typed(caller: Caller) -> None:
    head = HEAD.replace(b"200 OK", b"400 Bad")
    with serving([head, *[piece(b"x" * 1000)] * 100, 30.0]) as server:
        with pytest.raises(errors.InvalidRequestError) as caught:
            caller.call(server.url, max_error_bytes=5000)
        assert server.gone.wait(60)
    assert len(caught.value.response.text) <= 5000


@pytest.mark.parametrize(
    ("script", "cls"),
    [
        ([None], errors.APIConnectionError),
        ([b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nshort", None], errors.APIConnectionError),
        ([HEAD, b"zz\r\n"], errors.APIConnectionError),
        ([b"garbage\r\n\r\n", None], errors.APIConnectionError),
        ([b"HTTP/1.1 401 X\r\ncontent-length: 99\r\n\r\nshort", None], errors.AuthenticationError),
    ],
)
def test_what_breaks_is_typed(
    script: list[Step], cls: type[errors.AimlapiError], caller: Caller
) -> None:
    with serving(script) as server, pytest.raises(errors.AimlapiError) as caught:
        caller.call(server.url)
    assert type(caught.value) is cls


@pytest.mark.parametrize(
    ("raised", "cls", "retryable"),
    [
        (httpx.ConnectError("refused"), errors.APIConnectionError, True),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"), errors.APIConnectionError, False),
        (httpx.ConnectTimeout("slow"), errors.APITimeoutError, True),
        (httpx.ReadTimeout(""), errors.APITimeoutError, True),
        (httpx.PoolTimeout("full"), errors.APITimeoutError, True),
        (httpx.ProxyError("407"), errors.APIConnectionError, False),
        (httpx.UnsupportedProtocol("ftp"), errors.APIConnectionError, False),
        (httpx.InvalidURL("bad"), errors.APIConnectionError, False),
        (httpx.RemoteProtocolError("garbage"), errors.APIConnectionError, True),
        (httpx.DecodingError("bad"), errors.APIConnectionError, True),
        (OSError("no route"), errors.APIConnectionError, True),
        (RuntimeError("closed"), errors.APIConnectionError, False),
    ],
)
def test_every_exception_of_the_http_library_has_its_class(
    raised: Exception, cls: type[errors.AimlapiError], retryable: bool, colour: str
) -> None:
    def handle(sent: httpx.Request) -> httpx.Response:
        raise raised

    transport = httpx.MockTransport(handle)
    client: Any = (
        httpx.Client(transport=transport)
        if colour == "sync"
        else httpx.AsyncClient(transport=transport)
    )
    caller = Caller(colour, client)
    with pytest.raises(errors.AimlapiError) as caught:
        caller.call("https://api.example/v1")
    caller.end()
    assert type(caught.value) is cls
    assert caught.value.is_retryable is retryable


def test_options_never_show_the_credentials_of_a_proxy() -> None:
    options = TransportOptions(proxy="http://user:hush@proxy.example:3128")
    assert "hush" not in repr(options)
