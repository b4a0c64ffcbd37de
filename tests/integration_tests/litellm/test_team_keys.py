"""Keys with budgets for two proxies that share a Redis, or a Redis and a Postgres, and nothing
unbooked when one is killed."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import openai
import psycopg
import pytest

from langchain_aimlapi._litellm.team_postgres import add_member, spending
from langchain_aimlapi._litellm.team_store import Member
from langchain_aimlapi.emulator import Emulator, Fault

from .helpers import HI, balance
from .processes import MASTER_KEY, needs_proxy, postgres_server, redis_server, team_proxy

pytestmark = [pytest.mark.peer, pytest.mark.slow]
GPT, CLAUDE = "openai/gpt-4o", "anthropic/claude-opus-4-1-20250805"
KEYS: dict[str, dict[str, Any]] = {
    "ada": {"key": "sk-ada", "budget": 100.0},
    "bob": {"key": "sk-bob", "budget": 0.004},
    "cyd": {"key": "sk-cyd"},
}


class Fleet:
    """Two proxies, one Redis, one API; keys and books in a file and Redis."""

    def __init__(self, folder: Path, api: Emulator, port: int, stack: ExitStack) -> None:
        self.api, self.port, self._folder, self._stack = api, port, folder, stack
        self.enter(KEYS)
        self._clients: dict[tuple[str, str], openai.OpenAI] = {}
        self._redis = stack.enter_context(in_redis(port))
        self.urls: list[str] = []
        self.processes: list[Any] = []
        for number in range(2):
            self.start(number)

    def start(self, number: int) -> None:
        """Start a proxy, on a port of its own."""
        folder = self._folder / f"{number}-{time.monotonic_ns()}"
        folder.mkdir()
        environment = {
            "AIMLAPI_API_KEY": self.api.api_key,
            "AIMLAPI_API_BASE": self.api.base_url,
            "AIMLAPI_FILES": str(self._folder / "files"),
            "AIMLAPI_TEAM": self.team,
            "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(self.port), "REDIS_URL": "",
            "DATABASE_URL": "",
        }  # fmt: skip
        started = team_proxy(folder, environment, GPT, CLAUDE, "--no-refresh", "--no-fallbacks")
        url, process = self._stack.enter_context(started)
        self.urls[number : number + 1] = [url]
        self.processes[number : number + 1] = [process]

    def kill(self, number: int) -> None:
        """End a proxy as a power cut does."""
        os.killpg(self.processes[number].pid, 9)
        self.processes[number].wait(20)

    def client(self, number: int, key: str) -> Any:
        """OpenAI's client, the same one for the same proxy and key."""
        url = f"{self.urls[number]}/v1"
        if (url, key) not in self._clients:
            self._clients[url, key] = self._stack.enter_context(
                openai.OpenAI(base_url=url, api_key=key, max_retries=0)
            )
        return self._clients[url, key]

    @property
    def team(self) -> str:
        """What names the team."""
        return str(self._folder / "team.json")

    def enter(self, keys: Mapping[str, Mapping[str, Any]]) -> None:
        """These are the members."""
        Path(self.team).write_text(json.dumps(keys), encoding="utf-8")

    def spent(self, name: str) -> float:
        """US dollars that are booked."""
        return float(self._redis.get(f"{{aimlapi:team:{name}}}:spent:total") or 0)

    def reserved(self, name: str) -> list[float]:
        """US dollars that are kept for calls under way."""
        found = self._redis.hvals(f"{{aimlapi:team:{name}}}:open")
        return [float(each.partition(":")[0]) for each in found]

    def forget(self) -> None:
        """An empty Redis."""
        self._redis.flushdb()


def in_redis(port: int) -> Any:
    """A client that ends with its `with`."""
    import redis

    return redis.Redis(port=port, decode_responses=True)


class PostgresFleet(Fleet):
    """The same, with keys and books in Postgres, and the rest in Redis."""

    def __init__(self, address: str, *rest: Any) -> None:
        self._address = address
        super().__init__(*rest)

    @property
    def team(self) -> str:
        return self._address

    def enter(self, keys: Mapping[str, Mapping[str, Any]]) -> None:
        for name, row in keys.items():
            add_member(self._address, Member(name, row.get("budget")), row["key"])

    def spent(self, name: str) -> float:
        (found,) = [spent for member, spent, _ in spending(self._address) if member.name == name]
        return found

    def reserved(self, name: str) -> list[float]:
        statement = "SELECT usd FROM aimlapi_calls WHERE member = %s AND booked_at IS NULL"
        with psycopg.connect(self._address) as connection:
            return [float(usd) for (usd,) in connection.execute(statement, (name,))]

    def forget(self) -> None:
        super().forget()
        with psycopg.connect(self._address) as connection:
            connection.execute("TRUNCATE aimlapi_calls, aimlapi_spent")


