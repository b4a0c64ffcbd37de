"""What LiteLLM's loggers see of the request."""

from __future__ import annotations

import pytest

from .helpers import GPT, Asker, Ledger, litellm

pytestmark = pytest.mark.slow

CLAUDE = "anthropic/claude-opus-4.1"
QUESTION = [{"role": "user", "content": "Where is the red lighthouse?"}]


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    one = Ledger()
    monkeypatch.setattr(litellm, "callbacks", [one])
    return one


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", [GPT, CLAUDE])
def test_raw_requests_are_logged_as_they_were_sent(
    ask: Asker, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, model: str, stream: bool
) -> None:
    monkeypatch.setattr(litellm, "log_raw_request_response", True)
    answer = ask.chat(model, messages=QUESTION, stream=stream, max_tokens=64)
    if stream:
        ask.drain(answer)
    sent = ask.api.requests[-1]
    (logged,) = ledger.pre_calls
    assert logged["complete_input_dict"] == sent.body
    assert logged["api_base"].endswith(sent.path)
    assert logged["headers"]["x-client-request-id"] == sent.headers["x-client-request-id"]
    assert ask.api.api_key not in str(logged)


def test_bodies_are_not_logged_unless_somebody_wants_them(ask: Asker, ledger: Ledger) -> None:
    ask.chat(messages=QUESTION, temperature=0.5)
    (logged,) = ledger.pre_calls
    assert logged["complete_input_dict"]["temperature"] == 0.5
    assert "lighthouse" not in str(logged)


def test_litellms_look_at_a_raw_request_shows_the_built_one() -> None:
    from litellm.types.utils import CallTypes
    from litellm.utils import return_raw_request

    kwargs = {
        "model": f"aimlapi/{CLAUDE}", "messages": QUESTION, "api_base": "http://127.0.0.1:9/v1",
        "max_tokens": 64,
    }  # fmt: skip
    raw = return_raw_request(endpoint=CallTypes.completion, kwargs=kwargs)
    body = raw["raw_request_body"]
    assert body is not None
    assert body["model"] == CLAUDE
    assert "lighthouse" in str(body["messages"])
