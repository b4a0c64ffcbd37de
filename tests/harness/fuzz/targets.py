"""What is searched: how a value is drawn, and what must hold for it.

A check raises for what is wrong. What it lets pass are errors of the package's own tree, and those
that a function's docstring names.
"""

from __future__ import annotations

import json
import traceback
import warnings
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from pydantic import ValidationError

from langchain_aimlapi import AimlapiClient, Catalog, ChatAimlapi
from langchain_aimlapi._domain.content import content_to_parts
from langchain_aimlapi._langchain.parsers import json_part
from langchain_aimlapi._litellm.messages import openai_to_messages
from langchain_aimlapi._wire.inflate import EncodingError, Inflater
from langchain_aimlapi._wire.sse import EventTooLargeError, SseDecoder
from langchain_aimlapi.catalog.live import live_rows
from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.errors import AimlapiError
from tests.harness.fuzz.draw import Draw

BASE = "http://127.0.0.1:9/v1"
KEY = "sk-fuzz-0123456789"
MODELS = (
    "openai/gpt-4o",
    "openai/gpt-5-1-codex",
    "claude-opus-4-8",
    "anthropic/claude-opus-4.5",
    "google/gemini-2.5-flash",
    "deepseek/deepseek-r1",
    "perplexity/sonar",
    "somebody/unknown",
)
ANSWERS: dict[str, Any] = {
    "/v1/chat/completions": {"choices": [{"message": {"content": "ok"}, "finish_reason": "stop"}]},
    "/v1/messages": {"content": [{"type": "text", "text": "ok"}], "stop_reason": "end_turn"},
    "/v1/responses": {
        "status": "completed",
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "ok"}]}],
    },
}


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that is searched."""

    name: str
    draw: Callable[[Draw], Any]
    check: Callable[[Any], None]


TARGETS: dict[str, Target] = {}


def target(draw: Callable[[Draw], Any]) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Register a check under its name."""

    def register(check: Callable[[Any], None]) -> Callable[[Any], None]:
        TARGETS[check.__name__] = Target(check.__name__, draw, check)
        return check

    return register


# --- bytes -----


def _cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def _bytes_of(draw: Draw) -> dict[str, Any]:
    """Events, mostly: bytes as text, since a find is JSON."""
    data = b""
    for _ in range(draw.number(6)):
        kind = draw.number(5)
        if kind < 3:
            name = b"event: " + draw.pick((b"x", b"message_start", b"error")) + b"\n"
            frame = json.dumps(draw.mapping()).encode()
            data += (name if kind == 2 else b"") + b"data: " + frame
        else:
            data += draw.raw() if kind == 3 else b"data: [DONE]"
        data += draw.pick((b"\n\n", b"\r\n\r\n", b"\r\r", b"\n", b""))
    return {"data": data.decode("latin-1"), "size": 1 + draw.number(17)}


@target(_bytes_of)
def events(value: Any) -> None:
    """Server-sent events: the same however they are cut."""

    def read(pieces: list[bytes]) -> Any:
        decoder, found = SseDecoder(max_event_bytes=4096), []
        try:
            for piece in pieces:
                found += decoder.feed(piece)
            found += decoder.close() or []
        except EventTooLargeError:
            return None
        return found

    data = value["data"].encode("latin-1")
    assert read(_cut(data, value["size"])) == read([data])


def _compressed(draw: Draw) -> dict[str, Any]:
    body = draw.raw() * (1 + draw.number(50))
    if not draw.chance(4):
        packer = zlib.compressobj(wbits=draw.pick((31, 15, -15)))
        body = packer.compress(body) + packer.flush()
    if draw.chance(3):
        body = body[: len(body) - draw.number(9)] + draw.raw()
    encoding = draw.pick(("gzip", "deflate", "x-gzip", "identity"))
    return {"data": body.decode("latin-1"), "size": 1 + draw.number(9), "encoding": encoding}


