"""The newest published request schema of every id and path, as JSON schema.

The gateway's own OpenAPI where it was read, over the documentation (see
`langchain_aimlapi.catalog.generate.newest`). The schemas are
the judge; nothing here reads the facts that the package makes of them.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from langchain_aimlapi.catalog.generate.documentation import Documentation
from langchain_aimlapi.catalog.generate.rows import Rows
from tests.harness.paths import PUBLISHED

CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"


@cache
def rows() -> Rows:
    """Every model of the data."""
    return Rows(Documentation(PUBLISHED), PUBLISHED, newest=True)


@cache
def keys(model: str) -> dict[str, str]:
    """Path -> name of the schema that ``model`` is held to, the preferred path first."""
    home = rows().aliases.get(model, model)
    return {path: each.named() for path, each in rows().published.get(home, {}).items()}


def read_whole(model: str, path: str) -> bool:
    """Whether the gateway's own contract of ``model`` at ``path`` was read whole."""
    home = rows().aliases.get(model, model)
    return rows().published[home][path].source == "gateway"


@cache
def _schemas() -> dict[str, Any]:
    return {
        each.named(): each.schema for paths in rows().published.values() for each in paths.values()
    }


EXTRA: dict[str, Any] = {}
"""Schemas that a test has read from an API that runs, by a name of the test's own."""


def schema(key: str) -> Any:
    """The schema of that name."""
    return EXTRA[key] if key in EXTRA else _schemas()[key]


def served(*kinds: str) -> list[str]:
    """Ids of these kinds that are served and have a schema."""
    return [
        name
        for name, row in rows().models.items()
        if row["status"] in ("listed", "documented") and row.get("kind") in kinds and keys(name)
    ]
