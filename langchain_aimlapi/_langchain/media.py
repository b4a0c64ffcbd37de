"""Messages -> the arguments of a media call; what was made -> a message of content blocks."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic_core import to_json

from langchain_aimlapi._domain.content import content_to_parts
from langchain_aimlapi._domain.media import data_of
from langchain_aimlapi._domain.values import MediaPart, Meta, RawPart, TextPart
from langchain_aimlapi._langchain.chunks import meta_to_metadata, usage_to_metadata
from langchain_aimlapi.endpoints import Result
from langchain_aimlapi.endpoints._media import Media
from langchain_aimlapi.endpoints.images import Image, Images
from langchain_aimlapi.endpoints.meshes import Mesh
from langchain_aimlapi.endpoints.music import Music
from langchain_aimlapi.endpoints.speech import Speech
from langchain_aimlapi.endpoints.transcription import Transcript
from langchain_aimlapi.endpoints.video import Video
from langchain_aimlapi.errors import InvalidRequestError, UnsupportedFeatureError

Block = dict[str, Any]
_NOUNS = {"image": "images", "video": "videos", "audio": "sound", "file": "documents"}
_PROMPTS = ("prompt", "input", "text", "messages")
"""Keys of an input that is a dictionary under which its prompt may stand."""


# --- what goes in -----


def split_input(value: object) -> tuple[Any, dict[str, Any]]:
    """Any input -> what a chat model takes, and arguments of the call.

    A dictionary is a prompt (under ``prompt``, ``input``, ``text`` or ``messages``) and arguments;
    a lone message, or content blocks without a message, are the prompt as well.
    """
    if isinstance(value, Mapping):
        if "role" in value or "type" in value:
            return _as_messages([value]), {}
        name = next((name for name in _PROMPTS if name in value), None)
        rest = {key: each for key, each in value.items() if key != name}
        prompt, more = split_input(value[name]) if name is not None else ("", {})
        return prompt, {**more, **rest}
    if isinstance(value, BaseMessage):
        return [value], {}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _as_messages(value), {}
    return value, {}


def _as_messages(value: Sequence[object]) -> list[object]:
    """Content blocks as one message; messages as they are."""
    blocks = [each for each in value if isinstance(each, Mapping) and "role" not in each]
    if value and len(blocks) == len(value):
        return [{"role": "user", "content": list(value)}]
    return list(value)


def messages_to_arguments(
    messages: Sequence[BaseMessage], takes: Mapping[str, str], model: str, text_name: str
) -> dict[str, object]:
    """The words of a conversation as a prompt, its media as the arguments that are for them.

    Args:
        messages: All of them count, in their order.
        takes: Kind of media -> the argument for it.
        model: For messages.
        text_name: The argument for the words.

    Raises:
        UnsupportedFeatureError: there is something in it that the call has no argument for.
        InvalidRequestError: a block of the user's has nothing in it that can be sent.
    """
    texts: list[str] = []
    files: dict[str, list[Block]] = {}
    for message in messages:
        for part in content_to_parts(message.content):
            if isinstance(part, TextPart):
                texts.append(part.text)
            elif isinstance(part, MediaPart):
                if part.kind not in takes:
                    what = _NOUNS.get(part.kind, part.kind)
                    raise UnsupportedFeatureError(
                        f"{model} takes no {what} in its prompt",
                        advice="take it out of the messages",
                        model=model,
                        field=f"messages.{part.kind}",
                    )
                files.setdefault(takes[part.kind], []).append(_as_source(part))
            elif isinstance(part, RawPart) and isinstance(message, HumanMessage):
                raise _unread(part, model)
    arguments: dict[str, Any] = {
        name: found[0] if len(found) == 1 else found for name, found in files.items()
    }
    text = "\n\n".join(text for text in texts if text.strip())
    return {**({text_name: text} if text else {}), **arguments}


def _unread(part: RawPart, model: str) -> InvalidRequestError:
    """The error for a block of the user's that says nothing here: it is not left out in silence."""
    kind = part.value.get("type")
    keys = ", ".join(repr(key) for key in part.value if key != "type")
    return InvalidRequestError(
        f"a block of type {kind!r} in the prompt has no content that can be sent (keys: {keys})",
        advice='a file is {"type": "image", "url": ...}, or "base64" with "mime_type"; or give '
        "image=pathlib.Path(...) as an argument of the call",
        model=model,
        field="messages",
    )


