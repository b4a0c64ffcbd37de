"""What the API charged is what LiteLLM says that a call cost."""

from __future__ import annotations

from typing import Any

import pytest

from langchain_aimlapi import Catalog, litellm_provider
from langchain_aimlapi._litellm import models
from langchain_aimlapi.emulator import Emulator

from .helpers import GPT, Asker, Ledger, litellm


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A callback for every event of LiteLLM."""
    made = Ledger()
    monkeypatch.setattr(litellm, "callbacks", [made])
    return made


def charged(before: float, api: Emulator) -> float:
    """US dollars taken from the account since."""
    return before - balance(api)


def balance(api: Emulator) -> float:
    """US dollars on the account."""
    with api.client() as client:
        answer = client.get(f"{api.base_url.removesuffix('/v1')}/v2/billing")
        return float(answer.json()["current_balance"])


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


def test_charge_wins_over_a_registered_price(ask: Asker) -> None:
    name = f"aimlapi/{GPT}"
    litellm.register_model({name: {"input_cost_per_token": 1.0, "output_cost_per_token": 1.0,
                                   "cache_read_input_token_cost": 1.0}})  # fmt: skip
    answer = ask.chat()
    assert 0 < answer._hidden_params["response_cost"] < 1
    assert answer._hidden_params["response_cost"] == pytest.approx(answer.usage.cost)


def test_without_a_charge_the_registered_price_holds(ask: Asker) -> None:
    price = {
        "input_cost_per_token": 2.0,
        "output_cost_per_token": 3.0,
        "cache_read_input_token_cost": 1.0,
        "litellm_provider": "aimlapi",
        "mode": "chat",
    }
    litellm.register_model({"aimlapi/gpt-4o-mini": price})
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
