"""A refusal that names a parameter is put right once, and the next call goes right at once."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from langchain_aimlapi import AimlapiClient, ChatAimlapi
from langchain_aimlapi.errors import InvalidRequestError, UnsupportedParameterWarning
from tests.unit_tests.langchain.helpers import KEY, MODEL, ask, make, stream, whole

Body = dict[str, Any]
Rule = Callable[[str, Body], str | None]


class Drifted:
    """A server that refuses what a rule says; keeps every body that it got."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self.bodies: list[tuple[str, Body]] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.bodies.append((request.url.path, body))
        message = self.rule(request.url.path, body)
        if message is not None:
            return httpx.Response(400, json={"statusCode": 400, "message": message})
        return httpx.Response(200, json=_ANSWERS[request.url.path](body))

    def model(self, **fields: Any) -> ChatAimlapi:
        return make(**{"model": MODEL, **self._clients(), **fields})

    def client(self, **fields: Any) -> AimlapiClient:
        return AimlapiClient(**{**self._clients(), **fields})

    def _clients(self) -> dict[str, Any]:
        transport = httpx.MockTransport(self.answer)
        return {
            "api_key": KEY,
            "base_url": "https://drifted.test/v1",
            "http_client": httpx.Client(transport=transport),
            "http_async_client": httpx.AsyncClient(transport=transport),
        }


