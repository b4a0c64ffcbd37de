"""Registering this provider changes nothing for the others: a program that never calls it sees the
same lists, prices, parameters, requests and answers before and after."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi.emulator import Emulator

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.slow
PROGRAM = Path(__file__).with_name("neighbours.py")


@pytest.fixture(scope="module")
def seen(server: Emulator) -> tuple[list[Any], list[Any], dict[str, Any], list[Any]]:
    """(before, after, what LiteLLM lists of this provider, the requests)."""
    environment = {
        **{k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")},
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "OPENAI_API_KEY": "other",
        "GROQ_API_KEY": "other",
        "AIMLAPI_API_KEY": server.api_key,
    }
    server.reset()
    command = [sys.executable, str(PROGRAM), server.base_url, server.api_key]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, env=environment)
    assert done.returncode == 0, done.stderr[-4000:]
    before, after, ours = json.loads(done.stdout.rpartition("RESULT")[2])
    return before, after, ours, list(server.requests)


def test_public_lists_and_prices_of_others_stay(seen: Any) -> None:
    before, after, _, _ = seen
    for name, value in before[0].items():
        assert after[0][name] == value, name
    assert len(before[0]["valid"]) > 100


def test_what_litellm_says_about_models_of_others_stays(seen: Any) -> None:
    before, after, _, _ = seen
    for model, value in before[1].items():
        assert after[1][model] == value, model


def test_requests_and_answers_of_others_stay(seen: Any) -> None:
    before, after, _, requests = seen
    assert after[2] == before[2]
    assert "thinking" in before[2]["refused"]
    half = len(requests) // 2
    assert [(r.path, r.body) for r in requests[:half]] == [
        (r.path, r.body) for r in requests[half : 2 * half]
    ]


def test_models_of_this_provider_are_listed_beside_them(seen: Any) -> None:
    _, _, ours, _ = seen
    assert "aimlapi/openai/gpt-4o" in ours["valid"]
    assert len(ours["valid"]) > 300


def test_importing_the_provider_loads_little(seen: Any) -> None:
    """It stands at the head of programs: what a call needs comes with the first call."""
    _, _, ours, _ = seen
    rooms = (
        "langsmith", "langchain_core.tools", "langchain_core.runnables", "langchain_core.messages",
        "langchain_aimlapi._langchain", "langchain_aimlapi.chat_models",
        "langchain_aimlapi.endpoints", "langchain_aimlapi._litellm.media",
        "langchain_aimlapi._litellm.config", "langchain_aimlapi.catalog.refresh",
        "langchain_aimlapi.emulator", "aiohttp.web_runner", "langchain_aimlapi._litellm.chat",
        "langchain_aimlapi._domain", "langchain_aimlapi._dialects", "langchain_aimlapi._answers",
    )  # fmt: skip
    loaded = [n for n in ours["modules"] for room in rooms if f"{n}.".startswith(f"{room}.")]
    assert loaded == []
    assert "langchain_aimlapi._litellm.handler" in ours["modules"]


def test_functions_imported_before_the_provider_know_it(seen: Any) -> None:
    """``from litellm import image_edit`` stands first in many programs."""
    _, _, ours, requests = seen
    edit = requests[-1]
    assert (edit.path, edit.body["n"], edit.body["size"]) == ("/v1/images/edits", "2", "1024x1024")
    assert sorted(name for name, _, _ in edit.body["files"]) == ["image", "mask"]
    assert "tools" not in ours["parameters"]
    assert "temperature" in ours["parameters"]
