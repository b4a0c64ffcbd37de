"""What must not leak does not leak: the key, the prompt, and anything to a stranger."""

from __future__ import annotations

import json
import logging
import pickle
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.load import dumpd, dumps
from langchain_core.messages import HumanMessage
from langchain_core.tracers.base import BaseTracer
from langchain_core.tracers.schemas import Run

from langchain_aimlapi import ChatAimlapi
from langchain_aimlapi.errors import AimlapiError, AuthenticationError
from tests.harness.faults.families import KEY, PROMPT
from tests.harness.faults.helpers import make_model
from tests.harness.faults.raw_server import Hub
from tests.harness.faults.runner import quick_retries
from tests.harness.faults.steps import Reset
from tests.harness.faults.wire import JSON_OK, SSE_OK, answer, completion, fails, http

pytestmark = pytest.mark.usefixtures("any_transport")

FIELDS: dict[str, Any] = {"model": "openai/gpt-4o", "api_key": KEY}
BAD_KEYS = {
    "line end": "sk-bad\r\nX-Evil: 1",
    "inner newline": "sk-bad\nkey-77",
    "NUL": "sk-bad\0key-77",
    "space inside": "sk-bad key-77",
    "emoji": "sk-bad🙂key-77",
    "umlaut": "sk-bäd-key-77",
    "no-break space": "sk-bad\u00a0key-77",
}


@pytest.fixture(autouse=True)
def _quick() -> Iterator[None]:
    with quick_retries():
        yield


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AIMLAPI_API_KEY", "AIMLAPI_API_BASE"):
        monkeypatch.delenv(name, raising=False)


# --- the key in what a model shows -----


def test_key_is_in_no_picture_of_a_model(raw_hub: Hub) -> None:
    with raw_hub.serve([JSON_OK]) as server:
        model = make_model(server, default_headers={"x-team": "blue"})
        for used in (False, True):
            if used:
                model.invoke(PROMPT)
            pictures = {
                "repr": repr(model),
                "str": str(model),
                "model_dump": repr(model.model_dump()),
                "model_dump_json": model.model_dump_json(exclude={"callbacks"}),
                "dumpd": json.dumps(dumpd(model), default=repr),
                "dumps": dumps(model),
                "identifying": repr(model._identifying_params),
                "bound": repr(model.bind(stop=["x"])) + dumps(model.bind(stop=["x"])),
                "vars": repr(vars(model)),
                "pickle": pickle.dumps(model).decode("latin-1"),
            }
            assert [name for name, text in pictures.items() if KEY in text] == []
        model.close()


def test_key_is_in_no_run_that_is_traced(raw_hub: Hub) -> None:
    class Keeper(BaseTracer):
        def _persist_run(self, run: Run) -> None:
            kept.append(run)

    kept: list[Run] = []
    with raw_hub.serve([JSON_OK, SSE_OK, fails(401, f"The key {KEY} is wrong")]) as server:
        model = make_model(server)
        config: Any = {"callbacks": [Keeper()]}
        model.invoke(PROMPT, config)
        list(model.stream(PROMPT, config))
        with pytest.raises(AuthenticationError):
            model.invoke(PROMPT, config)
        model.close()
    assert len(kept) == 3
    assert all(KEY not in repr(run.model_dump()) for run in kept)


