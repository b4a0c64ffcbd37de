"""Import the provider before the first call."""

import dspy

import langchain_aimlapi.litellm_provider  # noqa: F401  # registers aimlapi/<any model id>
from tests.harness.frameworks.kit import api, get_weather, in_pieces, run, used_the_tool

lm = dspy.LM("aimlapi/openai/gpt-4o")
dspy.configure(lm=lm)

# --- checks -----

import asyncio
import json


def peer() -> dspy.LM:
    return dspy.LM("openai/openai/gpt-4o", api_base=api.base_url, api_key=api.api_key, cache=False)


def fields(**values: object) -> str:
    parts = [f"[[ ## {name} ## ]]\n{value}" for name, value in values.items()]
    return "\n\n".join([*parts, "[[ ## completed ## ]]"])


def tools(lm: dspy.LM) -> None:
    api.say(
        fields(next_thought="look", next_tool_name="get_weather", next_tool_args='{"city": "Oslo"}')
    )
    api.say(fields(next_thought="done", next_tool_name="finish", next_tool_args="{}"))
    api.say(fields(reasoning="seen", answer="It rains in Oslo."))
    with dspy.context(lm=lm):
        answer = dspy.ReAct("question -> answer", tools=[get_weather])(question="Weather in Oslo?")
    used_the_tool(answer.answer)


def stream(lm: dspy.LM) -> None:
    api.say(fields(answer="It rains in Oslo today and it will rain there tomorrow, too, I fear."))

    async def work() -> list[str]:
        listener = dspy.streaming.StreamListener(signature_field_name="answer")
        program = dspy.streamify(dspy.Predict("question -> answer"), stream_listeners=[listener])
        pieces = []
        with dspy.context(lm=lm):
            async for one in program(question="Weather tomorrow?"):
                if isinstance(one, dspy.streaming.StreamResponse):
                    pieces.append(one.chunk)
        return pieces

    in_pieces(asyncio.run(work()), least=2)


def structured(lm: dspy.LM) -> None:
    api.say(json.dumps({"city": "Oslo", "rain": True}), times=None)
    with dspy.context(lm=lm, adapter=dspy.JSONAdapter()):
        answer = dspy.Predict("question -> city: str, rain: bool")(question="Is it raining?")
    assert (answer.city, answer.rain) == ("Oslo", True)


run(
    ours=lambda: dspy.LM("aimlapi/openai/gpt-4o", cache=False),
    peer=peer,
    tools=tools,
    stream=stream,
    structured=structured,
    packages=["dspy", "litellm"],
)
