"""A LangGraph agent with two tools and a memory (`pip install langchain langgraph`)."""

from __future__ import annotations

from typing import Any

from _where import settings
from langchain.agents import create_agent
from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver

from langchain_aimlapi import ChatAimlapi


def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"18 degrees and sunny in {city}"


def get_time(city: str) -> str:
    """The time in a city."""
    return f"noon in {city}"


with settings() as where:
    model = ChatAimlapi(model="openai/gpt-4o", **where)
    agent = create_agent(model, [get_weather, get_time], checkpointer=InMemorySaver())
    thread: RunnableConfig = {"configurable": {"thread_id": "1"}}
    for question in ("What is the weather in 'Paris'?", "What did I ask you?"):
        asked: Any = {"messages": [{"role": "user", "content": question}]}
        for message, _ in agent.stream(asked, thread, stream_mode="messages"):
            if isinstance(message, AIMessageChunk):
                print(message.text, end="", flush=True)
        print()
