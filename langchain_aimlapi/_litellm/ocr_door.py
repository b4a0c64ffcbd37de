"""Where ``litellm.ocr`` chooses who reads: in Python up to 1.104, before compiled code since."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import litellm

from langchain_aimlapi._litellm.drift import Moved
from langchain_aimlapi._litellm.operations import Operation, served

if TYPE_CHECKING:
    from langchain_aimlapi.catalog import Catalog

OCR = Operation("litellm.ocr.main", "ocr", "aocr", "ocr", ("model", "document"))
# Up to 1.104 the async function does not call the other one.
AOCR = Operation("litellm.ocr.main", "aocr", "aocr", "ocr", ("model", "document"))
_DOORS = ("_DISPATCH", "_ADISPATCH")
_MOVED = Moved("litellm.ocr.dispatch._DISPATCH", OCR.lost)


class Door:
    """LiteLLM's dispatcher with one more choice before it."""

    def __init__(self, original: Any, ours: Callable[..., Any]) -> None:
        self._original = original
        self._ours = ours

    def __getattr__(self, name: str) -> object:
        return getattr(self._original, name)

    def run(self, args: tuple[Any, ...], kwargs: Mapping[str, object], **rest: Any) -> Any:
        """A call of ``litellm.ocr``."""
        if _is_ours(args, kwargs):
            return self._ours(*args, **kwargs)
        return self._original.run(args, kwargs, **rest)

    async def arun(self, args: tuple[Any, ...], kwargs: Mapping[str, object], **rest: Any) -> Any:
        """A call of ``litellm.aocr``."""
        if _is_ours(args, kwargs):
            return await self._ours(*args, **kwargs)
        return await self._original.arun(args, kwargs, **rest)


def _is_ours(args: tuple[Any, ...], kwargs: Mapping[str, object]) -> bool:
    model = args[0] if args else kwargs.get("model")
    return OCR.is_ours({**kwargs, "model": model})


def install(catalog: Callable[[], Catalog]) -> list[Moved]:
    """Stand before LiteLLM's dispatcher, where it has one; safe to call again. Returns what does
    not fit the installed LiteLLM."""
    try:
        module: object = importlib.import_module("litellm.ocr.dispatch")
    except ImportError:
        return []  # up to 1.104 the function is like all others
    for name, ours in zip(_DOORS, _functions(catalog), strict=True):
        found = getattr(module, name, None)
        if isinstance(found, Door):
            continue
        if not (hasattr(found, "run") and hasattr(found, "arun")):
            return [_MOVED]
        setattr(module, name, Door(found, ours))
    return []


def aserved(original: Callable[..., Any], *, catalog: Callable[[], Catalog]) -> Callable[..., Any]:
    """``aocr`` of LiteLLM up to 1.104 with this provider as one more choice."""
    serving = served(original, operation=OCR, catalog=catalog)

    @functools.wraps(original)
    async def aocr(*args: Any, **kwargs: Any) -> Any:
        if _is_ours(args, kwargs):
            return await serving(*args, **{**kwargs, "aocr": True})
        return await original(*args, **kwargs)

    return aocr


def _functions(catalog: Callable[[], Catalog]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """``ocr`` and ``aocr`` with LiteLLM's logging around them. It calls them by their names."""

    def ocr(model: str, document: Any, **kwargs: Any) -> object:
        raise NotImplementedError(f"{model} is no model of this provider")

    serving = served(ocr, operation=OCR, catalog=catalog)

    async def aocr(model: str, document: Any, **kwargs: Any) -> Any:
        return await serving(model, document, **kwargs, aocr=True)

    logged: Any = litellm.utils.client  # LiteLLM's decorator, untyped here
    return logged(serving), logged(aocr)
