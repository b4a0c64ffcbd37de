"""Assistants as OpenAI's own client of the 1.x line speaks to them; run alone, by its interpreter.

``python tests/harness/openai_1.py ADDRESS KEY`` prints what was seen, as one JSON object.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

import openai
from openai import AssistantEventHandler

warnings.simplefilter("ignore", DeprecationWarning)  # the client announces the end of assistants
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


class Handler(AssistantEventHandler):
    """Writes down what a stream tells."""

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.done: list[str] = []

    def on_text_delta(self, delta: Any, snapshot: Any) -> None:
        """A piece of the answer."""
        self.text += delta.value
        assert snapshot.value == self.text

    def on_message_done(self, message: Any) -> None:
        """The whole answer."""
        self.done.append(message.content[0].text.value)


def main(address: str, key: str) -> None:
    """Play everything."""
    client = openai.OpenAI(base_url=address, api_key=key, max_retries=0)
    beta = client.beta
    seen: dict[str, object] = {"version": openai.__version__}
    helper = beta.assistants.create(
        model="gpt-4o", name="Adder", instructions="You add.", tools=[WEATHER]
    )
    helper = beta.assistants.update(helper.id, metadata={"team": "a"})
    seen["metadata"] = helper.metadata
    seen["listed"] = [each.id for each in beta.assistants.list(limit=1)] == [helper.id]

    thread = beta.threads.create(messages=[{"role": "user", "content": "What is 2 + 3?"}])
    polled = beta.threads.runs.create_and_poll(
        thread_id=thread.id, assistant_id=helper.id, poll_interval_ms=10
    )
    seen["polled"] = polled.status
    (step,) = beta.threads.runs.steps.list(polled.id, thread_id=thread.id)
    seen["step"] = step.status
    seen["answer"] = text_of(next(iter(beta.threads.messages.list(thread.id))))

    handler = Handler()
    beta.threads.messages.create(thread.id, role="user", content="What is 4 + 5?")
    with beta.threads.runs.stream(
        thread_id=thread.id, assistant_id=helper.id, event_handler=handler
    ) as stream:
        stream.until_done()
    seen["streamed"] = handler.text
    seen["whole"] = handler.done == [handler.text]

    beta.threads.messages.create(thread.id, role="user", content="What is the weather in Paris?")
    with beta.threads.runs.stream(thread_id=thread.id, assistant_id=helper.id) as stream:
        events = [event.event for event in stream]
        waiting = stream.current_run
    assert waiting is not None
    assert waiting.required_action is not None
    (call,) = waiting.required_action.submit_tool_outputs.tool_calls
    seen["call"] = [call.function.name, json.loads(call.function.arguments)]
    with beta.threads.runs.submit_tool_outputs_stream(
        run_id=waiting.id,
        thread_id=thread.id,
        tool_outputs=[{"tool_call_id": call.id, "output": "sunny"}],
    ) as stream:
        events += [event.event for event in stream]
        seen["with the result"] = "sunny" in text_of(stream.get_final_messages()[-1])
    seen["events"] = sorted(set(events))

    run = beta.threads.create_and_run(assistant_id=helper.id, thread={"messages": []})
    seen["cancelled"] = beta.threads.runs.cancel(run.id, thread_id=run.thread_id).status
    files = client.with_options(base_url=f"{address}/v1").files
    file = files.create(file=("notes.txt", b"hello"), purpose="assistants")
    seen["file"] = files.content(file.id).content.decode()
    seen["deleted"] = [
        files.delete(file.id).deleted,
        beta.threads.delete(thread.id).deleted,
        beta.assistants.delete(helper.id).deleted,
    ]
    try:
        beta.assistants.retrieve(helper.id)
    except openai.NotFoundError as error:
        seen["after that"] = error.status_code
    print(json.dumps(seen))


def text_of(message: Any) -> str:
    """The text of a message."""
    return str(message.content[0].text.value)


if __name__ == "__main__":
    main(*sys.argv[1:])
