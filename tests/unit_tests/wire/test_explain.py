"""Failed answers of every shape -> the right class, readable, bounded, without the key."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core import exceptions as core

from langchain_aimlapi import errors
from langchain_aimlapi._wire.explain import explain, explain_frame, is_error_body, read_body
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.errors import AimlapiError, ErrorResponse, mask, one_line
from tests.harness.growth import assert_linear

KEY = "abcdef0123456789abcdef0123456789"


def explained(status: int, body: Any, **headers: str) -> AimlapiError:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    names = {k.replace("_", "-"): v for k, v in headers.items()}
    return explain(Response(status, names, raw), model="vendor/model", secret=KEY)


def flat(status: int, message: Any) -> dict[str, Any]:
    """The API's own error body, as its documentation shows it."""
    return {
        "requestId": "0f7d4b52-req",
        "statusCode": status,
        "timestamp": "2026-02-01T00:00:00.000Z",
        "path": "/v1/chat/completions",
        "message": message,
    }


STATUS_CLASS = {
    400: errors.InvalidRequestError,
    401: errors.AuthenticationError,
    402: errors.OutOfCreditError,
    403: errors.PermissionDeniedError,
    404: errors.ModelNotFoundError,
    405: errors.InvalidRequestError,
    408: errors.APITimeoutError,
    409: errors.APIError,
    413: errors.InvalidRequestError,
    422: errors.InvalidRequestError,
    425: errors.APIError,
    429: errors.RateLimitError,
    451: errors.InvalidRequestError,
    500: errors.APIError,
    502: errors.APIError,
    503: errors.APIError,
    529: errors.APIError,
}
RETRYABLE = {408, 409, 425, 429, 500, 502, 503, 529}

BODIES: dict[str, Any] = {
    "flat": flat(0, "the reason"),
    "flat with the status as text": {**flat(0, "the reason"), "statusCode": "0"},
    "nested": {"error": {"message": "the reason", "type": "t", "param": None, "code": None}},
    "anthropic": {"type": "error", "error": {"type": "t", "message": "the reason"}},
    "error as text": {"error": "the reason"},
    "fastapi": {"detail": [{"loc": ["body", "n"], "msg": "the reason", "type": "t"}]},
    "detail as text": {"detail": "the reason"},
    "errors": {"errors": [{"message": "the reason"}]},
    "errors by field": {"title": "Invalid", "errors": {"seed": ["the reason", "another"]}},
    "a title alone": {"title": "the reason", "type": "about:blank"},
    "list": [{"error": {"message": "the reason"}}],
    "list of text": ["the reason"],
    "json text": "the reason",
    "quoted": flat(0, json.dumps({"error": {"message": "the reason"}})),
    "quoted with its status": flat(0, "400 " + json.dumps({"error": {"message": "the reason"}})),
    "quoted twice": flat(0, json.dumps({"message": json.dumps({"error": "the reason"})})),
    "plain text": b"the reason",
    "html": b"<html><script>x</script><h1>the reason</h1></html>",
    "not utf-8": b"\xff\xfe the reason \xff",
    "broken json": b'{"message": "the reason", "statusCode": 4',
}
DUMB_BODIES: dict[str, Any] = {
    "empty": b"",
    "null": None,
    "number": 7,
    "true": True,
    "empty object": {},
    "empty list": [],
    "nulls": {"error": None, "message": None, "code": None},
    "deep": b"[" * 60_000,
    "deep objects": b'{"error":' * 60_000,
    "strange types": {"error": {"message": {"a": 1}, "code": [1], "param": 5, "type": {}}},
    "strange flat": {"statusCode": {}, "requestId": 5, "message": [[], {}, None, 3]},
}


@pytest.mark.parametrize("status", STATUS_CLASS)
@pytest.mark.parametrize("shape", BODIES)
def test_the_status_decides_the_class_and_the_message_is_readable(shape: str, status: int) -> None:
    error = explained(status, BODIES[shape])
    assert type(error) is STATUS_CLASS[status]
    assert "the reason" in str(error)
    assert str(error).startswith(f"{status}: ")
    assert error.is_retryable is (status in RETRYABLE)
    assert error.model == "vendor/model"


