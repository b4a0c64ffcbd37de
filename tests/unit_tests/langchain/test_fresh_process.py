"""What a process sees that only restores what another one has made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from langchain_core.load import dumpd
from langchain_core.messages import AIMessage, message_to_dict, messages_from_dict

import langchain_aimlapi
from langchain_aimlapi import ChatAimlapi
from tests.unit_tests.langchain.helpers import KEY, MODEL, Wire, whole

ANSWER = whole(
    {
        "content": "Paris.",
        "reasoning_content": "Which city?",
        "annotations": [
            {"type": "url_citation", "url_citation": {"url": "https://a.test", "title": "A"}}
        ],
        "images": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}],
    }
)


def fresh(code: str, given: Any) -> Any:
    """What ``code`` prints as JSON in a new interpreter; ``given`` is there under that name."""
    environment = {
        **os.environ,
        "AIMLAPI_API_KEY": KEY,
        "PYTHONPATH": str(Path(langchain_aimlapi.__file__).parent.parent),
    }
    start = "import json, sys\ngiven = json.load(sys.stdin)\n"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", start + code],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_a_restored_message_shows_the_same_blocks_before_any_call() -> None:
    message = Wire(ANSWER).model().invoke("hi")
    assert isinstance(message, AIMessage)
    here = json.loads(json.dumps(message.content_blocks))
    assert {block["type"] for block in here} == {"reasoning", "text", "image"}
    assert messages_from_dict([message_to_dict(message)])[0].content_blocks == here
    code = """
from langchain_core.messages import messages_from_dict
from langchain_aimlapi import ChatAimlapi
print(json.dumps(messages_from_dict([given])[0].content_blocks))
"""
    assert fresh(code, message_to_dict(message)) == here


@pytest.mark.parametrize("allowed", ["allowed_objects='all'", "allowed_objects=[ChatAimlapi]"])
def test_a_dumped_model_is_loaded_in_a_process_that_has_made_none(allowed: str) -> None:
    model = ChatAimlapi(model=MODEL, api_key=KEY, temperature=0.5)
    code = f"""
from langchain_core.load import load
from langchain_aimlapi import ChatAimlapi
model = load(given, {allowed}, secrets_from_env=True)
print(json.dumps([type(model).__name__, model.model, model.temperature,
                  model.api_key.get_secret_value()]))
"""
    assert fresh(code, dumpd(model)) == ["ChatAimlapi", MODEL, 0.5, KEY]


@pytest.mark.slow
def test_by_default_a_dumped_model_is_not_loaded() -> None:
    code = """
from langchain_core.load import load
from langchain_aimlapi import ChatAimlapi
try:
    load(given)
except ValueError as error:
    print(json.dumps(str(error)))
"""
    refused = fresh(code, dumpd(ChatAimlapi(model=MODEL)))
    assert "not allowed" in refused
