"""What was read from the API, on disk: atomic, lazy, private, and for several processes at once."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.catalog.live import Snapshot
from langchain_aimlapi.catalog.openapi import Group
from langchain_aimlapi.catalog.shape import CHAT, RESPONSES
from langchain_aimlapi.catalog.store import ENDS, LIST, Store, cache_dir
from tests.unit_tests.catalog.test_live import ENDINGS
from tests.unit_tests.catalog.test_live import LIST as MODELS

ROOT = "https://api.example.com"
SCHEMA = {"type": "object", "properties": {"model": {"type": "string"}}}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_list_is_kept_for_the_user_only_and_leaves_no_half_files(tmp_path: Path) -> None:
    store = Store(ROOT, tmp_path / "deep")
    store.keep(LIST, Snapshot(MODELS, '"e"'))
    target = store.folder / LIST
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    with pytest.raises(TypeError):
        store.keep(LIST, Snapshot({"data": [object()]}, None))
    assert names(tmp_path) == [LIST]
    assert store.snapshot(LIST) == Snapshot(MODELS, '"e"', changed=False)
    assert Store("https://other.example", tmp_path / "deep").snapshot(LIST) is None


def test_an_unchanged_list_is_not_written_again_and_only_gets_younger(tmp_path: Path) -> None:
    store = Store(ROOT, tmp_path)
    store.keep(LIST, Snapshot(MODELS, '"e"'))
    content = (store.folder / LIST).read_bytes()
    os.utime(store.folder / LIST, (1_000_000, 1_000_000))
    assert store.read_at == 1_000_000
    store.keep(LIST, Snapshot(MODELS, '"e"', changed=False))
    assert (store.folder / LIST).read_bytes() == content
    assert store.read_at is not None
    assert time.time() - store.read_at < 60


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'{"payload": 3}', b'{"payload": {}}', b"\xff", b"null", b"[" * 20_000],
)
def test_a_broken_file_counts_as_none(tmp_path: Path, content: bytes) -> None:
    store = Store(ROOT, tmp_path)
    (store.folder / "schemas").mkdir(parents=True)
    for name in (LIST, ENDS, "schemas/x.names.json", "schemas/y.json"):
        (store.folder / name).write_bytes(content)
    assert store.snapshot(LIST) is None
    assert store.live() is None
    assert Catalog.saved(ROOT, directory=tmp_path).age is None


def test_everything_kept_is_a_catalog_again_without_a_network(tmp_path: Path) -> None:
    store = Store(ROOT, tmp_path)
    store.keep(LIST, Snapshot(MODELS))
    store.keep(ENDS, Snapshot(ENDINGS))
    store.keep_groups([Group(CHAT, ("maker/zeta-1", "zeta-1"), SCHEMA)])
    catalog = Catalog.saved(ROOT + "/v1/", directory=tmp_path)
    assert catalog.find("openai/gpt-4o").name == "GPT-4o"
    assert catalog.find("old/thing").status == "withdrawn"
    assert list(catalog.find("zeta-1").shapes) == [CHAT]
    assert ROOT in catalog.find("zeta-1").sources[CHAT]
    assert catalog.age is not None
    assert catalog.age < 60
    assert "refreshed 0.0 hours ago" in repr(catalog)
    assert store.size_bytes == sum(path.stat().st_size for path in store.folder.rglob("*.json"))
    store.clear()
    assert Catalog.saved(ROOT, directory=tmp_path).age is None
    assert store.size_bytes == 0


def test_a_schema_is_read_when_it_is_asked_for(tmp_path: Path) -> None:
    store = Store(ROOT, tmp_path)
    store.keep_groups([Group(CHAT, ("a/one",), SCHEMA)])
    live = store.live()
    assert live is not None
    assert list(live.schemas) == ["a/one"]
    for path in store.folder.rglob("*.json"):
        if not path.name.endswith(".names.json"):
            path.unlink()
    assert live.schemas["a/one"] == ()


def test_a_newer_schema_takes_the_place_of_the_older_one_on_its_path(tmp_path: Path) -> None:
    store = Store(ROOT, tmp_path)
    newer = {**SCHEMA, "required": ["model"]}
    store.keep_groups([Group(CHAT, ("a/one", "one"), SCHEMA)])
    store.keep_groups([Group(RESPONSES, ("a/one",), SCHEMA)])
    store.keep_groups([Group(CHAT, ("b/two", "a/one"), {**SCHEMA, "x": 1})])
    assert len(names(store.folder)) == 6, "another group still has an id of its own"
    store.keep_groups([Group(CHAT, ("a/one", "one"), newer)])
    live = store.live()
    assert live is not None
    found = {group.path: group.schema for group in live.schemas["a/one"]}
    assert found == {CHAT: newer, RESPONSES: SCHEMA}
    assert len(names(store.folder)) == 6


WRITER = """
import sys
from pathlib import Path
from langchain_aimlapi.catalog.live import Snapshot
from langchain_aimlapi.catalog.openapi import Group
from langchain_aimlapi.catalog.store import LIST, Store
me, store = sys.argv[1], Store("https://api.example.com", Path(sys.argv[2]))
for turn in range(30):
    store.keep(LIST, Snapshot({"data": [{"id": me, "turn": turn, "pad": "x" * 20_000}]}))
    store.keep_groups([Group("/v1/chat/completions", (f"{me}/{turn}",), {"type": "object"})])
    store.keep_groups([Group("/v1/chat/completions", (f"{me}/own",), {"title": f"{me} {turn}"})])
"""


@pytest.mark.slow
def test_several_processes_write_at_once_and_a_reader_sees_whole_files(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, f"writer{n}", str(tmp_path)])
        for n in range(3)
    ]
    store, seen = Store(ROOT, tmp_path), 0
    while any(writer.poll() is None for writer in writers):
        if (store.folder / LIST).exists():
            assert store.snapshot(LIST) is not None
            seen += 1
        store.live()
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert seen
    live = store.live()
    assert live is not None
    assert {f"writer{n}/{turn}" for n in range(3) for turn in range(30)} <= set(live.schemas)
    assert live.schemas["writer0/own"][0].schema == {"title": "writer0 29"}
    assert not [name for name in names(tmp_path) if name.startswith(".new-")]


@pytest.mark.parametrize(
    ("system", "variables", "folder"),
    [
        ("linux", {"XDG_CACHE_HOME": "/somewhere"}, "/somewhere/langchain_aimlapi"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "~/.cache/langchain_aimlapi"),
        ("linux", {}, "~/.cache/langchain_aimlapi"),
        ("darwin", {"XDG_CACHE_HOME": "/other"}, "~/Library/Caches/langchain_aimlapi"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/langchain_aimlapi/Cache"),
        ("win32", {}, "~/AppData/Local/langchain_aimlapi/Cache"),
    ],
)
def test_the_cache_folder_follows_the_habits_of_the_system(
    system: str, variables: dict[str, str], folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", system)
    assert cache_dir() == Path(folder).expanduser()
