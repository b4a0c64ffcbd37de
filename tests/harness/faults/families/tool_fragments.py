"""Tool calls in pieces: the right calls, and never a complete call made of a cut one."""

from __future__ import annotations

from typing import Any

from ..cases import ANY, Answer, Family, Outcome
from ..wire import DONE, ROLE, chunk, stream, without

FAMILY = Family("tool fragments")
PARIS = ("weather", {"city": "Paris"})
ROME = ("weather", {"city": "Rome"})
ARGS = ('{"city"', ': "Par', 'is"}')
OTHER = ('{"city"', ': "Ro', 'me"}')
END = chunk({}, "tool_calls")
ONE = Answer("", "tool_calls", (PARIS,), ids=("call_1",))
TWO = Answer("", "tool_calls", (PARIS, ROME), ids=("call_1", "call_2"))

Fragment = dict[str, Any]


def _first(arguments: Any = "", call: int = 1, **more: Any) -> Fragment:
    function = {"name": "weather", "arguments": arguments}
    base = {"index": call - 1, "id": f"call_{call}", "type": "function", "function": function}
    return {**base, **more}


def _more(arguments: Any, call: int = 1, **more: Any) -> Fragment:
    return {"index": call - 1, "function": {"arguments": arguments}, **more}


def _ok(name: str, *fragments: Any, outcome: Outcome = ONE, finish: Any = "tool_calls") -> None:
    told = [chunk({"tool_calls": f if isinstance(f, list) else [f]}) for f in fragments]
    ending = chunk({}, finish) if finish else b""
    FAMILY.streamed(name, [stream(ROLE, *told, ending, DONE)], outcome)


def _pieces(**more: Any) -> list[Fragment]:
    return [_first(**more), *(_more(text, **more) for text in ARGS)]


def _index() -> None:
    _ok("as documented", *_pieces())
    _ok("all in one", _first("".join(ARGS)))
    _ok("a letter a fragment", _first(), *(_more(letter) for letter in "".join(ARGS)))
    _ok("index missing", *(without(piece, "index") for piece in _pieces()))
    _ok("index null", *_pieces(index=None))
    _ok("index a string", *_pieces(index="0"))
    _ok("index a float", *_pieces(index=0.0))
    _ok("index from 1", *_pieces(index=1))
    _ok("index 7", *_pieces(index=7))
    _ok("index negative", *_pieces(index=-1))
    second = [_first(call=2), *(_more(text, call=2) for text in OTHER)]
    _ok("two calls, one after the other", *_pieces(), *second, outcome=TWO)
    mixed = [piece for pair in zip(_pieces(), second, strict=True) for piece in pair]
    _ok("two calls, interleaved", *mixed, outcome=TWO)
    both = [list(pair) for pair in zip(_pieces(), second, strict=True)]
    _ok("two calls, two fragments a chunk", *both, outcome=TWO)
    same = [{**piece, "index": 0} for piece in second]
    _ok("two calls under one index", *_pieces(), *same, outcome=TWO)
    bare = [without(piece, "index") for piece in (*_pieces(), *second)]
    _ok("two calls without any index", *bare, outcome=TWO)
    _ok("two whole calls without any index", without(_first("".join(ARGS)), "index"),
        without(_first("".join(OTHER), call=2), "index"), outcome=TWO)  # fmt: skip
    _ok("two whole calls without index in one chunk",
        [without(_first("".join(ARGS)), "index"), without(_first("".join(OTHER), 2), "index")],
        outcome=TWO)  # fmt: skip
    swapped = [{**piece, "index": 1} for piece in _pieces()]
    swapped += [{**piece, "index": 0} for piece in second]
    _ok("two calls, the indexes the other way round", *swapped, outcome=TWO)


