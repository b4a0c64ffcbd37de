"""``litellm.create_file`` and ``litellm.create_batch``: OpenAI's batch files, half the price."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi.emulator import Fault

from .helpers import Asker, Ledger, balance, charged, litellm

pytestmark = pytest.mark.slow

CLAUDE = "anthropic/claude-opus-4-1-20250805"
UNPRICED = "anthropic/claude-opus-5-5"


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIMLAPI_FILES", str(tmp_path))


def rows(*models: str) -> bytes:
    lines = [
        {
            "custom_id": f"row-{place}",
            "method": "POST",
            "url": "/v1/chat/completions",
            "body": {
                "model": model,
                "messages": [
                    {"role": "system", "content": "Be brief."},
                    {"role": "user", "content": f"Number {place}?"},
                ],
                "max_tokens": 64,
            },
        }
        for place, model in enumerate(models)
    ]
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def call(ask: Asker, name: str, **more: Any) -> Any:
    here = {"api_key": ask.api.api_key, "api_base": ask.api.base_url, "max_retries": 0}
    given = {"custom_llm_provider": "aimlapi", **here, **more}
    return ask.call(getattr(litellm, name), getattr(litellm, f"a{name}"), given)


def order(ask: Asker, data: bytes, **more: Any) -> Any:
    file = call(ask, "create_file", file=("rows.jsonl", data), purpose="batch")
    given = {"completion_window": "24h", "endpoint": "/v1/chat/completions", **more}
    return call(ask, "create_batch", input_file_id=file.id, **given)


def ended(ask: Asker, id: str) -> Any:
    def poll() -> Any:
        found = call(ask, "retrieve_batch", batch_id=id)
        return found if found.status not in ("validating", "in_progress") else None

    return ask.later(poll, 20)


def test_file_becomes_a_batch_and_its_results_a_file(ask: Asker) -> None:
    ask.api.say("Fine.", times=None)
    before = balance(ask.api)
    batch = order(ask, rows(CLAUDE, f"aimlapi/{CLAUDE}"))
    assert (batch.object, batch.status) == ("batch", "in_progress")
    sent = ask.api.requests[-1].body
    assert sent["model"] == CLAUDE
    assert sent["requests"][0]["params"]["system"]  # in Claude's own form
    assert sent["requests"][0]["params"]["max_tokens"] == 64
    done = ended(ask, batch.id)
    assert done.status == "completed"
    content = call(ask, "file_content", file_id=done.output_file_id).content
    lines = {line["custom_id"]: line for line in map(json.loads, content.splitlines())}
    assert set(lines) == {"row-0", "row-1"}
    answer = lines["row-1"]["response"]["body"]
    assert answer["choices"][0]["message"]["content"] == "Fine."
    assert answer["usage"]["total_tokens"] > 0
    assert charged(before, ask.api) > 0


def test_input_file_is_kept_read_and_deleted(ask: Asker) -> None:
    data = rows(CLAUDE)
    file = call(ask, "create_file", file=data, purpose="batch")
    assert call(ask, "file_content", file_id=file.id).content == data
    assert call(ask, "file_retrieve", file_id=file.id).bytes == len(data)
    call(ask, "file_delete", file_id=file.id)
    with pytest.raises(litellm.NotFoundError, match="no file"):
        call(ask, "file_content", file_id=file.id)
    assert ask.api.requests == []


@pytest.mark.parametrize(
    ("data", "more", "match"),
    [
        (rows("openai/gpt-4o"), {}, "only Claude"),
        (rows(CLAUDE, "anthropic/claude-opus-4-6"), {}, "one model"),
        (rows(CLAUDE), {"endpoint": "/v1/embeddings"}, "chats only"),
    ],
)
def test_what_the_api_cannot_do_is_refused_before_it_is_ordered(
    ask: Asker, data: bytes, more: dict[str, Any], match: str
) -> None:
    with pytest.raises(litellm.BadRequestError, match=match):
        order(ask, data, **more)
    assert ask.api.requests == []


def test_order_that_may_have_been_accepted_is_not_repeated(ask: Asker) -> None:
    ask.api.fault(Fault(status=500), times=None)
    with pytest.raises(litellm.InternalServerError):
        order(ask, rows(CLAUDE))
    assert len(ask.api.requests) == 1


def test_file_of_another_name_is_not_found(ask: Asker) -> None:
    for id in ("nothing", "file-aimlapi-../../etc/passwd"):
        with pytest.raises(litellm.NotFoundError):
            call(ask, "file_content", file_id=id)


def test_batch_is_cancelled(ask: Asker) -> None:
    batch = order(ask, rows(CLAUDE))
    stopped = call(ask, "cancel_batch", batch_id=batch.id)
    assert (stopped.id, stopped.status) == (batch.id, "cancelling")
    assert ask.api.requests[-1].path == f"/v1/batches/cancel/{batch.id}"
    assert call(ask, "retrieve_batch", batch_id=batch.id).status == "cancelled"
    with pytest.raises(litellm.BadRequestError, match="already finished"):
        call(ask, "cancel_batch", batch_id=batch.id)


def costs(ledger: Ledger, name: str) -> list[Any]:
    """What LiteLLM has booked for the calls of one function."""
    found = [each for each in ledger.successes if each["call_type"] == name]
    return [each["standard_logging_object"]["response_cost"] for each in found]


def test_finished_batch_is_booked_at_what_the_api_took(ask: Asker) -> None:
    ledger = Ledger()
    litellm.callbacks = [ledger]
    before = balance(ask.api)
    batch = order(ask, rows(CLAUDE, CLAUDE, CLAUDE))
    done = ended(ask, batch.id)
    taken = charged(before, ask.api)
    assert taken > 0
    assert done._hidden_params["response_cost"] == pytest.approx(taken, abs=1e-6)
    assert (done.request_counts.total, done.request_counts.completed) == (3, 3)
    name = "aretrieve_batch" if ask.is_async else "retrieve_batch"

    def booked() -> list[float]:
        """What LiteLLM has booked for the last look, which is the one that found the end."""
        return [cost for cost in costs(ledger, name) if cost]

    assert ask.later(booked) == [pytest.approx(taken, abs=1e-6)]
    assert [costs(ledger, name.replace("retrieve", "create"))] == [[0.0]]


def test_batch_of_a_model_without_a_price_is_not_free(
    ask: Asker, caplog: pytest.LogCaptureFixture
) -> None:
    ledger = Ledger()
    litellm.callbacks = [ledger]
    done = ended(ask, order(ask, rows(UNPRICED)).id)
    assert done.status == "completed"
    assert done._hidden_params["response_cost"] is None
    name = "aretrieve_batch" if ask.is_async else "retrieve_batch"

    def looks() -> list[dict[str, Any]]:
        found = [each for each in ledger.successes if each["call_type"] == name]
        return found if len(found) == 2 else []

    assert sorted((each["response_cost"] for each in ask.later(looks)), key=str) == [0.0, None]
    assert "refresh_prices" in caplog.text


def test_price_of_the_program_itself_counts_for_batches(
    ask: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = {"input_cost_per_token": 2e-6, "output_cost_per_token": 4e-6}
    name = f"aimlapi/{UNPRICED}"
    monkeypatch.setitem(litellm.model_cost, name, {**litellm.model_cost[name], **entry})
    ask.api.say("Fine.")
    done = ended(ask, order(ask, rows(UNPRICED)).id)
    (use,) = done._hidden_params["aimlapi_batch_use"]["tokens"].values()
    usd = use["input_tokens"] * 1e-6 + use["output_tokens"] * 2e-6
    assert done._hidden_params["response_cost"] == pytest.approx(usd)
