"""The command line, behind the extra ``cli``: ``python -m langchain_aimlapi.cli --help``."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

try:
    import typer
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "The command line needs typer: pip install 'langchain_aimlapi[cli]'", name=error.name
    ) from None

from langchain_aimlapi._connection.settings import KEY_VARIABLE
from langchain_aimlapi._version import __version__
from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.catalog.capabilities import capabilities
from langchain_aimlapi.catalog.facts import Facts

app = typer.Typer(
    help="AI/ML API: its models, a LiteLLM configuration, a local emulator.",
    no_args_is_help=True,
    add_completion=False,
)

Capability = Annotated[
    list[str] | None, typer.Option("--capability", help="tools, images, pdf, reasoning, ...")
]
Vendor = Annotated[list[str] | None, typer.Option("--vendor", help="openai, anthropic, ...")]


class Preference(StrEnum):
    """How a router is steered among equivalents."""

    LATENCY = "latency"
    PRICE = "price"


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


@app.command()
def models(
    capability: Capability = None,
    vendor: Vendor = None,
    kind: Annotated[
        str | None, typer.Option(help="chat, embedding, image, video, stt, tts, ...")
    ] = None,
    status: Annotated[
        str, typer.Option(help="live, listed, documented, deprecated, or all")
    ] = "live",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """List the models of the catalog."""
    try:
        found = Catalog.default().models(
            kind=kind,
            capability=capability or (),
            status=None if status == "all" else status,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    rows = [facts for facts in found if not vendor or facts.vendor in vendor]
    for facts in rows:
        typer.echo(_json_row(facts) if as_json else _row(facts))
    if not rows:
        typer.echo("no model fits", err=True)
        raise typer.Exit(1)


def _row(facts: Facts) -> str:
    context = f"{facts.context:,}" if facts.context else "-"
    return f"{facts.id:<52} {facts.kind or '-':<10} {facts.vendor or '-':<14} {context:>11}"


def _json_row(facts: Facts) -> str:
    row = {
        "id": facts.id,
        "kind": facts.kind,
        "vendor": facts.vendor,
        "status": facts.status,
        "context": facts.context,
        "max_output": facts.max_output,
        "capabilities": sorted(capabilities(facts)),
    }
    return json.dumps({name: value for name, value in row.items() if value is not None})


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
    )
    try:
        typer.echo(write(choice), nl=False)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@app.command()
def emulator(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 picks one.")] = 8000,
    key: Annotated[str, typer.Option(help="The key that callers must send.")] = "emulator-key",
    seconds: Annotated[float, typer.Option(help="Stop by itself after this time.")] = 3600.0,
    pace: Annotated[float, typer.Option(help="Seconds between stream events.")] = 0.02,
) -> None:
    """Serve a local AI/ML API on loopback (extra ``emulator``)."""
    from langchain_aimlapi.emulator.__main__ import main as serve

    options = ["--port", str(port), "--key", key, "--for", str(seconds), "--pace", str(pace)]
    raise typer.Exit(serve(options))


def main() -> None:
    """The entry point."""
    app()


if __name__ == "__main__":
    main()