@target(_compressed)
def inflate(value: Any) -> None:
    """A compressed body: the same however it is cut, or `EncodingError`."""

    def read(pieces: list[bytes]) -> tuple[bytes, bool]:
        inflater, found = Inflater(value["encoding"]), b""
        try:
            for piece in pieces:
                for part in inflater.feed(piece):
                    found += part
            inflater.close()
        except EncodingError:
            return found, False
        return found, True

    data = value["data"].encode("latin-1")
    whole, cut = read([data]), read(_cut(data, value["size"]))
    assert whole[1] == cut[1]
    assert not whole[1] or whole[0] == cut[0]


# --- answers -----


def _answer(draw: Draw) -> dict[str, Any]:
    stream = draw.chance()
    body = _bytes_of(draw)["data"] if stream or draw.chance(4) else json.dumps(_body(draw))
    kind = draw.pick(("application/json", "text/event-stream", "text/html", ""))
    headers = {"content-type": kind} if kind else {}
    if draw.chance(3):
        name = draw.pick(("retry-after", "x-request-id", "x-aimlapi-usd-spent", "location"))
        headers[name] = draw.text().encode("ascii", "ignore").decode().strip()
    return {
        "model": draw.pick(MODELS),
        "status": draw.pick((200, 200, 200, 201, 204, 302, 400, 401, 404, 429, 500, 503)),
        "headers": headers,
        "body": body,
    }


def _body(draw: Draw) -> Any:
    """An answer of one of the forms, with anything in it."""
    kind = draw.number(6)
    if kind == 0:
        return draw.value()
    if kind == 1:
        return {"error": draw.value(), **draw.mapping()}
    if kind == 2:
        return {"type": "message", "content": draw.content(), **draw.mapping()}
    if kind == 3:
        return {"output": draw.content(), "object": "response", **draw.mapping()}
    message = {"content": draw.content(), **draw.mapping()}
    choice = {"message": message, **draw.mapping(), "index": draw.number(2)}
    return {**draw.mapping(), "choices": [choice, draw.value()][: 1 + draw.number(2)]}


