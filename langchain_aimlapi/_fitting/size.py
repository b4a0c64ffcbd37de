"""How large, and in which proportions: the same size in each image model's own parameters.

The models say it in four ways: ``size`` ("1024x1024"), ``image_size`` (a preset, or a box of width
and height), ``aspect_ratio`` ("16:9") and ``resolution`` ("2K"). What means the same is spelled
anew; a size that a model does not have is an error that names the sizes that it has, for a larger
image costs more and a smaller one is not what was ordered.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence

from langchain_aimlapi._fitting.notes import Notes, short
from langchain_aimlapi._fitting.params import Body, fit_all, match
from langchain_aimlapi.catalog.facts import Param, Shape

Size = str | Sequence[int] | Mapping[str, int]
Box = tuple[int, int]
Spelling = Mapping[str, str | dict[str, int]]

_BOX = re.compile(r"(\d{1,5})\s*[x×*]\s*(\d{1,5})", re.I)
_RATIO = re.compile(r"(\d{1,4}(?:\.\d+)?)\s*:\s*(\d{1,4}(?:\.\d+)?)")
_LEVELS = {"1k": 1024, "1.5k": 1536, "2k": 2048, "3k": 3072, "4k": 4096, "8k": 8192}
_ANY = frozenset({"auto", "adaptive", "default"})
# The boxes behind the presets, as the answers of models that take presets show them.
_PRESETS = {
    "square_hd": (1024, 1024),
    "square": (512, 512),
    "portrait_4_3": (768, 1024),
    "portrait_16_9": (576, 1024),
    "landscape_4_3": (1024, 768),
    "landscape_16_9": (1024, 576),
}
_NAMES = ("size", "image_size", "aspect_ratio", "resolution")


def fit_size(
    size: Size | None,
    aspect_ratio: str | None,
    resolution: str | None,
    shape: Shape,
    notes: Notes,
) -> Body:
    """The size as parameters of the model.

    Args:
        size: ``"1024x1024"``, ``(width, height)``, ``{"width", "height"}``, a preset such as
            ``"landscape_16_9"``, or a level such as ``"2K"``.
        aspect_ratio: Width to height, ``"16:9"``.
        resolution: A level, ``"1K"``, ``"2K"`` or ``"4K"``.
        shape: What the path takes.
        notes: Where it is reported that the model has no sizes to choose from.

    Raises:
        UnsupportedFeatureError: the model has no such size; names those that it has.
    """
    box = _box_of(size)
    plain = {
        "size": f"{box[0]}x{box[1]}" if box else size,
        "aspect_ratio": aspect_ratio,
        "resolution": resolution,
    }
    written = {name: str(value) for name, value in plain.items() if value is not None}
    if shape.params is None or notes.policy == "send":
        return {**written}
    if not any(name in shape.params for name in _NAMES):
        return _without_sizes(written, shape, notes)
    for each in _spellings(written, shape.params):
        found = _taken(each, shape.params)
        if found is not None:
            return found
    text = ", ".join(f"{name}={short(value)}" for name, value in written.items())
    has = _described(shape.params)
    raise notes.impossible(next(iter(written)), f"it has no {text}", f"it has {has}")


def _without_sizes(written: Mapping[str, str], shape: Shape, notes: Notes) -> Body:
    """For a model that has one size only, or that of the image which it works on."""
    rest = {name: value for name, value in written.items() if value.lower() not in _ANY}
    return fit_all(rest, shape, notes, common=rest)


# --- every way to say it -----


def _spellings(written: Mapping[str, str], params: Mapping[str, Param]) -> Iterator[Spelling]:
    """Every way to say a size; the ones that say it in the user's own words first."""
    size, ratio_text = written.get("size"), written.get("aspect_ratio")
    level = written.get("resolution")
    yield {**written}
    known = {name: value for name, value in written.items() if value.lower() not in _ANY}
    if known != written:  # "auto" is what a model does that has no word for it
        yield {**known}
        size, ratio_text, level = (known.get(n) for n in ("size", "aspect_ratio", "resolution"))
    if size is not None and _ratio_of(size) and ratio_text is None:
        size, ratio_text = None, size
    if size is not None:
        if _box_of(size) is None:
            beside = {n: v for n, v in known.items() if n != "size"}
            yield from ({**beside, name: size} for name in ("image_size", "resolution"))
        if size.lower() in _LEVELS and level is None:
            size, level = None, size
    ratio = _ratio_of(ratio_text)
    if size is None:
        yield from _of_ratio(ratio_text, ratio, level, params)
        return
    box = _box_of(size) or _PRESETS.get(size.lower())
    if box is not None and level is None and (ratio_text is None or _is_ratio(box, ratio)):
        yield from _of_box(box)


