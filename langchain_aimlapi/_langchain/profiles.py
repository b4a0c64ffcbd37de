"""The profile that the catalog gives a model, and whose it is."""

from __future__ import annotations

from typing import Any


class CatalogProfile(dict[str, Any]):
    """A profile that was looked up, not set by the user: a copy of the model with another id
    must look up its own."""

    model_id: str

    def __init__(self, profile: dict[str, Any], model_id: str) -> None:
        super().__init__(profile)
        self.model_id = model_id

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (dict(self), self.model_id))


def is_stale(profile: object, model_id: object) -> bool:
    """Whether a profile was looked up for another model."""
    return isinstance(profile, CatalogProfile) and profile.model_id != model_id
