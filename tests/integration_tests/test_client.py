"""`AimlapiClient` itself: finding endpoints, options, the catalog's refresh, life and secrets."""

from __future__ import annotations

import asyncio
import inspect
import json
import pickle
import pydoc
import subprocess
import sys
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from langchain_aimlapi import AimlapiClient, Catalog, endpoints
from langchain_aimlapi.emulator import Emulator, Fault
from langchain_aimlapi.endpoints.speech import AsyncSpeechStream
from langchain_aimlapi.errors import (
    AuthenticationError,
    InvalidResponseError,
    OutOfCreditError,
)


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def client(api: Emulator) -> AimlapiClient:
    return AimlapiClient(**api.settings())


async def refreshed(client: AimlapiClient, colour: str, directory: Path) -> Catalog:
    if colour == "sync":
        return client.refresh_catalog(directory=directory)
    return await client.arefresh_catalog(directory=directory)


def held(directory: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in directory.rglob("*.json")}


# --- endpoints -----


def every_method() -> Iterator[tuple[str, endpoints.Method[..., Any]]]:
    """Every endpoint of a client, by the name under which it is called."""
    for name, found in endpoints.mounted(AimlapiClient).items():
        if isinstance(found, endpoints.Method):
            yield name, found
        else:
            for each, method in found.methods().items():
                yield f"{name}.{each}", method


def test_every_endpoint_hangs_on_the_client_in_both_colours(client: AimlapiClient) -> None:
    methods = dict(every_method())
    assert {"embeddings", "images.generate", "images.edit", "metrics", "billing"} <= set(methods)
    sync = {
        name: method
        for name, method in methods.items()
        if not isinstance(method, endpoints.AsyncCall | endpoints.AsyncStreamCall)
        and not isinstance(method, endpoints.AsyncSubmit | endpoints.AsyncCheck | AsyncSpeechStream)
    }
    twins = {".".join([*name.split(".")[:-1], "a" + name.split(".")[-1]]) for name in sync}
    assert twins | {"aocr"} == set(methods) - set(sync)  # the twin of ``client.ocr(...)`` itself
    for name, method in methods.items():
        assert callable(attrgetter(name)(client)), name
        twin = methods.get(name.replace(".a", ".")) or methods.get(name.removeprefix("a"))
        assert twin is None or twin.function is method.function


def test_every_endpoint_has_its_own_name_signature_and_docstring(client: AimlapiClient) -> None:
    for name, method in every_method():
        bound = attrgetter(name)(client)
        assert bound.__name__ == name.split(".")[-1]
        checks = isinstance(method, endpoints.SyncCheck | endpoints.AsyncCheck)
        assert bound.__doc__ == (method if checks else method.function).__doc__
        _, *own = inspect.signature(method.function).parameters.values()
        assert list(inspect.signature(bound).parameters.values()) == own
    shown = pydoc.render_doc(client.images.generate, renderer=pydoc.plaintext)  # type: ignore[attr-defined]  # not in typeshed
    assert "generate(*, model: 'str', prompt: 'str | None' = None" in shown
    assert "-> 'Images'" in shown
    assert "P.args" not in shown


def test_a_misspelt_endpoint_is_an_error(client: AimlapiClient) -> None:
    with pytest.raises(AttributeError, match="telepathy"):
        _ = client.telepathy  # type: ignore[attr-defined]  # the point: mypy sees it, too


def test_every_endpoint_says_what_goes_over_the_wire_and_who_says_so() -> None:
    for name, method in every_method():
        documentation = method.function.__doc__ or ""
        assert "Wire:" in documentation, name
        assert "Source:" in documentation, name


async def test_the_balance_falls_by_what_calls_cost(client: AimlapiClient, colour: str) -> None:
    async def balance() -> float:
        told = client.billing() if colour == "sync" else await client.abilling()
        assert told.currency == "USD"
        return told.amount

    before = await balance()
    cost = client.embeddings(model="voyage-2", input="a b c").cost
    assert cost is not None
    assert cost.usd is not None
    assert await balance() == pytest.approx(before - cost.usd)