def _as_source(part: MediaPart) -> Block:
    """A part as a content block, which every media call takes for a file."""
    found = data_of(part)
    block: Block = {"type": part.kind}
    if found is not None:
        block["base64"] = found[1]
        return {**block, "mime_type": found[0]} if found[0] else block
    name = "url" if part.url is not None else "file_id"
    return {**block, name: part.url or part.file_id}


# --- what comes out -----


def result_to_message(result: Result, kind: str, model: str) -> AIMessage:
    """What was made as a message: a content block for each file.

    Args:
        result: `Images`, or one file (`Video`, `Music`, `Mesh`, ...).
        kind: The type of the blocks: ``"image"``, ``"video"``, ``"audio"`` or ``"file"``.
        model: The id of the request.
    """
    if isinstance(result, Transcript):
        return transcript_to_message(result, model)
    files: Sequence[Media] = getattr(result, "images", None) or [result]
    blocks = [block for file in files for block in file_to_blocks(file, kind)]
    metadata = {"model_name": model, **meta_to_metadata(result.meta), "output_version": "v1"}
    if result.meta.id is not None and kind in ("video", "audio"):
        metadata["job_id"] = result.meta.id
    usage = result.usage
    return AIMessage(
        content=list(blocks),
        response_metadata=metadata,
        usage_metadata=usage_to_metadata(usage) if usage is not None else None,
    )


def value_to_message(value: Result, model: str) -> AIMessage:
    """Whatever an endpoint gives as a message: files as their blocks, everything else as text.

    Args:
        value: `Images`, `Video`, `Music`, `Mesh`, a transcript, pages, ...
        model: The id of the request.
    """
    if isinstance(value, Images | Media | Transcript):
        return result_to_message(value, _kind_of(value), model)
    text = getattr(value, "markdown", None) or getattr(value, "text", None)
    if not isinstance(text, str):
        shown = {each.name: getattr(value, each.name) for each in fields(value)}
        shown = {name: each for name, each in shown.items() if name not in ("meta", "raw")}
        text = to_json(shown, fallback=str).decode()
    metadata = {"model_name": model, **meta_to_metadata(value.meta), "output_version": "v1"}
    return AIMessage(content=[{"type": "text", "text": text}], response_metadata=metadata)


_KINDS: tuple[tuple[type[Result], str], ...] = (
    (Images, "image"), (Image, "image"), (Video, "video"), (Music, "audio"), (Mesh, "file"),
    (Speech, "audio"), (Transcript, "text"),
)  # fmt: skip


def _kind_of(value: Result) -> str:
    """The type of the content blocks for what was made."""
    for made, kind in _KINDS:
        if isinstance(value, made):
            return kind
    kind = (getattr(value, "content_type", None) or "").partition("/")[0]
    return kind if kind in ("image", "video", "audio") else "file"


def message_to_content(message: AIMessage, *, show: bool = False) -> str | list[str | Block]:
    """What a model that ordered the files is to read: a line for each, or the text.

    Args:
        message: As `value_to_message` makes it.
        show: Whether images are in it as images, too.
    """
    blocks = [block for block in message.content if isinstance(block, dict)]
    text = "\n".join(map(_line, blocks))
    images: list[str | Block] = [block for block in blocks if show and block["type"] == "image"]
    return [{"type": "text", "text": text}, *images] if images else text


def _line(block: Block) -> str:
    if block["type"] == "text":
        return str(block["text"])
    kind = block.get("mime_type") or block["type"]
    return f"{kind}: {block.get('url') or 'made; it has no link, the user gets it another way'}"


def file_to_blocks(file: Media, kind: str) -> list[Block]:
    """One file as content blocks: one for each of its links, or one with its content."""
    extras = _extras(file)
    base: Block = {"type": kind}
    if file.content_type:
        base["mime_type"] = file.content_type
    if file.data is not None:
        base.setdefault("mime_type", "application/octet-stream")
        base["base64"] = base64.b64encode(file.data).decode()
        return [{**base, **({"extras": extras} if extras else {})}]
    links = getattr(file, "urls", None)
    urls = list(links) if isinstance(links, tuple) and links else [file.url]
    return [{**base, "url": url, **({"extras": extras} if extras else {})} for url in urls if url]


# What a file tells about itself, by the names of our values.
_FACTS = ("width", "height", "revised_prompt", "size_bytes", "duration", "lyrics", "expires_at")


