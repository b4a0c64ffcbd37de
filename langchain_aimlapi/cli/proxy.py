"""``aimlapi litellm-config``: a configuration for LiteLLM's proxy."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from langchain_aimlapi._connection.settings import KEY_VARIABLE
from langchain_aimlapi.cli._app import Capability, Vendor, app


class Preference(StrEnum):
    """How a router is steered among equivalents."""

    LATENCY = "latency"
    PRICE = "price"


@app.command("litellm-config")
def litellm_config(
    models: Annotated[list[str] | None, typer.Argument(help="Ids; default: all that fit.")] = None,
    capability: Capability = None,
    vendor: Vendor = None,
    kind: Annotated[list[str] | None, typer.Option(help="chat, embedding, image")] = None,
    key_variable: Annotated[
        list[str] | None, typer.Option(help="Environment variable with a key; repeat for more.")
    ] = None,
    api_base: Annotated[str | None, typer.Option(help="Another address.")] = None,
    redis: Annotated[bool, typer.Option(help="Share state between workers.")] = False,
    prefer: Annotated[Preference | None, typer.Option(help="Steer among equivalents.")] = None,
    group: Annotated[str | None, typer.Option(help="One group of equivalents.")] = None,
    fallbacks: Annotated[bool, typer.Option(help="Name fallbacks by family.")] = True,
    all_spellings: Annotated[bool, typer.Option(help="Every spelling of a model.")] = False,
    refresh: Annotated[bool, typer.Option(help="Read prices again every hour.")] = False,
) -> None:
    """Write a LiteLLM proxy configuration to the standard output."""
    from langchain_aimlapi._litellm.config import Choice, write

    choice = Choice(
        models=tuple(models or ()),
        capabilities=tuple(capability or ()),
        vendors=tuple(vendor or ()),
        kinds=tuple(kind or ("chat",)),
        keys=tuple(key_variable or (KEY_VARIABLE,)),
        api_base=api_base,
        redis=redis,
        prefer=prefer.value if prefer else None,
        group=group,
        fallbacks=fallbacks,
        spellings=all_spellings,
        refresh=refresh,
    )
    try:
        typer.echo(write(choice), nl=False)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
