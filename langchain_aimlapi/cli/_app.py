"""The application that every command group hangs on, and what the groups share."""

from __future__ import annotations

import socket
from typing import Annotated

try:
    import typer
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "The command line needs typer: pip install 'langchain_aimlapi[cli]'", name=error.name
    ) from None

from langchain_aimlapi._version import __version__

app = typer.Typer(
    help="AI/ML API: its models, a LiteLLM configuration, a local emulator.",
    no_args_is_help=True,
    add_completion=False,
)

Capability = Annotated[
    list[str] | None, typer.Option("--capability", help="tools, images, pdf, reasoning, ...")
]
Vendor = Annotated[list[str] | None, typer.Option("--vendor", help="openai, anthropic, ...")]
BaseUrl = Annotated[
    str | None, typer.Option(help="Another address. Default: $AIMLAPI_API_BASE, else the API's.")
]


def check_port(host: str, port: int) -> None:
    """Refuse an address that nothing can be served at, before anything is loaded for it."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind((host, port))
    except OSError as error:
        raise typer.BadParameter(f"{host}:{port}: {error.strerror or error}") from None


@app.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit
