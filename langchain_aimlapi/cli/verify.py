"""``aimlapi verify``: what the API takes for a model, compared with the catalog."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from langchain_aimlapi.catalog import Catalog
from langchain_aimlapi.catalog.probes import (
    INPUT_TOKENS,
    MAX_TOKENS,
    PROBES,
    Result,
    chat_shape,
    judge,
    proved,
    request_body,
)
from langchain_aimlapi.catalog.store import Store
from langchain_aimlapi.cli._app import BaseUrl, app
from langchain_aimlapi.cli._calls import check_place
from langchain_aimlapi.cli.catalog import Directory, client_for
from langchain_aimlapi.client import AimlapiClient
from langchain_aimlapi.endpoints.models import plan_probe
from langchain_aimlapi.errors import AimlapiError, APIError

# The gateway's own model that costs almost nothing and refuses nothing.
DEFAULT_MODEL = "test/dummy"


@app.command()
def verify(
    model: Annotated[
        list[str] | None, typer.Option(help=f"A chat model; repeat. Default: {DEFAULT_MODEL}.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before spending.")] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write the results as JSON, to send to the maintainers.")
    ] = None,
    base_url: BaseUrl = None,
    directory: Directory = None,
) -> None:
    """Ask the API with small calls, one a feature, what a model takes; needs a key, costs little.

    What differs from the catalog is kept: `Catalog.saved()` knows it from then on.
    """
    check_place(report, "--report")
    client = client_for(base_url)
    store = Store(client._root(), directory)
    catalog, models = Catalog.saved(store.root, directory=directory), model or [DEFAULT_MODEL]
    typer.echo(_price(catalog, models))
    if not yes and not typer.confirm("Go on?"):
        raise typer.Exit(1)
    found: dict[str, list[Result]] = {}
    for name in models:
        results = _verified(client, catalog, name)
        if results:
            found[name] = results
            _keep(store, name, results)
    if report is not None:
        report.write_text(_report(found), encoding="utf-8")
    differing = sum(each.differs for results in found.values() for each in results)
    if found:
        typer.echo(f"{differing} differences; kept in {store.folder}")
    if len(found) < len(set(models)):
        raise typer.Exit(1)


def _keep(store: Store, model: str, results: list[Result]) -> None:
    """What was paid for is shown and reported, also where it cannot be kept."""
    try:
        store.keep_outcomes(model, proved(results))
    except OSError as error:
        typer.echo(f"note: the results cannot be kept: {error}", err=True)


def _price(catalog: Catalog, models: list[str]) -> str:
    """What all probes would cost at the most, by list prices."""
    usd, unknown = 0.0, []
    for name in models:
        found = catalog.estimate(
            name,
            input_tokens=INPUT_TOKENS * len(PROBES),
            output_tokens=2 * MAX_TOKENS * len(PROBES),
        )
        if found.usd is None:
            unknown.append(name)
        else:
            usd += found.usd
    calls, missing = (
        f"{len(models) * len(PROBES)} calls",
        f"no price is known of {', '.join(unknown)}",
    )
    if len(unknown) == len(models):
        return f"{calls}; {missing}"
    known = f"{calls}, an estimated ${usd:.4f} at the most by list prices"
    return f"{known} ({missing})" if unknown else known


def _verified(client: AimlapiClient, catalog: Catalog, model: str) -> list[Result]:
    """One result a probe; none where the API does not even take the plainest call."""
    shape = chat_shape(catalog.find(model))
    results: list[Result] = []
    for probe in PROBES:
        build = partial(plan_probe, body=request_body(probe, model))
        try:
            answer = client.run(build)
        except APIError as error:
            if error.status_code in (401, 403):
                typer.echo(str(error), err=True)
                raise typer.Exit(1) from None
            result = judge(probe, shape, error.status_code or 0, None, error.message)
        except AimlapiError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from None
        else:
            result = judge(probe, shape, answer.status, answer.body, answer.message)
        if not results and result.outcome in ("failed", "refused"):
            why = result.message or result.outcome
            typer.echo(f"{model}: no chat is to be had, nothing is kept: {why}", err=True)
            return []
        results.append(result)
        typer.echo(_line(model, result))
    return results


def _line(model: str, result: Result) -> str:
    catalog = {True: "takes it", False: "does not", None: "does not know"}[result.catalog]
    mark = "  <-- differs" if result.differs else ""
    return f"{model}  {result.probe:<28} {result.outcome:<9} catalog: {catalog}{mark}"


def _report(found: dict[str, list[Result]]) -> str:
    rows = {
        model: {
            each.probe: {
                "outcome": each.outcome,
                "catalog": each.catalog,
                **({"message": each.message} if each.message else {}),
            }
            for each in results
        }
        for model, results in found.items()
    }
    return json.dumps(rows, indent=1, sort_keys=True) + "\n"
