"""What a refusal says about one parameter of a request, in the wordings of the gateway and of the
vendors behind it.

Seen: the API's error pages ("Invalid enum value. Expected 'a' | 'b', received 'c'", no path), its
validator's issues (``path``, ``code``, ``keys``, ``options``, ``maximum``), OpenAI's "Unsupported
value" and "Unsupported parameter", Anthropic's "Extra inputs are not permitted", DashScope's
"Range of max_tokens should be [1, 8192]"; read 2026-08-21 and 2026-11-26.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from langchain_aimlapi._fitting.lessons import Lesson, Path
from langchain_aimlapi.catalog.facts import Param
from langchain_aimlapi.errors import InvalidRequestError

# Content, what decides how the answer is read, and what an image or a video costs: never changed
# because of a refusal.
CONTENT = frozenset(
    {
        "model", "messages", "input", "system", "instructions", "tools", "tool_choice", "functions",
        "function_call", "response_format", "text", "stream", "prompt", "image", "images",
        "image_url", "image_urls", "mask", "document", "url", "file", "previous_response_id",
        "requests", "questions", "state", "lyrics", "script", "voice", "n", "num_images", "size",
        "image_size", "aspect_ratio", "resolution", "duration", "dimensions", "width", "height",
        "cover_feature_id", "music_length_ms", "seconds_total",
    }
)  # fmt: skip
_MEDIA = ("_url", "_urls", "_id", "_ids", "_image", "_video", "_audio", "images", "videos")
_LONGEST_TEXT = 4000


def is_content(name: str) -> bool:
    """Whether a key of a body is nothing that a refusal may change."""
    return name in CONTENT or name.endswith(_MEDIA)


class _Complaint(NamedTuple):
    """One thing that the server does not like."""

    path: Path
    text: str
    facts: Mapping[str, object]
    """Machine-readable details: ``keys``, ``options``, ``maximum``, ``expected``, ..."""


def lesson_of(error: InvalidRequestError, body: Mapping[str, object]) -> Lesson | None:
    """What a refusal says about one parameter of ``body``; None where it names none that may be
    changed.

    Args:
        error: The refusal. Its subclasses (a context that overflows, a content filter) teach
            nothing about parameters.
        body: What was refused.
    """
    if type(error) is not InvalidRequestError:
        return None
    for complaint in _complaints(error):
        if complaint.path and is_content(complaint.path[0]):
            return None  # the content itself is refused; nothing else would help
        lesson = _lesson(complaint, body)
        if lesson is not None:
            return lesson
    return None


def is_elsewhere(error: InvalidRequestError) -> bool:
    """Whether a refusal says that the model is served on another path than this one."""
    return type(error) is InvalidRequestError and _ELSEWHERE.search(error.message) is not None


_ELSEWHERE = re.compile(
    r"\b(?:not|only) (?:available|supported|served) (?:on|in|at|via|through) (?:the )?"
    r"[`'\"]?/?v\d/",
    re.I,
)


def _complaints(error: InvalidRequestError) -> Iterator[_Complaint]:
    found = list(_walk(error.body, 0))
    if error.field and not any(each.path for each in found):
        found.insert(0, _Complaint(_split(error.field), error.message, {}))
    known = {each.text for each in found}
    if error.message and error.message not in known:
        found.append(_Complaint((), error.message, {}))
    yield from found


def _walk(value: object, depth: int) -> Iterator[_Complaint]:
    """The complaints in a decoded body of any shape, the precise ones first."""
    if depth > 5:
        return
    if isinstance(value, str):
        yield from _in_text(value[:_LONGEST_TEXT], depth)
    elif isinstance(value, list):
        for each in value[:20]:
            yield from _walk(each, depth + 1)
    elif isinstance(value, Mapping):
        place = value.get("path") if isinstance(value.get("path"), list) else value.get("loc")
        place = place if isinstance(place, list) else value.get("param") or value.get("property")
        text = value.get("message") or value.get("msg")
        if place and isinstance(text, str):
            yield _Complaint(_split(place), text[:_LONGEST_TEXT], value)
            return
        if isinstance(value.get("keys"), list) and isinstance(text, str):
            yield _Complaint((), text[:_LONGEST_TEXT], value)
            return
        for name in ("issues", "errors", "details", "detail", "error", "message", "msg", "meta"):
            yield from _walk(value.get(name), depth + 1)


def _in_text(text: str, depth: int) -> Iterator[_Complaint]:
    """The lines of a text; JSON that a vendor quotes in it is read as what it is."""
    start = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=-1)
    if start >= 0:
        try:
            inner = json.loads(text[start:])
        except (ValueError, RecursionError):
            inner = None
        if isinstance(inner, list | Mapping):
            yield from _walk(inner, depth + 1)
            return
    for line in re.split(r"\n|; ", text):
        head = _PREFIX.match(line)
        yield _Complaint(_split(head[1]) if head else (), line, {})


# A place before a colon, as Anthropic writes it: `thinking.enabled.budget_tokens: Input should`.
_PREFIX = re.compile(r"\s*(?:Body validation error:\s*)?([a-z_]+(?:[.\[]\w+\]?)*):\s")


def _split(place: object) -> Path:
    if isinstance(place, list):
        parts = [str(each) for each in place]
        return tuple(parts[1:] if parts[:1] == ["body"] else parts)
    return tuple(part for part in re.split(r"[.\[\]]+", str(place)) if part and part != "body")


# --- one complaint -----


def _lesson(complaint: _Complaint, body: Mapping[str, object]) -> Lesson | None:
    text = complaint.text
    why = text.strip()[:160]
    if _OVER_BUDGET.search(text):
        return _smaller_budget(body, why)
    if _FORCED.search(text):
        control = next((name for name in _REASONING if name in body), None)
        return None if control is None else Lesson((control,), why=why, lasts=False)
    path = _path_in(complaint, body)
    if path is None:
        return None
    other = _INSTEAD.search(text)
    if other is not None and _UNKNOWN.search(text) and other[1] != path[-1]:
        return Lesson(path, name=other[1], why=why)
    for read in (_options, _limits, _type):
        facts = read(complaint)
        if facts is not None:
            return Lesson(path, facts, why=why)
    if _UNKNOWN.search(text) or complaint.facts.get("keys") or complaint.path or _named(text, path):
        return Lesson(path, why=why)
    return None


# Anthropic: Thinking may not be enabled when tool_choice forces tool use.
_FORCED = re.compile(r"\b(?:thinking|reasoning)\b.{0,80}\btool_choice\b", re.I)
# Qwen names `thinking_budget [8192]`, Anthropic `thinking.budget_tokens`.
_OVER_BUDGET = re.compile(r"max_tokens\W{1,3}must be greater than\W{1,3}thinking[._]budget", re.I)


def _smaller_budget(body: Mapping[str, object], why: str) -> Lesson | None:
    """A thinking budget below the limit of this request: it says nothing about the next one."""
    limit = next((body[n] for n in ("max_tokens", "max_completion_tokens") if n in body), None)
    if not isinstance(limit, int | float) or limit < 2:
        return None
    for path in (("thinking_budget",), ("thinking", "budget_tokens")):
        if _value(path, body) is not None:
            return Lesson(path, Param(maximum=int(limit) // 2), why=why, lasts=False)
    return None


_INSTEAD = re.compile(r"\buse ['\"`]?([a-z_]{2,40})['\"`]? instead", re.I)
_UNKNOWN = re.compile(
    r"unsupported|not supported|does(?:n't| not) support|unrecognized|unknown|unexpected"
    r"|not (?:permitted|allowed|accepted|available)|should not exist|extra (?:inputs|fields)"
    r"|cannot (?:both )?be (?:used|specified|set|disabled)|mandatory|may only|must (?:be|not)"
    r"|invalid",
    re.I,
)


def _path_in(complaint: _Complaint, body: Mapping[str, object]) -> Path | None:
    """The parameter of the body that a complaint is about; None where there is none, or where
    several may be meant."""
    keys = complaint.facts.get("keys")
    if isinstance(keys, list) and keys:
        return _inside((*complaint.path, str(keys[0])), body)
    if complaint.path:
        return _inside(complaint.path, body)
    text = complaint.text
    if _CONTENT_PLACE.search(text):
        return None
    places = list(_places(body))
    named = sorted((at, path) for path in places if (at := _position(path, text)) is not None)
    if named:
        # "`temperature` and `top_p` cannot both be specified": the one that is named last goes.
        both = re.search(r"\bboth\b", text) is not None and len(named) > 1
        return named[-1 if both else 0][1]
    received = _RECEIVED.search(text)
    if received is not None:
        same = [path for path in places if str(_value(path, body)) == received[1]]
        return same[0] if len(same) == 1 and body.get("model") != received[1] else None
    if re.search(r"\breasoning is mandatory\b", text, re.I):
        return next((p for p in places if p[0] in _REASONING), None)
    return None


_CONTENT_PLACE = re.compile(r"\b(?:messages|tools|input|contents?|system)[.\[]\s*\d", re.I)
_RECEIVED = re.compile(r"\breceived ['\"]([^'\"]{1,60})['\"]")
_REASONING = ("reasoning_effort", "reasoning", "thinking", "enable_thinking")


def _inside(path: Path, body: Mapping[str, object]) -> Path | None:
    """The longest beginning of a path that stands in the body, and may be changed."""
    found: list[str] = []
    holder: object = body
    for name in path:
        if not isinstance(holder, Mapping):
            break
        if name not in holder:
            # Anthropic names the variant of a union: `thinking.enabled.budget_tokens`.
            if found and holder.get("type") == name:
                continue
            return None
        found.append(name)
        holder = holder[name]
    return tuple(found) if found and not is_content(found[0]) else None


def _places(body: Mapping[str, object]) -> Iterator[Path]:
    """Every parameter that may be changed, and the keys of those that are objects."""
    for name, value in body.items():
        if is_content(name):
            continue
        yield (name,)
        if isinstance(value, Mapping):
            yield from ((name, str(inner)) for inner in value)


def _value(path: Path, body: Mapping[str, object]) -> object:
    value: object = body
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _position(path: Path, text: str) -> int | None:
    """Where a text names a parameter: quoted, dotted, or by a word that is no plain English."""
    names = [re.escape(".".join(path))]
    if len(path) == 1:
        plain = path[0]
        names = [rf"['\"`]{re.escape(plain)}['\"`]"]
        if "_" in plain or plain not in _ENGLISH:
            names.append(rf"(?<![\w.'-]){re.escape(plain)}(?![\w.'-])")
    found = [match.start() for name in names if (match := re.search(name, text))]
    return min(found, default=None)


# Names that a sentence may use in their plain sense.
_ENGLISH = frozenset(
    {
        "stop", "user", "audio", "seed", "n", "thinking", "reasoning", "include", "store", "title",
        "quality", "style", "size", "image", "metadata",
    }
)  # fmt: skip


def _named(text: str, path: Path) -> bool:
    return _position(path, text) is not None and _UNKNOWN.search(text) is not None


# --- what it takes instead -----


def _options(complaint: _Complaint) -> Param | None:
    """A closed set: ``options``, "Expected 'a' | 'b'", "Supported values are: 'a' and 'b'"."""
    for name in ("options", "values", "expected", "allowed", "enum"):
        listed = complaint.facts.get(name)
        if isinstance(listed, list) and listed:
            return Param(enum=tuple(listed))
    for pattern in _SETS:
        found = pattern.search(complaint.text)
        if found is not None:
            values = tuple(re.findall(r"['\"`]([^'\"`]{1,60})['\"`]", found[1]))
            if values:
                return Param(enum=values)
    return None


_SETS = tuple(
    re.compile(pattern, re.I)
    for pattern in (
        r"\bexpected ((?:['\"][^'\"]{0,60}['\"][\s|]*)+)",
        r"(?:supported|allowed|accepted|valid|permitted) values (?:are|is):? ([^.]{1,600})",
        r"(?:must|should) be (?:one of|in)?(?: the following(?: values)?)?:? ?"
        r"([\[(]?['\"`][^.;]{1,600})",
    )
)
_NUMBER = r"(-?\d+(?:\.\d+)?)"
_HIGHEST = tuple(
    re.compile(pattern + _NUMBER, re.I)
    for pattern in (
        r"[\d)] > (?=[\d.]+, which is the maximum)",
        r"(?:less than or equal to|at most|no more than|not be greater than|<=) ",
        r"maximum(?: (?:allowed )?(?:value|number)[^\d]{0,40})?(?: is| of|:)? ",
    )
)
_LOWEST = re.compile(
    r"(?:greater than or equal to|at least|no less than|not be less than|>="
    rf"|minimum(?: value)?(?: is| of|:)?) {_NUMBER}",
    re.I,
)
_RANGE = re.compile(
    rf"\b(?:range|between|in)\b[^\d\[(-]{{0,40}}[\[(]?{_NUMBER}(?:\s*,\s*| and | to ){_NUMBER}",
    re.I,
)


def _limits(complaint: _Complaint) -> Param | None:
    """A range: zod's ``minimum`` and ``maximum``, "less than or equal to 1", "[1, 8192]"."""
    low, high = _number(complaint.facts.get("minimum")), _number(complaint.facts.get("maximum"))
    text = complaint.text
    if low is None and high is None:
        found = _RANGE.search(text)
        if found is not None:
            low, high = float(found[1]), float(found[2])
        else:
            highest = next((m for pattern in _HIGHEST if (m := pattern.search(text))), None)
            high = float(highest[1]) if highest is not None else None
            lowest = _LOWEST.search(text)
            low = float(lowest[1]) if lowest is not None else None
    if low is None and high is None:
        return None
    return Param(minimum=low, maximum=high)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


_TYPES = re.compile(r"\bexpected (string|number|integer|boolean|array|object)\b", re.I)


def _type(complaint: _Complaint) -> Param | None:
    """Another JSON type: "Expected array, received string"."""
    kind = complaint.facts.get("expected")
    found = _TYPES.search(complaint.text)
    word = kind if isinstance(kind, str) else found[1].lower() if found is not None else None
    return Param(types=(word,)) if word in ("string", "number", "integer", "array") else None
