"""``aimlapi catalog``: what is known about models, read anew from the API."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.catalog.refresh import ALL, Refresh
from langchain_aimlapi.catalog.store import Store
from langchain_aimlapi.cli._app import BaseUrl, app
from langchain_aimlapi.cli._calls import noted
from langchain_aimlapi.client import AimlapiClient
from langchain_aimlapi.endpoints.models import plan_lists, plan_schemas
from langchain_aimlapi.errors import AimlapiError

if TYPE_CHECKING:
    from langchain_aimlapi.catalog.generate.live import Saved

group = typer.Typer(
    help="What is known about models, read anew from the API.", no_args_is_help=True
)
app.add_typer(group, name="catalog")

Directory = Annotated[
    Path | None, typer.Option("--directory", help="Default: the user's cache folder.")
]
PACKAGED = Path(__file__).parents[1] / "catalog" / "models.json"


def client_for(base_url: str | None) -> AimlapiClient:
    """A client of that server; no key is needed to ask for lists."""
    try:
        return AimlapiClient() if base_url is None else AimlapiClient(base_url=base_url)
    except ValueError as error:  # pydantic's own lists what is wrong
        listed: list[dict[str, object]] = getattr(error, "errors", list)()
        texts = [str(each["msg"]).removeprefix("Value error, ") for each in listed]
        raise typer.BadParameter("; ".join(texts) or str(error)) from None


@group.command()
def refresh(
    schemas: Annotated[
        list[str] | None, typer.Option(help="An id whose request schema is read too; repeat.")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="The request schema of every listed model (minutes).")
    ] = False,
    base_url: BaseUrl = None,
    directory: Directory = None,
) -> None:
    """Fetch the API's models, prices, deprecations and request schemas, and keep them.

    `Catalog.saved()` reads them without a network.
    """
    client = client_for(base_url)
    wanted = ALL if everything else tuple(schemas or ())
    try:
        catalog = noted(lambda: client.refresh_catalog(schemas=wanted, directory=directory))
    except AimlapiError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    _show(catalog, Store(client._root(), directory))


@group.command()
def info(base_url: BaseUrl = None, directory: Directory = None) -> None:
    """Show what is kept, how old it is and how much room it takes."""
    root = client_for(base_url)._root()
    _show(Catalog.saved(root, directory=directory), Store(root, directory))


@group.command()
def clear(base_url: BaseUrl = None, directory: Directory = None) -> None:
    """Forget what is kept of a server."""
    Store(client_for(base_url)._root(), directory).clear()


def _show(catalog: Catalog, store: Store) -> None:
    typer.echo(repr(catalog))
    if catalog.age is None:
        typer.echo(f"nothing is kept in {store.folder}")
    else:
        live = store.live()
        count = len(live.schemas) if live is not None else 0
        typer.echo(f"{store.size_bytes:,} bytes in {store.folder}, request schemas of {count} ids")


@group.command()
def generate(
    live: Annotated[bool, typer.Option("--live", help="Ask the API.")] = False,
    saved: Annotated[
        Path | None, typer.Option(help="A folder with the saved answers; with --live: to save to.")
    ] = None,
    base: Annotated[
        Path | None, typer.Option(help="An older file, for what the API does not say.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Default: standard output.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write what differs from --base.")] = None,
    schemas: Annotated[
        list[str] | None, typer.Option(help="Only these request schemas; default: all.")
    ] = None,
    base_url: BaseUrl = None,
) -> None:
    """Make the catalog's file anew from the API's public lists and schemas (for maintainers)."""
    from langchain_aimlapi.catalog.generate import difference, document
    from langchain_aimlapi.catalog.generate import live as public

    if not live and saved is None:
        raise typer.BadParameter("say --live, --saved FOLDER, or both")
    if live:
        form = _ask(client_for(base_url), tuple(schemas or ()) or ALL)
        if saved is not None:
            public.save(form, saved)
    else:
        form = public.read(_given(saved))
    older = json.loads(base.read_text(encoding="utf-8")) if base is not None else {}
    made = public.build(form, older)
    text = document.render(made)
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
    if report is not None:
        report.write_text(difference.describe(older, made), encoding="utf-8")


def _given(folder: Path | None) -> Path:
    assert folder is not None  # noqa: S101 - one of two options was given
    return folder


def _ask(client: AimlapiClient, wanted: str | tuple[str, ...]) -> Saved:
    """The public form of today."""
    from langchain_aimlapi.catalog.generate import live

    refresh = Refresh(Catalog({}), Store(client._root(), Path("/nonexistent")), schemas=wanted)
    try:
        lists = client.run(lambda context: plan_lists(context, refresh))
        documents = client.run(lambda context: plan_schemas(context, refresh, lists))
    except AimlapiError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    return live.Saved(
        listed=lists.listed.payload,
        endings=lists.ends.payload if lists.ends is not None else None,
        documents=tuple(each for each in documents if each is not None),
        root=client._root(),
        date=datetime.now(UTC).date().isoformat(),
    )
