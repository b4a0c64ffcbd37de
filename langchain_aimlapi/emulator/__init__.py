"""A local AI/ML API: for tests, demos and work without a network.

It is chosen by name, never by a missing key::

    from langchain_aimlapi.emulator import Emulator

    with Emulator() as api:                       # no socket: an httpx transport
        client = api.client()
        client.get("/models")

    with Emulator().serve() as api:               # a real server on 127.0.0.1, extra `emulator`
        print(api.base_url, api.api_key)

Requests are checked against the published schemas (through the catalog's data), answers and
streams have the shapes that the documentation records for each vendor, and `Fault` makes them go
wrong on purpose. No code is shared with the client, so that one misunderstanding cannot cancel
itself out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_aimlapi.emulator._author import Say, ToolUse
    from langchain_aimlapi.emulator._clock import VirtualClock
    from langchain_aimlapi.emulator._core import Recorded
    from langchain_aimlapi.emulator._emulator import Emulator
    from langchain_aimlapi.emulator._faults import Fault
    from langchain_aimlapi.emulator._jobs import Job, Jobs

__all__ = ["Emulator", "Fault", "Job", "Jobs", "Recorded", "Say", "ToolUse", "VirtualClock"]

_HOMES = {
    "Emulator": "_emulator",
    "Recorded": "_core",
    "Fault": "_faults",
    "Job": "_jobs",
    "Jobs": "_jobs",
    "Say": "_author",
    "ToolUse": "_author",
    "VirtualClock": "_clock",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
