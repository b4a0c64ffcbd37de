"""LangChain's standard unit suite, inherited."""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_tests.unit_tests import ChatModelUnitTests

from langchain_aimlapi import ChatAimlapi


class TestChatAimlapiUnit(ChatModelUnitTests):
    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return ChatAimlapi

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": "openai/gpt-4o"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        environment = {
            "AIMLAPI_API_KEY": "from-the-environment",
            "AIMLAPI_API_BASE": "https://api.example.com/v1",
        }
        expected = {
            "api_key": "from-the-environment",
            "base_url": "https://api.example.com/v1",
        }
        return environment, {"model": "openai/gpt-4o"}, expected
