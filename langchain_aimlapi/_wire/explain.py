"""A failed answer, an error frame or a broken connection -> the right exception with advice.

The status decides the class; the text only refines it where a status is ambiguous. Bodies come in
many shapes: the API's flat one, OpenAI's and Anthropic's nested ones, FastAPI's ``detail``, a
vendor's whole body quoted as JSON text inside ``message``, plain text, HTML, nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from langchain_aimlapi import errors
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi._wire.retry import parse_retry_after
from langchain_aimlapi.errors import AimlapiError, ErrorResponse, mask

_STATUS_CLASS: dict[int, type[AimlapiError]] = {
    400: errors.InvalidRequestError,
    401: errors.AuthenticationError,
    402: errors.OutOfCreditError,
    403: errors.PermissionDeniedError,
    404: errors.ModelNotFoundError,
    408: errors.APITimeoutError,
    409: errors.APIError,
    425: errors.APIError,
    429: errors.RateLimitError,
}

# Codes that stand where a status should (error frames, nested bodies) -> the status they mean.
_CODE_STATUS = {
    "invalid_request_error": 400,
    "invalid_prompt": 400,
    "context_length_exceeded": 400,
    "content_policy_violation": 400,
    "content_filter": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "billing_error": 402,
    "insufficient_quota": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "timeout_error": 408,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "too_many_requests": 429,
    "api_error": 500,
    "server_error": 500,
    "internal_error": 500,
    "internal_server_error": 500,
    "service_unavailable": 503,
    "overloaded_error": 529,
    "overloaded": 529,
}

# One table of wordings, most specific first: pattern -> class. Each wording was seen in a vendor's
# documentation or answer; they refine 400, 402, 403, 413, 422, 429 and error frames only.
_WORDING: tuple[tuple[str, type[AimlapiError]], ...] = (
    (
        (
            r"run out of credits?|out of credits?|insufficient[ _](credit|balance|quota|fund)"
            r"|exceeded your current quota|credit balance is too low|payment required"
            r"|not enough (credits?|balance)|spend(ing)? limit"
        ),
        errors.OutOfCreditError,
    ),
    (
        (
            r"context[ _]length[ _]exceeded|maximum context length|context window"
            r"|prompt is too long|input is too long|input length and `?max_tokens`? exceed"
            r"|exceed(s|ed|ing)? (the )?(model'?s? )?(max(imum)? )?(input )?(context|token)"
            r"|exceeds the maximum number of (input )?tokens|too many (input )?tokens"
            r"|reduce the length of (the|your) (messages|prompt|input)|context limit"
            r"|model_max_prompt_tokens_exceeded|string too long|prompt too long"
            r"|larger than the (model's )?(maximum )?context"
        ),
        errors.ContextOverflowError,
    ),
    (
        (
            r"content[ _]policy|content management policy|content[ _]filter|safety system"
            r"|responsible ai|flagged (as|by|for)|data_inspection_failed|prohibited_content"
            r"|violat\w+ (our|the) (usage|safety|content)"
        ),
        errors.ContentPolicyError,
    ),
    (
        (
            r"\bstream(ing)?\b[^.]{0,60}(not (be )?(supported|available|allowed)|unsupported)"
            r"|(does(n't| not) support|unsupported value[^.]{0,20}|no support for)[^.]{0,40}"
            r"\bstream(ing)?\b"
        ),
        errors.StreamingUnsupportedError,
    ),
    (
        (
            r"model[^.]{0,80}(does not exist|not found|is deprecated|was deprecated"
            r"|no longer (supported|available)|has been (removed|retired|deprecated))"
            r"|(unknown|invalid|no such) model\b"
        ),
        errors.ModelNotFoundError,
    ),
)
_REFINES: dict[int, tuple[type[AimlapiError], ...]] = {
    400: (
        errors.ContextOverflowError,
        errors.ContentPolicyError,
        errors.StreamingUnsupportedError,
        errors.ModelNotFoundError,
    ),
    403: (errors.OutOfCreditError, errors.ContentPolicyError),
    413: (errors.ContextOverflowError,),
    422: (errors.ContextOverflowError, errors.ContentPolicyError, errors.StreamingUnsupportedError),
    429: (errors.OutOfCreditError, errors.ContextOverflowError),
    # A gateway sometimes reports the vendor's refusal as its own failure; only what a retry cannot
    # mend is taken at its word.
    500: (errors.ContextOverflowError,),
}

_ADVICE: dict[type[AimlapiError], str] = {
    errors.AuthenticationError: (
        "check AIMLAPI_API_KEY (or api_key=...); keys are made at https://aimlapi.com/app/keys"
    ),
    errors.OutOfCreditError: "top up at https://aimlapi.com/app/billing",
    errors.PermissionDeniedError: "check the scopes and the limits of the key",
    errors.ContextOverflowError: "shorten the messages or lower max_tokens",
    errors.RateLimitError: "slow down, raise max_retries, or use a rate_limiter",
    errors.ModelNotFoundError: "check the model id and base_url",
}
# of what has an id but is no model: a thread, a file, a batch
_NOTHING_THERE = "check the id, that the key is of the account that made it, and base_url"


@dataclass(frozen=True, slots=True)
class ErrorDetails:
    """What a body says about an error."""

    message: str = ""
    code: str | None = None
    field: str | None = None
    request_id: str | None = None
    status: int | None = None


def explain(
    response: Response, *, model: str | None = None, secret: str | None = None
) -> AimlapiError:
    """The exception for an HTTP answer that is no success. Never raises itself."""
    text = mask(response.body[: errors.MAX_BODY_BYTES].decode("utf-8", "replace"), secret)
    body = _load(text)
    details = read_body(body if body is not None else text)
    status = response.status
    if 300 <= status < 400:
        return _redirected(response, model)
    error = _build(details, status, status, model, body)
    error.request_id = details.request_id or response.headers.get("x-request-id")
    error.inference_id = response.headers.get("x-inference-id")
    error.retry_after = parse_retry_after(response.headers)
    error.response = ErrorResponse(status, _safe_headers(response.headers, secret), text)
    return error


def explain_frame(
    frame: object, *, model: str | None = None, secret: str | None = None
) -> AimlapiError:
    """The exception for an error that stands inside a stream or inside a 200 answer."""
    details = read_body(frame)
    details = replace(
        details,
        message=mask(details.message, secret),
        code=_masked(details.code, secret),
        field=_masked(details.field, secret),
        request_id=_masked(details.request_id, secret),
    )
    body = _load(mask(_dump(frame)[: errors.MAX_BODY_BYTES], secret))
    return _build(details, details.status, details.status or 500, model, body)


def is_error_body(body: object) -> bool:
    """Whether a decoded body is an error rather than an answer (flat, nested, or a bare list)."""
    if not isinstance(body, dict):
        return False
    if body.get("error"):
        return True
    if "choices" in body:  # runs for every event of a stream, so the commonest answer comes first
        return False
    if body.get("type") == "error" or body.get("object") == "error":
        return True
    if any(key in body for key in ("choices", "output", "content", "delta", "usage", "meta")):
        return False
    return "message" in body and ("statusCode" in body or "requestId" in body or "code" in body)


def _build(
    details: ErrorDetails, status_code: int | None, status: int, model: str | None, body: object
) -> AimlapiError:
    cls = _choose(status, f"{details.code or ''} {details.message}")
    message = details.message or f"the server answered {status} without saying why"
    advice = next((_ADVICE[c] for c in cls.__mro__ if c in _ADVICE), None)
    if cls is errors.ModelNotFoundError and model is None:
        advice = _NOTHING_THERE
    return cls(
        message,
        advice=advice,
        status_code=status_code,
        code=details.code,
        field=details.field,
        model=model,
        request_id=details.request_id,
        body=body,
    )


def _choose(status: int, text: str) -> type[AimlapiError]:
    cls = _STATUS_CLASS.get(status)
    if cls is None:
        cls = errors.APIError if status >= 500 else errors.InvalidRequestError
    allowed = _REFINES.get(status, ())
    for pattern, refined in _WORDING:
        if refined in allowed and re.search(pattern, text, re.I):
            return refined
    return cls


def _redirected(response: Response, model: str | None) -> AimlapiError:
    error = errors.InvalidResponseError(
        f"the server answered {response.status}, a redirect, which is never followed because the "
        "key and the prompt would go with it",
        advice="set base_url to the final address",
        status_code=response.status,
        model=model,
        response=ErrorResponse(response.status, {}, ""),
    )
    error.is_retryable = False
    return error


def _safe_headers(headers: Mapping[str, str], secret: str | None) -> dict[str, str]:
    return {
        name: mask(value, secret)[:500]
        for name, value in list(headers.items())[:64]
        if name not in ("set-cookie", "authorization")
    }


def _masked(text: str | None, secret: str | None) -> str | None:
    return text and mask(text, secret)


def _dump(frame: object) -> str:
    try:
        return json.dumps(frame, default=str)
    except (ValueError, RecursionError):
        return ""  # too deep to be kept; the message has been read


def _load(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


# --- reading what a body says -----

# Each gap is bounded: unbounded ones side by side would take quadratic time on a body of spaces.
_QUOTED = re.compile(r"(?:Error:\s{0,8})?(\d{3})?[\s:-]{0,8}(\{.*\}|\[.*\])", re.S)
_FIELD = re.compile(
    r"(?<![\w./])((?:messages|tools|tool_choice|response_format|input|stream_options|thinking"
    r"|reasoning|content|audio|text)(?:\[\d+\]|\.\w+)+|'([a-z_]+(?:[.\[]\w+\]?)*)' (?:is|does))"
)
_TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]{0,500}>", re.S | re.I)


def read_body(body: object, depth: int = 0) -> ErrorDetails:
    """Message, code, field and ids of an error body of any shape."""
    if isinstance(body, str):
        return _read_text(body, depth)
    if isinstance(body, list):
        return _read_list(body, depth)
    if not isinstance(body, Mapping):
        return ErrorDetails(message="" if body is None else f"the error body is {body!r:.100}")
    details = _read_mapping(body, depth)
    if details.field is None and (match := _FIELD.search(details.message)):
        details = replace(details, field=match.group(2) or match.group(1))
    return details


_MESSAGES = ("message", "detail", "msg", "errors", "title")


def _by_field(fields: Mapping[str, object]) -> str:
    """The texts of an object from field to what is wrong with it."""
    found = []
    for name, wrong in list(fields.items())[:6]:
        text = wrong[0] if isinstance(wrong, list) and wrong else wrong
        if isinstance(text, str):
            found.append(f"{name}: {text}"[: errors.MAX_MESSAGE_CHARS])
    return "; ".join(found)


def _read_mapping(body: Mapping[str, Any], depth: int) -> ErrorDetails:
    request_id = _text(body.get("requestId")) or _text(body.get("request_id"))
    inner = body.get("error")
    raw = inner if isinstance(inner, Mapping | list) or (inner and isinstance(inner, str)) else None
    if raw is None:
        raw = next((body[k] for k in _MESSAGES if body.get(k)), "")
        fields = body.get("errors")
        if raw is fields and isinstance(fields, Mapping):
            raw = _by_field(fields) or fields
    details = read_body(raw, depth + 1) if depth < 4 else ErrorDetails(message=str(raw)[:500])
    kinds = [body.get("code"), body.get("type")]  # OpenAI's code is often null beside a type
    code = next((c for k in kinds if (c := _code(k))), None)
    places = ("statusCode", "status", "code")
    status = next((s for k in places if (s := _status(body.get(k)))), None)
    meant = next((s for k in kinds if (s := _CODE_STATUS.get(str(k).lower()))), None)
    field = body.get("param") or body.get("path") if "statusCode" not in body else None
    if isinstance(field, list):
        field = ".".join(str(item) for item in field)
    return ErrorDetails(
        message=details.message,
        code=details.code or code,
        field=details.field or _text(field),
        request_id=request_id or details.request_id,
        status=status or details.status or meant,
    )


def _read_list(body: list[Any], depth: int) -> ErrorDetails:
    if not body or depth > 4:
        return ErrorDetails()
    first = body[0]
    details = read_body(first, depth + 1)
    if isinstance(first, Mapping) and isinstance(first.get("loc"), list):  # FastAPI's detail
        details = replace(details, field=".".join(str(i) for i in first["loc"] if i != "body"))
    others = [read_body(item, depth + 1).message for item in body[1:6]]
    return replace(details, message="; ".join(filter(None, [details.message, *others])))


def _read_text(text: str, depth: int) -> ErrorDetails:
    text = text.strip()
    short = depth < 4 and len(text) < errors.MAX_BODY_BYTES
    match = _QUOTED.fullmatch(text) if short else None
    if match and (inner := _load(match.group(2))):
        details = read_body(inner, depth + 1)
        if details.message:
            return replace(details, status=details.status or _status(match.group(1)))
    if text[:1] == "<":
        text = " ".join(_TAGS.sub(" ", text[:20_000]).split())
        text = f"an HTML page: {text[:200]}" if text else "an HTML page"
    return ErrorDetails(message=text[: errors.MAX_MESSAGE_CHARS])


def _code(value: object) -> str | None:
    """A machine-readable code; a status in its place is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)[:40]  # MiniMax, Zhipu: four digits and more
    return None if value == "error" or _status(value) is not None else _text(value)


def _text(value: object) -> str | None:
    return value[:500] if isinstance(value, str) and value else None


def _status(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 3:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 400 <= value < 600:
        return value
    return None
