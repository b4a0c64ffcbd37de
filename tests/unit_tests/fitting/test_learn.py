"""What a refusal says about a parameter, in the wordings of the gateway and of its vendors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from langchain_aimlapi._fitting.learn import Learner
from langchain_aimlapi._fitting.lessons import Memory
from langchain_aimlapi._fitting.notes import Notes, OnUnsupported
from langchain_aimlapi._fitting.refusals import is_elsewhere, lessons_of
from langchain_aimlapi._wire.explain import explain
from langchain_aimlapi._wire.request import Response
from langchain_aimlapi.errors import InvalidRequestError, UnsupportedParameterWarning

CONTENT = {"model": "a/model", "messages": [{"role": "user", "content": "xhigh"}]}
KEY = ("https://api.test", "a/model", "/v1/chat/completions")
ZOD = "Body validation error"


def refusal(body: Any, status: int = 400) -> InvalidRequestError:
    """The error that the wire makes of an answer."""
    raw = body if isinstance(body, str) else json.dumps(body)
    error = explain(Response(status, {}, raw.encode()), model="a/model")
    assert isinstance(error, InvalidRequestError)
    return error


def gateway(message: str, **more: Any) -> dict[str, Any]:
    """The API's flat envelope."""
    return {"requestId": "r1", "statusCode": "400", "path": "/v1/chat/completions",
            "message": message, **more}  # fmt: skip


def problem(message: str, **more: Any) -> dict[str, Any]:
    """The API's newer envelope."""
    inner = {"name": "BadRequestException", "message": message, **more}
    return {"title": "Bad Request", "status": 400, "instance": "/v1/chat/completions",
            "message": message, "requestId": "r1", "error": inner}  # fmt: skip


def openai(message: str, param: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param,
                      "code": "unsupported_value"}}  # fmt: skip


def quoted(body: Any) -> dict[str, Any]:
    """A vendor's whole body as text, as the gateway hands it on."""
    return gateway(f"400 {json.dumps(body)}")


def anthropic(message: str) -> dict[str, Any]:
    return quoted({"type": "error", "error": {"type": "invalid_request_error", "message": message}})


def issue(*path: str, **details: Any) -> dict[str, Any]:
    """The gateway's validator, its issues beside the message."""
    return gateway(ZOD, meta=[{"path": list(path), **details}])


