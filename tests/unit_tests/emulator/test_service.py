"""What is around the models: balance, ledger, usage, logs, keys, deprecations, documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest
import yaml

from langchain_aimlapi.emulator import Emulator, VirtualClock
from langchain_aimlapi.emulator.endpoints.docs import yaml_lines
from tests.harness.paths import PUBLISHED

ROOT = "https://aimlapi.emulator"
HI = [{"role": "user", "content": "hi"}]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def api(clock: VirtualClock) -> Iterator[Emulator]:
    with Emulator(clock=clock) as emulator:
        emulator.account.add_key("manager-key", name="manager", management=True)
        yield emulator


@pytest.fixture
def client(api: Emulator) -> httpx.Client:
    return api.client(base_url=ROOT)


@pytest.fixture
def manager(api: Emulator) -> httpx.Client:
    return api.client(base_url=ROOT, headers={"Authorization": "Bearer manager-key"})


def ask(client: httpx.Client, model: str = "openai/gpt-4o", **more: Any) -> httpx.Response:
    return client.post("/v1/chat/completions", json={"model": model, "messages": HI, **more})


def published(method: str, path: str) -> dict[str, Any]:
    """The schema that the documentation prints for a path's answer."""
    index = json.loads((PUBLISHED / "schemas" / "index.json").read_text())
    for operation in index["operations"]:
        if (operation["method"], operation["path"]) == (method, path):
            name = next(iter(operation["responses"]["200"].values()))
            found: dict[str, Any] = json.loads((PUBLISHED / "schemas" / f"{name}.json").read_text())
            return found
    raise AssertionError(path)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v2/billing", {}),
        ("/v1/billing/balance", {}),
        ("/v2/billing/transactions", {}),
        ("/v2/usage", {"period": "24h"}),
        ("/v2/usage/detail", {"period": "7d", "group_by": "day,model", "tz": "Europe/Berlin"}),
        ("/v2/logs", {"period": "24h"}),
        ("/v1/key", {}),
        ("/models/metrics", {"aliases": "openai/gpt-4o"}),
    ],
)
def test_an_answer_is_as_its_published_schema_says(
    client: httpx.Client, path: str, query: dict[str, str]
) -> None:
    ask(client)
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    jsonschema.validate(answer.json(), published("GET", path))


def test_a_call_stands_in_ledger_logs_and_usage_with_one_cost(client: httpx.Client) -> None:
    answer = ask(client, **{})
    spent = answer.json()["meta"]["usage"]["usd_spent"]
    (charge, opening) = client.get("/v2/billing/transactions").json()["data"]
    assert (charge["direction"], charge["type"]) == ("CHARGE", "MODEL_USAGE")
    assert (charge["amount"]["usd"], charge["model"]) == (spent, "openai/gpt-4o")
    assert charge["reference_id"] == answer.headers["x-inference-id"]
    assert (opening["direction"], opening["type"]) == ("TOPUP", "INIT")
    (row,) = client.get("/v2/logs", params={"period": "24h"}).json()["data"]
    assert row["status"] == "succeeded"
    assert row["cost"]["usd"] == spent
    assert row["tokens"]["total"] == answer.json()["usage"]["total_tokens"]
    assert row["request_id"] == answer.headers["x-request-id"]
    usage = client.get("/v2/usage", params={"period": "24h"}).json()
    assert (usage["requests"], usage["spend"]) == (1, spent)


def test_a_failed_call_stands_in_the_logs_and_costs_nothing(client: httpx.Client) -> None:
    ask(client, temperature=9)
    (row,) = client.get("/v2/logs", params={"period": "24h"}).json()["data"]
    assert (row["status"], row["cost"]["credits"]) == ("failed", 0)
    detail = client.get("/v2/usage/detail", params={"period": "24h", "group_by": "model"}).json()
    assert detail["groups"][0]["requests"] == {
        "total": 1,
        "charged": 0,
        "succeeded": 0,
        "failed": 1,
    }


def test_the_ledger_is_paged_by_a_cursor_that_may_not_be_altered(client: httpx.Client) -> None:
    for _ in range(5):
        ask(client)
    asked: dict[str, Any] = {"limit": 2, "direction": "CHARGE"}
    seen, pages = [], 0
    while True:
        page = client.get("/v2/billing/transactions", params=asked).json()
        seen += [row["reference_id"] for row in page["data"]]
        pages += 1
        if not page["pagination"]["has_more"]:
            break
        asked["cursor"] = page["pagination"]["next_cursor"]
    assert (len(set(seen)), pages) == (5, 3)
    wrong = {**asked, "cursor": asked["cursor"] + "0"}
    assert client.get("/v2/billing/transactions", params=wrong).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        {"color": "red"},
        {"limit": "0"},
        {"limit": "101"},
        {"direction": "UP"},
        {"type": "GIFT"},
        {"from": "2026-02-01", "to": "2026-01-01"},
        {"from": "soon"},
    ],
)
def test_the_ledger_refuses_what_it_does_not_know(
    client: httpx.Client, query: dict[str, str]
) -> None:
    assert client.get("/v2/billing/transactions", params=query).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"period": "24h", "start": "2026-01-01", "end": "2026-01-02"},
        {"start": "2026-01-01"},
        {"start": "2026-01-02", "end": "2026-01-01"},
        {"start": "2026-01-01", "end": "2026-06-01"},
        {"period": "100d"},
        {"period": "soon"},
        {"period": "24h", "status": "succeeded,failed"},
        {"period": "24h", "limit": "101"},
    ],
)
def test_logs_refuse_a_window_that_makes_no_sense(
    client: httpx.Client, query: dict[str, str]
) -> None:
    assert client.get("/v2/logs", params=query).status_code == 400