async def test_metrics_are_asked_for_by_repeated_names(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    names = ["openai/gpt-4o", "x-ai/grok-4-3", "flux/schnell"]
    told = client.metrics(names) if colour == "sync" else await client.ametrics(names)
    assert [speed.model for speed in told.models] == names[:2]  # a picture model has none
    speed = told.of("openai/gpt-4o")
    assert speed is not None
    assert speed.ttft_ms["p50"] <= speed.ttft_ms["p99"]
    assert told.of("flux/schnell") is None
    assert told.window_seconds == 3600


async def test_many_names_go_out_in_several_requests(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    names = [model.id for model in api.models.listed() if model.kind == "chat"][:150]
    told = client.metrics(names) if colour == "sync" else await client.ametrics(names)
    assert len(api.requests) == 2
    assert [speed.model for speed in told.models] == names


@pytest.mark.parametrize("body", [{}, {"current_balance": "much"}, {"current_balance": None}])
def test_an_answer_without_a_balance_is_a_typed_error(
    api: Emulator, client: AimlapiClient, body: Any
) -> None:
    api.replay(body)
    with pytest.raises(InvalidResponseError, match="no current_balance"):
        client.billing()


def test_an_empty_account_is_its_own_error() -> None:
    with Emulator(out_of_credit={"poor"}) as api:
        client = AimlapiClient(**{**api.settings(), "api_key": "poor"})
        with pytest.raises(OutOfCreditError):
            client.embeddings(model="voyage-2", input="a")


# --- the catalog's refresh -----


async def test_a_refresh_adds_prices_and_asks_only_for_what_changed(
    api: Emulator, colour: str, tmp_path: Path
) -> None:
    first = AimlapiClient(**api.settings())
    assert first.models(kind="embedding")[0].prices is None
    catalog = await refreshed(first, colour, tmp_path)
    prices = catalog.find("openai/gpt-4o").prices
    assert prices is not None
    assert prices["input"] == pytest.approx(3.25e-6)  # as the public price list has it
    assert first.models(kind="chat")[0].prices is not None
    assert Catalog.default().find("openai/gpt-4o").prices != prices

    second = AimlapiClient(**api.settings())
    again = await refreshed(second, colour, tmp_path)
    lists = [request.status for request in api.requests if request.path == "/v1/models"]
    assert lists == [200, 304]
    assert again.find("openai/gpt-4o").prices == prices


async def test_a_refresh_needs_no_key_and_sends_none(
    api: Emulator, colour: str, tmp_path: Path
) -> None:
    settings = {k: v for k, v in api.settings().items() if k != "api_key"}
    client = AimlapiClient(**settings)
    await refreshed(client, colour, tmp_path)
    assert "authorization" not in api.requests[0].headers
    with pytest.raises(AuthenticationError, match="AIMLAPI_API_KEY"):
        client.billing()


@pytest.mark.slow
async def test_a_refresh_is_retried_and_bad_lists_are_not_kept(
    api: Emulator, client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    api.fault(Fault(status=503), times=1)
    await refreshed(client, colour, tmp_path)
    assert {503, 200} <= {request.status for request in api.requests}
    kept = held(tmp_path)
    api.replay({"data": "nonsense"})
    with pytest.raises(InvalidResponseError, match="no list under data"):
        await refreshed(client, colour, tmp_path)
    assert held(tmp_path) == kept


@pytest.mark.slow
async def test_a_disk_that_cannot_be_written_is_a_warning(
    client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.warns(RuntimeWarning, match="cannot be kept on disk"):
        catalog = await refreshed(client, colour, blocked)
    assert catalog.find("openai/gpt-4o").prices is not None


async def test_a_schema_that_the_api_does_not_print_is_named_with_the_nearest_id(
    client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    wanted = ("openai/gpt-4oo", "openai/gpt-4o")
    words = "no request schema of 'openai/gpt-4oo' -> did you mean 'openai/gpt-4o'"
    with pytest.warns(RuntimeWarning, match=words) as seen:  # noqa: PT031
        if colour == "async":
            await client.arefresh_catalog(schemas=wanted, directory=tmp_path)
        else:
            client.refresh_catalog(schemas=wanted, directory=tmp_path)
    assert len(seen) == 1


async def test_models_asks_the_network_only_when_told_to(
    api: Emulator, client: AimlapiClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    offline = client.models(kind="image", vendor="openai")
    assert {facts.vendor for facts in offline} == {"openai"}
    assert api.requests == []
    online = await client.amodels(kind="image", vendor="openai", refresh=True)
    assert {facts.id for facts in online} >= {facts.id for facts in offline}
    assert all(facts.prices for facts in online)
    assert len(held(tmp_path / "langchain_aimlapi")) == 2  # the models, and which of them end


# --- options, life, secrets -----


def test_options_change_calls_and_share_connections(api: Emulator, client: AimlapiClient) -> None:
    twin = client.with_options(client_request_id="job-7", max_retries=0, request_timeout=3)
    assert twin._holder is client._holder
    assert (twin.timeout, client.timeout) == (3, None)
    assert twin.billing().client_request_id == "job-7"
    assert client.billing().client_request_id != "job-7"
    with pytest.raises(ValueError, match="'max_retry' is no option: did you mean 'max_retries'"):
        client.with_options(max_retry=1)
    with pytest.raises(ValueError, match="'proxy' belongs to the connection"):
        client.with_options(proxy="http://127.0.0.1:1")


def test_headers_go_out_and_bad_ones_are_refused(api: Emulator) -> None:
    client = AimlapiClient(**api.settings(), default_headers={"X-Own": "7"})
    client.billing()
    assert api.requests[0].headers["x-own"] == "7"
    for bad in ({"X-Own": "a\r\nX-Evil: 1"}, {"X Own": "a"}):
        with pytest.raises(ValidationError):
            AimlapiClient(default_headers=bad)
    with pytest.raises(ValidationError, match="client_request_id"):
        AimlapiClient(client_request_id="a b")


def test_a_misspelt_argument_is_refused() -> None:
    misspelt: dict[str, Any] = {"max_retry": 3}
    with pytest.raises(ValidationError, match="did you mean 'max_retries'"):
        AimlapiClient(**misspelt)


def test_one_argument_under_two_names_is_refused() -> None:
    twice: dict[str, Any] = {"timeout": 3, "request_timeout": 5}
    with pytest.raises(ValidationError, match="timeout and request_timeout are the same argument"):
        AimlapiClient(**twice)


def test_the_key_never_goes_over_plain_http() -> None:
    with pytest.raises(ValidationError, match="unencrypted"):
        AimlapiClient(base_url="http://example.com/v1")


def test_the_key_is_in_no_repr_no_error_and_no_pickle(api: Emulator) -> None:
    secret = "sk-5f0dVERYsecret99"
    client = AimlapiClient(api_key=secret, base_url=api.base_url)
    assert secret not in repr(client)
    assert secret.encode() not in pickle.dumps(client)
    api.fault(Fault(status=400, message=f"bad key {secret}"))
    settings = {**api.settings(), "api_key": secret}
    with pytest.raises(Exception, match=r"bad key \*\*\*") as error:
        AimlapiClient(**settings).billing()
    assert secret not in repr(error.value.__dict__)


def test_one_client_serves_several_event_loops(api: Emulator) -> None:
    with api.serve():
        client = AimlapiClient(**api.settings())

        async def once() -> int:
            told = await asyncio.gather(
                *(client.aembeddings(model="voyage-2", input=f"t{n}") for n in range(5))
            )
            return sum(len(each.vectors) for each in told)

        assert [asyncio.run(once()) for _ in range(3)] == [5, 5, 5]
        assert len(api.requests) == 15


async def test_cancelling_a_call_ends_all_its_requests(api: Emulator) -> None:
    api.fault(Fault(delay=30), times=None)
    client = AimlapiClient(**api.settings())
    before = asyncio.all_tasks()
    call = asyncio.create_task(
        client.aembeddings(model="voyage-2", input=list("abcdef"), batch_size=1)
    )
    await asyncio.sleep(0.1)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert asyncio.all_tasks() == before


async def test_a_client_closes_what_it_opened() -> None:
    with Emulator().serve() as api:
        with AimlapiClient(**api.settings()) as client:
            client.billing()
        async with AimlapiClient(**api.settings()) as client:
            await client.abilling()
        await client.abilling()  # still usable
        await client.aclose()
    assert len(api.requests) == 3


def test_making_a_client_loads_no_http_library() -> None:
    code = (
        "import sys, json, langchain_aimlapi as l; l.AimlapiClient(); l.AimlapiEmbeddings();"
        "print(json.dumps([m for m in ('httpx', 'litellm', 'openai') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
