"""AI/ML API for LangChain, LangGraph and LiteLLM.

Importing this package imports nothing heavy: each public name is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_aimlapi._version import __version__

if TYPE_CHECKING:
    from langchain_aimlapi.assistants import AimlapiAssistant
    from langchain_aimlapi.catalog import Catalog
    from langchain_aimlapi.chat_models import ChatAimlapi
    from langchain_aimlapi.client import AimlapiClient
    from langchain_aimlapi.constants import AIMLAPI_HEADERS
    from langchain_aimlapi.document_loaders import (
        AimlapiOcrLoader,
        AimlapiOcrParser,
        AimlapiTranscriptionLoader,
        AimlapiTranscriptionParser,
    )
    from langchain_aimlapi.embeddings import AimlapiEmbeddings
    from langchain_aimlapi.errors import AimlapiError
    from langchain_aimlapi.llms import AimlapiLLM
    from langchain_aimlapi.media_models import (
        AimlapiImageModel,
        AimlapiMusicModel,
        AimlapiSpeechModel,
        AimlapiTranscriptionModel,
        AimlapiVideoModel,
    )
    from langchain_aimlapi.messages import portable
    from langchain_aimlapi.registration import register
    from langchain_aimlapi.retrievers import AimlapiSearchRetriever
    from langchain_aimlapi.tools import AimlapiTool

_EXPORTS = {
    "AIMLAPI_HEADERS": "langchain_aimlapi.constants",
    "AimlapiAssistant": "langchain_aimlapi.assistants",
    "AimlapiClient": "langchain_aimlapi.client",
    "AimlapiEmbeddings": "langchain_aimlapi.embeddings",
    "AimlapiError": "langchain_aimlapi.errors",
    "AimlapiImageModel": "langchain_aimlapi.media_models",
    "AimlapiLLM": "langchain_aimlapi.llms",
    "AimlapiMusicModel": "langchain_aimlapi.media_models",
    "AimlapiSearchRetriever": "langchain_aimlapi.retrievers",
    "AimlapiOcrLoader": "langchain_aimlapi.document_loaders",
    "AimlapiOcrParser": "langchain_aimlapi.document_loaders",
    "AimlapiSpeechModel": "langchain_aimlapi.media_models",
    "AimlapiTool": "langchain_aimlapi.tools",
    "AimlapiTranscriptionLoader": "langchain_aimlapi.document_loaders",
    "AimlapiTranscriptionModel": "langchain_aimlapi.media_models",
    "AimlapiTranscriptionParser": "langchain_aimlapi.document_loaders",
    "AimlapiVideoModel": "langchain_aimlapi.media_models",
    "Catalog": "langchain_aimlapi.catalog",
    "ChatAimlapi": "langchain_aimlapi.chat_models",
    "portable": "langchain_aimlapi.messages",
    "register": "langchain_aimlapi.registration",
}

__all__ = [
    "AIMLAPI_HEADERS",
    "AimlapiAssistant",
    "AimlapiClient",
    "AimlapiEmbeddings",
    "AimlapiError",
    "AimlapiImageModel",
    "AimlapiLLM",
    "AimlapiMusicModel",
    "AimlapiOcrLoader",
    "AimlapiOcrParser",
    "AimlapiSearchRetriever",
    "AimlapiSpeechModel",
    "AimlapiTool",
    "AimlapiTranscriptionLoader",
    "AimlapiTranscriptionModel",
    "AimlapiTranscriptionParser",
    "AimlapiVideoModel",
    "Catalog",
    "ChatAimlapi",
    "__version__",
    "portable",
    "register",
]


def __getattr__(name: str) -> object:
    if name in _EXPORTS:
        import importlib

        return getattr(importlib.import_module(_EXPORTS[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