def test_logs_are_filtered_by_repeated_models_and_paged_by_offset(client: httpx.Client) -> None:
    for model in ("openai/gpt-4o", "perplexity/sonar", "deepseek/deepseek-chat"):
        ask(client, model)
    models = ["openai/gpt-4o", "perplexity/sonar"]
    asked: dict[str, Any] = {"period": "24h", "model": models}
    both = client.get("/v2/logs", params=asked).json()
    assert [row["model"] for row in both["data"]] == ["perplexity/sonar", "openai/gpt-4o"]
    one = client.get("/v2/logs", params={**asked, "limit": 1, "offset": 1}).json()
    assert [row["model"] for row in one["data"]] == ["openai/gpt-4o"]
    assert one["pagination"] == {"limit": 1, "offset": 1, "total": 2, "has_more": False}
    comma = client.get("/v2/logs", params={"period": "24h", "model": "openai/gpt-4o,x"}).json()
    assert comma["data"] == []  # one literal name


def test_usage_takes_no_groups_and_detail_only_exact_time_zones(client: httpx.Client) -> None:
    assert client.get("/v2/usage?period=24h&group_by=day").status_code == 400
    assert client.get("/v2/usage/detail?period=24h&tz=CET%2B1").status_code == 400
    assert client.get("/v2/usage?period=24h&key_prefix=abcdefgh").status_code == 403


def test_a_key_is_made_used_limited_and_withdrawn(
    api: Emulator, client: httpx.Client, manager: httpx.Client
) -> None:
    assert client.get("/v1/keys").status_code == 403
    limit = {"threshold": 0.0001, "retention": "day"}
    made = manager.post("/v1/keys", json={"name": "ci", "limit": limit}).json()["data"]
    assert made["prefix"] == made["key"][:8]
    mine = api.client(base_url=ROOT, headers={"Authorization": f"Bearer {made['key']}"})
    assert ask(mine).status_code == 200
    spent = ask(mine)
    assert spent.status_code == 403
    assert "limit" in spent.json()["message"]
    path = f"/v1/keys/{made['prefix']}"
    raised = manager.patch(path, json={"limit": {"threshold": 10}}).json()["data"]
    assert raised["limit"] == {"threshold": 10.0, "retention": "no_reset"}
    assert ask(mine).status_code == 200
    assert manager.patch(path, json={"disabled": True}).json()["data"]["disabled"] is True
    assert ask(mine).status_code == 401
    assert manager.delete(path).json() == {"data": {"prefix": made["prefix"], "deleted": True}}
    assert manager.delete(path).status_code == 404


def test_a_limit_for_a_day_starts_anew_at_midnight(api: Emulator, clock: VirtualClock) -> None:
    api.account.add_key("daily-key", limit=0.0001, retention="day")
    mine = api.client(base_url=ROOT, headers={"Authorization": "Bearer daily-key"})
    assert [ask(mine).status_code for _ in range(2)] == [200, 403]
    clock.advance(24 * 3600)
    assert ask(mine).status_code == 200


def test_a_key_opens_only_what_its_scopes_name(api: Emulator) -> None:
    api.account.add_key("scoped-key", scopes=("model:embeddings",))
    mine = api.client(base_url=ROOT, headers={"Authorization": "Bearer scoped-key"})
    assert ask(mine).status_code == 403
    body = {"model": "text-embedding-3-small", "input": "x"}
    assert mine.post("/v1/embeddings", json=body).status_code == 200


@pytest.mark.parametrize("body", [{"scopes": ["all"]}, {"limit": 3}, {"name": 1}])
def test_a_key_with_unknown_settings_is_a_400(manager: httpx.Client, body: dict[str, Any]) -> None:
    assert manager.post("/v1/keys", json=body).status_code == 400


