"""Loops, threads, processes, copies: one request a call, answers never crossed, nothing left."""

from __future__ import annotations

import asyncio
import copy
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.harness.faults.families import KEY
from tests.harness.faults.helpers import all_closed, astreamed, echoing, make_model, streamed
from tests.harness.faults.raw_server import Hub
from tests.harness.faults.wire import answer, completion, http

pytestmark = pytest.mark.usefixtures("any_transport")

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


# --- event loops and threads -----


def test_four_event_loops_in_a_row_send_one_request_a_call_and_leave_nothing_open(
    raw_hub: Hub,
) -> None:
    with echoing(raw_hub) as server:
        model = make_model(server)

        async def several(name: str) -> list[str]:
            whole = await asyncio.gather(*(model.ainvoke(f"{name}-{n}") for n in range(3)))
            return [*(str(m.text) for m in whole), await astreamed(model, f"{name}-s")]

        for loop in "abcd":
            assert asyncio.run(several(loop)) == [f"{loop}-{n}" for n in (0, 1, 2, "s")]
            # asyncio.run has ended: the loop's connections are gone without any aclose()
            assert all_closed(server)
        assert len(server.requests) == 16


def test_event_loops_in_four_threads_at_once_send_one_request_a_call(raw_hub: Hub) -> None:
    with echoing(raw_hub) as server:
        model = make_model(server)

        async def ten(name: int) -> list[str]:
            return [str((await model.ainvoke(f"{name}-{n}")).text) for n in range(10)]

        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda name: asyncio.run(ten(name)), range(4)))
        assert answers == [[f"{name}-{n}" for n in range(10)] for name in range(4)]
        assert len(server.requests) == 40
        assert all_closed(server)


def test_eight_threads_on_one_model_get_their_own_answers(raw_hub: Hub) -> None:
    with echoing(raw_hub) as server:
        model = make_model(server)

        def work(name: int) -> list[str]:
            whole = [str(model.invoke(f"{name}-{n}").text) for n in range(5)]
            return [*whole, *(streamed(model, f"{name}-s{n}") for n in range(5))]

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(work, range(8)))
        for name, said in enumerate(answers):
            assert said == [f"{name}-{n}" for n in range(5)] + [f"{name}-s{n}" for n in range(5)]
        assert len(server.requests) == 80
        model.close()
        assert all_closed(server)


def test_sync_and_async_calls_mix_on_onemake_model(raw_hub: Hub) -> None:
    with echoing(raw_hub) as server:
        model = make_model(server)

        async def mixed() -> list[str]:
            first = str((await model.ainvoke("a")).text)
            inside = str(model.invoke("b").text)
            other = await asyncio.to_thread(streamed, model, "c")
            return [first, inside, other, await astreamed(model, "d")]

        assert [str(model.invoke("0").text), *asyncio.run(mixed())] == ["0", "a", "b", "c", "d"]
        assert streamed(model, "e") == "e"
        assert len(server.requests) == 6
        model.close()
        assert all_closed(server)


def test_a_hundred_streams_at_once_are_not_mixed_up(raw_hub: Hub) -> None:
    with echoing(raw_hub) as server:
        model = make_model(server)

        async def crowd() -> list[str]:
            return await asyncio.gather(*(astreamed(model, f"{n}") for n in range(100)))

        assert asyncio.run(crowd()) == [f"{n}" for n in range(100)]
        assert len(server.requests) == 100
        assert all_closed(server)


# --- processes -----

FORK = """
import os, sys
from langchain_aimlapi import ChatAimlapi
model = ChatAimlapi(model="openai/gpt-4o", api_key=sys.argv[2], base_url=sys.argv[1] + "/v1",
                    timeout=120.0)
assert model.invoke("parent-0").text == "parent-0"
assert "".join(c.text for c in model.stream("parent-1")) == "parent-1"
children = []
for child in range(6):
    pid = os.fork()
    if pid == 0:
        wrong = 0
        for n in range(4):
            said = f"child-{child}-{n}"
            wrong += model.invoke(said).text != said
            wrong += "".join(c.text for c in model.stream(said)) != said
        os._exit(wrong)
    children.append(pid)
for n in range(4):
    assert model.invoke(f"later-{n}").text == f"later-{n}"
codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
assert codes == [0] * 6, codes
assert model.invoke("last").text == "last"
model.close()
print("done")
"""


def _run_python(code: str, *arguments: str) -> tuple[str, str, int]:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=ROOT,
        check=False,
    )
    return done.stdout, done.stderr, done.returncode


@pytest.mark.slow
def test_forked_workers_send_one_request_a_call_and_get_their_own_answers(raw_hub: Hub) -> None:
    with echoing(raw_hub) as server:
        out, err, code = _run_python(FORK, server.url, KEY)
        assert (out, err, code) == ("done\n", "", 0)
        assert len(server.requests) == 2 + 6 * 8 + 4 + 1
        # no connection of the parent was used by a child, and none of a child by another
        users: dict[int, set[str]] = {}
        for request in server.requests:
            name = request.json()["messages"][-1]["content"].rpartition("-")[0]
            owner = name if name.startswith("child") else "parent"
            users.setdefault(request.connection, set()).add(owner)
        assert all(len(owners) == 1 for owners in users.values())


