"""Warnings that point at the user's own line, however deep in libraries they arise."""

from __future__ import annotations

import sys
import threading
import warnings
from types import FrameType

# Libraries whose frames stand between the user's call and ours. The standard library's do, too
# (event loops, executors, context managers).
_LIBRARIES = frozenset(
    {
        "langchain_aimlapi", "langchain_core", "langchain", "langchain_classic",
        "langchain_community", "langgraph", "langgraph_sdk", "langsmith", "litellm", "pydantic",
        "pydantic_core", "pydantic_settings", "anyio", "sniffio", "tenacity", "httpx", "aiohttp",
        "uvloop",
    }
)  # fmt: skip


def warn_caller(message: str, category: type[Warning]) -> None:
    """Warn at the line of the user's program that led here.

    That is the innermost frame which belongs to no library. A call that runs in a task or a
    thread of its own (``ainvoke``, ``batch``, the nodes of an agent) has no such frame: then it is
    the line of the task, or of the thread, that waits for it inside a library. Where several wait,
    and nothing tells which one for this call, it is where the event loop was started, and where no
    frame of the user's is left, the outermost one.
    """
    here = sys._getframe(1)
    frame = _users_frame(here)
    if frame is None or _is_loop_starter(here, frame):
        frame = _waiting_task_frame() or frame or _waiting_thread_frame() or _outermost(here)
    names = frame.f_globals
    warnings.warn_explicit(
        message,
        category,
        filename=frame.f_code.co_filename,
        lineno=frame.f_lineno,
        module=names.get("__name__") or "<unknown>",
        registry=names.setdefault("__warningregistry__", {}),
    )


def _users_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame from here outwards that belongs to no library."""
    while frame is not None and _is_library(frame):
        frame = frame.f_back
    return frame


def _is_library(frame: FrameType) -> bool:
    room = str(frame.f_globals.get("__name__") or "").partition(".")[0]
    return room in _LIBRARIES or room in sys.stdlib_module_names


def _is_loop_starter(frame: FrameType | None, users: FrameType) -> bool:
    """Whether an event loop runs between here and the user's frame."""
    while frame is not None and frame is not users:
        if frame.f_globals.get("__name__") in ("asyncio.base_events", "uvloop.loop"):
            return True
        frame = frame.f_back
    return False


def _waiting_task_frame() -> FrameType | None:
    """The user's line in the task that waits for this one."""
    asyncio = sys.modules.get("asyncio")
    try:
        current = asyncio.current_task() if asyncio is not None else None
    except RuntimeError:  # no running event loop
        return None
    if asyncio is None or current is None:
        return None
    others = asyncio.all_tasks() - {current}
    waiter = current
    while waiter is not None:  # from task to task, as far as one awaits the other or gathers it
        waiter = next((task for task in others if _waits_for(task, waiter)), None)
        others.discard(waiter)
        frames = _suspended_frames(waiter.get_coro()) if waiter is not None else []
        if (frame := _innermost(frames)) is not None:
            return frame
    # One that waits inside a library may wait for this one in a way that cannot be seen.
    chains = [_suspended_frames(task.get_coro()) for task in others]
    found = [_innermost(chain) for chain in chains if chain and _is_library(chain[-1])]
    known = [frame for frame in found if frame is not None]
    return known[0] if len(known) == 1 else None


def _waits_for(task: object, other: object) -> bool:
    """Whether a task awaits another one, directly or in ``asyncio.gather``."""
    future = getattr(task, "_fut_waiter", None)
    return future is other or other in (getattr(future, "_children", None) or ())


def _suspended_frames(coroutine: object) -> list[FrameType]:
    """The frames of a coroutine that waits, the outermost first."""
    frames: list[FrameType] = []
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "ag_frame", None)
        if isinstance(frame, FrameType):
            frames.append(frame)
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "ag_await", None)
    return frames


def _innermost(frames: list[FrameType]) -> FrameType | None:
    return next((frame for frame in reversed(frames) if not _is_library(frame)), None)


def _waiting_thread_frame() -> FrameType | None:
    """The user's line in a thread that waits inside a library, the main thread first."""
    frames = sys._current_frames()
    main = threading.main_thread().ident
    own = threading.get_ident()
    for ident in sorted(frames, key=lambda each: each != main):
        if ident != own and _is_library(frames[ident]):
            found = _users_frame(frames[ident])
            if found is not None:
                return found
    return None


def _outermost(frame: FrameType) -> FrameType:
    while frame.f_back is not None:
        frame = frame.f_back
    return frame
