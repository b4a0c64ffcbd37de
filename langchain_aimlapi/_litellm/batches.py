"""``litellm.create_batch`` and its files: OpenAI's batch files over this API's batches of Claude.

The API takes requests in the order itself, not as a file, so an input file is kept on this machine
(``AIMLAPI_FILES``, default: the user's cache folder) until it is ordered. Results are read from the
API wherever they are read: their file id is made of the batch's id.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from litellm.types.llms.openai import HttpxBinaryResponseContent, OpenAIFileObject
from litellm.types.utils import LiteLLMBatch
from openai.types.batch_request_counts import BatchRequestCounts

from langchain_aimlapi import errors
from langchain_aimlapi._dialects.choose import MESSAGES_PATH, build
from langchain_aimlapi._dialects.reader import parse_answer
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import param
from langchain_aimlapi._json import encode
from langchain_aimlapi._litellm import PROVIDER
from langchain_aimlapi._litellm.batch_cost import BatchUse, stand_beside, usd_of
from langchain_aimlapi._litellm.calls import WARNED, chat_request
from langchain_aimlapi._litellm.operations import Call, Handling
from langchain_aimlapi._litellm.replies import COST_HEADER, reply_to_response
from langchain_aimlapi._litellm.tasks import Connected
from langchain_aimlapi._wire.explain import explain_frame
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.catalog.store import cache_dir
from langchain_aimlapi.endpoints import Context, Job, StreamPlan
from langchain_aimlapi.endpoints.batches import BatchCalls, BatchInfo, plan_rows

VARIABLE = "AIMLAPI_FILES"
CHAT = "/v1/chat/completions"
_INPUT, _OUTPUT = "file-aimlapi-", "batch-output-"
_FREE = {"custom_llm_provider": PROVIDER, "additional_headers": {COST_HEADER: 0.0}}
Row = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Here:
    """Work that asks nobody."""

    do: Callable[[Call], object]

    def run(self, call: Call) -> Any:
        """Do it."""
        return self.do(call)

    async def arun(self, call: Call) -> Any:
        """Do it; it takes no time."""
        return self.do(call)


# --- input files -----


def _folder() -> Path:
    named = os.environ.get(VARIABLE)
    return Path(named) if named else cache_dir() / "files"


def _keep(call: Call) -> OpenAIFileObject:
    name, data = _named_bytes(call.given["file"])
    purpose = str(call.given.get("purpose"))
    if purpose != "batch":
        raise errors.InvalidRequestError(
            f"purpose={purpose!r}: this provider keeps files for batches only", field="purpose"
        )
    id = f"{_INPUT}{hashlib.sha256(data).hexdigest()[:40]}"
    path = _path(id)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_suffix(f".{os.getpid()}.{time.monotonic_ns()}")
    new.write_bytes(data)
    new.chmod(0o600)
    new.replace(path)
    return _file(id, len(data), name)


def _file(id: str, size: int, name: str) -> OpenAIFileObject:
    made = OpenAIFileObject(
        id=id, bytes=size, created_at=int(time.time()), filename=name, object="file",
        purpose="batch", status="processed",
    )  # fmt: skip
    made._hidden_params = dict(_FREE)
    return made


def _named_bytes(file: Any) -> tuple[str, bytes]:
    """A file as LiteLLM takes it: bytes, a path, an open file, or (name, one of these, ...)."""
    name = "batch.jsonl"
    if isinstance(file, tuple):
        name, file = str(file[0] or name), file[1]
    if isinstance(file, os.PathLike):
        return Path(file).name, Path(file).read_bytes()
    data = file.read() if hasattr(file, "read") else file
    return name, data.encode() if isinstance(data, str) else bytes(data)


def _path(id: str) -> Path:
    name = id.removeprefix(_INPUT)
    if not id.startswith(_INPUT) or not name.isalnum():
        raise _no_file(id)
    return _folder() / f"{name}.jsonl"


def _no_file(id: str) -> errors.AimlapiError:
    error = errors.JobNotFoundError(
        f"there is no file {id!r} here",
        advice=f"upload it with create_file(purpose='batch'); proxies share a folder by {VARIABLE}",
        status_code=404,
        field="file_id",
    )
    return error


def _kept(id: str) -> bytes:
    try:
        return _path(id).read_bytes()
    except FileNotFoundError:
        raise _no_file(id) from None


def _retrieve(call: Call) -> OpenAIFileObject:
    id = str(call.given["file_id"])
    return _file(id, len(_kept(id)), "batch.jsonl")


def _delete(call: Call) -> object:
    from openai.types.file_deleted import FileDeleted

    id = str(call.given["file_id"])
    _kept(id)
    _path(id).unlink(missing_ok=True)
    return FileDeleted(id=id, deleted=True, object="file")


# --- orders -----


@dataclass(frozen=True, slots=True)
class _Order:
    """A batch, ordered from an input file."""

    def run(self, call: Call) -> LiteLLMBatch:
        """Order it."""
        model, rows = _rows(call)
        job = BatchCalls(Connected(call)).submit(model=model, requests=rows)
        return _batch(call, job, "running", size=len(rows))

    async def arun(self, call: Call) -> LiteLLMBatch:
        """The async twin of `run`."""
        model, rows = _rows(call)
        job = await BatchCalls(Connected(call)).asubmit(model=model, requests=rows)
        return _batch(call, job, "running", size=len(rows))


def _rows(call: Call) -> tuple[str, list[Row]]:
    """(the model, its rows) of an input file."""
    endpoint = call.given.get("endpoint")
    if endpoint != CHAT:
        raise errors.InvalidRequestError(
            f"endpoint={endpoint!r}: the API has batches of chats only ({CHAT})", field="endpoint"
        )
    bodies = [_row(line) for line in _kept(str(call.given["input_file_id"])).splitlines() if line]
    named = {str(body.get("model", "")).removeprefix(f"{PROVIDER}/") for _, body in bodies}
    if call.model:
        named = {call.model}
    if len(named) != 1:
        raise errors.InvalidRequestError(
            f"a batch is of one model, not of {len(named)} ({', '.join(sorted(named))})",
            advice="cut it into a file for each model",
            field="model",
        )
    model = named.pop()
    return model, list(_params(call, model, bodies))


def _row(line: bytes) -> Row:
    """(custom id, body) of a line."""
    try:
        row = json.loads(line)
        return str(row["custom_id"]), dict(row["body"])
    except (ValueError, KeyError, TypeError):
        raise errors.InvalidRequestError(
            "a line of the file is no JSON object with custom_id and body", field="input_file_id"
        ) from None


def _params(call: Call, model: str, bodies: list[Row]) -> Iterator[Row]:
    facts, notes = call.catalog.find(model), Notes(model)
    shape = facts.shapes.get(MESSAGES_PATH)
    if shape is None:
        able = [each.id for each in call.catalog.models() if MESSAGES_PATH in each.shapes]
        raise notes.impossible("batches", "only Claude's models do", f"choose {able[0]}")
    for name, body in bodies:
        given = {k: v for k, v in body.items() if k not in ("model", "messages", "stream")}
        request = chat_request(model, body.get("messages") or (), given, stream=False)
        params = build(request, shape, notes)
        # the API's own default would cut answers that a plain call gives whole
        default = param(shape, "max_tokens").default or facts.max_output
        if "max_tokens" not in params and isinstance(default, int | float):
            params["max_tokens"] = int(default)
        yield name, params
    notes.warn(WARNED)


# --- states -----


@dataclass(frozen=True, slots=True)
class _State:
    """How far a batch is; with what it has used, once it has ended."""

    def run(self, call: Call) -> LiteLLMBatch:
        """Ask."""
        job = _job(call)
        status = job.status()
        if status != "completed":
            return _batch(call, job, status)
        use = BatchUse()
        with Connected(call).stream(lambda context: plan_rows(context, id=job.id)) as rows:
            for row in rows:
                use.add(row)
        return _batch(call, job, status, use=use)

    async def arun(self, call: Call) -> LiteLLMBatch:
        """The async twin of `run`."""
        job = _job(call)
        status = await job.astatus()
        if status != "completed":
            return _batch(call, job, status)
        use = BatchUse()
        stream = Connected(call).astream(lambda context: plan_rows(context, id=job.id))
        async with stream as rows:
            async for row in rows:
                use.add(row)
        return _batch(call, job, status, use=use)


@dataclass(frozen=True, slots=True)
class _Cancel:
    """A batch, stopped."""

    def run(self, call: Call) -> LiteLLMBatch:
        """Stop it."""
        job = _job(call)
        return _batch(call, job, job.cancel())

    async def arun(self, call: Call) -> LiteLLMBatch:
        """The async twin of `run`."""
        job = _job(call)
        return _batch(call, job, await job.acancel())


def _job(call: Call) -> Job[BatchInfo]:
    return BatchCalls(Connected(call)).resume(str(call.given["batch_id"]))


_STATUS = {"queued": "validating", "running": "in_progress"}


def _batch(
    call: Call,
    job: Job[BatchInfo],
    status: str,
    *,
    size: int | None = None,
    use: BatchUse | None = None,
) -> LiteLLMBatch:
    """OpenAI's batch object."""
    native = job.native_status
    if native.startswith("cancel"):
        status = "cancelling" if native.endswith("ing") else "cancelled"
    known = job.detail.counts if isinstance(job.detail, BatchInfo) else None
    counts = BatchRequestCounts(total=size, completed=0, failed=0) if size is not None else None
    if use is not None:
        counts = BatchRequestCounts(
            total=use.succeeded + use.failed, completed=use.succeeded, failed=use.failed
        )
    if known is not None:
        counts = BatchRequestCounts(
            total=known.total, completed=known.succeeded, failed=known.errored
        )
    state: Any = _STATUS.get(status, status)  # OpenAI's word
    made = LiteLLMBatch(
        id=job.id,
        object="batch",
        endpoint=CHAT,
        completion_window="24h",
        created_at=int(time.time()),
        input_file_id=str(call.given.get("input_file_id") or ""),
        output_file_id=f"{_OUTPUT}{job.id}" if status == "completed" else None,
        status=state,
        request_counts=counts,
        metadata=call.given.get("metadata"),
    )
    made._hidden_params = dict(_FREE) if use is None else _booked(use.as_values())
    return made