CASES: list[tuple[str, Any, dict[str, Any], dict[str, Any]]] = [
    # name, the answer, what was sent beside the content, what is sent then
    ("enum without a path", gateway(
        f"{ZOD}\nInvalid enum value. Expected 'low' | 'medium' | 'high', received 'minimal'"),
     {"reasoning_effort": "minimal"}, {"reasoning_effort": "low"}),
    ("enum in the newer envelope", problem(
        "Validation failed\nInvalid enum value. Expected 'none' | 'low' | 'high', received 'max'"),
     {"reasoning_effort": "max"}, {"reasoning_effort": "high"}),
    ("enum inside an object", gateway(
        f"{ZOD}\nInvalid enum value. Expected 'low' | 'medium' | 'high', received 'xhigh'"),
     {"reasoning": {"effort": "xhigh"}}, {"reasoning": {"effort": "high"}}),
    ("enum as an issue", issue(
        "service_tier", code="invalid_enum_value", options=["auto", "default"], message="Invalid"),
     {"service_tier": "priority"}, {}),
    ("enum of zod 4", issue(
        "verbosity", code="invalid_value", values=["low", "medium"], message="Invalid option"),
     {"verbosity": "high"}, {"verbosity": "medium"}),
    ("unknown keys as an issue", issue(
        code="unrecognized_keys", keys=["top_k"], message="Unrecognized key(s) in object: 'top_k'"),
     {"top_k": 5, "seed": 1}, {"seed": 1}),
    ("unknown keys inside an object", issue(
        "reasoning", code="unrecognized_keys", keys=["summary"], message="Unrecognized key(s)"),
     {"reasoning": {"effort": "low", "summary": "auto"}}, {"reasoning": {"effort": "low"}}),
    ("unknown keys as text", gateway(f"{ZOD}\nUnrecognized key(s) in object: 'top_k'"),
     {"top_k": 5}, {}),
    ("too big as an issue", issue(
        "temperature", code="too_big", maximum=1, message="Number must be less than or equal to 1"),
     {"temperature": 1.5}, {"temperature": 1}),
    ("too small as text", gateway(f"{ZOD}: top_p: Number must be greater than or equal to 0.01"),
     {"top_p": 0}, {"top_p": 0.01}),
    ("another type", issue(
        "stop", code="invalid_type", expected="array", message="Expected array, received string"),
     {"stop": "END"}, {"stop": ["END"]}),
    ("a number as text", issue(
        "user", code="invalid_type", expected="string", message="Expected string, received number"),
     {"user": 7}, {"user": "7"}),
    ("OpenAI: one value only", openai(
        "Unsupported value: 'temperature' does not support 0.3 with this model. Only the default "
        "(1) value is supported.", "temperature"),
     {"temperature": 0.3, "seed": 1}, {"seed": 1}),
    ("OpenAI: another name", openai(
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
        "'max_completion_tokens' instead.", "max_tokens"),
     {"max_tokens": 50}, {"max_completion_tokens": 50}),
    ("OpenAI: supported values", quoted(openai(
        "Unsupported value: 'reasoning_effort' does not support 'minimal' with this model. "
        "Supported values are: 'low', 'medium', and 'high'.", "reasoning_effort")),
     {"reasoning_effort": "minimal"}, {"reasoning_effort": "low"}),
    ("OpenAI: unknown parameter", openai("Unknown parameter: 'enable_thinking'.", None),
     {"enable_thinking": True}, {}),
    ("OpenAI: unrecognized argument", openai("Unrecognized request argument supplied: top_k"),
     {"top_k": 5}, {}),
    ("OpenAI: too large", openai(
        "max_tokens is too large: 100000. This model supports at most 16384 completion tokens, "
        "whereas you provided 100000.", "max_tokens"),
     {"max_tokens": 100000}, {"max_tokens": 16384}),
    ("Anthropic: extra inputs", anthropic("seed: Extra inputs are not permitted"),
     {"seed": 1}, {}),
    ("Anthropic: too large", anthropic(
        "max_tokens: 200000 > 64000, which is the maximum allowed number of output tokens for "
        "claude-sonnet-4-5-20250929"),
     {"max_tokens": 200000}, {"max_tokens": 64000}),
    ("Anthropic: a variant in the path", anthropic(
        "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024"),
     {"thinking": {"type": "enabled", "budget_tokens": 500}},
     {"thinking": {"type": "enabled", "budget_tokens": 1024}}),
    ("Anthropic: with thinking", anthropic(
        "`temperature` may only be set to 1 when thinking is enabled."),
     {"temperature": 0.2, "thinking": {"type": "adaptive"}}, {"thinking": {"type": "adaptive"}}),
    ("Anthropic: not both", anthropic(
        "`temperature` and `top_p` cannot both be specified for this model."),
     {"temperature": 0.2, "top_p": 0.5}, {"temperature": 0.2}),
    ("Anthropic: the budget", anthropic(
        "`max_tokens` must be greater than `thinking.budget_tokens`."),
     {"max_tokens": 2000, "thinking": {"type": "enabled", "budget_tokens": 4000}},
     {"max_tokens": 2000, "thinking": {"type": "enabled", "budget_tokens": 1000}}),
    ("Anthropic: a forced tool", anthropic(
        "Thinking may not be enabled when tool_choice forces tool use."),
     {"reasoning_effort": "low", "tool_choice": "required"}, {"tool_choice": "required"}),
    ("DashScope: a range", openai("Range of max_tokens should be [1, 8192]"),
     {"max_tokens": 20000}, {"max_tokens": 8192}),
    ("DashScope: the budget", gateway("max_tokens must be greater than thinking_budget [8192]"),
     {"max_tokens": 500, "thinking_budget": 8192}, {"max_tokens": 500, "thinking_budget": 250}),
    ("Google: mandatory", gateway(
        "Reasoning is mandatory for this endpoint and cannot be disabled."),
     {"reasoning_effort": "none"}, {}),
    ("pydantic", {"detail": [{"loc": ["body", "top_logprobs"], "type": "less_than_equal",
                              "msg": "Input should be less than or equal to 5"}]},
     {"top_logprobs": 8}, {"top_logprobs": 5}),
    ("pydantic: a set", {"detail": [{"loc": ["body", "tier"], "type": "literal_error",
                                     "msg": "Input should be 'auto' or 'flex'"}]},
     {"tier": "priority"}, {}),
    ("class-validator", {"statusCode": 400, "error": "Bad Request", "message": [
        "property min_p should not exist", "temperature must not be greater than 1"]},
     {"min_p": 0.1}, {}),
    ("OpenAI: a word that may be plain English", openai(
        "Unrecognized request argument supplied: seed"), {"seed": 1}, {}),
    ("problem details: a pointer", problem(
        "Your request is not valid.",
        errors=[{"detail": "is not supported", "pointer": "#/temperature"}]),
     {"temperature": 1, "top_p": 1}, {"top_p": 1}),
    ("problem details: invalid-params", {
        "title": "Bad Request", "status": 400, "detail": "Your request is not valid.",
        "invalid-params": [{"name": "top_k", "reason": "must be at most 40"}]},
     {"top_k": 50}, {"top_k": 40}),
    ("problem details: nested", problem(
        "Bad Request", errors={"body": {"errors": [{"detail": [
            {"loc": ["body", "top_k"], "msg": "extra fields not permitted"}]}]}}),
     {"top_k": 50}, {}),
    ("an object from field to texts", {
        "title": "One or more errors", "status": 400, "errors": {"top_k": ["is not supported"]}},
     {"top_k": 50}, {}),
    ("an object from field to texts, inside the body", problem(
        "Validation failed", errors={"body": {"top_k": "is not supported"}}),
     {"top_k": 50}, {}),
    ("an object from field to an error", problem(
        "Validation failed", errors={"top_k": {"message": "is not supported"}}),
     {"top_k": 50}, {}),
    ("zod's flattened errors", gateway(ZOD, meta={
        "formErrors": [], "fieldErrors": {"top_k": ["Number must be at most 40"]}}),
     {"top_k": 50}, {"top_k": 40}),
    ("Ajv", {"statusCode": 400, "message": "Bad Request", "details": [
        {"instancePath": "/temperature", "keyword": "maximum", "message": "must be <= 1"}]},
     {"temperature": 1.5}, {"temperature": 1}),
    ("a parameter beside another that is right", gateway(
        "temperature is not supported when reasoning_effort is set"),
     {"temperature": 1, "reasoning_effort": "low"}, {"reasoning_effort": "low"}),
    ("not together", gateway("temperature and top_p cannot be used together"),
     {"temperature": 1, "top_p": 1}, {"top_p": 1}),
    ("plain text", "logprobs is not supported by this model", {"logprobs": True}, {}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "sent", "then"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_refusal_that_names_a_parameter_is_put_right(
    answer: Any, sent: dict[str, Any], then: dict[str, Any]
) -> None:
    body = {**CONTENT, **sent}
    (lesson,) = lessons_of(refusal(answer), body)
    notes = Notes("a/model")
    assert lesson.apply(body, notes) == {**CONTENT, **then}
    assert body == {**CONTENT, **sent}  # nothing that was given is edited
    ((name, text),) = notes.adaptations
    assert name == ".".join(lesson.path)
    assert "the API refused it" in text


SEVERAL: list[tuple[str, Any, dict[str, Any], dict[str, Any]]] = [
    # name, the answer, what was sent beside the content, what is sent then
    ("a sentence", gateway("`temperature` and `top_p` are not supported with this model"),
     {"temperature": 1, "top_p": 1, "seed": 1}, {"seed": 1}),
    ("a list", openai("Unsupported parameters: temperature, top_p, and min_p"),
     {"temperature": 1, "top_p": 1, "min_p": 0.1}, {}),
    ("a list with plain words", openai("Unrecognized request arguments supplied: seed, top_p"),
     {"seed": 1, "top_p": 1, "stop": "x"}, {"stop": "x"}),
    ("a condition", gateway("temperature and top_p are not supported when thinking_budget is set"),
     {"temperature": 1, "top_p": 1, "thinking_budget": 9}, {"thinking_budget": 9}),
    ("keys", issue(code="unrecognized_keys", keys=["seed", "top_p"], message="Unrecognized keys"),
     {"seed": 1, "top_p": 1, "min_p": 0.1}, {"min_p": 0.1}),
    ("issues", gateway(ZOD, meta=[
        {"path": ["temperature"], "code": "too_big", "maximum": 1, "message": "Too big"},
        {"path": ["top_p"], "code": "unrecognized_keys", "message": "Unrecognized key"}]),
     {"temperature": 1.5, "top_p": 1}, {"temperature": 1}),
    ("lines", gateway(f"{ZOD}\ntemperature: Number must be less than or equal to 1; "
                      "top_p: Number must be less than or equal to 0.2"),
     {"temperature": 1.5, "top_p": 0.5}, {"temperature": 1, "top_p": 0.2}),
    ("class-validator", {"statusCode": 400, "message": [
        "property min_p should not exist", "temperature must not be greater than 1"]},
     {"min_p": 0.1, "temperature": 1.5}, {"temperature": 1}),
    ("issues and a sentence about them", problem(
        "temperature is not supported when top_p is set",
        errors=[{"path": ["temperature"], "message": "is not supported"}]),
     {"temperature": 1, "top_p": 1}, {"top_p": 1}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "sent", "then"), [case[1:] for case in SEVERAL], ids=[case[0] for case in SEVERAL]
)
def test_a_refusal_that_names_several_parameters_is_put_right_at_once(
    answer: Any, sent: dict[str, Any], then: dict[str, Any]
) -> None:
    memory, body = Memory(), {**CONTENT, **sent}
    with pytest.warns(UnsupportedParameterWarning) as warned:
        assert learner(memory).mend(refusal(answer), body) == {**CONTENT, **then}
    assert len(warned) == sum(then.get(name) != value for name, value in sent.items())
    with pytest.warns(UnsupportedParameterWarning):
        assert learner(memory).known(body) == {**CONTENT, **then}


@pytest.mark.parametrize(
    "answer",
    [
        gateway(f"{ZOD}: messages.0.content: Expected string, received null"),
        gateway("Unsupported value: 'messages[0].role' does not support 'system'."),
        issue("messages", "0", "content", code="invalid_type", message="Required"),
        issue("size", code="invalid_enum_value", options=["1024x1024"], message="Invalid"),
        issue("image_url", code="invalid_string", message="Invalid url"),
        issue("tools", "0", code="invalid_type", message="Expected object"),
        openai("Invalid value: 'xhigh'.", "model"),
        gateway(f"{ZOD}\nInvalid enum value. Expected 'a' | 'b', received 'a/model'"),
        gateway(f"{ZOD}\nInvalid enum value. Expected 'a' | 'b', received 'nowhere'"),
        gateway("max_tokens or model output limit was reached"),
        gateway("Please stop and try another prompt"),
        gateway("This model's maximum context length is 8192 tokens"),
        gateway("content flagged by the safety system: temperature"),
        "",
        [],
        {"a": {"b": [None, 7, {"message": {}}]}},
    ],
)
def test_content_and_riddles_are_never_mended(answer: Any) -> None:
    body = {**CONTENT, "temperature": 0.5, "reasoning_effort": "low", "stop": ["x"], "user": "u"}
    assert lessons_of(refusal(answer), body) == []


def test_a_value_that_two_parameters_have_is_not_guessed() -> None:
    answer = gateway(f"{ZOD}\nInvalid enum value. Expected 'a' | 'b', received 'low'")
    body = {**CONTENT, "verbosity": "low", "reasoning_effort": "low"}
    assert lessons_of(refusal(answer), body) == []


def test_a_change_that_changes_nothing_is_none() -> None:
    answer = issue("temperature", code="too_big", maximum=2, message="Number must be at most 2")
    (lesson,) = lessons_of(refusal(answer), {**CONTENT, "temperature": 1})
    assert lesson.apply({**CONTENT, "temperature": 1}, Notes("a/model")) is None
    assert lesson.apply({**CONTENT}, Notes("a/model")) is None


@pytest.mark.parametrize(
    ("text", "elsewhere"),
    [
        ("Model x is not available on /v1/messages", True),
        ("This model is only supported in v1/responses and not in v1/chat/completions.", True),
        ("temperature is not supported", False),
    ],
)
def test_a_model_that_is_served_on_another_path_is_recognised(text: str, elsewhere: bool) -> None:
    assert is_elsewhere(refusal(gateway(text))) is elsewhere


# --- remembering -----


def learner(memory: Memory, policy: OnUnsupported = "warn") -> Learner:
    return Learner(KEY, Notes("a/model", policy), set(), memory)


def test_what_was_learned_is_applied_to_the_next_request() -> None:
    memory = Memory()
    answer = refusal(anthropic("seed: Extra inputs are not permitted"))
    with pytest.warns(UnsupportedParameterWarning, match="seed=1 was left out: the API refused it"):
        assert learner(memory).mend(answer, {**CONTENT, "seed": 1}) == CONTENT
    with pytest.warns(UnsupportedParameterWarning, match="seed=2 was left out"):
        assert learner(memory).known({**CONTENT, "seed": 2, "n": 1}) == {**CONTENT, "n": 1}
    other = Learner(("https://other", *KEY[1:]), Notes("a/model"), set(), memory)
    assert other.known({**CONTENT, "seed": 2}) == {**CONTENT, "seed": 2}
    memory.clear()
    assert learner(memory).known({"seed": 2}) == {"seed": 2}


def test_a_budget_that_was_too_large_for_one_limit_is_not_remembered() -> None:
    memory = Memory()
    answer = refusal(gateway("max_tokens must be greater than thinking_budget [8192]"))
    with pytest.warns(UnsupportedParameterWarning):
        learner(memory).mend(answer, {"max_tokens": 500, "thinking_budget": 8192})
    assert learner(memory).known({"thinking_budget": 8192}) == {"thinking_budget": 8192}


@pytest.mark.parametrize("policy", ["error", "send"])
def test_nothing_is_mended_where_the_user_wants_it_as_written(policy: OnUnsupported) -> None:
    memory = Memory()
    answer = refusal(anthropic("seed: Extra inputs are not permitted"))
    assert learner(memory, policy).mend(answer, {**CONTENT, "seed": 1}) is None


def test_drop_mends_in_silence() -> None:
    answer = refusal(anthropic("seed: Extra inputs are not permitted"))
    assert learner(Memory(), "drop").mend(answer, {**CONTENT, "seed": 1}) == CONTENT


def test_the_memory_is_bounded() -> None:
    memory = Memory()
    for place in range(100):
        answer = refusal(openai(f"Unknown parameter: 'p_{place}'."))
        (lesson,) = lessons_of(answer, {f"p_{place}": 1})
        memory.add(KEY, lesson)
    body: dict[str, object] = {f"p_{place}": 1 for place in range(100)}
    assert 50 < len(memory.applied(KEY, body, Notes("a/model"))) < 100
