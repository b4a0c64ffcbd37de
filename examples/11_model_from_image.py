"""A 3D model from an image: a chair is drawn, then modelled.

python examples/11_model_from_image.py [folder]    writes the picture, chair.glb and chair.html
"""

from __future__ import annotations

import struct

from _where import folder, settings

from langchain_aimlapi import AimlapiClient

PAGE = """<script type="module" src="https://unpkg.com/@google/model-viewer"></script>
<model-viewer src="chair.glb" poster="{poster}" camera-controls auto-rotate
 style="width: 640px; height: 480px"></model-viewer>
"""

with settings() as where, AimlapiClient(**where) as client:
    drawn = client.images.generate(
        model="flux/schnell",
        prompt="a wooden chair, whole, seen from the front left, plain white background",
        aspect_ratio="1:1",
    )
    mesh = client.meshes.generate(
        model="triposr", image=drawn, output_format="glb", params={"remove_background": True}
    )
    out = folder()
    picture = drawn.images[0].save(out)
    path = mesh.save(out / "chair.glb")
    (out / "chair.html").write_text(PAGE.format(poster=picture.name), encoding="utf-8")
    magic, version, size = struct.unpack("<4sII", path.read_bytes()[:12])
    print(f"{path}: {magic.decode()} {version}, {size} bytes, formats {', '.join(mesh.urls)}")
    costs = [made.cost.usd or 0 for made in (drawn, mesh) if made.cost]
    print(f"{sum(costs):.3f} USD")
