"""What the 3D models on the images path answer: meshes, without ``data``."""

from __future__ import annotations

import re

from langchain_aimlapi.emulator._core import Call, Json
from langchain_aimlapi.emulator._models import Model
from langchain_aimlapi.emulator._state import State

THREE_D = re.compile(r"triposr|hunyuan-part|image-to-3d|meshy|trellis|hunyuan3d")
# As on the models' pages: Meshy alone names the type of a GLB.
BYTES = "application/octet-stream"
GLB, OBJ, PNG = "model/gltf-binary", "text/plain", "image/png"


def three_d_answer(call: Call, state: State, model: Model, body: Json) -> Json:
    """The answer of a 3D model, without ``meta``."""
    if "meshy" in model.name:
        return _meshy(call, state, body)
    if "hunyuan-part" in model.name:
        return _parts(call, state, body)
    return {
        "model_mesh": _file(call, state, body, "glb", "model"),
        "timings": {"inference": 0.5},
        "remeshing_dir": None,
        "requestId": state.ids.uuid(),
    }


def _file(
    call: Call, state: State, body: Json, kind: str, name: str, media_type: str = BYTES
) -> Json:
    source = next((body[key] for key in sorted(body) if key.endswith("_url")), "")
    url = state.link(call, kind, f"{name} {source}")
    size = len(state.file_behind(url))
    return {
        "url": url,
        "content_type": media_type,
        "file_name": f"{name}.{kind}",
        "file_size": size,
    }


def _parts(call: Call, state: State, body: Json) -> Json:
    masks = {
        f"mask_{place}_mesh": _file(call, state, body, "glb", f"mask_{place}")
        for place in (1, 2, 3)
    }
    return {
        "segmented_mesh": _file(call, state, body, "glb", "segmented"),
        **masks,
        "best_mask_index": 1,
        "iou_scores": [0.91, 0.84, 0.79],
        "seed": _seed(body),
        "requestId": state.ids.uuid(),
    }


def _meshy(call: Call, state: State, body: Json) -> Json:
    model = _file(call, state, body, "glb", "model", GLB)
    empty: dict[str, object] = dict.fromkeys(
        ("animation_glb", "animation_fbx", "rigged_character_glb", "rigged_character_fbx")
    )
    return {
        "model_glb": model,
        "thumbnail": _file(call, state, body, "png", "thumbnail", PNG),
        "model_urls": {
            "glb": model,
            "fbx": None,
            "obj": _file(call, state, body, "obj", "model", OBJ),
            "usdz": None,
            "blend": None,
            "stl": None,
        },
        "texture_urls": [{"base_color": _file(call, state, body, "png", "texture_0", PNG)}],
        **empty,
        "basic_animations": None,
        "rig_task_id": None,
        "seed": _seed(body),
        "requestId": state.ids.uuid(),
    }


def _seed(body: Json) -> int:
    seed = body.get("seed")
    return seed if isinstance(seed, int) else 1_234_567
