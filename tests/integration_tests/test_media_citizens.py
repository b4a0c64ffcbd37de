"""Media models do what every model of LangChain does: batches, fallbacks, callbacks, configuration,
tracing, pickling, streams, chains. Each with images, videos and music, in both colours."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.load import dumps, loads
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage
from langchain_core.outputs import LLMResult
from langchain_core.runnables import RunnableLambda
from langchain_core.tracers.base import BaseTracer
from langchain_core.tracers.schemas import Run

from langchain_aimlapi import (
    AimlapiImageModel,
    AimlapiMusicModel,
    AimlapiVideoModel,
    ChatAimlapi,
    errors,
)
from langchain_aimlapi.emulator import Emulator, Fault
from langchain_aimlapi.media_models import AimlapiMediaModel

MODELS: dict[str, tuple[type[AimlapiMediaModel], str, str]] = {
    "image": (AimlapiImageModel, "flux/schnell", "stable-diffusion-v35-large"),
    "video": (AimlapiVideoModel, "alibaba/wan-2-6-t2v", "google/veo-3.1-t2v"),
    "audio": (AimlapiMusicModel, "google/lyria2", "elevenlabs/eleven_music"),
}
SLEEP = asyncio.sleep
PROMPTS = ["a slow waltz at sea", "a march of cats", "rain on a tin roof"]


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


@pytest.fixture(params=MODELS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def model(api: Emulator, kind: str) -> AimlapiMediaModel:
    return make(api, kind)


def make(api: Emulator, kind: str, *, other: bool = False, **options: Any) -> AimlapiMediaModel:
    cls, first, second = MODELS[kind]
    return cls(**{"model": second if other else first, **api.settings(), **options})


async def call(runnable: Any, colour: str, prompt: Any, *args: Any, **options: Any) -> AIMessage:
    made = (
        runnable.invoke(prompt, *args, **options)
        if colour == "sync"
        else await runnable.ainvoke(prompt, *args, **options)
    )
    assert isinstance(made, AIMessage)
    return made


def orders(api: Emulator) -> list[Any]:
    return [each.body for each in api.requests if each.method == "POST"]


def blocks(message: AIMessage) -> list[dict[str, Any]]:
    return [block for block in message.content if isinstance(block, dict)]


# --- many at a time, and others instead -----


async def test_a_batch_keeps_its_order_and_its_failures(
    api: Emulator, model: AimlapiMediaModel, colour: str, kind: str
) -> None:
    prompts: list[Any] = [*PROMPTS, {"prompt": "a cat", "model": "no/such-model"}]
    if colour == "sync":
        made: list[Any] = model.batch(prompts, return_exceptions=True)
    else:
        made = await model.abatch(prompts, return_exceptions=True)
    assert [type(each) for each in made[:3]] == [AIMessage] * 3
    assert isinstance(made[3], errors.ModelNotFoundError)
    sent = {str(body["prompt"]) for body in orders(api)}
    assert set(PROMPTS) <= sent
    ids = [each.response_metadata["inference_id"] for each in made[:3]]
    assert len(set(ids)) == 3
    if kind != "image":
        assert [api.jobs[each.response_metadata["job_id"]].body["prompt"] for each in made[:3]] == (
            PROMPTS
        )


async def test_another_model_is_asked_where_the_first_one_fails(
    api: Emulator, colour: str, kind: str
) -> None:
    first = make(api, kind, max_retries=0)
    chain = first.with_fallbacks([make(api, kind, other=True)])
    api.fault(Fault(status=503))
    made = await call(chain, colour, PROMPTS[0])
    assert blocks(made)[0]["type"] == kind
    assert made.response_metadata["model_name"] == MODELS[kind][2]
    assert [body["model"] for body in orders(api)] == list(MODELS[kind][1:])


async def test_a_job_that_fails_falls_back_too(api: Emulator, colour: str) -> None:
    for kind in ("video", "audio"):
        api.jobs.plan(error="no such tune")
        chain = make(api, kind).with_fallbacks([make(api, kind, other=True)])
        made = await call(chain, colour, PROMPTS[0])
        assert made.response_metadata["model_name"] == MODELS[kind][2]


# --- callbacks, configuration, tracing -----


class Handler(BaseCallbackHandler):
    def __init__(self) -> None:
        self.seen: list[str] = []
        self.results: list[LLMResult] = []
        self.tags: list[str] | None = None
        self.metadata: dict[str, Any] | None = None
        self.run_name: str | None = None

    def on_chat_model_start(self, serialized: Any, messages: Any, **rest: Any) -> None:
        self.seen.append("start")
        self.tags, self.metadata = rest["tags"], rest["metadata"]
        self.run_name = rest.get("name")

    def on_llm_end(self, response: LLMResult, **rest: Any) -> None:
        self.seen.append("end")
        self.results.append(response)

    def on_llm_error(self, error: BaseException, **rest: Any) -> None:
        self.seen.append(type(error).__name__)


async def test_callbacks_and_configuration(
    api: Emulator, model: AimlapiMediaModel, colour: str, kind: str
) -> None:
    handler = Handler()
    config = {
        "callbacks": [handler], "tags": ["art"], "metadata": {"user": "7"}, "run_name": "draw",
    }  # fmt: skip
    made = await call(model, colour, PROMPTS[0], config)
    assert handler.seen == ["start", "end"]
    assert "art" in (handler.tags or [])
    metadata = handler.metadata or {}
    assert (metadata["user"], handler.run_name) == ("7", "draw")
    assert (metadata["ls_provider"], metadata["ls_model_name"]) == ("aimlapi", MODELS[kind][1])
    generation: Any = handler.results[0].generations[0][0]
    assert generation.message.content == made.content
    api.fault(Fault(status=401), times=9)
    with pytest.raises(errors.AuthenticationError):
        await call(model, colour, PROMPTS[0], config)
    assert handler.seen == ["start", "end", "start", "AuthenticationError"]


class Tracer(BaseTracer):
    def __init__(self) -> None:
        super().__init__()
        self.runs: list[Run] = []

    def _persist_run(self, run: Run) -> None:
        self.runs.append(run)


async def test_a_trace_has_the_answer_its_cost_and_no_key(
    api: Emulator, model: AimlapiMediaModel, colour: str
) -> None:
    tracer = Tracer()
    made = await call(model, colour, PROMPTS[0], {"callbacks": [tracer]})
    (run,) = tracer.runs
    assert run.error is None
    assert run.outputs is not None
    traced = run.outputs["generations"][0][0]["message"]["kwargs"]
    assert traced["content"] == made.content
    assert traced["response_metadata"].get("cost") == made.response_metadata.get("cost")
    assert str(api.settings()["api_key"]) not in run.model_dump_json()


async def test_a_bound_and_a_configured_model(api: Emulator, colour: str, kind: str) -> None:
    chain = make(api, kind).bind(model=MODELS[kind][2]).with_config(tags=["bound"])
    await call(chain, colour, PROMPTS[0])
    assert orders(api)[-1]["model"] == MODELS[kind][2]
    retried = make(api, kind, max_retries=0).with_retry(stop_after_attempt=2)
    api.fault(Fault(status=429, retry_after=0))
    assert blocks(await call(retried, colour, PROMPTS[0]))


# --- kept and sent elsewhere -----


@pytest.mark.filterwarnings("ignore::langchain_core._api.beta_decorator.LangChainBetaWarning")
async def test_a_model_is_pickled_and_dumped_without_its_key(
    api: Emulator, colour: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asyncio, "sleep", SLEEP)  # a server waits in earnest
    api.jobs.running_polls = 0
    monkeypatch.setenv("AIMLAPI_API_KEY", str(api.settings()["api_key"]))
    with api.serve():
        model = make(api, kind)
        copy = pickle.loads(pickle.dumps(model))
        assert (copy.model, copy.base_url) == (model.model, model.base_url)
        assert blocks(await call(copy, colour, PROMPTS[0]))
        copy.close()
        await copy.aclose()
        model.close()
    text = dumps(model)
    assert str(api.settings()["api_key"]) not in text
    again = loads(text, allowed_objects="all", secrets_from_env=True)
    assert type(again) is MODELS[kind][0]
    assert again.model == MODELS[kind][1]


async def test_a_stream_tells_progress_and_adds_up_to_the_answer(
    api: Emulator, model: AimlapiMediaModel, colour: str, kind: str
) -> None:
    api.jobs.plan(states=("queued", "generating"))
    if colour == "sync":
        chunks = list(model.stream(PROMPTS[0]))
    else:
        chunks = [chunk async for chunk in model.astream(PROMPTS[0])]
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    assert isinstance(whole, AIMessageChunk)
    assert blocks(whole)[0]["type"] == kind
    assert whole.response_metadata["inference_id"]
    states = [each["status"] for each in whole.additional_kwargs.get("progress", [])]
    assert states == ([] if kind == "image" else ["queued", "queued", "running", "completed"])
    assert [chunk.chunk_position for chunk in chunks].count("last") == 1
    job = {each["job_id"] for each in whole.additional_kwargs.get("progress", [])}
    assert job == ({whole.response_metadata["job_id"]} if kind != "image" else set())


async def test_events_of_a_stream_name_the_model(api: Emulator, kind: str) -> None:
    model = make(api, kind)
    events = [event async for event in model.astream_events(PROMPTS[0], version="v2")]
    names = [event["event"] for event in events]
    assert names[0] == "on_chat_model_start"
    assert names[-1] == "on_chat_model_end"
    assert {event["name"] for event in events} == {MODELS[kind][0].__name__}


# --- chains -----


async def test_an_image_becomes_a_video_in_a_chain(api: Emulator, colour: str) -> None:
    image: Any = make(api, "image")
    video = AimlapiVideoModel(model="openai/sora-2-i2v", duration=4, **api.settings())
    animate: Any = RunnableLambda(lambda picture: [picture, HumanMessage("it moves")])
    made = await call(image | animate | video, colour, "a cat")
    assert blocks(made)[0]["type"] == "video"
    drawn, ordered = orders(api)
    assert drawn["prompt"] == "a cat"
    assert (ordered["prompt"], ordered["duration"]) == ("it moves", 4)
    assert ordered["image_url"].startswith("https://")
    direct = await call(image | video.bind(prompt="it moves"), colour, "a cat")
    assert blocks(direct)[0]["type"] == "video"


async def test_an_image_goes_into_a_chat_prompt(api: Emulator, colour: str) -> None:
    picture = await call(make(api, "image"), colour, "a cat")
    chat = ChatAimlapi(model="openai/gpt-4o", **api.settings())
    question = HumanMessage([{"type": "text", "text": "What is it?"}, *picture.content])
    answer = await call(chat, colour, [question])
    assert answer.text
    (_, part) = orders(api)[-1]["messages"][0]["content"]
    assert part["image_url"]["url"] == blocks(picture)[0]["url"]


async def test_music_of_one_model_is_followed_by_another(api: Emulator, colour: str) -> None:
    first = await call(make(api, "audio"), colour, PROMPTS[0])
    model = AimlapiMusicModel(model="minimax/music-cover", **api.settings())
    lyrics = "one two three, one two three"
    made = await call(
        model, colour, {"prompt": [first, HumanMessage("the same as a march")], "lyrics": lyrics}
    )
    assert blocks(made)[0]["type"] == "audio"
    assert blocks(first)[0]["url"] in str(orders(api)[-1])
