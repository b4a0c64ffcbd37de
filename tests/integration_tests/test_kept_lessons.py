"""Lessons on disk, where the catalog is kept on disk: one process learns, the next one knows."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi import AimlapiClient, Catalog, ChatAimlapi
from langchain_aimlapi._fitting.kept_lessons import MAX_AGE, KeptMemory, memory_in
from langchain_aimlapi._fitting.lessons import MEMORY, Lesson
from langchain_aimlapi.catalog.facts import Param
from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.errors import InvalidRequestError, UnsupportedParameterWarning
from tests.unit_tests.langchain.helpers import ask, stream

GPT = "openai/gpt-4o"
KEY = ("https://api.test", GPT, "/v1/chat/completions")
VECTORS = "openai/text-embedding-3-small"


@pytest.fixture(autouse=True)
def _a_new_process() -> Iterator[None]:
    memory_in.cache_clear()
    yield
    memory_in.cache_clear()


@pytest.fixture
def api() -> Iterator[Emulator]:
    """The API, which has taken a seed until yesterday."""
    with Emulator() as emulator:
        emulator.models.change(GPT, refuse=["seed"])
        emulator.models.change(VECTORS, path="/v1/embeddings", refuse=["user"])
        yield emulator


def files(folder: Path) -> list[Path]:
    """Everything that was kept."""
    return list(folder.rglob("*.json"))


def model(api: Emulator, folder: Path, **fields: Any) -> ChatAimlapi:
    """A model as the next process makes it."""
    memory_in.cache_clear()
    catalog = Catalog.saved(api.base_url, directory=folder)
    return ChatAimlapi(model=GPT, seed=7, catalog=catalog, **api.settings(), **fields)


async def test_the_next_process_needs_no_second_request(
    api: Emulator, tmp_path: Path, colour: str
) -> None:
    with pytest.warns(UnsupportedParameterWarning, match="seed"):
        await ask(model(api, tmp_path), "Hello", colour)
    assert len(api.requests) == 2
    with pytest.warns(UnsupportedParameterWarning, match="seed"):
        await stream(model(api, tmp_path), "Hello", colour)
    assert len(api.requests) == 3
    assert not MEMORY.knows((api.base_url.removesuffix("/v1"), GPT, "/v1/chat/completions"))


async def test_a_client_keeps_what_it_learns_of_endpoints_beside_chat(
    api: Emulator, tmp_path: Path, colour: str
) -> None:
    for expected in (2, 3):
        memory_in.cache_clear()
        catalog = Catalog.saved(api.base_url, directory=tmp_path)
        client = AimlapiClient(catalog=catalog, **api.settings())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnsupportedParameterWarning)
            given: dict[str, Any] = {"model": VECTORS, "input": ["a"], "user": "u"}
            if colour == "sync":
                client.embeddings(**given)
            else:
                await client.aembeddings(**given)
        assert len(api.requests) == expected


async def test_learning_can_be_switched_off_and_leaves_no_file(
    api: Emulator, tmp_path: Path, colour: str
) -> None:
    with pytest.raises(InvalidRequestError, match="seed"):
        await ask(model(api, tmp_path, learn=False), "Hello", colour)
    assert files(tmp_path) == []


async def test_without_a_catalog_on_disk_nothing_is_written(api: Emulator, tmp_path: Path) -> None:
    here = ChatAimlapi(model=GPT, seed=7, **api.settings())
    assert here._catalog().folder is None
    with pytest.warns(UnsupportedParameterWarning, match="seed"):
        here.invoke("Hello")
    MEMORY.clear()


def test_values_names_and_closed_paths_survive(tmp_path: Path) -> None:
    one = KeptMemory(tmp_path)
    one.add(KEY, Lesson(("reasoning", "effort"), Param(enum=("low", "high")), why="secret words"))
    one.add(KEY, Lesson(("temperature",), Param(minimum=0.0, maximum=1.0)))
    one.add(KEY, Lesson(("max_tokens",), name="max_completion_tokens"))
    one.close((*KEY[:2], "/v1/messages"))
    other = KeptMemory(tmp_path)
    assert other.knows(KEY)
    assert other.is_closed((*KEY[:2], "/v1/messages"))
    assert not other.is_closed(KEY)
    from langchain_aimlapi._fitting.notes import Notes

    body = {"reasoning": {"effort": "medium"}, "temperature": 1.5, "max_tokens": 9}
    assert other.applied(KEY, dict(body), Notes(GPT)) == one.applied(KEY, dict(body), Notes(GPT))
    (file,) = tmp_path.rglob("*.json")
    assert "secret words" not in file.read_text(encoding="utf-8")
    other.clear()
    assert not files(tmp_path)


def test_an_old_lesson_is_forgotten_and_learned_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    KeptMemory(tmp_path).add(KEY, Lesson(("seed",)))
    later = time.time() + MAX_AGE + 60
    monkeypatch.setattr(time, "time", lambda: later)
    assert not KeptMemory(tmp_path).knows(KEY)
    KeptMemory(tmp_path).add(KEY, Lesson(("seed",)))
    assert KeptMemory(tmp_path).knows(KEY)


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", '{"model": 1}', '{"model": "openai/gpt-4o", "lessons": [1, {"at": 9e12}]}',
     '{"model": "openai/gpt-4o", "lessons": [{"at": 9e12, "path": "/v1/chat/completions", '
     '"param": ["seed"], "facts": {"of a later version": 1}}]}'],
)  # fmt: skip
def test_a_file_that_makes_no_sense_is_no_lesson(tmp_path: Path, content: str) -> None:
    KeptMemory(tmp_path).add(KEY, Lesson(("seed",)))
    (file,) = tmp_path.rglob("*.json")
    file.write_text(content, encoding="utf-8")
    assert not KeptMemory(tmp_path).knows(KEY)


def test_several_writers_at_once_leave_whole_files(tmp_path: Path) -> None:
    def learn(name: int) -> None:
        memory = KeptMemory(tmp_path)
        for parameter in range(8):
            memory.add(KEY, Lesson((f"p{name}_{parameter}",)))
            assert memory.knows(KEY)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(learn, range(6)))
    (file,) = tmp_path.rglob("*.json")
    rows = json.loads(file.read_text(encoding="utf-8"))["lessons"]
    assert len(rows) >= 8  # what two of them wrote at the same moment is learned again
    assert KeptMemory(tmp_path).knows(KEY)
