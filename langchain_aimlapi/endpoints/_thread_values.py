"""What the assistants' endpoints answer with: assistants, threads, messages, runs, steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import quote

from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.endpoints import (
    Context,
    Json,
    Result,
    no_answer,
    read_meta,
    read_object,
)
from langchain_aimlapi.endpoints._pages import Page, PagesPlan, paged
from langchain_aimlapi.endpoints._values import object_in, objects, text_or_none, whole
from langchain_aimlapi.errors import InvalidRequestError

T = TypeVar("T", bound=Result)
BETA = {"openai-beta": "assistants=v2"}
"""Sent by OpenAI's clients, by which the endpoints are documented."""
RUN_ENDS = frozenset({"completed", "failed", "cancelled", "expired", "incomplete"})
_RUN_WORDS = (
    "created", "queued", "in_progress", "requires_action", "completed", "incomplete", "failed",
    "cancelling", "cancelled", "expired",
)  # fmt: skip
_STEP_WORDS = ("created", "in_progress", "delta", "completed", "failed", "cancelled", "expired")
_MESSAGE_WORDS = ("created", "in_progress", "delta", "completed", "incomplete")
RUN_EVENTS = (
    "thread.created",
    *(f"thread.run.{word}" for word in _RUN_WORDS),
    *(f"thread.run.step.{word}" for word in _STEP_WORDS),
    *(f"thread.message.{word}" for word in _MESSAGE_WORDS),
)
"""The names of a run's events; ``error`` is raised, and ``done`` ends the stream."""


