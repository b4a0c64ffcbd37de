"""Reasoning control: five spellings of it, on models of every dialect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from langchain_aimlapi._dialects.choose import choose_and_build
from langchain_aimlapi._domain.values import ChatRequest, Message, TextPart
from langchain_aimlapi._fitting.notes import Notes, OnUnsupported
from langchain_aimlapi._fitting.reasoning import SPELLINGS, merge_reasoning, read_reasoning
from langchain_aimlapi._langchain.params import gather
from langchain_aimlapi.catalog.check import fits
from langchain_aimlapi.catalog.lookup import Catalog

# Each has another control: a budget, a budget that is signed, an object with an effort, an object
# with a budget, an effort, a switch with a budget, a switch without.
MODELS = {
    "claude-opus-4-20250514": "thinking",
    "claude-sonnet-4-latest": "thinking",
    "openai/gpt-5-1-codex": "reasoning",
    "x-ai/grok-3-mini-beta": "reasoning",
    "openai/gpt-5-5": "reasoning_effort",
    "alibaba/qwen3-32b": "enable_thinking",
    "zhipu/glm-5.3": "thinking",
}
WRITTEN: dict[str, Mapping[str, Any]] = {
    "reasoning": {"reasoning": {"budget_tokens": 2000}},
    "reasoning_effort": {"reasoning_effort": "low"},
    "thinking": {"thinking": {"type": "enabled", "budget_tokens": 2000}},
    "enable_thinking": {"enable_thinking": True},
    "thinking_budget": {"thinking_budget": 2000},
    "both of Qwen's": {"enable_thinking": True, "thinking_budget": 2000},
}


def built(
    model: str, policy: OnUnsupported = "warn", **params: Any
) -> tuple[dict[str, Any], list[str]]:
    """(what goes out beside model and messages, the notes)."""
    notes = Notes(model, policy)
    request = ChatRequest(model, (Message("user", (TextPart("hi"),)),), params=params)
    _, body = choose_and_build(Catalog.default().find(model), request, None, notes)
    kept = {k: v for k, v in body.items() if k in (*SPELLINGS, "max_tokens")}
    return kept, [text for _, text in notes.adaptations]


@pytest.mark.parametrize("spelling", WRITTEN)
@pytest.mark.parametrize("model", MODELS)
def test_every_spelling_reaches_every_model_in_the_control_that_it_has(
    model: str, spelling: str
) -> None:
    body, _ = built(model, **WRITTEN[spelling])
    own = (model, spelling) == ("alibaba/qwen3-32b", "thinking_budget")
    controls = {"thinking_budget"} if own else {MODELS[model]}
    assert controls <= set(body) <= {*controls, "thinking_budget"}
    declared = [s.params or {} for s in Catalog.default().find(model).shapes.values()]
    params = next(each for each in declared if MODELS[model] in each)
    assert all(fits(params[name], body[name]) for name in body)


@pytest.mark.parametrize("model", ["claude-opus-4-20250514", "openai/gpt-5-1-codex"])
@pytest.mark.parametrize(
    "off",
    [
        {"reasoning_effort": "none"},
        {"reasoning": {"enabled": False}},
        {"thinking": {"type": "disabled"}},
        {"enable_thinking": False},
        {"thinking_budget": 0},
    ],
)
def test_every_spelling_switches_reasoning_off(model: str, off: dict[str, Any]) -> None:
    body, _ = built(model, **off)
    # Claude does not think unless it is told to; Codex cannot but think, the least that it can.
    assert body == ({} if model == "claude-opus-4-20250514" else {"reasoning": {"effort": "low"}})


@pytest.mark.parametrize("model", ["claude-opus-4-20250514", "claude-sonnet-4-latest"])
def test_a_switch_without_figures_is_a_medium_effort_everywhere(model: str) -> None:
    switched, _ = built(model, enable_thinking=True)
    assert switched == built(model, reasoning_effort="medium")[0]
    assert switched["thinking"]["budget_tokens"] == 8192


def test_a_note_names_the_argument_as_it_was_written_the_reason_and_the_cure() -> None:
    _, notes = built("openai/gpt-5-5", thinking_budget=2000)
    (note,) = notes
    assert note == (
        "thinking_budget=2000 was sent as reasoning_effort='low': the model has levels only"
    )
    _, (sent,) = built("gpt-4o", reasoning_effort="low")
    assert sent.startswith("reasoning_effort='low' was sent although ")
    assert "on_unsupported='drop'" in sent


def test_a_second_control_beside_the_models_own_is_reported_not_mixed_in() -> None:
    own = {"type": "enabled", "budget_tokens": 3000}
    body, notes = built("claude-opus-4-20250514", thinking=own, reasoning_effort="low")
    assert body == {"thinking": own}
    assert [note.partition(":")[0] for note in notes] == ["reasoning_effort='low' was left out"]


def test_a_budget_stays_below_the_limit_of_the_answer() -> None:
    body, notes = built("alibaba/qwen3-32b", reasoning={"budget_tokens": 9000}, max_tokens=5000)
    assert (body["thinking_budget"], len(notes)) == (2500, 1)
    body, notes = built("claude-opus-4-20250514", thinking_budget=9000, max_tokens=5000)
    assert (body["thinking"]["budget_tokens"], len(notes)) == (2500, 1)


def test_send_sends_a_vendors_spelling_as_written() -> None:
    given = {"enable_thinking": True, "thinking_budget": 2000}
    assert built("claude-opus-4-20250514", "send", **given) == (given, [])


@pytest.mark.parametrize("model", ["a/new-model", "claude-opus-4-20250514"])
def test_an_empty_object_says_nothing(model: str) -> None:
    assert built(model, reasoning={}) == ({}, [])


# --- a call and its model -----


@pytest.mark.parametrize(
    ("model", "call", "merged"),
    [
        ({"reasoning_effort": "high"}, {"reasoning": {"budget_tokens": 9}},
         {"reasoning": {"budget_tokens": 9}}),
        ({"reasoning": {"effort": "low", "summary": "auto"}}, {"reasoning_effort": "high"},
         {"reasoning": {"summary": "auto"}, "reasoning_effort": "high"}),
        ({"enable_thinking": True}, {"reasoning_effort": "none"}, {"reasoning_effort": "none"}),
        ({"reasoning_effort": "low"}, {"reasoning": {"summary": "auto"}},
         {"reasoning_effort": "low", "reasoning": {"summary": "auto"}}),
        ({"reasoning_effort": "low"}, {"reasoning_effort": None}, {}),
        ({"reasoning_effort": "low"}, {}, {"reasoning_effort": "low"}),
    ],
)  # fmt: skip
def test_a_level_of_the_call_overrules_that_of_the_model_in_any_spelling(
    model: dict[str, Any], call: dict[str, Any], merged: dict[str, Any]
) -> None:
    assert merge_reasoning(model, call) == merged
    assert gather(model, call, None, stream=False) == merged


def test_what_two_spellings_say_adds_up() -> None:
    read = read_reasoning({"enable_thinking": True, "thinking_budget": 2000})
    assert read is not None
    assert (read.enabled, read.budget, read.level) == (True, 2000, "low")
    assert read_reasoning({"reasoning": {}, "temperature": 1}) is None
