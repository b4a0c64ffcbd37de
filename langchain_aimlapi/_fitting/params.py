"""Fitting parameters to what a model's shape declares: names, ranges and closed sets."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from langchain_aimlapi._fitting.notes import Notes, short
from langchain_aimlapi.catalog.facts import Param, Shape

Body = dict[str, object]

# Parameters with a meaning that is the same everywhere, so that it is worth a word where a model
# does not declare one.
COMMON = frozenset(
    {
        "temperature", "top_p", "top_k", "min_p", "top_a", "seed", "n", "stop", "logprobs",
        "top_logprobs", "logit_bias", "presence_penalty", "frequency_penalty",
        "repetition_penalty", "parallel_tool_calls", "max_tokens", "stream_options",
        "prediction", "modalities", "audio", "verbosity", "service_tier", "user", "metadata",
    }
)  # fmt: skip
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""Reasoning efforts, the least first."""
SEARCH_SWITCHES = ("web_search_options", "enable_search")
# One file format under two names.
_SYNONYMS = {"jpg": "jpeg", "jpeg": "jpg", "tif": "tiff", "tiff": "tif"}

NO_PARAMETER = "the model has no such parameter"


def declares(shape: Shape, name: str) -> bool:
    """Whether the shape takes a parameter (an unknown shape takes everything)."""
    return shape.params is None or name in shape.params


def param(shape: Shape, name: str) -> Param:
    """The facts of a parameter; permissive where nothing is known."""
    return (shape.params or {}).get(name) or Param()


def fit_all(
    params: Mapping[str, object],
    shape: Shape,
    notes: Notes,
    *,
    common: Collection[str] = COMMON,
    spellings: Mapping[str, tuple[str, ...]] | None = None,
    implied: Mapping[str, tuple[object, ...]] | None = None,
    exact: Collection[str] = (),
) -> Body:
    """Every parameter that the shape takes, under its own name there, within its range.

    Args:
        params: Parameters by our names, or by the model's own. None means: not given.
        shape: What the path takes.
        notes: Where a change is reported.
        common: Names that mean the same everywhere, so that it is reported where the shape does
            not mention them. Any other name is the user's own business. A closed shape gets no
            name that it does not declare.
        spellings: Our name -> the names that models have for it. The first one that the shape
            declares is used, else the last; none that is given beside ours is used for it.
        implied: Name -> values that say what a model does anyway: nothing is lost where they are
            left out.
        exact: Names whose value must not be changed: out of range is an error.

    Raises:
        UnsupportedFeatureError: a text that is too long, or a value of ``exact`` out of its range.
    """
    body: Body = {}
    for name, value in params.items():
        if value is None:
            continue
        key = _spelling(name, shape, (spellings or {}).get(name, (name,)), params)
        shown = notes.name_of(name)
        is_usual = _is_usual(value, (implied or {}).get(name, ()))
        if declares(shape, key):
            facts = param(shape, key)
            if is_usual and facts.enum is not None and match(value, facts.enum) is None:
                continue
            if name in exact:
                _check_exact(shown, value, facts, notes)
            fitted = fit(shown, value, facts, notes)
            if fitted is not LEFT_OUT:
                body[key] = fitted
            continue
        if not is_usual and _goes_out(shown, value, shape, notes, is_common=name in common):
            body[key] = value
    return body


def _goes_out(name: str, value: object, shape: Shape, notes: Notes, *, is_common: bool) -> bool:
    """Whether a parameter that the shape does not declare is sent all the same."""
    written = f"{name}={short(value)}"
    if shape.closed:
        return notes.unsupported(name, f"{written} was left out", NO_PARAMETER)
    return not is_common or notes.unlisted(name, written)


def _spelling(name: str, shape: Shape, names: tuple[str, ...], params: Mapping[str, object]) -> str:
    free = (each for each in names if each == name or params.get(each) is None)
    return next((each for each in free if each in (shape.params or {})), names[-1])


def _is_usual(value: object, usual: tuple[object, ...]) -> bool:
    return any(value == each and type(value) is type(each) for each in usual)


class _LeftOut:
    """The type of `LEFT_OUT`."""


LEFT_OUT = _LeftOut()
"""What `fit` gives where a value has no place in the model's closed set."""


def fit(name: str, value: object, facts: Param, notes: Notes) -> object:
    """The value inside the declared range or closed set, or `LEFT_OUT`; a change is noted.

    A list or a nested object is returned as it is: those are fitted by whoever knows them.

    Raises:
        UnsupportedFeatureError: a text is too long.
    """
    if isinstance(value, list | tuple | dict):
        return value
    if facts.enum is not None:
        return _fit_to_set(name, value, facts.enum, notes)
    if isinstance(value, str):
        _check_length(name, value, facts, notes)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if facts.types == ("string",):
        return str(value)
    fitted = value
    if facts.minimum is not None and value < facts.minimum:
        fitted = _as(type(value), facts.minimum)
    elif facts.maximum is not None and value > facts.maximum:
        fitted = _as(type(value), facts.maximum)
    if fitted == value:
        return value
    return value if _noted_as(name, value, fitted, _range(facts), notes) else fitted