@pytest.mark.parametrize("status", [401, 429, 500])
@pytest.mark.parametrize("shape", DUMB_BODIES)
def test_a_body_that_says_nothing_still_gives_the_class(shape: str, status: int) -> None:
    error = explained(status, DUMB_BODIES[shape])
    assert type(error) is STATUS_CLASS[status]
    assert str(status) in str(error)


def test_the_classes_are_langchain_cores_too() -> None:
    for status, cls in {
        400: core.ModelInvalidRequestError,
        401: core.ModelAuthenticationError,
        403: core.ModelPermissionDeniedError,
        404: core.ModelNotFoundError,
        408: core.ModelTimeoutError,
        429: core.ModelRateLimitError,
        503: core.ModelAPIError,
    }.items():
        assert isinstance(explained(status, {}), cls)
    overflow = explained(400, {"error": {"message": "prompt is too long: 9 > 8"}})
    assert isinstance(overflow, core.ContextOverflowError)


def test_the_apis_own_body_gives_its_request_id_and_not_its_path() -> None:
    error = explained(400, flat(400, "Body validation error"), x_inference_id="inf-5")
    assert error.request_id == "0f7d4b52-req"
    assert error.inference_id == "inf-5"
    assert error.field is None
    assert error.body["path"] == "/v1/chat/completions"
    assert "request 0f7d4b52-req, inference inf-5" in str(error)


def test_openais_body_gives_code_and_field() -> None:
    body = {"message": "bad role", "type": "invalid_request_error", "param": "messages[0].role"}
    error = explained(400, {"error": {**body, "code": "unsupported_value"}})
    assert (error.code, error.field) == ("unsupported_value", "messages[0].role")
    assert explained(400, {"error": {**body, "code": None}}).code == "invalid_request_error"


def test_an_upstream_error_that_is_quoted_as_text_is_read() -> None:
    inner = {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": "tools.0.name: too long"},
        "request_id": "req_011",
    }
    error = explained(400, flat(400, f"400 {json.dumps(inner)}"))
    assert error.message == "tools.0.name: too long"
    assert error.code == "invalid_request_error"
    assert error.field == "tools.0.name"
    assert error.request_id == "0f7d4b52-req"


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("Unsupported value: 'messages[0].role' does not support 'system'", "messages[0].role"),
        ("Invalid input at tools[2].function.name", "tools[2].function.name"),
        ("'max_tokens' is not supported with this model", "max_tokens"),
        ("Something else is wrong. Try v1.2 of it", None),
    ],
)
def test_the_refused_field_is_found_in_the_message(message: str, field: str | None) -> None:
    assert explained(400, flat(400, message)).field == field


def test_a_list_of_validation_errors_names_the_first_field_and_all_messages() -> None:
    detail = [
        {"loc": ["body", "messages", 0, "role"], "msg": "bad role"},
        {"loc": ["body", "n"], "msg": "bad n"},
    ]
    error = explained(422, {"detail": detail})
    assert error.field == "messages.0.role"
    assert error.message == "bad role; bad n"


# --- wordings -----

OVERFLOW = [
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000",
    "prompt is too long: 210000 tokens > 200000 maximum",
    "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000",
    "Input is too long for requested model.",
    "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    "Your input exceeds the context window of this model. Please adjust your input",
    "Please reduce the length of the messages or completion.",
    "Invalid 'messages[0].content': string too long. Expected a string with maximum length 10",
    "Requested token count exceeds the model's maximum context length of 131072 tokens",
    "Too many tokens: the total is above the limit",
    "Range of input length should be [1, 30720]: input is too long",
    "Prompt contains 70000 tokens, too large for model with 65536 maximum context length",
    "the request exceeds the available context size; prompt too long",
]


@pytest.mark.parametrize("status", [400, 413, 422, 429, 500])
@pytest.mark.parametrize("message", OVERFLOW)
def test_too_long_an_input_is_context_overflow_by_every_wording(message: str, status: int) -> None:
    error = explained(status, flat(status, message))
    assert type(error) is errors.ContextOverflowError
    assert error.is_retryable is False
    assert "shorten" in str(error.advice)


