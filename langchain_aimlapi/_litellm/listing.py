"""LiteLLM's own tables of providers, made to know this one.

LiteLLM asks its enumeration of providers about every name that it comes across and fails where a
custom provider is not in it (1.100.0 to 1.110.2): ``get_valid_models()`` is then empty for *all*
providers, ``generate_content`` refuses, and every model takes the same parameters. A member that
can be found by its value, and does not stand among the names, cures all three; lists of providers
stay as they were.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import litellm
from litellm.types import utils as types

from langchain_aimlapi._litellm import PROVIDER
from langchain_aimlapi._litellm.drift import Moved

_MEMBER = Moved(
    "litellm.types.utils.LlmProviders",
    "get_valid_models() lists nothing while AIMLAPI_API_KEY is set, aimlapi/* lists no models, "
    "and generate_content does not work",
)
_PARAMS = Moved(
    "litellm.utils.ProviderConfigManager._build_provider_config_map",
    "get_supported_openai_params gives the same names for every model",
)


def install(supported: Callable[[str], Iterable[str]]) -> list[Moved]:
    """Make LiteLLM's tables know the provider; safe to call again.

    Args:
        supported: Model -> OpenAI's parameters that it takes.

    Returns:
        The names that do not fit the installed LiteLLM.
    """
    fitting = {_MEMBER: _add_member(), _PARAMS: _add_chat_config(supported)}
    return [each for each, fits in fitting.items() if not fits]


def _add_member() -> bool:
    """Make ``LlmProviders("aimlapi")`` work. True where it does."""
    providers: Any = types.LlmProviders
    if _is_member(providers):
        return True
    try:
        member = str.__new__(providers, PROVIDER)
        member._name_, member._value_ = PROVIDER.upper(), PROVIDER
        member.__objclass__ = providers
        providers._value2member_map_[PROVIDER] = member
    except (AttributeError, TypeError):
        return False
    return _is_member(providers)


def _is_member(providers: Any) -> bool:
    try:
        return bool(providers(PROVIDER).value == PROVIDER)
    except (ValueError, TypeError, AttributeError):
        return False


def list_models(names: Iterable[str]) -> None:
    """Make ``get_valid_models``, ``aimlapi/*`` and the proxy's ``/v1/models`` list the models."""
    litellm.models_by_provider[PROVIDER] = set(names)


def _add_chat_config(supported: Callable[[str], Iterable[str]]) -> bool:
    """Make ``get_supported_openai_params`` ask ``supported``. True where it will."""
    manager: Any = litellm.utils.ProviderConfigManager
    names: Any = getattr(types, "LlmProvidersSet", None)
    build = getattr(manager, "_build_provider_config_map", None)
    if not isinstance(names, set) or build is None or not _is_member(types.LlmProviders):
        return False
    entry = {types.LlmProviders(PROVIDER): (functools.partial(_chat_config, supported), False)}
    if manager._PROVIDER_CONFIG_MAP is not None:
        manager._PROVIDER_CONFIG_MAP.update(entry)
    else:  # it is built when it is first needed
        original = getattr(build, "__wrapped__", build)
        manager._build_provider_config_map = staticmethod(_with_entry(original, entry))
    names.add(PROVIDER)
    return True


def _with_entry(build: Callable[[], Any], entry: dict[Any, Any]) -> Callable[[], object]:
    @functools.wraps(build)
    def build_map() -> dict[Any, Any]:
        return {**build(), **entry}

    return build_map


@functools.lru_cache(maxsize=4)
def _chat_config(supported: Callable[[str], Iterable[str]]) -> object:
    """What LiteLLM asks about chat parameters. It never carries out a call."""
    base: Any = litellm.OpenAILikeChatConfig  # made when it is first needed, as LiteLLM makes it

    class AimlapiChatConfig(base):  # type: ignore[misc]  # LiteLLM's class, untyped here
        def get_supported_openai_params(self, model: str) -> list[str]:
            return list(supported(model))

        @property
        def accepts_reasoning_summary_in_reasoning_effort(self) -> bool:
            return True

    return AimlapiChatConfig()