_ANSWERS: dict[str, Callable[[Body], Any]] = {
    "/v1/chat/completions": lambda body: whole({"content": "Hi."}),
    "/v1/responses": lambda body: {
        "id": "resp_1", "object": "response", "model": body["model"], "status": "completed",
        "output": [{"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                    "content": [{"type": "output_text", "text": "Hi.", "annotations": []}]}],
    },
    "/v1/embeddings": lambda body: {"object": "list", "data": [{"index": 0, "embedding": [1.0]}]},
    "/v1/images/generations": lambda body: {"data": [{"url": "https://a.example/b.png"}]},
}  # fmt: skip


def no_seed(path: str, body: Body) -> str | None:
    return "Unknown parameter: 'seed'." if "seed" in body else None


async def test_the_call_is_answered_and_the_next_one_needs_no_second_request(colour: str) -> None:
    server = Drifted(no_seed)
    model = server.model(seed=1, temperature=0)
    with pytest.warns(UnsupportedParameterWarning, match="seed=1 was left out: the API refused it"):
        assert (await ask(model, "Hello", colour)).text == "Hi."
    assert [("seed" in body) for _, body in server.bodies] == [True, False]
    assert all(body["temperature"] == 0 for _, body in server.bodies)
    assert (await ask(model, "Hello", colour)).text == "Hi."  # a second warning would be an error
    assert len(server.bodies) == 3
    assert "seed" not in server.bodies[-1][1]


async def test_a_stream_is_put_right_before_its_first_chunk(colour: str) -> None:
    server = Drifted(no_seed)
    with pytest.warns(UnsupportedParameterWarning, match="seed"):
        chunks = await stream(server.model(seed=1), "Hello", colour)
    assert "".join(chunk.text for chunk in chunks) == "Hi."
    assert len(server.bodies) == 2


async def test_an_answer_that_names_two_parameters_needs_one_extra_request(colour: str) -> None:
    def refuses(path: str, body: Body) -> str | None:
        named = [name for name in ("temperature", "top_p") if name in body]
        return f"Unsupported parameters: {', '.join(named)}" if named else None

    server = Drifted(refuses)
    model = server.model(temperature=0.3, top_p=0.5, seed=1)
    with pytest.warns(UnsupportedParameterWarning) as warned:
        assert (await ask(model, "Hello", colour)).text == "Hi."
    assert len(warned) == 2
    assert (await ask(model, "Hello", colour)).text == "Hi."
    assert [len(body) for _, body in server.bodies] == [5, 3, 3]
    assert all(body["seed"] == 1 for _, body in server.bodies)


async def test_one_extra_request_is_all(colour: str) -> None:
    server = Drifted(
        lambda path, body: next(
            (f"Unknown parameter: '{n}'." for n in ("seed", "top_p") if n in body), None
        )
    )
    model = server.model(seed=1, top_p=0.5)
    with (
        pytest.warns(UnsupportedParameterWarning, match="seed"),
        pytest.raises(InvalidRequestError, match="top_p"),
    ):
        await ask(model, "Hello", colour)
    assert len(server.bodies) == 2
    with pytest.warns(UnsupportedParameterWarning, match="top_p"):
        await ask(model, "Hello", colour)  # and so every call gets further
    await ask(model, "Hello", colour)
    assert len(server.bodies) == 5


@pytest.mark.parametrize(
    "fields", [{"learn": False}, {"on_unsupported": "error"}, {"on_unsupported": "send"}]
)
async def test_it_can_be_switched_off(fields: dict[str, Any], colour: str) -> None:
    server = Drifted(no_seed)
    model = server.model(seed=1, **fields)
    for _ in range(2):  # and what was written goes out again
        with pytest.raises(InvalidRequestError, match="seed"):
            await ask(model, "Hello", colour)
    assert [body["seed"] for _, body in server.bodies] == [1, 1]


async def test_content_is_never_changed(colour: str) -> None:
    server = Drifted(lambda path, body: "messages.0.content: Invalid input, seed is fine")
    with pytest.raises(InvalidRequestError, match="Invalid input"):
        await ask(server.model(seed=1), "Hello", colour)
    assert len(server.bodies) == 1


async def test_a_model_that_has_moved_to_another_path_is_asked_there(colour: str) -> None:
    def moved(path: str, body: Body) -> str | None:
        gone = path == "/v1/chat/completions"
        return "This model is only supported in v1/responses" if gone else None

    server = Drifted(moved)
    model = server.model()
    for _ in range(2):
        assert (await ask(model, "Hello", colour)).text == "Hi."
    paths = [path for path, _ in server.bodies]
    assert paths == ["/v1/chat/completions", "/v1/responses", "/v1/responses"]


async def test_what_one_server_refuses_another_one_may_take(colour: str) -> None:
    server = Drifted(no_seed)
    with pytest.warns(UnsupportedParameterWarning, match="seed"):
        await ask(server.model(seed=1), "Hello", colour)
    other = Drifted(lambda path, body: None)
    await ask(other.model(seed=1, base_url="https://other.test/v1"), "Hello", colour)
    assert [body["seed"] for _, body in other.bodies] == [1]


async def test_endpoints_beside_chat_learn_too(colour: str) -> None:
    server = Drifted(lambda path, body: "Unknown parameter: 'user'." if "user" in body else None)
    client = server.client()
    calls: list[tuple[Any, Any, dict[str, Any]]] = [
        (client.embeddings, client.aembeddings,
         {"model": "text-embedding-3-small", "input": "a", "user": "u"}),
        (client.images.generate, client.images.agenerate,
         {"model": "flux/schnell", "prompt": "a cat", "params": {"user": "u"}}),
    ]  # fmt: skip
    for sync, asynchronous, arguments in calls:
        server.bodies.clear()
        for _ in range(2):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UnsupportedParameterWarning)
                await asynchronous(**arguments) if colour == "async" else sync(**arguments)
        assert ["user" in body for _, body in server.bodies] == [True, False, False]


async def test_a_size_is_never_changed_for_it_is_paid_for(colour: str) -> None:
    server = Drifted(
        lambda path, body: "Invalid enum value. Expected '512x512', received '1024x1024'"
    )
    client = server.client()
    arguments: dict[str, Any] = {"model": "openai/gpt-image-1", "prompt": "a", "size": "1024x1024"}

    async def generate() -> None:
        if colour == "async":
            await client.images.agenerate(**arguments)
        else:
            client.images.generate(**arguments)

    with pytest.raises(InvalidRequestError, match="1024x1024"):
        await generate()
    assert len(server.bodies) == 1


async def test_a_change_is_told_under_the_name_that_the_user_wrote(colour: str) -> None:
    def few(path: str, body: Body) -> str | None:
        limit = body.get("max_tokens", 0)
        return "max_tokens: must be at most 50" if limit > 50 else None

    server = Drifted(few)
    with pytest.warns(UnsupportedParameterWarning, match="max_completion_tokens=60 was sent as 50"):
        await ask(server.model(max_completion_tokens=60), "hi", colour)
    assert [body["max_tokens"] for _, body in server.bodies] == [60, 50]
