"""LiteLLM's Router: retries, cooldowns and fallbacks behave as for a native provider."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from langchain_aimlapi.emulator import Emulator, Fault

from .helpers import GPT, HI, drain, litellm, text_of

pytestmark = pytest.mark.slow

LONG = "This model's maximum context length is 8 tokens. However, you sent 9 tokens."
BAD = "bad-key"


class Routed:
    """A router and how it is asked: one colour, whole or streamed."""

    def __init__(self, runner: asyncio.Runner, *, is_async: bool, stream: bool) -> None:
        self.runner = runner
        self.is_async = is_async
        self.stream = stream

    def ask(self, router: Any, model: str = "group", **more: Any) -> str:
        """The text of one answer."""
        given: dict[str, Any] = {"model": model, "messages": HI, "stream": self.stream, **more}
        if self.is_async:
            return self.runner.run(self._ask(router, given))
        answer = router.completion(**given)
        return text_of(list(answer)) if self.stream else str(answer.choices[0].message.content)

    async def _ask(self, router: Any, given: dict[str, Any]) -> str:
        answer = await router.acompletion(**given)
        if self.stream:
            return text_of(await drain(answer))
        return str(answer.choices[0].message.content)


@pytest.fixture(params=[False, True], ids=["whole", "streamed"])
def routed(request: pytest.FixtureRequest, runner: asyncio.Runner, colour: str) -> Routed:
    """Both colours, whole and streamed."""
    return Routed(runner, is_async=colour == "async", stream=request.param)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """LiteLLM's pauses between retries, shortened."""
    monkeypatch.setattr(litellm.utils, "INITIAL_RETRY_DELAY", 0.01)
    monkeypatch.setattr(litellm.utils, "JITTER", 0.01)


def deployment(api: Emulator, name: str, *, group: str = "group", **more: Any) -> dict[str, Any]:
    """One deployment of a router."""
    given = {"model": f"aimlapi/{GPT}", "api_key": api.api_key, "api_base": api.base_url, **more}
    return {"model_name": group, "litellm_params": given, "model_info": {"id": name}}


def keys_asked(api: Emulator) -> list[int | None]:
    """The statuses of what arrived, in order."""
    return [request.status for request in api.requests]


def test_a_bad_key_beside_a_good_one_costs_no_answer(api: Emulator, routed: Routed) -> None:
    router = litellm.Router(
        model_list=[deployment(api, "bad", api_key=BAD), deployment(api, "good")],
        num_retries=3,
        cooldown_time=60,
    )
    for _ in range(8):
        assert routed.ask(router)
    assert keys_asked(api).count(200) == 8
    assert keys_asked(api).count(401) <= 2  # the cooldown keeps it from being asked again


def test_a_rate_limited_key_beside_a_good_one_costs_no_answer(
    api: Emulator, routed: Routed
) -> None:
    limited = "x-limited"
    api.fault(
        Fault(status=429, retry_after=30),
        times=None,
        when=lambda call: limited in call.headers,
    )
    router = litellm.Router(
        model_list=[
            deployment(api, "limited", extra_headers={limited: "1"}),
            deployment(api, "good"),
        ],
        num_retries=3,
    )
    for _ in range(8):
        assert routed.ask(router)
    assert keys_asked(api).count(200) == 8
    assert keys_asked(api).count(429) <= 2


def test_a_key_without_credit_beside_a_good_one_costs_no_answer(routed: Routed) -> None:
    with Emulator(out_of_credit={"empty"}).serve() as api:
        router = litellm.Router(
            model_list=[deployment(api, "empty", api_key="empty"), deployment(api, "good")],
            num_retries=9,  # LiteLLM has no cooldown for 403, so it may draw the empty key again
        )
        for _ in range(4):
            assert routed.ask(router)
        assert keys_asked(api).count(200) == 4


def test_flaky_503s_are_retried(api: Emulator, routed: Routed) -> None:
    api.fault(Fault(status=503), times=2)
    router = litellm.Router(
        model_list=[deployment(api, "a"), deployment(api, "b")],
        num_retries=3,
        disable_cooldowns=True,
    )
    assert routed.ask(router)
    assert keys_asked(api) == [503, 503, 200]


def test_refused_connections_are_retried(api: Emulator, routed: Routed) -> None:
    api.fault(Fault(refuse=True), times=3)
    router = litellm.Router(
        model_list=[deployment(api, "a"), deployment(api, "b")],
        num_retries=3,
        disable_cooldowns=True,
    )
    assert routed.ask(router)


def test_retry_after_is_waited_for(
    api: Emulator, routed: Routed, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    sleep, asleep = time.sleep, asyncio.sleep

    def noted(seconds: float) -> float:
        waits.append(seconds)
        return min(seconds, 0.05)  # not waited for here

    async def awaited(seconds: float, result: Any = None) -> Any:
        return await asleep(noted(seconds), result)

    # a router of 1.110 waits in the calling thread for sync calls, an older one in a loop
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(noted(seconds)))
    monkeypatch.setattr(asyncio, "sleep", awaited)
    router = litellm.Router(
        # one alone: where another is free LiteLLM asks that one, and does not wait
        model_list=[deployment(api, "a")], num_retries=1, disable_cooldowns=True,
    )  # fmt: skip
    api.fault(Fault(status=503, retry_after=7))
    assert routed.ask(router)
    assert keys_asked(api) == [503, 200]
    assert [wait for wait in waits if 7 <= wait < 8]


