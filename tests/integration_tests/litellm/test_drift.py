"""The API changes under a running LiteLLM: see tests/harness/drift.py."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.errors import UnsupportedParameterWarning
from tests.harness.drift import (
    DRIFTS,
    EMBEDDINGS,
    IMAGES,
    VIDEO,
    Change,
    Drift,
    answers,
    contract_of,
    says,
    takes,
)

from .helpers import Asker, litellm
from .test_audio import sound

pytestmark = pytest.mark.slow

SAMPLE = 9  # every ninth stands in `make test`


def rows() -> list[Any]:
    """Drift times manner, with a sample of each that is not marked."""
    return [
        pytest.param(drift, manner, id=f"{drift.name}-{manner}",
                     marks=[pytest.mark.table] if (place + 4 * offset) % SAMPLE else [])
        for place, drift in enumerate(DRIFTS)
        for offset, manner in enumerate(("whole", "stream"))
        if drift.only in (None, manner)
    ]  # fmt: skip


@pytest.mark.parametrize(("drift", "manner"), rows())
def test_a_running_litellm_follows(server: Emulator, ask: Asker, drift: Drift, manner: str) -> None:
    with contract_of(server) as api:

        def ask_once() -> None:
            answer = ask.both(drift.model, stream=manner == "stream", **drift.sent)
            message = answer.choices[0].message
            assert message.content or message.tool_calls

        follow(api, ask_once, drift.change, drift.ends)


def follow(api: Emulator, ask_once: Callable[[], object], change: Change, ends: str) -> None:
    """Yesterday's call is right; today's ends right or with the API's own words, with at most one
    request more, and the next one needs none."""

    def call() -> tuple[str, int]:
        """(what came of it, how many orders it took)."""
        before = _orders(api)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UnsupportedParameterWarning)
                ask_once()
        except AssertionError:
            raise
        except Exception as error:  # LiteLLM's classes have no base of their own
            return f"{type(error).__name__}: {error}", _orders(api) - before
        return "right", _orders(api) - before

    assert call() == ("right", 1), "yesterday's call was right"
    change(api)
    for most in (2, 1):
        ended, orders = call()
        assert re.search(ends, ended), ended
        assert orders <= most


def _orders(api: Emulator) -> int:
    """Without what only looks after a job, or fetches what was made."""
    return sum(request.method == "POST" for request in api.requests)


@pytest.mark.parametrize(
    "options", [{"learn": False}, {"on_unsupported": "error"}, {"on_unsupported": "send"}]
)
@pytest.mark.parametrize("stream", [False, True])
def test_learning_can_be_switched_off(
    server: Emulator, ask: Asker, options: dict[str, Any], stream: bool
) -> None:
    with contract_of(server) as api:
        takes(refuse=["seed"])(api)
        for _ in range(2):  # and what was written goes out again
            with pytest.raises(litellm.BadRequestError, match="seed"):
                ask.both(stream=stream, seed=7, **options)
        assert [request.body["seed"] for request in api.requests] == [7, 7]


# --- beside chat -----

TTS, STT, OCR = "/v1/tts", "/v1/stt/create", "/v1/ocr"
CALLS: Mapping[str, tuple[Any, Any, Mapping[str, Any]]] = {
    EMBEDDINGS: (
        litellm.embedding,
        litellm.aembedding,
        {"model": "text-embedding-3-small", "input": ["a"]},
    ),
    IMAGES: (
        litellm.image_generation,
        litellm.aimage_generation,
        {"model": "flux/schnell", "prompt": "a cat"},
    ),
    VIDEO: (
        litellm.video_generation,
        litellm.avideo_generation,
        {"model": "minimax/hailuo-02", "prompt": "a cat"},
    ),
    TTS: (
        litellm.speech,
        litellm.aspeech,
        {"model": "openai/tts-1", "input": "Hello there.", "voice": "alloy"},
    ),
    STT: (
        litellm.transcription,
        litellm.atranscription,
        {"model": "#g1_whisper-large", "file": ("words.wav", sound(), "audio/wav")},
    ),
    OCR: (
        litellm.ocr,
        litellm.aocr,
        {
            "model": "mistral/mistral-ocr-latest",
            "document": {"type": "document_url", "document_url": "https://example.com/a.pdf"},
        },
    ),
}
"""Path -> LiteLLM's two functions, and the call. ``litellm.rerank`` reaches no path: the API has
no model for it, see test_rerank.py."""


@dataclass(frozen=True, slots=True)
class CallDrift:
    """One change beside chat; ``change`` is made from the path's model, ``ends`` as for `Drift`."""

    path: str
    name: str
    change: Change
    sent: Mapping[str, Any] = field(default_factory=dict)
    ends: str = "right"


