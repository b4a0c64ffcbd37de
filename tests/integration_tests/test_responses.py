"""Background responses as jobs, and stored ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from langchain_aimlapi import AimlapiClient
from langchain_aimlapi.emulator import Emulator, Fault, Say, ToolUse
from langchain_aimlapi.errors import (
    AimlapiError,
    InvalidResponseError,
    JobFailedError,
    JobNotFoundError,
    ModelNotFoundError,
)
from tests.harness.colours import call

MODEL = "openai/gpt-5-pro"


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as running:
        running.jobs.running_polls = 0
        yield running


@pytest.fixture
def client(api: Emulator) -> AimlapiClient:
    return AimlapiClient(**api.settings(), max_retries=1)


async def test_a_response_is_ordered_in_the_background_and_fetched(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    api.script("forty-two")
    job = await call(
        client.responses, colour, "submit", model=MODEL, input="Think.", instructions="Slowly.",
        extra_body={"reasoning": {"effort": "high"}},
    )  # fmt: skip
    body = api.requests[-1].body
    assert (body["background"], body["store"]) == (True, True)
    assert body["reasoning"] == {"effort": "high"}
    made = await call(job, colour, "result")
    assert (made.text, made.status, made.id) == ("forty-two", "completed", job.id)
    assert made.usage is not None
    again = await call(client.responses.resume(job.id), colour, "result")
    assert again.text == "forty-two"
    stored = await call(client.responses, colour, "get", job.id)
    assert stored.text == "forty-two"


async def test_a_response_that_is_being_made_has_a_status_and_no_answer(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    api.jobs.running_polls = 5
    job = await call(client.responses, colour, "submit", model=MODEL, input="Think.")
    found = await call(client.responses, colour, "get", job.id)
    assert found.status in ("queued", "in_progress")
    assert (found.text, found.answer, found.tool_calls) == ("", None, ())


async def test_calls_of_tools_come_with_it(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    api.script(Say(calls=(ToolUse("look", {"at": "it"}),)))
    tool = {"type": "function", "name": "look", "parameters": {"type": "object"}}
    job = client.responses.submit(model=MODEL, input="Look.", tools=[tool])
    made = await call(job, colour, "result")
    assert [(each.name, each.arguments) for each in made.tool_calls] == [("look", '{"at": "it"}')]


async def test_a_failed_response_tells_why(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    api.jobs.plan(kind="response", error="too hard")
    job = client.responses.submit(model=MODEL, input="Think.")
    with pytest.raises(JobFailedError, match="too hard"):
        await call(job, colour, "result")


async def test_an_unknown_id_is_an_error(client: AimlapiClient, colour: str) -> None:
    with pytest.raises(ModelNotFoundError):
        await call(client.responses, colour, "get", "resp_none")
    with pytest.raises(JobNotFoundError):
        await call(client.responses.resume("resp_none"), colour, "status")


async def test_an_order_in_doubt_is_not_sent_again(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    api.fault(Fault(status=502), times=3)
    with pytest.raises(AimlapiError) as raised:
        await call(client.responses, colour, "submit", model=MODEL, input="Think.")
    assert raised.value.advice is not None
    assert len(api.requests) == 1


@pytest.mark.parametrize("body", ["{}", "[]", "<html>", '{"object": "response"}'])
async def test_a_success_without_a_response_is_an_error(
    api: Emulator, client: AimlapiClient, colour: str, body: str
) -> None:
    api.fault(Fault(status=200, body=body))
    with pytest.raises(InvalidResponseError):
        await call(client.responses, colour, "get", "resp_1")
