"""Assistants, threads, runs and files through the client, and `AimlapiAssistant`."""

from __future__ import annotations

import io
import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, SystemMessage
from langchain_core.tools import BaseTool, tool

from langchain_aimlapi import AimlapiAssistant, AimlapiClient
from langchain_aimlapi.emulator import Emulator, Fault, Say, ToolUse, VirtualClock
from langchain_aimlapi.endpoints._thread_values import RUN_EVENTS, Run
from langchain_aimlapi.errors import (
    AimlapiError,
    InvalidRequestError,
    InvalidResponseError,
    JobFailedError,
    JobNotFoundError,
    ModelNotFoundError,
    RateLimitError,
    UnsupportedFeatureError,
)
from tests.harness.colours import call

MODEL = "openai/gpt-4o"
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


@tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return f"It rains in {city}."


@tool
def broken() -> str:
    """Always fails."""
    raise RuntimeError("no umbrella")


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def api(clock: VirtualClock) -> Iterator[Emulator]:
    with Emulator(clock=clock) as running:
        running.jobs.running_polls = 0
        yield running


@pytest.fixture
def client(api: Emulator) -> AimlapiClient:
    return AimlapiClient(**api.settings(), max_retries=1)


@pytest.fixture
def assistant(client: AimlapiClient) -> str:
    return client.assistants.create(model=MODEL, instructions="Be brief.").id


# --- the endpoints -----


async def test_an_assistant_is_made_found_changed_and_deleted(
    client: AimlapiClient, colour: str
) -> None:
    made = await call(
        client.assistants, colour, "create", model=MODEL, name="Ada", instructions="Be brief.",
        tools=[WEATHER], metadata={"for": "tests"}, temperature=0.5,
    )  # fmt: skip
    assert (made.name, made.model, made.metadata) == ("Ada", MODEL, {"for": "tests"})
    assert made.tools == (WEATHER,)
    changed = await call(client.assistants, colour, "update", made.id, name="Bob")
    assert (changed.name, changed.instructions) == ("Bob", "Be brief.")
    assert (await call(client.assistants, colour, "get", made.id)).name == "Bob"
    assert await call(client.assistants, colour, "delete", made.id) is True
    with pytest.raises(ModelNotFoundError):
        await call(client.assistants, colour, "get", made.id)
    with pytest.raises(ModelNotFoundError):
        await call(client.assistants, colour, "create", model="openai/gpt-4o-that-is-not")


