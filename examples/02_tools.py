"""Tools: let the model call a function, and give it the result."""

from __future__ import annotations

from _where import settings
from langchain_core.messages import HumanMessage, ToolMessage

from langchain_aimlapi import ChatAimlapi


def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"18 degrees and sunny in {city}"


with settings() as where:
    model = ChatAimlapi(model="claude-opus-4-5", **where).bind_tools([get_weather])
    conversation = [HumanMessage("What is the weather in 'Paris'?")]
    answer = model.invoke(conversation)
    for call in answer.tool_calls:
        print(f"{call['name']}({call['args']})")
    results = [
        ToolMessage(get_weather(**c["args"]), tool_call_id=c["id"]) for c in answer.tool_calls
    ]
    print(model.invoke([*conversation, answer, *results]).text)
