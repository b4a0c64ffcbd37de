"""What LiteLLM asks its table of providers about a provider, answered for this one.

For a custom provider the table has no entry (1.100.0 to 1.110.2): stored answers and hosted tools
of ``/v1/responses`` are then lost in the bridge to chat.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import litellm

from langchain_aimlapi._litellm import PROVIDER
from langchain_aimlapi._litellm.drift import Moved

if TYPE_CHECKING:
    from langchain_aimlapi.catalog import Catalog

MARK = "__langchain_aimlapi__"
_RESPONSES = Moved(
    "litellm.utils.ProviderConfigManager.get_provider_responses_api_config",
    "/v1/responses goes through chat for every model: no previous_response_id, hosted tools, "
    "background",
)


def install(catalog: Callable[[], Catalog]) -> list[Moved]:
    """Answer for this provider; safe to call again. Returns what does not fit the installed
    LiteLLM."""
    return [] if _wrap_responses(catalog) else [_RESPONSES]


def _wrap_responses(catalog: Callable[[], Catalog]) -> bool:
    manager: Any = litellm.utils.ProviderConfigManager
    original = getattr(manager, "get_provider_responses_api_config", None)
    if getattr(original, MARK, False):
        return True
    if original is None or not _takes(original, "provider", "model"):
        return False

    @functools.wraps(original)
    def get_config(*args: object, **kwargs: object) -> object:
        bound = inspect.signature(original).bind(*args, **kwargs).arguments
        provider = bound.get("provider")
        if getattr(provider, "value", provider) == PROVIDER:
            from langchain_aimlapi._litellm.responses import config_for

            return config_for(bound.get("model"), catalog)
        return original(*args, **kwargs)

    setattr(get_config, MARK, True)
    manager.get_provider_responses_api_config = staticmethod(get_config)
    return True


def _takes(function: Any, *names: str) -> bool:
    try:
        return set(names) <= set(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return False
