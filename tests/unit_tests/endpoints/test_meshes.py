"""What is sent for a 3D model, and what is made of the answers."""

from __future__ import annotations

from typing import Any

import pytest

from langchain_aimlapi._wire.flow import Policy, Send
from langchain_aimlapi._wire.request import Limits
from langchain_aimlapi.endpoints.meshes import Mesh, parse_mesh, plan_mesh
from langchain_aimlapi.errors import InvalidRequestError, InvalidResponseError
from tests.unit_tests.endpoints.planning import answer, body_of, context

PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
LINK = "https://example.com/cat.png"
GLB = "https://cdn.example/cat.glb"


def file(name: str, kind: str = "model/gltf-binary") -> dict[str, Any]:
    return {
        "url": f"https://cdn.example/{name}", "content_type": kind, "file_name": name,
        "file_size": 7,
    }  # fmt: skip


def sent(model: str, **arguments: Any) -> dict[str, Any]:
    body = body_of(plan_mesh(context(), model=model, **arguments))
    assert body.pop("model") == model
    return body


def parsed(body: Any) -> Mesh:
    return parse_mesh(answer(body), Policy(model="m"))


@pytest.mark.parametrize(
    ("model", "given", "body"),
    [
        ("triposr", {"image": LINK, "output_format": "OBJ"},
         {"image_url": LINK, "output_format": "obj"}),
        ("triposr", {"image": LINK, "params": {"remove_background": True, "mc_resolution": 64}},
         {"image_url": LINK, "do_remove_background": True, "mc_resolution": 64}),
        ("magic/image-to-3d", {"image": LINK, "back_image": LINK},
         {"front_image_url": LINK, "back_image_url": LINK}),
        ("tencent/hunyuan-part", {"mesh": GLB, "seed": 7}, {"mesh_url": GLB, "seed": 7}),
        ("meshy/v6/image-to-3d", {"image": LINK, "params": {"topology": "quad"}},
         {"image_url": LINK, "topology": "quad"}),
    ],
)  # fmt: skip
def test_our_names_become_those_of_the_model(
    model: str, given: dict[str, Any], body: dict[str, Any]
) -> None:
    assert sent(model, **given) == body


def test_content_goes_out_as_a_data_url() -> None:
    assert sent("triposr", image=PNG)["image_url"].startswith("data:image/png;base64,")
    mesh = sent("tencent/hunyuan-part", mesh=b"glTF" + bytes(8))["mesh_url"]
    assert mesh.startswith("data:model/gltf-binary;base64,")


@pytest.mark.parametrize(
    ("model", "given", "field", "cure"),
    [
        ("triposr", {}, "image", "give image=..."),
        ("triposr", {"mesh": GLB}, "mesh", "tencent/hunyuan-part"),
        ("triposr", {"image": LINK, "output_format": "stl"}, "output_format", "'glb', 'obj'"),
        ("triposr", {"image": [LINK, LINK]}, "image", "takes one"),
        ("tencent/hunyuan-part", {"mesh": PNG}, "mesh", "not a 3D model"),
        ("flux/schnell", {"image": LINK}, "model", "AimlapiClient().images"),
        ("", {"image": LINK}, "model", "client.models()"),
    ],
)
def test_bad_input_is_named_before_anything_is_sent(
    model: str, given: dict[str, Any], field: str, cure: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        plan_mesh(context(), model=model, **given)
    assert caught.value.field == field
    assert cure in str(caught.value)


def test_one_model_in_one_file() -> None:
    made = parsed({"model_mesh": file("cat.glb"), "timings": {}, "requestId": "r", "new": [1]})
    assert made.url == GLB
    assert made.urls == {"glb": GLB}
    assert (made.content_type, made.size_bytes) == ("model/gltf-binary", 7)
    assert made.files == {}
    assert made.meta.extra == {"timings": {}, "requestId": "r", "new": [1]}


def test_a_model_and_its_parts() -> None:
    made = parsed(
        {
            "mask_1_mesh": file("1.glb"), "mask_2_mesh": file("2.glb"),
            "segmented_mesh": file("cat.glb"), "best_mask_index": 1, "seed": 9,
        }
    )  # fmt: skip
    assert made.url == GLB
    assert set(made.files) == {"mask_1_mesh", "mask_2_mesh"}
    assert made.seed == 9


def test_a_model_in_many_formats_with_its_textures() -> None:
    made = parsed(
        {
            "model_glb": file("cat.glb"),
            "thumbnail": file("cat.png", "image/png"),
            "model_urls": {
                "glb": file("cat.glb"), "obj": file("cat.obj", "application/octet-stream"),
                "fbx": "https://cdn.example/cat.fbx?sig=1", "usdz": None,
            },
            "texture_urls": [{"base_color": file("0.png", "image/png"), "normal": None}],
            "animation_glb": None,
            "meta": {"usage": {"usd_spent": 0.8, "credits_used": 1_600_000}},
        }
    )  # fmt: skip
    assert made.url == GLB
    assert made.urls == {
        "glb": GLB, "obj": "https://cdn.example/cat.obj",
        "fbx": "https://cdn.example/cat.fbx?sig=1",
    }  # fmt: skip
    assert made.thumbnail == "https://cdn.example/cat.png"
    assert made.files == {"texture_urls.0.base_color": "https://cdn.example/0.png"}
    assert made.cost is not None
    assert made.cost.usd == 0.8


def test_a_form_that_is_new_is_read_where_a_file_says_what_it_is() -> None:
    made = parsed({"result": {"shape": {"url": "https://cdn.example/cat.stl"}}})
    assert made.urls == {"stl": "https://cdn.example/cat.stl"}
    assert made.url == "https://cdn.example/cat.stl"


def test_the_published_schema_has_a_list_whose_links_need_no_ending() -> None:
    link = "https://cdn.example/files/file-01a1"
    made = parsed({"data": [{"url": link, "b64_json": None}], "meta": None})
    assert (made.url, made.urls) == (link, {"glb": link})


def test_rigged_and_animated_models_are_further_files() -> None:
    made = parsed(
        {
            "model_glb": file("cat.glb"), "rigged_character_glb": file("rigged.glb"),
            "animation_fbx": file("run.fbx", "application/octet-stream"),
            "basic_animations": {"walking_glb": file("walk.glb"), "running_glb": None},
        }
    )  # fmt: skip
    assert (made.url, made.urls) == (GLB, {"glb": GLB})
    assert set(made.files) == {
        "rigged_character_glb", "animation_fbx", "basic_animations.walking_glb",
    }  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"thumbnail": file("a.png", "image/png")},
        {"ok": True},
        {"data": [{"url": "https://cdn.example/a.png"}]},
    ],
)
def test_an_answer_without_a_model_shows_its_keys(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidResponseError) as caught:
        parsed(body)
    assert str(sorted(body)) in str(caught.value)


@pytest.mark.parametrize(("limits", "read"), [(Limits(), 900.0), (Limits(read=5.0), 5.0)])
def test_a_mesh_is_waited_for_unless_the_caller_is_in_a_hurry(limits: Limits, read: float) -> None:
    plan = plan_mesh(context(), model="triposr", image=LINK)
    command = next(plan.steps[0](Policy(limits=limits)))
    assert isinstance(command, Send)
    assert command.limits.read == read