def _booked(use: Mapping[str, Any]) -> dict[str, Any]:
    """What LiteLLM keeps beside a finished batch: its charge, where the prices are known."""
    usd = usd_of(use)
    hidden: dict[str, Any] = {"custom_llm_provider": PROVIDER, "additional_headers": {}}
    if usd is not None:
        hidden["additional_headers"] = {COST_HEADER: sum(usd)}
    stand_beside(hidden, use)
    return hidden


# --- results -----


@dataclass(frozen=True, slots=True)
class _Content:
    """The content of a file: an input's own, or the results of a batch in OpenAI's form."""

    def run(self, call: Call) -> HttpxBinaryResponseContent:
        """Read it."""
        id = str(call.given["file_id"])
        if not id.startswith(_OUTPUT):
            return _binary(_kept(id))
        with Connected(call).stream(lambda context: _results(context, id)) as rows:
            return _binary(b"".join(_line(row) for row in rows))

    async def arun(self, call: Call) -> HttpxBinaryResponseContent:
        """The async twin of `run`."""
        id = str(call.given["file_id"])
        if not id.startswith(_OUTPUT):
            return _binary(_kept(id))
        stream = Connected(call).astream(lambda context: _results(context, id))
        async with stream as rows:
            return _binary(b"".join([_line(row) async for row in rows]))


