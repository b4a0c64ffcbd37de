"""httpx2, the successor of httpx, put in its place by the program before we are imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import langchain_aimlapi

CODE = """
import httpx2
httpx2.alias_httpx()
import asyncio, httpx
assert httpx.Client is httpx2.Client
from langchain_aimlapi import ChatAimlapi
from langchain_aimlapi.emulator import Emulator, Fault
from langchain_aimlapi.errors import AuthenticationError, StreamInterrupted

with Emulator() as api:
    model = ChatAimlapi(model="openai/gpt-4o", timeout=httpx.Timeout(5), **api.settings())
    print(model.invoke("What is 2 + 3?").text)
    print("".join(chunk.text for chunk in model.stream("What is 2 + 3?")))
    print(asyncio.run(model.ainvoke("What is 2 + 3?")).text)

    async def streamed():
        return "".join([chunk.text async for chunk in model.astream("What is 2 + 3?")])

    print(asyncio.run(streamed()))
    api.fault(Fault(status=401))
    try:
        model.invoke("hi")
    except AuthenticationError as error:
        print(error.status_code)
    api.fault(Fault(cut_after=2))
    try:
        list(model.stream("Tell me a story in three sentences."))
    except StreamInterrupted as error:
        print(type(error).__name__)
with Emulator() as api:
    api.serve()
    model = ChatAimlapi(model="openai/gpt-4o", trust_env=False, **api.settings())
    print(model.invoke("What is 2 + 3?").text)
    print(asyncio.run(model.ainvoke("What is 2 + 3?")).text)
"""


@pytest.mark.slow
def test_a_program_that_has_aliased_httpx2_works() -> None:
    pytest.importorskip("httpx2")
    root = str(Path(langchain_aimlapi.__file__).parent.parent)
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        capture_output=True, text=True, timeout=120, env={**os.environ, "PYTHONPATH": root},
    )  # fmt: skip
    answer = "2 + 3 is 5."
    assert done.returncode == 0, done.stderr
    printed = done.stdout.splitlines()
    assert printed == [*[answer] * 4, "401", "StreamInterrupted", *[answer] * 2]
