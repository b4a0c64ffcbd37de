"""Errors of this package -> LiteLLM's own classes, so that its retries, cooldowns and fallbacks
work as they do for a native provider.

The status decides the class. The server's waiting time goes along as ``retry-after``, which
LiteLLM's router reads from ``litellm_response_headers`` for its pauses and from ``response`` for
the length of a cooldown (router.py of 1.106.2).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any

import httpx
import litellm
from litellm._logging import verbose_logger
from litellm.exceptions import BadRequestError

from langchain_aimlapi import errors
from langchain_aimlapi._litellm import PROVIDER
from langchain_aimlapi._litellm.access import Arguments, is_proxy_call, litellm_params
from langchain_aimlapi._litellm.words import in_litellm_words
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.catalog.advice import advise

_REQUEST_URL = "https://api.aimlapi.com/v1"  # LiteLLM wants a request; ours would hold the prompt
_BY_STATUS = {
    400: "BadRequestError",
    401: "AuthenticationError",
    402: "PaymentRequiredError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
    500: "InternalServerError",
    502: "BadGatewayError",
    503: "ServiceUnavailableError",
    529: "ServiceUnavailableError",
}
# LiteLLM's classes have one status each; these two say more than 500 and 503 (Cloudflare's
# time-out, Anthropic's overload).
_KEPT_STATUS = frozenset({524, 529})
# Most specific first. OutOfCreditError is left to its status: 402, 403 or 429.
_BY_CLASS: tuple[tuple[type[errors.AimlapiError], str], ...] = (
    (errors.ContextOverflowError, "ContextWindowExceededError"),
    (errors.ContentPolicyError, "ContentPolicyViolationError"),
    (errors.AuthenticationError, "AuthenticationError"),
    (errors.ModelNotFoundError, "NotFoundError"),
    (errors.JobNotFoundError, "NotFoundError"),
    (errors.APITimeoutError, "Timeout"),
    (errors.APIConnectionError, "APIConnectionError"),
    (errors.InvalidResponseError, "BadGatewayError"),  # a 2xx that is no answer
)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who receives an error.

    Attributes:
        model: The model's id.
        catalog: What is known about models, for advice.
        is_proxy: A client of a proxy made the call, a stranger to whoever owns the key.
    """

    model: str
    catalog: Catalog
    is_proxy: bool = False


def caller_of(arguments: Arguments, catalog: Catalog) -> Caller:
    """Who receives an error of this call."""
    return Caller(str(arguments["model"]), catalog, is_proxy_call(litellm_params(arguments)))


@contextmanager
def as_litellm(caller: Caller) -> Iterator[None]:
    """What fails inside is raised as LiteLLM's class; the original is its ``__cause__``."""
    try:
        yield
    except errors.AimlapiError as error:
        raise to_litellm(error, caller) from error
    except ValueError as error:  # a setting or a message that cannot be right
        raise bad_request(str(error), caller.model) from None


def bad_request(message: str, model: str) -> Exception:
    """LiteLLM's error for a call that was refused before it was sent."""
    failure: Exception = BadRequestError(
        message=f"AimlapiException - {in_litellm_words(message)}",
        model=model,
        llm_provider=PROVIDER,
    )
    return failure


def to_litellm(error: errors.AimlapiError, caller: Caller) -> Exception:
    """The LiteLLM exception that says what ``error`` says."""
    advise(error, caller.model, caller.catalog)
    hidden = caller.is_proxy and isinstance(error, _ABOUT_THE_ACCOUNT)
    if hidden:  # whoever runs the proxy reads it in the log
        verbose_logger.error("aimlapi: %s: %s", caller.model, error)
    text = _FOR_STRANGERS if hidden else _text(error, caller)
    made = _make(_class_name(error), error, f"AimlapiException - {text}", caller.model)
    made.litellm_response_headers = _headers(error)  # type: ignore[attr-defined]  # router.py reads it
    if not hidden:
        made.body = error.body  # type: ignore[attr-defined]  # openai.APIError's
        made.param = error.field  # type: ignore[attr-defined]  # the proxy shows it
    if error.status_code in _KEPT_STATUS:
        made.status_code = error.status_code  # type: ignore[attr-defined]  # openai.APIStatusError's
    return made


# --- what it says -----

_ABOUT_THE_ACCOUNT = (errors.AuthenticationError, errors.PermissionDeniedError)
_FOR_STRANGERS = (
    "AI/ML API did not serve this deployment: its key or its account is not accepted; "
    "the log of the proxy says more"
)
# Advice that is for whoever runs the program, not for a client of a proxy.
_FOR_OPERATORS = (errors.RateLimitError, errors.APIConnectionError, errors.APITimeoutError,
                  errors.InvalidResponseError)  # fmt: skip


def _text(error: errors.AimlapiError, caller: Caller) -> str:
    shown = copy(error)
    shown.advice = in_litellm_words(error.advice) if error.advice else None
    if caller.is_proxy and isinstance(error, _FOR_OPERATORS):
        shown.advice = None
    return str(shown)


# --- its class -----


def _class_name(error: errors.AimlapiError) -> str:
    for cls, name in _BY_CLASS:
        if isinstance(error, cls):
            return name
    status = error.status_code
    if isinstance(error, errors.OutOfCreditError):
        status = status or 402
    elif isinstance(error, errors.PermissionDeniedError):
        status = status or 403
    elif isinstance(error, errors.RateLimitError):
        status = 429
    elif isinstance(error, errors.InvalidRequestError):
        status = status if status == 422 else 400
    if status == 504:
        return "Timeout"
    if status is None or status not in _BY_STATUS:
        return "InternalServerError" if status is None or status >= 500 else "APIError"
    if _BY_STATUS[status] == "PaymentRequiredError" and not hasattr(
        litellm, "PaymentRequiredError"
    ):
        return "PermissionDeniedError"  # LiteLLM 1.100.0 has no such class yet
    return _BY_STATUS[status]


def _make(name: str, error: errors.AimlapiError, message: str, model: str) -> Exception:
    cls: Any = getattr(litellm, name)
    common = {"message": message, "model": model, "llm_provider": PROVIDER}
    made: Exception
    if name == "Timeout":
        status = 504 if error.status_code == 504 else 408
        made = cls(**common, exception_status_code=status)
    elif name == "APIConnectionError":
        made = cls(**common)
    elif name == "APIError":
        made = cls(status_code=error.status_code or 500, **common)
    else:
        made = cls(**common, response=_response(error))
    return made


def _response(error: errors.AimlapiError) -> httpx.Response:
    """An answer with the status and the headers only: the request that LiteLLM wants beside it is
    a stand-in, since the real one holds the key and the prompt."""
    return httpx.Response(
        error.status_code or 400,
        headers=_headers(error),
        request=httpx.Request("POST", _REQUEST_URL),
    )


_NOT_KEPT = frozenset({"set-cookie", "content-encoding", "content-length", "transfer-encoding"})


def _headers(error: errors.AimlapiError) -> httpx.Headers:
    response = getattr(error, "response", None)
    headers = {
        name: value  # httpx takes ASCII only
        for name, value in (response.headers.items() if response else ())
        if name not in _NOT_KEPT and name.isascii() and value.isascii()
    }
    if error.retry_after is not None:  # LiteLLM reads whole seconds only
        headers["retry-after"] = str(math.ceil(error.retry_after))
    return httpx.Headers(headers)
