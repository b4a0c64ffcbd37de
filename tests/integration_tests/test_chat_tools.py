"""`bind_tools` and `with_structured_output`: what leaves for each form, and what comes back."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from typing import Annotated, Any, TypedDict

import pytest
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableBinding
from langchain_core.tools import BaseTool, tool
from langchain_core.utils.function_calling import convert_to_json_schema
from pydantic import BaseModel, Field

from langchain_aimlapi import ChatAimlapi
from langchain_aimlapi.emulator import Emulator, Fault, Say
from tests.unit_tests.langchain.helpers import (
    MODEL,
    Recorder,
    Wire,
    answer,
    ask,
    delta,
    make,
    sse,
    stream,
    whole,
)


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"Sunny in {city}."


def get_time(zone: str, exact: bool = False) -> str:
    """The time in a zone.

    Args:
        zone: Name of the zone.
        exact: With seconds.
    """
    return zone


class Person(BaseModel):
    """A person."""

    name: str = Field(description="Full name")
    age: int


class PersonDict(TypedDict):
    """A person."""

    name: Annotated[str, ..., "Full name"]
    age: int


PERSON_SCHEMA: dict[str, Any] = {
    "title": "person",
    "description": "A person.",
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}
PERSON = {"name": "Ada", "age": 36}


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(params=["whole", "stream"])
def manner(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# --- bind_tools -----

ANTHROPIC = {"name": "look", "description": "Looks.", "input_schema": PERSON_SCHEMA}
OPENAI = {
    "type": "function",
    "function": {"name": "look", "description": "Looks.", "parameters": PERSON_SCHEMA},
}
FLAT = {"type": "function", "name": "look", "description": "Looks.", "parameters": PERSON_SCHEMA}
MCP = {"name": "look", "description": "Looks.", "inputSchema": PERSON_SCHEMA}
BARE = {"name": "look", "description": "Looks.", "parameters": PERSON_SCHEMA}
TOOLS: dict[str, tuple[Any, str]] = {
    "BaseTool": (get_weather, "get_weather"),
    "function": (get_time, "get_time"),
    "pydantic": (Person, "Person"),
    "TypedDict": (PersonDict, "PersonDict"),
    "JSON schema": (PERSON_SCHEMA, "person"),
    "anthropic": (ANTHROPIC, "look"),
    "openai": (OPENAI, "look"),
    "flat": (FLAT, "look"),
    "bare": (BARE, "look"),
    "as an MCP server lists it": (MCP, "look"),
}


@pytest.mark.parametrize("kind", TOOLS)
async def test_every_kind_of_tool_goes_out_in_the_form_of_the_api(
    api: Emulator, kind: str, colour: str
) -> None:
    given, name = TOOLS[kind]
    model = make(model=MODEL, **api.settings()).bind_tools([given])
    assert isinstance(model, RunnableBinding)
    await ask(model, "hi", colour)
    [sent] = api.requests[0].body["tools"]
    assert sent["type"] == "function"
    assert sent["function"]["name"] == name
    assert sent["function"]["description"]
    assert sent["function"]["parameters"]["type"] == "object"
    assert sent["function"]["parameters"]["properties"]


class Looks:
    """Looks."""

    def __call__(self, where: str) -> str:
        """Looks."""
        return where


@pytest.mark.parametrize(
    "nameless",
    [lambda where: where, functools.partial(get_time, "Rome"), Looks()],
    ids=["lambda", "partial", "object"],
)
def test_a_tool_that_no_model_could_name_is_refused_with_the_cure(nameless: Any) -> None:
    with pytest.raises(ValueError, match=r"needs a name.*from_function\(func=\.\.\., name="):
        make(model=MODEL, api_key="key").bind_tools([nameless])


NAMED = {"type": "function", "function": {"name": "get_time"}}
CHOICES: list[tuple[Any, Any]] = [
    (None, None), (False, None), ("auto", "auto"), ("none", "none"), ("any", "required"),
    ("required", "required"), (True, "required"), ("get_time", NAMED), (NAMED, NAMED),
    ({"type": "tool", "name": "get_time"}, NAMED), ({"type": "any"}, "required"),
    ({"type": "auto"}, "auto"), ({"type": "function", "name": "get_time"}, NAMED),
]  # fmt: skip


@pytest.mark.parametrize(("given", "sent"), CHOICES, ids=str)
async def test_every_form_of_tool_choice_is_understood(
    api: Emulator, given: Any, sent: Any, colour: str
) -> None:
    model = make(model=MODEL, **api.settings())
    await ask(model.bind_tools([get_weather, get_time], tool_choice=given), "hi", colour)
    await ask(
        model, "hi", colour, tools=[get_weather, get_time],
        **({} if given is None else {"tool_choice": given}),
    )  # fmt: skip
    assert [request.body.get("tool_choice") for request in api.requests] == [sent, sent]


def test_a_choice_of_an_unknown_tool_is_refused_when_it_is_bound() -> None:
    with pytest.raises(ValueError, match="none of the tools"):
        ChatAimlapi(model=MODEL).bind_tools([get_weather], tool_choice="get_time")
    with pytest.raises(ValueError, match="not understood"):
        ChatAimlapi(model=MODEL).bind_tools([get_weather], tool_choice=3)  # type: ignore[arg-type]  # the mistake


async def test_strict_and_parallel_go_out(api: Emulator, colour: str) -> None:
    model = make(model=MODEL, **api.settings())
    bound = model.bind_tools([get_weather], strict=True, parallel_tool_calls=False)
    await ask(bound, "hi", colour)
    body = api.requests[0].body
    assert body["parallel_tool_calls"] is False
    function = body["tools"][0]["function"]
    assert function["strict"] is True
    assert function["parameters"]["additionalProperties"] is False


async def test_a_bound_tool_is_called_and_its_result_is_told(
    api: Emulator, manner: str, colour: str
) -> None:
    model = make(model=MODEL, **api.settings()).bind_tools([get_weather])
    first = await answer(model, "What is the weather in 'Paris'?", colour, manner)
    [call] = first.tool_calls
    result = get_weather.invoke(call)
    last = await answer(
        model, [("human", "What is the weather in 'Paris'?"), first, result], colour, manner
    )
    assert "Sunny in Paris." in last.text
    assert last.tool_calls == []


FORMATS: dict[str, Any] = {
    "pydantic": Person,
    "TypedDict": PersonDict,
    "schema": PERSON_SCHEMA,
    "schema without a title": {k: v for k, v in PERSON_SCHEMA.items() if k != "title"},
    "wire": {"type": "json_schema", "json_schema": {"name": "person", "schema": PERSON_SCHEMA}},
}


@pytest.mark.parametrize("kind", FORMATS)
async def test_tools_and_a_response_format_go_out_together(
    api: Emulator, kind: str, colour: str
) -> None:
    model = make(model=MODEL, **api.settings())
    bound = model.bind_tools([get_weather], response_format=FORMATS[kind])
    await ask(bound, "hi", colour)
    await ask(model, "hi", colour, response_format=FORMATS[kind])
    for request in api.requests:
        sent = request.body["response_format"]
        assert sent["type"] == "json_schema"
        assert sent["json_schema"]["name"]
        assert set(sent["json_schema"]["schema"]["properties"]) == {"name", "age"}
    assert [len(request.body.get("tools", ())) for request in api.requests] == [1, 0]


async def test_json_mode_as_a_response_format_goes_out(api: Emulator, colour: str) -> None:
    model = make(model=MODEL, **api.settings())
    bound = model.bind_tools([get_weather], response_format={"type": "json_object"})
    await ask(bound, "Answer as JSON", colour)
    assert api.requests[0].body["response_format"] == {"type": "json_object"}


async def test_the_arguments_of_bind_are_not_changed(api: Emulator, colour: str) -> None:
    given = json.loads(json.dumps([OPENAI, ANTHROPIC | {"name": "other"}]))
    before = json.dumps(given)
    await ask(make(model=MODEL, **api.settings()).bind_tools(given), "hi", colour)
    assert json.dumps(given) == before


# --- with_structured_output -----

METHODS: list[Any] = ["json_schema", "function_calling", "json_mode"]
SCHEMAS: dict[str, Any] = {
    "pydantic": Person,
    "TypedDict": PersonDict,
    "JSON schema": PERSON_SCHEMA,
}


def as_dict(value: Any) -> dict[str, Any]:
    return value.model_dump() if isinstance(value, BaseModel) else dict(value)


def scripted(method: str, arguments: Any = PERSON) -> Callable[[dict[str, Any]], Say]:
    """What the model says: the person, in the way that it was asked for."""
    from langchain_aimlapi.emulator import ToolUse

    def say(body: dict[str, Any]) -> Say:
        if method == "function_calling":
            name = body["tools"][0]["function"]["name"]
            return Say(calls=(ToolUse(name, arguments),))
        return Say(arguments if isinstance(arguments, str) else json.dumps(arguments))

    return say


@pytest.mark.parametrize("kind", SCHEMAS)
@pytest.mark.parametrize("method", METHODS)
async def test_every_method_gives_every_kind_of_schema(
    api: Emulator, method: Any, kind: str, colour: str
) -> None:
    api.say(scripted(method), times=None)
    model = make(model=MODEL, **api.settings())
    for strict in (None, True, False):
        asked = model.with_structured_output(SCHEMAS[kind], method=method, strict=strict)
        found = await ask(asked, "Who? Answer as JSON.", colour)
        assert as_dict(found) == PERSON
        assert isinstance(found, Person if kind == "pydantic" else dict)
        pieces = await stream(asked, "Who? Answer as JSON.", colour)
        assert as_dict(pieces[-1]) == PERSON
    for request in api.requests:
        assert "ls_structured_output_format" not in json.dumps(request.body)


@pytest.mark.parametrize("method", METHODS)
async def test_raw_answers_come_beside_the_parsed_one(
    api: Emulator, method: Any, colour: str
) -> None:
    model = make(model=MODEL, **api.settings())
    asked = model.with_structured_output(Person, method=method, include_raw=True)
    api.say(scripted(method))
    good = await ask(asked, "Who?", colour)
    assert isinstance(good["raw"], AIMessage)
    assert good["parsed"] == Person(**PERSON)  # type: ignore[arg-type]  # fields from a dict
    assert good["parsing_error"] is None
    api.say(scripted(method, {"name": "Ada"}))
    bad = await ask(asked, "Who?", colour)
    assert bad["parsed"] is None
    assert "age" in str(bad["parsing_error"])
    api.say(scripted(method))
    pieces = await stream(asked, "Who?", colour)
    assert any(piece.get("parsed") == good["parsed"] for piece in pieces)


async def test_dictionaries_grow_while_they_are_streamed(api: Emulator, colour: str) -> None:
    for method in METHODS:
        api.say(scripted(method))
        asked = make(model=MODEL, **api.settings()).with_structured_output(
            PERSON_SCHEMA, method=method
        )
        pieces = await stream(asked, "Who?", colour)
        assert len(pieces) > 1
        assert pieces[-1] == PERSON


async def test_strict_is_sent_where_the_api_has_it(api: Emulator, colour: str) -> None:
    model = make(model=MODEL, **api.settings())
    api.say(scripted("json_schema"))
    await ask(model.with_structured_output(Person, method="json_schema", strict=True), "?", colour)
    sent = api.requests[-1].body["response_format"]["json_schema"]
    assert sent["strict"] is True
    assert sent["schema"]["additionalProperties"] is False
    api.say(scripted("function_calling"))
    await ask(
        model.with_structured_output(Person, method="function_calling", strict=True), "?", colour
    )
    body = api.requests[-1].body
    assert body["tools"][0]["function"]["strict"] is True
    assert body["tool_choice"] == {"type": "function", "function": {"name": "Person"}}
    assert body["parallel_tool_calls"] is False


TEXTS = {
    "plain": '{"name": "Ada", "age": 36}',
    "thought before": '<think>\nIs it {"name": "Bob"}?\n</think>\n\n{"name": "Ada", "age": 36}',
    "code fence": 'Here:\n```json\n{"name": "Ada", "age": 36}\n```\nDone.',
    "bare fence": '```\n{"name": "Ada", "age": 36}\n```',
    "words around": 'The person is {"name": "Ada", "age": 36}. I hope this helps {you}.',
    "white space": '\n\n  {"name": "Ada",\n "age": 36}\n\n',
    "words after": '{"name": "Ada", "age": 36}\n\nI hope this helps.',
    "brackets before": 'As asked [1], here it is: {"name": "Ada", "age": 36}',
}


@pytest.mark.parametrize("case", TEXTS)
@pytest.mark.parametrize("kind", SCHEMAS)
async def test_the_json_is_found_among_thoughts_fences_and_words(
    case: str, kind: str, manner: str, colour: str
) -> None:
    pieces = [TEXTS[case][at : at + 3] for at in range(0, len(TEXTS[case]), 3)]
    body = (
        sse(*(delta({"content": piece}) for piece in pieces), delta({}, finish="stop"))
        if manner == "stream"
        else whole({"content": TEXTS[case]})
    )
    asked = Wire(body).model().with_structured_output(SCHEMAS[kind], method="json_mode")
    if manner == "stream":
        found = (await stream(asked, "Who?", colour))[-1]
    else:
        found = await ask(asked, "Who?", colour)
    assert as_dict(found) == PERSON


async def test_an_answer_without_json_is_an_error(api: Emulator, colour: str) -> None:
    api.say("I do not know.", times=None)
    for schema in SCHEMAS.values():
        asked = make(model=MODEL, **api.settings()).with_structured_output(schema)
        with pytest.raises(OutputParserException):
            await ask(asked, "Who?", colour)


def test_a_method_that_is_none_is_refused() -> None:
    model = ChatAimlapi(model=MODEL)
    with pytest.raises(ValueError, match="method"):
        model.with_structured_output(Person, method="xml")  # type: ignore[call-overload]  # the mistake
    with pytest.raises(ValueError, match="needs a schema"):
        model.with_structured_output(None, method="json_schema")


async def test_json_mode_needs_no_schema(api: Emulator, colour: str) -> None:
    api.say('{"x": 1}')
    asked = make(model=MODEL, **api.settings()).with_structured_output(None, method="json_mode")
    assert await ask(asked, "Answer as JSON", colour) == {"x": 1}


async def test_the_schema_is_traced(api: Emulator, colour: str) -> None:
    for method in METHODS:
        told = Recorder()
        api.say(scripted(method))
        asked = make(model=MODEL, **api.settings()).with_structured_output(Person, method=method)
        await ask(asked, "Who?", colour, config={"callbacks": [told]})
        traced = told.started[0]["options"]["ls_structured_output_format"]
        assert traced["schema"] == convert_to_json_schema(Person)
        assert traced["kwargs"]["method"] == method


BEST = {
    "openai/gpt-4o": "json_schema",
    "deepseek/deepseek-v4-flash": "json_schema",
    "claude-opus-4-5": "function_calling",
    "anthropic/claude-opus-4.5": "function_calling",
    "openai/gpt-5-1-codex": "json_schema",
    "google/gemma-3-4b-it": "json_schema",
    "perplexity/sonar": "json_schema",
    "minimax/m2": "json_schema",
    "nvidia/nemotron-3-ultra-550b-a55b": "json_schema",
}


@pytest.mark.filterwarnings("ignore::langchain_aimlapi.errors.UnsupportedParameterWarning")
@pytest.mark.parametrize("name", BEST)
async def test_the_best_method_of_a_model_works_without_asking(
    api: Emulator, name: str, manner: str, colour: str
) -> None:
    from langchain_aimlapi._langchain.structured import best_method

    model = make(model=name, **api.settings())
    assert best_method(model._facts(name)) in ("json_schema", "function_calling")
    for schema in SCHEMAS.values():
        asked = model.with_structured_output(schema)
        said = "Tell me about the person 'Ada' of age 36."
        if manner == "stream":
            found = (await stream(asked, said, colour))[-1]
        else:
            found = await ask(asked, said, colour)
        assert set(as_dict(found)) == {"name", "age"}


async def test_parameters_of_a_call_go_out_beside_the_format(api: Emulator, colour: str) -> None:
    api.say(scripted("json_schema"))
    asked = make(model=MODEL, **api.settings()).with_structured_output(Person, temperature=0.2)
    await ask(asked, "Who?", colour)
    assert api.requests[0].body["temperature"] == 0.2


def test_a_tool_with_extras_keeps_them() -> None:
    bound: Any = ChatAimlapi(model="claude-opus-4-8").bind_tools(
        [{**ANTHROPIC, "cache_control": {"type": "ephemeral"}}]
    )
    assert bound.kwargs["tools"][0]["cache_control"] == {"type": "ephemeral"}
    assert isinstance(get_weather, BaseTool)


async def test_a_model_with_fallbacks_gives_structures_and_takes_tools(
    api: Emulator, colour: str
) -> None:
    models = [make(model=name, **api.settings()) for name in ("openai/gpt-4.1", MODEL)]
    safe: Any = models[0].with_fallbacks(models[1:])
    api.fault(Fault(status=404), model="openai/gpt-4.1", times=None)
    api.say(scripted("json_schema"))
    found = await ask(safe.with_structured_output(Person), "Who?", colour)
    assert found == Person.model_validate(PERSON)
    called = await ask(safe.bind_tools([get_weather]), "What is the weather in 'Paris'?", colour)
    assert [call["name"] for call in called.tool_calls] == ["get_weather"]
    assert [request.body["model"] for request in api.requests] == ["openai/gpt-4.1", MODEL] * 2
