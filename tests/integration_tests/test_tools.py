"""Endpoints as LangChain tools, alone and in agents, in both colours."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import BaseTool
from langchain_tests.integration_tests import ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests
from langgraph.checkpoint.memory import InMemorySaver

from langchain_aimlapi import AimlapiClient, AimlapiTool, AimlapiVideoModel, ChatAimlapi, errors
from langchain_aimlapi.emulator import Emulator, Fault, Say, ToolUse
from langchain_aimlapi.spend import track_spend
from langchain_aimlapi.tools import tool_endpoints

LINK = "https://example.com/cat.png"
# Endpoint -> a model, arguments of an example call, what comes of it.
TOOLS: dict[str, tuple[str, dict[str, Any], str]] = {
    "images": ("flux/schnell", {"prompt": "a cat", "aspect_ratio": "16:9"}, "image"),
    "images.edit": (
        "flux/kontext-pro/image-to-image", {"prompt": "a hat", "image": LINK}, "image",
    ),
    "video": ("openai/sora-2-i2v", {"prompt": "it moves", "image": LINK, "duration": 4}, "video"),
    "music": ("google/lyria2", {"prompt": "a slow waltz"}, "audio"),
    "meshes": ("triposr", {"image": LINK}, "file"),
    "speech": ("openai/tts-1", {"text": "hello there"}, "audio"),
    "transcription": (
        "openai/gpt-4o-transcribe", {"audio": "https://example.com/talk.mp3"}, "text",
    ),
    "ocr": ("mistral/mistral-ocr-latest", {"document": "https://example.com/a.pdf"}, "text"),
}  # fmt: skip


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator(balance=10_000) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("langchain_aimlapi._transport.sync.time.sleep", lambda _: None)

    async def sleep(delay: float, result: Any = None) -> Any:
        return result

    monkeypatch.setattr("langchain_aimlapi._transport.asynchronous.asyncio.sleep", sleep)


async def use(tool: BaseTool, colour: str, config: Any = None, **arguments: Any) -> ToolMessage:
    call = {"type": "tool_call", "id": "call-1", "name": tool.name, "args": arguments}
    made = tool.invoke(call, config) if colour == "sync" else await tool.ainvoke(call, config)
    assert isinstance(made, ToolMessage)
    return made


# --- LangChain's own suites -----


def _sampled(names: Iterable[str]) -> list[Any]:
    first, *others = names
    return [first, *(pytest.param(name, marks=pytest.mark.table) for name in others)]


@pytest.fixture(params=_sampled(TOOLS))
def endpoint(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class _Suite:
    """What both suites are given; every test of theirs plays with every endpoint."""

    @pytest.fixture(autouse=True)
    def _of(self, api: Emulator, endpoint: str) -> None:
        self._options = {"endpoint": endpoint, "model": TOOLS[endpoint][0], **api.settings()}
        self._example = TOOLS[endpoint][1]

    @property
    def tool_constructor(self) -> type[BaseTool]:
        return AimlapiTool

    @property
    def tool_constructor_params(self) -> dict[str, Any]:
        return self._options

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return self._example


class TestToolsUnit(_Suite, ToolsUnitTests):
    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        return {"AIMLAPI_API_KEY": "k"}, {"endpoint": "images", "model": "flux/schnell"}, {}


class TestToolsIntegration(_Suite, ToolsIntegrationTests):
    pass


# --- what a tool is -----


@pytest.mark.parametrize("endpoint", TOOLS)
async def test_the_agent_reads_links_and_the_program_gets_blocks_and_cost(
    api: Emulator, endpoint: str, colour: str
) -> None:
    model, arguments, kind = TOOLS[endpoint]
    tool = AimlapiTool(endpoint, model=model, **api.settings())
    with track_spend() as spend:
        made = await use(tool, colour, **arguments)
    (block,) = made.artifact["content"]
    assert block["type"] == kind
    words = block["text"] if kind == "text" else f"{block['mime_type']}: {block['url']}"
    assert made.content == words
    assert made.artifact["response_metadata"].get("cost", 0) == pytest.approx(spend.total.usd)
    assert spend.total.calls == 1


@pytest.mark.parametrize(
    ("endpoint", "model", "required", "missing"),
    [
        ("images", "flux/schnell", {"prompt"}, {"image"}),
        ("images.edit", "flux/kontext-pro/image-to-image", {"prompt", "image"}, set()),
        ("video", "openai/sora-2-t2v", {"prompt"}, {"image", "video", "audio"}),
        ("video", "openai/sora-2-i2v", {"prompt", "image"}, {"video", "audio"}),
        ("music", "minimax/music-2.0", {"prompt", "lyrics"}, {"reference_audio"}),
        ("meshes", "tencent/hunyuan-part", {"mesh"}, {"image", "back_image"}),
    ],
)
def test_the_arguments_are_those_that_the_model_takes(
    endpoint: str, model: str, required: set[str], missing: set[str]
) -> None:
    tool = AimlapiTool(endpoint, model=model)
    schema = tool.tool_call_schema.model_json_schema()  # type: ignore[union-attr]  # a class
    assert set(schema["required"]) == required
    assert not missing & set(schema["properties"])
    assert not {"model", "params", "extra_body", "timeout", "progress"} & set(schema["properties"])
    assert all(each["description"] for each in schema["properties"].values())


async def test_what_is_fixed_is_no_argument_and_goes_out_with_every_call(
    api: Emulator, colour: str
) -> None:
    tool = AimlapiTool(
        "images", model="flux/schnell", n=2, params={"enable_safety_checker": False},
        parameters=("prompt", "seed"), name="draw", description="Draws.", tags=["art"],
        **api.settings(),
    )  # fmt: skip
    assert (tool.name, tool.description, tool.tags) == ("draw", "Draws.", ["art"])
    assert set(tool.args) == {"prompt", "seed"}
    made = await use(tool, colour, prompt="a cat", seed=3)
    assert str(made.content).count("https://") == 2
    assert api.requests[0].body == {
        "model": "flux/schnell", "prompt": "a cat", "num_images": 2, "seed": 3,
        "enable_safety_checker": False,
    }  # fmt: skip


async def test_an_image_can_be_shown_to_the_agent(api: Emulator, colour: str) -> None:
    tool = AimlapiTool("images", model="flux/schnell", show=True, **api.settings())
    made = await use(tool, colour, prompt="a cat")
    assert [block["type"] for block in made.content] == ["text", "image"]  # type: ignore[index]  # blocks
    assert made.content[1]["url"] in made.content[0]["text"]  # type: ignore[index]  # blocks


async def test_content_without_a_link_stays_with_the_program(api: Emulator, colour: str) -> None:
    tool = AimlapiTool(
        "images", model="openai/gpt-image-1", response_format="b64_json", **api.settings()
    )
    made = await use(tool, colour, prompt="a cat")
    assert len(str(made.content)) < 200
    assert made.artifact["content"][0]["base64"]


async def test_what_the_agent_can_mend_comes_back_to_it(api: Emulator, colour: str) -> None:
    tool = AimlapiTool("video", model="openai/sora-2-t2v", **api.settings())
    made = await use(tool, colour, prompt="a cat", duration=5)
    assert made.status == "error"
    assert "duration" in str(made.content)
    assert "4, 8" in str(made.content)  # the choices
    assert api.requests == []
    api.jobs.plan(error="the cat ran away")
    made = await use(tool, colour, prompt="a cat", duration=4)
    assert made.status == "error"
    assert "the cat ran away" in str(made.content)


async def test_what_the_agent_cannot_mend_is_raised(api: Emulator, colour: str) -> None:
    tool = AimlapiTool("images", model="flux/schnell", **{**api.settings(), "api_key": "wrong"})
    with pytest.raises(errors.AuthenticationError):
        await use(tool, colour, prompt="a cat")
    fixed = AimlapiTool("images", model="flux/schnell", n=20, **api.settings())
    with pytest.raises(errors.UnsupportedFeatureError, match="takes 1 to 4"):
        await use(fixed, colour, prompt="a cat")
    api.fault(Fault(status=503), times=9)
    tool = AimlapiTool("images", model="flux/schnell", max_retries=0, **api.settings())
    with pytest.raises(errors.APIError):
        await use(tool, colour, prompt="a cat")


async def test_a_job_sends_events_while_it_runs(api: Emulator, colour: str) -> None:
    class Handler(BaseCallbackHandler):
        def __init__(self) -> None:
            self.seen: list[dict[str, Any]] = []

        def on_custom_event(self, name: str, data: Any, **rest: Any) -> None:
            assert name == "aimlapi_progress"
            self.seen.append(data)

    handler = Handler()
    tool = AimlapiTool("music", model="google/lyria2", **api.settings())
    await use(tool, colour, {"callbacks": [handler]}, prompt="a waltz")
    assert [each["status"] for each in handler.seen] == ["running", "completed"]
    assert {each["tool"] for each in handler.seen} == {"generate_music"}


def test_a_tool_can_be_pickled(api: Emulator) -> None:
    with api.serve(), AimlapiClient(**api.settings()) as client:
        tool = AimlapiTool("images", model="flux/schnell", client=client, parameters=["prompt"])
        copy = pickle.loads(pickle.dumps(tool))
        assert (copy.name, set(copy.args), copy.arguments) == (
            tool.name, {"prompt"}, tool.arguments,
        )  # fmt: skip
        copy.client.close()


@pytest.mark.parametrize(
    ("endpoint", "options", "message"),
    [
        ("imagess", {}, r"did you mean 'images\.\w+'"),
        ("images", {}, r"needs model="),
        ("images", {"model": "flux/schnell", "aspect_ratoi": "1:1"}, "did you mean 'aspect_ratio'"),
        ("images", {"model": "flux/schnell", "parameters": ["hat"]}, "no argument 'hat'"),
        ("images", {"model": "flux/schnell", "parameters": ["n"]}, "needs prompt"),
        ("images.edit", {"model": "openai/gpt-image-1"}, "no tool can be made"),
        ("images", {"model": "flux/schnell", "client": AimlapiClient(), "api_key": "k"}, "belongs"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_when_the_tool_is_made(
    endpoint: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        AimlapiTool(endpoint, **options)


def test_every_endpoint_that_a_model_can_call_is_a_tool() -> None:
    names = tool_endpoints()
    assert {"images.generate", "images.edit", "video.generate", "music.generate",
            "meshes.generate", "speech.create", "transcription.create", "ocr.read"} <= set(
        names
    )  # fmt: skip
    assert not [name for name in names if "submit" in name or "check" in name or "__" in name]


# --- agents -----


async def test_an_agent_draws_and_animates_and_remembers_both(api: Emulator, colour: str) -> None:
    tools = [
        AimlapiTool("images", model="flux/schnell", **api.settings()),
        AimlapiTool("video", model="openai/sora-2-i2v", duration=4, **api.settings()),
    ]
    model = ChatAimlapi(model="openai/gpt-4o", **api.settings())
    agent: Any = create_agent(model, tools, checkpointer=InMemorySaver())
    config: Any = {"configurable": {"thread_id": "1"}}
    api.script(Say(calls=(ToolUse("generate_images", {"prompt": "a cat"}),)))
    api.script(Say(calls=(ToolUse("generate_video", {"prompt": "it jumps", "image": LINK}),)))
    api.script("Here is your cat.")
    question = {"messages": [HumanMessage("draw a cat and animate it")]}
    if colour == "sync":
        state = agent.invoke(question, config)
    else:
        state = await agent.ainvoke(question, config)
    image, video = (each for each in state["messages"] if isinstance(each, ToolMessage))
    assert (image.status, video.status) == ("success", "success")
    kept = agent.get_state(config).values["messages"]
    assert [each.artifact for each in kept if isinstance(each, ToolMessage)] == [
        image.artifact, video.artifact,
    ]  # fmt: skip
    (order,) = (each.body for each in api.requests if each.path == "/v2/video/generations"
                and each.method == "POST")  # fmt: skip
    assert (order["image_url"], order["duration"]) == (LINK, 4)
    chat = next(each.body for each in api.requests if "tools" in (each.body or {}))
    assert [each["function"]["name"] for each in chat["tools"]] == [
        "generate_images", "generate_video",
    ]  # fmt: skip


async def test_the_artifact_goes_into_the_prompt_of_another_model(
    api: Emulator, colour: str
) -> None:
    image = await use(AimlapiTool("images", model="flux/schnell", **api.settings()), colour,
                      prompt="a cat")  # fmt: skip
    model = AimlapiVideoModel(model="openai/sora-2-i2v", **api.settings())
    prompt = [image.artifact, HumanMessage("it moves")]
    made = model.invoke(prompt) if colour == "sync" else await model.ainvoke(prompt)
    assert made.content_blocks[0]["type"] == "video"
    link = image.artifact["content"][0]["url"]
    assert api.requests[1].body["image_url"] == link
    again = AimlapiClient(**api.settings()).video.check(
        model="openai/sora-2-i2v", prompt="it moves", image=image.artifact
    )
    assert again.body["image_url"] == link
