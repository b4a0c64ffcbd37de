"""Illustrate an article: a chat model thinks of the pictures, an image model draws them.

python examples/09_illustrate_article.py [folder]    writes article.html and its pictures
"""

from __future__ import annotations

import html

from _where import folder, settings
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate

from langchain_aimlapi import AimlapiImageModel, ChatAimlapi

TITLE = "How coral reefs recover"
PARAGRAPHS = [
    "A reef is built by animals smaller than a pea. Each lays down a thimble of chalk in its life.",
    "When the water grows too warm, corals lose the algae that feed and colour them: they bleach.",
    "Reefs come back where fish keep the rocks clean, for young corals need bare stone to settle.",
]
PROMPT = ChatPromptTemplate.from_template(
    "Describe in one sentence a picture, without any text in it, for this paragraph of the article "
    "{title!r}:\n\n{paragraph}"
)

with settings() as where:
    writer = ChatAimlapi(model="openai/gpt-4o-mini", **where)
    painter = AimlapiImageModel(model="flux/schnell", aspect_ratio="16:9", **where)
    chain = PROMPT | writer | StrOutputParser() | painter
    answers = chain.batch([{"title": TITLE, "paragraph": each} for each in PARAGRAPHS])

    out = folder()
    page = [f'<meta charset="utf-8">\n<h1>{TITLE}</h1>']
    for paragraph, answer in zip(PARAGRAPHS, answers, strict=True):
        (picture,) = painter.files(answer)
        path = picture.save(out)
        page.append(f'<p>{html.escape(paragraph)}</p>\n<img src="{path.name}" width="640">')
    (out / "article.html").write_text("\n".join(page), encoding="utf-8")
    cost = sum(answer.response_metadata["cost"] for answer in answers)
    print(f"{out / 'article.html'}: {len(answers)} pictures, {cost:.3f} USD")
