"""How each model's images are answered, as recorded: under which key, with which fields.

Seen in 72 recorded answers of image models: 47 have ``data``, 20 ``images``, 5 both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from langchain_aimlapi.emulator._core import Json

# What stands in a field: a fact of the image by its name, or a value as it is.
_FACTS = frozenset(
    {"url", "width", "height", "file_name", "file_size", "prompt", "size", "b64_json"}
)


@dataclass(frozen=True, slots=True)
class ImageForm:
    """One form of answer.

    Attributes:
        key: Where the images stand.
        item: The fields of an image, in their order: a fact's name, or a fixed value.
        top: The fields beside the images.
        kind: The file's format, where the request does not say it.
    """

    key: Literal["data", "images", "both"] = "data"
    item: tuple[tuple[str, Any], ...] = (("url", "url"),)
    top: tuple[str, ...] = ()
    kind: str = "png"

    def image(self, facts: Mapping[str, Any]) -> Json:
        """One image of an answer."""
        return {name: facts.get(value) if value in _FACTS else value for name, value in self.item}

    def body(self, images: list[Json], facts: Mapping[str, Any]) -> Json:
        """The answer around the images, without ``meta``."""
        keys = ("images", "data") if self.key == "both" else (self.key,)
        made: Json = {name: facts[name] for name in self.top if name in _LEADING}
        made |= dict.fromkeys(keys, images)
        return made | {name: facts[name] for name in self.top if name not in _LEADING}


_LEADING = frozenset({"id", "object", "created", "background", "model", "description"})
_URL = (("url", "url"),)
_FAL_ITEM = (
    ("url", "url"),
    ("width", "width"),
    ("height", "height"),
    ("content_type", "image/jpeg"),
)
_FAL_TOP = ("timings", "seed", "has_nsfw_concepts", "prompt_text")
_FILE_ITEM = (
    ("url", "url"),
    ("content_type", "image/png"),
    ("file_name", "file_name"),
    ("file_size", "file_size"),
)
_FAL = ImageForm("images", _FAL_ITEM, _FAL_TOP, "jpeg")
_RICH_TOP = ("created", "background", "output_format", "quality", "size", "usage")
_B64_ITEM = (("b64_json", "b64_json"), ("url", "url"))
_FORMS: tuple[tuple[str, ImageForm], ...] = (
    (
        r"seedream-v4-edit",
        ImageForm("both", (*_FILE_ITEM, ("width", None), ("height", None)), ("seed",)),
    ),
    (
        r"bytedance/uso",
        ImageForm(
            "both",
            (
                ("url", "url"),
                ("content_type", "image/png"),
                ("file_name", None),
                ("file_size", None),
                ("width", "width"),
                ("height", "height"),
            ),
            ("seed", "has_nsfw_concepts", "prompt_text", "timings"),
        ),
    ),
    (r"flux/srpo", ImageForm("both", _FAL_ITEM, _FAL_TOP, "jpeg")),
    (r"flux-2|blackforestlabs", ImageForm()),
    (r"(^|/)flux|stable-diffusion", _FAL),
    (
        r"recraft",
        ImageForm(
            "images", (("url", "url"), ("content_type", "image/webp"), *_FILE_ITEM[2:]), (), "webp"
        ),
    ),
    (r"imagen4|imagen-4-preview", ImageForm("images", _FILE_ITEM, ("seed",))),
    (
        r"gemini-2\.5-flash-image",
        ImageForm(
            "images",
            (
                ("url", "url"),
                ("content_type", "image/jpeg"),
                ("file_name", "file_name"),
                ("file_size", None),
            ),
            ("description",),
            "jpeg",
        ),
    ),
    (r"switchx|beeble", ImageForm("images", _FILE_ITEM)),
    (
        r"nano-banana-2|gemini-3[.-]1-flash-image",
        ImageForm("data", (("mime_type", "image/png"), *_B64_ITEM)),
    ),
    (
        r"nano-banana|gemini-3-pro-image",
        ImageForm(
            "data",
            (
                ("url", "url"),
                ("content_type", "image/png"),
                ("width", None),
                ("height", None),
                ("file_name", "file_name"),
            ),
            ("description",),
        ),
    ),
    (
        r"imagen-",
        ImageForm("data", (("mime_type", "image/png"), ("url", "url"), ("prompt", "prompt"))),
    ),
    (r"seedream-(4|5|v4)|dola-seedream", ImageForm("data", (("url", "url"), ("size", "size")))),
    (r"seedream-3", ImageForm("data", _URL, ("created",))),
    (r"qwen-image-2|(^|/)wan", ImageForm("data", _URL, ("created",))),
    (
        r"qwen-image",
        ImageForm(
            "data",
            (("b64_json", "b64_json"), ("revised_prompt", None), ("url", "url")),
            (
                "created",
                "background_none",
                "output_none",
                "quality_none",
                "size_none",
                "usage_none",
            ),
        ),
    ),
    (r"z-image|hunyuan-image|topaz", ImageForm()),
    (
        r"gpt-image-1[.-]5",
        ImageForm(
            "data",
            (("b64_json", "b64_json"), ("url", "url"), ("revised_prompt", "prompt")),
            ("id", "object", "created", "model", "chat_usage"),
        ),
    ),
    (r"gpt-image-1$", ImageForm("data", _B64_ITEM, _RICH_TOP)),
    (r"gpt-image", ImageForm("data", _B64_ITEM)),
    (
        r"reve/",
        ImageForm(
            "data", (*_B64_ITEM[::-1], ("request_id", "request"), ("content_violation", False))
        ),
    ),
)
_DEFAULT = ImageForm(
    "data", (("b64_json", "b64_json"), ("url", "url"), ("revised_prompt", None)), ("created",)
)
# Facts that stand under another name than their own in the answer.
RENAMED = {
    "prompt_text": "prompt",
    "background_none": "background",
    "output_none": "output_format",
    "quality_none": "quality",
    "size_none": "size",
    "usage_none": "usage",
    "chat_usage": "usage",
}


def image_form(model: str) -> ImageForm:
    """How a model's images are answered. The family of an unrecorded one decides."""
    return next((form for name, form in _FORMS if re.search(name, model)), _DEFAULT)


