"""Error bodies in the API's words and envelopes.

Two envelopes are known. Live since at least 30 August 2026: ``application/problem+json`` with
``title``, ``status``, ``message``, ``instance``, ``requestId``, ``timestamp`` and ``error``. In
the documentation still: a flat object with ``statusCode`` and ``path``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Literal

from langchain_aimlapi.emulator._core import JSON_TYPE, Json
from langchain_aimlapi.emulator.contract.schema import Issue

Envelope = Literal["problem", "flat"]
Wording = Literal["fields", "documented", "validation"]
PROBLEM_TYPE = "application/problem+json; charset=utf-8"

# The documented messages, by status.
MESSAGES: Mapping[int, str] = {
    400: "Body validation error",
    401: (
        "This request requires a valid API key. You can create a new API key on the Billing"
        " page: https://aimlapi.com/app/keys"
    ),
    403: (
        "You've run out of credits. Please top up your balance or update your payment method to"
        " continue: https://aimlapi.com/app/billing/"
    ),
    429: "Too Many Requests",
    500: "Internal server error",
    502: "Bad Gateway",
    503: "Service unavailable",
    504: "Generation timeout",
}
NO_KEY = (
    "You provided an empty string instead of valid API key. You can create a new API key on the"
    " Billing page: https://aimlapi.com/app/keys"
)
KEY_LIMIT = (
    "The spending limit of this API key is reached. Raise it or wait for its next period:"
    " https://aimlapi.com/app/keys"
)
MAINTENANCE = "The model is under maintenance, please contact us at help@aimlapi.com."
_NAMES = {
    400: "BadRequestException",
    401: "UnauthorizedException",
    403: "ForbiddenException",
    404: "NotFoundException",
    405: "MethodNotAllowedException",
    408: "RequestTimeoutException",
    409: "ConflictException",
    413: "PayloadTooLargeException",
    415: "UnsupportedMediaTypeException",
    422: "UnprocessableEntityException",
    429: "ThrottlerException",
    500: "InternalServerErrorException",
    502: "BadGatewayException",
    503: "ServiceUnavailableException",
    504: "GatewayTimeoutException",
}


def phrase(status: int) -> str:
    """The standard words for a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def problem(status: int, message: str, *, path: str, request: str, moment: str) -> Json:
    """The live envelope."""
    return {
        "title": phrase(status),
        "status": status,
        "message": message,
        "instance": path,
        "requestId": request,
        "timestamp": moment,
        "error": {"name": _NAMES.get(status, "HttpException"), "message": message},
    }


def flat(status: int, message: str, *, path: str, request: str, moment: str) -> Json:
    """The documented envelope."""
    return {
        "requestId": request,
        "statusCode": status,
        "timestamp": moment,
        "path": path,
        "message": message,
    }


def envelope(
    kind: Envelope, status: int, message: str, *, path: str, request: str, moment: str
) -> tuple[str, Json]:
    """An error's content type and body."""
    make = problem if kind == "problem" else flat
    body = make(status, message, path=path, request=request, moment=moment)
    return (PROBLEM_TYPE if kind == "problem" else JSON_TYPE), body


def nested(status: int, message: str) -> dict[str, object]:
    """OpenAI's error envelope."""
    kinds = {401: "authentication_error", 429: "rate_limit_error"}
    kind = kinds.get(status, "server_error" if status >= 500 else "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": None, "code": str(status)}}


def validation_text(issues: Iterable[Issue | str], wording: Wording) -> str:
    """A refused body's message.

    ``fields`` names every field; ``documented`` is the two-line form of the documentation, which
    names none; ``validation`` is the form that was seen on production in September 2026.
    """
    found = list(issues)
    if wording == "documented":
        first = found[0]
        return f"Body validation error!\n{first.text if isinstance(first, Issue) else first}"
    head = "Body validation error" if wording == "fields" else "Validation failed"
    return f"{head}: {'; '.join(map(str, found))}"
