"""The fleet: a proxy with two workers and a real Redis, from the configuration in examples/."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from langchain_aimlapi.emulator import Emulator

from .helpers import HI
from .processes import MASTER_KEY, ROOT, needs_proxy, proxy, redis_server

pytestmark = pytest.mark.peer
CONFIG = ROOT / "examples" / "litellm_proxy.yaml"
BAD = "not-a-key"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int, Emulator]]:
    """(address of the proxy, port of Redis, emulator); one of the two keys is bad."""
    needs_proxy()
    folder = tmp_path_factory.mktemp("fleet")
    with redis_server(folder) as port, Emulator().serve() as api:
        environment = {
            "AIMLAPI_API_KEY": api.api_key,
            "AIMLAPI_API_KEY_B": BAD,
            "AIMLAPI_API_BASE": api.base_url,
            "REDIS_HOST": "127.0.0.1",
            "REDIS_PORT": str(port),
        }
        with proxy(CONFIG.read_text(), folder, environment, workers=2) as url:
            yield url, port, api


async def ask(client: Any, number: int, *, stream: bool) -> str:
    question = [{"role": "user", "content": f"What is {number} + 1?"}]  # each its own: no cache
    answer: Any = await client.chat.completions.create(
        model="gpt-4o", messages=question, stream=stream
    )
    if not stream:
        return str(answer.choices[0].message.content)
    pieces = [c.delta.content or "" async for chunk in answer for c in chunk.choices]
    return "".join(pieces)


def test_no_answer_is_lost_to_a_bad_key_and_its_cooldown_is_shared(
    fleet: tuple[str, int, Emulator], runner: asyncio.Runner
) -> None:
    url, port, api = fleet
    api.reset()

    async def go() -> list[str]:
        answers: list[str] = []
        for stream in (True, False):
            for number in range(0, 20, 4):
                # a new connection each time, so that both workers get their share
                async with openai.AsyncOpenAI(
                    base_url=f"{url}/v1", api_key=MASTER_KEY, max_retries=0
                ) as client:
                    several = [ask(client, n + 100 * stream, stream=stream)
                               for n in range(number, number + 4)]  # fmt: skip
                    answers += await asyncio.gather(*several)
        return answers

    answers = runner.run(go())
    assert len(answers) == 40
    assert all(answers)
    statuses = [request.status for request in api.requests]
    assert statuses.count(200) == 40
    # four questions go out at once, so each worker may meet the bad key in one round at most
    assert 1 <= statuses.count(401) <= 8
    assert _keys(port, "*aimlapi-gpt-4o-b*cooldown*")
    assert not _keys(port, "*aimlapi-gpt-4o-a*cooldown*")


def test_usage_and_answers_are_shared(
    fleet: tuple[str, int, Emulator], runner: asyncio.Runner
) -> None:
    url, port, api = fleet
    api.reset()

    async def go() -> list[str]:
        found: list[str] = []
        for _ in range(6):  # one after the other: whichever worker asks, the answer is known
            async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=MASTER_KEY) as client:
                found.append(await ask(client, 999, stream=False))
                await asyncio.sleep(0.2)
        return found

    answers = runner.run(go())
    assert len(set(answers)) == 1
    assert [request.status for request in api.requests].count(200) == 1
    assert _keys(port, "*")


def test_both_workers_answer_embeddings_and_claude(
    fleet: tuple[str, int, Emulator], runner: asyncio.Runner
) -> None:
    url, _, api = fleet
    api.reset()

    async def go() -> None:
        async with openai.AsyncOpenAI(base_url=f"{url}/v1", api_key=MASTER_KEY) as client:
            vectors = await client.embeddings.create(model="embeddings", input=["one", "two"])
            assert len(vectors.data) == 2
            answer: Any = await client.chat.completions.create(model="claude-opus", messages=HI)
            assert answer.choices[0].message.content

    runner.run(go())
    assert {request.status for request in api.requests} == {200}


def _keys(port: int, pattern: str) -> list[Any]:
    import redis

    with redis.Redis(port=port) as store:
        found: Any = store.keys(pattern)
        return list(found)