def test_the_code_alone_tells_context_overflow() -> None:
    body = {"error": {"message": "Please shorten.", "code": "context_length_exceeded"}}
    assert type(explained(400, body)) is errors.ContextOverflowError
    assert type(explain_frame(body)) is errors.ContextOverflowError


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (403, "You've run out of credits. Please top up your balance or update your payment"),
        (402, "Payment required"),
        (402, ""),
        (429, "You exceeded your current quota, please check your plan and billing details"),
        (429, '{"error": {"message": "x", "code": "insufficient_quota"}}'),
        (403, "Your credit balance is too low to access the API"),
        (403, "Insufficient balance"),
    ],
)
def test_out_of_credit_is_told_apart_by_its_words(status: int, message: str) -> None:
    error = explained(status, flat(status, message))
    assert type(error) is errors.OutOfCreditError
    assert error.is_retryable is False
    assert "billing" in str(error.advice)


@pytest.mark.parametrize(
    "message",
    [
        "Your request was rejected as a result of our safety system.",
        "The response was filtered due to the prompt triggering content management policy",
        "Input data may contain inappropriate content (data_inspection_failed)",
        "This request violates our usage policies",
        "prohibited_content",
        "content_policy_violation",
    ],
)
@pytest.mark.parametrize("status", [400, 403, 422])
def test_a_safety_refusal_is_content_policy(message: str, status: int) -> None:
    assert type(explained(status, flat(status, message))) is errors.ContentPolicyError


@pytest.mark.parametrize(
    "message",
    [
        "Streaming is not supported for this model",
        "Unsupported value: 'stream' does not support true with this model.",
        "This model does not support streaming.",
        "stream: not available for this endpoint",
        "Your organization must be verified to stream this model: streaming unsupported",
    ],
)
def test_a_refusal_of_streaming_is_told_apart(message: str) -> None:
    assert type(explained(400, flat(400, message))) is errors.StreamingUnsupportedError


@pytest.mark.parametrize(
    "message",
    [
        "The model `gpt-9` does not exist",
        "Model gpt-4-turbo is deprecated",
        "model x is no longer available",
        "Unknown model: foo",
        "invalid model",
    ],
)
def test_an_unknown_model_may_also_come_as_a_400(message: str) -> None:
    assert type(explained(400, flat(400, message))) is errors.ModelNotFoundError


@pytest.mark.parametrize(
    ("status", "message", "cls"),
    [
        (401, "prompt is too long", errors.AuthenticationError),
        (503, "context window is being upgraded, content policy", errors.APIError),
        (429, "streaming is not supported", errors.RateLimitError),
        (400, "you have run out of credits", errors.InvalidRequestError),
        (400, "tools: upstream does not take them", errors.InvalidRequestError),
        (400, "max_tokens is too large", errors.InvalidRequestError),
    ],
)
def test_words_do_not_overrule_a_clear_status(status: int, message: str, cls: type) -> None:
    assert type(explained(status, flat(status, message))) is cls


def test_every_documented_error_has_the_class_of_its_meaning(shared: Path) -> None:
    known = json.loads((shared / "errors.json").read_text())["errors"]
    assert len(known) > 30
    for entry in known:
        if entry["status"] < 400:
            continue
        error = explained(entry["status"], flat(entry["status"], entry["message"]))
        expected = STATUS_CLASS.get(entry["status"], errors.APIError)
        assert isinstance(error, (expected, errors.OutOfCreditError)), entry
        if "credit" in entry["meaning"] or "balance" in entry["meaning"]:
            assert isinstance(error, errors.OutOfCreditError), entry
        if entry["status"] < 500:  # a wrong coupon is a 500 that no retry mends: not our business
            assert error.is_retryable is entry["retry"], entry


def test_documented_error_bodies_are_read(shared: Path) -> None:
    paths = sorted((shared / "responses").glob("error__*.json"))
    assert paths
    for path in paths:
        error = explained(400, path.read_bytes())
        assert isinstance(error, errors.InvalidRequestError | errors.AuthenticationError)
        assert error.message
        assert "{" not in error.message[:1], path.name


# --- frames -----


