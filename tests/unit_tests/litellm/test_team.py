"""The file of keys for a fleet of proxies."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("litellm")

from langchain_aimlapi._litellm.config import TEAM_AUTH, TEAM_BOOKS, Choice, build_config
from langchain_aimlapi._litellm.team_late import LateEntries
from langchain_aimlapi._litellm.team_store import (
    BooksUnreachableError,
    FileMembers,
    Member,
    read_members,
)
from langchain_aimlapi.catalog import Catalog

ADA = {"ada": {"key": "sk-ada", "budget": 5, "per": "month"}}


async def test_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "team.json"
    path.write_text(json.dumps(ADA), encoding="utf-8")
    team = FileMembers(path)
    assert await team.of("sk-ada") == await team.named("ada") == Member("ada", 5.0, "month")
    assert await team.of("sk-bob") is None
    path.write_text(json.dumps({"bob": {"key": "sk-bob"}}), encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert await team.of("sk-ada") is None
    assert await team.of("sk-bob") == Member("bob", None, "total")


async def test_file_in_the_middle_of_a_change_takes_nobodys_key_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "team.json"
    with pytest.raises(BooksUnreachableError):
        await FileMembers(path).of("sk-ada")
    path.write_text(json.dumps(ADA), encoding="utf-8")
    team = FileMembers(path)
    assert await team.of("sk-ada")
    path.write_text('{"ada": {"key"', encoding="utf-8")
    os.utime(path, ns=(1, 1))
    for _ in range(3):
        assert await team.of("sk-ada") == Member("ada", 5.0, "month")
    path.unlink()
    assert await team.of("sk-ada")
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "the file of keys stays as it was"
    ] * 2  # once for each thing that is wrong
    path.write_text("{}", encoding="utf-8")
    assert await team.of("sk-ada") is None


async def test_entries_wait_for_the_server_in_their_order() -> None:
    made: list[str] = []
    is_away = True

    def entry(name: str) -> Callable[[], Awaitable[None]]:
        async def make() -> None:
            if is_away:
                raise BooksUnreachableError
            made.append(name)

        return make

    late = LateEntries(again_seconds=0.01)
    assert [await late.make(entry(name)) for name in "abc"] == [False] * 3
    await asyncio.sleep(0.05)
    assert (made, len(late)) == ([], 3)
    is_away = False
    assert not await late.make(entry("d"))  # not before those that wait
    for _ in range(3000):
        await asyncio.sleep(0.01 if late else 0)
    assert made == list("abcd")
    assert await late.make(entry("e"))
    assert made == list("abcde")


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        ([], "JSON object"),
        ({"ada": {}}, "'ada' needs a key"),
        ({"ada": {"key": "hello"}}, "begins with sk-"),
        ({**ADA, "bob": {"key": "sk-ada"}}, "'bob' has the key of 'ada'"),
        ({"ada": {"key": "sk-ada", "budget": "5"}}, "US dollars"),
        ({"ada": {"key": "sk-ada", "budget": -1}}, "from 0"),
        ({"ada": {"key": "sk-ada", "budget": float("nan")}}, "from 0"),
        ({"ada": {"key": "sk-ada", "per": "week"}}, "total, month, day"),
        ({"ada": {"key": "sk-ada", "budgets": 5}}, "'budgets'"),
    ],
)
def test_what_is_wrong_with_the_file_is_named(rows: Any, match: str) -> None:
    with pytest.raises(ValueError, match=match) as caught:
        read_members(json.dumps(rows))
    assert "sk-ada" not in str(caught.value)


def test_file_that_is_no_json_is_named() -> None:
    with pytest.raises(ValueError, match="AIMLAPI_TEAM: the file is no JSON"):
        read_members("{bad")


def test_budgets_of_a_month_begin_anew() -> None:
    assert Member("ada", 1.0, "month").period().startswith("20")
    assert Member("ada", 1.0, "day").period().count("-") == 2
    assert Member("ada", 1.0).period() == "total"


def test_configuration_names_the_check_and_the_books() -> None:
    config = build_config(Choice(models=("openai/gpt-4o",), team=True, prefer="latency"))
    assert config["general_settings"]["custom_auth"] == TEAM_AUTH
    assert config["litellm_settings"]["callbacks"][-1] == TEAM_BOOKS
    assert len(config["litellm_settings"]["callbacks"]) == 2
    plain = build_config(Choice(models=("openai/gpt-4o",)))
    assert "custom_auth" not in plain["general_settings"]


def test_estimate_goes_by_the_prices_that_the_proxy_has(monkeypatch: pytest.MonkeyPatch) -> None:
    from langchain_aimlapi._litellm import team
    from langchain_aimlapi.litellm_provider import handler

    monkeypatch.setattr(team, "_model", str)  # no proxy runs here that could be looked up
    data = {"model": "openai/gpt-4o", "messages": [], "max_tokens": 1000}
    before = team._estimate(data)
    facts = Catalog.default().find("openai/gpt-4o")
    listed = facts.prices or {}
    dear = {name: usd * 3 for name, usd in listed.items() if isinstance(usd, int | float)}
    catalog = Catalog.default().with_facts(replace(facts, prices=dear))
    monkeypatch.setattr(handler, "catalog", catalog)
    assert team._estimate(data) == pytest.approx(3 * before)
