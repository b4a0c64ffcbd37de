"""Memory stays bounded whatever a server sends: measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.harness.faults.families import KEY
from tests.harness.faults.raw_server import Hub
from tests.harness.faults.steps import Reply
from tests.harness.faults.wire import (
    DONE,
    END,
    ROLE,
    bomb_reply,
    chunk,
    dump,
    endless,
    flat,
    http,
    stream,
)
from tests.harness.paths import ROOT

pytestmark = pytest.mark.slow
CHILD = """
import resource, sys
from langchain_aimlapi import ChatAimlapi
from langchain_aimlapi._wire import retry
retry.BASE_DELAY = 0.01
url, key, call = sys.argv[1:]
model = ChatAimlapi(model="openai/gpt-4o", api_key=key, base_url=url + "/v1", timeout=300.0)
def ask():
    try:
        if call == "invoke":
            return model.invoke("hi").text
        return "".join(piece.text for piece in model.stream("hi"))
    except Exception as error:
        return type(error).__name__ + " " + str(len(str(error)))
first = ask()                       # a small answer: everything is imported and connected
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
said = ask()
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
model.close()
print((after - before) // 1024, said[:60])
"""
SMALL = http(dump(flat(404, "warm")), 404)
KINDS = {"invoke": "application/json", "stream": "text/event-stream"}


def _grown(hub: Hub, reply: Reply, call: str) -> tuple[int, str]:
    """Megabytes that the peak grew by, and what came of the call."""
    with hub.serve([SMALL, reply]) as server:
        done = subprocess.run(
            [sys.executable, "-c", CHILD, server.url, KEY, call],
            capture_output=True, text=True, timeout=600, cwd=ROOT, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        megabytes, _, said = done.stdout.strip().partition(" ")
        return int(megabytes), said


@pytest.mark.parametrize("call", KINDS)
def test_a_gzip_bomb_of_1_gb_costs_150_mb_at_most(raw_hub: Hub, call: str) -> None:
    start = b'{"id": "' if call == "invoke" else b"data: "
    grown, said = _grown(raw_hub, bomb_reply(200, start, b" ", KINDS[call]), call)
    assert said.startswith("InvalidResponseError")
    assert grown <= 150


@pytest.mark.parametrize("call", KINDS)
def test_256_mb_without_an_end_cost_200_mb_at_most(raw_hub: Hub, call: str) -> None:
    start = b'{"id": "' if call == "invoke" else b"data: "
    grown, said = _grown(raw_hub, endless(start, b"x", 256, kind=KINDS[call]), call)
    assert said.startswith("InvalidResponseError")
    assert grown <= 200


@pytest.mark.parametrize("call", KINDS)
def test_an_error_body_of_20_mb_costs_20_mb_at_most_and_is_told_in_2_kb(
    raw_hub: Hub, call: str
) -> None:
    grown, said = _grown(raw_hub, http(b"word " * 4_000_000, 400), call)
    name, _, length = said.partition(" ")
    assert name == "InvalidRequestError"
    assert int(length) <= 2_500
    assert grown <= 20


def test_one_event_of_5_mb_costs_60_mb_at_most(raw_hub: Hub) -> None:
    grown, said = _grown(raw_hub, stream(ROLE, chunk("x" * 5_000_000), END, DONE), "stream")
    assert said == "x" * 60
    assert grown <= 60
