"""A warning points at the line of the user's program that led to it, however deep it arises."""

from __future__ import annotations

import asyncio
import linecache
from collections.abc import Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableLambda

from langchain_aimlapi import AimlapiClient, AimlapiEmbeddings, Catalog, ChatAimlapi
from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.errors import UnsupportedFeatureError, UnsupportedParameterWarning
from tests.unit_tests.langchain.helpers import MODEL, ask, make


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def model(api: Emulator) -> ChatAimlapi:
    return make(model=MODEL, top_k=5,
                **api.settings())  # fmt: skip


def line_of(caught: pytest.WarningsRecorder) -> str:
    """The line of source that the warning points at; it stands in this file."""
    warning = next(w for w in caught if issubclass(w.category, UnsupportedParameterWarning))
    assert warning.filename == __file__
    return linecache.getline(warning.filename, warning.lineno).strip()


def warned() -> pytest.WarningsRecorder:
    return pytest.warns(UnsupportedParameterWarning)


def test_invoke(model: ChatAimlapi) -> None:
    with warned() as caught:
        model.invoke("hi")
    assert line_of(caught) == 'model.invoke("hi")'


def test_stream(model: ChatAimlapi) -> None:
    with warned() as caught:
        for _ in model.stream("hi"):
            pass
    assert line_of(caught) == 'for _ in model.stream("hi"):'


async def test_ainvoke(model: ChatAimlapi) -> None:
    with warned() as caught:
        await model.ainvoke("hi")
    assert line_of(caught) == 'await model.ainvoke("hi")'


async def test_astream(model: ChatAimlapi) -> None:
    with warned() as caught:
        async for _ in model.astream("hi"):
            pass
    assert line_of(caught) == 'async for _ in model.astream("hi"):'


def test_a_chain(model: ChatAimlapi) -> None:
    chain: Runnable[Any, Any] = ChatPromptTemplate.from_messages([("user", "{text}")]) | model
    with warned() as caught:
        chain.invoke({"text": "hi"})
    assert line_of(caught) == 'chain.invoke({"text": "hi"})'


def test_a_function_of_the_users_own_inside_a_chain(model: ChatAimlapi) -> None:
    def ask(text: str) -> Any:
        return model.invoke(text)

    with warned() as caught:
        RunnableLambda(ask).invoke("hi")
    assert line_of(caught) == "return model.invoke(text)"


def test_a_batch_in_threads_points_at_the_line_that_waits_for_it(model: ChatAimlapi) -> None:
    with warned() as caught:
        model.batch(["hi", "ho"])
    assert line_of(caught) == 'model.batch(["hi", "ho"])'


def test_a_task_points_at_the_line_that_waits_for_it(model: ChatAimlapi) -> None:
    async def ask() -> None:
        await asyncio.gather(*[asyncio.create_task(model.ainvoke("hi")) for _ in range(2)])

    with warned() as caught:
        asyncio.run(ask())
    assert line_of(caught).startswith("await asyncio.gather(")


async def test_a_task_that_several_may_wait_for_points_at_some_line_of_the_program(
    model: ChatAimlapi,
) -> None:
    async def ask(text: str) -> None:
        await asyncio.wait([asyncio.ensure_future(model.ainvoke(text))])

    with warned() as caught:
        await asyncio.gather(ask("hi"), ask("ho"))
    assert [w.category for w in caught] == [UnsupportedParameterWarning]


async def test_an_agent(model: ChatAimlapi, colour: str) -> None:
    agent = create_agent(model, [])
    state: Any = {"messages": [("user", "hi")]}
    with warned() as caught:
        if colour == "sync":
            agent.invoke(state)
        else:
            await agent.ainvoke(state)
    # The node of an agent runs in a task of its own, for which this line waits.
    assert line_of(caught).removeprefix("await ") in ("agent.invoke(state)", "agent.ainvoke(state)")


async def test_embeddings(api: Emulator, colour: str) -> None:
    model = AimlapiEmbeddings(model="voyage-2", dimensions=64, **api.settings())
    with warned() as caught:
        if colour == "sync":
            model.embed_query("a")
        else:
            await model.aembed_query("a")
    assert line_of(caught) in ('model.embed_query("a")', 'await model.aembed_query("a")')


async def test_the_client(api: Emulator, colour: str) -> None:
    client = AimlapiClient(**api.settings())
    with warned() as caught:
        if colour == "sync":
            client.embeddings(model="voyage-2", input="a", dimensions=64)
        else:
            await client.aembeddings(model="voyage-2", input="a", dimensions=64)
    assert "embeddings(model=" in line_of(caught)


def test_a_constructor() -> None:
    with pytest.warns(UserWarning, match="'vendor_switch' is no argument") as caught:
        make(model=MODEL, vendor_switch=1)
    # `make` stands in a file of the tests, which is the user's program here.
    assert caught[0].filename.endswith("helpers.py")


# --- what a warning calls a thing -----

