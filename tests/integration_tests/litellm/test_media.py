"""Embeddings and pictures through ``aimlapi/...``."""

from __future__ import annotations

import base64
import struct
from typing import Any

import pytest

from langchain_aimlapi.emulator import Fault

from .helpers import Asker, litellm

EMBEDDING = "text-embedding-3-small"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(64)


def embed(ask: Asker, model: str = EMBEDDING, **more: Any) -> Any:
    return ask.call(litellm.embedding, litellm.aembedding, ask.options(model, **more))


def draw(ask: Asker, model: str, **more: Any) -> Any:
    given = ask.options(model, **{"prompt": "A river.", **more})
    return ask.call(litellm.image_generation, litellm.aimage_generation, given)


def edit(ask: Asker, model: str = "openai/gpt-image-1", **more: Any) -> Any:
    given = ask.options(model, **{"prompt": "Make it blue.", "image": [PICTURE], **more})
    return ask.call(litellm.image_edit, litellm.aimage_edit, given)


def test_embeddings_come_in_order_with_usage_and_charge(ask: Asker) -> None:
    answer = embed(ask, input=["one", "two", "three"])
    assert [item["index"] for item in answer.data] == [0, 1, 2]
    assert {len(item["embedding"]) for item in answer.data} == {1536}
    assert answer.data[0]["embedding"] != answer.data[1]["embedding"]
    assert answer.usage.prompt_tokens > 0
    assert answer._hidden_params["response_cost"] == answer.usage.cost > 0
    assert answer._hidden_params["additional_headers"]["llm_provider-x-inference-id"]


def test_one_text_has_one_embedding(ask: Asker) -> None:
    assert len(embed(ask, input="one").data) == 1


def test_dimensions_go_out(ask: Asker) -> None:
    answer = embed(ask, input=["one"], dimensions=8)
    assert len(answer.data[0]["embedding"]) == 8
    assert ask.api.requests[-1].body["dimensions"] == 8


def test_base64_is_what_it_says(ask: Asker) -> None:
    numbers = embed(ask, input=["one"], dimensions=8).data[0]["embedding"]
    text = embed(ask, input=["one"], dimensions=8, encoding_format="base64").data[0]["embedding"]
    assert struct.unpack("<8f", base64.b64decode(text)) == pytest.approx(numbers, abs=1e-6)


def test_float_is_a_list(ask: Asker) -> None:
    answer = embed(ask, input=["one"], encoding_format="float")
    assert isinstance(answer.data[0]["embedding"], list)


def test_vendors_parameters_reach_the_model(ask: Asker) -> None:
    embed(ask, "voyage-large-2-instruct", input=["one"], input_type="document")
    assert ask.api.requests[-1].body["input_type"] == "document"


def test_embedding_failure_has_litellms_class(ask: Asker) -> None:
    ask.api.fault(Fault(status=429, retry_after=3), times=None)
    with pytest.raises(litellm.RateLimitError) as caught:
        embed(ask, input=["one"])
    assert caught.value.response.headers["retry-after"] == "3"


def test_token_ids_are_refused_before_sending(ask: Asker) -> None:
    with pytest.raises(litellm.BadRequestError, match="token ids"):
        embed(ask, input=[[1, 2, 3]])
    assert ask.api.requests == []


def test_pictures_have_number_and_size_as_asked(ask: Asker) -> None:
    answer = draw(ask, "flux/schnell", n=2, size="512x512", seed=4)
    assert len(answer.data) == 2
    assert all(picture.url for picture in answer.data)
    body = ask.api.requests[-1].body
    assert (body["num_images"], body["seed"]) == (2, 4)
    assert body["image_size"] == {"width": 512, "height": 512}
    assert answer._hidden_params["response_cost"] > 0


def test_picture_in_base64(ask: Asker) -> None:
    answer = draw(ask, "openai/gpt-image-1", response_format="b64_json", quality="low")
    assert base64.b64decode(answer.data[0].b64_json)
    assert ask.api.requests[-1].body["quality"] == "low"


def test_picture_failure_has_litellms_class(ask: Asker) -> None:
    ask.api.fault(Fault(status=403), times=None)
    with pytest.raises(litellm.PermissionDeniedError):
        draw(ask, "flux/schnell")


def test_model_of_another_kind_is_refused_with_litellms_function_for_it(ask: Asker) -> None:
    with pytest.raises(litellm.BadRequestError, match=r"chat model.*use litellm\.completion, or"):
        draw(ask, "openai/gpt-4o")
    assert ask.api.requests == []


def test_edit_uploads_the_picture_and_its_mask(ask: Asker) -> None:
    answer = edit(ask, n=2, size="1024x1024", mask=PICTURE)
    assert len(answer.data) == 2
    request = ask.api.requests[-1]
    assert request.path == "/v1/images/edits"
    assert (request.body["prompt"], request.body["n"]) == ("Make it blue.", "2")
    assert sorted(name for name, _, _ in request.body["files"]) == ["image", "mask"]
    assert answer._hidden_params["response_cost"] > 0


def test_edit_without_a_picture_is_a_bad_request(ask: Asker) -> None:
    with pytest.raises(litellm.BadRequestError, match="image is an empty list"):
        edit(ask, image=[])


def test_key_and_address_are_litellms_globals_too(
    ask: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(litellm, "api_key", ask.api.api_key)
    monkeypatch.setattr(litellm, "api_base", ask.api.base_url)
    given = {"model": f"aimlapi/{EMBEDDING}", "input": ["one"]}
    assert ask.call(litellm.embedding, litellm.aembedding, given).data
