"""Every way a call can fail, as one tree.

All classes inherit from `AimlapiError` and from langchain-core's `ModelError` family, so code that
catches ``ModelRateLimitError`` or ``ContextOverflowError`` works unchanged::

    AimlapiError (ModelError)
    ├── AuthenticationError (ModelAuthenticationError)        401, or no key at all
    ├── PermissionDeniedError (ModelPermissionDeniedError)    403
    │   └── OutOfCreditError                                  402, 403 or 429 "out of credits"
    ├── InvalidRequestError (ModelInvalidRequestError)        400, 413, 422, other 4xx
    │   ├── ContextOverflowError (core's ContextOverflowError) the input is too long
    │   ├── ContentPolicyError                                refused by a safety filter
    │   ├── StreamingUnsupportedError                         no streaming (handled inside)
    │   ├── UnsupportedFeatureError                           refused by us, before sending
    │   └── JobNotFoundError                                  404 for the id of a job
    ├── ModelNotFoundError (core's ModelNotFoundError)        404, deprecated or unknown model
    ├── RateLimitError (ModelRateLimitError)                  429
    ├── APIError (ModelAPIError)                              5xx, and errors inside a stream
    │   ├── InvalidResponseError                              a 2xx that is no answer
    │   └── JobFailedError (RuntimeError)                     a job ended without a result
    ├── ModelRefusalError (core's, OutputParserException)     an answer was needed and refused
    ├── SpendLimitError                                       refused by us: the limit is reached
    ├── StructuredOutputError (OutputParserException)         no answer in the requested shape
    ├── APIConnectionError (ModelConnectionError)             no connection, or it broke
    │   └── StreamInterrupted                                 a stream that ended before its end
    └── APITimeoutError (ModelTimeoutError)                   nothing came in time
        ├── JobTimeoutError (TimeoutError)                    a job that is not done in time
        └── StreamTimeoutError                                a stream that fell silent

The status decides the class; the message only refines it and gives the cure. No error holds the
key, the prompt or an HTTP request, and every error can be pickled.

Source: the errors pages of docs.aimlapi.com, read 2026-08-21.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from langchain_core import exceptions as core

MAX_MESSAGE_CHARS = 2_000
MAX_BODY_BYTES = 64 * 1024


if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage

    _CoreRefusal = core.ModelRefusalError
else:  # langchain-core has it since 1.7.5
    _CoreRefusal = getattr(core, "ModelRefusalError", core.ModelError)


class UnsupportedParameterWarning(UserWarning):
    """A request was fitted to what its model takes; the text says what was left out or changed.

    Given once per model and parameter. ``on_unsupported`` of the chat model decides between this
    warning, an error, and sending the request as written.
    """


class ErrorResponse:
    """The part of a failed HTTP answer that is safe to keep: status, headers, bounded body.

    langchain-core reads ``status_code``, ``headers`` and ``json()`` of it into traces.
    """

    __slots__ = ("headers", "status_code", "text")

    def __init__(self, status_code: int, headers: Mapping[str, str], text: str) -> None:
        self.status_code = status_code
        self.headers = dict(headers)
        self.text = text

    def json(self) -> Any:
        """The body as JSON. Raises ValueError where it is none."""
        return json.loads(self.text)

    def __getstate__(self) -> tuple[int, dict[str, str], str]:
        return (self.status_code, self.headers, self.text)

    def __setstate__(self, state: tuple[int, dict[str, str], str]) -> None:
        self.status_code, self.headers, self.text = state


class AimlapiError(core.ModelError):
    """Base of all errors of this package.

    Attributes:
        message: What went wrong, in the server's words where there are any (bounded, one line).
        advice: What to do about it, or None.
        status_code: HTTP status, or the code inside an error frame; None if there was none.
        code: The machine-readable code of the server or vendor (``"invalid_api_key"``).
        field: The request field that was refused (``"messages.0.role"``).
        model: The model id of the request.
        request_id: The API's ``requestId``.
        inference_id: The API's ``x-inference-id``, to find the call in the usage log.
        retry_after: Seconds that the server wants us to wait, or None.
        body: The decoded error body (bounded), or None.
        partial: What a stream had delivered before it failed, or None. An AIMessage where a
            chat model raised it.
        response: Status, headers and body for traces, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        advice: str | None = None,
        status_code: int | None = None,
        code: str | None = None,
        field: str | None = None,
        model: str | None = None,
        request_id: str | None = None,
        inference_id: str | None = None,
        retry_after: float | None = None,
        body: Any = None,
        partial: Any = None,
        response: ErrorResponse | None = None,
    ) -> None:
        self.message = one_line(message)
        self.advice = advice
        self.status_code = status_code
        self.code = code
        self.field = field
        self.model = model
        self.request_id = request_id
        self.inference_id = inference_id
        self.retry_after = retry_after
        self.body = body
        self.partial = partial
        if response is not None:  # langchain-core asks hasattr(error, "response")
            self.response = response
        super().__init__(self.message)

    def __str__(self) -> str:
        head = f"{self.status_code}: {self.message}" if self.status_code else self.message
        ids = [
            f"{name} {one_line(value, limit=200)}"
            for name, value in (("request", self.request_id), ("inference", self.inference_id))
            if value
        ]
        tail = f" [{', '.join(ids)}]" if ids else ""
        return f"{head}{tail}" + (f" -> {self.advice}" if self.advice else "")

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), dict(self.__dict__)))


def _rebuild(cls: type[AimlapiError], state: dict[str, Any]) -> AimlapiError:
    error = cls.__new__(cls)
    Exception.__init__(error, state.get("message", ""))
    error.__dict__.update(state)
    return error


class AuthenticationError(AimlapiError, core.ModelAuthenticationError):
    """The key is missing, wrong or expired (401)."""


