"""Refreshing the catalog from the API, in two rounds: the one place where it is decided what is
requested, what is kept and what the catalog then is.

Pure but for the disk; a caller with a runner carries the rounds out, sync or async::

    refresh = Refresh(catalog, store, schemas=["openai/gpt-7"])
    lists = runner.run(plan_lists(context, refresh))
    documents = runner.run(plan_schemas(context, refresh, lists))
    catalog = refresh.finish(lists, documents)
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from langchain_aimlapi.catalog.live import (
    Snapshot,
    entries_of,
    groups_by_model,
    schema_links,
)
from langchain_aimlapi.catalog.lookup import Catalog
from langchain_aimlapi.catalog.store import ENDS, LIST, Store
from langchain_aimlapi.catalog.values import Live

ALL = "all"


@dataclass(frozen=True, slots=True)
class Lists:
    """The answers of the first round; ``ends`` is None where the API has no such list."""

    listed: Snapshot
    ends: Snapshot | None = None


class Refresh:
    """One refreshing of a catalog.

    Attributes:
        listed: The model list that is kept; None where there is none.
        ends: The list of what ends that is kept; None where there is none.
        problem: Why something could not be kept on disk, after `finish`; None where it was.
        missing: The wanted ids of which the API prints no request schema, after `finish`.
    """

    def __init__(
        self, catalog: Catalog, store: Store, *, schemas: str | Iterable[str] = ()
    ) -> None:
        """``schemas``: ids whose request schemas are read too; ``"all"`` for every listed one."""
        self._catalog = catalog
        self._store = store
        self._everything = schemas == ALL
        self._models = (schemas,) if isinstance(schemas, str) else tuple(schemas)
        self.listed = store.snapshot(LIST)
        self.ends = store.snapshot(ENDS)
        self.problem: str | None = None
        self.missing: tuple[str, ...] = ()

    def links(self, lists: Lists) -> list[tuple[str, str]]:
        """(id, path and query) of the schemas to ask for in the second round."""
        payload = lists.listed.payload
        models: Iterable[Any] = self._models
        if self._everything:
            models = [each["id"] for each in entries_of(payload) if isinstance(each.get("id"), str)]
        return schema_links(payload, models)

    def finish(self, lists: Lists, documents: Iterable[object] = ()) -> Catalog:
        """Keep the answers on disk, and the catalog with them.

        Args:
            lists: The answers of the first round.
            documents: OpenAPI documents of the second round; None stands for "no such model".
        """
        documents = list(documents)
        schemas = groups_by_model(each for each in documents if each is not None)
        if documents and not self._everything:
            links = zip(self.links(lists), documents, strict=True)
            printed = {name for (name, _), each in links if each is not None}
            self.missing = tuple(name for name in self._models if name not in printed)
        try:
            self._store.keep(LIST, lists.listed)
            if lists.ends is not None:
                self._store.keep(ENDS, lists.ends)
            groups = {id(g): g for groups in schemas.values() for g in groups}
            self._store.keep_groups(groups.values())
        except OSError as error:  # a read-only home is no reason to go without the list
            self.problem = f"the model list cannot be kept on disk: {type(error).__name__}"
        live = self._store.live(lists.listed, lists.ends) or Live()
        live = replace(live, read_at=time.time())
        if self.problem:
            live = replace(live, schemas={**dict(live.schemas), **schemas}, folder=None)
        return self._catalog.with_live(live)
