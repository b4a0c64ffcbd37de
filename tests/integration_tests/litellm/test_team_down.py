"""A team's proxy whose Redis or Postgres is away: no call goes out, none is lost, nobody waits."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from langchain_aimlapi._litellm.team_postgres import add_member, spending
from langchain_aimlapi._litellm.team_store import Member
from langchain_aimlapi.emulator import Emulator

from .helpers import HI, balance
from .processes import (
    MASTER_KEY,
    Server,
    needs_proxy,
    postgres_at_rest,
    redis_at_rest,
    team_proxy,
)

pytestmark = [pytest.mark.peer, pytest.mark.slow]
GPT, KEY = "openai/gpt-4o", "sk-ada"


class Office:
    """One proxy, the server that has its books, and one member, Ada."""

    def __init__(self, kind: str, folder: Path, stack: ExitStack) -> None:
        self._is_redis, self._folder, self._stack = kind == "redis", folder, stack
        at_rest = redis_at_rest if self._is_redis else postgres_at_rest
        self.api = stack.enter_context(Emulator().serve())
        self.server: Server = stack.enter_context(at_rest(folder))

    def open(self) -> None:
        """Start the proxy."""
        environment = {
            "AIMLAPI_API_KEY": self.api.api_key,
            "AIMLAPI_API_BASE": self.api.base_url,
            "AIMLAPI_TEAM": self._team(),
            "REDIS_HOST": "127.0.0.1" if self._is_redis else "",
            "REDIS_PORT": self.server.address if self._is_redis else "",
            "REDIS_URL": "", "DATABASE_URL": "",
        }  # fmt: skip
        started = team_proxy(self._folder, environment, GPT, "--no-refresh", "--no-fallbacks")
        self.url, _ = self._stack.enter_context(started)
        self._http = self._stack.enter_context(httpx.Client(trust_env=False, timeout=60))

    def _team(self) -> str:
        if not self._is_redis:
            return self.server.address
        path = self._folder / "team.json"
        path.write_text(json.dumps({"ada": {"key": KEY, "budget": 1.0}}), encoding="utf-8")
        return str(path)

    def admit(self) -> None:
        """Ada becomes a member, once there is a server."""
        if not self._is_redis:
            add_member(self.server.address, Member("ada", 1.0), KEY)

    def ask(self, number: int, key: str = KEY) -> httpx.Response:
        """One call; each asks something else, so that no cache answers."""
        body = {"model": GPT, "messages": [{"role": "user", "content": f"What is {number}?"}]}
        return self._http.post(
            f"{self.url}/v1/chat/completions", json=body,
            headers={"authorization": f"Bearer {key}"},
        )  # fmt: skip

    def stream(self) -> Any:
        """A stream of Ada's that has begun."""
        client = self._stack.enter_context(
            openai.OpenAI(base_url=f"{self.url}/v1", api_key=KEY, max_retries=0)
        )
        return client.chat.completions.create(model=GPT, messages=HI, stream=True)

    def books(self) -> tuple[float, float]:
        """US dollars (spent, reserved)."""
        if not self._is_redis:
            ((_, spent, reserved),) = spending(self.server.address)
            return spent, reserved
        import redis

        with redis.Redis(port=int(self.server.address), decode_responses=True) as store:
            spent = float(store.get("{aimlapi:team:ada}:spent:total") or 0)
            held = store.hvals("{aimlapi:team:ada}:open")
        return spent, sum(float(each.partition(":")[0]) for each in held)


@pytest.fixture(params=["redis", "postgres"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    needs_proxy()
    with ExitStack() as stack:
        yield Office(request.param, tmp_path, stack)


def until(done: Callable[[], Any], seconds: float = 60.0) -> Any:
    end = time.monotonic() + seconds
    while not (value := done()) and time.monotonic() < end:
        time.sleep(0.2)
    return value


def refused(answer: httpx.Response) -> bool:
    return answer.status_code == 503 and "books cannot be reached" in answer.text


def test_server_that_is_away_stops_calls_and_loses_none(office: Office) -> None:
    """Away at the start, there, away in the middle of a stream, there again: one proxy, which
    is not started again."""
    api, server = office.api, office.server
    office.open()
    assert refused(office.ask(1))
    assert api.requests == []
    server.start()
    office.admit()
    before = balance(api)
    assert until(lambda: office.ask(2).status_code == 200)

    api.pace = 0.05
    api.say("word " * 60)
    stream = office.stream()
    next(iter(stream))
    server.stop()
    assert refused(office.ask(3))
    assert "".join(c.delta.content or "" for chunk in stream for c in chunk.choices)
    api.pace = 0.0
    paid = len(api.requests)
    assert refused(office.ask(4))
    assert len(api.requests) == paid

    server.start()
    assert until(lambda: office.ask(5).status_code == 200)
    assert until(lambda: office.books() == pytest.approx((before - balance(api), 0.0), abs=1e-9))
    assert office.ask(6, MASTER_KEY).status_code == 200
