"""Hand the model over as an object."""

from pydantic import BaseModel
from trustcall import create_extractor

from langchain_aimlapi import ChatAimlapi
from tests.harness.frameworks.kit import api, in_pieces, run


class Weather(BaseModel):
    """The weather."""

    city: str
    rain: bool


model = ChatAimlapi(model="openai/gpt-4o")
extractor = create_extractor(model, tools=[Weather], tool_choice="Weather")
found = extractor.invoke("What is the weather in Oslo?")

# --- checks -----

from langchain_openai import ChatOpenAI

from langchain_aimlapi.emulator import Say, ToolUse


def peer() -> ChatOpenAI:
    return ChatOpenAI(model="openai/gpt-4o", base_url=api.base_url, api_key=api.api_key)


def tools(chosen: object) -> None:
    """The model's first call does not fit; it is shown its error and patches the call."""
    api.say(Say(calls=(ToolUse("Weather", {"city": "Oslo", "rain": "perhaps"}, id="one"),)))
    patch = {
        "json_doc_id": "one",
        "planned_edits": "rain becomes true",
        "patches": [{"op": "replace", "path": "/rain", "value": True}],
    }
    api.say(Say(calls=(ToolUse("PatchFunctionErrors", patch),)))
    answer = create_extractor(chosen, tools=[Weather], tool_choice="Weather").invoke("Weather?")
    assert answer["responses"] == [Weather(city="Oslo", rain=True)]


def stream(chosen: object) -> None:
    in_pieces(chunk.text for chunk in chosen.stream("Say five sentences."))


def structured(chosen: object) -> None:
    one = create_extractor(chosen, tools=[Weather], tool_choice="Weather")
    answer = found if chosen is model else one.invoke("What is the weather in Oslo?")
    assert answer["responses"][0].city == "Oslo"


run(
    ours=lambda: model,
    peer=peer,
    tools=tools,
    stream=stream,
    structured=structured,
    packages=["trustcall", "langgraph", "langchain-openai"],
)