async def test_lists_are_read_on_page_by_page(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    ids = [client.assistants.create(model=MODEL).id for _ in range(5)]
    api.requests.clear()
    found = await call(client.assistants, colour, "list", page_size=2, order="asc")
    assert [each.id for each in found] == ids
    assert len(api.requests) == 3


async def test_a_thread_keeps_its_messages(client: AimlapiClient, colour: str) -> None:
    thread = await call(
        client.threads, colour, "create", messages=[{"role": "user", "content": "one"}]
    )
    added = await call(client.threads, colour, "add_message", thread.id, content="two")
    assert (added.role, added.text, added.thread_id) == ("user", "two", thread.id)
    found = await call(client.threads, colour, "messages", thread.id, page_size=1)
    assert [each.text for each in found] == ["one", "two"]
    noted = await call(
        client.threads, colour, "update_message", thread.id, added.id, metadata={"a": "b"}
    )
    assert noted.metadata == {"a": "b"}
    assert (await call(client.threads, colour, "message", thread.id, added.id)).text == "two"
    assert await call(client.threads, colour, "delete_message", thread.id, added.id) is True
    updated = await call(client.threads, colour, "update", thread.id, metadata={"n": "1"})
    assert updated.metadata == {"n": "1"}
    assert (await call(client.threads, colour, "get", thread.id)).metadata == {"n": "1"}
    assert await call(client.threads, colour, "delete", thread.id) is True


@pytest.mark.parametrize("wrong", ["", " ", "..", "."])
async def test_an_id_that_is_none_is_refused_before_anything_is_sent(
    api: Emulator, client: AimlapiClient, colour: str, wrong: str
) -> None:
    for calls, method in ((client.threads, "delete"), (client.assistants, "delete")):
        with pytest.raises(InvalidRequestError):
            await call(calls, colour, method, wrong)
    assert api.requests == []


def test_an_id_cannot_lead_to_another_path(api: Emulator, client: AimlapiClient) -> None:
    with pytest.raises(AimlapiError):
        client.threads.get("thread_1/../../v1/keys")
    assert api.requests[-1].path.startswith("/threads/thread_1")


async def test_a_file_is_kept_and_given_back(
    client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(b"one\r\ntwo")
    made = await call(client.files, colour, "upload", file=path)
    assert (made.filename, made.size_bytes, made.purpose) == ("notes.txt", 8, "assistants")
    assert await call(client.files, colour, "content", made.id) == b"one\r\ntwo"
    other = await call(
        client.files, colour, "upload", file=io.BytesIO(b"{}"), filename="a.json",
        purpose="chat_analysis",
    )  # fmt: skip
    found = await call(client.files, colour, "list", purpose="chat_analysis")
    assert [each.id for each in found] == [other.id]
    assert await call(client.files, colour, "delete", made.id) is True
    with pytest.raises(ModelNotFoundError):
        await call(client.files, colour, "get", made.id)
    for wrong in ({"file": b"x"}, {"file": str(path)}, {"file": b"x", "filename": 'a"\r\nb'}):
        with pytest.raises(InvalidRequestError):
            await call(client.files, colour, "upload", **wrong)


# --- runs as jobs -----


async def result(client: AimlapiClient, colour: str, job: Any) -> Run:
    made: Run = await call(job, colour, "result")
    return made


async def test_a_run_is_a_job_with_steps_and_a_message(
    client: AimlapiClient, assistant: str, colour: str
) -> None:
    thread = client.threads.create().id
    job = await call(
        client.runs, colour, "submit", assistant_id=assistant, thread_id=thread,
        messages=[{"role": "user", "content": "Say hello."}], additional_instructions="Loudly.",
    )  # fmt: skip
    run = await result(client, colour, job)
    assert (run.status, run.thread_id, run.is_over) == ("completed", thread, True)
    assert run.usage is not None
    assert run.usage.output > 0
    (step,) = await call(client.runs, colour, "steps", thread, run.id)
    messages = await call(client.threads, colour, "messages", thread, run_id=run.id)
    assert [each.role for each in messages] == ["assistant"]
    assert step.message_id == messages[0].id
    assert (await call(client.runs, colour, "step", thread, run.id, step.id)).id == step.id
    assert [each.id for each in await call(client.runs, colour, "list", thread)] == [run.id]
    noted = await call(client.runs, colour, "update", thread, run.id, metadata={"a": "b"})
    assert noted.metadata == {"a": "b"}


async def test_a_run_is_found_again_by_its_id_in_another_process(
    client: AimlapiClient, assistant: str, colour: str
) -> None:
    job = client.runs.submit(assistant_id=assistant, thread={"messages": [message("hi")]})
    again = client.runs.resume(pickle.loads(pickle.dumps(job.id)))
    assert (await result(client, colour, again)).job_id == job.id
    with pytest.raises(InvalidRequestError, match="thread_"):
        client.runs.resume("run_1").status()
    with pytest.raises(JobNotFoundError):
        client.runs.resume("thread_1/run_1").status()


async def test_a_run_waits_for_results_of_tools_and_goes_on(
    api: Emulator, client: AimlapiClient, assistant: str, colour: str
) -> None:
    says(api, Say(calls=(ToolUse("get_weather", {"city": "Graz"}),)), Say("It rains."))
    job = await call(
        client.runs, colour, "submit", assistant_id=assistant, tools=[WEATHER],
        thread={"messages": [message("Weather in Graz?")]},
    )  # fmt: skip
    run = await result(client, colour, job)
    assert run.needs_outputs
    (wanted,) = run.calls
    assert (wanted.name, json.loads(wanted.arguments)) == ("get_weather", {"city": "Graz"})
    with pytest.raises(InvalidRequestError):
        await call(client.runs, colour, "answer", run.thread_id, run.id, outputs={})
    job = await call(
        client.runs, colour, "answer", run.thread_id, run.id, outputs={wanted.id: "rain"}
    )
    assert (await result(client, colour, job)).status == "completed"


async def test_a_run_can_be_cancelled_and_expires(
    client: AimlapiClient, assistant: str, clock: VirtualClock, colour: str
) -> None:
    job = client.runs.submit(assistant_id=assistant, thread={"messages": [message("hi")]})
    thread, run = job.id.split("/")
    cancelled = await call(client.runs, colour, "cancel", thread, run)
    assert cancelled.status == "cancelling"
    with pytest.raises(JobFailedError, match="cancelled"):
        await result(client, colour, job)
    with pytest.raises(InvalidRequestError):
        await call(client.runs, colour, "cancel", thread, run)
    second = client.runs.submit(assistant_id=assistant, thread={"messages": [message("hi")]})
    clock.advance(601)
    with pytest.raises(JobFailedError, match="expired"):
        await result(client, colour, second)


async def test_one_thread_takes_one_run_at_a_time(
    client: AimlapiClient, assistant: str, colour: str
) -> None:
    thread = client.threads.create(messages=[message("hi")]).id
    client.runs.submit(assistant_id=assistant, thread_id=thread)
    with pytest.raises(InvalidRequestError, match="active run"):
        await call(client.runs, colour, "submit", assistant_id=assistant, thread_id=thread)
    with pytest.raises(InvalidRequestError, match="either"):
        await call(
            client.runs, colour, "submit", assistant_id=assistant, thread_id=thread, thread={}
        )


def says(api: Emulator, *answers: Say) -> None:
    for each in answers:
        api.script(each)


def message(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


# --- runs as streams -----


async def test_a_run_is_streamed_event_by_event(
    client: AimlapiClient, assistant: str, colour: str
) -> None:
    events = await call(
        client.runs, colour, "stream", assistant_id=assistant,
        thread={"messages": [message("Tell me about rain.")]},
    )  # fmt: skip
    names = [event.name for event in events]
    assert names[:3] == ["thread.created", "thread.run.created", "thread.run.queued"]
    assert names[-1] == "thread.run.completed"
    assert set(names) <= set(RUN_EVENTS)
    whole = next(event.message for event in events if event.name == "thread.message.completed")
    assert whole is not None
    assert "".join(event.text for event in events) == whole.text != ""
    assert events[-1].run is not None
    assert events[-1].run.status == "completed"
    step = next(event.step for event in events if event.name == "thread.run.step.completed")
    assert step is not None
    assert step.message_id == whole.id
    assert not any(event.is_polled for event in events)


async def test_all_kinds_of_events_are_known_and_newer_ones_pass(
    api: Emulator, client: AimlapiClient, assistant: str, colour: str
) -> None:
    assert len(RUN_EVENTS) == 23  # and "error" and "done"
    run = {"id": "run_1", "thread_id": "thread_1", "object": "thread.run"}
    frames = [f'event: {name}\ndata: {json.dumps({**run, "status": "x"})}\n\n'
              for name in (*RUN_EVENTS, "thread.run.newer")]  # fmt: skip
    last = json.dumps({**run, "status": "completed"})
    text = "".join(frames) + f"event: thread.run.completed\ndata: {last}\n\n"
    api.replay(f"{text}event: done\ndata: [DONE]\n\n", path="/threads")
    events = await call(client.runs, colour, "stream", assistant_id=assistant)
    names = [event.name for event in events]
    assert names == [*RUN_EVENTS, "thread.run.newer", "thread.run.completed"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(refuse_stream=True),
        Fault(as_json=True),
        Fault(cut_after=5),
        Fault(cut_after=9, how="reset"),
        Fault(stop_after=6),
        Fault(truncate_after=7),
    ],
    ids=["refused", "json", "cut", "reset", "stopped", "truncated"],
)
async def test_a_run_whose_stream_fails_is_polled_and_ordered_once(
    api: Emulator, client: AimlapiClient, assistant: str, colour: str, fault: Fault
) -> None:
    thread = client.threads.create(messages=[message("hi")]).id
    api.fault(fault, path="/runs")
    events = await call(client.runs, colour, "stream", assistant_id=assistant, thread_id=thread)
    assert events[-1].run is not None
    assert events[-1].run.status == "completed"
    assert any(event.message for event in events if event.name == "thread.message.completed")
    assert len(await call(client.runs, colour, "list", thread)) == 1


async def test_a_run_that_nothing_is_known_of_is_not_ordered_again(
    api: Emulator, client: AimlapiClient, assistant: str, colour: str
) -> None:
    thread = client.threads.create(messages=[message("hi")]).id
    api.requests.clear()
    api.fault(Fault(status=502), path="/runs", times=3)
    with pytest.raises(AimlapiError) as raised:
        await call(client.runs, colour, "stream", assistant_id=assistant, thread_id=thread)
    assert raised.value.advice is not None
    assert len([each for each in api.requests if each.method == "POST"]) == 1
    api.reset()


async def test_a_refused_run_is_tried_again_where_the_limit_was_the_reason(
    api: Emulator, client: AimlapiClient, assistant: str, colour: str
) -> None:
    api.fault(Fault(status=429, retry_after=0), path="/runs")
    events = await call(
        client.runs, colour, "stream", assistant_id=assistant,
        thread={"messages": [message("hi")]},
    )  # fmt: skip
    assert events[-1].name == "thread.run.completed"
    api.fault(Fault(status=429, retry_after=0), path="/runs", times=5)
    with pytest.raises(RateLimitError):
        await call(client.runs, colour, "stream", assistant_id=assistant, thread={})


async def test_an_error_in_the_middle_of_a_stream_is_raised_where_no_poll_helps(
    api: Emulator, client: AimlapiClient, assistant: str, colour: str
) -> None:
    api.replay(
        'event: error\ndata: {"message": "broken", "code": "server_error"}\n\n', path="/runs"
    )
    with pytest.raises(AimlapiError, match="broken"):
        await call(client.runs, colour, "stream", assistant_id=assistant, thread={})


@pytest.mark.parametrize("body", ["{}", "[]", "<html>login</html>", "", '{"data": 3}'])
async def test_a_success_without_an_object_is_an_error(
    api: Emulator, client: AimlapiClient, colour: str, body: str
) -> None:
    methods: list[tuple[object, str, tuple[str, ...]]] = [
        (client.assistants, "get", ("a",)),
        (client.threads, "create", ()),
        (client.threads, "messages", ("t",)),
        (client.runs, "get", ("t", "r")),
        (client.runs, "steps", ("t", "r")),
        (client.files, "get", ("f",)),
        (client.files, "delete", ("f",)),
    ]
    for calls, method, arguments in methods:
        api.fault(Fault(status=200, body=body))
        with pytest.raises(InvalidResponseError):
            await call(calls, colour, method, *arguments)


# --- as a Runnable -----


async def answer(made: AimlapiAssistant, colour: str, *args: Any, **kwargs: Any) -> AIMessage:
    found: AIMessage = await call(made, colour, "invoke", *args, **kwargs)
    return found


async def chunks(made: AimlapiAssistant, colour: str, *args: Any, **kw: Any) -> list[Any]:
    if colour == "sync":
        return list(made.stream(*args, **kw))
    return [chunk async for chunk in made.astream(*args, **kw)]


def runnable(client: AimlapiClient, **settings: Any) -> AimlapiAssistant:
    return AimlapiAssistant.create(model=MODEL, client=client, **settings)


async def test_the_memory_is_on_the_server(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    made = runnable(client, instructions="Be brief.")
    first = await answer(made, colour, "My name is Ada.")
    thread = first.response_metadata["thread_id"]
    assert first.content
    assert first.usage_metadata is not None
    assert first.response_metadata["finish_reason"] == "stop"
    second = await answer(made, colour, "What is my name?", thread_id=thread)
    assert second.response_metadata["thread_id"] == thread
    sent = api.requests[-1].body["additional_messages"]
    assert sent == [{"role": "user", "content": "What is my name?"}]  # only what is new
    assert len(list(client.threads.messages(thread))) == 4


async def test_a_thread_is_named_by_call_configuration_or_copy(
    client: AimlapiClient, colour: str
) -> None:
    made = runnable(client)
    bound = made.on_thread() if colour == "sync" else await made.aon_thread()
    one = await answer(bound, colour, "hi")
    assert one.response_metadata["thread_id"] == bound.thread_id
    config = {"configurable": {"assistant_thread_id": bound.thread_id}}
    two = await answer(made, colour, "hi", config)
    assert two.response_metadata["thread_id"] == bound.thread_id
    three = await answer(made, colour, "hi")
    assert three.response_metadata["thread_id"] != bound.thread_id


async def test_an_answer_is_streamed_and_its_chunks_add_up(
    client: AimlapiClient, colour: str
) -> None:
    found = await chunks(runnable(client), colour, "Tell me about rain.")
    assert len(found) > 3
    assert all(isinstance(chunk, AIMessageChunk) for chunk in found)
    assert len({chunk.id for chunk in found}) == 1
    whole = found[0]
    for chunk in found[1:]:
        whole = whole + chunk
    (message,) = [
        each
        for each in client.threads.messages(whole.response_metadata["thread_id"])
        if each.role == "assistant"
    ]
    assert whole.content == message.text
    assert whole.id == message.id
    assert found[-1].chunk_position == "last"


@pytest.mark.parametrize(
    "fault", [Fault(refuse_stream=True), Fault(cut_after=7), Fault(as_json=True)]
)
async def test_an_answer_whose_stream_fails_is_whole_all_the_same(
    api: Emulator, client: AimlapiClient, colour: str, fault: Fault
) -> None:
    made = runnable(client)
    api.fault(fault, path="/runs")
    found = await answer(made, colour, "Tell me about rain.")
    (message,) = [
        each
        for each in client.threads.messages(found.response_metadata["thread_id"])
        if each.role == "assistant"
    ]
    assert found.content == message.text


async def test_tools_are_run_and_their_results_sent_on(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    made = runnable(client, tools=[get_weather])
    assert client.assistants.get(made.assistant_id).tools[0]["function"]["name"] == "get_weather"
    says(
        api,
        Say(
            calls=(
                ToolUse("get_weather", {"city": "Graz"}),
                ToolUse("get_weather", {"city": "Linz"}),
                ToolUse("no_tool", {}),
            )
        ),
        Say("It rains in both."),
    )
    found = await answer(made, colour, "Graz or Linz?")
    assert found.content == "It rains in both."
    outputs = [each["output"] for each in api.requests[-1].body["tool_outputs"]]
    assert outputs[:2] == ["It rains in Graz.", "It rains in Linz."]
    assert outputs[2] == "Error: there is no tool 'no_tool'; the tools are: get_weather"


async def test_without_tools_here_the_calls_are_the_callers(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    made = runnable(client)
    made.run_options["tools"] = [WEATHER]
    says(api, Say(calls=(ToolUse("get_weather", {"city": "Graz"}),)), Say("Rain."))
    found = await answer(made, colour, "Weather?")
    assert [each["args"] for each in found.tool_calls] == [{"city": "Graz"}]
    ids = found.response_metadata["thread_id"], found.response_metadata["run_id"]
    assert client.runs.get(*ids).needs_outputs  # it waits: it is not cancelled
    outputs = {found.tool_calls[0]["id"]: "rain"}
    events = await call(client.runs, colour, "answer_stream", *ids, outputs=outputs)
    assert events[-1].name == "thread.run.completed"


async def test_a_tool_that_fails_ends_the_run_so_that_the_thread_is_free(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    made = runnable(client, tools=[broken]).on_thread()
    says(api, Say(calls=(ToolUse("broken", {}),)))
    with pytest.raises(RuntimeError, match="umbrella"):
        await answer(made, colour, "Try it.")
    assert (await answer(made, colour, "Never mind.")).content


async def test_a_stream_that_is_left_ends_the_run(client: AimlapiClient, colour: str) -> None:
    made = runnable(client).on_thread()
    if colour == "sync":
        stream = made.stream("Tell me about rain.")
        next(stream)
        stream.close()  # type: ignore[attr-defined]  # it is a generator
    else:
        left = made.astream("Tell me about rain.")
        await anext(left)
        await left.aclose()  # type: ignore[attr-defined]  # it is a generator
    assert (await answer(made, colour, "Go on.")).content


async def test_tools_without_end_are_an_error(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    tools: list[BaseTool] = [get_weather]
    made = runnable(client, tools=tools).model_copy(update={"max_tool_rounds": 2})
    says(api, *[Say(calls=(ToolUse("get_weather", {"city": "Graz"}),)) for _ in range(4)])
    with pytest.raises(InvalidResponseError, match="again and again"):
        await answer(made, colour, "Weather?")


async def test_images_and_instructions_reach_the_thread_and_files_are_refused(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    made = runnable(client)
    image = {"type": "image", "url": "https://example.com/a.png"}
    content: list[str | dict[Any, Any]] = [{"type": "text", "text": "What is this?"}, image]
    await answer(made, colour, [SystemMessage("Rhyme."), HumanMessage(content)])
    body = api.requests[-1].body
    assert body["additional_instructions"] == "Rhyme."
    assert body["thread"]["messages"][0]["content"] == [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    ]
    sound: list[str | dict[Any, Any]] = [{"type": "audio", "url": "https://example.com/a.mp3"}]
    with pytest.raises(UnsupportedFeatureError, match="audio"):
        await answer(made, colour, [HumanMessage(sound)])


async def test_a_failed_run_raises_its_reason(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    api.jobs.plan(kind="run", error="the model is tired")
    with pytest.raises(JobFailedError, match="the model is tired"):
        await answer(runnable(client), colour, "hi")
