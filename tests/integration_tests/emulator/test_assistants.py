"""Assistants, threads and runs through OpenAI's own client, whole and streamed."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from langchain_aimlapi.emulator import Emulator, Fault, Say, ToolUse, VirtualClock

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
_RUN = "created queued in_progress requires_action completed incomplete failed"
_STEP = "created in_progress delta completed failed cancelled expired"
_MESSAGE = "created in_progress delta completed incomplete"
EVENTS = {
    "thread.created",
    *(f"thread.run.{word}" for word in f"{_RUN} cancelling cancelled expired".split()),
    *(f"thread.run.step.{word}" for word in _STEP.split()),
    *(f"thread.message.{word}" for word in _MESSAGE.split()),
    "error",
    "done",
}


def plain_client(api: Emulator) -> Any:
    """An HTTP client on the emulator; OpenAI's newest stubs name another library's class."""
    return httpx.Client(transport=api.transport)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def api(clock: VirtualClock) -> Iterator[Emulator]:
    with Emulator(clock=clock) as emulator:
        yield emulator


@pytest.fixture
def beta(api: Emulator) -> Iterator[Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        client = openai.OpenAI(
            api_key=api.api_key,
            base_url="https://aimlapi.emulator",
            http_client=plain_client(api),
            max_retries=0,
        )
        with client:
            yield client.beta


@pytest.fixture
def raw(api: Emulator) -> httpx.Client:
    return api.client(base_url="https://aimlapi.emulator")


def events(raw: httpx.Client, path: str, **body: Any) -> list[tuple[str, str]]:
    """The events of a streamed call: their names and data."""
    text = raw.post(path, json={**body, "stream": True}).text
    pairs = []
    for frame in text.strip().split("\n\n"):
        name, data = frame.split("\n", 1)
        pairs.append((name.removeprefix("event: "), data.removeprefix("data: ")))
    return pairs


def test_a_run_is_polled_to_its_end_and_its_answer_stands_in_the_thread(beta: Any) -> None:
    helper = beta.assistants.create(model="gpt-4o", name="Adder", instructions="You add.")
    thread = beta.threads.create(messages=[{"role": "user", "content": "What is 2 + 3?"}])
    run = beta.threads.runs.create(thread_id=thread.id, assistant_id=helper.id)
    seen = [run.status]
    while run.status in ("queued", "in_progress"):
        run = beta.threads.runs.retrieve(run.id, thread_id=thread.id)
        seen.append(run.status)
    assert seen == ["queued", "in_progress", "completed"]
    assert run.usage.total_tokens == run.usage.prompt_tokens + run.usage.completion_tokens
    newest = beta.threads.messages.list(thread_id=thread.id).data[0]
    assert newest.content[0].text.value == "2 + 3 is 5."
    assert (newest.run_id, newest.assistant_id) == (run.id, helper.id)
    (step,) = beta.threads.runs.steps.list(run.id, thread_id=thread.id).data
    assert step.step_details.message_creation.message_id == newest.id


def test_a_stream_gives_the_text_in_pieces_and_ends_with_done(beta: Any, api: Emulator) -> None:
    helper = beta.assistants.create(model="gpt-4o")
    api.script("One two three four five six seven.")
    thread = beta.threads.create(messages=[{"role": "user", "content": "hi"}])
    with beta.threads.runs.stream(thread_id=thread.id, assistant_id=helper.id) as stream:
        pieces = list(stream.text_deltas)
        assert stream.get_final_run().status == "completed"
    assert len(pieces) > 3
    assert "".join(pieces) == "One two three four five six seven."


def test_a_run_waits_for_results_and_goes_on_with_them(beta: Any) -> None:
    helper = beta.assistants.create(model="gpt-4o", tools=[WEATHER])
    question = [{"role": "user", "content": "What is the weather in Paris?"}]
    run = beta.threads.create_and_run(assistant_id=helper.id, thread={"messages": question})
    while run.status in ("queued", "in_progress"):
        run = beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    assert run.status == "requires_action"
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    assert (call.function.name, call.function.arguments) == ("get_weather", '{"city": "Paris"}')
    with pytest.raises(openai.BadRequestError, match="Expected tool outputs"):
        beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=[])
    outputs = [{"tool_call_id": call.id, "output": "sunny"}]
    run = beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs
    )
    while run.status in ("queued", "in_progress"):
        run = beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
    assert run.status == "completed"
    assert "sunny" in beta.threads.messages.list(run.thread_id).data[0].content[0].text.value


def test_every_one_of_the_25_events_can_be_seen(api: Emulator, raw: httpx.Client) -> None:
    helper = raw.post("/assistants", json={"model": "gpt-4o", "tools": [WEATHER]}).json()["id"]

    def start(**more: Any) -> list[tuple[str, str]]:
        thread = {"messages": [{"role": "user", "content": "hi"}]}
        return events(raw, "/threads/runs", assistant_id=helper, thread=thread, **more)

    seen = {name for name, _ in start()}
    api.script(Say("cut sho", finish="length"))
    seen |= {name for name, _ in start()}
    for ending in ("cancelled", "expired"):
        api.jobs.plan(kind="run", ending=ending)
        seen |= {name for name, _ in start()}
    api.jobs.plan(kind="run", error="no")
    seen |= {name for name, _ in start()}
    api.fault(Fault(error_after=2, message="overloaded"))
    seen |= {name for name, _ in start()}
    api.script(Say(calls=(ToolUse("get_weather", {"city": "Rome"}),)))
    seen |= {name for name, _ in start()}
    assert seen == EVENTS
    assert len(EVENTS) == 25


def test_a_run_expires_after_ten_minutes_and_its_step_with_it(
    api: Emulator, raw: httpx.Client, clock: VirtualClock
) -> None:
    helper = raw.post("/assistants", json={"model": "gpt-4o", "tools": [WEATHER]}).json()["id"]
    api.script(Say(calls=(ToolUse("get_weather"),)))
    api.jobs.running_polls = 0
    run = raw.post("/threads/runs", json={"assistant_id": helper, "thread": {}}).json()
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    states = [raw.get(path).json()["status"] for _ in range(2)]
    clock.advance(601)
    assert [*states, raw.get(path).json()["status"]] == [
        "in_progress",
        "requires_action",
        "expired",
    ]
    assert raw.get(f"{path}/steps").json()["data"][0]["status"] == "expired"
    assert raw.post(f"{path}/cancel").status_code == 400


def test_a_waiting_run_is_cancelled_with_its_step(api: Emulator, raw: httpx.Client) -> None:
    helper = raw.post("/assistants", json={"model": "gpt-4o", "tools": [WEATHER]}).json()["id"]
    api.script(Say(calls=(ToolUse("get_weather"),)))
    api.jobs.running_polls = 0
    run = raw.post("/threads/runs", json={"assistant_id": helper, "thread": {}}).json()
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    for _ in range(2):
        raw.get(path)
    busy = raw.post(
        f"/threads/{run['thread_id']}/messages", json={"role": "user", "content": "and?"}
    )
    assert busy.status_code == 400
    assert raw.post(f"{path}/cancel").json()["status"] == "cancelling"
    assert raw.get(path).json()["status"] == "cancelled"
    assert raw.get(f"{path}/steps").json()["data"][0]["status"] == "cancelled"


def test_lists_are_paged_both_ways(raw: httpx.Client) -> None:
    ids = [raw.post("/assistants", json={"model": "gpt-4o"}).json()["id"] for _ in range(5)]
    newest = raw.get("/assistants?limit=2").json()
    assert [row["id"] for row in newest["data"]] == ids[:2:-1]
    assert newest["has_more"] is True
    rest = raw.get(f"/assistants?limit=10&after={newest['last_id']}").json()
    assert [row["id"] for row in rest["data"]] == ids[2::-1]
    assert raw.get("/assistants?order=up").status_code == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/assistants/asst_none"),
        ("GET", "/threads/thread_none"),
        ("GET", "/threads/thread_none/messages"),
        ("POST", "/threads/thread_none/runs"),
        ("GET", "/threads/thread_none/runs/run_none/steps/step_none"),
    ],
)
def test_what_there_is_not_is_a_404(raw: httpx.Client, method: str, path: str) -> None:
    body: Any = {} if method == "POST" else None
    assert raw.request(method, path, json=body).status_code == 404


def test_files_are_kept_listed_read_and_forgotten(api: Emulator) -> None:
    client = openai.OpenAI(
        api_key=api.api_key,
        base_url=api.base_url,
        http_client=plain_client(api),
    )
    with client:
        kept = client.files.create(file=("notes.txt", b"hello"), purpose="assistants")
        assert (kept.bytes, kept.filename) == (5, "notes.txt")
        assert [one.id for one in client.files.list()] == [kept.id]
        assert client.files.content(kept.id).content == b"hello"
        assert client.files.delete(kept.id).deleted
        with pytest.raises(openai.NotFoundError):
            client.files.retrieve(kept.id)