def test_deprecations_are_filtered_cached_and_newest_first(
    api: Emulator, client: httpx.Client
) -> None:
    every = client.get("/v1/models/deprecations", headers={"Authorization": ""})
    rows = {row["id"]: row for row in every.json()["data"]}
    assert every.headers["cache-control"] == "public, max-age=300"
    assert rows["openai/gpt-5.3-chat"]["replaced_by"] == "openai/gpt-5.3-codex"
    assert rows["#g1_aura-2-zeus-en"]["status"] == "superseded"
    assert rows["#g1_aura-2-zeus-en"]["shutdown_at"] is None
    dates = [row["shutdown_at"] or "" for row in every.json()["data"]]
    assert dates == sorted(dates, reverse=True)
    tag = {"If-None-Match": every.headers["etag"]}
    assert client.get("/models/deprecated", headers=tag).status_code == 304
    some = client.get("/v1/models/deprecations?status=SUPERSEDED,nonsense&since=x").json()["data"]
    assert {row["status"] for row in some} == {"superseded"}
    late = client.get("/v1/models/deprecations?since=2026-08-20").json()["data"]
    assert "openai/gpt-5.3-chat" not in {row["id"] for row in late}


def test_no_name_that_the_list_calls_withdrawn_is_served(
    api: Emulator, client: httpx.Client
) -> None:
    rows = client.get("/v1/models/deprecations?status=withdrawn").json()["data"]
    names = [name for row in rows for name in (row["id"], *row["aliases"])]
    assert len(names) > 200
    found = {name: api.models.find(name) for name in names}
    assert [name for name, model in found.items() if model and model.status != "withdrawn"] == []


def test_a_superseded_voice_still_speaks_and_a_withdrawn_model_is_gone(
    client: httpx.Client,
) -> None:
    body = {"model": "#g1_aura-2-zeus-en", "text": "hello"}
    assert client.post("/v1/tts", json=body).status_code == 200
    assert ask(client, "openai/gpt-5.3-chat").status_code == 404


def test_docs_of_one_model_name_every_spelling(client: httpx.Client) -> None:
    row = client.get("/v1/models?id=openai/gpt-4o").json()["data"][0]
    document = httpx.URL(row["info"]["docsJson"])
    found = client.get(document).json()
    operation = found["paths"]["/v1/chat/completions"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert {"openai/gpt-4o", "gpt-4o"} <= set(schema["properties"]["model"]["enum"])
    body = {"model": "gpt-4o", "messages": HI, "temperature": 9}
    assert not jsonschema.Draft202012Validator(schema).is_valid(body)
    assert jsonschema.Draft202012Validator(schema).is_valid({**body, "temperature": 1})
    gone = {"model": "openai/gpt-5.3-chat"}
    assert client.get("/docs-json", params=gone).status_code == 404


def test_yaml_is_read_as_what_was_written() -> None:
    value: dict[str, Any] = {
        "a": [1, None, True, {"b": []}, [], [[1], {"c": "- x: y"}]],
        "no": "yes",
        "/v1/x": {"": "a\nb", "#g1": "null"},
        "empty": {},
    }
    assert yaml.safe_load("\n".join(yaml_lines(value, 0))) == value


@pytest.mark.slow
def test_docs_of_everything_are_yaml_with_a_group_for_every_body(client: httpx.Client) -> None:
    text = client.get("/docs-yaml").text
    document = yaml.load(text, Loader=yaml.CSafeLoader)  # five megabytes
    assert {"/v1/chat/completions", "/v2/video/generations", "/v1/tts"} <= set(document["paths"])
    post = document["paths"]["/v1/chat/completions"]["post"]
    groups = post["requestBody"]["content"]["application/json"]["schema"]["anyOf"]
    assert len(groups) > 40
    assert all(group["title"].split(", ")[0] for group in groups)


def test_a_decision_answers_every_kind_of_question(client: httpx.Client) -> None:
    questions = {
        "angry": {"type": "noul", "instructions": "Is the customer angry?"},
        "topic": {
            "type": "choice",
            "instructions": "What is it about?",
            "criteria": {"refund": "wants money back", "praise": "is happy"},
        },
        "urgency": {"type": "score", "instructions": "How urgent?", "criteria": ["low", "high"]},
    }
    body = {"model": "typesafe/jev", "state": "I want my money back!", "questions": questions}
    answer = client.post("/v1/decisions", json=body).json()
    assert answer["answers"]["topic"]["choice"] == "refund"
    assert sum(answer["answers"]["topic"]["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert 0 <= answer["answers"]["angry"]["noul"] <= 1
    assert answer["answers"]["urgency"]["legend"] == {"0": "low", "1": "high"}
    assert set(answer["meta"]) == {"usage"}
    assert client.post("/v1/decisions", json={**body, "questions": {"a": {}}}).status_code == 400


def test_the_account_in_detail(client: httpx.Client) -> None:
    # No schema is held against this: the published one nests its list of required fields wrong.
    detail = client.get("/v2/billing/detail").json()
    assert set(detail) == {
        "user_id",
        "email",
        "current_balance",
        "currency",
        "autotopup_settings",
    }
