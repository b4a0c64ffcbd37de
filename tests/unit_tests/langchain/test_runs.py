"""The id of a run is known for the one step that sends the request, and nowhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from uuid import UUID, uuid4

import pytest

from langchain_aimlapi._langchain.runs import (
    astreamed,
    current_run_id,
    run_known,
    streamed,
    with_run_id,
)


def test_a_run_is_known_within_and_forgotten_after() -> None:
    one, two = uuid4(), uuid4()
    assert current_run_id() is None
    with run_known(one):
        with run_known(two):
            assert current_run_id() == str(two)
        with run_known(None):
            assert current_run_id() is None
        assert current_run_id() == str(one)
    assert current_run_id() is None


def test_a_run_is_forgotten_after_an_error() -> None:
    with pytest.raises(ValueError, match="x"), run_known(uuid4()):
        raise ValueError("x")
    assert current_run_id() is None


def test_a_config_gets_a_run_id_that_sorts_by_time_and_keeps_its_own() -> None:
    made = with_run_id({"tags": ["a"]})
    assert made["tags"] == ["a"]
    assert isinstance(made["run_id"], UUID)
    assert made["run_id"].version == 7
    assert with_run_id(made) is made
    assert with_run_id(None)["run_id"] != made["run_id"]


def _items(closed: list[bool]) -> Iterator[str | None]:
    try:
        yield current_run_id()
        yield current_run_id()
    finally:
        closed.append(True)


async def _aitems(closed: list[bool]) -> AsyncIterator[str | None]:
    try:
        yield current_run_id()
        yield current_run_id()
    finally:
        closed.append(True)


async def test_a_stream_knows_its_run_for_its_first_item_only(colour: str) -> None:
    run, closed = uuid4(), list[bool]()
    outside: list[str | None] = []
    found: list[str | None] = []
    if colour == "sync":
        for item in streamed(_items(closed), run):
            found.append(item)
            outside.append(current_run_id())
    else:
        async for item in astreamed(_aitems(closed), run):
            found.append(item)
            outside.append(current_run_id())
    assert found == [str(run), None]
    assert outside == [None, None]
    assert closed == [True]


async def test_a_stream_that_is_left_closes_what_it_streams(colour: str) -> None:
    closed = list[bool]()
    if colour == "sync":
        items = streamed(_items(closed), uuid4())
        next(items)
        items.close()  # type: ignore[attr-defined]  # a generator
    else:
        aitems = astreamed(_aitems(closed), uuid4())
        await anext(aitems)
        await aitems.aclose()  # type: ignore[attr-defined]  # an async generator
    assert closed == [True]


async def test_an_empty_stream_stays_empty(colour: str) -> None:
    async def nothing() -> AsyncIterator[int]:
        for item in list[int]():
            yield item

    if colour == "sync":
        assert list(streamed(iter(x for x in list[int]()), uuid4())) == []
    else:
        assert [item async for item in astreamed(nothing(), uuid4())] == []