@pytest.mark.parametrize(
    ("frame", "cls", "status"),
    [
        (flat(429, "Too Many Requests"), errors.RateLimitError, 429),
        ({**flat(0, "busy"), "statusCode": "503"}, errors.APIError, 503),
        ({"error": {"message": "no", "code": 401}}, errors.AuthenticationError, 401),
        ({"error": {"message": "no", "code": "401"}}, errors.AuthenticationError, 401),
        ({"error": {"message": "no", "type": "overloaded_error"}}, errors.APIError, 529),
        (
            {"error": {"message": "no", "type": "invalid_request_error", "code": None}},
            errors.InvalidRequestError,
            400,
        ),
        (
            {"error": {"message": "no", "type": "rate_limit_error", "code": "1302"}},
            errors.RateLimitError,
            429,
        ),
        ({"error": {"message": "no", "type": "t", "code": 1302}}, errors.APIError, None),
        ({"type": "error", "error": {"type": "api_error", "message": "no"}}, errors.APIError, 500),
        (
            {"type": "error", "code": "rate_limit_exceeded", "message": "no"},
            errors.RateLimitError,
            429,
        ),
        (
            {"object": "error", "message": "no", "type": "BadRequestError", "code": 400},
            errors.InvalidRequestError,
            400,
        ),
        ({"error": "no"}, errors.APIError, None),
        ("no", errors.APIError, None),
        (["no"], errors.APIError, None),
        ({"error": {"message": "no", "code": 200}}, errors.APIError, None),
        ({"error": {"message": "no", "code": True}}, errors.APIError, None),
    ],
)
def test_an_error_frame_is_typed_by_its_code(
    frame: Any, cls: type[AimlapiError], status: int | None
) -> None:
    error = explain_frame(frame, model="vendor/model")
    assert type(error) is cls
    assert error.status_code == status
    assert error.model == "vendor/model"
    assert error.is_retryable is (status is None or status in RETRYABLE)


def test_a_vendors_number_is_kept_as_the_code() -> None:
    assert explain_frame({"error": {"message": "no", "code": 1302}}).code == "1302"


def test_answers_are_told_from_errors() -> None:
    failed: list[Any] = [
        {"error": "x"},
        {"error": {"message": "x"}, "choices": []},
        flat(500, "x"),
        {"message": "x", "code": 1},
        {"type": "error", "message": "x"},
        {"object": "error"},
    ]
    fine: list[Any] = [
        {"choices": []},
        {"error": None, "choices": []},
        {"error": {}, "choices": []},
        {"message": "x", "choices": [], "code": 1},
        {"meta": {"usage": {}}, "message": "", "requestId": "r"},
        {"message": "x"},
        [],
        "error",
        None,
        7,
    ]
    assert [body for body in failed if not is_error_body(body)] == []
    assert [body for body in fine if is_error_body(body)] == []


# --- safe to show -----


@pytest.mark.parametrize(
    "body",
    [
        flat(401, f"Incorrect API key provided: {KEY}."),
        {"error": {"message": f"key {KEY} is wrong", "code": KEY, "param": KEY}},
        {"error": KEY, "requestId": KEY},
        f"<h1>{KEY}</h1>".encode(),
        f"Authorization: Bearer {KEY}".encode(),
        {"deep": {"er": [KEY]}, "message": "x", "statusCode": 401},
    ],
)
def test_the_key_is_masked_wherever_the_server_echoes_it(body: Any) -> None:
    seen = [explained(401, body, x_echo=f"Bearer {KEY}", x_inference_id="i")]
    if not isinstance(body, bytes):
        seen.append(explain_frame(body, secret=KEY))
    for error in seen:
        response = getattr(error, "response", None)
        everything = repr(error) + str(error) + repr(vars(error))
        if response is not None:
            everything += repr((response.headers, response.text))
        assert KEY not in everything
        assert KEY.encode() not in pickle.dumps(error)


def test_what_looks_like_any_key_is_masked_even_where_ours_is_not_known() -> None:
    text = mask("Bearer tok-123, sk-live_ABCDEFGH12345 and bearer\txyz", None)
    assert text == "Bearer ***, *** and bearer\t***"
    assert mask("ask-me-anything", None) == "ask-me-anything"


def test_a_message_is_one_printable_bounded_line() -> None:
    nasty = "a\x1b[2Jb\r\nc\td\x00e\u202ef\ud800g\u2028h"
    assert one_line(nasty) == "a\\x1b[2Jb  c d\\x00e\\u202ef\\ud800g\\u2028h"
    assert one_line("x" * 5000, limit=10) == "x" * 10 + "..."
    error = explained(
        400, {"requestId": "\x1b[31m" + "r" * 9000, "statusCode": 400, "message": nasty}
    )
    assert str(error).isprintable()
    assert len(str(error)) < 4000


