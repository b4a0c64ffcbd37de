"""Chunks of odd shape: one right message."""

from __future__ import annotations

from typing import Any

from ..cases import ANY, Answer, Family, Outcome, failure
from ..wire import DONE, END, ROLE, STREAM, TEXT, TOLD, USED, chunk, event, stream, without

FAMILY = Family("chunk shape")


def _ok(name: str, *values: Any, outcome: Outcome | None = None) -> None:
    FAMILY.streamed(name, [stream(*values)], outcome or Answer())


def _each(name: str, **top: Any) -> None:
    """Change every chunk of the usual stream."""
    _ok(name, *({**value, **top} if isinstance(value, dict) else value for value in STREAM))


def _between(name: str, odd: Any) -> None:
    """Put an odd chunk before, between and after the usual ones."""
    _ok(name, odd, ROLE, odd, TOLD[0], odd, *TOLD[1:], odd, END, odd, USED, odd, DONE)


def _choice(**fields: Any) -> dict[str, Any]:
    return chunk(choices=[fields])


def _strangers() -> None:
    for name, odd in (
        ("choices null", chunk(choices=None)),
        ("choices missing", without(chunk(), "choices")),
        ("choices empty", chunk(choices=[])),
        ("choices [null]", chunk(choices=[None])),
        ("choices [string]", chunk(choices=["x"])),
        ("choices a string", chunk(choices="x")),
        ("choices an object", chunk(choices={})),
        ("delta null", _choice(index=0, delta=None)),
        ("delta missing", _choice(index=0, finish_reason=None)),
        ("delta a list", _choice(index=0, delta=[])),
        ("content null", chunk({"content": None})),
        ("content empty", chunk({"content": ""})),
        ("content an empty list", chunk({"content": []})),
        ("an empty object", {}),
        ("a list", []),
        ("a number", 42),
        ("a string", "hello"),
        ("null", None),
        ("an unknown object type", {"object": "billing.update", "credits": 3}),
        ("tool_calls null", chunk({"tool_calls": None})),
        ("tool_calls empty", chunk({"tool_calls": []})),
        ("tool_calls [null]", chunk({"tool_calls": [None]})),
        ("function_call null", chunk({"function_call": None, "refusal": None, "audio": None})),
        ("reasoning null", chunk({"reasoning": None, "reasoning_content": None})),
        ("reasoning empty", chunk({"reasoning": "", "reasoning_content": ""})),
        ("a second choice", _choice(index=1, delta={"content": "not me"})),
        ("a second choice that ends", _choice(index=1, delta={}, finish_reason="length")),
        ("finish_reason empty", _choice(index=0, delta={}, finish_reason="")),
        ("content filter results", chunk(choices=[], prompt_filter_results=[{"x": 1}])),
    ):
        if isinstance(odd, str | int | list) or odd is None:
            # no object at all: skipped where it stands between chunks
            _ok(f"an event that is {name}", ROLE, *TOLD, odd, END, USED, DONE)
        else:
            _between(name, odd)


def _fields() -> None:
    _each("no id", id=None)
    _each("id a number", id=7)
    _each("model empty", model="")
    _each("created a string", created="now")
    _each("fingerprint on every chunk", system_fingerprint="fp_1", service_tier="default")
    _each("obfuscation on every chunk", obfuscation="x8Fa")
    later = [{**value, "id": ""} for value in STREAM[1:-1] if isinstance(value, dict)]
    _ok("id only on the first chunk", ROLE, *later, DONE)
    fresh = [{**value, "id": f"chatcmpl-{at}"} for at, value in enumerate(STREAM[:-1])]
    _ok("a new id on every chunk", *fresh, DONE)
    bare = [without(value, "id", "object", "created", "model") for value in STREAM[:-1]]
    _ok("nothing but choices", *bare, DONE)
    said = [chunk({"role": "assistant", "content": text}) for text in _pieces()]
    _ok("the role on every chunk", *said, END, DONE)
    _ok("no role at all", *TOLD, END, DONE)
    _ok("role empty", chunk({"role": "", "content": ""}), *TOLD, END, DONE)
    _ok("role null", chunk({"role": None, "content": ""}), *TOLD, END, DONE)
    no_index = [
        chunk(choices=[{"delta": {"content": text}, "finish_reason": None}]) for text in _pieces()
    ]
    _ok("index missing", *no_index, END, DONE)
    odd_index = [chunk(choices=[{"index": None, "delta": {"content": t}}]) for t in _pieces()]
    _ok("index null", *odd_index, END, DONE)
    lists = [chunk({"content": [{"type": "text", "text": text}]}) for text in _pieces()]
    _ok("content as text parts", *lists, END, DONE)
    message = [chunk(choices=[{"index": 0, "message": {"content": TEXT}, "delta": {}}])]
    _ok("a message beside every delta", ROLE, *TOLD, *message, END, DONE)
    _ok("everything in one chunk", chunk(TEXT, "stop", usage={"prompt_tokens": 9,
        "completion_tokens": 5, "total_tokens": 14}), outcome=Answer(usage=(9, 5, 14)))  # fmt: skip
    thoughts = [chunk({"reasoning_content": text, "content": None}) for text in ("H", "m", ".")]
    _ok("reasoning with content null", *thoughts, *TOLD, END, DONE, outcome=Answer(reasoning="Hm."))


