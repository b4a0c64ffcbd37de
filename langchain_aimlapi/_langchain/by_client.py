"""What reaches the API through an `AimlapiClient` takes no settings of its own."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, model_validator

from langchain_aimlapi import errors

_SETTINGS = ("api_key", "base_url", "http_client", "http_async_client", "timeout", "max_retries")


class ByClient(BaseModel):
    """A model with a field ``client``."""

    @model_validator(mode="before")
    @classmethod
    def _refuse_settings(cls, values: Any) -> Any:
        """Name the place of what is usually given to a front itself."""
        found = [each for each in _SETTINGS if isinstance(values, dict) and each in values]
        if found:
            raise errors.InvalidRequestError(
                f"{cls.__name__} has no {found[0]!r}",
                advice=f"client=AimlapiClient({found[0]}=...) takes it",
                field=found[0],
            )
        return values