@dataclass(frozen=True, slots=True)
class Assistant(Result):
    """A model with instructions and tools, kept by the API.

    Attributes:
        id: ``asst_...``.
        model: The model that answers.
        name, description, instructions: As they were set.
        tools: In OpenAI's form.
        metadata: Up to 16 pairs of text of your own.
        created_at: Unix seconds.
    """

    id: str = ""
    model: str = ""
    name: str | None = None
    description: str | None = None
    instructions: str | None = None
    tools: tuple[Json, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    created_at: int = 0


@dataclass(frozen=True, slots=True)
class Thread(Result):
    """A conversation that the API keeps. ``id`` is ``thread_...``."""

    id: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    created_at: int = 0


@dataclass(frozen=True, slots=True)
class ThreadMessage(Result):
    """One message of a thread.

    Attributes:
        id: ``msg_...``.
        thread_id, run_id, assistant_id: Where it stands and who wrote it.
        role: ``user`` or ``assistant``.
        text: Its texts, joined.
        content: Its parts as the API sent them.
        annotations: Citations of files in its texts.
        status: ``in_progress``, ``incomplete`` or ``completed``.
    """

    id: str = ""
    thread_id: str = ""
    role: str = "user"
    text: str = ""
    content: tuple[Json, ...] = field(default=(), repr=False)
    annotations: tuple[Json, ...] = ()
    status: str = "completed"
    run_id: str | None = None
    assistant_id: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    created_at: int = 0


@dataclass(frozen=True, slots=True)
class RunCall:
    """A call of a tool that a run waits for. ``arguments`` is JSON as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Run(Result):
    """An assistant at work on a thread.

    Attributes:
        id: ``run_...``.
        thread_id, assistant_id: Whose.
        status: ``queued``, ``in_progress``, ``requires_action``, ``cancelling``, or one of the ends
            ``completed``, ``incomplete``, ``failed``, ``cancelled`` and ``expired``.
        model: The model that answers.
        calls: What it waits for, where the status is ``requires_action``.
        error: Why it failed, in the API's words.
        incomplete_reason: What cut it, such as ``max_completion_tokens``.
        expires_at: Unix seconds; a run lives for ten minutes.
    """

    id: str = ""
    thread_id: str = ""
    assistant_id: str = ""
    status: str = ""
    model: str = ""
    calls: tuple[RunCall, ...] = ()
    error: Json | None = None
    incomplete_reason: str | None = None
    expires_at: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    created_at: int = 0

    @property
    def needs_outputs(self) -> bool:
        """Whether it waits for the results of `calls`."""
        return self.status == "requires_action"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in RUN_ENDS

    @property
    def job_id(self) -> str:
        """What `client.runs.resume` takes."""
        return f"{self.thread_id}/{self.id}"


@dataclass(frozen=True, slots=True)
class RunStep(Result):
    """One step of a run: a message that it wrote, or tools that it called.

    Attributes:
        id: ``step_...``.
        type: ``message_creation`` or ``tool_calls``.
        message_id: The message, of the first.
        calls: The calls as the API sent them, of the second.
    """

    id: str = ""
    run_id: str = ""
    thread_id: str = ""
    type: str = ""
    status: str = ""
    message_id: str | None = None
    calls: tuple[Json, ...] = ()
    error: Json | None = None


@dataclass(frozen=True, slots=True)
class RunEvent:
    """Something that happened to a run.

    Attributes:
        name: One of `RUN_EVENTS`, or a newer one.
        data: The object or the delta that it is about.
        is_polled: It was found by asking for the run, where the API did not stream it.
    """

    name: str
    data: Json = field(repr=False)
    is_polled: bool = False

    @property
    def text(self) -> str:
        """The piece of text of ``thread.message.delta``; empty for other events."""
        if self.name != "thread.message.delta":
            return ""
        return text_of(object_in(self.data.get("delta")).get("content"))

    @property
    def thread_id(self) -> str | None:
        """The thread, where the event names it."""
        name = "id" if self.name == "thread.created" else "thread_id"
        return text_or_none(self.data.get(name))

    @property
    def run(self) -> Run | None:
        """The run as it is now, of ``thread.run.*``."""
        is_run = self.name.startswith("thread.run.") and not self.name.startswith(
            "thread.run.step."
        )
        return run_of(self.data) if is_run else None

    @property
    def step(self) -> RunStep | None:
        """The step as it is now, of ``thread.run.step.*`` but its deltas."""
        is_step = self.name.startswith("thread.run.step.") and not self.name.endswith(".delta")
        return step_of(self.data) if is_step else None

    @property
    def message(self) -> ThreadMessage | None:
        """The message as it is now, of ``thread.message.*`` but its deltas."""
        is_message = self.name.startswith("thread.message.") and not self.name.endswith(".delta")
        return message_of(self.data) if is_message else None


# --- from JSON -----


def text_of(content: object) -> str:
    """The texts of a message's parts, joined."""
    if isinstance(content, str):
        return content
    found = []
    for part in objects(content):
        text = part.get("text")
        value = text.get("value") if isinstance(text, Mapping) else text
        if isinstance(value, str):
            found.append(value)
    return "".join(found)


def _pairs(value: object) -> dict[str, str]:
    return {str(name): str(each) for name, each in object_in(value).items()}


def assistant_of(row: Json) -> Assistant:
    """An ``assistant`` object."""
    return Assistant(
        id=str(row.get("id") or ""),
        model=str(row.get("model") or ""),
        name=text_or_none(row.get("name")),
        description=text_or_none(row.get("description")),
        instructions=text_or_none(row.get("instructions")),
        tools=tuple(objects(row.get("tools"))),
        metadata=_pairs(row.get("metadata")),
        created_at=whole(row.get("created_at")),
        raw=row,
    )


def thread_of(row: Json) -> Thread:
    """A ``thread`` object."""
    return Thread(
        id=str(row.get("id") or ""),
        metadata=_pairs(row.get("metadata")),
        created_at=whole(row.get("created_at")),
        raw=row,
    )


def message_of(row: Json) -> ThreadMessage:
    """A ``thread.message`` object."""
    content = row.get("content")
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else objects(content)
    annotations = [
        note for part in parts for note in objects(object_in(part.get("text")).get("annotations"))
    ]
    return ThreadMessage(
        id=str(row.get("id") or ""),
        thread_id=str(row.get("thread_id") or ""),
        role=str(row.get("role") or "user"),
        text=text_of(content),
        content=tuple(parts),
        annotations=tuple(annotations),
        status=str(row.get("status") or "completed"),
        run_id=text_or_none(row.get("run_id")),
        assistant_id=text_or_none(row.get("assistant_id")),
        metadata=_pairs(row.get("metadata")),
        created_at=whole(row.get("created_at")),
        raw=row,
    )


def run_of(row: Json) -> Run:
    """A ``thread.run`` object."""
    action = object_in(row.get("required_action"))
    calls = objects(object_in(action.get("submit_tool_outputs")).get("tool_calls"))
    error, expires = row.get("last_error"), row.get("expires_at")
    return Run(
        id=str(row.get("id") or ""),
        thread_id=str(row.get("thread_id") or ""),
        assistant_id=str(row.get("assistant_id") or ""),
        status=str(row.get("status") or ""),
        model=str(row.get("model") or ""),
        calls=tuple(map(_call, calls)),
        error=error if isinstance(error, Mapping) and error else None,
        incomplete_reason=text_or_none(object_in(row.get("incomplete_details")).get("reason")),
        expires_at=whole(expires) if isinstance(expires, int | float) else None,
        metadata=_pairs(row.get("metadata")),
        created_at=whole(row.get("created_at")),
        meta=read_meta(Response(200, {}, b""), row),
        raw=row,
    )


def _call(row: Json) -> RunCall:
    function = object_in(row.get("function"))
    arguments = function.get("arguments")
    return RunCall(
        str(row.get("id") or ""),
        str(function.get("name") or ""),
        arguments if isinstance(arguments, str) else "",
    )


def step_of(row: Json) -> RunStep:
    """A ``thread.run.step`` object."""
    details, error = object_in(row.get("step_details")), row.get("last_error")
    return RunStep(
        id=str(row.get("id") or ""),
        run_id=str(row.get("run_id") or ""),
        thread_id=str(row.get("thread_id") or ""),
        type=str(row.get("type") or ""),
        status=str(row.get("status") or ""),
        message_id=text_or_none(object_in(details.get("message_creation")).get("message_id")),
        calls=tuple(objects(details.get("tool_calls"))),
        error=error if isinstance(error, Mapping) and error else None,
        meta=read_meta(Response(200, {}, b""), row),
        raw=row,
    )


# --- answers and lists -----


def reader(make: Callable[[Json], T], noun: str) -> Callable[[Response, Policy], T]:
    """Reads one object. Raises InvalidResponseError where the answer holds none."""

    def read(response: Response, policy: Policy) -> T:
        body = read_object(response, policy, noun)
        if not text_or_none(body.get("id")):
            raise no_answer(response, policy, f"no {noun}")
        return make(body)

    return read


def read_deleted(response: Response, policy: Policy) -> bool:
    """``{"id", "deleted"}``."""
    body = read_object(response, policy, "a confirmation")
    if "deleted" not in body:
        raise no_answer(response, policy, "it does not say whether it is deleted")
    return body["deleted"] is True


def listed(
    context: Context,
    path: str,
    make: Callable[[Json], T],
    noun: str,
    *,
    order: str = "desc",
    page_size: int = 100,
    query: Iterable[tuple[str, str]] = (),
) -> PagesPlan[T]:
    """A list that is paged by the last id of a page."""

    def read(response: Response, policy: Policy) -> Page[T]:
        body = read_object(response, policy, f"a list of {noun}")
        if not isinstance(body.get("data"), list):
            raise no_answer(response, policy, f"no list of {noun}")
        rows = [row for row in objects(body["data"]) if text_or_none(row.get("id"))]
        following = (("after", str(rows[-1]["id"])),) if rows and body.get("has_more") else None
        return Page([make(row) for row in rows], following)

    fields = [("limit", str(page_size)), ("order", order), *query]
    return PagesPlan(paged(context, path, fields, BETA), read)


def at(root: str, *ids: str) -> str:
    """A path with ids in it: ``at("/threads/{}/runs/{}", thread, run)``.

    Raises:
        InvalidRequestError: an id is empty, or could lead elsewhere.
    """
    for each in ids:
        if not isinstance(each, str) or not each.strip() or each in (".", ".."):
            raise InvalidRequestError(f"{each!r} is no id", field="id")
    return root.format(*(quote(each, safe="") for each in ids))


def settled(
    fields: Mapping[str, object], extra_body: Mapping[str, object] | None
) -> dict[str, object]:
    """A body of what was set; ``extra_body`` last."""
    kept = {name: value for name, value in fields.items() if value is not None}
    return {**kept, **(extra_body or {})}
