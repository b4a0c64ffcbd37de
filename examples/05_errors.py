"""What goes wrong, and what the errors say."""

from __future__ import annotations

from _where import settings

from langchain_aimlapi import ChatAimlapi
from langchain_aimlapi.errors import AimlapiError, ModelNotFoundError, UnsupportedFeatureError

with settings() as where:
    try:
        ChatAimlapi(model="openai/gtp-4o", **where).invoke("hello")
    except ModelNotFoundError as error:
        print(f"{type(error).__name__}: {error}\n")
    image = {"type": "image", "url": "https://example.com/cat.png"}
    try:
        ChatAimlapi(model="deepseek/deepseek-r1", **where).invoke([("user", [image])])
    except UnsupportedFeatureError as error:
        print(f"{type(error).__name__}: {error}\n")
    try:
        ChatAimlapi(model="openai/gpt-4o", **{**where, "api_key": "wrong"}).invoke("hello")
    except AimlapiError as error:
        print(f"{type(error).__name__}: {error}")
        print(f"retryable: {error.is_retryable}, status: {error.status_code}")