def _contract(path: str, **changes: Any) -> Change:
    return takes(str(CALLS[path][2]["model"]), path=path, **changes)


def _refused(path: str, name: str, value: object, ends: str = "right") -> CallDrift:
    change = _contract(path, refuse=[name])
    return CallDrift(path, f"{name} is refused", change, {name: value}, ends)


def _leaves(path: str) -> CallDrift:
    def change(api: Emulator) -> None:
        api.models.remove(str(CALLS[path][2]["model"]))

    return CallDrift(path, "the model is withdrawn", change, ends="no longer available")


BESIDE_CHAT = (
    *(_leaves(path) for path in CALLS),
    *(CallDrift(path, "a new field", answers(add={"novelty": {"a": [1]}})) for path in CALLS),
    *(
        CallDrift(path, "answers without meta", answers(drop=("meta",)))
        for path in (EMBEDDINGS, IMAGES, VIDEO, OCR)
    ),
    *(CallDrift(path, "the key is refused", answers(status=401), ends="API key") for path in CALLS),
    _refused(EMBEDDINGS, "user", "u"),
    _refused(EMBEDDINGS, "encoding_format", "float"),
    _refused(EMBEDDINGS, "dimensions", 8, "dimensions"),
    CallDrift(
        EMBEDDINGS, "OpenAI's words", says("Unknown parameter: 'user'.", "user"), {"user": "u"}
    ),
    _refused(IMAGES, "seed", 7),
    _refused(IMAGES, "enable_safety_checker", True),
    CallDrift(
        IMAGES,
        "fewer images at once",
        _contract(IMAGES, limits={"num_images": (1, 1)}),
        {"n": 2},
        "num_images",
    ),
    CallDrift(
        IMAGES,
        "a size is not made any more",
        _contract(IMAGES, enums={"image_size": ["square"]}),
        {"size": "512x512"},
        "image_size",
    ),
    _refused(VIDEO, "prompt_optimizer", True),
    CallDrift(
        VIDEO,
        "a length is not made any more",
        _contract(VIDEO, enums={"duration": [10]}),
        {"seconds": "6"},
        "duration",
    ),
    _refused(TTS, "speed", 1.5),
    CallDrift(
        TTS,
        "a voice is gone",
        _contract(TTS, enums={"voice": ["nova"]}),
        ends="voice",
    ),
    _refused(STT, "temperature", 0.5),
    _refused(STT, "punctuate", True),
    _refused(OCR, "include_image_base64", True),
    _refused(OCR, "image_limit", 3),
)


@pytest.mark.parametrize(
    "drift",
    [
        pytest.param(each, id=f"{each.path}: {each.name}",
                     marks=[pytest.mark.table] if place % 5 else [])
        for place, each in enumerate(BESIDE_CHAT)
    ],
)  # fmt: skip
def test_a_running_litellm_follows_beside_chat(
    server: Emulator, ask: Asker, drift: CallDrift
) -> None:
    sync, twin, sent = CALLS[drift.path]
    with contract_of(server) as api:
        options = ask.options(**{**sent, **drift.sent})
        follow(api, lambda: ask.call(sync, twin, dict(options)), drift.change, drift.ends)
        ordered = {request.path for request in api.requests if request.method == "POST"}
    assert ordered == {drift.path}


@pytest.mark.filterwarnings("ignore::langchain_aimlapi.errors.UnsupportedParameterWarning")
@pytest.mark.parametrize("options", [{"learn": False}, {"on_unsupported": "send"}])
@pytest.mark.parametrize("path", [EMBEDDINGS, TTS, STT, OCR])
def test_learning_can_be_switched_off_beside_chat(
    server: Emulator, ask: Asker, path: str, options: dict[str, Any]
) -> None:
    name, value = {
        EMBEDDINGS: ("user", "u"),
        TTS: ("speed", 1.5),
        STT: ("punctuate", True),
        OCR: ("include_image_base64", True),
    }[path]
    sync, twin, sent = CALLS[path]
    with contract_of(server) as api:
        _contract(path, refuse=[name])(api)
        given = ask.options(**{**sent, name: value, **options})
        with pytest.raises(litellm.BadRequestError, match=name):
            ask.call(sync, twin, given)
        (request,) = [each for each in api.requests if each.method == "POST"]
        assert name in request.body
        assert not {"learn", "on_unsupported"} & set(request.body)
