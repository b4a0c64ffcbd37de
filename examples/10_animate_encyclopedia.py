"""A children's encyclopedia whose pictures move: each is drawn, then animated.

python examples/10_animate_encyclopedia.py [folder]    writes encyclopedia.html and its videos
"""

from __future__ import annotations

import asyncio
import html
from pathlib import Path
from typing import Any

from _where import folder, settings
from langchain_core.messages import HumanMessage

from langchain_aimlapi import AimlapiImageModel, AimlapiVideoModel

ANIMALS = {
    "Red panda": "a red panda on a branch in the mist, lifts its head and yawns",
    "Puffin": "a puffin on a cliff above the sea, flaps its wings twice",
}
STYLE = "Warm picture-book illustration, soft light, no text: "


async def page_of(name: str, scene: str, where: dict[str, Any], out: Path) -> str:
    painter = AimlapiImageModel(model="flux/schnell", aspect_ratio="16:9", **where)
    animator = AimlapiVideoModel(model="kling-video/v2.1/standard/image-to-video", **where)
    picture = await painter.ainvoke(STYLE + scene)
    film = await animator.ainvoke(
        [picture, HumanMessage(scene)],  # the picture goes into the prompt as it is
        duration=5,
    )
    (still,), (video,) = painter.files(picture), animator.files(film)
    poster, path = await still.asave(out), await video.asave(out)
    print(f"{name}: job {film.response_metadata['job_id']}")
    return (
        f"<h2>{html.escape(name)}</h2>\n"
        f'<video src="{path.name}" poster="{poster.name}" width="640" autoplay loop muted></video>'
    )


async def main(where: dict[str, Any]) -> None:
    out = folder()
    pages = await asyncio.gather(
        *(page_of(name, scene, where, out) for name, scene in ANIMALS.items())
    )
    head = '<meta charset="utf-8">\n'
    (out / "encyclopedia.html").write_text(head + "\n".join(pages), encoding="utf-8")
    print(out / "encyclopedia.html")


with settings() as where:
    asyncio.run(main(where))
