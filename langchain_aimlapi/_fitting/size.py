"""How large, and in which shape: one wish, spelled in each picture model's own parameters.

The models say it in four ways: ``size`` ("1024x1024"), ``image_size`` (a preset or a box of width
and height), ``aspect_ratio`` ("16:9") and ``resolution`` ("2K"). What has the same meaning is
re-spelled in silence; what comes only near to the wish is reported.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_aimlapi._fitting.notes import Notes, short
from langchain_aimlapi.catalog.facts import Param, Shape

Size = str | Sequence[int] | Mapping[str, int]
_BOX = re.compile(r"(\d{1,5})\s*[x×*]\s*(\d{1,5})", re.I)
_RATIO = re.compile(r"(\d{1,4}(?:\.\d+)?)\s*:\s*(\d{1,4}(?:\.\d+)?)")
_LEVELS = {"1k": 1024, "1.5k": 1536, "2k": 2048, "3k": 3072, "4k": 4096, "8k": 8192}
_DEFAULT = frozenset({"auto", "adaptive", "default"})
# The boxes behind the presets, as the answers of models that take presets show them.
_PRESETS = {
    "square_hd": (1024, 1024),
    "square": (512, 512),
    "portrait_4_3": (768, 1024),
    "portrait_16_9": (576, 1024),
    "landscape_4_3": (1024, 768),
    "landscape_16_9": (1024, 576),
}
_EXACT = 0.01  # shapes that differ by less are the same shape, rounded


def match(value: Any, options: Iterable[Any] | None) -> Any:
    """The option that ``value`` spells, whatever its case and type; None where there is none."""
    text = str(value).strip().lower()
    return next((one for one in options or () if str(one).lower() == text), None)


@dataclass(frozen=True, slots=True)
class _Forms:
    """What a model's ``image_size`` takes: a box within limits, presets, or both."""

    box: Param | None
    presets: tuple[str, ...]

    @classmethod
    def of(cls, param: Param | None) -> _Forms:
        forms = (param.variants or (param,)) if param is not None else ()
        box = next((form for form in forms if form.properties), None)
        return cls(box, tuple(one for form in forms for one in form.enum or ()))


def fit_size(
    size: Size | None,
    aspect_ratio: str | None,
    resolution: str | None,
    shape: Shape,
    notes: Notes,
) -> dict[str, Any]:
    """The wish as parameters of the model.

    Args:
        size: ``"1024x1024"``, ``(width, height)``, ``{"width", "height"}``, a preset such as
            ``"landscape_16_9"``, or a level such as ``"2K"``.
        aspect_ratio: Width to height, ``"16:9"``.
        resolution: A level, ``"1K"``, ``"2K"`` or ``"4K"``.
    """
    if shape.params is None:
        return _as_written(size, aspect_ratio, resolution)
    fitter = _Fitter(shape.params, notes)
    if isinstance(size, str) and _RATIO.fullmatch(size.strip()) and not aspect_ratio:
        size, aspect_ratio = None, size
    fitter.resolution(resolution)
    apart = resolution is not None and "resolution" not in shape.params
    if size is not None:
        fitter.size(size, aspect_ratio)
    elif aspect_ratio is not None:
        fitter.ratio(aspect_ratio, resolution if apart else None)
        apart = apart and "image_size" not in fitter.body
    elif apart and resolution is not None:
        fitter.level(resolution)
        apart = False
    if apart:
        fitter.left_out("resolution", resolution)
    return fitter.body


def _as_written(
    size: Size | None, aspect_ratio: str | None, resolution: str | None
) -> dict[str, Any]:
    box = _box_of(size)
    said = f"{box[0]}x{box[1]}" if box else size
    given = {"size": said, "aspect_ratio": aspect_ratio, "resolution": resolution}
    return {name: value for name, value in given.items() if value is not None}