@pytest.fixture(scope="module", params=["redis", "postgres"])
def running(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fleet]:
    needs_proxy()
    folder = tmp_path_factory.mktemp("keys")
    with ExitStack() as stack:
        port = stack.enter_context(redis_server(folder))
        api = stack.enter_context(Emulator().serve())
        if request.param == "redis":
            yield Fleet(folder, api, port, stack)
        else:
            address = stack.enter_context(postgres_server(folder))
            yield PostgresFleet(address, folder, api, port, stack)


@pytest.fixture
def fleet(running: Fleet) -> Fleet:
    running.api.reset()
    for _ in range(50):  # a call of the test before may be booked a moment after its answer
        running.forget()
        time.sleep(0.2)
        if not any(running.spent(name) for name in ("ada", "bob", "cyd")):
            break
    return running


def until(done: Callable[[], Any], seconds: float = 60.0) -> Any:
    end = time.monotonic() + seconds
    while not (value := done()) and time.monotonic() < end:
        time.sleep(0.05)
    return value


def question(number: int) -> list[Any]:
    return [{"role": "user", "content": f"What is {number} + 1?"}]


@pytest.mark.parametrize("stream", [False, True])
def test_every_call_of_both_proxies_is_booked_at_what_the_api_took(
    fleet: Fleet, stream: bool
) -> None:
    before = balance(fleet.api)
    for number in range(6):
        model = (GPT, CLAUDE)[number % 3 == 2]
        answer = fleet.client(number % 2, "sk-ada").chat.completions.create(
            model=model, messages=question(number + 10 * stream), stream=stream, max_tokens=64
        )
        if stream:
            assert list(answer)
        else:
            assert fleet.reserved("ada") == []  # booked before it came
    assert until(lambda: not fleet.reserved("ada"))
    charged = before - balance(fleet.api)
    assert fleet.spent("ada") == pytest.approx(charged, abs=1e-5)
    assert fleet.spent("bob") == fleet.spent("cyd") == 0.0


def test_budget_holds_for_both_proxies_together(fleet: Fleet) -> None:
    def ask(number: int) -> bool:
        """Whether the budget allows one more."""
        body = {"model": GPT, "messages": question(100 + number)}
        answer = httpx.post(
            f"{fleet.urls[number % 2]}/v1/chat/completions", json=body, timeout=60,
            headers={"authorization": "Bearer sk-bob"},
        )  # fmt: skip
        if answer.status_code == 200:
            return True
        assert 400 <= answer.status_code < 500  # which one differs by LiteLLM's version
        assert "budget of bob is spent" in answer.text
        return False

    calls = next(number for number in range(40) if not ask(number))
    assert calls >= 2
    paid = len(fleet.api.requests)
    for number in range(2):
        with pytest.raises(openai.APIStatusError, match="budget of bob is spent"):
            fleet.client(number, "sk-bob").chat.completions.create(model=GPT, messages=HI)
    assert len(fleet.api.requests) == paid  # nothing goes out any more
    fleet.client(0, "sk-cyd").chat.completions.create(model=GPT, messages=HI)


def test_killed_proxy_leaves_no_call_unbooked_and_comes_back(fleet: Fleet) -> None:
    fleet.api.pace = 0.2
    try:
        fleet.api.say("word " * 400, times=None)
        stream = fleet.client(0, "sk-ada").chat.completions.create(
            model=CLAUDE, messages=question(200), stream=True, max_tokens=500
        )
        next(iter(stream))
        (kept,) = fleet.reserved("ada")
        fleet.kill(0)
    finally:
        fleet.api.pace = 0.0
    assert fleet.reserved("ada") == [kept]
    assert kept >= 500 * 7.5e-05  # all that it might have written, at its price
    with pytest.raises(openai.APIConnectionError):
        fleet.client(0, "sk-ada").chat.completions.create(model=GPT, messages=question(201))
    fleet.api.reset()
    fleet.client(1, "sk-ada").chat.completions.create(model=GPT, messages=question(202))
    fleet.start(0)
    fleet.client(0, "sk-ada").chat.completions.create(model=GPT, messages=question(203))
    assert fleet.reserved("ada") == [kept]  # counts as spent, whichever proxy asks
    assert fleet.spent("ada") > 0


def test_failure_costs_nothing(fleet: Fleet) -> None:
    fleet.api.fault(Fault(status=400, message="no"), times=None)
    with pytest.raises(openai.BadRequestError):
        fleet.client(0, "sk-ada").chat.completions.create(model=GPT, messages=question(300))
    assert until(lambda: not fleet.reserved("ada"))
    assert fleet.spent("ada") == 0.0


STREAMS: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"model": GPT, "messages": HI},
    "/v1/messages": {"model": CLAUDE, "messages": HI, "max_tokens": 500},
    "/v1/responses": {"model": GPT, "input": "Hello"},
}


