"""The generated LiteLLM proxy configuration, and the command line."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi import Catalog
from langchain_aimlapi._litellm.config import (
    Choice,
    alike,
    build_config,
    choose_models,
    plain_name,
    to_yaml,
    write,
)
from langchain_aimlapi.catalog.capabilities import capabilities

yaml = pytest.importorskip("yaml")
CATALOG = Catalog.default()


def ids(config: dict[str, Any]) -> list[str]:
    return [entry["litellm_params"]["model"] for entry in config["model_list"]]


def test_written_yaml_reads_back_as_what_was_built() -> None:
    choice = Choice(capabilities=("tools",), redis=True, prefer="price", keys=("A_KEY", "B_KEY"))
    assert yaml.safe_load(write(choice)) == build_config(choice)


@pytest.mark.parametrize(
    "value",
    ["yes", "1.5", "a: b", "#x", "", "null", "é", "a\nb", True, None, 3, 0.5, [], {}, "- a", "@a"],
)
def test_yaml_keeps_awkward_values(value: Any) -> None:
    document = {"key": value, "list": [value, {"inner": value}], "12": {"deep": [value]}}
    assert yaml.safe_load(to_yaml(document)) == document


def test_all_chosen_models_can_what_was_asked_for() -> None:
    chosen = choose_models(
        Choice(capabilities=("tools", "images"), vendors=("anthropic",)), CATALOG
    )
    assert len(chosen) > 5
    assert {facts.vendor for facts in chosen} == {"anthropic"}
    assert all({"tools", "images"} <= capabilities(facts) for facts in chosen)


def test_models_are_explicit_and_stand_once() -> None:
    config = build_config(Choice())
    names = [model.removeprefix("aimlapi/") for model in ids(config)]
    assert len(names) > 150
    assert len({re.sub("[._]", "-", name) for name in names}) == len(names)
    assert not any("*" in model for model in ids(config))


def test_deployment_ids_are_stable_and_different() -> None:
    choice = Choice(models=("openai/gpt-4o",), keys=("ONE", "TWO"))
    entries = build_config(choice)["model_list"]
    assert [entry["model_info"]["id"] for entry in entries] == [
        "aimlapi-openai-gpt-4o-1",
        "aimlapi-openai-gpt-4o-2",
    ]
    assert [entry["litellm_params"]["api_key"] for entry in entries] == [
        "os.environ/ONE",
        "os.environ/TWO",
    ]
    everything = build_config(Choice(spellings=True, kinds=("chat", "embedding", "image")))
    found = [entry["model_info"]["id"] for entry in everything["model_list"]]
    assert len(set(found)) == len(found)


def test_no_configuration_holds_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIMLAPI_API_KEY", "sk-secret-secret")
    assert "sk-secret" not in write(Choice())


def test_fallbacks_are_of_the_family_and_able_to_do_as_much() -> None:
    chosen = choose_models(Choice(), CATALOG)
    known = {facts.id: facts for facts in chosen}
    config = build_config(Choice())
    pairs = [
        (known[name], known[other])
        for entry in config["router_settings"]["fallbacks"]
        for name, others in entry.items()
        for other in others
    ]
    assert len(pairs) > 100
    for facts, other in pairs:
        assert other.vendor == facts.vendor
        assert plain_name(other.id) != plain_name(facts.id)
        needed = capabilities(facts) & {"tools", "images", "structured_output"}
        assert needed <= capabilities(other), (facts.id, other.id)


def test_context_window_fallbacks_are_longer() -> None:
    config = build_config(Choice())
    for entry in config["router_settings"]["context_window_fallbacks"]:
        for name, others in entry.items():
            context = CATALOG.find(name).context or 0
            assert all((CATALOG.find(other).context or 0) > context for other in others)


def test_a_model_without_relatives_has_no_fallback() -> None:
    assert alike(CATALOG.find("perplexity/sonar"), []) == []


def test_a_group_of_equivalents_has_one_name_and_no_fallbacks() -> None:
    choice = Choice(models=("openai/gpt-4o", "alibaba/qwen3-32b"), group="smart", prefer="latency")
    config = build_config(choice)
    assert {entry["model_name"] for entry in config["model_list"]} == {"smart"}
    assert "fallbacks" not in config["router_settings"]
    assert config["litellm_settings"]["callbacks"] == [
        "langchain_aimlapi.litellm_provider.prefer_fast"
    ]


def test_embedding_and_image_models_carry_their_mode() -> None:
    config = build_config(Choice(kinds=("embedding", "image")))
    modes = {entry["model_info"]["mode"] for entry in config["model_list"]}
    assert modes == {"embedding", "image_generation"}


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("openai/gpt-5.3-chat", "was withdrawn"),
        ("opnai/gpt-4o", "did you mean"),
        ("hunyuan/hunyuan-part", "3d"),
    ],
)
def test_a_model_that_cannot_be_had_is_refused_with_a_reason(model: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        build_config(Choice(models=(model,)))


# --- the command line -----


def run(*arguments: str) -> Any:
    testing = pytest.importorskip("typer.testing")
    from langchain_aimlapi.cli import app

    return testing.CliRunner().invoke(app, list(arguments))


def test_cli_lists_models_by_capability_and_vendor() -> None:
    result = run("models", "--capability", "tools", "--vendor", "anthropic", "--json")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert len(rows) > 5
    assert {row["vendor"] for row in rows} == {"anthropic"}
    assert all("tools" in row["capabilities"] for row in rows)


def test_cli_lists_models_as_a_table() -> None:
    result = run("models", "--kind", "embedding")
    assert result.exit_code == 0
    assert any(line.startswith("text-embedding-3-small ") for line in result.stdout.splitlines())


def test_cli_says_so_where_no_model_fits() -> None:
    result = run("models", "--vendor", "deepgram", "--kind", "3d")
    assert result.exit_code == 1
    assert "no model fits" in result.output


def test_cli_writes_the_configuration() -> None:
    result = run(
        "litellm-config", "openai/gpt-4o", "--prefer", "price", "--key-variable", "K", "--redis"
    )
    choice = Choice(models=("openai/gpt-4o",), prefer="price", keys=("K",), redis=True)
    assert result.stdout == write(choice)


def test_cli_takes_every_option_of_a_configuration() -> None:
    result = run(
        "litellm-config", "--capability", "tools", "--vendor", "anthropic", "--redis", "--refresh",
        "--no-fallbacks", "--all-spellings", "--api-base", "http://127.0.0.1:1/v1", "--group", "g",
    )  # fmt: skip
    choice = Choice(
        capabilities=("tools",), vendors=("anthropic",), redis=True, refresh=True, fallbacks=False,
        spellings=True, api_base="http://127.0.0.1:1/v1", group="g",
    )  # fmt: skip
    assert result.stdout == write(choice)
    config = yaml.safe_load(result.stdout)
    assert config["router_settings"]["redis_host"] == "os.environ/REDIS_HOST"
    assert all("claude" in model for model in ids(config))


def test_cli_refuses_a_model_that_is_unknown() -> None:
    result = run("litellm-config", "nothing/like-this-at-all")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "not in the catalog" in result.output


@pytest.mark.parametrize("command", ["litellm-config", "proxy"])
def test_cli_refuses_a_model_that_is_not_served(command: str) -> None:
    result = run(command, "openai/gpt-5.3-chat")
    assert result.exit_code == 2
    assert "was withdrawn" in result.output


def test_cli_says_that_a_model_ends_and_takes_it() -> None:
    result = run("litellm-config", "gpt-4-turbo")
    assert result.exit_code == 0
    assert "note: gpt-4-turbo: the model is deprecated" in result.stderr
    assert ids(yaml.safe_load(result.stdout)) == ["aimlapi/gpt-4-turbo"]


@pytest.mark.slow
def test_proxy_has_every_kind_and_takes_redis_and_postgres_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("REDIS_HOST", "REDIS_URL", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    alone = yaml.safe_load(run("proxy", "--show").stdout)
    modes = {entry["model_info"]["mode"] for entry in alone["model_list"]}
    assert modes == {
        "chat", "embedding", "image_generation", "video_generation", "audio_speech",
        "audio_transcription", "ocr",
    }  # fmt: skip
    assert "cache" not in alone["litellm_settings"]
    assert "database_url" not in alone["general_settings"]
    monkeypatch.setenv("REDIS_HOST", "localhost")
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/litellm")
    both = yaml.safe_load(run("proxy", "--show").stdout)
    where = {name: f"os.environ/REDIS_{name.upper()}" for name in ("host", "port", "password")}
    assert both["litellm_settings"]["cache_params"] == {"type": "redis", **where}
    assert {f"redis_{name}": value for name, value in where.items()}.items() <= both[
        "router_settings"
    ].items()
    assert both["general_settings"]["database_url"] == "os.environ/DATABASE_URL"


@contextmanager
def command_with(server: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """``aimlapi proxy`` with a program in LiteLLM's place, which prints a line when it runs."""
    program = (
        "import sys; from pathlib import Path; from langchain_aimlapi.cli import proxy\n"
        f"proxy._SERVER = ('-c', {server!r})\n"
        "sys.exit(proxy._run(Path('config.yaml'), '127.0.0.1', 4000, 1))\n"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield process


@pytest.mark.slow
@pytest.mark.parametrize(
    ("handler", "code"), [("lambda *_: sys.exit(7)", 7), ("signal.SIG_DFL", 0)]
)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_proxy_that_is_stopped_stops_its_server(
    tmp_path: Path, handler: str, code: int, number: int
) -> None:
    server = f"import signal, sys, time\nsignal.signal(signal.SIGTERM, {handler})\n"
    server += "print('up', flush=True)\nwhile True: time.sleep(0.05)\n"
    with command_with(server, tmp_path) as process:
        process.send_signal(number)
        assert process.wait(60) == code


@pytest.mark.slow
def test_proxy_that_is_killed_leaves_no_server_behind(tmp_path: Path) -> None:
    server = (
        "import sys, time, types\n"
        "sys.modules['litellm'] = fake = types.ModuleType('litellm')\n"
        "fake.run_server = lambda: (print('up', flush=True), time.sleep(600))\n"
        "from langchain_aimlapi._litellm import server\n"
        "server.main()\n"
    )
    with command_with(server, tmp_path) as process:
        process.kill()
        assert process.stdout is not None
        assert process.stdout.read() == ""  # ends when the server does: it has the same output


@pytest.mark.slow
def test_proxy_has_every_model_under_each_of_its_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REDIS_HOST", "REDIS_URL", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    config = yaml.safe_load(run("proxy", "--show").stdout)
    names = {entry["model_name"] for entry in config["model_list"]}
    assert {
        "openai/gpt-4o", "gpt-4o", "gpt-4o-2024-08-06", "openai/gpt-5", "anthropic/claude-opus-4.6",
        "anthropic/claude-opus-4-6", "kling-video/v1.6/pro/text-to-video",
        "kling-video/v1.6/pro/image-to-video",
    } <= names  # fmt: skip


def test_one_spelling_of_a_model_is_no_other_model() -> None:
    found = ids(build_config(Choice(kinds=("chat", "video"))))
    assert {"aimlapi/openai/gpt-4o", "aimlapi/gpt-4o-2024-05-13"} <= set(found)
    assert "aimlapi/gpt-4o" not in found
    kling = [model for model in found if model.startswith("aimlapi/kling-video/v1.6/")]
    assert len(kling) > 3


def test_proxy_without_a_key_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIMLAPI_API_KEY", raising=False)
    result = run("proxy")
    assert result.exit_code == 2
    assert "AIMLAPI_API_KEY is not set" in result.output


def test_cli_shows_its_version() -> None:
    from langchain_aimlapi._version import __version__

    assert run("--version").stdout.strip() == __version__


def test_cli_serves_the_emulator_for_a_while() -> None:
    result = run("emulator", "--port", "0", "--seconds", "0.1")
    assert result.exit_code == 0
    assert "http://127.0.0.1:" in result.output