def test_a_huge_error_body_costs_little_and_is_cut() -> None:
    body = b'{"message": "' + b"x" * 20_000_000 + b'"}'
    error = explained(500, body)
    assert len(str(error)) < 2_500
    assert len(error.response.text) <= errors.MAX_BODY_BYTES


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "piece", "after"),
    [
        (b"", b" ", b""),
        (b"Error:", b" ", b"x"),
        (b"{", b"} ", b"x"),
        (b"", b"<script>", b""),
        (b"", b"<", b""),
        (b"", b"stream ", b""),
        (b"", b"bearer ", b""),
        (b"", b"model ", b""),
        (b"", b"messages[0]", b""),
        (b"", b"{", b""),
        (b'{"message": "', b" ", b'x"}'),
    ],
)
def test_no_body_makes_reading_it_slow(before: bytes, piece: bytes, after: bytes) -> None:
    def read(size: int) -> None:
        error = explained(400, before + piece * (size // len(piece)) + after)
        assert len(str(error)) < 2_500

    assert_linear(read, 65_000 // 8)  # more is cut


def test_headers_that_are_kept_are_few_and_safe() -> None:
    headers = {f"x-{i}": "v" * 5000 for i in range(200)}
    error = explain(
        Response(500, {"set-cookie": "s", "authorization": "a", **headers}, b""), secret=KEY
    )
    kept = error.response.headers
    assert len(kept) <= 64
    assert not {"set-cookie", "authorization"} & set(kept)
    assert max(map(len, kept.values())) <= 500


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed_and_says_so(status: int) -> None:
    error = explained(status, b"", location="https://evil.example/steal?x=1")
    assert type(error) is errors.InvalidResponseError
    assert error.is_retryable is False
    assert "redirect" in str(error)
    assert "evil" not in repr(vars(error)) + repr(error)


def test_the_wait_is_read_from_the_headers() -> None:
    assert explained(429, {}, retry_after="12").retry_after == 12.0
    assert explained(429, {}, retry_after="nan").retry_after is None


# --- errors as objects -----


def all_classes(cls: type[AimlapiError] = AimlapiError) -> list[type[AimlapiError]]:
    return [cls] + [c for sub in cls.__subclasses__() for c in all_classes(sub)]


@pytest.mark.parametrize("cls", all_classes())
@pytest.mark.parametrize(
    "copier", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy]
)
def test_every_error_can_be_pickled_and_copied(cls: type[AimlapiError], copier: Any) -> None:
    error = cls(
        "it broke",
        advice="mend it",
        status_code=418,
        code="c",
        field="f",
        model="m",
        request_id="r",
        inference_id="i",
        retry_after=1.5,
        body={"a": 1},
        partial="p",
        response=ErrorResponse(418, {"h": "v"}, '{"a": 1}'),
    )
    error.is_retryable = True
    twin = copier(error)
    assert type(twin) is cls
    assert str(twin) == str(error) == "418: it broke [request r, inference i] -> mend it"
    assert repr(twin) == repr(error)
    assert twin.is_retryable is True
    assert twin.response.json() == {"a": 1}
    assert {k: v for k, v in vars(twin).items() if k != "response"} == {
        k: v for k, v in vars(error).items() if k != "response"
    }


def test_an_error_without_a_response_has_none_for_langchain_to_ask() -> None:
    assert not hasattr(AimlapiError("x"), "response")


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    "error",
                    "message",
                    "code",
                    "type",
                    "detail",
                    "errors",
                    "statusCode",
                    "status",
                    "param",
                    "path",
                    "requestId",
                    "loc",
                    "msg",
                    "object",
                    "x",
                ]
            ),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=10,
)


@given(body=JSON, status=st.integers(300, 599))
def test_any_json_is_explained(body: Any, status: int) -> None:
    for error in (explained(status, body), explain_frame(body, secret=KEY)):
        assert str(error).isprintable()
        assert type(pickle.loads(pickle.dumps(error))) is type(error)


@given(body=st.one_of(st.binary(max_size=60), st.text(max_size=60).map(str.encode)))
def test_any_bytes_are_explained(body: bytes) -> None:
    assert explained(500, body).message
    assert isinstance(read_body(body.decode("utf-8", "replace")).message, str)
