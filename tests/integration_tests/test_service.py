"""`client.service`: models, balance, ledger, usage, logs and keys, as a client sees them."""

from __future__ import annotations

import itertools
import json
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from langchain_aimlapi import AimlapiClient, ChatAimlapi
from langchain_aimlapi.emulator import Emulator, Fault
from langchain_aimlapi.endpoints.keys import NewKey
from langchain_aimlapi.errors import (
    AimlapiError,
    AuthenticationError,
    InvalidRequestError,
    InvalidResponseError,
    ModelNotFoundError,
    PermissionDeniedError,
)
from tests.harness.colours import call


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as running:
        running.account.add_key("manager-key", name="manager", management=True)
        yield running


@pytest.fixture
def client(api: Emulator) -> AimlapiClient:
    return AimlapiClient(**api.settings(), management_key="manager-key", max_retries=1)


def ask(api: Emulator, request_id: str | None = None, times: int = 1) -> None:
    model = ChatAimlapi(model="openai/gpt-4o", max_retries=0, **api.settings())
    headers = {"x-client-request-id": request_id} if request_id else None
    for _ in range(times):
        model.invoke("hello", extra_headers=headers)


# --- models -----


async def test_the_list_has_prices_limits_and_words(client: AimlapiClient, colour: str) -> None:
    listed = await call(client.service, colour, "models", ids=["openai/gpt-4o"])
    (row,) = [each for each in listed if each.type == "openai/chat-completions"]
    assert (row.id, row.currency, row.developer) == ("openai/gpt-4o", "USD", "openai")
    assert row.context_tokens > 0
    assert {"tools", "streaming"} <= set(row.capabilities)
    assert {"text", "image"} <= set(row.inputs)
    assert {unit.origin for unit in row.units} >= {"provided", "generated"}
    assert all(unit.price >= 0 and unit.per == 1_000_000 for unit in row.units)


async def test_the_list_is_filtered_by_the_api(client: AimlapiClient, colour: str) -> None:
    everything = await call(client.service, colour, "models")
    found = await call(
        client.service, colour, "models", type="openai/chat-completions", inputs=["audio", "video"]
    )
    assert 0 < len(found) < len(everything)
    assert {each.type for each in found} == {"openai/chat-completions"}
    assert all({"audio", "video"} & set(each.inputs) for each in found)


async def test_one_model_is_found_by_an_id_with_slashes(client: AimlapiClient, colour: str) -> None:
    found = await call(client.service, colour, "model", "openai/gpt-4o")
    assert found.id == "openai/gpt-4o"
    with pytest.raises(ModelNotFoundError):
        await call(client.service, colour, "model", "openai/gpt-4o-that-is-not")


async def test_what_ends_has_dates_and_a_successor(client: AimlapiClient, colour: str) -> None:
    found = await call(client.service, colour, "deprecations")
    assert {each.status for each in found} <= {"deprecated", "superseded", "withdrawn"}
    withdrawn = await call(client.service, colour, "deprecations", status="withdrawn")
    assert withdrawn
    assert {each.status for each in withdrawn} == {"withdrawn"}


async def test_the_lists_need_no_key(api: Emulator, colour: str) -> None:
    settings = {**api.settings(), "api_key": None}
    client = AimlapiClient(**settings)
    assert await call(client.service, colour, "models", ids=["openai/gpt-4o"])
    assert await call(client.service, colour, "deprecations")


async def test_older_names_and_the_new_place_give_the_same(
    client: AimlapiClient, colour: str
) -> None:
    names = ["openai/gpt-4o"]
    old, new = (
        await call(client, colour, "metrics", names),
        await call(client.service, colour, "metrics", names),
    )
    assert old.models == new.models
    balance = await call(client, colour, "billing")
    assert balance.amount == (await call(client.service, colour, "balance")).amount


# --- money -----


async def test_the_bill_names_its_owner(client: AimlapiClient, colour: str) -> None:
    bill = await call(client.service, colour, "billing")
    assert (bill.currency, bill.email, bill.user_id) == ("USD", "ada@example.com", 1)
    assert bill.top_up is not None
    assert not bill.top_up.is_enabled