def _results(context: Context, id: str) -> StreamPlan[dict[str, Any]]:
    return plan_rows(context, id=id.removeprefix(_OUTPUT))


def _binary(data: bytes) -> HttpxBinaryResponseContent:
    headers = {"content-type": "application/jsonl"}
    content = HttpxBinaryResponseContent(httpx.Response(200, headers=headers, content=data))
    content._hidden_params = dict(_FREE)
    return content


def _line(row: Mapping[str, Any]) -> bytes:
    """One result as a line of OpenAI's output file."""
    name = str(row.get("custom_id"))
    line: dict[str, Any] = {"id": f"batch_req_{name}", "custom_id": name, "response": None}
    try:
        body = _answer(row.get("result") or {})
        line |= {"response": {"status_code": 200, "request_id": name, "body": body}, "error": None}
    except errors.AimlapiError as error:
        line["error"] = {"code": error.code, "message": error.message}
    return json.dumps(line).encode() + b"\n"


def _answer(result: Mapping[str, Any]) -> dict[str, Any]:
    kind, message = result.get("type"), result.get("message")
    if kind == "succeeded" and isinstance(message, Mapping):
        model = str(message.get("model") or "")
        answer = parse_answer(Response(200, {}, encode(dict(message), model)), model=model)
        response: Any = reply_to_response(answer, model=model)
        return dict(response.model_dump(mode="json"))
    if kind == "errored":
        raise explain_frame(result.get("error") or result)
    raise errors.APIError(f"this request of the batch ended as {kind!r}")


_FILE = frozenset({"file_id", "model", "chunk_size", "stream"})
HANDLING = {
    "create_file": Handling(
        lambda call: _Here(_keep), frozenset({"file", "purpose", "expires_after", "model"})
    ),
    "file_retrieve": Handling(lambda call: _Here(_retrieve), _FILE),
    "file_delete": Handling(lambda call: _Here(_delete), _FILE),
    "file_content": Handling(lambda call: _Content(), _FILE),
    "create_batch": Handling(
        lambda call: _Order(),
        frozenset({"completion_window", "endpoint", "input_file_id", "model"}),
    ),
    "retrieve_batch": Handling(lambda call: _State(), frozenset({"batch_id", "model"})),
    "cancel_batch": Handling(lambda call: _Cancel(), frozenset({"batch_id", "model"})),
}
