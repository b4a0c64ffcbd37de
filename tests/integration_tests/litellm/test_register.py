"""Registering, and LiteLLM versions in which private names have moved."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from litellm.llms.custom_llm import CustomLLM

from langchain_aimlapi import litellm_provider
from langchain_aimlapi._litellm import chunks, configs, drift, listing, ocr_door, wraps
from langchain_aimlapi._litellm.drift import LiteLLMDriftWarning
from langchain_aimlapi.emulator import Emulator, Fault

from .helpers import GPT, HI, Asker, drain, litellm, text_of


class Other(CustomLLM):
    """A user's own provider."""


@pytest.fixture
def provider_map(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The provider map, put back afterwards."""
    monkeypatch.setattr(litellm, "custom_provider_map", list(litellm.custom_provider_map))
    yield
    litellm_provider.register()


def given(api: Emulator, **more: Any) -> dict[str, Any]:
    here = {"api_key": api.api_key, "api_base": api.base_url}
    return {"model": f"aimlapi/{GPT}", "messages": HI, **here, **more}


def test_no_private_name_of_the_installed_litellm_has_moved() -> None:
    """The drift test: its message names what moved and what that costs."""
    moved = [
        *wraps.install(litellm_provider._catalog),
        *listing.install(litellm_provider._supported),
        *configs.install(litellm_provider._catalog),
        *ocr_door.install(litellm_provider._catalog),
    ]
    assert [f"{name}: {lost}" for name, lost in moved] == []


def test_registering_twice_registers_once(provider_map: None) -> None:
    assert litellm_provider.register() == ()
    assert litellm_provider.register() == ()
    names = [item["provider"] for item in litellm.custom_provider_map]
    assert names.count("aimlapi") == 1


def test_registering_keeps_other_providers(provider_map: None) -> None:
    litellm.custom_provider_map = [{"provider": "other", "custom_handler": Other()}]
    litellm_provider.register()
    names = [item["provider"] for item in litellm.custom_provider_map]
    assert names == ["other", "aimlapi"]
    assert "aimlapi" in litellm.provider_list


def test_registering_keeps_a_handler_of_the_users_own(provider_map: None) -> None:
    mine = litellm_provider.AimlapiLLM()
    litellm.custom_provider_map = [{"provider": "aimlapi", "custom_handler": mine}]
    litellm_provider.register()
    assert [item["custom_handler"] for item in litellm.custom_provider_map] == [mine]


class Own(litellm_provider.AimlapiLLM):
    """A handler of the user's own, which notes what it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def completion(self, *args: Any, **kwargs: Any) -> Any:
        self.calls.append("whole")
        return super().completion(*args, **kwargs)

    def open(self, **kwargs: Any) -> Any:
        self.calls.append("stream")
        return super().open(**kwargs)


@pytest.mark.parametrize("mine_first", [False, True])
def test_two_entries_behave_alike_for_whole_answers_and_streams(
    api: Emulator, provider_map: None, mine_first: bool
) -> None:
    own = Own()
    entries = [*litellm.custom_provider_map, {"provider": "aimlapi", "custom_handler": own}]
    litellm.custom_provider_map = entries[::-1] if mine_first else entries
    litellm.completion(**given(api))
    list(litellm.completion(**given(api, stream=True)))
    assert own.calls in (["whole", "stream"], [])  # which entry counts is LiteLLM's choice


class OwnStreams(litellm_provider.AimlapiLLM):
    """A handler with LiteLLM's documented methods for streams."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def streaming(self, *args: Any, **kwargs: Any) -> Any:
        self.calls.append("sync")
        return super().streaming(*args, **kwargs)

    async def astreaming(self, *args: Any, **kwargs: Any) -> Any:
        self.calls.append("async")
        async for chunk in super().astreaming(*args, **kwargs):
            yield chunk


def test_streams_go_through_a_handlers_own_method(
    ask: Asker, provider_map: None, colour: str
) -> None:
    own = OwnStreams()
    litellm.custom_provider_map = [{"provider": "aimlapi", "custom_handler": own}]
    ask.api.say("One. Two.")
    assert text_of(ask.chunks()) == "One. Two."
    assert own.calls == [colour]


def test_provider_works_after_the_program_replaced_the_map(
    api: Emulator, provider_map: None
) -> None:
    litellm.custom_provider_map = [{"provider": "other", "custom_handler": Other()}]
    litellm_provider.register()
    assert litellm.completion(**given(api)).choices[0].message.content


def test_unregistered_provider_is_unknown(api: Emulator, provider_map: None) -> None:
    litellm_provider.unregister()
    with pytest.raises(litellm.BadRequestError, match="aimlapi"):
        litellm.completion(**given(api))


def test_supported_parameters_are_told_before_the_first_call() -> None:
    found = litellm.get_supported_openai_params(f"aimlapi/{GPT}")
    assert found is not None
    assert {"tools", "temperature", "response_format"} <= set(found)


def test_every_id_keeps_its_slashes() -> None:
    for name in (GPT, "anthropic/claude-opus-4.1", "o3-mini", "flux/schnell"):
        assert litellm.get_llm_provider(f"aimlapi/{name}")[:2] == (name, "aimlapi")


@pytest.mark.slow
def test_nothing_else_of_the_package_imports_litellm() -> None:
    code = (
        "import sys, langchain_aimlapi\n"
        "from langchain_aimlapi import ChatAimlapi, Catalog\n"
        "import langchain_aimlapi.endpoints.embeddings, langchain_aimlapi._litellm.config\n"
        "import langchain_aimlapi._litellm.messages\n"
        "ChatAimlapi(model='openai/gpt-4o'); Catalog.default().find('openai/gpt-4o')\n"
        "assert 'litellm' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


# --- names that have moved -----


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> None:
    """A LiteLLM in which the private names that are wrapped have changed beyond use."""
    for wrap in wraps.WRAPS:
        module = sys.modules[wrap.module]
        name = wraps.name_in(module, wrap)
        original = getattr(module, name)
        if not wrap.is_public:
            original = original.__wrapped__
        if wrap.name == "_complete_custom_providers":
            monkeypatch.setattr(module, name, _reshaped(original))
        else:
            monkeypatch.setattr(module, name, _renamed(original))
    monkeypatch.setattr(drift, "_warned", set())


def _reshaped(original: Any) -> Any:
    """Takes two arguments, of which the second has a default."""

    def moved(dispatch: Any, extra: Any = None) -> Any:
        return original(dispatch)

    return moved


def _renamed(original: Any) -> Any:
    """Hides its parameters."""

    def moved(*args: Any, **kwargs: Any) -> Any:
        return original(*args, **kwargs)

    return moved


def test_moved_names_are_said_once_each_with_what_is_lost(moved: None) -> None:
    with pytest.warns(LiteLLMDriftWarning) as caught:
        missing = litellm_provider.register()
    assert len(missing) == len(wraps.WRAPS)
    assert any("open at their first chunk" in str(w.message) for w in caught)
    assert litellm_provider.register() == missing  # warnings are errors here: nothing new is said


@pytest.mark.filterwarnings("ignore::langchain_aimlapi._litellm.drift.LiteLLMDriftWarning")
def test_with_moved_names_the_provider_still_works(
    moved: None, api: Emulator, runner: asyncio.Runner
) -> None:
    litellm_provider.register()

    async def streamed() -> str:
        return text_of(await drain(await litellm.acompletion(**given(api, stream=True))))

    assert litellm.completion(**given(api)).choices[0].message.content
    assert text_of(list(litellm.completion(**given(api, stream=True))))
    assert runner.run(litellm.acompletion(**given(api))).choices[0].message.content
    assert runner.run(streamed())
    here = {"api_key": api.api_key, "api_base": api.base_url}
    model = "aimlapi/text-embedding-3-small"
    assert litellm.embedding(model=model, input=["one"], **here).data
    assert litellm.image_generation(model="aimlapi/flux/schnell", prompt="A river", **here).data


@pytest.mark.filterwarnings("ignore::langchain_aimlapi._litellm.drift.LiteLLMDriftWarning")
def test_with_moved_names_sync_streams_still_fail_when_they_are_opened(
    moved: None, api: Emulator
) -> None:
    litellm_provider.register()
    api.fault(Fault(status=429))
    with pytest.raises(litellm.RateLimitError):
        litellm.completion(**given(api, stream=True, max_retries=0))


def test_a_context_without_the_fields_that_are_read_is_not_wrapped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fields = {"model": None, "messages": None}
    context = SimpleNamespace(__dataclass_fields__=fields)
    monkeypatch.setattr(litellm.main, "CompletionDispatchContext", context, raising=False)
    (wrap,) = [w for w in wraps.WRAPS if w.name == "_complete_custom_providers"]
    assert not wraps.fits(lambda ctx: None, wrap)


def test_quick_chunks_are_what_the_constructors_make() -> None:
    chunks.text_chunk_maker.cache_clear()
    assert chunks.text_chunk_maker() is not chunks._build_chunk
    made = chunks.text_chunk_maker()("id-1", 5, "m", "text")
    built = chunks._build_chunk("id-1", 5, "m", "text")
    assert made == built
    assert made.model_dump_json() == built.model_dump_json()
    made.choices[0].delta.content = "other"
    made.choices[0].finish_reason = "stop"
    assert chunks.text_chunk_maker()("id-1", 5, "m", "text") == built


def test_chunks_of_an_unfamiliar_litellm_are_made_by_its_constructors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def strange(self: Any, *args: Any) -> Any:
        raise AttributeError("no such slot")

    monkeypatch.setattr(chunks._Mould, "cast", strange)
    chunks.text_chunk_maker.cache_clear()
    try:
        assert chunks.text_chunk_maker() is chunks._build_chunk
    finally:
        chunks.text_chunk_maker.cache_clear()


# --- what LiteLLM says about models -----


def test_each_model_has_its_own_parameters() -> None:
    claude = litellm.get_supported_openai_params("aimlapi/anthropic/claude-opus-4.1")
    gpt = litellm.get_supported_openai_params(f"aimlapi/{GPT}")
    thinker = litellm.get_supported_openai_params("aimlapi/o3-mini")
    assert {"thinking", "tools"} <= set(claude)
    assert "n" not in claude
    assert {"seed", "logprobs"} <= set(gpt)
    assert "reasoning_effort" not in gpt
    assert "reasoning_effort" in thinker
    assert "temperature" not in thinker


def test_unknown_model_is_not_judged() -> None:
    found = litellm.get_supported_openai_params("aimlapi/somebody/new-model")
    assert {"temperature", "tools", "thinking", "reasoning_effort"} <= set(found)


def test_parameters_of_other_kinds_of_models_are_no_chat_parameters() -> None:
    assert "tools" not in litellm.get_supported_openai_params("aimlapi/flux/schnell")


def test_wildcard_lists_the_models() -> None:
    from litellm.proxy.auth.model_checks import get_known_models_from_wildcard

    listed = get_known_models_from_wildcard("aimlapi/*")
    assert f"aimlapi/{GPT}" in listed
    assert len(listed) == len(set(listed)) > 300


def test_generate_content_answers(api: Emulator, runner: asyncio.Runner) -> None:
    from litellm.google_genai import agenerate_content, generate_content

    api.say("Hello there.", times=2)
    here = {"api_key": api.api_key, "api_base": api.base_url}
    contents: Any = [{"role": "user", "parts": [{"text": "Hi."}]}]
    whole: Any = generate_content(model=f"aimlapi/{GPT}", contents=contents, **here)
    later: Any = runner.run(agenerate_content(model=f"aimlapi/{GPT}", contents=contents, **here))
    for answer in (whole, later):
        shown = answer if isinstance(answer, dict) else answer.model_dump()
        assert shown["candidates"][0]["content"]["parts"][0]["text"] == "Hello there."
