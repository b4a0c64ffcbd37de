"""The parameters that LiteLLM leaves out when it dispatches an image edit to a custom provider."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_edit_params: ContextVar[Mapping[str, object] | None] = ContextVar(
    "aimlapi_image_edit", default=None
)


@contextmanager
def editing(params: Mapping[str, object]) -> Iterator[None]:
    """Remember the parameters of an image edit while LiteLLM dispatches it without them."""
    token = _edit_params.set(params)
    try:
        yield
    finally:
        _edit_params.reset(token)


def edit_params() -> dict[str, object]:
    """Parameters of the image edit that is being dispatched."""
    return dict(_edit_params.get() or {})
