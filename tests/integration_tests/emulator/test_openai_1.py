"""Assistants through OpenAI's client of the 1.x line, in an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from langchain_aimlapi.emulator import Emulator
from tests.harness.frameworks.environments import prepare
from tests.harness.frameworks.rows import Row
from tests.harness.paths import ROOT

PROGRAM = ROOT / "tests" / "harness" / "openai_1.py"
CACHE = ROOT / ".venv-frameworks"


@pytest.fixture(scope="module")
def python() -> Path:
    """An interpreter with openai 1.x, whose environment is made once."""
    CACHE.mkdir(exist_ok=True)
    try:
        return prepare(Row("openai 1", ("openai<2",), alone=True), CACHE)
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"openai 1.x cannot be installed here: {error}")


@pytest.mark.peer
def test_the_client_of_the_1_line_plays_assistants(python: Path) -> None:
    env = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    with Emulator().serve() as api:
        address = api.base_url.removesuffix("/v1")
        done = subprocess.run(
            [str(python), "-P", str(PROGRAM), address, api.api_key],
            env=env, cwd=CACHE, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert not done.returncode, done.stderr
    seen = json.loads(done.stdout)
    assert seen.pop("version").startswith("1.")
    events = seen.pop("events")
    assert {"thread.run.requires_action", "thread.run.completed", "thread.message.delta"} <= {
        *events
    }
    assert seen == {
        "metadata": {"team": "a"}, "listed": True, "polled": "completed", "step": "completed",
        "answer": "2 + 3 is 5.", "streamed": "4 + 5 is 9.", "whole": True,
        "call": ["get_weather", {"city": "Paris"}], "with the result": True,
        "cancelled": "cancelling", "file": "hello", "deleted": [True, True, True],
        "after that": 404,
    }  # fmt: skip
