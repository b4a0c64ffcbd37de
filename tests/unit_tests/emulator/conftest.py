"""Where an emulator stands: in process, or on loopback behind either parser of HTTP."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import pytest

from langchain_aimlapi.emulator import Emulator

PARSERS = {"h11": "H11Protocol", "httptools": "HttpToolsProtocol"}


def choose_parser(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Makes every server take this parser from here on; skips where it is not installed."""
    pytest.importorskip("uvicorn", reason="the emulator's server is the extra `emulator`")
    pytest.importorskip(name, reason=f"the emulator is served without {name} where it is absent")
    module = importlib.import_module(f"uvicorn.protocols.http.{name}_impl")
    protocol = getattr(module, PARSERS[name])
    monkeypatch.setattr("uvicorn.protocols.http.auto.AutoHTTPProtocol", protocol)


@pytest.fixture(params=PARSERS)
def served(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Emulator], Emulator]:
    """Serves an emulator, behind each parser in turn."""
    choose_parser(monkeypatch, request.param)
    return lambda emulator: emulator.serve()


@pytest.fixture(
    params=[
        "transport",
        "loopback",
        *(pytest.param(one, marks=pytest.mark.table) for one in PARSERS),
    ]
)
def placed(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Emulator], Emulator]:
    """Leaves an emulator in process, or serves it: behind the parser that is there, or each."""
    if request.param == "transport":
        return lambda emulator: emulator
    if request.param != "loopback":
        choose_parser(monkeypatch, request.param)
    return lambda emulator: emulator.serve()
