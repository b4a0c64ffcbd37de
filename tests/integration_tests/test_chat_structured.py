"""Structured output: strict where a model can, whole schemas, and answers that are held to them."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from enum import Enum
from typing import Any, Literal, TypedDict

import pytest
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage, SystemMessage
from langchain_core.prompts import ChatPromptTemplate
from pydantic import BaseModel, RootModel, ValidationError

from langchain_aimlapi import Catalog
from langchain_aimlapi._langchain.structured import best_method
from langchain_aimlapi.emulator import Emulator, Fault, Say, ToolUse
from langchain_aimlapi.errors import (
    AimlapiError,
    ContextOverflowError,
    ModelRefusalError,
    StructuredOutputError,
)
from tests.unit_tests.langchain.helpers import MODEL, Recorder, ask, make, stream

METHODS: list[Any] = ["json_schema", "function_calling", "json_mode"]
PERSON = {"name": "Ada", "age": 36}


class Person(BaseModel):
    """A person."""

    name: str
    age: int


class PersonDict(TypedDict):
    """A person."""

    name: str
    age: int


class Tree(BaseModel):
    """A tree."""

    name: str
    children: list[Tree] = []


SCHEMAS: dict[str, Any] = {
    "pydantic": Person,
    "TypedDict": PersonDict,
    "JSON schema": Person.model_json_schema(),
}
WRONG: dict[str, Any] = {
    "prose": "The person is Ada, who is 36 years old.",
    "wrong keys": {"who": "Ada", "years": 36},
    "wrong types": {"name": "Ada", "age": "many"},
    "cut": '{"name": "Ada", "ag',
    "empty": "",
}


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


def tool_of(body: dict[str, Any]) -> str | None:
    """The name of the tool that a request forces, on any wire."""
    choice = body.get("tool_choice")
    if not isinstance(choice, dict):
        return None
    name = choice.get("name") or choice.get("function", {}).get("name")
    return str(name)


def saying(*answers: Any) -> Any:
    """A script: each answer in turn, in the way that it was asked for; the last one for ever."""
    left = list(answers)

    def say(body: dict[str, Any]) -> Say:
        answer = left.pop(0) if len(left) > 1 else left[0]
        name = tool_of(body)
        if name is None or (isinstance(answer, str) and not answer.startswith("{")):
            return Say(answer if isinstance(answer, str) else json.dumps(answer))
        return Say(calls=(ToolUse(name, answer),))

    return say


def plain(value: Any) -> Any:
    return value.model_dump() if isinstance(value, BaseModel) else value


# --- strict -----


async def test_a_model_that_can_is_held_to_the_schema_by_default(
    api: Emulator, colour: str
) -> None:
    model = make(model=MODEL, **api.settings())
    api.say(saying(PERSON), times=None)
    for schema in SCHEMAS.values():
        await ask(model.with_structured_output(schema), "Who?", colour)
        sent = api.requests[-1].body["response_format"]["json_schema"]
        assert sent["strict"] is True
        assert sent["schema"]["additionalProperties"] is False
        assert sent["schema"]["required"] == ["name", "age"]
        await ask(model.with_structured_output(schema, strict=False), "Who?", colour)
        sent = api.requests[-1].body["response_format"]["json_schema"]
        assert sent["strict"] is False
        assert "additionalProperties" not in sent["schema"]


async def test_a_tool_is_strict_by_default_where_the_model_documents_it(
    api: Emulator, colour: str
) -> None:
    api.say(saying(PERSON), times=None)
    for name, strict in ((MODEL, True), ("zhipu/glm-4.5", None)):
        shape = Catalog.default().find(name).shapes["/v1/chat/completions"]
        assert shape.declares_strict is bool(strict)
        model = make(model=name, **api.settings())
        asked = model.with_structured_output(Person, method="function_calling")
        assert await ask(asked, "Who?", colour) == Person(name="Ada", age=36)
        function = api.requests[-1].body["tools"][0]["function"]
        assert function.get("strict") is strict


class Words(BaseModel):
    """Free keys: nothing that a strict schema could say."""

    words: dict[str, int]


async def test_a_schema_that_no_strict_model_takes_is_sent_as_it_is(
    api: Emulator, colour: str
) -> None:
    api.say('{"words": {"a": 1}}')
    model = make(model=MODEL, **api.settings())
    assert await ask(model.with_structured_output(Words), "?", colour) == Words(words={"a": 1})
    sent = api.requests[0].body["response_format"]["json_schema"]
    assert "strict" not in sent
    assert sent["schema"]["properties"]["words"]["additionalProperties"] == {"type": "integer"}


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
@pytest.mark.parametrize(
    "name", [MODEL, "anthropic/claude-opus-4.5", "openai/gpt-5-1-codex", "google/gemini-3-5-flash"]
)
@pytest.mark.filterwarnings("ignore::langchain_aimlapi.errors.UnsupportedParameterWarning")
async def test_a_schema_that_contains_itself_is_sent_whole(
    api: Emulator, name: str, method: Any, colour: str
) -> None:
    tree = {"name": "a", "children": [{"name": "b", "children": []}]}
    api.say(saying(tree))
    asked = make(model=name, **api.settings()).with_structured_output(Tree, method=method)
    assert await ask(asked, "?", colour) == Tree.model_validate(tree)
    assert '"$ref": "#/$defs/Tree"' in json.dumps(api.requests[0].body).replace('\\"', '"')


# --- repair -----


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("kind", SCHEMAS)
@pytest.mark.parametrize("method", METHODS)
async def test_an_answer_that_does_not_fit_is_shown_to_the_model_which_mends_it(
    api: Emulator, method: Any, kind: str, wrong: str, colour: str
) -> None:
    api.say(saying(WRONG[wrong], PERSON), times=None)
    model = make(model=MODEL, **api.settings())
    asked = model.with_structured_output(SCHEMAS[kind], method=method, repair=1)
    found = await ask(asked, "Who? Answer as JSON.", colour)
    assert plain(found) == PERSON
    assert isinstance(found, Person if kind == "pydantic" else dict)
    first, second = (request.body["messages"] for request in api.requests)
    assert second[: len(first)] == first
    added = json.dumps(second[len(first) :])
    if wrong in ("wrong keys", "wrong types"):
        assert "age" in added, "the model sees what is wrong"
        assert "Ada" in added, "and what it has said"


async def test_a_good_answer_takes_one_call(api: Emulator, colour: str) -> None:
    for method in METHODS:
        api.reset().say(saying(PERSON))
        model = make(model=MODEL, **api.settings())
        asked = model.with_structured_output(Person, method=method, repair=1)
        assert plain(await ask(asked, "Who? Answer as JSON.", colour)) == PERSON
        assert len(api.requests) == 1


@pytest.mark.parametrize("method", METHODS)
async def test_after_two_calls_it_is_an_error_with_the_answers_and_their_cost(
    api: Emulator, method: Any, colour: str
) -> None:
    api.say(saying({"name": "Ada"}), times=None)
    model = make(model=MODEL, **api.settings())
    asked = model.with_structured_output(Person, method=method, repair=1)
    with pytest.raises(StructuredOutputError, match="age: Field required") as caught:
        await ask(asked, "Who? Answer as JSON.", colour)
    error = caught.value
    assert len(api.requests) == 2
    assert isinstance(error, AimlapiError)
    assert isinstance(error, OutputParserException)
    assert len(error.answers) == 2
    assert error.raw is error.answers[-1]
    costs = [answer.response_metadata["cost"] for answer in error.answers]
    assert error.cost == sum(costs) > 0
    again = pickle.loads(pickle.dumps(error))
    assert again.cost == error.cost
    assert again.raw.id == error.raw.id


async def test_raw_answers_come_beside_the_mended_one(api: Emulator, colour: str) -> None:
    model = make(model=MODEL, **api.settings())
    asked = model.with_structured_output(Person, include_raw=True, repair=1)
    api.say(saying(WRONG["prose"], PERSON), times=2)
    good = await ask(asked, "Who?", colour)
    assert good["parsed"] == Person(name="Ada", age=36)
    assert good["parsing_error"] is None
    assert isinstance(good["raw"], AIMessage)
    api.say(saying({"name": "Ada"}), times=2)
    bad = await ask(asked, "Who?", colour)
    assert bad["parsed"] is None
    assert isinstance(bad["parsing_error"], OutputParserException)


async def test_a_dictionary_is_checked_where_nobody_else_does(api: Emulator, colour: str) -> None:
    schema = {**Person.model_json_schema(), "additionalProperties": False}
    api.say(saying({**PERSON, "extra": 1}, PERSON), times=None)
    model = make(model=MODEL, **api.settings())
    unchecked = model.with_structured_output(schema)
    assert await ask(unchecked, "Who?", colour) == {**PERSON, "extra": 1}
    api.reset().say(saying({**PERSON, "extra": 1}, PERSON), times=None)
    assert await ask(model.with_structured_output(schema, repair=1), "Who?", colour) == PERSON
    assert "the property 'extra' is not allowed" in json.dumps(api.requests[1].body)


async def test_arguments_that_are_written_down_are_taken_as_a_call(
    api: Emulator, colour: str
) -> None:
    api.say(f"Here: {json.dumps(PERSON)}")
    model = make(model=MODEL, **api.settings())
    asked = model.with_structured_output(Person, method="function_calling", repair=1)
    assert plain(await ask(asked, "Who?", colour)) == PERSON
    assert len(api.requests) == 1


async def test_a_refusal_is_not_argued_with(api: Emulator, colour: str) -> None:
    api.say(Say(refusal="I will not say who."), times=None)
    asked = make(model=MODEL, **api.settings()).with_structured_output(Person, repair=1)
    with pytest.raises(ModelRefusalError, match="I will not say who"):
        await ask(asked, "Who?", colour)
    assert len(api.requests) == 1


REFUSED = Fault(status=400, message="Invalid response_format: json_schema is not supported")


async def test_a_method_that_the_api_refuses_is_followed_by_the_next_weaker_one(
    api: Emulator, colour: str
) -> None:
    model = make(model=MODEL, **api.settings())
    api.fault(REFUSED).say(saying(PERSON))
    found = await ask(model.with_structured_output(Person, repair=1), "Who?", colour)
    assert plain(found) == PERSON
    first, second = (request.body for request in api.requests)
    assert first["response_format"]["type"] == "json_schema"
    assert "response_format" not in second
    assert tool_of(second) == "Person"


async def test_the_prompt_is_the_last_way(api: Emulator, colour: str) -> None:
    model = make(model="claude-sonnet-4-20250514", **api.settings())
    api.fault(Fault(status=400, message="tools.0: this schema is not supported"))
    api.say(json.dumps(PERSON))
    asked = model.with_structured_output(Person, repair=1)
    found = await ask(asked, [SystemMessage("Be brief."), ("human", "Who?")], colour)
    assert plain(found) == PERSON
    second = api.requests[1].body
    assert "tools" not in second
    assert "fits this JSON schema" in json.dumps(second)
    assert "Be brief." in json.dumps(second)


async def test_a_method_of_the_users_own_and_other_errors_are_not_replaced(
    api: Emulator, colour: str
) -> None:
    model = make(model=MODEL, **api.settings())
    api.fault(REFUSED)
    with pytest.raises(AimlapiError, match="not supported"):
        await ask(
            model.with_structured_output(Person, method="json_schema", repair=1), "Who?", colour
        )
    long = Fault(status=400, message="This model's maximum context length is 100 tokens; tools")
    api.fault(long)
    with pytest.raises(ContextOverflowError):
        await ask(model.with_structured_output(Person, repair=1), "Who?", colour)
    assert len(api.requests) == 2


async def test_both_calls_are_children_of_one_run_and_a_chain_goes_on_from_there(
    api: Emulator, colour: str
) -> None:
    seen = Recorder()
    api.say(saying(WRONG["prose"], PERSON), times=None)
    model = make(model=MODEL, **api.settings())
    prompt = ChatPromptTemplate.from_messages([("human", "Who is {name}?")])
    chain = prompt | model.with_structured_output(Person, repair=1)
    assert plain(await ask(chain, {"name": "Ada"}, colour, config={"callbacks": [seen]})) == PERSON
    assert len(seen.started) == 2
    assert len({start["parent_run_id"] for start in seen.started}) == 1
    assert seen.started[0]["options"]["ls_structured_output_format"]["kwargs"]["strict"] is True


async def test_a_stream_gives_the_whole_mended_structure(api: Emulator, colour: str) -> None:
    api.say(saying(WRONG["prose"], PERSON), times=None)
    asked = make(model=MODEL, **api.settings()).with_structured_output(Person, repair=1)
    assert [plain(piece) for piece in await stream(asked, "Who?", colour)] == [PERSON]


def test_more_repairs_or_no_schema_are_refused() -> None:
    model = make(model=MODEL)
    with pytest.raises(ValueError, match="use 0 or 1"):
        model.with_structured_output(Person, repair=2)
    with pytest.raises(ValueError, match="needs a schema"):
        model.with_structured_output(None, method="json_mode", repair=1)


class Color(Enum):
    """No object."""

    RED = "red"


class Names(RootModel[list[str]]):
    """A list."""


@pytest.mark.parametrize(
    "schema", [list[Person], Person | None, Literal["a", "b"], int, dict, Color, Names], ids=str
)
def test_a_type_that_is_no_object_is_refused_with_the_cure(schema: Any) -> None:
    for method in ("function_calling",) if schema is Names else (None, *METHODS):
        with pytest.raises(ValueError, match="must be an object: give a pydantic class with a"):
            make(model=MODEL, api_key="key").with_structured_output(schema, method=method)


async def test_a_schema_without_fields_is_asked_for_by_every_method(
    api: Emulator, colour: str
) -> None:
    for method in METHODS:
        api.reset().say(saying({}), times=None)
        model = make(model=MODEL, **api.settings())
        empty = model.with_structured_output({"title": "X", "type": "object"}, method=method)
        assert await ask(empty, "Answer as JSON.", colour) == {}


async def test_every_method_raises_one_kind_of_error_for_values_that_do_not_fit(
    api: Emulator, colour: str
) -> None:
    for method in METHODS:
        api.reset().say(saying({"name": "Ada", "age": "many"}), times=None)
        asked = make(model=MODEL, **api.settings()).with_structured_output(Person, method=method)
        for call in (ask, stream):
            with pytest.raises(OutputParserException, match="age") as wrong:
                await call(asked, "Who? Answer as JSON.", colour)
            assert isinstance(wrong.value.__cause__, ValidationError)


async def test_a_model_documented_without_tools_and_formats_is_sent_the_schema_in_words(
    api: Emulator, colour: str
) -> None:
    for name in ("google/gemma-3n-e4b-it", "gryphe/mythomax-l2-13b"):
        shape = Catalog.default().find(name).shapes["/v1/chat/completions"]
        assert (shape.tools, shape.response_formats) == (None, frozenset())
        asked = make(model=name, **api.settings()).with_structured_output(Person)
        assert isinstance(await ask(asked, "Who?", colour), Person)
        assert "tools" not in api.requests[-1].body


# --- every chat model -----

CATALOG = Catalog.default()
IDS = sorted(
    facts.id
    for kind in ("chat", "messages", "responses")
    for facts in CATALOG.models(kind=kind)
    # five ids are known from the price list alone: the emulator has no contract of theirs
    if "captioner" not in facts.id and "price list" not in facts.sources["row"]
)
SAMPLE = {
    MODEL, "anthropic/claude-opus-4.5", "claude-opus-4-8", "openai/gpt-5-1-codex",
    "google/gemini-3-5-flash", "deepseek/deepseek-v4-flash", "google/gemma-3-4b-it",
    "perplexity/sonar", "deepseek/deepseek-r1",
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::langchain_aimlapi.errors.UnsupportedParameterWarning")
@pytest.mark.parametrize(
    "name", [pytest.param(i, marks=() if i in SAMPLE else pytest.mark.table) for i in IDS]
)
def test_every_model_gives_a_structure_by_every_method_after_every_mistake(
    api: Emulator, name: str
) -> None:
    tools = "tools" in CATALOG.capabilities(name)
    for method in (None, *METHODS):
        if method == "function_calling" and not tools:
            continue
        for wrong in ("prose", "wrong keys", "cut"):
            api.reset().say(saying(WRONG[wrong], PERSON), times=None)
            model = make(model=name, **api.settings())
            asked = model.with_structured_output(Person, method=method, repair=1)
            assert asked.invoke("Who? Answer as JSON.") == Person(name="Ada", age=36)
            assert len(api.requests) == 2
    assert best_method(CATALOG.find(name)) in ("json_schema", "function_calling")


def test_the_table_above_has_all_chat_models() -> None:
    assert len(IDS) > 250
    assert set(IDS) >= SAMPLE