class _Fitter:
    """Collects the body's part for one wish."""

    def __init__(self, params: Mapping[str, Param], notes: Notes) -> None:
        self.params = params
        self.notes = notes
        self.forms = _Forms.of(params.get("image_size"))
        self.body: dict[str, Any] = {}

    def options(self, name: str) -> tuple[Any, ...]:
        facts = self.params.get(name)
        return (facts.enum or ()) if facts is not None else ()

    def is_free(self, name: str) -> bool:
        """The model takes any value there, as far as its schema says."""
        return name in self.params and not self.options(name)

    # -- a level -----

    def resolution(self, level: str | None) -> None:
        """The level under the model's own parameter for it, where it has one."""
        if level is None or "resolution" not in self.params:
            return
        options = self.options("resolution")
        found = match(level, options) if options else level
        if found is None:
            side = _level_pixels(level)
            found = _nearest(side, options, _level_pixels) if side is not None else None
            if found is None:
                self.left_out("resolution", level)
                return
            if self.said("resolution", level, f"resolution={found!r}"):
                found = level
        self.body["resolution"] = found

    def level(self, level: str) -> None:
        """A level for a model without a parameter for it."""
        preset = match(level, self.forms.presets)
        side = _LEVELS.get(level.lower())
        if preset is not None:
            self.body["image_size"] = preset
        elif self.forms.box is not None and side is not None:
            self.box((side, side), "resolution", level)
        elif self.is_free("size") and side is not None:
            self.body["size"] = f"{side}x{side}"
        else:
            self.left_out("resolution", level)

    # -- a size -----

    def size(self, size: Size, aspect_ratio: str | None) -> None:
        """A size, and a shape beside it."""
        box = _box_of(size)
        if box is None:
            box = self.word(size, aspect_ratio)
            if box is None:
                return
        else:
            self.beside(box, aspect_ratio)
        text = f"{box[0]}x{box[1]}"
        if self.is_free("size") or match(text, self.options("size")):
            self.body["size"] = text
        elif self.forms.box is not None:
            self.box(box, "size", size)
        else:
            self.near(box, "size", size)

    def word(self, size: Size, aspect_ratio: str | None) -> tuple[int, int] | None:
        """A size that is a word; gives its box where the model does not know the word."""
        for name in ("size", "image_size", "resolution"):
            options = self.forms.presets if name == "image_size" else self.options(name)
            found = match(size, options)
            if found is not None and not (name == "image_size" and aspect_ratio and self.forms.box):
                self.body[name] = found
                if aspect_ratio is not None:
                    self.ratio(aspect_ratio, None)
                return None
        word = str(size).strip().lower()
        if word in _PRESETS:
            self.beside(_PRESETS[word], aspect_ratio)
            return _PRESETS[word]
        if word in _LEVELS:
            return _with_area(_ratio_of(aspect_ratio) or 1.0, _LEVELS[word])
        if word not in _DEFAULT:
            self.left_out("size", size)
        if aspect_ratio is not None:
            self.ratio(aspect_ratio, None)
        return None

    def beside(self, box: tuple[int, int], aspect_ratio: str | None) -> None:
        """A shape that is asked for together with a box: sent, or told where they disagree."""
        if aspect_ratio is None:
            return
        if "aspect_ratio" in self.params and "aspect_ratio" not in self.body:
            self.ratio(aspect_ratio, None)
        elif (_ratio_of(aspect_ratio) or 0) and not _same(
            box[0] / box[1], _ratio_of(aspect_ratio) or 0
        ):
            self.left_out("aspect_ratio", aspect_ratio)

    def box(self, box: tuple[int, int], name: str, value: Any) -> None:
        """Width and height inside the model's limits."""
        assert self.forms.box is not None  # noqa: S101 - asked before
        limits = self.forms.box.properties
        fitted = _inside(box, limits.get("width"), limits.get("height"))
        if fitted != box:
            said = f"image_size={fitted[0]}x{fitted[1]}"
            if self.said(name, value, said):
                fitted = box
        self.body["image_size"] = {"width": fitted[0], "height": fitted[1]}

    def near(self, box: tuple[int, int], name: str, value: Any) -> None:
        """The nearest of what the model offers in place of a box."""
        changed: dict[str, Any] = {}
        ratio = box[0] / box[1]
        if self.options("size"):
            changed["size"] = _nearest(box, self.options("size"), _box_of, _box_distance)
        elif "aspect_ratio" in self.params:
            if "aspect_ratio" not in self.body:
                changed["aspect_ratio"] = _nearest(ratio, self.options("aspect_ratio"), _ratio_of)
            if "resolution" not in self.body:
                levels = self.options("resolution")
                changed["resolution"] = _nearest(_side(box), levels, _level_pixels)
        changed = {key: one for key, one in changed.items() if one is not None}
        if not changed:
            self.left_out(name, value)
            return
        if _means(changed, box):
            self.body |= changed
            return
        told = ", ".join(f"{key}={one!r}" for key, one in changed.items())
        if self.said(name, value, told):
            self.body[name] = f"{box[0]}x{box[1]}"
        else:
            self.body |= changed

    # -- a shape -----

    def ratio(self, aspect_ratio: str, resolution: str | None) -> None:
        """Width to height alone."""
        wanted = _ratio_of(aspect_ratio)
        options = self.options("aspect_ratio")
        if "aspect_ratio" in self.params:
            found = match(aspect_ratio, options) if options else aspect_ratio
            if found is None and wanted is not None:
                found = _nearest(wanted, options, _ratio_of)
                if self.said("aspect_ratio", aspect_ratio, f"aspect_ratio={found!r}"):
                    found = aspect_ratio
            if found is not None:
                self.body["aspect_ratio"] = found
            elif aspect_ratio.lower() not in _DEFAULT:
                self.left_out("aspect_ratio", aspect_ratio)
        elif wanted is None or {"size", "image_size"} & set(self.body):
            if aspect_ratio.lower() not in _DEFAULT:
                self.left_out("aspect_ratio", aspect_ratio)
        elif self.forms.box is not None:
            box = _with_area(wanted, _LEVELS.get((resolution or "1k").lower(), 1024))
            if resolution is not None:
                self.box(box, "resolution", resolution)
                return
            limits = self.forms.box.properties
            box = _inside(box, limits.get("width"), limits.get("height"))
            if not _same(box[0] / box[1], wanted) and self.said(
                "aspect_ratio", aspect_ratio, f"image_size={box[0]}x{box[1]}"
            ):
                self.body["aspect_ratio"] = aspect_ratio
            else:
                self.body["image_size"] = {"width": box[0], "height": box[1]}
        else:
            self._ratio_by_size(wanted, aspect_ratio)

    def _ratio_by_size(self, wanted: float, aspect_ratio: str) -> None:
        """A shape for a model that knows a few sizes, or any."""
        if self.is_free("size"):
            width, height = _with_area(wanted, 1024)
            self.body["size"] = f"{width}x{height}"
            return
        found = _nearest(wanted, self.options("size"), _shape_of_box)
        box = _box_of(found)
        if box is None:
            self.left_out("aspect_ratio", aspect_ratio)
        elif _same(box[0] / box[1], wanted):
            self.body["size"] = found
        elif self.said("aspect_ratio", aspect_ratio, f"size={found!r}"):
            self.body["aspect_ratio"] = aspect_ratio
        else:
            self.body["size"] = found

    # -- saying so -----

    def said(self, name: str, value: Any, instead: str) -> bool:
        """Report a nearest value; True where the wish shall go out as written."""
        told = f"{name}={short(value)} was sent as {instead}, the nearest that it takes"
        return self.notes.unsupported(name, told)

    def left_out(self, name: str, value: Any) -> None:
        if self.notes.unsupported(name, f"{name}={short(value)} was left out"):
            self.body[name] = value


