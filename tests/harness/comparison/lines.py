"""What is compared: one small program a line, and what came of it in a word or two."""

from __future__ import annotations

import asyncio
import enum
import inspect
import json
import typing
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
from langchain_core.load import dumpd, load
from langchain_core.messages import AIMessage, HumanMessage
from pydantic import BaseModel

from langchain_aimlapi.emulator import Fault, Say, ToolUse

from .peers import CLAUDE, Bench

YES, NO = "yes", "no"
PNG = "iVBORw0KGgo="


@dataclass(frozen=True)
class Line:
    """One thing that a user may do.

    Attributes:
        text: What it is.
        probe: Does it, and says what came of it. An exception is named in the table.
    """

    text: str
    probe: Callable[[Bench], str]


LINES: list[Line] = []


def line(text: str) -> Callable[[Callable[[Bench], str]], Callable[[Bench], str]]:
    """Put a probe into the table."""

    def add(probe: Callable[[Bench], str]) -> Callable[[Bench], str]:
        LINES.append(Line(text, probe))
        return probe

    return add


def run(each: Line, bench: Bench) -> str:
    """What came of a line: one cell of the table."""
    bench.api.reset()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return each.probe(bench)
        except Exception as error:
            return f"`{type(error).__name__}`"


def yes(value: object) -> str:
    """The word for it."""
    return YES if value else NO


class Person(BaseModel):
    """A person."""

    name: str
    age: int


class Tree(BaseModel):
    """A tree."""

    name: str
    children: list[Tree] = []


def tool_of(body: dict[str, Any]) -> str | None:
    """The tool that a request forces."""
    choice = body.get("tool_choice")
    if not isinstance(choice, dict):
        return None
    return str(choice.get("name") or choice.get("function", {}).get("name"))


def answering(value: dict[str, Any]) -> Callable[[dict[str, Any]], Say]:
    """An answer with this structure, in whatever way it is asked for."""

    def say(body: dict[str, Any]) -> Say:
        name = tool_of(body)
        return Say(json.dumps(value)) if name is None else Say(calls=(ToolUse(name, value),))

    return say


# --- arguments -----


@line("another vendor's key as an argument (`mistral_api_key=`)")
def _foreign_key(b: Bench) -> str:
    try:
        model = b.make(mistral_api_key="sk-SECRET")
    except ValueError as error:
        return "refused, with the right field" if "api_key" in str(error) else "refused"
    shown = "sk-SECRET" in repr(model)
    try:
        model.invoke("hi")
    except TypeError:
        return "shown in `repr`, then `TypeError`" if shown else "`TypeError`"
    if "sk-SECRET" in b.body:
        return "**sent to the server**"
    return "left out, shown in `repr`" if shown else "left out"


@line("`max_tokens=-1`")
def _no_limit(b: Bench) -> str:
    try:
        b.make(max_tokens=-1).invoke("hi")
    except ValueError as error:
        return "refused before sending" if not b.api.requests else f"`{type(error).__name__}`"
    sent = [each for each in ('"max_tokens": -1', '"max_completion_tokens": -1') if each in b.body]
    return "sent" if sent else "left out"


@line("a misspelt argument of a call (`temprature=1`)")
def _misspelt(b: Bench) -> str:
    try:
        b.make().invoke("hi", temprature=1)
    except Exception as error:
        return "right spelling named" if "'temperature'" in str(error) else "refused by its SDK"
    return "sent" if "temprature" in b.body else "left out"


@line("`timeout=httpx.Timeout(5)`")
def _timeout(b: Bench) -> str:
    b.make(timeout=httpx.Timeout(5)).invoke("hi")
    return YES


@line("an image model in a chat class: the error names what to use")
def _wrong_kind(b: Bench) -> str:
    try:
        b.make("flux/schnell").invoke("a fox")
    except Exception as error:
        return yes("AimlapiClient().images" in str(error))
    return "answered"


# --- content -----


class Kind(str, enum.Enum):  # noqa: UP042 - older programs write it so
    """Types of content as some programs write them."""

    TEXT = "text"


