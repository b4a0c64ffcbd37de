"""``aimlapi emulator``: a local API."""

from __future__ import annotations

from typing import Annotated

import typer

from langchain_aimlapi.cli._app import app, check_port


@app.command()
def emulator(
    port: Annotated[
        int, typer.Option(help="Port on 127.0.0.1; 0 picks one.", min=0, max=65535)
    ] = 8000,
    key: Annotated[str, typer.Option(help="The key that callers must send.")] = "emulator-key",
    seconds: Annotated[float, typer.Option(help="Stop by itself after this time.", min=0)] = 3600.0,
    pace: Annotated[float, typer.Option(help="Seconds between stream events.", min=0)] = 0.02,
) -> None:
    """Serve a local AI/ML API on loopback (extra ``emulator``)."""
    from langchain_aimlapi.emulator.__main__ import serve

    if port:
        check_port("127.0.0.1", port)
    status = serve(port=port, key=key, seconds=seconds, pace=pace)
    if status:
        raise typer.Exit(status)
