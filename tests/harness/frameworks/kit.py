"""What the programs share: a served emulator, three checks, and one line of JSON at the end.

A program is run by hand in a framework's own environment. Importing this module serves the
emulator and points the environment variables at it, so that what stands above the line
``# --- checks`` of a program is what a user writes, word for word.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from langchain_aimlapi.emulator import Emulator

CHECKS = ("tools", "stream", "structured")
LIMIT_SECONDS = 120.0

api = Emulator(balance=1_000).serve()
os.environ["AIMLAPI_API_KEY"] = api.api_key
os.environ["AIMLAPI_API_BASE"] = api.base_url
# For the frameworks' own clients of OpenAI: the same server.
os.environ["OPENAI_API_KEY"] = api.api_key
os.environ["OPENAI_BASE_URL"] = os.environ["OPENAI_API_BASE"] = api.base_url

QUESTION = "What is the weather in Oslo? Use the tool get_weather."


def get_weather(city: str) -> str:
    """The weather in a city.

    Args:
        city: The name of the city.
    """
    calls.append(city)
    return f"It rains in {city}."


calls: list[str] = []


def run(
    *,
    ours: Callable[[], Any],
    peer: Callable[[], Any] | None = None,
    tools: Callable[[Any], None] | None = None,
    stream: Callable[[Any], None] | None = None,
    structured: Callable[[Any], None] | None = None,
    packages: Iterable[str] = (),
) -> None:
    """Every check with our model and with the peer's; prints the results.

    Args:
        ours: Makes what the checks are called with.
        peer: Makes the same with ChatOpenAI or LiteLLM's ``openai/``; None where there is none.
        tools: A tool is called and its result is used.
        stream: The answer comes in pieces.
        structured: The answer is an object with a schema.
        packages: Whose versions are told.
    """
    checks = {"tools": tools, "stream": stream, "structured": structured}
    made = {"ours": ours, "peer": peer}
    found: dict[str, Any] = {"versions": {name: _version(name) for name in packages}}
    for side, make in made.items():
        found[side] = {
            name: None if check is None or make is None else _result(check, make, f"{side} {name}")
            for name, check in checks.items()
        }
    sys.stdout.flush()
    print(f"\nRESULT {json.dumps(found)}", flush=True)
    api.close()
    os._exit(0)  # a framework's own threads must not keep the program alive


def _result(check: Callable[[Any], None], make: Callable[[], Any], name: str) -> str:
    """``yes``, or what went wrong."""
    calls.clear()
    api.reset()
    outcome: list[str] = []

    def work() -> None:
        try:
            check(make())
            outcome.append("yes")
        except Exception as error:
            traceback.print_exc()
            outcome.append(f"{type(error).__name__}: {error}"[:300])

    began = time.monotonic()
    print(f"# {name}", file=sys.stderr, flush=True)
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(LIMIT_SECONDS)
    if not outcome:
        outcome.append(f"no end after {LIMIT_SECONDS:g} s")
    took = time.monotonic() - began
    print(f"# {name}: {outcome[0]} ({took:.1f} s)", file=sys.stderr, flush=True)
    return outcome[0]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def used_the_tool(answer: object, *, times: int = 1) -> None:
    """Asserts that the tool was called that often for Oslo, and that the answer knows it."""
    assert calls == ["Oslo"] * times, f"the tool was called with {calls}"
    assert "rains in Oslo" in str(answer), f"the answer was {str(answer)[:200]!r}"


def in_pieces(pieces: Iterable[str], *, least: int = 4) -> str:
    """Asserts that a text came in several pieces; the text."""
    found = [piece for piece in pieces if piece]
    assert len(found) >= least, f"only {len(found)} pieces"
    return "".join(found)
