"""`client.ocr` against the emulator, in both colours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from langchain_aimlapi import AimlapiClient, Catalog, errors
from langchain_aimlapi.emulator import Emulator
from langchain_aimlapi.endpoints.ocr import OcrDocument
from langchain_aimlapi.spend import track_spend

PDF = b"%PDF-1.7 a page"
LINK = "https://example.com/letter.pdf"


@pytest.fixture
def api() -> Iterator[Emulator]:
    with Emulator(balance=10_000) as running:
        yield running


@pytest.fixture
def client(api: Emulator) -> AimlapiClient:
    return AimlapiClient(**api.settings())


async def read(client: AimlapiClient, colour: str, **arguments: Any) -> OcrDocument:
    return client.ocr(**arguments) if colour == "sync" else await client.aocr(**arguments)


async def test_a_document_is_pages_of_markdown(
    api: Emulator, client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    with track_spend() as spend:
        made = await read(
            client, colour, model="mistral/mistral-ocr-latest", document=LINK, include_images=True
        )
    assert [page.index for page in made.pages] == [0, 1]
    assert "# Page 1 of letter.pdf" in made.markdown
    assert made.pages[0].dimensions is not None
    image = made.pages[0].images[0]
    assert image.data is not None
    saved = image.save(tmp_path) if colour == "sync" else await image.asave(tmp_path)
    assert saved.suffix == ".png"
    assert made.cost is not None
    assert spend.total.usd == pytest.approx(made.cost.usd)
    assert made.inference_id
    assert made.raw is not None


async def test_every_model_reads_links_and_files(
    api: Emulator, client: AimlapiClient, colour: str, tmp_path: Path
) -> None:
    path = tmp_path / "letter.pdf"
    path.write_bytes(PDF)
    answered = 0
    for facts in Catalog.default().models(kind="ocr"):
        for document in (LINK, path):
            made = await read(client, colour, model=facts.id, document=document, pages=[0, 1])
            assert len(made.pages) == 2
            # the emulator decodes what it gets, whatever the model's form of it
            assert made.size_bytes == (len(PDF) if document is path else None)
            answered += 1
    assert answered > 14


async def test_an_annotation_comes_as_a_value(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    schema = {"type": "object", "properties": {"sender": {"type": "string"}},
              "required": ["sender"]}  # fmt: skip
    made = await read(client, colour, document=LINK, annotation=schema)
    assert isinstance(made.annotation["sender"], str)


async def test_an_image_that_was_made_can_be_read(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    image = client.images.generate(model="flux/schnell", prompt="a sign")
    assert (await read(client, colour, document=image)).pages
    assert api.requests[-1].body["document"] == {"type": "image_url", "image_url": image.url}


async def test_a_document_whose_answer_is_lost_is_not_bought_again(colour: str) -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        raise httpx.ReadTimeout("slow")

    transport = httpx.MockTransport(answer)
    client = AimlapiClient(
        api_key="k",
        http_client=httpx.Client(transport=transport),
        http_async_client=httpx.AsyncClient(transport=transport),
    )
    with pytest.raises(errors.APITimeoutError, match="usage log"):
        await read(client, colour, document=LINK)
    assert len(sent) == 1


async def test_a_check_and_a_method_of_a_name(
    api: Emulator, client: AimlapiClient, colour: str
) -> None:
    assert AimlapiClient().ocr.check(document=LINK).ok
    found = AimlapiClient().ocr.check(document=Path("nowhere.pdf"))
    assert isinstance(found.error, errors.InvalidRequestError)
    if colour == "sync":
        assert client.ocr.read(document=LINK).pages
    else:
        assert (await client.ocr.aread(document=LINK)).pages
        assert (await client.ocr.acheck(document=LINK)).ok
