"""What LiteLLM logs about a call. For its own providers its HTTP handler reports it; a custom
provider has to."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import litellm
from litellm._logging import verbose_logger
from litellm.types.utils import ModelResponse

from langchain_aimlapi._litellm.access import Arguments
from langchain_aimlapi._wire.request import Request


class CallLog:
    """LiteLLM's log object of one call; does nothing where there is none."""

    __slots__ = ("_arguments", "_log")

    def __init__(self, arguments: Arguments) -> None:
        self._arguments = arguments
        self._log: Any = arguments.get("logging_obj")

    def sending(self, request: Request) -> None:
        """Tells ``log_pre_api_call`` what goes out. The body itself is shown where raw requests
        are logged, or LiteLLM debugs; the key never."""
        if self._log is None:
            return
        raw = self._is_raw()
        params = dict(self._arguments.get("optional_params") or {})
        body = _decoded(request.body) if raw else {"model": self._arguments["model"], **params}
        self._log.pre_call(
            input=self._arguments.get("messages") or self._arguments.get("input"),
            api_key="",  # LiteLLM would mask it; it is not needed at all
            additional_args={
                "complete_input_dict": body,
                "api_base": request.url,
                "headers": dict(request.headers) if raw else {},
            },
        )

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Measures the API's share of the time, from which LiteLLM tells its own overhead."""
        start = datetime.now()
        try:
            yield
        finally:
            if self._log is not None:
                _set_duration(self._log, start, datetime.now())

    def answered(self, response: ModelResponse, text: str) -> ModelResponse:
        """Tells ``log_post_api_call`` what came back."""
        if self._log is not None:
            original = response.model_dump_json() if self._is_raw() else text
            messages = self._arguments.get("messages")
            self._log.post_call(original_response=original, input=messages, api_key="")
        return response

    def _is_raw(self) -> bool:
        return bool(
            litellm.log_raw_request_response
            or getattr(self._log, "log_raw_request_response", False)
            or getattr(self._log, "raw_request_only", False)
            or verbose_logger.isEnabledFor(logging.DEBUG)
        )


def _decoded(body: object) -> object:
    try:
        return json.loads(body if isinstance(body, bytes) else b"")
    except ValueError:  # a form with files, or one that is read while it is sent
        return {}


def _set_duration(log: Any, start: datetime, end: datetime) -> None:
    try:
        from litellm.litellm_core_utils.logging_utils import _set_duration_in_model_call_details
    except ImportError:  # a private name; its one effect that all versions share
        log.model_call_details["llm_api_duration_ms"] = (end - start).total_seconds() * 1000
        return
    _set_duration_in_model_call_details(logging_obj=log, start_time=start, end_time=end)