async def test_the_ledger_comes_page_by_page_and_only_as_far_as_it_is_wanted(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    ask(api, times=5)
    api.requests.clear()
    lines = await call(client.service, colour, "transactions", page_size=2, direction="CHARGE")
    assert [line.type for line in lines] == ["MODEL_USAGE"] * 5
    assert all(line.usd > 0 and line.credits > 0 and line.reference_id for line in lines)
    assert len(api.requests) == 3
    api.requests.clear()
    with client.service.transactions(page_size=2) as few:
        assert len(list(itertools.islice(few, 2))) == 2
    assert len(api.requests) == 1


async def test_a_page_that_fails_is_asked_for_again(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    ask(api, times=3)
    api.fault(Fault(status=503), times=1)
    lines = await call(client.service, colour, "transactions", page_size=2, direction="CHARGE")
    assert len(lines) == 3


async def test_a_ledger_that_names_its_own_page_again_ends(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    body = {"data": [], "pagination": {"has_more": True, "next_cursor": "same"}}
    api.fault(Fault(status=200, body=json.dumps(body).encode()), times=5)
    assert await call(client.service, colour, "transactions") == []


@pytest.mark.parametrize("body", [b"{}", b"<html>login</html>", b'{"data": 3}', b"[]"])
async def test_a_success_without_rows_is_an_error(
    api: Emulator, client: AimlapiClient, colour: str, body: bytes
) -> None:
    for name in ("transactions", "logs", "models", "deprecations", "keys", "usage", "billing"):
        api.fault(Fault(status=200, body=body), times=1)
        with pytest.raises(InvalidResponseError):
            await call(client.service, colour, name)


# --- usage and logs -----


async def test_usage_is_summed_by_model_and_by_day(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    ask(api, times=3)
    total = await call(client.service, colour, "usage")
    assert (total.requests, total.currency) == (3, "USD")
    assert total.usd_spent > 0
    detail = await call(
        client.service,
        colour,
        "usage_detail",
        period="7d",
        group_by="day,model",
        time_zone="Europe/Vienna",
    )
    assert [(each.model, each.requests) for each in detail.models] == [("openai/gpt-4o", 3)]
    (group,) = detail.groups
    assert (group.requests, group.succeeded, group.failed) == (3, 3, 0)
    assert group.usd_spent == pytest.approx(total.usd_spent)
    assert group.day is not None


async def test_a_window_is_a_period_or_two_moments(client: AimlapiClient, colour: str) -> None:
    now = datetime.now(UTC)
    found = await call(
        client.service, colour, "usage", start=now - timedelta(days=1), end=now + timedelta(1)
    )
    assert found.requests == 0
    wrong: list[dict[str, Any]] = [
        {"start": now},
        {"period": "24h", "start": now, "end": now},
        {"start": datetime(2026, 1, 1), "end": datetime(2026, 1, 2)},  # the point
        {"start": "2026-01-01", "end": "2026-01-02"},
        {"period": "month"},
        {"period": ""},
        {"period": 7},
    ]
    for window in wrong:
        with pytest.raises(InvalidRequestError):
            await call(client.service, colour, "usage", **window)


async def test_a_call_is_found_by_the_id_that_it_was_sent_with(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    ask(api, times=2)
    ask(api, "my-call-7")
    ask(api, times=120)
    (found,) = await call(client.service, colour, "find_call", "my-call-7")
    assert found.succeeded
    assert (found.model, found.client_request_id) == ("openai/gpt-4o", "my-call-7")
    assert found.usd_spent == pytest.approx(found.credits / 2_000_000)
    assert found.input_tokens > 0
    assert await call(client.service, colour, "find_call", "another") == ()


async def test_a_failed_call_is_in_the_log_under_the_ids_of_its_error(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    model = ChatAimlapi(model="openai/gpt-4o", max_retries=0, **api.settings())
    with pytest.raises(AimlapiError) as raised:
        model.invoke(
            "hi", extra_headers={"x-client-request-id": "bad-1"}, extra_body={"messages": 3}
        )
    (row,) = await call(client.service, colour, "find_call", "bad-1")
    assert not row.succeeded
    assert row.usd_spent == 0
    assert row.request_id == raised.value.request_id
    failed = await call(client.service, colour, "logs", status="failed", page_size=1)
    assert [each.client_request_id for each in failed] == ["bad-1"]


async def test_a_key_sees_its_own_calls_and_the_manager_sees_all(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    api.account.add_key("second-key-of-the-account")
    ask(api)
    other = ChatAimlapi(
        model="openai/gpt-4o", **{**api.settings(), "api_key": "second-key-of-the-account"}
    )
    other.invoke("hello")
    assert (await call(client.service, colour, "usage")).requests == 1
    assert (await call(client.service, colour, "usage", whole_account=True)).requests == 2
    assert len(await call(client.service, colour, "logs", whole_account=True)) == 2
    second = await call(client.service, colour, "usage", key_prefix="second-k")
    assert (second.requests, second.key_prefix) == (1, "second-k")


# --- keys -----


async def test_a_key_is_made_used_limited_and_withdrawn(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    made = await call(
        client.service, colour, "create_key", name="ci", scopes=["chat"], limit_usd=5.0,
        renewal="day",
    )  # fmt: skip
    assert isinstance(made, NewKey)
    assert (made.name, made.scopes, made.limit_usd, made.renewal) == ("ci", ("chat",), 5.0, "day")
    assert made.secret not in repr(made)
    user = AimlapiClient(**{**api.settings(), "api_key": made.secret})
    assert (await call(user.service, colour, "key")).prefix == made.prefix
    with pytest.raises(PermissionDeniedError):
        user.embeddings(model="voyage-2", input="a")
    changed = await call(
        client.service, colour, "change_key", made.prefix, name="night", without_limit=True
    )
    assert (changed.name, changed.limit_usd, changed.scopes) == ("night", None, ("chat",))
    off = await call(client.service, colour, "change_key", made.prefix, is_disabled=True)
    assert off.is_disabled
    with pytest.raises(AuthenticationError):
        await call(user.service, colour, "key")
    assert made.prefix in {key.prefix for key in await call(client.service, colour, "keys")}
    assert await call(client.service, colour, "delete_key", made.prefix) is True
    assert made.prefix not in {key.prefix for key in await call(client.service, colour, "keys")}


async def test_a_key_whose_making_is_in_doubt_is_not_made_twice(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    before = len(api.account.every_key())
    api.fault(Fault(status=502), path="/v1/keys")
    with pytest.raises(AimlapiError) as raised:
        await call(client.service, colour, "create_key", name="ci")
    assert raised.value.advice is not None
    assert len(api.account.every_key()) == before


async def test_the_key_for_models_never_stands_in_for_the_management_key(
    api: Emulator, colour: str
) -> None:
    client = AimlapiClient(**api.settings())
    with pytest.raises(AuthenticationError, match="AIMLAPI_MANAGEMENT_KEY"):
        await call(client.service, colour, "keys")
    assert api.requests == []


async def test_the_management_key_comes_from_the_environment_too(
    api: Emulator, colour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = AimlapiClient(**api.settings())
    monkeypatch.setenv("AIMLAPI_MANAGEMENT_KEY", "manager-key")
    assert len(await call(client.service, colour, "keys")) == 2


def test_the_management_key_is_in_no_repr_dump_or_pickle(api: Emulator) -> None:
    client = AimlapiClient(api_key="k", management_key="manager-key")
    assert isinstance(client.management_key, SecretStr)
    for text in (repr(client), str(client), str(client.model_dump()), client.model_dump_json()):
        assert "manager-key" not in text
    assert b"manager-key" not in pickle.dumps(client)
    kept = AimlapiClient(api_key="k", management_key="manager-key", pickle_api_key=True)
    assert b"manager-key" in pickle.dumps(kept)
    other = client.with_options(management_key="another-key")
    assert isinstance(other.management_key, SecretStr)
    assert other.management_key.get_secret_value() == "another-key"


async def test_a_refusal_does_not_show_the_management_key(api: Emulator, colour: str) -> None:
    client = AimlapiClient(**api.settings(), management_key="wrong-manager", max_retries=0)
    api.fault(Fault(status=401, message="bad key wrong-manager"), times=1)
    with pytest.raises(AuthenticationError) as raised:
        await call(client.service, colour, "keys")
    assert "wrong-manager" not in str(raised.value)


@pytest.mark.parametrize(
    "wrong",
    [{"renewal": "day"}, {"limit_usd": 3.0, "without_limit": True}],
)
async def test_settings_that_contradict_each_other_are_refused(
    client: AimlapiClient, colour: str, wrong: dict[str, Any]
) -> None:
    with pytest.raises(InvalidRequestError):
        await call(client.service, colour, "change_key", "abc", **wrong)
    with pytest.raises(InvalidRequestError):
        await call(client.service, colour, "delete_key", "")
