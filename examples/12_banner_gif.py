"""A looped GIF for a web banner, made from frames that an image model draws (pip install pillow).

The key frames are blended into each other, the last into the first, so that no jump is seen.

python examples/12_banner_gif.py [folder]    writes banner.gif
"""

from __future__ import annotations

import io

from _where import folder, settings
from PIL import Image

from langchain_aimlapi import AimlapiImageModel

SCENE = "Wide web banner: a lighthouse on a cliff, flat illustration, no text, {hour}"
HOURS = ["at dawn", "at noon", "at dusk", "at night under stars"]
SIZE = (728, 90)  # a leaderboard
BLENDS = 6  # frames from one key frame to the next
HOLD_MS, STEP_MS = 900, 80


def cut(data: bytes) -> Image.Image:
    """The middle of a picture, in the banner's proportions."""
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    height = picture.width * SIZE[1] // SIZE[0]
    top = (picture.height - height) // 2
    return picture.crop((0, top, picture.width, top + height)).resize(SIZE)


with settings() as where:
    painter = AimlapiImageModel(model="flux/schnell", aspect_ratio="16:9", seed=7, **where)
    answers = painter.batch([SCENE.format(hour=hour) for hour in HOURS])
    keys = [cut(file.read()) for answer in answers for file in painter.files(answer)]

frames: list[Image.Image] = []
times: list[int] = []
for here, there in zip(keys, [*keys[1:], keys[0]], strict=True):
    for step in range(BLENDS):
        frames.append(Image.blend(here, there, step / BLENDS))
        times.append(STEP_MS if step else HOLD_MS)
path = folder() / "banner.gif"
frames[0].save(path, save_all=True, append_images=frames[1:], duration=times, loop=0)
print(f"{path}: {len(frames)} frames, {sum(times) / 1000:.1f} s a round")