@line('`{"type": "input_image"}` on the chat path reaches the model')
def _input_image(b: Bench) -> str:
    image = {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"}
    b.make().invoke([HumanMessage([{"type": "text", "text": "?"}, image])])
    return yes(PNG in b.body)


@line("a content part whose `type` is a string enumeration reaches the model")
def _enumeration(b: Bench) -> str:
    part: Any = {"type": Kind.TEXT, "text": "Knock, knock."}
    b.make().invoke([HumanMessage([part])])
    return yes("Knock, knock." in b.body)


@line("thoughts that another vendor signed: left out, and the answer comes")
def _foreign_thoughts(b: Bench) -> str:
    sealed = {"encrypted_content": "gAAAAfake", "signature": "c2lnZmFrZQ=="}
    thought = {"type": "reasoning", "reasoning": "Hm.", "id": "rs_1", "extras": sealed}
    content: Any = [thought, {"type": "text", "text": "Four."}]
    metadata = {"model_provider": "elsewhere", "output_version": "v1"}
    answer = AIMessage(content, response_metadata=metadata)
    b.make().invoke([HumanMessage("2 + 2?"), answer, HumanMessage("Sure?")])
    return yes("gAAAAfake" not in b.body and "c2lnZmFrZQ==" not in b.body and "Four." in b.body)


@line("an answer with thoughts between its texts keeps its order (Claude)")
def _order(b: Bench) -> str:
    if b.peer.name not in ("ChatAimlapi", "ChatAnthropic"):
        return "not its format"
    blocks = [
        {"type": "thinking", "thinking": "First.", "signature": "s1"},
        {"type": "text", "text": "One."},
        {"type": "thinking", "thinking": "Second.", "signature": "s2"},
        {"type": "text", "text": "Two."},
    ]
    body = {"id": "msg_1", "type": "message", "role": "assistant", "model": CLAUDE,
            "content": blocks, "stop_reason": "end_turn", "stop_sequence": None,
            "usage": {"input_tokens": 1, "output_tokens": 1}}  # fmt: skip
    b.api.fault(Fault(status=200, body=body))
    forced = {"dialect": "messages"} if b.peer.name == "ChatAimlapi" else {}
    answer = b.make(CLAUDE, **forced).invoke("Count.")
    found = [block["type"] for block in answer.content_blocks]
    return yes(found == ["reasoning", "text", "reasoning", "text"])


@line("`cache_control` on a text reaches Claude")
def _cache_mark(b: Bench) -> str:
    text = {"type": "text", "text": "A long page.", "cache_control": {"type": "ephemeral"}}
    b.make(CLAUDE).invoke([HumanMessage([text])])
    return yes("cache_control" in b.body)


# --- answers -----


@line("a refusal is a `refusal` block")
def _refusal(b: Bench) -> str:
    b.api.say(Say(refusal="I cannot."))
    answer = b.make().invoke("Do it.")
    return yes("refusal" in [block["type"] for block in answer.content_blocks])


@line("`with_structured_output` on a refusal")
def _refused_structure(b: Bench) -> str:
    b.api.say(Say(refusal="I cannot."), times=None)
    result = b.make().with_structured_output(Person).invoke("Who?")
    return f"returns `{result!r}`"


@line("the real charge of a call, in US dollars")
def _cost(b: Bench) -> str:
    cost = b.make().invoke("hi").response_metadata.get("cost")
    return yes(isinstance(cost, float) and cost > 0)


@line("`normalized_finish_reason`, langchain-core's word for an end")
def _finish(b: Bench) -> str:
    return yes(b.make().invoke("hi").response_metadata.get("normalized_finish_reason") == "stop")


@line('events of `stream_events(version="v3")` are its own')
def _events(b: Bench) -> str:
    return yes("_stream_chat_model_events" in dir(b.peer.load()))


@line("langchain-core's notes on a message (`lc_source`) are not sent")
def _notes(b: Bench) -> str:
    note = {"lc_source": "harness", "lc_data": {"x": 1}}
    b.make().invoke([HumanMessage("hi", additional_kwargs=note)])
    return yes("lc_source" not in b.body)


# --- structured output -----


@line("`with_fallbacks([b]).with_structured_output(S)`")
def _fallbacks(b: Bench) -> str:
    b.api.say(answering({"name": "Ada", "age": 36}), times=None)
    asked = b.make().with_fallbacks([b.make()]).with_structured_output(Person)
    return yes(asked.invoke("Who?") == Person(name="Ada", age=36))


@line("a schema is strict by default, and closed")
def _strict(b: Bench) -> str:
    b.api.say(answering({"name": "Ada", "age": 36}), times=None)
    b.make().with_structured_output(Person).invoke("Who?")
    return yes('"strict": true' in b.body and '"additionalProperties": false' in b.body)


@line("a schema that contains itself is sent whole")
def _recursive(b: Bench) -> str:
    b.api.say(answering({"name": "a", "children": [{"name": "b", "children": []}]}), times=None)
    b.make().with_structured_output(Tree).invoke("Grow.")
    return yes('"$ref"' in b.body)


@line("prose where a structure was asked for")
def _prose(b: Bench) -> str:
    b.api.say("It is Ada, who is 36.")
    b.api.say(answering({"name": "Ada", "age": 36}), times=None)
    model = b.make()
    has_repair = "repair" in inspect.signature(type(model).with_structured_output).parameters
    asked = model.with_structured_output(Person, **({"repair": 1} if has_repair else {}))
    found = asked.invoke("Who?")
    return "mended in a second call" if found == Person(name="Ada", age=36) else f"`{found!r}`"


@line("an agent with a tool and a schema gives the structure")
def _agent(b: Bench) -> str:
    from langchain.agents import create_agent

    def get_weather(city: str) -> str:
        """The weather."""
        return f"Sunny in {city}."

    def script(body: dict[str, Any]) -> Say:
        if "Sunny in Paris." not in json.dumps(body):
            return Say(calls=(ToolUse("get_weather", {"city": "Paris"}),))
        names = [t.get("name") or t.get("function", {}).get("name") for t in body["tools"]]
        value = {"name": "Paris", "age": 2000}
        if "Person" in names:
            return Say(calls=(ToolUse("Person", value),))
        return Say(json.dumps(value))

    b.api.say(script, times=None)
    agent: Any = create_agent(b.make(), [get_weather], response_format=Person)
    state = agent.invoke({"messages": [("user", "Report.")]}, {"recursion_limit": 12})
    return yes(state["structured_response"] == Person(name="Paris", age=2000))


@line("type checkers know `with_structured_output(Person).invoke()` to be a `Person`")
def _typed(b: Bench) -> str:
    return yes(typing.get_overloads(b.peer.load().with_structured_output))


# --- a model as an object -----


@line("its profile says how long an answer can be, and whether it reasons")
def _profile(b: Bench) -> str:
    profile = b.make().profile or {}
    return yes({"max_output_tokens", "reasoning_output"} <= set(profile))


@line('`init_chat_model("provider:model")`')
def _init(b: Bench) -> str:
    from langchain.chat_models import init_chat_model

    if b.peer.name == "ChatAimlapi":
        from langchain_aimlapi import register

        register()
    settings = b.settings()
    made = init_chat_model(f"{b.peer.provider}:{settings.pop('model')}", **settings)
    word = "yes, after `register()`" if b.peer.name == "ChatAimlapi" else YES
    return word if isinstance(made, b.peer.load()) else NO


@line("a dumped model is loaded again")
def _load(b: Bench) -> str:
    names = (f"{vendor}_API_KEY" for vendor in ("AIMLAPI", "OPENAI", "ANTHROPIC", "OPENROUTER"))
    made = load(
        dumpd(b.make()),
        allowed_objects="all",
        secrets_map=dict.fromkeys(names, "k"),
        valid_namespaces=[b.peer.module],
    )
    return yes(isinstance(made, b.peer.load()))


@line("one model in two event loops, one after the other")
def _loops(b: Bench) -> str:
    model = b.make()
    answers = [asyncio.run(model.ainvoke("hi")) for _ in range(2)]
    return yes(all(answer.text for answer in answers))
