"""Whole answers of odd shape: the right message, or a typed error where nothing right exists."""

from __future__ import annotations

from typing import Any

from ..cases import ANY, Answer, Family, Outcome, failure
from ..wire import TEXT, USAGE, answer, completion, dump, http, without

FAMILY = Family("body shape")
TYPED = failure("InvalidResponseError", partial="")
CALL = {"id": "call_1", "type": "function"}
ARGS = '{"city": "Paris"}'
PARIS = (("weather", {"city": "Paris"}),)


def _body(name: str, value: Any, *outcomes: Outcome) -> None:
    FAMILY.whole(name, [answer(value)], *outcomes)


def _message(name: str, message: dict[str, Any], *outcomes: Outcome, finish: Any = "stop") -> None:
    _body(name, completion(message, finish), *outcomes)


def _content() -> None:
    _message("content null", {"content": None}, Answer(""), TYPED)
    _body(
        "content missing",
        completion(
            choices=[{"index": 0, "finish_reason": "stop", "message": {"role": "assistant"}}]
        ),
        Answer(""),
        TYPED,
    )
    _message("content empty, cut by length", {"content": ""}, Answer("", "length"), finish="length")
    parts = [{"type": "text", "text": "Hello, "}, {"type": "text", "text": "there"}]
    _message("content as text parts", {"content": parts}, Answer("Hello, there"))
    mixed = [{"type": "thing", "x": 1}, None, *parts]
    _message("content parts with strangers", {"content": mixed}, Answer("Hello, there"))
    _message("content a number", {"content": 42}, Answer("42"), Answer(""), TYPED)
    _message("content an object", {"content": {"text": "x"}}, Answer("x"), Answer(""), TYPED)
    _message("content beside a refusal null", {"refusal": None})
    _message("reasoning null", {"reasoning_content": None, "reasoning": None})
    _message("reasoning empty", {"reasoning_content": ""}, Answer(reasoning=""))
    _message("reasoning", {"reasoning_content": "Hm."}, Answer(reasoning="Hm."))
    _message("reasoning details null", {"reasoning_details": None, "annotations": None})
    _message("role missing", {"role": None})
    _message("role strange", {"role": "model"})
    _message("unknown fields", {"x": {"y": [1]}, "audio": None, "function_call": None})
    _message("NUL in the text", {"content": "a\0b"}, Answer("a\0b"))
    for name, raw, text in (
        ("lone high surrogate", b'"a\\ud83db"', "a\ufffdb"),
        ("lone low surrogate", b'"a\\ude42b"', "a\ufffdb"),
        ("escaped surrogate pair", b'"a\\ud83d\\ude42b"', "a🙂b"),
        ("swapped surrogates", b'"a\\ude42\\ud83db"', "a\ufffd\ufffdb"),
        ("bytes that are no UTF-8", b'"a\xffb"', "a\ufffdb"),
    ):
        body = dump(completion({"content": "@@"})).replace(b'"@@"', raw)
        FAMILY.whole(name, [http(body)], Answer(text))


def _choices() -> None:
    for finish in (None, "", "weird", 7):
        _message(f"finish_reason {finish!r}", {}, Answer(finish=ANY), finish=finish)
    _message("finish_reason end_turn", {}, Answer(finish="stop"), finish="end_turn")
    _message("finish_reason STOP", {}, Answer(finish="stop"), finish="STOP")
    _message("finish_reason max_tokens", {}, Answer(finish="length"), finish="max_tokens")
    message = {"role": "assistant", "content": TEXT}
    other = {"role": "assistant", "content": "not me"}
    _body("finish_reason missing", completion(choices=[{"index": 0, "message": message}]),
          Answer(finish=ANY))  # fmt: skip
    _body("index missing", completion(choices=[{"message": message, "finish_reason": "stop"}]))
    first = {"index": 0, "message": message, "finish_reason": "stop"}
    second = {"index": 1, "message": other, "finish_reason": "length"}
    _body("two choices", completion(choices=[first, second]))
    _body("two choices, the second first", completion(choices=[second, first]))
    _body("a delta beside the message", completion(choices=[{**first, "delta": {"content": ""}}]))
    _body("logprobs null", completion(choices=[{**first, "logprobs": None}]))


def _top() -> None:
    whole = completion()
    for key in ("id", "object", "created", "model", "usage"):
        _body(f"{key} missing", without(whole, key))
        _body(f"{key} null", {**whole, key: None}, Answer(usage=None if key == "usage" else ANY))
    _body("id a number", {**whole, "id": 7})
    _body("created a string", {**whole, "created": "now"})
    _body("created a float", {**whole, "created": 1.5})
    _body("system_fingerprint null", {**whole, "system_fingerprint": None, "service_tier": None})
    _body("meta null", {**whole, "meta": None})
    _body("meta.usage odd", {**whole, "meta": {"usage": {"credits_used": "x", "usd_spent": None}}})
    _body("error null", {**whole, "error": None})
    _body("error empty", {**whole, "error": {}})
    for name, usage, total in (
        ("full", USAGE, (9, 5, 14)),
        ("empty", {}, None),
        ("a list", [1, 2], None),
        ("a string", "14", None),
        ("floats", {"prompt_tokens": 9.0, "completion_tokens": 5.0, "total_tokens": 14.0},
         (9, 5, 14)),
        ("total missing", without(USAGE, "total_tokens"), (9, 5, 14)),
        ("only completion_tokens", {"completion_tokens": 5}, (0, 5, 5)),
        ("nulls inside", {**USAGE, "prompt_tokens_details": None,
                          "completion_tokens_details": None}, (9, 5, 14)),
        ("null details", {**USAGE, "prompt_tokens_details": {"cached_tokens": None},
                          "completion_tokens_details": {"reasoning_tokens": None}}, (9, 5, 14)),
        ("odd details", {**USAGE, "prompt_tokens_details": "x",
                         "completion_tokens_details": [1]}, (9, 5, 14)),
        ("Anthropic names", {"input_tokens": 9, "output_tokens": 5}, (9, 5, 14)),
        ("strings", {key: str(value) for key, value in USAGE.items()}, ANY),
        ("all null", dict.fromkeys(USAGE), ANY),
        ("negative", {**USAGE, "completion_tokens": -5}, ANY),
    ):  # fmt: skip
        _body(f"usage {name}", {**whole, "usage": usage}, Answer(usage=total))


