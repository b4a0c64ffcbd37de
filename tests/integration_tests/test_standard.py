"""LangChain's standard integration suite, inherited, against the emulator: one class for a model
of every cluster of chat schemas, and for ids that are served on another path only.

`make test` runs one model of each dialect.

A flag is off exactly where the model's own schema has no such thing; the catalog says which.
``enable_vcr_tests`` is off everywhere: it replays recordings of a real server, and the emulator
needs none. (`test_stream_time` is the one test behind it.)
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any, Literal

import httpx
import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.integration_tests import chat_models as suite

from langchain_aimlapi import Catalog, ChatAimlapi
from langchain_aimlapi.emulator import Emulator

MODELS = {
    "A": "openai/gpt-5.4-nano",
    "B": "openai/gpt-4o",
    "C": "google/gemini-2.5-flash",
    "D": "claude-opus-4-5",
    "E": "google/gemini-3-5-flash",
    "F": "deepseek/deepseek-r1",
    "G": "claude-opus-4-8",
    "H": "deepseek/deepseek-v4-flash",
    "I": "google/gemma-4-31b-it",
    "J": "perplexity/sonar",
    "K": "google/gemma-3-4b-it",
    "L": "openai/gpt-5-5",
    "N": "nvidia/nemotron-3-ultra-550b-a55b",
    "responses": "openai/gpt-5-1-codex",
    "messages": "claude-opus-4-20250514",
    "router": "anthropic/claude-opus-4.5",
    "audio": "openai/gpt-audio",
}
# The parts of usage that a vendor counts (what its recorded answers hold).
_READ, _WRITE, _THINK = "cache_read_input", "cache_creation_input", "reasoning_output"
USAGE: dict[str, list[str]] = {
    "A": [_READ, _THINK],
    "B": [_READ],
    "D": [_READ, _WRITE],
    "E": [_THINK],
    "F": [_READ, _THINK],
    "G": [_READ, _WRITE],
    "H": [_READ, _THINK],
    "I": [_THINK],
    "L": [_READ, _THINK],
    "N": [_READ, _WRITE, _THINK],
    "responses": [_READ, _THINK],
    "router": [_READ, _WRITE],
    "audio": ["audio_input", "audio_output"],
}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
WAV = base64.b64encode(
    b"RIFF&\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00@\x1f\x00\x00\x80>\x00\x00"
    b"\x02\x00\x10\x00data\x02\x00\x00\x00\x00\x00"
).decode()
MARKED = HumanMessage(
    [
        {
            "type": "text",
            "text": "Remember this. " * 800,
            "cache_control": {"type": "ephemeral"},
        }
    ]
)
CATALOG = Catalog.default()


# Fitting a request to a model is what the package is for; here only the outcome counts.
@pytest.mark.filterwarnings("ignore::langchain_aimlapi.errors.UnsupportedParameterWarning")
class Base(ChatModelIntegrationTests):
    """The suite for one model."""

    model_id = ""

    @pytest.fixture(autouse=True)
    def _emulated(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        def fetched(url: str, **_: Any) -> httpx.Response:
            return httpx.Response(200, content=PNG, request=httpx.Request("GET", url))

        monkeypatch.setattr(f"{suite.__name__}.httpx.get", fetched)
        # check_signatures: the suite writes thoughts of its own into a history
        with Emulator(check_signatures=False) as api:
            self.api = api
            yield

    @pytest.fixture
    def model(self, request: Any) -> BaseChatModel:
        extra = getattr(request, "param", None) or {}
        params = {**self.standard_chat_model_params, **self.chat_model_params, **extra}
        return self.chat_model_class(**params)

    def can(self, capability: str) -> bool:
        return capability in CATALOG.capabilities(self.model_id)

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatAimlapi

    @property
    def standard_chat_model_params(self) -> dict[str, Any]:
        return {}

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": self.model_id, **self.api.settings()}

    @property
    def has_tool_calling(self) -> bool:
        return self.can("tools")

    @property
    def has_tool_choice(self) -> bool:
        return self.can("tools")

    @property
    def has_structured_output(self) -> bool:
        return True  # by tools, by the API's format, or by the prompt

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def supports_image_inputs(self) -> bool:
        return self.can("images")

    @property
    def supports_image_urls(self) -> bool:
        return self.can("images") and self.supports_links

    @property
    def supports_links(self) -> bool:
        return True

    @property
    def supports_pdf_inputs(self) -> bool:
        return self.can("pdf")

    @property
    def supports_audio_inputs(self) -> bool:
        return self.can("audio_input")

    @property
    def supports_video_inputs(self) -> bool:
        return self.can("video_input")

    @property
    def supports_anthropic_inputs(self) -> bool:
        return self.can("images") and self.can("tools")

    @property
    def supports_image_tool_message(self) -> bool:
        return self.can("images") and self.can("tools")

    @property
    def supports_pdf_tool_message(self) -> bool:
        return self.can("pdf") and self.can("tools")

    @property
    def returns_usage_metadata(self) -> bool:
        return True

    @property
    def supports_model_override(self) -> bool:
        return True

    @property
    def model_override_value(self) -> str:
        return "gpt-4o-mini"

    @property
    def supported_usage_metadata_details(
        self,
    ) -> dict[Literal["invoke", "stream"], list[Any]]:
        names = [name for name, model in MODELS.items() if model == self.model_id]
        details: list[Any] = USAGE.get(names[0], [])
        return {"invoke": details, "stream": details}

    def invoke_with_reasoning_output(self, *, stream: bool = False) -> AIMessage:
        model = ChatAimlapi(**self.chat_model_params, reasoning_effort="medium")
        return _ask(model, "Prove that there are infinitely many primes.", stream=stream)

    def invoke_with_cache_creation_input(self, *, stream: bool = False) -> AIMessage:
        return _ask(ChatAimlapi(**self.chat_model_params), [MARKED], stream=stream)

    def invoke_with_cache_read_input(self, *, stream: bool = False) -> AIMessage:
        self.invoke_with_cache_creation_input(stream=stream)
        return self.invoke_with_cache_creation_input(stream=stream)

    def invoke_with_audio_input(self, *, stream: bool = False) -> AIMessage:
        sound = {"type": "audio", "base64": WAV, "mime_type": "audio/wav"}
        model = ChatAimlapi(**self.chat_model_params)
        return _ask(model, [HumanMessage(["What is said?", sound])], stream=stream)

    def invoke_with_audio_output(self, *, stream: bool = False) -> AIMessage:
        model = ChatAimlapi(
            **self.chat_model_params,
            modalities=["text", "audio"],
            audio={"voice": "alloy", "format": "pcm16" if stream else "wav"},
        )
        return _ask(model, "Say hello.", stream=stream)


@pytest.mark.table
class TestClusterA(Base):
    model_id = MODELS["A"]


class TestClusterB(Base):
    model_id = MODELS["B"]


@pytest.mark.table
class TestClusterBByTools(Base):
    model_id = MODELS["B"]

    @property
    def structured_output_kwargs(self) -> dict[str, Any]:
        return {"method": "function_calling"}


@pytest.mark.table
class TestClusterBByJsonSchema(Base):
    """``json_mode`` needs the schema in the prompt: the suite's `test_json_mode`, run above."""

    model_id = MODELS["B"]

    @property
    def structured_output_kwargs(self) -> dict[str, Any]:
        return {"method": "json_schema"}


