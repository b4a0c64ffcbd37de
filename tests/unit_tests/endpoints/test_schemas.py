"""Every embedding and image id, every feature: what is built fits the published schema.

The judge is the documentation's own schema, not the catalog. A request that a model cannot take
in any form must be refused before it is sent; those pairs are counted, so that none slips in.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import pytest

from langchain_aimlapi._wire.request import Request
from langchain_aimlapi.endpoints import images, meshes, music, video
from langchain_aimlapi.endpoints._vocabulary import Vocabulary
from langchain_aimlapi.endpoints.embeddings import plan_embeddings
from langchain_aimlapi.endpoints.images import EDITS, GENERATIONS, plan_edit, plan_images
from langchain_aimlapi.endpoints.meshes import plan_mesh
from langchain_aimlapi.endpoints.music import plan_submit as plan_music
from langchain_aimlapi.endpoints.video import plan_submit
from langchain_aimlapi.errors import InvalidRequestError, UnsupportedFeatureError
from tests.unit_tests.endpoints.planning import (
    bodies_of,
    context,
    judge,
    problems,
    requests_of,
    sent_bytes,
    served,
)

EMBEDDINGS = "/v1/embeddings"
SIZES = {"size", "aspect_ratio", "resolution"}
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
LINK = "https://example.com/cat.png"

EMBEDDING_FEATURES: dict[str, dict[str, Any]] = {
    "one": {"input": "hi"},
    "several": {"input": ["hi", "there", "you"]},
    "one in a list": {"input": ["hi"]},
    "many": {"input": [f"text {place}" for place in range(300)]},
    "long": {"input": ["a", "b" * 801, "c", "d" * 8000, "e"]},
    "emoji": {"input": ["\N{GRINNING FACE}" * 500, "\N{GRINNING FACE}"]},
    "query": {"input": "hi", "purpose": "query"},
    "document": {"input": "hi", "purpose": "document"},
    "dimensions": {"input": "hi", "dimensions": 256},
    "base64": {"input": "hi", "encoding_format": "base64"},
    "float": {"input": "hi", "encoding_format": "float"},
    "task type": {"input": "hi", "task_type": "CLUSTERING"},
    "wrong task type": {"input": "hi", "task_type": "SLEEPING"},
    "input type": {"input": "hi", "input_type": "document"},
    "input type query": {"input": "hi", "input_type": "query"},
    "title": {"input": "hi", "title": "Letter", "auto_truncate": False},
    "user": {"input": "hi", "user": "u1"},
    "own parameter": {"input": "hi", "params": {"truncation": True}},
}
IMAGE_FEATURES: dict[str, dict[str, Any]] = {
    "plain": {},
    "one": {"n": 1},
    "two": {"n": 2},
    "twenty": {"n": 20},
    **{
        f"size {size}": {"size": size}
        for size in (
            "1024x1024", "512x512", "1024x1536", "1792x1024", "64x64", "8000x100", "landscape_16_9",
            "square_hd", "1K", "2K", "4k", "auto", "adaptive", "16:9", "nonsense",
        )
    },
    "size pair": {"size": (768, 1024)},
    "size box": {"size": {"width": 1440, "height": 1440}},
    **{
        f"ratio {ratio}": {"aspect_ratio": ratio}
        for ratio in ("1:1", "16:9", "9:16", "4:3", "3:2", "21:9", "1:3", "7:5", "auto", "wide")
    },
    **{f"resolution {level}": {"resolution": level} for level in ("1K", "2k", "4K", "8K")},
    "ratio and resolution": {"aspect_ratio": "16:9", "resolution": "2K"},
    "level and ratio": {"size": "2K", "aspect_ratio": "3:4"},
    "size and ratio": {"size": "1024x1024", "aspect_ratio": "16:9"},
    "base64": {"response_format": "b64_json"},
    "url": {"response_format": "url"},
    "seed": {"seed": 42},
    "seed 0": {"seed": 0},
    "large seed": {"seed": 2**31},
    "negative": {"negative_prompt": "blur"},
    "png": {"output_format": "png"},
    "jpg": {"output_format": "jpg"},
    "webp": {"output_format": "webp"},
    "quality": {"quality": "high"},
    "quality hd": {"quality": "hd"},
    "quality auto": {"quality": "auto"},
    "style": {"style": "vivid"},
    "background": {"params": {"background": "transparent"}},
    "guidance": {"params": {"guidance_scale": 0}},
    "steps": {"params": {"steps": 4}},
    "many steps": {"params": {"steps": 500}},
    "strength": {"params": {"strength": 0.5}},
    "tolerance": {"params": {"safety_tolerance": 3}},
    "watermark": {"params": {"watermark": True, "enhance_prompt": False, "web_search": True}},
    "user": {"params": {"user": "u1"}},
    "compression": {"output_format": "jpg", "params": {"output_compression": 80}},
    "safety": {"params": {"moderation": "low", "enable_safety_checker": False,
                          "person_generation": "allow_adult"}},
}  # fmt: skip
FILE_FEATURES: dict[str, dict[str, Any]] = {
    "link": {"image": LINK},
    "bytes": {"image": PNG},
    "two": {"image": [PNG, LINK]},
    "three bytes": {"image": [PNG, PNG, PNG], "size": "1024x1024"},
    "no prompt": {"image": PNG, "prompt": None},
}
# What an id needs beside a prompt or an image.
NEEDS: dict[str, dict[str, Any]] = {
    "topaz-labs/sharpen": {"params": {"mode": "Standard"}},
    "blackforestlabs/flux-erase": {"params": {"mask_url": LINK}},
    "blackforestlabs/flux-outpainting": {"params": {"width": 1024, "height": 1024}},
    "blackforestlabs/flux-vto": {"params": {"person_image_url": LINK, "garment_image_url": LINK}},
    "topaz-labs/sharpen-gen": {"params": {"mode": "Super Focus"}},
}


def test_every_embedding_id_and_feature_fits_its_schema() -> None:
    judged = refused = 0
    wrong: list[str] = []
    for model in served("embedding", EMBEDDINGS):
        for feature, arguments in EMBEDDING_FEATURES.items():
            try:
                built = bodies_of(plan_embeddings(context(), model=model, **arguments))
            except UnsupportedFeatureError:
                refused += 1
                continue
            for body in built:
                judged += 1
                wrong += [f"{model} {feature} {each}" for each in problems(EMBEDDINGS, body)]
    assert wrong == []
    assert refused == 0
    assert judged > 300


def fitted(feature: dict[str, Any], model: str) -> dict[str, Any]:
    needs = NEEDS.get(model, {})
    params = {**feature.get("params", {}), **needs.get("params", {})}
    return {"prompt": "a cat", **feature, **({"params": params} if params else {})}


def is_editor(model: str) -> bool:
    facts = context().facts(model)
    params = facts.shapes[GENERATIONS].params or {}
    places = {"image", "image_url", "image_urls"} & set(params)
    return bool(facts.shapes[GENERATIONS].required & places)


def test_every_image_id_and_feature_fits_its_schema() -> None:
    wrong: list[str] = []
    judged = 0
    fields: set[str | None] = set()
    for model in served("image", GENERATIONS):
        start = {"image": LINK} if is_editor(model) else {}
        for feature, arguments in IMAGE_FEATURES.items():
            call = {**start, **fitted(arguments, model)}
            try:
                plan = plan_images(context(), model=model, **call)
            except UnsupportedFeatureError as error:
                fields.add(error.field)
                continue
            (body,) = bodies_of(plan)
            judged += 1
            wrong += [f"{model} {feature} {each}" for each in problems(GENERATIONS, body)]
    assert wrong == []
    assert judged > 2500
    assert fields == {*SIZES, "n"}


def test_a_model_with_several_named_images_names_them() -> None:
    with pytest.raises(UnsupportedFeatureError, match="has no parameter for an image") as caught:
        plan_images(context(), model="blackforestlabs/flux-vto", prompt="a cat", image=LINK)
    assert "'garment_image_url': ..., 'person_image_url': ..." in (caught.value.advice or "")


def test_every_image_id_takes_images_or_says_that_it_does_not() -> None:
    wrong: list[str] = []
    taken: set[str] = set()
    refused: dict[str, set[str]] = {}
    fields: set[str | None] = set()
    for model, (feature, arguments) in itertools.product(
        served("image", GENERATIONS), FILE_FEATURES.items()
    ):
        try:
            plan = plan_images(context(), model=model, **fitted(arguments, model))
        except InvalidRequestError as error:  # UnsupportedFeatureError is one
            refused.setdefault(model, set()).add(feature)
            fields.add(error.field)
            continue
        taken.add(model)
        (body,) = bodies_of(plan)
        wrong += [f"{model} {feature} {each}" for each in problems(GENERATIONS, body)]
    assert wrong == []
    assert fields == {"image", "prompt", "size"}
    assert len(taken) > 25
    # a model with a place for an image takes one in every spelling
    assert not [model for model in taken if refused.get(model, set()) & {"link", "bytes"}]


def as_json(request: Request) -> dict[str, Any]:
    """The form as the schema describes it: text as numbers, files as multer's objects."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + sent_bytes(request))
    body: dict[str, Any] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        if part.get_filename() is None:
            said = payload.decode()
            body[name] = int(said) if said.isdecimal() else said
            continue
        file = {
            "fieldname": name,
            "originalname": part.get_filename(),
            "mimetype": part.get_content_type(),
            "encoding": "7bit",
            "buffer": None,
            "size": len(payload),
        }
        if name == "image[]":
            body.setdefault("image", []).append(file)
        else:
            body[name] = file
    return body


