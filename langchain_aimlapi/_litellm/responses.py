"""``/v1/responses`` as it is, for the models that have it: stored answers, hosted tools, jobs.

LiteLLM sends the request itself and asks this file what it looks like; other models go through
its bridge to chat. It is imported with the first such call, and LiteLLM's own class with it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import httpx
import litellm
from litellm.exceptions import Timeout
from litellm.types.utils import LlmProviders

from langchain_aimlapi import errors
from langchain_aimlapi._answers.usage import read_cost
from langchain_aimlapi._fitting.notes import Notes
from langchain_aimlapi._fitting.params import fit_all
from langchain_aimlapi._litellm import PROVIDER
from langchain_aimlapi._litellm.access import Access, resolve_access
from langchain_aimlapi._litellm.calls import WARNED
from langchain_aimlapi._litellm.failures import Caller, as_litellm, to_litellm
from langchain_aimlapi._litellm.replies import COST_HEADER
from langchain_aimlapi._wire.explain import explain
from langchain_aimlapi._wire.key import secret_of
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.catalog.shape import RESPONSES

if TYPE_CHECKING:
    from langchain_aimlapi.catalog import Catalog

# What is LiteLLM's or the protocol's own, and never a question of the model.
_AS_THEY_ARE = frozenset(
    {
        "stream", "metadata", "extra_headers", "extra_query", "extra_body", "timeout", "user",
        "client", "headers", "api_key", "api_base",
    }
)  # fmt: skip


def config_for(model: str | None, catalog: Callable[[], Catalog]) -> object:
    """How LiteLLM speaks to ``/v1/responses``; None for a model that does not have it, and is
    reached over chat.

    Args:
        model: The id; None where a stored response is fetched, which has no model.
    """
    if model is not None and RESPONSES not in catalog().find(_plain(model)).shapes:
        return None
    return AimlapiResponsesConfig(catalog)


def _plain(model: str) -> str:
    return model.removeprefix(f"{PROVIDER}/")


_BASE: Any = litellm.OpenAIResponsesAPIConfig


class AimlapiResponsesConfig(_BASE):  # type: ignore[misc]  # LiteLLM's class, untyped here
    """OpenAI's protocol at this API's address, with its key, its errors and its charge."""

    def __init__(self, catalog: Callable[[], Catalog]) -> None:
        super().__init__()
        self._catalog = catalog

    @property
    def custom_llm_provider(self) -> object:
        return LlmProviders(PROVIDER)

    def supports_native_websocket(self) -> bool:
        return False

    def map_openai_params(
        self, response_api_optional_params: Mapping[str, object], model: str, drop_params: bool
    ) -> dict[str, object]:
        """Parameters inside the model's ranges; what it does not take is left out, noted."""
        with as_litellm(Caller(model, self._catalog())):
            return _fitted(model, response_api_optional_params, self._catalog(), drop_params)

    def validate_environment(
        self, headers: dict[str, object], model: str, litellm_params: object
    ) -> dict[str, object]:
        """The headers of a request, with the key."""
        with as_litellm(Caller(model, self._catalog())):
            access = _access(litellm_params, model, headers)
            return {
                **access.headers,
                "content-type": "application/json",
                "authorization": f"Bearer {secret_of(access.find_key())}",
            }

    def get_complete_url(self, api_base: str | None, litellm_params: Any) -> str:
        """The address of the endpoint."""
        with as_litellm(Caller("", self._catalog())):
            access = _access({**dict(litellm_params), "api_base": api_base}, "", {})
            return f"{access.root}{RESPONSES}"

    def transform_response_api_response(
        self, model: str, raw_response: httpx.Response, logging_obj: object
    ) -> object:
        """A whole answer, with its charge."""
        response = super().transform_response_api_response(model, raw_response, logging_obj)
        meta = getattr(response, "meta", None)
        _enter_charge(response, _usd(meta, raw_response.headers))
        return response

    def transform_streaming_response(
        self, model: str, parsed_chunk: dict[str, object], logging_obj: object
    ) -> object:
        """One event; the last one has the charge."""
        event = super().transform_streaming_response(model, parsed_chunk, logging_obj)
        inner = parsed_chunk.get("response")
        meta = parsed_chunk.get("meta") or (isinstance(inner, dict) and inner.get("meta"))
        if meta and getattr(event, "response", None) is not None:
            _enter_charge(event.response, _usd(meta))
        return event

    def get_error_class(self, error_message: str, status_code: int, headers: Any) -> BaseException:
        """LiteLLM's own class for what went wrong."""
        failure = _failure(error_message, status_code, headers or {})
        made = to_litellm(failure, Caller(failure.model or "", self._catalog()))
        made.__cause__ = failure
        return made


def _fitted(
    model: str, given: Mapping[str, object], catalog: Catalog, drop_params: bool
) -> dict[str, object]:
    shape = catalog.find(_plain(model)).shapes[RESPONSES]
    notes = Notes(model, "drop" if drop_params or litellm.drop_params else "warn")
    kept = {k: v for k, v in given.items() if k in _AS_THEY_ARE}
    fitted = fit_all({k: v for k, v in given.items() if k not in _AS_THEY_ARE}, shape, notes)
    notes.warn(WARNED)
    return {**kept, **fitted}


def _access(litellm_params: Any, model: str, headers: Mapping[str, object]) -> Access:
    params = dict(litellm_params or {})
    arguments = {
        "model": model,
        "api_key": params.get("api_key"),
        "api_base": params.get("api_base") or params.get("base_url"),
        "headers": headers,
        "litellm_params": params,
    }
    return resolve_access(arguments, {"allow_http": params.get("allow_http")})


# --- the charge -----


def _usd(meta: object, headers: Mapping[str, str] | None = None) -> float | None:
    cost = read_cost(meta, headers)
    return cost.usd if cost is not None else None


def _enter_charge(response: object, usd: float | None) -> None:
    """Where LiteLLM looks for it: beside the answer, and in the usage of a stream's last event."""
    if usd is None:
        return
    hidden = getattr(response, "_hidden_params", None)
    if isinstance(hidden, dict):
        hidden["additional_headers"] = {**hidden.get("additional_headers", {}), COST_HEADER: usd}
    usage = getattr(response, "usage", None)
    if usage is not None:
        usage.cost = usd


# --- what goes wrong -----


def _failure(text: str, status: int, headers: Mapping[str, str]) -> errors.AimlapiError:
    """LiteLLM asks for the class of an error while it handles it."""
    active = sys.exception()
    if isinstance(active, httpx.TimeoutException | Timeout):
        return errors.APITimeoutError(f"no answer in time: {type(active).__name__}")
    if isinstance(active, httpx.TransportError):
        return errors.APIConnectionError(f"the connection failed: {type(active).__name__}")
    plain = {str(name).lower(): str(value) for name, value in headers.items()}
    return explain(Response(status, plain, text.encode()))
