"""Structured output: the answer as an object, by the best method that the model has."""

from __future__ import annotations

from _where import settings
from pydantic import BaseModel, Field

from langchain_aimlapi import ChatAimlapi


class Planet(BaseModel):
    """A planet."""

    name: str = Field(description="its name")
    moons: int = Field(description="how many moons it has")


QUESTION = "Describe 'Mars', which has 2 moons."

with settings() as where:
    for name in ("openai/gpt-4o", "claude-opus-4-5", "google/gemma-3-4b-it"):
        model = ChatAimlapi(model=name, **where).with_structured_output(Planet)
        print(f"{name}: {model.invoke(QUESTION)!r}")