def _json() -> None:
    body = dump(completion())
    usage = b'"usage":{"prompt_tokens":NaN,"completion_tokens":Infinity,"total_tokens":14}'
    plain = b'"usage":' + dump(USAGE)
    FAMILY.whole("NaN in usage", [http(body.replace(plain, usage))], Answer())
    double = body.replace(b'"finish_reason"', b'"finish_reason":"length","finish_reason"')
    FAMILY.whole("duplicate keys", [http(double)])
    for name, raw in (
        ("NaN in an unknown field", b"NaN"),
        ("a number beyond float", b"1e999"),
        ("an integer of 5,000 digits", b"9" * 5000),
        ("50,000 levels deep", b"[" * 50_000 + b"]" * 50_000),
        ("900 levels deep", b"[" * 900 + b"]" * 900),
        ("90 levels deep", b"[" * 90 + b"]" * 90),
    ):
        odd = body[:-1] + b',"x":' + raw + b"}"
        outcomes = (Answer(), TYPED) if "0" in name and name[:3] != "90 " else (Answer(),)
        FAMILY.whole(name, [http(odd)], *outcomes)
    huge = body.replace(b'"created":1', b'"created":' + b"9" * 400)
    FAMILY.whole("created of 400 digits", [http(huge)], Answer(), TYPED)
    FAMILY.whole("a byte order mark", [http(b"\xef\xbb\xbf" + body)])
    FAMILY.whole("spaces before the body", [http(b" \r\n" * 500 + body + b"\r\n\r\n")])
    FAMILY.whole("pretty-printed", [http(body.replace(b",", b",\r\n\t"))], Answer(ANY))


def _tool(name: str, call: Any, *outcomes: Outcome, finish: str = "tool_calls") -> None:
    message = {"content": None, "tool_calls": call if isinstance(call, list) else [call]}
    _message(f"tool call: {name}", message, *outcomes, finish=finish)


def _tools() -> None:
    def function(arguments: Any, **more: Any) -> dict[str, Any]:
        return {**CALL, "function": {"name": "weather", "arguments": arguments, **more}}

    done = Answer("", "tool_calls", PARIS, ids=("call_1",))
    empty = Answer("", "tool_calls", (("weather", {}),))
    _tool("plain", function(ARGS), done)
    _tool("arguments as an object", function({"city": "Paris"}), done)
    for name, arguments in (("null", None), ("empty", ""), ("{}", "{}")):
        _tool(f"arguments {name}", function(arguments), empty)
    for text in ('{"city": "Par', '{"city": "Paris"', "[1, 2]", '"Paris"', "city=Paris", "NaN"):
        wrong = Answer("", ANY, invalid_tools=(("weather", ANY),))
        _tool(f"arguments {text}", function(text), wrong)
    cut = Answer("", "length", invalid_tools=(("weather", '{"city": "Par'),))
    _tool("cut by the token limit", function('{"city": "Par'), cut, finish="length")
    _tool("finish_reason stop", function(ARGS), Answer("", ANY, PARIS), finish="stop")
    _tool("id missing", without(function(ARGS), "id"), Answer("", "tool_calls", PARIS))
    _tool("id null", {**function(ARGS), "id": None}, Answer("", "tool_calls", PARIS))
    _tool("type missing", without(function(ARGS), "type"), done)
    _tool("index given", {**function(ARGS), "index": 3}, done)
    _tool("function null", {**CALL, "function": None}, Answer("", ANY), TYPED,
          Answer("", ANY, invalid_tools=ANY))  # fmt: skip
    _tool("name null", {**CALL, "function": {"name": None, "arguments": ARGS}}, Answer("", ANY),
          TYPED, Answer("", ANY, invalid_tools=ANY))  # fmt: skip
    _tool("null in the list", [None, function(ARGS)], done)
    two = [function(ARGS), {**function('{"city": "Rome"}'), "id": "call_2"}]
    both = (*PARIS, ("weather", {"city": "Rome"}))
    _tool("two", two, Answer("", "tool_calls", both, ids=("call_1", "call_2")))
    same = [function(ARGS), function('{"city": "Rome"}')]
    _tool("two with one id", same, Answer("", "tool_calls", both))
    _message("tool_calls null", {"tool_calls": None})
    _message("tool_calls empty", {"tool_calls": []})
    _message("tool_calls an object", {"tool_calls": {}}, Answer(), TYPED)
    deep = "{" + '"a":{' * 900 + "}" * 901
    _tool("arguments 900 levels deep", function(deep), Answer("", ANY, tools=ANY),
          Answer("", ANY, invalid_tools=ANY))  # fmt: skip


_content()
_choices()
_top()
_json()
_tools()
