"""Arguments that are no fields: what is sent, what is refused, and what nobody may see."""

from __future__ import annotations

import json
import warnings

import httpx
import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.load import dumps
from pydantic import SecretStr, ValidationError

import langchain_aimlapi
from langchain_aimlapi import AimlapiEmbeddings, ChatAimlapi
from langchain_aimlapi.catalog.advice import FRONTS
from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.errors import AimlapiError
from tests.unit_tests.langchain.helpers import MODEL, Recorder, Wire, ask, make, stream, whole

HELLO = whole({"content": "Hello."})
SECRET = "sk-SECRET-0123456789abcdef"


# --- credentials and addresses of other APIs -----

PRIVATE = [
    ("openai_api_key", "api_key"),
    ("anthropic_api_key", "api_key"),
    ("apikey", "api_key"),
    ("hf_token", "api_key"),
    ("access_token", "api_key"),
    ("client_secret", "api_key"),
    ("aws_secret_access_key", "api_key"),
    ("aws_access_key_id", "api_key"),
    ("password", "api_key"),
    ("Authorization", "api_key"),
    ("openai_api_base", "base_url"),
    ("azure_endpoint", "base_url"),
    ("api_base", "base_url"),
    ("openai_organization", "no such thing"),
    ("organization", "no such thing"),
    ("openai_proxy", "proxy"),
    ("client", "http_client"),
    ("management_key", "api_key"),
    ("headers", "default_headers"),
    ("extra_headers", "default_headers"),
]


@pytest.mark.parametrize(("name", "meant"), PRIVATE)
def test_a_foreign_credential_or_address_is_refused_with_the_field_that_is_meant(
    name: str, meant: str
) -> None:
    with pytest.raises(ValidationError, match=meant) as caught:
        make(**{"model": MODEL, name: SECRET})
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(("name", "meant"), PRIVATE[:-1])
async def test_it_is_refused_at_a_call_before_anything_is_traced_or_sent(
    name: str, meant: str, colour: str
) -> None:
    wire, seen = Wire(HELLO), Recorder()
    for call in (ask, stream):
        with pytest.raises(ValueError, match=meant) as caught:
            await call(wire.model(), "hi", colour, config={"callbacks": [seen]}, **{name: SECRET})
        assert SECRET not in str(caught.value)
    with pytest.raises(ValueError, match=meant):
        wire.model().bind(**{name: SECRET})
    assert wire.requests == []
    assert seen.started == []


def test_a_credential_is_refused_in_model_kwargs_and_by_its_look() -> None:
    for kwargs in ({"openai_api_key": "x"}, {"vendor_switch": SECRET},
                   {"vendor_switch": SecretStr("x")}):  # fmt: skip
        with pytest.raises(ValidationError, match="api_key"):
            ChatAimlapi(model=MODEL, model_kwargs=kwargs)
    with pytest.raises(ValidationError, match="api_key"):
        make(model=MODEL, vendor_switch=f"Bearer {SECRET}")


async def test_extra_body_is_the_way_for_a_parameter_of_such_a_name(colour: str) -> None:
    wire = Wire(HELLO)
    await ask(wire.model(extra_body={"webhook_token": "x"}), "hi", colour)
    assert wire.bodies[0]["webhook_token"] == "x"


async def test_headers_of_a_call_are_sent_and_shown_to_nobody(colour: str) -> None:
    wire, seen = Wire(HELLO), Recorder()
    headers = {"X-Gateway-Key": "gateway-secret"}
    model = wire.model()
    bound = model.bind(extra_headers=headers)
    for call in (ask, stream):
        await call(model, "hi", colour, config={"callbacks": [seen]}, extra_headers=headers)
        await call(bound, "hi", colour, config={"callbacks": [seen]})
    sent = [request.headers["x-gateway-key"] for request in wire.requests]
    assert sent == ["gateway-secret"] * 4
    shown = [repr(bound), dumps(bound), repr(seen.started), json.dumps(seen.started, default=repr)]
    assert not [text for text in shown if "gateway-secret" in text]
    assert "***" in repr(seen.started)
    assert headers == {"X-Gateway-Key": "gateway-secret"}, "the user's own dictionary is as it was"


async def test_headers_from_a_dump_are_not_sent_as_stars(colour: str) -> None:
    wire = Wire(HELLO)
    with pytest.raises(ValueError, match="left out of a dump"):
        await ask(wire.model(), "hi", colour, extra_headers={"x-gateway-key": "***"})
    assert wire.requests == []


async def test_other_headers_are_another_entry_of_the_cache(colour: str) -> None:
    wire = Wire(HELLO)
    model = wire.model(cache=InMemoryCache())
    for tenant in ("one", "two", "one"):
        await ask(model, "hi", colour, extra_headers={"x-tenant": tenant})
    assert [request.headers["x-tenant"] for request in wire.requests] == ["one", "two"]


# --- names at a call -----


@pytest.mark.parametrize(("wrong", "right"), [("temprature", "temperature"), ("max_token",
                         "max_tokens"), ("tool_choise", "tool_choice")])  # fmt: skip
