"""Media models as langchain-aimlapi 0.1.3 had them: text in, the first link out."""

from __future__ import annotations

from typing import Any, ClassVar

from langchain_core.language_models.llms import LLM
from pydantic import PrivateAttr, model_validator

from langchain_aimlapi._connection.fields import ConnectionFields
from langchain_aimlapi._langchain.media_model import (
    AimlapiMediaModel,
    MediaFields,
    sort_arguments,
)


class LinkModel(LLM, MediaFields):
    """A media model as a text model whose text is a link."""

    media: ClassVar[type[AimlapiMediaModel]]
    """The model of today behind it."""

    _media: Any = PrivateAttr()

    @model_validator(mode="before")
    @classmethod
    def _sort_arguments(cls, values: object) -> object:
        """Fields of the model of today are taken as well."""
        if not isinstance(values, dict):
            return values
        own = {name: value for name, value in values.items() if name in cls.media.call_fields}
        rest = {name: value for name, value in values.items() if name not in own}
        kept = sort_arguments(cls, rest)
        return {**kept, "model_kwargs": {**(kept.get("model_kwargs") or {}), **own}}

    @model_validator(mode="after")
    def _build(self) -> LinkModel:
        names = {"model", "extra_body", *ConnectionFields.model_fields} & self.model_fields_set
        settings = {name: getattr(self, name) for name in names}
        self._media = self.media(**settings, **self.model_kwargs)
        self._media._holder = self._holder
        return self

    @property
    def _llm_type(self) -> str:
        return str(self._media._llm_type)

    @property
    def _identifying_params(self) -> dict[str, object]:
        return dict(self._media._identifying_params)