def _names() -> None:
    named = {"name": "weather"}
    repeated = [_first(), *(_first(text) for text in ARGS)]
    _ok("id and name on every fragment", *repeated)
    empty = [_first(), *(_more(t, id="", function={"name": "", "arguments": t}) for t in ARGS)]
    _ok("id and name empty later", *empty)
    nulls = [
        _first(),
        *(_more(t, id=None, type=None, function={"name": None, "arguments": t}) for t in ARGS),
    ]
    _ok("id and name null later", *nulls)
    _ok("type missing", without(_first(), "type"), *_pieces()[1:])
    late = [{**_first(), "id": None}, _more(ARGS[0], id="call_1"), _more(ARGS[1]), _more(ARGS[2])]
    _ok("the id in the second fragment", *late)
    unnamed = [_first(function={"arguments": ""}), _more("", function=named), *_pieces()[1:]]
    _ok("the name in the second fragment", *unnamed)
    no_id = [without(piece, "id") for piece in _pieces()]
    _ok("no id at all", *no_id, outcome=Answer("", "tool_calls", (PARIS,)))
    _ok("function null in between", *_pieces()[:2], _more("", function=None), *_pieces()[2:])
    _ok("function missing in between", *_pieces()[:2], {"index": 0}, *_pieces()[2:])
    _ok("null in between", *_pieces()[:2], [None], *_pieces()[2:])


def _arguments() -> None:
    _ok("arguments as an object", _first({"city": "Paris"}))
    _ok("arguments null at first", _first(None), *_pieces()[1:])
    _ok("arguments null at last", *_pieces(), _more(None))
    _ok("arguments missing at first", _first(function={"name": "weather"}), *_pieces()[1:])
    nothing = Answer("", "tool_calls", (("weather", {}),), ids=("call_1",))
    _ok("arguments empty throughout", _first(), _more(""), outcome=nothing)
    _ok("arguments null throughout", _first(None), outcome=nothing)
    _ok("arguments {}", _first("{}"), outcome=nothing)
    for name, text in (
        ("inside a string", '{"city": "Par'),
        ("before the value", '{"city":'),
        ("after the brace", "{"),
        ("before the last brace", '{"city": "Paris"'),
        ("inside a list", '{"city": "Paris", "days": [1, 2'),
    ):
        cut = Answer("", "length", invalid_tools=(("weather", ANY),))
        _ok(f"cut by the token limit {name}", _first(text), outcome=cut, finish="length")
        odd = Answer("", ANY, invalid_tools=(("weather", ANY),))
        _ok(f"not closed {name}, finish tool_calls", _first(text), outcome=odd)
    second = Answer("", "length", (PARIS,), (("weather", ANY),))
    _ok("the second cut", *_pieces(), _first('{"city": "Ro', call=2), outcome=second,
        finish="length")  # fmt: skip
    wrong = Answer("", ANY, invalid_tools=(("weather", ANY),))
    _ok("arguments a list", _first("[1, 2]"), outcome=wrong)
    _ok("arguments text", _first("Paris, please"), outcome=wrong)
    _ok("two objects in the arguments", _first('{"city": "Paris"}{"city": "Rome"}'), outcome=wrong)
    _ok("finish_reason stop", *_pieces(), outcome=Answer("", ANY, (PARIS,)), finish="stop")
    _ok("no finish reason, only [DONE]", *_pieces(), outcome=Answer("", ANY, (PARIS,)), finish=None)
    surrogate = _first('{"city": "Paris\\ud83d"}')
    _ok("a lone surrogate in the arguments", surrogate,
        outcome=Answer("", "tool_calls", (("weather", ANY),)))  # fmt: skip
    opening = chunk("Let me look.")
    told = [chunk({"tool_calls": [piece]}) for piece in _pieces()]
    FAMILY.streamed(
        "text before the call",
        [stream(ROLE, opening, *told, END, DONE)],
        Answer("Let me look.", "tool_calls", (PARIS,), ids=("call_1",)),
    )
    FAMILY.streamed(
        "the whole call on the finish chunk",
        [stream(ROLE, chunk({"tool_calls": [_first("".join(ARGS))]}, "tool_calls"), DONE)],
        ONE,
    )


_index()
_names()
_arguments()