async def test_a_misspelt_argument_of_a_call_is_refused_with_the_right_spelling(
    wrong: str, right: str, colour: str
) -> None:
    wire = Wire(HELLO)
    for call in (ask, stream):
        with pytest.raises(ValueError, match=f"did you mean '{right}'"):
            await call(wire.model(), "hi", colour, **{wrong: 1})
    with pytest.raises(ValueError, match=f"did you mean '{right}'"):
        wire.model().bind(**{wrong: 1})
    assert wire.requests == []


async def test_an_argument_of_the_constructor_is_refused_at_a_call(colour: str) -> None:
    wire = Wire(HELLO)
    with pytest.raises(ValueError, match=r"where the model is made.*timeout"):
        await ask(wire.model(), "hi", colour, timeout=3)


async def test_an_unknown_argument_of_a_call_is_sent_with_one_warning_at_the_users_line(
    colour: str,
) -> None:
    wire = Wire(HELLO)
    model = wire.model()
    with pytest.warns(UserWarning, match="'vendor_switch' is no argument") as seen:
        await ask(model, "hi", colour, vendor_switch=0.1)
    assert seen[0].filename.endswith("helpers.py")
    await ask(model, "hi", colour, vendor_switch=0.2)  # a second warning would be an error
    assert [body["vendor_switch"] for body in wire.bodies] == [0.1, 0.2]


async def test_a_parameter_that_the_catalog_knows_needs_no_warning(colour: str) -> None:
    wire = Wire(HELLO)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        await ask(wire.model("an/unknown-model"), "hi", colour, min_p=0.1)
        await ask(make(model="an/unknown-model", min_p=0.2, **wire.settings()), "hi", colour)
    assert [body["min_p"] for body in wire.bodies] == [0.1, 0.2]


async def test_tools_and_formats_in_model_kwargs_are_those_of_every_call(colour: str) -> None:
    wire = Wire(HELLO)
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    kwargs = {"tools": [tool], "response_format": {"type": "json_object"}}
    await ask(wire.model(model_kwargs=kwargs), "hi as JSON", colour)
    assert wire.bodies[0]["tools"][0]["function"]["name"] == "look"
    assert wire.bodies[0]["response_format"] == {"type": "json_object"}


# --- values -----


@pytest.mark.parametrize("limit", [0, -1])
@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
async def test_a_token_limit_below_one_is_refused(name: str, limit: int, colour: str) -> None:
    wire = Wire(HELLO)
    with pytest.raises(ValidationError, match=f"{name}={limit}.*leave it out for no limit"):
        make(**{"model": MODEL, name: limit})
    with pytest.raises(ValueError, match="leave it out for no limit"):
        await ask(wire.model(), "hi", colour, **{name: limit})
    with pytest.raises(ValueError, match="leave it out for no limit"):
        await stream(wire.model(model_kwargs={name: limit}), "hi", colour)
    assert wire.requests == []


async def test_a_time_out_of_httpx_is_understood(colour: str) -> None:
    for given, limits in (
        (httpx.Timeout(5), (5, 5)),
        (httpx.Timeout(60, connect=2), (2, 60)),
        (httpx.Timeout(None), (None, None)),
    ):
        wire = Wire(HELLO)
        model = wire.model(timeout=given)
        assert model.timeout == limits
        await ask(model, "hi", colour)
        sent = wire.requests[0].extensions["timeout"]
        assert (sent["connect"], sent["read"]) == limits
    assert make(model=MODEL, request_timeout=httpx.Timeout(3)).timeout == (3, 3)


@pytest.mark.parametrize("name", ["timeout", "request_timeout", "deadline", "stream_timeout"])
@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_a_wait_of_no_time_is_refused(name: str, seconds: float) -> None:
    with pytest.raises(ValueError, match=r"above 0|greater than 0"):
        make(model=MODEL, **{name: seconds})
    if "request" in name or name == "timeout":
        with pytest.raises(ValueError, match=r"above 0; \(None, None\) waits without a limit"):
            make(model=MODEL, **{name: (5, seconds)})


# --- models of another kind -----


async def test_a_model_of_another_kind_is_an_error_that_names_its_class(colour: str) -> None:
    with Emulator() as api:
        for name, right in (("flux/schnell", r"makes images; use AimlapiClient\(\).images"),
                            ("text-embedding-3-large", "use AimlapiEmbeddings")):  # fmt: skip
            for call in (ask, stream):
                with pytest.raises(AimlapiError, match=right):
                    await call(make(model=name, **api.settings()), "hi", colour)
        embeddings = AimlapiEmbeddings(model="openai/gpt-4o", **api.settings())
        with pytest.raises(AimlapiError, match="is a chat model; use ChatAimlapi"):
            _ = (
                embeddings.embed_query("x")
                if colour == "sync"
                else await embeddings.aembed_query("x")
            )


def test_every_class_that_such_an_advice_names_is_there() -> None:
    made = {
        "ChatAimlapi": ChatAimlapi(model=MODEL),
        "AimlapiEmbeddings": AimlapiEmbeddings(),
        "AimlapiClient()": langchain_aimlapi.AimlapiClient(),
    }
    for _, right in FRONTS.values():
        if right is not None:
            name, _, attribute = right.partition(".")
            assert not attribute or hasattr(made[name], attribute)
            assert name in made
