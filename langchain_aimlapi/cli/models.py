"""``aimlapi models``: the models of the catalog."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated

import typer

from langchain_aimlapi.catalog import Catalog, Facts
from langchain_aimlapi.catalog.nearest import hint
from langchain_aimlapi.cli._app import Capability, Vendor, app


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
    saved: Annotated[
        bool, typer.Option("--saved", help="With what `aimlapi catalog refresh` has kept.")
    ] = False,
) -> None:
    """List the models of the catalog."""
    catalog = Catalog.saved() if saved else Catalog.default()
    try:
        found = catalog.models(
            kind=kind,
            capability=capability or (),
            status=None if status == "all" else status,
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    check_vendors(vendor, catalog)
    rows = [facts for facts in found if not vendor or facts.vendor in vendor]
    for facts in rows:
        typer.echo(_json_row(facts) if as_json else _row(facts))
    if not rows:
        typer.echo("no model fits", err=True)
        raise typer.Exit(1)


def check_vendors(vendors: Sequence[str] | None, catalog: Catalog) -> None:
    """Refuse a vendor that no model has."""
    known = {facts.vendor for facts in catalog.models(status=None) if facts.vendor}
    for name in vendors or ():
        if name not in known:
            raise typer.BadParameter(f"no model has the vendor {name!r}{hint(name, known)}")


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
        "prices": facts.prices,
        "capabilities": sorted(facts.capabilities),
    }
    return json.dumps({name: value for name, value in row.items() if value is not None})