class _Server:
    """One client for all calls, and what it answers just now."""

    def __init__(self) -> None:
        self.reply: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(500)
        self.client = httpx.Client(
            transport=httpx.MockTransport(lambda request: self.reply(request)), trust_env=False
        )

    def answers(self, body: Any, status: int = 200, headers: Any = None) -> None:
        """Answer with these bytes, or this value as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.reply = lambda _: httpx.Response(status, headers=headers, content=content)


@cache
def _server() -> _Server:
    return _Server()


def _model(model: str) -> ChatAimlapi:
    client = _server().client
    return ChatAimlapi(model=model, api_key=KEY, base_url=BASE, http_client=client, max_retries=0)


def _utf8(value: Any) -> None:
    json.dumps(value, ensure_ascii=False, default=str).encode()


@target(_answer)
def answer(value: Any) -> None:
    """Whatever a server answers: a message that adds up, or an error without the key."""
    body = value["body"].encode("utf-8", "surrogatepass")
    _server().answers(body, value["status"], value["headers"])
    model = _model(value["model"])
    try:
        message = model.invoke("hi")
        _utf8(message.text)
        _utf8(message.content_blocks)
        AIMessage.model_validate(message.model_dump())
    except AimlapiError as error:
        _check_error(error)
    delivered = ""
    try:
        for chunk in model.stream("hi"):
            delivered += chunk.text
            _utf8(chunk.content_blocks)
    except AimlapiError as error:
        _check_error(error)
        partial = getattr(error, "partial", None)
        assert not delivered or partial is None or partial.text.startswith(delivered)


def _check_error(error: AimlapiError) -> None:
    text = f"{error} {error!r}"
    text.encode()
    assert KEY not in text
    assert len(str(error)) < 5000


def _endpoint(draw: Draw) -> dict[str, Any]:
    items = [
        {**draw.mapping(), "embedding": draw.value(), "url": draw.value(), "index": draw.value()}
    ]
    body = draw.value() if draw.chance(3) else {**draw.mapping(), "data": items, "images": items}
    if not isinstance(body, dict) or draw.chance(4):
        body = {
            "data": draw.value(),
            "usage": draw.value(),
            "meta": draw.value(),
            "models": draw.value(),
        }
    return {"call": draw.pick(tuple(CALLS)), "body": body}


CALLS: dict[str, Callable[[AimlapiClient], Any]] = {
    "embeddings": lambda client: client.embeddings(
        model="text-embedding-3-small", input=["a", "b"]
    ),
    "images": lambda client: client.images.generate(model="flux/schnell", prompt="a"),
    "billing": lambda client: client.billing(),
    "metrics": lambda client: client.metrics(["a"]),
}


@target(_endpoint)
def endpoint(value: Any) -> None:
    """Whatever an endpoint answers: a result, or an error of the tree."""

    _server().answers(value["body"])
    client = AimlapiClient(api_key=KEY, base_url=BASE, http_client=_server().client, max_retries=0)
    try:
        repr(CALLS[value["call"]](client)).encode("utf-8", "backslashreplace")
    except AimlapiError as error:
        _check_error(error)


@target(lambda draw: {"data": [draw.mapping() for _ in range(draw.number(4))]})
def model_list(value: Any) -> None:
    """Whatever stands in the list of models: a catalog that still answers."""
    rows = live_rows(value)
    if rows:  # merging takes a while
        catalog = _catalog().merged(value)
        for name in rows:
            repr(catalog.find(name))
        catalog.models(kind="chat")


@cache
def _catalog() -> Catalog:
    return Catalog.default()


# --- what a user says -----


def _conversation(draw: Draw) -> dict[str, Any]:
    messages = [
        {"role": draw.pick(("system", "user", "assistant", "tool")), "content": draw.content(),
         "calls": [draw.mapping() for _ in range(draw.number(3))],
         "kwargs": draw.mapping() if draw.chance(3) else {}}
        for _ in range(1 + draw.number(4))
    ]  # fmt: skip
    return {"model": draw.pick(MODELS), "messages": messages, "stream": draw.chance()}


def _langchain(told: Any) -> Any:
    content = told["content"]
    if told["role"] == "assistant":
        return AIMessage(content=content, tool_calls=[
            {"name": str(c.get("name", "f")), "args": {k: v for k, v in c.items() if k != "id"},
             "id": str(c.get("id", "c1"))} for c in told["calls"]
        ], additional_kwargs=told["kwargs"])  # fmt: skip
    if told["role"] == "tool":
        return ToolMessage(content=content, tool_call_id="c1", additional_kwargs=told["kwargs"])
    kind = SystemMessage if told["role"] == "system" else HumanMessage
    return kind(content=content, additional_kwargs=told["kwargs"])


def _canned(request: httpx.Request, sent: list[Any], text: str = "ok") -> httpx.Response:
    """Keep what was sent, and say the text in the form of the path."""
    sent.append(json.loads(request.content))
    body = json.dumps(ANSWERS[request.url.path]).replace('"ok"', json.dumps(text))
    return httpx.Response(200, headers={"content-type": "application/json"}, content=body)


@target(_conversation)
def conversation(value: Any) -> None:
    """Whatever a conversation holds: every plain text of it leaves, or an error of the tree."""
    try:
        messages = [_langchain(told) for told in value["messages"]]
    except ValidationError:
        return  # LangChain's own
    sent: list[Any] = []
    _server().reply = lambda request: _canned(request, sent)
    model = _model(value["model"])
    try:
        list(model.stream(messages)) if value["stream"] else model.invoke(messages)
    except AimlapiError as error:
        _check_error(error)
        return
    left = json.dumps(sent[0], ensure_ascii=False)
    for told in value["messages"]:
        said = told["content"]
        if told["role"] == "user" and isinstance(said, str) and said.isascii() and said.isalnum():
            assert said in left, "a text of the user is lost"


@target(lambda draw: draw.content())
def content(value: Any) -> None:
    """Whatever stands under ``content``: parts, or an error of the tree."""
    try:
        content_to_parts(value)
    except (AimlapiError, ValueError) as error:
        str(error).encode()


@target(
    lambda draw: [
        {**draw.mapping(), "role": draw.pick(("user", "assistant", "tool", "system", "x"))}
        | ({"content": draw.content()} if not draw.chance(5) else {})
        for _ in range(draw.number(4))
    ]
)
def openai_messages(value: Any) -> None:
    """OpenAI's dictionaries, as LiteLLM hands them on."""
    try:
        openai_to_messages(value)
    except (AimlapiError, ValueError) as error:
        str(error).encode("utf-8", "backslashreplace")