EXIT = """
import asyncio, sys
from langchain_aimlapi import ChatAimlapi
model = ChatAimlapi(model="openai/gpt-4o", api_key=sys.argv[2], base_url=sys.argv[1] + "/v1",
                    timeout=120.0)
assert model.invoke("a").text == "a"
half = model.stream("b")
next(half)
async def go():
    assert (await model.ainvoke("c")).text == "c"
    async for _ in model.astream("d"):
        break
asyncio.run(go())
print("done")
"""


@pytest.mark.slow
def test_interpreter_exit_makes_no_noise_even_with_a_half_read_stream(raw_hub: Hub) -> None:
    with echoing(raw_hub) as server:
        out, err, code = _run_python(EXIT, server.url, KEY)
        assert (out, err, code) == ("done\n", "", 0)
        assert all_closed(server)


UNPICKLE = """
import os, pickle, sys
model = pickle.loads(sys.stdin.buffer.read())
os.environ["AIMLAPI_API_KEY"] = sys.argv[1]
print(model.invoke("from afar").text)
model.close()
"""


def test_a_pickled_model_works_in_another_process_with_the_key_from_there(raw_hub: Hub) -> None:
    with echoing(raw_hub) as server:
        model = make_model(server)
        assert model.invoke("here").text == "here"
        data = pickle.dumps(model)
        assert KEY.encode() not in data
        done = subprocess.run(
            [sys.executable, "-c", UNPICKLE, KEY],
            input=data,
            capture_output=True,
            timeout=300,
            cwd=ROOT,
            check=False,
        )
        assert (done.stdout, done.stderr) == (b"from afar\n", b"")
        assert len(server.requests) == 2
        model.close()


@pytest.mark.parametrize("used", [False, True])
@pytest.mark.parametrize("way", ["pickle", "deepcopy", "copy", "model_copy"])
def test_a_copy_works_before_and_after_first_use(
    raw_hub: Hub, way: str, used: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIMLAPI_API_KEY", KEY)  # a pickle does not hold the key
    ways: dict[str, Any] = {
        "pickle": lambda value: pickle.loads(pickle.dumps(value)),
        "deepcopy": copy.deepcopy,
        "copy": copy.copy,
        "model_copy": lambda value: value.model_copy(),
    }
    with echoing(raw_hub) as server:
        model = make_model(server)
        if used:
            assert model.invoke("first").text == "first"
        other = ways[way](model)
        assert other.invoke("second").text == "second"
        assert asyncio.run(other.ainvoke("third")).text == "third"
        other.close()
        assert model.invoke("fourth").text == "fourth"
        model.close()
        assert len(server.requests) == 3 + used
        assert all_closed(server)


# --- the user's own clients -----


def test_the_users_own_clients_are_used_and_never_closed(raw_hub: Hub) -> None:
    with echoing(raw_hub) as server, httpx.Client(headers={"x-mine": "1"}) as mine:

        async def go() -> None:
            async with httpx.AsyncClient(headers={"x-mine": "2"}) as ours:
                model = make_model(server, http_client=mine, http_async_client=ours)
                assert str(model.invoke("a").text) == "a"
                assert streamed(model, "b") == "b"
                assert str((await model.ainvoke("c")).text) == "c"
                assert await astreamed(model, "d") == "d"
                model.close()
                await model.aclose()
                assert not mine.is_closed
                assert not ours.is_closed

        asyncio.run(go())
        assert [request.header("x-mine") for request in server.requests] == ["1", "1", "2", "2"]
        again = {"messages": [{"content": "still open"}]}
        assert mine.post(server.url, json=again).status_code == 200


def test_a_users_client_that_follows_redirects_is_kept_from_doing_so(raw_hub: Hub) -> None:
    with raw_hub.serve([answer(completion())]) as other:
        away = http(b"", 307, f"Location: {other.url}/v1/chat/completions")
        with raw_hub.serve([away]) as server, httpx.Client(follow_redirects=True) as mine:
            model = make_model(server, http_client=mine)
            with pytest.raises(Exception, match="307"):
                model.invoke("a")
            with pytest.raises(Exception, match="307"):
                list(model.stream("a"))
            assert not other.connections


def test_a_closed_model_can_be_used_again_and_closing_twice_is_harmless(raw_hub: Hub) -> None:
    with echoing(raw_hub) as server:
        model = make_model(server)
        for _ in range(2):
            assert model.invoke("a").text == "a"
            model.close()
            model.close()
            assert all_closed(server)

        async def go() -> None:
            for _ in range(2):
                assert (await model.ainvoke("b")).text == "b"
                await model.aclose()
                await model.aclose()
                assert all_closed(server)

        asyncio.run(go())
        assert len(server.requests) == 4
