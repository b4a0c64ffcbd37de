"""``aimlapi catalog`` and ``aimlapi verify``, against a gateway and the emulator."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from langchain_aimlapi import AimlapiClient, Catalog
from langchain_aimlapi.catalog.document import FILE, read_document
from langchain_aimlapi.catalog.probes import PROBES
from langchain_aimlapi.catalog.shape import CHAT
from langchain_aimlapi.emulator import Emulator
from tests.harness.paths import ROOT
from tests.integration_tests.test_refresh import ANSWER, BASE, ZETA, Gateway

testing = pytest.importorskip("typer.testing")


def run(*arguments: str | Path, typed: str | None = None) -> Any:
    from langchain_aimlapi.cli import app

    return testing.CliRunner().invoke(app, [str(each) for each in arguments], input=typed)


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Gateway:
    served = Gateway()

    def client_for(base_url: str | None) -> AimlapiClient:
        plain = httpx.Client(transport=httpx.MockTransport(served))
        return AimlapiClient(base_url=base_url or BASE, http_client=plain, max_retries=0)

    monkeypatch.setattr("langchain_aimlapi.cli.catalog.client_for", client_for)
    return served


# --- refresh -----


def test_a_refresh_keeps_lists_and_schemas_and_says_how_much(
    gateway: Gateway, tmp_path: Path
) -> None:
    done = run("catalog", "refresh", "--schemas", ZETA, "--directory", tmp_path)
    assert done.exit_code == 0, done.output
    assert "refreshed 0.0 hours ago" in done.stdout
    assert "request schemas of 2 ids" in done.stdout
    catalog = Catalog.saved(BASE, directory=tmp_path)
    assert catalog.find(ZETA).shapes[CHAT].params is not None
    shown = run("catalog", "info", "--directory", tmp_path)
    assert "bytes in" in shown.stdout
    count = len(gateway.requests)
    run("catalog", "clear", "--directory", tmp_path)
    assert "nothing is kept" in run("catalog", "info", "--directory", tmp_path).stdout
    assert len(gateway.requests) == count, "only a refresh asks the API"


def test_all_schemas_are_asked_for_with_one_word(gateway: Gateway, tmp_path: Path) -> None:
    done = run("catalog", "refresh", "--all", "--directory", tmp_path)
    assert done.exit_code == 0, done.output
    assert len([path for path in gateway.asked() if path.startswith("/docs-json")]) == 2


def test_a_refresh_that_fails_says_why(gateway: Gateway, tmp_path: Path) -> None:
    gateway.failing = 99
    done = run("catalog", "refresh", "--directory", tmp_path)
    assert done.exit_code == 1
    assert "503" in done.output


# --- generate -----


def test_the_file_is_made_from_the_live_form_and_again_from_what_was_saved(
    gateway: Gateway, tmp_path: Path
) -> None:
    folder, made, report = tmp_path / "form", tmp_path / "a.json", tmp_path / "diff.md"
    done = run(
        "catalog", "generate", "--live", "--saved", folder, "--output", made, "--report", report
    )
    assert done.exit_code == 0, done.output
    document = read_document(made.read_text(encoding="utf-8"))
    assert Catalog(document).find(ZETA).shapes[CHAT].params is not None
    assert f"- `{ZETA}` (chat)" in report.read_text(encoding="utf-8")
    count = len(gateway.requests)
    again = run("catalog", "generate", "--saved", folder)
    assert again.stdout == made.read_text(encoding="utf-8")
    assert len(gateway.requests) == count
    same = run("catalog", "generate", "--saved", folder, "--base", made, "--report", report)
    assert same.exit_code == 0
    assert "Nothing changed." in report.read_text(encoding="utf-8")


def test_generating_from_nothing_is_an_error() -> None:
    done = run("catalog", "generate")
    assert done.exit_code == 2
    assert "--live" in done.output


def test_the_scheduled_workflow_uses_options_that_exist() -> None:
    text = (ROOT / ".github" / "workflows" / "catalog.yml").read_text(encoding="utf-8")
    (command,) = re.findall(r"aimlapi catalog generate .*?(?=\n\s+cat )", text, re.DOTALL)
    options = set(re.findall(r"--[a-z]+", command))
    assert options == {"--live", "--saved", "--base", "--output", "--report"}
    known = {name for each in _generate_params() for name in each.opts}
    assert options <= known
    assert "langchain_aimlapi/catalog/models.json" in text
    assert FILE == ROOT / "langchain_aimlapi" / "catalog" / "models.json"


def _generate_params() -> Any:
    from typer.main import get_command

    from langchain_aimlapi.cli import app

    command: Any = get_command(app)
    return command.commands["catalog"].commands["generate"].params


# --- verify -----


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator() as running:
        settings = running.settings()

        def client_for(base_url: str | None) -> AimlapiClient:
            return AimlapiClient(**settings, max_retries=0)

        monkeypatch.setattr("langchain_aimlapi.cli.verify.client_for", client_for)
        yield running


def test_verifying_names_the_price_first_and_spends_nothing_without_consent(api: Emulator) -> None:
    done = run("verify", "--model", "openai/gpt-4o", typed="n\n")
    assert done.exit_code == 1
    assert f"{len(PROBES)} calls, an estimated $0.0" in done.stdout
    assert api.requests == []
    unknown = run("verify", "--model", "nobody/knows", typed="n\n")
    assert "calls; no price is known of nobody/knows" in unknown.stdout
    assert "$" not in unknown.stdout


@pytest.mark.parametrize("model", ["nobody/knows", "flux/schnell"])
def test_a_model_without_a_chat_is_left_after_one_call_and_nothing_of_it_is_kept(
    api: Emulator, tmp_path: Path, model: str
) -> None:
    done = run(
        "verify", "--model", model, "--model", "openai/gpt-4o", "--yes", "--directory", tmp_path
    )
    assert done.exit_code == 1
    assert f"{model}: no chat is to be had, nothing is kept" in done.stderr
    assert len(api.requests) == 1 + len(PROBES)
    (kept,) = tmp_path.rglob("outcomes/*.json")
    assert json.loads(kept.read_text())["model"] == "openai/gpt-4o"


def test_what_the_api_takes_stands_beside_what_the_catalog_says(
    api: Emulator, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    done = run(
        "verify", "--model", "openai/gpt-4o", "--yes", "--report", report, "--directory", tmp_path
    )
    assert done.exit_code == 0, done.output
    assert len(api.requests) == len(PROBES)
    assert all(request.body["max_tokens"] <= 64 for request in api.requests)
    rows = json.loads(report.read_text(encoding="utf-8"))["openai/gpt-4o"]
    assert set(rows) == {probe.name for probe in PROBES}
    assert rows["tools"] == {"outcome": "taken", "catalog": True}
    assert rows["role developer"]["outcome"] == "taken"
    assert rows["format json_schema"]["outcome"] == "taken"
    # a 200 for a parameter that may have been dropped proves nothing
    assert rows["seed"]["outcome"] == "unproven"


def strict_about_developers(request: httpx.Request) -> httpx.Response:
    """A gateway that no longer takes the developer role, and takes tools of everybody."""
    body = json.loads(request.content)
    if any(message["role"] == "developer" for message in body["messages"]):
        return httpx.Response(400, json={"message": "messages.0.role: Invalid enum value"})
    message: dict[str, Any] = {"role": "assistant", "content": "{}"}
    if "tools" in body:
        function = {"name": "look", "arguments": "{}"}
        message["tool_calls"] = [{"id": "c", "type": "function", "function": function}]
    return httpx.Response(200, json={**ANSWER, "choices": [{"index": 0, "message": message}]})


def test_what_differs_is_kept_and_the_saved_catalog_knows_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plain = httpx.Client(transport=httpx.MockTransport(strict_about_developers))
    client = AimlapiClient(base_url=BASE, api_key="k", http_client=plain, max_retries=0)
    monkeypatch.setattr("langchain_aimlapi.cli.verify.client_for", lambda base_url: client)
    model = "deepseek/deepseek-r1"
    done = run("verify", "--model", model, "--yes", "--directory", tmp_path)
    assert done.exit_code == 0, done.output
    differing = [line for line in done.stdout.splitlines() if line.endswith("<-- differs")]
    assert [line.split("  ")[1] for line in differing] == [
        "role developer", "role tool", "tool content as list", "part image_url",
        "tools", "format json_object", "format json_schema",
    ]  # fmt: skip
    assert f"{len(differing)} differences" in done.stdout
    shipped = Catalog.default().find(model)
    learned = Catalog.saved(BASE, directory=tmp_path).find(model)
    assert "developer" in shipped.shapes[CHAT].roles
    assert "developer" not in learned.shapes[CHAT].roles
    assert learned.shapes[CHAT].roles["tool"].list
    assert {"tools", "images", "structured_output"} <= learned.capabilities
    assert not {"tools", "images", "structured_output"} & shipped.capabilities


def test_a_wrong_key_ends_it_at_once(api: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {**api.settings(), "api_key": "wrong-key-wrong-key"}
    monkeypatch.setattr(
        "langchain_aimlapi.cli.verify.client_for",
        lambda base_url: AimlapiClient(**wrong, max_retries=0),
    )
    done = run("verify", "--model", "openai/gpt-4o", "--yes")
    assert done.exit_code == 1
    assert len(api.requests) == 1
