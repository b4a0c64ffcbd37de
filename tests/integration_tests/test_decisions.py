"""Decisions: the endpoint, decision models over it and over chat models, LangChain's middleware
that they drive, and routers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import AutoModeMiddleware, ModelChoice, ModelRouterMiddleware
from langchain_core.decisions import Box, Choice, Noul, NoulCriteria, Score
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool

from langchain_aimlapi import AimlapiClient, ChatAimlapi
from langchain_aimlapi.decisions import AimlapiDecisionModel, ChatDecisionModel
from langchain_aimlapi.emulator import Emulator, Fault, Say, ToolUse
from langchain_aimlapi.endpoints.decisions import ChoiceAnswer, NoulAnswer, ScoreAnswer
from langchain_aimlapi.errors import (
    InvalidRequestError,
    InvalidResponseError,
    RateLimitError,
    UnsupportedFeatureError,
)
from tests.harness.colours import call

pytestmark = pytest.mark.filterwarnings("ignore:.*is in beta")
QUESTIONS: dict[str, Any] = {
    "urgent": Noul(instructions="Is it urgent?", criteria=NoulCriteria(true="Production is down")),
    "team": Choice(
        instructions="Which team?",
        criteria={"billing": "Payment, invoice.", "technical": "Bugs, failure."},
    ),
    "anger": Score(instructions="How angry?", criteria=["Calm.", "Cross.", "Furious."]),
}
STATE = "The invoice for my payment is wrong."


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def client(api: Emulator) -> AimlapiClient:
    return AimlapiClient(**api.settings(), max_retries=1)


@pytest.fixture
def judge(client: AimlapiClient) -> AimlapiDecisionModel:
    return AimlapiDecisionModel(client=client)


async def test_questions_are_answered_with_probabilities(
    client: AimlapiClient, colour: str
) -> None:
    questions = {name: each.model_dump(exclude_none=True) for name, each in QUESTIONS.items()}
    found = await call(client.decisions, colour, "decide", state=STATE, questions=questions)
    urgent, team, anger = (found.answers[name] for name in ("urgent", "team", "anger"))
    assert isinstance(urgent, NoulAnswer)
    assert 0 <= urgent.noul <= 1
    assert isinstance(team, ChoiceAnswer)
    assert team.choice == "billing"
    assert sum(team.probabilities.values()) == pytest.approx(1, abs=0.01)
    assert isinstance(anger, ScoreAnswer)
    assert anger.legend == {0: "Calm.", 1: "Cross.", 2: "Furious."}
    assert found.model.startswith("typesafe/jev")
    assert found.cost is not None
    assert found.usage is not None
    with pytest.raises(InvalidRequestError):
        await call(client.decisions, colour, "decide", state=STATE, questions={})


@pytest.mark.parametrize(
    "answers", [{}, {"q": {}}, {"q": {"type": "noul"}}, {"q": {"type": "choice", "choice": None}}]
)
async def test_a_question_without_an_answer_is_an_error(
    api: Emulator, client: AimlapiClient, colour: str, answers: Any
) -> None:
    api.fault(Fault(status=200, body={"model": "m", "answers": answers}))
    questions = {"q": {"type": "noul", "instructions": "?"}}
    with pytest.raises(InvalidResponseError):
        await call(client.decisions, colour, "decide", state="s", questions=questions)


async def test_langchains_questions_are_answered_by_the_endpoint(
    api: Emulator, judge: AimlapiDecisionModel, colour: str
) -> None:
    state = {"messages": [HumanMessage(STATE), AIMessage("Sorry!")], "n": 3}
    found = await call(judge, colour, "invoke", {"state": state, "questions": QUESTIONS})
    assert found.choices["team"].choice == "billing"
    assert found.scores["anger"].legend == {0: "Calm.", 1: "Cross.", 2: "Furious."}
    assert 0 <= found.nouls["urgent"].noul <= 1
    assert found.usage["total_tokens"] > 0
    assert found.request_id
    assert api.requests[-1].body["state"] == {
        "messages": [
            {"role": "human", "content": STATE},
            {"role": "ai", "content": "Sorry!"},
        ],
        "n": 3,
    }


async def test_what_the_endpoint_cannot_read_is_refused(
    api: Emulator, judge: AimlapiDecisionModel, colour: str
) -> None:
    image = {"type": "image", "url": "https://example.com/a.png"}
    wrong: list[dict[str, Any]] = [
        {"state": HumanMessage([image]), "questions": QUESTIONS},
        {"state": "s", "questions": {"where": Box(instructions="Where?")}},
    ]
    for request in wrong:
        with pytest.raises(UnsupportedFeatureError):
            await call(judge, colour, "invoke", request)
    assert api.requests == []


async def test_failures_are_retried_and_raised(
    api: Emulator, judge: AimlapiDecisionModel, colour: str
) -> None:
    request = {"state": STATE, "questions": QUESTIONS}
    api.fault(Fault(status=429, retry_after=0))
    assert await call(judge, colour, "invoke", request)
    api.fault(Fault(status=429, retry_after=0), times=2)
    with pytest.raises(RateLimitError):
        await call(judge, colour, "invoke", request)


# --- over a chat model -----


def letters(**shares: float) -> dict[str, Any]:
    """A recorded form of an answer with log-probabilities."""
    rows = [{"token": name, "logprob": math.log(share)} for name, share in shares.items()]
    token = {"token": next(iter(shares)), "logprob": rows[0]["logprob"], "top_logprobs": rows}
    message = {"role": "assistant", "content": next(iter(shares))}
    choice = {
        "index": 0,
        "message": message,
        "finish_reason": "stop",
        "logprobs": {"content": [token]},
    }
    usage = {"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 11}
    return {"id": "c", "object": "chat.completion", "model": "gpt-4o", "choices": [choice],
            "usage": usage}  # fmt: skip


def chat(api: Emulator, model: str = "openai/gpt-4o") -> ChatAimlapi:
    return ChatAimlapi(model=model, max_retries=0, **api.settings())


async def test_log_probabilities_of_letters_become_answers(api: Emulator, colour: str) -> None:
    judge = ChatDecisionModel(chat=chat(api))
    assert judge.model == "openai/gpt-4o"
    api.replay(letters(B=0.6, A=0.2, **{" b": 0.1, "X": 0.1}))
    team = {"team": QUESTIONS["team"]}
    found = await call(judge, colour, "invoke", {"state": STATE, "questions": team})
    assert found.choices["team"].choice == "technical"
    assert found.choices["team"].probabilities == pytest.approx(
        {"billing": 2 / 9, "technical": 7 / 9}
    )
    assert found.usage["total_tokens"] == 11
    body = api.requests[-1].body
    assert (body["logprobs"], body["top_logprobs"], body["temperature"]) == (True, 20, 0)
    assert "A: billing - Payment, invoice." in body["messages"][1]["content"]


async def test_several_questions_are_several_calls_and_a_score_is_an_expectation(
    api: Emulator, colour: str
) -> None:
    judge = ChatDecisionModel(chat=chat(api), method="logprobs")
    api.replay(letters(C=0.5, B=0.5))
    anger = {"anger": QUESTIONS["anger"]}
    found = await call(judge, colour, "invoke", {"state": STATE, "questions": anger})
    assert found.scores["anger"].score == pytest.approx(1.5)
    api.replay(letters(A=0.9, B=0.1), times=None)
    found = await call(judge, colour, "invoke", {"state": STATE, "questions": QUESTIONS})
    assert found.nouls["urgent"].noul == pytest.approx(0.9)
    assert set(found.answers) == set(QUESTIONS)
    assert len(api.requests) == 4


async def test_an_answer_without_log_probabilities_is_an_error(api: Emulator, colour: str) -> None:
    judge = ChatDecisionModel(chat=chat(api), method="logprobs")
    body = letters(A=1.0)
    body["choices"][0]["logprobs"] = None
    api.replay(body)
    team = {"team": QUESTIONS["team"]}
    with pytest.raises(InvalidResponseError, match="log-probabilities") as raised:
        await call(judge, colour, "invoke", {"state": STATE, "questions": team})
    assert "json" in str(raised.value.advice)


async def test_closed_json_gives_probabilities_where_there_are_no_letters(
    api: Emulator, colour: str
) -> None:
    judge = ChatDecisionModel(chat=chat(api, "anthropic/claude-sonnet-4-5"))
    answer = {
        "q0": {"o0": 3, "o1": 1},
        "q1": {"o0": 0.1, "o1": 0.9},
        "q2": {"o0": 0, "o1": 0, "o2": 2},
    }

    def say(body: dict[str, Any]) -> Say:
        name = body["tools"][0].get("name") or body["tools"][0]["function"]["name"]
        return Say(calls=(ToolUse(name, answer),))

    api.script(say)
    found = await call(judge, colour, "invoke", {"state": STATE, "questions": QUESTIONS})
    assert found.nouls["urgent"].noul == pytest.approx(0.75)
    assert found.choices["team"].probabilities == pytest.approx({"billing": 0.1, "technical": 0.9})
    assert found.scores["anger"].score == pytest.approx(2)
    assert len(api.requests) == 1


# --- LangChain's middleware -----


@tool
def delete_file(name: str) -> str:
    """Deletes a file for good."""
    return f"{name} is gone."


async def ran(agent: Any, colour: str, text: str) -> dict[str, Any]:
    value: dict[str, Any] = await call(agent, colour, "invoke", {"messages": [HumanMessage(text)]})
    return value


async def test_the_model_router_routes_by_our_decisions(
    api: Emulator, judge: AimlapiDecisionModel, colour: str
) -> None:
    light, heavy = chat(api, "openai/gpt-4o-mini"), chat(api, "anthropic/claude-opus-4-8")
    router = ModelRouterMiddleware(
        choices={
            "light": ModelChoice(model=light, criteria="hello greeting small talk"),
            "heavy": ModelChoice(model=heavy, criteria="theorem proof mathematics"),
        },
        instructions="Which model?",
        classifier=judge,
    )
    agent = create_agent(light, middleware=[router])
    result = await ran(agent, colour, "a proof of the theorem in mathematics")
    assert (
        result["messages"][-1]
        .response_metadata["model_name"]
        .startswith(("anthropic/claude-opus-4-8", "claude-opus-4-8"))
    )
    result = await ran(agent, colour, "hello, a greeting and small talk")
    assert "gpt-4o-mini" in result["messages"][-1].response_metadata["model_name"]


@pytest.mark.parametrize("risk", [0.1, 0.9])
async def test_auto_mode_blocks_what_our_decisions_call_risky(
    api: Emulator, colour: str, risk: float
) -> None:
    judge = ChatDecisionModel(chat=chat(api, "openai/gpt-4o-mini"), method="logprobs")
    guard = AutoModeMiddleware(tools=[delete_file], classifier=judge)
    agent = create_agent(chat(api), tools=[delete_file], middleware=[guard])
    api.script(Say(calls=(ToolUse("delete_file", {"name": "a.txt"}),)), model="openai/gpt-4o")
    api.replay(letters(A=risk, B=1 - risk), model="openai/gpt-4o-mini")
    result = await ran(agent, colour, "Delete a.txt")
    (answer,) = [each for each in result["messages"] if isinstance(each, ToolMessage)]
    assert (answer.status == "error") == (risk > 0.5)
    assert ("a.txt is gone." in str(answer.content)) == (risk < 0.5)


# --- routers -----


@pytest.mark.parametrize("router", ["typesafe/jev-router", "liquid/d1-router"])
async def test_a_router_tells_what_it_chose(api: Emulator, colour: str, router: str) -> None:
    model = chat(api, router)
    short = await call(model, colour, "invoke", "hi")
    assert short.response_metadata["routed_model"] == "openai/gpt-6-luna"
    assert short.response_metadata["routed_provider"] == "openai"
    if colour == "sync":
        chunks = list(model.stream("x" * 3000))
    else:
        chunks = [chunk async for chunk in model.astream("x" * 3000)]
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    assert whole.response_metadata["routed_model"] == "anthropic/claude-opus-5-5"


async def test_another_spelling_of_an_id_is_no_route(api: Emulator, colour: str) -> None:
    for name in ("openai/gpt-4o", "gpt-4o"):
        answer = await call(chat(api, name), colour, "invoke", "hi")
        assert "routed_model" not in answer.response_metadata


async def test_a_routed_call_has_two_rows_in_the_logs_and_one_charge(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    headers = {"x-client-request-id": "routed-1"}
    answer = await call(
        chat(api, "typesafe/jev-router"), colour, "invoke", "hi", extra_headers=headers
    )
    rows = await call(client.service, colour, "find_call", "routed-1")
    assert sorted(row.model for row in rows) == ["openai/gpt-6-luna", "typesafe/jev"]
    charges = [row.usd_spent for row in rows]
    assert sum(charges) == pytest.approx(answer.response_metadata["cost"])
    assert 0 in charges
