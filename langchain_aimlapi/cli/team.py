"""``aimlapi team``: who may call the proxies of a team, in Postgres."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from math import isfinite
from secrets import token_urlsafe
from typing import Annotated

import typer

from langchain_aimlapi._litellm.team_postgres import add_member, remove_member, spending
from langchain_aimlapi._litellm.team_store import (
    FILE_VARIABLE,
    BooksUnreachableError,
    Member,
    is_postgres,
)
from langchain_aimlapi.cli._app import app

team = typer.Typer(
    help=f"Members of a team and their budgets, in the Postgres that {FILE_VARIABLE} names.",
    no_args_is_help=True,
)
app.add_typer(team, name="team")


class Per(StrEnum):
    """What a budget is for; days and months are of UTC."""

    TOTAL = "total"
    MONTH = "month"
    DAY = "day"


@team.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    budget: Annotated[float | None, typer.Option(help="US dollars; default: no bound.")] = None,
    per: Annotated[Per, typer.Option(help="What the budget is for.")] = Per.TOTAL,
    key: Annotated[str | None, typer.Option(help="sk-...; default: a new one.")] = None,
) -> None:
    """Put a member in, or give one another key and budget; shows the key, once."""
    chosen = key or f"sk-{token_urlsafe(24)}"
    if not chosen.removeprefix("sk-") or not chosen.startswith("sk-"):
        raise typer.BadParameter("a key begins with sk-, and goes on", param_hint="--key")
    if budget is not None and not (isfinite(budget) and budget >= 0):
        raise typer.BadParameter("a budget is US dollars, from 0", param_hint="--budget")
    if not name.strip():
        raise typer.BadParameter("whose key is it?", param_hint="NAME")
    with _explained():
        add_member(_address(), Member(name, budget, per.value), chosen)
    typer.echo(chosen)


@team.command("list")
def show() -> None:
    """Show the members, and what each has spent of what."""
    with _explained():
        rows = spending(_address())
    for member, spent, reserved in rows:
        bound = "no bound" if member.budget is None else f"of {member.budget:g} USD"
        under_way = f", {reserved:.6f} under way" if reserved else ""
        typer.echo(f"{member.name}: {spent:.6f} {bound} ({member.per}){under_way}")


@team.command("remove")
def remove(name: Annotated[str, typer.Argument(help="Whose key shall not work any more.")]) -> None:
    """Take a member out; what was spent stays in the books."""
    with _explained():
        remove_member(_address(), name)


def _address() -> str:
    address = os.environ.get(FILE_VARIABLE, "")
    if not is_postgres(address):
        raise typer.BadParameter(
            f"{FILE_VARIABLE} must be postgresql://...; members of a file are changed in the file"
        )
    return address


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (BooksUnreachableError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None
