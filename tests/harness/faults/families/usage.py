"""Usage in streams: counted once, the last total holds."""

from __future__ import annotations

from typing import Any

from ..cases import Answer, Family
from ..wire import DONE, END, ROLE, TOLD, USAGE, USED, chunk, stream, without

FAMILY = Family("usage")
FULL = (9, 5, 14)


def _ok(name: str, *values: Any, usage: Any = FULL) -> None:
    FAMILY.streamed(name, [stream(*values, DONE)], Answer(usage=usage))


def _with(usage: Any, *values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**value, "usage": usage} for value in values]


def _running(step: int) -> dict[str, int]:
    return {"prompt_tokens": 9, "completion_tokens": step, "total_tokens": 9 + step}


BEGIN = (ROLE, *TOLD)
_ok("null on every chunk, then once", *_with(None, *BEGIN, END), USED)
_ok("none", *BEGIN, END, usage=None)
_ok("null only", *_with(None, *BEGIN, END), usage=None)
_ok("empty only", *_with({}, *BEGIN, END), usage=None)
_ok("on the finish chunk", *BEGIN, *_with(USAGE, END))
_ok("on the finish chunk and after it", *BEGIN, *_with(USAGE, END), USED)
_ok("the same on every chunk", *_with(USAGE, *BEGIN, END))
_ok("twice after the finish chunk", *BEGIN, END, USED, USED)
_ok(
    "running totals",
    *({**value, "usage": _running(at)} for at, value in enumerate((*BEGIN, END), start=1)),
)
_ok("on the first chunk only", *_with(USAGE, ROLE), *TOLD, END)
_ok("before the finish chunk", *BEGIN, USED, END)
_ok("full, then null", *BEGIN, END, USED, chunk(choices=[], usage=None))
_ok("full, then only meta", *BEGIN, END, USED,
    chunk(choices=[], meta={"usage": {"credits_used": 7, "usd_spent": 0.0000035}}))  # fmt: skip
_ok("meta without choices", *BEGIN, END, USED,
    {"meta": {"usage": {"credits_used": 7, "usd_spent": 0.0000035}}})  # fmt: skip
_ok("total missing", *BEGIN, END, chunk(choices=[], usage=without(USAGE, "total_tokens")))
_ok("floats", *BEGIN, END, chunk(choices=[], usage={k: float(v) for k, v in USAGE.items()}))
_ok("details null", *BEGIN, END, chunk(choices=[], usage={**USAGE, "prompt_tokens_details": None,
    "completion_tokens_details": {"reasoning_tokens": None}}))  # fmt: skip
_ok("choices null beside it", *BEGIN, END, chunk(choices=None, usage=USAGE))
_ok("choices missing beside it", *BEGIN, END, without(USED, "choices"))
_ok(
    "input first, output last, as Anthropic splits it",
    {**ROLE, "usage": {"input_tokens": 9, "output_tokens": 1}},
    *TOLD,
    {**END, "usage": {"input_tokens": 9, "output_tokens": 5}},
)