_PIXELS = {"1K": 1024, "2K": 2048, "4K": 4096, "0.5K": 512, "1.5K": 1536}
_NAMED = {
    "square_hd": (1024, 1024),
    "square": (512, 512),
    "portrait_4_3": (768, 1024),
    "portrait_16_9": (576, 1024),
    "landscape_4_3": (1024, 768),
    "landscape_16_9": (1024, 576),
}


def image_size(body: Json) -> tuple[int, int]:
    """Width and height in pixels that a body asks for, in whatever words; else 1024 x 1024."""
    for name in ("size", "image_size"):
        value = body.get(name)
        if isinstance(value, dict):
            width, height = value.get("width"), value.get("height")
            if isinstance(width, int) and isinstance(height, int):
                return _bounded(width, height)
        found = re.fullmatch(r"(\d{2,5})[x*](\d{2,5})", value) if isinstance(value, str) else None
        if found:
            return _bounded(int(found[1]), int(found[2]))
        if isinstance(value, str) and value in _NAMED:
            return _NAMED[value]
    words = [body.get("resolution"), body.get("image_size"), body.get("size")]
    side = next((_PIXELS[one] for one in words if isinstance(one, str) and one in _PIXELS), 1024)
    ratio = re.fullmatch(r"(\d{1,2}):(\d{1,2})", str(body.get("aspect_ratio")))
    if not ratio or "0" in (ratio[1], ratio[2]):
        return side, side
    width, height = int(ratio[1]), int(ratio[2])
    if width >= height:
        return side, max(1, side * height // width)
    return max(1, side * width // height), side


def _bounded(width: int, height: int) -> tuple[int, int]:
    return min(max(width, 1), 8192), min(max(height, 1), 8192)
