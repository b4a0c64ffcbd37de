"""`client.images` against the emulator, in both colours."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from langchain_aimlapi import AimlapiClient, Catalog
from langchain_aimlapi.emulator import Emulator, Fault
from langchain_aimlapi.endpoints import shape_at
from langchain_aimlapi.endpoints.images import GENERATIONS, Images
from langchain_aimlapi.errors import (
    InvalidRequestError,
    InvalidResponseError,
    UnsupportedFeatureError,
    UnsupportedParameterWarning,
)

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
LINK = "https://example.com/cat.png"


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator(balance=1_000) as running:
        yield running


@pytest.fixture
def client(api: Emulator) -> AimlapiClient:
    return AimlapiClient(**api.settings())


async def generate(client: AimlapiClient, colour: str, **arguments: Any) -> Images:
    if colour == "sync":
        return client.images.generate(**arguments)
    return await client.images.agenerate(**arguments)


async def edit(client: AimlapiClient, colour: str, **arguments: Any) -> Images:
    if colour == "sync":
        return client.images.edit(**arguments)
    return await client.images.aedit(**arguments)


async def test_a_image_costs_what_the_api_says(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    made = await generate(client, colour, model="flux/schnell", prompt="a cat", n=2)
    assert len(made.urls) == 2
    assert made.cost is not None
    assert made.cost.usd == pytest.approx(0.084)
    assert made.inference_id
    assert made.client_request_id == api.requests[0].headers["x-client-request-id"]
    assert len(api.requests) == 1  # links are not followed


async def test_content_comes_with_the_answer_where_it_is_asked_for(
    client: AimlapiClient, colour: str
) -> None:
    made = await generate(
        client, colour, model="openai/gpt-image-1", prompt="a cat", response_format="b64_json"
    )
    assert made.images[0].to_bytes().startswith(b"\x89PNG")
    assert made.urls == []


async def test_an_edit_is_uploaded(
    api: Emulator, client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    file = tmp_path / "secret name.png"
    file.write_bytes(PNG)
    made = await edit(
        client, colour, model="openai/gpt-image-1", prompt="a hat", image=[file, PNG], mask=PNG, n=2
    )
    assert len(made.images) == 2
    (request,) = api.requests
    assert request.path == "/v1/images/edits"
    assert request.body["files"] == [
        ("image[]", "0.png", len(PNG)),
        ("image[]", "1.png", len(PNG)),
        ("mask", "2.png", len(PNG)),
    ]


async def test_an_edit_of_an_own_answer(api: Emulator, client: AimlapiClient, colour: str) -> None:
    first = await generate(client, colour, model="flux/schnell", prompt="a cat")
    await edit(client, colour, model="reve/edit-image", prompt="a hat", image=first.images[0])
    assert api.requests[-1].path == GENERATIONS
    assert api.requests[-1].body["image_url"] == first.urls[0]


@pytest.mark.filterwarnings("ignore::langchain_aimlapi.errors.UnsupportedParameterWarning")
def test_every_live_image_model_answers(api: Emulator) -> None:
    client = AimlapiClient(**api.settings())
    answered = 0
    fields: set[str | None] = set()
    for facts in Catalog.default().models(kind="image"):
        link = "https://example.com/a.png"
        params: dict[str, Any] = {
            "mode": "Standard" if facts.id.endswith("sharpen") else "Super Focus",
            "mask_url": link, "person_image_url": link, "garment_image_url": link,
            "width": 1024, "height": 1024,
        }  # fmt: skip
        wanted: dict[str, Any] = {
            "params": {k: v for k, v in params.items() if k in facts.shapes[GENERATIONS].required},
            "n": 1, "size": "1024x1024", "seed": 0, "output_format": "jpg", "quality": "hd",
        }  # fmt: skip
        sizes = shape_at(facts, GENERATIONS).params or {}
        if "image_size" not in sizes and "size" not in sizes:
            del wanted["size"]  # the model has proportions, or one size
        elif facts.id.startswith("bytedance/"):
            wanted["size"] = "2048x2048"  # they begin at 1440
        try:
            made = client.images.generate(model=facts.id, prompt="a cat", image=PNG, **wanted)
        except UnsupportedFeatureError as error:
            fields.add(error.field)
            made = client.images.generate(model=facts.id, prompt="a cat", **wanted)
        assert made.urls
        answered += 1
    assert fields == {"image"}
    assert answered >= 75


async def test_the_model_decides_what_is_sent_and_the_user_is_told_once(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    wish: dict[str, Any] = {"model": "reve/create-image", "prompt": "a", "seed": 5}
    with pytest.warns(UnsupportedParameterWarning, match="seed=5 was sent although") as caught:
        await generate(client, colour, **wish)
    await generate(client, colour, **wish)  # a second warning would be an error
    assert len(caught) == 1
    strict = client.with_options(on_unsupported="error")
    with pytest.raises(UnsupportedFeatureError):
        await generate(strict, colour, **wish)
    await generate(client.with_options(on_unsupported="send"), colour, **wish)
    assert api.requests[-1].body["seed"] == 5


async def test_a_server_that_answers_without_a_image_is_an_error(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    api.replay({"created": 1, "data": []})
    with pytest.raises(InvalidResponseError, match="no image"):
        await generate(client, colour, model="flux/schnell", prompt="a")


async def test_a_refused_request_is_not_repeated(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    api.fault(Fault(status=400), times=None)
    with pytest.raises(InvalidRequestError) as error:
        await generate(client, colour, model="flux/schnell", prompt="an image of my secret")
    assert "secret" not in str(error.value)
    assert len(api.requests) == 1


async def test_an_upload_is_repeated_whole(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    api.fault(Fault(status=503), times=1)
    await edit(client, colour, model="openai/gpt-image-2", prompt="a", image=PNG)
    first, second = api.requests
    assert first.body == second.body
    assert second.body["files"] == [("image", "0.png", len(PNG))]


def test_over_a_real_socket_too() -> None:
    with Emulator().serve() as api, AimlapiClient(**api.settings()) as client:
        made = client.images.edit(model="openai/gpt-image-1", prompt="a", image=PNG)
    assert made.urls[0].startswith("http://127.0.0.1")