def _noted_as(name: str, value: object, fitted: object, takes: str, notes: Notes) -> bool:
    change = f"{name}={short(value)} was sent as {fitted!r}, the nearest value"
    cure = f"give a value that it takes, or set on_unsupported='send' to send {name} as it is"
    return notes.unsupported(name, change, f"the model takes {takes}", cure)


def _fit_to_set(name: str, value: object, options: tuple[object, ...], notes: Notes) -> object:
    """The option that the value spells, else the nearest one of an ordered set."""
    found = match(value, options)
    if found is None and isinstance(value, str):
        found = match(_SYNONYMS.get(value.lower(), value), options)
    if found is not None:
        return found
    takes = ", ".join(repr(each) for each in options if each is not None)
    nearest = _nearest(value, options)
    if nearest is not None:
        return value if _noted_as(name, value, nearest, takes, notes) else nearest
    change, why = f"{name}={short(value)} was left out", f"the model takes {takes}"
    return value if notes.unsupported(name, change, why) else LEFT_OUT


def match(value: object, options: Collection[object] | None) -> object:
    """The option that ``value`` spells, whatever its case and type; None where there is none."""
    text = str(value).strip().lower()
    return next((each for each in options or () if str(each).lower() == text), None)


def _nearest(value: object, options: tuple[object, ...]) -> object:
    """The nearest number, or the nearest effort; None where there is no order."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        numbers = [each for each in options if isinstance(each, int | float)]
        return min(numbers, key=lambda each: abs(each - value), default=None)
    if value not in EFFORTS:
        return None
    place = EFFORTS.index(str(value))
    levels = [str(each) for each in options if each in EFFORTS]
    return min(levels, key=lambda level: abs(EFFORTS.index(level) - place), default=None)


def _as(kind: type, number: float) -> float:
    return int(number) if kind is int and float(number).is_integer() else number


def _range(facts: Param) -> str:
    if facts.minimum is None:
        return f"at most {facts.maximum:g}"
    if facts.maximum is None:
        return f"at least {facts.minimum:g}"
    return f"{facts.minimum:g} to {facts.maximum:g}"


def _check_length(name: str, value: str, facts: Param, notes: Notes) -> None:
    if facts.max_length is None or len(value) <= facts.max_length or notes.policy == "send":
        return
    raise notes.impossible(
        name,
        f"it has {len(value)} characters and the model takes {facts.max_length}",
        f"shorten the {name}, or choose another model",
    )


def _check_exact(name: str, value: object, facts: Param, notes: Notes) -> None:
    """Raise where the value is out of its range, or not in its closed set."""
    if notes.policy == "send":
        return
    takes = None
    if facts.enum is not None:
        if match(value, facts.enum) is None:
            takes = ", ".join(repr(each) for each in facts.enum)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        low, high = facts.minimum, facts.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            takes = _range(facts)
    if takes is not None:
        why = f"it takes {takes}, not {value!r}"
        raise notes.impossible(name, why, f"choose another {name}, or another model")


CACHE_MARK = "cache_control"


def cache_mark(
    extra: Mapping[str, object],
    keys: Collection[str] | None,
    notes: Notes,
    *,
    closed: bool = False,
) -> Body:
    """The ``cache_control`` of a part or a tool.

    Args:
        keys: The keys that the part or tool declares; None where they are not known.
        closed: No other key may be sent.
    """
    mark = extra.get(CACHE_MARK)
    if mark is None:
        return {}
    if keys is None or CACHE_MARK in keys:
        return {CACHE_MARK: mark}
    if not closed:
        return {CACHE_MARK: mark} if notes.unlisted(CACHE_MARK, CACHE_MARK) else {}
    return {CACHE_MARK: mark} if no_cache_place(notes) else {}


def no_cache_place(notes: Notes) -> bool:
    """Report a cache mark that has no place; True where it is sent all the same."""
    change, why = "cache_control was left out", "the model takes no cache marks in this place"
    cure = "the whole prompt is billed at full price; another model may take them"
    return notes.unsupported(CACHE_MARK, change, why, cure)


def neutral_search(params: Mapping[str, object], shape: Shape) -> Body:
    """The parameters, a vendor's switch for web search that this model does not have replaced by
    ``web_search``."""
    if shape.params is None or not any(name in shape.params for name in SEARCH_SWITCHES):
        return dict(params)
    kept = dict(params)
    foreign = [n for n in SEARCH_SWITCHES if kept.get(n) is not None and n not in shape.params]
    switches = [kept.pop(name) is not False for name in foreign]
    if switches:
        kept.setdefault("web_search", any(switches))
    return kept
