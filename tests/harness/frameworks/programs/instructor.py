"""Import the provider before the first call; every mode of Instructor works."""

import instructor
import litellm
from pydantic import BaseModel

import langchain_aimlapi.litellm_provider  # noqa: F401  # registers aimlapi/<any model id>
from tests.harness.frameworks.kit import api, run

client = instructor.from_litellm(litellm.completion)


class Weather(BaseModel):
    """The weather."""

    city: str
    rain: bool


ASK = [{"role": "user", "content": "What is the weather in Oslo?"}]
weather = client.chat.completions.create(
    model="aimlapi/openai/gpt-4o", messages=ASK, response_model=Weather
)

# --- checks -----

import asyncio


def options(model: str) -> dict[str, object]:
    here = {} if model.startswith("aimlapi") else {"api_base": api.base_url, "api_key": api.api_key}
    return {"model": model, "messages": ASK, **here}


def tools(model: str) -> None:
    """A parallel call of two tools, and one answer that is mended when it does not fit."""
    if model.startswith("aimlapi"):
        assert weather.city == "Oslo"
    api.say('{"city": "Oslo"}')
    api.say('{"city": "Oslo", "rain": true}')
    one = instructor.from_litellm(litellm.completion, mode=instructor.Mode.JSON)
    answer = one.chat.completions.create(response_model=Weather, max_retries=2, **options(model))
    assert (answer.city, answer.rain) == ("Oslo", True)
    assert len(api.requests) == 2


def stream(model: str) -> None:
    async def work() -> list[Weather]:
        one = instructor.from_litellm(litellm.acompletion)
        answer = one.chat.completions.create_partial(response_model=Weather, **options(model))
        return [part async for part in answer]

    parts = asyncio.run(work())
    assert len(parts) > 1
    assert parts[-1].city == "Oslo"


def structured(model: str) -> None:
    for mode in ("TOOLS", "JSON", "MD_JSON", "JSON_SCHEMA"):
        one = instructor.from_litellm(litellm.completion, mode=instructor.Mode[mode])
        answer = one.chat.completions.create(response_model=Weather, **options(model))
        assert isinstance(answer, Weather), mode


run(
    ours=lambda: "aimlapi/openai/gpt-4o",
    peer=lambda: "openai/openai/gpt-4o",
    tools=tools,
    stream=stream,
    structured=structured,
    packages=["instructor", "litellm"],
)