def _extras(file: Media) -> Block:
    found = {name: getattr(file, name, None) for name in _FACTS}
    if isinstance(file, Mesh):
        found |= {"urls": dict(file.urls), "thumbnail": file.thumbnail}
    found["seed"] = file.meta.extra.get("seed")
    found["id"] = file.meta.inference_id or file.meta.id
    return {name: value for name, value in found.items() if value is not None}


def message_to_result(message: AIMessage) -> ChatResult:
    """A message as the result of a chat model."""
    return ChatResult(generations=[ChatGeneration(message=message)])


def message_to_chunk(message: AIMessage) -> ChatGenerationChunk:
    """A whole message as the last chunk of a stream."""
    return ChatGenerationChunk(
        message=AIMessageChunk(
            content=message.content,
            response_metadata=message.response_metadata,
            usage_metadata=message.usage_metadata,
            chunk_position="last",
        )
    )


def transcript_to_message(made: Transcript, model: str) -> AIMessage:
    """What was heard as a message; words with times and speakers beside it."""
    metadata = {"model_name": model, **meta_to_metadata(made.meta), "output_version": "v1"}
    for name, value in (("language", made.language), ("duration", made.duration)):
        if value is not None:
            metadata[name] = value
    usage = made.usage
    words = [asdict(word) for word in made.words]
    return AIMessage(
        content=[{"type": "text", "text": made.text}],
        additional_kwargs={"words": words} if words else {},
        response_metadata=metadata,
        usage_metadata=usage_to_metadata(usage) if usage is not None else None,
    )


class SoundChunks:
    """Sound as it comes -> chunks of one ``audio`` block, whose base64 appends to a whole.

    Args:
        model: The id of the request.
    """

    def __init__(self, model: str) -> None:
        self._model = model
        self._rest = b""
        self._begun = False

    def feed(self, data: bytes, content_type: str | None) -> Iterator[ChatGenerationChunk]:
        """The chunk of a piece; none where it is shorter than what base64 needs."""
        data = self._rest + data
        size = len(data) - len(data) % 3
        self._rest = data[size:]
        if size:
            yield self._chunk(data[:size], content_type)

    def close(self) -> ChatGenerationChunk:
        """The last chunk."""
        content = [self._block(self._rest)] if self._rest else []
        metadata = {"model_name": self._model, "output_version": "v1"}
        return ChatGenerationChunk(
            message=AIMessageChunk(
                content=list(content), response_metadata=metadata, chunk_position="last"
            )
        )

    def _chunk(self, data: bytes, content_type: str | None) -> ChatGenerationChunk:
        block = self._block(data)
        if not self._begun:
            self._begun = True
            block["mime_type"] = content_type or "application/octet-stream"
        return ChatGenerationChunk(message=AIMessageChunk(content=[block]))

    @staticmethod
    def _block(data: bytes) -> Block:
        return {"type": "audio", "base64": base64.b64encode(data).decode(), "index": 0}


def progress_chunk(
    job: str, status: str, native_status: str, fraction: float | None, seconds: float
) -> ChatGenerationChunk:
    """The state of a job as a chunk without content."""
    progress = {
        "job_id": job,
        "status": status,
        "native_status": native_status,
        "fraction": fraction,
        "seconds": round(seconds, 1),
    }
    return ChatGenerationChunk(
        message=AIMessageChunk(content=[], additional_kwargs={"progress": [progress]})
    )


# --- files of a message -----


def message_to_files(message: object) -> list[Media]:
    """The files of a message (or of its dictionary, or of the artifact of a tool) as values that
    can be saved, read and shown."""
    artifact = getattr(message, "artifact", None)
    message = message if artifact is None else artifact
    found = message if isinstance(message, Mapping) else vars(message)
    content, metadata = found.get("content"), found.get("response_metadata") or {}
    if not isinstance(content, list):
        content = []
    blocks = [block for block in content if isinstance(block, Mapping)]
    return [
        block_to_file(block, metadata.get("job_id")) for block in blocks if block["type"] in _FILES
    ]


_FILES: Mapping[str, type[Media]] = {
    "image": Image, "video": Video, "audio": Music, "file": Media,
}  # fmt: skip


def block_to_file(block: Mapping[str, Any], job: str | None) -> Media:
    """A content block as the value that it was made of, as far as it tells."""
    data = block.get("base64")
    return _FILES[block["type"]](
        url=block.get("url"),
        data=base64.b64decode(data) if isinstance(data, str) else None,
        content_type=block.get("mime_type"),
        size_bytes=(block.get("extras") or {}).get("size_bytes"),
        meta=Meta(id=job),
    )