def test_key_and_prompt_are_in_no_log_record(
    raw_hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    replies = [fails(500), JSON_OK, SSE_OK, fails(401, f"Bad key {KEY}"), (Reset(),)]
    with raw_hub.serve(replies) as server:
        model = make_model(server, max_retries=1)
        model.invoke(PROMPT)
        list(model.stream(PROMPT))
        for _ in range(2):
            with pytest.raises(AimlapiError):
                model.invoke(PROMPT)
        model.close()
    shown = "\n".join(f"{record.getMessage()} {record.__dict__!r}" for record in caplog.records)
    assert KEY not in shown
    assert PROMPT not in shown


def test_key_and_prompt_are_in_no_local_variable_that_an_error_report_would_print(
    raw_hub: Hub,
) -> None:
    with raw_hub.serve([fails(400, "No")]) as server:
        model = make_model(server)
        with pytest.raises(AimlapiError) as caught:
            model.invoke(PROMPT)
        model.close()
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    ours = [frame for frame in report.stack if "langchain_aimlapi" in frame.filename]
    assert ours
    leaks = {
        f"{frame.name}: {name}"
        for frame in ours
        for name, shown in (frame.locals or {}).items()
        if KEY in shown
    }
    assert leaks == set()


def test_retries_are_told_without_the_key(raw_hub: Hub) -> None:
    told: list[Any] = []

    class Listener(BaseCallbackHandler):
        def on_retry(self, retry_state: Any, *, run_id: UUID, **kwargs: Any) -> None:
            told.append(("callback", retry_state, kwargs))

    replies = [fails(500, f"Key {KEY} broke it"), JSON_OK, fails(503, KEY), SSE_OK]
    with raw_hub.serve(replies) as server:
        model = make_model(server, on_retry=lambda event: told.append(("field", event)))
        model.invoke(PROMPT, {"callbacks": [Listener()]})
        list(model.stream(PROMPT))  # langchain-core gives a stream no run manager to tell
        model.close()
    assert sorted(entry[0] for entry in told) == ["callback", "field", "field"]
    assert KEY not in repr(told)
    assert PROMPT not in repr(told)


# --- the key itself -----


@pytest.mark.parametrize("key", BAD_KEYS.values(), ids=BAD_KEYS.keys())
def test_an_invalid_key_is_refused_at_construction_without_being_shown(key: str) -> None:
    with pytest.raises((ValueError, AimlapiError)) as caught:
        ChatAimlapi(**{**FIELDS, "api_key": key})
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert "sk-b" not in shown
    assert "key-77" not in shown


@pytest.mark.parametrize("key", [KEY + "\n", f"  {KEY}\t", f"\r\n{KEY}"])
def test_white_space_around_a_key_is_stripped(raw_hub: Hub, key: str) -> None:
    with raw_hub.serve([JSON_OK]) as server:
        model = make_model(server, api_key=key)
        model.invoke(PROMPT)
        model.close()
        assert server.requests[0].header("authorization") == f"Bearer {KEY}"


@pytest.mark.parametrize("key", ["", "   ", None])
def test_no_key_is_an_error_that_names_the_variable_and_nothing_is_sent(
    raw_hub: Hub, key: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIMLAPI_API_KEY", "  ")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-vendor")
    with raw_hub.serve([JSON_OK]) as server:
        model = make_model(server, api_key=key)
        for call in (model.invoke, lambda text: list(model.stream(text))):
            with pytest.raises(AuthenticationError, match="AIMLAPI_API_KEY"):
                call(PROMPT)
        assert not server.connections


def test_nothing_of_other_vendors_is_sent(raw_hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_BASE_URL",
                 "ANTHROPIC_API_KEY"):  # fmt: skip
        monkeypatch.setenv(name, "http://foreign-value.invalid")
    with raw_hub.serve([JSON_OK, SSE_OK]) as server:
        model = make_model(server)
        model.invoke(PROMPT)
        list(model.stream(PROMPT))
        model.close()
        assert len(server.requests) == 2
        assert b"foreign-value" not in bytes(server.log.received)


def test_a_netrc_file_does_not_replace_the_key(
    raw_hub: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password hidden\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with raw_hub.serve([JSON_OK]) as server:
        model = make_model(server)
        model.invoke(PROMPT)
        model.close()
        assert server.requests[0].header("authorization") == f"Bearer {KEY}"


# --- where it goes -----


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com/v1",
        "http://10.0.0.1/v1",
        "http://127.0.0.1.example.com/v1",
        "http://localhost.evil.com",
    ],
)
def test_plain_http_to_another_machine_is_refused_before_anything_is_sent(url: str) -> None:
    with pytest.raises((ValueError, AimlapiError), match="http") as caught:
        ChatAimlapi(**{**FIELDS, "base_url": url}).invoke(PROMPT)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://a/v1", "api.aimlapi.com/v1", "x:y",
                                 "https://", "https://a b/", "https://a/\r\nX: y"])  # fmt: skip
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises((ValueError, AimlapiError)):
        ChatAimlapi(**{**FIELDS, "base_url": url}).invoke(PROMPT)


def test_plain_http_is_allowed_when_asked_for() -> None:
    model = ChatAimlapi(**{**FIELDS, "base_url": "http://10.255.255.1/v1", "allow_http": True})
    assert model.base_url == "http://10.255.255.1/v1"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_another_origin_gets_neither_key_nor_prompt(raw_hub: Hub, status: int) -> None:
    with raw_hub.serve([JSON_OK]) as other:
        away = http(b"", status, f"Location: {other.url}/v1/chat/completions")
        with raw_hub.serve([away]) as server:
            model = make_model(server)
            with pytest.raises(AimlapiError):
                model.invoke(PROMPT)
            with pytest.raises(AimlapiError):
                list(model.stream(PROMPT))
            model.close()
            assert len(server.requests) == 2
        assert bytes(other.log.received) == b""


def test_urls_in_an_answer_are_not_fetched(raw_hub: Hub) -> None:
    with raw_hub.serve([JSON_OK]) as other:
        image = {"type": "image_url", "image_url": {"url": f"{other.url}/cat.png"}}
        said = completion({"images": [image], "content": f"![cat]({other.url}/cat.png)"})
        with raw_hub.serve([answer(said)]) as server:
            model = make_model(server)
            model.invoke(PROMPT)
            model.close()
        assert not other.connections


def test_urls_in_a_prompt_are_sent_and_not_fetched(raw_hub: Hub) -> None:
    with raw_hub.serve([JSON_OK]) as other, raw_hub.serve([JSON_OK]) as server:
        image = {"type": "image", "url": f"{other.url}/cat.png"}
        model = make_model(server)
        model.invoke([HumanMessage([image, {"type": "text", "text": "What is it?"}])])
        model.close()
        assert f"{other.url}/cat.png" in server.requests[0].body.decode()
        assert not other.connections


def test_a_tampered_dump_cannot_redirect_the_key(raw_hub: Hub) -> None:
    with raw_hub.serve([JSON_OK]) as server:
        dumped = dumps(make_model(server))
        assert KEY not in dumped
        assert server.url not in dumped
