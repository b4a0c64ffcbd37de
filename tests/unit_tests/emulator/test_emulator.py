"""The emulator through its own clients: keys, headers, errors, checks, records, account."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from langchain_aimlapi.emulator import Emulator, Fault, Say, ToolUse
from tests.harness.paths import ROOT

GPT = "openai/gpt-4o"
HI = [{"role": "user", "content": "hi"}]


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def ask(api: Emulator, model: str = GPT, **more: Any) -> httpx.Response:
    body = {"model": model, "messages": HI, **more}
    return api.client().post("/chat/completions", json=body)


def said(answer: httpx.Response) -> str:
    return str(answer.json()["choices"][0]["message"]["content"])


def tool(name: str = "get_weather", **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties or {"city": {"type": "string"}}}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


# --- keys and account -----


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "x"}])
def test_missing_or_wrong_key_is_401_in_the_live_envelope(
    api: Emulator, header: dict[str, str]
) -> None:
    with httpx.Client(transport=api.transport) as client:
        answer = client.post(f"{api.base_url}/chat/completions", json={}, headers=header)
    body = answer.json()
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json; charset=utf-8"
    assert answer.headers["x-request-id"] == body["requestId"]
    assert (body["title"], body["status"]) == ("Unauthorized", 401)
    assert body["instance"] == "/v1/chat/completions"
    assert body["error"] == {"name": "UnauthorizedException", "message": body["message"]}
    assert "valid API key" in body["message"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body["timestamp"])
    assert answer.headers["x-inference-id"]


def test_key_without_credit_is_403() -> None:
    with Emulator(key="good", out_of_credit={"poor"}) as api:
        client = api.client(headers={"Authorization": "Bearer poor"})
        answer = client.post("/chat/completions", json={"model": GPT, "messages": HI})
    assert answer.status_code == 403
    assert "run out of credits" in answer.json()["message"]


def test_calls_are_charged_until_the_account_is_empty() -> None:
    with Emulator(balance=0.0001) as api:
        first = ask(api)
        second = ask(api)
        left = api.client().get("https://aimlapi.emulator/v2/billing").json()
    assert (first.status_code, second.status_code) == (200, 403)
    assert left["currency"] == "USD"
    spent = float(first.headers["x-aimlapi-usd-spent"])
    assert left["current_balance"] == pytest.approx(0.0001 - spent)


def test_cost_headers_and_meta_agree(api: Emulator) -> None:
    answer = ask(api)
    meta = answer.json()["meta"]["usage"]
    usd, credit = answer.headers["x-aimlapi-usd-spent"], answer.headers["x-aimlapi-credits-used"]
    assert re.fullmatch(r"\d+\.\d{9}", usd)
    assert int(credit) == meta["credits_used"] == round(float(usd) * 2_000_000)
    assert meta["usd_spent"] == float(usd)


def test_cost_follows_the_prices_that_the_catalogue_tells(api: Emulator) -> None:
    client = api.client()
    row = client.get("/models", params={"id": GPT, "include": "pricing"}).json()["data"]
    units = next(one for one in row if one["id"] == GPT)["pricing"]["units"]
    price = {unit["measure"]: unit["price"] / unit["per"] for unit in units}
    body = ask(api).json()
    usage = body["usage"]
    expected = (
        usage["prompt_tokens"] * price["input"] + usage["completion_tokens"] * price["output"]
    )
    spent = body["meta"]["usage"]["usd_spent"]
    assert spent == pytest.approx(expected, abs=5e-7)  # to the next credit


def test_stream_tells_cost_in_its_last_chunk_and_not_in_headers(api: Emulator) -> None:
    answer = ask(api, stream=True)
    chunks = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data:")]
    assert "x-aimlapi-usd-spent" not in answer.headers
    assert [("meta" in chunk) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert chunks[-1]["meta"]["usage"]["credits_used"] > 0


# --- headers and errors -----


@pytest.mark.parametrize("told", ["run-1", "a" * 128, "A.b_c:d-9"])
def test_valid_client_request_id_comes_back(api: Emulator, told: str) -> None:
    answer = api.client().get("/models", headers={"X-Client-Request-Id": told})
    assert answer.headers["x-client-request-id"] == told


@pytest.mark.parametrize("told", ["", "a" * 129, "with space", "semi;colon"])
def test_invalid_client_request_id_is_ignored_in_silence(api: Emulator, told: str) -> None:
    answer = api.client().get("/models", headers={"X-Client-Request-Id": told})
    assert answer.status_code == 200
    assert "x-client-request-id" not in answer.headers


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("GET", "/chat/completions")])
def test_unknown_path_or_method_is_404(api: Emulator, method: str, path: str) -> None:
    answer = api.client().request(method, path)
    assert answer.status_code == 404
    assert answer.json()["message"] == f"Cannot {method} /v1{path}"


def test_unknown_model_is_404(api: Emulator) -> None:
    answer = ask(api, "openai/gpt-99")
    assert answer.status_code == 404
    assert "openai/gpt-99" in answer.json()["message"]


def test_deprecated_model_is_404() -> None:
    catalog = {"shapes": {}, "models": {"old": {"status": "deprecated", "replacement": "new"}}}
    with Emulator(catalog=catalog) as api:
        answer = ask(api, "old")
    assert answer.status_code == 404
    assert "deprecated" in answer.json()["message"]
    assert "'new'" in answer.json()["message"]


def test_model_on_the_wrong_path_is_400(api: Emulator) -> None:
    answer = ask(api, "openai/gpt-5-1-codex")
    assert answer.status_code == 400
    message = "Model openai/gpt-5-1-codex is not available on /v1/chat/completions"
    assert answer.json()["message"] == message


def test_without_a_catalog_every_model_answers(tmp_path: Path) -> None:
    with Emulator(catalog=tmp_path / "absent.json") as api:
        assert ask(api, "someone/anything").status_code == 200
        assert ask(api, "someone/anything", seed=0).status_code == 400


# --- checks -----

BAD = [
    ({"messages": "hi"}, "messages: Expected array, received string"),
    ({"messages": [{"role": "robot", "content": "x"}]}, "messages.0.role: Invalid enum value"),
    ({"messages": [{"role": "user", "content": 5}]}, "messages.0.content"),
    ({"messages": [{"role": "user", "content": None}]}, "messages.0.content"),
    ({"messages": [{"role": "user", "content": [{"type": "smell"}]}]}, "messages.0.content.0.type"),
    (
        {"response_format": {"type": "text", "foo": 1}},
        "response_format: Unrecognized key(s) in object: 'foo'",
    ),
    ({"messages": [*HI, {"role": "tool", "content": "x"}]}, "messages.1.tool_call_id: Required"),
    ({"seed": 0}, "seed: Number must be greater than or equal to 1"),
    ({"top_p": 0}, "top_p: Number must be greater than or equal to 0.01"),
    ({"temperature": "hot"}, "temperature: Expected number, received string"),
    ({"stream_options": {}}, "stream_options.include_usage: Required"),
    ({"tools": [tool()], "tool_choice": "any"}, "tool_choice: Invalid enum value. Expected"),
    ({"tools": [{"name": "f", "input_schema": {}}]}, "tools.0.type"),
    ({"response_format": {"type": "yaml"}}, "response_format.type: Invalid enum value"),
]


@pytest.mark.parametrize(("wrong", "told"), BAD, ids=[told for _, told in BAD])
def test_refused_body_names_the_field_and_what_was_expected(
    api: Emulator, wrong: dict[str, Any], told: str
) -> None:
    answer = ask(api, **wrong)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Body validation error")
    assert told in answer.json()["message"]


def test_body_that_is_no_json_is_400(api: Emulator) -> None:
    client = api.client()
    broken = client.post(
        "/chat/completions", content=b"{", headers={"content-type": "application/json"}
    )
    untyped = client.post("/chat/completions", content=b"{}")
    assert (broken.status_code, untyped.status_code) == (400, 400)


@pytest.mark.parametrize(
    "messages",
    [
        [*HI, {"role": "assistant", "content": "", "tool_calls": "CALLS"}, *HI],
        [*HI, {"role": "assistant", "content": "", "tool_calls": "CALLS"}],
        [*HI, {"role": "tool", "tool_call_id": "c9", "content": "x"}],
    ],
)
def test_tool_calls_without_their_results_are_refused_as_upstream_does(
    api: Emulator, messages: list[dict[str, Any]]
) -> None:
    calls = [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]
    turns = [{**turn, "tool_calls": calls} if "tool_calls" in turn else turn for turn in messages]
    answer = ask(api, messages=turns)
    assert answer.status_code == 400
    quoted = json.loads(answer.json()["message"].removeprefix("400 "))
    assert quoted["error"]["type"] == "invalid_request_error"


def test_parallel_tool_results_are_accepted_in_any_order(api: Emulator) -> None:
    calls = [
        {"id": name, "type": "function", "function": {"name": "f", "arguments": "{}"}}
        for name in ("c1", "c2")
    ]
    results = [{"role": "tool", "tool_call_id": c, "content": c} for c in ("c2", "c1")]
    answer = ask(api, messages=[*HI, {"role": "assistant", "tool_calls": calls}, *results])
    assert said(answer) == "The tools say: c2 c1"


# --- records, scripts, replays -----


def test_requests_are_recorded_with_the_key_masked(api: Emulator) -> None:
    ask(api, temperature=0.5)
    (record,) = api.requests
    assert (record.method, record.path, record.status) == ("POST", "/v1/chat/completions", 200)
    assert record.body["temperature"] == 0.5
    assert record.headers["authorization"] == "***"
    assert api.api_key not in repr(api) + repr(record)


def test_scripted_answers_are_used_once_and_in_order(api: Emulator) -> None:
    api.say("one").say("two", model="other").say(lambda body: body["model"])
    assert [said(ask(api)), said(ask(api))] == ["one", GPT]
    assert "emulated" in said(ask(api)) or "emulator" in said(ask(api))


def test_scripted_say_gives_reasoning_calls_and_usage(api: Emulator) -> None:
    api.say(Say("x", reasoning="hm", calls=(ToolUse("f", {"a": 1}),), usage={"input": 7}))
    body = ask(api, "deepseek/deepseek-v4-pro").json()
    message = body["choices"][0]["message"]
    assert message["reasoning_content"] == "hm"
    assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == {"a": 1}
    assert body["choices"][0]["finish_reason"] == "tool_calls"
    assert body["usage"]["prompt_tokens"] == 7


@pytest.mark.parametrize("split", [None, 1, 7])
def test_replay_sends_recorded_bytes_verbatim(api: Emulator, split: int | None) -> None:
    data = 'data: {"a":"ü"}\r\n\r\ndata: [DONE]\n\n'.encode()
    api.replay(data, split=split)
    answer = ask(api)
    assert answer.content == data
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_replay_of_a_value_is_json(api: Emulator) -> None:
    answer = ask(api.replay({"choices": None}))
    assert answer.json() == {"choices": None}


def test_reset_forgets_everything(api: Emulator) -> None:
    ask(api.say("a", times=None))
    api.fault(Fault(status=500), times=None).replay({}, times=None).reset()
    assert api.requests == []
    assert said(ask(api)) != "a"


# --- life cycle -----


async def test_async_client_gets_the_same_answer(api: Emulator) -> None:
    body = {"model": GPT, "messages": HI}
    answer = await api.async_client().post("/chat/completions", json=body)
    assert said(answer) == said(ask(api))


def test_clients_are_closed_with_the_emulator_without_a_loop() -> None:
    with Emulator() as api:
        sync, twin = api.client(), api.async_client()
        settings = api.settings()
    clients = (sync, twin, settings["http_client"], settings["http_async_client"])
    assert all(client.is_closed for client in clients)


async def test_emulator_may_be_closed_inside_a_running_loop() -> None:
    with Emulator() as api:
        client = api.async_client()
        assert (await client.get("/models")).status_code == 200
    assert client.is_closed


def test_server_answers_on_loopback_and_leaves_nothing_behind() -> None:
    before = threading.active_count()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with Emulator().serve() as api:
            assert api.base_url.startswith("http://127.0.0.1:")
            with api.client() as client:
                answer = client.post("/chat/completions", json={"model": GPT, "messages": HI})
            assert answer.status_code == 200
    assert threading.active_count() == before


def test_two_servers_run_side_by_side() -> None:
    with Emulator(key="a").serve() as one, Emulator(key="b").serve() as two:
        assert one.base_url != two.base_url
        assert ask(one).status_code == ask(two).status_code == 200


def test_many_threads_share_one_emulator(api: Emulator) -> None:
    client, found = api.client(), []

    def work(number: int) -> None:
        turns = [{"role": "user", "content": f"What is {number} + {number}?"}]
        answer = client.post("/chat/completions", json={"model": GPT, "messages": turns})
        found.append((number, said(answer)))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [(n, f"{n} + {n} is {n + n}.") for n in range(40)]
    assert len(api.requests) == 40


def test_command_line_says_in_one_line_that_a_port_is_taken() -> None:
    with Emulator().serve() as api:
        port = api.base_url.rpartition(":")[2].removesuffix("/v1")
        done = subprocess.run([sys.executable, "-m", "langchain_aimlapi.emulator", "--port", port],
                              capture_output=True, text=True, timeout=60, cwd=ROOT)  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"cannot listen on 127.0.0.1:{port}: ")
    assert len(done.stderr.splitlines()) == 1


def test_command_line_serves_and_stops_by_itself() -> None:
    command = [sys.executable, "-m", "langchain_aimlapi.emulator", "--port", "0", "--for", "0.2"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT, check=True)
    assert re.search(r"http://127\.0\.0\.1:\d+/v1", done.stdout)


def test_plugin_imports_neither_langchain_nor_httpx() -> None:
    code = (
        "import sys, langchain_aimlapi.emulator.pytest_plugin;"
        "print([m for m in ('httpx', 'langchain_core', 'uvicorn', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


def test_emulator_shares_no_wire_code_with_the_client() -> None:
    folder = ROOT / "langchain_aimlapi" / "emulator"
    pattern = re.compile(r"^\s*(?:from|import) (langchain_aimlapi[\w.]*)", re.MULTILINE)
    found = {
        name
        for file in folder.rglob("*.py")
        for name in pattern.findall(file.read_text(encoding="utf-8"))
    }
    assert found
    assert {name for name in found if not name.startswith("langchain_aimlapi.emulator")} == set()


def test_closing_twice_is_harmless() -> None:
    api = Emulator().serve()
    api.close()
    api.close()
    assert api.base_url == "https://aimlapi.emulator/v1"


def test_unknown_stream_style_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="qwen"):
        Emulator(stream_style="nobody")


def test_pace_spreads_a_stream_over_time() -> None:
    async def times() -> list[float]:
        loop, seen = asyncio.get_running_loop(), []
        with Emulator(pace=0.005) as api:
            body = {"model": GPT, "messages": HI, "stream": True}
            async with api.async_client().stream("POST", "/chat/completions", json=body) as answer:
                async for _ in answer.aiter_raw():
                    seen.append(loop.time())
        return seen

    seen = asyncio.run(times())
    assert len(seen) > 5
    assert seen[-1] - seen[0] >= 0.005 * (len(seen) - 1)
