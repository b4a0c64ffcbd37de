"""Live prices: the API's own model list, read once, or regularly in the background."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from litellm._logging import verbose_logger

from langchain_aimlapi._fitting.callers import warn_caller
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.errors import AimlapiError

if TYPE_CHECKING:
    from langchain_aimlapi._litellm.access import Arguments

VARIABLE = "AIMLAPI_REFRESH"
HOUR = 3600.0
_LEAST = 60.0
_AFTER_FAILURE = 300.0


def refreshed(catalog: Catalog, *, api_key: object = None, api_base: object = None) -> Catalog:
    """The catalog with the API's own model list merged in; see `catalog.refresh`.

    Wire: GET ``/v1/models?include=all``.
    """
    from langchain_aimlapi._litellm.plans import context_of, plain_access
    from langchain_aimlapi.catalog.refresh import Refresh
    from langchain_aimlapi.catalog.store import Store
    from langchain_aimlapi.endpoints.models import plan_lists

    access = plain_access(api_key=api_key, api_base=api_base)
    refresh = Refresh(catalog, Store(access.root))
    return refresh.finish(access.runner().run(plan_lists(context_of(access, catalog), refresh)))


def seconds_from_environment() -> float | None:
    """How often to refresh, from ``AIMLAPI_REFRESH``: seconds, or ``1`` or ``true`` for every
    hour; None where it is not set."""
    text = os.environ.get(VARIABLE, "").strip().lower()
    if text in ("", "0", "false", "off", "no"):
        return None
    if text in ("1", "true", "on", "yes"):
        return HOUR
    try:
        return max(float(text), _LEAST)
    except ValueError:
        warn_caller(
            f"{VARIABLE}={text!r} is no number of seconds, so prices are not refreshed; "
            "use 1 for every hour",
            UserWarning,
        )
        return None


class Refresher:
    """Reads the model list in a thread of its own when a call comes and the last list is old. No
    call waits for it, and one that fails is only logged: the prices known before then stay.

    Args:
        refresh: Does it; is given the key and the address of the call.
        seconds: How long a list is good for.
    """

    def __init__(self, refresh: Callable[[Any, Any], Any], seconds: float) -> None:
        self.seconds = seconds
        self._refresh = refresh
        self._due = 0.0
        self._thread: threading.Thread | None = None

    def call_comes(self, arguments: Arguments) -> None:
        """Refresh if it is time."""
        now = time.monotonic()
        if now < self._due or (self._thread is not None and self._thread.is_alive()):
            return
        self._due = now + self.seconds
        where = (arguments.get("api_key"), arguments.get("api_base"))
        self._thread = threading.Thread(
            target=self._run, args=where, name="aimlapi-refresh", daemon=True
        )
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Wait for a refresh that is under way."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self, api_key: Any, api_base: object) -> None:
        try:
            self._refresh(api_key, api_base)
        except (AimlapiError, ValueError, OSError) as error:
            self._due = min(self._due, time.monotonic() + _AFTER_FAILURE)
            verbose_logger.warning("aimlapi: prices were not refreshed: %s", error)