# --- numbers -----


def _box_of(size: Any) -> tuple[int, int] | None:
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


def _ratio_of(text: Any) -> float | None:
    found = _RATIO.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None or not float(found[1]) or not float(found[2]):
        return None
    return float(found[1]) / float(found[2])


def _shape_of_box(text: Any) -> float | None:
    box = _box_of(text)
    return box[0] / box[1] if box else None


def _side(box: tuple[int, int]) -> float:
    """The side of the square with the same area."""
    return math.sqrt(box[0] * box[1])


def _means(changed: Mapping[str, Any], box: tuple[int, int]) -> bool:
    """Whether a shape and a level say exactly the box, as "1:1" and "1K" say 1024x1024."""
    ratio, level = _ratio_of(changed.get("aspect_ratio")), _level_pixels(changed.get("resolution"))
    return bool(ratio and level and _same(box[0] / box[1], ratio) and _same(_side(box), level))


def _level_pixels(text: Any) -> float | None:
    return _LEVELS.get(str(text).lower())


def _same(ratio: float, other: float) -> bool:
    return abs(math.log(ratio / other)) <= _EXACT


def _log_distance(one: float, other: float) -> float:
    return abs(math.log(one / other))


def _box_distance(one: tuple[int, int], other: tuple[int, int]) -> float:
    """Shape first, area second."""
    shape = _log_distance(one[0] / one[1], other[0] / other[1])
    return 10 * shape + _log_distance(one[0] * one[1], other[0] * other[1])


def _nearest(wanted: Any, options: Iterable[Any], read: Any, distance: Any = _log_distance) -> Any:
    """The option that is nearest to ``wanted`` after ``read``; None where none can be read."""
    known = [(read(option), option) for option in options]
    known = [(value, option) for value, option in known if value is not None]
    return min(known, key=lambda each: distance(wanted, each[0]), default=(None, None))[1]


def _with_area(ratio: float, side: int) -> tuple[int, int]:
    """A box of that shape with the area of a square of ``side``, in steps of 8 pixels."""
    return _step(side * math.sqrt(ratio)), _step(side / math.sqrt(ratio))


def _step(pixels: float) -> int:
    return max(8, round(pixels / 8) * 8)


def _inside(box: tuple[int, int], width: Param | None, height: Param | None) -> tuple[int, int]:
    """The box scaled into the limits, its shape kept as far as they allow."""
    low = [(facts.minimum or 1) if facts else 1 for facts in (width, height)]
    high = [(facts.maximum or 1e6) if facts else 1e6 for facts in (width, height)]
    if all(least <= side <= most for side, least, most in zip(box, low, high, strict=True)):
        return box
    least = max(low[0] / box[0], low[1] / box[1])
    most = min(high[0] / box[0], high[1] / box[1])
    factor = min(max(1.0, least), most)
    sides = [
        int(min(max(_step(side * factor), bottom), top))
        for side, bottom, top in zip(box, low, high, strict=True)
    ]
    return sides[0], sides[1]
