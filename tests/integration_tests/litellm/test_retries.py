"""Retries: two where nobody says otherwise, and never two layers of them."""

from __future__ import annotations

from typing import Any

import pytest

from langchain_aimlapi.emulator import Fault

from .helpers import GPT, Asker, litellm

EMBEDDING = "text-embedding-3-small"


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("langchain_aimlapi._wire.retry.BASE_DELAY", 0.01)


def requests(ask: Asker) -> int:
    return len(ask.api.requests)


def fail(ask: Asker, status: int = 503, times: int | None = None) -> None:
    ask.api.fault(Fault(status=status, retry_after=0), times=times)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_two_failures_are_retried_where_nobody_says_how_often(
    ask: Asker, status: int, stream: bool
) -> None:
    """As with LiteLLM's own OpenAI provider: one 503 must not end a crew or an agent's run."""
    fail(ask, status, times=2)
    answer = ask.chat(stream=stream, max_retries=None)
    if stream:
        assert ask.drain(answer)
    assert [r.status for r in ask.api.requests] == [status, status, 200]


def test_third_failure_is_an_error(ask: Asker) -> None:
    fail(ask)
    with pytest.raises(litellm.ServiceUnavailableError):
        ask.chat(max_retries=None)
    assert requests(ask) == 3


def test_embeddings_and_images_are_retried_alike(ask: Asker) -> None:
    fail(ask, times=2)
    given = ask.options(EMBEDDING, input=["one"], max_retries=None)
    assert ask.call(litellm.embedding, litellm.aembedding, given).data
    assert requests(ask) == 3
    fail(ask, times=2)
    given = ask.options("flux/schnell", prompt="A river", max_retries=None)
    assert ask.call(litellm.image_generation, litellm.aimage_generation, given).data
    assert requests(ask) == 6


@pytest.mark.parametrize("given", [{"max_retries": 0}, {"num_retries": 0, "max_retries": None}])
def test_no_retries_are_none(ask: Asker, given: dict[str, Any]) -> None:
    fail(ask)
    with pytest.raises(litellm.ServiceUnavailableError):
        ask.chat(**given)
    assert requests(ask) == 1


def test_litellms_own_retries_are_the_only_ones(ask: Asker) -> None:
    fail(ask)
    with pytest.raises(litellm.ServiceUnavailableError):
        ask.chat(num_retries=2, max_retries=None)
    assert requests(ask) == 3


def test_litellms_global_retries_are_the_only_ones(
    ask: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(litellm, "num_retries", 2)
    fail(ask)
    with pytest.raises(litellm.ServiceUnavailableError):
        ask.chat(max_retries=None)
    assert requests(ask) == 3


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.slow
def test_routers_retries_are_the_only_ones(ask: Asker, stream: bool) -> None:
    params = {"model": f"aimlapi/{GPT}", "api_key": ask.api.api_key, "api_base": ask.api.base_url}
    router = litellm.Router(
        model_list=[{"model_name": "chat", "litellm_params": params}], num_retries=1,
        retry_after=0, disable_cooldowns=True,
    )  # fmt: skip
    fail(ask)
    given = {"model": "chat", "messages": [{"role": "user", "content": "Hi."}], "stream": stream}
    with pytest.raises(litellm.ServiceUnavailableError):
        ask.call(router.completion, router.acompletion, given)
    assert requests(ask) == 2
