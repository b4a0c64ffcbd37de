"""What a refusal says about one parameter of a request, in the wordings of the gateway and of the
vendors behind it.

Seen: the API's error pages ("Invalid enum value. Expected 'a' | 'b', received 'c'", no path), its
validator's issues (``path``, ``code``, ``keys``, ``options``, ``maximum``), OpenAI's "Unsupported
value" and "Unsupported parameter", Anthropic's "Extra inputs are not permitted", DashScope's
"Range of max_tokens should be [1, 8192]"; read 2026-08-21 and 2026-11-26.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from langchain_aimlapi._fitting.complaints import Complaint, complaints_of
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


def is_content(name: str) -> bool:
    """Whether a key of a body is nothing that a refusal may change."""
    return name in CONTENT or name.endswith(_MEDIA)


def lessons_of(error: InvalidRequestError, body: Mapping[str, object]) -> list[Lesson]:
    """What a refusal says about parameters of ``body``, each of them once; empty where it names
    none that may be changed.

    Args:
        error: The refusal. Its subclasses (a context that overflows, a content filter) teach
            nothing about parameters.
        body: What was refused.
    """
    found: dict[str, Lesson] = {}
    if type(error) is not InvalidRequestError:
        return []
    precise = False
    for complaint in complaints_of(error.body, error.message, error.field):
        if complaint.path and is_content(complaint.path[0]):
            break  # the content itself is refused; nothing else would help
        if precise and not complaint.facts:
            break  # a sentence about what was named field by field
        lessons = _lessons(complaint, body)
        precise = precise or bool(lessons and complaint.facts)
        for lesson in lessons:
            found.setdefault(lesson.path[0], lesson)
    return list(found.values())


def is_elsewhere(error: InvalidRequestError) -> bool:
    """Whether a refusal says that the model is served on another path than this one."""
    return type(error) is InvalidRequestError and _ELSEWHERE.search(error.message) is not None


_ELSEWHERE = re.compile(
    r"\b(?:not|only) (?:available|supported|served) (?:on|in|at|via|through) (?:the )?"
    r"[`'\"]?/?v\d/",
    re.I,
)


# --- one complaint -----


def _lessons(complaint: Complaint, body: Mapping[str, object]) -> list[Lesson]:
    """What one complaint says: of one parameter, or of several that it lists as unknown."""
    first = _lesson(complaint, body)
    if first is None or first.facts is not None or first.name is not None or not first.lasts:
        return [] if first is None else [first]
    others = [path for path in _listed(complaint, body, first.path) if path != first.path]
    return [first, *(Lesson(path, why=first.why) for path in others)]


def _listed(complaint: Complaint, body: Mapping[str, object], first: Path) -> Iterator[Path]:
    """The parameters that stand beside the first one in a list: as keys, or in a sentence."""
    keys = complaint.facts.get("keys")
    if isinstance(keys, list):
        found = (_inside((*complaint.path, str(key)), body) for key in keys[:20])
        yield from (path for path in found if path is not None)
    elif not complaint.path and not _EXCLUSIVE.search(complaint.text):
        spans = sorted(
            (span, path)
            for path in _places(body)
            if len(path) == 1 and (span := _span(path, complaint.text)) is not None
        )
        end: int | None = None
        for (start, stop), path in spans:
            if path == first or (end is not None and _AND.fullmatch(complaint.text, end, start)):
                end = stop
                yield path
            elif end is not None:
                return


# What stands between the names of a list: "`temperature` and `top_p`", "seed, top_p".
_AND = re.compile(r"['\"`]?\s*(?:,|,?\s*(?:and|or|&))\s*['\"`]?")
# Of these one is taken: "`temperature` and `top_p` cannot both be specified".
_EXCLUSIVE = re.compile(
    r"\b(?:both|together|same time|simultaneous\w*|mutually|one of|either|combin\w+)\b", re.I
)


def _lesson(complaint: Complaint, body: Mapping[str, object]) -> Lesson | None:
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


def _path_in(complaint: Complaint, body: Mapping[str, object]) -> Path | None:
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
    """Where a text names a parameter: see `_span`."""
    span = _span(path, text)
    return None if span is None else span[0]


def _span(path: Path, text: str) -> tuple[int, int] | None:
    """Where a text names a parameter: quoted, dotted, or by a word that is no plain English."""
    names = [rf"({re.escape('.'.join(path))})"]
    if len(path) == 1:
        plain = re.escape(path[0])
        names = [rf"(['\"`]{plain}['\"`])", rf": (?:\w+, )*({plain})(?:, \w+)*\.?\s*$"]
        if "_" in plain or plain not in _ENGLISH:
            names.append(rf"(?<![\w.'-])({plain})(?![\w.'-])")
    found = [match.span(1) for name in names if (match := re.search(name, text))]
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


def _options(complaint: Complaint) -> Param | None:
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


def _limits(complaint: Complaint) -> Param | None:
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


def _type(complaint: Complaint) -> Param | None:
    """Another JSON type: "Expected array, received string"."""
    kind = complaint.facts.get("expected")
    found = _TYPES.search(complaint.text)
    word = kind if isinstance(kind, str) else found[1].lower() if found is not None else None
    return Param(types=(word,)) if word in ("string", "number", "integer", "array") else None