class PermissionDeniedError(AimlapiError, core.ModelPermissionDeniedError):
    """The key may not do this (403)."""


class OutOfCreditError(PermissionDeniedError):
    """The balance or the spend limit of the key is used up (403; 402 and 429 on some pages)."""


class InvalidRequestError(AimlapiError, core.ModelInvalidRequestError):
    """The API refused the request as it was written (400, 413, 422)."""


class ContextOverflowError(InvalidRequestError, core.ContextOverflowError):
    """The input and the answer together are longer than the model's context."""


class ContentPolicyError(InvalidRequestError):
    """A safety filter of the API or the vendor refused the input."""


class StreamingUnsupportedError(InvalidRequestError):
    """The server refused ``stream: true``. The chat model falls back to a whole answer."""


class UnsupportedFeatureError(InvalidRequestError):
    """The model cannot take this, so nothing was sent."""


class ModelRefusalError(AimlapiError, _CoreRefusal, core.OutputParserException):
    """The model refused, or a filter ended its answer, where its content was needed: structured
    output, a forced tool call. A plain call returns the message, with a ``refusal`` block.

    It is langchain-core's ``ModelRefusalError`` (of 1.7.5 and later) and an
    ``OutputParserException``, so a handler for either catches it.

    Attributes:
        raw_message: The whole answer: the model's words, usage and cost.
        llm_output: The text of the answer.
    """

    def __init__(
        self, message: str, *, raw_message: BaseMessage | None = None, **details: Any
    ) -> None:
        super().__init__(message, **{"partial": raw_message, **details})
        self.args = (self.message,)  # OutputParserException has put a link behind it
        self.raw_message = raw_message
        self.llm_output = raw_message.text if raw_message is not None else None


class JobNotFoundError(InvalidRequestError):
    """The API knows no job with this id (404). ``job_id`` is the id."""

    job_id: str | None = None


class SpendLimitError(AimlapiError):
    """A limit of spend would be passed, so nothing was sent.

    Attributes:
        limit_usd: The limit, in US dollars.
        spent_usd: What has been charged until now, in US dollars.
    """

    def __init__(
        self,
        message: str,
        *,
        limit_usd: float | None = None,
        spent_usd: float | None = None,
        advice: str | None = "raise the limit, or end here",
        **details: Any,
    ) -> None:
        super().__init__(message, advice=advice, **details)
        self.limit_usd = limit_usd
        self.spent_usd = spent_usd


class StructuredOutputError(AimlapiError, core.OutputParserException):
    """No answer had the requested shape, its repair turn included.

    Attributes:
        raw: The last answer, an AIMessage; None where there was none.
        answers: All answers, the first one first.
        cost: What they have cost together, in US dollars; None where it is unknown.
        llm_output: The text of the last answer.
    """

    def __init__(
        self,
        message: str,
        *,
        raw: AIMessage | None = None,
        answers: tuple[AIMessage, ...] = (),
        cost: float | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message, **{"partial": raw, **details})
        self.args = (self.message,)  # OutputParserException has put a link behind it
        self.raw = raw
        self.answers = answers
        self.cost = cost
        self.llm_output = raw.text if raw is not None else None


class ModelNotFoundError(AimlapiError, core.ModelNotFoundError):
    """No such model, or one that was switched off (404)."""


class RateLimitError(AimlapiError, core.ModelRateLimitError):
    """Too many requests (429), after all retries."""


class APIError(AimlapiError, core.ModelAPIError):
    """The API or the vendor behind it failed (5xx), after all retries."""


class InvalidResponseError(APIError):
    """The status was success, but the answer is not usable (HTML, empty, broken or error JSON)."""


class APIConnectionError(AimlapiError, core.ModelConnectionError):
    """The server could not be reached, or the connection broke before an answer."""


class StreamInterrupted(APIConnectionError):
    """A stream broke off before its end. ``partial`` holds what was delivered."""


class APITimeoutError(AimlapiError, core.ModelTimeoutError):
    """No answer arrived within the time allowed."""


class JobFailedError(APIError, RuntimeError):
    """A job that was accepted has ended without a result. ``job_id`` is its id.

    It is not retryable: a new order is a new charge.
    """

    job_id: str | None = None
    is_retryable = False


class JobTimeoutError(APITimeoutError, TimeoutError):
    """A job was not done within the timeout. It goes on; ``job_id`` resumes it."""

    job_id: str | None = None
    is_retryable = False


class StreamTimeoutError(APITimeoutError):
    """A stream fell silent for longer than ``stream_timeout``, or passed its ``deadline``."""


# --- text that is safe to show -----

_KEY_LIKE = re.compile(r"(?i)(bearer\s+)[^\s\"',;]+|\bsk-[A-Za-z0-9_-]{8,}")


def one_line(text: str, *, limit: int = MAX_MESSAGE_CHARS) -> str:
    """Bounded, printable, on one line: control characters and lone surrogates are escaped."""
    cut = text if len(text) <= limit else text[:limit] + "..."
    return "".join(c if c.isprintable() else _escape(c) for c in cut).strip()


def _escape(char: str) -> str:
    if char in "\r\n\t":
        return " "
    return char.encode("unicode_escape").decode("ascii")


def is_key_like(text: str) -> bool:
    """Whether a text as a whole looks like an API key or a ``Bearer`` header of some vendor."""
    return _KEY_LIKE.fullmatch(text.strip()) is not None


def mask(text: str, secret: str | None) -> str:
    """``text`` without the key: a server that echoes it must not bring it into a log."""
    masked = text.replace(secret, "***") if secret and len(secret) > 3 else text
    return _KEY_LIKE.sub(lambda m: f"{m.group(1) or ''}***", masked)
