"""The conformance command: it finds no fault, and it cannot be fooled."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from langchain_aimlapi import ChatAimlapi
from langchain_aimlapi._dialects.completions import request as completions
from langchain_aimlapi._fitting.notes import Notes
from tests.harness.conformance.__main__ import main
from tests.harness.conformance.door import ANSWERS, Door
from tests.harness.conformance.feature import Feature
from tests.harness.conformance.judge import FEATURES, Verdict, can_say, judge, run
from tests.harness.conformance.published import CHAT, MESSAGES, RESPONSES, Target, targets, unlike

BY_NAME = {feature.name: feature for feature in FEATURES}
# One id of every cluster A to N of the chat schemas, and of what is served elsewhere only. The
# command judges every id: python -m tests.harness.conformance
SOME = (
    "ai21/jamba-large-1.7",
    "openai/gpt-4o",
    "alibaba/qwen3-32b",
    "claude-opus-4",
    "google/gemini-3-5-flash",
    "deepseek/deepseek-chat",
    "anthropic/claude-opus-4-8",
    "deepseek/deepseek-v4-flash",
    "google/gemma-4-31b-it",
    "perplexity/sonar",
    "google/gemma-3-4b-it",
    "openai/gpt-5-5",
    "alibaba/qwen3-omni-30b-a3b-captioner",
    "nvidia/nemotron-3-ultra-550b-a55b",
    "zhipu/glm-4.5",
    "claude-sonnet-4-latest",
    "anthropic/claude-3-haiku",
    "openai/gpt-5-1-codex",
    "openai/gpt-5-pro",
)
PARTS = 16
SAMPLE = ("openai/gpt-4o", "anthropic/claude-opus-4-8", "openai/gpt-5-1-codex")


@pytest.fixture(scope="module")
def known() -> dict[str, Target]:
    return {target.id: target for target in targets()}


@pytest.fixture
def door() -> Iterator[Door]:
    opened = Door()
    yield opened
    opened.close()


def asked(known: dict[str, Target], model: str, name: str, door: Door) -> Verdict:
    return judge(known[model], BY_NAME[name], "whole", door, None)


@pytest.mark.parametrize(
    "model",
    [pytest.param(m, marks=() if m in SAMPLE else pytest.mark.table) for m in SOME],
)
def test_every_feature_is_sent_as_the_schema_wants_it_or_refused(
    model: str, known: dict[str, Target], door: Door
) -> None:
    # Whole and streamed in turn; the command does both for each.
    verdicts = [
        judge(known[model], feature, feature.modes[at % len(feature.modes)], door, None)
        for at, feature in enumerate(FEATURES)
    ]
    assert [v for v in verdicts if v.outcome == "wrong"] == []
    counts = Counter(v.outcome for v in verdicts)
    assert counts["valid"] > (0 if "captioner" in model else len(FEATURES) // 3)


@pytest.mark.table
@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_wrong_with_an_id_of_any_set_of_schemas(
    part: int, known: dict[str, Target]
) -> None:
    chosen = unlike(known.values())[part::PARTS]
    assert [v for v in run(chosen, FEATURES) if v.outcome == "wrong"] == []


def test_the_documentation_is_read_whole(known: dict[str, Target]) -> None:
    served = Counter(target.paths for target in known.values())
    assert sum(served.values()) == len(known) > 300
    assert {path for paths in served for path in paths} == {CHAT, MESSAGES, RESPONSES}
    assert len(unlike(known.values())) > 100
    assert len(FEATURES) == len(BY_NAME) > 100


@pytest.mark.slow
def test_every_feature_can_be_said_by_some_schema(known: dict[str, Target]) -> None:
    nobody = {
        feature.name
        for feature in FEATURES
        if not any(can_say(t, path, feature) for t in known.values() for path in t.paths)
    }
    # 1 is the least seed, 2 the largest penalty; extra_body is the user's own; reasoning_details
    # come and go back through open objects only.
    assert nobody == {
        "seed 0", "presence_penalty 3", "verbosity", "vendor's own block", "extra_body",
        "reasoning_details in a loop",
    }  # fmt: skip


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.name)
def test_no_feature_is_found_in_a_body_that_does_not_say_it(feature: Feature) -> None:
    empty = {"messages": [{"role": "user", "content": ""}]}
    # Without tools none can be called; that is what "none" asks for.
    assert feature.arrived(empty, frozenset()) is (feature.name == "tool choice none")


# --- it cannot be fooled -----


def test_refusing_what_the_schema_can_say_is_wrong(
    known: dict[str, Target], door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(ask: Any, shape: Any, notes: Notes) -> Any:
        raise notes.impossible("everything", "it is Monday")

    monkeypatch.setattr(completions, "build", refuse)
    image, sound = BY_NAME["image URL, OpenAI"], BY_NAME["sound, v1"]
    model = next(
        target.id
        for target in known.values()
        if target.paths == (CHAT,)
        and can_say(target, CHAT, image)
        and not can_say(target, CHAT, sound)
    )
    verdict = asked(known, model, image.name, door)
    assert (verdict.outcome, verdict.why[:9]) == ("wrong", "needless:")
    assert asked(known, model, sound.name, door).outcome == "refused"


def test_a_body_that_the_schema_refuses_is_wrong(
    known: dict[str, Target], door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        completions,
        "build",
        lambda ask, shape, notes: {"model": ask.model, "messages": "hi"},
    )
    verdict = asked(known, "openai/gpt-4o", "plain", door)
    assert verdict.outcome == "wrong"
    assert verdict.why.startswith("invalid: messages")


@pytest.mark.parametrize(
    ("name", "why"),
    [("temperature 0", "lost, though"), ("seed 0", "lost in silence"), ("tools", "lost, though")],
)
def test_leaving_something_out_in_silence_is_wrong(
    name: str,
    why: str,
    known: dict[str, Target],
    door: Door,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bare = {"messages": [{"role": "user", "content": "hi"}]}
    monkeypatch.setattr(
        completions, "build", lambda ask, shape, notes: {"model": ask.model, **bare}
    )
    verdict = asked(known, "openai/gpt-4o", name, door)
    assert verdict.outcome == "wrong"
    assert verdict.why.startswith(why)


def test_an_error_of_the_wrong_class_is_wrong(
    known: dict[str, Target], door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(ask: Any, shape: Any, notes: Notes) -> Any:
        raise KeyError("oops")

    monkeypatch.setattr(completions, "build", crash)
    verdict = asked(known, "openai/gpt-4o", "plain", door)
    assert (verdict.outcome, verdict.why) == ("wrong", "KeyError: 'oops'")


# --- the command -----


def test_the_command_prints_ratios_and_succeeds(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--id", "gpt-4o*", "--feature", "se*d 0", "--list"])
    printed = capsys.readouterr().out
    assert code == 0
    assert "valid/possible per feature" in printed
    assert "gpt-4o | seed 0 | stream |" in printed
    assert "wrong 0" in printed


def test_the_command_fails_where_something_is_wrong(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        completions, "build", lambda ask, shape, notes: {"model": ask.model, "messages": []}
    )
    assert main(["--id", "gpt-4o", "--feature", "plain"]) == 1
    assert main(["--id", "no-such-model"]) == 2
    assert "plain" in capsys.readouterr().out


# --- both colours build the same request -----


@pytest.mark.parametrize("model", ["openai/gpt-4o", "claude-opus-4", "openai/gpt-5-pro"])
@pytest.mark.parametrize("name", ["plain", "tools", "tool history with parallel results"])
async def test_an_async_call_sends_the_same_body(
    model: str, name: str, known: dict[str, Target], door: Door
) -> None:
    feature = BY_NAME[name]
    sent = door.send(model, feature.speak, stream=False)
    bodies: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(json.loads(request.content))
        return httpx.Response(200, json=ANSWERS[request.url.path])

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        chat = ChatAimlapi(
            model=model,
            api_key="k",
            base_url="http://127.0.0.1:9/v1",
            http_async_client=client,
        )
        runnable = feature.bind(chat) if feature.bind is not None else chat
        await runnable.ainvoke(list(feature.messages))
    assert bodies == [sent.body]