def uploads() -> Iterator[tuple[str, dict[str, Any]]]:
    yield from IMAGE_FEATURES.items()
    yield "mask", {"mask": PNG}
    yield "several", {"image": [PNG] * 16}


def test_every_upload_of_gpt_image_fits_its_schema() -> None:
    wrong: list[str] = []
    models = list(served("image", EDITS))
    fields: set[str | None] = set()
    for model, (feature, arguments) in itertools.product(models, uploads()):
        given: dict[str, Any] = {"prompt": "a hat", "image": PNG, **arguments}
        try:
            (request,) = requests_of(plan_edit(context(), model=model, **given))
        except UnsupportedFeatureError as error:
            fields.add(error.field)
            continue
        assert request.url.endswith(EDITS)
        wrong += [f"{model} {feature} {each}" for each in problems(EDITS, as_json(request))]
    assert len(models) == 2
    assert fields == {*SIZES, "n"}
    assert wrong == []


# --- video, music, 3D -----

VIDEOS, MUSIC = "/v2/video/generations", "/v2/generate/audio"
CLIP, SONG, MESH = (f"https://example.com/cat.{end}" for end in ("mp4", "mp3", "glb"))
VIDEO_FEATURES: dict[str, dict[str, Any]] = {
    "plain": {},
    **{f"duration {n}": {"duration": n} for n in (4, 5, 5.0, "8", 10, 2, 61)},
    **{f"ratio {r}": {"aspect_ratio": r} for r in ("16:9", "9:16", "1:1", "21:9", "auto", "7:5")},
    **{
        f"resolution {level}": {"resolution": level}
        for level in ("480p", "720P", "1080p", 1080, "4k", "2160p", "hd", "huge")
    },
    "seed": {"seed": 42},
    "seed 0": {"seed": 0},
    "negative": {"negative_prompt": "rain"},
    "sound": {"generate_audio": True},
    "no sound": {"generate_audio": False},
    "image": {"image": LINK},
    "image bytes": {"image": PNG},
    "images": {"image": [LINK, LINK]},
    "many images": {"image": [LINK] * 20},
    "first and last": {"image": LINK, "last_image": LINK},
    "references": {"reference_images": [LINK, LINK]},
    "image and references": {"image": LINK, "reference_images": [LINK]},
    "video": {"video": CLIP},
    "image and video": {"image": LINK, "video": CLIP},
    "video and mask": {"video": CLIP, "params": {"mask_video_url": CLIP}},
    "audio": {"audio": SONG},
    "image and audio": {"image": LINK, "audio": SONG},
    "video and audio": {"video": CLIP, "audio": SONG},
    "all": {"image": LINK, "last_image": LINK, "reference_images": [LINK], "video": CLIP,
            "audio": SONG, "duration": 5, "aspect_ratio": "16:9", "resolution": "720p",
            "seed": 1},
    "our names": {"params": {"enhance_prompt": True, "watermark": True, "camera_fixed": True,
                             "steps": 20, "fps": 25, "cfg_scale": 0.5, "style": "anime",
                             "guidance_scale": 3, "user": "u1"}},
    "safety": {"params": {"enable_safety_checker": False, "person_generation": "allow_adult"}},
    "effect": {"image": LINK, "params": {"effect_scene": "hug"}},
}  # fmt: skip
MUSIC_FEATURES: dict[str, dict[str, Any]] = {
    "plain": {},
    "lyrics": {"lyrics": "one two three, one two three"},
    "short lyrics": {"lyrics": "la"},
    "song": {"reference_audio": SONG},
    "song and lyrics": {"reference_audio": SONG, "lyrics": "one two three, one two"},
    **{f"duration {n}": {"duration": n} for n in (1, 20, 30.5, 47, 120, 301)},
    "instrumental": {"instrumental": True},
    "negative": {"negative_prompt": "drums"},
    "seed": {"seed": 0},
    **{f"format {f}": {"output_format": f, "lyrics": "one two three, one two"}
       for f in ("mp3", "wav", "ogg")},
    "rates": {"sample_rate": 44100, "bitrate": 256000, "lyrics": "one two three, one two"},
    "wrong rate": {"sample_rate": 1, "lyrics": "one two three, one two"},
    "our names": {"params": {"steps": 50, "write_lyrics": True}},
}  # fmt: skip
MESH_FEATURES: dict[str, dict[str, Any]] = {
    "plain": {}, "image": {"image": LINK}, "bytes": {"image": PNG}, "mesh": {"mesh": MESH},
    "sides": {"image": LINK, "back_image": LINK, "left_image": LINK, "right_image": LINK},
    "obj": {"image": LINK, "output_format": "obj"}, "stl": {"image": LINK, "output_format": "stl"},
    "seed": {"mesh": MESH, "seed": 3}, "background": {"image": LINK,
                                                      "params": {"remove_background": True}},
    "texture": {"image": LINK, "params": {"texture": True}},
}  # fmt: skip
KINDS: dict[str, tuple[str, str, Any, dict[str, dict[str, Any]]]] = {
    "video": ("video", VIDEOS, plan_submit, VIDEO_FEATURES),
    "music": ("audio", MUSIC, plan_music, MUSIC_FEATURES),
    "3D": ("3d", GENERATIONS, plan_mesh, MESH_FEATURES),
}
# Nothing else of a call may be refused by us where the schema does not refuse it.
REFUSED = {
    "image", "last_image", "reference_images", "video", "audio", "duration", "aspect_ratio",
    "resolution", "prompt", "lyrics", "reference_audio", "sample_rate", "mesh", "back_image",
    "left_image", "right_image", "output_format", "effect_scene", "style",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("video", 24),
        pytest.param("video", 1, marks=pytest.mark.table),
        ("music", 1),
        ("3D", 1),
    ],
)
def test_every_id_of_every_kind_fits_its_schema_or_says_what_it_lacks(
    name: str, share: int
) -> None:
    kind, path, plan, features = KINDS[name]
    wrong: list[str] = []
    fields: set[str | None] = set()
    judged: dict[str, int] = {}
    models = [model for model in served(kind, path) if judge(path, model) is not None][::share]
    for model, (feature, arguments) in itertools.product(models, features.items()):
        given = {**({} if name == "3D" else {"prompt": "a cat on a roof"}), **arguments}
        try:
            (body,) = bodies_of(plan(context(), model=model, **given))
        except InvalidRequestError as error:  # UnsupportedFeatureError is one
            fields.add(error.field)
            continue
        judged[model] = judged.get(model, 0) + 1
        wrong += [f"{model} {feature} {each}" for each in problems(path, body)]
    assert wrong == []
    assert fields <= REFUSED
    assert set(judged) == set(models)  # every model can be called
    assert sum(judged.values()) > len(models) * 3


def words_of(vocabulary: Vocabulary) -> set[str]:
    """Our names for the parameters and files of a kind."""
    return {*vocabulary.common, *(slot.name for slot, _ in vocabulary.slots)}


def names_in(features: dict[str, dict[str, Any]]) -> set[str]:
    """The arguments and parameters that a table of features gives somewhere."""
    return {
        name
        for arguments in features.values()
        for name in (*arguments, *arguments.get("params", {}))
    }


@pytest.mark.parametrize(
    ("common", "features"),
    [
        (images._COMMON | SIZES | {"n", "image"}, {**IMAGE_FEATURES, **FILE_FEATURES}),
        (words_of(video.WORDS), VIDEO_FEATURES),
        (words_of(music.WORDS), MUSIC_FEATURES),
        (words_of(meshes.WORDS), MESH_FEATURES),
    ],
    ids=["images", "video", "music", "3D"],
)
def test_the_tables_above_give_every_parameter_of_the_common_set(
    common: set[str], features: dict[str, dict[str, Any]]
) -> None:
    assert common - names_in(features) - {"prompt"} == set()
