"""Describe an image and read the description aloud, for somebody who cannot see it.

python examples/13_read_aloud.py [folder]    writes the picture and description.mp3
"""

from __future__ import annotations

from _where import folder, settings
from langchain_core.messages import HumanMessage

from langchain_aimlapi import AimlapiClient, AimlapiImageModel, ChatAimlapi

QUESTION = "Describe this image in three short sentences for somebody who cannot see it."

with settings() as where, AimlapiClient(**where) as client:
    painter = AimlapiImageModel(model="flux/schnell", **where)
    picture = painter.invoke("a market at sunset, lanterns over stalls of fruit")
    eyes = ChatAimlapi(model="openai/gpt-4o", **where)
    seen = eyes.invoke([HumanMessage([{"type": "text", "text": QUESTION}, *picture.content])])
    print(seen.text)
    spoken = client.speech.create(model="openai/tts-1", text=seen.text, voice="alloy")
    out = folder()
    (file,) = painter.files(picture)
    print(file.save(out))
    print(spoken.save(out / "description.mp3"))