TWO_NAMES = [
    # (model, arguments of the constructor, of the call, what the warning begins with)
    ("openai/gpt-5-1-codex", {"stop_sequences": ["x"]}, {}, "stop_sequences=['x'] was sent"),
    ("openai/gpt-5-1-codex", {"stop": ["x"]}, {}, "stop=['x'] was sent"),
    ("openai/gpt-5-1-codex", {}, {"stop_sequences": ["x"]}, "stop_sequences=['x'] was sent"),
    ("openai/gpt-5-1-codex", {"stop_sequences": ["x"]}, {"stop": ["y"]}, "stop=['y'] was sent"),
    ("claude-opus-4-5", {"reasoning_effort": "low"}, {"max_completion_tokens": 10},
     "reasoning_effort='low' was left out: max_completion_tokens=10 has no room for it; raise "
     "max_completion_tokens above 1024"),
    ("claude-opus-4-5", {"reasoning": {"effort": "low"}}, {"max_tokens": 10},
     "reasoning={'effort': 'low'} was left out: max_tokens=10 has no room for it"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "settings", "options", "text"), TWO_NAMES)
async def test_an_argument_is_called_by_the_name_that_the_user_wrote(
    api: Emulator,
    name: str,
    settings: dict[str, Any],
    options: dict[str, Any],
    text: str,
    colour: str,
) -> None:
    model = make(model=name, **settings, **api.settings())
    with warned() as caught:
        await ask(model, "hi", colour, **options)
    assert str(caught[0].message).startswith(f"{name}: {text}")


async def test_so_do_errors_and_copies(api: Emulator, colour: str) -> None:
    codex = make(model="openai/gpt-5-1-codex", stop_sequences=["x"], **api.settings())
    strict = codex.model_copy(update={"on_unsupported": "error"})
    with pytest.raises(UnsupportedFeatureError, match="stop_sequences") as refused:
        await ask(strict, "hi", colour)
    assert refused.value.field == "stop_sequences"
    other = strict.model_copy(update={"stop": ["y"]})
    with pytest.raises(UnsupportedFeatureError, match="does not mention stop "):
        await ask(other, "hi", colour)


# --- what no user wrote -----


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "name", [MODEL, "claude-opus-4-8", "claude-opus-4-20250514", "openai/gpt-5-1-codex"]
)
async def test_the_name_that_a_framework_gives_to_an_answer_needs_no_warning(
    api: Emulator, name: str, colour: str
) -> None:
    answered = AIMessage("Hello.", name="supervisor")
    conversation = [HumanMessage("Hello?"), answered, HumanMessage("Go on.")]
    assert (await ask(make(model=name, **api.settings()), conversation, colour)).text
    assert "Hello." in str(api.requests[0].body)


# --- a format that a model does not have -----

SCHEMA = {
    "title": "person",
    "type": "object",
    "properties": {"name": {"type": "string"}},
    "required": ["name"],
}
# No formats and no tools; no formats and no system messages; a weaker format; another wire.
FORMATLESS = (
    "deepseek/deepseek-r1", "google/gemma-3-4b-it", "perplexity/sonar", "claude-opus-4-20250514",
)  # fmt: skip


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("policy", ["warn", "error", "drop", "send"])
@pytest.mark.parametrize("name", ["deepseek/deepseek-r1", "google/gemma-3-4b-it"])
async def test_the_best_way_that_a_model_has_needs_no_warning_and_is_no_error(
    api: Emulator, name: str, policy: str, colour: str
) -> None:
    api.say('{"name": "Ada"}', times=None)
    model = make(model=name, on_unsupported=policy, **api.settings())
    for repair in (0, 1):
        asked = model.with_structured_output(SCHEMA, repair=repair)
        assert await ask(asked, "Who?", colour) == {"name": "Ada"}
        assert "fits this JSON schema" in str(api.requests[-1].body["messages"])
        assert "response_format" not in api.requests[-1].body


@pytest.mark.parametrize("name", FORMATLESS)
async def test_a_format_in_words_is_called_by_what_the_user_wrote(
    api: Emulator, name: str, colour: str
) -> None:
    api.say('{"name": "Ada"}', times=None)
    formats = Catalog.default().find(name).shapes
    for method in ("json_schema", "json_mode"):
        kind = "json_object" if method == "json_mode" else method
        if any(kind in (shape.response_formats or ()) for shape in formats.values()):
            continue
        model = make(model=name, **api.settings())
        with warned() as caught:
            await ask(model.with_structured_output(SCHEMA, method=method), "JSON", colour)
        assert [str(each.message) for each in caught] == [
            f"{name}: method={method!r} was requested in the prompt: the model has no such format; "
            "leave method out for the best that the model has, or set on_unsupported='send'"
        ]
        with warned() as caught:
            wanted = {"type": kind, "json_schema": {"name": "person", "schema": SCHEMA}}
            await ask(model, "JSON", colour, response_format=wanted)
        assert [str(each.message) for each in caught] == [
            f"{name}: response_format was requested in the prompt: the model has no such format; "
            "leave it out of the call, or set on_unsupported='send' to send it all the same"
        ]
        strict = make(model=name, on_unsupported="error", **api.settings())
        with pytest.raises(UnsupportedFeatureError, match=f"method='{method}': the model has no"):
            await ask(strict.with_structured_output(SCHEMA, method=method), "JSON", colour)
