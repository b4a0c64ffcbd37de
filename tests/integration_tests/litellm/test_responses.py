"""``litellm.responses``: the API's own ``/v1/responses`` for the models that have it."""

from __future__ import annotations

from typing import Any

import pytest

from langchain_aimlapi.emulator import Fault
from langchain_aimlapi.errors import UnsupportedParameterWarning

from .helpers import GPT, Asker, Ledger, balance, charged, litellm

pytestmark = pytest.mark.slow

CLAUDE = "anthropic/claude-opus-4.1"


def respond(ask: Asker, model: str = GPT, **more: Any) -> Any:
    given = ask.options(model, **{"input": "Say hi.", **more})
    return ask.call(litellm.responses, litellm.aresponses, given)


def test_model_that_has_the_endpoint_is_asked_there(ask: Asker) -> None:
    answer = respond(ask)
    assert answer.output[0].content[0].text
    request = ask.api.requests[-1]
    assert request.path == "/v1/responses"
    assert request.body == {"model": GPT, "input": "Say hi."}


def test_other_models_go_through_chat(ask: Asker) -> None:
    answer = respond(ask, CLAUDE)
    assert answer.output[0].content[0].text
    assert ask.api.requests[-1].path != "/v1/responses"


def test_previous_answer_is_built_upon(ask: Asker) -> None:
    ask.api.say("Your name is Ada.", times=None)
    first = respond(ask, input="I am Ada.", store=True)
    second = respond(ask, input="Who am I?", previous_response_id=first.id)
    assert second.output[0].content[0].text == "Your name is Ada."
    sent = ask.api.requests[-1].body["previous_response_id"]
    assert sent != first.id  # LiteLLM wraps ids; the API gets its own
    given = ask.options(GPT) | {"response_id": first.id}
    del given["model"]
    stored = ask.call(litellm.get_responses, litellm.aget_responses, given)
    assert stored.output[0].content[0].text == "Your name is Ada."
    assert ask.api.requests[-1].path == f"/v1/responses/{sent}"


def test_unknown_previous_answer_is_an_error_of_litellms(ask: Asker) -> None:
    with pytest.raises((litellm.NotFoundError, litellm.BadRequestError)):
        respond(ask, previous_response_id="nothing")


def test_hosted_tools_reach_the_api_as_they_are(ask: Asker) -> None:
    tools = [{"type": "web_search_preview", "search_context_size": "low"}]
    respond(ask, tools=tools)
    assert ask.api.requests[-1].body["tools"] == tools


def test_background_answer_is_fetched_later(ask: Asker) -> None:
    queued = respond(ask, background=True, store=True)
    assert queued.status == "queued"
    given = {"response_id": queued.id} | {
        k: v for k, v in ask.options(GPT).items() if k in ("api_key", "api_base")
    }

    def done() -> Any:
        found = ask.call(litellm.get_responses, litellm.aget_responses, given)
        return found if found.status == "completed" else None

    assert ask.later(done, 20).output[0].content[0].text


def test_charge_stands_beside_a_whole_answer(ask: Asker) -> None:
    before = balance(ask.api)
    answer = respond(ask)
    assert answer._hidden_params["response_cost"] == pytest.approx(charged(before, ask.api))
    assert answer.usage.cost == pytest.approx(charged(before, ask.api))


def test_charge_of_a_stream_is_logged(ask: Asker) -> None:
    ledger, before = Ledger(), balance(ask.api)
    litellm.callbacks = [ledger]
    events = ask.drain(respond(ask, stream=True))
    kinds = [str(getattr(event.type, "value", event.type)) for event in events]
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert events[-1].response.usage.cost == pytest.approx(charged(before, ask.api))
    # to a credit: LiteLLM 1.100 computes it in sync streams, from the price and the tokens
    assert ask.later(ledger.costs)[0] == pytest.approx(charged(before, ask.api), abs=1e-6)


def test_parameters_are_fitted_by_the_catalog(ask: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("langchain_aimlapi._litellm.responses.WARNED", set())
    with pytest.warns(UnsupportedParameterWarning, match="max_output_tokens=4 was sent as 16"):
        respond(ask, max_output_tokens=4)
    assert ask.api.requests[-1].body["max_output_tokens"] == 16


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (401, "AuthenticationError"),
        (402, "PaymentRequiredError"),
        (429, "RateLimitError"),
        (503, "ServiceUnavailableError"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_failures_are_litellms_own_at_the_call(
    ask: Asker, status: int, cls: str, stream: bool
) -> None:
    ask.api.fault(Fault(status=status))
    expected = getattr(litellm, cls, litellm.PermissionDeniedError)
    with pytest.raises(expected) as caught:
        respond(ask, stream=stream)
    assert ask.api.api_key not in str(caught.value)
    assert len(ask.api.requests) == 1


def test_two_failures_are_retried_where_nobody_says_how_often(
    ask: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("langchain_aimlapi._wire.retry.BASE_DELAY", 0.01)
    for stream in (False, True):
        ask.api.fault(Fault(status=503), times=2)
        answer = respond(ask, stream=stream, max_retries=None)
        if stream:
            assert ask.drain(answer)
    assert [r.status for r in ask.api.requests] == [503, 503, 200] * 2


def test_retries_of_litellm_are_the_only_ones(ask: Asker) -> None:
    ask.api.fault(Fault(status=503), times=None)
    with pytest.raises(litellm.ServiceUnavailableError):
        respond(ask, max_retries=None, num_retries=0)
    assert len(ask.api.requests) == 1


def test_nobody_listening_is_a_connection_error(ask: Asker) -> None:
    with pytest.raises((litellm.APIConnectionError, litellm.InternalServerError)):
        respond(ask, api_base="http://127.0.0.1:9/v1")
