"""Decisions: typed questions about a state, answered with probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from langchain_aimlapi._answers.usage import number
from langchain_aimlapi._wire.flow import Policy
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.endpoints import (
    AsyncCall,
    Calls,
    Context,
    Json,
    Plan,
    Result,
    SyncCall,
    no_answer,
    once,
    only,
    read_meta,
    read_object,
)
from langchain_aimlapi.endpoints._values import object_in
from langchain_aimlapi.errors import InvalidRequestError

PATH = "/v1/decisions"


@dataclass(frozen=True, slots=True)
class NoulAnswer:
    """A yes-or-no question: ``noul`` is the probability of yes."""

    noul: float


@dataclass(frozen=True, slots=True)
class ChoiceAnswer:
    """One label of several.

    Attributes:
        choice: The likeliest label.
        confidence: 0 to 1.
        probabilities: Of every label.
    """

    choice: str
    confidence: float
    probabilities: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScoreAnswer:
    """A place on an ordered list of levels.

    Attributes:
        score: The expected level, from 0; may stand between two.
        confidence: 0 to 1.
        legend: The levels.
        probabilities: Of every level.
    """

    score: float
    confidence: float
    legend: Mapping[int, Any] = field(default_factory=dict)
    probabilities: Mapping[int, float] = field(default_factory=dict)


DecisionAnswer = NoulAnswer | ChoiceAnswer | ScoreAnswer


@dataclass(frozen=True, slots=True)
class Decisions(Result):
    """Answers by the names of their questions.

    Attributes:
        model: Who has answered.
        answers: By name.
    """

    model: str = ""
    answers: Mapping[str, DecisionAnswer] = field(default_factory=dict)


def plan_decide(
    context: Context,
    *,
    state: str | Json | list[Any],
    questions: Mapping[str, Json],
    model: str = "typesafe/jev",
    extra_body: Mapping[str, object] | None = None,
) -> Plan[Decisions]:
    """Answer questions about a state.

    Args:
        state: What they are about: a text, or anything that is JSON.
        questions: Name -> ``{"type": "noul", "instructions": ...}`` (yes or no),
            ``{"type": "choice", "instructions": ..., "criteria": {label: text}}``, or
            ``{"type": "score", "instructions": ..., "criteria": [at least two levels]}``.
        model: Id of a decision model.
        extra_body: Goes into the request body verbatim, last.

    Raises:
        InvalidRequestError: there is no question.
        InvalidResponseError: a question has no answer.

    Wire: POST ``/v1/decisions`` ``{model, state, questions}`` -> ``{model, answers, usage, meta}``.
    Source: the decisions page of docs.aimlapi.com, read 2026-11-26.
    """
    if not questions:
        raise InvalidRequestError("there is no question", model=model, field="questions")
    body = {"model": model, "state": state, "questions": dict(questions), **(extra_body or {})}
    request = context.json_request(PATH, body, model=model)
    names = tuple(questions)
    return Plan(
        [once(request, lambda answer, policy: _parse(answer, policy, names), repeat_lost=False)],
        only,
        model=model,
    )


def _parse(response: Response, policy: Policy, names: tuple[str, ...]) -> Decisions:
    body = read_object(response, policy, "answers")
    rows = object_in(body.get("answers"))
    answers = {name: _answer(object_in(rows.get(name))) for name in names}
    missing = [name for name, answer in answers.items() if answer is None]
    if missing:
        raise no_answer(response, policy, f"no answer to {', '.join(map(repr, missing))}")
    return Decisions(
        model=str(body.get("model") or policy.model or ""),
        answers={name: answer for name, answer in answers.items() if answer is not None},
        meta=read_meta(response, body, known=("answers",)),
        raw=body,
    )


def _answer(row: Json) -> DecisionAnswer | None:
    """An answer; None for anything that is none."""
    kind, confidence = row.get("type"), number(row.get("confidence")) or 0.0
    shares = {
        str(name): share
        for name, value in object_in(row.get("probabilities")).items()
        if (share := number(value)) is not None
    }
    if kind == "noul" and (noul := number(row.get("noul"))) is not None:
        return NoulAnswer(noul)
    if kind == "choice" and isinstance(row.get("choice"), str):
        return ChoiceAnswer(row["choice"], confidence, shares)
    if kind == "score" and (score := number(row.get("score"))) is not None:
        legend = {int(k): v for k, v in object_in(row.get("legend")).items() if _is_level(k)}
        levels = {int(name): share for name, share in shares.items() if _is_level(name)}
        return ScoreAnswer(score, confidence, legend, levels)
    return None


def _is_level(name: object) -> bool:
    return isinstance(name, int) or (isinstance(name, str) and name.isdecimal())


class DecisionCalls(Calls):
    """``client.decisions``: typed questions, answered with probabilities. For LangChain's routers
    and guards see `langchain_aimlapi.decisions`."""

    __slots__ = ()
    decide = SyncCall(plan_decide)
    adecide = AsyncCall(plan_decide)