def _pieces() -> tuple[str, ...]:
    return tuple(value["choices"][0]["delta"]["content"] for value in TOLD)


def _finishes() -> None:
    _ok("finish_reason twice", ROLE, *TOLD, END, END, DONE)
    _ok("finish_reason with content", ROLE, *TOLD[:2], chunk(_pieces()[2], "stop"), DONE)
    no_delta = chunk(choices=[{"index": 0, "finish_reason": "stop"}])
    _ok("a finish chunk without a delta", ROLE, *TOLD, END, no_delta, DONE)
    _ok("finish_reason end_turn", ROLE, *TOLD, chunk({}, "end_turn"), DONE)
    _ok("finish_reason STOP", ROLE, *TOLD, chunk({}, "STOP"), DONE)
    _ok("finish_reason unknown", ROLE, *TOLD, chunk({}, "weird"), DONE, outcome=Answer(finish=ANY))
    _ok("finish_reason length", ROLE, *TOLD, chunk({}, "length"), DONE,
        outcome=Answer(finish="length"))  # fmt: skip
    _ok("nothing said, stopped", ROLE, END, DONE, outcome=Answer(""))
    _ok("text after the finish reason", ROLE, *TOLD[:2], chunk({}, "stop"), TOLD[2], DONE)
    filtered = chunk({}, "content_filter")
    _ok("content_filter", ROLE, *TOLD, filtered, DONE, outcome=Answer(finish="content_filter"))


def _encoding() -> None:
    for name, raws, text in (
        ("a lone surrogate", (b"a\\ud83db",), "a\ufffdb"),
        ("a surrogate pair over two deltas", (b"a\\ud83d", b"\\ude42b"), "a🙂b"),
        ("half a pair at the end", (b"ab\\ud83d",), "ab\ufffd"),
        ("two halves that do not match", (b"a\\ud83d", b"x\\ude42"), "a\ufffdx\ufffd"),
        ("bytes that are no UTF-8", (b"a\xff", b"\xfeb"), "a\ufffd\ufffdb"),
    ):
        told = [_raw_chunk(raw) for raw in raws]
        _ok(name, ROLE, *told, END, DONE, outcome=Answer(text))
    thought = b'"reasoning_content":"h\\ud83d"'
    odd = _raw_chunk(b"").replace(b'"content":""', thought)
    _ok("a lone surrogate in reasoning", ROLE, odd, *TOLD, END, DONE,
        outcome=Answer(reasoning="h\ufffd"))  # fmt: skip
    double = _raw_chunk(b"x").replace(b'"content"', b'"content":"not me","content"')
    _ok("duplicate keys", double, END, DONE, outcome=Answer("x"))
    for name, junk in (
        ("NaN in an unknown field", b"NaN"),
        ("an integer of 5,000 digits", b"9" * 5000),
        ("900 levels deep", b"[" * 900 + b"]" * 900),
        ("90 levels deep", b"[" * 90 + b"]" * 90),
        ("50,000 levels deep", b"[" * 50_000 + b"]" * 50_000),
    ):
        odd = _raw_chunk(b"x").replace(b'{"id"', b'{"odd":' + junk + b',"id"')
        FAMILY.streamed(
            name,
            [stream(ROLE, odd, END, DONE)],
            Answer("x"),
            *(
                [failure("InvalidResponseError StreamInterrupted", ANY, "")]
                if "0" in name and name[:3] != "90 "
                else []
            ),
        )


def _raw_chunk(text: bytes) -> bytes:
    return event(chunk("@@")).replace(b"@@", text)


_strangers()
_fields()
_finishes()
_encoding()
