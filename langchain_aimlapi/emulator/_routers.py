"""Routers: chat models that choose another one for each request."""

from __future__ import annotations

from langchain_aimlapi.emulator._core import Json, records
from langchain_aimlapi.emulator._models import Model
from langchain_aimlapi.emulator._reading import text_of
from langchain_aimlapi.emulator._state import State

# Router -> its judge, which has a row of its own in the logs.
JUDGES = {"typesafe/jev-router": "typesafe/jev", "liquid/d1-router": "liquid/d1"}
# The router page of the documentation: below 1.5 light, below 2.5 standard, else heavy.
_TIERS = (
    (200, "openai/gpt-6-luna"),
    (2_000, "openai/gpt-6.1-sol"),
)
_HEAVY = "anthropic/claude-opus-5-5"


def routed(state: State, model: Model, body: Json) -> Model:
    """Who answers: for a router, by the length of the last question; else the model itself."""
    if model.id not in JUDGES:
        return model
    questions = [one for one in records(body.get("messages")) if one.get("role") == "user"]
    length = len(text_of(questions[-1].get("content"))) if questions else 0
    name = next((name for limit, name in _TIERS if length < limit), _HEAVY)
    return state.models.find(name) or model
