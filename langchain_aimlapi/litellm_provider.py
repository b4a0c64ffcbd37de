"""AI/ML API as a LiteLLM provider: ``aimlapi/<any model id>`` in the SDK, the Router, the proxy.

Importing this module registers the provider (it imports litellm, which takes seconds)::

    import litellm
    import langchain_aimlapi.litellm_provider

    litellm.completion(model="aimlapi/openai/gpt-4o", messages=[...])

In a proxy's configuration the line is ``custom_handler:
langchain_aimlapi.litellm_provider.handler``; ``aimlapi litellm-config`` writes a whole
configuration, and ``aimlapi proxy`` runs it.

It speaks to every model of the catalog from OpenAI-style messages, through the same code as
`ChatAimlapi`. What the API charged is LiteLLM's ``response_cost``; errors are LiteLLM's own
classes, raised when the call is made (async streams included). The key is ``api_key``,
``litellm.api_key``, ``AIMLAPI_API_KEY`` or ``AIML_API_KEY``; the address is ``api_base``,
``litellm.api_base``, ``AIMLAPI_API_BASE`` or https://api.aimlapi.com/v1.

Beside the parameters of the model a call may have ``dialect`` (force a wire format),
``on_unsupported`` (``"warn"``, ``"drop"``, ``"error"`` or ``"send"``), ``learn`` (``False``: a call
that the API refuses for a parameter is not sent once more without it; it never is where
``on_unsupported`` is ``"error"`` or ``"send"``, which promises to send what was written),
``client_request_id`` and ``allow_http``. Retries are LiteLLM's (``num_retries``); ``max_retries``
makes this package retry instead, before the first chunk.

Supported: litellm 1.100.0 and newer; tested with 1.100.0, 1.105.0, 1.108.7 and 1.110.2.
"""

from __future__ import annotations

from typing import Any

try:
    import litellm
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "The LiteLLM provider needs litellm: pip install 'langchain_aimlapi[litellm]'",
        name=error.name,
    ) from None

from langchain_aimlapi._litellm import PROVIDER, configs, drift, listing, models, ocr_door, wraps
from langchain_aimlapi._litellm.drift import LiteLLMDriftWarning
from langchain_aimlapi._litellm.handler import AimlapiLLM, handler, refreshing_handler
from langchain_aimlapi._litellm.refreshing import refreshed
from langchain_aimlapi._litellm.routing import PreferModels
from langchain_aimlapi.catalog import Catalog

__all__ = [
    "PROVIDER",
    "AimlapiLLM",
    "LiteLLMDriftWarning",
    "PreferModels",
    "handler",
    "prefer_cheap",
    "prefer_fast",
    "refresh_prices",
    "refreshing_handler",
    "register",
    "unregister",
]


prefer_fast = PreferModels(by="latency")
"""A callback that steers a router to the deployments that answer fastest now. Off unless it
stands in ``litellm.callbacks`` or a proxy's ``litellm_settings.callbacks``."""

prefer_cheap = PreferModels(by="price", catalog=lambda: _current().catalog)
"""A callback that steers a router to its cheapest deployments."""


def register(catalog: Catalog | None = None) -> tuple[str, ...]:
    """Make ``aimlapi/...`` known to LiteLLM. May be called again, also after the program has
    replaced ``litellm.custom_provider_map``; other providers in it are left alone.

    Args:
        catalog: A catalog of your own, with live prices for instance; default: the package's.

    Returns:
        Private LiteLLM names that have moved, so that something works less well (see
        `LiteLLMDriftWarning`); empty with the tested versions.
    """
    if catalog is not None:
        _current().catalog = handler.catalog = catalog
    others = [item for item in litellm.custom_provider_map if item["provider"] != PROVIDER]
    mine = [item for item in litellm.custom_provider_map if item["provider"] == PROVIDER]
    kept = mine[-1:] if mine and isinstance(mine[-1]["custom_handler"], AimlapiLLM) else []
    item: Any = {"provider": PROVIDER, "custom_handler": handler}
    litellm.custom_provider_map = [*others, *(kept or [item])]
    litellm.utils.custom_llm_setup()  # type: ignore[no-untyped-call]  # LiteLLM's own
    moved = [
        *wraps.install(_catalog),
        *listing.install(_supported),
        *configs.install(_catalog),
        *ocr_door.install(_catalog),
    ]
    models.register_models(_current().own_catalog)
    drift.warn_of(moved)
    return tuple(each.name for each in moved)


def _supported(model: str) -> tuple[str, ...]:
    from langchain_aimlapi._litellm.supported import supported_params

    return supported_params(model, _current().catalog)


def _catalog() -> Catalog:
    return _current().catalog


def _current() -> AimlapiLLM:
    """The handler that LiteLLM uses: a program may have put one of its own into the map."""
    return wraps.current_handler() or handler


def unregister() -> None:
    """Take ``aimlapi/...`` out of LiteLLM's provider map. Model facts stay registered."""
    litellm.custom_provider_map = [
        item for item in litellm.custom_provider_map if item["provider"] != PROVIDER
    ]


def refresh_prices(*, api_key: str | None = None, api_base: str | None = None) -> Catalog:
    """Fetch the API's model list and give LiteLLM the prices, contexts and capabilities.

    One request; an unchanged list is answered from the cache on disk.

    Args:
        api_key: The key; default: as for a call.
        api_base: The address; default: as for a call.

    Returns:
        The catalog with prices, which the handler uses from now on.

    Wire: GET ``/v1/models?include=all``.
    """
    catalog = refreshed(_current().catalog, api_key=api_key, api_base=api_base)
    register(catalog)
    return catalog


register()