def _of_box(box: Box) -> Iterator[Spelling]:
    yield {"size": f"{box[0]}x{box[1]}"}
    yield {"image_size": {"width": box[0], "height": box[1]}}
    yield from ({"image_size": name} for name, each in _PRESETS.items() if each == box)
    if box[0] == box[1]:
        levels = (name for name, side in _LEVELS.items() if side == box[0])
        yield from ({"aspect_ratio": "1:1", "resolution": level} for level in levels)


def _of_ratio(
    text: str | None, ratio: Box | None, level: str | None, params: Mapping[str, Param]
) -> Iterator[Spelling]:
    """Proportions and a level; where the model knows neither, the box that has both."""
    if text is not None:
        yield {"aspect_ratio": text, **({"resolution": level} if level else {})}
    elif level is not None:
        yield from ({name: level} for name in ("resolution", "image_size"))
    if text is not None and ratio is None:
        return
    if level is None and ratio is not None:
        listed = [_box_of(one) for one in _options(params, "size")]
        for box in (*listed, *_PRESETS.values()):
            if box is None or not _is_ratio(box, ratio):
                continue
            yield {"size": f"{box[0]}x{box[1]}"}
            yield from ({"image_size": name} for name, each in _PRESETS.items() if each == box)
    side = 1024 if level is None else _LEVELS.get(level.lower())
    if side is not None:
        yield from _of_box(_with_ratio(ratio or (1, 1), side))


# --- what the model has -----


def _taken(spelling: Spelling, params: Mapping[str, Param]) -> Body | None:
    """The same in the model's own words; None where it does not take it."""
    found: Body = {}
    for name, value in spelling.items():
        if name not in params:
            return None
        if isinstance(value, dict):
            limits = _limits(params, name)
            if limits is None or not all(
                (limits[side].minimum or 1) <= value[side] <= (limits[side].maximum or math.inf)
                for side in ("width", "height")
            ):
                return None
            found[name] = value
            continue
        options = _options(params, name)
        same = match(value, options)
        if same is None and options:
            same = next((one for one in options if _is_same(str(one), str(value))), None)
        if same is None and (options or _limits(params, name)):
            return None
        found[name] = value if same is None else same
    return found


def _options(params: Mapping[str, Param], name: str) -> tuple[object, ...]:
    """The closed set of a parameter; empty where it is open or missing."""
    facts = params.get(name) or Param()
    return tuple(one for form in facts.variants or (facts,) for one in form.enum or ())


def _limits(params: Mapping[str, Param], name: str) -> Mapping[str, Param] | None:
    """Width and height, where the parameter may be a box."""
    facts = params.get(name) or Param()
    forms = (form.properties for form in facts.variants or (facts,))
    return next((form for form in forms if {"width", "height"} <= set(form)), None)


def _described(params: Mapping[str, Param]) -> str:
    """The sizes of a model, in words."""
    found: list[str] = []
    for name in _NAMES:
        if _options(params, name):
            found.append(f"{name} {', '.join(map(str, _options(params, name)))}")
        limits = _limits(params, name)
        if limits is not None:
            sides = [f"{limits[s].minimum or 1:g} to {limits[s].maximum or math.inf:g} pixels"
                     for s in ("width", "height")]  # fmt: skip
            found.append(f"size=(width, height) of {sides[0]} by {sides[1]}")
    return "; ".join(found)


# --- numbers -----


def _box_of(size: object) -> Box | None:
    """Width and height; None for a word."""
    if isinstance(size, str):
        found = _BOX.fullmatch(size.strip())
        size = (found[1], found[2]) if found else None
    elif isinstance(size, Mapping):
        size = (size.get("width"), size.get("height"))
    if not isinstance(size, Sequence) or len(size) != 2:
        return None
    try:
        width, height = int(size[0]), int(size[1])
    except (TypeError, ValueError):
        return None
    return (width, height) if width > 0 and height > 0 else None


def _ratio_of(text: str | None) -> Box | None:
    """``"19.5:9"`` in lowest terms, (13, 6)."""
    found = _RATIO.fullmatch(text.strip()) if text is not None else None
    if found is None or not float(found[1]) or not float(found[2]):
        return None
    width, height = round(float(found[1]) * 1000), round(float(found[2]) * 1000)
    common = math.gcd(width, height)
    return width // common, height // common


def _is_ratio(box: Box, ratio: Box | None) -> bool:
    return ratio is not None and box[0] * ratio[1] == box[1] * ratio[0]


def _is_same(one: str, other: str) -> bool:
    """Whether two texts name one box, or one ratio."""
    box, ratio = _box_of(one), _ratio_of(one)
    return (box is not None and box == _box_of(other)) or (
        ratio is not None and ratio == _ratio_of(other)
    )


def _with_ratio(ratio: Box, side: int) -> Box:
    """The box of exactly this ratio, in steps of 8 pixels, with about the area of a square."""
    factor = max(8, round(side / math.sqrt(ratio[0] * ratio[1]) / 8) * 8)
    return ratio[0] * factor, ratio[1] * factor
