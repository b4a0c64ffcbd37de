"""The live model list: prices, merging, and the ETag cache on disk."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.catalog.prices import normalise
from langchain_aimlapi.catalog.refresh import (
    Snapshot,
    cache_dir,
    cache_file,
    interpret,
    list_url,
    load_cached,
    refresh,
    request_headers,
    save,
)

catalog = Catalog.default()
BASE = "https://api.example.com"
GPT: dict[str, Any] = {
    "id": "openai/gpt-4o",
    "aliases": ["gpt-4o", "gpt-4o-alias"],
    "type": "openai/chat-completions",
    "tags": [],
    "info": {
        "name": "GPT-4o",
        "developer": "Open AI",
        "contextLength": 128000,
        "outputMax": 16384,
        "releasedAt": "2025-08-07",
    },
    "modalities": {"input": ["image", "text"], "output": ["text"]},
    "capabilities": ["file_input", "streaming", "tools", "vision"],
    "pricing": {
        "kind": "fixed",
        "currency": "USD",
        "units": [
            {"name": "token", "measure": "input", "price": 3.25, "per": 1_000_000},
            {"name": "token", "measure": "output", "price": 13, "per": 1_000_000},
            {"name": "token", "measure": "cached_input", "price": "1.5", "per": 1_000_000},
        ],
    },
}
NEW: dict[str, Any] = {
    "id": "openai/dream-9",
    "aliases": [],
    "type": "openai/image-generations",
    "tags": [],
    "info": {"name": "Dream 9", "developer": "Open AI"},
    "pricing": {"kind": "fixed", "units": [{"name": "image", "price": 0.04, "per": 1}]},
}
LIST = {"object": "list", "data": [GPT, NEW]}


class Server:
    """A model list behind an ETag; remembers what it was asked."""

    def __init__(self, payload: Any = LIST, etag: str = '"1"') -> None:
        self.payload, self.etag = payload, etag
        self.asked: list[tuple[str, dict[str, str]]] = []

    def __call__(
        self, url: str, headers: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        self.asked.append((url, dict(headers)))
        if headers.get("If-None-Match") == self.etag:
            return 304, {}, b""
        return 200, {"ETag": self.etag}, json.dumps(self.payload).encode()


def test_a_refresh_adds_prices_context_names_and_new_ids(tmp_path: Path) -> None:
    server = Server()
    new = refresh(catalog, server, BASE, directory=tmp_path)
    facts = new.find("openai/gpt-4o")
    assert (facts.name, facts.context, facts.max_output) == ("GPT-4o", 128000, 16384)
    assert facts.released == "2025-08-07"
    assert facts.prices is not None
    assert facts.prices["input"] == pytest.approx(3.25e-6)
    assert facts.prices["cache_read"] == pytest.approx(1.5e-6)
    assert facts.vendor == "openai"
    assert facts.shapes == catalog.find("openai/gpt-4o").shapes
    assert new.profile("openai/gpt-4o")["max_output_tokens"] == 16384
    dream = new.find("openai/dream-9")
    assert (dream.known, dream.kind, dream.status) == (True, "image", "listed")
    assert dream.prices is not None
    assert dream.prices["per_image"] == 0.04
    assert "openai/dream-9" in [f.id for f in new.models(capability="image_generation")]
    assert catalog.find("openai/gpt-4o").released != facts.released
    assert not catalog.find("openai/dream-9").known
    assert server.asked == [(f"{BASE}/v1/models?include=all", {"Accept": "application/json"})]


def test_aliases_of_the_live_list_are_found_and_share_its_prices(tmp_path: Path) -> None:
    new = refresh(catalog, Server(), BASE, directory=tmp_path)
    assert new.find("gpt-4o-alias").prices == new.find("openai/gpt-4o").prices
    assert new.find("gpt-4o-alias").id == "gpt-4o-alias"
    # an id with its own row keeps its own facts and gains the prices of its twin
    assert new.find("gpt-4o").prices is not None
    assert new.find("gpt-4o").status == catalog.find("gpt-4o").status


def test_a_second_refresh_asks_conditionally_and_uses_the_kept_answer(tmp_path: Path) -> None:
    server = Server()
    refresh(catalog, server, BASE + "/v1/", directory=tmp_path)
    kept = cache_file(list_url(BASE), tmp_path)
    written = kept.stat().st_mtime_ns
    again = refresh(catalog, server, BASE, directory=tmp_path)
    assert server.asked[1][1]["If-None-Match"] == '"1"'
    assert again.find("openai/gpt-4o").prices is not None
    assert kept.stat().st_mtime_ns == written
    server.etag = '"2"'
    refresh(catalog, server, BASE, directory=tmp_path)
    held = load_cached(list_url(BASE), tmp_path)
    assert held is not None
    assert held.etag == '"2"'


def test_the_kept_answer_is_readable_by_the_user_only_and_leaves_no_half_files(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "deep" / "cache"
    target = save("u", Snapshot(LIST, '"e"'), folder)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == [target.name]
    with pytest.raises(TypeError):
        save("u", Snapshot({"data": [object()]}, None), folder)
    assert load_cached("u", folder) == Snapshot(LIST, '"e"', changed=False)
    assert [path.name for path in folder.iterdir()] == [target.name]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"payload": 3}', b'{"payload": {}}', b"\xff"]
)
def test_a_broken_cache_file_counts_as_none(tmp_path: Path, content: bytes) -> None:
    cache_file("u", tmp_path).write_bytes(content)
    assert load_cached("u", tmp_path) is None
    assert load_cached("another", tmp_path) is None


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"{}"), (304, b""), (200, b"<html>"), (200, b"[]"), (200, b'{"data": {}}')],
)
def test_an_answer_that_is_no_model_list_is_an_error(status: int, body: bytes) -> None:
    with pytest.raises(ValueError, match="model list"):
        interpret(status, {}, body, None)


def test_a_failed_refresh_keeps_the_old_answer(tmp_path: Path) -> None:
    refresh(catalog, Server(), BASE, directory=tmp_path)
    with pytest.raises(ValueError, match="503"):
        refresh(catalog, lambda url, headers: (503, {}, b""), BASE, directory=tmp_path)
    assert load_cached(list_url(BASE), tmp_path) is not None


def test_the_etag_is_found_in_any_spelling_and_sent_back() -> None:
    snapshot = interpret(200, {"etag": 'W/"x"'}, json.dumps(LIST).encode(), None)
    assert request_headers(snapshot)["If-None-Match"] == 'W/"x"'
    assert "If-None-Match" not in request_headers(None)
    assert "If-None-Match" not in request_headers(Snapshot(LIST))


def test_a_new_id_of_the_list_is_called_where_its_type_says() -> None:
    kinds = {"openai/responses": "/v1/responses", "openai/chat-completions": "/v1/chat/completions"}
    for said, path in kinds.items():
        new = catalog.merged({"data": [{**NEW, "id": "x/new", "type": said}]})
        assert next(iter(new.find("x/new").shapes)) == path


def test_the_list_does_not_change_the_kind_of_a_model_with_a_schema() -> None:
    new = catalog.merged({"data": [{**GPT, "id": "openai/o3-pro", "type": "openai/embeddings"}]})
    assert new.find("openai/o3-pro").kind == "chat"
    assert new.find("openai/o3-pro").name == "GPT-4o"


def test_entries_that_make_no_sense_are_left_out() -> None:
    odd = {"id": "odd/one", "info": "?", "aliases": [3], "pricing": [1], "type": 7, "tags": None}
    new = catalog.merged({"data": [None, 3, {}, {"id": 5}, odd]})
    assert new.find("odd/one").known
    assert new.find("odd/one").prices is None
    with pytest.raises(ValueError, match="model list"):
        catalog.merged({"object": "list"})


def test_the_cache_folder_follows_the_xdg_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_dir() == Path("/somewhere/langchain_aimlapi")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_dir() == Path.home() / ".cache" / "langchain_aimlapi"


# --- prices ----------------------------------------------------------------------------------


def unit(**rest: Any) -> dict[str, Any]:
    return {"kind": "fixed", "currency": "USD", "units": [rest]}


@pytest.mark.parametrize(
    ("given", "key", "price"),
    [
        (unit(name="token", measure="input", price=2, per=1_000_000), "input", 2e-6),
        (unit(name="token", measure="output", price=2, per=1_000), "output", 2e-3),
        (unit(name="token", measure="cache_read", price=1, per=1_000_000), "cache_read", 1e-6),
        (unit(name="token", measure="cache_write", price=1, per=1_000_000), "cache_creation", 1e-6),
        (unit(name="token", measure="audio_input", price=1, per=1_000_000), "audio_input", 1e-6),
        (unit(name="tokens", measure="completion", price=1, per=1), "output", 1.0),
        (unit(name="image", price=0.08, per=2), "per_image", 0.04),
        (unit(name="second", measure="output", price=1, per=10), "per_second", 0.1),
        (unit(name="character", price=15, per=1_000_000), "per_character", 1.5e-5),
        (unit(name="page", price="0.5", per="100"), "per_page", 0.005),
        (unit(name="token", measure="input", price=0, per=1_000_000), "input", 0.0),
    ],
)
def test_a_price_is_always_divided_by_per(given: Any, key: str, price: float) -> None:
    found = normalise(given)
    assert found is not None
    assert found[key] == pytest.approx(price)


def test_variants_stand_at_the_top_only_where_they_agree() -> None:
    found = normalise(
        {
            "kind": "variants",
            "currency": "USD",
            "dimensions": ["resolution"],
            "variants": [
                {"when": {"resolution": "720p"}, "price": 1, "unit": "second", "per": 10},
                {"when": {"resolution": "1080p"}, "price": 2, "unit": "second", "per": 10},
                {"when": {}, "price": 3, "unit": "request", "per": 1},
            ],
        }
    )
    assert found is not None
    assert "per_second" not in found
    assert found["per_request"] == 3
    assert [each.get("per_second") for each in found["variants"]] == [0.1, 0.2, None]
    assert found["variants"][0]["when"] == {"resolution": "720p"}


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "variable"},
        unit(name="token", measure="input", price="free", per=1),
        unit(name="token", measure="input", price=1, per=0),
        unit(name="token", measure="input", price=-1, per=1),
        unit(name="token", measure="input", price=float("nan"), per=1),
        unit(name="something", measure="odd", price=1, per=1),
        {**unit(name="token", measure="input", price=1, per=1), "currency": "EUR"},
        {"kind": "fixed", "units": "?"},
    ],
)
def test_no_price_is_invented(given: Any) -> None:
    found = normalise(given)
    assert found is not None
    assert set(found) == {"kind", "currency"}


def test_no_pricing_gives_no_prices() -> None:
    assert normalise(None) is None
    assert normalise([1]) is None
