"""Hand the model over as an object, or call `register()` once and write it as a string."""

from langmem import create_memory_manager

from langchain_aimlapi import ChatAimlapi, register
from tests.harness.frameworks.kit import api, in_pieces, run

manager = create_memory_manager(ChatAimlapi(model="openai/gpt-4o"))

register()
by_name = create_memory_manager("aimlapi:openai/gpt-4o")

# --- checks -----

from langchain_openai import ChatOpenAI
from pydantic import BaseModel

from langchain_aimlapi.emulator import Say, ToolUse

TALK = {"messages": [{"role": "user", "content": "I live in Oslo."}]}


class Home(BaseModel):
    """Where somebody lives."""

    city: str


def ours() -> ChatAimlapi:
    return ChatAimlapi(model="openai/gpt-4o")


def peer() -> ChatOpenAI:
    return ChatOpenAI(model="openai/gpt-4o", base_url=api.base_url, api_key=api.api_key)


def tools(chosen: object) -> None:
    made = [manager, by_name] if isinstance(chosen, ChatAimlapi) else []
    for one in made or [create_memory_manager(chosen)]:
        api.say(Say(calls=(ToolUse("Memory", {"content": "lives in Oslo"}),)))
        memories = one.invoke(TALK)
        assert memories[0].content.content == "lives in Oslo"


def stream(chosen: object) -> None:
    in_pieces(chunk.text for chunk in chosen.stream("Say five sentences."))


def structured(chosen: object) -> None:
    api.say(Say(calls=(ToolUse("Home", {"city": "Oslo"}),)))
    memories = create_memory_manager(chosen, schemas=[Home]).invoke(TALK)
    assert memories[0].content == Home(city="Oslo")


run(
    ours=ours,
    peer=peer,
    tools=tools,
    stream=stream,
    structured=structured,
    packages=["langmem", "trustcall", "langchain-openai"],
)