def test_context_overflow_goes_to_the_context_window_fallback(
    api: Emulator, routed: Routed
) -> None:
    api.fault(Fault(status=400, message=LONG), times=None, model=GPT)
    router = litellm.Router(
        model_list=[
            deployment(api, "short"),
            deployment(api, "long", group="long", model="aimlapi/alibaba/qwen3-32b"),
        ],
        context_window_fallbacks=[{"group": ["long"]}],
        num_retries=0,
    )
    assert routed.ask(router)
    assert [request.body["model"] for request in api.requests] == [GPT, "alibaba/qwen3-32b"]


def test_content_policy_goes_to_the_content_policy_fallback(api: Emulator, routed: Routed) -> None:
    refusal = Fault(status=400, message="rejected by our safety system")
    api.fault(refusal, times=None, model=GPT)
    router = litellm.Router(
        model_list=[
            deployment(api, "strict"),
            deployment(api, "lax", group="lax", model="aimlapi/alibaba/qwen3-32b"),
        ],
        content_policy_fallbacks=[{"group": ["lax"]}],
        num_retries=0,
    )
    assert routed.ask(router)
    assert keys_asked(api) == [400, 200]


@pytest.mark.parametrize("status", [400, 402, 404, 500])
def test_any_failure_goes_to_the_fallback(api: Emulator, routed: Routed, status: int) -> None:
    api.fault(Fault(status=status, message="no"), times=None, model=GPT)
    router = litellm.Router(
        model_list=[
            deployment(api, "a"),
            deployment(api, "b", group="other", model="aimlapi/alibaba/qwen3-32b"),
        ],
        fallbacks=[{"group": ["other"]}],
        num_retries=0,
    )
    assert routed.ask(router)
    assert keys_asked(api) == [status, 200]


def test_all_deployments_down_is_the_servers_error(api: Emulator, routed: Routed) -> None:
    api.fault(Fault(status=503), times=None)
    router = litellm.Router(
        model_list=[deployment(api, "a"), deployment(api, "b")],
        num_retries=1,
        disable_cooldowns=True,
    )
    with pytest.raises(litellm.ServiceUnavailableError):
        routed.ask(router)
    assert keys_asked(api) == [503, 503]


def test_a_stream_cut_in_the_middle_is_not_hidden(api: Emulator, runner: asyncio.Runner) -> None:
    """Text that was delivered is never followed by another answer's from its beginning."""
    api.fault(Fault(cut_after=5), times=None).say("one two three four five six", times=None)
    router = litellm.Router(model_list=[deployment(api, "a"), deployment(api, "b")], num_retries=2)
    seen: list[str] = []

    async def read() -> None:
        stream = await router.acompletion(model="group", messages=HI, stream=True)
        async for chunk in stream:
            seen.append(chunk.choices[0].delta.content or "")

    with pytest.raises(Exception, match="connection broke"):
        runner.run(read())
    assert "".join(seen).startswith("one")


def test_answers_are_cached(api: Emulator, runner: asyncio.Runner) -> None:
    """A stream too: its second reading comes from the cache, not from a broken wrapper."""
    pytest.importorskip("fastapi", reason="LiteLLM's cache needs the packages of its proxy")
    from litellm.caching.caching import Cache

    before, litellm.cache = litellm.cache, Cache()
    try:
        for stream in (False, True):
            api.reset()
            router = litellm.Router(model_list=[deployment(api, "a")], cache_responses=True)
            routed = Routed(runner, is_async=True, stream=stream)
            kept = len(litellm.cache.cache.cache_dict)
            first = routed.ask(router, caching=True)
            for _ in range(3000):  # LiteLLM keeps it in the background
                if len(litellm.cache.cache.cache_dict) > kept:
                    break
                runner.run(asyncio.sleep(0.02))
            assert routed.ask(router, caching=True) == first
            assert len(api.requests) == 1
    finally:
        litellm.cache = before


@pytest.mark.parametrize("strategy", ["simple-shuffle", "least-busy", "latency-based-routing",
                                      "usage-based-routing-v2", "cost-based-routing"])  # fmt: skip
def test_every_routing_strategy_works(api: Emulator, runner: asyncio.Runner, strategy: Any) -> None:
    router = litellm.Router(
        model_list=[
            deployment(api, "a", rpm=100, tpm=100_000), deployment(api, "b", rpm=100, tpm=100_000)
        ],
        routing_strategy=strategy,
    )  # fmt: skip
    for stream in (False, True):
        routed = Routed(runner, is_async=True, stream=stream)
        assert [bool(routed.ask(router)) for _ in range(3)] == [True] * 3


def test_cost_based_routing_takes_the_cheaper_deployment(
    api: Emulator, runner: asyncio.Runner
) -> None:
    prices = [(0.1, "a"), (0.000001, "b")]
    router = litellm.Router(
        model_list=[
            deployment(
                api,
                name,
                input_cost_per_token=price,
                output_cost_per_token=price,
                extra_headers={"x-name": name},
            )
            for price, name in prices
        ],
        routing_strategy="cost-based-routing",
    )
    routed = Routed(runner, is_async=True, stream=False)
    for _ in range(4):
        assert routed.ask(router)
    assert {request.headers["x-name"] for request in api.requests} == {"b"}
