"""``litellm.video_generation`` and its followers: ordered, polled, downloaded."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from math import gcd
from typing import Any

from litellm.types.videos.main import VideoObject
from litellm.types.videos.utils import (
    decode_video_id_with_provider,
    encode_video_id_with_provider,
)

from langchain_aimlapi._litellm import PROVIDER
from langchain_aimlapi._litellm.operations import Call, Handling
from langchain_aimlapi._litellm.plans import arun, run
from langchain_aimlapi._litellm.replies import COST_HEADER
from langchain_aimlapi._litellm.tasks import Connected, Task
from langchain_aimlapi._transport.download import adownload, download
from langchain_aimlapi._wire.fetch import FILE_LIMITS
from langchain_aimlapi.endpoints import Context, JobState, Plan, only
from langchain_aimlapi.endpoints._jobs import Polling
from langchain_aimlapi.endpoints.video import KIND, Video, plan_submit
from langchain_aimlapi.errors import InvalidRequestError

_STATUS = {"running": "in_progress"}
_NAMED = frozenset(
    {
        "image", "last_image", "reference_images", "video", "audio", "duration", "aspect_ratio",
        "resolution", "seed", "negative_prompt", "generate_audio",
    }
)  # fmt: skip
_UNPAID = "#unpaid"
"""Stands behind an id whose charge is known only when the video is done."""
_paid: deque[str] = deque(maxlen=10_000)
_WHOLE = frozenset({"duration", "seed"})


# --- ordering -----


def _generation(call: Call) -> Task[JobState[Video]]:
    named, params = _arguments(call)

    def plan(context: Context) -> Plan[JobState[Video]]:
        prompt = call.given.get("prompt")
        return plan_submit(
            context, model=call.model, prompt=prompt, params=params, extra_body=call.extra_body,
            **named,
        )  # fmt: skip

    size, seconds = call.given.get("size"), call.given.get("seconds")

    counts = {"seconds": named["duration"]} if "duration" in named else {"requests": 1}

    def finish(state: JobState[Video]) -> VideoObject:
        usd = (
            _usd(state)
            if _usd(state) is not None
            else call.listed({**call.params, **named}, **counts)
        )
        id = state.id if usd is not None else f"{state.id}{_UNPAID}"
        made = _video(state, call.model, id=id, usd=usd)
        made.created_at, made.size = int(time.time()), size
        made.seconds = str(seconds) if seconds is not None else None
        return made

    return Task(plan, finish)


def _arguments(call: Call) -> tuple[dict[str, Any], dict[str, Any]]:
    """(arguments of our own endpoint, the model's other parameters), from OpenAI's names."""
    named = {name: value for name, value in call.params.items() if name in _NAMED}
    params = {name: value for name, value in call.params.items() if name not in _NAMED}
    if call.given.get("input_reference") is not None:
        named.setdefault("image", _file(call.given["input_reference"]))
    if call.given.get("seconds") is not None:
        named.setdefault("duration", call.given["seconds"])
    if call.given.get("size") is not None:
        named = {**_sized(str(call.given["size"]), call.model), **named}
    for name in _WHOLE & named.keys():  # a form has nothing but texts
        named[name] = _number(named[name])
    return named, params


def _file(value: Any) -> object:
    """A file as LiteLLM takes it: itself, or (name, content, type)."""
    return value[1] if isinstance(value, tuple) else value


def _number(value: Any) -> object:
    if not isinstance(value, str):
        return value
    try:
        number = float(value)
    except ValueError:
        return value  # the endpoint says what is wrong with it
    return int(number) if number.is_integer() else number


def _sized(size: str, model: str) -> dict[str, str]:
    """``1280x720`` as proportions and lines."""
    width, _, height = size.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise InvalidRequestError(
            f"size={size!r} is no width and height",
            advice="write it as '1280x720', or give aspect_ratio and resolution",
            model=model,
            field="size",
        )
    w, h = int(width), int(height)
    common = gcd(w, h)
    return {"aspect_ratio": f"{w // common}:{h // common}", "resolution": f"{min(w, h)}p"}


# --- asking for it -----


def _status(call: Call) -> Task[JobState[Video]]:
    id, model = _of(call)
    return Task(
        lambda context: _asked(context, id.removesuffix(_UNPAID), model),
        lambda state: _booked(state, model, id),
    )


def _booked(state: JobState[Video], model: str, id: str) -> VideoObject:
    """The state; with the charge, once, where the answer to the order did not tell it."""
    due = id.endswith(_UNPAID) and state.status == "completed" and id not in _paid
    if due:
        _paid.append(id)
    return _video(state, model, id=id, usd=_usd(state) if due else 0.0)


def _usd(state: JobState[Video]) -> float | None:
    return state.cost.usd if state.cost is not None else None


def _of(call: Call) -> tuple[str, str]:
    """(the API's id, perhaps marked as not paid, and the model) of the video of a call."""
    decoded = decode_video_id_with_provider(str(call.given["video_id"]))
    return str(decoded["video_id"]), str(decoded.get("model_id") or call.model or "")


def _asked(context: Context, id: str, model: str) -> Plan[JobState[Video]]:
    polling = Polling(context, KIND, id, model or None)
    return Plan([polling.once], only, model=model or None, is_free=True)


def _video(state: JobState[Video], model: str, *, id: str, usd: float | None = 0.0) -> VideoObject:
    """OpenAI's video object, with the charge of this call. None: not known, which LiteLLM says."""
    made = VideoObject(
        id=encode_video_id_with_provider(id, PROVIDER, model),
        object="video",
        status=_STATUS.get(state.status, state.status),
        progress=100 if state.status == "completed" else int(100 * (state.fraction or 0.0)),
        error=_error(state),
        model=model or None,
    )
    charge = {COST_HEADER: usd} if usd is not None else {}
    made._hidden_params = {"custom_llm_provider": PROVIDER, "additional_headers": charge}
    return made


def _error(state: JobState[Video]) -> dict[str, object] | None:
    if state.status != "failed":
        return None
    reason = state.error
    return {
        "code": reason.code if reason is not None else state.native_status,
        "message": reason.message if reason is not None else "the API gives no reason",
    }


# --- downloading it -----


def _content(call: Call) -> _Content:
    id, model = _of(call)
    return _Content(id.removesuffix(_UNPAID), model)


@dataclass(frozen=True, slots=True)
class _Content:
    """The bytes of a video that is done."""

    id: str
    model: str

    def run(self, call: Call) -> bytes:
        """Ask for the state, and download."""
        state = run(call.access, call.catalog, self._plan)
        return download(self._link(state), FILE_LIMITS, Connected(call)._home()).data

    async def arun(self, call: Call) -> bytes:
        """The async twin of `run`."""
        state = await arun(call.access, call.catalog, self._plan)
        return (await adownload(self._link(state), FILE_LIMITS, Connected(call)._home())).data

    def _plan(self, context: Context) -> Plan[JobState[Video]]:
        return _asked(context, self.id, self.model)

    def _link(self, state: JobState[Video]) -> str:
        if state.result is not None and state.result.url is not None:
            return state.result.url
        why = f": {state.error.message}" if state.error is not None else ""
        raise InvalidRequestError(
            f"the video {self.id} has no content, its status is {state.native_status!r}{why}",
            advice="ask for video_status until it is 'completed'",
            model=self.model,
            field="video_id",
        )


_OF_ONE = frozenset({"video_id", "variant", "model"})
HANDLING = {
    "video_generation": Handling(
        _generation, frozenset({"prompt", "model", "input_reference", "seconds", "size", "user"})
    ),
    "video_status": Handling(_status, _OF_ONE),
    "video_content": Handling(_content, _OF_ONE),
}
