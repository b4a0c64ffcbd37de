"""A model that ends, on the endpoints beside chat: a notice of date and replacement while it is
served, an error with the replacement where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from langchain_aimlapi import AimlapiClient, Catalog
from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.errors import ModelNotFoundError, UnsupportedParameterWarning

CALLS: dict[str, dict[str, Any]] = {
    "embeddings": {"model": "openai/text-embedding-3-small", "input": ["a"]},
    "images.generate": {"model": "flux/schnell", "prompt": "a cat"},
    "video.submit": {"model": "minimax/hailuo-02", "prompt": "a cat"},
    "music.submit": {
        "model": "minimax/music-2.0", "prompt": "a slow song", "lyrics": "The river runs"
    },
}  # fmt: skip


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def client(api: Emulator, model: str, **fields: Any) -> AimlapiClient:
    """A client whose catalog knows how the model ends."""
    catalog = Catalog.default()
    facts = replace(catalog.find(model), **fields)
    return AimlapiClient(catalog=catalog.with_facts(facts), **api.settings())


async def call(made: AimlapiClient, name: str, colour: str) -> Any:
    holder, _, method = name.rpartition(".")
    calls = getattr(made, holder) if holder else made
    if colour == "sync":
        return getattr(calls, method)(**CALLS[name])
    return await getattr(calls, f"a{method}")(**CALLS[name])


@pytest.mark.parametrize("name", CALLS)
async def test_a_deprecated_model_is_used_with_one_notice(
    api: Emulator, name: str, colour: str
) -> None:
    made = client(
        api, CALLS[name]["model"],
        status="deprecated", shutdown_at="2027-01-31", replacement="maker/next-2",
    )  # fmt: skip
    with pytest.warns(UnsupportedParameterWarning) as seen:
        await call(made, name, colour)
    words = "deprecated and ends on 2027-01-31; use maker/next-2"
    assert [words in str(each.message) for each in seen] == [True]
    await call(made, name, colour)  # a second notice would be an error
    assert len(api.requests) == 2


@pytest.mark.parametrize("name", CALLS)
async def test_a_superseded_id_is_used_with_one_notice(
    api: Emulator, name: str, colour: str
) -> None:
    made = client(api, CALLS[name]["model"], status="superseded", replacement="maker/next-2")
    with pytest.warns(UnsupportedParameterWarning, match=r"superseded.*use maker/next-2"):
        await call(made, name, colour)
    assert len(api.requests) == 1


@pytest.mark.parametrize("name", CALLS)
async def test_a_withdrawn_model_is_refused_with_its_replacement(
    api: Emulator, name: str, colour: str
) -> None:
    made = client(api, CALLS[name]["model"], status="withdrawn", replacement="maker/next-2")
    with pytest.raises(ModelNotFoundError, match="withdrawn") as failed:
        await call(made, name, colour)
    assert failed.value.advice == "use maker/next-2"
    assert api.requests == []
