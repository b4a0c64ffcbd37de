"""Every failure is LiteLLM's own class, raised when the call is made."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from langchain_aimlapi import errors
from langchain_aimlapi.emulator import Emulator, Fault

from .helpers import GPT, HI, Asker, litellm

LONG = "This model's maximum context length is 128000 tokens. However, you sent 130000 tokens."
POLICY = "Your request was rejected by our safety system (content policy)."
CASES: list[tuple[str, Fault, str, int]] = [
    ("400", Fault(status=400), "BadRequestError", 400),
    ("401", Fault(status=401), "AuthenticationError", 401),
    ("402", Fault(status=402, message="Payment required"), "PaymentRequiredError", 402),
    ("403 out of credit", Fault(status=403), "PermissionDeniedError", 403),
    ("404", Fault(status=404, message="Not found"), "NotFoundError", 404),
    ("408", Fault(status=408), "Timeout", 408),
    ("413", Fault(status=413, message="Payload too large"), "BadRequestError", 413),
    ("422", Fault(status=422), "UnprocessableEntityError", 422),
    ("429", Fault(status=429), "RateLimitError", 429),
    ("429 quota", Fault(status=429, message="You exceeded your current quota"), "RateLimitError",
     429),
    ("500", Fault(status=500), "InternalServerError", 500),
    ("502", Fault(status=502), "BadGatewayError", 502),
    ("503", Fault(status=503), "ServiceUnavailableError", 503),
    ("504", Fault(status=504), "Timeout", 504),
    ("524", Fault(status=524), "InternalServerError", 524),
    ("529", Fault(status=529), "ServiceUnavailableError", 529),
    ("context", Fault(status=400, message=LONG), "ContextWindowExceededError", 400),
    ("context, nested", Fault(status=400, message=LONG, shape="nested"),
     "ContextWindowExceededError", 400),
    ("policy", Fault(status=400, message=POLICY), "ContentPolicyViolationError", 400),
    ("refused connection", Fault(refuse=True), "APIConnectionError", 500),
    ("no answer", Fault(shape="html"), "BadGatewayError", 502),
    ("empty answer", Fault(shape="empty"), "BadGatewayError", 502),
    ("error in a 200", Fault(status=200, body={"error": {"message": "slow", "code": 429}}),
     "RateLimitError", 429),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "name", "status"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
@pytest.mark.parametrize("stream", [False, True])
def test_failure_has_litellms_class_and_comes_when_the_call_is_made(
    ask: Asker, fault: Fault, name: str, status: int, stream: bool
) -> None:
    ask.api.fault(fault, times=None)
    if fault.shape == "empty" and stream:
        name, status = "APIConnectionError", 500  # a stream that ends before it begins
    expected = getattr(litellm, name, litellm.PermissionDeniedError)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the class is checked exactly, below
        ask.chat(stream=stream)
    error: Any = caught.value
    assert type(error) is expected
    assert (error.status_code, error.llm_provider) == (status, "aimlapi")
    # a pooled connection that turns out to be dead is replaced once, which is no retry
    assert len(ask.api.requests) <= (2 if fault.refuse else 1)


@pytest.mark.parametrize("stream", [False, True])
def test_retry_after_is_handed_on_in_whole_seconds(ask: Asker, stream: bool) -> None:
    ask.api.fault(Fault(status=429, retry_after=1.4), times=None)
    with pytest.raises(litellm.RateLimitError) as caught:
        ask.chat(stream=stream)
    assert caught.value.response.headers["retry-after"] == "2"
    told: Any = caught.value
    assert told.litellm_response_headers["retry-after"] == "2"


def test_error_says_what_to_do_and_keeps_key_and_prompt_to_itself(ask: Asker) -> None:
    secret = "sk-not-to-be-shown-1234567890"
    with pytest.raises(litellm.AuthenticationError, match="check AIMLAPI_API_KEY") as caught:
        ask.chat(api_key=secret, messages=[{"role": "user", "content": "my secret question"}])
    shown = f"{caught.value!r} {caught.value} {vars(caught.value)} {caught.value.__cause__!r}"
    assert secret not in shown
    assert "secret question" not in shown
    assert isinstance(caught.value.__cause__, errors.AuthenticationError)


def test_missing_key_is_an_authentication_error_and_nothing_is_sent(ask: Asker) -> None:
    with pytest.raises(litellm.AuthenticationError, match="AIMLAPI_API_KEY"):
        ask.chat(api_key=None)
    assert ask.api.requests == []


@pytest.mark.parametrize("name", ["AIMLAPI_API_KEY", "AIML_API_KEY"])
def test_key_and_address_come_from_the_environment(
    ask: Asker, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, ask.api.api_key)
    monkeypatch.setenv("AIMLAPI_API_BASE", ask.api.base_url)
    answer = ask.call(
        litellm.completion, litellm.acompletion, {"model": f"aimlapi/{GPT}", "messages": HI}
    )
    assert answer.choices[0].message.content


def test_litellms_globals_are_read(ask: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(litellm, "api_key", ask.api.api_key)
    monkeypatch.setattr(litellm, "api_base", ask.api.base_url)
    given = {"model": f"aimlapi/{GPT}", "messages": HI}
    assert ask.call(litellm.completion, litellm.acompletion, given).choices[0].message.content


def test_plain_http_to_another_machine_is_refused(ask: Asker) -> None:
    with pytest.raises(litellm.BadRequestError, match="unencrypted"):
        ask.chat(api_base="http://api.example.com/v1")


def test_message_without_a_role_is_a_bad_request(ask: Asker) -> None:
    with pytest.raises(litellm.BadRequestError, match="role"):
        ask.chat(messages=[{"role": "robot", "content": "hi"}])


@pytest.mark.filterwarnings("ignore:.*the model is deprecated")  # the notice before the refusal
def test_deprecated_model_is_not_found_and_the_error_names_a_live_one(ask: Asker) -> None:
    with pytest.raises(litellm.NotFoundError, match=r"use |nearest"):
        ask.chat("anthropic/claude-3-opus")


def test_time_out_ends_the_wait(ask: Asker) -> None:
    ask.api.fault(Fault(delay=30.0), times=None)
    begun = time.monotonic()
    with pytest.raises(litellm.Timeout):
        ask.chat(timeout=0.3)
    assert time.monotonic() - begun < 25  # less than the server waits


# --- in the middle of a stream -----


@pytest.mark.parametrize("how", ["close", "reset"])
def test_cut_stream_is_an_error_after_what_was_delivered(ask: Asker, how: Any) -> None:
    ask.api.fault(Fault(cut_after=5, how=how)).say("one two three four five six seven eight nine")
    delivered, error = take(ask)
    assert delivered
    assert "".join(delivered).startswith("one")
    assert "nine" not in "".join(delivered)
    assert isinstance(original(error), litellm.APIConnectionError)


def test_stream_without_an_end_is_no_answer(ask: Asker) -> None:
    ask.api.fault(Fault(stop_after=4)).say("one two three four five six seven eight nine")
    _, error = take(ask)
    assert isinstance(original(error), litellm.APIConnectionError)


@pytest.mark.parametrize(
    ("status", "name"), [(429, "RateLimitError"), (503, "ServiceUnavailableError")]
)
def test_error_frame_has_the_class_of_its_code(ask: Asker, status: int, name: str) -> None:
    ask.api.fault(Fault(error_after=4, status=status)).say("one two three four five six seven")
    delivered, error = take(ask)
    assert delivered
    assert type(original(error)) is getattr(litellm, name)


def test_silent_stream_times_out(ask: Asker) -> None:
    ask.api.fault(Fault(stall_after=4)).say("one two three four five six seven")
    delivered, error = take(ask, timeout=1.5)
    assert delivered
    assert isinstance(original(error), litellm.Timeout)


def take(ask: Asker, **more: Any) -> tuple[list[str], BaseException | None]:
    """What a stream delivered, and how it failed."""
    stream = ask.chat(stream=True, **more)
    delivered: list[str] = []

    async def read() -> None:
        async for chunk in stream:
            delivered.append(chunk.choices[0].delta.content or "")

    try:
        if ask.is_async:
            ask.runner.run(read())
        else:
            for chunk in stream:
                delivered.append(chunk.choices[0].delta.content or "")
    except Exception as error:
        return delivered, error
    return delivered, None


def original(error: BaseException | None) -> Any:
    """LiteLLM wraps what may be tried elsewhere, for its router."""
    return getattr(error, "original_exception", None) or error


def test_leaving_a_stream_closes_its_connection(api: Emulator, runner: Any) -> None:
    api.pace = 0.02
    try:
        api.say("word " * 200, times=None)
        given: dict[str, Any] = {"model": f"aimlapi/{GPT}", "messages": HI, "stream": True,
                                 "api_key": api.api_key, "api_base": api.base_url}  # fmt: skip
        stream = litellm.completion(**given)
        next(iter(stream))
        stream.completion_stream.close()
        runner.run(_leave(given))
        end = time.monotonic() + 60
        while any(r.ended == "open" for r in api.requests) and time.monotonic() < end:
            time.sleep(0.02)
        assert [r.ended for r in api.requests] == ["left", "left"]
    finally:
        api.pace = 0.0


async def _leave(given: dict[str, Any]) -> None:
    stream = await litellm.acompletion(**given)
    await stream.__anext__()
    await stream.aclose()


# --- what an error holds -----


def test_error_holds_the_servers_body_and_the_field(ask: Asker) -> None:
    body = {"statusCode": 400, "message": "messages.0.role: unknown", "path": "/v1/chat"}
    ask.api.fault(Fault(status=400, body=body))
    with pytest.raises(litellm.BadRequestError) as caught:
        ask.chat()
    assert caught.value.body == body
    assert caught.value.param == "messages.0.role"


def test_advice_is_in_litellms_words(ask: Asker) -> None:
    ask.api.fault(Fault(status=429), times=None)
    with pytest.raises(litellm.RateLimitError, match="raise num_retries"):
        ask.chat()
    ask.api.reset()
    ask.api.fault(Fault(delay=30.0), times=None)
    with pytest.raises(litellm.Timeout, match=r"raise timeout \(seconds\), or stream"):
        ask.chat(timeout=0.2)


PROXY_METADATA = {"user_api_key": "hashed", "user_api_key_alias": "team-blue"}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("status", "message"),
    [
        (401, None),
        (402, "You've run out of credits. Top up at https://aimlapi.com/app/billing/"),
        (403, "You've run out of credits. Top up at https://aimlapi.com/app/billing/"),
        (403, "The key sk-operator... has no scope for this model"),
    ],
)
def test_clients_of_a_proxy_learn_nothing_about_its_account(
    ask: Asker, status: int, message: str | None, stream: bool
) -> None:
    ask.api.fault(Fault(status=status, message=message), times=None)
    with pytest.raises(Exception) as caught:  # noqa: PT011 - its status is checked below
        ask.chat(metadata=dict(PROXY_METADATA), stream=stream)
    error: Any = caught.value
    shown = f"{error} {error!r} {error.message} {error.body}".lower()
    for word in ("billing", "credit", "top up", "aimlapi.com", "scope", "sk-operator"):
        assert word not in shown
    assert error.status_code == status
    assert "log of the proxy" in shown


def test_clients_of_a_proxy_get_no_advice_for_its_operator(ask: Asker) -> None:
    ask.api.fault(Fault(status=429), times=None)
    with pytest.raises(litellm.RateLimitError) as caught:
        ask.chat(metadata=dict(PROXY_METADATA))
    assert "num_retries" not in str(caught.value)


# --- where the address and the connections come from -----


def test_built_in_providers_key_goes_to_its_address(
    ask: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIML_API_KEY", ask.api.api_key)
    monkeypatch.setenv("AIML_API_BASE", ask.api.base_url)
    given = {"model": f"aimlapi/{GPT}", "messages": HI}
    assert ask.call(litellm.completion, litellm.acompletion, given).choices[0].message.content


def test_this_providers_key_does_not_go_to_the_other_ones_address(
    ask: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIMLAPI_API_KEY", ask.api.api_key)
    monkeypatch.setenv("AIML_API_BASE", ask.api.base_url)
    monkeypatch.setattr("langchain_aimlapi._connection.settings.DEFAULT_BASE_URL",
                        "http://127.0.0.1:9/v1")  # fmt: skip
    given = {"model": f"aimlapi/{GPT}", "messages": HI, "max_retries": 0}
    with pytest.raises(litellm.APIConnectionError):
        ask.call(litellm.completion, litellm.acompletion, given)
    assert ask.api.requests == []


def test_programs_own_session_is_used(ask: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def note(request: httpx.Request) -> None:
        seen.append(request.url.path)

    async def anote(request: httpx.Request) -> None:
        seen.append(request.url.path)

    session = httpx.Client(event_hooks={"request": [note]})
    asession = httpx.AsyncClient(event_hooks={"request": [anote]})
    monkeypatch.setattr(litellm, "client_session", session)
    monkeypatch.setattr(litellm, "aclient_session", asession)
    try:
        assert ask.chat().choices
        assert ask.chunks()
    finally:
        session.close()
        ask.runner.run(asession.aclose())
    assert seen == ["/v1/chat/completions"] * 2
