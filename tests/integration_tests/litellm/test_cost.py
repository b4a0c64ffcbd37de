"""What the API charged is what LiteLLM says that a call cost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi import Catalog, litellm_provider
from langchain_aimlapi._litellm import models
from langchain_aimlapi.emulator import Emulator

from .helpers import GPT, Asker, Ledger, balance, charged, litellm


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A callback for every event of LiteLLM."""
    made = Ledger()
    monkeypatch.setattr(litellm, "callbacks", [made])
    return made


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "model", [GPT, "anthropic/claude-opus-4.1", "openai/gpt-5-2-pro", "alibaba/qwen3-32b"]
)
def test_callbacks_are_told_the_real_charge(
    ask: Asker, ledger: Ledger, model: str, stream: bool
) -> None:
    before = balance(ask.api)
    more = {"stream_options": {"include_usage": True}} if stream else {}
    answer = ask.both(model, stream=stream, **more)
    spent = charged(before, ask.api)
    assert spent > 0
    assert answer.usage.cost == pytest.approx(spent)
    costs = ask.later(ledger.costs)
    assert costs
    assert costs == [pytest.approx(spent)] * len(costs)


def test_response_cost_of_a_whole_answer_is_the_charge(ask: Asker) -> None:
    answer = ask.chat()
    assert answer._hidden_params["response_cost"] == pytest.approx(answer.usage.cost)
    assert answer.usage.cost > 0


