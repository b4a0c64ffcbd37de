"""Refreshing the catalog through the public door, in both colours, and calling what is new."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest
from langchain_core.messages import AIMessage, HumanMessage

from langchain_aimlapi import AimlapiClient, Catalog, ChatAimlapi
from langchain_aimlapi.catalog.shape import CHAT
from langchain_aimlapi.errors import (
    APIError,
    InvalidResponseError,
    ModelNotFoundError,
    UnsupportedParameterWarning,
)
from tests.unit_tests.catalog.test_live import ENDINGS, GPT, document

BASE = "https://gateway.test/v1"
ZETA = "maker/zeta-1"
ANSWER = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop",
                 "message": {"role": "assistant", "content": "Hi."}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}  # fmt: skip


def row(name: str, kind: str = "openai/chat-completions") -> dict[str, Any]:
    query = httpx.QueryParams({"model": name, "endpoint": kind})
    info = {"name": name, "developer": "Maker", "docsJson": f"https://api.test/docs-json?{query}"}
    return {"id": name, "aliases": [], "type": kind, "tags": [], "info": info}


class Gateway:
    """The public lists and schemas, behind ETags; remembers what it was asked for."""

    def __init__(self) -> None:
        self.models = [GPT, row(ZETA)]
        self.endings: Any = ENDINGS
        self.documents = {
            ZETA: document([ZETA, "zeta-1"], temperature={"type": "number", "maximum": 0.5})
        }
        self.requests: list[httpx.Request] = []
        self.version = "1"
        self.failing = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.failing:
            self.failing -= 1
            return httpx.Response(503)
        path = request.url.path
        if path == "/v1/models":
            return self._listed(request, {"object": "list", "data": self.models})
        if path == "/v1/models/deprecations":
            none = self.endings is None
            return httpx.Response(404) if none else self._listed(request, self.endings)
        if path == "/docs-json":
            (name,) = parse_qs(request.url.query.decode())["model"]
            found = self.documents.get(name)
            return httpx.Response(404) if found is None else httpx.Response(200, json=found)
        return httpx.Response(200, json=ANSWER)

    def _listed(self, request: httpx.Request, payload: Any) -> httpx.Response:
        etag = f'W/"{self.version}"'
        if request.headers.get("if-none-match") == etag:
            return httpx.Response(304)
        return httpx.Response(200, json=payload, headers={"etag": etag})

    def asked(self) -> list[str]:
        return [request.url.raw_path.decode() for request in self.requests]


@pytest.fixture
def gateway() -> Gateway:
    return Gateway()


@pytest.fixture
def client(gateway: Gateway) -> Iterator[AimlapiClient]:
    with httpx.Client(transport=httpx.MockTransport(gateway)) as plain:
        yield AimlapiClient(
            base_url=BASE,
            http_client=plain,
            http_async_client=httpx.AsyncClient(transport=httpx.MockTransport(gateway)),
            max_retries=1,
        )


async def refreshed(client: AimlapiClient, colour: str, **options: Any) -> Catalog:
    if colour == "sync":
        return client.refresh_catalog(**options)
    return await client.arefresh_catalog(**options)


async def test_a_stranger_is_usable_with_full_facts_after_one_call(
    gateway: Gateway, client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    catalog = await refreshed(client, colour, schemas=ZETA, directory=tmp_path)
    facts = catalog.find("zeta-1")
    assert set(facts.shapes[CHAT].roles) == {"user", "assistant"}
    link = "/docs-json?model=maker%2Fzeta-1&endpoint=openai%2Fchat-completions"
    assert gateway.asked()[2:] == [link]
    assert gateway.requests[2].url.host == "gateway.test", "never another host"
    model = ChatAimlapi(
        model=ZETA, catalog=catalog, base_url=BASE, api_key="k", http_client=client.http_client
    )
    history = [HumanMessage("hi"), AIMessage("hello"), HumanMessage("so?")]
    with pytest.warns(UnsupportedParameterWarning, match="temperature=2"):
        assert model.bind(temperature=2).invoke(history).content == "Hi."
    body = json.loads(gateway.requests[-1].content)
    assert body["temperature"] == 0.5
    assert body["model"] == ZETA


async def test_a_second_refresh_asks_only_for_what_changed(
    gateway: Gateway, client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    first = await refreshed(client, colour, directory=tmp_path)
    again = await refreshed(client, colour, directory=tmp_path)
    assert [request.headers.get("if-none-match") for request in gateway.requests] == [
        None, None, 'W/"1"', 'W/"1"',
    ]  # fmt: skip
    for catalog in (first, again, Catalog.saved(BASE, directory=tmp_path)):
        assert catalog.find("openai/gpt-4o").status == "deprecated"
        assert catalog.find(ZETA).known
        assert catalog.age is not None
    gateway.version, gateway.models = "2", [row("maker/eta-1")]
    newest = await refreshed(client, colour, directory=tmp_path)
    assert newest.find("maker/eta-1").known
    assert not newest.find(ZETA).known


async def test_schemas_read_before_are_kept_beside_new_ones(
    gateway: Gateway, client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    eta = "maker/eta-1"
    gateway.models.append(row(eta))
    gateway.documents[eta] = document([eta])
    await refreshed(client, colour, schemas=[ZETA], directory=tmp_path)
    both = await refreshed(client, colour, schemas=[eta], directory=tmp_path)
    for name in (ZETA, eta):
        assert both.find(name).shapes[CHAT].params is not None
    asked = [path for path in gateway.asked() if path.startswith("/docs-json")]
    assert len(asked) == 2


async def test_all_schemas_are_read_and_one_that_is_gone_is_passed_over(
    gateway: Gateway, client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    catalog = await refreshed(client, colour, schemas="all", directory=tmp_path)
    asked = [path for path in gateway.asked() if path.startswith("/docs-json")]
    assert len(asked) == 2, "one is 404"
    assert catalog.find(ZETA).shapes[CHAT].params is not None
    assert catalog.find("openai/gpt-4o").shapes == Catalog.default().find("openai/gpt-4o").shapes


async def test_a_gateway_without_a_list_of_endings_is_no_error(
    gateway: Gateway, client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    gateway.endings = None
    catalog = await refreshed(client, colour, directory=tmp_path)
    assert catalog.find("openai/gpt-4o").status == "listed"


async def test_a_refresh_is_tried_again_and_what_is_wrong_is_not_kept(
    gateway: Gateway, client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    gateway.failing = 1
    await refreshed(client, colour, directory=tmp_path)
    kept = held(tmp_path)
    gateway.version, gateway.documents[ZETA] = "2", {"hello": "world"}
    with pytest.raises(InvalidResponseError, match="no paths"):
        await refreshed(client, colour, schemas=ZETA, directory=tmp_path)
    gateway.failing = 9
    with pytest.raises(APIError):
        await refreshed(client, colour, directory=tmp_path)
    assert held(tmp_path) == kept


async def test_the_catalog_refreshes_itself_through_a_client(
    gateway: Gateway, client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    mine = Catalog.default().with_facts(Catalog.default().find("minimax/m2"))
    if colour == "sync":
        found = mine.refresh(client, schemas=ZETA, directory=tmp_path)
    else:
        found = await mine.arefresh(client, schemas=ZETA, directory=tmp_path)
    assert found.find(ZETA).known
    assert client.models(vendor="maker") == found.models(vendor="maker")
    assert repr(found).endswith("hours ago)")


def held(directory: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in directory.rglob("*.json")}


def chat(gateway: Gateway, catalog: Catalog, model: str, **fields: Any) -> ChatAimlapi:
    plain = httpx.Client(transport=httpx.MockTransport(gateway))
    return ChatAimlapi(
        model=model, catalog=catalog, base_url=BASE, api_key="k", http_client=plain, **fields
    )


def test_a_model_that_ends_goes_on_working_with_one_notice(gateway: Gateway) -> None:
    catalog = Catalog.default().with_endings(ENDINGS)
    model = chat(gateway, catalog, "openai/gpt-4o")
    with pytest.warns(UnsupportedParameterWarning) as caught:
        [model.invoke(text) for text in ("hi", "hi")]
    (notice,) = caught
    assert str(notice.message) == (
        "openai/gpt-4o: the model is deprecated and ends on 2027-02-01; use openai/gpt-5.1"
    )
    assert notice.filename == __file__
    assert len(gateway.requests) == 2


def test_a_withdrawn_model_is_refused_with_its_replacement(gateway: Gateway) -> None:
    gone = chat(gateway, Catalog.default(), "openai/gpt-5.3-chat")
    with pytest.raises(ModelNotFoundError, match="withdrawn on 2026-08-10") as caught:
        gone.invoke("hi")
    advice = "openai/gpt-5.3-chat was switched off; use openai/gpt-5.3-codex"
    assert caught.value.advice == advice
    assert gateway.requests == []
    sent = chat(gateway, Catalog.default(), "openai/gpt-5.3-chat", on_unsupported="send")
    assert sent.invoke("hi").content == "Hi."
