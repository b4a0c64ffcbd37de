"""500 and 1,000 streams at once with every tenth broken; memory over rounds."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from langchain_aimlapi import ChatAimlapi
from tests.harness import load
from tests.harness.load import FAULTS, fleet, resident_bytes

pytest.importorskip("uvicorn", reason="the emulator's server is the extra `emulator`")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def settings() -> Iterator[dict[str, Any]]:
    with load.server() as (base_url, key, _):
        yield {"base_url": base_url, "api_key": key}


@pytest.mark.parametrize("streams", [500, 1000])
def test_every_stream_ends_in_its_own_text_or_its_own_error(
    settings: dict[str, Any], streams: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("langchain_aimlapi._wire.retry.BASE_DELAY", 0.01)
    model = ChatAimlapi(model="openai/gpt-4o", stream_timeout=60, timeout=60, **settings)
    start = 100_000 * streams
    ended = asyncio.run(fleet(model, range(start, start + streams)))
    # nine of ten, and those that a retry mends, are whole; every other ends in its own way
    mended = streams // 10 // len(FAULTS)
    assert ended["whole"] == streams - streams // 10 + mended
    for name, _, error in FAULTS:
        assert ended[name] == (mended if error is not None else 0)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_is_flat_over_rounds(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("langchain_aimlapi._wire.retry.BASE_DELAY", 0.01)
    model = ChatAimlapi(model="openai/gpt-4o", stream_timeout=60, timeout=60, **settings)

    async def rounds() -> list[int]:
        sizes = []
        for number in range(5):
            start = 10_000_000 + number * 10_000
            await fleet(model, range(start, start + 200))
            sizes.append(resident_bytes())
        await model.aclose()
        return sizes

    sizes = asyncio.run(rounds())
    # the first rounds fill pools and caches; after that 200 streams more may leave nothing behind
    assert sizes[4] - sizes[1] < 8 * 1024 * 1024, sizes
