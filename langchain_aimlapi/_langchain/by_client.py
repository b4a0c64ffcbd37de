"""What reaches the API through an `AimlapiClient` takes no settings of its own."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator

from langchain_aimlapi import errors
from langchain_aimlapi._connection.connection import Connection
from langchain_aimlapi._connection.fields import argument_names
from langchain_aimlapi.catalog.nearest import nearest_word


class KnownArguments(BaseModel):
    """A model that refuses what it does not know, and shows no value in doing so: a key may stand
    in the wrong place."""

    model_config = ConfigDict(
        arbitrary_types_allowed=True, extra="forbid", hide_input_in_errors=True
    )

    takers: ClassVar[tuple[tuple[type[BaseModel], str], ...]] = ()
    """Whose arguments are often passed here, and where they belong."""

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown(cls, values: Any) -> Any:
        """Name the place of an argument that belongs to something else, or what was meant."""
        known = argument_names(cls)
        for name in values if isinstance(values, dict) else ():
            if name not in known:
                raise errors.InvalidRequestError(
                    f"{cls.__name__} has no {name!r}", advice=cls._place(name), field=name
                )
        return values

    @classmethod
    def _place(cls, name: str) -> str:
        close = nearest_word(name, argument_names(cls), 0.8)
        for taker, call in () if close else cls.takers:
            if name in (arguments := argument_names(taker)):
                return f"{call.format(f'{name}=...')} takes it"
            close = close or nearest_word(name, arguments, 0.8)
        if close:
            return f"did you mean {close!r}?"
        return f"it takes {', '.join(sorted(cls.model_fields))}"


class ByClient(KnownArguments):
    """A model with a field ``client``."""

    takers: ClassVar[tuple[tuple[type[BaseModel], str], ...]] = (
        (Connection, "client=AimlapiClient({})"),
    )