@pytest.mark.table
class TestClusterC(Base):
    model_id = MODELS["C"]


@pytest.mark.table
class TestClusterD(Base):
    model_id = MODELS["D"]

    @property
    def supports_links(self) -> bool:
        return False  # the schema takes base64 images only


@pytest.mark.table
class TestClusterE(Base):
    model_id = MODELS["E"]


@pytest.mark.table
class TestClusterF(Base):
    model_id = MODELS["F"]


@pytest.mark.table
class TestClusterG(Base):
    model_id = MODELS["G"]


@pytest.mark.table
class TestClusterH(Base):
    model_id = MODELS["H"]


@pytest.mark.table
class TestClusterI(Base):
    model_id = MODELS["I"]


@pytest.mark.table
class TestClusterJ(Base):
    model_id = MODELS["J"]


@pytest.mark.table
class TestClusterK(Base):
    model_id = MODELS["K"]


@pytest.mark.table
class TestClusterL(Base):
    model_id = MODELS["L"]


@pytest.mark.table
class TestClusterN(Base):
    model_id = MODELS["N"]


class TestResponsesOnly(Base):
    model_id = MODELS["responses"]


class TestMessagesOnly(Base):
    model_id = MODELS["messages"]


@pytest.mark.table
class TestClaudeOfARouter(Base):
    model_id = MODELS["router"]

    @property
    def supports_links(self) -> bool:
        return False


@pytest.mark.table
class TestAudio(Base):
    model_id = MODELS["audio"]

    @property
    def has_structured_output(self) -> bool:
        return False  # nothing is documented of tools and formats, and the emulator has none


def _ask(model: ChatAimlapi, prompt: Any, *, stream: bool) -> AIMessage:
    if not stream:
        return model.invoke(prompt)
    chunks = list(model.stream(prompt))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    return whole
