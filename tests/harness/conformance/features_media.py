"""Features of media: images, documents, sound, film; in every spelling, given and by URL."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage, HumanMessage

from tests.harness.conformance.feature import Feature, carries, everything, says
from tests.harness.conformance.samples import (
    AUDIO_URL,
    IMAGE_URL,
    MP4,
    PDF,
    PDF_URL,
    PNG,
    VIDEO_URL,
    WAV,
    Wire,
    chat,
    responses,
    said,
    text,
)

PNG_URI = f"data:image/png;base64,{PNG}"
PDF_URI = f"data:application/pdf;base64,{PDF}"
MP4_URI = f"data:video/mp4;base64,{MP4}"


def _asked(*blocks: Any) -> list[HumanMessage]:
    return [HumanMessage([text("look"), *blocks])]


def _chat(block: Wire) -> Wire:
    return chat(said("user", [text("look"), block]))


def _flat(block: Wire) -> Wire:
    return responses(said("user", [{"type": "input_text", "text": "look"}, block]))


def _source(kind: str, **source: Any) -> Wire:
    return {"type": kind, "source": source}


GIVEN_IMAGE = (
    _chat({"type": "image_url", "image_url": {"url": PNG_URI}}),
    _chat(_source("image", type="base64", media_type="image/png", data=PNG)),
    _flat({"type": "input_image", "image_url": PNG_URI}),
)
LINKED_IMAGE = (
    _chat({"type": "image_url", "image_url": {"url": IMAGE_URL}}),
    _chat(_source("image", type="url", url=IMAGE_URL)),
    _flat({"type": "input_image", "image_url": IMAGE_URL}),
)
GIVEN_PDF = (
    _chat({"type": "file", "file": {"filename": "one.pdf", "file_data": PDF_URI}}),
    _chat(_source("document", type="base64", media_type="application/pdf", data=PDF)),
    _flat({"type": "input_file", "filename": "one.pdf", "file_data": PDF_URI}),
)
LINKED_PDF = (
    _chat(_source("document", type="url", url=PDF_URL)),
    _flat({"type": "input_file", "file_url": PDF_URL}),
)
FILE_ID = (
    _chat({"type": "file", "file": {"file_id": "file-1"}}),
    _chat(_source("document", type="file", file_id="file-1")),
    _flat({"type": "input_file", "file_id": "file-1"}),
)
SOUND = {"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}}
GIVEN_SOUND = (_chat(SOUND), chat(said("user", [SOUND])), _flat(SOUND))


def _media(name: str, kind: str, payload: str, witnesses: tuple[Wire, ...], block: Wire) -> Feature:
    return Feature(name, _asked(block), everything(says("look"), carries(kind, payload)), witnesses)


def _image(name: str, block: Wire, witnesses: tuple[Wire, ...] = GIVEN_IMAGE) -> Feature:
    payload = PNG if witnesses is GIVEN_IMAGE else IMAGE_URL
    return _media(f"image {name}", "image", payload, witnesses, block)


V0 = {"source_type": "base64", "mime_type": "image/png", "data": PNG}
MEDIA = (
    _image("URL, OpenAI", {"type": "image_url", "image_url": {"url": IMAGE_URL}}, LINKED_IMAGE),
    _image("URL, OpenAI short", {"type": "image_url", "image_url": IMAGE_URL}, LINKED_IMAGE),
    _image("URL, v0", {"type": "image", "source_type": "url", "url": IMAGE_URL}, LINKED_IMAGE),
    _image("URL, v1", {"type": "image", "url": IMAGE_URL}, LINKED_IMAGE),
    _image("URL, Anthropic", _source("image", type="url", url=IMAGE_URL), LINKED_IMAGE),
    _image("data, OpenAI", {"type": "image_url", "image_url": {"url": PNG_URI, "detail": "low"}}),
    _image("data, v0", {"type": "image", **V0}),
    _image("data, v1", {"type": "image", "base64": PNG, "mime_type": "image/png"}),
    _image("data, Anthropic", _source("image", type="base64", media_type="image/png", data=PNG)),
    Feature(
        "six images",
        _asked(*({"type": "image", "base64": PNG, "mime_type": "image/png"} for _ in range(6))),
        everything(says("look"), lambda body, takes: str(body).count(PNG) == 6),
        GIVEN_IMAGE,
    ),
    _media("PDF data, v0", "file", PDF, GIVEN_PDF,
           {"type": "file", "source_type": "base64", "mime_type": "application/pdf", "data": PDF,
            "filename": "one.pdf"}),
    _media("PDF data, v1", "file", PDF, GIVEN_PDF,
           {"type": "file", "base64": PDF, "mime_type": "application/pdf"}),
    _media("PDF data, OpenAI", "file", PDF, GIVEN_PDF,
           {"type": "file", "file": {"filename": "one.pdf", "file_data": PDF_URI}}),
    _media("PDF data, Anthropic", "file", PDF, GIVEN_PDF,
           _source("document", type="base64", media_type="application/pdf", data=PDF)),
    _media("PDF URL, v1", "file", PDF_URL, LINKED_PDF, {"type": "file", "url": PDF_URL}),
    _media("PDF URL, Anthropic", "file", PDF_URL, LINKED_PDF,
           _source("document", type="url", url=PDF_URL)),
    _media("file id", "file", "file-1", FILE_ID, {"type": "file", "file": {"file_id": "file-1"}}),
    Feature("text document, v1",
            _asked({"type": "text-plain", "text": "ripe", "mime_type": "text/plain"}),
            lambda body, takes: "ripe" in str(body) and "look" in str(body),
            (chat(said("user", "look ripe")), responses(said("user", "look ripe")))),
    Feature("text document, Anthropic",
            _asked(_source("document", type="text", media_type="text/plain", data="ripe")),
            lambda body, takes: "ripe" in str(body) and "look" in str(body),
            (chat(said("user", "look ripe")), responses(said("user", "look ripe")))),
    _media("sound, v0", "audio", WAV, GIVEN_SOUND,
           {"type": "audio", "source_type": "base64", "mime_type": "audio/wav", "data": WAV}),
    _media("sound, v1", "audio", WAV, GIVEN_SOUND,
           {"type": "audio", "base64": WAV, "mime_type": "audio/wav"}),
    _media("sound, OpenAI", "audio", WAV, GIVEN_SOUND, SOUND),
    _media("sound mp3, v1", "audio", WAV,
           tuple(form({"type": "input_audio", "input_audio": {"data": WAV, "format": "mp3"}})
                 for form in (_chat, _flat)),
           {"type": "audio", "base64": WAV, "mime_type": "audio/mpeg"}),
    Feature("sound alone",
            [HumanMessage([SOUND])], carries("audio", WAV),
            (*GIVEN_SOUND, chat(said("user", [{"type": "input_audio",
                                               "input_audio": {"data": WAV}}])))),
    Feature("sound URL", [HumanMessage([{"type": "audio", "url": AUDIO_URL}])],
            carries("audio", AUDIO_URL),
            # Where a format stands beside the data, the data is the sound itself.
            (chat(said("user", [{"type": "input_audio", "input_audio": {"data": AUDIO_URL}}])),)),
    _media("film URL, OpenAI", "video", VIDEO_URL,
           (_chat({"type": "video_url", "video_url": {"url": VIDEO_URL}}),),
           {"type": "video_url", "video_url": {"url": VIDEO_URL}}),
    _media("film URL, v1", "video", VIDEO_URL,
           (_chat({"type": "video_url", "video_url": {"url": VIDEO_URL}}),),
           {"type": "video", "url": VIDEO_URL}),
    _media("film data, v1", "video", MP4,
           (_chat({"type": "video_url", "video_url": {"url": MP4_URI}}),),
           {"type": "video", "base64": MP4, "mime_type": "video/mp4"}),
    Feature("image in an answer",
            [HumanMessage("draw"), AIMessage([text("done"), {"type": "image", "base64": PNG,
                                                            "mime_type": "image/png"}]),
             HumanMessage("again")],
            everything(says("draw", "done", "again"), carries("image", PNG)),
            (chat(said("user", "draw"),
                  said("assistant", [text("done"), GIVEN_IMAGE[1]["messages"][0]["content"][1]]),
                  said("user", "again")),
             chat(said("user", "draw"),
                  said("assistant", [text("done"), GIVEN_IMAGE[0]["messages"][0]["content"][1]]),
                  said("user", "again")))),
)  # fmt: skip
