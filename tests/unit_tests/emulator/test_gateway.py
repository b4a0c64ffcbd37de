"""What every call has to do with the gateway itself: CORS, HEAD, keys, ids, limits, test models."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from langchain_aimlapi.emulator import Emulator, VirtualClock

GPT, CLAUDE = "openai/gpt-4o", "anthropic/claude-opus-5"
HI = [{"role": "user", "content": "hi"}]
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
NANO = re.compile(r"[A-Za-z0-9_-]{21}")


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def api(clock: VirtualClock) -> Iterator[Emulator]:
    with Emulator(clock=clock) as emulator:
        yield emulator


@pytest.fixture
def either(placed: Callable[[Emulator], Emulator], api: Emulator) -> Emulator:
    return placed(api)


def ask(api: Emulator, model: str = GPT, **more: Any) -> httpx.Response:
    with api.client() as client:
        return client.post("/chat/completions", json={"model": model, "messages": HI, **more})


def anonymous(api: Emulator, path: str, headers: dict[str, str]) -> int:
    """The status for a call with these headers alone."""
    body = {"model": CLAUDE, "max_tokens": 20, "messages": HI}
    with api.client() as client:
        del client.headers["authorization"]
        return client.post(path, json=body, headers=headers).status_code


def message(answer: httpx.Response) -> str:
    return str(answer.json()["message"])


# --- browsers, HEAD, ids -----


def test_a_browser_may_call_and_read_the_headers(either: Emulator) -> None:
    with either.client() as client:
        del client.headers["authorization"]  # a preflight carries no key
        asked = {"origin": "https://example.com", "access-control-request-method": "POST"}
        flight = client.options("/chat/completions", headers=asked)
    assert flight.status_code == 204
    assert flight.content == b""
    assert flight.headers["access-control-allow-origin"] == "*"
    assert "POST" in flight.headers["access-control-allow-methods"]
    assert flight.headers["access-control-allow-headers"] == "*"
    exposed = ask(either).headers["access-control-expose-headers"].split(", ")
    assert {"x-inference-id", "x-client-request-id", "x-aimlapi-usd-spent"} <= set(exposed)


def test_head_answers_the_headers_of_get_and_nothing_else(either: Emulator) -> None:
    with either.client() as client:
        whole, head = client.get("/models"), client.head("/models")
        again = client.get("/models")  # the connection is still in step
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["etag"] == whole.headers["etag"]
    assert head.headers["content-length"] == whole.headers["content-length"]
    assert again.json() == whole.json()


def test_an_answer_has_a_nano_id_and_says_who_answered(api: Emulator) -> None:
    answer = ask(api)
    assert NANO.fullmatch(answer.headers["x-inference-id"])
    assert (answer.headers["x-aimlapi-model"], answer.headers["x-aimlapi-provider"]) == (
        GPT,
        "openai",
    )
    meta = answer.json()["meta"]
    assert (meta["model"], meta["provider"]) == (GPT, "openai")
    assert meta["usage"]["usd_spent"] > 0
    assert meta["metrics"].keys() == {"duration_ms", "ttft_ms", "tps"}


@pytest.mark.parametrize(
    ("form", "meta"),
    [
        ("usage", {"usage": {"credits_used", "usd_spent"}}),
        ("credits", {"usage": {"credits_used"}}),
        ("tokens", {"usage": {"tokens_used"}}),
        ("none", None),
    ],
)
def test_meta_has_the_forms_of_earlier_answers(form: Any, meta: dict[str, set[str]] | None) -> None:
    with Emulator(meta=form) as api:
        answer = ask(api)
    found = answer.json().get("meta")
    assert (found and {key: set(value) for key, value in found.items()}) == meta
    assert "x-aimlapi-model" not in answer.headers


# --- keys -----


def test_the_key_may_come_as_x_api_key_where_anthropics_sdk_sends_it(either: Emulator) -> None:
    assert anonymous(either, "/messages", {"x-api-key": either.api_key}) == 200
    assert anonymous(either, "/messages", {"x-api-key": "wrong"}) == 401
    assert anonymous(either, "/chat/completions", {"x-api-key": either.api_key}) == 401


@pytest.mark.parametrize(("setting", "status"), [("never", 401), ("always", 200)])
def test_x_api_key_can_be_taken_nowhere_and_everywhere(setting: Any, status: int) -> None:
    with Emulator(x_api_key=setting) as api:
        for path in ("/messages", "/chat/completions"):
            assert anonymous(api, path, {"x-api-key": api.api_key}) == status


def test_a_key_whose_limit_is_spent_is_refused_and_the_others_go_on(api: Emulator) -> None:
    api.account.add_key("small", limit=0.0003)
    statuses = []
    with api.client(headers={"Authorization": "Bearer small"}) as client:
        for _ in range(4):
            answer = client.post("/chat/completions", json={"model": GPT, "messages": HI})
            statuses.append(answer.status_code)
    assert statuses[0] == 200
    assert statuses[-1] == 403
    assert "spending limit" in message(answer)
    assert ask(api).status_code == 200


# --- limits -----


def test_a_rate_limit_remembers_calls_until_they_are_old(
    api: Emulator, clock: VirtualClock
) -> None:
    api.limit(2, 1.0, retry_after=1)
    answers = [ask(api) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["retry-after"] == "1"
    clock.advance(0.9)
    assert ask(api).status_code == 429
    clock.advance(0.2)
    assert [ask(api).status_code for _ in range(3)] == [200, 200, 429]


def test_a_rate_limit_holds_for_its_path(api: Emulator) -> None:
    api.limit(0, 60.0, path="/embeddings")
    with api.client() as client:
        body = {"model": "text-embedding-3-small", "input": "a"}
        refused = client.post("/embeddings", json=body)
    assert refused.status_code == 429
    assert "retry-after" not in refused.headers  # the real API sends none
    assert ask(api).status_code == 200


def test_only_so_many_streams_are_open_at_once(either: Emulator) -> None:
    either.limit(concurrent=1)
    body = {"model": GPT, "messages": HI, "stream": True}
    with either.client() as client:
        with client.stream("POST", "/chat/completions", json=body) as first:
            assert first.status_code == 200
            next(first.iter_raw())
            if not either.base_url.startswith("http://127"):  # a socket buffers the whole stream
                assert ask(either).status_code == 429
        assert [ask(either).status_code for _ in range(2)] == [200, 200]


# --- what is judged beside the schema -----


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (GPT, "maximum context length is 1000 tokens"),
        (CLAUDE, "prompt is too long: 1106 tokens > 1000 maximum"),
    ],
)
def test_a_prompt_longer_than_the_context_is_refused_in_the_vendors_words(
    model: str, words: str
) -> None:
    long = [{"role": "user", "content": "word " * 1_100}]
    with Emulator() as api:
        api.models.change(model, context=1_000)
        answer = ask(api, model, messages=long)
        assert answer.status_code == 400
        assert words in message(answer)
    with Emulator(check_context=False) as api:
        api.models.change(model, context=1_000)
        assert ask(api, model, messages=long).status_code == 200


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"tools": [TOOL], "tool_choice": "banana"}, "'none' | 'auto' | 'required'"),
        ({"tools": [TOOL], "tool_choice": {}}, "tool_choice"),
        (
            {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "x"}}},
            "Tool choice 'x' not found in 'tools' parameter",
        ),
        ({"response_format": {"type": "yaml"}}, "'text' | 'json_object' | 'json_schema'"),
        ({"response_format": {"type": "json_schema"}}, "json_schema: Required"),
    ],
)
def test_a_choice_or_a_format_that_is_none_is_a_400(more: dict[str, Any], words: str) -> None:
    with Emulator() as api:
        answer = ask(api, **more)
    assert answer.status_code == 400
    assert words in message(answer)


@pytest.mark.parametrize("choice", [1_000_000, "banana", {}, {"type": "function"}])
def test_a_choice_that_is_none_is_a_400_on_responses_too(choice: Any) -> None:
    body = {"model": GPT, "input": "hi", "tool_choice": choice}
    with Emulator() as api:
        answer = api.client().post("/responses", json=body)
    assert answer.status_code == 400
    assert "tool_choice" in message(answer)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "GZIP", "banana"])
@pytest.mark.parametrize("compressed", [False, True])
def test_a_body_that_says_it_is_compressed_is_a_400_be_it_true_or_not(
    either: Emulator, encoding: str, compressed: bool
) -> None:
    body = json.dumps({"model": GPT, "messages": HI}).encode()
    headers = {"content-type": "application/json", "content-encoding": encoding}
    with either.client() as client:
        sent = gzip.compress(body) if compressed else body
        answer = client.post("/chat/completions", content=sent, headers=headers)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert message(answer).endswith(f"content-encoding {encoding.lower()}")


def test_a_form_that_says_it_is_compressed_is_a_400(api: Emulator) -> None:
    headers = {"content-encoding": "gzip"}
    with api.client() as client:
        answer = client.post("/files", files={"file": b"x"}, headers=headers)
    assert (answer.status_code, "content-encoding gzip" in message(answer)) == (400, True)


@pytest.mark.parametrize("headers", [{"content-encoding": "identity"}, {"content-encoding": ""}])
def test_a_body_that_says_it_is_as_it_is_is_taken(api: Emulator, headers: dict[str, str]) -> None:
    with api.client() as client:
        body = {"model": GPT, "messages": HI}
        assert client.post("/chat/completions", json=body, headers=headers).status_code == 200


def test_a_request_without_a_body_may_say_what_it_likes(api: Emulator) -> None:
    with api.client() as client:
        assert client.get("/models", headers={"content-encoding": "gzip"}).status_code == 200


# --- responses in background -----


def test_a_response_in_background_is_queued_then_at_work_then_done(api: Emulator) -> None:
    with api.client() as client:
        body = {"model": GPT, "input": "hi", "background": True}
        first = client.post("/responses", json=body).json()
        states = [client.get(f"/responses/{first['id']}").json() for _ in range(2)]
    assert (first["status"], first["background"]) == ("queued", True)
    assert [one["status"] for one in states] == ["in_progress", "completed"]
    assert states[1]["output"][-1]["content"][0]["text"].startswith("Hello!")
    assert states[1]["id"] == first["id"]
    assert [one.kind for one in api.account.charges] == ["INIT", "MODEL_USAGE"]


def test_a_response_in_background_can_fail(api: Emulator) -> None:
    api.jobs.plan(states=(), error="the model is gone", kind="response")
    with api.client() as client:
        body = {"model": GPT, "input": "hi", "background": True}
        first = client.post("/responses", json=body).json()
        end = client.get(f"/responses/{first['id']}").json()
    assert end["status"] == "failed"
    assert end["error"]["message"] == "the model is gone"


def test_a_stored_response_is_read_by_its_id_and_another_is_a_404(api: Emulator) -> None:
    with api.client() as client:
        body = {"model": GPT, "input": "hi", "store": True}
        made = client.post("/responses", json=body).json()
        found = client.get(f"/responses/{made['id']}")
        missing = client.get("/responses/none")
    assert found.json()["output"] == made["output"]
    assert missing.status_code == 404


# --- what changes under a running client -----


def test_a_parameter_of_yesterday_is_refused_today(api: Emulator) -> None:
    assert ask(api, temperature=0.5).status_code == 200
    api.models.change(GPT, refuse=["temperature"])
    assert ask(api, temperature=0.5).status_code == 400
    assert ask(api).status_code == 200


def test_values_limits_and_needs_change(api: Emulator) -> None:
    api.models.change(
        GPT, enums={"service_tier": ["flex"]}, limits={"top_p": (0.2, 0.8)}, require=["user"]
    )
    assert ask(api, user="me", service_tier="flex", top_p=0.5).status_code == 200
    assert "'flex'" in message(ask(api, user="me", service_tier="auto"))
    assert "top_p" in message(ask(api, user="me", top_p=0.9))
    assert "user: Required" in message(ask(api))


def test_a_model_is_closed_withdrawn_and_another_comes(api: Emulator) -> None:
    api.models.change(GPT, closed=True)
    assert "banana" in message(ask(api, banana=1))
    api.models.remove(GPT, replaced_by="openai/gpt-9")
    gone = ask(api)
    assert (gone.status_code, "openai/gpt-9" in message(gone)) == (404, True)
    assert ask(api, "openai/gpt-9").status_code == 404
    api.models.add("openai/gpt-9", like="openai/gpt-4o-mini", context=64)
    assert ask(api, "openai/gpt-9").status_code == 200
    with api.client() as client:
        ids = {row["id"] for row in client.get("/models").json()["data"]}
    assert "openai/gpt-9" in ids
    assert GPT not in ids


# --- the gateway's own test models -----


def dummy(api: Emulator, path: str, kind: str, keys: dict[str, Any], **more: Any) -> httpx.Response:
    with api.client() as client:
        body = {"model": f"test/dummy{kind}", "test": keys, **more}
        return client.post(path, json=body)


def test_the_test_model_of_chat_needs_no_messages(api: Emulator) -> None:
    answer = dummy(api, "/chat/completions", "", {})
    assert answer.json()["choices"][0]["message"]["content"]


@pytest.mark.parametrize(
    ("path", "kind", "more"),
    [
        ("/chat/completions", "", {}),
        ("/embeddings", "-embeddings", {"input": "a"}),
        ("/ocr", "-ocr", {"document": {"type": "document_url", "document_url": "https://a.b/c"}}),
    ],
)
def test_a_test_model_that_answers_at_once_takes_its_delay(
    either: Emulator, clock: VirtualClock, path: str, kind: str, more: dict[str, Any]
) -> None:
    began = clock()
    answer = dummy(either, path, kind, {"delay": 120}, **more)
    assert answer.status_code == 200
    if "127.0.0.1" in either.base_url:  # a socket waits in earnest
        assert answer.elapsed.total_seconds() >= 0.12
    else:
        assert clock() - began == pytest.approx(0.12)


@pytest.mark.parametrize(
    ("path", "kind", "more"),
    [
        ("/embeddings", "-embeddings", {"input": "a"}),
        ("/ocr", "-ocr", {"document": {"type": "document_url", "document_url": "https://a.b/c"}}),
    ],
)
@pytest.mark.parametrize("status", [400, 429, 503])
def test_a_test_model_answers_the_status_that_it_is_told(
    api: Emulator, path: str, kind: str, more: dict[str, Any], status: int
) -> None:
    answer = dummy(api, path, kind, {"errorStatus": status}, **more)
    assert answer.status_code == status
    assert dummy(api, path, kind, {}, **more).status_code == 200


JOBS = [
    ("/v2/video/generations", "-video", {"prompt": "a"}),
    ("/v2/generate/audio", "-audio", {"prompt": "a"}),
    ("/v1/stt/create", "-stt", {"url": "https://example.com/a.mp3"}),
]


def polled(api: Emulator, path: str, job: str) -> dict[str, Any]:
    with api.client() as client:
        base = api.base_url.removesuffix("/v1")
        where = f"/v1/stt/{job}" if "/stt/" in path else f"{path}?generation_id={job}"
        found: dict[str, Any] = client.get(base + where).json()
        return found


@pytest.mark.parametrize(("path", "kind", "more"), JOBS)
def test_a_job_of_a_test_model_runs_as_it_is_told(
    api: Emulator, clock: VirtualClock, path: str, kind: str, more: dict[str, Any]
) -> None:
    url = api.base_url.removesuffix("/v1") + path
    refused = dummy(api, url, kind, {"submitErrorStatus": 503}, **more)
    assert refused.status_code == 503
    made = dummy(api, url, kind, {"runningPolls": 3}, **more).json()
    job = made.get("id") or made["generation_id"]
    states = [polled(api, path, job)["status"] for _ in range(4)]
    assert states == ["queued", "generating", "generating", "completed"]
    made = dummy(api, url, kind, {"runningPolls": 0, "errorStatus": 500}, **more).json()
    end = polled(api, path, made.get("id") or made["generation_id"])
    assert end["status"] == "error"
    assert "500" in end["error"]["message"]
    made = dummy(api, url, kind, {"runningPolls": 0, "delay": 2_000}, **more).json()
    job = made.get("id") or made["generation_id"]
    assert polled(api, path, job)["status"] == "generating"
    clock.advance(2.0)
    assert polled(api, path, job)["status"] == "completed"
