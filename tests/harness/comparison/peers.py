"""Who is compared. Every contestant talks to the same served emulator; what is not installed is
left out."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from langchain_aimlapi._version import __version__
from langchain_aimlapi.emulator import Emulator

GPT, CLAUDE = "openai/gpt-4o", "claude-opus-4-8"


@dataclass(frozen=True)
class Peer:
    """A chat model class.

    Attributes:
        name: The class.
        module: Where it is.
        package: Its distribution; none for this one.
        url: Name of the argument that takes the address.
        root: Its paths begin with ``/v1`` themselves.
        models: Our model id -> what it is called here.
        provider: Its name for ``init_chat_model``.
        extra: Further arguments.
    """

    name: str
    module: str
    package: str = ""
    url: str = "base_url"
    root: bool = False
    models: Mapping[str, str] = field(default_factory=dict)
    provider: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_installed(self) -> bool:
        """Whether it can take part."""
        return importlib.util.find_spec(self.module) is not None

    @property
    def version(self) -> str:
        """The version of its package."""
        return importlib.metadata.version(self.package) if self.package else __version__

    def load(self) -> type[Any]:
        """The class itself."""
        os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # no download
        module = importlib.import_module(self.module)
        if self.name == "ChatLiteLLM":
            vars(importlib.import_module("litellm"))["suppress_debug_info"] = True
        found: type[Any] = getattr(module, self.name)
        return found


PEERS = (
    Peer("ChatAimlapi", "langchain_aimlapi", provider="aimlapi"),
    Peer("ChatOpenAI", "langchain_openai", "langchain-openai", provider="openai"),
    Peer("ChatAnthropic", "langchain_anthropic", "langchain-anthropic", root=True,
         models={GPT: CLAUDE}, provider="anthropic"),
    Peer("ChatOpenRouter", "langchain_openrouter", "langchain-openrouter", provider="openrouter"),
    Peer("ChatLiteLLM", "langchain_litellm", "langchain-litellm", url="api_base",
         models={GPT: f"openai/{GPT}", CLAUDE: f"openai/{CLAUDE}"}, provider="litellm"),
)  # fmt: skip


class Bench:
    """One contestant at an emulator that is served."""

    def __init__(self, peer: Peer, api: Emulator) -> None:
        self.peer = peer
        self.api = api

    def settings(self, model: str = GPT) -> dict[str, Any]:
        """The arguments that every model needs."""
        address = self.api.base_url
        return {
            "model": self.peer.models.get(model, model),
            self.peer.url: address.removesuffix("/v1") if self.peer.root else address,
            "api_key": self.api.api_key,
            **self.peer.extra,
        }

    def make(self, model: str = GPT, **arguments: Any) -> Any:
        """A model."""
        return self.peer.load()(**{**self.settings(model), **arguments})

    @property
    def body(self) -> str:
        """The last request."""
        return json.dumps(self.api.requests[-1].body, ensure_ascii=False)