def test_charge_wins_over_a_registered_price(ask: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"aimlapi/{GPT}"
    monkeypatch.setitem(litellm.model_cost, name, dict(litellm.model_cost[name]))
    litellm.register_model({name: {"input_cost_per_token": 1.0, "output_cost_per_token": 1.0,
                                   "cache_read_input_token_cost": 1.0}})  # fmt: skip
    answer = ask.chat()
    assert 0 < answer._hidden_params["response_cost"] < 1
    assert answer._hidden_params["response_cost"] == pytest.approx(answer.usage.cost)


def test_without_a_charge_the_registered_price_holds(
    ask: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "aimlapi/gpt-4o-mini"
    monkeypatch.setitem(litellm.model_cost, name, dict(litellm.model_cost[name]))
    price = {
        "input_cost_per_token": 2.0,
        "output_cost_per_token": 3.0,
        "cache_read_input_token_cost": 1.0,
        "litellm_provider": "aimlapi",
        "mode": "chat",
    }
    litellm.register_model({name: price})
    body = {
        "id": "c-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"},
                     "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }  # fmt: skip
    ask.api.replay(body)
    assert ask.chat("gpt-4o-mini")._hidden_params["response_cost"] == pytest.approx(35.0)


def test_log_pre_api_call_sees_the_request_and_no_key(ask: Asker, ledger: Ledger) -> None:
    ask.chat(temperature=0.5)
    (told,) = ask.later(lambda: ledger.pre_calls)
    sent = told["complete_input_dict"]
    assert (sent["model"], sent["temperature"]) == (GPT, 0.5)
    assert told["api_base"] == ask.api.base_url + "/chat/completions"
    assert ask.api.api_key not in repr(told)


# --- prices that are known without asking -----

UNPRICED = "text-embedding-3-small"


def test_list_prices_come_with_the_package() -> None:
    prices = Catalog.default().find(GPT).prices
    assert prices is not None
    cost = litellm.cost_per_token(f"aimlapi/{GPT}", prompt_tokens=1000, completion_tokens=500)
    assert cost == (pytest.approx(1000 * prices["input"]), pytest.approx(500 * prices["output"]))
    chat = [f for f in Catalog.default().models(kind="chat") if f.prices]
    assert len(chat) > 150
    for facts in chat:
        name, prices = f"aimlapi/{facts.id}", facts.prices or {}
        cost = litellm.cost_per_token(name, prompt_tokens=1000, completion_tokens=0)
        assert cost[0] == pytest.approx(1000 * prices["input"])  # 0 for some that are free


@pytest.mark.parametrize("stream", [False, True])
def test_completion_cost_and_budgets_know_the_price(
    ask: Asker, stream: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)  # the manager writes a file where it stands
    answer = ask.both(stream=stream)
    manager = litellm.BudgetManager("tests")
    manager.create_budget(total_budget=1.0, user="ann")
    manager.update_cost(completion_obj=answer, user="ann")
    assert manager.get_current_cost("ann") > 0
    assert litellm.completion_cost(answer) == pytest.approx(manager.get_current_cost("ann"))


def test_unknown_price_is_no_zero(ask: Asker) -> None:
    assert Catalog.default().find(UNPRICED).prices is None
    with pytest.raises(Exception, match="price of aimlapi/text-embedding-3-small is not known"):
        litellm.cost_per_token(f"aimlapi/{UNPRICED}", prompt_tokens=9, completion_tokens=0)
    given = ask.options(UNPRICED, input=["one"])
    answer = ask.call(litellm.embedding, litellm.aembedding, given)
    assert answer._hidden_params["response_cost"] > 0  # what was charged is known all the same


def test_price_of_the_programs_own_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"aimlapi/{UNPRICED}"
    monkeypatch.setitem(litellm.model_cost, name, dict(litellm.model_cost[name]))
    litellm.register_model({name: {"input_cost_per_token": 2.0, "output_cost_per_token": 0.0}})
    litellm_provider.register(Catalog.default())
    monkeypatch.setattr(models, "_registered", {})
    litellm_provider.register()
    assert litellm.cost_per_token(name, prompt_tokens=3, completion_tokens=0)[0] == 6.0


@pytest.mark.slow
def test_models_survive_a_reload_of_litellms_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    others = {k: v for k, v in litellm.model_cost.items() if not k.startswith("aimlapi/")}
    monkeypatch.setattr(litellm, "model_cost", others)
    litellm.utils.reapply_runtime_model_cost_registrations()
    assert litellm.model_cost[f"aimlapi/{GPT}"]["input_cost_per_token"] > 0
    assert litellm.supports_function_calling(f"aimlapi/{GPT}")


def test_router_takes_the_cheapest_by_cost(api: Emulator, runner: Any) -> None:
    here = {"api_key": api.api_key, "api_base": api.base_url}
    names = (GPT, "alibaba/qwen3-32b")
    router = litellm.Router(
        model_list=[
            {"model_name": "any", "litellm_params": {"model": f"aimlapi/{name}", **here}}
            for name in names
        ],
        routing_strategy="cost-based-routing",
    )
    for _ in range(4):
        runner.run(router.acompletion(model="any", messages=[{"role": "user", "content": "Hi."}]))
    prices = {name: (Catalog.default().find(name).prices or {})["input"] for name in names}
    assert {r.body["model"] for r in api.requests} == {min(prices, key=prices.__getitem__)}


# --- the model map -----


def test_every_live_chat_model_is_in_the_model_map() -> None:
    chat = [f for f in Catalog.default().models() if f.kind in ("chat", "responses", "messages")]
    missing = [f.id for f in chat if f"aimlapi/{f.id}" not in litellm.model_cost]
    assert len(chat) > 290
    assert missing == []


def test_model_map_tells_capabilities_and_context() -> None:
    facts = next(f for f in Catalog.default().models(capability="tools") if f.context)
    info = litellm.get_model_info(f"aimlapi/{facts.id}")
    assert info["litellm_provider"] == "aimlapi"
    assert info["max_input_tokens"] == facts.context
    assert litellm.supports_function_calling(model=f"aimlapi/{facts.id}")


def test_registering_changes_no_entry_of_litellms_own(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {k: dict(v) for k, v in litellm.model_cost.items() if not k.startswith("aimlapi/")}
    monkeypatch.setattr(models, "_registered", {})
    litellm_provider.register()
    after = {k: dict(v) for k, v in litellm.model_cost.items() if not k.startswith("aimlapi/")}
    assert after == before


@pytest.mark.slow
def test_refreshed_prices_reach_litellm(
    api: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    before = litellm_provider.handler._catalog
    try:
        catalog = litellm_provider.refresh_prices(api_key=api.api_key, api_base=api.base_url)
        again = litellm_provider.refresh_prices(api_key=api.api_key, api_base=api.base_url)
        prices = catalog.find(GPT).prices
        assert prices is not None
        assert again.find(GPT).prices == prices
        info = litellm.get_model_info(f"aimlapi/{GPT}")
        assert info["input_cost_per_token"] == pytest.approx(prices["input"])
        assert info["output_cost_per_token"] == pytest.approx(prices["output"])
        lists = [r.status for r in api.requests if r.path == "/v1/models"]
        assert lists == [200, 304]
    finally:
        litellm_provider.handler.catalog = before