# Of the versions that are tested, those below say nothing of such a stream: its reservation stays.
SAID_SINCE = {
    ("leaves", "/v1/messages"): (1, 105),
    ("leaves", "/v1/responses"): (1, 106),
    ("breaks", "/v1/responses"): (1, 105),
}


def is_said(end: str, path: str) -> bool:
    installed = tuple(int(part) for part in version("litellm").split(".")[:2])
    return installed >= SAID_SINCE.get((end, path), (0, 0))


def still_reserved(fleet: Fleet) -> bool:
    """Whether the stream has ended, and its reservation counts."""
    assert until(lambda: fleet.api.requests[-1].ended != "open")
    return len(fleet.reserved("ada")) == 1 and fleet.spent("ada") == 0.0


@pytest.mark.parametrize("path", STREAMS)
def test_client_that_leaves_is_booked_at_what_the_api_took(fleet: Fleet, path: str) -> None:
    fleet.api.pace = 0.05
    before = balance(fleet.api)
    try:
        fleet.api.say(" ".join(f"word{number}" for number in range(300)))
        headers, body = {"authorization": "Bearer sk-ada"}, {**STREAMS[path], "stream": True}
        with httpx.stream(
            "POST", f"{fleet.urls[1]}{path}", json=body, headers=headers, timeout=60
        ) as answer:
            lines = answer.iter_lines()
            for _ in range(20):
                next(lines)
        if not is_said("leaves", path):
            assert still_reserved(fleet)
            return
        assert until(lambda: fleet.spent("ada"))
    finally:
        fleet.api.pace = 0.0
    assert fleet.spent("ada") == pytest.approx(before - balance(fleet.api), abs=1e-9)
    assert fleet.reserved("ada") == []


@pytest.mark.parametrize("path", STREAMS)
def test_stream_that_breaks_is_booked_at_what_the_api_took(fleet: Fleet, path: str) -> None:
    before = balance(fleet.api)
    fleet.api.say(" ".join(f"word{number}" for number in range(100)))
    fleet.api.fault(Fault(cut_after=9))
    headers, body = {"authorization": "Bearer sk-ada"}, {**STREAMS[path], "stream": True}
    httpx.post(f"{fleet.urls[0]}{path}", json=body, headers=headers, timeout=60)
    if not is_said("breaks", path):
        assert still_reserved(fleet)
        return
    assert until(lambda: fleet.spent("ada"))
    assert fleet.spent("ada") == pytest.approx(before - balance(fleet.api), abs=1e-9)
    assert fleet.reserved("ada") == []


def test_keys_are_members_keys_and_no_more(fleet: Fleet) -> None:
    with pytest.raises(openai.AuthenticationError):
        fleet.client(0, "sk-nobody").chat.completions.create(model=GPT, messages=HI)
    assert {each.id for each in fleet.client(0, "sk-ada").models.list()} == {GPT, CLAUDE}
    for path in ("/config/yaml", "/get/config/callbacks", "/health", "/key/info"):
        answer = httpx.get(f"{fleet.urls[0]}{path}", headers={"authorization": "Bearer sk-ada"})
        assert answer.status_code == 403, path
    fleet.client(0, MASTER_KEY).chat.completions.create(model=GPT, messages=HI)


def test_members_may_join_while_the_proxies_run(fleet: Fleet) -> None:
    fleet.enter({**KEYS, "dan": {"key": "sk-dan", "budget": 1.0}})
    for number in range(2):
        client = fleet.client(number, "sk-dan")
        assert client.chat.completions.create(model=GPT, messages=question(400 + number)).choices
    assert fleet.spent("dan") > 0


def test_batch_is_booked_once_however_often_it_is_looked_at(fleet: Fleet) -> None:
    here, before = {"custom-llm-provider": "aimlapi"}, balance(fleet.api)
    line = {
        "custom_id": "one", "method": "POST", "url": "/v1/chat/completions",
        "body": {"model": CLAUDE, "messages": HI, "max_tokens": 64},
    }  # fmt: skip
    client = fleet.client(0, "sk-ada")
    file = client.files.create(
        file=("a.jsonl", json.dumps(line).encode()), purpose="batch", extra_headers=here
    )
    batch = client.batches.create(
        completion_window="24h", endpoint="/v1/chat/completions", input_file_id=file.id,
        extra_headers=here,
    )  # fmt: skip
    for number in (0, 1, 0, 1, 0):
        looked = fleet.client(number, "sk-ada").batches.retrieve(batch.id, extra_headers=here)
    assert looked.status == "completed"
    assert until(lambda: fleet.spent("ada"))
    time.sleep(1)  # LiteLLM logs the others in the background
    assert fleet.spent("ada") == pytest.approx(before - balance(fleet.api), abs=1e-5)
    assert fleet.reserved("ada") == []