def _tools(draw: Draw) -> dict[str, Any]:
    form = draw.number(4)
    schema = {"type": "object", "properties": draw.mapping(1), **draw.mapping(1)}
    function = {"name": draw.text(), "parameters": schema, **(draw.mapping() if form == 1 else {})}
    tool: Any = {"type": "function", "function": function} if form < 2 else draw.block()
    if form == 3:
        tool = {"name": draw.text(), "input_schema": schema}
    choice = draw.pick((None, "auto", "any", "none", "required", True, False, "x"))
    return {
        "model": draw.pick(MODELS),
        "tool": tool,
        "choice": choice if not draw.chance(4) else draw.value(),
    }


@target(_tools)
def tools(value: Any) -> None:
    """Whatever is bound as a tool: it is sent, or refused where it is bound or called."""

    _server().reply = lambda request: _canned(request, [])
    model = _model(value["model"])
    try:
        model.bind_tools([value["tool"]], tool_choice=value["choice"]).invoke("hi")
    except (AimlapiError, ValueError, TypeError) as error:
        str(error).encode("utf-8", "backslashreplace")


def _schema(draw: Draw) -> dict[str, Any]:
    schema = {"title": "X", "type": "object", "properties": draw.mapping(1), **draw.mapping()}
    said = json.dumps(draw.value()) if draw.chance() else draw.text()
    return {"model": draw.pick(MODELS), "schema": schema, "said": said}


@target(_schema)
def structured(value: Any) -> None:
    """Whatever the schema and whatever is answered: a value, or an error that says why."""
    text = value["said"]
    json_part(text)
    _server().reply = lambda request: _canned(request, [], text)
    model = _model(value["model"])
    try:
        model.with_structured_output(value["schema"]).invoke("hi")
    except (AimlapiError, OutputParserException, ValueError, TypeError) as error:
        str(error).encode("utf-8", "backslashreplace")


# --- the emulator -----

PATHS = (
    "/v1/chat/completions", "/v1/messages", "/v1/responses", "/v1/embeddings",
    "/v1/images/generations", "/v2/video/generations", "/v2/generate/audio", "/v1/stt/create",
    "/v1/tts", "/v1/ocr", "/v1/batches",
)  # fmt: skip


def _request(draw: Draw) -> dict[str, Any]:
    messages = [{"role": draw.pick(("user", "assistant", "tool")), "content": draw.content()}]
    body = {"model": draw.pick(MODELS), "messages": messages, **draw.mapping()}
    if draw.chance(3):
        body = {
            "model": draw.text(),
            "input": draw.value(),
            "prompt": draw.value(),
            **draw.mapping(),
        }
    return {"path": draw.pick(PATHS), "body": body if not draw.chance(6) else draw.value()}


@target(_request)
def emulator(value: Any) -> None:
    """Whatever is sent to the emulator: it answers, and takes or refuses as an API does."""
    with Emulator() as api, api.client() as client:
        body = json.dumps(value["body"])
        answered = client.post(
            value["path"], content=body, headers={"content-type": "application/json"}
        )
        assert answered.status_code < 500, answered.text
        if "event-stream" not in answered.headers.get("content-type", ""):
            answered.json()


def run(target: Target, value: Any) -> None:
    """Check one value; warnings are what they are for."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            target.check(value)
        except Exception as error:
            if not _is_langchains(error):
                raise


_LANGCHAINS = (
    "language_models/_utils.py", "messages/utils.py", "messages/base.py",
    "utils/function_calling.py", "utils/json_schema.py", "block_translators/openai.py",
)  # fmt: skip


def _is_langchains(error: Exception) -> bool:
    """LangChain reads messages and schemas before we see them, and expects strings for types."""
    last = traceback.extract_tb(error.__traceback__)[-1].filename
    return last.endswith(_LANGCHAINS)
