"""Steering a router by what the API measures, and by price."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from langchain_aimlapi import Catalog, litellm_provider
from langchain_aimlapi._litellm.routing import PreferModels, model_of, price_of, scores_of
from langchain_aimlapi.catalog.facts import Facts
from langchain_aimlapi.emulator import Emulator, Fault
from langchain_aimlapi.endpoints.metrics import Metrics, Speed

from .helpers import HI, litellm

pytestmark = pytest.mark.slow

MODELS = ("openai/gpt-4o", "alibaba/qwen3-32b", "deepseek/deepseek-v4-pro")


def group(api: Emulator, *models: str) -> Any:
    here = {"api_key": api.api_key, "api_base": api.base_url}
    return litellm.Router(
        model_list=[
            {
                "model_name": "smart",
                "litellm_params": {"model": f"aimlapi/{model}", **here},
                "model_info": {"id": model},
            }
            for model in models or MODELS
        ]
    )


async def ask(router: Any, times: int) -> None:
    for _ in range(times):
        await router.acompletion(model="smart", messages=HI)


def asked(api: Emulator) -> set[str]:
    return {r.body["model"] for r in api.requests if r.path == "/v1/chat/completions"}


def fastest(api: Emulator) -> str:
    with api.client() as client:
        url = f"{api.base_url.removesuffix('/v1')}/models/metrics"
        rows = client.get(url, params=[("aliases", m) for m in MODELS]).json()["models"]
    best = min(rows, key=lambda row: row["metrics"]["ttft_ms"]["p50"])
    return str(best["alias"])


def test_nothing_is_steered_unless_asked_for(api: Emulator, runner: asyncio.Runner) -> None:
    runner.run(ask(group(api), 12))
    assert len(asked(api)) > 1
    assert not [r for r in api.requests if r.path == "/models/metrics"]


def test_router_takes_the_model_that_answers_fastest(
    api: Emulator, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    best = fastest(api)
    prefer = PreferModels("latency", within=1.01)
    monkeypatch.setattr(litellm, "callbacks", [prefer])
    runner.run(prefer.arefresh(MODELS, api_key=api.api_key, api_base=api.base_url))
    api.reset()
    runner.run(ask(group(api), 6))
    assert asked(api) == {best}


def test_figures_are_asked_for_in_the_background_and_once(
    api: Emulator, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefer = PreferModels("latency", within=1.01)
    monkeypatch.setattr(litellm, "callbacks", [prefer])
    best = fastest(api)
    api.reset()

    async def go() -> None:
        await ask(group(api), 1)
        assert prefer._task is not None
        await asyncio.wait_for(prefer._task, 60)
        await ask(group(api), 4)

    runner.run(go())
    metrics = [r for r in api.requests if r.path == "/models/metrics"]
    assert len(metrics) == 1
    later = [r.body["model"] for r in api.requests if r.path == "/v1/chat/completions"][1:]
    assert set(later) == {best}


def test_without_figures_the_router_chooses_as_ever(
    api: Emulator, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.fault(Fault(status=500), times=None, path="/models/metrics")
    monkeypatch.setattr(litellm, "callbacks", [PreferModels("latency")])
    runner.run(ask(group(api), 4))
    assert asked(api)


def test_cheapest_model_is_taken_from_the_first_call_on(
    api: Emulator, runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(litellm, "callbacks", [litellm_provider.prefer_cheap])
    prices = {m: price_of(Catalog.default().find(m), 0.75) for m in MODELS}
    known = {m: price for m, price in prices.items() if price is not None}
    assert len(known) == len(MODELS)
    runner.run(ask(group(api), 8))
    assert asked(api) == {min(known, key=known.__getitem__)}
    assert not [r for r in api.requests if r.path == "/v1/models"]


def test_other_providers_and_unknown_models_are_never_removed() -> None:
    prefer = PreferModels("latency")
    prefer._learn(
        Metrics(models=(Speed("a", ttft_ms={"p50": 100}), Speed("b", ttft_ms={"p50": 900})))
    )
    names = ["aimlapi/a", "aimlapi/b", "aimlapi/new", "openai/gpt-4o"]
    deployments = [{"litellm_params": {"model": name}} for name in names]
    kept = [each["litellm_params"]["model"] for each in prefer.choose(deployments)]
    assert kept == ["aimlapi/a", "aimlapi/new", "openai/gpt-4o"]


def test_as_good_as_the_best_is_kept() -> None:
    prefer = PreferModels("throughput", within=1.5)
    speeds = {"a": 90.0, "b": 70.0, "c": 20.0}
    told = Metrics(models=tuple(Speed(m, tps={"p50": tps}) for m, tps in speeds.items()))
    prefer._learn(told)
    deployments = [{"litellm_params": {"model": f"aimlapi/{m}"}} for m in speeds]
    assert [model_of(each) for each in prefer.choose(deployments)] == ["a", "b"]


def test_odd_figures_are_left_out() -> None:
    speeds = (Speed("a", ttft_ms={"p50": 0.0}), Speed("b"), Speed("c", ttft_ms={"p90": 3.0}))
    assert scores_of(Metrics(models=speeds), "latency") == {}


def test_price_is_a_mix_of_input_and_output() -> None:
    facts = Facts("m", prices={"input": 1.0, "output": 5.0})
    assert price_of(facts, 0.75) == pytest.approx(2.0)
    assert price_of(Facts("m", prices={"input": 1.0}), 0.75) is None
    assert price_of(Facts("m"), 0.75) is None
