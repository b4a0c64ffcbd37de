"""POST and GET /v2/video/generations, and the older path of each vendor."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from langchain_aimlapi.emulator._core import Answer, Call, Json
from langchain_aimlapi.emulator._forms import JobForm, job_form
from langchain_aimlapi.emulator._generation import poll, submit
from langchain_aimlapi.emulator._jobs import Job
from langchain_aimlapi.emulator._ledger import Cost
from langchain_aimlapi.emulator._routes import route
from langchain_aimlapi.emulator._state import State

PATH = "/v2/video/generations"
VENDORS = ("kling", "alibaba", "google", "minimax", "bytedance", "pixverse", "runway", "luma-ai")
_OLD = tuple(f"/v2/generate/video/{vendor}/generation" for vendor in VENDORS)
PATHS = (PATH, "/video/generations", "/v1/video/generations", *_OLD)
PRICE_PER_SECOND = Decimal("0.05")
DEFAULT_SECONDS = 5.0


@route("POST", *PATHS, inference=True)
def create(call: Call, state: State) -> Answer:
    """Starts a video."""

    def make(job: Job) -> Json:
        return {"video": _video(call, state, job, job_form("video", job.model))}

    return submit(call, state, "video", PATH, make=make, price=_price)


@route("GET", *PATHS, inference=True)
def fetch(call: Call, state: State) -> Answer:
    """How far a video is, and its link when it is done."""
    return poll(call, state, "video")


def _seconds(body: Json) -> float:
    value: Any = body.get("duration", DEFAULT_SECONDS)
    try:
        return min(max(float(value), 1.0), 60.0)
    except (TypeError, ValueError):
        return DEFAULT_SECONDS


def _price(body: Json) -> Cost:
    return Cost.of(PRICE_PER_SECOND * Decimal(str(_seconds(body))))


def _video(call: Call, state: State, job: Job, form: JobForm) -> Json | list[str]:
    url = state.link(call, "mp4", f"{job.id} {job.body.get('prompt')}", seconds=_seconds(job.body))
    if form.links == "list":
        return [url]
    video: Json = {"url": url}
    if form.details:
        size = len(state.file_behind(url))
        name = url.rpartition("/")[2]
        video |= {"content_type": "video/mp4", "file_name": name, "file_size": size}
    return video
